"""Calendars on servers, from the configuration to the store: coverage is proven and occurrences are there."""

from pathlib import Path
from typing import Any

import pytest
from feed_server import serving
from program import answer, run
from radicale_server import PASSWORD, Radicale
from small_desk import BOOK, CONFIG, NOW
from test_connectors_caldav import calendar_object, path_of

from flows.once import ingest_once
from flows.settings import load_settings

_SERIES = ("RRULE:FREQ=WEEKLY;COUNT=3", "SUMMARY:Pier review", "ATTENDEE:mailto:kim@tidewater.example")
_CALDAV = """
[[sources]]
name = "team"
kind = "caldav"
url = "{url}"
username = "{user}"
password = "{password}"
owner = "ana@northwind.example"
size_limit = 5000
"""
_FEED = """
[[sources]]
name = "shared"
kind = "ics"
url = {{ env = "FEED_ADDRESS" }}
"""


def configured(folder: Path, source: str, **values: str) -> Path:
    """Write a configuration with one source."""
    (folder / "accounts.csv").write_text(BOOK, encoding="utf-8")
    config = folder / "accountline.toml"
    config.write_text(CONFIG + source.format(**values), encoding="utf-8")
    return config


def ingest(config: Path) -> dict[str, Any]:
    """Run once; return what the report says about the source."""
    sources: list[dict[str, Any]] = ingest_once(load_settings(config), None, NOW)["sources"]
    return sources[0]


def folders(config: Path) -> list[tuple[str, int, int, int]]:
    """Return name, count on the server, held and quarantined of each folder, as ``status`` has them."""
    (source,) = answer("status", "--now", NOW.isoformat(), config=config)["sources"]
    assert source["state"] == "ok"
    return [
        (folder["name"], folder["server_count"], folder["held"], folder["quarantined"]) for folder in source["folders"]
    ]


@pytest.mark.servers
def test_a_caldav_calendar_is_proven_and_its_series_expanded(radicale: Radicale, tmp_path: Path) -> None:
    """Every object is held or in quarantine, and each occurrence is a meeting; so also after changes."""
    user = radicale.add_user()
    radicale.add_calendar(user, "jobs", "Jobs")
    radicale.put(user, path_of(1), calendar_object(1, *_SERIES))
    radicale.put(user, path_of(2), calendar_object(2, "SUMMARY:Harbour visit"))
    radicale.put(user, "jobs/big.ics", calendar_object(3, f"DESCRIPTION:{'x' * 9000}"))
    config = configured(tmp_path, _CALDAV, url=radicale.url, user=user, password=PASSWORD)

    first = ingest(config)
    before = folders(config)
    meetings = answer("meetings", "--now", NOW.isoformat(), config=config)
    radicale.delete(user, path_of(2))
    second = ingest(config)

    assert (first["state"], first["new"], first["quarantined"]) == ("ok", 3, 1)
    assert before == [("Jobs", 3, 2, 1)]
    days = {meeting["starts_at"][:10] for meeting in meetings if meeting["title"] == "Pier review"}
    assert days == {"2025-03-10", "2025-03-17", "2025-03-24"}
    assert (second["new"], second["removed"]) == (0, 1)
    assert folders(config) == [("Jobs", 2, 1, 1)]


def test_a_feed_with_a_secret_address_is_proven(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The address comes from the environment and stands in neither the store nor the report."""
    with serving() as server:
        server.data = calendar_object(1, *_SERIES)
        monkeypatch.setenv("FEED_ADDRESS", server.url)
        config = configured(tmp_path, _FEED)
        first, second = ingest(config), ingest(config)

    assert (first["state"], first["new"], second["new"]) == ("ok", 1, 0)
    assert server.statuses == [200, 304]
    assert folders(config) == [("shared", 1, 1, 0)]
    everything = b"".join(file.read_bytes() for file in tmp_path.glob("accountline.db*"))
    assert b"5ecret" not in everything


def test_a_feed_that_cannot_be_read_is_told_by_doctor(tmp_path: Path) -> None:
    """With the host, and without the rest of its address."""
    with serving() as server:
        server.status = 404
        config = configured(tmp_path, _FEED)
        done = run("doctor", config=config, FEED_ADDRESS=server.url)

    said = done.stdout + done.stderr
    assert "has no calendar at this address (404)" in said.replace("\n", " ")
    assert "5ecret" not in said
