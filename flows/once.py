"""One run, from sources to flags, without Prefect: what the ``ingest`` flow does when its decorators are taken off."""

import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from domain.errors import AuthError, ConfigError, SourceError
from flows import attempts, stages
from flows.composition import Desk
from flows.reattaching import moves, take_over_book
from flows.settings import Settings, SourceConfig
from flows.triage import create_unknown
from flows.wording import did_you_mean
from store.database import single_writer
from store.migrate import upgrade
from store.pages import Saved, all_read, begin_source, end_source, set_visibility
from store.tidying import drop_old_raw, leave_out_internal, release_quarantine, weigh_tables


@dataclass(frozen=True, slots=True, kw_only=True)
class Steps:
    """The steps of a run; the flow puts Prefect's tasks in their place."""

    pull: Callable[[Desk, SourceConfig], Saved] = stages.pull
    parse: Callable[[Desk], tuple[Counter[str], Counter[str]]] = stages.parse
    read: Callable[[Desk], int] = stages.read
    attach: Callable[[Desk], None] = stages.attach
    index: Callable[[Desk], None] = stages.index
    settle: Callable[[Desk], tuple[int, int]] = stages.settle
    meet: Callable[[Desk], tuple[int, int]] = stages.meet


PLAIN = Steps()


def ingest_once(
    settings: Settings,
    names: Sequence[str] | None,
    now: datetime,
    steps: Steps = PLAIN,
    *,
    scheduled: bool = False,
) -> dict[str, Any]:
    """Pull sources, then understand, attach and flag what is new.

    Args:
        settings: The configuration.
        names: Sources to read; all of them when None.
        now: Taken for the present.
        steps: How each step is called.
        scheduled: Nobody asked for it: sources that failed are left out until they are due again, and then read last.

    Returns:
        The report of INTERFACE.md's ``ingest``; with ``moved`` where another account book moved mail between accounts.

    Raises:
        ConfigError: A name or the account book is wrong.
        StoreError: The store cannot be written.
    """
    chosen = _chosen(settings.sources, names)
    desk = Desk(settings, now=now)
    try:
        # The book is read first: a mistake in it must not leave a half-made store behind.
        known = list(desk.book.accounts.values())
        with single_writer(desk.store):
            upgrade(desk.store)
            moved = moves(desk.store, settings.company, known)
            take_over_book(desk.store, settings.company, known, now=now)
            set_visibility(desk.store, _visibility(settings))
            well, failing = attempts.on_schedule(desk, chosen) if scheduled else (chosen, [])
            report = _work_through(desk, well, steps)
            report = _joined(report, _work_through(desk, failing, steps)) if failing else report
            return report | ({"moved": [asdict(move) for move in moved]} if moved else {})
    finally:
        desk.close()


def retry_once(settings: Settings, now: datetime, steps: Steps = PLAIN) -> dict[str, Any]:
    """Parse everything in quarantine once more; what could never be fetched waits for its source's next run."""
    desk = Desk(settings, now=now)
    try:
        with single_writer(desk.store):
            upgrade(desk.store)
            tried = release_quarantine(desk.store)
            report = _understand(desk, [], steps)
    finally:
        desk.close()
    return {"retried": tried, "signals": report["signals"], "flags": report["flags"]}


def _visibility(settings: Settings) -> dict[str, str]:
    """Of every source, also those that are not read now: what somebody wants hidden is hidden from here on."""
    return {source.name: source.visibility for source in settings.sources}


def _chosen(configured: Sequence[SourceConfig], names: Sequence[str] | None) -> list[SourceConfig]:
    if names is None:
        return list(configured)
    known = {source.name: source for source in configured}
    for name in names:
        if name not in known:
            raise ConfigError(f"there is no source “{name}” in the configuration{did_you_mean(name, known)}")
    return [known[name] for name in names]


def _work_through(desk: Desk, sources: Sequence[SourceConfig], steps: Steps) -> dict[str, Any]:
    return _understand(desk, [_pull(desk, source, steps) for source in sources], steps)


def _joined(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    return {
        "sources": one["sources"] + other["sources"],
        "signals": one["signals"] + other["signals"],
        "flags": {name: one["flags"][name] + other["flags"][name] for name in one["flags"]},
    }


def _pull(desk: Desk, source: SourceConfig, steps: Steps) -> dict[str, Any]:
    """Pull one source and note how it ended; its failure is a line of the report, not the end of the run."""
    started = time.monotonic()
    saved, error, state = Saved(), "", "ok"
    begin_source(desk.store, source.name, source.kind, source.owner, now=desk.now)
    set_visibility(desk.store, {source.name: source.visibility})
    try:
        saved = steps.pull(desk, source)
    except AuthError as refused:
        state, error = "auth_dead", str(refused)
    except (SourceError, ConfigError) as failed:
        state, error = "failed", str(failed)
    end_source(desk.store, source.name, state=state, error=error, now=desk.now)
    attempts.note(desk, source, state)
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


def _understand(desk: Desk, pulled: list[dict[str, Any]], steps: Steps) -> dict[str, Any]:
    """Everything after fetching, from bytes to flags."""
    duplicates, quarantined = steps.parse(desk)
    steps.attach(desk)
    if desk.settings.unknown_domains == "create" and create_unknown(desk):
        steps.attach(desk)
    steps.index(desk)
    signals = steps.read(desk)
    opened, closed = steps.settle(desk)
    if all_read(desk.store, [source.name for source in desk.settings.sources]):
        # Before every source was read, the client's mail that such talk belongs to may still be on its way.
        leave_out_internal(desk.store)
        # An invitation that goes takes its meeting along.
        steps.attach(desk)
        steps.index(desk)
    more, fewer = steps.meet(desk)
    if desk.settings.keep_raw:
        drop_old_raw(desk.store, desk.now - desk.settings.keep_raw)
    if signals or any(source["new"] or source["updated"] for source in pulled):
        weigh_tables(desk.store)
    for source in pulled:
        source["duplicates"] += duplicates[source["name"]]
        source["quarantined"] += quarantined[source["name"]]
    return {"sources": pulled, "signals": signals, "flags": {"opened": opened + more, "closed": closed + fewer}}
