"""Events of Microsoft Graph as events of ours: one JSON object, one occurrence."""

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, tzinfo
from typing import Any, Final
from zoneinfo import ZoneInfo

from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

from domain.events import Attendee, Event, EventStatus, PartStat
from domain.signals import Problem
from extraction.exchange_uids import series_uid

GRAPH_EVENT: Final = "application/vnd.microsoft.graph.event+json"
"""Media type of what this module reads."""

_MAX_TITLE = 1_000
_MAX_TEXT = 65_536
_MAX_ATTENDEES = 1_000
_PARTSTATS: Final = {
    "accepted": PartStat.ACCEPTED,
    "declined": PartStat.DECLINED,
    "organizer": PartStat.ACCEPTED,
    "tentativelyaccepted": PartStat.TENTATIVE,
}
_ZONES: Final = {name.casefold(): zone for name, zone in WINDOWS_TO_OLSON.items()}


def parse_graph_events(
    data: bytes,
    *,
    zone: str,
    until: datetime,  # noqa: ARG001 - every reader takes it; an occurrence repeats nothing
    max_occurrences: int = 2000,  # noqa: ARG001 - as above
) -> tuple[list[Event], list[Problem]]:
    """Read one event; what cannot be read becomes a Problem.

    Args:
        data: JSON of Graph's event resource, an occurrence completed with what it shares with its series, and
            ``seriesMaster`` with the ids of that.
        zone: IANA name; all-day events and times in unknown zones are read in it.
        until: As for other readers.
        max_occurrences: As for other readers.

    Returns:
        The event, and the problem met.
    """
    try:
        event = json.loads(data)
        if not isinstance(event, dict):
            raise TypeError("it is no JSON object")  # noqa: TRY301 - one sentence for all that may be wrong
        return [_event(event, ZoneInfo(zone))], []
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        return [], [Problem(f"The calendar entry cannot be read: {type(error).__name__} {str(error)[:200]}", "parse")]


def _event(event: Mapping[str, Any], home: tzinfo) -> Event:
    all_day = event.get("isAllDay") is True
    starts_at, ends_at = (_bound(event, name, home, all_day=all_day) for name in ("start", "end"))
    if starts_at is None:
        raise ValueError("it has no readable start")
    ends_at = max(starts_at, ends_at or starts_at)
    ical_uid, recurrence_id = _ical_uid(event), _recurrence_id(event, starts_at, home, all_day=all_day)
    organizer, attendees = _people(event)
    location, description = _place(event)
    return Event(
        key=f"{ical_uid}/{recurrence_id}" if recurrence_id else ical_uid,
        ical_uid=ical_uid,
        recurrence_id=recurrence_id,
        title=_text(event.get("subject"), _MAX_TITLE),
        description=description,
        location=location,
        starts_at=starts_at,
        ends_at=ends_at,
        all_day=all_day,
        timezone="" if all_day else _zone_name(event.get("originalStartTimeZone")),
        status=EventStatus.CANCELLED if event.get("isCancelled") is True else EventStatus.CONFIRMED,
        private=_word(event.get("sensitivity")) in {"private", "confidential"},
        transparent=_word(event.get("showAs")) in {"free", "workingelsewhere", "oof"},
        away=_word(event.get("showAs")) == "oof",
        organizer=organizer,
        attendees=attendees,
        updated_at=_instant(event.get("lastModifiedDateTime")),
    )


def _ical_uid(event: Mapping[str, Any]) -> str:
    """The UID of the series or single event; Graph's own id where an event has none."""
    master = _mapping(event.get("seriesMaster"))
    named = (event.get("uid"), master.get("uid"), master.get("iCalUId"), event.get("iCalUId"))
    for uid in (_text(name, 500) for name in named):
        if uid:
            return series_uid(uid)
    own = _text(master.get("id") or event.get("seriesMasterId") or event.get("id"), 500)
    if not own:
        raise ValueError("it has no id")
    return f"graph:{own}"


