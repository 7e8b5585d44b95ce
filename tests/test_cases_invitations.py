"""Invitations known from mail (SEMANTICS 5, D5.12), through real mails and calendars and a real run."""

from typing import Any

import pytest
from desk import ANA, BEN, NINA, OLE, DeskFolder

LATER = "Thu 12:01"
"""For a meeting on Tuesday the grace is long over."""
STRANGER = "mallory@elsewhere.example"


def meetings(desk: DeskFolder, now: str = LATER) -> list[dict[str, Any]]:
    """Ask for all client meetings."""
    return desk._ask(now, "meetings", unrecorded=False)  # type: ignore[no-any-return]


def ignored(desk: DeskFolder, now: str = LATER) -> list[str]:
    """Ask the only meeting which mails did not count, and why."""
    (meeting,) = meetings(desk, now)
    said = desk.explain(meeting["id"], now)["facts"]["mails"]
    return [mail["ignored"] for mail in said if mail["ignored"]]


@pytest.fixture
def invited(desk: DeskFolder) -> DeskFolder:
    """Nina invited Ana to Tuesday at ten; no calendar shows it."""
    desk.calendar_mail(NINA, ANA, "Mon 09:00", "REQUEST", people=[NINA, ANA])
    return desk


def test_d5_12_an_invitation_no_calendar_shows_is_a_meeting(invited: DeskFolder) -> None:
    """D5.12: it stands in meetings and on the timeline, and goes unrecorded like any other."""
    (meeting,) = meetings(invited)
    assert (meeting["title"], meeting["account"], meeting["known_from"]) == ("Contract talk", "Acme", ["mail"])
    assert meeting["participants"] == [NINA, ANA]
    assert "meeting" in [entry["kind"] for entry in invited.timeline("Acme", LATER)]
    assert invited.unrecorded("Wed 11:59") == []
    assert invited.unrecorded("Wed 12:00") == [("undocumented", "Contract talk")]


def test_d5_12_it_is_one_with_the_calendars(invited: DeskFolder) -> None:
    """D5.12: the calendar that shows it later gives the words; there is one meeting."""
    invited.ingest("Mon 10:00")
    invited.meeting(ANA, "Contract talk (Acme)", "Tue 10:00", {NINA: "ACCEPTED", ANA: "ACCEPTED"}, uid="contract")
    (meeting,) = meetings(invited)
    assert (meeting["title"], meeting["known_from"]) == ("Contract talk (Acme)", ["calendar"])
    assert invited.unrecorded(LATER) == [("undocumented", "Contract talk (Acme)")]


def test_d5_12_it_comes_back_when_the_calendar_lets_it_go(invited: DeskFolder) -> None:
    """D5.12: what the invitation says stays true."""
    invited.meeting(ANA, "Other", "Wed 10:00", [ANA, NINA], uid="other")
    invited.meeting(ANA, "Contract talk (Acme)", "Tue 10:00", [NINA, ANA], uid="contract")
    invited.ingest("Mon 10:00")
    file = invited.path / "ana.ics"
    text = file.read_text("utf-8")
    file.write_text(text[: text.index("END:VEVENT") + 10] + "\r\nEND:VCALENDAR\r\n", "utf-8")
    invited.ingest("Mon 11:00")
    assert sorted((m["title"], m["known_from"][0]) for m in meetings(invited)) == [
        ("Contract talk", "mail"),
        ("Other", "calendar"),
    ]


def test_d5_12_an_invitation_is_not_off_the_calendar(invited: DeskFolder) -> None:
    """D5.12: "see you Tuesday at ten" in mail speaks of the meeting the invitation made."""
    asked = invited.mail(NINA, ANA, "Mon 09:30", "Can we meet tomorrow at 10:00?\n\nNina\n")
    invited.mail(ANA, NINA, "Mon 10:00", "Tuesday at 10:00 works, see you then.\n\nAna\n", answers=asked)
    assert invited.unrecorded("Mon 12:00") == []


def test_d5_12_our_own_invitation_counts_as_well(desk: DeskFolder) -> None:
    """D5.12: Ana's Sent mail tells of it, whoever's calendar is not synced."""
    desk.calendar_mail(ANA, NINA, "Mon 09:00", "REQUEST", people=[ANA, NINA])
    assert desk.unrecorded(LATER) == [("undocumented", "Contract talk")]


def test_d5_12_a_cancellation_by_mail_cancels_and_says_who(invited: DeskFolder) -> None:
    """D5.1, D5.12: no gap, kept as a fact."""
    invited.calendar_mail(NINA, ANA, "Mon 15:00", "CANCEL", people=[NINA, ANA], more="SEQUENCE:1\nSTATUS:CANCELLED")
    assert invited.unrecorded(LATER) == []
    (meeting,) = meetings(invited)
    assert (meeting["status"], meeting["outcome"], meeting["cancelled_by"]) == ("cancelled", "cancelled", NINA)


