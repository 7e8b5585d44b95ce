"""Which meetings went unrecorded (SEMANTICS 5, D5.1 to D5.17), through real calendars and a real run."""

import pytest
from desk import ANA, BEN, JURGEN, KIRA, NINA, OLE, PETRA, DeskFolder

LATER = "Thu 12:01"
"""For a meeting on Tuesday the grace is long over; noon of the next business day ended it."""
RECAP = "Hi Nina,\n\nthank you for today. We agreed to print 5,000 copies; Ana sends the proofs on Friday.\n\nAna\n"


def test_an_unrecorded_meeting_is_flagged_when_the_grace_is_over(desk: DeskFolder) -> None:
    """SEMANTICS 5: until noon of the next business day there is time to write it down."""
    desk.meeting(ANA, "Spring campaign review", "Tue 10:00", [ANA, NINA])
    assert desk.unrecorded("Wed 11:59") == []
    assert desk.unrecorded("Wed 12:00") == [("undocumented", "Spring campaign review")]


def test_our_recap_mail_records_it(desk: DeskFolder) -> None:
    """SEMANTICS 5: a recap to a client who was there is a record."""
    desk.meeting(ANA, "Spring campaign review", "Tue 10:00", [ANA, NINA])
    desk.mail(ANA, NINA, "Tue 15:00", RECAP)
    assert desk.unrecorded(LATER) == []


def test_d5_1_a_cancelled_meeting_is_no_gap_and_is_kept(desk: DeskFolder) -> None:
    """D5.1: cancelled before its start; it stays on the timeline."""
    desk.meeting(ANA, "Spring campaign review", "Tue 10:00", [ANA, NINA], more="STATUS:CANCELLED")
    assert desk.unrecorded(LATER) == []
    assert [entry["title"] for entry in desk.timeline("Acme", LATER)] == ["Spring campaign review"]


def test_d5_1_a_meeting_beside_a_cancelled_one_is_a_gap(desk: DeskFolder) -> None:
    """D5.1: only the one that was cancelled is excused."""
    desk.meeting(ANA, "Spring campaign review", "Tue 10:00", [ANA, NINA], more="STATUS:CANCELLED")
    desk.meeting(ANA, "Contract talk", "Tue 14:00", [ANA, NINA])
    assert desk.unrecorded(LATER) == [("undocumented", "Contract talk")]


def test_d5_2_a_meeting_moved_in_the_calendar_is_one(desk: DeskFolder) -> None:
    """D5.2: the same UID with a higher SEQUENCE; Tuesday is forgotten, Thursday counts."""
    desk.meeting(ANA, "Contract talk", "Tue 10:00", [ANA, NINA])
    desk.ingest("Mon 10:00")
    file = desk.path / "ana.ics"
    moved = file.read_text("utf-8").replace("20260303T", "20260305T").replace("SUMMARY:", "SEQUENCE:1\nSUMMARY:")
    file.write_text(moved, "utf-8")
    desk.ingest("Mon 12:00")
    assert desk.unrecorded(LATER) == []
    assert desk.unrecorded("Fri 12:00") == [("undocumented", "Contract talk")]


def test_d5_2_a_cancelled_meeting_made_again_is_one(desk: DeskFolder) -> None:
    """D5.2: same people and title within 14 days, the first one cancelled."""
    desk.meeting(ANA, "Contract talk", "Tue 10:00", [ANA, NINA], uid="a", more="STATUS:CANCELLED")
    desk.meeting(ANA, "Contract talk", "Thu 10:00", [ANA, NINA], uid="b")
    assert desk.unrecorded("Fri 12:00") == [("undocumented", "Contract talk")]


def test_d5_2_meetings_made_by_hand_every_week_are_different(desk: DeskFolder) -> None:
    """D5.2, fine print: both took place."""
    desk.meeting(ANA, "Contract talk", "Mon 10:00", [ANA, NINA], uid="a")
    desk.meeting(ANA, "Contract talk", "Thu 10:00", [ANA, NINA], uid="b")
    assert len(desk.unrecorded("Fri 12:00")) == 2


def test_d5_3_a_meeting_all_clients_declined_is_only_a_question(desk: DeskFolder) -> None:
    """D5.3: presumed not held; asked once, with low confidence, and gone after three business days."""
    desk.meeting(ANA, "Spring campaign review", "Tue 10:00", {ANA: "ACCEPTED", NINA: "DECLINED"})
    (row,) = desk._ask(LATER, "meetings", unrecorded=True)
    assert row["confidence"] < 0.5
    assert desk.unrecorded("next Tue 12:01") == []


