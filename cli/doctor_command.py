"""``accountline doctor``: is everything in place, and if not, what to do."""

import os
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from cli import views
from cli.options import ConfigOption, FormatOption, NowOption, OutputFormat, present
from cli.output import show_csv, show_json, show_text
from domain.errors import AccountlineError, ConfigError, SourceError, connect_command

if TYPE_CHECKING:
    from flows.settings import Secret, Settings

_OLDEST_CLOCK = datetime(2026, 1, 1, tzinfo=UTC)
"""A clock that shows less than this program's year is wrong."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        check: What: ``configuration``, ``secret desk``, ``source desk``, …
        ok: Nothing needs to be done.
        detail: What was found.
        advice: What to do, ``""`` when nothing.
        exit_code: What the program ends with when this is the worst finding.
    """

    check: str
    ok: bool
    detail: str
    advice: str = ""
    exit_code: int = 0


def doctor(
    *,
    config: ConfigOption = None,
    form: FormatOption = OutputFormat.TABLE,
    now: NowOption = None,
) -> None:
    """Check configuration, secrets, sources, store, clock, language model and coverage; say what to do.

    Ends with 0 when all is well, 2 when the configuration is at fault, 3 when a source fails, else 1.

    Example: accountline doctor
    """
    findings = list(examine(config, now))
    rows = [_row(finding) for finding in findings]
    if form is OutputFormat.JSON:
        show_json(rows)
    elif form is OutputFormat.CSV:
        show_csv(rows, views.DOCTOR_FIELDS)
    else:
        for row in rows:
            show_text(f"{'✓' if row['ok'] else '✗'} {row['check']}: {row['detail']}")
            if row["advice"]:
                show_text(f"  → {row['advice']}")
    codes = {finding.exit_code for finding in findings if not finding.ok}
    worst = next((code for code in (ConfigError.exit_code, SourceError.exit_code) if code in codes), int(bool(codes)))
    if worst:
        raise typer.Exit(worst)


def _row(finding: Finding) -> dict[str, Any]:
    return {name: value for name, value in asdict(finding).items() if name != "exit_code"}


def examine(config: Path | None, now: str | None) -> Iterator[Finding]:
    """Yield a finding for everything that can be checked with what the checks before found."""
    from flows.settings import load_settings

    try:
        settings = load_settings(config)
        moment = present(now, settings.company.timezone)
    except ConfigError as error:
        yield Finding("configuration", ok=False, detail=str(error), advice="Correct it.", exit_code=error.exit_code)
        return
    yield Finding("configuration", ok=True, detail=str(settings.path))
    yield _clock()
    yield _attempt("account book", "Correct the account book, or what names its accounts.", lambda: _book(settings))
    yield from _secrets(settings)
    yield from _sources(settings)
    yield _attempt(
        "language model", "Install Accountline again, or correct `model` in [extraction].", lambda: _model(settings)
    )
    store = _attempt("store", "Run `accountline ingest`; it makes and upgrades the store.", lambda: _store(settings))
    yield store
    if store.ok:
        yield from _coverage(settings, moment)


def _attempt(check: str, advice: str, look: Callable[[], str]) -> Finding:
    try:
        return Finding(check, ok=True, detail=look())
    except AccountlineError as error:
        return Finding(check, ok=False, detail=str(error), advice=advice, exit_code=error.exit_code)


def _clock() -> Finding:
    clock = datetime.now(UTC)
    if clock < _OLDEST_CLOCK:
        return Finding("clock", ok=False, detail=f"it shows {clock:%Y-%m-%d}", advice="Set the clock.", exit_code=1)
    variable = os.environ.get("ACCOUNTLINE_NOW")
    return Finding(
        "clock",
        ok=True,
        detail=f"{clock:%Y-%m-%d %H:%M} UTC" + (f", but ACCOUNTLINE_NOW is {variable}" if variable else ""),
    )


def _book(settings: "Settings") -> str:
    from flows.account_book import read_account_book
    from flows.calendar_settings import check_accounts

    accounts = read_account_book(settings.book, settings.company)
    check_accounts(settings.named_accounts, accounts)
    unreachable = [account.name for account in accounts if not account.domains and not account.contacts]
    if unreachable:
        raise ConfigError(f"{', '.join(unreachable)}: no domain and no contact, so no mail can belong there")
    return f"{len(accounts)} accounts in {settings.book.name}"


def _secrets(settings: "Settings") -> Iterator[Finding]:
    named = [(f"secret of {source.name}", source.secret) for source in settings.sources]
    if settings.digest.smtp:
        named.append(("secret of the digest", settings.digest.smtp.password))
    named.extend((f"address for notices {number}", secret) for number, secret in enumerate(settings.digest.notify, 1))
    for check, secret in named:
        if secret:
            yield _attempt(check, "Provide it.", partial(_found, secret))


def _found(secret: "Secret") -> str:
    from flows.secret_values import resolve

    resolve(secret)  # what was found must not reach the finding
    return "found"


def _sources(settings: "Settings") -> Iterator[Finding]:
    from flows.composition import check_sources

    if not settings.sources:
        advice = f"Add one to {settings.path.name}."
        yield Finding("sources", ok=False, detail="none is configured", advice=advice, exit_code=ConfigError.exit_code)
        return
    for name, state, sentence in check_sources(settings):
        advice = {
            "ok": "",
            "auth_dead": f"Run {connect_command(name)}; it signs in again where it can, and tries the source.",
        }.get(state, f"Look at [[sources]] “{name}” in {settings.path.name}, and whether it can be reached.")
        yield Finding(
            f"source {name}", ok=state == "ok", detail=sentence, advice=advice, exit_code=SourceError.exit_code
        )


def _model(settings: "Settings") -> str:
    from flows.composition import check_model

    return check_model(settings)


def _store(settings: "Settings") -> str:
    from store.database import open_store
    from store.migrate import schema_state

    with open_store(settings.store_url, read_only=True) as store:
        state = schema_state(store)
    if state != "current":
        raise AccountlineError("its layout is older than this version" if state == "old" else "it is empty")
    return "up to date"


def _coverage(settings: "Settings", now: datetime) -> Iterator[Finding]:
    from store import queries
    from store.database import open_store

    sources = [(source.name, source.kind) for source in settings.sources]
    with open_store(settings.store_url, read_only=True) as store:
        answer = queries.status(store, now=now, sources=sources, stale_after=settings.stale_after())
    for row in answer["sources"]:
        state = row["state"]
        lag = f", last success {timedelta(seconds=int(row['lag_seconds']))} ago" if row.get("lag_seconds") else ""
        advice = {"ok": "", "auth_dead": f"Run {connect_command(row['name'])}, then `accountline ingest`."}.get(
            state, f"Run `accountline ingest --source {row['name']}`."
        )
        check = f"coverage of {row['name']}"
        yield Finding(check, ok=state == "ok", detail=f"{state}{lag}", advice=advice, exit_code=SourceError.exit_code)
