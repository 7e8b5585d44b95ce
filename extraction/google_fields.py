"""Fields of the Google Calendar API's Event resource as properties of RFC 5545."""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from icalendar import Event as Component
from icalendar import vCalAddress

from extraction.html_text import html_to_text

_PARTSTAT: Final = {
    "accepted": "ACCEPTED",
    "declined": "DECLINED",
    "tentative": "TENTATIVE",
    "needsAction": "NEEDS-ACTION",
}
_NO_MEETING: Final = frozenset({"outOfOffice", "focusTime", "workingLocation", "birthday"})
"""Event types that are the owner's own affair: they block nobody else's time, as a hold does not."""

_NOBODY: Final = "calendar.google.com"
"""Domain of calendars, rooms and unknown organizers, which are no people."""

_HTML: Final = re.compile(r"<(?:br|p|a|b|i|u|ul|ol|li|div|span|html-blob)[\s/>]", re.IGNORECASE)
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_MAX_TEXT: Final = 65_536
_MAX_ATTENDEES: Final = 1_000


def text_of(item: Mapping[str, Any], key: str, limit: int = 1_000) -> str:
    """Return a field as text, bounded and without control characters; ``""`` when it is missing or no text."""
    value = item.get(key)
    return _CONTROL.sub("", value[:limit]).encode("utf-8", "replace").decode() if isinstance(value, str) else ""


def moment(value: Any, home: str) -> date | None:
    """Return the day or the aware instant in its own zone that a ``start``, ``end`` or the like names.

    Args:
        value: ``{"date": ...}`` or ``{"dateTime": ..., "timeZone": ...}``; anything else is None.
        home: IANA name of the calendar's zone, for an instant that names none.

    Raises:
        ValueError: It is not written as RFC 3339 says.
    """
    if not isinstance(value, Mapping):
        return None
    if day := text_of(value, "date", 10):
        return date.fromisoformat(day)
    written = text_of(value, "dateTime", 40)
    if not written:
        return None
    instant = datetime.fromisoformat(written)
    zone = _zone(text_of(value, "timeZone", 100) or home)
    if instant.tzinfo is None:
        return instant.replace(tzinfo=zone or UTC)
    return instant.astimezone(zone or UTC)


def _zone(name: str) -> ZoneInfo | None:
    """Return the zone of a name; None when nobody knows it, the offset beside it then says what is meant."""
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, LookupError):
        return None


def add_texts(component: Component, item: Mapping[str, Any]) -> None:
    """Add what an entry says, and how it counts: title, place, description, status, class, transparency.

    The address of a video call stands in LOCATION when there is no other, else below the description, so that rules
    on conference addresses find it.
    """
    location, description, call = text_of(item, "location"), _description(item), _conference(item)
    if call and call not in f"{location} {description}":
        location, description = (location, f"{description}\n\n{call}".strip()) if location else (call, description)
    component.add("SUMMARY", text_of(item, "summary"))
    if description:
        component.add("DESCRIPTION", description)
    if location:
        component.add("LOCATION", location)
    component.add("STATUS", text_of(item, "status", 20).upper() or "CONFIRMED")
    if text_of(item, "visibility", 20) in {"private", "confidential"}:
        component.add("CLASS", "PRIVATE")
    if text_of(item, "transparency", 20) == "transparent" or text_of(item, "eventType", 40) in _NO_MEETING:
        component.add("TRANSP", "TRANSPARENT")
    if text_of(item, "eventType", 40) == "outOfOffice":
        component.add("X-MICROSOFT-CDO-BUSYSTATUS", "OOF")


def _description(item: Mapping[str, Any]) -> str:
    """Return the description as text; people write it with markup or without."""
    text = text_of(item, "description", _MAX_TEXT)
    return html_to_text(text).strip() if _HTML.search(text) else text


def _conference(item: Mapping[str, Any]) -> str:
    if link := text_of(item, "hangoutLink"):
        return link
    conference = item.get("conferenceData")
    entries = conference.get("entryPoints") if isinstance(conference, Mapping) else None
    for entry in entries if isinstance(entries, list) else []:
        if isinstance(entry, Mapping) and entry.get("entryPointType") == "video":
            return text_of(entry, "uri")
    return ""


def add_people(component: Component, item: Mapping[str, Any]) -> None:
    """Add the organizer and who is invited; rooms and calendars are no people."""
    organizer = item.get("organizer")
    if isinstance(organizer, Mapping) and (person := _person(organizer)):
        component.add("ORGANIZER", person)
    attendees = item.get("attendees")
    for attendee in (attendees if isinstance(attendees, list) else [])[:_MAX_ATTENDEES]:
        if isinstance(attendee, Mapping) and attendee.get("resource") is not True and (person := _person(attendee)):
            person.params["PARTSTAT"] = _PARTSTAT.get(text_of(attendee, "responseStatus", 20), "NEEDS-ACTION")
            component.add("ATTENDEE", person)


def _person(party: Mapping[str, Any]) -> vCalAddress | None:
    address = text_of(party, "email", 320).strip()
    if "@" not in address or " " in address or address.lower().endswith(_NOBODY) or not address.isprintable():
        return None
    person = vCalAddress(f"mailto:{address}")
    if name := text_of(party, "displayName", 200).replace("\n", " ").replace('"', "'").strip():
        person.params["CN"] = name
    return person
