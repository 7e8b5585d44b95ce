"""The morning report, from questions to the store to a message that can be sent; without Prefect."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from domain.digest import Brief, Digest, Facts, Letter, Report
from flows.clocks import stored_calendars
from flows.digest_page import digest_html
from flows.settings import Settings
from followup.digest import build_digest, is_today, notices
from followup.digest_readers import concerns, share_of
from followup.digest_text import digest_text, subject
from store import queries
from store.database import Store, open_store
from store.notices import concerned, told


def compose(settings: Settings, now: datetime) -> Digest:
    """Choose what the report tells, from the same queries every surface uses."""
    with open_store(settings.store_url, read_only=True) as store:
        return _digest(settings, now, _facts(settings, store, now))


def write_report(settings: Settings, now: datetime) -> Report:
    """Write the report of a day out, for the team and for each owner, with what must be remembered once it is sent."""
    with open_store(settings.store_url, read_only=True) as store:
        facts = _facts(settings, store, now)
        shares = list(_shares(settings, store, now, facts)) if settings.digest.owners else []
    digest = _digest(settings, now, facts)
    noticed = {notice.flag: notice for one in (*shares, digest) for notice in notices(one, facts.told)}
    return Report(
        day=local_day(settings, now),
        written_at=now,
        subject=subject(digest),
        text=digest_text(digest),
        html=digest_html(digest),
        letters=tuple(
            Letter(to=one.reader, subject=subject(one), text=digest_text(one), html=digest_html(one)) for one in shares
        ),
        notices=tuple(noticed.values()),
        over=tuple(notice.flag for notice in digest.cleared),
        finished=digest.empty,
    )


def _facts(settings: Settings, store: Store, now: datetime) -> Facts:
    limits = settings.stale_after()
    names = [(source.name, source.kind) for source in settings.sources]
    elapsed = stored_calendars(settings, store).elapsed
    waiting = queries.overdue(store, now=now, elapsed=elapsed, stale_after=limits)
    sources = queries.status(store, now=now, sources=names, stale_after=limits)["sources"]
    before, since = told(store)
    return Facts(
        overdue=waiting,
        gaps=queries.meetings(store, now=now, unrecorded=True, stale_after=limits),
        promises=queries.promises(store, now=now, side="ours"),
        briefs=_briefs(store, waiting, now=now, zone=settings.company.timezone),
        stale=[source for source in sources if source["state"] != "ok"],
        told=before,
        since=since,
    )


def _digest(settings: Settings, now: datetime, facts: Facts, reader: str = "") -> Digest:
    company = settings.company
    return build_digest(facts, company=company.name, now=now, zone=company.timezone, reader=reader)


def _shares(settings: Settings, store: Store, now: datetime, facts: Facts) -> Iterator[Digest]:
    """What concerns each of us who answers for an account, or for one flag, and does not read the team's report."""
    answering = queries.answering(store, now=now)
    flags = concerned(store, facts.told)
    readers = {*answering.values(), *(row["owner"] for row in facts.overdue)}
    for reader in sorted(readers - {*settings.digest.to}):
        share = share_of(reader, facts, answering=answering, concerned=flags)
        digest = _digest(settings, now, share, reader)
        if settings.company.has(reader) and concerns(digest):
            yield digest


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
