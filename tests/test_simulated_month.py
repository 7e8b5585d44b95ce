"""A month in minutes: thirty days of mail and trouble with a fake clock, and the store holds exactly what is there.

Mail arrives, moves, is flagged and deleted every few hours; tokens of the cloud mailbox expire every day; the IMAP
server has bad days; passwords are refused until somebody edits the configuration; the process is killed, and once off
for a day and a half. Runs come on schedule, as under ``serve``.
"""

import multiprocessing
import os
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from random import Random
from typing import Any
from unittest.mock import patch

import pytest
from dovecot import Dovecot
from fake_graph import FakeGraph
from graph_places import access, never
from hostile_imap import HostileImap, Kind, Trouble, impatient
from small_desk import ASK, BOOK, CONFIG, entry, mail
from store_dump import differences, live
from test_connectors_mbox import mbox

from connectors.graph_mail import GraphMailSource
from domain.errors import AuthError
from domain.sources import Source
from flows import composition, stages
from flows.composition import source_of
from flows.morning import compose
from flows.once import ingest_once
from flows.settings import SourceConfig, load_settings
from followup.digest_text import digest_text
from store.database import Store, open_store
from store.queries import status

pytestmark = [pytest.mark.servers, pytest.mark.no_cover]
START = datetime(2026, 3, 2, tzinfo=UTC)  # a Monday
DAYS = 30
PACE = timedelta(hours=6)  # between two runs on a good day
BAD_PACE = timedelta(minutes=30)  # on a bad one, from BAD_HOURS on, so that resting shows
BAD_HOURS = (6, 12)
USER = "month"
FOLDERS = ("INBOX", "Sent", "Clients/Tidewater")
CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(["flows.stages", "connectors.imap", "extraction.pipeline", "alembic.command"])


def stalls(_chance: Random) -> list[Trouble]:
    """The server takes connections and says nothing."""
    return [Trouble(kind=Kind.STALL, at=b"")] * 200


def shuts_down(_chance: Random) -> list[Trouble]:
    """It says goodbye before anything was asked."""
    return [Trouble(kind=Kind.BYE, at=b"")] * 200


def is_mad(chance: Random) -> list[Trouble]:
    """Every connection breaks in another way: at signing in, in a line, in a literal of absurd length."""
    ways = [
        Trouble(kind=Kind.DROP, at=b"LIST"),
        Trouble(kind=Kind.CUT_LINE, at=b"LIST"),
        Trouble(kind=Kind.BYE, at=b"STATUS"),
        Trouble(kind=Kind.GARBAGE, at=b"LIST"),
        Trouble(kind=Kind.NO, at=b"AUTHENTICATE", text=b"[UNAVAILABLE] Try again later."),
    ]
    return [chance.choice(ways) for _ in range(200)]


def refuses(_chance: Random) -> list[Trouble]:
    """It does not know the password any more."""
    return [Trouble(kind=Kind.NO, at=b"AUTHENTICATE", text=b"[AUTHENTICATIONFAILED] Invalid credentials.")] * 200


BAD_DAYS: dict[int, tuple[Callable[[Random], list[Trouble]], str]] = {
    4: (is_mad, "failed"),
    9: (refuses, "auth_dead"),
    15: (stalls, "failed"),
    22: (shuts_down, "failed"),
}
"""Day to what the server does from six to twelve, and the state that is shown then."""
OFF = range(18, 20)  # days on which no process runs, but for the last evening
KILLED = {6, 13, 26}
NEW_EPOCH = 12
DEAD_GRANT = 24


@dataclass
class ExpiringGrant:
    """Tokens of the cloud mailbox: one a day; without a grant none."""

    graph: FakeGraph
    granted: bool = True
    renewals: int = 0
    _token: str = "token-1"

    def token(self) -> str:
        """Return the token in use, which may have expired."""
        return self._token

    def renewed(self, _refused: str) -> str:
        """Fetch the token of the day."""
        if not self.granted:
            raise AuthError("Source cloud: the sign-in has ended; run `accountline connect cloud`.")
        self.renewals += 1
        self._token = max(self.graph.tokens)
        return self._token


