"""One process that pulls every few minutes and reports every morning.

Prefect keeps what is due and what became of it, in a file, so that a restart goes on where it was. Runs happen here one
after the other, in the main thread: two never overlap, a signal stops the one that runs, and no child process can be
left over. Many workers instead: set ``PREFECT_API_URL`` and deploy the same flows to a work pool.

Each job's next run is asked for here, one at a time, rather than by Prefect's scheduler service: runs do not pile up
while one takes long or the machine sleeps, and the service of Prefect 3.8 fails with SQLAlchemy 2.1.
"""

import asyncio
import importlib
import logging
import os
import signal
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from enum import Enum
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any, cast
from uuid import UUID
from zoneinfo import ZoneInfo

from domain.errors import AccountlineError
from flows.local_api import ensure_api
from flows.watching import watch_sources

if TYPE_CHECKING:
    from prefect import Flow
    from prefect.client.orchestration import SyncPrefectClient
    from prefect.client.schemas.objects import FlowRun

logger = logging.getLogger(__name__)

POLL = timedelta(seconds=2)
"""How often due runs are asked for."""

AGAIN = timedelta(minutes=15)
"""How long after a daily run failed it is tried again, until its day is over."""

_GATHER = timedelta(seconds=5)
"""How long after the first news a run begins: mail comes in bursts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A flow and when it runs; either ``every`` or ``at`` is given.

    Attributes:
        entrypoint: ``module:function``. Never a path: Prefect would put its folder first on ``sys.path``.
        parameters: What the flow is called with; Prefect keeps them, so no secrets, only names.
        every: The time from the start of a run to the next; the first is at once.
        at: Hour and minute of the day in ``timezone``, as cron has it on the days the clock changes.
        timezone: IANA name.
    """

    entrypoint: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    every: timedelta | None = None
    at: time | None = None
    timezone: str = "UTC"

    def load(self) -> "Flow[..., Any]":
        """Import the flow."""
        module, _, function = self.entrypoint.partition(":")
        flow: Flow[..., Any] = getattr(importlib.import_module(module), function)
        return flow

    def next_after(self, now: datetime) -> datetime:
        """Return the first instant after ``now`` (both aware) at which it is due again."""
        if self.every:
            return now + self.every
        from prefect.server.schemas.schedules import CronSchedule  # noqa: PLC0415 - knows cron and time zones

        at = self.at or time()
        schedule = CronSchedule(cron=f"{at.minute} {at.hour} * * *", timezone=self.timezone)
        return asyncio.run(schedule.get_dates(1, start=now + timedelta(seconds=1)))[0]

    def still_wanted(self, due: datetime, now: datetime) -> bool:
        """Say whether a run missed while the process was down is made up for: today's report, not yesterday's."""
        zone = ZoneInfo(self.timezone)
        return self.at is not None and due <= now and due.astimezone(zone).date() == now.astimezone(zone).date()

    def again_after(self, due: datetime, failed_at: datetime) -> datetime | None:
        """When a run that failed is tried again, beside the regular ones; None for jobs that come soon anyway.

        The mail server may be down at half past seven; a report that waits for tomorrow is a silent failure.
        """
        again = failed_at + AGAIN
        return again if self.still_wanted(due, again) else None


def serve(
    config_path: Path,
    *,
    home: Path,
    digest_at: time,
    timezone: str,
    ingest_every: timedelta = timedelta(minutes=5),
) -> None:
    """Run the flows ``ingest`` and ``digest`` on schedule until SIGTERM or SIGINT.

    Args:
        config_path: The configuration; the flows read it at every run, so edits of sources need no restart.
        home: Folder for Prefect's files.
        digest_at: Hour and minute of the morning report; one missed while down is sent later on the same day.
        timezone: The company's IANA zone, in which ``digest_at`` is meant.
        ingest_every: The time from one ingest to the next; one that takes longer delays it.
    """
    config = {"config": str(config_path.resolve())}
    ingest = Job(entrypoint="flows.ingest:ingest", parameters=config | {"scheduled": True}, every=ingest_every)
    digest = Job(entrypoint="flows.digest:digest", parameters=config, at=digest_at, timezone=timezone)
    run_jobs([ingest, digest], home=home, watch=lambda stop: watch_sources(config_path, stop))


def leave_within(limit: timedelta) -> None:
    """End the process in this time at the latest; call when nothing of ours is left to do.

    Prefect delivers its last events while Python shuts down, to an API in a thread of the same process. Where that
    never ends, a service manager would wait, and in the end kill what has long been done.
    """
    timer = threading.Timer(limit.total_seconds(), os._exit, (0,))
    timer.daemon = True
    timer.start()


