"""Changing the account book by command: the file is written, every change is noted with who made it."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from domain.account_changes import Change, changes
from domain.accounts import Account
from domain.errors import ConfigError, NotFoundError
from flows.account_book import COLUMNS, LISTS, read_account_book, write_account_book
from flows.calendar_settings import check_accounts
from flows.composition import Desk
from flows.reattaching import Move, attach_again, take_over_book, would_move
from flows.settings import Settings
from flows.wording import did_you_mean
from store.acts import Ground, acted_flags, carry_acts
from store.book_changes import last_merge, move_notes, note_merge
from store.database import single_writer
from store.migrate import upgrade


@dataclass(frozen=True, slots=True, kw_only=True)
class Edited:
    """What an edit changes.

    Attributes:
        changes: Of the book.
        moved: What goes from account to account because of it.
    """

    changes: list[Change]
    moved: list[Move]


SINGLE = ("owner", "backup", "timezone")
"""Columns that an account which has none takes from the one merged into it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """Who changes the book, and when; with ``only_show`` nothing is written."""

    settings: Settings
    actor: str
    now: datetime
    only_show: bool = False


def find(book: Iterable[Account], wanted: str) -> Account:
    """Find an account by name, id or domain.

    Raises:
        NotFoundError: None is called so.
    """
    word = wanted.strip().casefold()
    every = list(book)
    for account in every:
        if word in {account.id, account.name.casefold(), *account.domains}:
            return account
    known = [name for a in every for name in (a.id, a.name, *a.domains)]
    raise NotFoundError(f"there is no account `{wanted}`{did_you_mean(wanted, known)}")


def import_book(edit: Edit, file: Path, *, replace_all: bool) -> Edited:
    """Take accounts over from a file: those of the same name are replaced, the others stay unless ``replace_all``.

    Raises:
        ConfigError: The file is wrong, with the line; nothing is changed.
    """
    fresh = read_account_book(file, edit.settings.company)
    former = _book(edit) if edit.settings.book.exists() else ()
    names = {account.name.casefold() for account in fresh}
    kept = () if replace_all else tuple(a for a in former if a.name.casefold() not in names)
    return write_book(edit, former, (*kept, *fresh))


def set_fields(edit: Edit, wanted: str, values: Mapping[str, str]) -> Edited:
    """Set columns of an account; a list is replaced, or with ``+`` or ``-`` before it added to or taken from.

    Raises:
        NotFoundError: There is no such account.
        ConfigError: A value is wrong.
    """
    former = _book(edit)
    account = find(former, wanted)
    given: dict[str, Any] = {}
    for column, text in values.items():
        if column not in COLUMNS or column == "name":
            known = [name for name in COLUMNS if name != "name"]
            raise ConfigError(f"there is no column `{column}` to set{did_you_mean(column, known)}")
        given[column] = _list(getattr(account, column), text) if column in LISTS else text.strip()
    fresh = replace(account, **given)
    return write_book(edit, former, [fresh if a.id == account.id else a for a in former])


def _list(former: Sequence[str], text: str) -> tuple[str, ...]:
    sign = text[:1] if text[:1] in {"+", "-"} else ""
    words = [word.strip().lower() for word in text[len(sign) :].split(";") if word.strip()]
    if sign == "-":
        return tuple(word for word in former if word not in words)
    return tuple(dict.fromkeys([*(former if sign else ()), *words]))


def merge(edit: Edit, wanted: str, into: str) -> Edited:
    """Make two accounts one: domains, contacts, allowed senders and notes go to the second, whose fields win.

    Raises:
        NotFoundError: There is no such account.
        ConfigError: They are the same.
    """
    former = _book(edit)
    gone, kept = find(former, wanted), find(former, into)
    if gone.id == kept.id:
        raise ConfigError(f"`{wanted}` and `{into}` are the same account")
    values: dict[str, Any] = {name: getattr(kept, name) or getattr(gone, name) for name in SINGLE}
    for name in LISTS:
        values[name] = tuple(dict.fromkeys([*getattr(kept, name), *getattr(gone, name)]))
    fresh = replace(kept, **values)
    acted = _acted(edit, gone.id)
    found = write_book(edit, former, [fresh if a.id == kept.id else a for a in former if a.id != gone.id])
    if not edit.only_show:
        with work_on(edit) as desk:
            carry_acts(desk.store, acted, kept.id)
            notes = move_notes(desk.store, gone.id, kept.id)
            kept_for_undo = {"gone": asdict(gone), "kept": asdict(kept), "notes": notes}
            note_merge(desk.store, kept.id, kept_for_undo, actor=edit.actor, at=edit.now, undone=False)
            attach_again(desk)
    return found


