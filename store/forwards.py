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
    """Take forwards for internal talk whose original is in the store, or which another colleague forwarded before.

    The original asks for itself, and one mail asks once, however many bring it.
    """
    forwards = [message for thread in threads for message in thread if message.forwards]
    known = _received(connection, {m.forwards.sender for m in forwards if m.forwards})
    brought = _brought(connection, {base_subject(m.subject) for m in forwards})
    held = {m.key for m in forwards if _is_held(m, known) or _was_brought_before(m, brought)}
    return [[replace(m, forwards=None) if m.key in held else m for m in thread] for thread in threads]


_Place = tuple[datetime, str]
"""Which of several came first: when it was received, and its key."""


def _brought(connection: Connection, subjects: set[str]) -> dict[str, list[tuple[_Place, ForwardedMail]]]:
    """All forwards under some subjects, by who wrote the original."""
    message = tables.message.c
    named = (message.key, message.received_at, message.direction, message.forwarded, message.quoted_headers)
    found: dict[str, list[tuple[_Place, ForwardedMail]]] = {}
    for some in chunks(sorted(subjects - {""}), 500):
        forwards = (message.base_subject.in_(some), message.direction == Direction.INTERNAL, message.forwarded)
        for row in connection.execute(select(*named).where(*forwards)):
            if original := forwarded_mail(row):
                found.setdefault(original.sender, []).append(((row.received_at, row.key), original))
    return found


def _was_brought_before(message: ThreadMessage, brought: dict[str, list[tuple[_Place, ForwardedMail]]]) -> bool:
    mine, place = message.forwards, (message.at, message.key)
    return mine is not None and any(
        before < place and _is_same(mine, original) for before, original in brought.get(mine.sender, ())
    )


def _is_same(one: ForwardedMail, other: ForwardedMail) -> bool:
    """Whether two forwards bring the same mail of a sender: of the same minute, whatever zone each was written in."""
    if one.sent_at is None or other.sent_at is None or base_subject(one.subject) != base_subject(other.subject):
        return False
    apart = abs(one.sent_at - other.sent_at)
    return apart <= _APART and apart % timedelta(hours=1) < timedelta(minutes=1)


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
    """Have forwards looked at again whose original, or an earlier forward of it, may be among some messages."""
    message = tables.message.c
    named = (message.key, message.thread, message.base_subject, message.sender, message.received_at)
    headers = (message.direction, message.forwarded, message.quoted_headers)
    originals: set[tuple[str, str]] = set()
    first: dict[tuple[str, str], _Place] = {}
    awake: set[str] = set()
    for some in chunks(keys, 5000):
        for row in connection.execute(select(*named, *headers).where(message.key.in_(some))):
            awake.add(row.thread)
            if row.direction == Direction.INBOUND:
                originals.add((row.sender, row.base_subject))
            elif original := forwarded_mail(row):
                what, place = (original.sender, row.base_subject), (row.received_at, row.key)
                first[what] = min(place, first.get(what, place))
    threads: set[str] = set()
    for some in chunks(sorted({subject for _, subject in (*originals, *first)} - {""}), 500):
        forwards = (message.base_subject.in_(some), message.direction == Direction.INTERNAL, message.forwarded)
        for row in connection.execute(select(*named, *headers).where(*forwards)):
            original = forwarded_mail(row)
            what, place = (original.sender if original else "", row.base_subject), (row.received_at, row.key)
            # Only what came later: two that wake each other would never rest.
            if what in originals or (what in first and first[what] < place):
                threads.add(row.thread)
    for few in chunks(sorted(threads - awake), 5000):
        connection.execute(update(tables.message).where(message.thread.in_(few)).values(settled_with=None))
