"""Splitting iCalendar text (RFC 5545) into calendar objects without interpreting it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha256

_FOLD = re.compile(rb"\r?\n[ \t]")
_TZID = re.compile(rb'TZID="?([^":;,\r\n]+)')


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarObject:
    """All events of one calendar that share a UID, as a complete VCALENDAR (RFC 4791, section 4.1).

    Attributes:
        ical_uid: Their UID; one made from the content's hash where they have none.
        data: UTF-8 text with CRLF line ends: the calendar's properties, the time zones in use, the events.
    """

    ical_uid: str
    data: bytes


class SplitError(ValueError):
    """The text is no well-nested iCalendar stream."""


@dataclass(slots=True)
class _Component:
    """One ``BEGIN`` to ``END``: its own content lines, and its parts in order."""

    name: bytes
    lines: list[bytes] = field(default_factory=list)
    parts: list["_Component"] = field(default_factory=list)

    def value(self, key: bytes) -> bytes:
        """Return the first value of one of its own properties, unfolded; ``b""`` if it has none."""
        for line in self.lines:
            name, _, value = _FOLD.sub(b"", line).partition(b":")
            if name.partition(b";")[0].strip().upper() == key:
                return value.strip()
        return b""

    def text(self) -> bytes:
        """Return it as text again; the properties come before the parts, as RFC 5545, 3.6 has it."""
        inner = b"".join([*(line + b"\r\n" for line in self.lines), *(part.text() for part in self.parts)])
        return b"BEGIN:%b\r\n%bEND:%b\r\n" % (self.name, inner, self.name)


def split_calendar(data: bytes) -> list[CalendarObject]:
    """Split a file of one or more VCALENDARs into its calendar objects, in order of first appearance.

    To-dos, journals and free/busy times are left out.

    Args:
        data: The file; UTF-8 with or without byte order mark, UTF-16 with one, else taken as Windows-1252.

    Raises:
        SplitError: Components are not nested properly, or there is no VCALENDAR.
    """
    calendars = _components(_lines(in_utf8(data)))
    if not calendars or any(calendar.name != b"VCALENDAR" for calendar in calendars):
        raise SplitError("there is no VCALENDAR")
    return [found for calendar in calendars for found in _objects(calendar)]


def in_utf8(data: bytes) -> bytes:
    """Return iCalendar text as UTF-8 without byte order mark, from whatever encoding it was saved in."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace").encode()
    data = data.removeprefix(b"\xef\xbb\xbf")
    # Folding counts octets and may cut a character in two (RFC 5545, 3.1): unfold before giving up on UTF-8.
    for text in (data, _FOLD.sub(b"", data)):
        try:
            text.decode()
        except UnicodeDecodeError:
            continue
        return text
    return data.decode("cp1252", "replace").encode()


def _lines(data: bytes) -> Iterator[bytes]:
    """Yield content lines with their continuations, still folded, without the last line end and without blank lines."""
    held = b""
    for line in data.splitlines():
        if line[:1] in (b" ", b"\t") and held:
            held += b"\r\n" + line
            continue
        if held.strip():
            yield held
        held = line
    if held.strip():
        yield held


def _components(lines: Iterator[bytes]) -> list[_Component]:
    """Nest the components.

    Raises:
        SplitError: An END without its BEGIN, a BEGIN without its END, or text outside.
    """
    top: list[_Component] = []
    open_: list[_Component] = []
    for line in lines:
        key, _, value = _FOLD.sub(b"", line).partition(b":")
        key, name = key.strip().upper(), value.strip().upper()
        if key == b"BEGIN":
            component = _Component(name)
            (open_[-1].parts if open_ else top).append(component)
            open_.append(component)
        elif key == b"END":
            if not open_ or open_.pop().name != name:
                raise SplitError("END without its BEGIN")
        elif open_:
            open_[-1].lines.append(line)
        else:
            raise SplitError("text outside a component")
    if open_:
        raise SplitError("BEGIN without its END")
    return top


def _objects(calendar: _Component) -> Iterator[CalendarObject]:
    """Group the events of one VCALENDAR by UID and give each group the time zones it names."""
    groups: dict[str, list[_Component]] = {}
    for event in (part for part in calendar.parts if part.name == b"VEVENT"):
        ical_uid = event.value(b"UID").decode() or f"sha256:{sha256(event.text()).hexdigest()[:32]}"
        groups.setdefault(ical_uid, []).append(event)
    zones = {zone.value(b"TZID"): zone for zone in calendar.parts if zone.name == b"VTIMEZONE"}
    for ical_uid, events in groups.items():
        named = {name for event in events for name in _TZID.findall(_FOLD.sub(b"", event.text()))}
        used = [zone for name, zone in zones.items() if name in named]
        whole = _Component(calendar.name, calendar.lines, [*used, *events])
        yield CalendarObject(ical_uid=ical_uid, data=whole.text())
