"""A changed account book: what would move is shown, what is concerned is attached again, and only that."""

import json
import os
import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from desk import ANA, BEN, NINA, DeskFolder
from generated_mail import letters
from program import answer, run
from small_desk import CONFIG, NOW, entry, mail
from store_dump import Dump, differences, dump

from flows.once import ingest_once
from flows.settings import load_settings

FORMER = """\
name,domains,contacts,tier,allow
Tidewater,tidewater.example,,standard,robot@tidewater.example
Bluepeak,bluepeak.example;peak.example,,standard,
Gone,harbour.example,,standard,
"""
CHANGED = """\
name,domains,contacts,tier,allow
Tidewater,tidewater.example;bluepeak.example,,key,
Peak,peak.example,kim0@meadow.example,standard,
Quay & Co,quay.example,,standard,
"""


def everything(home: Path) -> Path:
    """Write generated mail, and what a changed book is most likely to get wrong; return the folder."""
    mails = home / "mails"
    mails.mkdir(parents=True)
    for letter in letters(25):
        (mails / f"{letter.name}.eml").write_bytes(letter.data)
    others = {
        # A stranger who becomes a client, and what we say to one another about the mail.
        "s1": mail("s1", sender="lou@quay.example", subject="Berth"),
        "s2": mail("s2", "Who takes this?", sender=BEN, subject="Re: Berth", answers=["s1"], at=NOW),
        # A mail of a stranger that one of us hands on (D4.20).
        "f1": mail(
            "f1",
            "Can you take this?\n\n---------- Forwarded message ---------\nFrom: Lou <lou@quay.example>\n"
            "Date: Tue, 10 Mar 2026 at 10:00\nSubject: Moorings\nTo: <ben@northwind.example>\n\n"
            "Could you send us the list of moorings?",
            sender=BEN,
            subject="Fwd: Moorings",
        ),
        # A robot that was allowed to ask.
        "r1": mail("r1", sender="robot@tidewater.example", subject="Ticket 5"),
        # Somebody in the copy is of another account now.
        "p1": mail("p1", to=f"{ANA}, jo@peak.example", subject="Survey"),
    }
    others["r1"] = b"Auto-Submitted: auto-generated\n" + others["r1"]
    for name, data in others.items():
        (mails / f"{name}.eml").write_bytes(data)
    shared = "ATTENDEE:mailto:jo@peak.example"
    calendar = (
        entry("m1", "Pier review", starts_at=NOW - timedelta(days=6), more=shared).data,
        entry("m2", "Quay & Co: visit", starts_at=NOW - timedelta(days=3)).data,
    )
    blocks = [data.decode().partition("BEGIN:VEVENT")[2].partition("END:VCALENDAR")[0] for data in calendar]
    titled = (
        "\r\nUID:m3\r\nDTSTAMP:20260301T080000Z\r\nDTSTART:20260310T080000Z\r\nDTEND:20260310T090000Z\r\n"
        "SUMMARY:Quay & Co - call\r\nEND:VEVENT\r\n"
    )
    (home / "calendar.ics").write_text(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//N//T//EN\r\n"
        + "".join(f"BEGIN:VEVENT{block}" for block in [*blocks, titled])
        + "END:VCALENDAR\r\n",
        encoding="utf-8",
        newline="",
    )
    os.utime(home / "calendar.ics", (NOW.timestamp(), NOW.timestamp()))  # one that has just changed is read again
    return home


def configured(home: Path, name: str, book: str) -> Path:
    """Write a configuration that reads all of it into a store of its own."""
    (home / name).mkdir()
    (home / name / "accounts.csv").write_text(book, encoding="utf-8")
    sources = (
        '[[sources]]\nname = "files"\nkind = "eml"\npath = "../mails"\n'
        '[[sources]]\nname = "calendar"\nkind = "ics"\npath = "../calendar.ics"\nowner = "ana@northwind.example"\n'
    )
    (home / name / "accountline.toml").write_text(CONFIG + sources, encoding="utf-8")
    return home / name / "accountline.toml"


def ingest(config: Path) -> None:
    """Read everything in this process: the program does the same, and takes longer to start."""
    ingest_once(load_settings(config), None, NOW)


def without_history(store: Path) -> Dump:
    """All of a store but who changed the book."""
    return {table: rows for table, rows in dump(store).items() if table != "account_change"}


