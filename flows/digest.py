"""The morning report: printed, or sent by mail once a day."""

import hashlib
from datetime import datetime
from email.utils import make_msgid
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from prefect import flow, task
from prefect.cache_policies import NO_CACHE

from connectors.smtp import send_mail
from domain.errors import SourceUnreachable
from flows.composition import home
from flows.moments import moment
from flows.settings import Settings, load_settings, resolve
from followup.business_time import BusinessTime
from followup.digest import digest_text
from store import queries
from store.database import open_store


@flow(name="digest", validate_parameters=False)
def digest(config: str, send: bool = True, now: str | None = None) -> str:
    """Write the morning report and send it, at most once a day.

    Args:
        config: Path of the configuration.
        send: Mail it as ``[digest]`` says; where that names nobody, print it.
        now: ISO 8601 instant taken for the present.

    Returns:
        The report.
    """
    settings = load_settings(Path(config))
    at = moment(now)
    text = compose(settings, at)
    if send:
        _deliver(settings, text, at)
    return text


def compose(settings: Settings, now: datetime) -> str:
    """Write the report from the same queries every surface uses."""
    limits = settings.stale_after()
    names = [(source.name, source.kind) for source in settings.sources]
    business = BusinessTime(settings.policy.hours)
    with open_store(settings.store_url, read_only=True) as store:
        waiting = queries.overdue(store, now=now, elapsed=business.elapsed, stale_after=limits)
        gaps = queries.meetings(store, now=now, unrecorded=True, stale_after=limits)
        sources = queries.status(store, now=now, sources=names, stale_after=limits)["sources"]
    return digest_text(
        company=settings.company.name,
        today=now,
        zone=settings.company.timezone,
        overdue=waiting,
        gaps=gaps,
        stale=[source for source in sources if source["state"] != "ok"],
    )


def _deliver(settings: Settings, text: str, now: datetime) -> None:
    """Send the report unless today's has been sent: a restart must not send it twice."""
    day = now.astimezone(ZoneInfo(settings.company.timezone)).date()
    sent = home(settings) / "digest-sent"
    if sent.exists() and sent.read_text(encoding="utf-8").strip() == day.isoformat():
        return
    if settings.digest.smtp and settings.digest.to:
        mail_report(settings, text, day.isoformat())
    else:
        print(text)  # noqa: T201 - where nobody is named, the report goes where serve's output goes
    sent.parent.mkdir(parents=True, exist_ok=True)
    sent.write_text(f"{day.isoformat()}\n", encoding="utf-8")


def _unreachable(_task: Any, _run: Any, state: Any) -> bool:
    try:
        state.result()
    except SourceUnreachable:
        return True
    except Exception:  # noqa: BLE001 - whatever else it is, it is not ours to try again
        return False
    return False


@task(retries=2, retry_delay_seconds=[10, 60], retry_condition_fn=_unreachable, cache_policy=NO_CACHE)
def mail_report(settings: Settings, text: str, day: str) -> None:
    """Hand the report to the mail server. Its Message-ID is the day's, so that a repeated one can be recognised."""
    smtp = settings.digest.smtp
    assert smtp is not None  # noqa: S101 - for the type checker
    mark = hashlib.sha256(f"{settings.company.name} {day}".encode()).hexdigest()[:20]
    domain = make_msgid().rpartition("@")[2].rstrip(">")
    send_mail(
        host=smtp.host,
        port=smtp.port,
        sender=settings.digest.sender or settings.digest.to[0],
        recipients=list(settings.digest.to),
        subject=f"{settings.company.name}: who is waiting for us, {day}",
        text=text,
        message_id=f"<digest.{mark}@{domain}>",
        security=smtp.security,
        username=smtp.username,
        secret=resolve(smtp.password) if smtp.password else None,
    )
