"""Which sources a run on schedule reads, and what it remembers of those that failed."""

from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

from flows.backoff import Record, after, is_due
from flows.composition import Desk, options_of
from flows.settings import Settings, SourceConfig
from store.attempts import note_attempt, read_attempts


def on_schedule(desk: Desk, sources: Sequence[SourceConfig]) -> tuple[list[SourceConfig], list[SourceConfig]]:
    """Choose the sources that are due.

    Returns:
        Those that are well, and those that failed last time: read after the others' mail is understood, so that a
        server that stalls delays nobody but itself.
    """
    records = _records(desk)
    well: list[SourceConfig] = []
    failing: list[SourceConfig] = []
    for source in sources:
        record = records.get(source.name, Record())
        if is_due(record, now=desk.now, edition=edition(desk.settings, source)):
            (failing if record.failures else well).append(source)
    return well, failing


def failed_last_time(desk: Desk, source: SourceConfig) -> bool:
    """Say whether a source's last attempt failed: then trying it twice in one run is no use."""
    return _records(desk).get(source.name, Record()).failures > 0


def note(desk: Desk, source: SourceConfig, state: str) -> None:
    """Remember how reading a source ended, and when it is tried again."""
    record = after(
        _records(desk).get(source.name, Record()),
        source.name,
        state,
        now=desk.now,
        interval=source.interval,
        edition=edition(desk.settings, source),
    )
    note_attempt(
        desk.store,
        source.name,
        failures=record.failures,
        next_attempt=record.next_attempt,
        tried_with=record.tried_with,
    )


def edition(settings: Settings, source: SourceConfig) -> str:
    """Return what changes when somebody edits the configuration, replaces the credentials, or signs in again.

    Only sizes and times of files go into it: the store gets nothing that was made from a secret.
    """
    options = options_of(source)
    files = [settings.path, *(Path(options[key]) for key in ("credentials",) if key in options)]
    if "vault" in options:
        files.append(options["vault"].file(source.name))
    return sha256(repr([_state_of(file) for file in files]).encode()).hexdigest()[:16]


def _state_of(file: Path) -> tuple[int, int] | None:
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_size, found.st_mtime_ns


def _records(desk: Desk) -> dict[str, Record]:
    return {
        name: Record(failures=failures, next_attempt=next_attempt, tried_with=tried_with)
        for name, (failures, next_attempt, tried_with) in read_attempts(desk.store).items()
    }
