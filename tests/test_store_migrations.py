"""Migrations: from nothing to what the tables say, forward only, harmless when repeated."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from store_dump import dump

from domain.errors import StoreError
from store.database import open_store
from store.migrate import schema_state, upgrade
from store.tables import metadata


def test_migrating_an_empty_store_gives_what_the_tables_say(tmp_path: Path) -> None:
    """Autogenerate finds nothing left to do: neither tables nor columns, types or indexes."""
    with open_store(f"sqlite:///{tmp_path}/a.db", read_only=False) as store:
        upgrade(store)
        with store.reading() as connection:
            context = MigrationContext.configure(connection, opts={"compare_type": True})
            left = compare_metadata(context, metadata)

    assert left == []


def test_upgrading_twice_does_nothing_the_second_time(tmp_path: Path) -> None:
    """It says so, too."""
    with open_store(f"sqlite:///{tmp_path}/a.db", read_only=False) as store:
        assert upgrade(store)
        before = dump(tmp_path / "a.db")

        assert not upgrade(store)

    assert dump(tmp_path / "a.db") == before


def test_the_state_of_the_layout(tmp_path: Path) -> None:
    """Empty, then current."""
    with open_store(f"sqlite:///{tmp_path}/a.db", read_only=False) as store:
        assert schema_state(store) == "empty"
        upgrade(store)
        assert schema_state(store) == "current"


def test_a_newer_store_is_refused(tmp_path: Path) -> None:
    """It is not touched, and the way out is named."""
    path = tmp_path / "a.db"
    with open_store(f"sqlite:///{path}", read_only=False) as store:
        upgrade(store)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    before = dump(path)

    with (
        open_store(f"sqlite:///{path}", read_only=False) as store,
        pytest.raises(StoreError, match="was made by a newer Accountline; install that version"),
    ):
        upgrade(store)
    assert dump(path) == before


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
