"""Changing the account book: by command, with a history, and from and to spreadsheets without loss."""

from pathlib import Path
from typing import Any

import pytest
from desk import ANA, NINA, DeskFolder, at
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from domain.accounts import Account
from domain.errors import ConfigError, NotFoundError
from flows.account_book import read_account_book, write_account_book
from flows.book_editing import Edit, import_book, merge, set_fields, undo_merge
from flows.near_duplicates import near_duplicates
from flows.settings import load_settings
from store.book_changes import book_history
from store.database import open_store

NOW = "Fri 12:00"
FULL = Account(
    id="acme-inc",
    name="Acme, Inc. “Süd”",
    domains=("acme.example", "acme.test"),
    contacts=("sam@gmail.com", "lea@gmx.de"),
    tier="key",
    owner="ana@northwind.example",
    backup="ben@northwind.example",
    timezone="Europe/Vienna",
    allow=("tickets@acme.example",),
)


def edit(folder: DeskFolder, *, only_show: bool = False) -> Edit:
    """Somebody at the desk changes the book."""
    return Edit(settings=load_settings(folder.config), actor="ben", now=at(NOW), only_show=only_show)


def book(folder: DeskFolder) -> dict[str, Account]:
    """The book as it stands in the file."""
    return {account.id: account for account in read_account_book(folder.path / "accounts.csv")}


def history(folder: DeskFolder, account: str) -> list[tuple[Any, ...]]:
    """Who changed what, latest first."""
    with open_store(load_settings(folder.config).store_url, read_only=True) as store:
        return [(row["by"], row["field"], row["before"], row["after"]) for row in book_history(store, account)]


@pytest.mark.parametrize("name", ["book.csv", "book.xlsx"])
def test_a_book_written_and_read_again_is_the_same(tmp_path: Path, name: str) -> None:
    """All columns, in both formats."""
    write_account_book(tmp_path / name, [FULL])
    (again,) = read_account_book(tmp_path / name)
    assert {**_fields(again), "id": ""} == {**_fields(FULL), "id": ""}


def _fields(account: Account) -> dict[str, Any]:
    return {name: getattr(account, name) for name in Account.__slots__}


@pytest.mark.parametrize("name", ["book.csv", "book.xlsx"])
@settings(max_examples=25, deadline=None)
@given(words=st.text("=+-@;,\"'äß 0aZ", min_size=1, max_size=12).filter(lambda text: text.strip()))
def test_no_name_is_changed_by_a_spreadsheet(tmp_path_factory: pytest.TempPathFactory, name: str, words: str) -> None:
    """Separators, quotes, numbers and what looks like a formula."""
    path = tmp_path_factory.mktemp("book") / name
    write_account_book(path, [Account(id="x", name=words)])
    assert [account.name for account in read_account_book(path)] == [" ".join(words.split())]


@pytest.mark.parametrize(
    ("rows", "wrong"),
    [
        ([["name", "colour"], ["Acme", "red"]], "line 1: unknown column `colour`"),
        ([["name", "domains"], ["Acme", "acme.example"], ["Bright", "not a domain"]], "line 3: column `domains`"),
        ([["name"], ["Acme"], [None], ["Acme"]], "line 4: Acme stands on line 2 already"),
    ],
)
def test_a_broken_workbook_is_refused_with_its_line(tmp_path: Path, rows: list[list[Any]], wrong: str) -> None:
    """As a broken CSV file is."""
    made = Workbook()
    for row in rows:
        made.worksheets[0].append(row)
    made.save(tmp_path / "book.xlsx")
    with pytest.raises(ConfigError, match=wrong):
        read_account_book(tmp_path / "book.xlsx")


def test_a_file_that_is_no_workbook_is_refused(tmp_path: Path) -> None:
    """With a sentence."""
    (tmp_path / "book.xlsx").write_bytes(b"name\nAcme\n")
    with pytest.raises(ConfigError, match="no workbook"):
        read_account_book(tmp_path / "book.xlsx")


def test_import_replaces_by_name_and_keeps_the_others(desk: DeskFolder) -> None:
    """With `--replace` the others go."""
    write_account_book(desk.path / "new.csv", [Account(id="acme", name="Acme", domains=("acme.example", "acme.test"))])
    import_book(edit(desk), desk.path / "new.csv", replace_all=False)
    assert (book(desk)["acme"].domains, len(book(desk))) == (("acme.example", "acme.test"), 4)
    import_book(edit(desk), desk.path / "new.csv", replace_all=True)
    assert set(book(desk)) == {"acme"}


