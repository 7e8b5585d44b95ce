"""Stage 1: calendar objects to occurrences.

Two calendars that show the same occurrence are one meeting; the latest edit gives the words (D5.2, D5.7).
"""

from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy import Connection, delete, select, update

from domain.events import Event
from domain.signals import Problem
from store import tables
from store.database import Store, chunks, insert_missing, upsert
from store.itip import drop_event_rows, fold_events
from store.parsing import RawRow
from store.ranks import comparable, reconsider
from store.records import event_row, short_key


def save_events(
    store: Store, raw: RawRow, events: Sequence[Event], problem: Problem | None, *, version: str, until: datetime | None
) -> None:
    """Save the occurrences of one calendar object; those it no longer shows go, unless another calendar shows them.

    Args:
        store: Where to.
        raw: The object.
        events: Its occurrences, none when it is gone.
        problem: What could not be read of it.
        version: Of the parser.
        until: How far a series was expanded; None when it does not repeat.
    """
    rows = {short_key("e", e.key): e for e in events}
    with store.writing() as connection:
        copies = tables.event_copy
        before = set(connection.execute(select(copies.c.event).where(copies.c.item == raw.item)).scalars())
        named = {e.ical_uid for e in events} | _uids_of(connection, before)
        _write_events(connection, rows, raw.blob, version=version)
        connection.execute(delete(copies).where(copies.c.item == raw.item))
        insert_missing(connection, copies, [{"item": raw.item, "event": key} for key in rows])
        _drop_events(connection, before - rows.keys())
        connection.execute(
            update(tables.item)
            .where(tables.item.c.id == raw.item)
            .values(
                parsed_with=version,
                expanded_until=until,
                problem=problem.reason if problem else "",
                problem_stage=problem.stage if problem else "",
            )
        )
        shown = select(copies.c.item, copies.c.event, tables.item.c.blob).join(
            tables.item, tables.item.c.id == copies.c.item
        )
        for some in chunks(sorted(before | rows.keys()), 5000):
            reconsider(connection, tables.event, shown.where(copies.c.event.in_(some)))
        fold_events(connection, named)


def _write_events(connection: Connection, events: dict[str, Event], blob: str, *, version: str) -> None:
    query = select(tables.event.c.key, tables.event.c.rank).where(tables.event.c.key.in_(list(events)))
    ranks = comparable(dict(connection.execute(query).all()), version)
    rows = []
    for key, event in events.items():
        rank = f"{version} {_event_rank(event, blob)}"
        if rank >= ranks.get(key, ""):
            rows.append(event_row(event, key, rank=rank))
    upsert(connection, tables.event, rows)


def _event_rank(event: Event, blob: str) -> str:
    """The latest edit wins (RFC 5546, 2.1.5): SEQUENCE, then its time, then anything that is not chance."""
    at = event.updated_at.astimezone(UTC).isoformat() if event.updated_at else ""
    return f"{event.sequence:08d} {at} {blob}"


def _uids_of(connection: Connection, keys: set[str]) -> set[str]:
    event = tables.event
    found: set[str] = set()
    for some in chunks(sorted(keys), 5000):
        found.update(connection.execute(select(event.c.ical_uid).where(event.c.key.in_(some)).distinct()).scalars())
    return found


def _drop_events(connection: Connection, keys: set[str]) -> None:
    for some in chunks(sorted(keys), 5000):
        kept = set(
            connection.execute(select(tables.event_copy.c.event).where(tables.event_copy.c.event.in_(some))).scalars()
        )
        drop_event_rows(connection, [key for key in some if key not in kept])
