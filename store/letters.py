"""Mails of ours that may answer what was asked in another conversation (D4.9)."""

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, func, select

from domain.accounts import Direction
from domain.conversations import ThreadMessage
from domain.mail import Automatic
from store import tables
from store.crossing import Sketch
from store.database import Store, chunks
from store.settling import beginnings, thread_messages

_LONGEST = timedelta(days=21)
"""Days after their last mail that surely hold three business days."""
_QUOTED = 20_000
"""Characters of what a mail quotes that are looked at."""


@dataclass(frozen=True, slots=True)
class SentMail:
    """A mail of ours with what tells whether it is an answer.

    Attributes:
        message: The mail.
        text: The beginning of its new words.
        quoted: The beginning of what it quotes.
        failed: Addresses that did not get it, as bounces in its conversation tell (D4.22).
    """

    message: ThreadMessage
    text: str
    quoted: str
    failed: frozenset[str]


def sent_while_waiting(store: Store, waiting: Iterable[Sketch]) -> dict[str, set[str]]:
    """Find our mails to the contact of each obligation, in other conversations, while it waited.

    Returns:
        Obligation id to keys of mails; obligations without any are left out.
    """
    by_contact: dict[str, list[Sketch]] = {}
    for sketch in waiting:
        by_contact.setdefault(sketch.contact, []).append(sketch)
    found: dict[str, set[str]] = {}
    with store.reading() as connection:
        for contact, sent in _sent_to(connection, by_contact).items():
            times = [at for at, _, _ in sent]
            for sketch in by_contact[contact]:
                last = sketch.asked_at + _LONGEST
                until = min(last, sketch.cleared_at or last)
                near = sent[bisect_right(times, sketch.clock_start) : bisect_left(times, until)]
                if keys := {key for _, conversation, key in near if conversation != sketch.conversation}:
                    found[sketch.id] = keys
    return found


def sent_mails(store: Store, keys: Iterable[str]) -> list[SentMail]:
    """Read mails of ours."""
    found: list[SentMail] = []
    with store.reading() as connection:
        for some in chunks(sorted(set(keys)), 5000):
            messages = [m for _, m in thread_messages(connection, tables.message.c.key.in_(some))]
            words, quoted = beginnings(connection, some), _quoted(connection, some)
            failed = _failed(connection, {m.conversation for m in messages})
            found += [
                SentMail(m, words[m.key], quoted[m.key], failed.get(m.conversation, frozenset())) for m in messages
            ]
    return found


def _sent_to(connection: Connection, contacts: Collection[str]) -> dict[str, list[tuple[datetime, str, str]]]:
    """(time, conversation, key) of our mails, by the address they went to, oldest first."""
    party, message = tables.message_address, tables.message
    query = (
        select(party.c.address, message.c.received_at, message.c.conversation, message.c.key)
        .join(message, message.c.key == party.c.message)
        .where(message.c.direction == Direction.OUTBOUND, party.c.role.in_(("to", "cc")))
        .order_by(message.c.received_at, message.c.key)
    )
    found: dict[str, list[tuple[datetime, str, str]]] = {}
    for some in chunks(sorted(contacts), 500):
        for row in connection.execute(query.where(party.c.address.in_(some))):
            found.setdefault(row.address, []).append((row.received_at, row.conversation, row.key))
    return found


def _quoted(connection: Connection, keys: Sequence[str]) -> dict[str, str]:
    message = tables.message
    query = select(message.c.key, func.substr(message.c.quoted_text, 1, _QUOTED)).where(message.c.key.in_(keys))
    return dict(connection.execute(query).all())


def _failed(connection: Connection, conversations: set[str]) -> dict[str, frozenset[str]]:
    message = tables.message
    query = select(message.c.conversation, message.c.failed_recipients).where(
        message.c.conversation.in_(sorted(conversations)), message.c.automatic == Automatic.BOUNCE
    )
    found: dict[str, frozenset[str]] = {}
    for conversation, failed in connection.execute(query):
        found[conversation] = found.get(conversation, frozenset()) | {address.lower() for address in failed}
    return found
