"""``accountline triage``: unknown domains that wait, and one command for each way to decide about one."""

from typing import Annotated

import typer

from cli import views
from cli.act_commands import ByOption
from cli.book_commands import DryRunOption, edit_with, show_edited
from cli.options import ConfigOption, FormatOption, NowOption, OutputFormat
from cli.output import show_rows, show_text
from cli.reading import reading

triage = typer.Typer(invoke_without_command=True)

DomainArgument = Annotated[
    str, typer.Argument(metavar="DOMAIN", help="A domain, or the exact address of a person at a public mail service.")
]


@triage.callback()
def list_unknown(
    context: typer.Context,
    *,
    config: ConfigOption = None,
    form: FormatOption = OutputFormat.TABLE,
    ignored: Annotated[bool, typer.Option("--ignored", help="Those that are ignored instead.")] = False,
) -> None:
    """List unknown domains that wait to be put into the account book; decide with one of the commands.

    Example: accountline triage --format csv
    """
    if context.invoked_subcommand is not None:
        return
    with reading(config) as desk:
        from store import queries

        everything = desk.settings.unknown_domains == "ignore"
        rows = [] if everything and not ignored else queries.triage(desk.store, ignored=ignored, every=everything)
        show_rows(rows, views.TRIAGE, form, desk.moment)
        if everything and not ignored and form is OutputFormat.TABLE:
            show_text("[accounts] unknown_domains ignores them all; --ignored lists them.")


@triage.command("assign")
def assign_domain(
    *,
    domain: DomainArgument,
    account: Annotated[str, typer.Argument(metavar="ACCOUNT", help="A name, an id or a domain.")],
    dry_run: DryRunOption = False,
    config: ConfigOption = None,
    form: FormatOption = OutputFormat.TABLE,
    now: NowOption = None,
    by: ByOption = None,
) -> None:
    """Give a domain to an account, with the mail there is and all to come.

    Example: accountline triage assign acme.test acme
    """
    from flows.triage import assign

    edit = edit_with(config, now, by, dry_run=dry_run)
    show_edited(assign(edit, domain, account), edit, form)


@triage.command("create")
def create_account(
    *,
    domain: DomainArgument,
    name: Annotated[str | None, typer.Option("--name", metavar="NAME", help="What the account is called.")] = None,
    dry_run: DryRunOption = False,
    config: ConfigOption = None,
    form: FormatOption = OutputFormat.TABLE,
    now: NowOption = None,
    by: ByOption = None,
) -> None:
    """Make an account of a domain.

    Example: accountline triage create bright-sons.example --name "Bright & Sons"
    """
    from flows.triage import create

    edit = edit_with(config, now, by, dry_run=dry_run)
    show_edited(create(edit, domain, name), edit, form)


@triage.command("ignore")
def ignore_domain(
    *, domain: DomainArgument, config: ConfigOption = None, now: NowOption = None, by: ByOption = None
) -> None:
    """Leave a domain out of the list for good.

    Example: accountline triage ignore newsletter.example
    """
    from flows.triage import ignore

    ignore(edit_with(config, now, by, dry_run=False), domain)
    show_text(f"{domain} is ignored; `accountline triage undo {domain}` takes that back.")


@triage.command("undo")
def undo_decision(
    *,
    domain: DomainArgument,
    dry_run: DryRunOption = False,
    config: ConfigOption = None,
    form: FormatOption = OutputFormat.TABLE,
    now: NowOption = None,
    by: ByOption = None,
) -> None:
    """Take back what was decided about a domain: it waits again.

    Example: accountline triage undo acme.test
    """
    from flows.triage import undo

    edit = edit_with(config, now, by, dry_run=dry_run)
    show_edited(undo(edit, domain), edit, form)
