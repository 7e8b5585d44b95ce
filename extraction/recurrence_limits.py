"""Recurrence rules that would take for ever to expand: every second, to the year 9999, or never (RFC 5545, 3.3.10)."""

from datetime import date, datetime, time, timedelta
from math import prod
from typing import Any, Final

from icalendar import Component

from extraction.recurrence_rules import Rule, first, has_day, numbers, rules_of, values

_SECONDS: Final = {
    "SECONDLY": 1,
    "MINUTELY": 60,
    "HOURLY": 3_600,
    "DAILY": 86_400,
    "WEEKLY": 604_800,
    "MONTHLY": 2_592_000,
    "YEARLY": 31_536_000,
}
_FINE: Final = frozenset({"SECONDLY", "MINUTELY", "HOURLY", "DAILY"})
_DAYS_WITHIN: Final = {"WEEKLY": 7, "MONTHLY": 31, "YEARLY": 366}
_DAY_FILTERS: Final = ("BYDAY", "BYMONTHDAY", "BYYEARDAY", "BYWEEKNO", "BYMONTH")
_TIMES: Final = ("BYHOUR", "BYMINUTE", "BYSECOND")
_OWN_TIMES: Final = {"SECONDLY": (), "MINUTELY": _TIMES[2:], "HOURLY": _TIMES[1:], "DAILY": _TIMES}
_STEPS_PER_OCCURRENCE = 20
_EARLIEST_YEAR = 1900
_LATEST_YEAR = 9000
_LONGEST = 8_000 * 31_536_000
_LOOKED_AHEAD = timedelta(days=41 * 366)
"""29 February falls on each weekday within 40 years; what matches no day of them is taken to match none."""


def is_absurd(component: Component, until: datetime, limit: int) -> bool:
    """Expanding the component's rules up to ``until`` would take more steps than a calendar of people needs."""
    prop: Any = component["DTSTART"]
    start: date = prop.dt
    if not _EARLIEST_YEAR <= start.year < _LATEST_YEAR:
        return True
    every = [*rules_of(component, "RRULE"), *rules_of(component, "EXRULE")]
    return len(every) > _STEPS_PER_OCCURRENCE or any(_is_absurd_rule(rule, start, until, limit) for rule in every)


def _is_absurd_rule(rule: Rule, start: date, until: datetime, limit: int) -> bool:
    frequency = str(first(rule, "FREQ") or "").upper()
    if frequency not in _SECONDS:
        return True
    interval = first(rule, "INTERVAL")
    if interval is not None and not 1 <= int(interval) <= _LONGEST / _SECONDS[frequency]:
        return True
    if _steps(rule, frequency, start, until) > limit * _STEPS_PER_OCCURRENCE:
        return True
    return _picks_nothing(rule, frequency) or _meets_no_day(rule, frequency, start)


def _steps(rule: Rule, frequency: str, start: date, until: datetime) -> float:
    """Roughly how many times the rule fires before ``until``, its COUNT or its UNTIL."""
    begin = start if isinstance(start, datetime) else datetime.combine(start, time())
    end = until.replace(tzinfo=None)
    own_end = first(rule, "UNTIL")
    if isinstance(own_end, date):
        end = min(end, datetime(own_end.year, own_end.month, own_end.day, 23, 59))  # noqa: DTZ001 - a rough measure
    span = max(0.0, (end - begin.replace(tzinfo=None)).total_seconds())
    periods = span / _SECONDS[frequency] / max(1, int(first(rule, "INTERVAL") or 1)) + 1
    per_period = prod(max(1, len(values(rule, part))) for part in _TIMES)
    if any(values(rule, part) for part in ("BYDAY", "BYMONTHDAY", "BYYEARDAY", "BYWEEKNO")):
        per_period *= min(
            _DAYS_WITHIN.get(frequency, 1),
            sum(len(values(rule, part)) * 53 for part in ("BYDAY", "BYMONTHDAY", "BYYEARDAY", "BYWEEKNO")),
        )
    count = first(rule, "COUNT")
    return min(periods * per_period, int(count)) if count is not None else periods * per_period


def _picks_nothing(rule: Rule, frequency: str) -> bool:
    """BYSETPOS picks the fifth of four times."""
    places = numbers(rule, "BYSETPOS")
    if not places or frequency not in _FINE:
        return False
    size = prod(max(1, len(set(numbers(rule, part)))) for part in _OWN_TIMES[frequency])
    return all(abs(place) > size for place in places)


def _meets_no_day(rule: Rule, frequency: str, start: date) -> bool:
    """No day within decades passes all of the rule's parts: 30 February, or every seventh day from a Tuesday, Mondays.

    The library would look for one day by day up to the year 9999.
    """
    if not any(values(rule, part) for part in _DAY_FILTERS):
        return False
    step = timedelta(days=1)
    if frequency in _FINE:
        step = max(step, min(timedelta(seconds=_SECONDS[frequency] * int(first(rule, "INTERVAL") or 1)), _LOOKED_AHEAD))
    # A coarse rule may find its first day before or after DTSTART within its period.
    at = datetime(start.year, start.month, start.day)  # noqa: DTZ001 - days of the calendar, no instants
    last = at + _LOOKED_AHEAD
    while at <= last:
        if has_day(rule, at.date()):
            return False
        at += step
    return True
