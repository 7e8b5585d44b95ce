"""One mail folder, brought up to date by a round of delta queries."""

from collections.abc import Container, Iterable, Iterator
from typing import Any

from connectors.graph_access import LinkExpired, Missing
from connectors.graph_folders import GraphFolder
from connectors.graph_http import PAGE_SIZE, GraphClient, Json
from connectors.graph_marks import Mark
from connectors.graph_messages import TOLD, MessageFetcher, etag_of, flags_of, knows_flags
from connectors.paging import batches
from domain.sources import Deleted, Held, Item, Listing, Page, RawMessage, Reflagged, Unreadable

_PREFER = f"odata.maxpagesize={PAGE_SIZE}"
_BEGIN = {"$select": TOLD, "$orderby": "receivedDateTime desc"}


class FolderReader:
    """Reads one folder and moves its mark in the cursor as pages go out."""

    def __init__(
        self, client: GraphClient, fetcher: MessageFetcher, folder: GraphFolder, marks: dict[str, Any]
    ) -> None:
        self._client = client
        self._fetcher = fetcher
        self._where = f"mailFolders/{folder.id}"
        self._name = folder.name
        self._mark = Mark(marks, "folders", folder.id, folder.name)
        self._known: dict[str, str] = {}

    def pages(self, held: Held, names: Container[str]) -> Iterator[Page]:
        """Yield a round, then the listing. A folder with a new name is read as a new one, and its old name emptied.

        Args:
            held: What the store holds.
            names: Of all folders.
        """
        self._known = dict(held(self._name))
        former = self._mark.former
        if former is None or former["name"] != self._name:
            self._mark.begin(link="", relist=False, unread=[])
        try:
            yield from self._rounds()
            yield from self._proof()
        except Missing:
            return  # removed since the folders were listed; the next run no longer finds it
        yield from self._mark.emptied(held, names)

    def _rounds(self) -> Iterator[Page]:
        """Yield what changed; where Graph forgot since when, everything once more."""
        yield from self._second_try()
        try:
            yield from self._round()
        except LinkExpired:
            self._mark.move(link="", relist=True)
            yield from self._round()

    def _round(self) -> Iterator[Page]:
        return self._mark.round(self._changes, self._items)

    def _changes(self, link: str) -> Json:
        return self._client.get(link or f"{self._where}/messages/delta", None if link else _BEGIN, prefer=_PREFER)

    def _items(self, told: Iterable[Json]) -> Iterator[Item]:
        """Yield what a page of changes says, each message once: as it is told last."""
        latest = {str(entry["id"]): entry for entry in told}
        expected = self._expected()
        for uid in [uid for uid, entry in latest.items() if "@removed" in entry and uid in expected]:
            self._known.pop(uid, None)
            self._mark.move(unread=[other for other in self._mark["unread"] if other != uid])
            yield Deleted(folder=self._name, uid=uid)
        there = {uid: entry for uid, entry in latest.items() if "@removed" not in entry}
        fresh = {uid: entry for uid, entry in there.items() if self._known.get(uid) != etag_of(entry)}
        for uid, entry in there.items():
            if uid not in fresh and (complete := self._complete(entry)):
                yield Reflagged(folder=self._name, uid=uid, imap_flags=flags_of(complete))
        yield from self._fetched(list(fresh.values()))

    def _complete(self, entry: Json) -> Json | None:
        """Return an entry with all flags, None where the message is gone meanwhile."""
        try:
            return entry if knows_flags(entry) else self._fetcher.told(str(entry["id"]))
        except Missing:
            return None

    def _fetched(self, told: list[Json]) -> Iterator[RawMessage | Unreadable]:
        """Yield messages with their bytes; what cannot be had is noted for the next run before the mark passes it."""
        for entry, item in zip(told, self._fetcher.messages(self._name, told), strict=True):
            uid = str(entry["id"])
            failed = [other for other in self._mark["unread"] if other != uid]
            if isinstance(item, RawMessage):
                self._known[uid] = item.etag
            elif isinstance(item, Unreadable):
                failed.append(uid)
            if failed != self._mark["unread"]:
                self._mark.move(unread=failed)
            if not isinstance(item, Missing):
                yield item

    def _second_try(self) -> Iterator[Page]:
        """Ask again for what Graph failed to return in an earlier run."""
        told = []
        for uid in self._mark["unread"]:
            try:
                entry = self._fetcher.told(uid)
            except Missing:
                continue
            if entry.get("parentFolderId", self._mark.folder) == self._mark.folder:
                told.append(entry)
        # Whatever is no longer asked for must be looked for in the listing.
        lost = len(told) < len(self._mark["unread"])
        self._mark.move(unread=[str(entry["id"]) for entry in told], relist=self._mark["relist"] or lost)
        for items in batches(self._fetched(told)):
            yield self._mark.page(items)

    def _proof(self) -> Iterator[Page]:
        """Prove coverage: by the count alone if it is what is held, else by all ids, fetching what is missing."""
        count = int(self._client.get(self._where, {"$select": "totalItemCount"}).get("totalItemCount") or 0)
        if count == len(self._expected()) and not self._mark["relist"]:
            yield self._mark.page((), Listing(folder=self._name, server_count=count))
            return
        uids = self._client.ids(f"{self._where}/messages", {}, self._expected())
        missing = sorted(uids - self._expected())
        for items in batches(self._fetched([{"id": uid} for uid in missing])):
            yield self._mark.page(items)
        # What went while it was fetched is not there.
        uids -= set(missing) - self._expected()
        self._mark.move(relist=False, unread=[uid for uid in self._mark["unread"] if uid in uids])
        listing = Listing(folder=self._name, server_count=len(uids), uids=frozenset(uids))
        yield self._mark.page((), listing)

    def _expected(self) -> set[str]:
        """What the folder holds by all that was told: what is held, and what could not be read."""
        return self._known.keys() | set(self._mark["unread"])
