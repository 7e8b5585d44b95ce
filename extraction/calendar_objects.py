"""Calendar objects (RFC 5545) as events, one for every occurrence of a series (D5.6)."""

import hashlib
import re
import warnings
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from itertools import islice
from typing import Any, Final
from zoneinfo import ZoneInfo

import recurring_ical_events
from icalendar import Calendar, Component
from icalendar.prop import vBroken

from domain.events import Event, EventStatus
from domain.signals import Problem
from extraction.calendar_people import read_attendees
from extraction.recurrence_limits import is_absurd

_MAX_TITLE = 1_000
_MAX_TEXT = 65_536
_MAX_COMPONENTS = 20_000
_EARLIEST: Final = datetime(1970, 1, 1, tzinfo=UTC)
_RECURRENCE: Final = ("RRULE", "RDATE", "EXDATE", "EXRULE")
_EVENT = re.compile(rb"^BEGIN:VEVENT[ \t]*\r?$.*?^END:VEVENT[ \t]*\r?$", re.MULTILINE | re.DOTALL | re.IGNORECASE)
_ALARM = re.compile(rb"^BEGIN:VALARM[ \t]*\r?$.*?^END:VALARM[ \t]*\r?\n?", re.MULTILINE | re.DOTALL | re.IGNORECASE)
_ZONE = re.compile(rb"^BEGIN:VTIMEZONE[ \t]*\r?$.*?^END:VTIMEZONE[ \t]*\r?$", re.MULTILINE | re.DOTALL | re.IGNORECASE)


def parse_events(
    data: bytes, *, zone: str, until: datetime, max_occurrences: int = 2000
) -> tuple[list[Event], list[Problem]]:
    """Read iCalendar text; what is broken becomes a Problem, the rest is read.

    Args:
        data: One or more VCALENDAR objects, UTF-8.
        zone: IANA name; floating and all-day times are read in it.
        until: Series are expanded up to this instant.
        max_occurrences: At most this many occurrences of one series, the latest ones.

    Returns:
        Occurrences in the order of their series and time, and the problems met.
    """
    problems: list[Problem] = []
    events: list[Event] = []
    home = ZoneInfo(zone)
    for calendar in _calendars(data, problems):
        method = _text(calendar, "METHOD", 40).lower()
        for components in _series(calendar).values():
            _drop_broken(components, problems)
            try:
                found = _occurrences(calendar, components, until=until, limit=max_occurrences, problems=problems)
                events += [_event(component, home, method) for component in found]
            except Exception as error:  # noqa: BLE001 - any text may be in a calendar; the libraries raise whatever they like
                problems.append(_problem(components[0], error))
    return events, problems


def _drop_broken(components: list[Component], problems: list[Problem]) -> None:
    """Remove properties that cannot be read; a lost rule or exception is worth telling, a lost decoration is not."""
    for component in components:
        for name in [name for name, value in component.items() if isinstance(value, vBroken)]:
            del component[name]
            if name in _RECURRENCE:
                problems.append(_problem(component, ValueError(f"its {name} is not valid; it is left out")))


def _problem(component: Component, error: Exception) -> Problem:
    title = _text(component, "UID", 80) or "without UID"
    return Problem(
        f"The calendar entry {title} cannot be read: {type(error).__name__} {str(error)[:200]}".strip(), "parse"
    )


def _calendars(data: bytes, problems: list[Problem]) -> list[Component]:
    """The VCALENDARs in ``data``; when the whole cannot be read, every entry by itself."""
    if not data.strip():
        return [*_none(problems, "It is empty.")]
    text = data.removeprefix(b"\xef\xbb\xbf").replace(b"\x00", b"")
    try:
        found = _read(text)
    except Exception as error:  # noqa: BLE001 - see parse_events
        return _piecewise(text, problems, error)
    calendars = [component for component in found if component.name == "VCALENDAR"]
    if not calendars and not any(component.name == "VEVENT" for component in found):
        return [*_none(problems, "There is no calendar in it.")]
    if not calendars:
        calendars = [_wrap(list(found))]
    return calendars


