"""The command ``accountline report``."""

from typing import Annotated

import typer

from cli import views
from cli.options import ConfigOption, FormatOption, NowOption, OutputFormat
from cli.output import show_rows
from cli.reading import reading


def report(
    *,
    account: Annotated[
        str | None, typer.Argument(metavar="[ACCOUNT]", help="A name, an id or a domain; all accounts without one.")
    ] = None,
    config: ConfigOption = None,
    form: FormatOption = OutputFormat.TABLE,
    now: NowOption = None,
    since: Annotated[str | None, typer.Option("--since", metavar="T", help="Asked from this instant on.")] = None,
) -> None:
    """Say how long answers took, in business time, and how many asks are still open.

    Example: accountline report acme.example --since 2026-01-01
    """
    with reading(config, now) as desk:
        from flows.report import report as response_report

        rows = response_report(
            desk.settings, desk.store, now=desk.now, account=account, since=desk.instant(since, "--since")
        )
        show_rows(rows, views.REPORT, form, desk.moment)
