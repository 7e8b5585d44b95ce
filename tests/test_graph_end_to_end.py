"""Both kinds of Microsoft Graph from the configuration to ``status``: what the server counts is held or quarantined."""

import json
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from contract_sources import mail
from fake_graph import FakeGraph, Fault
from small_desk import BOOK, CONFIG, NOW

from flows.once import ingest_once
from flows.settings import load_settings
from store import queries
from store.database import open_store

# The window of a calendar goes by the clock.
SOON = datetime.now(UTC).replace(hour=9, minute=0, second=0, microsecond=0) + timedelta(days=1)
HOUR = timedelta(hours=1)


def configured(folder: Path, graph: FakeGraph, more: str = "") -> Path:
    """Write a configuration that reads the mailbox with application permissions."""
    app = {"client_id": "app", "tenant": "northwind", "client_secret": "s3cret-of-the-app", "authority": graph.url}
    (folder / "app.json").write_text(json.dumps(app), encoding="utf-8")
    (folder / "app.json").chmod(0o600)
    (folder / "accounts.csv").write_text(BOOK, encoding="utf-8")
    common = f'credentials = "app.json"\nusername = "ana@northwind.example"\napi_endpoint = "{graph.endpoint}"\n'
    sections = [f'[[sources]]\nname = "{kind}"\nkind = "{kind}"\n{common}' for kind in ("graph_mail", "graph_calendar")]
    sections[1] += "size_limit = 50000\n"
    (folder / "accountline.toml").write_text(CONFIG + "\n".join(sections) + more, encoding="utf-8")
    return folder / "accountline.toml"


def ingested(config: Path) -> list[dict[str, Any]]:
    """Run once; return what the report says of the sources."""
    sources: list[dict[str, Any]] = ingest_once(load_settings(config), None, NOW)["sources"]
    return sources


def coverage(config: Path) -> dict[str, Sequence[dict[str, Any]]]:
    """Return the folders of each source, as ``status`` shows them."""
    kinds = [("graph_mail", "graph_mail"), ("graph_calendar", "graph_calendar")]
    with closing(open_store(f"sqlite:///{config.parent / 'accountline.db'}", read_only=True)) as store:
        found = queries.status(store, now=NOW, sources=kinds, stale_after={})
    return {source["name"]: source["folders"] for source in found["sources"]}


@pytest.fixture
def filled(graph: FakeGraph) -> FakeGraph:
    """Offer a mailbox with two folders, a mail nobody can read, a series, and an event that is too large."""
    clients = graph.add_folder("Clients")
    for number in range(12):
        graph.deliver(mail(number), clients if number % 3 else "")
    graph.deliver(b"\x00")
    weeks = [SOON + timedelta(weeks=week) for week in range(5)]
    graph.put_series("weekly", weeks, lasts=HOUR, subject="Blue Peak weekly", iCalUId="weekly@northwind.example")
    graph.put_event("big", subject="Big", start=SOON, end=SOON + HOUR, body={"content": "x" * 60_000})
    return graph


def test_what_the_server_counts_is_held_or_in_quarantine(filled: FakeGraph, tmp_path: Path) -> None:
    """The proof of coverage, and again after everything changed."""
    config = configured(tmp_path, filled)

    assert [(source["state"], source["new"]) for source in ingested(config)] == [("ok", 13), ("ok", 6)]

    filled.remove("message-000005")
    filled.move("message-000006", filled.well_known["inbox"])
    filled.deliver(mail(99))
    filled.remove_event(f"weekly-{SOON:%Y%m%d}")
    filled.forget_tokens()
    assert [source["state"] for source in ingested(config)] == ["ok", "ok"]

    for folders in coverage(config).values():
        for folder in folders:
            assert folder["server_count"] == folder["held"] + folder["quarantined"]
    counted = {
        folder["name"]: (folder["server_count"], folder["quarantined"])
        for folders in coverage(config).values()
        for folder in folders
    }
    assert counted == {"Posteingang": (6, 1), "Clients": (7, 0), "Calendar": (5, 1)}


def test_a_second_run_changes_nothing(filled: FakeGraph, tmp_path: Path) -> None:
    """Nothing new, nothing updated, nothing removed."""
    config = configured(tmp_path, filled)
    ingested(config)

    again = ingested(config)

    assert [(source["new"], source["updated"], source["removed"]) for source in again] == [(0, 0, 0), (0, 0, 0)]


def test_a_meeting_in_two_calendars_is_one_event(graph: FakeGraph, tmp_path: Path) -> None:
    """Graph and an iCalendar file show the same series: every occurrence is there once (D5.7)."""
    weeks = [SOON + timedelta(weeks=week) for week in range(3)]
    people = [{"emailAddress": {"address": "mara@tidewater.example"}}]
    graph.put_series("weekly", weeks, lasts=HOUR, subject="Pier", iCalUId="pier@northwind.example", attendees=people)
    (tmp_path / "ben.ics").write_text(
        "BEGIN:VCALENDAR\nVERSION:2.0\nBEGIN:VEVENT\nUID:pier@northwind.example\nSUMMARY:Pier\n"
        f"DTSTART:{SOON:%Y%m%dT%H%M%SZ}\nDURATION:PT1H\nRRULE:FREQ=WEEKLY;COUNT=3\nEND:VEVENT\nEND:VCALENDAR\n"
    )
    config = configured(tmp_path, graph, '[[sources]]\nname = "ben"\nkind = "ics"\npath = "ben.ics"\n')

    assert [source["state"] for source in ingested(config)] == ["ok", "ok", "ok"]

    with closing(sqlite3.connect(tmp_path / "accountline.db")) as store:
        count = store.execute("select (select count(*) from event), (select count(*) from event_copy)")
        assert count.fetchone() == (3, 6)


def test_a_dead_grant_is_a_state_of_its_own(filled: FakeGraph, tmp_path: Path) -> None:
    """The other source goes on; neither token nor secret shows anywhere."""
    config = configured(tmp_path, filled)
    filled.faults = [Fault("mailFolders", 401, "InvalidAuthenticationToken", times=2)]

    refused, fine = ingested(config)

    assert (refused["state"], fine["state"]) == ("auth_dead", "ok")
    assert "run `accountline connect graph_mail`" in refused["error"]
    kept = b"".join(file.read_bytes() for file in tmp_path.glob("accountline.db*"))
    for secret in ("token-1", "s3cret-of-the-app"):
        assert secret not in refused["error"]
        assert secret.encode() not in kept
