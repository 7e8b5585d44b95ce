"""Commands that answer from the store and never write: obligations, meetings, timeline, search, status, explain."""

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from cli import views
from cli.options import AccountOption, ConfigOption, FormatOption, NowOption, OutputFormat
from cli.output import Moment, Row, show_json, show_record, show_rows, show_text
from cli.reading import reading
from domain.errors import ConfigError

if TYPE_CHECKING:
    from cli.reading import Reading
    from store.queries.obligations import Known


class EntryKind(StrEnum):
    """Kinds of a timeline's entries."""

    MESSAGE = "message"
    MEETING = "meeting"
    CALL = "call"
    NOTE = "note"
    SIGNAL = "signal"
    FLAG = "flag"
    OUTCOME = "outcome"


Side = Literal["ours", "theirs"]
"""The values of ``domain.followup.Side``, which is slow to load for a `--help`."""


def overdue(
    *,
    config: ConfigOption = None,
    form: FormatOption = OutputFormat.TABLE,
    now: NowOption = None,
    owner: Annotated[str | None, typer.Option("--owner", metavar="ADDRESS", help="One owner only.")] = None,
    account: AccountOption = None,
    state: Annotated[
        str | None,
        typer.Option("--state", metavar="STATES", help="Some of overdue,at_risk,open,unknown, with commas."),
    ] = None,
    side: Annotated[Side, typer.Option("--side", help="Who owes: we, or the clients.")] = "ours",
    known_at: Annotated[
        str | None,
        typer.Option("--known-at", metavar="T", help="Only from mail and acts that were known here at this instant."),
    ] = None,
) -> None:
    """List replies that are owed, worst first.

    Example: accountline overdue --state overdue,at_risk
    """
    states = _states(state)
    with reading(config, now) as desk:
        from store import queries

        rows = queries.overdue(
            desk.store,
            now=desk.now,
            elapsed=desk.calendars().elapsed,
            stale_after=desk.settings.stale_after(),
            side=side,
            owner=owner,
            account=account,
            states=states,
            known=_known(desk, known_at),
        )
        show_rows(rows, views.OVERDUE, form, desk.moment)


def _known(desk: "Reading", moment: str | None) -> "Known | None":
    at = desk.instant(moment, "--known-at")
    if at is None:
        return None
    from flows.replay import known_at

    return known_at(desk.settings, desk.store, at, now=desk.now)


def _states(text: str | None) -> list[str] | None:
    if text is None:
        return None
    from domain.followup import ObligationState
    from flows.wording import did_you_mean, one_of

    words = [word.strip().lower().replace("-", "_") for word in text.split(",") if word.strip()]
    known = [state.value for state in ObligationState]
    for word in words:
        if word not in known:
            raise ConfigError(f"--state takes {one_of(known)}, not `{word}`{did_you_mean(word, known)}")
    return words or None


def replay(
    *,
    policy: Annotated[Path, typer.Option("--policy", metavar="FILE", help="A file with another [response] part.")],
    config: ConfigOption = None,
    form: FormatOption = OutputFormat.TABLE,
    now: NowOption = None,
    since: Annotated[str | None, typer.Option("--since", metavar="T", help="What was asked from then on.")] = None,
    until: Annotated[str | None, typer.Option("--until", metavar="T", help="As it stood then; else now.")] = None,
) -> None:
    """Show what other targets, hours, holidays or tiers would have changed. Writes nothing.

    Example: accountline replay --policy stricter.toml --since 2026-01-01
    """
    with reading(config, now) as desk:
        from flows.replay import replay as compared

        answer = compared(
            desk.settings,
            desk.store,
            policy,
            now=desk.now,
            since=desk.instant(since, "--since"),
            until=desk.instant(until, "--until"),
        )
        if form is OutputFormat.JSON:
            show_json(answer)
            return
        show_rows(answer["flags"], views.REPLAY, form, desk.moment)
        if form is OutputFormat.TABLE:
            show_text("")
            show_rows(answer["response_times"], views.RESPONSE_TIMES, form, desk.moment)


def meetings(
    *,
    config: ConfigOption = None,
    form: FormatOption = OutputFormat.TABLE,
    now: NowOption = None,
    unrecorded: Annotated[bool, typer.Option("--unrecorded", help="Those without a record only.")] = False,
    account: AccountOption = None,
) -> None:
    """List meetings with clients, or those that went unrecorded.

    Example: accountline meetings --unrecorded --account "Acme"
    """
    with reading(config, now) as desk:
        from store import queries

        rows = queries.meetings(
            desk.store,
            now=desk.now,
            unrecorded=unrecorded,
            account=account,
            stale_after=desk.settings.stale_after(),
        )
        show_rows(rows, views.UNRECORDED if unrecorded else views.MEETINGS, form, desk.moment)


