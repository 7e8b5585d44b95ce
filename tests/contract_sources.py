"""What every source must keep, whatever it reads from: see ``domain.sources.Source``.

A test file for a source subclasses ``SourceContract`` and offers a ``place`` fixture: somewhere items can be put. What
a place can do beyond that (``Moves`` and the protocols below it) is tried by the state machine of ``sync_machine.py``.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC
from typing import Protocol, runtime_checkable

import pytest

from domain.errors import SourceUnreachable
from domain.sources import Cursor, Deleted, Listing, Page, RawEvent, RawMessage, Reflagged, Source, Unreadable

MANY = 210  # more than one page


class Place(Protocol):
    """Somewhere items lie, behind one source."""

    def put(self, *numbers: int) -> None:
        """Add items made from these numbers."""

    def remove(self, number: int) -> None:
        """Take one away, with all its copies."""

    def source(self, *, size_limit: int = 1_000_000) -> Source:
        """Open the source."""

    def missing(self) -> Source:
        """Open a source whose server or path is not there."""

    def put_oversized(self, size: int) -> None:
        """Add an item larger than ``size`` bytes."""

    def fingerprint(self) -> object:
        """Return everything that reading must leave as it is."""


@runtime_checkable
class Moves(Protocol):
    """A place with two folders."""

    def move(self, number: int) -> None:
        """Put an item from the folder it lies in into the other one."""


@runtime_checkable
class Duplicates(Protocol):
    """A place that takes the same item twice."""

    def duplicate(self, number: int) -> None:
        """Put the same bytes once more, elsewhere than the first."""


@runtime_checkable
class Flags(Protocol):
    """A place whose items carry flags or labels.

    Attributes:
        tells_flags: The source reports new flags of held items, so that what is stored follows.
    """

    tells_flags: bool

    def flag(self, number: int) -> None:
        """Set a flag, or take it away again."""


@runtime_checkable
class Changes(Protocol):
    """A place whose items can be edited."""

    def change(self, number: int) -> None:
        """Give an item other content, of another length, under the same identity."""


@runtime_checkable
class Expires(Protocol):
    """A place that can declare every cursor handed out so far void: UIDVALIDITY, 404, 410, a lost token."""

    def expire_cursor(self) -> None:
        """Forget what cursors stand for."""


@dataclass
class Shelf:
    """A store in memory: applies pages as the real one does, and remembers what happened."""

    items: dict[tuple[str, str], RawMessage | RawEvent] = field(default_factory=dict)
    cursor: Cursor = field(default_factory=dict)
    unreadable: list[Unreadable] = field(default_factory=list)
    listings: list[Listing] = field(default_factory=list)
    handed_out: int = 0

    def held(self, folder: str) -> Mapping[str, str]:
        """Answer what is held, by folder."""
        return {uid: item.etag for (where, uid), item in self.items.items() if where == folder}

    def save(self, page: Page) -> None:
        """Apply one page; the cursor must survive JSON."""
        for item in page.items:
            if isinstance(item, Unreadable):
                self.unreadable.append(item)
            elif isinstance(item, Deleted):
                self.items.pop((item.folder, item.uid), None)
            elif isinstance(item, Reflagged):
                known = self.items.get((item.folder, item.uid))
                if isinstance(known, RawMessage):
                    self.items[item.folder, item.uid] = replace(known, imap_flags=item.imap_flags)
            else:
                self.handed_out += 1
                self.items[item.folder, item.uid] = item
        for listing in page.listings:
            self.listings.append(listing)
            if listing.uids is not None:
                gone = {key for key in self.items if key[0] == listing.folder and key[1] not in listing.uids}
                self.items = {key: item for key, item in self.items.items() if key not in gone}
        self.cursor = json.loads(json.dumps(page.next_cursor))

    def sync(self, source: Source) -> int:
        """Read everything new; return how many items were handed out."""
        before = self.handed_out
        for page in source.changes(self.cursor, self.held):
            self.save(page)
        return self.handed_out - before

    def contents(self) -> list[bytes]:
        """Return the data of all items, sorted."""
        return sorted(item.data for item in self.items.values())

    def counted(self) -> dict[str, int]:
        """Return the last proven count of each folder."""
        return {listing.folder: listing.server_count for listing in self.listings}


def shelf_of(pages: Iterable[Page]) -> Shelf:
    """Return a shelf after these pages."""
    shelf = Shelf()
    for page in pages:
        shelf.save(page)
    return shelf


def mail(number: int) -> bytes:
    """Return a small mail, a different one for each number."""
    return (
        f"From: client{number}@bluepeak.example\r\nTo: desk@northwind.example\r\nSubject: Pump {number}\r\n"
        f"Message-ID: <{number}@bluepeak.example>\r\n\r\nDear desk,\r\n\r\npump {number} is leaking.\r\n"
    ).encode()


class SourceContract:
    """The contract; a subclass brings the fixture ``place``."""

    def expected(self, *numbers: int) -> list[bytes]:
        """Return what items made from these numbers look like when read."""
        return sorted(mail(number) for number in numbers)

    def test_a_full_read_hands_out_what_was_put(self, place: Place) -> None:
        """Every item comes out with its bytes untouched, and the listing counts them all."""
        place.put(*range(MANY))
        shelf = Shelf()

        shelf.sync(place.source())

        assert shelf.contents() == self.expected(*range(MANY))
        assert sum(shelf.counted().values()) == MANY
        assert not shelf.unreadable

    def test_pages_are_small(self, place: Place) -> None:
        """No page carries more than 200 items."""
        place.put(*range(MANY))

        sizes = [len(page.items) for page in place.source().changes({}, Shelf().held)]

        assert max(sizes) <= 200

    def test_resuming_from_any_cursor_loses_nothing(self, place: Place) -> None:
        """A run killed after any page and started again ends as one clean run."""
        place.put(*range(MANY))
        pages = list(place.source().changes({}, Shelf().held))

        for saved in range(len(pages) + 1):
            shelf = shelf_of(pages[:saved])
            shelf.sync(place.source())

            assert shelf.contents() == self.expected(*range(MANY))

    def test_an_old_cursor_is_as_good_as_the_last(self, place: Place) -> None:
        """A source can be asked again from any cursor it ever handed out, whatever is held by now."""
        place.put(*range(MANY))
        pages = list(place.source().changes({}, Shelf().held))

        for page in pages:
            shelf = shelf_of(pages)
            shelf.cursor = page.next_cursor
            shelf.sync(place.source())

            assert shelf.contents() == self.expected(*range(MANY))

    def test_a_run_given_up_halfway_leaves_nothing_behind(self, place: Place) -> None:
        """Its connections and files are closed with it, and the next run starts as if it had not been."""
        place.put(*range(MANY))
        given_up = iter(place.source().changes({}, Shelf().held))
        next(given_up)
        del given_up
        shelf = Shelf()

        shelf.sync(place.source())

        assert shelf.contents() == self.expected(*range(MANY))

    def test_items_say_what_they_are(self, place: Place) -> None:
        """Identities are told once, sizes are true, times are aware UTC, and each folder is proven by a listing."""
        place.put(1, 2, 3)
        source = place.source()
        pages = list(source.changes({}, Shelf().held))
        items = [item for page in pages for item in page.items if isinstance(item, RawMessage | RawEvent)]

        assert source.name == "desk"
        assert len({(item.folder, item.uid) for item in items}) == len(items) == 3
        assert [item.size for item in items] == [len(item.data) for item in items]
        assert {item.received_at.tzinfo for item in items if isinstance(item, RawMessage) and item.received_at} <= {UTC}
        assert {item.folder for item in items} <= set(shelf_of(pages).counted())

    def test_a_cursor_is_not_changed_by_reading(self, place: Place) -> None:
        """Neither the one a run began with, nor one that was handed out while later pages are made."""
        place.put(*range(MANY))
        shelf = Shelf()
        shelf.sync(place.source())
        place.put(MANY)
        before = json.dumps(shelf.cursor, sort_keys=True)
        pages = place.source().changes(shelf.cursor, shelf.held)
        handed_out = [(page.next_cursor, json.dumps(page.next_cursor)) for page in pages]

        assert json.dumps(shelf.cursor, sort_keys=True) == before
        assert [json.dumps(cursor) for cursor, _ in handed_out] == [text for _, text in handed_out]

    def test_a_second_run_hands_out_nothing(self, place: Place) -> None:
        """What is held is not handed out again."""
        place.put(1, 2, 3)
        shelf = Shelf()
        shelf.sync(place.source())

        assert shelf.sync(place.source()) == 0
        assert sum(shelf.counted().values()) == 3

    def test_only_the_new_item_comes_in_the_next_run(self, place: Place) -> None:
        """An item that arrives between runs is the only one handed out."""
        place.put(1, 2)
        shelf = Shelf()
        shelf.sync(place.source())
        place.put(3)

        assert shelf.sync(place.source()) == 1
        assert shelf.contents() == self.expected(1, 2, 3)

    def test_a_deletion_shows_in_the_listing(self, place: Place) -> None:
        """What is gone at the source is missing from the listing, so that the store can tell."""
        place.put(1, 2, 3)
        shelf = Shelf()
        shelf.sync(place.source())
        place.remove(2)

        shelf.sync(place.source())

        assert shelf.contents() == self.expected(1, 3)

    def test_a_deletion_and_an_arrival_at_once_both_show(self, place: Place) -> None:
        """An equal count does not hide that one item went and another came."""
        place.put(1, 2, 3)
        shelf = Shelf()
        shelf.sync(place.source())
        place.remove(1)
        place.put(4)

        shelf.sync(place.source())

        assert shelf.contents() == self.expected(2, 3, 4)

    def test_reading_leaves_no_trace(self, place: Place) -> None:
        """Neither files nor flags change by being read (SEMANTICS 7)."""
        place.put(1, 2, 3)
        before = place.fingerprint()

        Shelf().sync(place.source())

        assert place.fingerprint() == before

    def test_an_empty_source_is_fine(self, place: Place) -> None:
        """Nothing there is no error."""
        shelf = Shelf()

        assert shelf.sync(place.source()) == 0
        assert sum(shelf.counted().values()) == 0

    def test_a_missing_source_is_unreachable_and_named(self, place: Place) -> None:
        """The sentence says which source it is and what to check."""
        with pytest.raises(SourceUnreachable, match="gone"):
            list(place.missing().changes({}, Shelf().held))
        with pytest.raises(SourceUnreachable, match="gone"):
            place.missing().check()

    def test_an_oversized_item_is_truncated(self, place: Place) -> None:
        """Only the beginning of an item above the size limit is read, with its real size told."""
        place.put(1)
        place.put_oversized(3_000_000)
        shelf = Shelf()

        shelf.sync(place.source(size_limit=2_000_000))

        cut = [item for item in shelf.items.values() if isinstance(item, RawMessage) and item.truncated]
        assert [len(item.data) // (1024 * 1024) for item in cut] == [1]  # and a header
        assert cut[0].size > 3_000_000
        assert len(shelf.items) == 2

    def test_check_counts_and_says_where(self, place: Place) -> None:
        """One sentence for people setting up the source; looking changes nothing."""
        place.put(1, 2)
        before = place.fingerprint()

        sentence = place.source().check()

        assert sentence.endswith(".")
        assert "\n" not in sentence
        assert place.fingerprint() == before


def big_mail(size: int) -> bytes:
    """Return a mail of more than ``size`` bytes."""
    return mail(0) + b"a line that fills up the mail, again and again and again\r\n" * (size // 58 + 1)