@dataclass
class Month:
    """Everything that exists: the mailboxes, the configuration, the clock, and what was seen."""

    folder: Path
    dovecot: Dovecot
    proxy: HostileImap
    graph: FakeGraph
    now: datetime = START
    chance: Random = field(default_factory=lambda: Random(30))  # noqa: S311 - the same month every time
    letters: int = 0
    attempts: Counter[str] = field(default_factory=Counter)
    grant: ExpiringGrant = field(init=False)

    def __post_init__(self) -> None:
        self.grant = ExpiringGrant(self.graph)
        self.dovecot.add_user(USER)
        with self.dovecot.client(USER) as client:
            for name in FOLDERS[1:]:
                client.create_folder(name)
        for part in ("cur", "new", "tmp"):
            (self.folder / "archive" / part).mkdir(parents=True)
        (self.folder / "old").mkdir()
        (self.folder / "cloud.json").write_text("{}", encoding="utf-8")
        self.config = self.configure("lived", self.proxy.port)

    def configure(self, name: str, port: int) -> Path:
        """Write a configuration with a store of its own."""
        (self.folder / name).mkdir()
        (self.folder / name / "accounts.csv").write_text(BOOK, encoding="utf-8")
        sources = f"""
[serve]
every = "30m"

[[sources]]
name = "desk"
kind = "imap"
host = "127.0.0.1"
port = {port}
username = "{USER}"
password = "{self.dovecot.password}"
security = "none"

[[sources]]
name = "archive"
kind = "maildir"
path = "../archive"

[[sources]]
name = "old"
kind = "mbox"
path = "../old"

[[sources]]
name = "cloud"
kind = "graph_mail"
credentials = "../cloud.json"

[[sources]]
name = "calendar"
kind = "ics"
path = "../calendar.ics"
"""
        (self.folder / name / "accountline.toml").write_text(CONFIG + sources, encoding="utf-8")
        return self.folder / name / "accountline.toml"

    def source_of(self, config: SourceConfig) -> Source:
        """Open a source as ever, the cloud's on the fake."""
        if config.name != "cloud":
            return source_of(config)
        return GraphMailSource(
            name="cloud", access=access(self.graph, "Mail.Read", name="cloud", grant=self.grant), sleep=never
        )

    # What happens in the mailboxes.

    def happen(self) -> None:
        """Let some things happen, more or less at random."""
        for act in self.chance.sample([self.arrives, self.arrives, self.moves, self.is_flagged, self.goes], k=3):
            act()
        self.files_change()

    def letter(self) -> bytes:
        """Write a new mail of a client, or an answer of ours."""
        self.letters += 1
        client = self.chance.choice(["mara@tidewater.example", "kim@bluepeak.example"])
        sides = [client, "ana@northwind.example"]
        self.chance.shuffle(sides)
        words = self.chance.choice([ASK, "The list is complete, nothing is missing.", "Any news?"])
        return mail(f"m{self.letters}", words, sender=sides[0], to=sides[1], at=self.now)

    def arrives(self) -> None:
        """New mail on the server; now and then the same one twice."""
        data = self.letter()
        for folder in self.chance.sample(FOLDERS, k=self.chance.choice([1, 1, 1, 2])):
            self.dovecot.deliver(USER, folder, data, received_at=self.now)

    def moves(self) -> None:
        """Somebody files a mail."""
        with self.dovecot.client(USER) as client:
            if client.select_folder("INBOX")[b"EXISTS"]:
                client.move([self.chance.choice(client.search())], "Clients/Tidewater")

    def is_flagged(self) -> None:
        """Somebody reads a mail."""
        with self.dovecot.client(USER) as client:
            if client.select_folder("INBOX")[b"EXISTS"]:
                client.add_flags([self.chance.choice(client.search())], [b"\\Seen"])

    def goes(self) -> None:
        """Somebody deletes a mail."""
        with self.dovecot.client(USER) as client:
            if client.select_folder("Sent")[b"EXISTS"]:
                client.delete_messages([self.chance.choice(client.search())])
                client.expunge()

    def files_change(self) -> None:
        """Something happens in the files, the cloud and the calendar, too."""
        stamp = self.now.timestamp()
        which = self.chance.randrange(4)
        if which == 0:
            (self.folder / "archive" / "new" / f"{int(stamp)}.M{self.letters}.host").write_bytes(self.letter())
        elif which == 1:
            file = self.folder / "old" / "inbox.mbox"
            separator = f"From x {self.now:%a %b %d %H:%M:%S %Y}\n".encode()
            with file.open("ab") as end:
                end.write(mbox(self.letter(), separator=separator))
            os.utime(file, (stamp, stamp))
        elif which == 2:
            message = self.graph.deliver(self.letter())
            if self.chance.random() < 0.3:
                self.graph.change(message, isRead=True)
        else:
            meeting = entry(f"e{self.letters % 5}", "Site visit", starts_at=self.now, sequence=self.letters)
            (self.folder / "calendar.ics").write_bytes(meeting.data)
            os.utime(self.folder / "calendar.ics", (stamp, stamp))

    # What happens to runs.

    def run(self) -> None:
        """Run on schedule, here."""
        report = ingest_once(load_settings(self.config), None, self.now, scheduled=True)
        self.attempts.update(source["name"] for source in report["sources"])

    def be_killed(self) -> None:
        """Run in a process of its own and kill it somewhere; the cloud needs what only lives in this one."""
        process = CONTEXT.Process(
            target=partial(_ingest, self.config, ["desk", "archive", "old", "calendar"], self.now)
        )
        process.start()
        process.join(self.chance.uniform(0.1, 1.0))
        process.kill()
        process.join()

    def told(self, name: str = "desk") -> dict[str, Any]:
        """Return what ``status`` says of a source at this moment."""
        settings = load_settings(self.config)
        sources = [(source.name, source.kind) for source in settings.sources]
        with open_store(settings.store_url, read_only=True) as store:
            told = status(store, now=self.now, sources=sources, stale_after=settings.stale_after())["sources"]
        return next(source for source in told if source["name"] == name)

    def report(self) -> str:
        """Return the morning report of this moment."""
        return digest_text(compose(load_settings(self.config), self.now))