def _read(text: bytes) -> list[Component]:
    """The components of iCalendar text; what the library only warns about is not worth stopping for."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found: list[Component] = list(Calendar.from_ical(text.decode("utf-8", "replace"), multiple=True))
    return found


def _none(problems: list[Problem], reason: str) -> Iterator[Component]:
    problems.append(Problem(f"The calendar cannot be read. {reason}", "parse"))
    yield from ()


def _wrap(components: list[Component]) -> Calendar:
    calendar = Calendar()
    for component in components:
        calendar.add_component(component)
    return calendar


def _piecewise(text: bytes, problems: list[Problem], error: Exception) -> list[Component]:
    zones = b"\r\n".join(match[0] for match in islice(_ZONE.finditer(text), 100))
    method = re.search(rb"^METHOD:[A-Za-z-]{1,20}", text, re.MULTILINE)
    head = b"BEGIN:VCALENDAR\r\n" + (method[0] + b"\r\n" if method else b"")
    good: list[Component] = []
    for match in islice(_EVENT.finditer(text), _MAX_COMPONENTS):
        entry = _ALARM.sub(b"", match[0])
        for prefix in (head + zones + b"\r\n", head):
            try:
                good += _read(prefix + entry + b"\r\nEND:VCALENDAR\r\n")
                break
            except Exception as inner:  # noqa: BLE001 - see parse_events
                reason = str(inner)[:200]
        else:
            problems.append(Problem(f"A calendar entry cannot be read: {reason}", "parse"))
    if not good and not problems:
        problems.append(Problem(f"The calendar cannot be read: {str(error)[:200]}", "parse"))
    return _merged(good)


def _merged(calendars: list[Component]) -> list[Component]:
    """One calendar out of pieces, so that a series finds its overrides again."""
    if not calendars:
        return []
    merged = calendars[0]
    for calendar in calendars[1:]:
        for component in calendar.walk("VEVENT"):
            merged.add_component(component)
    return [merged]


def _series(calendar: Component) -> dict[str, list[Component]]:
    """VEVENTs by UID; one without a UID is known by its content."""
    series: dict[str, list[Component]] = {}
    for component in islice(calendar.walk("VEVENT"), _MAX_COMPONENTS):
        uid = _text(component, "UID", 500)
        if not uid:
            stable = "\n".join(
                _text(component, name, 500) for name in ("DTSTART", "DTEND", "SUMMARY", "RRULE", "ORGANIZER")
            )
            uid = f"sha256:{hashlib.sha256(stable.encode()).hexdigest()}"
            component["UID"] = uid
        series.setdefault(uid, []).append(component)
    return series


def _occurrences(
    calendar: Component, components: list[Component], *, until: datetime, limit: int, problems: list[Problem]
) -> list[Component]:
    broken = [component for component in components if _start(component) is None]
    problems.extend(_problem(component, ValueError("it has no readable start")) for component in broken)
    usable = [component for component in components if component not in broken]
    if not usable:
        return []
    if not any(component.get(name) is not None for component in usable for name in _RECURRENCE):
        return usable
    if any(is_absurd(component, until, limit) for component in usable):
        problems.append(
            _problem(usable[0], ValueError("its rule repeats too often or never; only its first time is kept"))
        )
        return [component for component in usable if component.get("RECURRENCE-ID") is None][:1]
    alone = _wrap([*calendar.walk("VTIMEZONE"), *usable])
    if zone_name := calendar.get("X-WR-TIMEZONE"):
        alone["X-WR-TIMEZONE"] = zone_name
    found: list[Component] = recurring_ical_events.of(alone).between(_EARLIEST, until)
    if len(found) > limit:
        problems.append(_problem(usable[0], ValueError(f"it has more than {limit} occurrences; the latest are kept")))
    return sorted(found, key=lambda component: str(_start(component)))[-limit:]


def _start(component: Component) -> date | None:
    return _when(component, "DTSTART")


def _when(component: Component, name: str) -> date | None:
    """The instant or day of a property, None when it is missing or something else."""
    prop: Any = component.get(name)
    value = getattr(prop, "dt", None)
    return value if isinstance(value, date) else None


def _instant(value: date, home: tzinfo) -> datetime:
    """Aware UTC: days begin at midnight of the company's zone, floating times are read in it (D5.16)."""
    if not isinstance(value, datetime):
        value = datetime.combine(value, time())
    if value.tzinfo is None:
        value = value.replace(tzinfo=home)
    return value.astimezone(UTC)


