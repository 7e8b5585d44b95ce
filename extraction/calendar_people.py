"""Who takes part in a calendar entry, and what they answered (RFC 5545, 3.8.4.1 and 3.8.4.3)."""

import re
from typing import Any

from icalendar import Component

from domain.events import Attendee, PartStat

_MAX_ATTENDEES = 1_000


def read_attendees(component: Component) -> tuple[str, tuple[Attendee, ...]]:
    """The organizer's address and everybody taking part, the organizer always among them."""
    organizer = _calendar_address(component.get("ORGANIZER"))
    listed: Any = component.get("ATTENDEE") or []
    people: dict[str, Attendee] = {}
    for item in (listed if isinstance(listed, list) else [listed])[:_MAX_ATTENDEES]:
        if address := _calendar_address(item):
            people.setdefault(address, Attendee(_parameter(item, "CN"), address, _partstat(item), address == organizer))
    if organizer and organizer not in people:
        host: Any = component.get("ORGANIZER")
        host = host[0] if isinstance(host, list) else host
        people = {organizer: Attendee(_parameter(host, "CN"), organizer, PartStat.ACCEPTED, organizer=True), **people}
    return organizer, tuple(people.values())


def parameter_address(value: Any, name: str) -> str:
    """The address in a parameter such as SENT-BY, ``""`` when there is none."""
    if isinstance(value, list):
        value = value[0] if value else None
    return _addr_spec(_parameter(value, name))


def _addr_spec(text: str) -> str:
    address = re.sub(r"^mailto:", "", text.strip(" \"'"), flags=re.IGNORECASE).strip(" <>\"'").lower()
    return address[:320] if "@" in address and " " not in address else ""


def _calendar_address(value: Any) -> str:
    """The addr-spec of a CAL-ADDRESS; Exchange writes EMAIL beside an internal name (RFC 7986, 6.2)."""
    if isinstance(value, list):
        value = value[0] if value else None
    if address := _addr_spec(str(value or "")):
        return address
    email = _parameter(value, "EMAIL").lower()
    return email[:320] if "@" in email else ""


def _parameter(value: Any, name: str) -> str:
    params = getattr(value, "params", None) or {}
    return str(params.get(name, "")).strip(" \"'")[:200]


def _partstat(value: Any) -> PartStat:
    try:
        return PartStat(_parameter(value, "PARTSTAT").lower())
    except ValueError:
        return PartStat.NEEDS_ACTION
