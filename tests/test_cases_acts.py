"""What users do with flags and write about meetings, through the program, on real mail and calendars."""

import json
from typing import Any

import program
import pytest
from desk import ANA, BEN, KIRA, NINA, OLE, PETRA, DeskFolder, at

from flows.settings import load_settings
from store import queries
from store.database import open_store


def run(desk: DeskFolder, *words: str, now: str, by: str = ANA, code: int = 0) -> Any:
    """Run a command at a moment, ``"Tue 10:00"``; return its JSON, or its error when it should fail."""
    moment = at(now).isoformat()
    done = program.run(*words, "--now", moment, "--format", "json", config=desk.config, ACCOUNTLINE_USER=by)
    assert done.returncode == code, done.stderr
    return json.loads(done.stdout) if code == 0 else done.stderr


@pytest.fixture
def asked(desk: DeskFolder) -> tuple[DeskFolder, str, str]:
    """Nina asked on Monday; the folder, the flag, and the mail."""
    mail = desk.mail(NINA, ANA, "Mon 09:30", "Could you send us the final artwork?", subject="Artwork")
    (row,) = desk.overdue("Wed 10:00")
    return desk, row["id"], mail


def waiting(desk: DeskFolder, now: str) -> list[str]:
    """Subjects of what waits."""
    return [row["subject"] for row in desk.overdue(now)]


def test_what_is_done_no_longer_waits_and_says_who_did_it(asked: tuple[DeskFolder, str, str]) -> None:
    """Dealt with by phone; before that moment it still waited."""
    desk, flag, _ = asked
    row = run(desk, "done", flag, "--reason", "told her by phone", now="Wed 11:00", by=BEN)

    assert (row["action"], row["by"], row["reason"]) == ("done", BEN, "told her by phone")
    assert waiting(desk, "Wed 10:59") == ["Artwork"]
    assert waiting(desk, "Wed 11:01") == []
    trace = desk.explain(flag, "Wed 12:00")
    assert trace["facts"]["state"] == "done"
    assert f"{BEN} said it is done: told her by phone" in [step["what"] for step in trace["clock"]]


def test_a_client_who_writes_again_after_done_is_heard(asked: tuple[DeskFolder, str, str]) -> None:
    """A missed client is worse than a colleague asked twice."""
    desk, flag, mail = asked
    run(desk, "done", flag, now="Wed 11:00")
    desk.mail(NINA, ANA, "Thu 09:00", "Any news on the artwork? Please send it today.", answers=mail)

    assert waiting(desk, "Thu 10:00") == ["Artwork"]


def test_a_snoozed_flag_comes_back_at_its_time(asked: tuple[DeskFolder, str, str]) -> None:
    """The clock runs on meanwhile."""
    desk, flag, _ = asked
    run(desk, "snooze", flag, "--until", "2026-03-06T09:00", now="Wed 11:00")

    assert waiting(desk, "Thu 12:00") == []
    assert waiting(desk, "Fri 09:01") == ["Artwork"]
    assert desk.overdue("Fri 09:01")[0]["state"] == "overdue"


def test_a_snoozed_flag_comes_back_when_the_client_asks_again(asked: tuple[DeskFolder, str, str]) -> None:
    """Whatever the snooze said."""
    desk, flag, mail = asked
    run(desk, "snooze", flag, "--until", "2026-03-13T09:00", now="Wed 11:00")
    desk.mail(OLE, ANA, "Thu 09:00", "We still need the artwork, please send it.", answers=mail)

    assert waiting(desk, "Thu 10:00") == ["Artwork"]


def test_reopening_undoes_what_was_done(asked: tuple[DeskFolder, str, str]) -> None:
    """Every act can be taken back, and both stay on record."""
    desk, flag, _ = asked
    run(desk, "done", flag, now="Wed 11:00")
    run(desk, "reopen", flag, now="Wed 12:00")

    (row,) = desk.overdue("Wed 13:00")
    assert [act["action"] for act in row["acts"]] == ["done", "reopen"]


