"""All of a store in another one, on whichever engines."""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Table, false, func, insert, select

from domain.errors import StoreError
from store.database import Store, single_writer
from store.indexing import index_everything
from store.migrate import migrate_to, schema_state
from store.tables import metadata

Progress = Callable[[str, int, int], None]
"""Called with the name of a table, how many of its rows are copied, and how many there are."""

# What can be searched is made from the rest, and differs from engine to engine.
_COPIED: Final = [table for table in metadata.sorted_tables if not table.name.startswith("search_")]
_ROWS: Final = 1_000
_BYTES: Final = 8 << 20
_FETCHED: Final = 10


def copy_store(source: Store, target: Store, *, progress: Progress = lambda *_: None) -> dict[str, int]:
    """Copy everything into a database that has no tables yet, then prove it: all of it arrives, or nothing does.

    No ingest can write to the source meanwhile. Every row is read back from the target and compared.

    Args:
        source: What is copied; it stays as it is.
        target: A database without tables, or a file that is not there yet.
        progress: Told how far it is.

    Returns:
        By table, how many rows were copied.

    Raises:
        StoreError: The source has an old layout, the target holds something, or what arrived differs.
    """
    if schema_state(source) != "current":
        raise StoreError(f"The store at {source.url} has an old layout; run `accountline db upgrade`, then copy it.")
    if schema_state(target) != "empty":
        raise StoreError(f"{target.url} holds a store already; name a database without tables.")
    with single_writer(source), source.reading() as there, target.writing() as here:
        migrate_to(here, "head")
        counts = {table.name: _copy(there, here, table, progress) for table in _COPIED}
    index_everything(target)
    return counts


def _copy(there: Connection, here: Connection, table: Table, progress: Progress) -> int:
    total = there.execute(select(func.count()).select_from(table)).scalar_one()
    progress(table.name, 0, total)
    read = _Digest()
    for rows in _batches(read.over(_readable(row) for row in _rows(there, table))):
        here.execute(insert(table), rows)
        progress(table.name, read.count, total)
    arrived = _Digest()
    for _ in arrived.over(_rows(here, table)):
        pass
    if arrived != read:
        raise StoreError(f"The table {table.name} did not arrive as it was; nothing was copied.")
    _continue_counting(here, table)
    return read.count


def _rows(connection: Connection, table: Table) -> Iterator[dict[str, Any]]:
    with connection.execute(select(table).execution_options(yield_per=_FETCHED)) as streamed:
        for row in streamed.mappings():
            yield dict(row)


def _batches(rows: Iterable[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    """Rows by the thousand, fewer where they are large: a mail may have 60 MB."""
    batch: list[dict[str, Any]] = []
    size = 0
    for row in rows:
        batch.append(row)
        size += sum(len(value) for value in row.values() if isinstance(value, str | bytes))
        if len(batch) == _ROWS or size > _BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _readable(value: Any) -> Any:
    """A value as every engine can hold it: no text of PostgreSQL's has a NUL."""
    if isinstance(value, str):
        return value.replace("\0", "\ufffd")
    if isinstance(value, Mapping):
        return {_readable(key): _readable(held) for key, held in value.items()}
    return [_readable(held) for held in value] if isinstance(value, list) else value


def _continue_counting(connection: Connection, table: Table) -> None:
    """Rows to come are numbered after those that came."""
    column = table.autoincrement_column
    if column is None or connection.dialect.name == "sqlite":
        return
    counter = func.pg_get_serial_sequence(table.name, column.name)
    connection.execute(select(func.setval(counter, func.coalesce(func.max(column), 0) + 1, false())))


@dataclass(slots=True)
class _Digest:
    """Of any number of rows, whatever their order."""

    count: int = 0
    total: int = 0

    def over(self, rows: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        """Pass rows on, and take them into account."""
        for row in rows:
            written = json.dumps(row, sort_keys=True, default=_written)
            self.total += int.from_bytes(hashlib.sha256(written.encode()).digest())
            self.count += 1
            yield row


def _written(value: Any) -> str:
    """Bytes by their hash, instants as they are written."""
    return hashlib.sha256(value).hexdigest() if isinstance(value, bytes) else repr(value)
