"""Calendar objects (RFC 5545) as events, one for every occurrence of a series (D5.6)."""

from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from icalendar import Component

from domain.events import Event, EventStatus
from domain.signals import Problem
from extraction.calendar_people import read_attendees
from extraction.calendar_text import calendars_in, problem_of, text_of
from extraction.series import moment_of, occurrences, sequence_of, series_in, start_of

_MAX_TITLE = 1_000
_MAX_TEXT = 65_536


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
    for calendar in calendars_in(data, problems):
        method = text_of(calendar, "METHOD", 40).lower()
        for components in series_in(calendar, problems).values():
            try:
                found = occurrences(calendar, components, until=until, limit=max_occurrences, problems=problems)
                events += [event_in(component, home, method) for component in found]
            except Exception as error:  # noqa: BLE001 - any text may be in a calendar; the libraries raise whatever they like
                problems.append(problem_of(components[0], error))
    return events, problems


def instant_of(value: date, home: tzinfo) -> datetime:
    """Aware UTC: days begin at midnight of the company's zone, floating times are read in it (D5.16)."""
    if not isinstance(value, datetime):
        value = datetime.combine(value, time())
    if value.tzinfo is None:
        value = value.replace(tzinfo=home)
    return value.astimezone(UTC)


def event_in(component: Component, home: tzinfo, method: str) -> Event:
    """The occurrence a component describes.

    Raises:
        ValueError: It has no readable start.
    """
    start = start_of(component)
    if start is None:
        raise ValueError("it has no readable start")
    starts_at = instant_of(start, home)
    ends_at = max(starts_at, _end(component, start, home))
    ical_uid = text_of(component, "UID", 500)
    recurrence_id = recurrence_id_of(component, home)
    organizer, attendees = read_attendees(component)
    stamp = moment_of(component, "LAST-MODIFIED") or moment_of(component, "DTSTAMP")
    return Event(
        key=f"{ical_uid}/{recurrence_id}" if recurrence_id else ical_uid,
        ical_uid=ical_uid,
        recurrence_id=recurrence_id,
        sequence=sequence_of(component),
        title=text_of(component, "SUMMARY", _MAX_TITLE),
        description=text_of(component, "DESCRIPTION", _MAX_TEXT),
        location=text_of(component, "LOCATION", _MAX_TITLE),
        starts_at=starts_at,
        ends_at=ends_at,
        all_day=not isinstance(start, datetime),
        timezone=_zone_name(start),
        status=_status(component, method),
        private=text_of(component, "CLASS", 20).lower() in {"private", "confidential"},
        transparent=text_of(component, "TRANSP", 20).lower() == "transparent",
        # [MS-OXCICAL] 2.1.3.1.1.20.31; Google's own kind of entry is translated to it.
        away=text_of(component, "X-MICROSOFT-CDO-BUSYSTATUS", 20).upper() == "OOF",
        organizer=organizer,
        attendees=attendees,
        method=method,
        updated_at=instant_of(stamp, UTC) if stamp else None,
    )


def _end(component: Component, start: date, home: tzinfo) -> datetime:
    """DTEND, else DURATION, else the day's end for a date and the start itself for an instant (RFC 5545, 3.6.1)."""
    end = moment_of(component, "DTEND")
    if end is not None and (isinstance(start, datetime) or isinstance(end, datetime) or end > start):
        # A day that ends on itself is meant to last that day.
        return instant_of(end, home)
    duration: Any = component.get("DURATION")
    length = getattr(duration, "dt", None)
    if isinstance(length, timedelta):
        return instant_of(start + length, home)
    return instant_of(start, home) if isinstance(start, datetime) else instant_of(start + timedelta(days=1), home)


def recurrence_id_of(component: Component, home: tzinfo) -> str:
    """RECURRENCE-ID as ISO 8601: a day, or an instant in UTC; ``""`` when there is none."""
    value = moment_of(component, "RECURRENCE-ID")
    if value is None:
        return ""
    if isinstance(value, datetime):
        return instant_of(value, home).isoformat()
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
        return EventStatus(text_of(component, "STATUS", 20).lower())
    except ValueError:
        return EventStatus.CONFIRMED
