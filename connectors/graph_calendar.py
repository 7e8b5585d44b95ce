"""Calendars in Microsoft 365 and Outlook.com, read by delta queries of Microsoft Graph."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, ClassVar

from connectors.graph_folders import free_name
from connectors.graph_http import GraphClient
from connectors.graph_marks import without_removed
from connectors.graph_source import GraphSource
from connectors.graph_views import CalendarReader
from domain.sources import Cursor, Held, Page


def _clock() -> datetime:
    return datetime.now(UTC)


@dataclass(slots=True, kw_only=True)
class GraphCalendarSource(GraphSource):
    """The calendars of one mailbox, within a window of time.

    An item is one event as it stands in the calendar: a single one, or one occurrence of a series. Its UID is Graph's
    immutable id, its ETAG the content's hash. Calendars come by name.

    The cursor keeps, by the calendar's id, its ``name``, the window (``start``, ``end``) and the ``link`` where to go
    on. Its beginning stays what it was at the first run, 400 days back; its end moves on when less than half of the
    400 days ahead are left, with a new round of delta queries.
    """

    kind: ClassVar[str] = "graph_calendar"
    permission: ClassVar[str] = "Calendars.Read"
    now: Callable[[], datetime] = _clock

    def changes(self, cursor: Cursor, held: Held) -> Iterator[Page]:
        """Yield what is new, changed or gone, calendar by calendar.

        Raises:
            SourceError: As the protocol says; what was yielded before stays valid.
        """
        marks: dict[str, Any] = dict(cursor.get("calendars", {}))
        with self._conversation() as client:
            present = _calendars(client)
            for calendar, name in sorted(present.items(), key=lambda entry: entry[1]):
                if self.folders.wants(name, delimiter=""):
                    reader = CalendarReader(client, calendar, name, marks, self.size_limit)
                    yield from reader.pages(held, set(present.values()), self.now())
        yield without_removed(marks, present, key="calendars")

    def check(self) -> str:
        """Sign in and count calendars."""
        with self._conversation(attempts=2) as client:
            wanted = [name for name in _calendars(client).values() if self.folders.wants(name, delimiter="")]
        return f"{self.access.username or 'The mailbox'} at {self.access.host} has {len(wanted)} calendars."


def _calendars(client: GraphClient) -> dict[str, str]:
    """Return the names of all calendars by id; those that have one name in common are numbered."""
    found: dict[str, str] = {}
    told = client.every("calendars", {"$select": "name", "$top": 100})
    for entry in sorted(told, key=lambda entry: str(entry["id"])):
        name = str(entry.get("name") or entry["id"])
        found[str(entry["id"])] = free_name(name, set(found.values()))
    return found
