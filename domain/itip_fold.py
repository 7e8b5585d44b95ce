"""What calendars and iTIP mails together say about one event (RFC 5546; SEMANTICS 5, D5.12).

A pure fold over everything known of one UID: neither the order in which facts came in nor how often one came matters.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from domain.events import Attendee, Event, EventStatus, PartStat, Proposal
from domain.itip import ItipMessage, Method
from domain.itip_trust import authority, why_not_answer


@dataclass(frozen=True, slots=True)
class Merged:
    """One occurrence as it stands.

    Attributes:
        event: With everything mail changed about it.
        mails: Keys of the mails that had a say, sorted.
    """

    event: Event
    mails: tuple[str, ...]


@dataclass(slots=True)
class Fold:
    """What came out for one UID.

    Attributes:
        events: By RECURRENCE-ID (as in ``Event``).
        ignored: (mail, position) of each message that changed nothing, with the reason.
    """

    events: dict[str, Merged] = field(default_factory=dict)
    ignored: dict[tuple[str, int], str] = field(default_factory=dict)


@dataclass(slots=True)
class _Occurrence:
    """An occurrence while it is worked out.

    Attributes:
        event: As far as it is known.
        sequence, stamped_at: Of what last changed it.
        shown: A calendar gave it its words.
        mails: Keys of the mails that had a say.
        proposals: What attendees asked for.
        answered: Attendees whose answer came by mail.
    """

    event: Event
    sequence: int
    stamped_at: datetime | None
    shown: bool = False
    mails: set[str] = field(default_factory=set)
    proposals: list[Proposal] = field(default_factory=list)
    answered: set[str] = field(default_factory=set)

    def is_behind(self, message: ItipMessage) -> bool:
        """Whether a message is newer than what is known, or as new; a calendar has the last word on its version."""
        if message.sequence != self.sequence:
            return message.sequence > self.sequence
        if self.shown:
            return message.method is Method.CANCEL
        return not (message.stamped_at and self.stamped_at and message.stamped_at < self.stamped_at)

    def take(self, message: ItipMessage, event: Event) -> None:
        """Become what a message says."""
        self.event, self.sequence, self.stamped_at = event, message.sequence, message.stamped_at
        self.shown = self.shown and message.method is Method.CANCEL
        self.mails.add(message.mail)

    def result(self) -> Merged:
        """What became of it."""
        return Merged(replace(self.event, method="", proposals=tuple(self.proposals)), tuple(sorted(self.mails)))


def fold(copies: Sequence[Event], messages: Sequence[ItipMessage]) -> Fold:
    """Merge what is known of one UID.

    Args:
        copies: Its occurrences as the calendars show them, each once.
        messages: Everything mails say about it.

    Returns:
        Every occurrence that stands or was cancelled, and why some messages changed nothing. The calendar's words and
        times count unless the organizer sent a newer version.
    """
    known = authority(copies, messages)
    by_version = sorted({m.about: m for m in messages}.values(), key=lambda m: m.order)
    found = Fold()
    allowed: list[ItipMessage] = []
    for message in by_version:
        answers = message.method in {Method.REPLY, Method.COUNTER}
        if reason := why_not_answer(message) if answers else known.why_not(message):
            found.ignored[message.about] = reason
        else:
            allowed.append(message)
    changes = [m for m in allowed if m.method in {Method.REQUEST, Method.ADD, Method.CANCEL}]
    occurrences = _base(copies, changes, found)
    for message in changes:
        if not _is_whole(message):
            _note(found, message, _change(occurrences, message, shown=bool(copies)))
    # An answer counts from when it was given: the version it answers may have come by mail or calendar.
    for message in sorted(allowed, key=lambda m: (m.order[1:], m.order)):
        if message.method in {Method.REPLY, Method.COUNTER}:
            _note(found, message, _answer(occurrences, message))
    found.events = {recurrence_id: o.result() for recurrence_id, o in sorted(occurrences.items())}
    return found


def _note(found: Fold, message: ItipMessage, reason: str) -> None:
    if reason:
        found.ignored[message.about] = reason


def _is_whole(message: ItipMessage) -> bool:
    """An invitation to all of an event says everything there is to say; others change a part."""
    return message.method is Method.REQUEST and not message.recurrence_id


def _base(copies: Sequence[Event], changes: Sequence[ItipMessage], found: Fold) -> dict[str, _Occurrence]:
    """What all else changes: the calendar's occurrences, unless the organizer sent a newer version of the whole."""
    # What a message about all of them comes to must not depend on which calendar was read first.
    ordered = sorted(copies, key=lambda event: event.recurrence_id)
    shown = {e.recurrence_id: _Occurrence(_who_cancelled(e), e.sequence, e.updated_at, shown=True) for e in ordered}
    newest_shown = max((e.sequence for e in copies), default=-1)
    whole = [message for message in changes if _is_whole(message)]
    if not whole:
        return shown
    newest = whole[-1]
    for message in whole[:-1]:
        found.ignored[message.about] = "a newer version of it is known"
    if newest.sequence <= newest_shown:
        found.ignored[newest.about] = "a calendar shows this version or a newer one"
        return shown
    base = {
        event.recurrence_id: _Occurrence(_who_cancelled(event), newest.sequence, newest.stamped_at)
        for event in newest.occurrences
    }
    for gone, occurrence in shown.items():
        if gone not in base:
            # The calendar has not caught up: the organizer's newer version has no such occurrence.
            occurrence.take(newest, _cancelled(occurrence.event, newest.organizer))
            occurrence.shown = False
            base[gone] = occurrence
    for occurrence in base.values():
        occurrence.mails.add(newest.mail)
    return base


