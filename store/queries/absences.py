"""Who of us is away at a moment, by their own calendars."""

from collections.abc import Container
from datetime import datetime

from sqlalchemy import Connection, func, select

from domain.events import EventStatus
from store import tables
from store.database import Store


def absences(connection: Connection, *, now: datetime) -> dict[str, datetime]:
    """Own addresses that are away at a moment, each with the end of the entry that says so."""
    event = tables.event
    query = (
        select(event.c.absent, func.max(event.c.ends_at))
        .where(
            event.c.absent != "",
            event.c.starts_at <= now,
            event.c.ends_at > now,
            event.c.status != EventStatus.CANCELLED,
        )
        .group_by(event.c.absent)
    )
    return dict(connection.execute(query).all())


def stands_in(backup: str, usual: str, away: Container[str]) -> bool:
    """Whether an account's backup answers in place of who usually does: while that one is away, unless both are."""
    return usual in away and bool(backup) and backup != usual and backup not in away


def answering(store: Store, *, now: datetime) -> dict[str, str]:
    """Who answers for each account at a moment, by its name: its owner, or its backup while the owner is away."""
    account = tables.account.c
    with store.reading() as connection:
        away = absences(connection, now=now)
        rows = connection.execute(select(account.name, account.owner, account.backup).where(account.owner != ""))
        return {row.name: row.backup if stands_in(row.backup, row.owner, away) else row.owner for row in rows}
