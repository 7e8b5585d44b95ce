"""Which mails are looked at together: threads of those that name one another, or answer one another by their subject.

Whether a thread is one conversation is decided later, by who takes part (SEMANTICS 1).
"""

import base64
import binascii
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, bindparam, or_, select, update

from domain.conversations import PROVIDER_THREAD
from domain.mail import Message
from domain.subjects import ANSWERED_WITHIN, SubjectTrace, base_subject, is_reply, may_answer, quoted_writers
from store import tables
from store.database import chunks, insert_missing
from store.tables import key_text

_MAX_REFERENCES = 60
_BEHIND_ALL = 100
"""Position of what a mailbox calls the conversation: whatever the mail itself names is nearer."""
_THREAD_INDEX = 22
"""Bytes of a Thread-Index that all mails of a conversation share ([MS-OXOMSG] 2.2.1.3): a time and a GUID."""


def references_of(message: Message) -> list[str]:
    """The mail's own Message-ID first, then what it answers, nearest first; last its provider's thread."""
    named = (message.message_id, *message.in_reply_to, *reversed(message.references))
    found = list(dict.fromkeys(reference for reference in named if reference))[:_MAX_REFERENCES]
    return [*found, *_provider_thread(message)]


def _provider_thread(message: Message) -> list[str]:
    """Exchange's name of the conversation, which it keeps where References are lost."""
    written = message.headers.get("thread-index")
    if not written:
        return []
    try:
        index = base64.b64decode(written, validate=False)[:_THREAD_INDEX]
    except (binascii.Error, ValueError):
        return []
    return [f"{PROVIDER_THREAD}{index.hex()}"] if len(index) == _THREAD_INDEX else []


def trace_of(message: Message) -> SubjectTrace:
    """By what a mail is recognised when a reply does not name it."""
    return SubjectTrace(
        base=base_subject(message.subject),
        at=message.received_at,
        sender=message.sender.address if message.sender else "",
        sender_name=message.sender.name if message.sender else "",
        people=frozenset(address.address for _, address in message.named),
        quoted=quoted_writers((h.sender.name, h.sender.address) for h in message.zones.headers if h.sender),
        orphan=is_orphan(message),
    )


def is_orphan(message: Message) -> bool:
    """Whether it is a reply by its subject that names no mail."""
    return is_reply(message.subject) and not message.in_reply_to and not message.references


def join_threads(
    connection: Connection, messages: Mapping[str, Message], references: Mapping[str, Sequence[str]]
) -> dict[str, str]:
    """Join new messages with each other and with those held; a thread is called after its smallest member.

    Args:
        connection: Inside a transaction.
        messages: By key.
        references: What each of them names, see ``references_of``.

    Returns:
        Key of each message to its thread. Threads held so far are renamed where they became one.
    """
    links = _Links()
    for key, named in references.items():
        links.join(key, key)
        for reference in named:
            links.join(key, f"<{reference}")
    former = _join_by_reference(connection, links, references.values())
    former |= _join_by_subject(connection, links, messages)
    _rename(connection, {thread: links.name(thread) for thread in sorted(former)})
    return {key: links.name(key) for key in messages}


def join_provider_threads(connection: Connection, keys: Iterable[str]) -> None:
    """Join messages that lie in one conversation of some mailbox, whichever of their copies came first.

    Each copy has the name its own mailbox gave, so that a message that lies in two joins what either holds.

    Args:
        connection: Inside a transaction, in which messages and items are written already.
        keys: Of the messages of which a copy came.
    """
    rows = _provider_references(connection, keys)
    if not rows:
        return
    insert_missing(connection, tables.message_reference, rows)
    links, known = _Links(), tables.message_reference
    former = set()
    query = select(known.c.reference, _MESSAGE.thread).join(tables.message, _MESSAGE.key == known.c.message)
    for some in chunks(sorted({row["reference"] for row in rows}), 5000):
        for reference, thread in connection.execute(query.where(known.c.reference.in_(some))):
            links.join(f"<{reference}", thread)
            former.add(thread)
    _rename(connection, {thread: links.name(thread) for thread in sorted(former)})


def _provider_references(connection: Connection, keys: Iterable[str]) -> list[dict[str, Any]]:
    """What mailboxes call the conversations of messages, as references that these do not have yet."""
    item, known = tables.item.c, tables.message_reference.c
    found: set[tuple[str, str]] = set()
    for some in chunks(sorted(keys), 5000):
        named = select(item.message, item.source, item.provider_thread).where(
            item.message.in_(some), item.provider_thread != ""
        )
        found |= {
            (message, key_text(f"{PROVIDER_THREAD}{source}:{thread}"))
            for message, source, thread in connection.execute(named)
        }
        if not found:
            continue
        had = select(known.message, known.reference).where(known.message.in_(some), known.position == _BEHIND_ALL)
        found -= {(row.message, row.reference) for row in connection.execute(had)}
    return [{"message": m, "reference": reference, "position": _BEHIND_ALL} for m, reference in sorted(found)]


