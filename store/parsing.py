"""Stage 1: raw items to messages.

A message is one row however many copies exist; the copy with the smallest rank gives the words, so the order in
which copies arrive does not matter (SEMANTICS 1, 6).
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import zstandard
from sqlalchemy import Connection, and_, delete, or_, select, update

from domain.mail import Message
from domain.signals import Problem
from domain.sources import RawMessage
from store import tables
from store.database import Store, chunks, insert_missing, upsert
from store.itip import fold_events, named_by, save_itip
from store.ranks import comparable, reconsider
from store.records import address_rows, message_row, short_key

# A series is expanded this far ahead, and again when less than half of it is left.
HORIZON = timedelta(days=400)


@dataclass(frozen=True, slots=True, kw_only=True)
class RawRow:
    """An item whose bytes wait to be parsed; ``gone`` when the server no longer has it."""

    item: int
    source: str
    data: bytes
    folder: str
    uid: str
    size: int
    truncated: bool
    received_at: datetime | None
    fetched_at: datetime
    blob: str
    gone: bool
    media_type: str = ""

    def message(self) -> RawMessage:
        """The mail as its source handed it out."""
        return RawMessage(
            folder=self.folder,
            uid=self.uid,
            data=self.data,
            received_at=self.received_at,
            size=self.size,
            truncated=self.truncated,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Parsed:
    """What became of one mail.

    Attributes:
        raw: The item.
        result: The message, or why it waits in quarantine.
        fingerprint: Tells two mails apart that carry the same Message-ID.
    """

    raw: RawRow
    result: Message | Problem
    fingerprint: str = ""


def unparsed(store: Store, kind: str, version: str, *, now: datetime, limit: int) -> list[RawRow]:
    """The next items of a kind that this version of the parser has not seen, oldest first."""
    item = tables.item
    stale = or_(item.c.parsed_with.is_(None), and_(item.c.parsed_with != version, item.c.parsed_with != "-"))
    if kind == "event":
        stale = or_(stale, item.c.expanded_until < now + HORIZON / 2)
    query = (
        select(item, tables.blob.c.data)
        .join(tables.blob, tables.blob.c.hash == item.c.blob)
        .where(item.c.kind == kind, stale)
        .order_by(item.c.id)
        .limit(limit)
    )
    with store.reading() as connection:
        return [_raw_row(row) for row in connection.execute(query)]


def _raw_row(row: Any) -> RawRow:
    return RawRow(
        item=row.id,
        source=row.source,
        data=_decompress(row.data),
        folder=row.folder,
        uid=row.uid,
        size=row.size,
        truncated=row.truncated,
        received_at=row.received_at,
        fetched_at=row.fetched_at,
        blob=row.blob,
        gone=row.removed_at is not None,
        media_type=row.media_type,
    )


def _decompress(data: bytes) -> bytes:
    return zstandard.ZstdDecompressor().decompress(data)


def save_messages(store: Store, parsed: Sequence[Parsed], *, version: str) -> Counter[str]:
    """Save a batch of parsed mails in one transaction.

    Returns:
        By source, how many were further copies of a message that is already there.
    """
    with store.writing() as connection:
        keys = {p.raw.item: _key(p) for p in parsed if isinstance(p.result, Message)}
        former = _former_keys(connection, [p.raw.item for p in parsed])
        told = {keys[p.raw.item] for p in parsed if isinstance(p.result, Message) and p.result.itip}
        ranks = _ranks(connection, set(keys.values()))
        already = {key for item, key in former.items() if key} | set(ranks)
        best, duplicates = _choose(parsed, keys, comparable(ranks, version), already, former, version=version)
        _write_messages(connection, best, ranks, version=version)
        save_itip(connection, {key: p.result for key, p in best.items()}, known=ranks, told=told)
        again = sorted(set(keys.values()) & (set(ranks) - set(best)))
        for some in chunks(again, 5000):
            # A further copy may come from a source connected earlier (D4.25).
            connection.execute(update(tables.message).where(tables.message.c.key.in_(some)).values(attached_with=None))
        for p in parsed:
            connection.execute(
                update(tables.item).where(tables.item.c.id == p.raw.item).values(_outcome(p, keys, version))
            )
        _leave_messages(connection, {key for item, key in former.items() if key and key != keys.get(item)})
    return duplicates


def _key(parsed: Parsed) -> str:
    assert isinstance(parsed.result, Message)  # noqa: S101 - for the type checker
    return short_key("m", parsed.result.key, parsed.fingerprint)


def _rank(parsed: Parsed, version: str) -> str:
    """The smallest copy is the message: complete, and not the one a list sent back to us (D4.16), then the oldest."""
    assert isinstance(parsed.result, Message)  # noqa: S101 - for the type checker
    at = parsed.result.received_at.astimezone(UTC).isoformat()
    automatic = parsed.result.automatic is not None
    return f"{version} {int(parsed.raw.truncated)}{int(automatic)} {at} {parsed.raw.blob}"


def _former_keys(connection: Connection, items: Sequence[int]) -> dict[int, str | None]:
    query = select(tables.item.c.id, tables.item.c.message).where(tables.item.c.id.in_(items))
    return dict(connection.execute(query).all())


def _ranks(connection: Connection, keys: Iterable[str]) -> dict[str, str]:
    query = select(tables.message.c.key, tables.message.c.rank).where(tables.message.c.key.in_(sorted(keys)))
    return dict(connection.execute(query).all())


def _choose(
    parsed: Iterable[Parsed],
    keys: dict[int, str],
    ranks: dict[str, str],
    already: set[str],
    former: dict[int, str | None],
    *,
    version: str,
) -> tuple[dict[str, Parsed], Counter[str]]:
    """The copy that gives each message its words, where it is among these; and how many are further copies."""
    best: dict[str, Parsed] = {}
    seen = set(already)
    duplicates: Counter[str] = Counter()
    for p in parsed:
        key = keys.get(p.raw.item)
        if key is None:
            continue
        duplicates[p.raw.source] += key in seen and former[p.raw.item] != key
        seen.add(key)
        rival = _rank(best[key], version) if key in best else ranks.get(key)
        if rival is None or _rank(p, version) <= rival:
            best[key] = p
    return best, duplicates


def _write_messages(connection: Connection, best: dict[str, Parsed], ranks: dict[str, str], *, version: str) -> None:
    messages = {key: p.result for key, p in best.items() if isinstance(p.result, Message)}
    for some in chunks((key for key in best if key in ranks), 5000):
        for table in (tables.message_address, tables.message_reference, tables.signal, tables.message_account):
            connection.execute(delete(table).where(table.c.message.in_(some)))
    threads = _join_threads(connection, messages)
    upsert(
        connection,
        tables.message,
        [message_row(m, key, rank=_rank(best[key], version), thread=threads[key]) for key, m in messages.items()],
    )
    addresses = [row for key, m in messages.items() for row in address_rows(m, key)]
    insert_missing(connection, tables.message_address, addresses)
    insert_missing(
        connection,
        tables.message_reference,
        [
            {"message": key, "reference": reference, "position": position}
            for key, m in messages.items()
            for position, reference in enumerate(_references(m))
        ],
    )


def _references(message: Message) -> list[str]:
    """The mail's own Message-ID first, then what it answers, nearest first."""
    named = (message.message_id, *message.in_reply_to, *reversed(message.references))
    return list(dict.fromkeys(reference for reference in named if reference))[:60]


