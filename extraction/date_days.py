"""Days as mail names them: weekdays, dates, weeks, months, spans. The policy stands in ``extraction.dates``."""

import calendar
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from typing import Final

from extraction.date_words import MONTHS, NUMBERS, SHORT_WEEKDAYS, VAGUE_NUMBERS, WEEKDAYS, expressions

_WEEK: Final = timedelta(days=7)
_FRIDAY: Final = 4
_HALF_YEAR: Final = 183
_AMERICAS: Final = (timedelta(hours=-10), timedelta(hours=-4))
"""Zones whose writers put the month first, when a date like 03/04 leaves it open."""


@dataclass(frozen=True, slots=True)
class Day:
    """A day or run of days in a sentence.

    Attributes:
        start, end: Character offsets into the sentence.
        first, last: The days, both included.
        tentative: The writer or the notation leaves it open.
        floating: The year, week or month was not said, so tense may move it.
        past: Words say it lies behind ("last Friday").
        at: The instant, for spans counted in hours.
    """

    start: int
    end: int
    first: date
    last: date
    tentative: bool = False
    floating: str = ""
    past: bool = False
    at: datetime | None = None


Handler = Callable[[re.Match[str], datetime, str], tuple[date, date, dict[str, object]] | None]


@cache
def _grammar(language: str) -> tuple[tuple[re.Pattern[str], Handler], ...]:
    weekday, month = "|".join(WEEKDAYS[language]), "|".join(sorted(MONTHS[language], key=len, reverse=True))
    number = r"\d{1,3}|" + "|".join(sorted(NUMBERS[language], key=len, reverse=True))
    fill = {"wd": weekday, "mo": month, "num": number, "ends": expressions()["ends"]}
    return tuple(
        (
            re.compile(re.sub(r"\{(wd|mo|num|ends)\}", lambda found: fill[found[1]], rule["match"])),
            _READERS[rule["read"]],
        )
        for rule in expressions()["day"]
        if rule["language"] in {"any", language}
    )


def find_days(sentence: str, folded: str, sent_at: datetime, language: str) -> list[Day]:
    """Return the days a sentence names, in order, not overlapping; at the same place the longest wins.

    Args:
        sentence: As written: capitals tell May from may.
        folded: The same, lower-cased, same offsets.
        sent_at: The mail's date in the sender's zone.
        language: ``de``, or anything else for English.
    """
    days = sorted(_all_days(sentence, folded, sent_at, language), key=lambda day: (day.start, -day.end))
    kept: list[Day] = []
    for day in days:
        if not kept or day.start >= kept[-1].end:
            kept.append(day)
        elif day.end > kept[-1].end:
            kept[-1] = day
    return kept


def _all_days(sentence: str, folded: str, sent_at: datetime, language: str) -> Iterator[Day]:
    for pattern, handle in _grammar(language):
        for match in pattern.finditer(folded):
            written = sentence[match.start() : match.end()]
            try:
                found = handle(match, sent_at, written)
            except (ValueError, OverflowError):  # 31 February, week 60, year 0: not a date
                continue
            if found is not None:
                first, last, more = found
                yield Day(match.start(), match.end(), first, last, **more)  # type: ignore[arg-type]


def _today(sent_at: datetime) -> date:
    return sent_at.date()


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _year(text: str | None) -> int | None:
    return None if not text else int(text) + (2000 if len(text) <= 2 else 0)  # noqa: PLR2004 - two digits


def _dated(anchor: date, year: int | None, month: int, day: int) -> tuple[date, dict[str, object]]:
    """Return the day; without a year the one nearest to the mail."""
    if year is not None:
        return date(year, month, day), {}
    near = [date(y, month, day) for y in (anchor.year - 1, anchor.year, anchor.year + 1) if _exists(y, month, day)]
    return min(near, key=lambda found: abs((found - anchor).days)), {"floating": "year"}


def _exists(year: int, month: int, day: int) -> bool:
    return 1 <= month <= 12 and 1 <= day <= calendar.monthrange(year, month)[1]  # noqa: PLR2004 - months


def _iso(match: re.Match[str], _sent_at: datetime, _written: str) -> tuple[date, date, dict[str, object]]:
    day = date(int(match[1]), int(match[2]), int(match[3]))
    return day, day, {}


