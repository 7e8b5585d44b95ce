"""`accountline db copy`: a store moves to the other engine and nothing is lost, or nothing is copied."""

import shutil
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from postgres import Postgres
from program import answer, run
from small_desk import COMPLAINT, NOW, SmallDesk, entry, mail, raw
from sqlalchemy import insert, select

from domain.errors import StoreError
from domain.followup import MeetingNote, Outcome
from store import tables
from store.acts import save_note
from store.copying import copy_store
from store.database import Store, open_store
from store.migrate import schema_state, upgrade

LATER = NOW + timedelta(hours=1)


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder whose store holds a bit of everything, in a file of SQLite."""
    desk = SmallDesk(tmp_path_factory.mktemp("filled"))
    desk.connect("desk", "calendar")
    desk.save(
        "desk",
        raw("1", mail("offer", subject="Offer for the jetty — Größe")),
        raw("2", mail("pump", COMPLAINT, sender="kira@bluepeak.example", subject="Pump")),
        raw(
            "3",
            mail(
                "answer",
                "You will have it on Friday.",
                sender="ana@northwind.example",
                to="mara@tidewater.example",
                answers=["offer"],
            ),
        ),
        raw("4", b"\x00\xff no mail at all"),
        raw("5", mail("stranger", sender="zoe@unknown.example")),
    )
    desk.save("calendar", entry("review", "Pier review", starts_at=NOW - timedelta(days=1)))
    desk.understand()
    ((meeting,),) = desk.query("SELECT key FROM event")
    held = MeetingNote(event_key=meeting, at=NOW, text="We agreed on oak planks.", outcome=Outcome.HELD)
    save_note(desk.store, held, actor="ana@northwind.example")
    desk.close()
    return desk.config.parent


@pytest.fixture
def folder(filled: Path, tmp_path: Path) -> Path:
    """A copy of it that a test may change."""
    copy = Path(shutil.copytree(filled, tmp_path / "desk"))
    point_to(copy / "accountline.toml", f"sqlite:///{copy / 'accountline.db'}")
    return copy


def contents(store: Store) -> dict[str, list[Any]]:
    """Every row of every table but the index, as Python sees it."""
    with store.reading() as connection:
        return {
            table.name: sorted((dict(row) for row in connection.execute(select(table)).mappings()), key=repr)
            for table in tables.metadata.sorted_tables
            if not table.name.startswith("search_")
        }


def original(folder: Path, *, read_only: bool = True) -> Store:
    """The store in the folder."""
    return open_store(f"sqlite:///{folder / 'accountline.db'}", read_only=read_only)


def point_to(config: Path, url: str) -> None:
    """Name another store in a configuration."""
    lines = config.read_text(encoding="utf-8").splitlines()
    config.write_text("\n".join(f'url = "{url}"' if line.startswith("url =") else line for line in lines))


def copied(folder: Path, url: str) -> dict[str, int]:
    """Copy the folder's store."""
    with original(folder) as source, open_store(url, read_only=False) as target:
        return copy_store(source, target)


def test_every_row_of_every_table_arrives(folder: Path, postgres: Postgres) -> None:
    """Raw bytes, times, nested values, quarantine, notes: as they were."""
    url = postgres.empty_database()

    copied(folder, url)

    with original(folder) as source, open_store(url, read_only=True) as target:
        assert contents(target) == contents(source)
        assert schema_state(target) == "current"


def test_it_says_how_much_was_copied(folder: Path, postgres: Postgres) -> None:
    """By table."""
    counts = copied(folder, postgres.empty_database())

    assert {name: counts[name] for name in ("message", "event", "note", "item")} == {
        "message": 4,
        "event": 1,
        "note": 1,
        "item": 6,
    }


def test_a_store_comes_back_as_it_went(folder: Path, tmp_path: Path, postgres: Postgres) -> None:
    """From SQLite to PostgreSQL and from there into another file."""
    there, back = postgres.empty_database(), f"sqlite:///{tmp_path / 'back.db'}"

    copied(folder, there)
    with open_store(there, read_only=True) as source, open_store(back, read_only=False) as target:
        copy_store(source, target)

    with original(folder) as source, open_store(back, read_only=True) as target:
        assert contents(target) == contents(source)


