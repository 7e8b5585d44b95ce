"""Stage 2: messages whose words have not been read for signals by this version."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, and_, delete, exists, func, or_, select, update

from domain.accounts import Direction
from domain.signals import Signal
from store import tables
from store.database import Store, chunks, insert_missing
from store.records import sent_at, signal_row

ANSWERED_CHARACTERS: Final = 1_000
"""How much of the mail before is read to understand the one that answers it."""


@dataclass(frozen=True, slots=True)
class Unread:
    """The new words of a message, when in the sender's day they were written, and what they are said to.

    Attributes:
        key: Of the message.
        text: The reply text.
        sent_at: In the sender's offset.
        language: ISO 639-1, or ``und``.
        subject: Of the mail.
        sender: Address, ``""`` when there is none.
        answers: The beginning of what the mail quotes, else of the mail it answers; ``""`` for a forward.
        forwards: What it forwards among ourselves (D4.20), None for all others.
    """

    key: str
    text: str
    sent_at: datetime
    language: str
    subject: str
    sender: str = ""
    answers: str = ""
    forwards: "Forwarded | None" = None


@dataclass(frozen=True, slots=True)
class Forwarded:
    """A mail inside another: its header as far as it is told, and the text from there on; ``to`` may be empty."""

    sender: str
    sent_at: datetime | None
    subject: str
    text: str
    to: tuple[str, ...] = ()


def unread(store: Store, version: str, *, allow: Collection[str], limit: int) -> list[Unread]:
    """The next messages to read. Automatic mail says nothing to us, unless its sender is allowed (D4.17, D4.18).

    What only a list of ours made bulk was written by a person.
    """
    message = tables.message
    stale = or_(message.c.read_with.is_(None), message.c.read_with != version)
    human = or_(message.c.automatic == "", message.c.own_list, message.c.sender.in_(sorted(allow)))
    query = select(message).where(stale, human).order_by(message.c.key).limit(limit)
    with store.reading() as connection:
        rows = connection.execute(query).all()
        before = _answered(connection, [row.key for row in rows if not row.quoted_text])
    return [
        Unread(
            row.key,
            row.reply_text,
            sent_at(row),
            row.language,
            row.subject,
            row.sender,
            _quoted(row) or before.get(row.key, ""),
            _forwarded(row),
        )
        for row in rows
    ]


def _forwarded(row: Any) -> Forwarded | None:
    if not (row.forwarded and row.direction == Direction.INTERNAL and row.quoted_headers):
        return None
    header = row.quoted_headers[0]
    sent = datetime.fromisoformat(header["sent_at"]) if header["sent_at"] else None
    return Forwarded(header["address"], sent, header["subject"], row.quoted_text, tuple(header["to"]))


def _quoted(row: Any) -> str:
    """What is forwarded is shown, not answered."""
    return "" if row.forwarded else str(row.quoted_text[:ANSWERED_CHARACTERS])


def _answered(connection: Connection, keys: Sequence[str]) -> dict[str, str]:
    """The beginnings of the mails that some mails answer, as far as they are held."""
    answer, named, before = tables.message.alias(), tables.message_reference, tables.message.alias()
    # The first mail named that is not the mail itself is the one answered; those further back were answered by others.
    nearer = named.alias()
    nearest = ~exists().where(
        nearer.c.message == named.c.message,
        nearer.c.position < named.c.position,
        nearer.c.reference != answer.c.message_id,
    )
    query = (
        select(answer.c.key, func.substr(before.c.reply_text, 1, ANSWERED_CHARACTERS))
        .join(named, named.c.message == answer.c.key)
        .join(before, and_(before.c.message_id == named.c.reference, before.c.key != answer.c.key))
        .where(named.c.reference != answer.c.message_id, nearest)
        .order_by(answer.c.key, before.c.key.desc())
    )
    found: dict[str, str] = {}
    for some in chunks(keys, 5000):
        found |= dict(connection.execute(query.where(answer.c.key.in_(some))).all())
    return found


def read_answers_again(connection: Connection, message_ids: Collection[str]) -> None:
    """Have the answers to some mails read again that quote nothing: they were understood without what they answer."""
    message, named = tables.message, tables.message_reference
    for some in chunks(sorted(filter(None, message_ids)), 5000):
        answering = select(named.c.message).where(named.c.reference.in_(some))
        concerned = and_(message.c.key.in_(answering), message.c.message_id.not_in(some))
        alone = and_(message.c.quoted_text == "", message.c.read_with.is_not(None))
        connection.execute(update(message).where(concerned, alone).values(read_with=None))


def save_signals(store: Store, found: Sequence[tuple[str, tuple[Signal, ...]]], *, version: str) -> int:
    """Replace the signals of a batch of messages in one transaction; whose turn it is must be asked again.

    Returns:
        Number of signals written.
    """
    keys = [key for key, _ in found]
    rows = [signal_row(signal, key, n) for key, signals in found for n, signal in enumerate(signals)]
    message = tables.message
    with store.writing() as connection:
        connection.execute(delete(tables.signal).where(tables.signal.c.message.in_(keys)))
        insert_missing(connection, tables.signal, rows)
        connection.execute(update(message).where(message.c.key.in_(keys)).values(read_with=version, settled_with=None))
    return len(rows)