def _recurrence_id(event: Mapping[str, Any], starts_at: datetime, home: tzinfo, *, all_day: bool) -> str:
    """When an occurrence of a series was first to begin: an instant in UTC, or a day (RFC 5545, 3.8.4.4).

    Only one that was moved need say so.
    """
    if not event.get("seriesMasterId"):
        return ""
    original = _instant(event.get("originalStart")) or starts_at
    if not all_day:
        return original.isoformat()
    if original is starts_at:
        return original.astimezone(home).date().isoformat()
    # The midnight of an all-day event is UTC's or that of the zone it was entered in.
    entered = UTC if original.time() == time() else _zone(event.get("originalStartTimeZone")) or home
    return original.astimezone(entered).date().isoformat()


def _bound(event: Mapping[str, Any], name: str, home: tzinfo, *, all_day: bool) -> datetime | None:
    """Start or end in UTC; days begin at midnight of the company's zone, whatever zone they are told in (D5.16)."""
    told = _mapping(event.get(name))
    try:
        moment = datetime.fromisoformat(_text(told.get("dateTime"), 40))
    except ValueError:
        return None
    if all_day:
        return _midnight(moment.date(), home)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=_zone(told.get("timeZone")) or home)
    return moment.astimezone(UTC)


def _midnight(day: date, home: tzinfo) -> datetime:
    return datetime.combine(day, time(), home).astimezone(UTC)


def _instant(value: Any) -> datetime | None:
    """A DateTimeOffset; None when it is missing or Graph's word for never, the year 1."""
    try:
        moment = datetime.fromisoformat(_text(value, 40))
    except ValueError:
        return None
    if moment.year <= 1 or moment.tzinfo is None:
        return None
    return moment.astimezone(UTC)


def _zone(name: Any) -> tzinfo | None:
    """The zone of an IANA or a Windows name, None for any other."""
    known = _zone_name(name)
    return UTC if known == "UTC" else ZoneInfo(known) if known else None


def _zone_name(name: Any) -> str:
    """The IANA name of a zone, ``""`` for a custom or unknown one."""
    text = _text(name, 100)
    known = _ZONES.get(text.casefold(), text)
    if known.casefold() in {"utc", "etc/utc", "etc/gmt", "tzone://microsoft/utc"}:
        return "UTC"
    try:
        return ZoneInfo(known).key if known else ""
    except (KeyError, ValueError, OSError):
        return ""


def _people(event: Mapping[str, Any]) -> tuple[str, tuple[Attendee, ...]]:
    """The organizer's address and everybody taking part, the organizer always among them; rooms are nobody."""
    host = _mapping(_mapping(event.get("organizer")).get("emailAddress"))
    organizer = _address(host)
    listed = event.get("attendees")
    people: dict[str, Attendee] = {}
    for told in map(_mapping, listed[:_MAX_ATTENDEES] if isinstance(listed, list) else ()):
        person = _mapping(told.get("emailAddress"))
        address = _address(person)
        if address and _word(told.get("type")) != "resource":
            answer = _PARTSTATS.get(_word(_mapping(told.get("status")).get("response")), PartStat.NEEDS_ACTION)
            people.setdefault(address, Attendee(_text(person.get("name"), 200), address, answer, address == organizer))
    if organizer and organizer not in people:
        first = Attendee(_text(host.get("name"), 200), organizer, PartStat.ACCEPTED, organizer=True)
        people = {organizer: first, **people}
    return organizer, tuple(people.values())


def _address(person: Mapping[str, Any]) -> str:
    """An addr-spec; Exchange also has internal names that are none."""
    address = _text(person.get("address"), 320).lower()
    return address if "@" in address and " " not in address else ""


def _place(event: Mapping[str, Any]) -> tuple[str, str]:
    """Location and description, with the link of an online meeting in one of them."""
    location = _text(_mapping(event.get("location")).get("displayName"), _MAX_TITLE)
    description = _text(_mapping(event.get("body")).get("content"), _MAX_TEXT)
    link = _text(_mapping(event.get("onlineMeeting")).get("joinUrl") or event.get("onlineMeetingUrl"), _MAX_TITLE)
    if not link or link in location or link in description:
        return location, description
    return (location, f"{description}\n{link}".strip()) if location else (link, description)


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _word(value: Any) -> str:
    return _text(value, 40).lower()


def _text(value: Any, limit: int) -> str:
    """A string, bounded; ``""`` for anything else. A lone surrogate cannot be stored."""
    if not isinstance(value, str):
        return ""
    return value[:limit].replace("\x00", "").encode("utf-8", "replace").decode().strip()