def test_an_import_that_cannot_be_changes_nothing(desk: DeskFolder) -> None:
    """A domain of another account: named as what is wrong; the book stays."""
    before = book(desk)
    write_account_book(desk.path / "new.csv", [Account(id="ecma", name="Ecma", domains=("acme.example",))])
    with pytest.raises(ConfigError, match="belongs to Acme already"):
        import_book(edit(desk), desk.path / "new.csv", replace_all=False)
    assert book(desk) == before


def test_set_changes_columns_and_is_noted(desk: DeskFolder) -> None:
    """Lists grow with + and shrink with -."""
    set_fields(edit(desk), "Acme", {"tier": "key", "domains": "+acme.test", "allow": "-tickets@acme.example"})
    acme = book(desk)["acme"]
    assert (acme.tier, acme.domains, acme.allow) == ("key", ("acme.example", "acme.test"), ())
    assert history(desk, "acme")[:3] == [
        ("ben", "allow", ["tickets@acme.example"], []),
        ("ben", "tier", "standard", "key"),
        ("ben", "domains", ["acme.example"], ["acme.example", "acme.test"]),
    ]


def test_an_edit_by_hand_is_noted_at_the_next_ingest(desk: DeskFolder) -> None:
    """Nobody says who it was, so the file itself is named."""
    desk.ingest("Wed 12:00")
    path = desk.path / "accounts.csv"
    path.write_text(path.read_text("utf-8").replace("Acme,acme.example", "Acme,acme.example;acme.test"), "utf-8")
    desk.ingest("Thu 12:00")
    assert history(desk, "acme")[0] == ("account book", "domains", ["acme.example"], ["acme.example", "acme.test"])


def test_a_dry_run_shows_and_changes_nothing(desk: DeskFolder) -> None:
    """The same difference as the real change."""
    before = book(desk)
    shown = set_fields(edit(desk, only_show=True), "acme", {"tier": "key"})
    assert book(desk) == before
    assert set_fields(edit(desk), "acme", {"tier": "key"}) == shown


def test_a_wrong_value_is_refused(desk: DeskFolder) -> None:
    """As in the file."""
    for values in (
        {"timezone": "Mars/Olympus"},
        {"colour": "red"},
        {"domains": "gmail.com"},
        {"domains": "calder.example"},
    ):
        with pytest.raises(ConfigError):
            set_fields(edit(desk), "acme", values)
    with pytest.raises(NotFoundError):
        set_fields(edit(desk), "nobody", {"tier": "key"})


def test_merged_accounts_have_one_timeline_and_undo_takes_them_apart(desk: DeskFolder) -> None:
    """Domains and contacts move along, and back; the book is as it was."""
    before = book(desk)
    desk.mail(NINA, ANA, "Mon 10:00", "Could you call me?\n")
    merge(edit(desk), "acme", "calder")
    assert set(book(desk)) == {"borealis", "calder", "dorn"}
    desk.ingest("Wed 12:00")
    assert len(desk.timeline("calder", NOW)) > 0
    undo_merge(edit(desk), "calder")
    assert book(desk) == before
    desk.ingest("Thu 12:00")
    assert (desk.timeline("calder", NOW), len(desk.timeline("acme", NOW)) > 0) == ([], True)


def test_undo_keeps_what_was_changed_since_and_happens_once(desk: DeskFolder) -> None:
    """A domain added after the merge stays with the account that has it."""
    merge(edit(desk), "acme", "calder")
    set_fields(edit(desk), "calder", {"domains": "+calder.test"})
    undo_merge(edit(desk), "calder")
    assert book(desk)["calder"].domains == ("calder.example", "calder.test")
    with pytest.raises(NotFoundError, match="nothing was merged"):
        undo_merge(edit(desk), "calder")


@pytest.mark.parametrize(
    ("one", "other", "why"),
    [
        (Account(id="a", name="Acme GmbH"), Account(id="b", name="ACME Ltd."), "legal form"),
        (
            Account(id="a", name="Bright", domains=("tidewater.co.uk",)),
            Account(id="b", name="Sons", domains=("mail.tidewater.de",)),
            "called tidewater",
        ),
        (Account(id="a", name="Brightfold Packaging"), Account(id="b", name="Brightfolt Packaging"), "written alike"),
        (Account(id="a", name="Acme"), Account(id="b", name="Acorn"), ""),
    ],
)
def test_near_duplicates_are_suggested_with_the_reason(one: Account, other: Account, why: str) -> None:
    """By name, domain and brand."""
    found = [row["why"] for row in near_duplicates([one, other])]
    assert [why in text for text in found] == ([True] if why else [])
