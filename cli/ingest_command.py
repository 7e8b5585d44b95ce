"""``accountline ingest``: pull, extract, attach and flag, once."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli import views
from cli.options import ConfigOption, FormatOption, NowOption, OutputFormat, present
from cli.output import Moment, show_json, show_rows, show_text
from cli.progress import progress_bar
from domain.errors import ConfigError, SourceError

if TYPE_CHECKING:
    from flows.settings import Settings


def ingest(
    *,
    config: ConfigOption = None,
    form: FormatOption = OutputFormat.TABLE,
    now: NowOption = None,
    source: Annotated[
        list[str] | None, typer.Option("--source", metavar="NAME", help="This source only; may be repeated.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what a changed account book would move, read nothing.")
    ] = False,
) -> None:
    """Read the sources, understand what is new, and raise or clear flags. Can be interrupted and run again.

    Ends with exit code 3 when a source failed while the others were done.

    Example: accountline ingest --source desk
    """
    from flows.settings import load_settings

    settings = load_settings(config)
    moment = present(now, settings.company.timezone)
    _check_names(settings, source or [])
    if dry_run:
        from flows.reattaching import would_move

        moved = [asdict(move) for move in would_move(settings)]
        show_rows(moved, views.MOVED, form, Moment(settings.company.timezone, moment))
        return
    from flows.run import run_ingest

    with progress_bar() as progress:
        report = run_ingest(str(settings.path), source or None, moment, progress)
    _show(report, form, Moment(settings.company.timezone, moment))
    if any(row["state"] != "ok" for row in report["sources"]):
        raise typer.Exit(SourceError.exit_code)


def _check_names(settings: "Settings", names: Sequence[str]) -> None:
    from flows.wording import did_you_mean

    known = [source.name for source in settings.sources]
    for name in names:
        if name not in known:
            raise ConfigError(f"there is no source `{name}` in {Path(settings.path).name}{did_you_mean(name, known)}")


def _show(report: dict[str, Any], form: OutputFormat, moment: Moment) -> None:
    if form is OutputFormat.JSON:
        show_json(report)
        return
    show_rows(report["sources"], views.INGEST, form, moment)
    if form is OutputFormat.CSV:
        return
    for row in report["sources"]:
        if row.get("error"):
            show_text(f"{row['name']}: {row['error']}")
    if report.get("moved"):
        show_text("The account book was changed:")
        show_rows(report["moved"], views.MOVED, form, moment)
    flags = report["flags"]
    show_text(f"{report['signals']} signals; {flags['opened']} flags opened, {flags['closed']} closed.")
