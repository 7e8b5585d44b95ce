"""Who promised what to whom: the two-way ledger of commitments (SEMANTICS 2)."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from domain.followup import Evidence, Side
from domain.signals import Certainty


class CommitmentState(StrEnum):
    """Decided at query time."""

    OPEN = "open"
    KEPT = "kept"
    BROKEN = "broken"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """A promise as one mail words it.

    Attributes:
        by: Address of who wrote it.
        evidence: The sentence, with its mail.
        due: When it is to be kept; None when it names no time.
        certainty: How firm that time is.
    """

    by: str
    evidence: Evidence
    due: datetime | None = None
    certainty: Certainty = Certainty.TENTATIVE


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Kept:
    """What kept a promise outside its conversation.

    Attributes:
        at: When.
        by: Key of the occurrence, or id of the gap a note hangs on.
        why: A few words.
    """

    at: datetime
    by: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Commitment:
    """Something one side promised the other; stored, recomputed idempotently.

    Attributes:
        id: Short, from account, side and the sentence that first promised it: stable across ingests.
        side: Who promised.
        account_id, conversation: What it belongs to.
        contact: Who was promised, or promised, on the account's side.
        statements: How it was worded, oldest first: promised again it is the same promise, with a new time.
        ended_at, ended_as, ended_by, ended_why: What kept or withdrew it, if anything did; ``ended_by`` is a
            Message-ID, or the id of the meeting in which it was kept, ``ended_why`` a few words.
        historic: Older than 30 days when its source was connected: kept, never alerted (D4.25).
    """

    id: str
    side: Side
    account_id: str
    conversation: str
    contact: str
    statements: tuple[Statement, ...]
    ended_at: datetime | None = None
    ended_as: CommitmentState | None = None
    ended_by: str = ""
    ended_why: str = ""
    historic: bool = False

    @property
    def made_at(self) -> datetime:
        """When it was first promised."""
        return self.statements[0].evidence.at

    @property
    def latest(self) -> Statement:
        """How it was last worded."""
        return self.statements[-1]

    def as_of(self, now: datetime) -> "Commitment":
        """See it as it stood at a moment at which it had been made: what came later left out."""
        known = replace(self, statements=tuple(s for s in self.statements if s.evidence.at <= now))
        if self.ended_at is not None and self.ended_at > now:
            return replace(known, ended_at=None, ended_as=None, ended_by="", ended_why="")
        return known

    def state_at(self, now: datetime) -> CommitmentState:
        """How it stood at a moment; a promise without a time is never broken."""
        known = self.as_of(now)
        if known.ended_as:
            return known.ended_as
        due = known.latest.due
        return CommitmentState.BROKEN if due is not None and now > due else CommitmentState.OPEN