@pytest.mark.parametrize("way", ["by hand", "by command"])
def test_attaching_again_equals_a_fresh_ingest(tmp_path: Path, way: str) -> None:
    """Domains, contacts and names change hands, accounts come and go, a tier and an allowed sender change."""
    home = everything(tmp_path)
    config = configured(home, "changed", FORMER)
    ingest(config)
    if way == "by hand":
        (config.parent / "accounts.csv").write_text(CHANGED, encoding="utf-8")
        answer("ingest", "--now", NOW.isoformat(), config=config)
    else:
        (config.parent / "new.csv").write_text(CHANGED, encoding="utf-8")
        done = run("accounts", "import", "new.csv", "--replace", "--now", NOW.isoformat(), config=config)
        assert done.returncode == 0, done.stderr
        ingest(config)

    fresh = configured(home, "fresh", (config.parent / "accounts.csv").read_text("utf-8"))
    ingest(fresh)

    again, once = (without_history(path.parent / "accountline.db") for path in (config, fresh))
    assert differences(again, once) == {}
    assert any("bluepeak" in str(row) for row in once["message_account"])


def test_a_command_attaches_again_at_once(tmp_path: Path) -> None:
    """The timeline is right without another ingest."""
    config = configured(everything(tmp_path), "desk", FORMER)
    ingest(config)

    run("accounts", "set", "tidewater", "domains=+quay.example", "--now", NOW.isoformat(), config=config)

    entries = answer("timeline", "tidewater", "--now", NOW.isoformat(), config=config)["entries"]
    assert "Berth" in {entry["title"] for entry in entries}


class TestWhatWouldMove:
    def test_a_dry_run_counts_account_by_account_and_changes_nothing(self, desk: DeskFolder) -> None:
        """With the latest that moves as an example."""
        desk.mail(NINA, ANA, "Mon 10:00", "Could you send us the offer by Friday?\n", subject="Offer")
        desk.meeting(ANA, "Review", "Tue 10:00", [ANA, NINA])
        desk.ingest("Wed 12:00")
        before = dump(desk.path / "accountline.db")

        shown = answer("accounts", "merge", "acme", "calder", "--dry-run", config=desk.config)

        moved = {row["account_id"]: row for row in shown["moved"]}
        assert [moved["acme"][n] for n in ("messages_out", "meetings_out", "messages_in")] == [1, 1, 0]
        assert [moved["calder"][n] for n in ("messages_in", "meetings_in", "messages_out")] == [1, 1, 0]
        assert moved["calder"]["flags_in"] == moved["acme"]["flags_out"] >= 1
        assert ("Offer", "in") in {(e["title"], e["way"]) for e in moved["calder"]["examples"]}
        assert dump(desk.path / "accountline.db") == before

    def test_a_book_changed_by_hand_is_shown_before_the_ingest_and_reported_by_it(self, desk: DeskFolder) -> None:
        """`ingest --dry-run` reads nothing; the ingest itself says the same."""
        desk.mail("kim@stranger.example", ANA, "Mon 10:00", "Could you call me?\n", subject="Hello")
        desk.ingest("Wed 12:00")
        path = desk.path / "accounts.csv"
        path.write_text(path.read_text("utf-8").replace("Dorn,dorn.example", "Dorn,dorn.example;stranger.example"))
        before = dump(desk.path / "accountline.db")

        shown = answer("ingest", "--dry-run", config=desk.config)

        assert [(row["account"], row["messages_in"]) for row in shown] == [("Dorn", 1)]
        assert dump(desk.path / "accountline.db") == before
        report = desk.ingest("Wed 13:00")
        assert [(row["account"], row["messages_in"]) for row in report["moved"]] == [("Dorn", 1)]

    def test_nothing_moves_when_only_the_owner_changes(self, desk: DeskFolder) -> None:
        """Said in a sentence."""
        desk.mail(NINA, ANA, "Mon 10:00", "Could you call me?\n")
        desk.ingest("Wed 12:00")

        done = run("accounts", "set", "acme", f"owner={BEN}", "--dry-run", config=desk.config)

        assert "No mail or meeting moves between accounts." in done.stdout

    def test_before_the_first_ingest_nothing_moves(self, desk: DeskFolder) -> None:
        """And no store is made."""
        done = run("accounts", "set", "acme", "tier=key", "--dry-run", "--format", "json", config=desk.config)

        assert json.loads(done.stdout)["moved"] == []
        assert not (desk.path / "accountline.db").exists()


def test_only_what_is_concerned_is_attached_again(desk: DeskFolder) -> None:
    """Other rows are not written."""
    desk.mail(NINA, ANA, "Mon 10:00", "Could you call me?\n", subject="Known")
    desk.mail("kim@stranger.example", ANA, "Mon 10:00", "Could you call me?\n", subject="New")
    desk.ingest("Wed 12:00")
    with closing(sqlite3.connect(desk.path / "accountline.db")) as connection, connection:
        connection.execute(
            "CREATE TRIGGER kept BEFORE UPDATE ON message WHEN old.subject = 'Known' "
            "BEGIN SELECT RAISE(ABORT, 'written'); END"
        )

    done = run("accounts", "set", "dorn", "domains=+stranger.example", config=desk.config)

    assert done.returncode == 0, done.stderr
