"""Which meetings count as unrecorded (SEMANTICS 5): each case once as it flags and once as it must not."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from domain.accounts import Direction
from domain.events import Attendee, Event, EventStatus, PartStat
from domain.followup import Gap, Hours, MailFact, MeetingFact, MeetingGap, MeetingNote, Outcome, Policy, Turn
from domain.mail import Automatic
from domain.signals import Signal, SignalKind
from followup.business_time import parse_frames
from followup.calendars import Calendars
from followup.meetings import meeting_gaps

BERLIN = ZoneInfo("Europe/Berlin")
HOURS = Hours(timezone="Europe/Berlin", frames=parse_frames(["Mon-Fri 09:00-18:00"]))
CALENDARS = Calendars(Policy(hours=HOURS))
ANA, BEN = "ana@northwind.example", "ben@northwind.example"
NINA, OLE = "nina@acme.example", "ole@acme.example"


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """Return an instant of March 2026 in Berlin; the 2nd is a Monday."""
    return datetime(2026, 3, day, hour, minute, tzinfo=BERLIN).astimezone(UTC)


TUESDAY = at(3, 10)


def meeting(
    key: str = "review",
    *,
    starts: datetime = TUESDAY,
    title: str = "Campaign budget review",
    own: Sequence[str] = (ANA,),
    clients: Sequence[str] = (NINA,),
    answers: dict[str, PartStat] | None = None,
    titled: bool = False,
    accounts: Sequence[str] = ("acme",),
    **event: object,
) -> MeetingFact:
    """Return an hour with a client on Tuesday, accepted by everybody, unless said otherwise."""
    attendees = [Attendee("", a, (answers or {}).get(a, PartStat.ACCEPTED)) for a in (*own, *clients)]
    fields: dict[str, object] = {
        "key": key,
        "ical_uid": key,
        "title": title,
        "starts_at": starts,
        "ends_at": starts + timedelta(hours=1),
        "attendees": tuple(attendees),
    }
    return MeetingFact(
        event=Event(**(fields | event)),  # type: ignore[arg-type]
        accounts=tuple(accounts),
        own=tuple(own),
        clients=tuple(clients),
        titled=titled,
    )


def mail(
    sender: str,
    when: datetime,
    text: str,
    *signals: Signal,
    to: Sequence[str] = (),
    subject: str = "Campaign",
    conversation: str = "c1",
    account: str = "acme",
    automatic: Automatic | None = None,
    attachments: Sequence[str] = (),
) -> MailFact:
    """Return a mail from one side to the other."""
    ours = sender.endswith("northwind.example")
    turn = Turn(
        key=f"{sender} {when:%d %H:%M}",
        message_id=f"{when:%d%H%M}@example",
        at=when,
        direction=Direction.OUTBOUND if ours else Direction.INBOUND,
        sender=sender,
        subject=subject,
        from_account=not ours,
        to_account=ours,
        signals=signals,
        automatic=automatic,
    )
    recipients = tuple(to or ([NINA] if ours else [ANA]))
    return MailFact(
        turn=turn,
        conversation=conversation,
        recipients=recipients,
        account=account,
        text=text,
        attachments=tuple(attachments),
    )


def says(kind: SignalKind, quote: str, *, starts: datetime | None = None, score: float = 0.9) -> Signal:
    """Return a signal at the start of a mail."""
    return Signal(kind=kind, start=0, end=len(quote), quote=quote, score=score, rule=f"{kind}.test", starts_at=starts)


def gaps(
    meetings: Sequence[MeetingFact] = (), mails: Sequence[MailFact] = (), notes: Sequence[MeetingNote] = ()
) -> list[MeetingGap]:
    """Judge some facts with our hours."""
    return meeting_gaps(meetings, mails, notes, calendars=CALENDARS)


class TestUndocumented:
    def test_meeting_without_a_record_is_a_gap_from_noon_of_the_next_business_day(self) -> None:
        """A Tuesday meeting has until Wednesday 12:00 in the zone of our hours."""
        [gap] = gaps([meeting()])

        assert (gap.gap, gap.flag_from, gap.event_key, gap.accounts) == (
            Gap.UNDOCUMENTED,
            at(4, 12),
            "review",
            ("acme",),
        )
        assert gap.closed_at is None

    def test_grace_over_a_weekend_ends_on_monday(self) -> None:
        """Friday's meeting has until Monday noon."""
        [gap] = gaps([meeting(starts=at(6, 16))])

        assert gap.flag_from == at(9, 12)

    def test_d5_1_cancelled_meeting_is_no_gap(self) -> None:
        """D5.1: what was cancelled needs no record."""
        assert gaps([meeting(status=EventStatus.CANCELLED)]) == []

    def test_d5_1_meeting_beside_a_cancelled_one_is_still_a_gap(self) -> None:
        """D5.1: a cancellation concerns its own occurrence only."""
        found = gaps([meeting("off", status=EventStatus.CANCELLED), meeting("held", starts=at(4, 10))])

        assert [gap.event_key for gap in found] == ["held"]

    def test_d5_2_moved_meeting_is_one_meeting_at_its_new_time(self) -> None:
        """D5.2: the copy with the higher SEQUENCE counts."""
        [gap] = gaps([meeting(sequence=0), meeting(sequence=1, starts=at(5, 10))])

        assert gap.starts_at == at(5, 10)

    def test_d5_3_meeting_all_clients_declined_is_asked_about_once(self) -> None:
        """D5.3: presumed not held: a question that lapses after three business days."""
        [gap] = gaps([meeting(answers={NINA: PartStat.DECLINED})])

        assert gap.confidence < 0.5
        assert gap.closed_at == at(9, 12)

    def test_d5_3_one_of_two_clients_declining_changes_nothing(self) -> None:
        """D5.3: somebody of the client's may well have come."""
        [gap] = gaps([meeting(clients=(NINA, OLE), answers={NINA: PartStat.DECLINED})])

        assert gap.confidence > 0.5

    def test_d5_4_unanswered_invitation_is_presumed_held(self) -> None:
        """D5.4: many people never press accept."""
        [gap] = gaps([meeting(answers={NINA: PartStat.NEEDS_ACTION, ANA: PartStat.NEEDS_ACTION})])

        assert gap.confidence > 0.8

    def test_d5_4_unanswered_invitation_with_a_note_is_no_gap(self) -> None:
        """D5.4: presumed held, and recorded."""
        note = MeetingNote(
            event_key="review", at=at(3, 12), text="They approve the budget; contract by the end of May."
        )

        assert gaps([meeting(answers={NINA: PartStat.NEEDS_ACTION})], notes=[note]) == []

    def test_d5_5_private_meeting_is_never_flagged(self) -> None:
        """D5.5: only its time is anybody's business."""
        assert gaps([meeting(private=True)]) == []

    def test_d5_6_every_occurrence_of_a_series_is_a_meeting_by_itself(self) -> None:
        """D5.6: the recap of one week records that week."""
        series = [
            meeting(f"weekly/{day}", ical_uid="weekly", recurrence_id=f"2026-03-{day:02}", starts=at(day, 10))
            for day in (3, 10)
        ]
        recap = mail(ANA, at(3, 15), "Campaign budget review, recap: you approve the new plan, we book the slots.")

        assert [gap.event_key for gap in gaps(series, [recap])] == ["weekly/10"]

    def test_d5_6_series_recorded_each_week_has_no_gap(self) -> None:
        """D5.6: one recap per occurrence."""
        series = [
            meeting(f"weekly/{day}", ical_uid="weekly", recurrence_id=f"2026-03-{day:02}", starts=at(day, 10))
            for day in (3, 10)
        ]
        mails = [mail(ANA, at(day, 15), "Summary of today: the plan stands, you send the logos.") for day in (3, 10)]

        assert gaps(series, mails) == []

    def test_d5_7_meeting_in_two_calendars_is_one(self) -> None:
        """D5.7: entered by hand in two calendars under different UIDs."""
        copies = [meeting("a", own=(ANA,)), meeting("b", own=(BEN,), title="Campaign  Budget review")]

        [gap] = gaps(copies)

        assert set(gap.participants) == {NINA, ANA, BEN}

    def test_d5_7_note_on_either_copy_records_it(self) -> None:
        """D5.7: one meeting, one record."""
        note = MeetingNote(event_key="b", at=at(3, 12), outcome=Outcome.HELD, nothing=True)

        assert gaps([meeting("a"), meeting("b", own=(BEN,))], notes=[note]) == []

    def test_d5_9_internal_meeting_is_no_client_meeting(self) -> None:
        """D5.9: two of us preparing, with the client in the title only."""
        assert gaps([meeting(own=(ANA, BEN), clients=(), titled=True, title="Acme - what do we say")]) == []

    def test_d5_9_one_client_among_us_makes_it_a_client_meeting(self) -> None:
        """D5.9: somebody of theirs takes part."""
        assert len(gaps([meeting(own=(ANA, BEN), clients=(NINA,))])) == 1

    def test_d5_10_meeting_of_several_days_has_its_grace_from_its_end(self) -> None:
        """D5.10: not flagged while it is still running."""
        [gap] = gaps([meeting(starts=at(3, 10), ends_at=at(5, 15))])

        assert gap.flag_from == at(6, 12)

    def test_d5_10_recap_written_while_it_runs_does_not_record_it(self) -> None:
        """D5.10: what is still going on has no record yet."""
        during = mail(ANA, at(3, 10, 20), "Summary of last week: the plan stands, and you send the logos.")

        assert len(gaps([meeting()], [during])) == 1

    def test_d5_11_entry_with_the_account_in_its_title_is_a_candidate(self) -> None:
        """D5.11: no attendees, so low confidence."""
        [gap] = gaps([meeting(title="Acme - call", own=(ANA,), clients=(), titled=True, attendees=())])

        assert gap.confidence == pytest.approx(0.6)

    @pytest.mark.parametrize(
        "title", ["Focus time: Acme", "Prep Acme call", "Acme Geburtstag", "Reminder Acme invoice"]
    )
    def test_hold_is_no_meeting(self, title: str) -> None:
        """Focus time, preparation and birthdays name a client without meeting them."""
        assert gaps([meeting(title=title, clients=(), titled=True, attendees=())]) == []

    def test_all_day_entry_without_attendees_is_no_meeting(self) -> None:
        """A trade fair on the calendar is not a meeting with everybody named there."""
        assert gaps([meeting(all_day=True, attendees=())]) == []


