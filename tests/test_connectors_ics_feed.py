"""Calendar files by address: only when changed, bounded, and nothing removed by what is no calendar."""

import logging
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from contract_sources import Place, Shelf, SourceContract
from feed_server import FeedServer, certificate, serving
from test_connectors_ics import calendar, event

from connectors.ics_feed import IcsFeed
from connectors.registry import open_source
from domain.errors import AuthError, ConfigError, SourceError, SourceUnreachable
from domain.sources import Source

LIMIT = 1_000_000


class IcsFeedPlace:
    """A calendar on a web server."""

    def __init__(self, server: FeedServer) -> None:
        self.server = server
        self.numbers: list[int] = []
        self.pauses: list[float] = []
        self._write()

    def put(self, *numbers: int) -> None:
        self.numbers += numbers
        self._write()

    def remove(self, number: int) -> None:
        self.numbers.remove(number)
        self._write()

    def source(self, *, size_limit: int = LIMIT, url: str = "") -> IcsFeed:
        source = open_source("ics", "desk", {"url": url or self.server.url, "size_limit": size_limit})
        assert isinstance(source, IcsFeed)
        return replace(source, sleep=self.pauses.append)

    def missing(self) -> Source:
        source = open_source("ics", "gone", {"url": "http://127.0.0.1:1/a.ics"})
        assert isinstance(source, IcsFeed)
        return replace(source, sleep=self.pauses.append)

    def put_oversized(self, size: int) -> None:
        self.server.data = calendar(*event(0, f"DESCRIPTION:{'x' * size}"))

    def fingerprint(self) -> object:
        return self.server.data

    def synced(self, *numbers: int) -> Shelf:
        """Return a shelf after reading these."""
        self.put(*numbers)
        shelf = Shelf()
        shelf.sync(self.source())
        return shelf

    def _write(self) -> None:
        self.server.data = calendar(*(line for number in self.numbers for line in event(number)))


@pytest.fixture
def feed() -> Iterator[IcsFeedPlace]:
    """A web server with an empty calendar."""
    with serving() as server:
        yield IcsFeedPlace(server)


class TestIcsFeed(SourceContract):
    @pytest.fixture
    def place(self, feed: IcsFeedPlace) -> IcsFeedPlace:
        return feed

    def expected(self, *numbers: int) -> list[bytes]:
        return sorted(calendar(*event(number)) for number in numbers)

    def test_an_oversized_item_is_truncated(self, place: Place) -> None:
        """Half a calendar is none: it is reported, and what was held stays."""
        place.put(1)
        shelf = Shelf()
        shelf.sync(place.source(size_limit=2_000_000))
        place.put_oversized(3_000_000)

        shelf.sync(place.source(size_limit=2_000_000))

        assert len(shelf.items) == 1
        assert "`size_limit` of source desk" in shelf.unreadable[0].reason


def test_an_unchanged_file_is_not_sent_again(feed: IcsFeedPlace) -> None:
    """ETag and If-None-Match: the count alone proves that nothing is missing."""
    shelf = feed.synced(1, 2)

    assert shelf.sync(feed.source()) == 0
    assert feed.server.statuses == [200, 304]
    assert (shelf.listings[-1].server_count, shelf.listings[-1].uids) == (2, None)


def test_a_server_without_etags_is_asked_by_time(feed: IcsFeedPlace) -> None:
    """Last-Modified and If-Modified-Since."""
    feed.server.etags, feed.server.modified = False, "Mon, 02 Mar 2026 09:00:00 GMT"
    shelf = feed.synced(1)

    assert shelf.sync(feed.source()) == 0
    assert feed.server.asked[-1]["if-modified-since"] == feed.server.modified
    assert feed.server.statuses == [200, 304]


def test_a_server_without_either_is_compared(feed: IcsFeedPlace) -> None:
    """The whole file comes, but only what changed is handed out."""
    feed.server.etags = False
    shelf = feed.synced(1, 2)
    feed.put(3)

    assert shelf.sync(feed.source()) == 1
    assert feed.server.statuses == [200, 200]


