"""Weeks, months, quarters, years and days counted in them: "KW 42", "end of next month", "first Tuesday of May"."""

import calendar
import re
from datetime import date, timedelta
from typing import Final

from dateutil.easter import easter

from extraction.date_reading import DAYS_OF_WEEK, FRIDAY, Context, Day, Reader, monday_of, year_of
from extraction.date_words import expressions

_WEEK: Final = timedelta(days=DAYS_OF_WEEK)
_HALF_YEAR: Final = 183
_TWO_MONTHS: Final = 60
_MONTHS: Final = 12
_QUARTER: Final = 3
_MIDDLE: Final = 15
_NAMES_TOO: Final = frozenset({"may", "march", "mar", "sep", "dec", "jan"})
_WHICH, _PART = (
    {name: re.compile(found) for name, found in expressions()[table].items()} for table in ("which", "part")
)


def _week(match: re.Match[str], context: Context) -> Day:
    text, monday = match[0], monday_of(context.today)
    if _WHICH["last"].search(text):
        return Day(monday - _WEEK, monday - timedelta(days=DAYS_OF_WEEK - FRIDAY), past=True)
    if re.search(r"after next|übernächst", text):
        monday += 2 * _WEEK
    elif _WHICH["next"].search(text) or context.today.weekday() > FRIDAY:
        monday += _WEEK
    friday = monday + timedelta(days=FRIDAY)
    if _PART["end"].search(text):
        return Day(friday, friday, tentative="late" in text)
    if _PART["beginning"].search(text):
        return Day(monday, monday + timedelta(days=1), tentative=True)
    if _PART["middle"].search(text):
        return Day(monday + timedelta(days=2), monday + timedelta(days=2), tentative=True)
    return Day(max(monday, context.today), friday, tentative=True)


def _week_of(match: re.Match[str], context: Context) -> Day:
    """Resolve "the week of 6 October": the working week in which that day lies, or which follows that weekend."""
    day, month, today = int(match["d"]), context.words.months[match["mo"]], context.today
    named = next(
        found for year in (today.year - 1, today.year, today.year + 1)
        if (today - (found := date(year, month, day))).days < _TWO_MONTHS
    )  # fmt: skip
    monday = monday_of(named) + (_WEEK if named.weekday() > FRIDAY else timedelta())
    return Day(monday, monday + timedelta(days=FRIDAY))


def _week_number(match: re.Match[str], context: Context) -> Day:
    today, year, number = context.today, year_of(match["y"]), int(match["n"])
    monday = date.fromisocalendar(year or today.isocalendar().year, number, 1)
    if year is None and (today - monday).days > _HALF_YEAR:
        monday = date.fromisocalendar(today.isocalendar().year + 1, number, 1)
    return Day(monday, monday + timedelta(days=FRIDAY))


def _period(match: re.Match[str], context: Context) -> Day | None:
    """Resolve "end of March", "mid next month", "end of the quarter", "year end", "last month"."""
    text, unit = match[0], match["unit"]
    if unit in _NAMES_TOO and unit.title() not in context.written and unit.upper() not in context.written:
        return None
    first, last = _span_of(unit, text, context, year_of(match.groupdict().get("y")))
    past = bool(_WHICH["last"].search(text))
    if _PART["end"].search(text):
        return Day(last, last, tentative="late" in text, past=past)
    if _PART["middle"].search(text):
        middle = first.replace(day=_MIDDLE)
        return Day(middle, middle, tentative=True, past=past)
    if _PART["beginning"].search(text):
        return Day(first, first + timedelta(days=6), tentative=True, past=past)
    return Day(first, last, tentative=True, past=past)


def _span_of(unit: str, text: str, context: Context, year: int | None) -> tuple[date, date]:
    """Return the first and the last day of a month, quarter or year."""
    today, step = context.today, bool(_WHICH["next"].search(text)) - bool(_WHICH["last"].search(text))
    if unit in context.words.months:
        month, length = context.words.months[unit], 1
        year = year or today.year + (month < today.month and not _WHICH["last"].search(text))
        index = year * _MONTHS + month - 1
    elif re.match(r"y|jahr|an", unit):
        index, length = (today.year + step) * _MONTHS, _MONTHS
    elif re.match(r"[qt]\d", unit):
        year = year or today.year + (int(unit[1]) * _QUARTER < today.month)
        index, length = year * _MONTHS + (int(unit[1]) - 1) * _QUARTER, _QUARTER
    elif re.match(r"q|trim", unit):
        index, length = today.year * _MONTHS + ((today.month - 1) // _QUARTER + step) * _QUARTER, _QUARTER
    else:
        index, length = today.year * _MONTHS + today.month - 1 + step, 1
    (begin_year, begin_month), (end_year, end_month) = divmod(index, _MONTHS), divmod(index + length - 1, _MONTHS)
    last = calendar.monthrange(end_year, end_month + 1)[1]
    return date(begin_year, begin_month + 1, 1), date(end_year, end_month + 1, last)


def _year(match: re.Match[str], _context: Context) -> Day:
    year = int(match["y"])
    return Day(date(year, 1, 1), date(year, _MONTHS, 31), tentative=True)


def _nth(match: re.Match[str], context: Context) -> Day:
    """Resolve "first Tuesday of October", "last day of the month", "letzter Freitag im Mai"."""
    unit = match["unit"]
    first, last = _span_of(unit, match["of"] or "", context, year_of(match.groupdict().get("y")))
    which, name = match["nth"], match["what"]
    from_end = which not in context.words.ordinals
    if name in context.words.weekdays:
        number = context.words.weekdays[name]
        start = (
            last - timedelta(days=(last.weekday() - number) % DAYS_OF_WEEK)
            if from_end
            else first + timedelta(days=(number - first.weekday()) % DAYS_OF_WEEK)
        )
        day = start if from_end else start + _WEEK * (context.words.ordinals[which] - 1)
    else:
        day = last if from_end else first + timedelta(days=context.words.ordinals[which] - 1)
        if name.startswith(("business", "working", "werk")) and from_end:
            day -= timedelta(days=max(0, day.weekday() - FRIDAY))
    if not first <= day <= last:
        raise ValueError(which)
    return Day(day, day, past=bool(_WHICH["last"].search(match["of"] or "")))


def _holiday(match: re.Match[str], context: Context) -> Day:
    """Resolve holidays of one day that letters name everywhere; their calendars are the business of ``followup``."""
    words: dict[str, list[int]] = expressions()["holiday"]
    year, today = year_of(match["y"]), context.today
    name = match["name"]
    key = next(value for form, value in words.items() if re.fullmatch(form, name))
    near = [_feast(key, y) for y in ([year] if year else range(today.year - 1, today.year + 2))]
    if year is None and not _WHICH["last"].search(match.string[: match.start()][-12:]):
        near = [day for day in near if day >= today][:1]
    elif year is None:
        near = [day for day in near if day < today][-1:]
    return Day(near[0], near[0])


def _feast(key: list[int], year: int) -> date:
    """Return a fixed date from [month, day], or one counted from Easter from [days]."""
    return date(year, *key) if len(key) > 1 else easter(year) + timedelta(days=key[0])


PERIOD_READERS: Final[dict[str, Reader]] = {
    "week": _week,
    "week_of": _week_of,
    "week_number": _week_number,
    "period": _period,
    "year": _year,
    "nth": _nth,
    "holiday": _holiday,
}
