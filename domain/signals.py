"""What a message says, with the words that prove it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from domain.events import When


class SignalKind(StrEnum):
    """The kinds INTERFACE.md lists."""

    REQUEST = "request"
    QUESTION = "question"
    COMPLAINT = "complaint"
    COMMITMENT = "commitment"
    MEETING_PROPOSAL = "meeting_proposal"
    MEETING_CONFIRMATION = "meeting_confirmation"
    MEETING_PAST = "meeting_past"
    DEADLINE = "deadline"
    CLOSER = "closer"
    ACKNOWLEDGEMENT = "acknowledgement"
    WITHDRAWAL = "withdrawal"
    PRAISE = "praise"


ASKS = frozenset(
    {
        SignalKind.REQUEST,
        SignalKind.QUESTION,
        SignalKind.COMPLAINT,
        SignalKind.MEETING_PROPOSAL,
        SignalKind.DEADLINE,
    }
)
"""Kinds that make a client's mail require a response (SEMANTICS 2)."""


class Certainty(StrEnum):
    """How firm a date is: "by Friday 5pm" or "sometime next week, hopefully"."""

    HARD = "hard"
    TENTATIVE = "tentative"


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """One thing a message says.

    Attributes:
        kind: What it is.
        start, end: Character offsets into the reply text; ``reply_text[start:end] == quote``.
        quote: The words, exactly.
        score: Calibrated confidence, 0 to 1.
        rule: Id of the pattern or model that fired.
        due: Deadline or promised date: an aware instant, or a day without an hour (its closing time is meant).
        certainty: For dates.
        starts_at, ends_at: For meetings with a resolvable time, aware UTC.
        cause: For complaints: delivery, quality, billing, service, communication, access, other.
        persons: For asks: the names of those who are to do it or to be told, as written.
    """

    kind: SignalKind
    start: int
    end: int
    quote: str
    score: float
    rule: str
    due: When | None = None
    certainty: Certainty | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    cause: str | None = None
    persons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Problem:
    """An expected failure recorded against one item; the item waits in quarantine.

    Attributes:
        reason: One sentence: what is wrong with it.
        stage: Where it failed: ``fetch``, ``parse``.
    """

    reason: str
    stage: str
