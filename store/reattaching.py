"""What a changed account book concerns of what is stored: found, counted, and marked to be attached again."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, delete, select, update

from domain.accounts import Account, Direction
from domain.events import Event
from store import tables
from store.database import Store, chunks
from store.records import account_of, event_of
from store.settling import CONVERSATION

AMONG_STRANGERS = "internal, about strangers"
"""Why our own talk about strangers is left out: it is fetched again when some of them may have become clients."""
_MANY = 5000


@dataclass(frozen=True, slots=True, kw_only=True)
class Stale:
    """What must be looked at again because the account book changed.

    Attributes:
        addresses: Those that belong somewhere else now, or by another rule.
        messages: Keys of mails among us that forward a mail of such an address (D4.20).
        events: Keys of occurrences that concern others now.
        accounts: Ids of accounts that changed in any way, came or went.
        senders: Automatic senders whose mail counts no longer (D4.18).
        elsewhere: Addresses whose dates are meant in another zone now; their mail is read anew.
    """

    addresses: frozenset[str] = frozenset()
    messages: frozenset[str] = frozenset()
    events: frozenset[str] = frozenset()
    accounts: frozenset[str] = frozenset()
    senders: frozenset[str] = frozenset()
    elsewhere: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A stored message or occurrence.

    Attributes:
        title: Subject or title.
        accounts: Ids of those it is attached to by who takes part.
        named: (role, display name, address) of a message, in header order.
        forwards: Who wrote the mail that a message forwards.
        owners: Owners of the calendars that show an occurrence.
        event: The occurrence, None for a message.
    """

    key: str
    at: datetime
    title: str
    accounts: set[str] = field(default_factory=set)
    named: list[tuple[str, str, str]] = field(default_factory=list)
    forwards: str = ""
    owners: list[str] = field(default_factory=list)
    event: Event | None = None


def mirrored_book(store: Store) -> list[Account]:
    """The account book that the store was attached with."""
    with store.reading() as connection:
        return [account_of(row) for row in connection.execute(select(tables.account).order_by(tables.account.c.id))]


def addresses_held(store: Store) -> set[str]:
    """Every address that stands in the header of a stored message."""
    with store.reading() as connection:
        return set(connection.execute(select(tables.message_address.c.address).distinct()).scalars())


def events_held(store: Store) -> Iterator[Held]:
    """All occurrences with their accounts."""
    event = tables.event
    with store.reading() as connection:
        keys = list(connection.execute(select(event.c.key).order_by(event.c.key)).scalars())
        for some in chunks(keys, _MANY):
            accounts = _accounts(connection, tables.event_account, some)
            owners = _owners(connection, some)
            for row in connection.execute(select(event).where(event.c.key.in_(some)).order_by(event.c.key)):
                yield Held(
                    key=row.key,
                    at=row.starts_at,
                    title="" if row.private else row.title,
                    accounts=accounts.get(row.key, set()),
                    owners=owners.get(row.key, []),
                    event=event_of(row),
                )


def _owners(connection: Connection, keys: Sequence[str]) -> dict[str, list[str]]:
    copies, item, source = tables.event_copy, tables.item, tables.source
    query = (
        select(copies.c.event, source.c.owner)
        .join(item, item.c.id == copies.c.item)
        .join(source, source.c.name == item.c.source)
        .where(copies.c.event.in_(keys), source.c.owner != "")
        .distinct()
        .order_by(copies.c.event, source.c.owner)
    )
    found: dict[str, list[str]] = {}
    for key, owner in connection.execute(query):
        found.setdefault(key, []).append(owner)
    return found


def forwards_held(store: Store) -> dict[str, str]:
    """By key of each mail among us that forwards another one, who wrote that (D4.20)."""
    with store.reading() as connection:
        return _forwards(connection)


def _forwards(connection: Connection) -> dict[str, str]:
    message = tables.message
    query = select(message.c.key, message.c.quoted_headers).where(
        message.c.forwarded, message.c.direction == Direction.INTERNAL
    )
    return {row.key: row.quoted_headers[0]["address"] for row in connection.execute(query) if row.quoted_headers}