def _ingest(config: Path, names: list[str], now: datetime) -> None:
    ingest_once(load_settings(config), names, now)


@pytest.fixture
def month(tmp_path: Path, dovecot: Dovecot, graph: FakeGraph) -> Iterator[Month]:
    """Offer the first morning. The store stays open from run to run: each statement is compiled once."""
    with ExitStack() as stack:
        proxy = stack.enter_context(HostileImap(dovecot.port))
        month = Month(tmp_path, dovecot, proxy, graph)
        (tmp_path / "calendar.ics").write_bytes(entry("e0", "Site visit", starts_at=START).data)
        stack.enter_context(patch.object(stages, "source_of", month.source_of))
        stores: dict[str, Store] = {}

        def kept(url: str, *, read_only: bool) -> Store:
            if url not in stores:
                stores[url] = open_store(url, read_only=read_only)
                stack.enter_context(patch.object(stores[url], "close", lambda: None))
            return stores[url]

        stack.enter_context(patch.object(composition, "open_store", kept))
        yield month
    for store in stores.values():
        store.close()


def live_through(month: Month, day: int) -> None:
    """Let one day pass."""
    month.graph.tokens = {f"token-{day + 1:02}"}
    if day == NEW_EPOCH:
        renumber(month)
    if day == DEAD_GRANT:
        month.grant.granted = False
    for hour in range(0, 24, int(PACE / timedelta(hours=1))):
        month.now = START + timedelta(days=day, hours=hour)
        month.happen()
        if day in OFF and (day, hour) != (OFF[-1], 18):
            continue
        if day in BAD_DAYS and hour == BAD_HOURS[0]:
            have_a_bad_day(month, *BAD_DAYS[day])
        if day in KILLED and hour == 12:
            month.be_killed()
        month.run()


def have_a_bad_day(month: Month, what: Callable[[Random], list[Trouble]], state: str) -> None:
    """Let the server misbehave for some hours, with a run every half hour, and look at what is said meanwhile."""
    month.proxy.misbehave(what(month.chance))
    called, tried, files = month.proxy.connections, month.attempts["desk"], month.attempts["archive"]
    ticks = int((BAD_HOURS[1] - BAD_HOURS[0]) * timedelta(hours=1) / BAD_PACE)
    with impatient() if what is stalls else nullcontext():
        for _ in range(ticks):
            month.run()
            month.now += BAD_PACE
    told = month.told()

    assert told["state"] == state
    assert told["error"]
    assert told["failures"] == month.attempts["desk"] - tried >= 3
    assert month.now - BAD_PACE < told["next_attempt"] <= month.now + timedelta(hours=1)
    assert month.attempts["archive"] - files == ticks  # nobody else was delayed
    assert month.attempts["desk"] - tried <= ticks * 2 // 3
    assert month.proxy.connections - called <= 2 * (month.attempts["desk"] - tried)
    assert "Nobody is waiting" not in month.report()
    assert "Not known since" in month.report()
    month.proxy.behave()
    if state == "auth_dead":  # somebody edits the configuration
        os.utime(month.config, (month.now.timestamp(), month.now.timestamp()))


def renumber(month: Month) -> None:
    """Let the server forget its UIDs, as a restored backup does."""
    maildir = month.dovecot.maildir(USER)
    for file in maildir.glob("dovecot*"):
        file.unlink()
    uidlist = maildir / "dovecot-uidlist"
    uidlist.write_text("3 V1900000000 N1 G0123456789abcdef0123456789abcdef\n")
    uidlist.chmod(0o666)


def test_a_month_loses_nothing_doubles_nothing_and_hides_nothing(month: Month) -> None:
    """The store at its end equals one clean sync, and each trouble was told while it lasted."""
    seen = []
    for day in range(DAYS):
        live_through(month, day)
        seen.append((month.told()["state"], month.told("cloud")["state"]))
        if day == OFF[0]:
            month.now += timedelta(hours=10)
            assert month.told()["state"] == "stale"
            assert "Nobody is waiting" not in month.report()
            assert month.told("archive")["state"] == "ok"
        if day == DEAD_GRANT:
            assert "accountline connect cloud" in month.told("cloud")["error"]
            month.grant.granted = True
    month.now += PACE
    month.run()

    clean = month.configure("clean", month.dovecot.port)
    report = ingest_once(load_settings(clean), None, month.now)
    assert [source["state"] for source in report["sources"]] == ["ok"] * 5
    lived, fresh = (live(config.with_name("accountline.db"), flags=True) for config in (month.config, clean))
    assert differences(lived, fresh) == {}
    assert len(lived["messages"]) >= 100
    # Every trouble was over by the evening, but for the grant that had ended.
    assert [day for day, states in enumerate(seen) if states != ("ok", "ok")] == [DEAD_GRANT]
    assert month.grant.renewals <= DAYS + 2
