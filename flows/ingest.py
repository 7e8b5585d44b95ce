"""The ingest flow: pull every source, then understand, attach and flag what is new.

A task is a source or a stage, never a message: a task call costs Prefect tens of milliseconds. Only fetching is
retried, because only a network fails by chance.
"""

from pathlib import Path
from typing import Any

from prefect import flow, task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State, TaskRun

from domain.errors import SourceUnreachable
from flows import stages
from flows.attempts import failed_last_time
from flows.composition import Desk
from flows.moments import moment
from flows.once import Steps, ingest_once, retry_once
from flows.settings import SourceConfig, load_settings
from store.pages import Saved

_RETRY_SECONDS = [2.0, 10.0]


@flow(name="ingest", validate_parameters=False)
def ingest(
    config: str, sources: list[str] | None = None, now: str | None = None, scheduled: bool = False
) -> dict[str, Any]:
    """Bring the store up to date, once.

    Args:
        config: Path of the configuration. Prefect keeps the parameters: no secret is among them.
        sources: Names of the sources to read; all of them when None.
        now: ISO 8601 instant taken for the present; the clock when None.
        scheduled: Nobody typed it: a source that fails is tried less and less often.

    Returns:
        The report of INTERFACE.md's ``ingest``.
    """
    return ingest_once(load_settings(Path(config)), sources, moment(now), TASKS, scheduled=scheduled)


@flow(name="retry-quarantine", validate_parameters=False)
def retry(config: str, now: str | None = None) -> dict[str, Any]:
    """Parse everything in quarantine once more."""
    return retry_once(load_settings(Path(config)), moment(now), TASKS)


def _mends_itself(_task: Any, _run: TaskRun, state: State[Any]) -> bool:
    """A broken connection may mend itself; a refused password or a missing file does not."""
    try:
        state.result()
    except SourceUnreachable:
        return True
    except Exception:  # noqa: BLE001 - whatever else it is, it is not ours to try again
        return False
    return False


@task(
    cache_policy=NO_CACHE,
    retry_delay_seconds=_RETRY_SECONDS,
    retry_jitter_factor=0.3,
    retry_condition_fn=_mends_itself,
)
def fetch(desk: Desk, source: SourceConfig) -> Saved:
    """Fetch what is new of one source; a retry goes on at the last saved page."""
    return stages.pull(desk, source)


def _pull(desk: Desk, source: SourceConfig) -> Saved:
    retries = 0 if source.is_file or failed_last_time(desk, source) else len(_RETRY_SECONDS)
    return fetch.with_options(name=f"fetch {source.name}", retries=retries)(desk, source)


TASKS = Steps(
    pull=_pull,
    parse=task(cache_policy=NO_CACHE)(stages.parse),
    read=task(cache_policy=NO_CACHE)(stages.read),
    attach=task(cache_policy=NO_CACHE)(stages.attach),
    index=task(cache_policy=NO_CACHE)(stages.index),
    settle=task(cache_policy=NO_CACHE)(stages.settle),
    meet=task(cache_policy=NO_CACHE)(stages.meet),
)
