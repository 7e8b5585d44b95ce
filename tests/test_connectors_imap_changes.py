"""Incremental reading over IMAP: what a run asks for, and in which order, against a real Dovecot (RFC 7162, 4978)."""

import threading
from email import message_from_bytes
from email.message import EmailMessage
from itertools import islice
from typing import NoReturn

import pytest
from contract_sources import Shelf, SourceContract, mail, shelf_of
from dovecot import Dovecot
from small_desk import NOW
from test_connectors_imap import ImapPlace

from connectors import imap_bodies, imap_folder, paging
from connectors.imap import ImapSource
from connectors.imap_session import session
from domain.mail import Message
from domain.sources import Deleted, Item, Listing, Page, RawMessage, Reflagged, Source
from extraction.mime import parse_message

pytestmark = pytest.mark.servers


@pytest.fixture
def place(dovecot: Dovecot) -> ImapPlace:
    """Offer a fresh user on the real server."""
    return ImapPlace(dovecot)


@pytest.fixture
def old_place(old_dovecot: Dovecot) -> ImapPlace:
    """Offer a fresh user on a server without extensions."""
    return ImapPlace(old_dovecot)


@pytest.fixture
def small_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ask for three envelopes at once and put two messages on a page."""
    monkeypatch.setattr(imap_folder, "_WINDOW", 3)
    for module in (imap_bodies, paging):
        monkeypatch.setattr(module, "MAX_ITEMS", 2)


class TestAnOldServerKeepsTheContract(SourceContract):
    @pytest.fixture
    def place(self, old_place: ImapPlace) -> ImapPlace:
        return old_place


def numbers(items: list[Item]) -> list[int]:
    """Return the numbers the mails were made from, in the order they came."""
    return [
        int(message_from_bytes(item.data)["Subject"].removeprefix("Pump "))
        for item in items
        if isinstance(item, RawMessage)
    ]


def pages_of(source: Source, shelf: Shelf) -> list[Page]:
    """Sync, and return the pages."""
    pages = []
    for page in source.changes(shelf.cursor, shelf.held):
        shelf.save(page)
        pages.append(page)
    return pages


def items_of(source: Source, shelf: Shelf) -> list[Item]:
    """Sync, and return everything handed out."""
    return [item for page in pages_of(source, shelf) for item in page.items]


def nothing_held(folder: str) -> NoReturn:
    """Fail: whoever asks what is held does work that grows with the folder."""
    pytest.fail(f"the run asked for everything held of {folder}")


@pytest.mark.usefixtures("small_windows")
def test_old_mail_comes_newest_first(place: ImapPlace) -> None:
    """A first run gives the manager this week before last year."""
    place.put(*range(1, 9))

    items = items_of(place.source(), Shelf())

    assert numbers(items) == [8, 7, 6, 5, 4, 3, 2, 1]


@pytest.mark.usefixtures("small_windows")
def test_a_broken_off_backfill_goes_on_below_what_it_has(place: ImapPlace) -> None:
    """Mail that came meanwhile is handed out first, then the rest of the old."""
    place.put(*range(1, 9))
    shelf = shelf_of(islice(place.source().changes({}, Shelf().held), 2))
    held = numbers(list(shelf.items.values()))
    place.put(9)

    items = items_of(place.source(), shelf)

    assert held == [8, 7, 6, 5]
    assert numbers(items) == [9, 4, 3, 2, 1]
    assert shelf.counted() == {"INBOX": 9}


@pytest.mark.usefixtures("small_windows")
def test_new_mail_is_looked_for_while_old_mail_is_read(place: ImapPlace) -> None:
    """What arrives during a long first read does not wait for its end, whatever folder it comes to."""
    place.put(*range(1, 9))
    place.deliver(mail(29), "Sent")
    source = place.source()
    assert isinstance(source, ImapSource)
    seconds = iter(range(0, 100_000, 20))
    source.clock = lambda: float(next(seconds))
    items: list[Item] = []

    for number, page in enumerate(source.changes({}, Shelf().held)):
        items += page.items
        if number == 1:
            place.put(20)
            place.deliver(mail(30), "Sent")

    order = numbers(items)
    assert sorted(order) == [1, 2, 3, 4, 5, 6, 7, 8, 20, 29, 30]
    assert order.index(20) < order.index(1)
    assert order.index(30) < order.index(1)


def test_with_ten_new_nothing_else_is_asked_for(place: ImapPlace) -> None:
    """Neither what is held nor a listing is needed: the count proves the rest (RFC 9051, 2.3.1.1)."""
    place.put(*range(30))
    shelf = Shelf()
    shelf.sync(place.source())
    place.put(*range(30, 40))

    pages = list(place.source().changes(shelf.cursor, nothing_held))

    assert numbers([item for page in pages for item in page.items]) == list(range(30, 40))
    assert [listing for page in pages for listing in page.listings] == [Listing(folder="INBOX", server_count=40)]


def test_nothing_new_is_proven_in_one_page_for_all_folders(place: ImapPlace) -> None:
    """No folder is opened for it."""
    place.put(1)
    for folder in ("Sent", "Clients/Bluepeak"):
        place.deliver(mail(2), folder)
    shelf = Shelf()
    shelf.sync(place.source())

    pages = [page for page in place.source().changes(shelf.cursor, nothing_held) if page.listings]

    assert [[listing.folder for listing in page.listings] for page in pages] == [["INBOX", "Clients/Bluepeak", "Sent"]]


def change_flags(place: ImapPlace, number: int, flags: list[bytes]) -> None:
    """Set flags as a mail program does."""
    with place.server.client(place.user) as client:
        client.select_folder("INBOX")
        client.set_flags(client.search(["SUBJECT", f"Pump {number}"]), flags)


def test_new_flags_come_without_the_message(place: ImapPlace) -> None:
    """CONDSTORE tells which flags changed since (RFC 7162, 3.1.4)."""
    place.put(1, 2, 3)
    shelf = Shelf()
    shelf.sync(place.source())
    change_flags(place, 2, [b"\\Flagged"])

    items = items_of(place.source(), shelf)

    assert [(type(item), getattr(item, "imap_flags", ())) for item in items] == [(Reflagged, ("\\Flagged",))]


def test_an_expunged_message_is_named_by_the_server(place: ImapPlace) -> None:
    """QRESYNC tells what went, so that no listing is needed (RFC 7162, 3.2.10)."""
    place.put(1, 2, 3)
    shelf = Shelf()
    shelf.sync(place.source())
    place.remove(2)

    pages = pages_of(place.source(), shelf)

    listings = [listing for page in pages for listing in page.listings if listing.folder == "INBOX"]
    assert [type(item) for page in pages for item in page.items] == [Deleted]
    assert listings == [Listing(folder="INBOX", server_count=2)]
    assert shelf.contents() == sorted([mail(1), mail(3)])


def test_a_move_is_gone_here_and_new_there(place: ImapPlace) -> None:
    """The bytes are the same, so that the store knows it for one message."""
    place.put(1, 2)
    place.deliver(mail(3), "Done")
    shelf = Shelf()
    shelf.sync(place.source())
    with place.server.client(place.user) as client:
        client.select_folder("INBOX")
        client.move(client.search(["SUBJECT", "Pump 1"]), "Done")

    items = items_of(place.source(), shelf)

    assert [(type(item), item.folder) for item in items] == [(Deleted, "INBOX"), (RawMessage, "Done")]
    assert shelf.contents() == sorted(map(mail, (1, 2, 3)))


def test_an_emptied_folder_is_left_to_the_listing(place: ImapPlace) -> None:
    """That everything vanished is for the store to doubt; it is not told one by one."""
    place.put(*range(25))
    shelf = Shelf()
    shelf.sync(place.source())
    with place.server.client(place.user) as client:
        client.select_folder("INBOX")
        client.delete_messages(client.search("ALL"))
        client.expunge()

    pages = list(place.source().changes(shelf.cursor, shelf.held))

    assert [item for page in pages for item in page.items] == []
    assert [listing.uids for page in pages for listing in page.listings] == [frozenset()]


def test_a_change_counter_that_goes_back_means_a_full_comparison(place: ImapPlace) -> None:
    """After a restored backup HIGHESTMODSEQ may be smaller: then all UIDs are compared once."""
    place.put(1, 2, 3)
    shelf = Shelf()
    shelf.sync(place.source())
    shelf.cursor["folders"]["INBOX"]["modseq"] += 1_000_000
    place.remove(2)

    pages = pages_of(place.source(), shelf)

    compared = [one.server_count for page in pages for one in page.listings if one.uids and one.folder == "INBOX"]
    assert compared == [2]
    assert shelf.contents() == sorted([mail(1), mail(3)])
    assert items_of(place.source(), shelf) == []


def test_a_forgotten_cursor_does_not_fetch_what_is_held(place: ImapPlace) -> None:
    """The whole folder is gone through, and only what is missing is fetched."""
    place.put(1, 2, 3)
    shelf = Shelf()
    shelf.sync(place.source())
    shelf.cursor = {}
    del shelf.items[next(key for key, item in shelf.items.items() if item.data == mail(2))]

    items = items_of(place.source(), shelf)

    assert numbers(items) == [2]
    assert shelf.counted() == {"INBOX": 3}


def test_a_cursor_of_the_first_version_is_read_as_none(place: ImapPlace) -> None:
    """A store that was filled before the marks had this shape is not filled again."""
    place.put(1, 2)
    shelf = Shelf()
    shelf.sync(place.source())
    epoch = shelf.cursor["folders"]["INBOX"]["uidvalidity"]
    shelf.cursor = {"folders": {"INBOX": {"uidvalidity": epoch, "uidnext": 3, "unread": []}}}
    place.put(3)

    assert numbers(items_of(place.source(), shelf)) == [3]


def test_much_mail_comes_over_several_connections_in_order(place: ImapPlace, monkeypatch: pytest.MonkeyPatch) -> None:
    """They fetch ahead of the reader, who sees no difference."""
    monkeypatch.setattr(imap_bodies, "WORTH_IT", 5)
    monkeypatch.setattr(imap_bodies, "MAX_ITEMS", 2)
    place.put(*range(1, 31))

    items = items_of(place.source(connections=3), Shelf())

    assert numbers(items) == list(range(30, 0, -1))


def test_a_reader_that_stops_leaves_no_thread_behind(place: ImapPlace, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also when connections are in the middle of an answer."""
    monkeypatch.setattr(imap_bodies, "WORTH_IT", 5)
    monkeypatch.setattr(imap_bodies, "MAX_ITEMS", 2)
    place.put(*range(1, 31))

    pages = place.source(connections=3).changes({}, Shelf().held)
    next(pages)
    next(pages)
    assert any(thread.name.startswith("imap") for thread in threading.enumerate())
    del pages

    assert not any(thread.name.startswith("imap") for thread in threading.enumerate())


