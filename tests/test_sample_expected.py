"""The expectations about the sample fit the story: letters exist, quotes are theirs, due times follow the rule book."""

import csv
import tomllib
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest

from flows.sample.agenda import Agenda, read_agenda
from flows.sample.clock import StoryClock
from flows.sample.compose import Composer
from flows.sample.script import STORY, read_letters, read_people
from flows.sample.unpack import unpack

EXPECTED: dict[str, Any] = tomllib.loads((Path(__file__).parent / "data" / "sample_expected.toml").read_text("utf-8"))
LETTERS, PEOPLE = read_letters(), read_people()
CLOCK = StoryClock.ending_before(datetime.fromisoformat("2026-11-23T13:00+00:00"))
BOOK = {row["name"]: row for row in csv.DictReader((STORY / "accounts.csv").read_text("utf-8").splitlines())}
FRAMES = ((time(9), time(12, 30)), (time(13, 30), time(18)))
FACTOR = {"standard": 1.0, "key": 0.5}
HOURS = {"complaint": 4, "request": 8, "question": 8, "meeting": 8}

rows = pytest.mark.parametrize("row", EXPECTED["obligation"], ids=lambda row: row["message"])


def business_add(start: datetime, hours: float) -> datetime:
    """Walk minute by minute: slow, and hard to get wrong."""
    left, at = int(hours * 60), start
    while left:
        at += timedelta(minutes=1)
        before = at - timedelta(minutes=1)
        left -= before.weekday() < 5 and any(opens <= before.time() < closes for opens, closes in FRAMES)
    return at


def business_minutes(start: datetime, end: datetime) -> int:
    """Minutes of working time between two instants."""
    span = (start + timedelta(minutes=count) for count in range(int((end - start).total_seconds() // 60)))
    return sum(at.weekday() < 5 and any(opens <= at.time() < closes for opens, closes in FRAMES) for at in span)


def target(row: dict[str, Any]) -> float:
    """Business hours the account's tier and the gravest kind allow."""
    kind = min((kind for kind in row["kinds_any"] if kind in HOURS), key=HOURS.__getitem__)
    return HOURS[kind] * FACTOR[BOOK[row["account"]]["tier"]]


@rows
def test_quote_stands_in_the_letter(row: dict[str, Any]) -> None:
    """Evidence is words of the client, of this letter or the one it forwards."""
    letter = LETTERS[row["message"]]
    source = LETTERS[letter.options["Forward"]] if "Forward" in letter.options else letter
    assert row["quote"] in source.body
    assert row["clock_start"] == source.at


@rows
def test_due_is_target_or_stated_reason(row: dict[str, Any]) -> None:
    """SEMANTICS 2: business time from the clock's start, unless a deadline or a meeting decides."""
    if "due_by" not in row:
        assert business_add(CLOCK.local(row["clock_start"]), target(row)) == CLOCK.local(row["due"])


@rows
def test_state_follows_from_due(row: dict[str, Any]) -> None:
    """Overdue after due, at risk from 75 % of the business time on."""
    now, start, due = (CLOCK.local(spec) for spec in (EXPECTED["now"]["at"], row["clock_start"], row["due"]))
    used = business_minutes(start, now) / max(1, business_minutes(start, due))
    state = "overdue" if now > due else "at_risk" if used >= 0.75 else "open"
    assert row["state"] == state


@pytest.mark.parametrize("row", EXPECTED["answered"], ids=lambda row: row["message"])
def test_late_is_later_than_the_target(row: dict[str, Any]) -> None:
    """Answered late or in time, by the arithmetic of the rule book."""
    asked, answer = LETTERS[row["message"]], LETTERS[row["by"]]
    domain = PEOPLE[asked.sender].address.partition("@")[2]
    hours = 4.0 if domain.startswith("tidewater") or row["message"] in ("brig-po-1", "klin-login-1") else 8.0
    assert row["late"] == (CLOCK.local(answer.at) > business_add(CLOCK.local(asked.at), hours))


def test_everything_named_exists() -> None:
    """Letters, accounts and calendar entries of the expectations are those of the story."""
    tables = [row for table in EXPECTED.values() if isinstance(table, list) for row in table]
    named = {row[key] for row in tables for key in ("message", "by") if key in row}
    named |= {name for row in tables for name in row.get("message_any", ())}
    named |= {*EXPECTED["stored"]["never"], *EXPECTED["stored"]["once"]}
    assert sorted(named - LETTERS.keys()) == []
    assert {row["account"] for row in tables if "account" in row} <= BOOK.keys()
    titles = {entry["id"]: entry["title"] for entry in read_agenda()}
    assert {row["event"] for row in tables if "event" in row} <= titles.keys()
    assert all(titles[row["event"]] == row["title"] for row in EXPECTED["gap"] if "title" in row)


def test_no_letter_is_both_waiting_and_quiet() -> None:
    """Expectations do not contradict each other."""
    waiting = [row["message"] for row in EXPECTED["obligation"]]
    quiet = [row["message"] for row in EXPECTED["quiet"]]
    assert len(set(waiting + quiet)) == len(waiting + quiet)


def test_counts_are_those_of_the_files(tmp_path: Path) -> None:
    """The figures a user sees in ``status``."""
    files = unpack(tmp_path, now=CLOCK.local(EXPECTED["now"]["at"]))
    stored = [letter for letter in LETTERS.values() if letter.options.get("In") != "nowhere"]
    assert EXPECTED["counts"]["listed"] == dict(files.listed)
    assert EXPECTED["counts"]["mails"] == sum("Echo" not in letter.options for letter in stored)


def test_every_last_word_of_a_client_is_accounted_for() -> None:
    """A client letter nobody of us answered is waiting, quiet, or a closer."""
    composer = Composer(PEOPLE, LETTERS, CLOCK, Agenda(read_agenda(), PEOPLE, CLOCK))
    domains = {domain for row in BOOK.values() for domain in row["domains"].split(";") if domain}
    answered = {letter.parent for letter in LETTERS.values() if "kestrelrow" in composer.message_id(letter.id)}
    known = {row["message"] for row in (*EXPECTED["obligation"], *EXPECTED["quiet"], *EXPECTED["answered"])}
    last = {
        letter.id
        for letter in LETTERS.values()
        if PEOPLE[letter.sender].address.partition("@")[2] in domains
        and letter.id not in answered
        and letter.options.get("In") != "nowhere"
    }
    closers = {"Thank", "thank", "Merci", "merci", "Danke", "danke", "Dank", "cheers", "thx", "Ta,"}
    unexplained = [name for name in sorted(last - known) if not any(word in LETTERS[name].body for word in closers)]
    assert unexplained == []
