"""Google Calendar through its API: every calendar object with all its components, increments by sync token."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from connectors.google_events import Calendar, Calendars
from connectors.google_objects import CalendarObjects
from connectors.google_source import GoogleSource
from connectors.paging import batches
from domain.errors import CursorExpired
from domain.sources import Cursor, Deleted, Held, Item, Listing, Page, RawEvent, Unreadable

_MANY = 100
"""Changed objects above which reading the calendar anew takes fewer requests than asking for each."""


@dataclass(slots=True, kw_only=True)
class GoogleCalendarSource(GoogleSource):
    """The calendars of one Google account, one folder each, called as their owner calls them.

    An item is a calendar object: a single entry, or a series with its exceptions, under their one iCalendar UID; its
    ETAG is the content's hash. Without ``folders`` in the configuration those calendars are read that the account owns
    or shows, but not Google's own calendars of holidays and birthdays; the primary one comes first.

    A calendar is read completely at first, when Google no longer takes its sync token (410), and when very much
    changed: the listing at the end says what is gone, and only what has another ETAG than is held is handed out. Else
    the sync token gives the components that changed, and the object of each is asked for as a whole.

    What is cancelled stays, as Google keeps it, as long as it says when it would have been (D5.1).

    The cursor keeps for each calendar, by its identifier, ``folder``, ``token`` and ``unread``, the
    objects too large to be read.
    """

    kind: ClassVar[str] = "google_calendar"

    def changes(self, cursor: Cursor, held: Held) -> Iterator[Page]:
        """Yield what is new, changed and gone, calendar by calendar.

        Raises:
            SourceError: As the protocol says; what was yielded before stays valid.
        """
        marks: dict[str, Any] = dict(cursor.get("calendars", {}))
        with self._client() as client:
            calendars = Calendars(client)
            present = calendars.chosen(self.folders)
            for calendar in present:
                yield from _Reader(calendars, calendar, self.size_limit, marks).pages(held)
        names, keys = {calendar.folder for calendar in present}, {calendar.id for calendar in present}
        gone = {mark["folder"] for key, mark in marks.items() if key not in keys} - names
        yield Page(
            items=(),
            next_cursor={"calendars": {key: mark for key, mark in marks.items() if key in keys}},
            listings=tuple(map(_nothing, sorted(gone))),
        )

    def check(self) -> str:
        """Count the calendars that are read."""
        with self._client(attempts=2) as client:
            found = Calendars(client).chosen(self.folders)
        return f"Google Calendar shows {len(found)} calendars: {', '.join(each.folder for each in found)[:200]}."


def _nothing(folder: str) -> Listing:
    """Return the listing of a calendar that is gone, left out or called otherwise by now."""
    return Listing(folder=folder, server_count=0, uids=frozenset())


class _Reader:
    """Reads one calendar and moves its mark in the cursor once all of it was handed out."""

    def __init__(self, calendars: Calendars, calendar: Calendar, size_limit: int, marks: dict[str, Any]) -> None:
        self._calendars = calendars
        self._calendar = calendar
        self._size_limit = size_limit
        self._marks = marks
        self._unread: set[str] = set()

    def pages(self, held: Held) -> Iterator[Page]:
        """Yield what changed, then the listing."""
        folder = self._calendar.folder
        mark = self._marks.get(self._calendar.id, {})
        known = held(folder)
        if mark and mark["folder"] != folder:  # renamed: everything moves
            yield self._page((), (_nothing(mark["folder"]),))
        if mark.get("token") and mark["folder"] == folder:
            try:
                yield from self._increment(mark["token"], known)
            except CursorExpired:
                pass
            else:
                return
        yield from self._full(known)

    def _full(self, known: Mapping[str, str]) -> Iterator[Page]:
        """Read the whole calendar."""
        objects = CalendarObjects(self._calendar)
        pages = self._calendars.events(self._calendar)
        for items in batches(self._changed(objects.read(pages), known)):
            yield self._page(items)
        # Components that came later than their object was handed out: it is asked for as a whole.
        late = (self._whole(uid) for uid in sorted(objects.late))
        for items in batches(self._changed((event for event in late if event), known)):
            yield self._page(items)
        yield self._done(
            pages.token, Listing(folder=self._calendar.folder, server_count=len(objects.uids), uids=objects.uids)
        )

    def _increment(self, token: str, known: Mapping[str, str]) -> Iterator[Page]:
        """Ask for what changed since the token, and for the object of each component.

        Raises:
            CursorExpired: The token is void, too much changed, or a component does not say whose it is.
        """
        pages = self._calendars.events(self._calendar, since=token)
        changed: dict[str, list[Mapping[str, Any]]] = {}
        for component in pages:
            changed.setdefault(self._calendars.ical_uid(self._calendar, component), []).append(component)
            if len(changed) > _MANY:
                raise CursorExpired(f"More than {_MANY} entries changed.")
        self._unread.update(self._marks[self._calendar.id]["unread"])
        here = {*known, *self._unread}
        for items in batches(self._became(changed, known, here)):
            yield self._page(items)
        yield self._done(pages.token, Listing(folder=self._calendar.folder, server_count=len(here)))

    def _became(
        self, changed: Mapping[str, list[Mapping[str, Any]]], known: Mapping[str, str], here: set[str]
    ) -> Iterator[Item]:
        """Yield the objects of changed components; keep ``here``, those the calendar holds, up to date."""
        for uid, components in changed.items():
            event = self._whole(uid, components)
            if event is not None:
                here.add(uid)
                yield from self._changed([event], known)
            elif uid in here:
                here.discard(uid)
                self._unread.discard(uid)
                yield Deleted(folder=self._calendar.folder, uid=uid)

    def _whole(self, uid: str, news: list[Mapping[str, Any]] | None = None) -> RawEvent | None:
        """Ask for an object; None when nothing is left of it."""
        components = {
            str(each["id"]): each for each in [*(news or []), *self._calendars.components(self._calendar, uid)]
        }
        return CalendarObjects(self._calendar).build(uid, components.values())

    def _changed(
        self, events: "Iterator[RawEvent] | list[RawEvent]", known: Mapping[str, str]
    ) -> Iterator[RawEvent | Unreadable]:
        """Leave out what is held as it is; an object too large to be read is told."""
        for event in events:
            if event.size > self._size_limit:
                self._unread.add(event.uid)
                reason = f"It has {event.size:,} bytes, more than the source's `size_limit`."
                yield Unreadable(folder=event.folder, uid=event.uid, reason=reason)
            elif known.get(event.uid) != event.etag:
                self._unread.discard(event.uid)
                yield event

    def _page(self, items: tuple[Item, ...], listings: tuple[Listing, ...] = ()) -> Page:
        return Page(items=items, next_cursor={"calendars": dict(self._marks)}, listings=listings)

    def _done(self, token: str, listing: Listing) -> Page:
        self._marks[self._calendar.id] = {
            "folder": self._calendar.folder,
            "token": token,
            "unread": sorted(self._unread),
        }
        return self._page((), (listing,))