def test_d5_3_one_of_two_clients_declining_changes_nothing(desk: DeskFolder) -> None:
    """D5.3: the other one came."""
    people = {ANA: "ACCEPTED", NINA: "DECLINED", OLE: "ACCEPTED"}
    desk.meeting(ANA, "Spring campaign review", "Tue 10:00", people)
    (row,) = desk._ask(LATER, "meetings", unrecorded=True)
    assert row["confidence"] > 0.8


def test_d5_4_an_unanswered_invitation_is_presumed_held(desk: DeskFolder) -> None:
    """D5.4: nobody pressed a button, and people met."""
    desk.meeting(BEN, "Jour fixe Borealis", "Tue 10:00", {BEN: "NEEDS-ACTION", JURGEN: "NEEDS-ACTION"})
    assert desk.unrecorded(LATER) == [("undocumented", "Jour fixe Borealis")]


def test_d5_4_an_unanswered_invitation_is_recorded_like_any_other(desk: DeskFolder) -> None:
    """D5.4: our recap suffices here too."""
    desk.meeting(BEN, "Jour fixe Borealis", "Tue 10:00", {BEN: "NEEDS-ACTION", JURGEN: "NEEDS-ACTION"})
    text = "Hallo Jürgen,\n\ndanke für heute. Wir haben vereinbart, dass die Plakate in A1 gedruckt werden.\n\nBen\n"
    desk.mail(BEN, JURGEN, "Tue 16:00", text, subject="Jour fixe Borealis")
    assert desk.unrecorded(LATER) == []


@pytest.mark.parametrize("marked", ["CLASS:PRIVATE", "CLASS:CONFIDENTIAL"])
def test_d5_5_a_private_meeting_is_never_flagged_nor_shown(desk: DeskFolder, marked: str) -> None:
    """D5.5: its time and the word "private", nothing else."""
    desk.meeting(ANA, "Salary of Nina", "Tue 10:00", [ANA, NINA], more=marked)
    assert desk.unrecorded(LATER) == []
    (entry,) = desk.timeline("Acme", LATER)
    assert entry["title"] == "private"
    (meeting,) = desk._ask(LATER, "meetings", unrecorded=False)
    assert (meeting["title"], meeting["participants"]) == ("private", [])


def test_d5_5_a_public_meeting_is_flagged(desk: DeskFolder) -> None:
    """D5.5: CLASS:PUBLIC is the default (RFC 5545, 3.8.1.3)."""
    desk.meeting(ANA, "Contract talk", "Tue 10:00", [ANA, NINA], more="CLASS:PUBLIC")
    assert desk.unrecorded(LATER) == [("undocumented", "Contract talk")]


def test_d5_6_every_past_occurrence_of_a_series_counts_by_itself(desk: DeskFolder) -> None:
    """D5.6: three Mondays are past, the fourth is not."""
    desk.meeting(ANA, "Weekly with Acme", "Mon 10:00", [ANA, NINA], more="RRULE:FREQ=WEEKLY;COUNT=4")
    desk.ingest("Mon 12:00")
    assert desk.unrecorded("Tue 12:01") == [("undocumented", "Weekly with Acme")]
    assert desk.unrecorded("next Tue 12:01") == [("undocumented", "Weekly with Acme")] * 2


def test_d5_6_exceptions_of_a_series_are_honoured(desk: DeskFolder) -> None:
    """D5.6: the second Monday was taken out (EXDATE), a Wednesday was added (RDATE)."""
    more = (
        "RRULE:FREQ=WEEKLY;COUNT=2\nEXDATE;TZID=Europe/Berlin:20260309T100000\nRDATE;TZID=Europe/Berlin:20260311T100000"
    )
    desk.meeting(ANA, "Weekly with Acme", "Mon 10:00", [ANA, NINA], more=more)
    rows = desk._ask("next Fri 12:00", "meetings", unrecorded=True)
    assert sorted(row["starts_at"].day for row in rows) == [2, 11]


def test_d5_6_a_moved_occurrence_counts_where_it_was_moved_to(desk: DeskFolder) -> None:
    """D5.6: an override (RECURRENCE-ID) moves the first Monday to Thursday."""
    desk.meeting(ANA, "Weekly with Acme", "Mon 10:00", [ANA, NINA], more="RRULE:FREQ=WEEKLY;COUNT=2", uid="w")
    moved = "RECURRENCE-ID;TZID=Europe/Berlin:20260302T100000"
    desk.meeting(ANA, "Weekly with Acme", "Thu 16:00", [ANA, NINA], more=moved, uid="w")
    assert desk.unrecorded("Thu 12:00") == []
    assert desk.unrecorded("Fri 12:01") == [("undocumented", "Weekly with Acme")]


