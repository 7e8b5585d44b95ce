"""Stage 3: account links of messages and occurrences."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, delete, func, or_, select, update

from domain.account_changes import changes
from domain.accounts import Account
from domain.conversations import Attachment
from domain.events import Event
from domain.mail import Message
from store import tables
from store.book_changes import note_changes
from store.database import Store, insert_missing, upsert
from store.indexing import index_events, index_later
from store.reattaching import Stale, mark_stale
from store.records import account_of, event_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Unattached:
    """A message whose account links are missing or were made with another account book.

    Attributes:
        named: (role, display name, address) in header order.
        connected_at: When the first of its sources was connected.
        forwards: Address of who wrote the mail it forwards (D4.20).
    """

    key: str
    received_at: datetime
    reply_text: str
    automatic: str
    list_id: str
    named: list[tuple[str, str, str]] = field(default_factory=list)
    connected_at: datetime | None = None
    forwards: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EventLinks:
    """The links of one occurrence, to be written."""

    key: str
    at: datetime
    own: Sequence[str]
    clients: Sequence[str]
    strangers: Sequence[tuple[str, str]]
    accounts: dict[str, tuple[int, str]]
    titled: bool
    historic: bool
    absent: str = ""


def save_account_book(
    store: Store,
    accounts: Iterable[Account],
    *,
    actor: str = "account book",
    now: datetime | None = None,
    stale: Stale | None = None,
) -> None:
    """Mirror the account book, so that read commands need the store alone.

    Args:
        store: Where to.
        accounts: All of the book.
        actor: Who changed it, for the history of the book; the file itself where somebody edited it by hand.
        now: When; None keeps no history.
        stale: What must be attached again because of it, marked in the same transaction.
    """
    book = list(accounts)
    rows = [
        {
            "id": a.id,
            "name": a.name,
            "domains": list(a.domains),
            "contacts": list(a.contacts),
            "tier": a.tier,
            "owner": a.owner,
            "backup": a.backup,
            "timezone": a.timezone,
            "allow": list(a.allow),
        }
        for a in book
    ]
    with store.writing() as connection:
        if now is not None:
            former = [account_of(row) for row in connection.execute(select(tables.account))]
            note_changes(connection, changes(former, book), actor=actor, at=now)
        mark_stale(connection, stale or Stale())
        upsert(connection, tables.account, rows)
        known = [row["id"] for row in rows]
        connection.execute(delete(tables.account).where(tables.account.c.id.not_in(known)))
        # Gaps are judged account by account: those of one that left would never be looked at again.
        connection.execute(delete(tables.gap).where(tables.gap.c.account.not_in(known)))


def unattached(store: Store, version: str, *, limit: int) -> list[Unattached]:
    """The next messages to attach."""
    message, address = tables.message, tables.message_address
    stale = or_(message.c.attached_with.is_(None), message.c.attached_with != version)
    columns = ("key", "received_at", "reply_text", "automatic", "list_id", "forwarded", "quoted_headers")
    query = select(*(message.c[name] for name in columns)).where(stale).order_by(message.c.key).limit(limit)
    with store.reading() as connection:
        rows = list(connection.execute(query))
        keys = [row.key for row in rows]
        connected = _connected(connection, tables.item.c.message, keys)
        found = {
            row.key: Unattached(
                key=row.key,
                received_at=row.received_at,
                reply_text=row.reply_text,
                automatic=row.automatic,
                list_id=row.list_id,
                connected_at=connected.get(row.key),
                forwards=row.quoted_headers[0]["address"] if row.forwarded and row.quoted_headers else "",
            )
            for row in rows
        }
        named = (
            select(address.c.message, address.c.role, address.c.name, address.c.address)
            .where(address.c.message.in_(keys))
            .order_by(address.c.message, address.c.position)
        )
        for key, role, name, addr in connection.execute(named):
            found[key].named.append((role, name, addr))
    return list(found.values())


def _connected(connection: Connection, of: Any, keys: Sequence[str]) -> dict[str, datetime]:
    """When the first source that shows each of these was connected (D4.25)."""
    query = (
        select(of, func.min(tables.source.c.connected_at))
        .select_from(tables.item)
        .join(tables.source, tables.source.c.name == tables.item.c.source)
        .where(of.in_(keys))
        .group_by(of)
    )
    return dict(connection.execute(query).all())


def save_attachments(store: Store, attached: Sequence[tuple[Unattached, Attachment, bool]], *, version: str) -> None:
    """Write direction, parties and account links of a batch of (message, links, historic) in one transaction."""
    keys = [facts.key for facts, _, _ in attached]
    message, address = tables.message, tables.message_address
    links = [
        {"message": facts.key, "account": account, "at": facts.received_at, "reason": reason}
        for facts, attachment, _ in attached
        for account, reason in attachment.accounts.items()
    ]
    places = [
        {"b_message": facts.key, "b_position": n, "side": p.side, "account": p.account, "domain": p.domain}
        for facts, attachment, _ in attached
        for n, p in enumerate(attachment.parties)
    ]
    values = [{"b_key": facts.key, **_columns(a), "historic": historic} for facts, a, historic in attached]
    with store.writing() as connection:
        _unsettle_accounts(connection, tables.message_account, keys)
        connection.execute(delete(tables.message_account).where(tables.message_account.c.message.in_(keys)))
        insert_missing(connection, tables.message_account, links)
        if places:
            connection.execute(
                update(address).where(
                    address.c.message == bindparam("b_message"), address.c.position == bindparam("b_position")
                ),
                places,
            )
        if values:
            connection.execute(
                update(message)
                .where(message.c.key == bindparam("b_key"))
                .values(attached_with=version, settled_with=None),
                values,
            )
        index_later(connection, keys)


@dataclass(frozen=True, slots=True)
class Attacher:
    """How messages are attached: what says where one belongs and whether it is history (D4.25), and its version."""

    version: str
    attach: Callable[[Unattached], tuple[Attachment, bool]]


@dataclass(frozen=True, slots=True)
class NewLinks:
    """What a message is written with when it is attached at once.

    Attributes:
        message: Further columns of its row.
        places: Further columns of the rows of its addresses, in order.
        accounts: Rows of its links.
    """

    message: dict[str, Any]
    places: list[dict[str, Any]]
    accounts: list[dict[str, Any]]


def connected_since(connection: Connection) -> dict[str, datetime]:
    """When each source was connected, by name (D4.25)."""
    source = tables.source
    return dict(connection.execute(select(source.c.name, source.c.connected_at)).all())


def attach_new(
    attacher: Attacher,
    messages: Mapping[str, Message],
    lie_in: Mapping[str, set[str]],
    *,
    connected: Mapping[str, datetime],
) -> dict[str, NewLinks]:
    """Attach messages that are about to be written for the first time.

    Rows of messages are long, so that writing one twice costs more than all there is to decide about it.

    Args:
        attacher: How.
        messages: By key.
        lie_in: By key of those that are new, all sources they lie in.
        connected: When each source was connected.
    """
    found = {}
    for key, sources in lie_in.items():
        message = messages[key]
        facts = Unattached(
            key=key,
            received_at=message.received_at,
            reply_text=message.zones.reply_text,
            automatic=message.automatic or "",
            list_id=message.list_id,
            named=[(role, a.name, a.address) for role, a in message.named],
            connected_at=min(connected[name] for name in sources),
            forwards=_forwards(message),
        )
        found[key] = _new_links(facts, *attacher.attach(facts), version=attacher.version)
    return found


def _forwards(message: Message) -> str:
    sender = message.zones.headers[0].sender if message.zones.forwarded and message.zones.headers else None
    return sender.address if sender else ""


def _new_links(facts: Unattached, found: Attachment, historic: bool, *, version: str) -> NewLinks:
    return NewLinks(
        message=_columns(found) | {"historic": historic, "attached_with": version},
        places=[{"side": p.side, "account": p.account, "domain": p.domain} for p in found.parties],
        accounts=[
            {"message": facts.key, "account": account, "at": facts.received_at, "reason": reason}
            for account, reason in found.accounts.items()
        ],
    )


def _columns(found: Attachment) -> dict[str, Any]:
    return {"direction": found.direction, "names_us": found.names_us, "own_list": found.own_list}


def save_new_links(connection: Connection, links: Iterable[NewLinks]) -> None:
    """Write the account links of messages whose rows were just written."""
    rows = [row for new in links for row in new.accounts]
    insert_missing(connection, tables.message_account, rows)
    _forget_meetings(connection, sorted({row["account"] for row in rows}))


def _forget_meetings(connection: Connection, accounts: Any) -> None:
    account = tables.account
    concerned = account.c.id.in_(accounts)
    connection.execute(update(account).where(concerned, account.c.met_with.is_not(None)).values(met_with=None))


def _unsettle_accounts(connection: Connection, links: Any, keys: Sequence[str]) -> None:
    """Accounts that lose or gain something must have their meetings looked at again."""
    owner = links.c.message if "message" in links.c else links.c.event
    concerned = select(links.c.account).where(owner.in_(keys))
    _forget_meetings(connection, concerned)


def unattached_events(store: Store, version: str, *, limit: int) -> list[tuple[Event, list[str], datetime | None]]:
    """The next occurrences to attach: (occurrence, owners of the calendars showing it, first connected)."""
    event, copies = tables.event, tables.event_copy
    stale = or_(event.c.attached_with.is_(None), event.c.attached_with != version)
    with store.reading() as connection:
        rows = list(connection.execute(select(event).where(stale).order_by(event.c.key).limit(limit)))
        shown = (
            select(copies.c.event, tables.source.c.owner, tables.source.c.connected_at)
            .select_from(copies)
            .join(tables.item, tables.item.c.id == copies.c.item)
            .join(tables.source, tables.source.c.name == tables.item.c.source)
            .where(copies.c.event.in_([row.key for row in rows]))
            .order_by(tables.source.c.owner)
        )
        owners: dict[str, list[str]] = {}
        connected: dict[str, datetime] = {}
        for key, owner, at in connection.execute(shown):
            owners.setdefault(key, []).extend([owner] if owner else [])
            connected[key] = min(at, connected.get(key, at))
        _connected_by_mail(connection, {row.key: row.mails for row in rows if row.mails}, connected)
    return [(event_of(row), owners.get(row.key, []), connected.get(row.key)) for row in rows]


def _connected_by_mail(
    connection: Connection, mails: Mapping[str, Sequence[str]], connected: dict[str, datetime]
) -> None:
    """A source that shows an invitation shows its event (D4.25, D5.12)."""
    known = _connected(connection, tables.item.c.message, sorted({key for keys in mails.values() for key in keys}))
    for event, keys in mails.items():
        moments = [known[key] for key in keys if key in known]
        moments += [connected[event]] if event in connected else []
        if moments:
            connected[event] = min(moments)


def save_event_links(store: Store, found: Sequence[EventLinks], *, version: str) -> None:
    """Write the links of a batch of occurrences in one transaction."""
    keys = [links.key for links in found]
    event = tables.event
    rows = [
        {"event": links.key, "account": account, "at": links.at, "participants": count, "reason": reason}
        for links in found
        for account, (count, reason) in links.accounts.items()
    ]
    values = [
        {
            "b_key": links.key,
            "own": list(links.own),
            "clients": list(links.clients),
            "strangers": [list(stranger) for stranger in links.strangers],
            "titled": links.titled,
            "historic": links.historic,
            "absent": links.absent,
        }
        for links in found
    ]
    clients = [{"event": links.key, "address": address} for links in found for address in links.clients]
    with store.writing() as connection:
        _unsettle_accounts(connection, tables.event_account, keys)
        for table, new in ((tables.event_account, rows), (tables.event_client, clients)):
            connection.execute(delete(table).where(table.c.event.in_(keys)))
            insert_missing(connection, table, new)
        _unsettle_accounts(connection, tables.event_account, keys)
        if values:
            connection.execute(
                update(event).where(event.c.key == bindparam("b_key")).values(attached_with=version), values
            )
        index_events(connection, keys)
