"""Who reads which kind of calendar object: the media type its source gave it decides (``RawEvent.media_type``)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final, Protocol

from domain.events import Event
from domain.signals import Problem
from domain.sources import CALENDAR, GOOGLE_EVENTS
from extraction.calendar_objects import parse_events
from extraction.google_events import parse_google_events
from extraction.graph_events import GRAPH_EVENT, parse_graph_events


class EventReader(Protocol):
    """Reads one calendar object; arguments and answer are those of ``extraction.calendar_objects.parse_events``."""

    def __call__(
        self, data: bytes, *, zone: str, until: datetime, max_occurrences: int = 2000
    ) -> tuple[list[Event], list[Problem]]:
        """Return its occurrences and the problems met."""
        ...


READERS: Final[Mapping[str, EventReader]] = {
    CALENDAR: parse_events,
    "": parse_events,  # stored before items said what they are
    GOOGLE_EVENTS: parse_google_events,
    GRAPH_EVENT: parse_graph_events,
}
"""Media type to reader. A new kind of calendar object is a module and a line here."""


def read_events(media_type: str, data: bytes, *, zone: str, until: datetime) -> tuple[list[Event], list[Problem]]:
    """Read a calendar object as what it is; one of a type that nobody reads is a Problem."""
    reader = READERS.get(media_type)
    if reader is None:
        return [], [Problem(f"This version cannot read calendar entries of type {media_type[:80]}.", "parse")]
    return reader(data, zone=zone, until=until)
