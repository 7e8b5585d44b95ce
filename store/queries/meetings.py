"""Meetings and what went unrecorded."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, or_, select

from store import tables
from store.database import Store, chunks
from store.itip import SHADOW
from store.queries.accounts import find_account
from store.queries.coverage import StaleAfter, stale_sources
from store.queries.obligations import unlisted
from store.queries.visibility import veiled

_AHEAD = timedelta(days=60)


@veiled
def meetings(
    store: Store, *, now: datetime, unrecorded: bool, account: str | None = None, stale_after: StaleAfter | None = None
) -> list[dict[str, Any]]:
    """List client meetings, newest first, or with ``unrecorded`` the gaps only (INTERFACE: ``meetings``).

    Raises:
        NotFoundError: ``account`` is not in the account book.
    """
    with store.reading() as connection:
        only = find_account(connection, account).id if account else None
        names = {row.id: row.name for row in connection.execute(select(tables.account.c.id, tables.account.c.name))}
        gaps = gaps_at(connection, now=now)
        if unrecorded:
            blind = _blind(connection, now=now, stale_after=stale_after or {})
            shown = [gap for gap in gaps if not blind.intersection(gap.participants) and "" not in blind]
            return [_gap_json(gap, names) for gap in shown if only is None or only in gap.accounts]
        return _meetings(connection, names, {gap.event for gap in gaps}, only, now=now)


def gaps_at(connection: Connection, *, now: datetime) -> list[Any]:
    """Rows of the gaps that stood open at a moment, latest meeting first."""
    gap = tables.gap
    query = select(gap).where(
        gap.c.flag_from <= now, or_(gap.c.closed_at.is_(None), gap.c.closed_at > now), gap.c.historic.is_(False)
    )
    rows = connection.execute(query).all()
    hidden = unlisted(connection, [row.id for row in rows], now=now, somebody_waits=False)
    listed = [row for row in rows if row.id not in hidden]
    return sorted(listed, key=lambda row: (row.starts_at or row.flag_from, row.id), reverse=True)


def _blind(connection: Connection, *, now: datetime, stale_after: StaleAfter) -> set[str]:
    """Owners of calendars that were not synced lately: what they show is unknown, not flagged (D5.17)."""
    return {s.owner for s in stale_sources(connection, now=now, stale_after=stale_after) if s.calendar}


def _gap_json(row: Any, names: dict[str, str]) -> dict[str, Any]:
    return {
        "id": row.id,
        "gap": row.gap,
        "account": names.get(row.account, row.account),
        "account_id": row.account,
        "accounts": [names.get(account, account) for account in row.accounts],
        "starts_at": row.starts_at,
        "ends_at": row.ends_at,
        "title": row.title,
        "participants": row.participants,
        "confidence": row.confidence,
        "evidence": [{name: e[name] for name in _EVIDENCE} for e in row.evidence],
        "event_id": row.event or None,
        "message_id": row.message_id or None,
    }


_EVIDENCE = ("message_id", "kind", "quote", "start", "end", "score", "rule")


def _meetings(
    connection: Connection, names: dict[str, str], gaps: Collection[str], only: str | None, *, now: datetime
) -> list[dict[str, Any]]:
    event, links = tables.event, tables.event_account
    concerned = select(links.c.event).where(links.c.account == only) if only else select(links.c.event)
    query = (
        select(event)
        .where(event.c.key.in_(concerned), event.c.starts_at <= now + _AHEAD)
        .order_by(event.c.starts_at.desc(), event.c.key)
    )
    rows = list(connection.execute(query))
    accounts_of: dict[str, list[tuple[int, str]]] = {}
    for some in chunks([row.key for row in rows], 5000):
        for link in connection.execute(select(links).where(links.c.event.in_(some))):
            accounts_of.setdefault(link.event, []).append((-link.participants, link.account))
    outcomes = _outcomes(connection, now=now)
    return [
        event_json(row, [account for _, account in sorted(accounts_of[row.key])], names, gap=row.key in gaps, now=now)
        | ({"outcome": outcomes[row.key]} if row.key in outcomes else {})
        for row in rows
    ]


def _outcomes(connection: Connection, *, now: datetime) -> dict[str, str]:
    """The latest outcome recorded up to a moment, by occurrence."""
    note = tables.note
    query = select(note.c.event, note.c.outcome).where(note.c.at <= now, note.c.outcome != "").order_by(note.c.at)
    return dict(connection.execute(query).all())


def event_json(row: Any, accounts: list[str], names: Mapping[str, str], *, gap: bool, now: datetime) -> dict[str, Any]:
    """An occurrence as ``meetings`` lists it; a private one shows its time only (D5.5)."""
    named = [names.get(account, account) for account in accounts]
    return {
        "id": row.key,
        "event_id": row.key,
        "account": named[0] if named else "",
        "account_id": accounts[0] if accounts else "",
        "accounts": named,
        "starts_at": row.starts_at,
        "ends_at": row.ends_at,
        "title": "private" if row.private else row.title,
        "participants": [] if row.private else [attendee["address"] for attendee in row.attendees],
        "status": row.status,
        "recorded": None if row.ends_at > now else not gap,
        "outcome": "cancelled" if row.status == "cancelled" else None,
        "cancelled_by": row.cancelled_by or (row.organizer if row.status == "cancelled" else "") or None,
        "known_from": _known_from(row),
        "proposals": [] if row.private else row.proposals,
    }


def _known_from(row: Any) -> list[str]:
    """Whether a calendar shows it, mail tells of it, or both (D5.12)."""
    return [*([] if row.rank == SHADOW else ["calendar"]), *(["mail"] if row.mails else [])]
