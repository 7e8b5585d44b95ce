"""Days as mail names them, found with the rules of ``patterns/dates.toml``. The policy stands in ``docs/dates.md``.

A rule is an expression and the name of its READER, a function that says which days the words mean. This file finds the
rules' places and joins them; readers of single days stand here, of weeks and longer in ``date_periods``, of counted
time in ``date_spans``.
"""

import calendar
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import cache
from typing import Final, NamedTuple

from extraction.date_periods import PERIOD_READERS
from extraction.date_reading import DAYS_OF_WEEK, Context, Day, Reader, monday_of, year_of
from extraction.date_spans import SPAN_READERS, shifted
from extraction.date_words import WORDS, Words, expressions

_WEEK: Final = timedelta(days=DAYS_OF_WEEK)
_HALF_YEAR: Final = 183
_AMERICAS: Final = (timedelta(hours=-10), timedelta(hours=-4))
"""Zones whose writers put the month first, when a date like 03/04 leaves it open."""
_MONTHS: Final = 12
_NAMES_TOO: Final = frozenset({"may", "march", "mar", "sep", "dec", "jan"})
"""Months that are other words as well; they need a capital."""
_LONGEST_SEARCH: Final = 400  # days ahead in which "Thu 15th" is looked for
_TOKEN: Final = re.compile(r"[^\W\d_]+")
_BETWEEN: Final = re.compile(r"[\s,(]*(?:the |den |dem |der |le )?")
_WHICH: Final = {name: re.compile(found) for name, found in expressions()["which"].items()}
_BEFORE_NUMERIC: Final = re.compile(expressions()["before_numeric"])
_AFTER_ALONE: Final = re.compile(expressions()["after_alone"])


class _Rule(NamedTuple):
    """An expression, the reader of what it finds, and the words of which one must stand in the sentence."""

    pattern: re.Pattern[str]
    read: Reader
    needs: frozenset[str]


@cache
def _grammar(language: str) -> tuple[_Rule, ...]:
    words = WORDS[language]
    fill = {
        "wd": _either(words.weekdays),
        "mo": _either(words.months),
        "num": r"\d{1,3}|" + _either(words.numbers),
        "ord": _either(words.ordinals),
        "ends": expressions()["ends"],
    }
    groups = {
        "{wd}": frozenset(words.weekdays),
        "{mo}": frozenset(words.months),
        "{ord}": frozenset(word for word in words.ordinals if word.isalpha()),
    }
    readers: dict[str, Reader] = {**_READERS, **PERIOD_READERS, **SPAN_READERS}
    return tuple(
        _Rule(
            re.compile(re.sub(r"\{(wd|mo|num|ord|ends)\}", lambda found: fill[found[1]], rule["match"])),
            readers[rule["read"]],
            frozenset().union(*(groups.get(need, {need}) for need in rule["needs"].split())),
        )
        for rule in expressions()["day"]
        if rule["language"] in {"any", language}
    )


def _either(words: dict[str, int]) -> str:
    return "|".join(sorted(map(re.escape, words), key=len, reverse=True))


def find_days(sentence: str, folded: str, sent_at: datetime, language: str) -> list[Day]:
    """Return the days a sentence names, in order, not overlapping; at the same place the longest wins.

    Args:
        sentence: As written: capitals tell May from may.
        folded: The same, lower-cased, same offsets.
        sent_at: The mail's date in the sender's zone.
        language: One of ``date_words.LANGUAGES``.
    """
    days = sorted(_all_days(sentence, folded, sent_at, language), key=lambda day: (day.start, -day.end))
    kept: list[Day] = []
    for day in days:
        if not kept or day.start >= kept[-1].end:
            kept.append(day)
        elif day.end > kept[-1].end:
            kept[-1] = day
    kept = [shifted(day, folded, language) for day in kept]
    return _join_weekdays(kept, folded)


def _all_days(sentence: str, folded: str, sent_at: datetime, language: str) -> Iterator[Day]:
    present = set(_TOKEN.findall(folded))
    if any(char.isdigit() for char in folded):
        present.add("0")
    for rule in _grammar(language):
        if rule.needs.isdisjoint(present):
            continue
        for match in rule.pattern.finditer(folded):
            written = sentence[match.start() : match.end()]
            try:
                found = rule.read(match, Context(written, sent_at, WORDS[language]))
            except (ValueError, OverflowError):  # 31 February, week 60, year 0: not a date
                continue
            if found is not None:
                yield replace(found, start=match.start(), end=match.end())


def _join_weekdays(days: list[Day], folded: str) -> list[Day]:
    """Let the date rule in "Friday, 12 March" and "12 March (Fri)"; the weekday checks the year."""
    joined: list[Day] = []
    for day in days:
        before = joined[-1] if joined else None
        if before is None or not _BETWEEN.fullmatch(folded[before.end : day.start]):
            joined.append(day)
        elif before.floating == "week" and day.floating != "week":
            joined[-1] = replace(_agreeing(day, before.first.weekday()), start=before.start)
        elif before.floating == "year" and day.floating == "week":
            joined[-1] = replace(_agreeing(before, day.first.weekday()), end=day.end)
        elif day.at is not None and before.first == day.first and before.at is None:  # "today in one hour"
            joined[-1] = replace(day, start=before.start)
        else:
            joined.append(day)
    return joined


def _agreeing(day: Day, weekday: int) -> Day:
    """Move a date without a year to a year in which it falls on the weekday said; a contradiction is tentative."""
    if day.floating != "year" or day.first.weekday() == weekday:
        return day
    length = day.last - day.first
    for year in (day.first.year + 1, day.first.year - 1):
        if _exists(year, day.first.month, day.first.day):
            moved = date(year, day.first.month, day.first.day)
            if moved.weekday() == weekday:
                return replace(day, first=moved, last=moved + length, tentative=True)
    return replace(day, tentative=True)


