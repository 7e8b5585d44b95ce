"""Deciding about unknown domains: each decision goes into the account book or is remembered, and holds from then on."""

from collections.abc import Collection
from dataclasses import replace

from domain.accounts import Account
from domain.errors import ConfigError, NotFoundError, StoreError
from domain.free_mail import FREE_MAIL_DOMAINS
from domain.triage import Decided, Decision
from flows.account_book import read_account_book, write_account_book
from flows.book_editing import Edit, Edited, find, work_on, write_book
from flows.composition import Desk
from flows.plain_values import check_address, check_domain
from flows.reattaching import take_over_book
from store.database import Store, open_store
from store.triage import decided, display_name, people_at, save_decision

AUTOMATIC = "unknown_domains"
"""Who created an account because of that setting, in the history of the book."""


def assign(edit: Edit, named: str, account: str) -> Edited:
    """Give a domain, or a person's exact address, to an account.

    Raises:
        ConfigError: It is neither, ours, of another account, or a public mail service.
        NotFoundError: There is no such account.
    """
    name = _checked(named)
    former = _book(edit)
    target = find(former, account)
    fresh = [_with(a, name) if a.id == target.id else a for a in former]
    return _decide(edit, former, fresh, Decided(name, Decision.ASSIGN, target.id))


def create(edit: Edit, named: str, called: str | None = None) -> Edited:
    """Make an account of a domain, or of a person at a public mail service.

    Args:
        edit: Who does it.
        named: Domain or exact address.
        called: Name of the account; made from the domain, or the person's display name, when None.

    Raises:
        ConfigError: As for ``assign``, or there is an account of that name.
    """
    name = _checked(named)
    former = _book(edit)
    title = called or _person(edit, name) or account_name(name)
    if title.casefold() in {account.name.casefold() for account in former}:
        raise ConfigError(f"there is an account “{title}” already; assign {name} to it, or say --name")
    fresh = [*former, _with(Account(id="", name=title), name)]
    return _decide(edit, former, fresh, Decided(name, Decision.CREATE))


def ignore(edit: Edit, named: str) -> Edited:
    """Leave a domain out of triage for good; its mail stays where it is, at no account.

    Raises:
        ConfigError: An account has it: that is taken back by ``undo`` or in the book.
    """
    name = _checked(named)
    if "@" in name and _listed(name) != name:
        raise ConfigError(f"{name} waits with everybody else at {_listed(name)}; ignore that, or nobody there")
    for account in _book(edit):
        if name in {*account.domains, *account.contacts}:
            raise ConfigError(f"{name} belongs to {account.name}; run `accountline triage undo {name}` first")
    return _decide(edit, None, (), Decided(_listed(name), Decision.IGNORE))


def undo(edit: Edit, named: str) -> Edited:
    """Take the latest decision back: the domain leaves its account, and waits in triage again.

    Raises:
        NotFoundError: Nothing was decided about it.
    """
    name = _checked(named)
    known = _decided(edit)
    last = known.get(name) or known.get(_listed(name))
    if last is None or last.decision is Decision.UNDO:
        raise NotFoundError(f"nothing was decided about {name}")
    former = _book(edit)
    fresh = [_without(account, last.name) for account in former]
    if last.decision is Decision.CREATE:
        # An account that has nothing else was made for it, and goes with it.
        fresh = [a for a, b in zip(fresh, former, strict=True) if a == b or a.domains or a.contacts]
    return _decide(edit, former, fresh, Decided(last.name, Decision.UNDO))


def create_unknown(desk: Desk) -> list[str]:
    """Make accounts of domains from which people write to us, where the configuration says so; return their domains.

    Never of public mail services, of senders of bulk mail only, or of what somebody decided about before.
    """
    known = decided(desk.store)
    wanted = [domain for domain in people_at(desk.store) if domain not in known and _is_domain(domain)]
    if not wanted:
        return []
    settings = desk.settings
    former = read_account_book(settings.book, settings.company)
    taken = {account.name.casefold() for account in former}
    added: list[Account] = []
    for domain in wanted:
        title = account_name(domain)
        if title.casefold() in taken:
            title = f"{title} ({domain})"
        taken.add(title.casefold())
        added.append(Account(id="", name=title, domains=(domain,)))
    write_account_book(settings.book, [*former, *added])
    fresh = read_account_book(settings.book, settings.company)
    take_over_book(desk.store, settings.company, fresh, actor=AUTOMATIC, now=desk.now)
    owners = {domain: account.id for account in fresh for domain in account.domains}
    for domain in wanted:
        save_decision(desk.store, Decided(domain, Decision.CREATE, owners[domain]), actor=AUTOMATIC, at=desk.now)
    desk.forget_book()
    return wanted


def account_name(name: str) -> str:
    """What an account is called after its domain, or after a person's address: ``bright-sons.co.uk`` is Bright-Sons."""
    local, at, domain = name.rpartition("@")
    word = local.replace(".", " ").replace("_", " ") if at else domain.partition(".")[0]
    return word.title()


def _decide(edit: Edit, former: Collection[Account] | None, fresh: Collection[Account], decision: Decided) -> Edited:
    """Write the book, unless the decision leaves it alone, and remember the decision."""
    edited = Edited(changes=[], moved=[]) if former is None else write_book(edit, former, fresh)
    if edit.only_show:
        return edited
    account = decision.account
    if decision.decision is Decision.CREATE:
        account = next(a.id for a in _book(edit) if decision.name in {*a.domains, *a.contacts})
    with work_on(edit) as desk:
        save_decision(desk.store, replace(decision, account=account), actor=edit.actor, at=edit.now)
    return edited


def _book(edit: Edit) -> tuple[Account, ...]:
    return read_account_book(edit.settings.book, edit.settings.company)


def _decided(edit: Edit) -> dict[str, Decided]:
    try:
        store = open_store(edit.settings.store_url, read_only=True)
    except StoreError:
        return {}
    with store:
        return decided(store)


def _person(edit: Edit, name: str) -> str:
    """The display name of a person, as far as their mail shows one."""
    if "@" not in name:
        return ""
    try:
        store: Store = open_store(edit.settings.store_url, read_only=True)
    except StoreError:
        return ""
    with store:
        return " ".join(display_name(store, name).split())


def _checked(named: str) -> str:
    """A domain or address as the book has it."""
    word = named.strip().lower()
    try:
        name = check_address(word) if "@" in word else check_domain(word)
    except ValueError as error:
        raise ConfigError(f"{named}: {error}") from None
    if name in FREE_MAIL_DOMAINS:
        raise ConfigError(f"anybody can have an address at {name}; name the exact address instead")
    return name


def _listed(name: str) -> str:
    """What triage lists a domain or an address under."""
    from extraction.attach import listed_under  # noqa: PLC0415 - brings the public suffix list

    return listed_under(name if "@" in name else f"anybody@{name}")


def _is_domain(name: str) -> bool:
    try:
        return "@" not in name and bool(check_domain(name))
    except ValueError:
        return False


def _with(account: Account, name: str) -> Account:
    if "@" in name:
        return replace(account, contacts=tuple(dict.fromkeys([*account.contacts, name])))
    return replace(account, domains=tuple(dict.fromkeys([*account.domains, name])))


def _without(account: Account, name: str) -> Account:
    return replace(
        account,
        contacts=tuple(contact for contact in account.contacts if contact != name),
        domains=tuple(domain for domain in account.domains if domain != name),
    )
