"""Gmail and Google Calendar from the configuration to ``status``: every count is proven."""

import json
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from fake_google import REFRESH_TOKEN, FakeGoogle, serving
from program import answer
from small_desk import ASK, BOOK, CONFIG, NOW, mail
from test_connectors_gmail import GmailPlace

from flows.once import ingest_once
from flows.settings import load_settings

pytestmark = pytest.mark.servers

SOURCES = """
[[sources]]
name = "mail"
kind = "gmail"
credentials = "google.json"
username = "ana@northwind.example"
api_endpoint = "{url}"
owner = "ana@northwind.example"

[[sources]]
name = "calendar"
kind = "google_calendar"
credentials = "google.json"
api_endpoint = "{url}"
owner = "ana@northwind.example"
"""


_users = (f"ana{number}@northwind.example" for number in count())


@pytest.fixture
def google(google_emulator: str) -> Iterator[FakeGoogle]:
    """One user's Google."""
    with serving(FakeGoogle(next(_users), google_emulator)) as google:
        yield google


def configured(folder: Path, google: FakeGoogle) -> Path:
    """Write a configuration with credentials as Google hands them out."""
    signed_in = {
        "type": "authorized_user",
        "client_id": "client",
        "client_secret": "client-secret",
        "refresh_token": REFRESH_TOKEN,
        "token_uri": f"{google.url}/token",
    }
    (folder / "google.json").write_text(json.dumps(signed_in), encoding="utf-8")
    (folder / "google.json").chmod(0o600)
    (folder / "accounts.csv").write_text(BOOK, encoding="utf-8")
    config = folder / "accountline.toml"
    config.write_text(CONFIG + SOURCES.format(url=google.url), encoding="utf-8")
    return config


def filled(google: FakeGoogle) -> GmailPlace:
    """Mail, a broken mail, a meeting, a series with a moved and a cancelled occurrence, a broken entry."""
    place = GmailPlace(google)
    place.deliver(mail("a", ASK))
    place.deliver(mail("b", "Any news?", answers=["a"]), "INBOX", place.label("Clients"))
    place.deliver(mail("c"), "TRASH")
    calendar = google.calendars.primary
    people = [
        {"email": "mara@tidewater.example", "responseStatus": "accepted"},
        {"email": "ana@northwind.example", "responseStatus": "accepted", "self": True},
    ]
    for key, start, more in (
        ("pier", "2026-03-10T10:00:00+01:00", {"summary": "Pier review"}),
        ("weekly", "2026-02-18T09:00:00+01:00", {"summary": "Weekly", "recurrence": ["RRULE:FREQ=WEEKLY;COUNT=3"]}),
    ):
        at = {"dateTime": start, "timeZone": "Europe/Berlin"}
        end = {"dateTime": start.replace("0:00+", "0:30+").replace(":00:30+", ":30:00+"), "timeZone": "Europe/Berlin"}
        calendar.put({"id": key, "start": at, "end": end, "attendees": people, **more})
    original = {"dateTime": "2026-02-25T09:00:00+01:00", "timeZone": "Europe/Berlin"}
    calendar.put(
        {
            "id": "weekly_25",
            "iCalUID": "weekly@google.com",
            "recurringEventId": "weekly",
            "originalStartTime": original,
            "status": "cancelled",
        }
    )
    calendar.put({"id": "odd", "summary": "Odd", "start": {"dateTime": "some day"}, "end": {"dateTime": "some day"}})
    return place


def test_ingest_proves_its_counts_in_status(google: FakeGoogle, tmp_path: Path) -> None:
    """What the server has is what is held and what is in quarantine; a second run brings nothing new."""
    filled(google)
    config = configured(tmp_path, google)

    first, second = (ingest_once(load_settings(config), None, NOW)["sources"] for _ in range(2))

    assert [(s["name"], s["state"], s["new"], s["quarantined"]) for s in first] == [
        ("mail", "ok", 2, 0),
        ("calendar", "ok", 3, 1),
    ]
    assert [(s["listed"], s["new"]) for s in second] == [(0, 0), (0, 0)]
    states = answer("status", "--now", NOW.isoformat(), config=config)["sources"]
    folders = {folder["name"]: folder for source in states for folder in source["folders"]}
    assert {name: (f["server_count"], f["held"], f["quarantined"]) for name, f in folders.items()} == {
        "All Mail": (2, 2, 0),
        "Ana": (3, 2, 1),
    }


def test_what_google_says_becomes_meetings_and_answers_owed(google: FakeGoogle, tmp_path: Path) -> None:
    """The client's question is owed an answer; each occurrence is a meeting, the cancelled one a fact (D5.1, D5.6)."""
    filled(google)
    config = configured(tmp_path, google)

    ingest_once(load_settings(config), None, NOW)

    meetings = answer("meetings", "--now", NOW.isoformat(), config=config)
    assert sorted((m["title"], m["starts_at"][:10], m["status"]) for m in meetings) == [
        ("Pier review", "2026-03-10", "confirmed"),
        ("Weekly", "2026-02-18", "confirmed"),
        ("Weekly", "2026-02-25", "cancelled"),
        ("Weekly", "2026-03-04", "confirmed"),
    ]
    assert [row["account"] for row in answer("overdue", "--now", NOW.isoformat(), config=config)] == ["Tidewater"]


def test_a_dead_grant_is_a_state_of_its_own(google: FakeGoogle, tmp_path: Path) -> None:
    """``auth_dead``, with what to do."""
    config = configured(tmp_path, google)
    google.revoked = True

    report = ingest_once(load_settings(config), None, NOW)

    assert [source["state"] for source in report["sources"]] == ["auth_dead", "auth_dead"]
    assert all("google.json" in source["error"] or "connect" in source["error"] for source in report["sources"])
