"""Decisions about unknown domains, and which of them write to us as people."""

from datetime import datetime

from sqlalchemy import func, select

from domain.account_changes import Change
from domain.accounts import Direction
from domain.triage import Decided, Decision
from store import tables
from store.book_changes import note_changes
from store.database import Store, upsert

FIELD = "triage"
"""Under which decisions that change no account stand in the history of the book."""


def decided(store: Store) -> dict[str, Decided]:
    """The latest decision of each domain or address on which there is one."""
    table = tables.triage_decision
    with store.reading() as connection:
        rows = connection.execute(select(table)).all()
    return {row.name: Decided(row.name, Decision(row.decision), row.account) for row in rows}


def save_decision(store: Store, fresh: Decided, *, actor: str, at: datetime) -> None:
    """Remember a decision. The book's history has those that change an account already; the others are noted there."""
    table = tables.triage_decision
    row = {"name": fresh.name, "decision": fresh.decision, "account": fresh.account, "at": at, "actor": actor}
    with store.writing() as connection:
        former = connection.execute(select(table).where(table.c.name == fresh.name)).first()
        upsert(connection, table, [row])
        before = f"ignore {fresh.name}" if former and former.decision == Decision.IGNORE else None
        after = f"ignore {fresh.name}" if fresh.decision is Decision.IGNORE else None
        if before != after:
            note_changes(connection, [Change("", FIELD, before, after)], actor=actor, at=at)


def people_at(store: Store) -> dict[str, str]:
    """Unknown domains from which a person wrote to us, each with the display name of who wrote last.

    Lists, robots and mail that is somebody's already do not count.
    """
    message, party, links = tables.message, tables.message_address, tables.message_account
    to_us = tables.message_address.alias()
    linked = select(links.c.message).where(links.c.message == message.c.key).exists()
    addressed = (
        select(to_us.c.message)
        .where(to_us.c.message == message.c.key, to_us.c.side == "own", to_us.c.role.in_(["to", "cc"]))
        .exists()
    )
    query = (
        select(party.c.domain, func.max(party.c.name))
        .join(message, message.c.key == party.c.message)
        .where(party.c.role == "from", party.c.side == "other", party.c.domain != "")
        .where(message.c.automatic == "", message.c.direction == Direction.INBOUND, addressed, ~linked)
        .group_by(party.c.domain)
        .order_by(party.c.domain)
    )
    with store.reading() as connection:
        return {row[0]: row[1] for row in connection.execute(query)}


def display_name(store: Store, address: str) -> str:
    """The name that a person's mail shows most lately, ``""`` for none."""
    party, message = tables.message_address, tables.message
    query = (
        select(party.c.name)
        .join(message, message.c.key == party.c.message)
        .where(party.c.address == address, party.c.name != "")
        .order_by(message.c.received_at.desc(), message.c.key)
        .limit(1)
    )
    with store.reading() as connection:
        return connection.execute(query).scalar() or ""
