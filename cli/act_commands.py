"""Acts on a flag: done, snooze, reopen, assign, dismiss; and what was said in a meeting: record."""

from typing import Annotated, Any, Literal

import typer

from cli import views
from cli.options import ConfigOption, FormatOption, NowOption, OutputFormat, instant, present
from cli.output import Moment, Row, View, show_json, show_rows
from domain.errors import ConfigError

FlagArgument = Annotated[str, typer.Argument(metavar="FLAG", help="Id from overdue, promises, complaints or meetings.")]
ByOption = Annotated[
    str | None,
    typer.Option("--by", metavar="ADDRESS", help="Who does it; else ACCOUNTLINE_USER, else your user name."),
]
ReasonOption = Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why, in your words.")]


def done(
    *,
    flag: FlagArgument,
    config: ConfigOption = None,
    form: FormatOption = OutputFormat.TABLE,
    now: NowOption = None,
    by: ByOption = None,
    reason: ReasonOption = "",
) -> None:
    """Take a flag off the list: it was dealt with elsewhere, by phone for instance.

    Example: accountline done ob-4f2k7qa3 --reason "called her back"
    """
    _act("done", flag, config=config, form=form, now=now, by=by, reason=reason)


def snooze(
    *,
    flag: FlagArgument,
    until: Annotated[str, typer.Option("--until", metavar="T", help="Until when (ISO 8601).")],
    config: ConfigOption = None,
    form: FormatOption = OutputFormat.TABLE,
    now: NowOption = None,
    by: ByOption = None,
    reason: ReasonOption = "",
) -> None:
    """Put a flag off until an instant; it comes back earlier if the client writes again.

    Example: accountline snooze ob-4f2k7qa3 --until 2026-03-09T09:00
    """
    _act("snooze", flag, config=config, form=form, now=now, by=by, reason=reason, until=until)


def reopen(
    *,
    flag: FlagArgument,
    config: ConfigOption = None,
    form: FormatOption = OutputFormat.TABLE,
    now: NowOption = None,
    by: ByOption = None,
    reason: ReasonOption = "",
) -> None:
    """Put a flag that was done, dismissed or snoozed back on the list.

    Example: accountline reopen ob-4f2k7qa3
    """
    _act("reopen", flag, config=config, form=form, now=now, by=by, reason=reason)


def assign(
    *,
    flag: FlagArgument,
    to: Annotated[str, typer.Option("--to", metavar="ADDRESS", help="The new owner.")],
    config: ConfigOption = None,
    form: FormatOption = OutputFormat.TABLE,
    now: NowOption = None,
    by: ByOption = None,
    reason: ReasonOption = "",
) -> None:
    """Give a flag to a colleague.

    Example: accountline assign ob-4f2k7qa3 --to ben@northwind.example
    """
    _act("assign", flag, config=config, form=form, now=now, by=by, reason=reason, to=to)


def dismiss(
    *,
    flag: FlagArgument,
    label: Annotated[
        Literal["not-a-request", "not-a-complaint", "no-reply-needed", "third-party"] | None,
        typer.Option("--as", help="Why it is wrong; the first two also teach."),
    ] = None,
    config: ConfigOption = None,
    form: FormatOption = OutputFormat.TABLE,
    now: NowOption = None,
    by: ByOption = None,
    reason: ReasonOption = "",
) -> None:
    """Take a flag off the list because it is wrong or nothing is owed; with third-party it stays, and is not late.

    Example: accountline dismiss ob-4f2k7qa3 --as not-a-request
    """
    _act("dismiss", flag, config=config, form=form, now=now, by=by, reason=reason, label=label)


def _act(
    kind: str,
    flag: str,
    *,
    config: Any,
    form: OutputFormat,
    now: str | None,
    by: str | None,
    reason: str,
    until: str | None = None,
    to: str = "",
    label: str | None = None,
) -> None:
    from domain.acts import Act, ActKind, DismissedAs
    from flows.acts import act, actor
    from flows.settings import load_settings
    from store.queries.acts import act_json

    settings = load_settings(config)
    zone = settings.company.timezone
    moment = present(now, zone)
    ends = instant(until, zone, "--until") if until else None
    if ends and ends <= moment:
        raise ConfigError("--until must lie ahead")
    if to and "@" not in to:
        raise ConfigError(f"--to takes an address such as ben@northwind.example, not `{to}`")
    written = Act(
        flag=flag.strip(),
        kind=ActKind(kind),
        at=moment,
        actor=actor(by),
        until=ends,
        assignee=to.strip().lower(),
        label=DismissedAs(label) if label else None,
        reason=reason,
    )
    act(settings, written)
    _show(act_json(written), views.ACTS, form, Moment(zone, moment))


def _show(row: Row, view: View, form: OutputFormat, moment: Moment) -> None:
    if form is OutputFormat.JSON:
        show_json(row)
    else:
        show_rows([row], view, form, moment)


def record(
    *,
    meeting: Annotated[str, typer.Argument(metavar="MEETING", help="Id from meetings, or of an unrecorded one.")],
    outcome: Annotated[
        Literal["held", "no-show", "rescheduled", "cancelled"] | None,
        typer.Option("--outcome", help="How it ended."),
    ] = None,
    note: Annotated[str, typer.Option("--note", metavar="TEXT", help="What was said.")] = "",
    decision: Annotated[
        list[str] | None, typer.Option("--decision", metavar="TEXT", help="What was decided; may be repeated.")
    ] = None,
    action: Annotated[
        list[str] | None, typer.Option("--action", metavar="TEXT", help="What is to be done; may be repeated.")
    ] = None,
    none: Annotated[bool, typer.Option("--none", help="Nothing was decided, nothing is to be done.")] = False,
    about: Annotated[
        str, typer.Option("--about", metavar="FLAG", help="The obligation that was answered in the meeting.")
    ] = "",
    config: ConfigOption = None,
    form: FormatOption = OutputFormat.TABLE,
    now: NowOption = None,
    by: ByOption = None,
) -> None:
    """Record a meeting: a note of 40 characters, or an outcome with a decision, an action or --none.

    Example: accountline record ev4kq2 --outcome held --note "Went through the offer" --action "Send the drawings"
    """
    if not (outcome or note.strip() or decision or action):
        raise ConfigError("record needs --outcome, --note, --decision or --action")
    from domain.followup import MeetingNote, Outcome
    from flows.acts import actor
    from flows.acts import record as write
    from flows.settings import load_settings

    settings = load_settings(config)
    moment = present(now, settings.company.timezone)
    written = MeetingNote(
        event_key=meeting.strip(),
        at=moment,
        text=note.strip(),
        outcome=Outcome(outcome) if outcome else None,
        decisions=tuple(decision or ()),
        actions=tuple(action or ()),
        nothing=none,
    )
    key = write(settings, written, by=actor(by), about=about.strip())
    row = {
        "id": key,
        "meeting": written.event_key,
        "at": moment,
        "outcome": outcome,
        "recorded": bool(written.record),
        "why": written.record or "too little for a record: 40 characters, or an outcome with what follows from it",
    }
    _show(row, views.RECORDED, form, Moment(settings.company.timezone, moment))
