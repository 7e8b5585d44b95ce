"""``accountline accounts``: changing the account book. Every change is noted with who made it."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli import views
from cli.act_commands import ByOption
from cli.options import ConfigOption, FormatOption, NowOption, OutputFormat, present
from cli.output import Moment, show_json, show_rows, show_text
from cli.reading import reading
from domain.errors import ConfigError

if TYPE_CHECKING:
    from flows.book_editing import Edit, Edited

DryRunOption = Annotated[bool, typer.Option("--dry-run", help="Show what would change, change nothing.")]
AccountArgument = Annotated[str, typer.Argument(metavar="ACCOUNT", help="A name, an id or a domain.")]


def set_account(
    *,
    account: AccountArgument,
    values: Annotated[list[str], typer.Argument(metavar="COLUMN=VALUE…", help="Such as tier=key domains=+b.example.")],
    dry_run: DryRunOption = False,
    config: ConfigOption = None,
    form: FormatOption = OutputFormat.TABLE,
    now: NowOption = None,
    by: ByOption = None,
) -> None:
    """Set columns of an account; + and - add to a list and take from it.

    Example: accountline accounts set acme tier=key owner=ana@northwind.example domains=+acme.test
    """
    from flows.book_editing import set_fields

    given = {}
    for text in values:
        column, sign, value = text.partition("=")
        if not sign:
            raise ConfigError(f"`{text}` sets nothing; write COLUMN=VALUE, such as tier=key")
        given[column.strip().lower()] = value
    edit = edit_with(config, now, by, dry_run=dry_run)
    show_edited(set_fields(edit, account, given), edit, form)


def merge_accounts(
    *,
    account: Annotated[str, typer.Argument(metavar="ACCOUNT", help="The one that goes; with --undo, that stayed.")],
    into: Annotated[str | None, typer.Argument(metavar="INTO", help="The one that stays.")] = None,
    undo: Annotated[bool, typer.Option("--undo", help="Undo the latest merge into ACCOUNT.")] = False,
    dry_run: DryRunOption = False,
    config: ConfigOption = None,
    form: FormatOption = OutputFormat.TABLE,
    now: NowOption = None,
    by: ByOption = None,
) -> None:
    """Make two accounts one, or undo that.

    Example: accountline accounts merge "Acme Limited" acme
    """
    from flows.book_editing import merge, undo_merge

    if undo == (into is not None):
        raise ConfigError("name two accounts, or one with --undo")
    edit = edit_with(config, now, by, dry_run=dry_run)
    show_edited(undo_merge(edit, account) if into is None else merge(edit, account, into), edit, form)


def import_accounts(
    *,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A CSV file or an .xlsx workbook.")],
    replace: Annotated[bool, typer.Option("--replace", help="Remove accounts that are not in FILE.")] = False,
    dry_run: DryRunOption = False,
    config: ConfigOption = None,
    form: FormatOption = OutputFormat.TABLE,
    now: NowOption = None,
    by: ByOption = None,
) -> None:
    """Take accounts over from a file; those of the same name are replaced.

    Example: accountline accounts import clients.xlsx --dry-run
    """
    from flows.book_editing import import_book

    edit = edit_with(config, now, by, dry_run=dry_run)
    show_edited(import_book(edit, file, replace_all=replace), edit, form)


def export_accounts(
    *,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Ending in .csv or .xlsx.")],
    config: ConfigOption = None,
) -> None:
    """Write the account book to a file, which `import` reads back without loss.

    Example: accountline accounts export clients.xlsx
    """
    from flows.account_book import read_account_book, write_account_book
    from flows.settings import load_settings

    settings = load_settings(config)
    book = read_account_book(settings.book, settings.company)
    write_account_book(file, book)
    show_text(f"{len(book)} accounts written to {file}.")


def history(
    *,
    account: Annotated[str | None, typer.Argument(metavar="ACCOUNT", help="One only.")] = None,
    config: ConfigOption = None,
    form: FormatOption = OutputFormat.TABLE,
) -> None:
    """Show who changed what of the account book, latest first.

    Example: accountline accounts history acme
    """
    with reading(config) as desk:
        from store.book_changes import book_history
        from store.queries.accounts import find_account

        with desk.store.reading() as connection:
            named = find_account(connection, account).id if account else None
        show_rows(book_history(desk.store, named), views.BOOK_HISTORY, form, desk.moment)


def duplicates(*, config: ConfigOption = None, form: FormatOption = OutputFormat.TABLE) -> None:
    """List accounts that may be one, with the reason; nothing is changed.

    Example: accountline accounts duplicates
    """
    from flows.account_book import read_account_book
    from flows.near_duplicates import near_duplicates
    from flows.settings import load_settings

    settings = load_settings(config)
    rows = near_duplicates(read_account_book(settings.book, settings.company))
    show_rows(rows, views.NEAR_DUPLICATES, form, Moment(settings.company.timezone, present(None, "UTC")))


def edit_with(config: Path | None, now: str | None, by: str | None, *, dry_run: bool) -> "Edit":
    """Return who changes the book, and when."""
    from flows.acts import actor
    from flows.book_editing import Edit
    from flows.settings import load_settings

    settings = load_settings(config)
    return Edit(settings=settings, actor=actor(by), now=present(now, settings.company.timezone), only_show=dry_run)


def show_edited(edited: "Edited", edit: "Edit", form: OutputFormat) -> None:
    """Print what an edit changes, and what moves because of it."""
    rows = [{"account_id": row.pop("account"), **row} for row in map(asdict, edited.changes)]
    moved = [asdict(move) for move in edited.moved]
    moment = Moment(edit.settings.company.timezone, edit.now)
    if form is OutputFormat.JSON:
        show_json({"changes": rows, "moved": moved})
        return
    show_rows(rows, views.BOOK_CHANGES, form, moment)
    if form is OutputFormat.CSV or not rows:
        return
    show_text("")
    show_rows(moved, views.MOVED, form, moment)
    show_text("Nothing was changed." if edit.only_show else "Stored mail and meetings are where they belong now.")
