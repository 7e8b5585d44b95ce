"""Coverage: what the servers have against what is held."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, case, func, select

from store import tables
from store.database import Store
from store.queries.coverage import StaleAfter, source_state


def status(
    store: Store, *, now: datetime, sources: Sequence[tuple[str, str]], stale_after: StaleAfter
) -> dict[str, Any]:
    """Say of every configured source how far it can be trusted (INTERFACE: ``status``)."""
    with store.reading() as connection:
        rows = {row.name: row for row in connection.execute(select(tables.source))}
        folders = _folders(connection)
    found = []
    for name, kind in sources:
        row = rows.get(name)
        succeeded = row.succeeded_at if row else None
        found.append(
            {
                "name": name,
                "kind": kind,
                "state": source_state(row.state, succeeded, now, stale_after.get(name)) if row else "never",
                "last_success": succeeded,
                "lag_seconds": max(0, int((now - succeeded).total_seconds())) if succeeded else None,
                "error": row.error if row else "",
                "failures": row.failures if row else 0,
                "next_attempt": row.next_attempt_at if row else None,
                "folders": folders.get(name, []),
            }
        )
    return {"sources": found}


def _folders(connection: Connection) -> dict[str, list[dict[str, Any]]]:
    item, folder = tables.item, tables.folder
    quarantined = func.sum(case((item.c.problem != "", 1), else_=0))
    left_out = func.sum(case((item.c.left_out != "", 1), else_=0))
    counted = (
        select(item.c.source, item.c.folder, func.count().label("all"), quarantined, left_out)
        .where(item.c.removed_at.is_(None))
        .group_by(item.c.source, item.c.folder)
    )
    held = {(source, name): rest for source, name, *rest in connection.execute(counted)}
    proven = {(row.source, row.name): row for row in connection.execute(select(folder))}
    found: dict[str, list[dict[str, Any]]] = {}
    for source, name in sorted(held.keys() | proven.keys()):
        total, bad, excluded = held.get((source, name), (0, 0, 0))
        row = proven.get((source, name))
        found.setdefault(source, []).append(
            {
                "name": name,
                "server_count": row.server_count if row else None,
                "held": total - bad,
                "left_out": excluded,
                "quarantined": bad,
                "proven_at": row.proven_at if row else None,
            }
        )
    return found


def quarantine(store: Store) -> list[dict[str, Any]]:
    """Items that could not be read, with the reason, by source and folder."""
    item = tables.item
    query = (
        select(item)
        .where(item.c.problem != "", item.c.removed_at.is_(None))
        .order_by(item.c.source, item.c.folder, item.c.uid)
    )
    with store.reading() as connection:
        return [
            {
                "id": f"q{row.id}",
                "source": row.source,
                "folder": row.folder,
                "uid": row.uid,
                "stage": row.problem_stage,
                "reason": row.problem,
                "size": row.size,
                "at": row.fetched_at,
            }
            for row in connection.execute(query)
        ]