class TestRecords:
    @pytest.mark.parametrize(
        "text",
        [
            "Thank you for your time today. We will send the revised plan on Friday.",
            "As discussed, we move the launch to May and you send the logos.",
            "Wie besprochen schicken wir das neue Angebot bis Freitag.",
            "Suite à notre réunion, nous envoyons le devis vendredi.",
            "Here are the notes from today: the budget stays, launch in May.",
        ],
    )
    def test_recap_mail_within_two_business_days_records(self, text: str) -> None:
        """Our mail to an attendee, in any of our languages."""
        assert gaps([meeting()], [mail(ANA, at(3, 16), text)]) == []

    @pytest.mark.parametrize(
        "text",
        [
            "Please find the invoice for February attached to this mail.",
            "I will send you the minutes of the meeting tomorrow morning.",
            "Thanks for your time!",
        ],
    )
    def test_other_mail_does_not_record(self, text: str) -> None:
        """An invoice, a promise of minutes, and a bare thank-you say nothing about the meeting."""
        assert len(gaps([meeting()], [mail(ANA, at(3, 16), text)])) == 1

    def test_recap_to_somebody_else_does_not_record(self) -> None:
        """It has to reach somebody of the client who was invited."""
        recap = mail(ANA, at(3, 16), "Recap: the budget stays, and the launch moves to May.", to=[OLE])

        assert len(gaps([meeting()], [recap])) == 1

    def test_automatic_mail_does_not_record(self) -> None:
        """Our out-of-office reply may well speak of minutes."""
        reply = mail(ANA, at(3, 16), "Meeting notes are sent when I am back.", automatic=Automatic.AUTO_REPLY)

        assert len(gaps([meeting()], [reply])) == 1

    def test_late_recap_records_from_then_on(self) -> None:
        """SEMANTICS 6: the gap stood until the recap was sent."""
        [gap] = gaps([meeting()], [mail(ANA, at(10, 16), "Meeting notes: the budget stays, the launch moves to May.")])

        assert (gap.flag_from, gap.closed_at) == (at(4, 12), at(10, 16))

    def test_attached_minutes_record(self) -> None:
        """The file's name says what it is."""
        sent = mail(ANA, at(3, 16), "See attachment.", attachments=["2026-03-03_Minutes.pdf"])

        assert gaps([meeting()], [sent]) == []

    def test_recap_records_the_latest_of_two_meetings_that_day(self) -> None:
        """Without a name it tells of the one that ended last before it."""
        two = [meeting("morning", starts=at(3, 9)), meeting("noon", starts=at(3, 12), title="Logo workshop")]

        [gap] = gaps(two, [mail(ANA, at(3, 16), "Summary of today: you like the second draft best.", subject="Today")])

        assert gap.event_key == "morning"

    def test_recap_that_names_a_meeting_records_that_one(self) -> None:
        """The title beats the clock."""
        two = [meeting("morning", starts=at(3, 9)), meeting("noon", starts=at(3, 12), title="Logo workshop")]
        recap = mail(
            ANA,
            at(3, 16),
            "Recap of what we settled: the total stays as it is.",
            subject="Campaign budget review: recap",
        )

        assert [gap.event_key for gap in gaps(two, [recap])] == ["noon"]

    @pytest.mark.parametrize(
        ("note", "recorded"),
        [
            (MeetingNote(event_key="review", at=at(3, 12), text="went well"), False),
            (MeetingNote(event_key="review", at=at(3, 12), outcome=Outcome.HELD), False),
            (MeetingNote(event_key="review", at=at(3, 12), outcome=Outcome.HELD, actions=("Send plan",)), True),
            (MeetingNote(event_key="review", at=at(3, 12), outcome=Outcome.NO_SHOW, nothing=True), True),
            (MeetingNote(event_key="review", at=at(3, 12), minutes=("minutes.pdf",)), True),
        ],
    )
    def test_note_records_when_it_says_enough(self, note: MeetingNote, recorded: bool) -> None:
        """Forty characters, or an outcome with a decision, an action or an explicit none, or minutes."""
        assert (gaps([meeting()], notes=[note]) == []) is recorded