def _join_by_reference(connection: Connection, links: "_Links", references: Iterable[Sequence[str]]) -> set[str]:
    known = tables.message_reference
    query = select(known.c.reference, tables.message.c.thread).join(
        tables.message, tables.message.c.key == known.c.message
    )
    former = set()
    for some in chunks(sorted({reference for named in references for reference in named}), 5000):
        for reference, thread in connection.execute(query.where(known.c.reference.in_(some))):
            links.join(f"<{reference}", thread)
            former.add(thread)
    return former


def _join_by_subject(connection: Connection, links: "_Links", messages: Mapping[str, Message]) -> set[str]:
    """Join replies that name no mail with those they may answer, whichever of the two came first."""
    traces = {key: trace for key, m in messages.items() if (trace := trace_of(m)).base}
    by_base: dict[str, list[tuple[str, SubjectTrace]]] = {}
    for key, trace in traces.items():
        by_base.setdefault(trace.base, []).append((key, trace))
    former = set()
    for thread, trace in _held_traces(connection, traces):
        for key, other in by_base[trace.base]:
            if may_answer(trace, other) or may_answer(other, trace):
                links.join(key, thread)
                former.add(thread)
    for alike in by_base.values():
        for key, reply in alike:
            for answered, mail in alike if reply.orphan else ():
                if answered != key and may_answer(reply, mail):
                    links.join(key, answered)
    return former


def _held_traces(connection: Connection, traces: Mapping[str, SubjectTrace]) -> list[tuple[str, SubjectTrace]]:
    """Thread and trace of messages in the store that one of these may answer, or that may answer one of these."""
    found: dict[str, Any] = {}
    for some in chunks(sorted({trace.base for trace in traces.values()}), 500):
        bases = set(some)
        alike = [trace for trace in traces.values() if trace.base in bases]
        replies = [trace for trace in alike if trace.orphan]
        answering = _TRACED.where(_MESSAGE.orphan, _spanning(alike, after=ANSWERED_WITHIN))
        found |= {row.key: row for row in connection.execute(answering)}
        if replies:
            answered = _TRACED.where(_spanning(replies, before=ANSWERED_WITHIN))
            found |= {row.key: row for row in connection.execute(answered)}
    rows = [row for key, row in found.items() if key not in traces]
    people = _people(connection, [row.key for row in rows])
    return [
        (
            row.thread,
            SubjectTrace(
                base=row.base_subject,
                at=row.received_at,
                sender=row.sender,
                sender_name=row.sender_name,
                people=frozenset(people.get(row.key, ())),
                quoted=quoted_writers((h["name"], h["address"]) for h in row.quoted_headers),
                orphan=row.orphan,
            ),
        )
        for row in rows
    ]


_MESSAGE = tables.message.c
_TRACED = select(
    _MESSAGE.key,
    _MESSAGE.thread,
    _MESSAGE.base_subject,
    _MESSAGE.received_at,
    _MESSAGE.sender,
    _MESSAGE.sender_name,
    _MESSAGE.quoted_headers,
    _MESSAGE.orphan,
)


def _spanning(
    traces: Sequence[SubjectTrace], *, before: timedelta = timedelta(), after: timedelta = timedelta()
) -> ColumnElement[bool]:
    """Messages of these subjects from a while before the first of them to a while after the last."""
    times = [trace.at for trace in traces]
    return and_(
        _MESSAGE.base_subject.in_({trace.base for trace in traces}),
        _MESSAGE.received_at.between(min(times) - before, max(times) + after),
    )


def _people(connection: Connection, keys: Sequence[str]) -> dict[str, set[str]]:
    address = tables.message_address.c
    found: dict[str, set[str]] = {}
    for some in chunks(keys, 5000):
        for key, named in connection.execute(select(address.message, address.address).where(address.message.in_(some))):
            found.setdefault(key, set()).add(named)
    return found


def _rename(connection: Connection, names: Mapping[str, str]) -> None:
    """Give threads their new name. Whatever joins a thread changes whose turn it is there."""
    rows = [{"b_former": former, "b_thread": name} for former, name in names.items()]
    if not rows:
        return
    # Rows are long: those that would stay the same are spared.
    changes = or_(_MESSAGE.thread != bindparam("b_thread"), _MESSAGE.settled_with.is_not(None))
    connection.execute(
        update(tables.message)
        .where(_MESSAGE.thread == bindparam("b_former"), changes)
        .values(thread=bindparam("b_thread"), settled_with=None),
        rows,
    )


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
