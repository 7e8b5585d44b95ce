"""Counted time: "in two weeks", "within 3 working days", "48 hours", "two Thursdays ago", "a week from Friday"."""

import calendar
import re
from dataclasses import replace
from datetime import date, timedelta
from functools import cache
from typing import Final

from extraction.date_reading import DAYS_OF_WEEK, FRIDAY, Context, Day, Reader
from extraction.date_words import WORDS, Words, expressions

_MONTHS: Final = 12
_FORTNIGHT: Final = 14
_SINGULAR: Final = re.compile("(?:.* )?(?:day|hour|week|month|year|minute)")


def _count(word: str, words: Words) -> float:
    word = word.strip()
    if word in {"half", "half a", "half an", "1/2", "½", "une demi", "einer halben"}:
        return 0.5
    return float(word.replace(",", ".")) if word[0].isdigit() else words.numbers[word]


def _span(match: re.Match[str], context: Context) -> Day | None:
    """Resolve a number of hours, days, weeks, months or years from the mail on, or back."""
    groups = match.groupdict()
    number = (groups.get("num") or groups["count"]).strip()
    count, back = _count(number, context.words), bool(groups.get("back"))
    if count > 1 and groups.get("num") and _SINGULAR.fullmatch(groups["unit"]) and not groups.get("back"):
        return None  # "the 24 hour desk"
    if groups.get("half"):
        count += 0.5
    vague, unit = number in context.words.vague, _unit(groups["unit"])
    if unit in {"minute", "hour"}:
        moved = timedelta(minutes=count) if unit == "minute" else timedelta(hours=count)
        at = context.sent_at + (-moved if back else moved)
        return Day(at.date(), at.date(), past=back, tentative=vague, at=at)
    day = moved_by(context.today, -count if back else count, unit)
    return Day(day, day, past=back, tentative=vague)


def _unit(word: str) -> str:
    """Return the unit a word means."""
    for unit, pattern in expressions()["units"].items():
        if re.match(pattern, word):
            return str(unit)
    raise ValueError(word)


def moved_by(day: date, count: float, unit: str) -> date:
    """Return the day a number of units later, or earlier when negative.

    Raises:
        ValueError, OverflowError: There is no such day.
    """
    if unit == "business day":
        return _business_days(day, int(count))
    if unit in {"month", "year"}:
        months = round(count * (_MONTHS if unit == "year" else 1))
        year, month = divmod(day.year * _MONTHS + day.month - 1 + months, _MONTHS)
        return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))
    days = {"day": 1, "week": DAYS_OF_WEEK, "fortnight": _FORTNIGHT}[unit] * count
    return day + timedelta(days=round(days))


def _business_days(day: date, count: int) -> date:
    step = 1 if count >= 0 else -1
    for _ in range(abs(count)):
        day += timedelta(days=step)
        while day.weekday() > FRIDAY:
            day += timedelta(days=step)
    return day


def _weekdays_ago(match: re.Match[str], context: Context) -> Day:
    """Resolve "two Thursdays ago": counted back from the mail's day."""
    number, count = context.words.weekdays[match["wd"]], int(_count(match["num"], context.words))
    last = context.today - timedelta(days=(context.today.weekday() - number - 1) % DAYS_OF_WEEK + 1)
    day = last - timedelta(days=DAYS_OF_WEEK * (count - 1))
    return Day(day, day, past=True)


@cache
def _shift(language: str) -> re.Pattern[str]:
    numbers = "|".join(sorted(map(re.escape, WORDS[language].numbers), key=len, reverse=True))
    return re.compile(expressions()["shift"].replace("{num}", r"\d{1,3}|" + numbers))


def shifted(day: Day, folded: str, language: str) -> Day:
    """Move a day by the words before it: "a week from Friday", "two days after the 15th", "one day before Easter"."""
    found = _shift(language).search(folded, 0, day.start) if day.start else None
    if found is None or found.end() != day.start:
        return day
    try:
        unit, count = _unit(found["unit"]), _count(found["num"], WORDS[language])
        count = -count if found["way"] in {"before", "vor", "avant"} else count
        first, last = (moved_by(edge, count, unit) for edge in (day.first, day.last))
    except (ValueError, OverflowError, KeyError):
        return day
    return replace(day, first=first, last=last, start=found.start(), floating="", past=False)


SPAN_READERS: Final[dict[str, Reader]] = {"span": _span, "weekdays_ago": _weekdays_ago}
