"""History seen with other rules, or with what was known then, through the program on real mail."""

import csv
import io
import sqlite3
from contextlib import closing
from datetime import UTC
from pathlib import Path
from typing import Any

import pytest
from desk import ANA, BEN, KIRA, NINA, PETRA, DeskFolder, at
from program import answer, run

STRICTER = '[response]\nhours = ["Mon-Fri 09:00-18:00"]\ntargets = { request = "2h" }\n'


OFFER = "Hi Ana,\n\ncould you send us the revised offer and explain the new prices?\n\nNina\n"
LETS_MEET = "Hi Nina,\n\nlet's go through this on the phone. Would Thursday at 10:00 suit you?\n\nAna\n"


def talk_agreed(desk: DeskFolder) -> str:
    """Nina asked on Monday, we proposed to talk on Thursday, and on Tuesday she agreed; read as it came."""
    asked = desk.mail(NINA, ANA, "Mon 10:00", OFFER, subject="Revised offer")
    proposal = desk.mail(ANA, NINA, "Mon 15:00", LETS_MEET, answers=asked)
    desk.ingest("Mon 15:30")
    desk.mail(NINA, ANA, "Tue 9:00", "Thursday at 10:00 works for me, see you then.\n\nNina\n", answers=proposal)
    desk.ingest("Tue 9:30")
    return asked


def talked_about(desk: DeskFolder) -> str:
    """Nina asked on Monday; a call was held on Tuesday, and on Wednesday at one its note says what was settled."""
    asked = desk.mail(
        NINA, ANA, "Mon 10:00", "Could you tell us the price of the gold foil?", subject="Gold foil price"
    )
    desk.meeting(ANA, "Weekly call", "Tue 10:00", [NINA])
    desk.ingest("Wed 12:30")
    moment = ("--now", at("Wed 13:00").isoformat())
    (gap,) = answer("meetings", "--unrecorded", *moment, config=desk.config)
    note = "Gold foil price: 310 euros, Nina is content with it."
    assert run("record", gap["id"], "--note", note, *moment, config=desk.config).returncode == 0
    desk.ingest("Wed 13:30")
    return asked


def replay(desk: DeskFolder, policy: str, now: str, *words: str) -> Any:
    """Compare with a policy at a moment."""
    file = desk.path / "other.toml"
    file.write_text(policy, encoding="utf-8")
    desk.ingest(now)
    return answer("replay", "--policy", "other.toml", "--now", at(now).isoformat(), *words, config=desk.config)


def known(desk: DeskFolder, now: str, known_at: str, *words: str) -> list[str]:
    """Ask which mails waited at a moment, by what was known at another."""
    moments = ("--now", at(now).isoformat(), "--known-at", at(known_at).isoformat())
    return [row["message_id"] for row in answer("overdue", *moments, *words, config=desk.config)]


@pytest.fixture
def answered(desk: DeskFolder) -> DeskFolder:
    """Nina asked on Monday at ten and was answered at two; Petra asked and waits."""
    asked = desk.mail(NINA, ANA, "Mon 10:00", "Could you send us the final artwork?", subject="Artwork")
    desk.mail(ANA, NINA, "Mon 14:00", "Here it is.", answers=asked, attached="artwork.pdf")
    desk.mail(PETRA, BEN, "Mon 15:00", "Could you send us the print dates?", subject="Dates")
    return desk


