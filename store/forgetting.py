"""Erasing a person: mail, calendar entries and all that was made of them, down to the bytes in the file.

Whatever names the address goes whole. A line less in a header would leave what others quote and say of the person, and
nobody can prove that of free text; the mailbox, where the original lies, is not ours to change.
"""

import secrets
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import zstandard
from sqlalchemy import JSON, Column, Connection, String, Table, Text, cast, delete, func, or_, select, update

from domain.errors import StoreError
from domain.forgotten import Forgotten, digest_of
from store import tables
from store.database import Store, chunks, upsert
from store.indexing import unindex
from store.itip import drop_event_rows, fold_events, told_of
from store.parsing import drop_messages

FORGOTTEN = "forgotten"
"""Why an item is left out that named an erased person."""

_REDACTED = "[forgotten]"
_FLAGS = (tables.obligation, tables.commitment, tables.complaint)


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Whom to erase, and how they are found.

    Attributes:
        address: Lower-cased, without plus-tag.
        in_bytes: Every address in raw bytes, lower-cased and without plus-tags.
        in_text: The same in a text.
    """

    address: str
    in_bytes: Callable[[bytes], frozenset[str]]
    in_text: Callable[[str], frozenset[str]]


@dataclass(slots=True)
class _Found:
    """What names the person."""

    items: set[int] = field(default_factory=set)
    messages: set[str] = field(default_factory=set)
    events: set[str] = field(default_factory=set)
    notes: set[str] = field(default_factory=set)


def forgotten(store: Store) -> Forgotten:
    """Who was erased up to now."""
    with store.reading() as connection:
        return Forgotten(tuple(connection.execute(select(tables.erasure.c.salt, tables.erasure.c.digest)).all()))


def count_traces(store: Store, person: Person) -> dict[str, int]:
    """What ``erase`` would remove; nothing is changed."""
    with store.reading() as connection:
        return _counts(_find(connection, person))


def erase(store: Store, person: Person, *, actor: str, now: datetime) -> dict[str, int]:
    """Remove everything that names a person, in one transaction, and leave a proof that does not.

    Returns:
        How many items, messages, events, notes and flags went.
    """
    with store.writing() as connection:
        found = _find(connection, person)
        flags = _drop_flags(connection, found, person)
        _drop_items(connection, found)
        _drop_notes(connection, found.notes)
        _drop_mentions(connection, person)
        _drop_reports(connection, now)
        counts = _counts(found) | {"flags": flags}
        _prove(connection, person.address, counts, actor=actor, now=now)
    return counts


def _counts(found: _Found) -> dict[str, int]:
    return {
        "items": len(found.items),
        "messages": len(found.messages),
        "events": len(found.events),
        "notes": len(found.notes),
    }


def _prove(connection: Connection, address: str, counts: dict[str, int], *, actor: str, now: datetime) -> None:
    known = connection.execute(select(tables.erasure)).all()
    former = next((row for row in known if digest_of(address, row.salt) == row.digest), None)
    if former:  # asked for again: what was found in between is added
        counts = dict(Counter(former.counts) + Counter(counts))
    salt = former.salt if former else secrets.token_hex(16)
    row = {"digest": digest_of(address, salt), "salt": salt, "at": now, "actor": actor, "counts": counts}
    upsert(connection, tables.erasure, [row])


def _find(connection: Connection, person: Person) -> _Found:
    item, copies = tables.item, tables.event_copy
    found = _Found(items=_items_naming(connection, person))
    found.messages |= _keys(
        connection, select(item.c.message).where(item.c.message.is_not(None)), item.c.id, found.items
    )
    named = tables.message_address
    found.messages |= {row.key for row in _mentions(connection, tables.message, person)}
    found.messages |= {row.message for row in _mentions(connection, named, person)}
    found.events |= _keys(connection, select(copies.c.event), copies.c.item, found.items)
    found.events |= {row.key for row in _mentions(connection, tables.event, person)}
    found.items |= _keys(connection, select(item.c.id), item.c.message, found.messages)
    found.items |= _keys(connection, select(copies.c.item), copies.c.event, found.events)
    found.notes = _notes_about(connection, found, person)
    return found


def _keys(connection: Connection, query: Any, column: Column[Any], values: Iterable[Any]) -> set[Any]:
    """Run a query for the rows whose column has one of many values."""
    found: set[Any] = set()
    for some in chunks(sorted(values), 5000):
        found.update(connection.execute(query.where(column.in_(some))).scalars())
    return found


def _items_naming(connection: Connection, person: Person) -> set[int]:
    """Items whose bytes name the person: all are looked through, because an encoding hides them from a search."""
    item, blob = tables.item, tables.blob
    unpack = zstandard.ZstdDecompressor()
    hashes = sorted(connection.execute(select(blob.c.hash)).scalars())
    naming: list[str] = []
    for some in chunks(hashes, 200):
        for key, data in connection.execute(select(blob.c.hash, blob.c.data).where(blob.c.hash.in_(some))):
            if person.address in person.in_bytes(unpack.decompress(data)):
                naming.append(key)
    return _keys(connection, select(item.c.id), item.c.blob, naming)


def _mentions(connection: Connection, table: Table, person: Person) -> list[Any]:
    """Rows one of whose texts names the person."""
    texts = [column for column in table.c if _is_text(column)]
    local, _, domain = person.address.rpartition("@")
    likely = or_(
        *(
            func.lower(cast(column, Text)).contains(local, autoescape=True)
            & func.lower(cast(column, Text)).contains(f"@{domain}", autoescape=True)
            for column in texts
        )
    )
    rows = connection.execute(select(table).where(likely)).all()
    return [row for row in rows if person.address in person.in_text(" ".join(str(getattr(row, c.name)) for c in texts))]


def _is_text(column: Column[Any]) -> bool:
    return isinstance(column.type, JSON | String)


def _notes_about(connection: Connection, found: _Found, person: Person) -> set[str]:
    """Notes about meetings the person took part in, and those that name them, by address or full name."""
    note, named = tables.note, tables.message_address
    gaps = [row.id for row in _mentions(connection, tables.gap, person)]
    notes = _keys(connection, select(note.c.id), note.c.event, [*found.events, *gaps])
    notes |= {row.id for row in _mentions(connection, note, person)}
    every = select(named.c.name).where(named.c.address == person.address).distinct()
    for name in connection.execute(every).scalars():
        if " " in name.strip():
            full = func.lower(note.c.text).contains(name.strip().lower(), autoescape=True)
            notes |= set(connection.execute(select(note.c.id).where(full)).scalars())
    return notes


def _drop_flags(connection: Connection, found: _Found, person: Person) -> int:
    """Flags that rest on what goes, with the acts on them; what else is known of their conversations is judged anew."""
    message, act, gap = tables.message, tables.act, tables.gap
    ids: set[str] = set()
    for table in _FLAGS:
        rows = {row.id: row.conversation for row in _mentions(connection, table, person)}
        for some in chunks(sorted(found.messages), 5000):
            concerned = select(table.c.id, table.c.conversation).where(table.c.message.in_(some))
            rows |= dict(connection.execute(concerned).all())
        for some in chunks(sorted(set(rows.values())), 5000):
            connection.execute(update(message).where(message.c.conversation.in_(some)).values(settled_with=None))
        connection.execute(delete(table).where(table.c.id.in_(sorted(rows))))
        ids |= rows.keys()
    gaps = {row.id: row.account for row in _mentions(connection, gap, person)}
    for column, keys in ((gap.c.event, found.events), (gap.c.message, found.messages)):
        for some in chunks(sorted(keys), 5000):
            gaps |= dict(connection.execute(select(gap.c.id, gap.c.account).where(column.in_(some))).all())
    connection.execute(delete(gap).where(gap.c.id.in_(sorted(gaps))))
    accounts = tables.account.c.id.in_(sorted(set(gaps.values())))
    connection.execute(update(tables.account).where(accounts).values(met_with=None))
    ids |= gaps.keys()
    for table in (act, tables.notice):
        connection.execute(delete(table).where(table.c.flag.in_(sorted(ids))))
    return len(ids)


def _drop_items(connection: Connection, found: _Found) -> None:
    """The bytes, and all that was read from them; that something lay there stays, so that it is not fetched again."""
    item, event = tables.item, tables.event
    uids = _keys(connection, select(event.c.ical_uid), event.c.key, found.events)
    hashes = _keys(connection, select(item.c.blob).where(item.c.blob.is_not(None)), item.c.id, found.items)
    for some in chunks(sorted(found.items), 5000):
        connection.execute(delete(tables.event_copy).where(tables.event_copy.c.item.in_(some)))
        connection.execute(update(item).where(item.c.id.in_(some)).values(**left_behind(FORGOTTEN)))
    for keys in chunks(sorted(found.messages), 5000):
        drop_messages(connection, keys)
    drop_event_rows(connection, sorted(found.events))
    fold_events(connection, told_of(connection, uids))
    drop_unused_blobs(connection, hashes)


def left_behind(reason: str) -> dict[str, Any]:
    """What an item keeps whose content must not be kept: where it lies, and why it is empty."""
    return {
        "blob": None,
        "message": None,
        "size": 0,
        "imap_flags": [],
        "provider_thread": "",
        "left_out": reason,
        "problem": "",
        "problem_stage": "",
        "parsed_with": "-",
        "expanded_until": None,
    }


def drop_unused_blobs(connection: Connection, hashes: Iterable[str]) -> None:
    """Remove those bytes that no item has any more."""
    used = select(tables.item.c.blob).where(tables.item.c.blob == tables.blob.c.hash).exists()
    for some in chunks(sorted(hashes), 5000):
        connection.execute(delete(tables.blob).where(tables.blob.c.hash.in_(some), ~used))


def _drop_notes(connection: Connection, notes: set[str]) -> None:
    for some in chunks(sorted(notes), 5000):
        unindex(connection, some)
        connection.execute(delete(tables.note).where(tables.note.c.id.in_(some)))


def _drop_mentions(connection: Connection, person: Person) -> None:
    """What is left: the mirror of the account book, reasons people gave for what they did, messages of sources."""
    account, act, source = tables.account, tables.act, tables.source
    decision = tables.triage_decision
    gone = [row.name for row in _mentions(connection, decision, person)]
    connection.execute(delete(decision).where(decision.c.name.in_(gone)))
    told = tables.contact_decision
    named = [row.id for row in _mentions(connection, told, person)]
    connection.execute(delete(told).where(told.c.id.in_(named)))
    for row in _mentions(connection, account, person):
        lists = {
            name: [a for a in getattr(row, name) if person.address not in person.in_text(a)]
            for name in ("contacts", "allow")
        }
        connection.execute(update(account).where(account.c.id == row.id).values(**lists))
        if row.contacts and not lists["contacts"] and not row.domains:
            # The account was this person, by name.
            connection.execute(delete(account).where(account.c.id == row.id))
            connection.execute(delete(tables.account_change).where(tables.account_change.c.account == row.id))
    for row in _mentions(connection, act, person):
        words = {name: _without(getattr(row, name), person) for name in ("actor", "assignee", "reason")}
        connection.execute(update(act).where(act.c.id == row.id).values(**words))
    for row in _mentions(connection, source, person):
        connection.execute(update(source).where(source.c.name == row.name).values(error=_without(row.error, person)))
    change = tables.account_change
    for row in _mentions(connection, change, person):
        values = {name: _cleaned(getattr(row, name), person) for name in ("before", "after")}
        connection.execute(update(change).where(change.c.id == row.id).values(**values))
    item = tables.item
    for row in _mentions(connection, item, person):
        connection.execute(update(item).where(item.c.id == row.id).values(problem=_without(row.problem, person)))


def _drop_reports(connection: Connection, now: datetime) -> None:
    """Reports still waiting to be sent, whose words may tell of the person, are given up."""
    report = tables.report
    words = {"subject": "", "text": "", "html": "", "letters": [], "finished_at": now}
    connection.execute(update(report).where(report.c.finished_at.is_(None)).values(**words))


def _cleaned(value: Any, person: Person) -> Any:
    """JSON without the person."""
    if isinstance(value, dict):
        return {key: _cleaned(inner, person) for key, inner in value.items()}
    if isinstance(value, list):
        return [_cleaned(inner, person) for inner in value]
    return _without(value, person) if isinstance(value, str) else value


def _without(text: str, person: Person) -> str:
    return _REDACTED if person.address in person.in_text(text) else text


def wipe(store: Store) -> None:
    """Make what was deleted unrecoverable from the files of the store.

    Raises:
        StoreError: Somebody reads the store, so that old pages cannot be given up; nothing else is lost.
    """
    if store.path is None:
        with store.outside_transactions() as connection:
            connection.exec_driver_sql("VACUUM FULL")
        return
    with store.outside_transactions() as connection:
        for name in _indexes(connection):
            # A full-text index keeps deleted words until its parts are merged.
            merge = f'INSERT INTO "{name}"("{name}") VALUES (\'optimize\')'  # noqa: S608 - a name from the store itself
            connection.exec_driver_sql(merge)
        connection.exec_driver_sql("VACUUM")
        busy = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").scalar()
    if busy:
        raise StoreError(
            f"The person was erased, but another program is reading {store.path}, so that old pages could not be "
            "cleared; stop it and run the same command again."
        )


def _indexes(connection: Connection) -> Sequence[str]:
    query = "SELECT name FROM sqlite_master WHERE type = 'table' AND sql LIKE 'CREATE VIRTUAL TABLE%fts5%'"
    return list(connection.exec_driver_sql(query).scalars())
