"""A mail as the meeting rules see it: once, however many accounts it concerns."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from domain.accounts import Direction
from domain.followup import Evidence, MailFact, Turn
from domain.signals import Signal, SignalKind
from followup.meeting_words import RecapTone, is_answer, is_minutes, recap_tone

_SURE_ENOUGH = 0.3
"""Signals scored lower are ignored; between this and 0.5 a gap is a question (D5.3)."""


@dataclass(frozen=True, kw_only=True)
class ClientMail:
    """A human mail between us and clients.

    Attributes:
        turn: As one of its accounts sees it.
        fact: Likewise.
        accounts: All of them.
        ours: We wrote it to the client; else the client wrote it.
    """

    turn: Turn
    fact: MailFact
    accounts: tuple[str, ...]
    ours: bool

    @property
    def people(self) -> tuple[str, ...]:
        """Everybody on it."""
        return tuple(dict.fromkeys(a for a in (self.turn.sender, *self.fact.recipients) if a))

    @property
    def marks(self) -> tuple[str, ...]:
        """What its meetings can be found by."""
        return (*self.accounts, *self.people)

    @property
    def fresh_text(self) -> str:
        """Its own words, with the subject unless that was inherited."""
        return self.fact.text if is_answer(self.turn.subject) else f"{self.turn.subject}\n{self.fact.text}"

    def signals(self, *kinds: SignalKind) -> list[Signal]:
        """What it says of some kinds, surely enough to count."""
        return [s for s in self.turn.signals if s.kind in kinds and s.score >= _SURE_ENOUGH]

    @cached_property
    def tone(self) -> RecapTone:
        """How plainly it tells of a meeting: from its words, or an attachment called minutes."""
        if any(is_minutes(name) for name in self.fact.attachments):
            return RecapTone.RECAP
        return recap_tone(self.fresh_text)

    def evidence(self, signal: Signal) -> Evidence:
        """Return a sentence of it as proof."""
        return Evidence(
            message_key=self.turn.key,
            message_id=self.turn.message_id,
            at=self.turn.at,
            kind=signal.kind,
            quote=signal.quote,
            start=signal.start,
            end=signal.end,
            score=signal.score,
            rule=signal.rule,
        )


def client_mails(facts: Iterable[MailFact]) -> list[ClientMail]:
    """Return the mails people wrote between us and clients, each once, oldest first."""
    same: dict[str, list[MailFact]] = {}
    for fact in facts:
        turn = fact.turn
        # Who answers an invitation with the calendar's button writes nothing about the meeting.
        if turn.automatic is None and not turn.empty and not turn.invitation and _concerns(turn):
            same.setdefault(turn.key, []).append(fact)
    mails = [_mail(facts) for facts in same.values()]
    return sorted(mails, key=lambda mail: (mail.turn.at, mail.turn.key))


def _concerns(turn: Turn) -> bool:
    if turn.direction is Direction.OUTBOUND:
        return turn.to_account
    return turn.direction is Direction.INBOUND and turn.from_account


def _mail(facts: list[MailFact]) -> ClientMail:
    accounts = tuple(dict.fromkeys(fact.account for fact in facts if fact.account))
    ours = facts[0].turn.direction is Direction.OUTBOUND
    return ClientMail(turn=facts[0].turn, fact=facts[0], accounts=accounts, ours=ours)
