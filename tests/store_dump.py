"""The content of a store as plain values, for comparisons."""

import sqlite3
from pathlib import Path
from typing import Any


def dump(path: Path) -> dict[str, list[tuple[Any, ...]]]:
    """Read every table of an embedded store, rows sorted; counters are replaced by what they stand for."""
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as connection:
        names = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        items = dict(connection.execute("SELECT id, source || '/' || folder || '/' || uid FROM item"))
        return {name: sorted(_rows(connection, name, items), key=repr) for name in names}


def _rows(connection: sqlite3.Connection, table: str, items: dict[int, str]) -> list[tuple[Any, ...]]:
    cursor = connection.execute(f"SELECT * FROM {table}")  # noqa: S608 - a name the store itself gave
    columns = [column[0] for column in cursor.description]
    counters = {("item", "id"), ("event_copy", "item")}
    return [
        tuple(items[value] if (table, column) in counters else value for column, value in zip(columns, row, strict=True))
        for row in cursor
    ]
