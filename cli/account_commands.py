"""``accountline accounts``: the accounts as the store knows them."""

from collections.abc import Sequence
from typing import Annotated

import typer

from cli import views
from cli.book_commands import duplicates, export_accounts, history, import_accounts, merge_accounts, set_account
from cli.options import ConfigOption, FormatOption, NowOption, OutputFormat
from cli.output import Row, show_json, show_record, show_rows
from cli.reading import reading
from domain.errors import NotFoundError

accounts = typer.Typer(help="The client accounts.", no_args_is_help=True)
accounts.command("import")(import_accounts)
accounts.command("export")(export_accounts)
accounts.command("set")(set_account)
accounts.command("merge")(merge_accounts)
accounts.command("duplicates")(duplicates)
accounts.command("history")(history)


@accounts.command("list")
def list_accounts(
    *,
    config: ConfigOption = None,
    form: FormatOption = OutputFormat.TABLE,
    now: NowOption = None,
) -> None:
    """List the accounts.

    Example: accountline accounts list --format csv
    """
    with reading(config, now) as desk:
        from store import queries

        show_rows(queries.accounts(desk.store, now=desk.now), views.ACCOUNTS, form, desk.moment)


@accounts.command("show")
def show_account(
    *,
    account: Annotated[str, typer.Argument(metavar="ACCOUNT", help="A name, an id or a domain.")],
    config: ConfigOption = None,
    form: FormatOption = OutputFormat.TABLE,
    now: NowOption = None,
) -> None:
    """Show one account.

    Example: accountline accounts show acme.example
    """
    with reading(config, now) as desk:
        from store import queries

        row = _find(queries.accounts(desk.store, now=desk.now), account)
        if form is OutputFormat.JSON:
            show_json(row)
        elif form is OutputFormat.CSV:
            show_rows([row], views.ACCOUNTS, form, desk.moment)
        else:
            show_record(row, desk.moment)


def _find(rows: Sequence[Row], wanted: str) -> Row:
    from flows.wording import did_you_mean

    word = wanted.strip().casefold()
    for row in rows:
        if word in {row["id"], row["name"].casefold(), *row["domains"]}:
            return row
    known = [name for row in rows for name in (row["id"], row["name"], *row["domains"])]
    raise NotFoundError(f"there is no account `{wanted}`{did_you_mean(wanted, known)}")
