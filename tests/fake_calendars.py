"""Google Calendar's lists as a fake answers them: sync tokens that expire, deleted events, pages, iCalendar UIDs."""

import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

Json = dict[str, Any]
_GONE = {"error": {"code": 410, "errors": [{"reason": "fullSyncRequired"}]}}
_MISSING = {"error": {"code": 404, "errors": [{"reason": "notFound"}]}}


@dataclass(slots=True)
class FakeCalendar:
    """One calendar.

    Attributes:
        entry: What ``calendarList`` says of it.
        events: Event resources by identifier, each with the version it was last changed in.
        version: Counts changes.
        oldest: Sync tokens from before this version are void.
    """

    entry: Json
    events: dict[str, tuple[int, Json]] = field(default_factory=dict)
    version: int = 0
    oldest: int = 0

    def put(self, event: Json) -> None:
        """Add or change an event; what a test leaves out gets the usual value."""
        self.version += 1
        usual = {"status": "confirmed", "iCalUID": f"{event['id']}@google.com", "etag": f'"{self.version}"'}
        self.events[event["id"]] = (self.version, {**usual, **event})

    def cancel(self, key: str, **more: Any) -> None:
        """Cancel an event, which keeps its details, as the organizer's calendar shows it."""
        self.put({**self.events[key][1], "status": "cancelled", **more})

    def strip(self, key: str, *left: str) -> None:
        """Delete an event so that only these fields are left beside identifier and status."""
        before = self.events[key][1]
        self.version += 1
        self.events[key] = (self.version, {"id": key, "status": "cancelled", **{name: before[name] for name in left}})

    def purge(self, key: str) -> None:
        """Forget an event, as Google does weeks after it was deleted."""
        del self.events[key]


@dataclass(slots=True)
class FakeCalendars:
    """All calendars of one user, the primary one from the start."""

    calendars: dict[str, FakeCalendar] = field(default_factory=dict)
    page_size: int = 250

    def __post_init__(self) -> None:
        """Make the primary calendar."""
        self.add("ana@northwind.example", summary="Ana", primary=True)

    @property
    def primary(self) -> FakeCalendar:
        """The user's own calendar."""
        return self.calendars["ana@northwind.example"]

    def add(self, key: str, **entry: Any) -> FakeCalendar:
        """Add a calendar; the user owns it if not said otherwise."""
        usual = {"id": key, "summary": key, "timeZone": "Europe/Berlin", "accessRole": "owner", "selected": True}
        self.calendars[key] = FakeCalendar({**usual, **entry})
        return self.calendars[key]

    def answer(self, path: str, query: dict[str, list[str]]) -> tuple[int, Json]:
        """Answer a request below ``/calendar/v3/``."""
        match path.split("/"):
            case ["users", "me", "calendarList"]:
                return self._page([calendar.entry for calendar in self.calendars.values()], query)
            case ["calendars", key, "events"] if unquote(key) in self.calendars:
                return self._list(self.calendars[unquote(key)], query)
            case ["calendars", key, "events", event] if unquote(event) in self.calendars[unquote(key)].events:
                return 200, self.calendars[unquote(key)].events[unquote(event)][1]
            case _:
                return 404, _MISSING

    def _list(self, calendar: FakeCalendar, query: dict[str, list[str]]) -> tuple[int, Json]:
        token, uid = int(query.get("syncToken", ["-1"])[0]), query.get("iCalUID", [""])[0]
        if 0 <= token < calendar.oldest:
            return 410, _GONE
        deleted = token >= 0 or query.get("showDeleted") == ["true"]
        found = [
            event
            for version, event in calendar.events.values()
            if version > token
            and (deleted or event["status"] != "cancelled")
            and (not uid or event.get("iCalUID") == uid)
        ]
        status, answer = self._page(found, query)
        if "nextPageToken" not in answer and not uid:
            answer["nextSyncToken"] = str(calendar.version)
        return status, {**answer, "timeZone": calendar.entry["timeZone"]}

    def _page(self, found: list[Json], query: dict[str, list[str]]) -> tuple[int, Json]:
        first = int(query.get("pageToken", ["0"])[0])
        size = min(int(query.get("maxResults", ["250"])[0]), self.page_size)
        more = {"nextPageToken": str(first + size)} if first + size < len(found) else {}
        return 200, {"items": json.loads(json.dumps(found[first : first + size])), **more}
