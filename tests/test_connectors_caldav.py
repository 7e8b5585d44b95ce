"""CalDAV, against a real Radicale, and against what other servers lack or do wrong."""

from collections.abc import Iterator
from dataclasses import replace
from importlib.metadata import version
from itertools import count
from xml.sax.saxutils import escape

import pytest
from contract_sources import Place, Shelf, SourceContract
from fake_caldav import FakeCaldav, Fault, Lacks, expired, in_front_of
from radicale_server import PASSWORD, Radicale

from connectors.caldav import CaldavSource
from connectors.registry import open_source
from domain.errors import AuthError, ConfigError, SourceError, SourceUnreachable
from domain.sources import Deleted, Listing, Source, Unreadable

pytestmark = pytest.mark.servers
LIMIT = 1_000_000
PRODID = f"PRODID:-//Radicale//NONSGML Version {version('radicale')}//EN"


def calendar_object(number: int, *more: str) -> bytes:
    """Return a small calendar object as Radicale hands it out."""
    lines = ("BEGIN:VCALENDAR", "VERSION:2.0", PRODID, *event(number, *more), "END:VCALENDAR")
    return "".join(f"{line}\r\n" for line in lines).encode()


def event(number: int, *more: str) -> tuple[str, ...]:
    """Return the content lines of its event."""
    uid = f"UID:meeting-{number}@northwind.example"
    return ("BEGIN:VEVENT", uid, "DTSTART:20250310T090000Z", "DTSTAMP:20250301T090000Z", *more, "END:VEVENT")


def path_of(number: int) -> str:
    """Return where it lies."""
    return f"work/meeting-{number}@northwind.example.ics"


class CaldavPlace:
    """A user with one calendar, behind a proxy that lacks what is said."""

    def __init__(self, radicale: Radicale, fake: FakeCaldav | None = None) -> None:
        self.server = radicale
        self.root = fake.url if fake else radicale.url
        self.user = radicale.add_user()
        self.pauses: list[float] = []
        radicale.add_calendar(self.user, "work", "Work")

    def put(self, *numbers: int) -> None:
        if len(numbers) > 20:
            inner = "".join(f"{line}\r\n" for number in numbers for line in event(number))
            whole = calendar_object(0).replace("".join(f"{line}\r\n" for line in event(0)).encode(), inner.encode())
            self.server.put_all(self.user, "work", "Work", whole)
            return
        for number in numbers:
            self.server.put(self.user, path_of(number), calendar_object(number))

    def remove(self, number: int) -> None:
        self.server.delete(self.user, path_of(number))

    def source(self, *, size_limit: int = LIMIT, url: str = "", **options: object) -> CaldavSource:
        where = {"url": url or self.root, "username": self.user, "size_limit": size_limit}
        source = open_source("caldav", "desk", where | options, secret=PASSWORD)
        assert isinstance(source, CaldavSource)
        return replace(source, sleep=self.pauses.append)

    def missing(self) -> Source:
        options = {"url": "http://127.0.0.1:1/", "username": self.user}
        source = open_source("caldav", "gone", options, secret=PASSWORD)
        assert isinstance(source, CaldavSource)
        return replace(source, sleep=self.pauses.append)

    def put_oversized(self, size: int) -> None:
        self.server.put(self.user, "work/big.ics", calendar_object(0, f"DESCRIPTION:{'x' * size}"))

    def fingerprint(self) -> object:
        return self.server.contents(self.user)

    def synced(self) -> Shelf:
        """Return a shelf after one run."""
        shelf = Shelf()
        shelf.sync(self.source())
        return shelf


@pytest.fixture
def fake(radicale: Radicale) -> Iterator[FakeCaldav]:
    """A proxy in front of Radicale."""
    with in_front_of(radicale.port) as running:
        yield running


@pytest.fixture
def desk(radicale: Radicale, fake: FakeCaldav) -> CaldavPlace:
    """A user with one calendar, read through the proxy."""
    return CaldavPlace(radicale, fake)


class TestCaldav(SourceContract):
    """The contract, over sync-collection."""

    lacks: frozenset[Lacks] = frozenset()

    @pytest.fixture
    def place(self, radicale: Radicale, fake: FakeCaldav) -> CaldavPlace:
        fake.lacks |= self.lacks
        return CaldavPlace(radicale, fake)

    def expected(self, *numbers: int) -> list[bytes]:
        return sorted(calendar_object(number) for number in numbers)

    def test_an_oversized_item_is_truncated(self, place: Place) -> None:
        """Half an event is none: it is reported instead, and counted."""
        place.put(1)
        place.put_oversized(30_000)
        shelf = Shelf()

        shelf.sync(place.source(size_limit=20_000))

        assert len(shelf.items) == 1
        assert [trouble.uid.rpartition("/")[2] for trouble in shelf.unreadable] == ["big.ics"]
        assert "more than `size_limit`" in shelf.unreadable[0].reason
        assert shelf.counted() == {"Work": 2}


class TestCaldavByEtagAlone(TestCaldav):
    """The contract, of a server with neither sync-collection nor getctag."""

    lacks = frozenset({Lacks.SYNC, Lacks.CTAG})


class TestCaldavWithoutEtag(TestCaldav):
    """The contract, of a server that tells nothing of its objects."""

    lacks = frozenset({Lacks.SYNC, Lacks.CTAG, Lacks.ETAG})
