"""Calendars on a CalDAV server (RFC 4791), read without leaving a trace."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Self

from connectors.caldav_calendars import Discovery, RemoteCalendar, discover
from connectors.caldav_objects import Fetched, Listed, Survey, fetch, survey
from connectors.dav_session import DavLogin, DavSession, Refused, session
from connectors.folder_choice import ALL_BUT_UNWANTED, FolderChoice
from connectors.options import DEFAULT_SIZE_LIMIT, required, size_limit_of
from connectors.paging import MAX_ITEMS, batches
from connectors.retries import Patience
from connectors.web_address import checked_url
from domain.errors import ConfigError
from domain.sources import Cursor, Deleted, Held, Listing, Page, RawEvent, Unreadable


@dataclass(slots=True, kw_only=True)
class CaldavSource:
    """The calendars of one user, one folder each, named as their owner named them.

    An item is a calendar object (RFC 4791, 4.1). Its UID is the path in its href, its ETAG the server's, or the
    content's hash where the server has none. Folders come by name, items by path.

    The cursor keeps for each folder ``path``, ``token`` and ``ctag`` (state up to which all was handed out), ``count``
    (objects in that state; -1: list them again) and ``unread`` (objects that could not be fetched: their ETAG, and the
    size limit they exceed, or 0 for those that are tried again each time).
    """

    name: str
    login: DavLogin
    folders: FolderChoice = ALL_BUT_UNWANTED
    size_limit: int = DEFAULT_SIZE_LIMIT
    sleep: Callable[[float], None] = field(default=time.sleep, repr=False)

    @classmethod
    def from_options(cls, name: str, options: Mapping[str, Any], secret: str | None = None) -> Self:
        """Make the source from its configuration: ``url``, ``username``, ``folders``, ``size_limit``.

        Raises:
            ConfigError: Something is missing, or would send the password in the clear.
        """
        url = checked_url(str(required(options, "url", source=name)), source=name)
        username = str(required(options, "username", source=name))
        if not secret:
            raise ConfigError(f"Source {name} has no password; set one for user {username}.")
        return cls(
            name=name,
            login=DavLogin(url=url, username=username, password=secret),
            folders=FolderChoice.from_options(options),
            size_limit=size_limit_of(options),
        )

    def changes(self, cursor: Cursor, held: Held) -> Iterator[Page]:
        """Yield new, changed and removed objects, calendar by calendar.

        Raises:
            SourceError: As the protocol says; what was yielded before stays valid.
        """
        marks: dict[str, Any] = dict(cursor.get("folders", {}))
        with self._session() as server:
            found = discover(server, self.login.url)
            for calendar in filter(self._wants, found.calendars):
                yield from _CalendarReader(server, calendar, self.size_limit, marks).pages(held(calendar.folder))
        yield from _farewell(found, marks, held)

    def check(self) -> str:
        """Sign in and name the calendars."""
        with self._session() as server:
            found = [
                calendar.folder for calendar in discover(server, self.login.url).calendars if self._wants(calendar)
            ]
            what = f"{len(found)} calendar{'' if len(found) == 1 else 's'}"
            return f"{self.login.username} at {server.host} has {what}{': ' if found else ''}{', '.join(found)}."

    def _session(self) -> AbstractContextManager[DavSession]:
        return session(self.login, source=self.name, patience=Patience(self.sleep))

    def _wants(self, calendar: RemoteCalendar) -> bool:
        return self.folders.wants(calendar.display_name, delimiter="")


def _farewell(found: Discovery, marks: dict[str, Any], held: Held) -> Iterator[Page]:
    """Yield what became of folders that are no more.

    A calendar that has another name now was just read under it, so its former items are gone for certain. Of one that
    is not there any more the listing says so, and the store asks a person if that would remove much.
    """
    present = {calendar.path for calendar in found.calendars}
    folders = {calendar.folder for calendar in found.calendars}
    for folder in sorted(set(marks) - folders):
        mark = marks[folder]
        if mark["path"] in found.unclear:
            continue
        if mark["path"] in present:
            uids = sorted({*held(folder), *mark["unread"]})
            for items in batches(Deleted(folder=folder, uid=uid) for uid in uids):
                yield Page(items=items, next_cursor={"folders": dict(marks)})
        del marks[folder]
        empty = Listing(folder=folder, server_count=0, uids=frozenset())
        yield Page(items=(), next_cursor={"folders": dict(marks)}, listings=(empty,))
    yield Page(items=(), next_cursor={"folders": dict(marks)})


class _CalendarReader:
    """Reads one calendar and moves its mark in the cursor when all of it was handed out."""

    def __init__(self, server: DavSession, calendar: RemoteCalendar, size_limit: int, marks: dict[str, Any]) -> None:
        self._server = server
        self._calendar = calendar
        self._size_limit = size_limit
        self._marks = marks
        self._folder = calendar.folder
        mark: Mapping[str, Any] = marks.get(self._folder, {})
        fresh: Mapping[str, Any] = {"path": calendar.path, "token": "", "ctag": "", "count": -1, "unread": {}}
        self._mark = mark if mark.get("path") == calendar.path else fresh
        self._unread: dict[str, Any] = dict(self._mark["unread"])
        self._gone: set[str] = set()

    def pages(self, known: Mapping[str, str]) -> Iterator[Page]:
        """Yield what is new, then the listing; a calendar that refuses is one unreadable item."""
        try:
            changed = self._survey(known)
            for items in batches(self._items(changed, known)):
                yield self._page(items)
        except Refused as error:
            # Listed anew once it opens again, so that this item is cleared away.
            self._marks[self._folder] = {**self._mark, "count": -1}
            yield self._page((Unreadable(folder=self._folder, uid="", reason=_reason(error)),))
            return
        deleted = sorted(changed.deleted | (set() if changed.whole else self._gone))
        for start in range(0, len(deleted), MAX_ITEMS):
            yield self._page(tuple(Deleted(folder=self._folder, uid=uid) for uid in deleted[start : start + MAX_ITEMS]))
        listing = self._listing(changed, known)
        self._marks[self._folder] = {
            "path": self._calendar.path,
            "token": changed.token,
            "ctag": self._calendar.ctag,
            "count": listing.server_count,
            "unread": self._unread,
        }
        yield self._page((), (listing,))

    def _survey(self, known: Mapping[str, str]) -> Survey:
        """Learn what changed, if anything did; what is held must be what was handed out, else everything is listed."""
        mark = self._mark
        if len({*known, *mark["unread"]}) != mark["count"]:
            changed = survey(self._server, self._calendar, "")
        elif self._is_unchanged():
            changed = Survey({}, token=mark["token"])
        else:
            changed = survey(self._server, self._calendar, mark["token"])
        again = {path: Listed(path, entry["etag"]) for path, entry in self._unread.items() if self._retried(entry)}
        if changed.whole:
            self._unread = {}
            return changed
        for path in changed.deleted:
            self._unread.pop(path, None)
        listed = {**again, **changed.listed}
        return Survey(
            {path: listed[path] for path in listed if path not in changed.deleted}, changed.deleted, token=changed.token
        )

    def _is_unchanged(self) -> bool:
        mark, calendar = self._mark, self._calendar
        if calendar.syncs and mark["token"]:
            return bool(calendar.token == mark["token"])
        return bool(calendar.ctag) and bool(calendar.ctag == mark["ctag"])

    def _retried(self, entry: Mapping[str, Any]) -> bool:
        return bool(entry["limit"] < self._size_limit)

    def _items(self, changed: Survey, known: Mapping[str, str]) -> Iterator[RawEvent | Unreadable]:
        """Yield the objects that are not held as they are now."""
        listed = (changed.listed[path] for path in sorted(changed.listed))
        wanted = [found for found in listed if not found.etag or known.get(found.path) != found.etag]
        for fetched in fetch(self._server, self._calendar, wanted, self._size_limit):
            path = fetched.listed.path
            self._unread.pop(path, None)
            if fetched.gone:
                self._gone.add(path)
            elif fetched.reason:
                self._unread[path] = {"etag": fetched.listed.etag, "limit": fetched.limit}
                yield Unreadable(folder=self._folder, uid=path, reason=fetched.reason)
            elif (event := self._event(fetched)).etag != known.get(path):
                yield event

    def _event(self, fetched: Fetched) -> RawEvent:
        # The ETAG from before the object was fetched: if it changed in between, the next listing shows another one.
        etag = fetched.listed.etag or sha256(fetched.data).hexdigest()[:32]
        path, data = fetched.listed.path, fetched.data
        return RawEvent(folder=self._folder, uid=path, etag=etag, data=data, size=len(data))

    def _listing(self, changed: Survey, known: Mapping[str, str]) -> Listing:
        """Prove coverage: by all paths, or by the number of objects after the changes the server told."""
        if changed.whole:
            uids = frozenset(changed.listed) - self._gone
            return Listing(folder=self._folder, server_count=len(uids), uids=uids)
        there = {*known, *changed.listed, *self._unread} - changed.deleted - self._gone
        return Listing(folder=self._folder, server_count=len(there))

    def _page(self, items: tuple[Any, ...], listings: tuple[Listing, ...] = ()) -> Page:
        return Page(items=items, next_cursor={"folders": dict(self._marks)}, listings=listings)


def _reason(error: Refused) -> str:
    return f"The calendar cannot be read: {error}"
