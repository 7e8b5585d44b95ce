"""The bundled sample through the real program: every row the rule book calls for, and none it forbids."""

import json
import subprocess
import tomllib
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from program import PROGRAM, environment

from flows.sample.agenda import Agenda, read_agenda
from flows.sample.clock import StoryClock
from flows.sample.compose import Composer
from flows.sample.script import read_letters, read_people

pytestmark = pytest.mark.no_cover
ROOT = Path(__file__).parent.parent
EXPECTED = tomllib.loads((Path(__file__).parent / "data" / "sample_expected.toml").read_text("utf-8"))
NOW = "2026-11-19T09:00:00+01:00"
CLOCK = StoryClock.ending_before(datetime.fromisoformat(NOW))
COMPOSER = Composer(read_people(), read_letters(), CLOCK, Agenda(read_agenda(), read_people(), CLOCK))

Asking = Callable[..., Any]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo, run once as a user would."""
    folder = tmp_path_factory.mktemp("demo") / "sample"
    ran = run("demo", "--dir", str(folder), "--now", NOW)
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout
    return folder / "accountline.toml"


@pytest.fixture(scope="module")
def ask(demo: Path) -> Asking:
    """Ask a read command for JSON; the same question is asked once."""

    @cache
    def asking(*words: str) -> Any:
        ran = run(*words, "--config", str(demo), "--format", "json")
        assert ran.returncode == 0, ran.stderr
        return json.loads(ran.stdout)

    return asking


def run(*words: str) -> "subprocess.CompletedProcess[str]":
    """Run the program with the story's present as the clock."""
    env = environment(ACCOUNTLINE_NOW=NOW)
    return subprocess.run(
        [*PROGRAM, *words], cwd=ROOT, env=env, capture_output=True, text=True, check=False, timeout=300
    )


def rows(table: str) -> list[Any]:
    """Expected rows, each a test called after what it is about."""
    return [pytest.param(row, id=_name(table, row)) for row in EXPECTED[table] if settled(row)]


def settled(row: dict[str, Any]) -> bool:
    """Whether the rule book decides the row, and this version knows the rule."""
    return row.get("sure", True) and "later" not in row


def _name(table: str, row: dict[str, Any]) -> str:
    about = row.get("message") or row.get("event") or row.get("title") or row.get("account")
    return f"{table}-{about}-{row.get('at', '')}"


def message_id(letter: str) -> str:
    """The Message-ID of a letter, without brackets."""
    return COMPOSER.message_id(letter).strip("<>")


def same_minute(said: str, story: str) -> bool:
    """Whether a product time lies in the minute of a story time."""
    return abs(datetime.fromisoformat(said) - CLOCK.instant(story)) < timedelta(minutes=1)


def folded(text: str) -> str:
    """Without line breaks."""
    return " ".join(text.split())


@pytest.mark.parametrize("row", rows("obligation"))
def test_who_waits_is_listed_with_state_clock_and_proof(row: dict[str, Any], ask: Asking) -> None:
    """Each obligation of the sample stands in ``overdue`` as the rule book has it."""
    found = [
        o for o in ask("overdue") if o["message_id"] == message_id(row["message"]) and o["account"] == row["account"]
    ]
    assert found, f"{row['message']} is not listed"
    (obligation,) = found
    assert obligation["state"] == row["state"]
    assert same_minute(obligation["clock_start"], row["clock_start"])
    assert same_minute(obligation["due"], row["due"])
    assert obligation["chasers"] == row.get("chasers", 0)
    if "kinds" in row:
        assert set(row["kinds"]) == set(obligation["kinds"])
    assert set(row.get("kinds_any", obligation["kinds"])) & set(obligation["kinds"])
    quotes = [folded(evidence["quote"]) for evidence in obligation["evidence"]]
    assert not row.get("quote") or any(folded(row["quote"]) in quote for quote in quotes), quotes
    assert set(row.get("also", [])) <= {entry["what"] for entry in obligation["also"]}


@pytest.mark.parametrize("row", rows("quiet"))
def test_who_does_not_wait_is_not_listed(row: dict[str, Any], ask: Asking) -> None:
    """A wrong "overdue" makes a manager look foolish."""
    wrong = [
        (o["state"], o["kinds"], [e["quote"] for e in o["evidence"]])
        for o in ask("overdue")
        if o["message_id"] == message_id(row["message"]) and o["state"] in row.get("states", [o["state"]])
    ]
    assert wrong == []


