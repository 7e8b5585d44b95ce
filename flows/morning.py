"""The morning report, from questions to the store to a message that can be sent; without Prefect."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from domain.digest import Brief, Digest, Report
from flows.digest_page import digest_html
from flows.settings import Settings
from followup.calendars import Calendars
from followup.digest import build_digest, is_today, notices
from followup.digest_text import digest_text, subject
from store import queries
from store.database import Store, open_store
from store.notices import told
from store.reattaching import mirrored_book


def compose(settings: Settings, now: datetime) -> Digest:
    """Choose what the report tells, from the same queries every surface uses."""
    limits = settings.stale_after()
    zone = settings.company.timezone
    names = [(source.name, source.kind) for source in settings.sources]
    with open_store(settings.store_url, read_only=True) as store:
        elapsed = Calendars(settings.policy, mirrored_book(store)).elapsed
        waiting = queries.overdue(store, now=now, elapsed=elapsed, stale_after=limits)
        sources = queries.status(store, now=now, sources=names, stale_after=limits)["sources"]
        before, since = told(store)
        return build_digest(
            company=settings.company.name,
            now=now,
            zone=zone,
            overdue=waiting,
            gaps=queries.meetings(store, now=now, unrecorded=True, stale_after=limits),
            promises=queries.promises(store, now=now, side="ours"),
            briefs=_briefs(store, waiting, now=now, zone=zone),
            stale=[source for source in sources if source["state"] != "ok"],
            told=before,
            since=since,
        )


def written(settings: Settings, digest: Digest) -> Report:
    """Write the report of a day out, with what must be remembered once it is sent."""
    with open_store(settings.store_url, read_only=True) as store:
        before, _ = told(store)
    return Report(
        day=local_day(settings, digest.today),
        written_at=digest.today,
        subject=subject(digest),
        text=digest_text(digest),
        html=digest_html(digest),
        notices=tuple(notices(digest, before)),
        over=tuple(notice.flag for notice in digest.cleared),
        finished=digest.empty,
    )


def local_day(settings: Settings, now: datetime) -> str:
    """The company's date at a moment: there is one report for each."""
    return now.astimezone(ZoneInfo(settings.company.timezone)).date().isoformat()


def _briefs(store: Store, waiting: Sequence[dict[str, Any]], *, now: datetime, zone: str) -> list[Brief]:
    """Today's client meetings that are still to come, the first one first."""
    listed = queries.meetings(store, now=now, unrecorded=False)
    today = [m for m in listed if is_today(m["starts_at"], now, zone) and m["starts_at"] >= now]
    today = sorted((m for m in today if m["status"] != "cancelled"), key=lambda m: (m["starts_at"], m["id"]))
    if not today:
        return []
    contacts = {account["name"]: account["last_contact"] for account in queries.accounts(store, now=now)}
    promised, complained = queries.promises(store, now=now), queries.complaints(store, now=now)
    return [
        Brief(
            meeting=meeting,
            last_contact=max(filter(None, (contacts.get(name) for name in meeting["accounts"])), default=None),
            waiting=_about(meeting, waiting),
            promises=_about(meeting, promised),
            complaints=_about(meeting, complained),
        )
        for meeting in today
    ]


def _about(meeting: dict[str, Any], rows: Sequence[dict[str, Any]]) -> tuple[dict[str, Any], ...]:
    return tuple(row for row in rows if row["account"] in meeting["accounts"])
