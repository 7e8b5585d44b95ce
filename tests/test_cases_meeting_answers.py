"""Meetings as answers (SEMANTICS 4 and 6, D4.10 to D4.12), through real files and a real run."""

from datetime import datetime

import pytest
from desk import ANA, BEN, JURGEN, NINA, DeskFolder, at
from typer.testing import CliRunner

from cli.main import app

ASKED = "Hi Ana,\n\ncould you send us the revised offer and explain the new prices?\n\nNina\n"
LETS_MEET = "Hi Nina,\n\nlet's go through this on the phone. Would Thursday at 10:00 suit you?\n\nAna\n"
FOIL = "Could you tell us the price of the gold foil?\n\nNina\n"
AGREED = "Thursday at 10:00 works for me, see you then.\n\nNina\n"


def record(desk: DeskFolder, title: str, now: str, *words: str) -> None:
    """Write down, by command, what happened in a meeting that went unrecorded."""
    desk.ingest(now)
    (gap,) = (row for row in desk._ask(now, "meetings", unrecorded=True) if row["title"] == title)
    told = ["record", gap["id"], *words, "--now", at(now).isoformat(), "--config", str(desk.config)]
    done = CliRunner().invoke(app, told)

    assert done.exit_code == 0, done.output


@pytest.fixture
def offer(desk: DeskFolder) -> tuple[str, str]:
    """Nina asks on Monday; on Tuesday we answer that we should talk on Thursday."""
    asked = desk.mail(NINA, ANA, "Mon 10:00", ASKED, subject="Revised offer")
    return asked, desk.mail(ANA, NINA, "Mon 15:00", LETS_MEET, answers=asked)


def rows(desk: DeskFolder, now: str) -> list[tuple[str, str, datetime, datetime]]:
    """Which mails wait, in what state, since when and until when."""
    return [(row["message_id"], row["state"], row["clock_start"], row["due"]) for row in desk.overdue(now)]


def test_an_agreed_meeting_is_waited_for_until_the_day_after(desk: DeskFolder, offer: tuple[str, str]) -> None:
    """D4.11: the same obligation: open, its first clock, due when the business day after the meeting closes."""
    asked, answer = offer
    desk.mail(NINA, ANA, "Tue 9:00", AGREED, answers=answer)

    waits = (asked, "open", at("Mon 10:00"), at("Fri 18:00"))
    assert rows(desk, "Wed 12:00") == [waits]
    assert rows(desk, "Thu 11:30") == [waits]
    assert [(row[1], row[3]) for row in rows(desk, "next Mon 9:30")] == [("overdue", at("Fri 18:00"))]


def test_what_it_waits_for_is_explained(desk: DeskFolder, offer: tuple[str, str]) -> None:
    """D4.11: before our answer, after it, and once it was agreed, under one id."""
    desk.mail(NINA, ANA, "Tue 9:00", AGREED, answers=offer[1])
    (row,) = desk.overdue("Wed 12:00")
    card = desk.explain(row["id"], "Wed 12:00")

    assert [before["id"] for before in desk.overdue("Mon 11:00")] == [row["id"]]
    assert desk.overdue("Mon 16:00") == []
    assert any("waits for the meeting on Thu 05 Mar 10:00" in step["what"] for step in card["clock"])
    assert card["clears_when"] == f"A mail to {NINA} after the meeting on Thu 05 Mar 10:00, or a record of it."


def test_our_mail_after_the_meeting_answers(desk: DeskFolder, offer: tuple[str, str]) -> None:
    """D4.11: what was asked for comes after the call."""
    desk.mail(NINA, ANA, "Tue 9:00", AGREED, answers=offer[1])
    desk.mail(ANA, NINA, "Thu 15:00", "Hi Nina,\n\nhere is the offer as we left it.\n\nAna\n", answers=offer[1])

    assert rows(desk, "next Mon 9:30") == []
    assert len(rows(desk, "Thu 14:00")) == 1


def test_see_you_then_does_not_answer(desk: DeskFolder, offer: tuple[str, str]) -> None:
    """D4.11: a mail before the meeting that brings nothing leaves it waiting."""
    agreed = desk.mail(NINA, ANA, "Tue 9:00", AGREED, answers=offer[1])
    desk.mail(ANA, NINA, "Tue 10:00", "Perfect, talk to you on Thursday!\n\nAna\n", answers=agreed)

    assert [row[1] for row in rows(desk, "Wed 12:00")] == ["open"]


