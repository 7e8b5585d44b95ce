"""Contacts that mail tells of: whose signature says what, who writes from elsewhere, and what was decided about it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, func, select

from domain.account_changes import Change
from domain.accounts import Direction
from domain.contacts import ContactDecision, Proposal, Source, Verdict
from domain.visibility import Visibility
from store import tables
from store.book_changes import note_changes
from store.database import Store, upsert
from store.queries.accounts import find_account
from store.queries.visibility import restricted, visibilities
from store.records import short_key

FIELD = "contact"
"""Under which decisions about contacts stand in the history of the book."""
_LATEST = 5
"""So many of a person's mails with a signature are looked at: the last one often has the short form."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A mail that tells of a contact.

    Attributes:
        address, name: Of its writer, as in the header.
        account_id, account: Whose contact it is, or may be.
        signature: As written.
    """

    address: str
    name: str
    account_id: str
    account: str
    signature: str
    message_id: str
    at: datetime


def signed_mails(store: Store, account: str | None = None) -> list[Told]:
    """The latest mails with a signature of each client's person, latest first, of one account or all.

    Raises:
        NotFoundError: There is no such account.
    """
    message, party = tables.message, tables.message_address
    newest = func.row_number().over(
        partition_by=party.c.address, order_by=(message.c.received_at.desc(), message.c.key)
    )
    with store.reading() as connection:
        query = (
            _mails(party.c.account, newest.label("newest"))
            .join(tables.account, tables.account.c.id == party.c.account)
            .where(party.c.side == "client", message.c.signature != "")
        )
        if account is not None:
            query = query.where(party.c.account == find_account(connection, account).id)
        latest = query.subquery()
        rows = select(latest).where(latest.c.newest <= _LATEST).order_by(latest.c.at.desc(), latest.c.key)
        return _told(connection, rows)


def outside_mails(store: Store, account: str | None = None) -> list[Told]:
    """Mails in a conversation of an account from an address that nobody has (D4.21), latest first.

    Raises:
        NotFoundError: There is no such account.
    """
    message, party, links = tables.message, tables.message_address, tables.message_account
    before, known = message.alias(), links.alias()
    within = (
        select(before.c.key)
        .join(known, known.c.message == before.c.key)
        .where(before.c.conversation == message.c.conversation, before.c.received_at < message.c.received_at)
        .where(known.c.account == links.c.account)
        .exists()
    )
    with store.reading() as connection:
        query = (
            _mails(links.c.account)
            .join(links, links.c.message == message.c.key)
            .join(tables.account, tables.account.c.id == links.c.account)
            .where(party.c.side == "other", message.c.direction == Direction.INBOUND, within)
        )
        if account is not None:
            query = query.where(links.c.account == find_account(connection, account).id)
        return _told(connection, query.order_by(message.c.received_at.desc(), message.c.key))


def _mails(account: Any, *more: Any) -> Select[Any]:
    """Mails that a person wrote, with what ``Told`` takes from them; the caller joins the account."""
    message, party = tables.message, tables.message_address
    facts = (message.c.key, message.c.message_id, message.c.signature, message.c.received_at.label("at"))
    whose = (party.c.address, party.c.name, account.label("account_id"), tables.account.c.name.label("of"))
    return (
        select(*facts, *whose, *more)
        .select_from(message)
        .join(party, party.c.message == message.c.key)
        .where(party.c.role == "from", message.c.automatic == "")
    )


def _told(connection: Connection, query: Select[Any]) -> list[Told]:
    """Those of the mails whose words everybody may read."""
    rows = connection.execute(query).all()
    closed = set()
    if restricted(connection):
        levels = visibilities(connection, {row.key for row in rows})
        closed = {key for key, level in levels.items() if level < Visibility.EVERYTHING}
    return [
        Told(
            address=row.address,
            name=row.name,
            account_id=row.account_id,
            account=row.of,
            signature=row.signature,
            message_id=row.message_id,
            at=row.at,
        )
        for row in rows
        if row.key not in closed
    ]


def client_names(store: Store, accounts: Iterable[str]) -> dict[str, set[str]]:
    """Display names of the people of accounts, lower-cased, by account; a first name alone tells nobody apart."""
    party = tables.message_address.c
    query = select(party.account, party.name).where(party.account.in_(sorted(set(accounts))), party.name.contains(" "))
    found: dict[str, set[str]] = {}
    with store.reading() as connection:
        for account, name in connection.execute(query.distinct()):
            found.setdefault(account, set()).add(" ".join(name.casefold().split()))
    return found


def proposal_id(source: Source, *parts: str) -> str:
    """The short name of a proposal: the same for the same words, whichever mail says them."""
    return short_key("c", source, *parts)


def contact_decisions(store: Store) -> list[ContactDecision]:
    """The latest decision about each proposal, in the order they were made."""
    table = tables.contact_decision
    with store.reading() as connection:
        rows = connection.execute(select(table).order_by(table.c.at, table.c.id)).all()
        return [
            ContactDecision(proposal=_proposal_of(row), word=Verdict(row.decision), at=row.at, by=row.actor)
            for row in rows
        ]


def _proposal_of(row: Any) -> Proposal:
    told: Mapping[str, Any] = row.details
    return Proposal(
        id=row.id,
        source=Source(row.source),
        account_id=row.account,
        account=told["account"],
        address=row.address,
        details=dict(told["details"]),
        quote=told["quote"],
        message_id=told["message_id"],
        at=datetime.fromisoformat(told["at"]),
    )


def save_contact_decision(store: Store, decision: ContactDecision, *, noted: Change | None) -> None:
    """Remember a decision, and note it in the history of the book unless the change of the book is noted already."""
    proposal = decision.proposal
    row = {
        "id": proposal.id,
        "source": proposal.source,
        "decision": decision.word,
        "account": proposal.account_id,
        "address": proposal.address,
        "details": {
            "account": proposal.account,
            "details": proposal.details,
            "quote": proposal.quote,
            "message_id": proposal.message_id,
            "at": proposal.at.isoformat(),
        },
        "at": decision.at,
        "actor": decision.by,
    }
    with store.writing() as connection:
        upsert(connection, tables.contact_decision, [row])
        if noted is not None:
            note_changes(connection, [noted], actor=decision.by, at=decision.at)