def _change(occurrences: dict[str, _Occurrence], message: ItipMessage, *, shown: bool) -> str:
    """Let an organizer's message change what it is about; return why it changed nothing."""
    if message.method is Method.CANCEL:
        return _cancel(occurrences, message)
    if message.method is Method.ADD and not occurrences:
        return "nothing else is known of this event"
    if message.onwards:
        return _move_onwards(occurrences, message)
    reason = "it says no time"
    for event in message.occurrences:
        known = occurrences.get(event.recurrence_id)
        if known is None:
            newest = max((o.sequence for o in occurrences.values()), default=-1)
            if shown and newest >= message.sequence:
                reason = "a calendar shows this version or a newer one, without this occurrence"
                continue
            known = occurrences[event.recurrence_id] = _Occurrence(event, message.sequence, message.stamped_at)
        elif not known.is_behind(message):
            reason = "a newer version of it is known"
            continue
        known.take(message, _who_cancelled(event))
        reason = ""
    return reason


def _cancel(occurrences: dict[str, _Occurrence], message: ItipMessage) -> str:
    targets = _targets(occurrences, message)
    if not targets:
        return "nothing else is known of this event"
    reason = "a newer version of it is known"
    for occurrence in targets:
        if occurrence.is_behind(message):
            uninvited = _uninvited(occurrence.event, message)
            event = uninvited or _cancelled(occurrence.event, message.sender)
            occurrence.take(message, event)
            reason = ""
    return reason


def _uninvited(event: Event, message: ItipMessage) -> Event | None:
    """The event without those a CANCEL takes off the list while the others meet (RFC 5546, 3.2.5), None when it ends.

    Such a CANCEL says no STATUS and names some of the attendees.
    """
    named = {a.address for a in message.attendees if not a.organizer and a.address != event.organizer}
    left = tuple(a for a in event.attendees if a.address not in named)
    if message.status or not named or all(a.organizer or a.address == event.organizer for a in left):
        return None
    return replace(event, attendees=left)


def _cancelled(event: Event, by: str) -> Event:
    return replace(event, status=EventStatus.CANCELLED, cancelled_by=by)


