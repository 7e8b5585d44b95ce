"""Deadlines and meeting times in a sentence, resolved against the moment the mail was sent. Own grammar, no library.

``docs/dates.md`` is the policy: what each way of writing means, and what is tentative (SEMANTICS 6 "Deadlines", D5.14,
D5.15).
"""

import re
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from domain.events import When
from domain.signals import Certainty
from extraction.blanks import squeezed
from extraction.date_days import find_days
from extraction.date_hours import Clock, find_hours
from extraction.date_reading import Day
from extraction.date_words import LANGUAGES, expressions

_MAYBE_DATE: Final = re.compile(expressions()["maybe"])
_CUE, _CUE_INSIDE, _CUE_AFTER = (re.compile(expressions()["deadline"][name]) for name in ("before", "inside", "after"))
_PAST_TENSE, _MODAL = (re.compile(expressions()["tense"][name]) for name in ("past", "modal"))
_GAP: Final = re.compile(expressions()["hours"]["gap"])
_HOUR: Final = timedelta(hours=1)
_LONG_PAST: Final = 60


@dataclass(frozen=True, slots=True)
class DateMention:
    """A date or time in a sentence.

    Attributes:
        start, end: Character offsets into the sentence.
        first, last: The days in the sender's zone, both included.
        starts_at, ends_at: Aware UTC, when an hour or a part of the day is named.
        due: What it means as a deadline: an aware UTC instant, or a day.
        certainty: Hard, or tentative where the writer or the notation leaves it open.
        cued: Introduced as a deadline ("by", "until", "bis", "within").
        past: It lies before the mail.
    """

    start: int
    end: int
    first: date
    last: date
    starts_at: datetime | None
    ends_at: datetime | None
    due: When
    certainty: Certainty
    cued: bool
    past: bool


def find_dates(sentence: str, sent_at: datetime, *, language: str = "en") -> tuple[DateMention, ...]:
    """Return the dates a sentence names, in order.

    Args:
        sentence: One sentence of a mail, as written.
        sent_at: When the mail was sent, aware, with the sender's offset.
        language: ``de`` reads German, ``fr`` French, everything else English and ISO dates.
    """
    sentence, places = squeezed(sentence)
    folded = sentence.lower().replace("\n", " ").replace("\u2019", "'").replace("\xa0", " ")
    if len(folded) != len(sentence):  # a letter whose lower case is longer: offsets would shift
        folded = "".join(low if len(low := char.lower()) == 1 else char for char in sentence)
    if not _MAYBE_DATE.search(folded):
        return ()
    language = language[:2] if language[:2] in LANGUAGES else "en"
    days = find_days(sentence, folded, sent_at, language)
    hours = [clock for clock in find_hours(folded, language) if not _covered(clock, days)]
    found = _mentions(folded, days, hours, sent_at)
    return tuple(replace(mention, start=places[mention.start], end=places[mention.end]) for mention in found)


def _covered(clock: Clock, days: list[Day]) -> bool:
    """Whether the digits of a date were taken for an hour ("the 15th"); "tonight" is both."""
    return clock.exact and any(
        day.start < clock.end and clock.start < day.end and not (clock.start <= day.start and day.end <= clock.end)
        for day in days
    )


def _mentions(folded: str, days: list[Day], hours: list[Clock], sent_at: datetime) -> list[DateMention]:
    taken: dict[int, Clock] = {}
    for clock in hours:
        index = _day_of(clock, days, folded, taken)
        if index is not None:
            taken[index] = clock
    mentions = [_mention(folded, day, taken.get(index), sent_at) for index, day in enumerate(days)]
    if not days:
        mentions = [_mention(folded, _day_for(c, sent_at), c, sent_at) for c in hours if not c.bare]
    return sorted(mentions, key=lambda mention: mention.start)


