"""Working hours and holidays as the configuration writes them, for the company and for each calendar beside it."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

from domain.followup import Frame, Hours
from flows.toml_nodes import Node, Table
from flows.wording import did_you_mean
from followup.business_time import parse_frames

_HOLIDAY_YEARS = (2000, 2100)
"""Yearly entries of a holiday calendar are written out for these years."""


def read_hours(table: Table, usual: Hours, folder: Path) -> Hours:
    """Read ``hours`` and ``holidays`` of a table; what is not written is as in ``usual``, and so is the zone.

    Args:
        table: ``[response]``, or a calendar in it.
        usual: The hours where none are written.
        folder: What paths of holiday calendars are relative to.

    Raises:
        ConfigError: With the line.
    """
    node = table.get("hours")
    holidays = table.get("holidays")
    frames = _read_frames(node) if node else usual.frames
    days, codes = _read_holidays(holidays, folder) if holidays else (usual.holidays, usual.holiday_codes)
    return replace(usual, frames=frames, holidays=days, holiday_codes=codes)


def _read_frames(node: Node) -> tuple[Frame, ...]:
    for item in node.items():  # one at a time, so that a mistake is shown at its own line
        _parse_frames(item, [item.text()])
    if not node.items():
        raise node.error(f'{node.label} must name at least one stretch such as "Mon-Fri 09:00-17:00"')
    # Stretches can also be wrong together: when they overlap.
    return _parse_frames(node, node.texts())


def _parse_frames(node: Node, hours: Iterable[str]) -> tuple[Frame, ...]:
    try:
        return parse_frames(list(hours))
    except ValueError as error:
        raise node.error(f"{node.label}: {error}") from None


def _read_holidays(node: Node, folder: Path) -> tuple[frozenset[date], tuple[str, ...]]:
    days: set[date] = set()
    codes: list[str] = []
    for item in node.items():
        if isinstance(item.value, date) and not isinstance(item.value, datetime):
            days.add(item.value)
            continue
        text = item.text()
        if text.lower().endswith(".ics"):
            days.update(_read_holiday_file(item, folder / Path(text).expanduser()))
        elif text[0].isdigit():
            days.add(_read_day(item, text))
        else:
            _check_holiday_code(item, text)
            codes.append(text)
    return frozenset(days), tuple(codes)


def _read_day(node: Node, text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise node.error(f"{node.label}: `{text}` is not a day such as 2026-12-24") from None


def _check_holiday_code(node: Node, code: str) -> None:
    """Accept what the ``holidays`` library knows: a country, a country with a part of it, or a stock exchange."""
    import holidays  # noqa: PLC0415 - slow, and only needed where codes are used

    country, _, part = code.partition("-")
    countries = holidays.list_supported_countries()
    if not part and (country in countries or country in holidays.list_supported_financial()):
        return
    if country not in countries:
        raise node.error(f"unknown holiday code `{code}`{did_you_mean(country, countries)}")
    if part not in countries[country]:
        known = [f"{country}-{name}" for name in countries[country]]
        raise node.error(f"unknown holiday code `{code}`{did_you_mean(code, known)}")


def _read_holiday_file(node: Node, path: Path) -> Iterable[date]:
    """Return the days of an iCalendar file's entries, each day of an entry that lasts several."""
    import icalendar  # noqa: PLC0415 - slow, and only needed for holiday files
    import recurring_ical_events  # noqa: PLC0415

    try:
        calendar = icalendar.Calendar.from_ical(path.read_bytes())
        first, last = (datetime(year, 1, 1, tzinfo=UTC) for year in _HOLIDAY_YEARS)
        events = recurring_ical_events.of(calendar).between(first, last)
    except OSError as error:
        raise node.error(f"cannot read the holiday calendar {path}: {error.strerror}") from None
    except ValueError:
        raise node.error(f"{path} is not an iCalendar file") from None
    return [day for event in events for day in _days(event.start, event.end)]


def _days(start: date, end: date) -> list[date]:
    """Return the days from start to end; DTEND is not part of an entry (RFC 5545, 3.6.1)."""
    first = start.date() if isinstance(start, datetime) else start
    last = end.date() if isinstance(end, datetime) else end
    count = max(1, last.toordinal() - first.toordinal())
    return [date.fromordinal(first.toordinal() + offset) for offset in range(count)]
