"""``accountline quarantine``: items that could not be read, kept and tried again."""

import typer

from cli import views
from cli.options import ConfigOption, FormatOption, NowOption, OutputFormat, present
from cli.output import Moment, show_csv, show_json, show_record, show_rows
from cli.reading import reading

quarantine = typer.Typer(help="Items that could not be read.", no_args_is_help=True)


@quarantine.command("list")
def list_quarantine(config: ConfigOption = None, form: FormatOption = OutputFormat.TABLE) -> None:
    """List what waits in quarantine, with the reason.

    Example: accountline quarantine list
    """
    with reading(config) as desk:
        from store import queries

        show_rows(queries.quarantine(desk.store), views.QUARANTINE, form, desk.moment)


@quarantine.command("retry")
def retry(
    *,
    config: ConfigOption = None,
    form: FormatOption = OutputFormat.TABLE,
    now: NowOption = None,
) -> None:
    """Try everything in quarantine again.

    Example: accountline quarantine retry
    """
    from flows.settings import load_settings

    settings = load_settings(config)
    moment = present(now, settings.company.timezone)
    # After the settings: a mistake there should not wait for Prefect to load.
    from flows.run import retry_quarantine

    report = retry_quarantine(str(settings.path), moment)
    if form is OutputFormat.TABLE:
        show_record(report, Moment(settings.company.timezone, moment))
    elif form is OutputFormat.CSV:
        show_csv([report], ())
    else:
        show_json(report)