def test_d5_6_a_recap_records_one_occurrence_only(desk: DeskFolder) -> None:
    """D5.6: the next Monday wants a recap of its own."""
    desk.meeting(ANA, "Weekly with Acme", "Mon 10:00", [ANA, NINA], more="RRULE:FREQ=WEEKLY;COUNT=2")
    desk.mail(ANA, NINA, "Mon 15:00", RECAP, subject="Weekly with Acme")
    assert desk.unrecorded("Fri 12:00") == []
    assert desk.unrecorded("next Fri 12:00") == [("undocumented", "Weekly with Acme")]


def test_d5_7_the_same_meeting_in_two_calendars_is_one(desk: DeskFolder) -> None:
    """D5.7: Ana's and Ben's calendars show the same UID."""
    desk.meeting(ANA, "Contract talk", "Tue 10:00", [ANA, BEN, NINA], uid="shared")
    desk.meeting(BEN, "Contract talk", "Tue 10:00", [ANA, BEN, NINA], uid="shared")
    assert desk.unrecorded(LATER) == [("undocumented", "Contract talk")]


def test_d5_7_two_meetings_at_the_same_time_are_two(desk: DeskFolder) -> None:
    """D5.7: other people, another title."""
    desk.meeting(ANA, "Contract talk", "Tue 10:00", [ANA, NINA])
    desk.meeting(BEN, "Photo shoot", "Tue 10:00", [BEN, OLE])
    assert len(desk.unrecorded(LATER)) == 2


def test_d5_8_a_meeting_with_two_accounts_stands_on_both_timelines(desk: DeskFolder) -> None:
    """D5.8: one gap, listed with both."""
    desk.meeting(ANA, "Joint stand", "Tue 10:00", [ANA, NINA, OLE, KIRA])
    (row,) = desk._ask(LATER, "meetings", unrecorded=True)
    assert (row["account"], row["accounts"]) == ("Acme", ["Acme", "Calder"])
    assert len(desk.timeline("Acme", LATER)) == len(desk.timeline("Calder", LATER)) == 1


def test_d5_8_a_meeting_with_one_account_stands_on_one(desk: DeskFolder) -> None:
    """D5.8: nobody else's timeline shows it."""
    desk.meeting(ANA, "Joint stand", "Tue 10:00", [ANA, NINA, OLE])
    assert desk.timeline("Calder", LATER) == []


def test_d5_9_our_preparation_is_no_client_meeting(desk: DeskFolder) -> None:
    """D5.9: two of us, and the client's name in the title only."""
    desk.meeting(ANA, "Prep Acme review", "Tue 10:00", [ANA, BEN])
    assert desk.unrecorded(LATER) == []


def test_d5_9_a_preparation_with_the_client_is_one(desk: DeskFolder) -> None:
    """D5.9: whoever calls it preparation, Nina was there."""
    desk.meeting(ANA, "Prep Acme review", "Tue 10:00", [ANA, BEN, NINA])
    assert desk.unrecorded(LATER) == [("undocumented", "Prep Acme review")]


def test_d5_10_a_meeting_that_runs_is_not_yet_unrecorded(desk: DeskFolder) -> None:
    """D5.10: a workshop that runs past noon of the next day is not asked about before it ended."""
    desk.meeting(ANA, "Two-day workshop", "Tue 10:00", [ANA, NINA], minutes=30 * 60)
    assert desk.unrecorded("Wed 15:59") == []
    assert desk.unrecorded("Thu 12:00") == [("undocumented", "Two-day workshop")]


def test_d5_10_a_meeting_that_just_ended_is_not_yet_unrecorded(desk: DeskFolder) -> None:
    """D5.10: ended 29 minutes ago; and there is grace until noon of the next business day."""
    desk.meeting(ANA, "Friday call", "Fri 16:00", [ANA, NINA])
    assert desk.unrecorded("Fri 17:29") == []
    assert desk.unrecorded("next Mon 11:59") == []
    assert desk.unrecorded("next Mon 12:00") == [("undocumented", "Friday call")]


