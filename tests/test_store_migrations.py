"""Migrations: from nothing to what the tables say, forward only, harmless when repeated."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from engines import empty_url
from small_desk import NOW, SmallDesk, entry, mail, raw
from sqlalchemy import Boolean, Column, Float, Integer, LargeBinary, MetaData, String, insert, select
from store_dump import differences, dump

from domain.errors import StoreError
from store.database import open_store
from store.migrate import compared, migrate_to, revisions, schema_state, upgrade
from store.queries import search
from store.tables import metadata

both_engines = pytest.mark.usefixtures("engine")
REVISIONS = revisions()
DERIVED = ("alembic_version", "search_")  # made by migrating itself


@both_engines
def test_migrating_an_empty_store_gives_what_the_tables_say(tmp_path: Path) -> None:
    """Autogenerate finds nothing left to do: neither tables nor columns, types or indexes."""
    with open_store(empty_url(tmp_path), read_only=False) as store:
        upgrade(store)
        with store.reading() as connection:
            context = MigrationContext.configure(connection, opts={"compare_type": True, "include_name": compared})
            left = compare_metadata(context, metadata)

    assert left == []


@both_engines
def test_upgrading_twice_does_nothing_the_second_time(tmp_path: Path) -> None:
    """It says so, too."""
    with open_store(empty_url(tmp_path), read_only=False) as store:
        assert upgrade(store)
        before = dump(empty_url(tmp_path))

        assert not upgrade(store)

    assert dump(empty_url(tmp_path)) == before


@both_engines
def test_the_state_of_the_layout(tmp_path: Path) -> None:
    """Empty, then current."""
    with open_store(empty_url(tmp_path), read_only=False) as store:
        assert schema_state(store) == "empty"
        upgrade(store)
        assert schema_state(store) == "current"


@both_engines
def test_a_newer_store_is_refused(tmp_path: Path) -> None:
    """It is not touched, and the way out is named."""
    url = empty_url(tmp_path)
    with open_store(url, read_only=False) as store:
        upgrade(store)
        with store.writing() as connection:
            connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    before = dump(url)

    with (
        open_store(url, read_only=False) as store,
        pytest.raises(StoreError, match="was made by a newer Accountline; install that version"),
    ):
        upgrade(store)
    assert dump(url) == before


def some_value(column: Column[Any]) -> Any:
    """Something that fits; the same for every column of a kind, so that keys refer to each other."""
    kinds = {String: "1", Boolean: True, Integer: 1, Float: 0.5, LargeBinary: b"\x00\x01"}
    return next((value for kind, value in kinds.items() if isinstance(column.type, kind)), ["ü"])


@both_engines
@pytest.mark.parametrize("revision", REVISIONS)
def test_data_in_place_is_kept(tmp_path: Path, revision: str) -> None:
    """From every earlier layout, with a row in each of its tables."""
    with open_store(empty_url(tmp_path), read_only=False) as store:
        old = MetaData()
        with store.writing() as connection:
            migrate_to(connection, revision)
            old.reflect(connection)
            tables = [table for table in old.sorted_tables if not table.name.startswith(DERIVED)]
            for table in tables:
                connection.execute(insert(table).values({c.name: some_value(c) for c in table.columns}))
            before = {table.name: connection.execute(select(table)).all() for table in tables}

        upgrade(store)

        with store.reading() as connection:
            after = {table.name: connection.execute(select(table)).all() for table in tables}
    assert after == before


@both_engines
def test_what_is_there_can_be_searched_after_the_upgrade(tmp_path: Path) -> None:
    """Also when another version made the documents."""
    desk = SmallDesk(tmp_path)
    desk.connect("desk")
    desk.save("desk", raw("1", mail("a", subject="Offer for the pier")))
    desk.understand()
    before = desk.dump()
    with desk.store.writing() as connection:
        connection.exec_driver_sql("UPDATE search_state SET version = 'old'")
        connection.exec_driver_sql("UPDATE search_document SET title = 'other'")

    assert schema_state(desk.store) == "old"
    assert upgrade(desk.store)

    assert differences(desk.dump(), before) == {}
    assert [row["title"] for row in search(desk.store, "pier")] == ["Offer for the pier"]
    desk.close()


@both_engines
def test_words_and_clients_who_meet_are_listed(tmp_path: Path) -> None:
    """As if each had been when its document was made, or its meeting attached."""
    desk = SmallDesk(tmp_path)
    desk.connect("desk")
    desk.save("desk", raw("1", mail("a", subject="Offer for the pier")))
    desk.save("desk", entry("e", "Review", starts_at=NOW))
    desk.understand()
    before = desk.dump()
    with desk.store.writing() as connection:
        connection.exec_driver_sql("DROP TABLE search_term")
        connection.exec_driver_sql("DROP TABLE event_client")
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0020'")

    assert upgrade(desk.store)

    assert differences(desk.dump(), before) == {}
    assert [row["title"] for row in search(desk.store, "off*")] == ["Offer for the pier"]
    assert [address for _, address in before["event_client"]] == ["mara@tidewater.example"]
    desk.close()


def test_a_migration_that_breaks_leaves_the_store_as_it_was(tmp_path: Path) -> None:
    """A table stands in its way."""
    path = tmp_path / "a.db"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE signal (mine TEXT)")

    with open_store(f"sqlite:///{path}", read_only=False) as store, pytest.raises(StoreError):
        upgrade(store)

    with closing(sqlite3.connect(path)) as connection:
        names = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    assert names <= {"signal", "alembic_version"}
