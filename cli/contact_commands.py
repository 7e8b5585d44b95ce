"""``accountline contacts``: what mail tells of a client's people, to be accepted or refused."""

from typing import Annotated

import typer

from cli import views
from cli.act_commands import ByOption
from cli.book_commands import DryRunOption, edit_with, show_edited
from cli.options import ConfigOption, FormatOption, NowOption, OutputFormat
from cli.output import show_rows
from cli.reading import reading

contacts = typer.Typer(invoke_without_command=True)

ProposalArgument = Annotated[str, typer.Argument(metavar="ID", help="Id from `accountline contacts`.")]


@contacts.callback()
def list_proposals(
    context: typer.Context,
    *,
    account: Annotated[str | None, typer.Option("--account", metavar="ACCOUNT", help="One account only.")] = None,
    decided: Annotated[bool, typer.Option("--decided", help="What was accepted or refused instead.")] = False,
    config: ConfigOption = None,
    form: FormatOption = OutputFormat.TABLE,
) -> None:
    """List what signatures say of contacts and who writes from a new address, with the line that says it.

    Example: accountline contacts --account acme
    """
    if context.invoked_subcommand is not None:
        return
    with reading(config) as desk:
        from flows.contacts import as_row, decisions, proposals

        if decided:
            made = [as_row(d.proposal) | {"decision": d.word.value, "by": d.by} for d in decisions(desk.store)]
            show_rows(made, views.DECIDED_CONTACTS, form, desk.moment)
            return
        show_rows([as_row(p) for p in proposals(desk.store, account)], views.CONTACTS, form, desk.moment)


@contacts.command("accept")
def accept_proposal(
    *,
    proposal: ProposalArgument,
    dry_run: DryRunOption = False,
    config: ConfigOption = None,
    form: FormatOption = OutputFormat.TABLE,
    now: NowOption = None,
    by: ByOption = None,
) -> None:
    """Take a proposal over; a new address goes into the account book, with its mail.

    Example: accountline contacts accept c4f2k7qa3abcd
    """
    from flows.contacts import accept

    edit = edit_with(config, now, by, dry_run=dry_run)
    show_edited(accept(edit, proposal), edit, form)


@contacts.command("refuse")
def refuse_proposal(
    *,
    proposal: ProposalArgument,
    config: ConfigOption = None,
    form: FormatOption = OutputFormat.TABLE,
    now: NowOption = None,
    by: ByOption = None,
) -> None:
    """Say no to a proposal; the same words are not proposed again.

    Example: accountline contacts refuse c4f2k7qa3abcd
    """
    from flows.contacts import refuse

    edit = edit_with(config, now, by, dry_run=False)
    show_edited(refuse(edit, proposal), edit, form)


@contacts.command("undo")
def undo_decision(
    *,
    proposal: ProposalArgument,
    dry_run: DryRunOption = False,
    config: ConfigOption = None,
    form: FormatOption = OutputFormat.TABLE,
    now: NowOption = None,
    by: ByOption = None,
) -> None:
    """Take back what was decided: it is proposed again.

    Example: accountline contacts undo c4f2k7qa3abcd
    """
    from flows.contacts import undo

    edit = edit_with(config, now, by, dry_run=dry_run)
    show_edited(undo(edit, proposal), edit, form)
