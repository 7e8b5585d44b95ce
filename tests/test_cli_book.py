"""`accounts set|merge|import|export|duplicates|history` and `forget` as people type them."""

import csv
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from desk import ANA, BEN, NINA, OLE, DeskFolder
from openpyxl import load_workbook
from program import answer, run

NOW = "2026-03-06T12:00:00+01:00"
FULL = {
    "name": 'Bright & Sons, "the" Söhne',
    "domains": "bright.example;bright.test",
    "contacts": "lea@gmx.de;sam@gmail.com",
    "tier": "key",
    "owner": ANA,
    "backup": BEN,
    "timezone": "America/New_York",
    "allow": "robot@bright.example",
}


def done(desk: DeskFolder, *words: str) -> str:
    """Run a command that must succeed and return what it prints."""
    ran = run(*words, config=desk.config)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def book(path: Path) -> list[dict[str, str]]:
    """A book as a spreadsheet shows it."""
    if path.suffix == ".csv":
        return list(csv.DictReader(StringIO(path.read_text("utf-8"))))
    header, *lines = load_workbook(path).worksheets[0].iter_rows(values_only=True)
    return [{str(name): str(cell or "") for name, cell in zip(header, line, strict=True)} for line in lines]


def names(desk: DeskFolder) -> list[str]:
    """The accounts in the file."""
    return sorted(row["name"] for row in book(desk.path / "accounts.csv"))


class TestImportAndExport:
    @pytest.mark.parametrize("kind", ["csv", "xlsx"])
    def test_a_round_trip_loses_nothing(self, desk: DeskFolder, kind: str) -> None:
        """Every column, with separators, quotes and umlauts in it."""
        path = desk.path / "accounts.csv"
        with path.open("a", encoding="utf-8", newline="") as file:
            csv.DictWriter(file, ["name", "domains", "contacts", "tier", "owner", "timezone", "allow"]).writerow(
                {name: value for name, value in FULL.items() if name != "backup"}
            )
        done(desk, "accounts", "set", "bright.example", f"backup={BEN}")
        before = book(path)

        assert "5 accounts written to out" in done(desk, "accounts", "export", f"out.{kind}")
        path.write_text("name\n", encoding="utf-8")
        done(desk, "accounts", "import", f"out.{kind}")

        assert FULL in before
        assert sorted(book(path), key=str) == sorted(before, key=str)
        assert sorted(book(desk.path / f"out.{kind}"), key=str) == sorted(before, key=str)

    def test_import_replaces_by_name_and_keeps_the_rest(self, desk: DeskFolder) -> None:
        """Unless `--replace` is said; `--dry-run` does neither."""
        (desk.path / "new.csv").write_text("name,domains,tier\nACME,acme.example,key\nEast,east.example,\n", "utf-8")

        assert "Nothing was changed." in done(desk, "accounts", "import", "new.csv", "--dry-run")
        assert names(desk) == ["Acme", "Borealis", "Calder", "Dorn"]
        done(desk, "accounts", "import", "new.csv")
        assert names(desk) == ["ACME", "Borealis", "Calder", "Dorn", "East"]
        done(desk, "accounts", "import", "new.csv", "--replace")
        assert names(desk) == ["ACME", "East"]

    @pytest.mark.parametrize(
        ("file", "text", "sentence"),
        [
            ("new.csv", "name,colour\nEast,red\n", "line 1: unknown column `colour`"),
            ("new.csv", "name,domains\nEast,acme.example\n", "belongs to Acme already"),
            ("none.csv", None, "there is no account book at"),
            ("new.xlsx", "name\n", "this is no workbook"),
        ],
    )
    def test_a_file_that_is_wrong_is_refused(
        self, desk: DeskFolder, file: str, text: str | None, sentence: str
    ) -> None:
        """With its line; the book stays."""
        if text is not None:
            (desk.path / file).write_text(text, encoding="utf-8")

        ran = run("accounts", "import", file, config=desk.config)

        assert (ran.returncode, sentence in ran.stderr) == (2, True)
        assert names(desk) == ["Acme", "Borealis", "Calder", "Dorn"]


