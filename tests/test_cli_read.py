"""Every read command on a small store: the fields of the interface, all formats, ids that can be explained."""

import csv
import json
import subprocess
import sys
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from program import PROGRAM, environment
from small_desk import BOOK, COMPLAINT, CONFIG, NOW, entry, mail
from typer.testing import CliRunner

from cli.edge import run_guarded
from cli.main import app
from flows.once import ingest_once
from flows.settings import load_settings

QUAYSIDE = "Quayside,quayside.example,,ana@northwind.example\n"
PROMISE = "Could you send us the plan of the quay? We will send you the offer by Friday."
EVIDENCE = {"message_id", "kind", "quote", "start", "end", "score", "rule"}
FIELDS: dict[str, set[str]] = {
    "overdue": {
        *("id", "account", "account_id", "owner", "contact", "subject", "conversation", "message_id", "kinds"),
        *("state", "clock_start", "due", "business_minutes_used", "business_minutes_over", "chasers", "confidence"),
        *("evidence", "clears_when", "also", "acts", "for", "away_until"),
    },
    "overdue --side theirs": {
        *("id", "account", "account_id", "owner", "contact", "subject", "conversation", "message_id", "kinds"),
        *("state", "clock_start", "due", "business_minutes_used", "business_minutes_over", "chasers", "confidence"),
        *("evidence", "clears_when", "also", "acts", "for", "away_until", "return_date"),
    },
    "promises": {
        *("id", "side", "account", "account_id", "by", "contact", "quote", "made_at", "due", "certainty", "moved"),
        *("state", "conversation", "message_id", "kept_by", "evidence", "acts"),
    },
    "complaints": {
        *("id", "account", "account_id", "contact", "cause", "opened_at", "acknowledged_at", "closed_at", "closed_why"),
        *("state", "quotes", "measures", "promises", "recurs", "conversation", "message_id", "evidence", "acts"),
    },
    "meetings --unrecorded": {
        *("id", "gap", "account", "account_id", "accounts", "starts_at", "ends_at", "title", "participants"),
        *("confidence", "evidence", "event_id", "message_id"),
    },
    "meetings": {
        *("id", "event_id", "account", "account_id", "accounts", "starts_at", "ends_at", "title", "participants"),
        *("status", "recorded", "outcome", "cancelled_by", "known_from", "proposals"),
    },
    "accounts list": {
        *("id", "name", "domains", "contacts", "tier", "owner", "backup", "messages", "last_contact", "open"),
    },
    "triage": {"domain", "addresses", "messages", "meetings", "first", "last", "last_subject"},
    "search offer": {"kind", "id", "at", "account", "title", "snippet", "highlights", "score"},
}
ENTRY = {
    *("id", "at", "kind", "direction", "title", "snippet", "participants", "message_id", "event_id"),
    *("signals", "open_flags"),
}


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with a request, a complaint, a promise, a stranger, a meeting and something that is no mail."""
    folder = tmp_path_factory.mktemp("read")
    (folder / "mails").mkdir()
    mails = [
        mail("a", at=NOW - timedelta(days=3)),
        mail("b", COMPLAINT, sender="jo@bluepeak.example", subject="Pump", at=NOW - timedelta(hours=1)),
        mail("c", sender="kim@stranger.example", subject="An offer"),
        mail("d", PROMISE, sender="ana@northwind.example", to="kai@quayside.example", subject="Quay"),
        b"\x00\x01",
    ]
    for number, data in enumerate(mails):
        (folder / "mails" / f"{number}.eml").write_bytes(data)
    (folder / "calendar.ics").write_bytes(entry("m1", "Pier review", starts_at=NOW - timedelta(days=3)).data)
    (folder / "accounts.csv").write_text(BOOK + QUAYSIDE, encoding="utf-8")
    sources = '[[sources]]\nname = "files"\nkind = "eml"\npath = "mails"\n'
    sources += '[[sources]]\nname = "calendar"\nkind = "ics"\npath = "calendar.ics"\nowner = "ana@northwind.example"\n'
    file = folder / "accountline.toml"
    file.write_text(CONFIG + sources, encoding="utf-8")
    ingest_once(load_settings(file), None, NOW)
    return file


def say(config: Path, command: str, *more: str) -> str:
    """Run a command that must succeed, and return what it printed."""
    done = CliRunner(env={"ACCOUNTLINE_NOW": NOW.isoformat()}).invoke(
        app, [*command.split(), *more, "--config", str(config)]
    )
    assert done.exit_code == 0, done.output
    return done.stdout


def ask(config: Path, command: str, *more: str) -> Any:
    """Run a command and return its JSON."""
    return json.loads(say(config, command, *more, "--format", "json"))


@pytest.mark.parametrize("command", FIELDS)
def test_lists_have_exactly_the_fields_of_the_interface(config: Path, command: str) -> None:
    """Scripts rely on the names."""
    rows = ask(config, command)

    assert rows
    assert all(set(row) == FIELDS[command] for row in rows)


def test_evidence_has_exactly_its_fields(config: Path) -> None:
    """The words, where they stand, how sure and by which rule."""
    for row in ask(config, "overdue"):
        assert row["evidence"]
        assert all(set(piece) == EVIDENCE for piece in row["evidence"])


def test_the_timeline_is_a_page(config: Path) -> None:
    """Newest first, with the place to go on."""
    page = ask(config, "timeline Tidewater --limit 1")

    assert set(page) >= {"account", "entries", "next_cursor"}
    (first,) = page["entries"]
    assert set(first) >= ENTRY
    (second,) = ask(config, "timeline Tidewater --limit 1 --cursor", page["next_cursor"])["entries"]
    assert {first["kind"], second["kind"]} == {"message", "meeting"}


def test_status_tells_every_folder(config: Path) -> None:
    """What the source has against what is held."""
    (files, calendar) = ask(config, "status")["sources"]

    assert set(files) >= {"name", "kind", "state", "last_success", "lag_seconds", "folders"}
    assert set(files["folders"][0]) >= {"name", "server_count", "held", "quarantined", "proven_at"}
    assert (files["folders"][0]["server_count"], files["folders"][0]["held"]) == (5, 4)
    assert calendar["state"] == "ok"


def test_an_explanation_has_exactly_its_fields(config: Path) -> None:
    """For whatever id stands in the output of another command."""
    (gap,) = ask(config, "meetings --unrecorded")
    flags = ask(config, "overdue")
    ids = [gap["id"], gap["event_id"], flags[0]["id"], flags[0]["message_id"], flags[0]["evidence"][0]["message_id"]]
    ids += [row["id"] for row in ask(config, "timeline Tidewater")["entries"] + ask(config, "search offer")]

    for named in ids:
        told = ask(config, "explain", named)
        assert set(told) == {"id", "kind", "facts", "rules", "clock", "clears_when"}
        assert all(set(step) == {"at", "what"} for step in told["clock"])


def test_times_carry_their_offset(config: Path) -> None:
    """ISO 8601, so that nobody takes one for local time."""
    for row in ask(config, "overdue"):
        assert row["clock_start"].endswith(("+00:00", "Z"))


@pytest.mark.parametrize(
    "command", [*FIELDS, "timeline Tidewater", "status", "quarantine list", "accounts show tidewater"]
)
def test_every_command_prints_csv_and_a_table(config: Path, command: str) -> None:
    """One header, as many cells in every row; and something to look at."""
    header, *rows = csv.reader(StringIO(say(config, command, "--format", "csv")))

    assert rows
    assert {len(row) for row in rows} == {len(header)}
    assert say(config, command).strip()


def test_what_is_not_there_is_4(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With one sentence about it."""
    for command in (
        *("timeline Nobody", "overdue --account Nobody", "meetings --account Nobody", "search x --account Nobody"),
        *("explain zzz", "accounts show Nobody"),
    ):
        code = run_guarded(app, [*command.split(), "--config", str(config)])

        said = capsys.readouterr()
        assert (code, said.out, said.err.count("\n")) == (4, "", 1), command


