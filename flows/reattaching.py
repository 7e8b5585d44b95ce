"""A changed account book: what moves between accounts is shown first, then attached again, and nothing else is."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from domain.accounts import Account, Company
from domain.errors import StoreError
from flows import stages
from flows.account_book import read_account_book
from flows.composition import Desk
from flows.settings import Settings
from store.attaching import save_account_book
from store.database import Store, open_store
from store.reattaching import (
    Held,
    Stale,
    addresses_held,
    events_held,
    forwards_held,
    messages_naming,
    mirrored_book,
    open_flags_on,
)

if TYPE_CHECKING:
    from extraction.attach import AccountBook

_EXAMPLES = 3


@dataclass(slots=True, kw_only=True)
class Move:
    """What an account gains and loses.

    Flags are those that are open now on what moves; what mail of former strangers asks for is found by attaching it.

    Attributes:
        examples: The latest that move, each with ``id``, ``at``, ``title`` and whether it goes ``in`` or ``out``.
    """

    account: str
    account_id: str
    messages_in: int = 0
    messages_out: int = 0
    meetings_in: int = 0
    meetings_out: int = 0
    flags_in: int = 0
    flags_out: int = 0
    examples: list[dict[str, Any]] = field(default_factory=list)


def take_over_book(
    store: Store,
    company: Company,
    fresh: Collection[Account],
    *,
    actor: str = "account book",
    now: datetime | None = None,
) -> None:
    """Mirror the account book in the store, and mark what must be attached again because of it.

    Args:
        store: Where to.
        company: The own side.
        fresh: The book as it is now.
        actor: Who changed it.
        now: When; None keeps no history.
    """
    save_account_book(store, fresh, actor=actor, now=now, stale=stale_with(store, company, fresh))


def attach_again(desk: Desk) -> None:
    """Attach what is marked and work out anew what rests on it; nothing is read from any source."""
    for stage in (stages.attach, stages.index, stages.settle, stages.meet):
        stage(desk)


def stale_with(store: Store, company: Company, fresh: Collection[Account]) -> Stale:
    """Compare the book with the one the store was attached with."""
    old = {account.id: account for account in mirrored_book(store)}
    new = {account.id: account for account in fresh}
    if old == new:
        return Stale()
    former, book = _books(company, old.values(), new.values())
    before, after = ({_places(account) for account in accounts.values()} for accounts in (old, new))
    moved = before != after
    team = _team(old.values()) != _team(new.values())
    addresses = _moved_addresses(store, former, book) if moved else set()
    allowed, allows = ({sender for account in accounts.values() for sender in account.allow} for accounts in (old, new))
    return Stale(
        addresses=frozenset(addresses),
        messages=frozenset(_moved_forwards(store, former, book)) if moved else frozenset(),
        events=frozenset(h.key for h, _ in _moved_events(store, former, book)) if moved or team else frozenset(),
        accounts=frozenset(key for key in {*old, *new} if old.get(key) != new.get(key)),
        senders=frozenset(allowed - allows),
        elsewhere=frozenset(_elsewhere(store, former, book)),
    )


def _places(account: Account) -> tuple[Any, ...]:
    """What decides whether an address or a title belongs to an account."""
    return account.id, account.name, account.domains, account.contacts


def _team(accounts: Iterable[Account]) -> set[str]:
    """Who answers for accounts: a calendar says of them by name that they are away."""
    return {address for account in accounts for address in (account.owner, account.backup)}


def _books(company: Company, old: Iterable[Account], new: Iterable[Account]) -> "tuple[AccountBook, AccountBook]":
    from extraction.attach import AccountBook  # noqa: PLC0415 - brings the public suffix list

    return AccountBook(company, old), AccountBook(company, new)


def _moved_addresses(store: Store, former: "AccountBook", book: "AccountBook") -> set[str]:
    return {address for address in addresses_held(store) if former.place(address) != book.place(address)}


def _elsewhere(store: Store, former: "AccountBook", book: "AccountBook") -> set[str]:
    if not any(account.timezone for account in (*former.accounts.values(), *book.accounts.values())):
        return set()
    held = addresses_held(store) | set(forwards_held(store).values())
    return {address for address in held if former.zone_of(address) != book.zone_of(address)}


def _moved_forwards(store: Store, former: "AccountBook", book: "AccountBook") -> set[str]:
    return {key for key, writer in forwards_held(store).items() if former.place(writer) != book.place(writer)}


def _moved_events(store: Store, former: "AccountBook", book: "AccountBook") -> Iterator[tuple[Held, set[str]]]:
    """Occurrences that concern others now, each with its accounts from now on."""
    from extraction.attach import attach_event  # noqa: PLC0415
    from extraction.leave import absent  # noqa: PLC0415

    for held in events_held(store):
        assert held.event  # noqa: S101 - for the type checker
        event, owners = held.event, held.owners
        placed = attach_event(event, owners, book)
        before = attach_event(event, owners, former), absent(event, owners, former)
        if before != (placed, absent(event, owners, book)):
            yield held, set(placed.accounts)


def moves(store: Store, company: Company, fresh: Collection[Account]) -> list[Move]:
    """Say what would move between accounts with this book, most first; nothing is changed."""
    from extraction.attach import attach  # noqa: PLC0415

    old = {account.id: account for account in mirrored_book(store)}
    new = {account.id: account for account in fresh}
    if {_places(account) for account in old.values()} == {_places(account) for account in new.values()}:
        return []
    former, book = _books(company, old.values(), new.values())
    tally = _Tally({account.id: account.name for account in [*old.values(), *new.values()]})
    addresses, forwarding = _moved_addresses(store, former, book), _moved_forwards(store, former, book)
    for held in messages_naming(store, addresses, forwarding):
        tally.add(held, set(attach(held.named, book, forwards=held.forwards).accounts))
    for held, accounts in _moved_events(store, former, book):
        tally.add(held, accounts)
    tally.add_flags(open_flags_on(store, tally.gained))
    return tally.rows()


def would_move(settings: Settings, fresh: Collection[Account] | None = None) -> list[Move]:
    """Say what would move with this book, or with the one that is in its file; the store is only read.

    Raises:
        ConfigError: The account book in the file is wrong.
        StoreError: The store cannot be read; where there is none yet, nothing moves.
    """
    book = read_account_book(settings.book, settings.company) if fresh is None else fresh
    try:
        store = open_store(settings.store_url, read_only=True)
    except StoreError:
        return []
    with store:
        return moves(store, settings.company, book)


class _Tally:
    """Counts what moves, account by account."""

    def __init__(self, names: dict[str, str]) -> None:
        self._names = names
        self._moves: dict[str, Move] = {}
        self._lost: dict[str, set[str]] = {}
        # By message or occurrence, the accounts it comes to.
        self.gained: dict[str, set[str]] = {}

    def add(self, held: Held, accounts: set[str]) -> None:
        """Count one message or occurrence that belongs to these accounts from now on."""
        gained, lost = accounts - held.accounts, held.accounts - accounts
        if not gained and not lost:
            return
        self.gained[held.key], self._lost[held.key] = gained, lost
        what = "meetings" if held.event else "messages"
        for way, some in (("in", gained), ("out", lost)):
            for account in some:
                self._count(account, f"{what}_{way}")
                shown = {"id": held.key, "at": held.at, "title": held.title, "way": way}
                self._of(account).examples.append(shown)

    def add_flags(self, flags: Iterable[tuple[str, str]]) -> None:
        """Count open flags along with what they stand on."""
        for key, account in flags:
            if account in self._lost[key]:
                self._count(account, "flags_out")
                for other in self.gained[key]:
                    self._count(other, "flags_in")

    def rows(self) -> list[Move]:
        """Most first."""
        for move in self._moves.values():
            move.examples = sorted(move.examples, key=lambda e: (e["at"], e["id"]), reverse=True)[:_EXAMPLES]
        return sorted(self._moves.values(), key=lambda m: (-_size(m), m.account_id))

    def _count(self, account: str, name: str) -> None:
        move = self._of(account)
        setattr(move, name, getattr(move, name) + 1)

    def _of(self, account: str) -> Move:
        return self._moves.setdefault(account, Move(account=self._names.get(account, account), account_id=account))


def _size(move: Move) -> int:
    return move.messages_in + move.messages_out + move.meetings_in + move.meetings_out