class TestSetting:
    def test_values_are_set_and_lists_grow_and_shrink(self, desk: DeskFolder) -> None:
        """Each change is printed, from and to."""
        shown = answer("accounts", "set", "acme", "tier=key", "domains=+acme.test", f"backup={BEN}", config=desk.config)
        done(desk, "accounts", "set", "acme.test", "domains=-acme.example")

        assert {(row["field"], str(row["before"]), str(row["after"])) for row in shown["changes"]} == {
            ("tier", "standard", "key"),
            ("domains", "['acme.example']", "['acme.example', 'acme.test']"),
            ("backup", "", BEN),
        }
        (acme,) = (row for row in book(desk.path / "accounts.csv") if row["name"] == "Acme")
        assert (acme["domains"], acme["tier"], acme["backup"]) == ("acme.test", "key", BEN)

    @pytest.mark.parametrize(
        ("words", "code", "sentence"),
        [
            (("acme", "colour=red"), 2, "there is no column `colour`"),
            (("acme", "tier"), 2, "write COLUMN=VALUE"),
            (("acme", "timezone=Mars/Base"), 2, "unknown time zone"),
            (("acme", "domains=+gmail.com"), 2, "anybody can have an address at gmail.com"),
            (("akme", "tier=key"), 4, "did you mean `Acme`"),
        ],
    )
    def test_what_is_wrong_is_said(self, desk: DeskFolder, words: tuple[str, ...], code: int, sentence: str) -> None:
        """In a sentence that says what to do."""
        ran = run("accounts", "set", *words, config=desk.config)

        assert (ran.returncode, sentence.lower() in ran.stderr.lower()) == (code, True), ran.stderr


class TestMerging:
    def test_two_accounts_are_one_until_that_is_undone(self, desk: DeskFolder) -> None:
        """Book and timeline, at once."""
        desk.mail(NINA, ANA, "Mon 10:00", "Could you call me?\n", subject="Call")
        desk.ingest("Wed 12:00")
        before = book(desk.path / "accounts.csv")

        done(desk, "accounts", "merge", "acme", "calder")
        assert (names(desk), timeline(desk, "acme.example")) == (["Borealis", "Calder", "Dorn"], ["Call"])
        done(desk, "accounts", "merge", "calder", "--undo")

        assert sorted(map(_filled, book(desk.path / "accounts.csv")), key=str) == sorted(map(_filled, before), key=str)
        assert (timeline(desk, "acme"), timeline(desk, "calder")) == (["Call"], [])

    def test_what_was_done_stays_done_through_a_merge_and_its_undoing(self, desk: DeskFolder) -> None:
        """Nina's request is done before, Ole's while the accounts are one; nothing is open again."""
        desk.mail(NINA, ANA, "Mon 10:00", "Could you call me?\n", subject="Call")
        desk.mail(OLE, ANA, "Mon 10:00", "Could you send us the plan?\n", subject="Plan")
        flags = {row["subject"]: row["id"] for row in desk.overdue("Wed 12:00")}
        done(desk, "done", flags["Call"], "--now", NOW)

        done(desk, "accounts", "merge", "acme", "calder")
        (plan,) = desk.overdue("Fri 13:00")
        assert (plan["subject"], plan["account"], plan["id"] == flags["Plan"]) == ("Plan", "Calder", False)
        done(desk, "done", plan["id"], "--now", NOW)
        done(desk, "accounts", "merge", "calder", "--undo")

        assert desk.waiting("Fri 13:00") == []

    def test_what_was_not_done_is_open_after_a_merge(self, desk: DeskFolder) -> None:
        """An act on one flag is none on the other of the same account; what was put back on the list stays there."""
        desk.mail(NINA, ANA, "Mon 10:00", "Could you call me?\n", subject="Call")
        desk.mail(OLE, ANA, "Mon 10:00", "Could you send us the plan?\n", subject="Plan")
        flags = {row["subject"]: row["id"] for row in desk.overdue("Wed 12:00")}
        done(desk, "done", flags["Call"], "--now", "2026-03-05T12:00:00+01:00")
        done(desk, "reopen", flags["Call"], "--now", NOW)

        done(desk, "accounts", "merge", "acme", "calder")

        assert sorted(row["subject"] for row in desk.overdue("Fri 13:00")) == ["Call", "Plan"]

    @pytest.mark.parametrize(
        ("words", "code", "sentence"),
        [
            (("acme",), 2, "name two accounts, or one with --undo"),
            (("acme", "Acme"), 2, "are the same account"),
            (("acme", "nobody"), 4, "there is no account `nobody`"),
            (("acme", "--undo"), 4, "nothing was merged into Acme"),
        ],
    )
    def test_what_cannot_be_merged(self, desk: DeskFolder, words: tuple[str, ...], code: int, sentence: str) -> None:
        """Nothing is changed."""
        ran = run("accounts", "merge", *words, config=desk.config)

        assert (ran.returncode, sentence in ran.stderr) == (code, True)
        assert names(desk) == ["Acme", "Borealis", "Calder", "Dorn"]