def test_reading_changes_nothing(config: Path) -> None:
    """Read commands never write."""
    store = config.parent / "accountline.db"
    before = store.read_bytes()

    for command in (*FIELDS, "timeline Tidewater", "status", "quarantine list"):
        say(config, command)

    assert store.read_bytes() == before


def test_the_words_asked_for_select_rows(config: Path) -> None:
    """Owner, account, state and side."""
    assert {row["account"] for row in ask(config, "overdue")} == {"Tidewater", "Bluepeak"}
    assert {row["account"] for row in ask(config, "overdue --owner ben@northwind.example")} == {"Bluepeak"}
    assert {row["account"] for row in ask(config, "overdue --account tidewater.example")} == {"Tidewater"}
    assert {row["state"] for row in ask(config, "overdue --state overdue")} == {"overdue"}
    assert {row["account"] for row in ask(config, "overdue --side theirs")} == {"Quayside"}
    assert {row["side"] for row in ask(config, "promises --side ours --account quayside.example")} == {"ours"}
    assert ask(config, "promises --side theirs") == []


@pytest.mark.parametrize(
    "command", ["overdue", "promises", "timeline Tidewater", "meetings", "status", "accounts list"]
)
def test_answering_from_a_store_loads_neither_prefect_nor_spacy(config: Path, command: str) -> None:
    """As whole processes, on a store with something in it."""
    words = [*command.split(), "--config", str(config), "--now", NOW.isoformat(), "--format", "json"]
    probe = (
        f"import sys; sys.argv = ['accountline', *{words!r}]\nfrom cli.main import run\n"
        "try:\n    run()\nexcept SystemExit as end:\n    assert not end.code\n"
        "print('LOADED', *sorted({name.partition('.')[0] for name in sys.modules}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", probe], capture_output=True, text=True, check=True, cwd=config.parent, env=environment()
    )

    answer, _, names = done.stdout.rpartition("LOADED")
    assert json.loads(answer)
    assert not {"prefect", "spacy", "numpy", "imapclient", "alembic", "lingua"} & set(names.split())


def test_the_program_of_a_checkout_starts_anywhere(config: Path) -> None:
    """With the configuration named by the environment."""
    done = subprocess.run(
        [*PROGRAM, "overdue", "--format", "json"],
        cwd="/",
        env=environment(ACCOUNTLINE_CONFIG=str(config), ACCOUNTLINE_NOW=NOW.isoformat()),
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stderr) == (0, "")
    assert len(json.loads(done.stdout)) == 2
