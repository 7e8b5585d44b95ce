"""Which of several copies speaks: a row remembers the rank of the copy it was made from.

A rank begins with the version of the parser and ends with the hash of the bytes.
"""

from typing import Any

from sqlalchemy import Connection, Select, Table, select, update

from store import tables


def comparable(ranks: dict[str, str], version: str) -> dict[str, str]:
    """The ranks of this version: what another version of the parser made gives way to whatever this one makes."""
    return {key: rank for key, rank in ranks.items() if rank.startswith(f"{version} ")}


def reconsider(connection: Connection, table: Table, copies: Select[Any]) -> None:
    """Have the copies of a row parsed once more where none of them gave it its words: the best of them shall.

    Args:
        connection: Inside a transaction.
        table: ``message`` or ``event``.
        copies: (item, key of the row, hash of the bytes) of all copies there are.
    """
    shown: dict[str, dict[int, str]] = {}
    for item, key, blob in connection.execute(copies):
        shown.setdefault(key, {})[item] = blob
    ranks = dict(connection.execute(select(table.c.key, table.c.rank).where(table.c.key.in_(list(shown)))).all())
    lost = [key for key, rank in ranks.items() if rank.rpartition(" ")[2] not in shown[key].values()]
    again = sorted({item for key in lost for item in shown[key]})
    connection.execute(update(table).where(table.c.key.in_(lost)).values(rank=""))
    connection.execute(update(tables.item).where(tables.item.c.id.in_(again)).values(parsed_with=None))