def test_d5_12_a_cancellation_by_mail_counts_before_the_calendar_knows(invited: DeskFolder) -> None:
    """D5.12: the calendar still shows the version before."""
    invited.meeting(ANA, "Contract talk", "Tue 10:00", [NINA, ANA], uid="contract")
    cancelled = "SEQUENCE:1\nSTATUS:CANCELLED"
    invited.calendar_mail(NINA, ANA, "Mon 15:00", "CANCEL", organizer=ANA, people=[ANA, NINA], more=cancelled)
    assert ignored(invited) != []
    invited.calendar_mail(ANA, NINA, "Mon 16:00", "CANCEL", organizer=ANA, people=[ANA, NINA], more=cancelled)
    (meeting,) = meetings(invited)
    assert (meeting["status"], meeting["cancelled_by"], meeting["known_from"]) == (
        "cancelled",
        ANA,
        ["calendar", "mail"],
    )
    assert invited.unrecorded(LATER) == []


def test_d5_12_a_cancellation_of_an_older_version_changes_nothing(desk: DeskFolder) -> None:
    """D5.12: SEQUENCE decides, not the order of arrival."""
    desk.calendar_mail(NINA, ANA, "Mon 09:00", "REQUEST", people=[NINA, ANA], more="SEQUENCE:2")
    desk.calendar_mail(NINA, ANA, "Mon 10:00", "CANCEL", people=[NINA, ANA], more="SEQUENCE:1\nSTATUS:CANCELLED")
    assert desk.unrecorded(LATER) == [("undocumented", "Contract talk")]
    assert ignored(desk) == ["a newer version of it is known"]


def test_d5_12_a_stranger_cannot_cancel_an_invitation(invited: DeskFolder) -> None:
    """D5.12: whatever organizer a forged mail names, it is not from her."""
    for organizer in (NINA, STRANGER):
        forged = "SEQUENCE:9\nSTATUS:CANCELLED"
        invited.calendar_mail(STRANGER, ANA, "Mon 15:00", "CANCEL", organizer=organizer, people=[ANA], more=forged)
    assert invited.unrecorded(LATER) == [("undocumented", "Contract talk")]
    assert sorted(ignored(invited)) == [
        f"it names {STRANGER} as organizer, who is {NINA}",
        f"{STRANGER} does not speak for the organizer {NINA}",
    ]


def test_d5_12_a_stranger_cannot_cancel_what_a_calendar_shows(desk: DeskFolder) -> None:
    """D5.12: the same for Ana's own meeting, forged in her name from another domain."""
    desk.meeting(ANA, "Contract talk", "Tue 10:00", [NINA, ANA], uid="contract")
    forged = "SEQUENCE:9\nSTATUS:CANCELLED"
    desk.calendar_mail(STRANGER, NINA, "Mon 15:00", "CANCEL", organizer=ANA, people=[NINA], more=forged)
    assert desk.unrecorded(LATER) == [("undocumented", "Contract talk")]
    assert ignored(desk) == [f"{STRANGER} does not speak for the organizer {ANA}"]


def test_d5_12_a_stranger_cannot_move_it_even_as_a_delegate(invited: DeskFolder) -> None:
    """D5.12: who says of himself that he acts for the organizer is not believed against her own invitation."""
    more = f'SEQUENCE:9\nORGANIZER;SENT-BY="mailto:{STRANGER}":mailto:{NINA}'
    invited.calendar_mail(
        STRANGER, ANA, "Mon 15:00", "REQUEST", starts="Thu 10:00", organizer=NINA, people=[ANA], more=more
    )
    assert invited.unrecorded("Wed 12:00") == [("undocumented", "Contract talk")]


def test_d5_12_a_colleague_of_the_organizer_may_move_it(invited: DeskFolder) -> None:
    """D5.12: Ole writes from the organizer's domain."""
    invited.calendar_mail(
        OLE, ANA, "Mon 15:00", "REQUEST", starts="Thu 10:00", organizer=NINA, people=[NINA, ANA], more="SEQUENCE:1"
    )
    assert invited.unrecorded("Thu 09:00") == []
    assert invited.unrecorded("Fri 12:00") == [("undocumented", "Contract talk")]


def test_d5_12_an_older_invitation_that_arrives_later_changes_nothing(desk: DeskFolder) -> None:
    """D5.2, D5.12: Thursday is version 1, Tuesday was version 0."""
    desk.calendar_mail(NINA, ANA, "Mon 11:00", "REQUEST", starts="Thu 10:00", people=[NINA, ANA], more="SEQUENCE:1")
    desk.ingest("Mon 12:00")
    desk.calendar_mail(NINA, ANA, "Mon 09:00", "REQUEST", starts="Tue 10:00", people=[NINA, ANA])
    desk.ingest("Mon 13:00")
    (meeting,) = meetings(desk)
    assert meeting["starts_at"].day == 5
    assert ignored(desk) == ["a newer version of it is known"]