def test_another_address_is_another_file(feed: IcsFeedPlace) -> None:
    """What one address said of its state proves nothing about another."""
    shelf = feed.synced(1)

    shelf.sync(feed.source(url=feed.server.url + "?new"))

    assert feed.server.statuses == [200, 200]


def test_what_is_not_held_any_more_is_asked_for_again(feed: IcsFeedPlace) -> None:
    """A file is unmodified only for those who still have all of it."""
    shelf = feed.synced(1, 2)
    shelf.items.popitem()

    assert shelf.sync(feed.source()) == 1


def test_a_packed_file_is_unpacked(feed: IcsFeedPlace) -> None:
    """Content-Encoding: gzip."""
    feed.server.gzip = True

    assert len(feed.synced(1, 2).items) == 2


def test_a_bomb_is_not_unpacked(feed: IcsFeedPlace) -> None:
    """The limit holds for what comes out, not for what was sent."""
    shelf = feed.synced(1)
    feed.server.gzip = True
    feed.put_oversized(30_000_000)

    shelf.sync(feed.source(size_limit=100_000))

    assert len(shelf.items) == 1
    assert len(shelf.unreadable) == 1


def test_a_file_that_fits_again_is_read_again(feed: IcsFeedPlace) -> None:
    """Also if it is the one from before it grew: its listing clears what was reported."""
    shelf = feed.synced(1)
    feed.put_oversized(2 * LIMIT)
    shelf.sync(feed.source())
    feed.put()

    shelf.sync(feed.source())

    assert feed.server.statuses == [200, 200, 200]
    assert shelf.listings[-1].uids == frozenset({"desk/meeting-1@northwind.example"})


@pytest.mark.parametrize(
    ("data", "error", "words"),
    [
        pytest.param(b"<!DOCTYPE html><title>Sign in</title>", SourceError, "sends a web page instead", id="web page"),
        pytest.param(b"", SourceError, "sends something else instead of a calendar", id="nothing"),
        pytest.param(calendar(*event(1))[:-15], SourceUnreachable, "cut off; nothing was changed", id="cut off"),
    ],
)
def test_what_is_no_whole_calendar_removes_nothing(
    feed: IcsFeedPlace, data: bytes, error: type[SourceError], words: str
) -> None:
    """It says nothing about the events."""
    shelf = feed.synced(1, 2)
    feed.server.data = data

    with pytest.raises(error, match=words):
        shelf.sync(feed.source())
    assert len(shelf.items) == 2


def test_a_connection_that_breaks_removes_nothing(feed: IcsFeedPlace) -> None:
    """It is tried again, and then told."""
    shelf = feed.synced(1, 2)
    feed.put(3)
    feed.server.cut = 30

    with pytest.raises(SourceUnreachable, match="breaks off"):
        shelf.sync(feed.source())
    assert len(shelf.items) == 2
    assert len(feed.pauses) == 3


@pytest.mark.parametrize(
    ("status", "error", "words"),
    [
        (401, AuthError, "does not let us read the calendar"),
        (403, AuthError, "copy its address anew"),
        (404, SourceError, "has no calendar at this address"),
        (410, SourceError, "has no calendar at this address"),
        (304, SourceError, "answers 304 instead of a calendar"),
    ],
)
def test_a_refusal_is_a_sentence_and_final(
    feed: IcsFeedPlace, status: int, error: type[SourceError], words: str
) -> None:
    """Asking again would not help."""
    feed.server.status = status

    with pytest.raises(error, match=words):
        list(feed.source().changes({}, Shelf().held))
    assert feed.pauses == []


def test_a_server_that_asks_to_wait_is_waited_for(feed: IcsFeedPlace) -> None:
    """Retry-After in seconds, then it answers."""
    feed.server.status, feed.server.headers, feed.server.times = 429, {"Retry-After": "7"}, 2

    assert len(feed.synced(1).items) == 1
    assert feed.pauses == [7, 7]


def test_a_server_that_wants_a_long_pause_is_left_alone(feed: IcsFeedPlace) -> None:
    """The next run comes anyway."""
    feed.server.status, feed.server.headers = 503, {"Retry-After": "3600"}

    with pytest.raises(SourceUnreachable, match="answers 503"):
        list(feed.source().changes({}, Shelf().held))
    assert feed.pauses == []


