"""What clients complained about, and how far it has come, at a moment."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, or_, select

from domain.acts import Act, Standing, standing
from domain.complaints import Complaint, ComplaintState
from store import tables
from store.complaint_rows import complaint_of
from store.database import Store
from store.queries.accounts import find_account
from store.queries.acts import act_json, act_sentence, acts_of
from store.queries.commitments import account_names
from store.queries.obligations import evidence_json
from store.queries.visibility import veiled

_RECURS_WITHIN = timedelta(days=90)
_OTHER = "other"
"""The cause that says nothing, by which no complaint is like another."""


@veiled
def complaints(
    store: Store, *, now: datetime, account: str | None = None, everything: bool = False
) -> list[dict[str, Any]]:
    """List complaints as they stood at ``now``, oldest first (INTERFACE: ``complaints``).

    Args:
        store: Where from.
        now: The moment.
        account: One account only.
        everything: Also those closed, taken off the list, or older than our knowledge (D4.25).

    Raises:
        NotFoundError: ``account`` is not in the account book.
    """
    table = tables.complaint
    query = select(table).where(table.c.opened_at <= now)
    if not everything:
        query = query.where(table.c.historic.is_(False), or_(table.c.closed_at.is_(None), table.c.closed_at > now))
    with store.reading() as connection:
        if account:
            query = query.where(table.c.account == find_account(connection, account).id)
        made = [
            complaint_of(row).as_of(now) for row in connection.execute(query.order_by(table.c.opened_at, table.c.id))
        ]
        rows = _rows(connection, made, now=now)
    return [row for row, listed in rows if everything or listed]


def _rows(connection: Connection, made: Sequence[Complaint], *, now: datetime) -> list[tuple[dict[str, Any], bool]]:
    acts = acts_of(connection, {complaint.id for complaint in made}, now=now)
    names = account_names(connection)
    earlier = _earlier(connection, {complaint.account_id for complaint in made})
    found = []
    for complaint in made:
        done = acts.get(complaint.id, [])
        recurs = _recurs(complaint, earlier.get(complaint.account_id, ()))
        row = _json(complaint, done, now=now, names=names) | {"recurs": recurs}
        found.append((row, _standing(complaint, done, now).listed))
    return found


def _earlier(connection: Connection, accounts: Iterable[str]) -> dict[str, list[Any]]:
    """All complaints of some accounts, newest first."""
    table = tables.complaint
    query = select(table.c.id, table.c.account, table.c.cause, table.c.opened_at)
    found: dict[str, list[Any]] = {}
    for row in connection.execute(
        query.where(table.c.account.in_(sorted(accounts))).order_by(table.c.opened_at.desc())
    ):
        found.setdefault(row.account, []).append(row)
    return found


def _recurs(complaint: Complaint, known: Iterable[Any]) -> str | None:
    """The last complaint of the account before this one with the same cause, not long ago."""
    if complaint.cause == _OTHER:
        return None
    spell = timedelta(0), _RECURS_WITHIN
    alike = (row for row in known if row.cause == complaint.cause and row.id != complaint.id)
    return next((row.id for row in alike if spell[0] < complaint.opened_at - row.opened_at <= spell[1]), None)


def _standing(complaint: Complaint, acts: list[Act], now: datetime) -> Standing:
    return standing(acts, now, asked_again=[evidence.at for evidence in complaint.evidence[1:]])


def _json(complaint: Complaint, acts: list[Act], *, now: datetime, names: Mapping[str, str]) -> dict[str, Any]:
    closed = _standing(complaint, acts, now).closed_by
    by_act = closed if closed and not complaint.closed_at else None
    return {
        "id": complaint.id,
        "account": names.get(complaint.account_id, complaint.account_id),
        "account_id": complaint.account_id,
        "contact": complaint.contact,
        "cause": complaint.cause,
        "opened_at": complaint.opened_at,
        "acknowledged_at": complaint.acknowledged_at,
        "closed_at": by_act.at if by_act else complaint.closed_at,
        "closed_why": (by_act.reason or f"{by_act.kind} by {by_act.actor}") if by_act else complaint.closed_why or None,
        "state": str(ComplaintState.CLOSED if by_act else complaint.state),
        "quotes": [evidence.quote for evidence in complaint.evidence],
        "measures": [measure.quote for measure in complaint.measures],
        "promises": list(dict.fromkeys(measure.commitment for measure in complaint.measures)),
        "conversation": complaint.conversation,
        "message_id": complaint.evidence[0].message_id,
        "evidence": [evidence_json(evidence) for evidence in complaint.evidence],
        "acts": [act_json(act) for act in acts],
    }


def explain_complaint(connection: Connection, row: Any, *, now: datetime) -> dict[str, Any]:
    """How a complaint came to where it is (INTERFACE: ``explain``)."""
    complaint = complaint_of(row).as_of(max(now, row.opened_at))
    ((facts, _),) = _rows(connection, [complaint], now=now)
    acts = acts_of(connection, {complaint.id}, now=now).get(complaint.id, [])
    steps = [(complaint.opened_at, f"{complaint.contact} complained about {complaint.cause}")]
    steps += [(complaint.acknowledged_at, "our first reply")] if complaint.acknowledged_at else []
    steps += [(measure.at, f"we promised: {measure.quote}") for measure in complaint.measures]
    steps += [(act.at, act_sentence(act)) for act in acts]
    steps += [(complaint.closed_at, f"closed: {complaint.closed_why}")] if complaint.closed_at else []
    return {
        "id": complaint.id,
        "kind": "complaint",
        "facts": facts,
        "rules": sorted({evidence.rule for evidence in complaint.evidence}),
        "clock": [{"at": at, "what": what} for at, what in sorted(steps)],
        "clears_when": f"A mail from {complaint.contact} or a colleague that says so, or `done` with a reason.",
    }
