"""The ingest flow: pull every source, then understand, attach and flag what is new.

Take the decorators off and it still reads and runs. A task is a source or a stage, never a message: a task call costs
Prefect tens of milliseconds. Only fetching is retried, because only a network fails by chance.
"""

import time
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from prefect import flow, task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import TaskRun
from prefect.states import State

from domain.errors import AuthError, ConfigError, SourceError, SourceUnreachable
from flows import stages
from flows.composition import Desk
from flows.moments import moment
from flows.progress import report
from flows.settings import SourceConfig, load_settings
from store.attaching import save_account_book
from store.database import single_writer
from store.migrate import upgrade
from store.pages import Saved, end_source
from store.tidying import leave_out_internal

_RETRY_SECONDS = [2, 10]


@flow(name="ingest", validate_parameters=False)
def ingest(config: str, sources: list[str] | None = None, now: str | None = None) -> dict[str, Any]:
    """Bring the store up to date, once.

    Args:
        config: Path of the configuration. Prefect keeps the parameters: no secret is among them.
        sources: Names of the sources to read; all of them when None.
        now: ISO 8601 instant taken for the present; the clock when None.

    Returns:
        The report of INTERFACE.md's ``ingest``.
    """
    settings = load_settings(Path(config))
    desk = Desk(settings, now=moment(now))
    try:
        with single_writer(desk.store):
            upgrade(desk.store)
            save_account_book(desk.store, desk.book.accounts.values())
            pulled = [pull_one(desk, source) for source in _chosen(settings.sources, sources)]
            return understand(desk, pulled)
    finally:
        desk.close()


def _chosen(configured: Sequence[SourceConfig], named: Sequence[str] | None) -> list[SourceConfig]:
    if named is None:
        return list(configured)
    known = {source.name: source for source in configured}
    missing = [name for name in named if name not in known]
    if missing:
        raise ConfigError(
            f"There is no source “{missing[0]}” in the configuration; it has {', '.join(known) or 'none'}."
        )
    return [known[name] for name in named]


def pull_one(desk: Desk, source: SourceConfig) -> dict[str, Any]:
    """Pull one source and note how it ended; its failure is a line of the report, not the end of the run."""
    started = time.monotonic()
    saved, error, state = Saved(), "", "ok"
    retrying = pull.with_options(name=f"pull {source.name}", retries=0 if source.is_file else len(_RETRY_SECONDS))
    try:
        saved = retrying(desk, source)
    except AuthError as refused:
        state, error = "auth_dead", str(refused)
    except (SourceError, ConfigError) as failed:
        state, error = "failed", str(failed)
    if state != "ok":
        stages.begin_source(desk.store, source.name, source.kind, source.owner, now=desk.now)
    end_source(desk.store, source.name, state=state, error=error, now=desk.now)
    return {
        "name": source.name,
        "kind": source.kind,
        "state": state,
        "listed": saved.listed,
        "new": saved.new,
        "updated": saved.updated,
        "duplicates": 0,
        "quarantined": saved.unreadable,
        "removed": saved.removed,
        "seconds": round(time.monotonic() - started, 3),
        "bytes": saved.size,
        "error": error or None,
    }


def _worth_retrying(_task: Any, _run: TaskRun, state: State[Any]) -> bool:
    """A broken connection may mend itself; a refused password does not."""
    try:
        state.result()
    except SourceUnreachable:
        return True
    except Exception:  # noqa: BLE001 - whatever else it is, it is not ours to try again
        return False
    return False


@task(cache_policy=NO_CACHE, retry_delay_seconds=_RETRY_SECONDS, retry_condition_fn=_worth_retrying, log_prints=False)
def pull(desk: Desk, source: SourceConfig) -> Saved:
    """Fetch what is new of one source; a retry goes on at the last saved page."""
    return stages.pull(desk, source)


def understand(desk: Desk, pulled: list[dict[str, Any]]) -> dict[str, Any]:
    """Everything after fetching, from bytes to flags."""
    duplicates, quarantined = parse(desk)
    signals = read(desk)
    attach(desk)
    opened, closed = settle(desk)
    more, fewer = meet(desk)
    if all(source["state"] == "ok" for source in pulled):
        leave_out_internal(desk.store)
    report("done", 1, 1)
    for source in pulled:
        source["duplicates"] += duplicates[source["name"]]
        source["quarantined"] += quarantined[source["name"]]
    return {"sources": pulled, "signals": signals, "flags": {"opened": opened + more, "closed": closed + fewer}}


parse = task(cache_policy=NO_CACHE, name="parse")(stages.parse)
read = task(cache_policy=NO_CACHE, name="read")(stages.read)
attach = task(cache_policy=NO_CACHE, name="attach")(stages.attach)
settle = task(cache_policy=NO_CACHE, name="settle")(stages.settle)
meet = task(cache_policy=NO_CACHE, name="meet")(stages.meet)


@flow(name="retry-quarantine", validate_parameters=False)
def retry(config: str, now: str | None = None) -> dict[str, Any]:
    """Try everything in quarantine again: fetch what could not be fetched, parse what could not be parsed."""
    from store.tidying import release_quarantine  # noqa: PLC0415

    desk = Desk(load_settings(Path(config)), now=moment(now))
    try:
        with single_writer(desk.store):
            upgrade(desk.store)
            tried = release_quarantine(desk.store)
            report_of_run = understand(desk, [])
    finally:
        desk.close()
    return {"retried": tried, "signals": report_of_run["signals"], "flags": report_of_run["flags"]}


def instant(now: datetime | None) -> str | None:
    """How an instant travels through Prefect."""
    return now.isoformat() if now else None