def _who_cancelled(event: Event) -> Event:
    """An event cancelled where it stands was cancelled by its organizer."""
    return replace(event, cancelled_by=event.organizer) if event.status is EventStatus.CANCELLED else event


def _move_onwards(occurrences: dict[str, _Occurrence], message: ItipMessage) -> str:
    """Change an occurrence and all after it alike (RFC 5545, 3.2.13)."""
    pattern = next(iter(message.occurrences), None)
    if pattern is None or not (targets := _targets(occurrences, message)):
        return "nothing else is known of this event"
    first = min(targets, key=lambda o: o.event.recurrence_id).event
    shift, length = pattern.starts_at - first.starts_at, pattern.ends_at - pattern.starts_at
    reason = "a newer version of it is known"
    for occurrence in targets:
        if occurrence.is_behind(message):
            old, start = occurrence.event, occurrence.event.starts_at + shift
            moved = replace(
                pattern, key=old.key, recurrence_id=old.recurrence_id, starts_at=start, ends_at=start + length
            )
            occurrence.take(message, moved)
            reason = ""
    return reason


def _targets(occurrences: dict[str, _Occurrence], message: ItipMessage) -> list[_Occurrence]:
    """The occurrences a message is about."""
    if not message.recurrence_id:
        return list(occurrences.values())
    if message.onwards:
        return [o for rid, o in occurrences.items() if _is_from(rid, message.recurrence_id)]
    return [occurrences[message.recurrence_id]] if message.recurrence_id in occurrences else []


def _is_from(recurrence_id: str, first: str) -> bool:
    """Whether an original start is not before another; days and instants compare by their day."""
    length = min(len(recurrence_id), len(first))
    return bool(recurrence_id) and recurrence_id[:length] >= first[:length]


def _answer(occurrences: dict[str, _Occurrence], message: ItipMessage) -> str:
    """Let an attendee answer, or ask for another time; return why it changed nothing."""
    targets = _targets(occurrences, message)
    if not targets:
        return "nothing else is known of this event"
    take = _propose if message.method is Method.COUNTER else _reply
    reasons = [take(o, message) for o in targets if message.sequence >= o.event.sequence]
    if not reasons:
        return "it answers an older version"
    # It changed something if it changed one of them.
    return "" if "" in reasons else reasons[-1]


def _propose(occurrence: _Occurrence, message: ItipMessage) -> str:
    invited = {attendee.address for attendee in occurrence.event.attendees}
    by = message.sender if message.sender in invited else next((a.address for a in message.attendees), "")
    if by not in invited:
        return "it proposes a time for somebody who is not invited"
    made_at = message.stamped_at or message.received_at
    asked = [Proposal(by, e.starts_at, e.ends_at, made_at) for e in message.occurrences]
    occurrence.proposals += [proposal for proposal in asked if proposal not in occurrence.proposals]
    occurrence.mails.add(message.mail)
    return "" if asked else "it says no time"


def _reply(occurrence: _Occurrence, message: ItipMessage) -> str:
    event = occurrence.event
    people = {attendee.address: attendee for attendee in event.attendees}
    reason = "it answers for nobody"
    for answer in message.attendees:
        known = people.get(answer.address)
        told = known is not None and known.partstat is not PartStat.NEEDS_ACTION
        later = event.updated_at is None or message.stamped_at is None or message.stamped_at > event.updated_at
        if told and not later and answer.address not in occurrence.answered:
            reason = "what is known of the answer is newer"
            continue
        people[answer.address] = _with_answer(known, answer)
        occurrence.answered.add(answer.address)
        reason = ""
    if not reason:
        occurrence.event = replace(event, attendees=tuple(people.values()))
        occurrence.mails.add(message.mail)
    return reason


def _with_answer(known: Attendee | None, answer: Attendee) -> Attendee:
    """Only the answer changes; whoever was not on the list joins it (RFC 5546, 3.2.3)."""
    return replace(known, partstat=answer.partstat) if known else replace(answer, organizer=False)