def test_all_commands_say_the_same_of_the_copy(folder: Path, postgres: Postgres) -> None:
    """The real program: lists, a timeline, the search."""
    config = folder / "accountline.toml"
    url = postgres.empty_database()
    asked: tuple[tuple[str, ...], ...] = (
        ("overdue", "--now", LATER.isoformat()),
        ("promises", "--now", LATER.isoformat()),
        ("timeline", "Tidewater", "--now", LATER.isoformat()),
        ("search", "Groesse"),
    )
    before = [answer(*words, config=config) for words in asked]

    done = run("db", "copy", url, config=config)
    point_to(config, url)

    assert (done.returncode, "Copied 4 messages" in done.stdout) == (0, True), done
    assert [answer(*words, config=config) for words in asked] == before
    assert all(before)


def test_what_comes_later_is_numbered_after_what_came(folder: Path, postgres: Postgres) -> None:
    """PostgreSQL's counters know nothing of rows that brought their numbers with them."""
    url = postgres.empty_database()
    copied(folder, url)

    with open_store(url, read_only=False) as store, store.writing() as connection:
        row = connection.execute(select(tables.item).limit(1)).mappings().one()
        added = {**row, "uid": "new"}
        del added["id"]
        number = connection.execute(insert(tables.item).values(added)).inserted_primary_key
        known = connection.execute(select(tables.item.c.id).where(tables.item.c.uid != "new")).scalars().all()

    assert number is not None
    assert number[0] > max(known)


def test_a_database_with_a_store_is_not_written_to(folder: Path, postgres: Postgres) -> None:
    """Two stores cannot be one."""
    url = postgres.new_store()

    with pytest.raises(StoreError, match="holds a store already; name a database without tables"):
        copied(folder, url)

    with open_store(url, read_only=True) as target:
        assert not any(contents(target).values())


def test_an_old_layout_is_upgraded_first(folder: Path, postgres: Postgres) -> None:
    """Copying is no migration."""
    with original(folder, read_only=False) as store, store.writing() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0009'")

    with pytest.raises(StoreError, match="run `accountline db upgrade`, then copy it"):
        copied(folder, postgres.empty_database())


def test_no_ingest_writes_meanwhile(folder: Path, tmp_path: Path) -> None:
    """One that runs is waited for by whoever copies: they are told."""
    from store.database import single_writer  # noqa: PLC0415 - only here

    with (
        original(folder) as source,
        single_writer(source),
        open_store(f"sqlite:///{tmp_path / 'other.db'}", read_only=False) as target,
        pytest.raises(StoreError, match="Another ingest is writing"),
    ):
        copy_store(source, target)


def test_where_one_row_does_not_arrive_nothing_does(
    folder: Path, postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The database is as empty as it was, and can be copied to again."""
    url = postgres.empty_database()
    with monkeypatch.context() as patched:
        patched.setattr("store.copying._batches", lambda rows: [list(rows)[1:]])
        with pytest.raises(StoreError, match="did not arrive as it was; nothing was copied"):
            copied(folder, url)

    with open_store(url, read_only=False) as target:
        assert schema_state(target) == "empty"
    assert copied(folder, url)["message"] == 4


def test_a_nul_that_sqlite_holds_is_shown_as_unreadable(folder: Path, postgres: Postgres) -> None:
    """No text of PostgreSQL's can have one; everything else of the mail arrives."""
    with original(folder, read_only=False) as store, store.writing() as connection:
        connection.execute(tables.message.update().values(subject="one\0two", attachments=[{"name": "a\0b"}]))
    url = postgres.empty_database()

    copied(folder, url)

    with open_store(url, read_only=True) as store, store.reading() as connection:
        found = connection.execute(select(tables.message.c.subject, tables.message.c.attachments).distinct()).all()
    assert [tuple(row) for row in found] == [("one\ufffdtwo", [{"name": "a\ufffdb"}])]


def test_an_empty_store_can_be_copied(tmp_path: Path, postgres: Postgres) -> None:
    """There is nothing in it yet, which is all there is to copy."""
    url = f"sqlite:///{tmp_path / 'accountline.db'}"
    with open_store(url, read_only=False) as source:
        upgrade(source)

    assert sum(copied(tmp_path, postgres.empty_database()).values()) == 0
