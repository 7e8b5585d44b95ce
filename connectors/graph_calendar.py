"""Calendars in Microsoft 365 and Outlook.com, read by delta queries of Microsoft Graph."""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Self

from connectors.folder_choice import ALL_BUT_UNWANTED, FolderChoice
from connectors.graph_access import GraphAccess, endpoint_of
from connectors.graph_folders import free_name
from connectors.graph_http import GraphClient, conversation
from connectors.graph_marks import without_removed
from connectors.graph_patience import Patience
from connectors.graph_views import CalendarReader
from connectors.oauth import grant_of
from connectors.options import DEFAULT_SIZE_LIMIT, size_limit_of
from domain.sources import Cursor, Held, Page

PERMISSION = "Calendars.Read"


def _clock() -> datetime:
    return datetime.now(UTC)


@dataclass(slots=True, kw_only=True)
class GraphCalendarSource:
    """The calendars of one mailbox, within a window of time.

    An item is one event as it stands in the calendar: a single one, or one occurrence of a series. Its UID is Graph's
    immutable id, its ETAG the content's hash. Calendars come by name.

    The cursor keeps, by the calendar's id, its ``name``, the window (``start``, ``end``) and the ``link`` where to go
    on. Its beginning stays what it was at the first run, 400 days back; its end moves on when less than half of the
    400 days ahead are left, with a new round of delta queries.
    """

    name: str
    access: GraphAccess
    folders: FolderChoice = ALL_BUT_UNWANTED
    size_limit: int = DEFAULT_SIZE_LIMIT
    sleep: Callable[[float], None] = time.sleep
    now: Callable[[], datetime] = _clock

    @classmethod
    def from_options(cls, name: str, options: Mapping[str, Any], secret: str | None = None) -> Self:
        """Make the source from its configuration; the options are those of ``graph_mail``.

        Raises:
            ConfigError: Something is missing or not allowed.
        """
        access = GraphAccess(
            source=name,
            grant=grant_of("graph_calendar", name, options, secret),
            permission=PERMISSION,
            endpoint=endpoint_of(options, source=name),
            username=str(options.get("username") or ""),
        )
        return cls(
            name=name, access=access, folders=FolderChoice.from_options(options), size_limit=size_limit_of(options)
        )

    def changes(self, cursor: Cursor, held: Held) -> Iterator[Page]:
        """Yield what is new, changed or gone, calendar by calendar.

        Raises:
            SourceError: As the protocol says; what was yielded before stays valid.
        """
        marks: dict[str, Any] = dict(cursor.get("calendars", {}))
        with conversation(self.access, Patience(sleep=self.sleep)) as client:
            present = _calendars(client)
            for calendar, name in sorted(present.items(), key=lambda entry: entry[1]):
                if self.folders.wants(name, delimiter=""):
                    reader = CalendarReader(client, calendar, name, marks, self.size_limit)
                    yield from reader.pages(held, set(present.values()), self.now())
        yield without_removed(marks, present, key="calendars")

    def check(self) -> str:
        """Sign in and count calendars."""
        with conversation(self.access, Patience(sleep=self.sleep)) as client:
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
