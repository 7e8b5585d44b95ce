"""What changed between two account books."""

from collections.abc import Iterable
from dataclasses import dataclass, fields

from domain.accounts import Account

Value = str | list[str] | None


@dataclass(frozen=True, slots=True)
class Change:
    """One value that changed.

    Attributes:
        account: Id.
        field: A column of the book; ``account`` where a whole account came or went.
        before: None where there was none.
        after: None where there is none any more.
    """

    account: str
    field: str
    before: Value
    after: Value


def changes(before: Iterable[Account], after: Iterable[Account]) -> list[Change]:
    """Compare two books, account by account, in the order of ids."""
    old, new = ({account.id: account for account in book} for book in (before, after))
    found: list[Change] = []
    for key in sorted({*old, *new}):
        if key not in old:
            found.append(Change(key, "account", None, new[key].name))
            found += _fields(Account(id=key, name=new[key].name), new[key])
        elif key not in new:
            found += _fields(old[key], Account(id=key, name=old[key].name))
            found.append(Change(key, "account", old[key].name, None))
        else:
            found += _fields(old[key], new[key])
    return found


def _fields(old: Account, new: Account) -> list[Change]:
    names = [field.name for field in fields(Account) if field.name != "id"]
    return [
        Change(new.id, name, _plain(getattr(old, name)), _plain(getattr(new, name)))
        for name in names
        if getattr(old, name) != getattr(new, name)
    ]


def _plain(value: str | tuple[str, ...]) -> Value:
    return value if isinstance(value, str) else list(value)
