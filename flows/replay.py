"""History seen with other rules or with less knowledge: computed from the stored mail, writing nothing."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from domain.followup import Obligation, Policy
from flows.account_book import read_account_book
from flows.composition import Desk
from flows.hindsight import crossed
from flows.settings import Settings, load_policy
from flows.stages import settle_thread
from followup.calendars import Calendars
from followup.comparison import Compared, ResponseTimes, compare, in_period, response_times, was_overdue
from store import queries
from store.database import Store
from store.queries.obligations import Known
from store.queries.visibility import veil
from store.settling import Settled, threads


def obligations_under(
    settings: Settings,
    store: Store,
    policy: Policy,
    *,
    now: datetime,
    known_at: datetime | None = None,
) -> list[Obligation]:
    """Work out all obligations anew.

    Args:
        settings: The company and its account book, as they are today.
        store: Open for reading.
        policy: Targets, tiers, hours and holidays to apply.
        now: For what depends on the present.
        known_at: Mail, calendar entries and notes that came later are left out.
    """
    desk = Desk(replace(settings, policy=policy), now=now)
    settled = Settled()
    for thread in threads(store, known_at=known_at):
        settle_thread(desk, thread, settled)
    return crossed(desk, store, settled.obligations, settled.conversation, known_at=known_at)


def known_at(settings: Settings, store: Store, at: datetime, *, now: datetime) -> Known:
    """Work out what was known at a time, by the present policy."""
    return Known(at, obligations_under(settings, store, settings.policy, now=now, known_at=at))


def replay(
    settings: Settings, store: Store, file: Path, *, now: datetime, since: datetime | None, until: datetime | None
) -> dict[str, Any]:
    """Compare the present policy with the one of a file, over what began in a period.

    Args:
        settings: The present ones.
        store: Open for reading.
        file: A configuration of which ``[response]`` counts, or a file with nothing but that.
        now: The end of the period when there is no other.
        since: Only what was asked from then on.
        until: As it stood then.

    Raises:
        ConfigError: The file is wrong, with its line.
    """
    end = min(until or now, now)
    book = read_account_book(settings.book, settings.company)
    changed = load_policy(file, settings.company, book)
    sides = [
        in_period(obligations_under(settings, store, policy, now=now), since, end)
        for policy in (settings.policy, changed)
    ]
    clocks = [Calendars(policy, book) for policy in (settings.policy, changed)]
    names = {account["id"]: account["name"] for account in queries.accounts(store, now=now)}
    times = [list(response_times(o, until=end, elapsed=c.elapsed)) for o, c in zip(sides, clocks, strict=True)]
    flags = veil(store, [_flag(c, names, end, clocks) for c in compare(*sides, until=end)])
    return {"since": since, "until": end, "flags": flags, "response_times": _side_by_side(*times)}


def _flag(compared: Compared, names: dict[str, str], until: datetime, clocks: Iterable[Calendars]) -> dict[str, Any]:
    known = compared.known
    both = list(zip((compared.before, compared.after), clocks, strict=True))
    return {
        "id": known.id,
        "account": names.get(known.account_id, known.account_id),
        "account_id": known.account_id,
        "contact": known.contact,
        "subject": known.subject,
        "message_id": known.message_id,
        "kinds": [str(kind) for kind in known.kinds],
        "clock_start": known.clock_start,
        "cleared_at": known.cleared_at if known.cleared_at and known.cleared_at <= until else None,
        "change": str(compared.change),
        **dict(zip(("before", "after"), (_due(o, until, clock) for o, clock in both), strict=True)),
    }


def _due(obligation: Obligation | None, until: datetime, clock: Calendars) -> dict[str, Any] | None:
    if obligation is None:
        return None
    ended = min(obligation.cleared_at or until, until)
    return {
        "due": obligation.due,
        "overdue": was_overdue(obligation, until),
        "business_minutes_over": _minutes(clock.elapsed(obligation, obligation.due, ended)),
    }


def _side_by_side(before: Iterable[ResponseTimes], after: Iterable[ResponseTimes]) -> list[dict[str, Any]]:
    old, new = {times.kind: times for times in before}, {times.kind: times for times in after}
    return [
        {"kind": kind, "before": _times(old.get(kind)), "after": _times(new.get(kind))}
        for kind in dict([*old.items(), *new.items()])
    ]


def _times(times: ResponseTimes | None) -> dict[str, Any] | None:
    return None if times is None else times_json(times)


def times_json(times: ResponseTimes) -> dict[str, Any]:
    """Response times of one kind as JSON; spans in minutes of business time."""
    return {
        "answered": times.answered,
        "open": times.unanswered,
        "overdue": times.overdue,
        "average_minutes": _minutes(times.average),
        "median_minutes": _minutes(times.middle),
    }


def _minutes(span: timedelta | None) -> int | None:
    return None if span is None else int(span.total_seconds() // 60)
