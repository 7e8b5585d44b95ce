"""The whole content of a store in a form that two stores can be compared by."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, NullPool, create_engine, inspect

Dump = dict[str, list[tuple[Any, ...]]]


def dump(place: Path | str) -> Dump:
    """Return every row of every table, sorted, whatever the order in which it was written.

    Items are counted up as they come, so they are told apart by source, folder and UID instead. Searchable documents
    of one second are numbered as they come, and any that has a word stands for it; the index over them on SQLite is
    left out.

    Args:
        place: The file of a store, or its URL.
    """
    url = place if isinstance(place, str) else f"sqlite:///file:{place}?mode=ro&uri=true"
    engine = create_engine(url, poolclass=NullPool)
    with engine.connect() as connection:
        names = [name for name in inspect(connection).get_table_names() if not name.startswith("search_words")]
        found = {table: _rows(connection, table) for table in names}
    return {table: sorted(rows, key=repr) for table, rows in found.items()}


def _rows(connection: Connection, table: str) -> list[tuple[Any, ...]]:
    query = f'SELECT * FROM "{table}"'  # noqa: S608 - a name from the store itself
    if table in {"item", "search_document", "search_term"}:
        named = [column["name"] for column in inspect(connection).get_columns(table)]
        columns = [name for name in named if name not in {"id", "document"}]
        query = f"SELECT {', '.join(columns)} FROM {table}"  # noqa: S608 - our own column names
    if table == "event_copy":
        query = "SELECT i.source, i.folder, i.uid, c.event FROM event_copy AS c JOIN item AS i ON i.id = c.item"
    return [tuple(row) for row in connection.exec_driver_sql(query)]


_LIVE = {
    # What is there now, told apart by content and not by UID: an epoch of UIDs may end.
    "items": """
        SELECT source, folder, kind, blob, size, truncated, received_at, media_type, left_out, problem_stage
        FROM item WHERE removed_at IS NULL""",
    "messages": """
        SELECT DISTINCT m.key, m.message_id, m.subject, m.sender, m.reply_text
        FROM message AS m JOIN item AS i ON i.message = m.key WHERE i.removed_at IS NULL""",
    "events": "SELECT key, ical_uid, recurrence_id, sequence, title, starts_at, ends_at, status FROM event",
    "copies": """
        SELECT i.source, i.folder, c.event
        FROM event_copy AS c JOIN item AS i ON i.id = c.item WHERE i.removed_at IS NULL""",
    "counts": "SELECT source, name, server_count FROM folder WHERE server_count > 0",
}
_FLAGS = "SELECT source, folder, blob, imap_flags FROM item WHERE removed_at IS NULL"


def live(path: Path, *, flags: bool) -> Dump:
    """Return what a store says is there now: a dump up to tombstones, row ids and the order of arrival.

    Args:
        path: The store.
        flags: Whether flags count, too.
    """
    queries = _LIVE | ({"flags": _FLAGS} if flags else {})
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        return {what: sorted(connection.execute(query), key=repr) for what, query in queries.items()}


def differences(one: Dump, other: Dump) -> dict[str, tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]]:
    """Return by table what stands in one of two stores only; empty when they are equal."""
    found = {}
    for table in sorted({*one, *other}):
        left, right = one.get(table, []), other.get(table, [])
        if left != right:
            found[table] = ([r for r in left if r not in right], [r for r in right if r not in left])
    return found
