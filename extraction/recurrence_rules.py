"""Recurrence rules to the letter of RFC 5545, 3.3.10, where the library that expands them reads them otherwise.

The library counts weeks within calendar years and from DTSTART on, takes DTSTART for an occurrence whether the rule
has it or not, and does not fill in what a rule leaves to DTSTART. ``docs/calendar-notes.md`` tells the differences.
"""

from calendar import monthrange
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from itertools import count as counting
from itertools import islice, product, takewhile
from typing import Any, Final

from dateutil.rrule import rrulestr
from icalendar import Component
from icalendar.prop import vDDDTypes, vRecur

Rule = Mapping[str, Any]
_WEEKDAYS: Final = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_WEEK: Final = timedelta(days=7)
_DAY: Final = timedelta(days=1)
_LAST_YEAR = 9_998
_MOST_TIMES = 20_000
_NOT_WITH: Final = {
    "BYMONTHDAY": ("WEEKLY",),
    "BYYEARDAY": ("DAILY", "WEEKLY", "MONTHLY"),
    "BYWEEKNO": ("SECONDLY", "MINUTELY", "HOURLY", "DAILY", "WEEKLY", "MONTHLY"),
}


def rules_of(component: Component, name: str) -> list[Any]:
    """Every RRULE or EXRULE of a component."""
    found: Any = component.get(name)
    if found is None:
        return []
    return list(found) if isinstance(found, list) else [found]


def values(rule: Rule, name: str) -> list[Any]:
    """The values of a part of a rule, none when it is not there."""
    value = rule.get(name)
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def first(rule: Rule, name: str) -> Any:
    """The first value of a part, None when it is not there."""
    found = values(rule, name)
    return found[0] if found else None


def numbers(rule: Rule, name: str) -> list[int]:
    """The values of a part as numbers; a leap month (RFC 7529) is its number."""
    return [int(str(value).rstrip("Ll")) for value in values(rule, name)]


def why_invalid(component: Component) -> str:
    """Why RFC 5545 does not allow one of the rules or we cannot follow it, ``""`` when all are fine."""
    reasons = (_why_invalid(rule) for rule in rules_of(component, "RRULE"))
    return next((reason for reason in reasons if reason), "")


def _why_invalid(rule: Rule) -> str:
    frequency = str(first(rule, "FREQ") or "").upper()
    scale = str(first(rule, "RSCALE") or "GREGORIAN").upper()
    if scale != "GREGORIAN":
        return f"it counts in the {scale.title()} calendar (RFC 7529)"
    if str(first(rule, "SKIP") or "OMIT").upper() != "OMIT":
        return "it moves days that do not exist (SKIP, RFC 7529)"
    for part, frequencies in _NOT_WITH.items():
        if values(rule, part) and frequency in frequencies:
            return f"{part} does not go with FREQ={frequency}"
    numbered = [str(day) for day in values(rule, "BYDAY") if _place(day)]
    if numbered and (frequency not in {"MONTHLY", "YEARLY"} or values(rule, "BYWEEKNO")):
        return f"BYDAY={numbered[0]} does not go with FREQ={frequency}"
    return ""


def _place(day: Any) -> int:
    """The number before a weekday, 0 when it has none."""
    return int(str(day)[:-2] or 0)


def _weekday(day: Any) -> int:
    return _WEEKDAYS.index(str(day)[-2:].upper())


def has_day(rule: Rule, day: date) -> bool:
    """Whether a day passes the parts of a rule that name days; which Monday of a month it is does not count."""
    length = monthrange(day.year, day.month)[1]
    of_year, year = day.timetuple().tm_yday, 366 if monthrange(day.year, 2)[1] == 29 else 365  # noqa: PLR2004 - February
    weekdays = values(rule, "BYDAY")
    passes = (
        (numbers(rule, "BYMONTH"), {day.month}),
        (numbers(rule, "BYMONTHDAY"), {day.day, day.day - length - 1}),
        (numbers(rule, "BYYEARDAY"), {of_year, of_year - year - 1}),
        ([_weekday(weekday) for weekday in weekdays], {day.weekday()}),
    )
    return all(not wanted or not have.isdisjoint(wanted) for wanted, have in passes)