TUESDAY_AT_TEN = at(10, 10)


class TestOffCalendar:
    def test_confirmation_that_names_the_time_is_flagged_at_once(self) -> None:
        """Flagged before it happens, with the sentence that proves it."""
        sentence = "See you Tuesday at 10."
        agreed = mail(NINA, at(5, 9), sentence, says(SignalKind.MEETING_CONFIRMATION, sentence, starts=TUESDAY_AT_TEN))

        [gap] = gaps(mails=[agreed])

        assert (gap.gap, gap.flag_from, gap.starts_at) == (Gap.OFF_CALENDAR, at(5, 9), TUESDAY_AT_TEN)
        assert [evidence.quote for evidence in gap.evidence] == [sentence]

    def test_event_within_a_day_with_these_people_is_no_gap(self) -> None:
        """It stands in a calendar, if a little later."""
        agreed = mail(
            NINA, at(5, 9), "See you", says(SignalKind.MEETING_CONFIRMATION, "See you", starts=TUESDAY_AT_TEN)
        )
        shown = meeting(starts=at(10, 15), private=True)

        assert gaps([shown], [agreed]) == []

    def test_proposal_and_acceptance_make_an_agreement(self) -> None:
        """We propose, they say yes without repeating the time."""
        asked = "Could we talk on Tuesday at 10?"
        mails = [
            mail(ANA, at(5, 9), asked, says(SignalKind.MEETING_PROPOSAL, asked, starts=TUESDAY_AT_TEN)),
            mail(NINA, at(5, 11), "Works for me!", says(SignalKind.MEETING_CONFIRMATION, "Works for me!")),
        ]

        [gap] = gaps(mails=mails)

        assert (gap.flag_from, gap.starts_at) == (at(5, 11), TUESDAY_AT_TEN)

    def test_proposal_alone_is_no_agreement(self) -> None:
        """Nobody has said yes."""
        asked = "Could we talk on Tuesday at 10?"

        assert (
            gaps(mails=[mail(ANA, at(5, 9), asked, says(SignalKind.MEETING_PROPOSAL, asked, starts=TUESDAY_AT_TEN))])
            == []
        )

    @pytest.mark.parametrize("answer", ["Unfortunately not, thanks.", "I have to cancel, thanks."])
    def test_refusal_is_no_acceptance(self, answer: str) -> None:
        """However politely it ends."""
        asked = "Could we talk on Tuesday at 10?"
        mails = [
            mail(ANA, at(5, 9), asked, says(SignalKind.MEETING_PROPOSAL, asked, starts=TUESDAY_AT_TEN)),
            mail(NINA, at(5, 11), answer, says(SignalKind.CLOSER, "thanks")),
        ]

        assert gaps(mails=mails) == []

    def test_thanks_for_two_proposed_times_settles_neither(self) -> None:
        """A choice that was not made."""
        asked = "Tuesday at 10 or Wednesday at 10?"
        signals = [says(SignalKind.MEETING_PROPOSAL, asked, starts=at(day, 10)) for day in (10, 11)]
        mails = [
            mail(ANA, at(5, 9), asked, *signals),
            mail(NINA, at(5, 11), "Great!", says(SignalKind.MEETING_CONFIRMATION, "Great!")),
        ]

        assert gaps(mails=mails) == []

    def test_d5_14_agreement_without_a_time_is_none(self) -> None:
        """D5.14: "let's meet some time" can be in no calendar."""
        sentence = "Yes, let's meet some time in spring."

        assert gaps(mails=[mail(NINA, at(5, 9), sentence, says(SignalKind.MEETING_CONFIRMATION, sentence))]) == []

    def test_d5_2_new_time_agreed_later_closes_the_first(self) -> None:
        """D5.2: one meeting, moved; the old row ends when the new one begins."""
        mails = [
            mail(NINA, at(5, 9), "See you", says(SignalKind.MEETING_CONFIRMATION, "See you", starts=TUESDAY_AT_TEN)),
            mail(NINA, at(6, 9), "So Wednesday", says(SignalKind.MEETING_CONFIRMATION, "So", starts=at(11, 10))),
        ]

        first, second = gaps(mails=mails)

        assert (first.closed_at, second.closed_at) == (at(6, 9), None)

    def test_d5_1_meeting_called_off_by_mail_is_closed(self) -> None:
        """D5.1: cancelled before it began."""
        mails = [
            mail(NINA, at(5, 9), "See you", says(SignalKind.MEETING_CONFIRMATION, "See you", starts=TUESDAY_AT_TEN)),
            mail(NINA, at(9, 9), "I can't make it tomorrow, can we find another week?"),
        ]

        [gap] = gaps(mails=mails)

        assert gap.closed_at == at(9, 9)

    def test_mail_of_two_accounts_makes_one_gap(self) -> None:
        """D5.8: on both timelines, counted once."""
        signal = says(SignalKind.MEETING_CONFIRMATION, "See you", starts=TUESDAY_AT_TEN)
        both = [mail(NINA, at(5, 9), "See you", signal, account=account) for account in ("acme", "brill")]

        [gap] = gaps(mails=both)

        assert gap.accounts == ("acme", "brill")


