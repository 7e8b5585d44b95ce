"""What calendars and iTIP mails together say of one event (RFC 5546), as a pure function."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.events import Attendee, Event, EventStatus, PartStat
from domain.itip import ItipMessage, Method
from domain.itip_fold import Fold, fold

ANA, BEN, NINA = "ana@northwind.example", "ben@northwind.example", "nina@acme.example"
HELPER, STRANGER = "helper@assistants.example", "mallory@elsewhere.example"
START = datetime(2026, 3, 3, 9, tzinfo=UTC)
SERIES = tuple((START + timedelta(days=7 * week)).isoformat() for week in range(3))


def occurrence(recurrence_id: str = "", *, starts: datetime | None = None, **given: Any) -> Event:
    """An hour with Nina, who organizes, Ana and Ben."""
    start = starts or (datetime.fromisoformat(recurrence_id) if recurrence_id else START)
    people = [Attendee("", NINA, PartStat.ACCEPTED, organizer=True), Attendee("", ANA), Attendee("", BEN)]
    fields = {"title": "Review", "organizer": NINA, "attendees": tuple(people)} | given
    key = f"u/{recurrence_id}" if recurrence_id else "u"
    return Event(
        key=key,
        ical_uid="u",
        recurrence_id=recurrence_id,
        starts_at=start,
        ends_at=start + timedelta(hours=1),
        **fields,
    )


def told(method: Method, mail: str, *events: Event, at: int = 0, sequence: int = 0, **given: Any) -> ItipMessage:
    """What a mail of Nina's says, stamped and received some minutes after the first."""
    moment = datetime(2026, 3, 1, 8, at, tzinfo=UTC)
    fields = {"sender": NINA, "organizer": NINA, "attendees": occurrence().attendees} | given
    events = tuple(replace(event, sequence=sequence, updated_at=moment) for event in events)
    return ItipMessage(
        mail=mail,
        position=0,
        method=method,
        ical_uid="u",
        received_at=moment,
        stamped_at=moment,
        sequence=sequence,
        occurrences=events,
        **fields,
    )


def request(mail: str = "r", *events: Event, **given: Any) -> ItipMessage:
    """An invitation to a single event, unless occurrences are given."""
    return told(Method.REQUEST, mail, *(events or (occurrence(),)), **given)


def cancel(mail: str = "c", **given: Any) -> ItipMessage:
    """A cancellation that says so."""
    fields: dict[str, Any] = {"status": "cancelled", "sequence": 1, "at": 5}
    return told(Method.CANCEL, mail, **(fields | given))


def reply(who: str, answer: PartStat, mail: str = "a", **given: Any) -> ItipMessage:
    """Somebody's answer."""
    fields: dict[str, Any] = {"sender": who, "attendees": (Attendee("", who, answer),), "at": 5}
    return told(Method.REPLY, mail, **(fields | given))


def statuses(found: Fold) -> dict[str, EventStatus]:
    """Status by occurrence."""
    return {rid: merged.event.status for rid, merged in found.events.items()}


def answers(found: Fold, recurrence_id: str = "") -> dict[str, PartStat]:
    """PARTSTAT by attendee."""
    return {a.address: a.partstat for a in found.events[recurrence_id].event.attendees}


def test_a_calendar_has_the_last_word_on_its_version() -> None:
    """Same SEQUENCE: the owner changed the title in her calendar."""
    found = fold([occurrence(title="Mine")], [request(at=9)])
    assert found.events[""].event.title == "Mine"
    assert found.ignored == {("r", 0): "a calendar shows this version or a newer one"}


def test_mail_moves_what_the_calendar_shows_of_an_older_version() -> None:
    """Higher SEQUENCE: the calendar has not caught up."""
    later = occurrence(starts=START + timedelta(days=2))
    assert fold([occurrence()], [request("r", later, sequence=1)]).events[""].event.starts_at == later.starts_at


def test_with_one_sequence_the_later_stamp_counts() -> None:
    """RFC 5546, 2.1.5."""
    found = fold([], [request("b", occurrence(title="New"), at=2), request("a", at=1)])
    assert found.events[""].event.title == "New"
    assert found.ignored == {("a", 0): "a newer version of it is known"}


def test_an_invitation_after_the_cancellation_stands() -> None:
    """It was called off, and then it was on again."""
    assert statuses(fold([], [request(), cancel(), request("n", sequence=2)])) == {"": EventStatus.CONFIRMED}


def test_a_cancellation_of_the_version_shown_counts() -> None:
    """Some programs do not count up when they cancel."""
    found = fold([occurrence(sequence=1)], [cancel()])
    assert statuses(found) == {"": EventStatus.CANCELLED}
    assert found.events[""].event.cancelled_by == NINA


