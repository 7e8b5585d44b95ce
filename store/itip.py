"""What mails say about events, and the events that follow from it together with the calendars (D5.12).

Everything known of one iCalendar UID is folded anew whenever something about it changes, in the same transaction: no
order of arrival, duplicate or crash can tell in the result.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Connection, delete, select, update

from domain.events import Event
from domain.itip import ItipMessage
from domain.itip_fold import Merged, fold
from domain.mail import Message
from domain.signals import Problem
from store import tables
from store.database import chunks, insert_missing, upsert
from store.indexing import unindex
from store.itip_records import events_json, events_of, itip_of, itip_row
from store.records import event_of, event_row, short_key

SHADOW: Final = "mail"
"""Rank of an event no calendar shows."""


def save_itip(
    connection: Connection,
    written: Mapping[str, Message | Problem],
    *,
    known: Collection[str],
    told: Collection[str],
) -> None:
    """Keep what freshly written mails say about events, and fold the events they name.

    Args:
        connection: Inside a transaction.
        written: The mails whose rows were written, by key.
        known: Keys of mails there were before: what those said is replaced.
        told: Keys of all mails of this batch that say something, further copies included: a copy may come from a
            source connected earlier (D4.25).
    """
    replaced = [key for key in written if key in known]
    named = named_by(connection, sorted({*replaced, *told} & set(known)))
    if not told and not named:
        return
    for some in chunks(replaced, 5000):
        connection.execute(delete(tables.itip).where(tables.itip.c.message.in_(some)))
    rows = [itip_row(m, key) for key, message in written.items() for m in getattr(message, "itip", ())]
    insert_missing(connection, tables.itip, rows)
    fold_events(connection, named | {row["ical_uid"] for row in rows})


def named_by(connection: Connection, mails: Sequence[str]) -> set[str]:
    """UIDs of the events some mails say something about."""
    named: set[str] = set()
    for some in chunks(mails, 5000):
        query = select(tables.itip.c.ical_uid).where(tables.itip.c.message.in_(some)).distinct()
        named.update(connection.execute(query).scalars())
    return named


def told_of(connection: Connection, uids: Iterable[str]) -> set[str]:
    """Those UIDs that some mail says something about: a calendar's other events are what the calendar shows."""
    found: set[str] = set()
    for some in chunks(sorted(uids), 5000):
        query = select(tables.itip.c.ical_uid).where(tables.itip.c.ical_uid.in_(some)).distinct()
        found.update(connection.execute(query).scalars())
    return found


def fold_events(connection: Connection, uids: Iterable[str]) -> None:
    """Work out the events of some UIDs from the calendars' copies and what mails say; UIDs without mail stay."""
    event, itip = tables.event, tables.itip
    for some in chunks(sorted(uids), 500):
        facts: dict[str, list[ItipMessage]] = {}
        reasons: dict[tuple[str, int], str] = {}
        for row in connection.execute(select(itip).where(itip.c.ical_uid.in_(some))):
            facts.setdefault(row.ical_uid, []).append(itip_of(row))
            reasons[row.message, row.position] = row.ignored
        mailed = select(event).where(event.c.ical_uid.in_(some))
        rows: dict[str, list[Any]] = {}
        for row in connection.execute(mailed):
            if row.ical_uid in facts or row.mails or row.shown:
                rows.setdefault(row.ical_uid, []).append(row)
        for uid in sorted({*facts, *rows}):
            _fold_one(connection, rows.get(uid, []), facts.get(uid, []), reasons)


def _fold_one(
    connection: Connection, rows: Sequence[Any], messages: Sequence[ItipMessage], reasons: Mapping[tuple[str, int], str]
) -> None:
    copies = {row.recurrence_id: _shown(row) for row in rows if row.rank != SHADOW}
    found = fold(list(copies.values()), messages)
    by_occurrence = {row.recurrence_id: row for row in rows}
    upsert(
        connection,
        tables.event,
        [_row(by_occurrence.get(rid), copies.get(rid), merged) for rid, merged in found.events.items()],
    )
    drop_event_rows(connection, [row.key for rid, row in by_occurrence.items() if rid not in found.events])
    for message in messages:
        reason = found.ignored.get(message.about, "")
        if reasons[message.about] != reason:
            here = (tables.itip.c.message == message.mail, tables.itip.c.position == message.position)
            connection.execute(update(tables.itip).where(*here).values(ignored=reason))


def _shown(row: Any) -> Event:
    """The occurrence as the calendar shows it, whatever mail made of it since."""
    return events_of(row.shown)[0] if row.shown else event_of(row)


def _row(row: Any, copy: Event | None, merged: Merged) -> dict[str, Any]:
    key = row.key if row is not None else short_key("e", merged.event.key)
    rank = row.rank if copy is not None else SHADOW
    changed = copy is not None and bool(merged.mails)
    return event_row(merged.event, key, rank=rank) | {
        "mails": list(merged.mails),
        "shown": events_json([copy]) if changed and copy else None,
    }


def drop_event_rows(connection: Connection, keys: Sequence[str]) -> None:
    """Remove occurrences; the accounts they concerned have their meetings looked at again."""
    links = tables.event_account
    for some in chunks(keys, 5000):
        concerned = select(links.c.account).where(links.c.event.in_(some))
        connection.execute(update(tables.account).where(tables.account.c.id.in_(concerned)).values(met_with=None))
        unindex(connection, some)
        connection.execute(delete(tables.event).where(tables.event.c.key.in_(some)))
