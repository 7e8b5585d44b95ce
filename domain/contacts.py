"""What mail tells of a client's people, proposed and never taken over by itself."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

DETAILS = ("name", "title", "phone", "organisation")
"""What a signature may say of its writer."""


class Source(StrEnum):
    """Where a proposal comes from."""

    SIGNATURE = "signature"
    CONVERSATION = "conversation"
    """Somebody wrote in a client's conversation from an address that nobody has (D4.21)."""


class Verdict(StrEnum):
    """What was decided about a proposal."""

    ACCEPT = "accept"
    REFUSE = "refuse"
    UNDO = "undo"


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """Something to know about a contact, with the line that says it.

    Attributes:
        id: Short and stable: the same words give the same id.
        account_id, account: Whose contact it is, or would be.
        address: Of the person.
        details: Of ``DETAILS``, those that are new; none where the address itself is.
        quote: The lines it was read from.
        message_id: Of the mail they stand in, without brackets.
        at: When that mail was received.
    """

    id: str
    source: Source
    account_id: str
    account: str
    address: str
    quote: str
    message_id: str
    at: datetime
    details: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactDecision:
    """What somebody decided about a proposal, and when."""

    proposal: Proposal
    word: Verdict
    at: datetime
    by: str