def test_without_anything_else_known_there_is_no_event() -> None:
    """RFC 5546, 3.2.3 and 3.2.5: a cancellation or an answer alone makes none."""
    found = fold([], [cancel(), reply(ANA, PartStat.ACCEPTED)])
    assert found.events == {}
    assert set(found.ignored.values()) == {"nothing else is known of this event"}


def test_who_is_uninvited_goes_while_the_others_meet() -> None:
    """RFC 5546, 3.2.5: without STATUS, it names those who are off the list."""
    found = fold([], [request(), cancel(status="", attendees=(Attendee("", ANA),))])
    assert statuses(found) == {"": EventStatus.CONFIRMED}
    assert set(answers(found)) == {NINA, BEN}


def test_who_comes_uninvited_joins_the_list() -> None:
    """RFC 5546, 3.2.3: the invitation was passed on."""
    assert answers(fold([], [request(), reply("ole@acme.example", PartStat.ACCEPTED)]))["ole@acme.example"] == (
        PartStat.ACCEPTED
    )


def test_an_answer_the_calendar_knows_better_does_not_count() -> None:
    """The calendar was changed after the answer."""
    people = (Attendee("", ANA, PartStat.DECLINED),)
    shown = occurrence(attendees=people, updated_at=datetime(2026, 3, 1, 9, tzinfo=UTC))
    assert answers(fold([shown], [reply(ANA, PartStat.ACCEPTED)])) == {ANA: PartStat.DECLINED}
    later = replace(shown, updated_at=datetime(2026, 3, 1, 8, tzinfo=UTC))
    assert answers(fold([later], [reply(ANA, PartStat.ACCEPTED)])) == {ANA: PartStat.ACCEPTED}


def test_an_answer_to_one_occurrence_answers_that_one() -> None:
    """A series of three; Ben cannot come to the second."""
    invited = request("r", *map(occurrence, SERIES))
    found = fold([], [invited, reply(BEN, PartStat.DECLINED, recurrence_id=SERIES[1])])
    assert [answers(found, rid)[BEN] for rid in SERIES] == [
        PartStat.NEEDS_ACTION,
        PartStat.DECLINED,
        PartStat.NEEDS_ACTION,
    ]


def test_a_series_ends_from_one_occurrence_on() -> None:
    """RFC 5545, 3.2.13: RANGE=THISANDFUTURE."""
    invited = request("r", *map(occurrence, SERIES))
    found = fold([], [invited, cancel(recurrence_id=SERIES[1], onwards=True)])
    assert [status is EventStatus.CANCELLED for status in statuses(found).values()] == [False, True, True]


def test_a_series_moves_from_one_occurrence_on() -> None:
    """All after it move alike."""
    invited = request("r", *map(occurrence, SERIES))
    pattern = occurrence(SERIES[1], starts=START + timedelta(days=8))
    change = request("m", pattern, recurrence_id=SERIES[1], onwards=True, sequence=1)
    days = [merged.event.starts_at.day for merged in fold([], [invited, change]).events.values()]
    assert days == [3, 11, 18]


def test_an_added_occurrence_needs_its_series() -> None:
    """RFC 5546, 3.2.4."""
    extra = occurrence((START + timedelta(days=3)).isoformat())
    added = told(Method.ADD, "x", extra, sequence=1, recurrence_id=extra.recurrence_id)
    assert fold([], [added]).events == {}
    assert len(fold([], [request("r", *map(occurrence, SERIES)), added]).events) == 4


def test_a_series_the_organizer_gave_another_day_leaves_the_old_days_cancelled() -> None:
    """The calendar still shows them."""
    moved = [occurrence((START + timedelta(days=1 + 7 * week)).isoformat()) for week in range(2)]
    found = fold([occurrence(rid) for rid in SERIES], [request("r", *moved, sequence=1)])
    assert sum(status is EventStatus.CONFIRMED for status in statuses(found).values()) == 2
    assert sum(status is EventStatus.CANCELLED for status in statuses(found).values()) == 3


def test_a_delegate_counts_when_nobody_else_wrote() -> None:
    """SENT-BY (RFC 5545, 3.2.18): an assistant in another firm keeps Nina's calendar."""
    by_helper = {"sender": HELPER, "sent_by": HELPER}
    found = fold([], [request(**by_helper), cancel(**by_helper)])
    assert statuses(found) == {"": EventStatus.CANCELLED}


def test_a_delegate_the_organizer_never_named_is_a_stranger() -> None:
    """Nina wrote herself and named nobody."""
    found = fold([], [request(), cancel(sender=STRANGER, sent_by=STRANGER)])
    assert statuses(found) == {"": EventStatus.CONFIRMED}


