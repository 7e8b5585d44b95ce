"""Which calendar occurrences are client meetings, each once, and how to find them by people and time (SEMANTICS 5)."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.events import EventStatus, PartStat
from domain.followup import MeetingFact
from followup.meeting_words import is_hold, significant_words


@dataclass(frozen=True, slots=True, kw_only=True)
class Meeting:
    """A calendar occurrence, merged from all calendars that show it (D5.7).

    Attributes:
        fact: The one that counts: highest SEQUENCE, all people together.
        keys: Keys of every copy; notes may name any.
        words: What tells it from other meetings with the same people.
        historic: Older than our knowledge (D4.25).
    """

    fact: MeetingFact
    keys: tuple[str, ...]
    words: frozenset[str]
    historic: bool

    @property
    def starts_at(self) -> datetime:
        """Start."""
        return self.fact.event.starts_at

    @property
    def ends_at(self) -> datetime:
        """End; an entry without a length ends as it starts."""
        return max(self.fact.event.ends_at, self.fact.event.starts_at)

    @property
    def cancelled(self) -> bool:
        """Cancelled in the calendar or by an iTIP CANCEL (D5.1)."""
        return self.fact.event.status is EventStatus.CANCELLED or self.fact.event.method == "cancel"


def distinct_meetings(facts: Iterable[MeetingFact], historic: Container[str]) -> list[Meeting]:
    """Return each occurrence once, oldest first (D5.7); counter-proposals are no meetings."""
    copies: dict[tuple[str, str], list[MeetingFact]] = {}
    for fact in facts:
        event = fact.event
        if event.method != "counter" and fact.accounts:
            identity = (event.ical_uid, event.recurrence_id) if event.ical_uid else ("", event.key)
            copies.setdefault(identity, []).append(fact)
    return sorted(_joined([_merge(same, historic) for same in copies.values()]), key=_order)


def is_client_meeting(meeting: Meeting) -> bool:
    """Whether it counts: own and client side take part, not cancelled, no hold (SEMANTICS 5, D5.1, D5.9, D5.11)."""
    fact, event = meeting.fact, meeting.fact.event
    invited = {attendee.address for attendee in event.attendees}
    if meeting.cancelled or (event.all_day and not invited - set(fact.own)):
        return False
    if not invited.intersection(fact.clients) and (event.transparent or is_hold(event.title)):
        return False
    if fact.titled:
        # Two of us and no client is our own preparation, whatever the title says (D5.9).
        return len(invited.intersection(fact.own)) <= 1
    return bool(fact.own and fact.clients)


def presumed_not_held(meeting: Meeting) -> bool:
    """Whether all clients declined, or all of us did (D5.3); unanswered invitations are presumed held (D5.4)."""
    answers = {attendee.address: attendee.partstat for attendee in meeting.fact.event.attendees}
    sides = (meeting.fact.clients, meeting.fact.own)
    given = ([answers[address] for address in side if address in answers] for side in sides)
    return any(side and all(answer is PartStat.DECLINED for answer in side) for side in given)


def client_accepted(meeting: Meeting) -> bool:
    """Whether a client said yes."""
    fact = meeting.fact
    return any(a.partstat is PartStat.ACCEPTED and a.address in fact.clients for a in fact.event.attendees)


def _start(meeting: Meeting) -> datetime:
    return meeting.starts_at


def _participants(meeting: Meeting) -> tuple[str, ...]:
    return (*meeting.fact.accounts, *meeting.fact.clients)


class MeetingIndex:
    """Finds meetings by who takes part and by time: unless said otherwise, by account or client address, and start."""

    def __init__(
        self,
        meetings: Iterable[Meeting],
        *,
        when: Callable[[Meeting], datetime] = _start,
        marks: Callable[[Meeting], tuple[str, ...]] = _participants,
    ) -> None:
        self._when = when
        self._of: dict[str, list[Meeting]] = {}
        for meeting in sorted(meetings, key=when):
            for mark in dict.fromkeys(marks(meeting)):
                self._of.setdefault(mark, []).append(meeting)

    def between(self, marks: Iterable[str], first: datetime, last: datetime) -> Iterator[Meeting]:
        """Meetings of any of these accounts or addresses from ``first`` to ``last``, latest first; may repeat one."""
        for mark in marks:
            held = self._of.get(mark, ())
            low, high = bisect_left(held, first, key=self._when), bisect_right(held, last, key=self._when)
            yield from reversed(held[low:high])

    def around(self, marks: Iterable[str], moment: datetime, distance: timedelta) -> bool:
        """Whether a meeting of any of these starts within ``distance`` of a moment."""
        return any(True for _ in self.between(marks, moment - distance, moment + distance))


def _merge(copies: Sequence[MeetingFact], historic: Container[str]) -> Meeting:
    # The key decides last, so that the same copies always give the same meeting.
    ordered = sorted(copies, key=lambda f: (-f.event.sequence, -_updated(f), f.event.key))
    first, keys = ordered[0], tuple(dict.fromkeys(fact.event.key for fact in ordered))
    fact = MeetingFact(
        event=first.event,
        accounts=tuple(dict.fromkeys(a for fact in ordered for a in fact.accounts)),
        own=tuple(dict.fromkeys(a for fact in ordered for a in fact.own)),
        clients=tuple(dict.fromkeys(a for fact in ordered for a in fact.clients)),
        titled=all(fact.titled for fact in ordered),
    )
    names = frozenset(part for address in (*fact.own, *fact.clients) for part in significant_words(address))
    words = significant_words(first.event.title, without=names)
    return Meeting(fact=fact, keys=keys, words=words, historic=any(key in historic for key in keys))


def _updated(fact: MeetingFact) -> float:
    return fact.event.updated_at.timestamp() if fact.event.updated_at else 0.0


def _joined(meetings: Sequence[Meeting]) -> Iterator[Meeting]:
    """Join entries made by hand in two calendars: same start, same title, people in common (D5.7)."""
    alike: dict[tuple[datetime, str], list[Meeting]] = {}
    for meeting in sorted(meetings, key=_order):
        event = meeting.fact.event
        twins = alike.setdefault((event.starts_at, " ".join(event.title.casefold().split())), [])
        twin = next((n for n, other in enumerate(twins) if _are_one(meeting, other)), None)
        if twin is None:
            twins.append(meeting)
        else:
            twins[twin] = _both(twins[twin], meeting)
    return (meeting for twins in alike.values() for meeting in twins)


def _are_one(one: Meeting, other: Meeting) -> bool:
    if one.cancelled or other.cancelled:
        return False
    people = {*one.fact.own, *one.fact.clients} & {*other.fact.own, *other.fact.clients}
    return bool(people) or (one.fact.titled and other.fact.titled and one.fact.accounts == other.fact.accounts)


def _both(one: Meeting, other: Meeting) -> Meeting:
    joined = _merge([one.fact, other.fact], ())
    keys = tuple(dict.fromkeys((*joined.keys, *one.keys, *other.keys)))
    return Meeting(fact=joined.fact, keys=keys, words=joined.words, historic=one.historic or other.historic)


def _order(meeting: Meeting) -> tuple[datetime, str]:
    return meeting.starts_at, meeting.fact.event.key