def test_nobody_else_is_listed_as_waiting(ask: Asking) -> None:
    """Every row is one the rule book calls for."""
    known = {message_id(row["message"]) for row in EXPECTED["obligation"]}
    tolerated = {message_id(row["message"]) for row in EXPECTED["quiet"] if "states" in row or not settled(row)}
    assert {o["message_id"] for o in ask("overdue")} - known - tolerated == set()


@pytest.mark.parametrize("row", rows("gap"))
def test_an_unrecorded_meeting_is_listed(row: dict[str, Any], ask: Asking) -> None:
    """Each gap of the sample stands in ``meetings --unrecorded``."""
    found = [
        gap
        for gap in ask("meetings", "--unrecorded")
        if gap["gap"] == row["gap"]
        and gap["account"] == row["account"]
        and ("starts_at" not in row or (gap["starts_at"] and same_minute(gap["starts_at"], row["starts_at"])))
    ]
    assert found
    (gap,) = found
    assert set(gap["accounts"]) == set(row.get("accounts", [row["account"]]))
    assert gap["confidence"] < row.get("confidence_below", 1.01)
    assert "title" not in row or gap["title"] == row["title"]


@pytest.mark.parametrize("row", rows("no_gap"))
def test_a_meeting_that_is_recorded_or_none_of_ours_is_not_listed(row: dict[str, Any], ask: Asking) -> None:
    """Recorded, cancelled, internal, private and future meetings are no gaps."""
    wrong = [
        gap
        for gap in ask("meetings", "--unrecorded")
        if gap["account"] == row["account"]
        and ("at" not in row or (gap["starts_at"] and same_minute(gap["starts_at"], row["at"])))
        and ("message" not in row or gap["message_id"] == message_id(row["message"]))
    ]
    assert wrong == []


def test_unknown_domains_wait_in_triage_and_known_ones_do_not(ask: Asking) -> None:
    """Nobody is dropped silently, nobody known is asked about."""
    listed = {row["domain"] for row in ask("triage")}
    assert set(EXPECTED["triage"]["must"]) <= listed
    assert set(EXPECTED["triage"]["never"]) & listed == set()


def test_every_item_of_every_source_is_accounted_for(ask: Asking) -> None:
    """What a source has is what is held and what is in quarantine."""
    sources = {source["name"]: source["folders"] for source in ask("status")["sources"]}
    for name, listed in EXPECTED["counts"]["listed"].items():
        assert sum(folder["server_count"] for folder in sources[name]) == listed
        assert sum(folder["held"] + folder["quarantined"] for folder in sources[name]) == listed
        quarantined = EXPECTED["counts"]["quarantined"].get(name, 0)
        assert sum(folder["quarantined"] for folder in sources[name]) == quarantined


@pytest.mark.parametrize("letter", EXPECTED["stored"]["never"])
def test_talk_among_ourselves_is_not_stored(letter: str, demo: Path) -> None:
    """Mail among own people that concerns no client is not kept."""
    ran = run("explain", message_id(letter), "--config", str(demo))
    assert ran.returncode == 4


@pytest.mark.parametrize("letter", EXPECTED["stored"]["once"])
def test_a_mail_in_several_sources_is_one_message(letter: str, ask: Asking) -> None:
    """Copies are counted, not repeated."""
    options = COMPOSER.letters[letter].options
    named = message_id(letter)
    if options.get("Message-ID") == "no":
        (named,) = [row["id"] for row in ask("search", options["Subject"]) if row["title"] == options["Subject"]]
    assert len(ask("explain", named)["facts"]["copies"]) > 1


def test_a_second_ingest_finds_nothing_new(demo: Path) -> None:
    """Nothing is counted twice."""
    ran = run("ingest", "--config", str(demo), "--format", "json")
    report = json.loads(ran.stdout)
    assert [source["new"] for source in report["sources"]] == [0] * 8
    assert report["signals"] == 0
    assert report["flags"] == {"opened": 0, "closed": 0}