def messages_naming(store: Store, addresses: Collection[str], forwarding: Collection[str]) -> Iterator[Held]:
    """All messages in whose header one of these addresses stands, and some that forward."""
    message, address = tables.message, tables.message_address
    with store.reading() as connection:
        keys = set(forwarding)
        forwards = _forwards(connection)
        for some in chunks(sorted(addresses), _MANY):
            keys.update(connection.execute(select(address.c.message).where(address.c.address.in_(some))).scalars())
        for some in chunks(sorted(keys), _MANY):
            accounts = _accounts(connection, tables.message_account, some)
            query = select(message.c.key, message.c.received_at, message.c.subject).where(message.c.key.in_(some))
            found = {
                row.key: Held(
                    key=row.key,
                    at=row.received_at,
                    title=row.subject,
                    accounts=accounts.get(row.key, set()),
                    forwards=forwards.get(row.key, ""),
                )
                for row in connection.execute(query)
            }
            named = select(address).where(address.c.message.in_(some)).order_by(address.c.message, address.c.position)
            for row in connection.execute(named):
                found[row.message].named.append((row.role, row.name, row.address))
            yield from found.values()


def _accounts(connection: Connection, links: Any, keys: Sequence[str]) -> dict[str, set[str]]:
    thing = links.c.message if "message" in links.c else links.c.event
    query = select(thing, links.c.account).where(thing.in_(keys), links.c.reason != CONVERSATION)
    found: dict[str, set[str]] = {}
    for key, account in connection.execute(query):
        found.setdefault(key, set()).add(account)
    return found


def open_flags_on(store: Store, keys: Collection[str]) -> list[tuple[str, str]]:
    """(message or occurrence, account id) of every flag that is open on one of these."""
    found: list[tuple[str, str]] = []
    ends = (
        (tables.obligation, "message", ("cleared_at",)),
        (tables.commitment, "message", ("ended_at", "met_at")),
        (tables.complaint, "message", ("closed_at",)),
        (tables.gap, "message", ("closed_at",)),
        (tables.gap, "event", ("closed_at",)),
    )
    with store.reading() as connection:
        for table, thing, ended in ends:
            stands = [table.c[end].is_(None) for end in ended]
            for some in chunks(sorted(keys), _MANY):
                query = select(table.c[thing], table.c.account).where(
                    table.c[thing].in_(some), *stands, table.c.historic.is_(False)
                )
                found += [(row[0], row[1]) for row in connection.execute(query)]
    return found


def mark_stale(connection: Connection, stale: Stale) -> None:
    """Have the stages look again at what is concerned, and at nothing else; inside a transaction."""
    message, event, named = tables.message, tables.event, tables.message_address
    for some in chunks(sorted(stale.addresses), _MANY):
        naming = select(named.c.message).where(named.c.address.in_(some))
        _clear(connection, message, message.c.key.in_(naming), "attached_with")
    for some in chunks(sorted(stale.messages), _MANY):
        _clear(connection, message, message.c.key.in_(some), "attached_with")
    for some in chunks(sorted(stale.events), _MANY):
        _clear(connection, event, event.c.key.in_(some), "attached_with")
    links = tables.message_account
    for some in chunks(sorted(stale.accounts), _MANY):
        linked = select(links.c.message).where(links.c.account.in_(some))
        _clear(connection, message, message.c.key.in_(linked), "settled_with")
        _clear(connection, tables.account, tables.account.c.id.in_(some), "met_with")
    _unread(connection, stale.senders)
    if stale.elsewhere:
        _read_again(connection, stale.elsewhere)
    if stale.addresses:
        _fetch_again(connection)


def _clear(connection: Connection, table: Any, chosen: Any, column: str) -> None:
    # Rows are long: those that are marked already are spared.
    connection.execute(update(table).where(chosen, table.c[column].is_not(None)).values({column: None}))


def _read_again(connection: Connection, writers: Collection[str]) -> None:
    message = tables.message
    for some in chunks(sorted(writers), _MANY):
        _clear(connection, message, message.c.sender.in_(some), "read_with")
    forwards = [key for key, writer in _forwards(connection).items() if writer in writers]
    for some in chunks(forwards, _MANY):
        _clear(connection, message, message.c.key.in_(some), "read_with")


def _unread(connection: Connection, senders: Iterable[str]) -> None:
    message, signal = tables.message, tables.signal
    for some in chunks(sorted(senders), _MANY):
        robots = and_(message.c.sender.in_(some), message.c.automatic != "", message.c.own_list.is_(False))
        connection.execute(delete(signal).where(signal.c.message.in_(select(message.c.key).where(robots))))
        connection.execute(update(message).where(robots).values(read_with=None, settled_with=None))


def _fetch_again(connection: Connection) -> None:
    """Our own talk about strangers was not kept; some of them may be clients now, so it is asked for once more."""
    item, source = tables.item, tables.source
    waiting = item.c.left_out == AMONG_STRANGERS
    names = list(connection.execute(select(item.c.source).where(waiting).distinct()).scalars())
    connection.execute(delete(item).where(waiting))
    connection.execute(update(source).where(source.c.name.in_(names)).values(cursor={}))
