"""What was promised, and what became of it, at a moment."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, or_, select

from domain.acts import Act, ActKind, Standing, standing
from domain.commitments import Commitment, CommitmentState
from store import tables
from store.commitment_rows import commitment_of
from store.database import Store
from store.queries.accounts import find_account
from store.queries.acts import act_json, act_sentence, acts_of
from store.queries.obligations import evidence_json
from store.queries.visibility import veiled

_URGENCY = {state: n for n, state in enumerate(("broken", "open", "kept", "withdrawn"))}
_NEVER = "9999"


@veiled
def promises(
    store: Store, *, now: datetime, side: str | None = None, account: str | None = None, everything: bool = False
) -> list[dict[str, Any]]:
    """List commitments as they stood at ``now``, broken ones first, then by due date (INTERFACE: ``promises``).

    Args:
        store: Where from.
        now: The moment.
        side: ``ours`` or ``theirs``; both when None.
        account: One account only.
        everything: Also those kept, withdrawn, taken off the list, or older than our knowledge (D4.25).

    Raises:
        NotFoundError: ``account`` is not in the account book.
    """
    table = tables.commitment
    query = select(table).where(table.c.made_at <= now)
    if side:
        query = query.where(table.c.side == side)
    if not everything:
        ends = func.coalesce(table.c.ended_at, table.c.met_at)
        query = query.where(table.c.historic.is_(False), or_(ends.is_(None), ends > now))
    with store.reading() as connection:
        if account:
            query = query.where(table.c.account == find_account(connection, account).id)
        made = [commitment_of(row).as_of(now) for row in connection.execute(query)]
        acts = acts_of(connection, {commitment.id for commitment in made}, now=now)
        names = account_names(connection)
    rows = []
    for commitment in made:
        done = acts.get(commitment.id, [])
        if everything or _standing(commitment, done, now).listed:
            rows.append(commitment_json(commitment, done, now=now, names=names))
    return sorted(rows, key=_worst_first)


def _worst_first(row: dict[str, Any]) -> tuple[Any, ...]:
    due = row["due"].isoformat() if row["due"] else _NEVER
    return (_URGENCY[row["state"]], due, row["made_at"], row["id"])


def _standing(commitment: Commitment, acts: list[Act], now: datetime) -> Standing:
    again = [statement.evidence.at for statement in commitment.statements[1:]]
    return standing(acts, now, asked_again=again)


def account_names(connection: Connection) -> dict[str, str]:
    """Names of the accounts by id."""
    account = tables.account
    return {row.id: row.name for row in connection.execute(select(account.c.id, account.c.name))}


def commitment_json(commitment: Commitment, acts: list[Act], *, now: datetime, names: dict[str, str]) -> dict[str, Any]:
    """A commitment as every surface shows it, with what was known at ``now``; ``commitment`` is of that moment."""
    latest = commitment.latest
    closed = _standing(commitment, acts, now).closed_by
    state = commitment.state_at(now)
    if closed and not commitment.ended_as:
        state = CommitmentState.KEPT if closed.kind is ActKind.DONE else CommitmentState.WITHDRAWN
    return {
        "id": commitment.id,
        "side": str(commitment.side),
        "account": names.get(commitment.account_id, commitment.account_id),
        "account_id": commitment.account_id,
        "by": latest.by,
        "contact": commitment.contact,
        "quote": latest.evidence.quote,
        "made_at": commitment.made_at,
        "due": latest.due,
        "certainty": str(latest.certainty),
        "moved": len(commitment.statements) - 1,
        "state": str(state),
        "conversation": commitment.conversation,
        "message_id": latest.evidence.message_id,
        "kept_by": commitment.ended_by if commitment.ended_as is CommitmentState.KEPT else None,
        "evidence": [evidence_json(statement.evidence) for statement in commitment.statements],
        "acts": [act_json(act) for act in acts],
    }


def explain_commitment(connection: Connection, row: Any, *, now: datetime) -> dict[str, Any]:
    """Why a promise stands as it does (INTERFACE: ``explain``)."""
    commitment = commitment_of(row).as_of(now) if row.made_at <= now else commitment_of(row)
    acts = acts_of(connection, {commitment.id}, now=now).get(commitment.id, [])
    facts = commitment_json(commitment, acts, now=now, names=account_names(connection))
    facts |= {"ended_at": commitment.ended_at, "ended_why": commitment.ended_why or None}
    return {
        "id": commitment.id,
        "kind": "promise",
        "facts": facts,
        "rules": sorted({statement.evidence.rule for statement in commitment.statements}),
        "clock": _clock(commitment, acts, now),
        "clears_when": _clears_when(commitment),
    }


def _clock(commitment: Commitment, acts: list[Act], now: datetime) -> list[dict[str, Any]]:
    steps = [
        (statement.evidence.at, f"{'promised' if not n else 'promised again'} by {statement.by}")
        for n, statement in enumerate(commitment.statements)
    ]
    steps += [(act.at, act_sentence(act)) for act in acts]
    if commitment.latest.due:
        steps.append((commitment.latest.due, "due"))
    if commitment.ended_at:
        steps.append((commitment.ended_at, f"{commitment.ended_as}: {commitment.ended_why}"))
    else:
        steps.append((now, f"now: {commitment.state_at(now)}"))
    return [{"at": at, "what": what} for at, what in sorted(steps, key=lambda step: step[0])]


def _clears_when(commitment: Commitment) -> str:
    them = commitment.contact or "the client"
    talk = "a held meeting with them, if it promises to talk; the note of one that tells so."
    if commitment.side == "ours":
        return f"A mail of ours to {them} in this conversation that brings it, or theirs saying that it arrived; {talk}"
    return f"A mail from {them} in this conversation that brings it, or ours saying that it arrived; {talk}"