class TestReplay:
    def test_a_shorter_target_says_what_would_have_been_late(self, answered: DeskFolder) -> None:
        """Two hours in place of eight: Nina's answer took four, Petra's flag is older."""
        found = replay(answered, STRICTER, "Tue 10:00")

        flags = {row["subject"]: row for row in found["flags"]}
        assert {subject: row["change"] for subject, row in flags.items()} == {
            "Artwork": "becomes overdue",
            "Dates": "becomes overdue",
        }
        artwork = flags["Artwork"]
        assert artwork["before"] == {"due": _iso("Mon 18:00"), "overdue": False, "business_minutes_over": 0}
        assert artwork["after"] == {"due": _iso("Mon 12:00"), "overdue": True, "business_minutes_over": 120}

    def test_d4_30_response_times_stand_beside_what_is_open(self, answered: DeskFolder) -> None:
        """D4.30: one answered in four hours, one open; the same mails under both."""
        found = replay(answered, STRICTER, "Tue 10:00")

        every = next(row for row in found["response_times"] if row["kind"] == "all")
        assert every["before"] == {
            "answered": 1,
            "open": 1,
            "overdue": 0,
            "average_minutes": 240,
            "median_minutes": 240,
        }
        assert every["after"]["overdue"] == 2

    def test_longer_hours_make_the_same_answer_slower(self, answered: DeskFolder) -> None:
        """Business time is the policy's own: with a lunch break three hours passed, without one four."""
        lunch = '[response]\nhours = ["Mon-Fri 09:00-12:00", "Mon-Fri 13:00-18:00"]\n'
        found = replay(answered, lunch, "Tue 10:00")

        every = next(row for row in found["response_times"] if row["kind"] == "all")
        assert (every["before"]["average_minutes"], every["after"]["average_minutes"]) == (240, 180)

    def test_the_present_policy_changes_nothing(self, answered: DeskFolder) -> None:
        """A whole configuration may be given; of it, [response] counts."""
        found = replay(answered, answered.config.read_text("utf-8"), "Tue 10:00")

        assert found["flags"] == []

    def test_a_holiday_puts_off_what_was_due(self, answered: DeskFolder) -> None:
        """Tuesday off: Petra's request, overdue on Wednesday morning, would not have been."""
        holiday = '[response]\nhours = ["Mon-Fri 09:00-18:00"]\nholidays = ["2026-03-03"]\n'
        found = replay(answered, holiday, "Wed 09:30")

        assert [(row["subject"], row["change"]) for row in found["flags"]] == [("Dates", "no longer overdue")]

    def test_a_tier_that_is_answered_everything_has_more_flags(self, desk: DeskFolder) -> None:
        """What asks nothing is flagged under the new policy only."""
        desk.mail(NINA, ANA, "Mon 10:00", "The new logo is in the shared folder.", subject="Logo")
        found = replay(desk, '[response.tiers.standard]\nanswer = "everything"\n', "Mon 12:00")

        (row,) = found["flags"]
        assert (row["subject"], row["change"], row["before"]) == ("Logo", "is flagged", None)

    def test_only_what_began_in_the_period_counts(self, answered: DeskFolder) -> None:
        """From Monday afternoon on: Petra's alone."""
        found = replay(answered, STRICTER, "Tue 10:00", "--since", at("Mon 14:30").isoformat())

        assert [row["subject"] for row in found["flags"]] == ["Dates"]

    def test_the_end_of_the_period_is_how_it_stood_then(self, answered: DeskFolder) -> None:
        """At eleven nothing was late under either policy, and the answer of two o'clock was not there."""
        found = replay(answered, STRICTER, "Tue 10:00", "--until", at("Mon 11:00").isoformat())

        assert [(row["subject"], row["change"], row["cleared_at"]) for row in found["flags"]] == [
            ("Artwork", "due earlier", None)
        ]

    def test_nothing_is_written(self, answered: DeskFolder) -> None:
        """The store is the same byte for byte."""
        replay(answered, STRICTER, "Tue 10:00")
        before = _content(answered.path)
        answer("replay", "--policy", "other.toml", config=answered.config)

        assert _content(answered.path) == before

    def test_as_a_table_and_for_spreadsheets(self, answered: DeskFolder) -> None:
        """People see both due times and the averages; CSV has one line for each flag."""
        replay(answered, STRICTER, "Tue 10:00")
        words = ("replay", "--policy", "other.toml", "--now", at("Tue 10:00").isoformat())

        table = run(*words, config=answered.config).stdout
        rows = list(csv.DictReader(io.StringIO(run(*words, "--format", "csv", config=answered.config).stdout)))
        assert "becomes overdue" in table
        assert "4 h; 0 overdue" in table
        assert [row["subject"] for row in rows] == ["Artwork", "Dates"]

    @pytest.mark.parametrize(
        ("policy", "sentence"),
        [
            ("[company]\n", "needs `response`"),
            ('[response]\ntarget = { request = "2h" }\n', "unknown key `target`"),
            ('[response]\ntargets = { request = "2d" }\n', "write hours"),
        ],
    )
    def test_a_mistaken_policy_is_refused_with_a_sentence(self, desk: DeskFolder, policy: str, sentence: str) -> None:
        """As the configuration would be."""
        desk.ingest("Mon 10:00")
        (desk.path / "other.toml").write_text(policy, encoding="utf-8")

        done = run("replay", "--policy", "other.toml", config=desk.config)
        assert done.returncode == 2
        assert sentence in done.stderr

    def test_a_missing_policy_is_refused(self, desk: DeskFolder) -> None:
        """With its name."""
        desk.ingest("Mon 10:00")

        done = run("replay", "--policy", "missing.toml", config=desk.config)
        assert (done.returncode, "missing.toml" in done.stderr) == (2, True)

    def test_what_waits_for_a_meeting_is_due_by_each_policys_hours(self, desk: DeskFolder) -> None:
        """D4.11: the meeting is on Thursday; the business day after it closes at six, or at five."""
        asked = talk_agreed(desk)
        found = replay(desk, '[response]\nhours = ["Mon-Fri 09:00-17:00"]\n', "Wed 12:00")

        (row,) = found["flags"]
        assert (row["message_id"], row["change"]) == (asked, "due earlier")
        assert (row["before"]["due"], row["after"]["due"]) == (_iso("Fri 18:00"), _iso("Fri 17:00"))

    def test_what_a_note_ended_is_ended_under_both(self, desk: DeskFolder) -> None:
        """D4.10: the note of Wednesday names the request."""
        asked = talked_about(desk)
        found = replay(desk, STRICTER, "Thu 12:00")

        (row,) = found["flags"]
        assert (row["message_id"], row["cleared_at"]) == (asked, _iso("Wed 13:00"))