def test_d5_11_an_account_in_the_title_is_a_candidate(desk: DeskFolder) -> None:
    """D5.11: no attendees; low confidence."""
    desk.meeting(ANA, "Acme - call", "Tue 10:00", [])
    (row,) = desk._ask(LATER, "meetings", unrecorded=True)
    assert row["confidence"] < 0.8


def test_d5_11_a_title_that_names_no_account_is_none(desk: DeskFolder) -> None:
    """D5.11: a part of a word is no name."""
    desk.meeting(ANA, "Acmeology reading group", "Tue 10:00", [])
    assert desk.unrecorded(LATER) == []


def test_d5_14_meeting_some_time_is_no_meeting(desk: DeskFolder) -> None:
    """D5.14: no time, nothing off the calendar."""
    asked = desk.mail(NINA, ANA, "Mon 10:00", "We should meet some time soon to talk about autumn.\n\nNina\n")
    desk.mail(ANA, NINA, "Mon 11:00", "Yes, let's do that!\n\nAna\n", answers=asked)
    assert desk.unrecorded("Fri 12:00") == []


def test_d5_14_some_time_that_became_a_time_is_a_meeting(desk: DeskFolder) -> None:
    """D5.14: the same wish, and then a day and an hour that both agreed to."""
    asked = desk.mail(
        NINA, ANA, "Mon 10:00", "We should meet some time soon. Can we meet on Thursday at 14:00?\n\nNina\n"
    )
    desk.mail(ANA, NINA, "Mon 11:00", "Thursday at 14:00 works for me, see you then.\n\nAna\n", answers=asked)
    assert [gap for gap, _ in desk.unrecorded("Tue 12:00")] == ["off_calendar"]


def test_a_client_who_just_says_fine_agrees(desk: DeskFolder) -> None:
    """SEMANTICS 5: our proposal and their acceptance, which need not speak of a meeting."""
    asked = desk.mail(ANA, NINA, "Mon 10:00", "Shall we meet on Thursday, 5 March at 14:00 in our office?\n\nAna\n")
    desk.mail(NINA, ANA, "Mon 12:00", "Great, thank you!\n\nNina\n", answers=asked)
    assert [gap for gap, _ in desk.unrecorded("Tue 12:00")] == ["off_calendar"]


def test_a_client_who_says_fine_to_something_else_agrees_to_no_meeting(desk: DeskFolder) -> None:
    """SEMANTICS 5: nobody proposed one."""
    sent = desk.mail(ANA, NINA, "Mon 10:00", "The proofs are attached.\n\nAna\n", attached="proofs.pdf")
    desk.mail(NINA, ANA, "Mon 12:00", "Great, thank you!\n\nNina\n", answers=sent)
    assert desk.unrecorded("Tue 12:00") == []


def test_an_agreement_no_calendar_shows_is_off_calendar(desk: DeskFolder) -> None:
    """SEMANTICS 5: proposal and acceptance in mail, flagged before it happens."""
    asked = desk.mail(NINA, ANA, "Mon 10:00", "Can we meet on Thursday at 14:00?\n\nNina\n", subject="Autumn")
    desk.mail(ANA, NINA, "Mon 11:00", "Thursday at 14:00 works for me, see you then.\n\nAna\n", answers=asked)
    assert [gap for gap, _ in desk.unrecorded("Tue 12:00")] == ["off_calendar"]


def test_an_agreement_the_calendar_shows_is_not(desk: DeskFolder) -> None:
    """SEMANTICS 5: an event within a day with these people."""
    asked = desk.mail(NINA, ANA, "Mon 10:00", "Can we meet on Thursday at 14:00?\n\nNina\n", subject="Autumn")
    desk.mail(ANA, NINA, "Mon 11:00", "Thursday at 14:00 works for me, see you then.\n\nAna\n", answers=asked)
    desk.meeting(ANA, "Autumn", "Thu 14:00", [ANA, NINA])
    assert desk.unrecorded("Tue 12:00") == []


def test_d5_15_next_thursday_counts_from_the_mail(desk: DeskFolder) -> None:
    """D5.15: "Donnerstag" in Monday's mail is that week's, asked about a week later."""
    asked = desk.mail(PETRA, BEN, "Mon 10:00", "Passt Ihnen Donnerstag um 14 Uhr für ein Telefonat?\n\nPetra\n")
    desk.mail(BEN, PETRA, "Mon 11:00", "Ja, Donnerstag um 14 Uhr passt. Bis dann!\n\nBen\n", answers=asked)
    (row,) = desk._ask("next Mon 12:00", "meetings", unrecorded=True)
    assert (row["gap"], row["starts_at"].day, row["starts_at"].hour) == ("off_calendar", 5, 13)


