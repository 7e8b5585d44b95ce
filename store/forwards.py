"""Mails that colleagues forward to us, and whether the originals are in the store (D4.20)."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, select, update

from domain.accounts import Direction
from domain.conversations import ForwardedMail, ThreadMessage
from domain.subjects import base_subject
from store import tables
from store.database import chunks

_APART = timedelta(hours=26)
"""How far the time in a forward may lie from that of the original: zones are often left out."""
_BEFORE = timedelta(days=30)


def forwarded_mail(row: Any) -> ForwardedMail | None:
    """What an internal mail forwards, as the header inside it tells."""
    if not (row.forwarded and row.direction == Direction.INTERNAL and row.quoted_headers):
        return None
    header = row.quoted_headers[0]
    if not header["address"]:
        return None
    return ForwardedMail(
        sender=header["address"],
        sender_name=header["name"],
        sent_at=datetime.fromisoformat(header["sent_at"]) if header["sent_at"] else None,
        subject=header["subject"],
    )


def without_known_forwards(
    connection: Connection, threads: Sequence[Sequence[ThreadMessage]]
) -> list[list[ThreadMessage]]:
    """Take forwards for internal talk whose original is in the store: it asks for itself."""
    forwards = [message for thread in threads for message in thread if message.forwards]
    known = _received(connection, {m.forwards.sender for m in forwards if m.forwards})
    held = {message.key for message in forwards if _is_held(message, known)}
    return [[replace(m, forwards=None) if m.key in held else m for m in thread] for thread in threads]


def _received(connection: Connection, senders: set[str]) -> dict[tuple[str, str], list[datetime]]:
    message = tables.message
    found: dict[tuple[str, str], list[datetime]] = {}
    for some in chunks(sorted(senders), 500):
        query = select(message.c.sender, message.c.base_subject, message.c.received_at).where(
            message.c.sender.in_(some), message.c.direction == Direction.INBOUND
        )
        for sender, subject, at in connection.execute(query):
            found.setdefault((sender, subject), []).append(at)
    return found


def _is_held(message: ThreadMessage, received: dict[tuple[str, str], list[datetime]]) -> bool:
    original = message.forwards
    if original is None:
        return False
    times = received.get((original.sender, base_subject(original.subject or message.subject)), [])
    if original.sent_at is None:
        return any(message.at - _BEFORE <= at <= message.at for at in times)
    sent = original.sent_at
    return any(abs(at - sent) <= _APART for at in times)


def settle_forwards_again(connection: Connection, keys: Sequence[str]) -> None:
    """Have forwards looked at again whose original may be among some messages."""
    message = tables.message
    subjects: set[str] = set()
    for some in chunks(keys, 5000):
        query = select(message.c.base_subject).where(
            message.c.key.in_(some), message.c.direction == Direction.INBOUND, message.c.base_subject != ""
        )
        subjects.update(connection.execute(query).scalars())
    held = set(keys)
    for some in chunks(sorted(subjects), 500):
        query = select(message.c.key, message.c.thread).where(
            message.c.base_subject.in_(some), message.c.direction == Direction.INTERNAL, message.c.forwarded
        )
        threads = {row.thread for row in connection.execute(query) if row.key not in held}
        for few in chunks(sorted(threads), 5000):
            connection.execute(update(message).where(message.c.thread.in_(few)).values(settled_with=None))