class TestReport:
    def test_d4_30_what_is_open_stands_beside_the_average(self, answered: DeskFolder) -> None:
        """D4.30: Nina was answered after four hours; Petra waits, and no average hides that."""
        (every, request) = report(answered, "Wed 10:00")

        assert every == {
            "kind": "all",
            "answered": 1,
            "open": 1,
            "overdue": 1,
            "average_minutes": 240,
            "median_minutes": 240,
        }
        assert request == every | {"kind": "request"}

    def test_d4_30_an_account_without_open_asks_has_none(self, answered: DeskFolder) -> None:
        """D4.30: Acme has its answer; what Borealis waits for is not Acme's."""
        (every, _) = report(answered, "Wed 10:00", "Acme")

        assert (every["answered"], every["open"], every["overdue"]) == (1, 0, 0)

    def test_before_any_answer_there_is_no_average(self, answered: DeskFolder) -> None:
        """At noon on Monday nobody was answered; null is not nought."""
        answered.ingest("Wed 10:00")
        (every, _) = answer("report", "--now", at("Mon 12:00").isoformat(), config=answered.config)

        assert (every["answered"], every["open"], every["average_minutes"]) == (0, 1, None)

    def test_only_what_was_asked_since_counts(self, answered: DeskFolder) -> None:
        """From Monday afternoon on: Petra's alone; as a table, too."""
        (every, _) = report(answered, "Wed 10:00", "--since", at("Mon 14:30").isoformat())
        table = run("report", "--now", at("Wed 10:00").isoformat(), config=answered.config).stdout

        assert (every["answered"], every["open"]) == (0, 1)
        assert "4 h" in table

    def test_an_unknown_account_is_not_found(self, desk: DeskFolder) -> None:
        """Exit code 4."""
        desk.ingest("Mon 10:00")

        assert run("report", "Nobody", config=desk.config).returncode == 4


def report(desk: DeskFolder, now: str, *words: str) -> Any:
    """Ask how long answers took, as it stood at a moment."""
    desk.ingest(now)
    return answer("report", *words, "--now", at(now).isoformat(), config=desk.config)


