"""Stage 2: messages whose words have not been read for signals by this version."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, or_, select, update

from domain.signals import Signal
from store import tables
from store.database import Store, insert_missing
from store.records import sent_at, signal_row


@dataclass(frozen=True, slots=True)
class Unread:
    """The new words of a message, and when in the sender's day they were written."""

    key: str
    text: str
    sent_at: datetime
    language: str
    subject: str


def unread(store: Store, version: str, *, allow: Collection[str], limit: int) -> list[Unread]:
    """The next messages to read. Automatic mail says nothing to us, unless its sender is allowed (D4.17, D4.18).

    What only a list of ours made bulk was written by a person.
    """
    message = tables.message
    stale = or_(message.c.read_with.is_(None), message.c.read_with != version)
    human = or_(message.c.automatic == "", message.c.own_list, message.c.sender.in_(sorted(allow)))
    query = select(message).where(stale, human).order_by(message.c.key).limit(limit)
    with store.reading() as connection:
        return [
            Unread(row.key, row.reply_text, sent_at(row), row.language, row.subject)
            for row in connection.execute(query)
        ]


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