def _join_threads(connection: Connection, messages: dict[str, Message]) -> dict[str, str]:
    """Join mails that name a Message-ID in common; a thread is called after its smallest member.

    Whether a thread is one conversation is decided later, by who takes part (SEMANTICS 1).
    """
    links = _Links()
    for key, message in messages.items():
        links.join(key, key)
        for reference in _references(message):
            links.join(key, f"<{reference}")
    known = tables.message_reference
    query = select(known.c.reference, tables.message.c.thread).join(
        tables.message, tables.message.c.key == known.c.message
    )
    former = set()
    for some in chunks(sorted({r for m in messages.values() for r in _references(m)}), 5000):
        for reference, thread in connection.execute(query.where(known.c.reference.in_(some))):
            links.join(f"<{reference}", thread)
            former.add(thread)
    for thread in sorted(former):
        # Whatever joins a thread changes whose turn it is there.
        connection.execute(
            update(tables.message)
            .where(tables.message.c.thread == thread)
            .values(thread=links.name(thread), settled_with=None)
        )
    return {key: links.name(key) for key in messages}


class _Links:
    """Union-find over message keys, thread names and ``<``-prefixed Message-IDs; a set's name is its smallest key."""

    def __init__(self) -> None:
        self._parent: dict[str, str] = {}

    def name(self, node: str) -> str:
        parent = self._parent.setdefault(node, node)
        while parent != node:
            self._parent[node] = self._parent[parent]
            node, parent = parent, self._parent[parent]
        return node

    def join(self, one: str, other: str) -> None:
        # "<" sorts before letters, yet a thread must be called after a message: compare without such nodes.
        small, large = sorted((self.name(one), self.name(other)), key=lambda node: (node.startswith("<"), node))
        self._parent[large] = small


def _outcome(parsed: Parsed, keys: dict[int, str], version: str) -> dict[str, Any]:
    if isinstance(parsed.result, Problem):
        problem = parsed.result
        return {"message": None, "problem": problem.reason, "problem_stage": problem.stage, "parsed_with": version}
    return {"message": keys[parsed.raw.item], "problem": "", "problem_stage": "", "parsed_with": version}


def _leave_messages(connection: Connection, keys: set[str]) -> None:
    """Look after messages that some item stood for up to now, and stands for no longer.

    Those without any item go. The others may have lost the copy that gave them their words.
    """
    item, message = tables.item, tables.message
    for some in chunks(sorted(keys), 5000):
        kept = set(connection.execute(select(item.c.message).where(item.c.message.in_(some))).scalars())
        drop_messages(connection, [key for key in some if key not in kept])
        reconsider(connection, message, select(item.c.id, item.c.message, item.c.blob).where(item.c.message.in_(kept)))


def drop_messages(connection: Connection, keys: Sequence[str]) -> None:
    """Remove messages with all that rests on them; the rest of their conversations is looked at again."""
    message, links, obligation = tables.message, tables.message_account, tables.obligation
    chosen = message.c.key.in_(keys)
    threads, talks = select(message.c.thread).where(chosen), select(message.c.conversation).where(chosen)
    met = select(links.c.account).where(links.c.message.in_(keys))
    named = named_by(connection, keys)
    connection.execute(delete(obligation).where(obligation.c.conversation.in_(talks)))
    connection.execute(update(tables.account).where(tables.account.c.id.in_(met)).values(met_with=None))
    connection.execute(update(message).where(message.c.thread.in_(threads)).values(settled_with=None))
    connection.execute(delete(message).where(chosen))
    fold_events(connection, named)
