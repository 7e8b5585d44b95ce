"""Who of us is away at a moment, by their own calendars."""

from datetime import datetime

from sqlalchemy import Connection, func, select

from domain.events import EventStatus
from store import tables


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