def test_what_comes_before_the_meeting_answers(desk: DeskFolder, offer: tuple[str, str]) -> None:
    """D4.11: the offer itself is sent after all."""
    agreed = desk.mail(NINA, ANA, "Tue 9:00", AGREED, answers=offer[1])
    desk.mail(ANA, NINA, "Tue 10:00", "The revised offer is attached.\n\nAna\n", answers=agreed, attached="offer.pdf")

    assert rows(desk, "Wed 12:00") == []


def test_the_record_of_the_meeting_answers(desk: DeskFolder, offer: tuple[str, str]) -> None:
    """D4.11: the meeting stands in the calendar, and its outcome is written down."""
    desk.meeting(ANA, "Offer review", "Thu 10:00", [NINA])
    desk.mail(NINA, ANA, "Tue 9:00", AGREED, answers=offer[1])
    record(desk, "Offer review", "Fri 14:00", "--outcome", "held", "--none")

    assert rows(desk, "next Mon 9:30") == []


def test_a_matching_event_is_agreement(desk: DeskFolder, offer: tuple[str, str]) -> None:
    """D4.11: nobody writes a word, the calendar shows it; the end of the event counts."""
    desk.meeting(ANA, "Offer review", "Thu 10:00", [NINA], minutes=90)

    assert rows(desk, "Wed 12:00") == [(offer[0], "open", at("Mon 10:00"), at("Fri 18:00"))]


def test_a_meeting_nobody_confirmed_is_their_turn(desk: DeskFolder, offer: tuple[str, str]) -> None:
    """D4.11: proposed by us, never confirmed: we owe nothing, they do."""
    assert rows(desk, "Wed 12:00") == []
    assert [row["message_id"] for row in desk.overdue("Wed 12:00", side="theirs")] == [offer[1]]


def test_an_answer_that_also_proposes_a_meeting_is_an_answer(desk: DeskFolder) -> None:
    """D4.11: the question was answered; the meeting comes on top."""
    asked = desk.mail(NINA, ANA, "Mon 10:00", "Hi Ana,\n\nwhat does the second print run cost?\n\nNina\n")
    both = "Hi Nina,\n\nthe second run costs 4,200 euros. Shall we meet on Thursday at 10:00 about the rest?\n\nAna\n"
    answer = desk.mail(ANA, NINA, "Mon 15:00", both, answers=asked)
    desk.mail(NINA, ANA, "Tue 9:00", AGREED, answers=answer)

    assert rows(desk, "next Mon 9:30") == []


def test_a_mail_that_only_asked_to_meet_is_satisfied_by_agreeing(desk: DeskFolder) -> None:
    """D4.11 and D4.7: there is nothing left to wait for."""
    asked = desk.mail(NINA, ANA, "Mon 10:00", "Hi Ana,\n\ncan we meet on Thursday at 10:00?\n\nNina\n")
    desk.mail(ANA, NINA, "Mon 15:00", "Yes, Thursday at 10:00 works for me.\n\nAna\n", answers=asked)

    assert rows(desk, "next Mon 9:30") == []


def test_accepting_a_meeting_the_client_proposed_waits_for_it_too(desk: DeskFolder) -> None:
    """D4.11: in German, and the client named the day."""
    text = "Hallo Ben,\n\nbitte senden Sie uns den Zeitplan. Passt Ihnen Mittwoch um 14 Uhr ein Treffen?\n\nJürgen\n"
    asked = desk.mail(JURGEN, BEN, "Mon 10:00", text, subject="Zeitplan")
    yes = "Hallo Jürgen,\n\nMittwoch um 14 Uhr passt mir gut. Den Zeitplan besprechen wir dann.\n\nBen\n"
    desk.mail(BEN, JURGEN, "Mon 15:00", yes, answers=asked)

    assert rows(desk, "Tue 12:00") == [(asked, "open", at("Mon 10:00"), at("Thu 18:00"))]


def test_a_meeting_called_off_by_mail_brings_the_first_clock_back(desk: DeskFolder, offer: tuple[str, str]) -> None:
    """D4.12: the original start and due; it is late at once."""
    agreed = desk.mail(NINA, ANA, "Tue 9:00", AGREED, answers=offer[1])
    desk.mail(NINA, ANA, "Wed 9:00", "I am sorry, I have to cancel our meeting on Thursday.\n\nNina\n", answers=agreed)

    assert rows(desk, "Wed 12:00") == [(offer[0], "overdue", at("Mon 10:00"), at("Mon 18:00"))]
    assert rows(desk, "Tue 12:00") == [(offer[0], "open", at("Mon 10:00"), at("Fri 18:00"))]