def test_an_assigned_flag_has_a_new_owner(asked: tuple[DeskFolder, str, str]) -> None:
    """D4.28 for one flag: the account keeps its owner."""
    desk, flag, _ = asked
    run(desk, "assign", flag, "--to", BEN, now="Wed 11:00")

    assert [row["id"] for row in desk.overdue("Wed 12:00", owner=BEN)] == [flag]
    assert desk.overdue("Wed 12:00", owner=ANA) == []
    assert [row["owner"] for row in desk.overdue("Wed 10:00")] == [ANA]


def test_open_flags_follow_an_account_that_is_reassigned(asked: tuple[DeskFolder, str, str]) -> None:
    """D4.28: the open ones go to the new owner, history keeps who acted."""
    desk, flag, _ = asked
    run(desk, "snooze", flag, "--until", "2026-03-05T09:00", now="Wed 11:00", by=ANA)
    book = desk.path / "accounts.csv"
    book.write_text(book.read_text("utf-8").replace("standard,ana@northwind", "standard,ben@northwind", 1), "utf-8")
    desk.ingest("Thu 10:00")

    (row,) = desk.overdue("Thu 10:01")
    assert (row["owner"], row["acts"][0]["by"]) == (BEN, ANA)


def test_a_dismissed_flag_teaches(asked: tuple[DeskFolder, str, str]) -> None:
    """Its sentence is kept as an example of what is none, unless the flag is put back."""
    desk, flag, _ = asked
    run(desk, "dismiss", flag, "--as", "not-a-request", now="Wed 11:00")

    assert waiting(desk, "Wed 12:00") == []
    with open_store(load_settings(desk.config).store_url, read_only=True) as store:
        (lesson,) = queries.corrections(store, now=at("Wed 12:00"))
        assert lesson["text"] == "Could you send us the final artwork?"
    run(desk, "reopen", flag, now="Wed 13:00")
    with open_store(load_settings(desk.config).store_url, read_only=True) as store:
        assert queries.corrections(store, now=at("Wed 14:00")) == []


def test_the_timeline_shows_no_flag_that_was_dealt_with(asked: tuple[DeskFolder, str, str]) -> None:
    """Every surface tells the same."""
    desk, flag, _ = asked
    assert desk.timeline("Acme", "Wed 10:00")[0]["open_flags"] == [flag]
    run(desk, "done", flag, now="Wed 11:00")

    assert desk.timeline("Acme", "Wed 12:00")[0]["open_flags"] == []


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("done", "ob-unknown"), 4, "No flag is called “ob-unknown”"),
        (("snooze", "{flag}", "--until", "2026-03-01"), 2, "--until must lie ahead"),
        (("snooze", "{flag}", "--until", "someday"), 2, "--until must be an instant"),
        (("assign", "{flag}", "--to", "ben"), 2, "--to takes an address"),
        (("record", "nothing-here", "--note", "We talked."), 4, "No client meeting is called “nothing-here”"),
        (("record", "{flag}"), 2, "record needs --outcome, --note, --decision or --action"),
    ],
)
def test_what_cannot_be_done_is_said(
    asked: tuple[DeskFolder, str, str], words: tuple[str, ...], code: int, said: str
) -> None:
    """One sentence that says what to do, and the exit code of its kind."""
    desk, flag, _ = asked

    assert said in run(desk, *(word.format(flag=flag) for word in words), now="Wed 11:00", code=code)


@pytest.fixture
def held(desk: DeskFolder) -> tuple[DeskFolder, str]:
    """A review with Borealis on Tuesday that nobody wrote about; the folder and the gap."""
    desk.meeting(ANA, "Budget review", "Tue 10:00", [PETRA])
    assert desk.unrecorded("Thu 10:00") == [("undocumented", "Budget review")]
    (row,) = desk._ask("Thu 10:00", "meetings", unrecorded=True)
    return desk, row["id"]


@pytest.mark.parametrize(
    "words",
    [
        ("--note", "Petra accepts the second budget and wants the media plan."),
        ("--outcome", "held", "--decision", "Second budget accepted"),
        ("--outcome", "held", "--action", "Media plan by Friday"),
        ("--outcome", "no-show", "--none"),
    ],
)
def test_a_record_closes_the_gap(held: tuple[DeskFolder, str], words: tuple[str, ...]) -> None:
    """SEMANTICS 5: a note of 40 characters, or an outcome with what follows from it or an explicit none."""
    desk, gap = held
    assert run(desk, "record", gap, *words, now="Thu 11:00")["recorded"]

    assert desk.unrecorded("Thu 12:00") == []
    assert desk.unrecorded("Thu 10:30") == [("undocumented", "Budget review")]


