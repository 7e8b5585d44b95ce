"""The morning report, before it is written out: what is told, in which order, and what was told before."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

Row = Mapping[str, Any]


class Change(StrEnum):
    """What became of a flag since the last report."""

    NEW = "new"
    WORSE = "worse"
    STILL = "still"


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """What earlier reports said of a flag.

    Attributes:
        flag: Its id.
        title: One line that names it without the words of the mail: account and kinds.
        state: As it was told last.
        times: In how many reports its sentence stood.
        last_at: When the last of them was written.
    """

    flag: str
    title: str
    state: str
    times: int
    last_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """What one reader gets of the day's report: what concerns the accounts they answer for."""

    to: str
    subject: str
    text: str
    html: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The report of a day, written out and on its way.

    Attributes:
        day: Local date, ISO 8601; there is one report a day.
        written_at: The moment it was written for.
        subject, text, html: What is sent to the team; empty once everybody has it.
        letters: What owners get of it; none once everybody has it.
        notices: What is remembered with the first who got it.
        over: Flags that need no more notice.
        sent: Who has it: names of ways it goes.
        finished: Everybody has it, or there was nothing to say.
    """

    day: str
    written_at: datetime
    subject: str = ""
    text: str = ""
    html: str = ""
    letters: tuple[Letter, ...] = ()
    notices: tuple[Notice, ...] = ()
    over: tuple[str, ...] = ()
    sent: tuple[str, ...] = ()
    finished: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A flag in the report: its row as the queries give it, and what became of it."""

    change: Change
    row: Row


@dataclass(frozen=True, slots=True, kw_only=True)
class Brief:
    """A client meeting of today, and what to know on the way there.

    Attributes:
        meeting: Its row as ``meetings`` lists it.
        last_contact: The last mail or meeting with the account before now; None if there was none.
        waiting: Rows of ``overdue`` of the account.
        promises: Open ones of both sides.
        complaints: Open ones.
    """

    meeting: Row
    last_contact: datetime | None
    waiting: tuple[Row, ...] = ()
    promises: tuple[Row, ...] = ()
    complaints: tuple[Row, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Everything a morning report is chosen from.

    Attributes:
        overdue: Rows as ``overdue`` lists them, worst first.
        gaps: Rows as ``meetings --unrecorded`` lists them.
        promises: Our open ones, as ``promises`` lists them.
        briefs: Today's client meetings.
        stale: Sources without coverage, as ``status`` lists them.
        told: By flag, what earlier reports said of what is not over yet.
        since: When the last report was written.
    """

    overdue: Sequence[Row] = ()
    gaps: Sequence[Row] = ()
    promises: Sequence[Row] = ()
    briefs: Sequence[Brief] = ()
    stale: Sequence[Row] = ()
    told: Mapping[str, Notice] = field(default_factory=dict)
    since: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """The morning report.

    Attributes:
        company: Our name.
        today: The moment it is written for.
        zone: IANA zone all times are shown in.
        since: When the report before it was written; None for the first one.
        waiting: Owner to what waits for them, changes first; what belongs to nobody last, under ``""``.
        unlisted: Of those that wait, how many are not shown: told twice already, or beyond what one reads over coffee.
        in_time: How many are open and in time.
        cleared: Notices of what stood in a report before and needs nothing any more.
        promises: Ours that are broken or due today.
        gaps: Unrecorded meetings.
        gaps_unlisted: How many more there are.
        briefs: Today's client meetings.
        stale: Sources without coverage, as ``status`` lists them.
        reader: Whose accounts it is about, ``""`` for everybody's.
    """

    company: str
    today: datetime
    zone: str
    since: datetime | None = None
    waiting: tuple[tuple[str, tuple[Item, ...]], ...] = ()
    unlisted: int = 0
    in_time: int = 0
    cleared: tuple[Notice, ...] = ()
    promises: tuple[Row, ...] = ()
    gaps: tuple[Item, ...] = ()
    gaps_unlisted: int = 0
    briefs: tuple[Brief, ...] = ()
    stale: tuple[Row, ...] = ()
    reader: str = ""

    @property
    def items(self) -> tuple[Item, ...]:
        """Everything told with its sentence: obligations, then gaps."""
        return (*(item for _, owned in self.waiting for item in owned), *self.gaps)

    @property
    def empty(self) -> bool:
        """Nothing to say: nobody has to read it. A gap in coverage is always something to say."""
        told = (self.waiting, self.unlisted, self.cleared, self.promises, self.gaps, self.briefs, self.stale)
        return not any(told)

    def count(self, change: Change) -> int:
        """How many of the obligations shown are new, worse, or as they were."""
        return sum(item.change is change for _, owned in self.waiting for item in owned)
