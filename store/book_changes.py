"""The history of the account book: who changed what, and when."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, select, update

from domain.account_changes import Change
from store import tables
from store.database import Store, insert_missing

MERGE, UNMERGE = "merge", "unmerge"


def note_changes(connection: Connection, found: Iterable[Change], *, actor: str, at: datetime) -> None:
    """Append changes, inside a transaction."""
    rows = [
        {"at": at, "actor": actor, "account": c.account, "field": c.field, "before": c.before, "after": c.after}
        for c in found
    ]
    if rows:
        connection.execute(tables.account_change.insert(), rows)


def book_history(store: Store, account: str | None = None) -> list[dict[str, Any]]:
    """Changes of the book, or of one account, latest first."""
    change = tables.account_change
    query = select(change).order_by(change.c.id.desc())
    if account:
        query = query.where(change.c.account == account)
    with store.reading() as connection:
        return [
            {
                "at": row.at,
                "by": row.actor,
                "account_id": row.account,
                "field": row.field,
                "before": row.before,
                "after": row.after,
            }
            for row in connection.execute(query)
        ]


def note_merge(store: Store, account: str, former: dict[str, Any], *, actor: str, at: datetime, undone: bool) -> None:
    """Remember a merge with all it takes to undo it, or that it was undone."""
    field = UNMERGE if undone else MERGE
    row = {"at": at, "actor": actor, "account": account, "field": field, "before": former, "after": []}
    with store.writing() as connection:
        connection.execute(tables.account_change.insert(), [row])


def last_merge(store: Store, account: str) -> dict[str, Any] | None:
    """What ``note_merge`` kept of the latest merge into an account that was not undone, None where there is none."""
    change = tables.account_change
    query = (
        select(change.c.field, change.c.before)
        .where(change.c.account == account, change.c.field.in_([MERGE, UNMERGE]))
        .order_by(change.c.id.desc())
    )
    undone = 0
    with store.reading() as connection:
        for row in connection.execute(query):
            if row.field == MERGE and not undone:
                former: dict[str, Any] = row.before
                return former
            undone += 1 if row.field == UNMERGE else -1
    return None


def move_notes(store: Store, source: str, target: str, only: Sequence[str] | None = None) -> list[str]:
    """Give the notes of an account, or some of them, to another one; return those it did not have."""
    links = tables.note_account
    query = select(links.c.note, links.c.at).where(links.c.account == source)
    if only is not None:
        query = query.where(links.c.note.in_(only))
    with store.writing() as connection:
        rows = connection.execute(query).all()
        had = set(connection.execute(select(links.c.note).where(links.c.account == target)).scalars())
        moved = [row.note for row in rows if row.note not in had]
        insert_missing(connection, links, [{"note": row.note, "account": target, "at": row.at} for row in rows])
        connection.execute(delete(links).where(links.c.account == source, links.c.note.in_([row.note for row in rows])))
        concerned = tables.account.c.id.in_([source, target])
        connection.execute(update(tables.account).where(concerned).values(met_with=None))
    return moved
