"""The whole content of a store in a form that two stores can be compared by."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

Dump = dict[str, list[tuple[Any, ...]]]


def dump(path: Path) -> Dump:
    """Return every row of every table, sorted, whatever the order in which it was written.

    Items are counted up as they come, so they are told apart by source, folder and UID instead.
    """
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        named = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name"
        tables = [name for (name,) in connection.execute(named)]
        found = {table: _rows(connection, table) for table in tables}
    return {table: sorted(rows, key=repr) for table, rows in found.items()}


def _rows(connection: sqlite3.Connection, table: str) -> list[tuple[Any, ...]]:
    if table == "item":
        columns = [name for (name,) in connection.execute("SELECT name FROM pragma_table_info('item')") if name != "id"]
        return list(connection.execute(f"SELECT {', '.join(columns)} FROM item"))  # noqa: S608 - our own column names
    if table == "event_copy":
        query = "SELECT i.source, i.folder, i.uid, c.event FROM event_copy AS c JOIN item AS i ON i.id = c.item"
        return list(connection.execute(query))
    return list(connection.execute(f'SELECT * FROM "{table}"'))  # noqa: S608 - a name from the store itself


def differences(one: Dump, other: Dump) -> dict[str, tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]]:
    """Return by table what stands in one of two stores only; empty when they are equal."""
    found = {}
    for table in sorted({*one, *other}):
        left, right = one.get(table, []), other.get(table, [])
        if left != right:
            found[table] = ([r for r in left if r not in right], [r for r in right if r not in left])
    return found
