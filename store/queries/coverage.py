"""Which sources can be trusted at a moment (SEMANTICS 2, 6, 7)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, select

from store import tables

StaleAfter = Mapping[str, timedelta | None]
"""Configured source to how old its last complete success may be; None for files, which are proven by reading."""

CALENDARS = frozenset({"ics", "caldav", "google_calendar", "graph_calendar"})


@dataclass(frozen=True, slots=True)
class Stale:
    """A source without proven coverage; ``owner`` is empty when it may hold anybody's mail."""

    name: str
    owner: str
    since: datetime | None
    calendar: bool


def source_state(state: str, succeeded_at: datetime | None, now: datetime, limit: timedelta | None) -> str:
    """Say ``ok``, ``stale``, ``auth_dead``, ``failed`` or ``never``."""
    if state in {"failed", "auth_dead"}:
        return state
    if succeeded_at is None:
        return "never"
    return "stale" if limit is not None and now - succeeded_at > limit else "ok"


def stale_sources(connection: Connection, *, now: datetime, stale_after: StaleAfter) -> list[Stale]:
    """Configured sources whose coverage is not proven at a moment, those never read included."""
    rows = {row.name: row for row in connection.execute(select(tables.source))}
    found = []
    for name, limit in stale_after.items():
        row = rows.get(name)
        if row is None:
            found.append(Stale(name, "", None, calendar=False))
        elif source_state(row.state, row.succeeded_at, now, limit) != "ok":
            found.append(Stale(name, row.owner, row.succeeded_at, calendar=row.kind in CALENDARS))
    return found


def could_answer(stale: Iterable[Stale], own: Iterable[str]) -> bool:
    """Whether mail of one of these own addresses could lie unseen in a stale source."""
    people = set(own)
    return any(not source.calendar and (not source.owner or source.owner in people) for source in stale)
