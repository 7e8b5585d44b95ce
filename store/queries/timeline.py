"""One account's timeline, newest first."""

import base64
import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, Table, and_, exists, func, or_, select

from domain.errors import ConfigError
from domain.search import KINDS, SearchQuery, parse_search
from store import tables
from store.database import Store, among
from store.matching import SHOWN, matching, stretches
from store.queries.accounts import find_account
from store.queries.obligations import flagged, open_flags, unlisted
from store.queries.visibility import openly_found, restricted, veiled

# Meetings of a series reach years ahead; without --until the timeline ends a week from now.
_AHEAD = timedelta(days=7)
_SNIPPET = 200


@veiled
def timeline(
    store: Store,
    account: str,
    *,
    now: datetime,
    since: datetime | None = None,
    until: datetime | None = None,
    kinds: Collection[str] = (),
    contact: str | None = None,
    search: str | None = None,
    limit: int = 50,
    cursor: str | None = None,
    zone: tzinfo = UTC,
) -> dict[str, Any]:
    """Read a page of an account's timeline (INTERFACE: ``timeline``).

    Args:
        store: What to read.
        account: Name, id or domain.
        now: Mail after it is not shown, flags are those open then.
        since: From here on.
        until: Up to here; a week ahead of ``now`` unless given.
        kinds: Only these; messages, meetings and notes when empty.
        contact: Only what this address takes part in.
        search: Only what this finds (``domain.search``).
        limit: Entries at most.
        cursor: ``next_cursor`` of the page before.
        zone: Where the days of ``after:`` and ``before:`` in ``search`` begin.

    Raises:
        NotFoundError: No such account.
        ConfigError: The cursor is not one of ours, or an operator in ``search`` has a value it does not take.
    """
    after = _decode(cursor) if cursor else None
    with store.reading() as connection:
        found = find_account(connection, account)
        filters = _Filters(
            account=found.id,
            bounds=(since, until or now + _AHEAD),
            after=after,
            contact=contact.lower() if contact else None,
            # One more than asked for tells whether there is more; another is the entry the page before ended with.
            limit=limit + 2,
            wanted=frozenset(kinds) or frozenset({"message", "meeting", "note"}),
        )
        query = parse_search(search, zone) if search else None
        entries = _found(connection, filters, query, now=now) if query else _entries(connection, filters, now=now)
    entries.sort(key=_place, reverse=True)
    page = entries[:limit]
    more = len(entries) > limit
    return {
        "account": found.name,
        "account_id": found.id,
        "entries": page,
        "next_cursor": _encode(page[-1]) if more else None,
    }


def _entries(connection: Connection, filters: "_Filters", *, now: datetime) -> list[dict[str, Any]]:
    """The newest entries of each kind that is wanted."""
    entries: list[dict[str, Any]] = []
    if filters.wanted & {"message", "signal", "flag"}:
        entries += _messages(connection, filters, now=now)
    if "meeting" in filters.wanted:
        entries += _meetings(connection, filters, now=now)
    if filters.wanted & {"note", "outcome"}:
        entries += _notes(connection, filters, now=now)
    return [entry for entry in entries if filters.after is None or _place(entry) < filters.after]


def _found(connection: Connection, filters: "_Filters", query: SearchQuery, *, now: datetime) -> list[dict[str, Any]]:
    """The newest entries that a search finds: as much of it as fills a page."""
    kinds = {_DOCUMENTS[kind] for kind in filters.wanted} & (query.kinds or set(KINDS))
    if query.empty or not kinds:
        return []
    hits = matching(connection, replace(query, kinds=frozenset(kinds)), account=filters.account)
    since, until = filters.bounds
    until = min(until, filters.after[0]) if filters.after else until
    entries: list[dict[str, Any]] = []
    for stretch in stretches(connection, hits, account=filters.account, until=until, size=filters.limit):
        wanted = frozenset(kind for kind in filters.wanted if _DOCUMENTS[kind] in stretch.kinds)
        some = _entries(connection, replace(filters, keys=stretch.keys, wanted=wanted), now=now)
        entries += _openly_found(connection, some, query)
        if stretch.floor is None or (since and stretch.floor < since):
            break
        settled = [entry for entry in entries if entry["at"] >= stretch.floor]
        if len(settled) >= filters.limit:
            return settled
    return entries


_DOCUMENTS = {kind: kind for kind in KINDS} | {"signal": "message", "flag": "message", "outcome": "note"}
"""By kind of entry, the kind of document that is searched."""


