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
from sqlalchemy import ColumnElement, Connection, and_, bindparam, delete, func, or_, select, update

from domain.mail import Message
from domain.signals import Problem
from domain.sources import RawMessage
from store import tables
from store.attaching import Attacher, NewLinks, attach_new, connected_since, save_new_links
from store.database import Store, chunks, execute_many, insert_missing, upsert
from store.forwards import settle_forwards_again
from store.indexing import index_later, unindex
from store.itip import fold_events, named_by, save_itip
from store.ranks import comparable, reconsider
from store.reading import read_answers_again
from store.records import address_rows, message_row, short_key
from store.threads import join_provider_threads, join_threads, references_of

# A series is expanded this far ahead, and again when less than half of it is left.
HORIZON = timedelta(days=400)


@dataclass(frozen=True, slots=True, kw_only=True)
class RawRow:
    """An item whose bytes wait to be parsed; ``gone`` when the server no longer has it.

    Many are in memory at once, and each is read once: the bytes stay ``packed`` until then.
    """

    item: int
    source: str
    packed: bytes
    folder: str
    uid: str
    size: int
    truncated: bool
    received_at: datetime | None
    fetched_at: datetime
    blob: str
    gone: bool
    media_type: str = ""

    @property
    def data(self) -> bytes:
        """The bytes as the source handed them out, unpacked each time they are asked for."""
        return _ZSTD.decompress(self.packed)

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


def count_unparsed(store: Store, kind: str, version: str, *, now: datetime) -> int:
    """How many items ``unparsed`` would give in all."""
    query = select(func.count()).select_from(tables.item).where(*_waits(kind, version, now))
    with store.reading() as connection:
        return connection.execute(query).scalar_one()