def test_d5_12_answers_by_mail_change_the_answer(invited: DeskFolder) -> None:
    """D5.3, D5.12: Ana, the only one of us, declined."""
    invited.calendar_mail(ANA, NINA, "Mon 10:00", "REPLY", organizer=NINA, people={ANA: "DECLINED"})
    (row,) = invited._ask(LATER, "meetings", unrecorded=True)
    assert row["confidence"] < 0.5


def test_d5_12_the_latest_answer_to_the_current_version_counts(invited: DeskFolder) -> None:
    """D5.12: Ana declined, then accepted; Ben's answer for her is no answer of a stranger, Mallory's is."""
    invited.calendar_mail(ANA, NINA, "Mon 11:00", "REPLY", organizer=NINA, people={ANA: "ACCEPTED"})
    invited.calendar_mail(ANA, NINA, "Mon 10:00", "REPLY", organizer=NINA, people={ANA: "DECLINED"})
    invited.calendar_mail(STRANGER, NINA, "Mon 12:00", "REPLY", organizer=NINA, people={ANA: "DECLINED"})
    (row,) = invited._ask(LATER, "meetings", unrecorded=True)
    assert row["confidence"] > 0.5
    assert len(ignored(invited)) == 1


def test_d5_12_an_answer_to_an_older_version_does_not_count(invited: DeskFolder) -> None:
    """D5.12: she declined Tuesday, not Thursday."""
    invited.calendar_mail(NINA, ANA, "Mon 11:00", "REQUEST", starts="Thu 10:00", people=[NINA, ANA], more="SEQUENCE:1")
    invited.calendar_mail(ANA, NINA, "Mon 12:00", "REPLY", organizer=NINA, people={ANA: "DECLINED"})
    (row,) = invited._ask("Fri 12:00", "meetings", unrecorded=True)
    assert row["confidence"] > 0.5
    assert "it answers an older version" in ignored(invited, "Fri 12:00")


def test_d5_12_a_counter_proposal_is_shown_and_moves_nothing(invited: DeskFolder) -> None:
    """D5.12: Ana asks for Thursday; the meeting stays on Tuesday until Nina moves it."""
    invited.calendar_mail(ANA, NINA, "Mon 10:00", "COUNTER", starts="Thu 10:00", organizer=NINA, people=[ANA])
    (meeting,) = meetings(invited)
    assert meeting["starts_at"].day == 3
    assert [(p["by"], p["starts_at"][:10]) for p in meeting["proposals"]] == [(ANA, "2026-03-05")]


def test_d5_12_one_occurrence_of_an_invited_series_is_cancelled(desk: DeskFolder) -> None:
    """D5.6, D5.12: of three Tuesdays, the second falls out."""
    desk.calendar_mail(NINA, ANA, "Mon 09:00", "REQUEST", people=[NINA, ANA], more="RRULE:FREQ=WEEKLY;COUNT=3")
    second = "RECURRENCE-ID;TZID=Europe/Berlin:20260310T100000\nSEQUENCE:1\nSTATUS:CANCELLED"
    desk.calendar_mail(NINA, ANA, "Mon 10:00", "CANCEL", starts="next Tue 10:00", people=[NINA, ANA], more=second)
    found = sorted((m["starts_at"].day, m["status"]) for m in meetings(desk))
    assert found == [(3, "confirmed"), (10, "cancelled"), (17, "confirmed")]


def test_d5_12_the_invitation_may_be_deleted_on_the_server(invited: DeskFolder) -> None:
    """D4.24, D5.12: what it told stays true."""
    invited.mail(NINA, ANA, "Mon 09:30", "Hi Ana, here is the agenda.\n")
    invited.ingest("Mon 10:00")
    (invited.path / "letters" / "001.eml").unlink()
    invited.ingest("Mon 11:00")
    assert invited.unrecorded(LATER) == [("undocumented", "Contract talk")]


def test_d5_12_an_invitation_among_ourselves_is_not_kept(desk: DeskFolder) -> None:
    """SEMANTICS 7: with the mail, which concerns no client's conversation, its meeting goes."""
    desk.calendar_mail(BEN, ANA, "Mon 09:00", "REQUEST", people=[BEN, ANA, NINA])
    desk.ingest("Mon 10:00")
    assert meetings(desk) == []
    assert desk.unrecorded(LATER) == []


def test_d4_7_accepting_by_mail_still_answers_the_proposal(desk: DeskFolder) -> None:
    """D4.7, D5.12: the accepted invitation satisfies its mail; the meeting is there."""
    desk.calendar_mail(NINA, ANA, "Mon 09:00", "REQUEST", people=[NINA, ANA])
    desk.calendar_mail(ANA, NINA, "Mon 10:00", "REPLY", organizer=NINA, people={ANA: "ACCEPTED"})
    assert desk.waiting(LATER) == []
    assert len(meetings(desk)) == 1
