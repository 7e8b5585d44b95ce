"""Commands about what was promised and complained about."""

from typing import Annotated, Literal

import typer

from cli import views
from cli.options import AccountOption, ConfigOption, FormatOption, NowOption, OutputFormat
from cli.output import show_rows
from cli.reading import reading


def promises(
    *,
    config: ConfigOption = None,
    form: FormatOption = OutputFormat.TABLE,
    now: NowOption = None,
    side: Annotated[
        Literal["ours", "theirs"] | None, typer.Option("--side", help="Whose promises; both when left out.")
    ] = None,
    account: AccountOption = None,
    everything: Annotated[bool, typer.Option("--all", help="Also those kept, withdrawn or from long ago.")] = False,
) -> None:
    """List what we and the clients promised each other and have not done yet, broken promises first.

    Example: accountline promises --side ours
    """
    with reading(config, now) as desk:
        from store import queries

        rows = queries.promises(desk.store, now=desk.now, side=side, account=account, everything=everything)
        show_rows(rows, views.PROMISES, form, desk.moment)


def complaints(
    *,
    config: ConfigOption = None,
    form: FormatOption = OutputFormat.TABLE,
    now: NowOption = None,
    account: AccountOption = None,
    everything: Annotated[bool, typer.Option("--all", help="Also those closed or from long ago.")] = False,
) -> None:
    """List complaints that are not settled, with their cause and what was promised about them, oldest first.

    Example: accountline complaints --account Acme
    """
    with reading(config, now) as desk:
        from store import queries

        rows = queries.complaints(desk.store, now=desk.now, account=account, everything=everything)
        show_rows(rows, views.COMPLAINTS, form, desk.moment)
