"""What users did with flags, as every list and explanation sees it."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from domain.acts import Act, ActKind, DismissedAs
from store import tables
from store.database import Store, among, chunks


def acts_of(connection: Connection, flags: Collection[str] | None, *, now: datetime) -> dict[str, list[Act]]:
    """Acts up to a moment by flag, oldest first; of all flags when ``flags`` is None."""
    act = tables.act
    found: dict[str, list[Act]] = {}
    query = select(act).where(act.c.at <= now).order_by(act.c.at, act.c.id)
    wanted = [None] if flags is None else list(chunks(sorted(flags), 5000))
    for some in wanted:
        rows = connection.execute(query if some is None else query.where(among(connection, act.c.flag, some)))
        for row in rows:
            found.setdefault(row.flag, []).append(_act_of(row))
    return found


def _act_of(row: Any) -> Act:
    return Act(
        flag=row.flag,
        kind=ActKind(row.kind),
        at=row.at,
        actor=row.actor,
        until=row.until,
        assignee=row.assignee,
        label=DismissedAs(row.label) if row.label else None,
        reason=row.reason,
    )


def act_json(act: Act) -> dict[str, Any]:
    """An act as every surface shows it."""
    return {
        "id": act.flag,
        "action": str(act.kind),
        "at": act.at,
        "by": act.actor,
        "until": act.until,
        "to": act.assignee or None,
        "as": str(act.label) if act.label else None,
        "reason": act.reason or None,
    }


def act_sentence(act: Act) -> str:
    """An act in words, for the clock trace."""
    more = {
        ActKind.DONE: "said it is done",
        ActKind.REOPEN: "put it back on the list",
        ActKind.SNOOZE: "put it off",
        ActKind.ASSIGN: f"gave it to {act.assignee}",
        ActKind.DISMISS: f"dismissed it{f' as {act.label}' if act.label else ''}",
    }[act.kind]
    return f"{act.actor} {more}{f': {act.reason}' if act.reason else ''}"


def asked_again(connection: Connection, flags: Collection[str]) -> dict[str, list[datetime]]:
    """When the client asked or complained again, or it was promised again, by flag."""
    table, promise, complaint = tables.obligation, tables.commitment, tables.complaint
    found: dict[str, list[datetime]] = {}
    for some in chunks(sorted(flags), 5000):
        for row in connection.execute(select(table.c.id, table.c.chasers).where(table.c.id.in_(some))):
            found[row.id] = [datetime.fromisoformat(at) for at in row.chasers]
        for row in connection.execute(select(promise.c.id, promise.c.statements).where(promise.c.id.in_(some))):
            found[row.id] = [datetime.fromisoformat(told["evidence"]["at"]) for told in row.statements]
        for row in connection.execute(select(complaint.c.id, complaint.c.evidence).where(complaint.c.id.in_(some))):
            found[row.id] = [datetime.fromisoformat(told["at"]) for told in row.evidence]
    return found


def corrections(store: Store, *, now: datetime) -> list[dict[str, Any]]:
    """What dismissals teach: the sentences that were taken for a request or complaint and are none.

    Returns:
        ``{flag, text, kind, at}``, oldest first; a flag that was put back on the list teaches nothing.
    """
    with store.reading() as connection:
        wrong = _teaching(connection, now)
        found = []
        for table in (tables.obligation, tables.complaint):
            for some in chunks(sorted(wrong), 5000):
                for row in connection.execute(select(table.c.id, table.c.evidence).where(table.c.id.in_(some))):
                    act = wrong[row.id]
                    found += [
                        {"flag": row.id, "text": said["quote"], "kind": said["kind"], "at": act.at}
                        for said in row.evidence
                        if said["kind"] in _TEACHING[act.label]
                    ]
    return sorted(found, key=lambda lesson: (lesson["at"], lesson["text"], lesson["kind"]))


def teaching_flags(store: Store, *, now: datetime) -> frozenset[str]:
    """Flags whose dismissal teaches, also those that are flagged no longer because it was learned from."""
    with store.reading() as connection:
        return frozenset(_teaching(connection, now))


def _teaching(connection: Connection, now: datetime) -> dict[str, Act]:
    latest = {flag: acts[-1] for flag, acts in acts_of(connection, None, now=now).items()}
    return {flag: act for flag, act in latest.items() if act.label in _TEACHING}


_TEACHING: Mapping[DismissedAs | None, Sequence[str]] = {
    DismissedAs.NOT_A_REQUEST: ("request", "question", "deadline", "meeting_proposal"),
    DismissedAs.NOT_A_COMPLAINT: ("complaint",),
}
