"""iCalendar text as components (RFC 5545), whatever is broken in it: one bad entry does not hide the others."""

import re
import warnings
from collections.abc import Iterator
from itertools import islice
from typing import Any, Final

from icalendar import Calendar, Component
from icalendar.prop import vBroken

from domain.signals import Problem

MAX_COMPONENTS = 20_000
RECURRENCE: Final = ("RRULE", "RDATE", "EXDATE", "EXRULE")
# Outlook writes a colon into a parameter without quoting it, others quote the name where it is defined.
_COLON_ZONE = re.compile(rb"(;TZID=)(tzone://Microsoft/[A-Za-z]{1,20})")
_QUOTED_ZONE = re.compile(rb'(?<=\nTZID:)"([^"\r\n]{1,200})"(?=\r?\n)')
_EVENT = re.compile(rb"^BEGIN:VEVENT[ \t]*\r?$.*?^END:VEVENT[ \t]*\r?$", re.MULTILINE | re.DOTALL | re.IGNORECASE)
_ALARM = re.compile(rb"^BEGIN:VALARM[ \t]*\r?$.*?^END:VALARM[ \t]*\r?\n?", re.MULTILINE | re.DOTALL | re.IGNORECASE)
_ZONE = re.compile(rb"^BEGIN:VTIMEZONE[ \t]*\r?$.*?^END:VTIMEZONE[ \t]*\r?$", re.MULTILINE | re.DOTALL | re.IGNORECASE)


def drop_broken(components: list[Component], problems: list[Problem]) -> None:
    """Remove properties that cannot be read; a lost rule or exception is worth telling, a lost decoration is not."""
    for component in components:
        for name, value in list(component.items()):
            kept = [one for one in (value if isinstance(value, list) else [value]) if not isinstance(one, vBroken)]
            if len(kept) == (len(value) if isinstance(value, list) else 1):
                continue
            del component[name]
            if kept:
                component[name] = kept
            if name in RECURRENCE:
                problems.append(problem_of(component, ValueError(f"its {name} is not valid; it is left out")))


def problem_of(component: Component, error: Exception) -> Problem:
    """What is wrong with an entry, as a sentence that names it."""
    title = text_of(component, "UID", 80) or "without UID"
    return Problem(
        f"The calendar entry {title} cannot be read: {type(error).__name__} {str(error)[:200]}".strip(), "parse"
    )


def calendars_in(data: bytes, problems: list[Problem]) -> list[Component]:
    """The VCALENDARs in ``data``; when the whole cannot be read, every entry by itself."""
    if not data.strip():
        return [*_none(problems, "It is empty.")]
    text = data.removeprefix(b"\xef\xbb\xbf").replace(b"\x00", b"")
    text = _QUOTED_ZONE.sub(rb"\1", _COLON_ZONE.sub(rb'\1"\2"', text))
    try:
        found = _read(text)
    except Exception as error:  # noqa: BLE001 - see parse_events
        return _piecewise(text, problems, error)
    calendars = [component for component in found if component.name == "VCALENDAR"]
    if not calendars and not any(component.name == "VEVENT" for component in found):
        return [*_none(problems, "There is no calendar in it.")]
    if not calendars:
        calendars = [wrapped(list(found))]
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


def wrapped(components: list[Component]) -> Calendar:
    """A calendar of these components."""
    calendar = Calendar()
    for component in components:
        calendar.add_component(component)
    return calendar


def _piecewise(text: bytes, problems: list[Problem], error: Exception) -> list[Component]:
    zones = b"\r\n".join(match[0] for match in islice(_ZONE.finditer(text), 100))
    method = re.search(rb"^METHOD:[A-Za-z-]{1,20}", text, re.MULTILINE)
    head = b"BEGIN:VCALENDAR\r\n" + (method[0] + b"\r\n" if method else b"")
    good: list[Component] = []
    for match in islice(_EVENT.finditer(text), MAX_COMPONENTS):
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


def text_of(component: Component, name: str, limit: int) -> str:
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
