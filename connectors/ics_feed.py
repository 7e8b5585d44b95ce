"""A calendar file on a web server (RFC 5545 over HTTP), such as the secret address of a Google or Outlook calendar."""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Self

from connectors.feed_download import Feed, Validators, download
from connectors.ics import events_of
from connectors.ics_split import in_utf8
from connectors.options import DEFAULT_SIZE_LIMIT, required, size_limit_of
from connectors.paging import batches
from connectors.retries import Patience
from connectors.web_address import checked_url, origin_of
from domain.errors import SourceError, SourceUnreachable
from domain.sources import Cursor, Held, Listing, Page, Unreadable


@dataclass(slots=True, kw_only=True)
class IcsFeed:
    """One calendar file by its address: one folder, named as the source.

    Items are those of a calendar file on disk. The cursor keeps what the server needs to say "not modified" (RFC 9110,
    13.1), the number of objects, and a hash of the address, since another address is another file. The address itself
    may be a secret and appears nowhere.
    """

    name: str
    url: str = field(repr=False)
    size_limit: int = DEFAULT_SIZE_LIMIT
    sleep: Callable[[float], None] = field(default=time.sleep, repr=False)

    @classmethod
    def from_options(cls, name: str, options: Mapping[str, Any], secret: str | None = None) -> Self:
        """Make the source from its configuration: ``url`` or, where that is secret, ``secret``; ``size_limit``.

        Raises:
            ConfigError: There is no address, or it is not encrypted.
        """
        url = required({"url": options.get("url") or secret}, "url", source=name)
        return cls(name=name, url=checked_url(str(url), source=name), size_limit=size_limit_of(options))

    def changes(self, cursor: Cursor, held: Held) -> Iterator[Page]:
        """Yield the new and changed calendar objects, and what is gone from the file.

        Raises:
            SourceError: As the protocol says; also where something else than a whole calendar comes.
        """
        mark: Mapping[str, Any] = cursor.get("feed", {})
        address = sha256(self.url.encode()).hexdigest()[:16]
        known = held(self.name)
        as_left = mark.get("address") == address and mark["count"] == len(known)
        feed = self._download(Validators(mark["etag"], mark["modified"]) if as_left else Validators())
        if feed.unchanged:
            yield Page(items=(), next_cursor=cursor, listings=(Listing(folder=self.name, server_count=mark["count"]),))
        elif feed.data is None:
            reason = f"The calendar has more bytes than `size_limit` of source {self.name} allows."
            # Without validators the next run looks again, whatever it finds then.
            left = {"feed": {**mark, "address": ""}} if mark else {}
            yield Page(items=(Unreadable(folder=self.name, uid="", reason=reason),), next_cursor=left)
        else:
            yield from self._pages(feed, _calendar(feed.data, self._place), known, cursor, address)

    def check(self) -> str:
        """Download the file and count its objects."""
        data = self._download(Validators()).data
        if data is None:
            return f"The calendar at {origin_of(self.url)} exceeds `size_limit`."
        events = list(events_of(self.name, _calendar(data, self._place)))
        return f"The calendar at {origin_of(self.url)} holds {len(events)} entries."

    @property
    def _place(self) -> str:
        return f"Source {self.name}: {origin_of(self.url)}"

    def _download(self, validators: Validators) -> Feed:
        return download(self.url, validators, place=self._place, limit=self.size_limit, patience=Patience(self.sleep))

    def _pages(self, feed: Feed, data: bytes, known: Mapping[str, str], cursor: Cursor, address: str) -> Iterator[Page]:
        events = {event.uid: event for event in events_of(self.name, data)}
        for items in batches(event for event in events.values() if known.get(event.uid) != event.etag):
            yield Page(items=items, next_cursor=cursor, expected=len(events))
        mark = {
            "address": address,
            "etag": feed.validators.etag,
            "modified": feed.validators.modified,
            "count": len(events),
        }
        listing = Listing(folder=self.name, server_count=len(events), uids=frozenset(events))
        yield Page(items=(), next_cursor={"feed": mark}, listings=(listing,))


def _calendar(data: bytes, place: str) -> bytes:
    """Return what came if it is a whole calendar; anything else would look as if all events were gone.

    Raises:
        SourceError: It is something else, such as a page to sign in.
        SourceUnreachable: It is cut off.
    """
    text = in_utf8(data).strip()
    if not text[:15].upper().startswith(b"BEGIN:VCALENDAR"):
        what = "a web page" if text.startswith(b"<") else "something else"
        raise SourceError(
            f"{place} sends {what} instead of a calendar; nothing was changed. Check `url`: it must be the address of "
            "the calendar in iCal format."
        )
    if not text[-13:].upper().endswith(b"END:VCALENDAR"):
        raise SourceUnreachable(f"{place} sends a calendar that is cut off; nothing was changed. Try again later.")
    return data