def _numeric(match: re.Match[str], sent_at: datetime, _written: str) -> tuple[date, date, dict[str, object]] | None:
    first, second, year = int(match["a"]), int(match["b"]), _year(match["y"])
    if year is None and not re.search(expressions()["before_numeric"], match.string[: match.start()]):
        return None
    dotted = match["sep"] == "."
    month_first = (not dotted and second > 12) or (  # noqa: PLR2004 - months
        not dotted and first <= 12 and _AMERICAS[0] <= (sent_at.utcoffset() or timedelta()) <= _AMERICAS[1]  # noqa: PLR2004
    )
    month, day = (first, second) if month_first else (second, first)
    found, more = _dated(_today(sent_at), year, month, day)
    if not dotted and first <= 12 and second <= 12 and first != second:  # noqa: PLR2004 - either may be the month
        more["tentative"] = True
    return found, found, more


def _by_name(match: re.Match[str], sent_at: datetime, written: str) -> tuple[date, date, dict[str, object]] | None:
    name = match["mo"]
    if name in {"may", "mar", "march", "sep", "dec", "jan"} and not re.search(
        name.title() + "|" + name.upper(), written
    ):
        return None
    months = MONTHS["de"] | MONTHS["en"]
    first, more = _dated(_today(sent_at), _year(match["y"]), months[name], int(match["d"]))
    last = first.replace(day=int(match["to"])) if match["to"] else first
    return (first, last, more) if last >= first else None


def _of_month(match: re.Match[str], sent_at: datetime, _written: str) -> tuple[date, date, dict[str, object]]:
    day, today = int(match["d"]), _today(sent_at)
    found = today
    while found.day != day:
        found += timedelta(days=1)
        if (found - today).days > _HALF_YEAR:
            raise ValueError(day)
    return found, found, {"floating": "month"}


def _relative(match: re.Match[str], sent_at: datetime, _written: str) -> tuple[date, date, dict[str, object]]:
    word = match[0]
    steps = {
        "today": 0,
        "tonight": 0,
        "heute": 0,
        "tomorrow": 1,
        "tmrw": 1,
        "tomorow": 1,
        "morgen": 1,
        "yesterday": -1,
        "gestern": -1,
    }
    step = steps.get(word.split()[0], -2 if "vor" in word else 2)
    day = _today(sent_at) + timedelta(days=step)
    return day, day, {"past": step < 0}


def _weekday(match: re.Match[str], sent_at: datetime, written: str) -> tuple[date, date, dict[str, object]] | None:
    groups = match.groupdict()
    name, which = groups["wd"], (groups.get("which") or groups.get("week") or "")
    if name in SHORT_WEEKDAYS and not _looks_like_weekday(name, written, match):
        return None
    number = (WEEKDAYS["de"] | WEEKDAYS["en"])[name]
    today = _today(sent_at)
    ahead = today + timedelta(days=(number - today.weekday() - 1) % 7 + 1)
    same_week = _monday(today) + timedelta(days=number)
    if re.search(r"last|past|previous|letzt|vergangen|vorig", which):
        return ahead - _WEEK, ahead - _WEEK, {"past": True}
    if re.search(r"next|following|nächst|naechst|folgend", which):
        day = same_week + _WEEK
        # "next Thursday", said on Monday: some mean this week's.
        return day, day, {"tentative": not groups.get("week") and same_week > today}
    if re.search(r"this|dies", which) and same_week >= today:
        return same_week, same_week, {}
    return ahead, ahead, {"floating": "week"}


def _looks_like_weekday(name: str, written: str, match: re.Match[str]) -> bool:
    if name.title() not in written and name.upper() not in written:
        return False
    if name in WEEKDAYS["en"]:
        return True
    return bool(re.match(r"\.|,? ?(?:den |dem )?\d", match.string[match.end() :])) or "." in written


def _week(match: re.Match[str], sent_at: datetime, _written: str) -> tuple[date, date, dict[str, object]]:
    text, today = match[0], _today(sent_at)
    monday = _monday(today)
    if re.search(r"last|letzte|vergangene|vorige", text):
        return monday - _WEEK, monday - timedelta(days=3), {"past": True}
    weekend = today.weekday() > _FRIDAY
    if re.search(r"next|coming|following|nächst|kommend|folgend", text) or weekend:
        monday += _WEEK
    friday = monday + timedelta(days=_FRIDAY)
    if re.search(r"end of|late|ende|end ", text):
        return friday, friday, {"tentative": "late" in text}
    if re.search(r"beginning|start|early|anfang", text):
        return monday, monday + timedelta(days=1), {"tentative": True}
    if re.search(r"mid|mitte", text):
        return monday + timedelta(days=2), monday + timedelta(days=2), {"tentative": True}
    return max(monday, today), friday, {"tentative": True}


