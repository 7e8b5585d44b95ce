"""A server that misbehaves costs a run, never a mail: IMAP through a hostile proxy in front of a real Dovecot."""

from collections.abc import Iterator
from contextlib import nullcontext
from typing import Any

import pytest
from dovecot import Dovecot
from hostile_imap import HostileImap, Kind, Trouble, impatient
from store_dump import differences, live
from sync_machine import Sync, small_pages
from test_connectors_imap import ImapPlace

pytestmark = pytest.mark.servers
MAILS = 9


class Line:
    """A mailbox behind the proxy, and a store that follows it."""

    def __init__(self, dovecot: Dovecot, proxy: HostileImap, lived: Sync, clean: Sync) -> None:
        self.place = ImapPlace(dovecot)
        self.proxy = proxy
        self.sync, self.clean = lived, clean

    def run(self, *, connections: int = 1) -> dict[str, Any]:
        """Read once through the proxy, in small pages; with little patience where waiting is what goes wrong."""
        source = self.place.source(port=self.proxy.port, connections=connections)
        to_come = [*self.proxy.script, self.proxy.forever]
        waits = any(trouble and trouble.kind in {Kind.STALL, Kind.LONG_LITERAL} for trouble in to_come)
        with small_pages(), impatient() if waits else nullcontext():
            return self.sync.run(source)

    def recovers(self) -> None:
        """The server behaves again: the store holds everything once."""
        self.proxy.behave()
        assert self.run()["state"] == "ok"
        again = self.run()
        assert (again["new"], again["updated"], again["removed"]) == (0, 0, 0)
        assert self.clean.run(self.place.source())["state"] == "ok"
        assert differences(live(self.sync.path, flags=True), live(self.clean.path, flags=True)) == {}


@pytest.fixture(scope="module")
def stores(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Sync, Sync]]:
    """Offer two stores, one to live through troubles and one to compare with."""
    folder = tmp_path_factory.mktemp("stores")
    lived, clean = Sync(folder / "lived"), Sync(folder / "clean")
    yield lived, clean
    for sync in (lived, clean):
        sync.close()


@pytest.fixture
def line(dovecot: Dovecot, stores: tuple[Sync, Sync]) -> Iterator[Line]:
    """Offer a mailbox with some mail and empty stores."""
    for sync in stores:
        sync.empty()
    with HostileImap(dovecot.port) as proxy:
        found = Line(dovecot, proxy, *stores)
        found.place.put(*range(MAILS))
        yield found


FAILING = [
    (Trouble(kind=Kind.DROP, at=b""), "try again later"),
    (Trouble(kind=Kind.BYE, at=b""), "try again later"),
    (Trouble(kind=Kind.STALL, at=b""), "does not answer"),
    (Trouble(kind=Kind.DROP, at=b"AUTHENTICATE"), "try again later"),
    (Trouble(kind=Kind.BYE, at=b"AUTHENTICATE"), "try again later"),
    (Trouble(kind=Kind.NO, at=b"AUTHENTICATE"), "try again later"),
    (Trouble(kind=Kind.STALL, at=b"AUTHENTICATE"), "does not answer"),
    (Trouble(kind=Kind.DROP, at=b"LIST"), "try again later"),
    (Trouble(kind=Kind.CUT_LINE, at=b"LIST"), "try again later"),
    (Trouble(kind=Kind.DROP, at=b"STATUS"), "try again later"),
    (Trouble(kind=Kind.STALL, at=b"EXAMINE"), "does not answer"),
    (Trouble(kind=Kind.DROP, nth=4), "try again later"),
    (Trouble(kind=Kind.STALL, nth=4), "does not answer"),
    (Trouble(kind=Kind.CUT_LINE, nth=4), "try again later"),
    (Trouble(kind=Kind.CUT_LITERAL, nth=4), "try again later"),
    (Trouble(kind=Kind.ABSURD_LITERAL, nth=4), "try again later"),
]


@pytest.mark.parametrize(("trouble", "sentence"), FAILING, ids=lambda value: str(getattr(value, "kind", "")))
def test_a_connection_that_breaks_fails_the_run_and_loses_nothing(line: Line, trouble: Trouble, sentence: str) -> None:
    """One attempt, one sentence that says what to do; the next run goes on at the last saved page."""
    line.proxy.misbehave([trouble])

    report = line.run()

    assert report["state"] == "failed"
    assert sentence in report["error"]
    assert line.proxy.connections == 1
    line.recovers()


SURVIVED = [
    Trouble(kind=Kind.UNSOLICITED, at=b"STATUS"),
    Trouble(kind=Kind.UNSOLICITED),
    Trouble(kind=Kind.SLOW, at=b"LIST"),
    Trouble(kind=Kind.BYE, nth=4),
    Trouble(kind=Kind.NO, nth=4),
    Trouble(kind=Kind.GARBAGE, nth=4),
    Trouble(kind=Kind.SHORT_LITERAL, nth=4),
    Trouble(kind=Kind.LONG_LITERAL, nth=4),
]


@pytest.mark.parametrize("trouble", SURVIVED, ids=lambda trouble: f"{trouble.kind} at {trouble.at.decode()}")
def test_what_one_answer_spoils_is_asked_for_again(line: Line, trouble: Trouble) -> None:
    """In the same run, on a new connection where the old one is of no use: nothing spoilt reaches the store."""
    line.proxy.misbehave([trouble])

    report = line.run()

    assert report["state"] in {"ok", "failed"}
    assert line.proxy.connections <= 2
    line.recovers()


@pytest.mark.parametrize("kind", list(Kind))
def test_a_server_that_never_behaves_is_not_called_without_end(line: Line, kind: Kind) -> None:
    """Whatever it does at every answer, a run ends, and what it saved is right."""
    line.proxy.forever = Trouble(kind=kind, nth=2)

    line.run()

    assert line.proxy.connections <= 21
    line.recovers()


@pytest.mark.parametrize(
    ("text", "state", "sentence"),
    [
        (b"[AUTHENTICATIONFAILED] Invalid credentials.", "auth_dead", "check `username` and password"),
        (b"[UNAVAILABLE] Temporary failure.", "failed", "try again later"),
    ],
)
def test_refused_credentials_are_told_from_a_bad_moment(line: Line, text: bytes, state: str, sentence: str) -> None:
    """RFC 5530: only what a person must mend is called so."""
    line.proxy.misbehave([Trouble(kind=Kind.NO, at=b"AUTHENTICATE", text=text)])

    report = line.run()

    assert report["state"] == state
    assert sentence in report["error"]
    assert line.place.server.password not in report["error"]
    line.recovers()


def test_a_broken_connection_among_several_is_noticed(line: Line) -> None:
    """Bodies come over connections of their own; what one of them owes is not taken for read."""
    fine = Trouble(kind=Kind.UNSOLICITED, at=b"LOGOUT")
    line.proxy.misbehave([fine, fine, Trouble(kind=Kind.CUT_LITERAL, nth=2)])

    assert line.run(connections=2)["state"] == "failed"
    assert line.proxy.connections == 3
    line.recovers()


def test_a_folder_over_quota_is_named_and_the_others_are_read(line: Line) -> None:
    """One folder that refuses is no reason to skip the rest, and proves nothing."""
    line.place.deliver(b"Subject: elsewhere\r\n\r\nHello.\r\n", "Other")
    line.proxy.misbehave([Trouble(kind=Kind.NO, at=b"EXAMINE", text=b"[OVERQUOTA] Quota exceeded.")])

    line.run()

    assert {folder for _, folder, *_ in live(line.sync.path, flags=False)["counts"]} == {"Other"}
    line.recovers()
