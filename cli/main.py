"""The program ``accountline``: one file per command beside this one, put together here."""

import sys
from collections.abc import Callable
from typing import Annotated

import typer

from cli.account_commands import accounts
from cli.act_commands import assign, dismiss, done, record, reopen, snooze
from cli.connect_command import connect
from cli.contact_commands import contacts
from cli.doctor_command import doctor
from cli.edge import run_guarded
from cli.extract_command import extract
from cli.forget_command import forget
from cli.ingest_command import ingest
from cli.init_command import init
from cli.ledger_commands import complaints, promises
from cli.model_commands import evaluate, train
from cli.quarantine_commands import quarantine
from cli.read_commands import explain, meetings, overdue, replay, search, status, timeline
from cli.report_command import report
from cli.run_commands import database, demo, digest, serve
from cli.triage_commands import triage

app = typer.Typer(
    name="accountline",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

_COMMANDS: tuple[Callable[..., None], ...] = (
    *(demo, init, connect, doctor, ingest, serve),
    *(overdue, promises, complaints, meetings, timeline, search, explain, replay, report, digest, extract, status),
    *(evaluate, train),
    *(record, done, snooze, reopen, assign, dismiss),
    forget,
)
for command in _COMMANDS:
    app.command()(command)
app.add_typer(accounts, name="accounts")
app.add_typer(triage, name="triage")
app.add_typer(contacts, name="contacts")
app.add_typer(quarantine, name="quarantine")
app.add_typer(database, name="db")


@app.callback()
def accountline(
    debug: Annotated[bool, typer.Option("--debug", help="Show where an error comes from.")] = False,
) -> None:
    """Who is waiting for us? Replies that are owed and meetings that went unrecorded.

    Exit codes: 0 fine, 1 unexpected, 2 usage or configuration, 3 a source failed while the others were done,
    4 not found.

    Example: accountline demo
    """


def run() -> None:
    """Run the command line of this process and end it (the console script)."""
    sys.exit(run_guarded(lambda arguments: app(arguments, prog_name="accountline"), sys.argv[1:]))


if __name__ == "__main__":
    run()