def _exists(year: int, month: int, day: int) -> bool:
    return 1 <= month <= _MONTHS and 1 <= day <= calendar.monthrange(year, month)[1]


def _dated(anchor: date, year: int | None, month: int, day: int) -> Day:
    """Return the day; without a year the one nearest to the mail."""
    if year is not None:
        found = date(year, month, day)
        return Day(found, found)
    near = [date(y, month, day) for y in (anchor.year - 1, anchor.year, anchor.year + 1) if _exists(y, month, day)]
    found = min(near, key=lambda candidate: abs((candidate - anchor).days))
    return Day(found, found, floating="year")


def _iso(match: re.Match[str], _context: Context) -> Day:
    day = date(int(match[1]), int(match[2]), int(match[3]))
    return Day(day, day)


def _numeric(match: re.Match[str], context: Context) -> Day | None:
    first, second, year = int(match["a"]), int(match["b"]), year_of(match["y"])
    separator = match["sep"].strip()
    if year is None and not _is_date(match, cue=separator != "-"):
        return None
    dotted = separator == "."
    month_first = (not dotted and second > _MONTHS) or (
        not dotted and first <= _MONTHS and _AMERICAS[0] <= (context.sent_at.utcoffset() or timedelta()) <= _AMERICAS[1]
    )
    month, day = (first, second) if month_first else (second, first)
    found = _dated(context.today, year, month, day)
    either = not dotted and max(first, second) <= _MONTHS and first != second
    return replace(found, tentative=either)


def _is_date(match: re.Match[str], *, cue: bool) -> bool:
    """Whether two numbers without a year are a date: words around say so, or the sentence is nothing else."""
    if match[0].replace(" ", "") == "24/7":
        return False
    head, tail = match.string[: match.start()], match.string[match.end() :]
    return bool((cue and _BEFORE_NUMERIC.search(head)) or (not head.strip() and _AFTER_ALONE.match(tail)))


def _by_name(match: re.Match[str], context: Context) -> Day | None:
    groups = match.groupdict()
    name = groups["mo"]
    if name in _NAMES_TOO and not (name.title() in context.written or name.upper() in context.written):
        return None
    year = year_of(groups.get("y") or groups.get("last_y"))
    found = _dated(context.today, year, context.words.months[name], _ordinal(groups["d"]))
    if not groups.get("to"):
        return found
    last = found.first.replace(day=int(groups["to"]))
    return replace(found, last=last) if last >= found.first else None


def _ordinal(text: str) -> int:
    return 1 if text == "1er" else int(text)


def _of_month(match: re.Match[str], context: Context) -> Day:
    """Resolve "the 15th": the nearest one ahead; "the 20th of this month", "Thu 15th" say which."""
    groups, day, today = match.groupdict(), _ordinal(match["d"]), context.today
    if which := groups.get("which"):
        month = today.month - 1 + (1 if re.match(r"next|nächst|prochain", which) else 0)
        found = date(today.year + month // _MONTHS, month % _MONTHS + 1, day)
        return Day(found, found)
    weekday = context.words.weekdays.get(groups.get("wd") or "")
    limit = _HALF_YEAR if weekday is None else _LONGEST_SEARCH
    for ahead in range(limit):
        found = today + timedelta(days=ahead)
        if found.day == day and weekday in {None, found.weekday()}:
            return Day(found, found, floating="month", tentative=weekday is not None and ahead > _LONGEST_SEARCH // 8)
    raise ValueError(day)


def _relative(match: re.Match[str], context: Context) -> Day:
    day = context.today + timedelta(days=expressions()["relative"][match["word"]])
    return Day(day, day, past=day < context.today)


def _weekday(match: re.Match[str], context: Context) -> Day | None:
    groups = match.groupdict()
    name, which = groups["wd"], (groups.get("which") or groups.get("week") or "")
    if name in context.words.short and not (which or _looks_like_weekday(name, match, context)):
        return None
    number = context.words.weekdays[name]
    today = context.today
    ahead = today + timedelta(days=(number - today.weekday() - 1) % DAYS_OF_WEEK + 1)
    same_week = monday_of(today) + timedelta(days=number)
    if _WHICH["last"].search(which):
        back = same_week - _WEEK if groups.get("week") else ahead - _WEEK
        return Day(back, back, past=True)
    if re.search(r"after next|übernächst", which):
        return Day(ahead + _WEEK, ahead + _WEEK)
    if _WHICH["this"].search(which) and same_week >= today:
        return Day(same_week, same_week)
    if _WHICH["next"].search(which):
        day = same_week + _WEEK
        # "next Thursday", said on Monday: some mean this week's.
        return Day(day, day, tentative=not groups.get("week") and same_week > today)
    return Day(ahead, ahead, floating="week")


def _looks_like_weekday(name: str, match: re.Match[str], context: Context) -> bool:
    words: Words = context.words
    alone = match.string.strip(" .,!?") == name
    if alone or (words is WORDS["en"] and re.match(r",? ?\w{3,9}\.? ?\d|,? \d{1,2}(?:st|nd|rd|th)", _rest(match))):
        return True
    if name.title() not in context.written and name.upper() not in context.written:
        return False
    if words is WORDS["en"]:
        return True
    return bool(re.match(r"\.|,? ?(?:den |dem |le )?\d", _rest(match))) or "." in context.written


def _rest(match: re.Match[str]) -> str:
    return match.string[match.end() : match.end() + 20]


_READERS: Final[dict[str, Reader]] = {
    "iso": _iso,
    "numeric": _numeric,
    "by_name": _by_name,
    "of_month": _of_month,
    "relative": _relative,
    "weekday": _weekday,
}