def test_people_of_one_free_mail_provider_do_not_speak_for_each_other() -> None:
    """Only the very address, with or without a plus-tag."""
    invited = request(sender="nina@gmail.com", organizer="nina@gmail.com")
    assert statuses(fold([], [invited, cancel(sender="other@gmail.com", organizer="nina@gmail.com")])) == {
        "": EventStatus.CONFIRMED
    }
    assert statuses(fold([], [invited, cancel(sender="nina+work@gmail.com", organizer="nina@gmail.com")])) == {
        "": EventStatus.CANCELLED
    }


@pytest.mark.parametrize("method", [Method.REPLY, Method.COUNTER])
def test_nobody_answers_for_somebody_else(method: Method) -> None:
    """Mallory says Ana declined."""
    forged = told(method, "f", sender=STRANGER, attendees=(Attendee("", ANA, PartStat.DECLINED),))
    found = fold([], [request(), forged])
    assert answers(found)[ANA] is PartStat.NEEDS_ACTION
    assert ("f", 0) in found.ignored


@pytest.mark.parametrize("turn", [1, -1])
def test_an_answer_to_a_series_counts_if_it_changes_one_occurrence(turn: int) -> None:
    """Ben answered for one day; his answer to all is older than that, and newer for the others, whatever came first."""
    known = replace(occurrence(SERIES[0]), updated_at=START + timedelta(days=1))
    people = tuple(replace(a, partstat=PartStat.ACCEPTED) if a.address == BEN else a for a in known.attendees)
    copies = [replace(known, attendees=people), occurrence(SERIES[1])]
    reply = told(Method.REPLY, "r", sender=BEN, at=0, attendees=(Attendee("", BEN, PartStat.DECLINED),))
    assert fold(copies[::turn], [reply]).ignored == {}


ABOUT = st.sampled_from(["", *SERIES])
SENDERS = st.sampled_from([NINA, ANA, HELPER, STRANGER, "ole@acme.example"])


@st.composite
def _messages(draw: st.DrawFn) -> ItipMessage:
    method = draw(st.sampled_from(list(Method)))
    about = draw(ABOUT)
    told_of = SERIES if not about and draw(st.booleans()) else (about,)
    hours = timedelta(hours=draw(st.integers(0, 3)))
    events = [replace(e, starts_at=e.starts_at + hours, ends_at=e.ends_at + hours) for e in map(occurrence, told_of)]
    who = draw(st.sampled_from([ANA, BEN, NINA]))
    answer = (Attendee("", who, draw(st.sampled_from(list(PartStat)))),)
    return told(
        method,
        draw(st.sampled_from("abcdefgh")),
        *(events if draw(st.booleans()) else ()),
        at=draw(st.integers(0, 3)),
        sequence=draw(st.integers(0, 2)),
        recurrence_id=about,
        onwards=bool(about) and draw(st.booleans()),
        sender=draw(SENDERS),
        sent_by=draw(st.sampled_from(["", HELPER])),
        status=draw(st.sampled_from(["", "cancelled"])),
        attendees=answer if method in {Method.REPLY, Method.COUNTER} else occurrence().attendees,
    )


@st.composite
def _facts(draw: st.DrawFn) -> tuple[list[Event], list[ItipMessage]]:
    shown = draw(st.lists(ABOUT, unique=True, max_size=3))
    copies = [occurrence(rid, sequence=draw(st.integers(0, 2))) for rid in shown]
    return copies, draw(st.lists(_messages(), max_size=7, unique_by=lambda m: m.about))


@given(_facts(), st.randoms(use_true_random=False), st.data())
def test_order_and_duplicates_do_not_matter(
    facts: tuple[list[Event], list[ItipMessage]], chance: Any, data: st.DataObject
) -> None:
    """D5.12: any permutation, with any of them twice, gives the same events and the same reasons."""
    copies, messages = facts
    again: Sequence[ItipMessage] = data.draw(st.lists(st.sampled_from(messages), max_size=4)) if messages else []
    shuffled = [*messages, *again]
    chance.shuffle(shuffled)
    turned = list(reversed(copies))
    assert fold(turned, shuffled) == fold(copies, messages)


@given(_facts())
def test_a_stranger_changes_nothing(facts: tuple[list[Event], list[ItipMessage]]) -> None:
    """Whatever Mallory sends about an event whose organizer is known, it is as if she had not."""
    copies, messages = [*facts[0], occurrence("", sequence=1)][:1], facts[1]
    without = [m for m in messages if m.sender != STRANGER]
    assert fold(copies, messages).events == fold(copies, without).events