def straighten(component: Component, until: datetime) -> None:
    """Rewrite a component so that the library expands it as RFC 5545 says.

    What the rule leaves to DTSTART is written into it. A DTSTART the rule does not have is moved to the first time it
    does have. Rules the library cannot follow become the list of their times.

    Args:
        component: A VEVENT whose rules are valid and not absurd; changed in place.
        until: Times after it need not be listed.
    """
    rules = rules_of(component, "RRULE")
    if not rules:
        return
    begin: Any = component["DTSTART"]
    start: date = begin.dt
    completed = [_completed(rule, start) for rule in rules]
    component["RRULE"] = completed if len(completed) > 1 else completed[0]
    if len(completed) > 1:
        return
    [rule] = completed
    if _is_odd(rule):
        times = [at for at in _listed(rule, start) if _instant(at) <= until][:_MOST_TIMES]
        del component["RRULE"]
        _move(component, start, times[0] if times else None)
        if times[1:]:
            component.add("RDATE", times[1:])
    elif any(name.startswith("BY") for name in rule):
        _move(component, start, _first_time(rule, start))


def _completed(rule: Rule, start: date) -> vRecur:
    """The rule with what it leaves to DTSTART, without weekdays numbered zero."""
    named = {name.upper(): value for name, value in rule.items()}
    parts: dict[str, Any] = {name: value for name, value in named.items() if name not in {"RSCALE", "SKIP"}}
    frequency = str(first(parts, "FREQ")).upper()
    if days := values(parts, "BYDAY"):
        parts["BYDAY"] = [day for day in days if _place(day) or len(str(day)) == 2]  # noqa: PLR2004 - "MO"
    finer = {name for name in ("BYDAY", "BYMONTHDAY", "BYYEARDAY") if values(parts, name)}
    if frequency == "YEARLY" and values(parts, "BYWEEKNO") and not finer:
        parts["BYDAY"] = [_WEEKDAYS[start.weekday()]]
    # Numbered weekdays count within the year as long as the rule has no month.
    numbered = any(_place(day) for day in values(parts, "BYDAY"))
    months = any(values(parts, name) for name in ("BYMONTH", "BYWEEKNO", "BYYEARDAY"))
    if frequency == "YEARLY" and "BYMONTHDAY" in finer and not months and not numbered:
        parts["BYMONTH"] = [start.month]
    return vRecur(parts)


def _is_odd(rule: Rule) -> bool:
    """The library counts weeks within calendar years, and those of DTSTART from DTSTART on."""
    frequency = str(first(rule, "FREQ")).upper()
    return bool(
        (frequency == "YEARLY" and values(rule, "BYWEEKNO")) or (frequency == "WEEKLY" and values(rule, "BYSETPOS"))
    )


def _first_time(rule: vRecur, start: date) -> date | None:
    """The first time a rule has, in local time; None when it has none."""
    endless: Any = vRecur({name: value for name, value in rule.items() if name != "UNTIL"})
    found = next(iter(rrulestr(endless.to_ical().decode(), dtstart=_naive(start))), None)
    return None if found is None or _is_after_end(rule, _like(start, found)) else _like(start, found)


def _move(component: Component, start: date, to: date | None) -> None:
    """Begin a series where its rule does; one whose rule has no time at all stays where it is, for the library."""
    if to is None or to == start:
        return
    end: Any = component.get("DTEND")
    component["DTSTART"] = vDDDTypes(to)
    if end is not None and isinstance(end.dt, datetime) == isinstance(start, datetime):
        component["DTEND"] = vDDDTypes(to + (end.dt - start))


def _listed(rule: Rule, start: date) -> Iterator[date]:
    """The times of an odd rule, in order, from DTSTART up to its COUNT or UNTIL."""
    begin = _naive(start)
    sets = _weeks_of_years(rule, begin) if str(first(rule, "FREQ")).upper() == "YEARLY" else _weeks(rule, begin)
    times = (_like(start, at) for days in sets for at in _picked(rule, days, begin) if at >= begin)
    bounded = takewhile(lambda at: not _is_after_end(rule, at), times)
    most = first(rule, "COUNT")
    return islice(bounded, int(most) if most is not None else _MOST_TIMES)


