"""Opening a store, and turning what a database says into sentences users can act on."""

import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import lru_cache
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

import orjson
from sqlalchemy import (
    ColumnElement,
    Connection,
    Dialect,
    Engine,
    Insert,
    Table,
    Text,
    Update,
    any_,
    create_engine,
    event,
    literal,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError

from domain.errors import ConfigError, StoreError
from store.beginnings import TERMS

# SQLite allows 32,766 bound parameters in one statement.
_PARAMETERS = 30_000

# SQLite keeps statements ready, also each list of another length: long ones take as much as the rest of a connection.
_STATEMENTS = 32

# Rows; for fewer, SQLAlchemy's own way, which keeps what it has compiled, is the shorter one.
_MANY = 50

# Locks of a PostgreSQL database: who runs an ingest, and who writes at this moment.
_INGEST_LOCK = 718281828
_WRITER_LOCK = 718281829

_WRITES = "accountline_writes"
_ALONE = "accountline_alone"

T = TypeVar("T")


class Store:
    """An open store; use it as a context manager.

    Attributes:
        url: Where it is, password left out.
        read_only: Writing raises StoreError.
    """

    def __init__(self, engine: Engine, *, read_only: bool) -> None:
        self._engine = engine
        self.read_only = read_only
        self.url = str(self.path or engine.url.render_as_string(hide_password=True))

    @property
    def path(self) -> Path | None:
        """The file of an embedded store, None for a server's."""
        database = self._engine.url.database
        is_file = self._engine.dialect.name == "sqlite" and database
        return Path(str(database).removeprefix("file:").partition("?")[0]) if is_file else None

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection for queries; everything read through it is one consistent state."""
        with explained(self.url), self._engine.connect() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction: all of it is kept, or nothing."""
        # A server reads anew with every statement, so that what others wrote while this waited is seen.
        level = {} if self.path else {"isolation_level": "READ COMMITTED"}
        writer = self._engine.execution_options(**level, **{_WRITES: True})
        with explained(self.url), writer.begin() as connection:
            yield connection

    @contextmanager
    def outside_transactions(self) -> Iterator[Connection]:
        """A connection for what no transaction can do, such as VACUUM."""
        # Connections are kept, and with them old pages: what begins here begins alone.
        self._engine.dispose()
        plain = self._engine.execution_options(isolation_level="AUTOCOMMIT", **{_ALONE: True})
        with explained(self.url), plain.connect() as connection:
            yield connection

    def close(self) -> None:
        """Give connections back."""
        self._engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()


def open_store(url: str, *, read_only: bool) -> Store:
    """Open the store at an SQLAlchemy URL.

    Raises:
        ConfigError: The URL cannot be understood.
        StoreError: There is no store yet, or it cannot be reached.
    """
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise ConfigError("[store] url is not a database URL; write it like sqlite:///accountline.db.") from None
    if parsed.get_backend_name() == "sqlite":
        return Store(_sqlite_engine(parsed, read_only=read_only), read_only=read_only)
    try:
        engine = _server_engine(parsed, read_only=read_only)
    except (NoSuchModuleError, ModuleNotFoundError) as error:
        raise ConfigError(f"[store] url needs a database driver that is not installed: {error}.") from None
    return Store(engine, read_only=read_only)


def _sqlite_engine(url: URL, *, read_only: bool) -> Engine:
    path = Path(url.database or "")
    if read_only and not path.is_file():
        raise StoreError(f"There is no store yet at {path}; run `accountline ingest` first.")
    query = {"uri": "true", "mode": "ro" if read_only else "rwc"}
    if read_only and not os.access(path.parent, os.W_OK) and not Path(f"{path}-wal").exists():
        # On read-only media SQLite cannot make the files that readers and writers share; there is no writer either.
        query["immutable"] = "1"
    return _engine(URL.create("sqlite", database=f"file:{path}", query=query), read_only)


@lru_cache(maxsize=4)
def _engine(url: URL, read_only: bool) -> Engine:
    """Keep what opens a store after it was closed: the statements it has compiled are the next run's, too."""
    # The connection given back last is the next to be taken: the pages it has read are kept once and not once for each.
    connecting = {"cached_statements": _STATEMENTS}
    engine = create_engine(url, json_deserializer=_json, pool_use_lifo=True, connect_args=connecting)
    event.listen(engine, "connect", _prepare_reader if read_only else _prepare_writer)
    event.listen(engine, "begin", _begin)
    return engine


def _json(text: str | bytes) -> Any:
    """Read a column: a list of what waits reads thousands, as a rule short or empty."""
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return json.loads(text)  # half a surrogate pair, as a broken mail may have


def _begin(connection: Connection) -> None:
    """Begin where SQLAlchemy does: Python begins at the first INSERT, so neither DDL nor reading would be covered.

    Who is going to write waits for other writers now: what was read before they wrote could not be written upon.
    """
    if connection.get_execution_options().get(_ALONE):
        return
    connection.exec_driver_sql("BEGIN IMMEDIATE" if connection.get_execution_options().get(_WRITES) else "BEGIN")


def _server_engine(url: URL, *, read_only: bool) -> Engine:
    """Make a server keep what SQLite promises: readers see one state, writers wait for each other."""
    engine = create_engine(url, isolation_level="REPEATABLE READ", pool_pre_ping=True, json_deserializer=_json)
    event.listen(engine, "begin", _begin_on_server)
    event.listen(engine, "connect", _prepare_server_reader if read_only else _prepare_server)
    return engine


def _begin_on_server(connection: Connection) -> None:
    """Wait for other writers before the first look at anything: it would be old by the time one writes."""
    if connection.get_execution_options().get(_WRITES):
        connection.exec_driver_sql("SELECT pg_advisory_xact_lock(%s)", (_WRITER_LOCK,))


def _prepare_server(connection: Any, _record: object) -> None:
    # What is asked for is soon found, or should be: compiling a plan takes a tenth of a second.
    connection.execute("SET jit = off")
    connection.commit()


def _prepare_server_reader(connection: Any, _record: object) -> None:
    _prepare_server(connection, _record)
    # What words are in is put together in memory; where it does not fit, what may hold them is read.
    connection.execute("SET work_mem = '32MB'")
    connection.commit()
    connection.read_only = True


# In KiB; two processes may write, and what does not fit is in the cache of the system.
_CACHE = "PRAGMA cache_size=-16384"


def _prepare_reader(connection: Any, _record: object) -> None:
    connection.isolation_level = None
    connection.execute("PRAGMA busy_timeout=10000")
    connection.execute(TERMS)
    connection.execute("PRAGMA query_only=ON")
    connection.execute(_CACHE)


def _prepare_writer(connection: Any, _record: object) -> None:
    connection.isolation_level = None
    connection.execute("PRAGMA busy_timeout=10000")
    connection.execute("PRAGMA journal_mode=WAL")
    # FULL: in WAL mode NORMAL may lose the last transactions in a power cut, together with the proof we gave.
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA foreign_keys=ON")
    # What is deleted is overwritten: it must not be found in the file's free pages.
    connection.execute("PRAGMA secure_delete=ON")
    connection.execute(_CACHE)
    connection.execute(TERMS)


_SENTENCES = (
    ("disk is full", "The disk is full; free some space and run it again. Nothing that was saved is lost."),
    ("readonly database", "The store cannot be written: {url} is read-only; check the file's owner and permissions."),
    ("read-only", "The store cannot be written: {url} is read-only; check the file's owner and permissions."),
    ("unable to open", "The store at {url} cannot be opened; check that its folder exists and may be written."),
    ("locked", "The store at {url} is busy with another run; wait for it to finish, then try again."),
    ("not a database", "{url} is not a store: the file is damaged or something else; move it away or restore a copy."),
    ("malformed", "The store at {url} is damaged; restore a copy, or move it away and run `accountline ingest`."),
    ("no such table", "The store at {url} has an old layout; run `accountline db upgrade`."),
    ("no such column", "The store at {url} has an old layout; run `accountline db upgrade`."),
    ("does not exist", "The store at {url} has an old layout or is missing; run `accountline db upgrade`."),
    ("connection", "The database at {url} cannot be reached; check that it runs and that [store] url is right."),
    ("disk i/o error", "The disk under {url} failed to read or write; check its space and health, then run it again."),
)


@contextmanager
def explained(url: str) -> Iterator[None]:
    """Turn database errors into StoreError with a sentence; the original stays the cause for ``--debug``."""
    try:
        yield
    except DBAPIError as error:
        said = str(error.orig).lower()
        for words, sentence in _SENTENCES:
            if words in said:
                raise StoreError(sentence.format(url=url)) from error
        raise StoreError(f"The store at {url} failed: {error.orig}.") from error


def among(connection: Connection, column: ColumnElement[Any], values: Iterable[str]) -> ColumnElement[bool]:
    """Whether a column is one of some values.

    A server gets them as one array: a statement with a parameter for each is read and planned anew for every number of
    them. They are not cut to the column's length, as they would be with its type.
    """
    listed = list(values)
    if connection.dialect.name == "sqlite":
        return column.in_(listed)
    return column == any_(literal(listed, postgresql.ARRAY(Text)))


def upsert(connection: Connection, table: Table, rows: Iterable[Mapping[str, Any]]) -> None:
    """Insert rows, replacing the named columns of those whose primary key is already there."""
    _insert(connection, table, list(rows), replace=True)


def insert_missing(connection: Connection, table: Table, rows: Iterable[Mapping[str, Any]]) -> None:
    """Insert rows, leaving those whose primary key is already there as they are."""
    _insert(connection, table, list(rows), replace=False)


def _insert(connection: Connection, table: Table, rows: list[Mapping[str, Any]], *, replace: bool) -> None:
    if rows:
        replaced = tuple(rows[0]) if replace else ()
        execute_many(connection, _inserting(connection.dialect.name, table, replaced), rows)


@lru_cache(maxsize=256)
def _inserting(dialect: str, table: Table, replaced: tuple[str, ...]) -> Insert:
    """A statement that inserts a row, or replaces these columns of the one with its primary key; made once."""
    statement = (sqlite.insert if dialect == "sqlite" else postgresql.insert)(table)
    keys = [column.name for column in table.primary_key]
    changed = {name: statement.excluded[name] for name in replaced if name not in keys}
    if changed:
        return statement.on_conflict_do_update(index_elements=keys, set_=changed)
    return statement.on_conflict_do_nothing(index_elements=keys)


def execute_many(connection: Connection, statement: Insert | Update, rows: Sequence[Mapping[str, Any]]) -> None:
    """Execute a statement once for each row; every row has all of its parameters, and no others."""
    dialect = connection.dialect
    if dialect.name != "sqlite" or len(rows) < _MANY:
        connection.execute(statement, rows)
        return
    # SQLAlchemy finds out for each value of each row how it is bound, which takes as long as SQLite does to write it.
    sql, binds = _compiled(statement, dialect, tuple(rows[0]))
    columns = []
    for name, bind in binds:
        values = [row[name] for row in rows]
        columns.append(map(bind, values) if bind else values)
    connection.exec_driver_sql(sql, list(zip(*columns, strict=True)))


@lru_cache(maxsize=256)
def _compiled(
    statement: Insert | Update, dialect: Dialect, columns: tuple[str, ...]
) -> tuple[str, list[tuple[str, Callable[[Any], Any] | None]]]:
    """The text of a statement, and its parameters in order with what makes a value fit for the driver."""
    compiled = statement.compile(dialect=dialect, column_keys=columns, for_executemany=True)
    names = compiled.positiontup or []
    return str(compiled), [
        (name, compiled.binds[name].type.dialect_impl(dialect).bind_processor(dialect)) for name in names
    ]


def chunks(values: Iterable[T], size: int = _PARAMETERS) -> Iterator[list[T]]:
    """Cut values into lists that fit the parameters of one statement."""
    batch: list[T] = []
    for value in values:
        batch.append(value)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch


def single_writer(store: Store) -> AbstractContextManager[None]:
    """Hold the right to ingest; a second run is told so at once.

    Raises:
        StoreError: Another run holds it.
    """
    return _file_lock(store.path) if store.path else _advisory_lock(store)


@contextmanager
def _file_lock(path: Path) -> Iterator[None]:
    from filelock import FileLock, Timeout  # noqa: PLC0415 - read commands never need it

    lock = FileLock(f"{path}.lock", timeout=0)
    try:
        lock.acquire()
    except Timeout:
        raise StoreError(f"Another ingest is writing to {path}; wait for it to finish, then try again.") from None
    except OSError as error:
        raise StoreError(f"The store cannot be written: {path}: {error.strerror}.") from error
    try:
        yield
    finally:
        lock.release()


@contextmanager
def _advisory_lock(store: Store) -> Iterator[None]:
    """Hold a lock of the server's; it ends with the connection, however this process ends."""
    with store.outside_transactions() as connection:
        if not connection.exec_driver_sql("SELECT pg_try_advisory_lock(%s)", (_INGEST_LOCK,)).scalar():
            raise StoreError(f"Another ingest is writing to {store.url}; wait for it to finish, then try again.")
        try:
            yield
        finally:
            connection.exec_driver_sql("SELECT pg_advisory_unlock(%s)", (_INGEST_LOCK,))