def test_d5_15_next_thursday_that_the_calendar_shows_is_no_gap(desk: DeskFolder) -> None:
    """D5.15: the same Thursday, counted from the mail, is the one in the calendar."""
    asked = desk.mail(PETRA, BEN, "Mon 10:00", "Passt Ihnen Donnerstag um 14 Uhr für ein Telefonat?\n\nPetra\n")
    desk.mail(BEN, PETRA, "Mon 11:00", "Ja, Donnerstag um 14 Uhr passt. Bis dann!\n\nBen\n", answers=asked)
    desk.meeting(BEN, "Telefonat", "Thu 14:00", [BEN, PETRA])
    assert desk.unrecorded("Wed 12:00") == []


def test_a_call_mail_speaks_of_is_ad_hoc(desk: DeskFolder) -> None:
    """SEMANTICS 5: neither event nor record, but "thanks for the call yesterday"."""
    desk.mail(NINA, ANA, "Tue 10:00", "Hi Ana,\n\nthank you for the call yesterday.\n\nNina\n")
    assert [gap for gap, _ in desk.unrecorded("Tue 12:00")] == ["ad_hoc"]


def test_d5_13_a_call_in_quoted_text_is_none(desk: DeskFolder) -> None:
    """D5.13: somebody else's words below a quote mark."""
    desk.mail(NINA, ANA, "Tue 10:00", "See below.\n\nNina\n\n> Hi Nina,\n> thank you for the call yesterday.\n> Tom\n")
    assert desk.unrecorded("Fri 12:00") == []


def test_d5_13_a_call_in_the_words_above_a_quote_is_one(desk: DeskFolder) -> None:
    """D5.13: the same sentence, written by Nina herself."""
    text = "Hi Ana,\n\nthank you for the call yesterday.\n\nNina\n\n> Hi Nina,\n> here is the number.\n> Ana\n"
    desk.mail(NINA, ANA, "Tue 10:00", text)
    assert [gap for gap, _ in desk.unrecorded("Fri 12:00")] == ["ad_hoc"]


def test_d5_16_a_meeting_that_is_over_in_utc_only_is_not_over(desk: DeskFolder) -> None:
    """D5.16: Thursday 16:00 in "Pacific Standard Time" is Friday 1:00 in Berlin; the grace ends on Monday."""
    desk.meeting(ANA, "US launch", "Thu 16:00", [ANA, NINA])
    file = desk.path / "ana.ics"
    file.write_text(file.read_text("utf-8").replace("Europe/Berlin", "Pacific Standard Time"), "utf-8")
    assert desk.unrecorded("Fri 12:01") == []
    assert desk.unrecorded("next Mon 12:00") == [("undocumented", "US launch")]


def test_d5_16_a_windows_zone_is_not_read_as_utc(desk: DeskFolder) -> None:
    """D5.16: ten o'clock in "Pacific Standard Time" is 18:00 UTC in winter."""
    desk.meeting(ANA, "US launch", "Tue 10:00", [ANA, NINA])
    file = desk.path / "ana.ics"
    file.write_text(file.read_text("utf-8").replace("Europe/Berlin", "Pacific Standard Time"), "utf-8")
    (row,) = desk._ask("Fri 12:00", "meetings", unrecorded=True)
    assert row["starts_at"].hour == 18


def test_d5_17_a_calendar_that_cannot_be_read_is_unknown(desk: DeskFolder) -> None:
    """D5.17: what the calendar may have said since is not guessed."""
    desk.meeting(ANA, "Contract talk", "Tue 10:00", [ANA, NINA])
    desk.ingest("Mon 10:00")
    (desk.path / "ana.ics").unlink()
    desk.ingest("Thu 12:00")
    assert desk.unrecorded("Thu 12:30") == []


def test_d5_17_another_persons_calendar_does_not_matter(desk: DeskFolder) -> None:
    """D5.17: Ben's calendar is gone, Ana's was read."""
    desk.meeting(ANA, "Contract talk", "Tue 10:00", [ANA, NINA])
    desk.meeting(BEN, "Jour fixe", "next Tue 10:00", [BEN, JURGEN])
    desk.ingest("Mon 10:00")
    (desk.path / "ben.ics").unlink()
    desk.ingest("Thu 12:00")
    assert desk.unrecorded("Thu 12:30") == [("undocumented", "Contract talk")]
