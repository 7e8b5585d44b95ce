"""Commands that hand over to a flow at once: serve, digest, demo, db upgrade, db copy."""

import logging
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

from cli.options import ConfigOption, FormatOption, NowOption, OutputFormat, present
from cli.output import show_json, show_text
from cli.progress import progress_bar
from domain.errors import ConfigError

database = typer.Typer(help="The store.", no_args_is_help=True)
_LAST_EVENTS = timedelta(seconds=10)
_DEMO_MARK = ".accountline-demo"
"""Stands in folders whose store a demo made."""


def serve(config: ConfigOption = None) -> None:
    """Run everything on schedule until it is stopped.

    Example: accountline serve --config /etc/accountline.toml
    """
    from flows.settings import load_settings

    settings = load_settings(config)
    from flows.composition import home
    from flows.serve import leave_within
    from flows.serve import serve as serve_flows

    logging.basicConfig(format="%(asctime)s %(message)s", datefmt="%Y-%m-%d %H:%M:%S")
    logging.getLogger("flows").setLevel(logging.INFO)
    minutes = settings.every.total_seconds() / 60
    show_text(
        f"Ingesting every {minutes:g} minutes, reporting at {settings.digest.at:%H:%M} ({settings.company.timezone}). "
        "Stop with Ctrl-C or SIGTERM."
    )
    serve_flows(
        settings.path,
        home=home(settings),
        digest_at=settings.digest.at,
        timezone=settings.company.timezone,
        ingest_every=settings.every,
    )
    leave_within(_LAST_EVENTS)


def digest(
    *,
    config: ConfigOption = None,
    form: FormatOption = OutputFormat.TABLE,
    now: NowOption = None,
    send: Annotated[bool, typer.Option("--send", help="Send it as [digest] says, beside printing it.")] = False,
) -> None:
    """Print the morning report, or send it.

    Example: accountline digest --send
    """
    from flows.settings import load_settings

    settings = load_settings(config)
    moment = present(now, settings.company.timezone)
    if send and not settings.digest.smtp and not settings.digest.notify:
        raise ConfigError(
            f"{settings.path.name} names no mail server to send the report with; set `smtp` or `notify` in [digest]"
        )
    if send and settings.digest.smtp and not (settings.digest.to or settings.digest.owners):
        raise ConfigError(f"{settings.path.name} names nobody to mail the report to; set `to` in [digest]")
    from flows.run import run_digest

    text = run_digest(str(settings.path), send, moment)
    if form is OutputFormat.TABLE:
        show_text(text)
    else:
        show_json({"text": text, "sent": send})


def demo(
    *,
    directory: Annotated[
        Path, typer.Option("--dir", metavar="DIR", help="Folder for the sample and its store.")
    ] = Path("accountline-demo"),
    now: NowOption = None,
    keep: Annotated[bool, typer.Option("--keep", help="Go on with the store of an earlier demo.")] = False,
) -> None:
    """Show the whole product on a sample mailbox and calendar: no server, no account needed.

    Example: accountline demo
    """
    if not keep:
        _forget_earlier(directory)
    moment = present(now, "UTC")
    from flows.demo import run_demo

    with progress_bar() as progress:
        report = run_demo(directory, moment, progress)
    (directory / _DEMO_MARK).touch()
    show_text(report)


def _forget_earlier(directory: Path) -> None:
    """Remove the store of an earlier demo, so that this one begins afresh; nothing else, and nowhere else."""
    if (directory / _DEMO_MARK).exists():
        for file in directory.glob("accountline.db*"):
            file.unlink()


@database.command("upgrade")
def upgrade_store(config: ConfigOption = None) -> None:
    """Bring the store to the layout of this version.

    Example: accountline db upgrade
    """
    from flows.settings import load_settings
    from store.database import open_store
    from store.migrate import upgrade

    settings = load_settings(config)
    with open_store(settings.store_url, read_only=False) as store:
        changed = upgrade(store)
    show_text("The store was upgraded." if changed else "The store is up to date.")


@database.command("copy")
def copy_database(
    *,
    target: Annotated[
        str, typer.Argument(metavar="URL", help="Where to: a database without tables, as in [store] url.")
    ],
    config: ConfigOption = None,
) -> None:
    """Copy the store into another database, and prove that all of it arrived; the store itself stays as it is.

    Passwords are read as PostgreSQL's own programs do: from PGPASSWORD or ~/.pgpass.

    Example: accountline db copy postgresql+psycopg://ana@db.northwind.example/accountline
    """
    from flows.settings import load_settings
    from store.copying import copy_store
    from store.database import open_store

    settings = load_settings(config)
    with (
        open_store(settings.store_url, read_only=True) as source,
        open_store(target, read_only=False) as copy,
        progress_bar() as progress,
    ):
        counts = copy_store(source, copy, progress=progress or (lambda *_: None))
        place, rows = copy.url, sum(counts.values())
    show_text(
        f"Copied {counts['message']:,} messages, {rows:,} rows in all, to {place}; each was read back and compared. "
        f"Now set `url` in [store] of {settings.path.name} to it."
    )
