"""Between the complaints of the domain and their rows."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Row

from domain.complaints import Complaint, Measure
from store.records import evidence_json, evidence_of


def complaint_row(complaint: Complaint) -> dict[str, Any]:
    """The row of a complaint."""
    return {
        "id": complaint.id,
        "account": complaint.account_id,
        "conversation": complaint.conversation,
        "message": complaint.evidence[0].message_key,
        "contact": complaint.contact,
        "cause": complaint.cause,
        "opened_at": complaint.opened_at,
        "evidence": evidence_json(complaint.evidence),
        "acknowledged_at": complaint.acknowledged_at,
        "measures": [
            {"commitment": m.commitment, "at": m.at.astimezone(UTC).isoformat(), "quote": m.quote}
            for m in complaint.measures
        ],
        "closed_at": complaint.closed_at,
        "closed_by": complaint.closed_by,
        "closed_why": complaint.closed_why,
        "historic": complaint.historic,
    }


def complaint_of(row: Row[Any]) -> Complaint:
    """The complaint a row holds."""
    return Complaint(
        id=row.id,
        account_id=row.account,
        conversation=row.conversation,
        contact=row.contact,
        cause=row.cause,
        evidence=evidence_of(row.evidence),
        acknowledged_at=row.acknowledged_at,
        measures=tuple(
            Measure(commitment=m["commitment"], at=datetime.fromisoformat(m["at"]), quote=m["quote"])
            for m in row.measures
        ),
        closed_at=row.closed_at,
        closed_by=row.closed_by,
        closed_why=row.closed_why,
        historic=row.historic,
    )