def test_a_meeting_cancelled_in_the_calendar_brings_the_first_clock_back(
    desk: DeskFolder, offer: tuple[str, str]
) -> None:
    """D4.12: the event says when it was cancelled."""
    gone = "STATUS:CANCELLED\nSEQUENCE:1\nLAST-MODIFIED:20260304T080000Z"
    desk.meeting(ANA, "Offer review", "Thu 10:00", [NINA], more=gone)
    desk.mail(NINA, ANA, "Tue 9:00", AGREED, answers=offer[1])

    assert [row[1:2] + row[3:] for row in rows(desk, "Wed 12:00")] == [("overdue", at("Mon 18:00"))]
    assert [row[1:2] + row[3:] for row in rows(desk, "Tue 12:00")] == [("open", at("Fri 18:00"))]


def test_a_meeting_that_was_moved_is_waited_for_at_its_new_time(desk: DeskFolder, offer: tuple[str, str]) -> None:
    """D4.12: moved is not cancelled."""
    agreed = desk.mail(NINA, ANA, "Tue 9:00", AGREED, answers=offer[1])
    other = desk.mail(NINA, ANA, "Wed 9:00", "Could we meet on Friday at 11:00 instead?\n\nNina\n", answers=agreed)
    desk.mail(ANA, NINA, "Wed 10:00", "Yes, Friday at 11:00 is fine.\n\nAna\n", answers=other)

    assert rows(desk, "Wed 12:00") == [(offer[0], "open", at("Mon 10:00"), at("next Mon 18:00"))]


def test_an_answer_after_the_cancelled_meeting_clears(desk: DeskFolder, offer: tuple[str, str]) -> None:
    """D4.12: it came back, and was answered in writing."""
    agreed = desk.mail(NINA, ANA, "Tue 9:00", AGREED, answers=offer[1])
    off = desk.mail(NINA, ANA, "Wed 9:00", "I have to cancel our meeting on Thursday.\n\nNina\n", answers=agreed)
    desk.mail(ANA, NINA, "Wed 11:00", "No problem. The offer is in the shared folder.\n\nAna\n", answers=off)

    assert rows(desk, "Wed 12:00") == []


def test_a_note_that_names_the_subject_answers(desk: DeskFolder) -> None:
    """D4.10: the call was held after the mail, and its note says by name what it was about."""
    desk.mail(NINA, ANA, "Mon 10:00", FOIL, subject="Gold foil price")
    desk.meeting(ANA, "Weekly call", "Tue 10:00", [NINA])
    record(desk, "Weekly call", "Wed 13:00", "--note", "Gold foil price: 310 euros, Nina is content with it.")

    assert rows(desk, "Wed 14:00") == []
    assert len(rows(desk, "Wed 12:00")) == 1


def test_a_recorded_meeting_proposes_that_it_answered(desk: DeskFolder) -> None:
    """D4.10: the note says nothing of the request: it waits, and possibly it was answered."""
    desk.mail(NINA, ANA, "Mon 10:00", FOIL, subject="Gold foil price")
    desk.meeting(ANA, "Weekly call", "Tue 10:00", [NINA])
    record(desk, "Weekly call", "Wed 13:00", "--note", "We went over the schedule of the spring campaign.")

    (row,) = desk.overdue("Wed 14:00")
    assert [(also["what"], also["since"]) for also in row["also"]] == [("answered_maybe", at("Wed 13:00"))]


@pytest.mark.parametrize(
    ("title", "when", "words"),
    [
        ("Weekly call", "last Fri 10:00", ("--note", "We went over the schedule of the spring campaign.")),
        ("Weekly call", "Tue 10:00", ("--outcome", "no-show", "--none", "--note", "Gold foil price still to be told.")),
    ],
)
def test_a_meeting_before_the_request_or_not_held_answers_nothing(
    desk: DeskFolder, title: str, when: str, words: tuple[str, ...]
) -> None:
    """D4.10: only what was held after the mail can have answered it."""
    desk.mail(NINA, ANA, "Mon 10:00", FOIL, subject="Gold foil price")
    desk.meeting(ANA, title, when, [NINA])
    record(desk, title, "Wed 13:00", *words)

    (row,) = desk.overdue("Wed 14:00")
    assert row["also"] == []