class TestKnownAt:
    def test_an_answer_that_was_not_here_yet_did_not_answer(self, desk: DeskFolder) -> None:
        """Ben's laptop was offline: his reply of Monday came here on Wednesday. On Tuesday, Nina was flagged."""
        asked = desk.mail(NINA, ANA, "Mon 10:00", "Could you send us the final artwork?")
        desk.ingest("Tue 12:00")
        desk.mail(BEN, NINA, "Mon 11:00", "Here it is.", answers=asked, attached="artwork.pdf")
        desk.ingest("Wed 12:00")

        assert known(desk, "Tue 12:00", "Wed 12:00") == []
        assert known(desk, "Tue 12:00", "Tue 12:00") == [asked]

    def test_a_mail_that_came_late_was_not_known(self, desk: DeskFolder) -> None:
        """Received on Monday, read by us on Wednesday."""
        desk.ingest("Mon 09:00")
        asked = desk.mail(KIRA, ANA, "Mon 10:00", "Could you send us the final artwork?")
        desk.ingest("Wed 12:00")

        assert known(desk, "Tue 12:00", "Tue 12:00") == []
        assert known(desk, "Tue 12:00", "Wed 12:00") == [asked]

    def test_what_we_owe_and_what_they_owe(self, desk: DeskFolder) -> None:
        """The other side likewise, and one account alone."""
        asked = desk.mail(ANA, NINA, "Mon 10:00", "Could you send us your logo?")
        desk.mail(PETRA, BEN, "Mon 10:00", "Could you send us the print dates?")
        desk.ingest("Mon 12:00")

        assert known(desk, "Tue 12:00", "Mon 12:00", "--side", "theirs") == [asked]
        assert known(desk, "Tue 12:00", "Mon 12:00", "--account", "Acme") == []

    def test_what_was_done_with_it_later_was_not_known(self, desk: DeskFolder) -> None:
        """Ana said on Wednesday that it is done."""
        asked = desk.mail(NINA, ANA, "Mon 10:00", "Could you send us the final artwork?")
        (row,) = desk.overdue("Tue 12:00")
        run("done", row["id"], "--now", at("Wed 10:00").isoformat(), config=desk.config)

        assert known(desk, "Thu 12:00", "Thu 12:00") == []
        assert known(desk, "Thu 12:00", "Tue 12:00") == [asked]

    def test_a_meeting_that_was_agreed_later_was_not_waited_for(self, desk: DeskFolder) -> None:
        """D4.11: on Monday we had proposed to talk, and the ball was theirs."""
        asked = talk_agreed(desk)

        assert known(desk, "Wed 12:00", "Wed 12:00") == [asked]
        assert known(desk, "Wed 12:00", "Mon 16:00") == []

    def test_a_calendar_entry_that_came_later_was_not_known(self, desk: DeskFolder) -> None:
        """D4.11: Ana put the talk into her calendar on Wednesday."""
        asked = desk.mail(NINA, ANA, "Mon 10:00", OFFER, subject="Revised offer")
        desk.mail(ANA, NINA, "Mon 15:00", LETS_MEET, answers=asked)
        desk.ingest("Tue 12:00")
        desk.meeting(ANA, "Revised offer", "Thu 10:00", [ANA, NINA])
        desk.ingest("Wed 12:00")

        assert known(desk, "Thu 9:00", "Thu 9:00") == [asked]
        assert known(desk, "Thu 9:00", "Tue 13:00") == []

    def test_a_note_that_was_written_later_was_not_known(self, desk: DeskFolder) -> None:
        """D4.10: what the talk of Tuesday settled, its note told on Wednesday at one."""
        asked = talked_about(desk)

        assert known(desk, "Wed 14:00", "Wed 14:00") == []
        assert known(desk, "Wed 14:00", "Wed 12:45") == [asked]

    def test_a_mistaken_moment_is_refused(self, desk: DeskFolder) -> None:
        """With the option's name."""
        desk.ingest("Mon 10:00")

        done = run("overdue", "--known-at", "yesterday", config=desk.config)
        assert (done.returncode, "--known-at" in done.stderr) == (2, True)


def _iso(when: str) -> str:
    return at(when).astimezone(UTC).isoformat()


def _content(folder: Path) -> list[str]:
    with closing(sqlite3.connect(folder / "accountline.db")) as connection:
        return list(connection.iterdump())
