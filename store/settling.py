"""Stage 4: whose turn it is, what was promised and complained about, per conversation."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, bindparam, delete, exists, func, select, update

from domain.accounts import Account, Direction
from domain.commitments import Commitment
from domain.complaints import Complaint
from domain.conversations import Party, PartySide, ThreadMessage
from domain.followup import Obligation, Side
from domain.mail import Automatic
from domain.signals import ASKS, SignalKind
from store import tables
from store.commitment_rows import commitment_row
from store.complaint_rows import complaint_row
from store.crossing import outside_facts, with_outside_facts
from store.database import Store, chunks, insert_missing, upsert
from store.forwards import forwarded_mail, settle_forwards_again, without_known_forwards
from store.kept_promises import NOT_KEPT, kept_facts
from store.records import account_of, obligation_row, signal_of


def accounts(store: Store) -> dict[str, Account]:
    """The account book as mirrored, by id."""
    with store.reading() as connection:
        return {row.id: account_of(row) for row in connection.execute(select(tables.account))}


def unsettled(store: Store, version: str, *, limit: int) -> list[list[ThreadMessage]]:
    """The next reference threads in which something changed, each with all its messages."""
    with store.reading() as connection:
        names = _unsettled_threads(connection, version, limit)
        threads: dict[str, list[ThreadMessage]] = {}
        for thread, member in thread_messages(connection, tables.message.c.thread.in_(names)):
            threads.setdefault(thread, []).append(member)
        found = without_known_forwards(connection, list(threads.values()))
        return _with_text(connection, found)


def threads(store: Store, *, known_at: datetime | None = None) -> Iterator[list[ThreadMessage]]:
    """All reference threads, settled or not, each with all its messages.

    Args:
        store: Open for reading.
        known_at: Messages no source of which was read by then are left out.
    """
    message, item = tables.message, tables.item
    known = [] if known_at is None else [exists().where(item.c.message == message.c.key, item.c.fetched_at <= known_at)]
    names = select(message.c.thread).distinct().order_by(message.c.thread).limit(_AT_ONCE)
    last = ""
    while True:
        with store.reading() as connection:
            some = list(connection.execute(names.where(message.c.thread > last)).scalars())
            found: dict[str, list[ThreadMessage]] = {}
            for thread, member in thread_messages(connection, and_(message.c.thread.in_(some), *known)):
                found.setdefault(thread, []).append(member)
            whole = _with_text(connection, without_known_forwards(connection, list(found.values())))
        yield from whole
        if not some:
            return
        last = some[-1]


_AT_ONCE = 256
_MAILS_PER_THREAD = 4


def _unsettled_threads(connection: Connection, version: str, limit: int) -> list[str]:
    """Names of threads with a stale message, in no special order: sorting all there are would take longer than work.

    Each condition is a stretch of an index; "is not" would look at every mail there is.
    """
    message = tables.message
    named: dict[str, None] = {}
    settled = message.c.settled_with
    for stale in (settled.is_(None), settled < version, settled > version):
        if len(named) < limit:
            found = connection.execute(select(message.c.thread).where(stale).limit(limit * _MAILS_PER_THREAD))
            named |= dict.fromkeys(found.scalars())
    return list(named)[:limit]


_WORDY = frozenset({SignalKind.COMMITMENT, SignalKind.ACKNOWLEDGEMENT, SignalKind.COMPLAINT})
"""Signals whose end is told by words: whether a promise was kept, whether a complaint is settled."""


def _with_text(connection: Connection, threads: list[list[ThreadMessage]]) -> list[list[ThreadMessage]]:
    """Add the words where the rules read them; elsewhere bodies stay where they are."""
    several = [any(_asks_several(m) for m in thread) for thread in threads]
    wordy = [any(s.kind in _WORDY for m in thread for s in m.signals) for thread in threads]
    keys = [m.key for thread, *needed in zip(threads, wordy, several, strict=True) if any(needed) for m in thread]
    words = beginnings(connection, keys)
    answers = [m.key for thread, needed in zip(threads, several, strict=True) if needed for m in thread if _is_ours(m)]
    bodies = _bodies(connection, answers)
    return [[replace(m, text=words.get(m.key, ""), body=bodies.get(m.key, "")) for m in thread] for thread in threads]


def _asks_several(message: ThreadMessage) -> bool:
    asked = {(signal.start, signal.end) for signal in message.signals if signal.kind in ASKS}
    return message.direction is Direction.INBOUND and len(asked) > 1


def _is_ours(message: ThreadMessage) -> bool:
    return message.direction is Direction.OUTBOUND


# What a recap says of its meeting, it says at the beginning.
_BEGINNING = 2000
_BODY = 20_000


def beginnings(connection: Connection, keys: Sequence[str]) -> dict[str, str]:
    """The beginning of each message's new words."""
    message = tables.message
    found: dict[str, str] = {}
    for some in chunks(keys, 5000):
        query = select(message.c.key, func.substr(message.c.reply_text, 1, _BEGINNING)).where(message.c.key.in_(some))
        found |= dict(connection.execute(query).all())
    return found


