"""Killed at any instant and started again, a run ends in the same store as one clean run (SEMANTICS 7)."""

import multiprocessing
import os
import time
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import pytest
from dovecot import Dovecot
from generated_mail import Letter, calendar, configure, fill, letters
from small_desk import NOW
from store_dump import Dump, differences, dump

from flows.once import ingest_once
from flows.settings import load_settings
from store.database import open_store
from store.queries import status

pytestmark = [pytest.mark.servers, pytest.mark.no_cover, pytest.mark.usefixtures("engine")]
KILLS = 10
# Children are forked from a process that has loaded everything, so that time goes into the run itself.
CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(
    ["flows.stages", "connectors.imap", "extraction.pipeline", "alembic.command", "filelock"]
)


@dataclass(frozen=True, slots=True)
class Mail:
    """Where everything lies.

    Attributes:
        folder: Of the files; configurations lie in folders below it.
        users: Own person to user of the server.
        held_back: Letters that arrive later.
    """

    folder: Path
    dovecot: Dovecot
    users: dict[str, str]
    held_back: list[Letter]

    def configuration(self, name: str) -> Path:
        """Make a configuration with a store of its own."""
        return configure(self.folder / name, self.dovecot, self.users)


@pytest.fixture(scope="module")
def mails(engine: str, dovecot: Dovecot, tmp_path_factory: pytest.TempPathFactory) -> Mail:
    """About 400 copies of mail in a server, a Maildir and mbox files, and a calendar."""
    folder = tmp_path_factory.mktemp(engine)
    users = {"ana": "crash-ana", "ben": "crash-ben"}
    for user in users.values():
        dovecot.add_user(user)
    written = list(letters())
    fill(dovecot, folder, users, written[:-20])
    dovecot.deliver("crash-ana", "INBOX", b"\x00\x01 no mail at all\r\n", received_at=NOW)
    (folder / "calendar.ics").write_bytes(calendar())
    os.utime(folder / "calendar.ics", (NOW.timestamp(), NOW.timestamp()))  # one that has just changed is read again
    return Mail(folder, dovecot, users, written[-20:])


def ingest(config: Path) -> dict[str, Any]:
    """Run once, in this process."""
    return ingest_once(load_settings(config), None, NOW)


def stored(config: Path) -> Dump:
    """All rows of all tables."""
    return dump(load_settings(config).store_url)


def started(config: Path) -> Any:
    """Start a run in a process of its own."""
    process = CONTEXT.Process(target=ingest, args=(config,))
    process.start()
    return process


def finish(config: Path) -> float:
    """Run to the end in a process of its own; return how long that took."""
    begun = time.monotonic()
    process = started(config)
    process.join(60)
    assert process.exitcode == 0
    return time.monotonic() - begun


def held_and_quarantined(config: Path) -> dict[str, dict[str, tuple[int, int]]]:
    """By source and folder: what the listing counted, and what is held or waits in quarantine."""
    settings = load_settings(config)
    sources = [(source.name, source.kind) for source in settings.sources]
    with open_store(settings.store_url, read_only=True) as store:
        told = status(store, now=NOW, sources=sources, stale_after=settings.stale_after())["sources"]
    return {
        source["name"]: {f["name"]: (f["server_count"], f["held"] + f["quarantined"]) for f in source["folders"]}
        for source in told
    }


def on_server(dovecot: Dovecot, user: str) -> dict[str, int]:
    """Count the mail of a user, by folder."""
    with dovecot.client(user) as client:
        folders = [name for _, _, name in client.list_folders() if name != "Papierkorb"]
        return {name: client.folder_status(name, ["MESSAGES"])[b"MESSAGES"] for name in folders}


def test_killed_at_ten_moments_it_ends_as_one_clean_run(mails: Mail) -> None:
    """Also when new mail arrives in between; a second run then finds nothing."""
    chance = Random(2026)  # noqa: S311 - the same moments every time
    clean, killed = mails.configuration("clean"), mails.configuration("killed")
    seconds = finish(clean)
    alive = 0

    for _ in range(KILLS):
        process = started(killed)
        process.join(chance.uniform(0.02, 0.3) * seconds)
        alive += process.is_alive()
        process.kill()
        process.join()
    finish(killed)

    assert alive >= KILLS // 2
    assert differences(stored(killed), stored(clean)) == {}

    fill(mails.dovecot, mails.folder, mails.users, mails.held_back)
    process = started(killed)
    process.join(0.2 * seconds)
    process.kill()
    process.join()
    finish(killed)
    at_once = mails.configuration("at-once")
    finish(at_once)

    after = stored(killed)
    assert differences(after, stored(at_once)) == {}

    report = ingest(killed)
    assert [(s["new"], s["updated"], s["removed"], s["state"]) for s in report["sources"]] == [(0, 0, 0, "ok")] * 5
    assert (report["signals"], report["flags"]) == (0, {"opened": 0, "closed": 0})
    assert differences(stored(killed), after) == {}

    counted = held_and_quarantined(killed)
    for person, user in mails.users.items():
        server = on_server(mails.dovecot, user)
        assert counted[person] == {folder: (count, count) for folder, count in server.items()}
    assert all(proven == held for folders in counted.values() for proven, held in folders.values())