def timeline(
    *,
    account: Annotated[str, typer.Argument(metavar="ACCOUNT", help="A name, an id or a domain.")],
    config: ConfigOption = None,
    form: FormatOption = OutputFormat.TABLE,
    now: NowOption = None,
    since: Annotated[str | None, typer.Option("--since", metavar="T", help="From this instant on.")] = None,
    until: Annotated[str | None, typer.Option("--until", metavar="T", help="Up to this instant.")] = None,
    kind: Annotated[list[EntryKind] | None, typer.Option("--kind", help="One kind only; may be repeated.")] = None,
    contact: Annotated[str | None, typer.Option("--contact", metavar="ADDRESS", help="One person only.")] = None,
    search: Annotated[str | None, typer.Option("--search", metavar="TEXT", help="Entries with these words.")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=1000, help="Entries at once.")] = 50,
    cursor: Annotated[str | None, typer.Option("--cursor", metavar="C", help="Go on where a page ended.")] = None,
) -> None:
    """Show what happened with an account, newest first.

    Example: accountline timeline acme.example --since 2026-01-01
    """
    with reading(config, now) as desk:
        from store import queries

        page = queries.timeline(
            desk.store,
            account,
            now=desk.now,
            since=desk.instant(since, "--since"),
            until=desk.instant(until, "--until"),
            kinds=tuple(entry.value for entry in kind or ()),
            contact=contact,
            search=search,
            limit=limit,
            cursor=cursor,
            zone=desk.zone,
        )
        if form is OutputFormat.JSON:
            show_json(page)
            return
        show_rows(page["entries"], views.TIMELINE, form, desk.moment)
        if page["next_cursor"] and form is OutputFormat.TABLE:
            show_text(f"\nThere is more: --cursor {page['next_cursor']}")


def search(
    *,
    text: Annotated[str, typer.Argument(metavar="TEXT", help="Words to look for.")],
    config: ConfigOption = None,
    form: FormatOption = OutputFormat.TABLE,
    account: AccountOption = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=1000, help="Results at most.")] = 50,
) -> None:
    """Find words in messages, meetings and notes: words, "phrases", beginnings*, from: to: after: before: has: kind:.

    Example: accountline search "framework contract" --account Acme
    """
    with reading(config) as desk:
        from store import queries

        rows = queries.search(desk.store, text, account=account, limit=limit, zone=desk.zone)
        show_rows(rows, views.SEARCH, form, desk.moment)


def status(
    *,
    config: ConfigOption = None,
    form: FormatOption = OutputFormat.TABLE,
    now: NowOption = None,
) -> None:
    """Show each source: coverage, last success, what waits in quarantine.

    Example: accountline status --format json
    """
    with reading(config, now) as desk:
        from store import queries

        sources = [(source.name, source.kind) for source in desk.settings.sources]
        answer = queries.status(desk.store, now=desk.now, sources=sources, stale_after=desk.settings.stale_after())
        if form is OutputFormat.JSON:
            show_json(answer)
        else:
            show_rows(answer["sources"], views.STATUS, form, desk.moment)
        if form is OutputFormat.TABLE:
            for row in answer["sources"]:
                if row["state"] != "ok" and row["error"]:
                    show_text(f"{row['name']}: {row['error']}")


def explain(
    *,
    identity: Annotated[str, typer.Argument(metavar="ID", help="Of a flag, a message or an event.")],
    config: ConfigOption = None,
    form: FormatOption = OutputFormat.TABLE,
    now: NowOption = None,
) -> None:
    """Say why something is where it is: rule, quote, clock, and what would clear it.

    Example: accountline explain 7f3a2c
    """
    with reading(config, now) as desk:
        from store import queries

        calendars = desk.calendars()
        record = queries.explain(
            desk.store,
            identity,
            now=desk.now,
            elapsed=calendars.elapsed,
            calendar=calendars.name,
            stale_after=desk.settings.stale_after(),
        )
        _show_explanation(record, form, desk.moment)


def _show_explanation(record: dict[str, Any], form: OutputFormat, moment: Moment) -> None:
    if form is OutputFormat.JSON:
        show_json(record)
    elif form is OutputFormat.CSV:
        show_rows([record], views.EXPLAIN, form, moment)
    else:
        _show_trace(record, moment)


def _show_trace(record: Row, moment: Moment) -> None:
    """Print the facts, then the clock step by step, then what would clear it."""
    facts = record.get("facts")
    told = {**record, **facts} if isinstance(facts, Mapping) else record
    show_record({name: value for name, value in told.items() if name not in {"facts", "clock", "clears_when"}}, moment)
    for step in record.get("clock") or ():
        show_text(f"  {moment.show(step['at']):>18}  {step['what']}")
    if record.get("clears_when"):
        show_text(f"clears when: {record['clears_when']}")
