"""How results are printed: tables for people, JSON and CSV for scripts."""

import csv
import json
import os
import pty
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta, timezone
from io import StringIO

import pytest

from cli import views
from cli.options import OutputFormat
from cli.output import Moment, csv_cell, show_record, show_rows, show_text

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
BERLIN = Moment("Europe/Berlin", NOW)

OBLIGATION = {
    "id": "a1b2c3",
    "account": "Müller & Söhne",
    "owner": "ana@northwind.example",
    "contact": "sam@acme.example",
    "subject": "Invoice 42",
    "kinds": ["complaint", "request"],
    "state": "overdue",
    "clock_start": datetime(2026, 2, 27, 8, 0, tzinfo=UTC),
    "due": datetime(2026, 2, 27, 11, 0, tzinfo=UTC),
    "business_minutes_over": 125,
    "evidence": [{"quote": "Could you send the right invoice?", "score": 0.9}],
}


def printed(capsys: pytest.CaptureFixture[str], form: OutputFormat, rows: list[dict[str, object]]) -> str:
    """Return what `overdue` prints for these rows."""
    show_rows(rows, views.OVERDUE, form, BERLIN)
    return capsys.readouterr().out


class TestJson:
    def test_a_list_is_an_array_with_every_field(self, capsys: pytest.CaptureFixture[str]) -> None:
        """Times are ISO 8601 with offset, letters stay letters."""
        out = printed(capsys, OutputFormat.JSON, [OBLIGATION])

        (row,) = json.loads(out)
        assert row["due"] == "2026-02-27T11:00:00+00:00"
        assert "Müller & Söhne" in out
        assert row["evidence"] == OBLIGATION["evidence"]

    def test_nothing_is_an_empty_array(self, capsys: pytest.CaptureFixture[str]) -> None:
        """Scripts need no special case."""
        assert json.loads(printed(capsys, OutputFormat.JSON, [])) == []


class TestCsv:
    def test_lists_are_joined_by_semicolons(self, capsys: pytest.CaptureFixture[str]) -> None:
        """Records inside a field are JSON."""
        (row,) = csv.DictReader(StringIO(printed(capsys, OutputFormat.CSV, [OBLIGATION])))

        assert row["kinds"] == "complaint;request"
        assert row["due"] == "2026-02-27T11:00:00+00:00"
        assert json.loads(row["evidence"]) == OBLIGATION["evidence"]

    def test_the_header_stands_there_also_without_rows(self, capsys: pytest.CaptureFixture[str]) -> None:
        """In the order the interface lists the fields."""
        assert printed(capsys, OutputFormat.CSV, []).startswith("id,account,account_id,owner,contact,subject,")

    @pytest.mark.parametrize(
        ("value", "cell"),
        [
            ('=HYPERLINK("http://evil.example")', '\'=HYPERLINK("http://evil.example")'),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("-2+cmd|x", "'-2+cmd|x"),
            ("+49 (30) 123-45", "+49 (30) 123-45"),
            (-3, "-3"),
            ("a = b", "a = b"),
            (True, "true"),
            (None, ""),
        ],
    )
    def test_mail_cannot_plant_formulas(self, value: object, cell: str) -> None:
        """Spreadsheets compute what begins with = + - @; numbers stay numbers."""
        assert csv_cell(value) == cell


class TestTable:
    def test_short_columns_and_the_proof(self, capsys: pytest.CaptureFixture[str]) -> None:
        """Overdue ones say by how much, in business time."""
        heading, row = printed(capsys, OutputFormat.TABLE, [OBLIGATION]).splitlines()

        assert heading.split() == ["id", "account", "state", "due", "owner", "contact", "subject", "quote"]
        assert "2 h 05 over" in row
        assert row.endswith("“Could you send the right invoice?”")

    def test_open_ones_say_until_when(self, capsys: pytest.CaptureFixture[str]) -> None:
        """In the company's zone."""
        row = printed(capsys, OutputFormat.TABLE, [{**OBLIGATION, "state": "open"}])

        assert "by 27 Feb 12:00" in row

    def test_nothing_is_said_in_words(self, capsys: pytest.CaptureFixture[str]) -> None:
        """An empty table would look like a fault."""
        assert printed(capsys, OutputFormat.TABLE, []) == "Nothing is waiting.\n"

    def test_mail_cannot_drive_the_terminal(self, capsys: pytest.CaptureFixture[str]) -> None:
        """Neither by control sequences nor by markup, nor by turning the direction of text."""
        subject = "\x1b]0;gotcha\x07\x1b[31mred\x1b[0m [bold]loud[/bold]\r\nnew line \u202etxet"

        row = printed(capsys, OutputFormat.TABLE, [{**OBLIGATION, "subject": subject}]).splitlines()[1]

        assert "red  [bold]loud[/bold] new line  txet" in row
        assert not set("\x1b\x07\r\u202e") & set(row)

    def test_no_colours_when_it_is_not_a_terminal(self, capsys: pytest.CaptureFixture[str]) -> None:
        """And nothing is cut off: others read it."""
        long = "word " * 100

        out = printed(capsys, OutputFormat.TABLE, [{**OBLIGATION, "subject": long}])

        assert "\x1b" not in out
        assert long.strip() in out

    def test_a_style_follows_the_row(self) -> None:
        """What is overdue is red."""
        assert views.state_style({"state": "overdue"}) == "bold red"
        assert not views.state_style({"state": "open"})


