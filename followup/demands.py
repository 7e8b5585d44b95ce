"""What one message means for the clock of one account (SEMANTICS 2)."""

import re

from domain.accounts import Account, Direction
from domain.followup import AskKind, Turn
from domain.mail import Automatic
from domain.signals import ASKS, Signal, SignalKind

CERTAIN_ENOUGH = 0.4
_CLOSER_SCORE = 0.9
_ALLOWED = frozenset({Automatic.BULK, Automatic.SYSTEM, Automatic.AUTO_REPLY})
_FYI = re.compile(r"\s*(fyi|f\.y\.i\.|zur info(rmation)?|zur kenntnis)\b", re.IGNORECASE)

KIND_OF: dict[SignalKind, AskKind] = {
    SignalKind.COMPLAINT: AskKind.COMPLAINT,
    SignalKind.REQUEST: AskKind.REQUEST,
    SignalKind.QUESTION: AskKind.QUESTION,
    SignalKind.MEETING_PROPOSAL: AskKind.MEETING,
    SignalKind.DEADLINE: AskKind.DEADLINE,
}
"""What each asking signal makes of an obligation."""


def has(turn: Turn, kind: SignalKind, score: float = CERTAIN_ENOUGH) -> bool:
    """Tell whether the message says such a thing with enough certainty."""
    return any(signal.kind is kind and signal.score >= score for signal in turn.signals)


def asks(turn: Turn) -> tuple[Signal, ...]:
    """List what the message asks for, in the order of its words.

    "Please ignore my last mail" sounds like a request, yet takes one back: what overlaps a withdrawal is no ask. A mail
    that begins with "?" asks again; question marks further on are characters that were lost on the way.
    """
    certain = [signal for signal in turn.signals if signal.score >= CERTAIN_ENOUGH]
    withdrawals = [signal for signal in certain if signal.kind is SignalKind.WITHDRAWAL]
    found = (
        signal
        for signal in certain
        if signal.kind in ASKS
        and (signal.start == 0 or any(letter.isalnum() for letter in signal.quote))
        and not any(_overlap(signal, withdrawal) for withdrawal in withdrawals)
    )
    return tuple(sorted(found, key=lambda signal: (signal.start, signal.end, signal.kind, signal.rule)))


def is_meeting_ask(signal: Signal, turn: Turn) -> bool:
    """Tell whether an ask is about the meeting itself: "Could you meet on Tuesday?" is proposal and question in one."""
    return any(other.kind is SignalKind.MEETING_PROPOSAL and _overlap(signal, other) for other in asks(turn))


def _overlap(one: Signal, other: Signal) -> bool:
    return one.start < other.end and other.start < one.end


def is_human(turn: Turn, account: Account) -> bool:
    """Tell whether a person wrote it, or an automatic sender the account book allows (D4.17, D4.18)."""
    if turn.automatic is None:
        return True
    return turn.automatic in _ALLOWED and turn.sender.lower() in {address.lower() for address in account.allow}


def is_client_mail(turn: Turn, account: Account) -> bool:
    """Tell whether a person on the account's side wrote it."""
    return turn.direction is Direction.INBOUND and turn.from_account and is_human(turn, account)


def requires_response(turn: Turn, account: Account, *, everything: bool) -> bool:
    """Decide whether the account waits for us after this message (SEMANTICS 2; D4.3, D4.4, D4.29).

    Args:
        turn: The message; its signals come from its new words only.
        account: Whose conversation it is.
        everything: The account's tier is promised an answer to all but closers and what is for information only.
    """
    if not is_client_mail(turn, account) or not (turn.to_us or (turn.cc_us and turn.names_us)):
        return False
    if asks(turn):
        return True
    if turn.empty or has(turn, SignalKind.CLOSER, _CLOSER_SCORE) or has(turn, SignalKind.WITHDRAWAL):
        return False
    if not turn.language_known:
        return True
    return everything and turn.to_us and not _FYI.match(turn.subject)


def withdraws(turn: Turn, account: Account) -> bool:
    """Tell whether the client takes back what was asked before (D4.13)."""
    return is_client_mail(turn, account) and has(turn, SignalKind.WITHDRAWAL)


def responds(turn: Turn) -> bool:
    """Tell whether it is a qualifying response of ours to the account (SEMANTICS 2; D4.1, D4.2, D4.6, D4.19)."""
    return turn.direction is Direction.OUTBOUND and turn.automatic is None and turn.to_account and not turn.empty


def answers_meeting(turn: Turn) -> bool:
    """Tell whether it is a bare calendar answer or invitation of ours: it settles the meeting only (D4.7)."""
    calendar = turn.invitation or turn.automatic is Automatic.CALENDAR
    return turn.direction is Direction.OUTBOUND and calendar and turn.to_account and not responds(turn)


def acknowledges_only(turn: Turn) -> bool:
    """Tell whether our response says no more than that we look into it."""
    said = {signal.kind for signal in turn.signals if signal.score >= CERTAIN_ENOUGH}
    beside = {SignalKind.COMMITMENT, SignalKind.CLOSER, SignalKind.DEADLINE}
    return SignalKind.ACKNOWLEDGEMENT in said and said <= {SignalKind.ACKNOWLEDGEMENT, *beside}


def confidence(turn: Turn) -> float:
    """Say how sure it is that the message requires a response, 0 to 1.

    Its surest ask decides. Without one, a tier that answers everything is wrong only where the mail was a closer;
    in a language we cannot read nothing is sure.
    """
    surest = max((signal.score for signal in asks(turn)), default=None)
    if not turn.language_known:
        return min(surest or 0.4, 0.4)
    if surest is not None:
        return surest
    closer = max((signal.score for signal in turn.signals if signal.kind is SignalKind.CLOSER), default=0.0)
    return round(min(0.9, 1 - closer), 4)