class TestAdHoc:
    def test_mail_about_a_call_nobody_knows_of_is_a_gap(self) -> None:
        """Neither event nor record."""
        sentence = "Thanks for the call yesterday."

        [gap] = gaps(mails=[mail(NINA, at(5, 9), sentence, says(SignalKind.MEETING_PAST, sentence))])

        assert (gap.gap, gap.flag_from, gap.starts_at) == (Gap.AD_HOC, at(5, 9), None)

    def test_meeting_in_the_calendar_that_week_explains_it(self) -> None:
        """Then the meeting's own record is what counts."""
        sentence = "Thanks for the meeting on Tuesday."
        mention = mail(NINA, at(5, 9), sentence, says(SignalKind.MEETING_PAST, sentence))

        assert [gap.gap for gap in gaps([meeting()], [mention])] == [Gap.UNDOCUMENTED]

    def test_our_own_recap_is_the_record(self) -> None:
        """Who writes down what was agreed has recorded it."""
        sentence = "Recap of our call yesterday: you approve the plan, we book the slots."

        assert gaps(mails=[mail(ANA, at(5, 9), sentence, says(SignalKind.MEETING_PAST, sentence))]) == []

    def test_conversation_that_speaks_of_it_twice_is_one_gap(self) -> None:
        """Their thanks and our thanks are about the same call."""
        mails = [
            mail(NINA, at(5, 9), "Thanks for the call", says(SignalKind.MEETING_PAST, "Thanks for the call")),
            mail(ANA, at(5, 10), "Good talking to you", says(SignalKind.MEETING_PAST, "Good talking to you")),
        ]

        assert len(gaps(mails=mails)) == 1

    def test_meeting_agreed_in_mail_is_counted_once(self) -> None:
        """It is off the calendar already, and not ad hoc as well."""
        mails = [
            mail(NINA, at(5, 9), "See you", says(SignalKind.MEETING_CONFIRMATION, "See you", starts=TUESDAY_AT_TEN)),
            mail(NINA, at(11, 9), "Thanks for the call", says(SignalKind.MEETING_PAST, "Thanks for the call")),
        ]

        assert [gap.gap for gap in gaps(mails=mails)] == [Gap.OFF_CALENDAR]

    def test_later_recap_of_ours_closes_it(self) -> None:
        """The record appeared a day later."""
        mails = [
            mail(NINA, at(5, 9), "Thanks for the call", says(SignalKind.MEETING_PAST, "Thanks for the call")),
            mail(ANA, at(6, 9), "As discussed, we book the slots and you approve the plan."),
        ]

        [gap] = gaps(mails=mails)

        assert gap.closed_at == at(6, 9)


def test_same_facts_in_any_order_give_the_same_gaps() -> None:
    """Recomputing is idempotent: ids and times depend on the facts only."""
    facts = [meeting("a"), meeting("b", own=(BEN,)), meeting("c", starts=at(5, 10))]

    assert gaps(facts) == gaps(facts[::-1])


def test_d4_25_occurrence_older_than_our_knowledge_is_historic() -> None:
    """D4.25: kept on the timeline, never alerted."""
    [gap] = meeting_gaps([meeting()], [], calendars=CALENDARS, historic={"review"})

    assert gap.historic