def run_jobs(
    jobs: Sequence[Job],
    *,
    home: Path,
    poll: timedelta = POLL,
    watch: Callable[[threading.Event], threading.Event] | None = None,
) -> None:
    """Run flows when they are due, one at a time, until SIGTERM or SIGINT; a failed run does not end it.

    Args:
        jobs: The flows.
        home: Folder for Prefect's files.
        poll: How often due runs are asked for.
        watch: Given what tells it to stop, starts to listen, and returns what will be set when there is news: then
            the jobs that run every so often run soon.

    A signal ends the running flow at once with an exception, which rolls back the page in work; committed pages stay.
    """
    with _stop_on_signals() as stopping:
        ensure_api(home)
        import httpx  # noqa: PLC0415 - Prefect's HTTP client
        from prefect.client.orchestration import get_client  # noqa: PLC0415 - only after its settings are made

        news = watch(stopping) if watch else threading.Event()
        with get_client(sync_client=True) as client:
            deployments = {_deploy(client, job): job for job in jobs}
            while not stopping.is_set():
                try:
                    if news.is_set():
                        news.clear()
                        _bring_forward(client, deployments)
                    busy = _work(client, deployments)
                except httpx.HTTPError as error:
                    logger.warning("Prefect's API did not answer (%s); trying again.", type(error).__name__)
                    busy = False
                if not busy:
                    stopping.wait(poll.total_seconds())


def _work(client: "SyncPrefectClient", deployments: Mapping[UUID, Job]) -> bool:
    """Do the run that is due the longest and ask for its successor; return whether there was one."""
    due = client.get_scheduled_flow_runs_for_deployments(list(deployments), scheduled_before=datetime.now(UTC))
    if not due:
        return False
    run = client.read_flow_run(due[0].id)
    deployment = cast("UUID", run.deployment_id)
    job = deployments[deployment]
    # Asked for beforehand and by a key of its own: a crash or a lost answer leaves one successor, never none or two.
    _schedule(client, deployment, job.next_after(datetime.now(UTC)), key=f"after {run.id}")
    outcome = _execute(job.load(), run)
    now = datetime.now(UTC)
    again = now if outcome is _Outcome.STOPPED else None
    if outcome is _Outcome.FAILED:
        again = job.again_after(run.expected_start_time or now, now)
    if again:
        _schedule(client, deployment, again, key=f"again {run.id}")
    return True


def _bring_forward(client: "SyncPrefectClient", deployments: Mapping[UUID, Job]) -> None:
    """Let the jobs that run every so often run soon: the run that waits for its time comes earlier, none is added."""
    from prefect.states import Scheduled  # noqa: PLC0415

    regular = [identifier for identifier, job in deployments.items() if job.every]
    soon = datetime.now(UTC) + _GATHER
    for run in client.get_scheduled_flow_runs_for_deployments(regular):
        if run.next_scheduled_start_time and run.next_scheduled_start_time > soon:
            client.set_flow_run_state(run.id, Scheduled(scheduled_time=soon), force=True)


def _deploy(client: "SyncPrefectClient", job: Job) -> UUID:
    """Tell Prefect about a job; of what a former process left waiting only what is still wanted stays."""
    from prefect.deployments.runner import RunnerDeployment  # noqa: PLC0415
    from prefect.types.entrypoint import EntrypointType  # noqa: PLC0415

    deployment = RunnerDeployment.from_flow(
        job.load(),
        name="accountline",
        parameters=dict(job.parameters),
        entrypoint_type=EntrypointType.MODULE_PATH,
    )
    identifier = cast("UUID", deployment.apply())
    now = datetime.now(UTC)
    left = client.get_scheduled_flow_runs_for_deployments([identifier])
    for run in left:
        if not job.still_wanted(run.next_scheduled_start_time or now, now):
            client.delete_flow_run(run.id)
    at = now if job.every else job.next_after(now)
    _schedule(client, identifier, at, key=f"started {at.isoformat()}")
    return identifier


def _schedule(client: "SyncPrefectClient", deployment: UUID, at: datetime, *, key: str) -> None:
    from prefect.states import Scheduled  # noqa: PLC0415

    client.create_flow_run_from_deployment(deployment, state=Scheduled(scheduled_time=at), idempotency_key=key)


class _Outcome(Enum):
    """How a run ended."""

    DONE = "done"
    FAILED = "failed"
    STOPPED = "stopped"


def _execute(flow: "Flow[..., Any]", run: "FlowRun") -> _Outcome:
    """Run a flow here and now."""
    from prefect.exceptions import TerminationSignal  # noqa: PLC0415
    from prefect.flow_engine import run_flow  # noqa: PLC0415

    try:
        state = cast("Any", run_flow(flow, flow_run=run, return_type="state"))
    except TerminationSignal:
        logger.warning("%s was stopped; it goes on from its last page when next started.", flow.name)
        return _Outcome.STOPPED
    result = state.result(raise_on_failure=False)
    _tell(flow.name, result)
    return _Outcome.FAILED if isinstance(result, BaseException) else _Outcome.DONE


def _tell(name: str, result: object) -> None:
    """Log what became of a run: one line, and one for each source that failed. Never what a mail says."""
    if isinstance(result, BaseException):
        # The text of an unexpected error may hold words of a mail, or a secret.
        why = str(result) if isinstance(result, AccountlineError) else type(result).__name__
        logger.warning("%s failed and will be tried again: %s", name, why)
        return
    if not isinstance(result, dict):
        logger.info("%s done", name)
        return
    sources, flags = result.get("sources", []), result.get("flags", {})
    new = sum(source["new"] for source in sources)
    logger.info(
        "%s done: %d new, flags opened %d, closed %d", name, new, flags.get("opened", 0), flags.get("closed", 0)
    )
    for source in sources:
        if source["error"]:
            logger.warning("source %s is %s: %s", source["name"], source["state"], source["error"])


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