def _bodies(connection: Connection, keys: Sequence[str]) -> dict[str, str]:
    """The beginning of each message as it was written, quotes and all."""
    message = tables.message
    found: dict[str, str] = {}
    for some in chunks(keys, 5000):
        query = select(message.c.key, func.substr(message.c.body_text, 1, _BODY)).where(message.c.key.in_(some))
        found |= dict(connection.execute(query).all())
    return found


_MEMBER = [
    "key",
    "message_id",
    "subject",
    "received_at",
    "direction",
    "automatic",
    "language",
    "invitation",
    "return_date",
    "failed_recipients",
    "historic",
    "names_us",
    "own_list",
    "attachments",
    "thread",
    "conversation",
    "list_id",
    "quoted_headers",
    "forwarded",
]


def thread_messages(connection: Connection, chosen: Any) -> Iterable[tuple[str, ThreadMessage]]:
    """Messages that meet a condition, oldest first, each with its thread and without its words."""
    message = tables.message
    columns = [message.c[name] for name in _MEMBER]
    empty = (message.c.reply_text == "").label("wordless")
    rows = list(
        connection.execute(select(*columns, empty).where(chosen).order_by(message.c.received_at, message.c.key))
    )
    context = _Context(connection, [row.key for row in rows])
    for row in rows:
        yield row.thread, context.member(row)


class _Context:
    """Everything around some messages, fetched in four queries."""

    def __init__(self, connection: Connection, keys: Sequence[str]) -> None:
        self._parties = _grouped(connection, tables.message_address, keys)
        self._signals = _grouped(connection, tables.signal, keys)
        self._references = _grouped(connection, tables.message_reference, keys)
        self._accounts = _grouped(connection, tables.message_account, keys)

    def member(self, row: Any) -> ThreadMessage:
        return ThreadMessage(
            key=row.key,
            message_id=row.message_id,
            references=tuple(r.reference for r in self._references.get(row.key, ()) if r.reference != row.message_id),
            at=row.received_at,
            direction=Direction(row.direction),
            subject=row.subject,
            parties=tuple(_party(p) for p in self._parties.get(row.key, ())),
            automatic=Automatic(row.automatic) if row.automatic and not row.own_list else None,
            signals=tuple(signal_of(s) for s in self._signals.get(row.key, ())),
            language=row.language,
            empty=row.wordless and not row.attachments,
            invitation=row.invitation,
            return_date=row.return_date,
            failed_recipients=tuple(row.failed_recipients),
            historic=row.historic,
            names_us=row.names_us,
            attachments=tuple(a["filename"] for a in row.attachments),
            # Links by conversation are made from this; they must not feed themselves.
            accounts=tuple(sorted(a.account for a in self._accounts.get(row.key, ()) if a.reason != CONVERSATION)),
            conversation=row.conversation,
            list_id=row.list_id,
            quoted=tuple((header["name"], header["address"]) for header in row.quoted_headers),
            forwards=forwarded_mail(row),
        )


CONVERSATION = "conversation"
"""Reason of a link that a message owes to the conversation it stands in (D4.2, D4.21)."""


