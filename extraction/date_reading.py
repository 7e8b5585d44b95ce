"""What the date grammar's readers take and give."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from extraction.date_words import Words

DAYS_OF_WEEK: Final = 7
FRIDAY: Final = 4
_CENTURY: Final = 70


@dataclass(frozen=True, slots=True)
class Day:
    """A day or run of days in a sentence.

    Attributes:
        first, last: The days, both included.
        start, end: Character offsets into the sentence.
        tentative: The writer or the notation leaves it open.
        floating: The "year", "week" or "month" was not said, so tense may move it.
        past: Words say it lies behind ("last Friday").
        at: The instant, for time counted in hours.
    """

    first: date
    last: date
    start: int = 0
    end: int = 0
    tentative: bool = False
    floating: str = ""
    past: bool = False
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Context:
    """What a reader knows beside the words its rule found.

    Attributes:
        written: The words as written, capitals included.
        sent_at: When the mail was sent, aware, in the sender's zone.
        words: Of the mail's language.
    """

    written: str
    sent_at: datetime
    words: Words

    @property
    def today(self) -> date:
        """The mail's day where the sender is."""
        return self.sent_at.date()


Reader = Callable[[re.Match[str], Context], Day | None]
"""Says which days the words found mean; ``None``, ``ValueError`` or ``OverflowError``: no date after all."""


def monday_of(day: date) -> date:
    """Return the Monday of a day's week."""
    return day - timedelta(days=day.weekday())


def year_of(text: str | None) -> int | None:
    """Return the year of "2026", "26", "'26" or "99"; two digits lie between 1970 and 2069, as POSIX has it."""
    if not text:
        return None
    digits = text.lstrip("'\u2019")
    if len(digits) > len("99"):
        return int(digits)
    return int(digits) + (2000 if int(digits) < _CENTURY else 1900)