def _week_number(match: re.Match[str], sent_at: datetime, _written: str) -> tuple[date, date, dict[str, object]]:
    today = _today(sent_at)
    year, number = _year(match["y"]), int(match["n"])
    monday = date.fromisocalendar(year or today.isocalendar().year, number, 1)
    if year is None and (today - monday).days > _HALF_YEAR:
        monday = date.fromisocalendar(today.isocalendar().year + 1, number, 1)
    return monday, monday + timedelta(days=_FRIDAY), {}


def _period(match: re.Match[str], sent_at: datetime, written: str) -> tuple[date, date, dict[str, object]] | None:
    """Resolve "end of March", "mid next month", "end of the quarter", "year end"."""
    text, unit, today = match[0], match["unit"], _today(sent_at)
    if unit in {"may", "march", "mar", "sep", "dec", "jan"} and unit.title() not in written:
        return None
    ahead = bool(re.search(r"next|nächst|kommend", text))
    year, month, length = today.year, today.month, 1
    months = MONTHS["de"] | MONTHS["en"]
    if unit in months:
        month = months[unit]
        year += month < today.month
    elif re.match(r"year|jahr", unit):
        year, month, length = year + ahead, 1, 12
    elif re.match(r"q|quart", unit):
        quarter = int(unit[1]) - 1 if unit[1:].isdigit() else (today.month - 1) // 3 + ahead
        year, month, length = year + quarter // 4, quarter % 4 * 3 + 1, 3
        year += unit[1:].isdigit() and month + 2 < today.month
    else:
        year, month = year + (month + ahead - 1) // 12, (month + ahead - 1) % 12 + 1
    end_month = month + length - 1
    first, last = date(year, month, 1), date(year, end_month, calendar.monthrange(year, end_month)[1])
    if re.search(r"\b(?:end|late|ende|ultimo|eom|eoy)|[- ]end\b", text):
        return last, last, {"tentative": "late" in text}
    if re.search(r"mid|mitte", text):
        return first.replace(day=15), first.replace(day=15), {"tentative": True}
    if re.search(r"beginning|start|early|anfang", text):
        return first, first + timedelta(days=6), {"tentative": True}
    return first, last, {"tentative": True}


def _span(match: re.Match[str], sent_at: datetime, _written: str) -> tuple[date, date, dict[str, object]]:
    """Resolve "in two weeks", "within 3 working days", "48 hours", "three days ago"."""
    word, unit = match["num"].strip(), match["unit"]
    count = int(word) if word.isdigit() else (NUMBERS["en"] | NUMBERS["de"])[word]
    back = bool(re.search(r" ago$|^vor ", match[0]))
    more: dict[str, object] = {"past": back, "tentative": word in VAGUE_NUMBERS}
    if back:
        count = -count
    if unit.startswith(("h", "stunde", "min")):
        at = sent_at + (timedelta(minutes=count) if unit.startswith("min") else timedelta(hours=count))
        return at.date(), at.date(), {**more, "at": at}
    today = _today(sent_at)
    if re.match(r"(?:business|working|work|bank|werk|arbeits)", unit):
        day = _business_days(today, count)
    elif unit.startswith(("week", "woche")):
        day = today + timedelta(weeks=count)
    elif unit.startswith(("month", "monat")):
        index = today.year * 12 + today.month - 1 + count
        year, month = divmod(index, 12)
        day = date(year, month + 1, min(today.day, calendar.monthrange(year, month + 1)[1]))
    else:
        day = today + timedelta(days=count)
    return day, day, more


def _business_days(day: date, count: int) -> date:
    step = 1 if count >= 0 else -1
    for _ in range(abs(count)):
        day += timedelta(days=step)
        while day.weekday() > _FRIDAY:
            day += timedelta(days=step)
    return day


_READERS: Final[dict[str, Handler]] = {
    "iso": _iso,
    "numeric": _numeric,
    "by_name": _by_name,
    "of_month": _of_month,
    "relative": _relative,
    "weekday": _weekday,
    "week": _week,
    "week_number": _week_number,
    "period": _period,
    "span": _span,
}