def _waits(kind: str, version: str, now: datetime) -> list[ColumnElement[bool]]:
    item = tables.item
    stale = or_(item.c.parsed_with.is_(None), and_(item.c.parsed_with != version, item.c.parsed_with != "-"))
    if kind == "event":
        stale = or_(stale, item.c.expanded_until < now + HORIZON / 2)
    return [item.c.kind == kind, item.c.blob.is_not(None), stale]


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of items: the numbers of the first and the last."""

    first: int
    last: int


def next_span(
    store: Store, kind: str, version: str, *, now: datetime, limit: int, size: int = 16 << 20, after: int = 0
) -> Span | None:
    """The next stretch of items of a kind that this version of the parser has not seen, oldest first.

    Args:
        store: Where they are.
        kind: ``message`` or ``event``.
        version: The parser's.
        now: The present.
        limit: So many of them at most.
        size: So many bytes at most, unless a single item has more.
        after: Items up to this one are not looked at.
    """
    item = tables.item
    waiting = (
        select(item.c.id, item.c.size)
        .where(item.c.id > after, *_waits(kind, version, now))
        .order_by(item.c.id)
        .limit(limit)
    )
    with store.reading() as connection:
        chosen = _within([(row.id, row.size) for row in connection.execute(waiting)], size)
    return Span(chosen[0], chosen[-1]) if chosen else None


def unparsed(store: Store, kind: str, version: str, *, now: datetime, span: Span) -> list[RawRow]:
    """The items of a stretch that this version of the parser has not seen, with their bytes, oldest first."""
    item = tables.item
    query = (
        select(*(item.c[name] for name in _RAW), tables.blob.c.data)
        .join(tables.blob, tables.blob.c.hash == item.c.blob)
        .where(item.c.id.between(span.first, span.last), *_waits(kind, version, now))
        .order_by(item.c.id)
    )
    with store.reading() as connection:
        return [_raw_row(row) for row in connection.execute(query).all()]


def _within(sizes: Iterable[tuple[int, int]], limit: int) -> list[int]:
    """The first items, as many as fit; one at least."""
    chosen: list[int] = []
    for item, size in sizes:
        limit -= size
        if chosen and limit < 0:
            break
        chosen.append(item)
    return chosen


_RAW = (
    *("id", "source", "folder", "uid", "size", "truncated", "received_at", "fetched_at", "blob", "removed_at"),
    "media_type",
)


def _raw_row(row: Any) -> RawRow:
    return RawRow(
        item=row.id,
        source=row.source,
        packed=row.data,
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


_ZSTD = zstandard.ZstdDecompressor()


def save_messages(
    store: Store, parsed: Sequence[Parsed], *, version: str, attacher: Attacher | None = None
) -> Counter[str]:
    """Save a batch of parsed mails in one transaction.

    Args:
        store: Where to.
        parsed: The batch.
        version: The parser's.
        attacher: Attaches the messages that are new to the store while they are written; the others are left to the
            stage of that name. None leaves all of them to it.

    Returns:
        By source, how many were further copies of a message that is already there.
    """
    keys = {p.raw.item: _key(p) for p in parsed if isinstance(p.result, Message)}
    told = {keys[p.raw.item] for p in parsed if isinstance(p.result, Message) and p.result.itip}
    # Decided before the transaction begins: another process waits for its end.
    attached = _attached(store, parsed, keys, attacher, version=version) if attacher else {}
    with store.writing() as connection:
        former = _former_keys(connection, [p.raw.item for p in parsed])
        ranks = _ranks(connection, set(keys.values()))
        already = {key for item, key in former.items() if key} | set(ranks)
        best = _best(parsed, keys, comparable(ranks, version), version=version)
        duplicates = _further_copies(parsed, keys, already, former)
        # Meanwhile the other process may have written some.
        placed = {key: links for key, links in attached.items() if key not in ranks}
        _write_messages(connection, best, ranks, placed, version=version)
        save_itip(connection, {key: p.result for key, p in best.items()}, known=ranks, told=told)
        again = sorted(set(keys.values()) & (set(ranks) - set(best)))
        for some in chunks(again, 5000):
            # A further copy may come from a source connected earlier (D4.25).
            connection.execute(update(tables.message).where(tables.message.c.key.in_(some)).values(attached_with=None))
        _note_outcomes(connection, parsed, keys, version)
        join_provider_threads(connection, set(keys.values()))
        _leave_messages(connection, {key for item, key in former.items() if key and key != keys.get(item)})
    return duplicates


def _attached(
    store: Store, parsed: Sequence[Parsed], keys: dict[int, str], attacher: Attacher, *, version: str
) -> dict[str, NewLinks]:
    """Attach the messages the store does not have; of several copies here, the one that will give the words speaks."""
    with store.reading() as connection:
        known, connected = _ranks(connection, set(keys.values())), connected_since(connection)
    lie_in = {key: sources for key, sources in _sources(parsed, keys).items() if key not in known}
    best = _best([p for p in parsed if keys.get(p.raw.item) in lie_in], keys, {}, version=version)
    return attach_new(attacher, _messages(best), lie_in, connected=connected)


def _messages(best: dict[str, Parsed]) -> dict[str, Message]:
    return {key: p.result for key, p in best.items() if isinstance(p.result, Message)}


def _sources(parsed: Iterable[Parsed], keys: dict[int, str]) -> dict[str, set[str]]:
    """The sources in which each message of the batch lies."""
    found: dict[str, set[str]] = {}
    for p in parsed:
        if p.raw.item in keys:
            found.setdefault(keys[p.raw.item], set()).add(p.raw.source)
    return found


_OUTCOME = update(tables.item).where(tables.item.c.id == bindparam("b_id"))


def _note_outcomes(connection: Connection, parsed: Iterable[Parsed], keys: dict[int, str], version: str) -> None:
    rows = [{"b_id": p.raw.item, **_outcome(p, keys, version)} for p in parsed]
    if rows:
        execute_many(connection, _OUTCOME, rows)


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


def _best(parsed: Iterable[Parsed], keys: dict[int, str], ranks: dict[str, str], *, version: str) -> dict[str, Parsed]:
    """The copy that gives each message its words, where it is among these."""
    best: dict[str, Parsed] = {}
    for p in parsed:
        key = keys.get(p.raw.item)
        if key is None:
            continue
        rival = _rank(best[key], version) if key in best else ranks.get(key)
        if rival is None or _rank(p, version) <= rival:
            best[key] = p
    return best


def _further_copies(
    parsed: Iterable[Parsed], keys: dict[int, str], already: set[str], former: dict[int, str | None]
) -> Counter[str]:
    """By source, how many are copies of a message that was there before them."""
    seen = set(already)
    duplicates: Counter[str] = Counter()
    for p in parsed:
        key = keys.get(p.raw.item)
        if key is not None:
            duplicates[p.raw.source] += key in seen and former[p.raw.item] != key
            seen.add(key)
    return duplicates


def _write_messages(
    connection: Connection,
    best: dict[str, Parsed],
    ranks: dict[str, str],
    placed: dict[str, NewLinks],
    *,
    version: str,
) -> None:
    messages = _messages(best)
    for some in chunks((key for key in best if key in ranks), 5000):
        for table in (tables.message_address, tables.message_reference, tables.signal, tables.message_account):
            connection.execute(delete(table).where(table.c.message.in_(some)))
    references = {key: references_of(m) for key, m in messages.items()}
    threads = join_threads(connection, messages, references)
    rows = {
        key: message_row(m, key, rank=_rank(best[key], version), thread=threads[key]) for key, m in messages.items()
    }
    upsert(connection, tables.message, [row for key, row in rows.items() if key not in placed])
    insert_missing(connection, tables.message, [rows[key] | links.message for key, links in placed.items()])
    addresses = {key: address_rows(m, key) for key, m in messages.items()}
    plain = [row for key, named in addresses.items() if key not in placed for row in named]
    insert_missing(connection, tables.message_address, plain)
    insert_missing(
        connection,
        tables.message_address,
        [row | place for key, links in placed.items() for row, place in zip(addresses[key], links.places, strict=True)],
    )
    save_new_links(connection, placed.values())
    insert_missing(
        connection,
        tables.message_reference,
        [
            {"message": key, "reference": reference, "position": position}
            for key, named in references.items()
            for position, reference in enumerate(named)
        ],
    )
    # The others are indexed when they are attached.
    index_later(connection, placed)
    read_answers_again(connection, {m.message_id for m in messages.values()})


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
    message, links = tables.message, tables.message_account
    chosen = message.c.key.in_(keys)
    threads, talks = select(message.c.thread).where(chosen), select(message.c.conversation).where(chosen)
    met = select(links.c.account).where(links.c.message.in_(keys))
    named = named_by(connection, keys)
    for table in (tables.obligation, tables.commitment, tables.complaint):
        connection.execute(delete(table).where(table.c.conversation.in_(talks)))
    connection.execute(update(tables.account).where(tables.account.c.id.in_(met)).values(met_with=None))
    connection.execute(update(message).where(message.c.thread.in_(threads)).values(settled_with=None))
    settle_forwards_again(connection, keys)
    answered = list(connection.execute(select(message.c.message_id).where(chosen)).scalars())
    unindex(connection, keys)
    connection.execute(delete(message).where(chosen))
    read_answers_again(connection, answered)
    fold_events(connection, named)