@pytest.mark.parametrize(
    "words", [("--note", "Went well."), ("--outcome", "held"), ("--outcome", "held", "--note", "ok")]
)
def test_too_little_is_no_record(held: tuple[DeskFolder, str], words: tuple[str, ...]) -> None:
    """It is kept on the timeline, and said to be too little."""
    desk, gap = held
    row = run(desk, "record", gap, *words, now="Thu 11:00")

    assert not row["recorded"]
    assert "too little" in row["why"]
    assert desk.unrecorded("Thu 12:00") == [("undocumented", "Budget review")]


def test_a_meeting_is_recorded_by_its_own_id_and_stands_on_the_timeline(held: tuple[DeskFolder, str]) -> None:
    """``record`` takes an event's id as well; ``meetings`` shows the outcome."""
    desk, _ = held
    (meeting,) = desk._ask("Thu 10:00", "meetings", unrecorded=False)
    run(desk, "record", meeting["id"], "--outcome", "held", "--action", "Media plan by Friday", now="Thu 11:00", by=BEN)

    (meeting,) = desk._ask("Thu 12:00", "meetings", unrecorded=False)
    assert (meeting["outcome"], meeting["recorded"]) == ("held", True)
    note = desk.timeline("Borealis", "Thu 12:00")[0]
    assert (note["kind"], note["participants"]) == ("note", [BEN])
    assert "Media plan by Friday" in note["snippet"]


def test_a_meeting_with_two_accounts_is_recorded_once_for_both(desk: DeskFolder) -> None:
    """D5.8: one note, on both timelines."""
    desk.meeting(ANA, "Joint fair", "Tue 10:00", [PETRA, NINA])
    (row,) = desk._ask("Thu 10:00", "meetings", unrecorded=True)
    run(desk, "record", row["id"], "--outcome", "held", "--none", now="Thu 11:00")

    kinds = {name: desk.timeline(name, "Thu 12:00")[0]["kind"] for name in ("Acme", "Borealis")}
    assert kinds == {"Acme": "note", "Borealis": "note"}
    assert desk.unrecorded("Thu 12:00") == []


def test_a_note_about_the_request_answers_it(held: tuple[DeskFolder, str]) -> None:
    """D4.10: the meeting was held after the mail, and its note names the conversation."""
    desk, gap = held
    desk.mail(PETRA, ANA, "Mon 11:00", "Could you tell us the price of the second option?", subject="Second option")
    (row,) = desk.overdue("Thu 10:00")
    run(desk, "record", gap, "--outcome", "held", "--none", "--about", row["id"], now="Thu 11:00")

    assert waiting(desk, "Thu 12:00") == []


def test_a_held_meeting_alone_does_not_answer_a_request(held: tuple[DeskFolder, str]) -> None:
    """D4.10: a note that does not name the conversation leaves it open."""
    desk, gap = held
    desk.mail(PETRA, ANA, "Mon 11:00", "Could you tell us the price of the second option?", subject="Second option")
    run(desk, "record", gap, "--outcome", "held", "--none", now="Thu 11:00")

    assert waiting(desk, "Thu 12:00") == ["Second option"]


def test_a_gap_can_be_dismissed(held: tuple[DeskFolder, str]) -> None:
    """It was a lunch, there is nothing to record."""
    desk, gap = held
    run(desk, "dismiss", gap, "--reason", "just lunch", now="Thu 11:00")

    assert desk.unrecorded("Thu 12:00") == []
    assert not desk.explain(gap, "Thu 12:00")["facts"]["open"]


def test_acts_of_one_flag_leave_the_others_alone(asked: tuple[DeskFolder, str, str]) -> None:
    """Another client's request stays."""
    desk, flag, _ = asked
    desk.mail(KIRA, ANA, "Mon 12:00", "Please send us the price list.", subject="Prices")
    desk.ingest("Wed 10:00")
    run(desk, "done", flag, now="Wed 11:00")

    assert waiting(desk, "Wed 12:00") == ["Prices"]
