"""The morning report as a flow: printed, or sent once a day."""

from pathlib import Path
from typing import Any

from prefect import flow, task
from prefect.cache_policies import NO_CACHE

from domain.digest import Report
from domain.errors import SourceUnreachable
from flows.moments import moment
from flows.morning import compose
from flows.outbox import Way, deliver
from flows.settings import load_settings
from followup.digest_text import digest_text


@flow(name="digest", validate_parameters=False)
def digest(config: str, send: bool = True, now: str | None = None) -> str:
    """Write the morning report and send it, once a day.

    Args:
        config: Path of the configuration.
        send: Send it as ``[digest]`` says; where that names nobody, print it.
        now: ISO 8601 instant taken for the present.

    Returns:
        The report, or a sentence why nothing was sent.
    """
    settings = load_settings(Path(config))
    at = moment(now)
    return deliver(settings, at, trying=_patiently) if send else digest_text(compose(settings, at))


def _patiently(way: Way) -> Way:
    """Try again when a server cannot be reached, as it happens at half past seven."""

    def hand_over(report: Report) -> None:
        _hand_over(way, report)

    return hand_over


def _unreachable(_task: Any, _run: Any, state: Any) -> bool:
    try:
        state.result()
    except SourceUnreachable:
        return True
    except Exception:  # noqa: BLE001 - whatever else it is, it is not ours to try again
        return False
    return False


@task(retries=2, retry_delay_seconds=[10, 60], retry_condition_fn=_unreachable, cache_policy=NO_CACHE)
def _hand_over(way: Way, report: Report) -> None:
    way(report)
