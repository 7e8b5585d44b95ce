"""Google Calendar's JSON as events: translated to iCalendar (RFC 5545) and read as that.

A calendar object comes as ``{"calendar": {"timeZone": ...}, "items": [...]}``, where items are Event resources of the
Calendar API with one ``iCalUID``: a single entry, or a series and its exceptions.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final

from icalendar import Calendar
from icalendar import Event as Component

from domain.events import Event
from domain.signals import Problem
from extraction.calendar_objects import parse_events
from extraction.google_fields import add_people, add_texts, moment, text_of

_RECURRENCE: Final = ("RRULE", "RDATE", "EXDATE", "EXRULE")
_BEGIN: Final = b"\r\nBEGIN:VEVENT\r\n"  # a line of its own: text that says so is escaped or folded
_MAX_ITEMS: Final = 20_000

_Json = Mapping[str, Any]


def parse_google_events(
    data: bytes, *, zone: str, until: datetime, max_occurrences: int = 2000
) -> tuple[list[Event], list[Problem]]:
    """Read a calendar object of the Google Calendar API; what is broken becomes a Problem, the rest is read.

    Args:
        data: JSON in UTF-8, see above.
        zone: IANA name; all-day entries are read in it.
        until: Series are expanded up to this instant.
        max_occurrences: At most this many occurrences of one series, the latest ones.

    Returns:
        Occurrences in the order of their time, and the problems met. Cancelled ones are among them (D5.1).
    """
    try:
        found = json.loads(data)
        home = text_of(found["calendar"], "timeZone")
        items = [item for item in found["items"] if isinstance(item, Mapping)][:_MAX_ITEMS]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        return [], [Problem(f"The calendar entry cannot be read: {type(error).__name__}.", "parse")]
    text, problems = _as_icalendar(items, home or zone)
    if not text:
        return [], problems or [Problem("The calendar entry is empty.", "parse")]
    events, more = parse_events(text, zone=zone, until=until, max_occurrences=max_occurrences)
    return events, [*problems, *more]


def _as_icalendar(items: Sequence[_Json], home: str) -> tuple[bytes, list[Problem]]:
    """Return a VCALENDAR with all that could be translated, empty when nothing could."""
    calendar = Calendar()
    calendar.add("PRODID", "-//Accountline//Google Calendar//EN")
    calendar.add("VERSION", "2.0")
    rules: list[bytes] = []
    problems: list[Problem] = []
    master: _Json = next((item for item in items if "recurringEventId" not in item), {})
    for item in items:
        try:
            component = _component(_whole(item, master), home)
        except (ValueError, OverflowError, TypeError, AttributeError) as error:
            title = text_of(item, "iCalUID", 80) or text_of(item, "id", 80)
            problems.append(Problem(f"The calendar entry {title} cannot be read: {str(error)[:200]}".strip(), "parse"))
            continue
        rules.append(b"".join(_recurrence(item)))
        calendar.add_component(component)
    if not rules:
        return b"", problems
    # The rules are already iCalendar: they go in as they came, so that the reader judges them as everybody else's.
    head, *entries = calendar.to_ical().split(_BEGIN)
    return _BEGIN.join([head, *map(bytes.__add__, rules, entries)]), problems


def _whole(item: _Json, master: _Json) -> _Json:
    """Return a cancelled exception with what its series says, for it names its original start at most."""
    original = item.get("originalStartTime")
    if item is master or "start" in item or not isinstance(original, Mapping):
        return item
    whole = {**master, **item, "start": original}
    whole.pop("recurrence", None)
    whole.pop("end", None)
    return {**whole, "lasts": _length(master)}


def _length(item: _Json) -> timedelta:
    start, end = moment(item.get("start"), "UTC"), moment(item.get("end"), "UTC")
    return end - start if start and end and type(start) is type(end) else timedelta()


def _component(item: _Json, home: str) -> Component:
    component = Component()
    component.add("UID", text_of(item, "iCalUID", 500) or text_of(item, "recurringEventId") or text_of(item, "id", 500))
    start = moment(item.get("start"), home)
    if start:
        component.add("DTSTART", start)
        end = _end(item, start, home)
        if end:
            component.add("DTEND", end)
    if item.get("recurringEventId") and (original := moment(item.get("originalStartTime"), home)):
        component.add("RECURRENCE-ID", original)
    sequence = item.get("sequence")
    component.add("SEQUENCE", sequence if isinstance(sequence, int) and 0 <= sequence < 2**31 else 0)
    if updated := moment({"dateTime": item.get("updated")}, "UTC"):
        component.add("LAST-MODIFIED", updated)
    add_texts(component, item)
    add_people(component, item)
    return component


def _end(item: _Json, start: date, home: str) -> date | None:
    """The end; None for one that was left open, which ends as it starts."""
    lasts = item.get("lasts")
    if isinstance(lasts, timedelta):
        return start + lasts if lasts else None
    return None if item.get("endTimeUnspecified") is True else moment(item.get("end"), home)


def _recurrence(item: _Json) -> list[bytes]:
    """RRULE, RDATE, EXDATE and EXRULE as they came; anything else in that place is left out."""
    lines = item.get("recurrence")
    return [
        f"{line}\r\n".encode()
        for line in (lines if isinstance(lines, list) else [])
        if isinstance(line, str) and line.upper().startswith(_RECURRENCE) and line.isprintable()
    ]
