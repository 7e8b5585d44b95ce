"""``accountline forget``: erase a person everywhere."""

from typing import Annotated

import typer

from cli.act_commands import ByOption
from cli.options import ConfigOption, FormatOption, NowOption, OutputFormat, present
from cli.output import Moment, show_csv, show_json, show_record, show_text


def forget(
    *,
    address: Annotated[str, typer.Argument(metavar="ADDRESS", help="Of the person to erase.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Count what would go, change nothing.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    config: ConfigOption = None,
    form: FormatOption = OutputFormat.TABLE,
    now: NowOption = None,
    by: ByOption = None,
) -> None:
    """Erase a person: mail, meetings, flags and notes that name them, down to the bytes; leave a proof.

    Mail stays in the mailboxes, which are only read. Later ingests leave out what names the person.

    Example: accountline forget mara@acme.example --dry-run
    """
    from flows.acts import actor
    from flows.forgetting import forget as erase
    from flows.settings import load_settings

    settings = load_settings(config)
    moment = present(now, settings.company.timezone)
    who = actor(by)
    if not dry_run and not yes:
        shown = Moment(settings.company.timezone, moment)
        show_record(erase(settings, address, actor=who, now=moment, only_count=True), shown)
        typer.confirm("This cannot be undone. Erase it?", abort=True, err=True)
    counts = erase(settings, address, actor=who, now=moment, only_count=dry_run)
    if form is OutputFormat.JSON:
        show_json(counts)
    elif form is OutputFormat.CSV:
        show_csv([counts], ())
    else:
        show_record(counts, Moment(settings.company.timezone, moment))
        show_text("Nothing was changed." if dry_run else "Erased. A record without the address proves it.")
