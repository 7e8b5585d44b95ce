"""Complaints with what became of them: opened, acknowledged, measures promised, closed (SEMANTICS 2)."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from domain.followup import Evidence


class ComplaintState(StrEnum):
    """How far a complaint has come; decided at query time."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    PROMISED = "promised"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """What we promised to do about a complaint.

    Attributes:
        commitment: Id of the promise.
        at: When we promised it.
        quote: In our words.
    """

    commitment: str
    at: datetime
    quote: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Complaint:
    """A complaint of an account in one conversation; stored, recomputed idempotently.

    Attributes:
        id: Short, from account and opening mail: stable across ingests.
        account_id, conversation: What it belongs to.
        contact: Who complained first.
        cause: delivery, quality, billing, service, communication, access or other.
        evidence: The sentences, oldest first.
        acknowledged_at: Our first reply.
        measures: What we promised after it, oldest first.
        closed_at, closed_by, closed_why: The client's confirmation, if there is one; ``closed_by`` is a Message-ID.
        historic: Older than 30 days when its source was connected: kept, never alerted (D4.25).
    """

    id: str
    account_id: str
    conversation: str
    contact: str
    cause: str
    evidence: tuple[Evidence, ...]
    acknowledged_at: datetime | None = None
    measures: tuple[Measure, ...] = ()
    closed_at: datetime | None = None
    closed_by: str = ""
    closed_why: str = ""
    historic: bool = False

    @property
    def opened_at(self) -> datetime:
        """When it was first brought up."""
        return self.evidence[0].at

    def as_of(self, now: datetime) -> "Complaint":
        """See it as it stood at a moment at which it had been made: what came later left out."""
        closed = self.closed_at is not None and self.closed_at <= now
        return replace(
            self,
            evidence=tuple(evidence for evidence in self.evidence if evidence.at <= now),
            acknowledged_at=self.acknowledged_at if self.acknowledged_at and self.acknowledged_at <= now else None,
            measures=tuple(measure for measure in self.measures if measure.at <= now),
            closed_at=self.closed_at if closed else None,
            closed_by=self.closed_by if closed else "",
            closed_why=self.closed_why if closed else "",
        )

    @property
    def state(self) -> ComplaintState:
        """How far it has come."""
        if self.closed_at:
            return ComplaintState.CLOSED
        if self.measures:
            return ComplaintState.PROMISED
        return ComplaintState.ACKNOWLEDGED if self.acknowledged_at else ComplaintState.OPEN