def _event(component: Component, home: tzinfo, method: str) -> Event:
    start = _start(component)
    if start is None:
        raise ValueError("it has no readable start")
    starts_at = _instant(start, home)
    ends_at = max(starts_at, _end(component, start, home))
    ical_uid = _text(component, "UID", 500)
    recurrence_id = _recurrence_id(component, home)
    organizer, attendees = read_attendees(component)
    stamp = _when(component, "LAST-MODIFIED") or _when(component, "DTSTAMP")
    return Event(
        key=f"{ical_uid}/{recurrence_id}" if recurrence_id else ical_uid,
        ical_uid=ical_uid,
        recurrence_id=recurrence_id,
        sequence=_integer(component, "SEQUENCE"),
        title=_text(component, "SUMMARY", _MAX_TITLE),
        description=_text(component, "DESCRIPTION", _MAX_TEXT),
        location=_text(component, "LOCATION", _MAX_TITLE),
        starts_at=starts_at,
        ends_at=ends_at,
        all_day=not isinstance(start, datetime),
        timezone=_zone_name(start),
        status=_status(component, method),
        private=_text(component, "CLASS", 20).lower() in {"private", "confidential"},
        transparent=_text(component, "TRANSP", 20).lower() == "transparent",
        organizer=organizer,
        attendees=attendees,
        method=method,
        updated_at=_instant(stamp, UTC) if stamp else None,
    )


def _end(component: Component, start: date, home: tzinfo) -> datetime:
    """DTEND, else DURATION, else the day's end for a date and the start itself for an instant (RFC 5545, 3.6.1)."""
    end = _when(component, "DTEND")
    if end is not None:
        return _instant(end, home)
    duration: Any = component.get("DURATION")
    length = getattr(duration, "dt", None)
    if isinstance(length, timedelta):
        return _instant(start + length, home)
    return _instant(start, home) if isinstance(start, datetime) else _instant(start + timedelta(days=1), home)


def _recurrence_id(component: Component, home: tzinfo) -> str:
    value = _when(component, "RECURRENCE-ID")
    if value is None:
        return ""
    if isinstance(value, datetime):
        return _instant(value, home).isoformat()
    return value.isoformat()


def _zone_name(value: date) -> str:
    zone = value.tzinfo if isinstance(value, datetime) else None
    if zone is None:
        return ""
    return str(getattr(zone, "key", "") or getattr(zone, "_tzid", "") or zone.tzname(None) or "UTC")[:100]


def _status(component: Component, method: str) -> EventStatus:
    if method == "cancel":
        return EventStatus.CANCELLED
    try:
        return EventStatus(_text(component, "STATUS", 20).lower())
    except ValueError:
        return EventStatus.CONFIRMED


def _text(component: Component, name: str, limit: int) -> str:
    """A property as text, bounded; the first when a property that must not repeat does."""
    value: Any = component.get(name)
    if isinstance(value, list):
        value = value[0] if value else None
    if value is None:
        return ""
    text: str = value if isinstance(value, str) else _property_text(value)
    return text[:limit].replace("\x00", "").strip()


def _property_text(value: Any) -> str:
    dt = getattr(value, "dt", None)
    if dt is not None:
        return str(dt)
    raw = value.to_ical() if hasattr(value, "to_ical") else str(value)
    return raw.decode("utf-8", "replace") if isinstance(raw, bytes) else str(raw)


def _integer(component: Component, name: str) -> int:
    try:
        return max(0, min(int(_text(component, name, 12) or 0), 2**31 - 1))
    except ValueError:
        return 0
