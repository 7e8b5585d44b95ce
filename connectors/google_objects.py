"""Components of a Google calendar put together to calendar objects: all that share one iCalendar UID."""

import json
import zlib
from collections.abc import Iterable, Iterator
from hashlib import sha256
from typing import Final

from connectors.google_events import Calendar, Component
from domain.sources import GOOGLE_EVENTS, RawEvent

_NOISE: Final = frozenset({"etag", "kind", "htmlLink"})
"""Fields that say nothing, or say it only to whoever asks."""


class CalendarObjects:
    """Groups the components of a whole calendar.

    Single entries are handed out as they come; the components of series, which may lie pages apart, are kept,
    compressed, until all were seen.

    Attributes:
        late: UIDs of single entries of which another component came after they were handed out.
    """

    def __init__(self, calendar: Calendar) -> None:
        self._calendar = calendar
        self._single: set[str] = set()
        self._series: dict[str, list[bytes]] = {}
        self._of_master: dict[str, str] = {}
        self._known: set[str] = set()
        self.late: set[str] = set()

    @property
    def uids(self) -> frozenset[str]:
        """What the calendar holds, right once all components were read."""
        return frozenset(self._known)

    def read(self, components: Iterable[Component]) -> Iterator[RawEvent]:
        """Yield the objects of a calendar."""
        for component in components:
            if "recurrence" in component or "recurringEventId" in component:
                self._keep(component)
                continue
            uid = str(component.get("iCalUID") or component["id"])
            if uid in self._single:
                self.late.add(uid)
                continue
            self._single.add(uid)
            yield from self._noted(self.build(uid, [component]))
        by_uid: dict[str, list[bytes]] = {}
        for key, kept in self._series.items():
            by_uid.setdefault(self._of_master.get(key, key), []).extend(kept)
        for uid, kept in by_uid.items():
            if uid in self._single:
                self.late.add(uid)
                continue
            yield from self._noted(self.build(uid, (json.loads(zlib.decompress(each)) for each in kept)))

    def build(self, uid: str, components: Iterable[Component]) -> RawEvent | None:
        """Return one object; None when it says nothing any more: all of it is cancelled and nothing says of when."""
        items = sorted(
            ({name: value for name, value in each.items() if name not in _NOISE} for each in components),
            key=lambda item: ("recurringEventId" in item, str(item["id"])),
        )
        if not any("start" in item for item in items):
            return None
        found = {"calendar": {"timeZone": self._calendar.timezone}, "items": items}
        data = json.dumps(found, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
        return RawEvent(
            folder=self._calendar.folder,
            uid=uid,
            data=data,
            size=len(data),
            etag=sha256(data).hexdigest()[:32],
            media_type=GOOGLE_EVENTS,
        )

    def _keep(self, component: Component) -> None:
        """Keep a component of a series under its UID, or, if it does not say, under the identifier of its master."""
        uid = str(component.get("iCalUID") or "")
        master = str(component.get("recurringEventId") or component["id"])
        if uid:
            self._of_master[master] = uid
        self._series.setdefault(uid or master, []).append(zlib.compress(json.dumps(component).encode(), 1))

    def _noted(self, event: RawEvent | None) -> Iterator[RawEvent]:
        if event is not None:
            self._known.add(event.uid)
            yield event