def _grouped(connection: Connection, table: Any, keys: Sequence[str]) -> dict[str, list[Any]]:
    order = table.c.position if "position" in table.c else table.c.account
    grouped: dict[str, list[Any]] = {}
    for some in chunks(keys, 5000):
        for row in connection.execute(select(table).where(table.c.message.in_(some)).order_by(table.c.message, order)):
            grouped.setdefault(row.message, []).append(row)
    return grouped


def _party(row: Any) -> Party:
    return Party(
        role=row.role,
        name=row.name,
        address=row.address,
        side=PartySide(row.side or "other"),
        account=row.account,
        domain=row.domain,
    )


@dataclass(slots=True)
class Settled:
    """What was found out about some threads.

    Attributes:
        conversation: Message key to conversation id.
        links: (message key, account id, time) of links by conversation.
        obligations, commitments, complaints: Of all conversations in these threads.
    """

    conversation: dict[str, str] = field(default_factory=dict)
    links: list[tuple[str, str, datetime]] = field(default_factory=list)
    obligations: list[Obligation] = field(default_factory=list)
    commitments: list[Commitment] = field(default_factory=list)
    complaints: list[Complaint] = field(default_factory=list)


def save_settled(store: Store, settled: Settled, *, version: str) -> tuple[int, int]:
    """Replace obligations, commitments and complaints of whole threads in one transaction.

    Returns:
        How many flags opened and how many closed: obligations of ours that wait now and did not before, and the other
        way round.
    """
    keys = sorted(settled.conversation)
    message = tables.message
    with store.writing() as connection:
        before = _waiting(connection, keys)
        former = _conversations(connection, keys)
        outside, kept = outside_facts(connection, former), kept_facts(connection, former)
        for table in (tables.obligation, tables.commitment, tables.complaint):
            connection.execute(delete(table).where(table.c.conversation.in_(former)))
        connection.execute(
            update(message)
            .where(message.c.key == bindparam("b_key"))
            .values(conversation=bindparam("b_conversation"), settled_with=version),
            [{"b_key": key, "b_conversation": settled.conversation[key]} for key in keys],
        )
        upsert(
            connection, tables.obligation, [with_outside_facts(obligation_row(o), outside) for o in settled.obligations]
        )
        promised = [{**commitment_row(c), **kept.get(c.id, NOT_KEPT)} for c in settled.commitments]
        upsert(connection, tables.commitment, promised)
        upsert(connection, tables.complaint, [complaint_row(c) for c in settled.complaints])
        _link_by_conversation(connection, keys, settled.links)
        settle_forwards_again(connection, keys)
        after = _waiting(connection, keys)
    return len(after - before), len(before - after)


def _conversations(connection: Connection, keys: Sequence[str]) -> list[str]:
    """The conversations some messages were in up to now."""
    found: set[str] = set()
    for some in chunks(keys, 5000):
        query = select(tables.message.c.conversation).where(tables.message.c.key.in_(some))
        found.update(connection.execute(query).scalars())
    return sorted(found)


def _waiting(connection: Connection, keys: Sequence[str]) -> set[str]:
    obligation = tables.obligation
    waiting: set[str] = set()
    for some in chunks(_conversations(connection, keys), 5000):
        query = select(obligation.c.id).where(
            obligation.c.conversation.in_(some),
            obligation.c.side == Side.OURS,
            obligation.c.cleared_at.is_(None),
            obligation.c.historic.is_(False),
        )
        waiting.update(connection.execute(query).scalars())
    return waiting


def _link_by_conversation(
    connection: Connection, keys: Sequence[str], links: Sequence[tuple[str, str, datetime]]
) -> None:
    table = tables.message_account
    for some in chunks(keys, 5000):
        connection.execute(delete(table).where(table.c.message.in_(some), table.c.reason == CONVERSATION))
    insert_missing(
        connection,
        table,
        [{"message": key, "account": a, "at": at, "reason": CONVERSATION} for key, a, at in links],
    )
    concerned = select(table.c.account).where(table.c.message.in_(keys))
    connection.execute(update(tables.account).where(tables.account.c.id.in_(concerned)).values(met_with=None))
