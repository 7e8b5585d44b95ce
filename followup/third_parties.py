"""What we passed on to somebody else while the client waits: shown, and no answer (D4.19)."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from domain.accounts import Direction
from domain.conversations import PartySide, ThreadMessage
from domain.followup import Beside, Note, Obligation, Side


def with_passed_on(
    obligations: Iterable[Obligation], thread: Sequence[ThreadMessage], talk: Sequence[ThreadMessage]
) -> list[Obligation]:
    """Note when we first wrote to a third party about what an account asked, and told the account nothing.

    Args:
        obligations: Of one conversation.
        thread: All mails that name one another, also those in other conversations: a forward is talk of its own.
        talk: The mails of the conversation.
    """
    asked = {message.message_id for message in talk if message.direction is Direction.INBOUND} - {""}
    passed = [message for message in thread if _goes_elsewhere(message) and asked.intersection(message.references)]
    return [_noted(obligation, passed) for obligation in obligations]


def _goes_elsewhere(message: ThreadMessage) -> bool:
    received = {party.side for party in message.parties if party.role in {"to", "cc", "bcc"}}
    human = message.direction is Direction.OUTBOUND and message.automatic is None and not message.empty
    return human and PartySide.OTHER in received and PartySide.CLIENT not in received


def _noted(obligation: Obligation, passed: Iterable[ThreadMessage]) -> Obligation:
    end = obligation.cleared_at
    during = [m for m in passed if m.at > obligation.clock_start and (end is None or m.at < end)]
    first = min(during, key=lambda m: (m.at, m.key), default=None)
    if first is None or obligation.side is not Side.OURS:
        return obligation
    whom = ", ".join(p.address for p in first.parties if p.side is PartySide.OTHER and p.role in {"to", "cc"})
    note = Note(
        what=Beside.WAITING_THIRD_PARTY,
        at=first.at,
        message_id=first.message_id,
        why=f"passed on to {whom}; that does not answer them",
    )
    return replace(obligation, notes=(*obligation.notes, note))
