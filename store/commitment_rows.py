"""Between the commitments of the domain and their rows."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Row

from domain.commitments import Commitment, CommitmentState, Kept, Statement
from domain.followup import Side
from domain.signals import Certainty
from store.records import evidence_json, evidence_of


def commitment_row(commitment: Commitment) -> dict[str, Any]:
    """The row of a commitment."""
    return {
        "id": commitment.id,
        "side": commitment.side,
        "account": commitment.account_id,
        "conversation": commitment.conversation,
        "message": commitment.statements[0].evidence.message_key,
        "contact": commitment.contact,
        "made_at": commitment.made_at,
        "statements": [_statement_json(statement) for statement in commitment.statements],
        "ended_at": commitment.ended_at,
        "ended_as": commitment.ended_as or "",
        "ended_by": commitment.ended_by,
        "ended_why": commitment.ended_why,
        "historic": commitment.historic,
    }


def _statement_json(statement: Statement) -> dict[str, Any]:
    (evidence,) = evidence_json([statement.evidence])
    due = statement.due.astimezone(UTC).isoformat() if statement.due else ""
    return {"by": statement.by, "due": due, "certainty": statement.certainty, "evidence": evidence}


def commitment_of(row: Row[Any]) -> Commitment:
    """The commitment a row holds; what its own conversation says of its end comes before a meeting."""
    alone, kept = plain_commitment_of(row), kept_of(row)
    if alone.ended_as or not kept:
        return alone
    return replace(alone, ended_at=kept.at, ended_as=CommitmentState.KEPT, ended_by=kept.by, ended_why=kept.why)


def kept_of(row: Row[Any]) -> Kept | None:
    """The meeting or note that kept it."""
    return Kept(at=row.met_at, by=row.met_by, why=row.met_why) if row.met_at else None


def plain_commitment_of(row: Row[Any]) -> Commitment:
    """The commitment as its own conversation has it."""
    return Commitment(
        id=row.id,
        side=Side(row.side),
        account_id=row.account,
        conversation=row.conversation,
        contact=row.contact,
        statements=tuple(_statement_of(statement) for statement in row.statements),
        ended_at=row.ended_at,
        ended_as=CommitmentState(row.ended_as) if row.ended_as else None,
        ended_by=row.ended_by,
        ended_why=row.ended_why,
        historic=row.historic,
    )


def _statement_of(told: Mapping[str, Any]) -> Statement:
    (evidence,) = evidence_of([told["evidence"]])
    return Statement(
        by=told["by"],
        evidence=evidence,
        due=datetime.fromisoformat(told["due"]) if told["due"] else None,
        certainty=Certainty(told["certainty"]),
    )
