"""``[response.calendars]``: hours beside the company's, of colleagues elsewhere, single accounts and clients."""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from domain.accounts import Account, Company
from domain.followup import Calendar, Hours
from flows.hours_settings import read_hours
from flows.plain_values import read_address, read_timezone
from flows.toml_nodes import Node, Table
from flows.wording import did_you_mean
from followup.calendars import AccountNames

_FOR = ("owners", "accounts", "clients")
"""For whom a calendar counts; each stands in one calendar only."""
_ACCOUNTS = ("accounts", "clients")


def read_calendars(node: Node | None, company_hours: Hours, company: Company, folder: Path) -> tuple[Calendar, ...]:
    """Read all calendars. Whether the account book has the accounts they name, ``check_accounts`` tells.

    Args:
        node: The table of them, None when there is none.
        company_hours: What is not written in a calendar is as here.
        company: Whose people may have a calendar.
        folder: What paths of holiday calendars are relative to.

    Raises:
        ConfigError: With the line.
    """
    taken: dict[tuple[str, str], Node] = {}
    calendars = []
    for name, calendar in node.table().fields.items() if node else ():
        table = calendar.table("timezone", "hours", "holidays", *_FOR)
        zone = table.get("timezone")
        usual = replace(company_hours, timezone=read_timezone(zone)) if zone else company_hours
        owners = tuple(_read_owner(item, company) for item in _items(table, "owners"))
        if not any(_items(table, key) for key in _FOR):
            raise calendar.error(f"nobody works by {calendar.label}; name `owners`, `accounts` or `clients` in it")
        for key in _FOR:
            for item in _items(table, key):
                _take(item, (key, item.text().casefold()), taken)
        calendars.append(
            Calendar(
                name=name,
                hours=read_hours(table, usual, folder),
                owners=owners,
                accounts=table.texts("accounts"),
                clients=table.texts("clients"),
            )
        )
    return tuple(calendars)


def named_accounts(root: Table) -> tuple[Node, ...]:
    """Return where the calendars of a file, which must have been read, name accounts."""
    response = root.get("response")
    node = response.table().get("calendars") if response else None
    tables = [calendar.table() for calendar in node.table().fields.values()] if node else []
    return tuple(item for table in tables for key in _ACCOUNTS for item in _items(table, key))


def check_accounts(named: Iterable[Node], book: Iterable[Account], called: str = "the account book") -> None:
    """See that every account a calendar names is in the account book, and in one calendar only.

    A name that the book does not have would leave its clock in another calendar without a word.

    Args:
        named: Of ``named_accounts``.
        book: The account book.
        called: What a sentence calls it.

    Raises:
        ConfigError: With the line and the nearest name of the book.
    """
    accounts = AccountNames(book)
    taken: dict[tuple[str, str], Node] = {}
    for node in named:
        account = accounts.find(node.text())
        if account is None:
            near = did_you_mean(node.text(), accounts.words())
            raise node.error(f"{called} has no account `{node.text()}`{near}")
        _take(node, (_key(node), account.id), taken)


def _items(table: Table, key: str) -> list[Node]:
    node = table.get(key)
    return node.items() if node else []


def _key(node: Node) -> str:
    """Under which key of its calendar something is named."""
    return str(node.path[-2])


def _take(node: Node, what: tuple[str, str], taken: dict[tuple[str, str], Node]) -> None:
    """Note that something is named; twice it is a mistake, for which calendar would count?"""
    if (other := taken.setdefault(what, node)) is not node:
        raise node.error(
            f"`{node.text()}` is in `{_key(node)}` of the calendar {other.path[-3]} already, line {other.line}; "
            "keep it in one calendar"
        )


def _read_owner(node: Node, company: Company) -> str:
    address = read_address(node)
    if company.has(address):
        return address
    known = [*company.identities, *(f"{address.partition('@')[0]}@{own}" for own in company.domains)]
    raise node.error(f"`{address}` is none of your own addresses in [company]{did_you_mean(address, known)}")
