"""Opening a store, and the sentences users read when it cannot be used."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from small_desk import NOW, SmallDesk, mail, raw
from sqlalchemy import insert, select
from sqlalchemy.exc import StatementError

from domain.errors import ConfigError, StoreError
from store import database, tables
from store.database import chunks, insert_missing, open_store, single_writer, upsert
from store.queries import accounts, overdue, status
from store.settling import accounts as mirrored
from store.tidying import weigh_tables

both_engines = pytest.mark.usefixtures("engine")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """The file of a store with two accounts."""
    desk = SmallDesk(tmp_path)
    desk.close()
    return desk.path


@pytest.fixture
def url(tmp_path: Path) -> str:
    """Where a store with two accounts is, of either engine."""
    desk = SmallDesk(tmp_path)
    desk.close()
    return desk.url


@contextmanager
def refused(words: str) -> Iterator[None]:
    """Expect a StoreError of one sentence, or two, with these words."""
    with pytest.raises(StoreError, match=words) as caught:
        yield
    sentence = str(caught.value)
    assert sentence.endswith(".")
    assert "\n" not in sentence
    assert "sqlalche" not in sentence.lower()


def ask(path: Path) -> object:
    """Ask a store anything."""
    with open_store(f"sqlite:///{path}", read_only=True) as store:
        return accounts(store, now=NOW)


class TestAStoreThatCannotBeRead:
    def test_one_that_is_missing(self, tmp_path: Path) -> None:
        """The way out is named, and nothing is made."""
        with refused("There is no store yet at .*; run `accountline ingest` first"):
            ask(tmp_path / "none.db")
        assert list(tmp_path.iterdir()) == []

    def test_a_folder_that_is_missing(self, tmp_path: Path) -> None:
        """Folders are not made either."""
        with (
            refused("cannot be opened; check that its folder exists"),
            open_store(f"sqlite:///{tmp_path}/no/a.db", read_only=False) as store,
            store.writing(),
        ):
            pass

    def test_one_that_is_something_else(self, tmp_path: Path) -> None:
        """It is left as it is."""
        other = tmp_path / "letter.db"
        other.write_text("Dear Sir or Madam, this is a letter and no database at all.\n" * 20)
        before = other.read_bytes()

        with refused("is not a store: the file is damaged or something else"):
            ask(other)
        assert other.read_bytes() == before

    def test_one_that_is_damaged(self, path: Path) -> None:
        """A page overwritten in the middle."""
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        data = bytearray(path.read_bytes())
        data[4096:] = b"\xff" * (len(data) - 4096)
        path.write_bytes(data)

        with refused("is damaged|is not a store"):
            ask(path)

    def test_one_without_tables(self, tmp_path: Path) -> None:
        """A file that was made but never filled."""
        (tmp_path / "empty.db").touch()

        with refused("has an old layout; run `accountline db upgrade`"):
            ask(tmp_path / "empty.db")

    @pytest.mark.parametrize("url", ["", "no url", "oracle"])
    def test_a_url_that_is_none(self, url: str) -> None:
        """It is a mistake in the configuration."""
        with pytest.raises(ConfigError, match=r"\[store\] url"):
            open_store(url, read_only=True)

    def test_a_driver_that_is_missing(self) -> None:
        """It says which."""
        with pytest.raises(ConfigError, match="driver that is not installed"):
            open_store("postgresql+nosuchdriver://localhost/x", read_only=True)


class TestAFile:
    def test_it_never_writes(self, path: Path) -> None:
        """Whatever is asked, the file stays as it is."""
        before = path.read_bytes()

        with open_store(f"sqlite:///{path}", read_only=True) as store:
            accounts(store, now=NOW)
            overdue(store, now=NOW, elapsed=lambda _, start, end: end - start, stale_after={})
            status(store, now=NOW, sources=[], stale_after={})

        assert path.read_bytes() == before

    def test_a_writer_that_never_ends_is_told(self, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """After some waiting."""
        real = database._prepare_writer

        def impatient(connection: sqlite3.Connection, record: object) -> None:
            real(connection, record)
            connection.execute("PRAGMA busy_timeout=50")

        monkeypatch.setattr(database, "_prepare_writer", impatient)
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            with (
                refused("is busy with another run; wait for it to finish"),
                open_store(f"sqlite:///{path}", read_only=False) as store,
                store.writing() as connection,
            ):
                connection.execute(tables.blob.delete())


@both_engines
class TestReading:
    def test_writing_is_refused(self, url: str) -> None:
        """Even by our own mistake."""
        with (
            refused("is read-only"),
            open_store(url, read_only=True) as store,
            store.writing() as connection,
        ):
            connection.execute(insert(tables.blob).values(hash="a", data=b"b"))

    def test_all_that_is_read_through_one_connection_is_one_state(self, url: str) -> None:
        """Two questions in a row do not straddle a page that is saved between them."""
        with open_store(url, read_only=True) as reader, open_store(url, read_only=False) as writer:
            with reader.reading() as connection:
                before = connection.execute(select(tables.account.c.id)).all()
                with writer.writing() as other:
                    other.execute(tables.account.delete())
                assert connection.execute(select(tables.account.c.id)).all() == before
            assert mirrored(reader) == {}

    def test_a_reader_sees_the_last_complete_state_while_another_writes(self, url: str) -> None:
        """Read commands work during an ingest."""
        with (
            open_store(url, read_only=False) as writer,
            writer.writing() as connection,
        ):
            connection.execute(tables.account.delete())
            with open_store(url, read_only=True) as reader:
                assert set(mirrored(reader)) == {"tidewater", "bluepeak"}


@both_engines
class TestWriting:
    def test_an_exception_leaves_nothing(self, url: str) -> None:
        """All of a transaction is kept, or nothing."""
        with open_store(url, read_only=False) as store:
            with suppress(ZeroDivisionError), store.writing() as connection:
                connection.execute(insert(tables.blob).values(hash="a", data=b"b"))
                raise ZeroDivisionError

            with store.reading() as connection:
                assert connection.execute(select(tables.blob)).all() == []

    def test_one_ingest_at_a_time(self, url: str) -> None:
        """The second is told so at once; the first is not disturbed."""
        with open_store(url, read_only=False) as one, open_store(url, read_only=False) as two:
            with single_writer(one), refused("Another ingest is writing to"), single_writer(two):
                pass
            with single_writer(two):
                pass

    def test_a_naive_time_is_refused(self, url: str) -> None:
        """It is how a follow-up lands on the wrong day."""
        row = {"source": "s", "name": "f", "server_count": 0, "proven_at": datetime(2026, 1, 1)}  # noqa: DTZ001
        with (
            open_store(url, read_only=False) as store,
            store.writing() as connection,
            pytest.raises(StatementError, match="naive"),
        ):
            connection.execute(insert(tables.folder).values(row))

    def test_times_come_back_as_they_went_in(self, url: str) -> None:
        """To the microsecond, in UTC, before 1970 too."""
        for at in (datetime(2026, 3, 29, 1, 30, 0, 1, tzinfo=UTC), datetime(1969, 7, 20, 20, 17, tzinfo=UTC)):
            with open_store(url, read_only=False) as store, store.writing() as connection:
                connection.execute(tables.source.delete())
                row = {"name": "s", "kind": "eml", "owner": "", "cursor": {}, "state": "ok", "error": ""}
                connection.execute(insert(tables.source).values(row | {"connected_at": at, "attempted_at": at}))
                assert connection.execute(select(tables.source.c.connected_at)).scalar() == at

    def test_upsert_replaces_and_insert_missing_leaves(self, url: str) -> None:
        """Both may be repeated."""
        with open_store(url, read_only=False) as store, store.writing() as connection:
            upsert(connection, tables.blob, [{"hash": "a", "data": b"1"}])
            insert_missing(connection, tables.blob, [{"hash": "a", "data": b"2"}, {"hash": "b", "data": b"3"}])
            upsert(connection, tables.blob, [{"hash": "b", "data": b"4"}])
            upsert(connection, tables.blob, [])

            found = dict(connection.execute(select(tables.blob.c.hash, tables.blob.c.data)).all())
        assert found == {"a": b"1", "b": b"4"}

    @pytest.mark.parametrize("count", [1, 1_000], ids=["few", "many"])
    def test_a_row_is_written_alike_alone_and_among_many(self, url: str, count: int) -> None:
        """JSON, times, what is unknown, and text that is too long for a key; repeating it changes nothing."""
        mail: dict[str, Any] = {
            "source": "s",
            "folder": "x" * 2_000,
            "kind": "message",
            "etag": "",
            "blob": None,
            "parsed_with": None,
        }
        mail |= {"size": 3, "truncated": True, "fetched_at": NOW, "imap_flags": ["\\Seen", "ä"], "removed_at": None}
        source = {"name": "s", "kind": "imap", "owner": "", "cursor": {}, "state": "ok", "error": ""}
        with open_store(url, read_only=False) as store, store.writing() as connection:
            insert_missing(connection, tables.source, [source | {"connected_at": NOW, "attempted_at": NOW}])
            for flags in ({}, {"imap_flags": ["changed"]}):
                rows = [mail | {"id": number, "uid": str(number)} | flags for number in range(count)]
                insert_missing(connection, tables.item, rows)

            found = connection.execute(select(tables.item).order_by(tables.item.c.id)).all()
        assert [(row.id, row.uid) for row in found] == [(number, str(number)) for number in range(count)]
        assert {len(row.folder) for row in found} == {1_000}
        told = (True, NOW, ["\\Seen", "ä"], None, None)
        assert all((r.truncated, r.fetched_at, r.imap_flags, r.removed_at, r.blob) == told for r in found)


def test_chunks_lose_nothing() -> None:
    """The last may be shorter; nothing gives nothing."""
    assert list(chunks(range(5), 2)) == [[0, 1], [2, 3], [4]]
    assert list(chunks([], 2)) == []


class TestWhichIndexSqliteTakes:
    def test_the_narrow_one_once_the_tables_were_weighed(self, path: Path) -> None:
        """Half of all addresses are ours: looking among those for three mails' would grow with the store."""
        question = "SELECT address FROM message_address WHERE side = 'own' AND message IN ('m1', 'm2', 'm3')"
        rows = [(f"m{n}", place, "to", "ana@northwind.example", "own") for n in range(300) for place in (0, 1)]
        with closing(sqlite3.connect(path)) as connection:
            connection.executemany(
                "INSERT INTO message_address (message, position, role, address, side, domain, name) "
                "VALUES (?, ?, ?, ?, ?, 'northwind.example', '')",
                rows,
            )
            connection.commit()
        with open_store(f"sqlite:///{path}", read_only=False) as store:
            assert weigh_tables(store)
            with store.reading() as connection:
                plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {question}").all()
        assert ["(message=?" in step.detail for step in plan] == [True], plan

    def test_they_are_weighed_again_once_there_is_a_quarter_more_mail(self, tmp_path: Path) -> None:
        """Counting takes seconds in a large store."""
        desk = SmallDesk(tmp_path)
        desk.connect("desk")
        due = []
        for total in (8, 8, 9, 12):
            for n in range(total):
                desk.save("desk", raw(f"{n}", mail(f"m{n}", at=NOW)))
            desk.understand()
            due.append(weigh_tables(desk.store))
        desk.close()

        assert due == [True, False, False, True]


def test_half_a_surrogate_pair_in_a_column_is_read_as_it_was_written(path: Path) -> None:
    """A broken mail's name may hold one."""
    with open_store(f"sqlite:///{path}", read_only=False) as store:
        with store.writing() as connection:
            connection.execute(tables.account.update().values(contacts=["\ud83d@globex.example"]))
        with store.reading() as connection:
            assert (
                connection.execute(select(tables.account.c.contacts)).scalars().all() == [["\ud83d@globex.example"]] * 2
            )