def test_duplicates_are_suggested_and_nothing_is_changed(desk: DeskFolder) -> None:
    """With the reason."""
    done(desk, "accounts", "import", _written(desk, "name,domains\nAcme GmbH,acme.test\n"))

    rows = answer("accounts", "duplicates", config=desk.config)

    assert [(row["account_id"], row["other_id"]) for row in rows] == [("acme", "acme-gmbh")]
    assert "legal form" in rows[0]["why"] or "acme" in rows[0]["why"]
    assert len(names(desk)) == 5


def test_history_says_who_changed_what(desk: DeskFolder) -> None:
    """Latest first, of all accounts or of one."""
    done(desk, "accounts", "set", "acme", "tier=key", "--by", BEN, "--now", NOW)
    done(desk, "accounts", "set", "dorn", "tier=standard", "--by", ANA, "--now", NOW)

    rows = answer("accounts", "history", "acme", config=desk.config)

    assert (rows[0]["by"], rows[0]["field"], rows[0]["before"], rows[0]["after"]) == (BEN, "tier", "standard", "key")
    assert rows[0]["at"].startswith("2026-03-06T11:00:00")
    assert {row["account_id"] for row in rows} == {"acme"}
    assert answer("accounts", "history", config=desk.config)[0]["account_id"] == "dorn"


class TestForgetting:
    @pytest.fixture
    def known(self, desk: DeskFolder) -> DeskFolder:
        """Somebody wrote, and somebody else did."""
        desk.mail(NINA, ANA, "Mon 10:00", "Could you send us the plan?\n", subject="Plan")
        desk.mail(OLE, ANA, "Mon 11:00", "Could you send us the invoice?\n", subject="Invoice")
        desk.ingest("Wed 12:00")
        return desk

    def test_a_dry_run_counts_only(self, known: DeskFolder) -> None:
        """Nothing is asked, nothing goes."""
        counts = answer("forget", NINA, "--dry-run", config=known.config)

        assert (counts["messages"], counts["events"]) == (1, 0)
        assert timeline(known, "acme") == ["Invoice", "Plan"]

    def test_it_is_asked_first(self, known: DeskFolder) -> None:
        """Without an answer nothing goes."""
        ran = run("forget", NINA, config=known.config)

        assert ran.returncode != 0
        assert timeline(known, "acme") == ["Invoice", "Plan"]

    def test_a_person_is_erased_and_stays_away(self, known: DeskFolder) -> None:
        """From every command, also after another ingest; others stay."""
        assert "proves it" in done(known, "forget", NINA, "--yes", "--by", ANA)
        known.ingest("Thu 12:00")

        assert timeline(known, "acme") == ["Invoice"]
        assert answer("search", "plan", config=known.config) == []
        assert [row["contact"] for row in answer("overdue", "--now", NOW, config=known.config)] == [OLE]

    @pytest.mark.parametrize(("address", "sentence"), [(ANA, "is one of you"), ("nobody", "nobody:")])
    def test_who_cannot_be_erased(self, known: DeskFolder, address: str, sentence: str) -> None:
        """One of us, or no address at all."""
        ran = run("forget", address, "--yes", config=known.config)

        assert (ran.returncode, sentence in ran.stderr) == (2, True)


def timeline(desk: DeskFolder, account: str) -> list[str]:
    """Titles, newest first."""
    entries: list[dict[str, Any]] = answer("timeline", account, "--now", NOW, config=desk.config)["entries"]
    return [entry["title"] for entry in entries]


def _written(desk: DeskFolder, text: str) -> str:
    (desk.path / "more.csv").write_text(text, encoding="utf-8")
    return "more.csv"


def _filled(row: dict[str, str]) -> dict[str, str]:
    """Columns that the book did not have at first are empty in the one that was written."""
    return {"backup": "", **row}