def _weeks_of_years(rule: Rule, begin: datetime) -> Iterator[list[date]]:
    """The days of each year's numbered weeks; a week belongs to the year that has most of its days."""
    starts = _WEEKDAYS.index(str(first(rule, "WKST") or "MO").upper())
    year = begin.year + 1
    while _first_week(year, starts) > begin.date():
        year -= 1
    interval = int(first(rule, "INTERVAL") or 1)
    if interval > 1 and begin.date() not in _days_of_weeks(rule, year, starts):
        # Years are counted from one that has DTSTART among its times; where none has, from that of the calendar.
        year = begin.year
    for number in range(year, _LAST_YEAR, interval):
        yield _days_of_weeks(rule, number, starts)


def _days_of_weeks(rule: Rule, year: int, starts: int) -> list[date]:
    monday, following = _first_week(year, starts), _first_week(year + 1, starts)
    weeks = (following - monday) // _WEEK
    wanted = sorted({w if w > 0 else weeks + 1 + w for w in numbers(rule, "BYWEEKNO")})
    days = (monday + (w - 1) * _WEEK + n * _DAY for w in wanted if 1 <= w <= weeks for n in range(7))
    return [day for day in days if has_day(rule, day)]


def _first_week(year: int, starts: int) -> date:
    """The first day of the week that has 4 January."""
    fourth = date(year, 1, 4)
    return fourth - _DAY * ((fourth.weekday() - starts) % 7)


def _weeks(rule: Rule, begin: datetime) -> Iterator[list[date]]:
    """The days of each week, also of the one DTSTART stands in the middle of."""
    starts = _WEEKDAYS.index(str(first(rule, "WKST") or "MO").upper())
    monday = begin.date() - _DAY * ((begin.weekday() - starts) % 7)
    whole = rule if values(rule, "BYDAY") else {**rule, "BYDAY": [_WEEKDAYS[begin.weekday()]]}
    for number in counting(0, int(first(rule, "INTERVAL") or 1)):
        if (_LAST_YEAR - monday.year) * 52 < number:
            return
        week = monday + number * _WEEK
        yield [day for n in range(7) if has_day(whole, day := week + n * _DAY)]


def _picked(rule: Rule, days: list[date], begin: datetime) -> list[datetime]:
    """The times of one set, those BYSETPOS picks when it is there."""
    hours, minutes, seconds = (
        sorted(set(numbers(rule, part))) or [own]
        for part, own in (("BYHOUR", begin.hour), ("BYMINUTE", begin.minute), ("BYSECOND", begin.second))
    )
    clock = [time(hour, minute, min(second, 59)) for hour, minute, second in product(hours, minutes, seconds)]
    times = [datetime.combine(day, at) for day in days for at in clock]
    places = numbers(rule, "BYSETPOS")
    if not places:
        return times
    picked = {place - 1 if place > 0 else len(times) + place for place in places}
    return [times[place] for place in sorted(picked) if 0 <= place < len(times)]


def _naive(start: date) -> datetime:
    return start.replace(tzinfo=None) if isinstance(start, datetime) else datetime.combine(start, time())


def _like(start: date, local: datetime) -> date:
    """A local time as DTSTART is written: a day, or a time in its zone."""
    return local.replace(tzinfo=start.tzinfo) if isinstance(start, datetime) else local.date()


def _instant(at: date) -> datetime:
    """An instant for comparing with a bound; where a floating time lies exactly does not matter there."""
    moment = at if isinstance(at, datetime) else datetime.combine(at, time())
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)


def _is_after_end(rule: Rule, at: date) -> bool:
    """Whether UNTIL comes first: a day ends with its day in the zone of DTSTART, an instant in UTC is exact."""
    end = first(rule, "UNTIL")
    if not isinstance(end, date):
        return False
    if not isinstance(end, datetime) or not isinstance(at, datetime):
        return date(at.year, at.month, at.day) > date(end.year, end.month, end.day)
    if end.tzinfo is None or at.tzinfo is None:
        return at.replace(tzinfo=None) > end.replace(tzinfo=None)
    return at > end