def test_a_compressed_connection_reads_the_same(place: ImapPlace) -> None:
    """COMPRESS=DEFLATE changes what crosses the wire and nothing else (RFC 4978)."""
    place.put(*range(1, 41))
    source = place.source()
    assert isinstance(source, ImapSource)
    source.compress = True
    with session(source.login, source="desk", compress=True) as server:
        assert server.compressed

    shelf = Shelf()
    shelf.sync(source)

    assert shelf.contents() == sorted(map(mail, range(1, 41)))


def big_letter() -> bytes:
    """A mail whose attachment alone is over the limit."""
    letter = EmailMessage()
    letter["From"], letter["To"], letter["Subject"] = "mara@tidewater.example", "ana@northwind.example", "Photos"
    letter["Message-ID"] = "<photos@tidewater.example>"
    letter.set_content("The photos of the crane are attached. Could you confirm by Friday?\n")
    letter.add_alternative("<p>The photos of the crane are attached.</p>", subtype="html")
    letter.add_attachment(bytes(2_000_000), maintype="image", subtype="png", filename="crane.png")
    letter.add_attachment("Notes of the day\n", filename="notes.txt")
    return letter.as_bytes()


def test_of_an_oversized_mail_the_text_comes_and_the_attachments_are_named(place: ImapPlace) -> None:
    """The MIME tree is the same, large parts are empty, and the size is the real one."""
    place.deliver(big_letter())
    shelf = Shelf()

    shelf.sync(place.source(size_limit=1_000_000))

    (item,) = shelf.items.values()
    assert isinstance(item, RawMessage)
    read = message_from_bytes(item.data)
    found = [(part.get_content_type(), part.get_filename()) for part in read.walk() if not part.is_multipart()]
    assert (item.truncated, item.size > 2_000_000, len(item.data) < 10_000) == (True, True, True)
    assert read["Message-ID"] == "<photos@tidewater.example>"
    assert "Could you confirm by Friday?" in item.data.decode()
    assert found == [
        ("text/plain", None),
        ("text/html", None),
        ("image/png", "crane.png"),
        ("text/plain", "notes.txt"),
    ]
    message = parse_message(item, fetched_at=NOW)
    assert isinstance(message, Message)
    assert [(file.filename, file.size // 100_000) for file in message.attachments] == [
        ("crane.png", 20),
        ("notes.txt", 0),
    ]


def test_an_old_server_tells_a_deletion_by_its_count(old_place: ImapPlace) -> None:
    """Without QRESYNC all UIDs are compared, but only when the count says so."""
    old_place.put(1, 2, 3)
    shelf = Shelf()
    shelf.sync(old_place.source())
    assert list(old_place.source().changes(shelf.cursor, nothing_held))
    old_place.remove(3)

    pages = pages_of(old_place.source(), shelf)

    compared = [one.server_count for page in pages for one in page.listings if one.uids and one.folder == "INBOX"]
    assert compared == [2]
    assert shelf.contents() == sorted([mail(1), mail(2)])
