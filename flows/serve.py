"""One process that pulls every few minutes and reports every morning, on Prefect's schedules.

Runs happen here one after the other, in the main thread: two never overlap, a signal stops the one that runs, and no
child process can be left over. Many workers instead: set ``PREFECT_API_URL`` and deploy the flows to a work pool.
"""

import importlib
import logging
import os
import signal
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any
from uuid import UUID
from zoneinfo import ZoneInfo

from flows.local_api import ensure_api

if TYPE_CHECKING:
    from prefect import Flow
    from prefect.client.orchestration import SyncPrefectClient
    from prefect.client.schemas.objects import FlowRun
    from prefect.client.schemas.responses import FlowRunResponse

logger = logging.getLogger(__name__)

POLL = timedelta(seconds=2)
"""How often due runs are asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A flow and when it runs; either ``every`` or ``at`` is given.

    Attributes:
        entrypoint: ``module:function``. Never a path: Prefect would put its folder first on ``sys.path``.
        parameters: What the flow is called with; they are kept by Prefect, so no secrets, only names.
        every: The time between two runs; the first is at once.
        at: Hour and minute of the day in ``timezone``; on the days the clock changes as cron has it.
        timezone: IANA name.
        catch_up: Run at once when the process starts after ``at``. The flow must know by itself what it did today.
    """

    entrypoint: str
    parameters: dict[str, Any] = field(default_factory=dict)
    every: timedelta | None = None
    at: time | None = None
    timezone: str = "UTC"
    catch_up: bool = False

    @property
    def cron(self) -> str:
        """The crontab line of ``at``."""
        return f"{self.at.minute} {self.at.hour} * * *" if self.at else ""

    def load(self) -> "Flow[..., Any]":
        """Import the flow."""
        module, _, function = self.entrypoint.partition(":")
        flow: Flow[..., Any] = getattr(importlib.import_module(module), function)
        return flow

    def due_at_start(self, now: datetime) -> bool:
        """Say whether it runs at once when the process starts at ``now``, an aware instant."""
        if self.at is None:
            return True
        return self.catch_up and now.astimezone(ZoneInfo(self.timezone)).time() >= self.at


def serve(
    config_path: Path,
    *,
    home: Path,
    digest_at: time,
    timezone: str,
    ingest_every: timedelta = timedelta(minutes=5),
    catch_up: bool = False,
) -> None:
    """Run the flows ``ingest`` and ``digest`` on schedule until SIGTERM or SIGINT.

    Args:
        config_path: The configuration; the flows read it at every run, so edits take effect without a restart.
        home: Folder for Prefect's files.
        digest_at: Hour and minute of the morning report.
        timezone: The company's IANA zone, in which ``digest_at`` is meant.
        ingest_every: The time between two ingests; one that takes longer delays the next, none are piled up.
        catch_up: Send a missed report when started later in the day.
    """
    config = {"config": str(config_path.resolve())}
    run_jobs(
        [
            Job(entrypoint="flows.ingest:ingest", parameters=config, every=ingest_every),
            Job(
                entrypoint="flows.digest:digest", parameters=config, at=digest_at, timezone=timezone, catch_up=catch_up
            ),
        ],
        home=home,
    )


def run_jobs(jobs: Sequence[Job], *, home: Path, poll: timedelta = POLL) -> None:
    """Run flows when Prefect says they are due, one at a time, until SIGTERM or SIGINT; failures are logged.

    A signal ends the running flow at once with an exception, which rolls back the page in work; committed pages stay.
    """
    with _stop_on_signals() as stopping:
        ensure_api(home, scheduling=True)
        import httpx  # noqa: PLC0415 - Prefect's HTTP client
        from prefect.client.orchestration import get_client  # noqa: PLC0415 - only after its settings are made

        with get_client(sync_client=True) as client:
            deployments = {_deploy(client, job): job.load() for job in jobs}
            while not stopping.is_set():
                try:
                    run = _next_due(client, list(deployments))
                except httpx.HTTPError as error:
                    logger.warning("Prefect's API did not answer (%s); trying again.", type(error).__name__)
                    run = None
                if run and run.deployment_id:
                    _execute(deployments[run.deployment_id], run)
                else:
                    stopping.wait(poll.total_seconds())


@contextmanager
def _stop_on_signals() -> Iterator[threading.Event]:
    """Turn SIGTERM and SIGINT into an event; put the former handlers back.

    While a flow runs Prefect has a handler of its own for SIGTERM, which ends the flow and then calls this one.
    """
    stopping = threading.Event()

    def stop(number: int, _frame: FrameType | None) -> None:
        stopping.set()
        if number == signal.SIGINT:
            os.kill(os.getpid(), signal.SIGTERM)

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stopping
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _deploy(client: "SyncPrefectClient", job: Job) -> UUID:
    """Tell Prefect about a job. Runs scheduled by a former process and never started are dropped by that."""
    from prefect.flows import EntrypointType  # noqa: PLC0415
    from prefect.schedules import Cron, Interval  # noqa: PLC0415

    schedule = Interval(job.every) if job.every else Cron(job.cron, timezone=job.timezone)
    deployment = job.load().to_deployment(
        "accountline",
        schedule=schedule,
        parameters=job.parameters,
        concurrency_limit=1,
        entrypoint_type=EntrypointType.MODULE_PATH,
    )
    identifier = deployment.apply()
    if job.due_at_start(datetime.now(UTC)):
        client.create_flow_run_from_deployment(identifier)
    return identifier


def _next_due(client: "SyncPrefectClient", deployments: list[UUID]) -> "FlowRun | None":
    """Return the run that waits longest; of several waiting for one flow only the latest is left."""
    due = client.get_scheduled_flow_runs_for_deployments(deployments, scheduled_before=datetime.now(UTC))
    latest = {run.deployment_id: run for run in sorted(due, key=_scheduled)}
    for run in due:
        if run is not latest[run.deployment_id]:
            client.delete_flow_run(run.id)
    return client.read_flow_run(min(latest.values(), key=_scheduled).id) if latest else None


def _scheduled(run: "FlowRunResponse") -> datetime:
    return run.next_scheduled_start_time or datetime.max.replace(tzinfo=UTC)


def _execute(flow: "Flow[..., Any]", run: "FlowRun") -> None:
    from prefect.exceptions import TerminationSignal  # noqa: PLC0415
    from prefect.flow_engine import run_flow  # noqa: PLC0415
    from prefect.states import State  # noqa: PLC0415

    try:
        state = run_flow(flow, flow_run=run, return_type="state")
    except TerminationSignal:
        logger.info("%s was stopped.", flow.name)
    else:
        if isinstance(state, State) and not state.is_completed():
            logger.warning("%s failed and will be tried again when it is next due.", flow.name)
