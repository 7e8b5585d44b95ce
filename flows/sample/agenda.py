"""The calendars of the story as iCalendar files (RFC 5545) and the invitations mails carry (RFC 5546)."""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from flows.sample.clock import StoryClock
from flows.sample.script import STORY, Person

Entry = Mapping[str, Any]

OCTETS = 75
OUTLOOK_ZONE = "W. Europe Standard Time"
"""Windows' name for the zone; Ben's calendar comes from there (D5.16)."""

_VTIMEZONE = (
    "BEGIN:VTIMEZONE",
    "TZID:{name}",
    "BEGIN:DAYLIGHT",
    "DTSTART:19810329T020000",
    "RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU",
    "TZOFFSETFROM:+0100",
    "TZOFFSETTO:+0200",
    "END:DAYLIGHT",
    "BEGIN:STANDARD",
    "DTSTART:19961027T030000",
    "RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU",
    "TZOFFSETFROM:+0200",
    "TZOFFSETTO:+0100",
    "END:STANDARD",
    "END:VTIMEZONE",
)


def read_agenda() -> tuple[Entry, ...]:
    """The entries of ``agenda.toml`` as written there."""
    return tuple(tomllib.loads((STORY / "agenda.toml").read_text("utf-8"))["event"])


@dataclass(frozen=True, slots=True)
class Agenda:
    """Writes the calendars of one story at one time."""

    entries: tuple[Entry, ...]
    people: Mapping[str, Person]
    clock: StoryClock

    def calendar(self, owner: str) -> str:
        """The .ics file of a colleague: everything whose ``in`` names them."""
        zone = OUTLOOK_ZONE if owner == "ben" else "Europe/Berlin"
        lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Kestrel Row//Sample//EN", *self._vtimezone(zone)]
        for entry in self.entries:
            if owner in entry["in"]:
                lines += self._vevents(entry, zone)
        return folded([*lines, "END:VCALENDAR"])

    def invitation(self, name: str, method: str, *, answered_by: str = "") -> str:
        """One entry as an iTIP message; a REPLY names only who answers."""
        entry = dict(next(entry for entry in self.entries if entry["id"] == name))
        if answered_by:
            entry["attendees"] = [who for who in entry["attendees"] if self._address(who.split()[0]) == answered_by]
        if method == "REQUEST":
            entry["attendees"] = [
                who if who.startswith(entry["organizer"]) else who.split()[0] for who in entry["attendees"]
            ]
        if method == "CANCEL":
            entry |= {"status": "CANCELLED"}
        zone = "Europe/Berlin"
        head = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Kestrel Row//Sample//EN", f"METHOD:{method}"]
        return folded([*head, *self._vtimezone(zone), *self._vevents(entry, zone), "END:VCALENDAR"])

    def _vtimezone(self, name: str) -> list[str]:
        return [line.format(name=name) for line in _VTIMEZONE]

    def _vevents(self, entry: Entry, zone: str) -> Iterator[str]:
        yield from self._vevent(entry, zone)
        for change in entry.get("override", ()):
            merged = {**entry, **change}
            for key in ("rrule", "exdate", "override"):
                merged.pop(key, None)
            yield from self._vevent(merged, zone)

    def _vevent(self, entry: Entry, zone: str) -> Iterator[str]:
        yield "BEGIN:VEVENT"
        yield f"UID:{entry.get('uid', entry['id'])}@kestrelrow.example"
        yield f"DTSTAMP:{self._utc(entry.get('made', 'Mon-3 09:00'))}"
        yield f"SEQUENCE:{entry.get('sequence', 0)}"
        if "replaces" in entry:
            yield self._time("RECURRENCE-ID", entry["replaces"], zone)
        yield from self._bounds(entry, zone)
        if "rrule" in entry:
            yield f"RRULE:{entry['rrule']}"
        for day in entry.get("exdate", ()):
            yield self._time("EXDATE", day, zone)
        yield f"SUMMARY:{escaped(entry['title'])}"
        for key in ("description", "location"):
            if key in entry:
                yield f"{key.upper()}:{escaped(self.clock.fill(entry[key]))}"
        for key in ("status", "class", "transp"):
            if key in entry:
                yield f"{key.upper()}:{entry[key]}"
        yield from self._attendees(entry)
        yield "END:VEVENT"

    def _bounds(self, entry: Entry, zone: str) -> Iterator[str]:
        if "days" in entry:
            first = self.clock.day(entry["start"])
            yield f"DTSTART;VALUE=DATE:{first:%Y%m%d}"
            yield f"DTEND;VALUE=DATE:{first + timedelta(days=entry['days']):%Y%m%d}"
            return
        start = self.clock.local(entry["start"])
        zone = entry.get("zone", zone)
        yield self._stamp("DTSTART", start, zone)
        yield self._stamp("DTEND", start + timedelta(minutes=entry["minutes"]), zone)

    def _attendees(self, entry: Entry) -> Iterator[str]:
        if "attendees" not in entry:
            return
        organizer = self.people[entry["organizer"]]
        yield f"ORGANIZER;CN={organizer.name}:mailto:{organizer.address}"
        for attendee in entry["attendees"]:
            key, _, answer = attendee.partition(" ")
            name = self.people[key].name if key in self.people else key
            status = (answer or "needs-action").upper()
            yield f'ATTENDEE;CN="{name}";ROLE=REQ-PARTICIPANT;PARTSTAT={status}:mailto:{self._address(key)}'

    def _address(self, key: str) -> str:
        return self.people[key].address if key in self.people else key

    def _time(self, name: str, spec: str, zone: str) -> str:
        return self._stamp(name, self.clock.local(spec), zone)

    def _stamp(self, name: str, at: datetime, zone: str) -> str:
        if zone == "UTC":
            return f"{name}:{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"
        return f"{name}:{at:%Y%m%dT%H%M%S}" if zone == "floating" else f"{name};TZID={zone}:{at:%Y%m%dT%H%M%S}"

    def _utc(self, spec: str) -> str:
        return f"{self.clock.instant(spec):%Y%m%dT%H%M%SZ}"


def escaped(text: str) -> str:
    """TEXT as RFC 5545, 3.3.11 wants it."""
    return text.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,").replace("\n", "\\n")


def folded(lines: list[str]) -> str:
    """Content lines of at most 75 octets (RFC 5545, 3.1), joined with CRLF."""
    out: list[str] = []
    for line in lines:
        rest = line
        while len(rest.encode()) > OCTETS:
            cut = next(size for size in range(OCTETS, 0, -1) if len(rest[:size].encode()) <= OCTETS)
            out.append(rest[:cut])
            rest = " " + rest[cut:]
        out.append(rest)
    return "\r\n".join(out) + "\r\n"
