"""What is remembered of sources that failed: how often, when they are tried again, and with what they were tried."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import select, update

from store import tables
from store.database import Store


def read_attempts(store: Store) -> Mapping[str, tuple[int, datetime | None, str]]:
    """Return by source its failures in a row, its next attempt, and the edition of what was tried."""
    source = tables.source
    query = select(source.c.name, source.c.failures, source.c.next_attempt_at, source.c.tried_with)
    with store.reading() as connection:
        return {name: (failures, at, edition) for name, failures, at, edition in connection.execute(query)}


def note_attempt(store: Store, name: str, *, failures: int, next_attempt: datetime | None, tried_with: str) -> None:
    """Replace what is remembered of a source."""
    source = tables.source
    values = {"failures": failures, "next_attempt_at": next_attempt, "tried_with": tried_with}
    with store.writing() as connection:
        connection.execute(update(source).where(source.c.name == name).values(values))