def test_pauses_grow_and_end(feed: IcsFeedPlace) -> None:
    """Four attempts, with some chance in between."""
    feed.server.status = 500

    with pytest.raises(SourceUnreachable, match="answers 500; try again later"):
        list(feed.source().changes({}, Shelf().held))
    first, second, third = feed.pauses
    assert 0.5 <= first <= 1 <= second <= 2 <= third <= 4


def test_a_redirect_is_followed(feed: IcsFeedPlace) -> None:
    """To the same kind of encryption."""
    feed.server.status, feed.server.headers, feed.server.times = 302, {"Location": "/elsewhere.ics"}, 1

    assert len(feed.synced(1).items) == 1


@pytest.mark.parametrize("location", ["http://calendar.example/a.ics", "ftp://calendar.example/", "http://[/"])
def test_a_redirect_out_of_encryption_is_not_followed(feed: IcsFeedPlace, location: str) -> None:
    """The calendar could be read on the way."""
    feed.server.status, feed.server.headers = 301, {"Location": location}

    with pytest.raises(SourceError, match="redirects to"):
        list(feed.source().changes({}, Shelf().held))


def test_redirects_end(feed: IcsFeedPlace) -> None:
    """A circle is noticed."""
    feed.server.status, feed.server.headers = 302, {"Location": "/again"}

    with pytest.raises(SourceError, match="redirects without end"):
        list(feed.source().changes({}, Shelf().held))


@pytest.mark.parametrize("status", [200, 302, 403, 404, 500])
def test_a_secret_address_is_never_told(feed: IcsFeedPlace, status: int, caplog: pytest.LogCaptureFixture) -> None:
    """Neither in errors nor in logs nor in representations nor in the cursor."""
    caplog.set_level(logging.INFO)
    feed.server.status = status
    source = feed.source()
    try:
        cursors = [page.next_cursor for page in source.changes({}, Shelf().held)]
        said = f"{cursors}{source.check()}"
    except SourceError as error:
        said = str(error)

    assert "5ecret" not in f"{said}{caplog.text}{source!r}"


@pytest.mark.parametrize(
    "url", ["http://calendar.example/5ecret", "https://a:5ecret@b.example/", "5ecret", "https://["]
)
def test_an_address_that_must_not_be_used_is_refused_unseen(url: str) -> None:
    """Also where it comes from a password manager; webcal is https."""
    with pytest.raises(ConfigError, match="`url` must") as caught:
        open_source("ics", "desk", {"url": ""}, secret=url)
    assert "5ecret" not in str(caught.value)


def test_webcal_means_https() -> None:
    """As calendars use it."""
    source = open_source("ics", "desk", {"url": "webcal://calendar.example/a.ics"})

    assert isinstance(source, IcsFeed)
    assert source.url == "https://calendar.example/a.ics"


def test_check_says_where_and_how_many(feed: IcsFeedPlace) -> None:
    """For those who set it up."""
    feed.put(1, 2)

    assert feed.source().check() == f"The calendar at 127.0.0.1:{feed.server.port} holds 2 entries."


def test_a_certificate_must_be_trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By this system, or by ``SSL_CERT_FILE``; both for feeds and for CalDAV."""
    file = certificate(tmp_path)
    with serving(file) as server:
        place = IcsFeedPlace(server)
        url = f"https://localhost:{server.port}/a.ics"
        dav = open_source("caldav", "desk", {"url": url, "username": "ana"}, secret="x")
        with pytest.raises(SourceUnreachable, match="certificate that cannot be trusted"):
            place.source(url=url).check()
        with pytest.raises(SourceUnreachable, match="certificate that cannot be trusted"):
            dav.check()
        monkeypatch.setenv("SSL_CERT_FILE", f"{file}.crt")

        assert place.source(url=url).check().endswith("holds 0 entries.")
        with pytest.raises(SourceError, match="shows no calendars"):
            dav.check()