def _openly_found(connection: Connection, entries: list[dict[str, Any]], query: SearchQuery) -> list[dict[str, Any]]:
    if not restricted(connection):
        return entries
    document = tables.search_document.c
    shown = select(*(document[name] for name in SHOWN))
    rows = connection.execute(shown.where(document.key.in_([entry["id"] for entry in entries])))
    keys = {row.key for row in openly_found(connection, rows, query.terms)}
    return [entry for entry in entries if entry["id"] in keys]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Filters:
    """What every kind of entry is narrowed by, and from where on; of ``keys``, what a search found, all count."""

    account: str
    bounds: tuple[datetime | None, datetime]
    after: "_Place | None"
    contact: str | None
    limit: int
    wanted: frozenset[str]
    keys: Sequence[str] | None = None

    def apply(self, connection: Connection, query: Select[Any], links: Any, key: Any) -> Select[Any]:
        since, until = self.bounds
        query = query.where(links.c.account == self.account, links.c.at <= until)
        if since:
            query = query.where(links.c.at >= since)
        if self.after:
            at, last, _ = self.after
            # A message may stand there once more as signal or flag: it is asked for again, and told apart afterwards.
            # The first condition is in the second; an index needs to be told.
            query = query.where(links.c.at <= at, or_(links.c.at < at, and_(links.c.at == at, key <= last)))
        if self.keys is not None:
            return query.where(among(connection, key, self.keys))
        return query.order_by(links.c.at.desc(), key.desc()).limit(self.limit)


_SHOWN = [tables.message.c[name] for name in ("key", "received_at", "direction", "subject", "message_id", "automatic")]


def _words(column: Any) -> Any:
    """The beginning of a text, which may be as long as a book."""
    return func.substr(column, 1, 10 * _SNIPPET).label(column.name)


def _messages(connection: Connection, filters: _Filters, *, now: datetime) -> list[dict[str, Any]]:
    message, links, wanted = tables.message, tables.message_account, filters.wanted
    query = (
        select(*_SHOWN, _words(message.c.reply_text), _words(message.c.quoted_text))
        .join_from(message, links, links.c.message == message.c.key)
        .where(message.c.received_at <= now)
    )
    if filters.contact:
        query = query.where(_named(connection, links.c.message, tables.message_address, filters.contact))
    if "message" not in wanted:
        # Each mail is asked for its own: of a few million, SQLite would list all that have any.
        telling: list[Any] = [exists().where(tables.signal.c.message == links.c.message)] if "signal" in wanted else []
        if "flag" in wanted:
            telling.append(links.c.message.in_(flagged(connection, now, account=filters.account)))
        query = query.where(or_(*telling))
    rows = list(connection.execute(filters.apply(connection, query, links, links.c.message)))
    keys = [row.key for row in rows]
    people = _people(connection, keys)
    signals = _signals(connection, keys)
    flags = open_flags(connection, keys, now=now)
    entries = [
        _message_json(row, people.get(row.key, []), signals.get(row.key, []), flags.get(row.key, [])) for row in rows
    ]
    found = list(entries) if "message" in wanted else []
    if "signal" in wanted:
        found += [e | {"kind": "signal"} for e in entries if e["signals"]]
    if "flag" in wanted:
        found += [e | {"kind": "flag"} for e in entries if e["open_flags"]]
    return found


def _named(connection: Connection, key: Any, people: Table, contact: str) -> ColumnElement[bool]:
    """Whether an address is one of those a message names, or of those who meet.

    Of somebody who is there seldom, all is listed first; of one who is there often, the newest are soon met.

    Args:
        connection: To the engine.
        key: The message or the meeting in the timeline.
        people: The table that says who is there, in a column named as ``key`` is.
        contact: The address.
    """
    there = people.c[key.name]
    some = select(there).where(people.c.address == contact)
    if connection.execute(select(func.count()).select_from(some.limit(_OFTEN).subquery())).scalar_one() < _OFTEN:
        seldom: ColumnElement[bool] = key.in_(some)
        return seldom
    # Because of the offset a server does not list them all in spite of it.
    return exists(some.where(there == key).offset(0))


_OFTEN = 500


def _message_json(row: Any, people: list[str], signals: list[dict[str, Any]], flags: list[str]) -> dict[str, Any]:
    text = " ".join((row.reply_text or row.quoted_text).split())
    return {
        "id": row.key,
        "at": row.received_at,
        "kind": "message",
        "direction": row.direction,
        "title": row.subject,
        "snippet": text[:_SNIPPET] + ("…" if len(text) > _SNIPPET else ""),
        "participants": people,
        "message_id": row.message_id or None,
        "event_id": None,
        "automatic": row.automatic or None,
        "signals": signals,
        "open_flags": flags,
    }


