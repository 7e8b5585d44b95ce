"""What another policy would have changed: flags, and how long answers took by it."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from statistics import median

from domain.followup import AskKind, Obligation, Side

Elapsed = Callable[[Obligation, datetime, datetime], timedelta]
"""Business time between two instants, in the calendar of an obligation."""


class Change(StrEnum):
    """What became of one obligation."""

    OVERDUE = "becomes overdue"
    IN_TIME = "no longer overdue"
    NEW = "is flagged"
    GONE = "is not flagged"
    EARLIER = "due earlier"
    LATER = "due later"


@dataclass(frozen=True, slots=True)
class Compared:
    """One obligation under both policies; at least one of them has it."""

    before: Obligation | None
    after: Obligation | None
    change: Change

    @property
    def known(self) -> Obligation:
        """Either of them: its mails are the same."""
        known = self.after or self.before
        if known is None:
            raise ValueError("neither policy has this obligation")
        return known


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponseTimes:
    """How long answers took; those still open stand beside the answered ones (D4.30).

    Attributes:
        kind: The gravest of what was asked, or ``all``.
        answered, unanswered: How many.
        overdue: How many of both were not answered when they were due.
        average, middle: Business time of the answered ones, mean and median; None when there are none.
    """

    kind: str
    answered: int
    unanswered: int
    overdue: int
    average: timedelta | None
    middle: timedelta | None


def in_period(obligations: Iterable[Obligation], since: datetime | None, until: datetime) -> list[Obligation]:
    """Choose ours that began in a period and count, each as it stood at the period's end."""
    ours = (o for o in obligations if o.side is Side.OURS and not o.historic and o.clock_start <= until)
    chosen = (o for o in ours if since is None or o.clock_start >= since)
    return [obligation.as_of(until) for obligation in chosen]


def was_overdue(obligation: Obligation, until: datetime) -> bool:
    """Whether it was not answered when it was due, up to a moment."""
    answered = obligation.cleared_at
    return obligation.due < (until if answered is None else min(answered, until))


def compare(before: Iterable[Obligation], after: Iterable[Obligation], *, until: datetime) -> list[Compared]:
    """List what differs, the gravest first, then by when the clock started."""
    old, new = {o.id: o for o in before}, {o.id: o for o in after}
    found = []
    for identity in {*old, *new}:
        one, other = old.get(identity), new.get(identity)
        if (change := _change(one, other, until)) is not None:
            found.append(Compared(one, other, change))
    order = {change: n for n, change in enumerate(Change)}
    return sorted(found, key=lambda c: (order[c.change], c.known.clock_start, c.known.id))


def _change(before: Obligation | None, after: Obligation | None, until: datetime) -> Change | None:
    if before is None or after is None:
        return Change.NEW if before is None else Change.GONE
    if was_overdue(before, until) != was_overdue(after, until):
        return Change.OVERDUE if was_overdue(after, until) else Change.IN_TIME
    if before.due == after.due:
        return None
    return Change.EARLIER if after.due < before.due else Change.LATER


def response_times(obligations: Sequence[Obligation], *, until: datetime, elapsed: Elapsed) -> Iterator[ResponseTimes]:
    """Say how long answers took, for all and by kind; kinds that were never asked are left out."""
    for kind in ("all", *AskKind):
        asked = [o for o in obligations if kind in {"all", o.kinds[0]}]
        answered = [(o, o.cleared_at) for o in asked if o.cleared_at is not None and o.cleared_at <= until]
        took = [elapsed(o, o.clock_start, at) for o, at in answered]
        if asked:
            yield ResponseTimes(
                kind=str(kind),
                answered=len(answered),
                unanswered=len(asked) - len(answered),
                overdue=sum(was_overdue(o, until) for o in asked),
                average=sum(took, timedelta()) / len(took) if took else None,
                middle=timedelta(seconds=median(t.total_seconds() for t in took)) if took else None,
            )