def _day_of(clock: Clock, days: list[Day], folded: str, taken: dict[int, Clock]) -> int | None:
    for index, day in enumerate(days):
        if index in taken or day.at is not None:
            continue
        between = folded[day.end : clock.start] if clock.start >= day.end else folded[clock.end : day.start]
        if (day.start <= clock.start < day.end) or (clock.start <= day.start < clock.end) or _GAP.match(between):
            return index
    if clock.bare or not clock.exact or clock.closing:
        return None
    near = [i for i, day in enumerate(days) if i not in taken and 0 <= clock.start - day.end <= 40]  # noqa: PLR2004 - a clause
    return near[-1] if near else None


def _day_for(clock: Clock, sent_at: datetime) -> Day:
    """An hour without a day means today, or tomorrow when it has passed."""
    day = sent_at.date()
    later = clock.closing or clock.next_day or (clock.until or clock.at) > sent_at.time()
    if not later:
        day += timedelta(days=1)
    return Day(day, day, clock.start, clock.end, tentative=not (clock.closing or clock.today))


def _mention(folded: str, day: Day, clock: Clock | None, sent_at: datetime) -> DateMention:
    start = min(day.start, clock.start) if clock else day.start
    end = max(day.end, clock.end) if clock else day.end
    cued = _is_cued(folded, start, end)
    day = _by_tense(folded, day, sent_at, cued)
    zone = ZoneInfo(clock.zone) if clock and clock.zone else sent_at.tzinfo
    starts_at, ends_at = day.at, None
    if clock and not clock.closing:
        starts_at = datetime.combine(day.first + timedelta(days=clock.next_day), clock.at, tzinfo=zone)
        if clock.until is not None:
            ends_at = datetime.combine(day.last if day.last == day.first else day.first, clock.until, tzinfo=zone)
    due = _due(day, clock, starts_at, zone)
    certainty = Certainty.TENTATIVE if day.tentative or (clock and not clock.exact) else Certainty.HARD
    starts_at = starts_at.astimezone(UTC) if starts_at else None
    ends_at = ends_at.astimezone(UTC) if ends_at else starts_at + _HOUR if starts_at else None
    moment = due if isinstance(due, datetime) else None
    past = day.past or (moment < sent_at if moment else day.last < sent_at.date())
    return DateMention(start, end, day.first, day.last, starts_at, ends_at, due, certainty, cued, past)


def _due(day: Day, clock: Clock | None, starts_at: datetime | None, zone: object) -> When:
    if starts_at is None or clock is None:
        return day.at.astimezone(UTC) if day.at else day.last
    if clock.exact:
        return starts_at.astimezone(UTC)
    if time(12) in {clock.at, clock.until}:
        return datetime.combine(day.first, time(12), tzinfo=starts_at.tzinfo).astimezone(UTC)
    del zone
    return day.last


def _is_cued(folded: str, start: int, end: int) -> bool:
    return bool(_CUE.search(folded[:start]) or _CUE_INSIDE.match(folded[start:end]) or _CUE_AFTER.match(folded[end:]))


def _by_tense(folded: str, day: Day, sent_at: datetime, cued: bool) -> Day:
    """Move a day whose week or year was not said to where the sentence's tense puts it."""
    if not day.floating:
        return day
    today = sent_at.date()
    if cued:
        if day.floating == "year" and (today - day.last).days > _LONG_PAST:
            return _moved(day, day.first.replace(year=day.first.year + 1), day.last.replace(year=day.last.year + 1))
        return day
    clause = folded[max(0, day.start - 60) : day.end + 30]
    if _PAST_TENSE.search(clause) and not _MODAL.search(clause):
        if day.floating == "week":
            return _moved(day, day.first - timedelta(days=7), day.last - timedelta(days=7), past=True)
        if day.floating == "month" and day.first > today:
            month = day.first.replace(day=1) - timedelta(days=1)
            if day.first.day <= month.day:
                return _moved(day, month.replace(day=day.first.day), month.replace(day=day.first.day), past=True)
    return day


def _moved(day: Day, first: date, last: date, *, past: bool = False) -> Day:
    return replace(day, first=first, last=last, past=past)
