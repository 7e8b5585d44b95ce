"""What crosses from a source to the store.

Terminology:

- SOURCE: one configured connection (``imap:desk``), never source code.
- FOLDER: what RFC 9051 calls a mailbox; for calendar sources, one calendar.
- UID: identity of an item inside its folder, a string chosen by the connector, stable while the item stays put.
- ETAG: changes when the content behind a UID changes; ``""`` where content never changes (IMAP).
- CURSOR: opaque JSON of one source: where to resume. The connector owns its meaning, the store keeps it verbatim.
- PAGE: items and the cursor that is right once they are saved. The unit of commit.
- LISTING: every UID a folder holds now, so that the store can tell what is gone.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from threading import Event as Signal
from typing import Any, Protocol, runtime_checkable

Cursor = dict[str, Any]
"""JSON-serialisable state of one source. ``{}`` means: never synced."""

Held = Callable[[str], Mapping[str, str]]
"""Folder name to ``{uid: etag}`` of what the store already holds there, for sources without a change log."""


CALENDAR = "text/calendar"
"""Media type of iCalendar text (RFC 5545)."""

GOOGLE_EVENTS = "application/vnd.google.calendar+json"
"""Media type of ``{"calendar": {"timeZone"}, "items": [...]}``, Event resources of Google's API with one iCalUID."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RawMessage:
    """One mail as received.

    Attributes:
        folder: Folder it lies in.
        uid: Identity inside the folder.
        etag: Changes with the content; ``""`` where content cannot change.
        data: The bytes as received (RFC 5322), or their beginning when ``truncated``.
        received_at: When the server took it in (aware UTC); None when the source has no such time (SEMANTICS 6).
        size: Size on the server in bytes; larger than ``len(data)`` when truncated.
        truncated: The mail exceeds the size limit and only its beginning was read.
        imap_flags: Flags and keywords, or a provider's labels and categories, as the server names them; never written
            back. Privacy rules on labels are judged by them.
        provider_thread: The provider's own name of the mail's conversation, which holds inside this mailbox only
            (Gmail's ``threadId``, Graph's ``conversationId``); ``""`` where there is none.
    """

    folder: str
    uid: str
    data: bytes
    received_at: datetime | None
    size: int
    etag: str = ""
    truncated: bool = False
    imap_flags: tuple[str, ...] = ()
    provider_thread: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RawEvent:
    """One calendar object as received: every component that shares one iCalendar UID (RFC 4791, 4.1).

    Attributes:
        folder: Calendar it lies in.
        uid: Identity inside the calendar (file and iCalendar UID, or href).
        etag: Changes with the content.
        data: As received: a complete VCALENDAR in UTF-8, or the provider's JSON with all components of the UID.
        size: Bytes.
        media_type: What ``data`` is, such as ``text/calendar``; extraction chooses the reader by it.
    """

    folder: str
    uid: str
    data: bytes
    size: int
    etag: str = ""
    media_type: str = CALENDAR


RawItem = RawMessage | RawEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class Deleted:
    """An item the server said is gone. A move shows up as Deleted here and a RawMessage elsewhere."""

    folder: str
    uid: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reflagged:
    """Flags or labels of a held message changed and nothing else did (RFC 7162); of an unknown one it says nothing."""

    folder: str
    uid: str
    imap_flags: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreadable:
    """An item that exists but could not be fetched; it is counted in quarantine and tried again (SEMANTICS 7).

    Attributes:
        reason: One sentence.
    """

    folder: str
    uid: str
    reason: str


Item = RawItem | Deleted | Reflagged | Unreadable
"""What a page is made of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """Proof of coverage: all UIDs of a folder at this moment, after its items were handed out.

    Attributes:
        folder: Folder name.
        uids: Every UID the server holds; None when the count alone was asked for and nothing can be gone.
        server_count: Number of items the server holds.
    """

    folder: str
    server_count: int
    uids: frozenset[str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Items and the cursor that is right once they are saved.

    Attributes:
        items: In the order received, at most a few hundred or a few megabytes.
        next_cursor: The whole cursor of the source, not a difference.
        listings: Folders completely read up to here.
        expected: How many items this run will hand out in all, as far as known; for progress only.
    """

    items: tuple[Item, ...]
    next_cursor: Cursor
    listings: tuple[Listing, ...] = ()
    expected: int | None = None


class Source(Protocol):
    """One configured connection.

    A source never writes to what it reads, never interprets content, and can be asked again from any cursor it
    ever handed out. Handing out an item twice is fine, leaving one out is not.
    """

    name: str

    def changes(self, cursor: Cursor, held: Held) -> Iterator[Page]:
        """Yield what is new since ``cursor``, page by page.

        Args:
            cursor: The ``next_cursor`` of the last saved page, or ``{}``.
            held: What the store already holds, by folder.

        Yields:
            Pages, the last of each folder with its Listing.

        Raises:
            SourceUnreachable: The server or path is not there, or the connection broke.
            AuthError: Credentials were refused.
            CursorExpired: ``cursor`` is void; call again with ``{}``.
        """
        ...

    def check(self) -> str:
        """Connect, look, disconnect; return one sentence about what is there (for ``doctor`` and ``connect``).

        Raises:
            SourceError: As for ``changes``.
        """
        ...


@runtime_checkable
class Watched(Protocol):
    """A source that can tell at once when something happens, so that ``serve`` need not wait for its next run."""

    def watch(self, stop: Signal) -> Iterator[None]:
        """Yield whenever something happens, until ``stop`` is set.

        Raises:
            SourceError: As for ``Source.changes``; whoever waits may begin anew, after a while.
        """
        ...
