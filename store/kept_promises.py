"""Promises kept outside their conversations: by a meeting, or as its note tells (SEMANTICS 2)."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Connection, or_, select, update

from domain.commitments import Commitment, Kept
from store import tables
from store.commitment_rows import kept_of, plain_commitment_of
from store.database import Store, chunks

NOT_KEPT: Final[Mapping[str, Any]] = {"met_at": None, "met_by": "", "met_why": ""}


def promises_around(store: Store, accounts: Sequence[str]) -> list[tuple[Commitment, Kept | None]]:
    """Promises of some accounts that a meeting may keep or has kept, each with what kept it so far.

    Those that their own conversations have ended since are among them: a meeting has no say in these any more.
    """
    table = tables.commitment
    concerned = or_(table.c.ended_at.is_(None), table.c.met_at.is_not(None))
    query = select(table).where(concerned, table.c.historic.is_(False)).order_by(table.c.id)
    with store.reading() as connection:
        return [
            (plain_commitment_of(row), kept_of(row))
            for some in chunks(sorted(accounts), 5000)
            for row in connection.execute(query.where(table.c.account.in_(some)))
        ]


def save_kept(store: Store, kept: Mapping[str, Kept | None]) -> None:
    """Write what keeps some promises, by id, in one transaction; None where nothing outside does."""
    table = tables.commitment
    if not kept:
        return
    with store.writing() as connection:
        for promise, by in kept.items():
            values = {"met_at": by.at, "met_by": by.by, "met_why": by.why} if by else NOT_KEPT
            connection.execute(update(table).where(table.c.id == promise).values(values))


def kept_facts(connection: Connection, conversations: Sequence[str]) -> dict[str, dict[str, Any]]:
    """What keeps promises of some conversations from outside, by id, before they are replaced.

    The next stage judges it anew; until then nothing is called broken that is known to be kept.
    """
    table = tables.commitment
    query = select(table.c.id, *(table.c[name] for name in NOT_KEPT)).where(table.c.met_at.is_not(None))
    return {
        row.id: {name: getattr(row, name) for name in NOT_KEPT}
        for some in chunks(conversations, 5000)
        for row in connection.execute(query.where(table.c.conversation.in_(some)))
    }
