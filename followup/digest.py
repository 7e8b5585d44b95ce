"""What the morning report tells: changes first, by owner, no more than one reads over coffee (SEMANTICS 2, 5, 7)."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from domain.digest import Change, Digest, Facts, Item, Notice, Row

MOST = 15
"""Obligations shown with their sentence."""

MOST_GAPS = 8
"""Unrecorded meetings shown."""

MOST_NOTICES = 2
"""In how many reports a flag stands with its sentence, unless it gets worse; afterwards it is only counted."""

_MOST_PROMISES = 8
_RANK = {"at_risk": 1, "unknown": 1, "overdue": 2}
_ORDER = {Change.NEW: 0, Change.WORSE: 1, Change.STILL: 2}


def build_digest(facts: Facts, *, company: str, now: datetime, zone: str, reader: str = "") -> Digest:
    """Choose and order what the report tells.

    Args:
        facts: Everything it may tell.
        company: Our name.
        now: The moment it is written for.
        zone: IANA zone all times are shown in.
        reader: Whose accounts the facts are about, ``""`` for everybody's.
    """
    told = facts.told
    urgent = [_item(row, told) for row in facts.overdue if row["state"] in _RANK]
    shown = _worth_telling(urgent, told, MOST)
    open_gaps = [_item(row, told) for row in facts.gaps]
    shown_gaps = _worth_telling(open_gaps, told, MOST_GAPS)
    there = {row["id"] for row in (*facts.overdue, *facts.gaps)}
    return Digest(
        company=company,
        today=now,
        zone=zone,
        since=facts.since,
        waiting=_by_owner(shown),
        unlisted=len(urgent) - len(shown),
        in_time=len(facts.overdue) - len(urgent),
        # What a source without coverage hides is not cleared.
        cleared=() if facts.stale else tuple(told[flag] for flag in sorted(told) if flag not in there),
        promises=tuple(row for row in facts.promises if _presses(row, now, zone))[:_MOST_PROMISES],
        gaps=tuple(shown_gaps),
        gaps_unlisted=len(open_gaps) - len(shown_gaps),
        briefs=tuple(facts.briefs),
        stale=tuple(facts.stale),
        reader=reader,
    )


def notices(digest: Digest, told: Mapping[str, Notice]) -> list[Notice]:
    """What must be remembered once the report is sent."""
    found = []
    for item in digest.items:
        row = item.row
        before = told[row["id"]].times if row["id"] in told else 0
        found.append(
            Notice(
                flag=row["id"],
                title=_title(row),
                state=_state(row),
                # What got worse is news again, once more.
                times=1 if item.change is Change.WORSE else before + 1,
                last_at=digest.today,
            )
        )
    return found


def is_today(moment: datetime | None, now: datetime, zone: str) -> bool:
    """Whether a moment lies on the local day of ``now``."""
    local = ZoneInfo(zone)
    return moment is not None and moment.astimezone(local).date() == now.astimezone(local).date()


def _item(row: Row, told: Mapping[str, Notice]) -> Item:
    before = told.get(row["id"])
    if before is None:
        return Item(change=Change.NEW, row=row)
    worse = _RANK.get(_state(row), 0) > _RANK.get(before.state, 0)
    return Item(change=Change.WORSE if worse else Change.STILL, row=row)


def _worth_telling(items: Iterable[Item], told: Mapping[str, Notice], most: int) -> list[Item]:
    """Changes first, then what was told once; in each the worst first, as the rows come."""
    fresh = [i for i in items if i.change is not Change.STILL or told[i.row["id"]].times < MOST_NOTICES]
    return sorted(fresh, key=lambda item: _ORDER[item.change])[:most]


def _by_owner(items: Iterable[Item]) -> tuple[tuple[str, tuple[Item, ...]], ...]:
    owners: dict[str, list[Item]] = {}
    for item in items:
        owners.setdefault(item.row["owner"] or "", []).append(item)
    # Whatever belongs to nobody comes last: somebody has to take it.
    return tuple((owner, tuple(owners[owner])) for owner in sorted(owners, key=lambda name: (not name, name)))


def _presses(promise: Row, now: datetime, zone: str) -> bool:
    due = promise["due"]
    if promise["state"] == "broken":
        return True
    # Due dates are days as often as instants; both end within a day.
    return bool(due) and (is_today(due, now, zone) or now <= due <= now + timedelta(hours=12))


def _state(row: Row) -> str:
    return str(row.get("state") or row.get("gap") or "")


def _title(row: Row) -> str:
    if "kinds" in row:
        return f"{row['account']} ({', '.join(row['kinds'])})"
    return f"{', '.join(row['accounts'])}: {row['title']}"