def undo_merge(edit: Edit, wanted: str) -> Edited:
    """Undo the latest merge into an account; what was changed since stays.

    Raises:
        NotFoundError: There is no such account, or nothing was merged into it.
    """
    former = _book(edit)
    account = find(former, wanted)
    with work_on(edit) as desk:
        merged = last_merge(desk.store, account.id)
    if merged is None:
        raise NotFoundError(f"nothing was merged into {account.name}")
    gone, kept = _account(merged["gone"]), _account(merged["kept"])
    lists: dict[str, Any] = {
        name: tuple(v for v in getattr(account, name) if v in getattr(kept, name) or v not in getattr(gone, name))
        for name in LISTS
    }
    single: dict[str, Any] = {
        name: ""
        if not getattr(kept, name) and getattr(account, name) == getattr(gone, name)
        else getattr(account, name)
        for name in SINGLE
    }
    fresh = replace(account, **lists, **single)
    acted = _acted(edit, account.id)
    found = write_book(edit, former, [*(fresh if a.id == account.id else a for a in former), gone])
    if not edit.only_show:
        with work_on(edit) as desk:
            carry_acts(desk.store, acted, gone.id)
            move_notes(desk.store, account.id, gone.id, merged["notes"])
            note_merge(desk.store, account.id, merged, actor=edit.actor, at=edit.now, undone=True)
            attach_again(desk)
    return found


def _acted(edit: Edit, account: str) -> dict[Ground, str]:
    """Flags somebody acted on, before the book changes them."""
    if edit.only_show:
        return {}
    with work_on(edit) as desk:
        return acted_flags(desk.store, account)


def _account(fields: Mapping[str, Any]) -> Account:
    given: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in fields.items()}
    return Account(**given)


def _book(edit: Edit) -> tuple[Account, ...]:
    return read_account_book(edit.settings.book, edit.settings.company)


def write_book(edit: Edit, former: Collection[Account], wanted: Iterable[Account]) -> Edited:
    """Check the new book by reading it back, put it in place of the old one, and attach again what it concerns.

    Raises:
        ConfigError: The new book is wrong; nothing is changed.
    """
    path = edit.settings.book
    draft = path.with_name(f"{path.stem}.draft{path.suffix}")
    try:
        write_account_book(draft, wanted)
        fresh = read_account_book(draft, edit.settings.company)
    except ConfigError as error:
        raise ConfigError(str(error).replace(draft.name, f"{path.name} as it would be")) from None
    finally:
        draft.unlink(missing_ok=True)
    check_accounts(edit.settings.named_accounts, fresh, called="the account book as it would be")
    found = changes(former, fresh)
    if not found:
        return Edited(changes=[], moved=[])
    moved = would_move(edit.settings, fresh)
    if not edit.only_show:
        company = edit.settings.company
        with work_on(edit) as desk:
            take_over_book(desk.store, company, former, now=edit.now)  # somebody may have edited the file before
            take_over_book(desk.store, company, fresh, actor=edit.actor, now=edit.now)
            write_account_book(path, fresh)
            attach_again(desk)
    return Edited(changes=found, moved=moved)


@contextmanager
def work_on(edit: Edit) -> Iterator[Desk]:
    """Open the store for writing, in the layout of this version."""
    desk = Desk(edit.settings, now=edit.now)
    try:
        with single_writer(desk.store):
            upgrade(desk.store)
            yield desk
    finally:
        desk.close()
