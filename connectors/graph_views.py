"""One calendar of Microsoft Graph, brought up to date by a round of delta queries over a window of time."""

import json
from collections.abc import Container, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from connectors.graph_access import LinkExpired, Missing
from connectors.graph_http import GraphClient, Json
from connectors.graph_marks import Mark
from connectors.paging import batches
from domain.sources import Deleted, Held, Item, Listing, Page, RawEvent, Unreadable

MEDIA_TYPE = "application/vnd.microsoft.graph.event+json"
"""One event of Microsoft Graph, an occurrence completed from its series."""

PAST = timedelta(days=400)
AHEAD = timedelta(days=400)
LONGEST = timedelta(days=1800)
"""Graph shows at most five years at once."""

_PREFER = 'odata.maxpagesize=100, outlook.timezone="UTC", outlook.body-content-type="text"'

# What is kept of an event; the rest changes without meaning anything (links, change keys, reminders) or says it twice.
_KEPT = (
    "id",
    "type",
    "uid",
    "iCalUId",
    "seriesMasterId",
    "originalStart",
    "originalStartTimeZone",
    "originalEndTimeZone",
    "start",
    "end",
    "isAllDay",
    "isCancelled",
    "subject",
    "body",
    "location",
    "onlineMeeting",
    "onlineMeetingUrl",
    "organizer",
    "attendees",
    "sensitivity",
    "showAs",
    "categories",
    "createdDateTime",
    "lastModifiedDateTime",
)
# What an instance of a series has of its own, even where Graph leaves it out.
_OWN = ("id", "type", "uid", "iCalUId", "seriesMasterId", "originalStart", "start", "end")
# All that a delta query tells of an occurrence nobody changed. Where more is told the rest is left out, so that it
# reads the same however it was asked for.
_BARE = ("id", "type", "seriesMasterId", "start", "end")


class CalendarReader:
    """Reads one calendar and moves its mark in the cursor as pages go out."""

    def __init__(self, client: GraphClient, calendar: str, name: str, marks: dict[str, Any], size_limit: int) -> None:
        self._client = client
        self._where = f"calendars/{calendar}/calendarView"
        self._name = name
        self._size_limit = size_limit
        self._mark = Mark(marks, "calendars", calendar, name)
        self._known: dict[str, str] = {}
        self._troubled: set[str] = set()
        self._masters: dict[str, Json] = {}

    def pages(self, held: Held, names: Container[str], now: datetime) -> Iterator[Page]:
        """Yield a round, then the listing. A calendar with a new name is read as a new one, its old name emptied.

        Args:
            held: What the store holds.
            names: Of all calendars.
            now: Decides about the window.
        """
        former = self._mark.former
        if former is None or former["name"] != self._name or _short(former, now):
            self._mark.begin(**_window(former, now), link="")
        self._known = dict(held(self._name))
        try:
            yield from self._round()
        except LinkExpired:
            self._mark.move(link="")
            yield from self._round()
        yield from self._proof()
        yield from self._mark.emptied(held, names)

    def _round(self) -> Iterator[Page]:
        return self._mark.round(self._changes, self._items)

    def _changes(self, link: str) -> Json:
        return self._client.get(link or f"{self._where}/delta", None if link else self._view, prefer=_PREFER)

    def _items(self, told: Iterable[Json]) -> Iterator[Item]:
        """Yield what a page of changes says, each event once: as it is told last."""
        latest = {str(entry["id"]): entry for entry in told}
        self._masters |= {uid: entry for uid, entry in latest.items() if entry.get("type") == "seriesMaster"}
        for uid, entry in latest.items():
            if "@removed" in entry:
                if self._known.pop(uid, None) is not None:
                    yield Deleted(folder=self._name, uid=uid)
            # Of what lies outside the window Graph tells that it changed, and nothing else.
            elif entry.get("type") != "seriesMaster" and entry.get("start"):
                yield from self._item(entry)

    def _item(self, entry: Json) -> Iterator[RawEvent | Unreadable]:
        """Yield an event unless it is held as it is, or its series is gone meanwhile."""
        uid = str(entry["id"])
        try:
            data = _canonical(self._completed(entry))
        except Missing:
            return
        if len(data) > self._size_limit:
            self._known.pop(uid, None)
            self._troubled.add(uid)
            reason = f"It has {len(data):,} bytes, more than `size_limit` of its source."
            yield Unreadable(folder=self._name, uid=uid, reason=reason)
            return
        etag = sha256(data).hexdigest()[:32]
        if self._known.get(uid) != etag:
            self._known[uid] = etag
            yield RawEvent(folder=self._name, uid=uid, etag=etag, data=data, size=len(data), media_type=MEDIA_TYPE)

    def _completed(self, entry: Json) -> Json:
        """Return an event with all its properties: of an occurrence a delta query tells hardly more than its time.

        Raises:
            Missing: Its series is gone.
        """
        master_id = entry.get("seriesMasterId")
        if not master_id:
            return _kept(entry)
        if master_id not in self._masters:
            self._masters[master_id] = self._client.get(f"events/{master_id}", prefer=_PREFER)
        master = self._masters[master_id]
        shared = {name: value for name, value in _kept(master).items() if name not in _OWN}
        series = {name: master[name] for name in ("id", "uid", "iCalUId") if master.get(name)}
        own = {name: entry[name] for name in _BARE if name in entry} if _is_occurrence(entry) else _kept(entry)
        return {**shared, **own, "seriesMaster": series}

    def _proof(self) -> Iterator[Page]:
        """Compare with the calendar as it is: of an occurrence that was removed delta queries say nothing."""
        uids = self._client.ids(self._where, self._view, self._known.keys() | self._troubled)
        missing = sorted(uids - self._known.keys() - self._troubled)
        for items in batches(self._asked_for(missing)):
            yield self._mark.page(items)
        uids -= set(missing) - self._known.keys() - self._troubled
        listing = Listing(folder=self._name, server_count=len(uids), uids=frozenset(uids))
        yield self._mark.page((), listing)

    def _asked_for(self, uids: Iterable[str]) -> Iterator[RawEvent | Unreadable]:
        for uid in uids:
            try:
                entry = self._client.get(f"events/{uid}", prefer=_PREFER)
            except Missing:
                continue
            yield from self._item({**entry, "id": uid})

    @property
    def _view(self) -> dict[str, str | int]:
        return {"startDateTime": self._mark["start"], "endDateTime": self._mark["end"]}


def _is_occurrence(entry: Json) -> bool:
    return entry.get("type") == "occurrence"


def _short(mark: Mapping[str, Any], now: datetime) -> bool:
    """Whether less than half of the time ahead is left."""
    return datetime.fromisoformat(mark["end"]) - now < AHEAD / 2


def _window(former: Mapping[str, Any] | None, now: datetime) -> dict[str, str]:
    """Return from when to when, in whole days; what was within the window before stays in it while Graph allows."""
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    start, end = today - PAST, today + AHEAD
    if former:
        start = max(min(start, datetime.fromisoformat(former["start"])), end - LONGEST)
    return {"start": f"{start:%Y-%m-%dT%H:%M:%SZ}", "end": f"{end:%Y-%m-%dT%H:%M:%SZ}"}


def _kept(entry: Json) -> Json:
    return {name: entry[name] for name in _KEPT if entry.get(name) is not None}


def _canonical(event: Json) -> bytes:
    """The same bytes for the same event."""
    return json.dumps(event, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
