"""The same folder through the real program: what it prints and how it ends (INTERFACE)."""

import subprocess
from datetime import datetime
from typing import Any

import program
from desk import ANA, JURGEN, NINA, DeskFolder, at


def run(desk: DeskFolder, *words: str, now: str) -> "subprocess.CompletedProcess[str]":
    """Run the program as a user at a moment."""
    return program.run(*words, "--now", at(now).isoformat(), "--format", "json", config=desk.config)


def ask(desk: DeskFolder, *words: str, now: str) -> Any:
    """Run a command that must succeed and read what it prints."""
    return program.answer(*words, "--now", at(now).isoformat(), config=desk.config)


def test_from_a_folder_of_mail_to_the_list_of_who_waits(desk: DeskFolder) -> None:
    """D4.26: ingest, then overdue: one row, with everything INTERFACE promises."""
    asked = desk.mail(NINA, ANA, "Mon 10:00", "Hi Ana,\n\ncould you send us the signed contract?\n\nNina\n")
    desk.mail(NINA, ANA, "Tue 10:00", "Any news on the contract?\n\nNina\n", answers=asked)
    report = ask(desk, "ingest", now="Wed 12:00")
    assert [(source["name"], source["state"], source["new"]) for source in report["sources"]] == [
        ("letters", "ok", 2),
        ("mail", "ok", 0),
    ]
    assert report["flags"] == {"opened": 1, "closed": 0}
    (row,) = ask(desk, "overdue", now="Wed 12:00")
    assert (row["account"], row["account_id"], row["owner"], row["contact"]) == ("Acme", "acme", ANA, NINA)
    assert (row["state"], row["message_id"], row["chasers"]) == ("overdue", asked, 1)
    assert (row["business_minutes_used"], row["business_minutes_over"]) == (20 * 60, 12 * 60)
    assert datetime.fromisoformat(row["clock_start"]) == at("Mon 10:00")
    assert datetime.fromisoformat(row["due"]) == at("Mon 18:00")
    assert row["evidence"][0]["quote"] == "could you send us the signed contract?"


def test_a_past_moment_can_be_asked_for(desk: DeskFolder) -> None:
    """SEMANTICS 2: nothing about "now" is stored; on Monday noon it was open, on Tuesday answered."""
    asked = desk.mail(JURGEN, ANA, "Mon 10:00", "Bitte schicken Sie uns die Rechnung.\n\nJürgen\n")
    desk.mail(ANA, JURGEN, "Tue 09:00", "Anbei die Rechnung.\n\nAna\n", answers=asked, attached="rechnung.pdf")
    desk.ingest("Wed 12:00")
    states = [
        [row["state"] for row in ask(desk, "overdue", now=now)] for now in ("Mon 12:00", "Mon 18:30", "Tue 12:00")
    ]
    assert states == [["open"], ["overdue"], []]


def test_a_meeting_without_a_record_is_listed(desk: DeskFolder) -> None:
    """D5.4: in ``meetings --unrecorded``, with its people."""
    desk.meeting(ANA, "Contract talk", "Tue 10:00", {ANA: "NEEDS-ACTION", NINA: "NEEDS-ACTION"})
    ask(desk, "ingest", now="Thu 12:00")
    (row,) = ask(desk, "meetings", "--unrecorded", now="Thu 12:00")
    assert (row["gap"], row["title"], row["accounts"]) == ("undocumented", "Contract talk", ["Acme"])
    assert set(row["participants"]) == {ANA, NINA}


def test_a_source_that_fails_makes_rows_unknown_and_ends_with_3(desk: DeskFolder) -> None:
    """SEMANTICS 6 and INTERFACE: never "overdue" from stale data; the other source was read."""
    asked = desk.mail(NINA, ANA, "Mon 10:00", "Could you send us the signed contract?\n\nNina\n")
    desk.ingest("Mon 12:00")
    (desk.path / "mail").rename(desk.path / "gone")
    ran = run(desk, "ingest", now="Wed 12:00")
    assert ran.returncode == 3
    assert [(row["message_id"], row["state"]) for row in ask(desk, "overdue", now="Wed 12:00")] == [(asked, "unknown")]


def test_an_account_nobody_knows_ends_with_4(desk: DeskFolder) -> None:
    """INTERFACE: 4 is "not found", in one sentence that names the nearest."""
    desk.ingest("Mon 12:00")
    ran = run(desk, "timeline", "Acmee", now="Mon 12:00")
    assert ran.returncode == 4
    assert "Acme" in ran.stderr