class TestTimes:
    @pytest.mark.parametrize(
        ("value", "shown"),
        [
            (datetime(2026, 3, 2, 8, 5, tzinfo=UTC), "2 Mar 09:05"),
            (datetime(2025, 7, 2, 23, 30, tzinfo=UTC), "3 Jul 2025 01:30"),
            (datetime(2026, 3, 2, 8, 5, tzinfo=timezone(timedelta(hours=-5))), "2 Mar 14:05"),
            (date(2026, 12, 24), "24 Dec"),
            (None, ""),
        ],
    )
    def test_people_see_the_companys_zone(self, value: date | None, shown: str) -> None:
        """The year only where it is another one."""
        assert BERLIN.show(value) == shown

    def test_meetings_show_from_when_to_when(self, capsys: pytest.CaptureFixture[str]) -> None:
        """The day once."""
        row = {
            "id": "m1",
            "starts_at": datetime(2026, 3, 2, 9, 0, tzinfo=UTC),
            "ends_at": datetime(2026, 3, 2, 10, 30, tzinfo=UTC),
            "accounts": ["Acme", "Bright"],
            "title": "Review",
        }
        show_rows([row], views.MEETINGS, OutputFormat.TABLE, BERLIN)

        assert "2 Mar 10:00-11:30  Acme, Bright  Review" in capsys.readouterr().out


@pytest.mark.parametrize(("count", "words"), [(0, "0 min"), (59, "59 min"), (60, "1 h"), (125, "2 h 05")])
def test_business_time_as_people_say_it(count: int, words: str) -> None:
    """No seconds, no decimals."""
    assert views.minutes(count) == words


def test_coverage_is_held_of_what_the_server_has(capsys: pytest.CaptureFixture[str]) -> None:
    """Summed over folders."""
    folders = [
        {"name": "INBOX", "server_count": 10, "held": 9, "quarantined": 1},
        {"name": "Sent", "server_count": 5, "held": 5, "quarantined": 0},
    ]
    row = {"name": "desk", "kind": "imap", "state": "ok", "lag_seconds": 7500, "folders": folders}

    show_rows([row], views.STATUS, OutputFormat.TABLE, BERLIN)

    assert "2 h 05  14 of 15            1" in capsys.readouterr().out


def test_a_record_shows_what_it_has(capsys: pytest.CaptureFixture[str]) -> None:
    """A line for each field; empty ones are left out."""
    show_record({"id": "x", "backup": "", "last_contact": NOW, "rules": [{"rule": "could-you"}]}, BERLIN)

    assert capsys.readouterr().out == "id: x\nlast contact: 2 Mar 10:00\nrules:\n  - rule could-you\n"


def test_prose_keeps_its_lines(capsys: pytest.CaptureFixture[str]) -> None:
    """And loses what could drive a terminal."""
    show_text("Good morning\n\n- one\x1b[2J")

    assert capsys.readouterr().out == "Good morning\n\n- one\n"


PROGRAM = """
from cli.options import OutputFormat
from cli.output import Column, Moment, View, show_rows
columns = (Column("id", "id", style="red"), Column("spare", "other", spare=True), Column("text", "text", long=True))
row = {"id": "1234567890", "other": "x" * 20, "text": "y" * 90}
show_rows([row], View(columns, (), ""), OutputFormat.TABLE, Moment())
"""


def on_a_terminal(**environment: str) -> str:
    """Return what a small program prints on a real terminal."""
    terminal, inside = pty.openpty()
    plain = {name: value for name, value in os.environ.items() if name not in {"NO_COLOR", "FORCE_COLOR"}}
    subprocess.run(
        [sys.executable, "-c", PROGRAM], stdout=inside, check=True, env={**plain, "TERM": "xterm", **environment}
    )
    os.close(inside)
    with os.fdopen(terminal, "rb") as screen:
        return screen.read1(65536).decode()


def test_narrow_terminals_leave_spare_columns_out() -> None:
    """Those that must be read keep their width, the long ones take the rest."""
    narrow, wide = on_a_terminal(COLUMNS="40"), on_a_terminal(COLUMNS="80")

    assert "1234567890" in narrow
    assert "spare" not in narrow
    assert "spare" in wide
    assert "y…" in narrow


def test_colours_on_a_terminal_unless_unwanted() -> None:
    """https://no-color.org."""
    assert "\x1b[31m" in on_a_terminal()
    assert "\x1b[31m" not in on_a_terminal(NO_COLOR="1")
