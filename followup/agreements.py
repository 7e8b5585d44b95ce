"""Meetings agreed in mail: proposal and acceptance, or a confirmation that names the time (SEMANTICS 5)."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.signals import ASKS, Signal, SignalKind
from followup.client_mail import ClientMail
from followup.meeting_words import calls_off, refuses

_FARTHEST = timedelta(days=400)
_MOVED_WITHIN = timedelta(days=14)
"""A new time agreed in the same conversation moves the meeting when it is this near (D5.2)."""
_SHORT = 240
"""Characters up to which "thanks, great" is the answer to a proposal."""
_UNSPOKEN = 0.8
"""What an acceptance without its own words for it takes from the confidence."""
_ACCEPTING = frozenset({SignalKind.CLOSER, SignalKind.ACKNOWLEDGEMENT})


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """A meeting as mail agreed it.

    Attributes:
        mail: The mail that settled it; with its time the agreement stands.
        starts_at, ends_at: Of the meeting; the end when it was named.
        confidence: Of the weakest sentence it rests on.
        proof: The sentences: proposal first, if there was one.
        ended_at, ended_reason: When mail moved or cancelled it before it began.
    """

    mail: ClientMail
    starts_at: datetime
    ends_at: datetime | None
    confidence: float
    proof: tuple[tuple[ClientMail, Signal], ...]
    ended_at: datetime | None = None
    ended_reason: str = ""


def agreements(mails: Iterable[ClientMail]) -> list[Agreement]:
    """Return what was agreed, oldest first; talk without a time agrees nothing (D5.14).

    Args:
        mails: Oldest first, as ``client_mails`` returns them.
    """
    conversations: dict[str, list[ClientMail]] = {}
    for mail in mails:
        conversations.setdefault(mail.fact.conversation, []).append(mail)
    found = [agreement for talk in conversations.values() for agreement in _settled(talk)]
    return sorted(found, key=lambda a: (a.mail.turn.at, a.mail.turn.key, a.starts_at))


def _settled(talk: Sequence[ClientMail]) -> list[Agreement]:
    """Agreements of one conversation, each with what became of it in the mails that follow."""
    found: list[Agreement] = []
    for number, mail in enumerate(talk):
        for agreement in _made_by(mail, talk[:number]):
            if all(agreement.starts_at != other.starts_at for other in found):
                found.append(agreement)
    return [_followed(agreement, found, talk) for agreement in found]


def _made_by(mail: ClientMail, before: Sequence[ClientMail]) -> Iterator[Agreement]:
    confirmed = [s for s in mail.signals(SignalKind.MEETING_CONFIRMATION) if _ahead(s, mail.turn.at)]
    for signal in confirmed:
        yield _agreement(mail, signal, signal.score, ((mail, signal),))
    accepting = _acceptance(mail)
    if confirmed or mail.signals(SignalKind.MEETING_PROPOSAL) or accepting is None or refuses(mail.fact.text):
        return
    asked = next((m for m in reversed(before) if m.ours != mail.ours), None)
    if asked is None:
        return
    proposals = [s for s in asked.signals(SignalKind.MEETING_PROPOSAL) if _ahead(s, mail.turn.at)]
    # "Fine!" settles no time when "Tuesday at 10 or Wednesday at 2?" was asked.
    if proposals and len({s.starts_at for s in proposals}) == 1 and not _answered(asked, mail, before):
        signal, (accepted, factor) = proposals[0], accepting
        score = min(signal.score, accepted.score) * factor
        yield _agreement(mail, signal, score, ((asked, signal), (mail, accepted)))


def _answered(asked: ClientMail, mail: ClientMail, before: Sequence[ClientMail]) -> bool:
    """Whether somebody of the accepting side had answered the proposal already."""
    return any(m.ours == mail.ours and m.turn.at > asked.turn.at for m in before)


def _acceptance(mail: ClientMail) -> tuple[Signal, float] | None:
    """The sentence by which a mail accepts what the other side proposed, and how surely."""
    spoken = mail.signals(SignalKind.MEETING_CONFIRMATION)
    if spoken:
        return spoken[0], 1.0
    # "I'll get back to you" acknowledges and accepts nothing.
    if len(mail.fact.text) > _SHORT or mail.signals(*ASKS, SignalKind.COMMITMENT, SignalKind.WITHDRAWAL):
        return None
    polite = mail.signals(*_ACCEPTING)
    return (polite[0], _UNSPOKEN) if polite else None


def _ahead(signal: Signal, moment: datetime) -> bool:
    return signal.starts_at is not None and moment <= signal.starts_at <= moment + _FARTHEST


def _agreement(
    mail: ClientMail, signal: Signal, score: float, proof: tuple[tuple[ClientMail, Signal], ...]
) -> Agreement:
    if signal.starts_at is None:
        raise ValueError("an agreement needs a time")
    return Agreement(
        mail=mail, starts_at=signal.starts_at, ends_at=signal.ends_at, confidence=min(score, 1.0), proof=proof
    )


def _followed(agreement: Agreement, all_made: Sequence[Agreement], talk: Sequence[ClientMail]) -> Agreement:
    """Close an agreement that a later mail of its conversation moved or cancelled before it began (D5.1, D5.2)."""
    ends = [(later.mail.turn.at, "mail agreed another time") for later in all_made if _moves(later, agreement)]
    ends += [
        (mail.turn.at, "mail called it off")
        for mail in talk
        if agreement.mail.turn.at < mail.turn.at < agreement.starts_at and calls_off(mail.fact.text)
    ]
    if not ends:
        return agreement
    at, reason = min(ends)
    return Agreement(
        mail=agreement.mail,
        starts_at=agreement.starts_at,
        ends_at=agreement.ends_at,
        confidence=agreement.confidence,
        proof=agreement.proof,
        ended_at=at,
        ended_reason=reason,
    )


def _moves(later: Agreement, earlier: Agreement) -> bool:
    in_time = earlier.mail.turn.at < later.mail.turn.at < earlier.starts_at
    return in_time and abs(later.starts_at - earlier.starts_at) <= _MOVED_WITHIN
