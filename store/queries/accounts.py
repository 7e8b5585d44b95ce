"""The account book as stored, and who is not in it yet."""

import difflib
import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, String, cast, func, or_, select

from domain.accounts import Account
from domain.errors import NotFoundError
from domain.triage import Decision
from domain.visibility import HIDDEN, Visibility
from store import tables
from store.database import Store
from store.queries.visibility import restricted, visibilities
from store.records import account_of


def find_account(connection: Connection, named: str) -> Account:
    """Find an account by id, name, domain, or the first words of its name when no other begins so.

    Raises:
        NotFoundError: None is called so; the sentence names the nearest.
    """
    wanted = named.strip().casefold()
    account = tables.account.c
    named_so = connection.execute(select(tables.account).where(account.id == wanted)).first()
    if named_so:
        return account_of(named_so)
    called = or_(
        func.lower(account.name) == wanted,
        cast(account.domains, String).contains(json.dumps(wanted), autoescape=True),
    )
    # A database does not know all capitals, so a name it does not find is looked for among all.
    likely, every = select(tables.account).where(called), select(tables.account)
    known: list[Account] = []
    for query in (likely, every):
        known = [account_of(row) for row in connection.execute(query.order_by(account.name))]
        for found in known:
            if wanted in {found.name.casefold(), *found.domains}:
                return found
    begins = [account for account in known if account.name.casefold().startswith(f"{wanted} ")]
    if len(begins) == 1:
        return begins[0]
    names = [account.name for account in known]
    near = difflib.get_close_matches(named, names, n=1, cutoff=0.5)
    advice = f"Did you mean “{near[0]}”?" if near else "`accountline accounts list` shows them all."
    raise NotFoundError(f"There is no account “{named}”. {advice}")


def accounts(store: Store, *, now: datetime) -> list[dict[str, Any]]:
    """List the account book with how much is known of each (INTERFACE: ``accounts list``)."""
    links, message, obligation = tables.message_account, tables.message, tables.obligation
    talk = (
        select(links.c.account, func.count().label("messages"), func.max(links.c.at).label("last"))
        .join(message, message.c.key == links.c.message)
        .where(links.c.at <= now)
        .group_by(links.c.account)
        .subquery()
    )
    waits = (
        select(obligation.c.account, func.count().label("open"))
        .where(
            obligation.c.clock_start <= now,
            or_(obligation.c.cleared_at.is_(None), obligation.c.cleared_at > now),
            obligation.c.historic.is_(False),
            obligation.c.side == "ours",
        )
        .group_by(obligation.c.account)
        .subquery()
    )
    query = (
        select(tables.account, talk.c.messages, talk.c.last, waits.c.open)
        .outerjoin(talk, talk.c.account == tables.account.c.id)
        .outerjoin(waits, waits.c.account == tables.account.c.id)
        .order_by(func.lower(tables.account.c.name))
    )
    with store.reading() as connection:
        return [
            {
                "id": row.id,
                "name": row.name,
                "domains": row.domains,
                "contacts": row.contacts,
                "tier": row.tier,
                "owner": row.owner,
                "backup": row.backup,
                "messages": row.messages or 0,
                "last_contact": row.last,
                "open": row.open or 0,
            }
            for row in connection.execute(query)
        ]


def triage(store: Store, *, ignored: bool = False, every: bool = False) -> list[dict[str, Any]]:
    """Unknown domains and free-mail people who exchange mail or meet with us, most mail first (SEMANTICS 1).

    Mail and calendar entries that name nobody at all are listed under the empty domain: nothing is dropped silently.

    Args:
        store: What to read.
        ignored: Those that somebody decided to ignore, instead of those that wait.
        every: All of them, whatever was decided.
    """
    found: dict[str, dict[str, Any]] = {}
    with store.reading() as connection:
        for domain, address, row in _unknown_mail(connection):
            _count(found, domain, address, "messages", row)
        for domain, address, row in _unknown_meetings(connection):
            _count(found, domain, address, "meetings", row)
        decision = tables.triage_decision
        query = select(decision.c.name).where(decision.c.decision == Decision.IGNORE)
        hidden = set(connection.execute(query).scalars())
        found = {domain: entry for domain, entry in found.items() if every or (domain in hidden) == ignored}
        if restricted(connection):
            levels = visibilities(connection, {entry["latest"] for entry in found.values()})
            for entry in found.values():
                if levels.get(entry["latest"], Visibility.EVERYTHING) < Visibility.SUBJECT:
                    entry["last_subject"] = HIDDEN
    for entry in found.values():
        del entry["latest"]
        entry["messages"] = len(entry["messages"])
        entry["meetings"] = len(entry["meetings"])
        entry["addresses"] = sorted(entry["addresses"] - {""})
    return sorted(found.values(), key=lambda entry: (-entry["messages"], -entry["meetings"], entry["domain"]))


def _unknown_mail(connection: Connection) -> Iterator[tuple[str, str, Any]]:
    party, message, links = tables.message_address, tables.message, tables.message_account
    facts = (message.c.key, message.c.received_at.label("at"), message.c.subject.label("title"))
    outside = party.c.role != "reply_to"
    unknown = (
        select(party.c.domain, party.c.address, *facts)
        .join(message, message.c.key == party.c.message)
        .where(party.c.side == "other", outside)
        .where(~select(links.c.message).where(links.c.message == message.c.key).exists())
        .order_by(message.c.received_at, message.c.key)
    )
    named = select(party.c.message).where(party.c.message == message.c.key, outside).exists()
    nobody = select(*facts).where(~named).order_by(message.c.received_at, message.c.key)
    yield from ((row.domain, row.address, row) for row in connection.execute(unknown))
    yield from (("", "", row) for row in connection.execute(nobody))


def _unknown_meetings(connection: Connection) -> Iterator[tuple[str, str, Any]]:
    event, links = tables.event, tables.event_account
    query = (
        select(event.c.key, event.c.starts_at.label("at"), event.c.title, event.c.strangers, event.c.own)
        .where(~select(links.c.event).where(links.c.event == event.c.key).exists(), event.c.private.is_(False))
        .order_by(event.c.starts_at, event.c.key)
    )
    for row in connection.execute(query):
        # Among our own people it is internal; where nobody at all is named, nothing says whose it is.
        nobody = [] if row.own else [("", "")]
        yield from ((domain, address, row) for address, domain in row.strangers or nobody)


def _count(found: dict[str, dict[str, Any]], domain: str, address: str, what: str, row: Any) -> None:
    fresh = {
        "domain": domain,
        "addresses": set(),
        "messages": set(),
        "meetings": set(),
        "first": row.at,
        "last": row.at,
    }
    entry = found.setdefault(domain, fresh | {"last_subject": row.title, "latest": row.key})
    entry["addresses"].add(address)
    entry[what].add(row.key)
    entry["first"] = min(entry["first"], row.at)
    if row.at >= entry["last"]:
        entry |= {"last": row.at, "last_subject": row.title, "latest": row.key}
