"""Recurrence rules that would take for ever to expand: every second, to the year 9999, or never (RFC 5545, 3.3.10)."""

from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Any, Final

from icalendar import Component

_SECONDS: Final = {
    "SECONDLY": 1,
    "MINUTELY": 60,
    "HOURLY": 3_600,
    "DAILY": 86_400,
    "WEEKLY": 604_800,
    "MONTHLY": 2_592_000,
    "YEARLY": 31_536_000,
}
_DAYS_WITHIN: Final = {"WEEKLY": 7, "MONTHLY": 31, "YEARLY": 366}
_DAY_FILTERS: Final = ("BYMONTHDAY", "BYYEARDAY", "BYWEEKNO", "BYMONTH", "BYSETPOS")
_MONTH_LENGTHS: Final = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_STEPS_PER_OCCURRENCE = 20
_EARLIEST_YEAR = 1900
_LATEST_YEAR = 9000


def is_absurd(component: Component, until: datetime, limit: int) -> bool:
    """Expanding the component's rules up to ``until`` would take more steps than a calendar of people needs."""
    prop: Any = component["DTSTART"]
    start: date = prop.dt
    if not _EARLIEST_YEAR <= start.year < _LATEST_YEAR:
        return True
    rules: Any = component.get("RRULE")
    extra: Any = component.get("EXRULE")
    every = [rule for value in (rules, extra) if value for rule in (value if isinstance(value, list) else [value])]
    return len(every) > _STEPS_PER_OCCURRENCE or any(_is_absurd_rule(rule, start, until, limit) for rule in every)


def _is_absurd_rule(rule: Mapping[str, Any], start: date, until: datetime, limit: int) -> bool:
    frequency = str(_first(rule, "FREQ") or "").upper()
    if frequency not in _SECONDS:
        return True
    interval = _first(rule, "INTERVAL")
    if interval is not None and int(interval) < 1:
        return True
    if _never(rule) or (frequency in {"SECONDLY", "MINUTELY", "HOURLY", "DAILY"} and _filtered(rule, frequency)):
        return True
    return _steps(rule, frequency, start, until) > limit * _STEPS_PER_OCCURRENCE


def _steps(rule: Mapping[str, Any], frequency: str, start: date, until: datetime) -> float:
    """Roughly how many times the rule fires before ``until``, its COUNT or its UNTIL."""
    begin = start if isinstance(start, datetime) else datetime.combine(start, time())
    end = until.replace(tzinfo=None)
    own_end = _first(rule, "UNTIL")
    if isinstance(own_end, date):
        end = min(end, datetime(own_end.year, own_end.month, own_end.day, 23, 59))  # noqa: DTZ001 - a rough measure
    span = max(0.0, (end - begin.replace(tzinfo=None)).total_seconds())
    periods = span / _SECONDS[frequency] / max(1, int(_first(rule, "INTERVAL") or 1)) + 1
    per_period = 1
    for part in ("BYHOUR", "BYMINUTE", "BYSECOND"):
        per_period *= max(1, len(_values(rule, part)))
    if any(_values(rule, part) for part in ("BYDAY", "BYMONTHDAY", "BYYEARDAY", "BYWEEKNO")):
        per_period *= min(
            _DAYS_WITHIN.get(frequency, 1),
            sum(len(_values(rule, part)) * 53 for part in ("BYDAY", "BYMONTHDAY", "BYYEARDAY", "BYWEEKNO")),
        )
    count = _first(rule, "COUNT")
    return min(periods * per_period, int(count)) if count is not None else periods * per_period


def _filtered(rule: Mapping[str, Any], frequency: str) -> bool:
    """A rule finer than its day filters is tried day by day to the year 9999 when they never match."""
    names = ("BYSETPOS",) if frequency == "DAILY" else _DAY_FILTERS
    return any(_values(rule, name) for name in names)


def _never(rule: Mapping[str, Any]) -> bool:
    """No month of the rule has a day of the rule: 30 February."""
    days = [abs(int(day)) for day in _values(rule, "BYMONTHDAY")]
    months = [int(str(month).rstrip("Ll")) for month in _values(rule, "BYMONTH")] or list(range(1, 13))
    return bool(days) and not any(
        day <= _MONTH_LENGTHS[month - 1] for day in days for month in months if 1 <= month <= len(_MONTH_LENGTHS)
    )


def _values(rule: Mapping[str, Any], name: str) -> list[Any]:
    value = rule.get(name)
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _first(rule: Mapping[str, Any], name: str) -> Any:
    values = _values(rule, name)
    return values[0] if values else None