def _people(connection: Connection, keys: list[str]) -> dict[str, list[str]]:
    party = tables.message_address
    query = (
        select(party.c.message, party.c.address)
        .where(among(connection, party.c.message, keys), party.c.role != "reply_to")
        .order_by(party.c.message, party.c.position)
    )
    found: dict[str, dict[str, None]] = {}
    for key, address in connection.execute(query):
        found.setdefault(key, {})[address] = None
    return {key: list(addresses) for key, addresses in found.items()}


def _signals(connection: Connection, keys: list[str]) -> dict[str, list[dict[str, Any]]]:
    signal = tables.signal
    query = (
        select(signal).where(among(connection, signal.c.message, keys)).order_by(signal.c.message, signal.c.position)
    )
    found: dict[str, list[dict[str, Any]]] = {}
    for row in connection.execute(query):
        shown = {"kind": row.kind, "quote": row.quote, "score": row.score, "rule": row.rule, "due": row.due or None}
        found.setdefault(row.message, []).append(shown | {"persons": row.persons})
    return found


def _meetings(connection: Connection, filters: _Filters, *, now: datetime) -> list[dict[str, Any]]:
    event, links, gap = tables.event, tables.event_account, tables.gap
    query = select(event).join(links, links.c.event == event.c.key)
    if filters.contact:
        query = query.where(_named(connection, links.c.event, tables.event_client, filters.contact))
    rows = list(connection.execute(filters.apply(connection, query, links, links.c.event)))
    open_gaps = select(gap.c.event, gap.c.id).where(
        among(connection, gap.c.event, [row.key for row in rows]),
        gap.c.flag_from <= now,
        or_(gap.c.closed_at.is_(None), gap.c.closed_at > now),
        gap.c.historic.is_(False),
    )
    gaps = connection.execute(open_gaps).all()
    hidden = unlisted(connection, [flag for _, flag in gaps], now=now, somebody_waits=False)
    flags = {event: flag for event, flag in gaps if flag not in hidden}
    return [_event_json(row, [flags[row.key]] if row.key in flags else []) for row in rows]


def _event_json(row: Any, flags: list[str]) -> dict[str, Any]:
    return {
        "id": row.key,
        "at": row.starts_at,
        "kind": "meeting",
        "direction": "none",
        "title": "private" if row.private else row.title,
        "snippet": "" if row.private else " ".join((row.location or row.description).split())[:_SNIPPET],
        "participants": [] if row.private else [attendee["address"] for attendee in row.attendees],
        "message_id": None,
        "event_id": row.key,
        "status": row.status,
        "signals": [],
        "open_flags": flags,
    }


def _notes(connection: Connection, filters: _Filters, *, now: datetime) -> list[dict[str, Any]]:
    """What users wrote about meetings; one with an outcome is of both kinds and stands under the first asked for."""
    note, links, wanted = tables.note, tables.note_account, filters.wanted
    query = select(note).join(links, links.c.note == note.c.id).where(note.c.at <= now)
    if "note" not in wanted:
        query = query.where(note.c.outcome != "")
    if filters.contact:
        query = query.where(note.c.actor == filters.contact)
    rows = connection.execute(filters.apply(connection, query, links, links.c.note))
    return [_note_json(row, "note" if "note" in wanted else "outcome") for row in rows]


def _note_json(row: Any, kind: str) -> dict[str, Any]:
    said = [row.text, *row.decisions, *row.actions]
    text = " ".join(" · ".join(part for part in said if part).split())
    return {
        "id": row.id,
        "at": row.at,
        "kind": kind,
        "direction": "none",
        "title": f"Meeting {row.outcome}" if row.outcome else "Note",
        "snippet": text[:_SNIPPET] + ("…" if len(text) > _SNIPPET else ""),
        "participants": [row.actor],
        "message_id": None,
        "event_id": row.event,
        "signals": [],
        "open_flags": [],
    }


_Place = tuple[datetime, str, str]
"""Where an entry stands: time, id, kind."""


def _place(entry: dict[str, Any]) -> _Place:
    return entry["at"], entry["id"], entry["kind"]


def _encode(entry: dict[str, Any]) -> str:
    at, last, kind = _place(entry)
    return base64.urlsafe_b64encode(json.dumps([at.astimezone(UTC).isoformat(), last, kind]).encode()).decode()


def _decode(cursor: str) -> _Place:
    try:
        at, last, kind = json.loads(base64.urlsafe_b64decode(cursor))
        return datetime.fromisoformat(at), str(last), str(kind)
    except (ValueError, TypeError):
        raise ConfigError("--cursor is not one this command gave; use `next_cursor` of the page before.") from None
