"""What one mail promises, brings and takes back, for the ledger of commitments (SEMANTICS 2)."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from domain.accounts import Account
from domain.commitments import Statement
from domain.followup import Side, Turn
from domain.signals import Certainty, Signal, SignalKind
from followup.business_time import BusinessTime
from followup.demands import CERTAIN_ENOUGH, acknowledges_only, asks, is_client_mail, responds
from followup.episodes import evidence_of
from followup.files import files
from followup.promise_words import (
    promises_invitation,
    promises_to_talk,
    says_cannot,
    says_delayed,
    says_done,
    says_not_yet,
    says_underway,
    telling_words,
)

_ACKNOWLEDGED_FOR = 2
"""Business days within which we owe more than "we look into it" (SEMANTICS 2)."""
_WISHES = frozenset({SignalKind.REQUEST, SignalKind.QUESTION, SignalKind.MEETING_PROPOSAL})
"""What asks for something, and so tells nothing: a complaint or a deadline does tell."""


@dataclass(frozen=True, slots=True)
class Pledge:
    """One promise in one mail.

    Attributes:
        statement: Its words, with the time it names.
        words: What it is about, if it says so.
        vague: It only says that somebody looks into it, and so that an answer will come.
        talk: All it promises is to talk, or to set up a meeting: no mail brings that.
    """

    statement: Statement
    words: frozenset[str]
    vague: bool
    talk: bool


@dataclass(frozen=True, slots=True)
class Word:
    """A mail from one side to the other, as far as promises go.

    Attributes:
        turn: The mail.
        side: Who wrote it.
        pledges: What it promises.
        text: Its new words without what it asks and promises.
        words: What those speak of, with the names of its files.
    """

    turn: Turn
    side: Side
    pledges: tuple[Pledge, ...]
    text: str
    words: frozenset[str]

    @property
    def brings(self) -> bool:
        """Whether it says that something was done, or has it attached."""
        return (any(files(self.turn)) or says_done(self.text)) and not says_not_yet(self.text)

    @property
    def answers(self) -> bool:
        """Whether it says more than thanks and that we are at it."""
        return bool(self.words or any(files(self.turn))) and not says_underway(self.text)

    def speaks_of(self, words: frozenset[str]) -> bool:
        """Whether it tells about what was promised, and not that it takes longer."""
        return 2 * len(self.words & words) >= len(words) > 0 and not says_delayed(self.text)

    def tells_of_talk(self, since: datetime) -> bool:
        """Whether it speaks of a meeting or call that took place after a moment, or at a time it does not name."""
        told = (s for s in self.turn.signals if s.kind is SignalKind.MEETING_PAST and s.score >= CERTAIN_ENOUGH)
        return any(signal.starts_at is None or signal.starts_at > since for signal in told)

    def takes_back(self, words: frozenset[str]) -> bool:
        """Whether its writer says that it will not be done."""
        return bool(self.words & words) and says_cannot(self.text)


def word_of(
    turn: Turn, account: Account, calendars: Mapping[Side, BusinessTime], *, names: frozenset[str]
) -> Word | None:
    """Read a mail from one side to the other; None when it is none, internal or automatic.

    Args:
        turn: The mail.
        account: The other side.
        calendars: In which a day without an hour ends for each side that may have promised it.
        names: Telling words that are names of the people in the conversation.
    """
    side = _side(turn, account)
    if side is None:
        return None
    promised = _promised(turn)
    text = _without(turn.text, [*promised, *(signal for signal in asks(turn) if signal.kind in _WISHES)])
    about = " ".join([text, *(re.sub(r"[_\d.-]+", " ", name.rpartition(".")[0]) for name in files(turn))])
    pledges = (
        Pledge(
            statement=_statement(turn, s, side, calendars[side]),
            words=telling_words(s.quote) - names,
            vague=_is_vague(turn, s),
            talk=promises_to_talk(s.quote) or promises_invitation(s.quote),
        )
        for s in promised
    )
    return Word(turn, side, tuple(pledges), text, telling_words(about) - names)


def _side(turn: Turn, account: Account) -> Side | None:
    if responds(turn):
        return Side.OURS
    human = turn.automatic is None and is_client_mail(turn, account)
    return Side.THEIRS if human and (turn.to_us or turn.cc_us) and not turn.empty else None


def _promised(turn: Turn) -> list[Signal]:
    """List the promises of a mail; one that only acknowledges promises to come back."""
    certain = sorted((s for s in turn.signals if s.score >= CERTAIN_ENOUGH), key=lambda s: (s.start, s.end))
    agreed = [s for s in certain if s.kind is SignalKind.MEETING_CONFIRMATION]
    commitments = [s for s in certain if s.kind is SignalKind.COMMITMENT and not _meets(s, agreed)]
    if commitments:
        return [s for n, s in enumerate(commitments) if not _meets(s, commitments[:n])]
    return [s for s in certain if s.kind is SignalKind.ACKNOWLEDGEMENT][:1]


def _meets(signal: Signal, others: Iterable[Signal]) -> bool:
    return any(signal.start < other.end and other.start < signal.end for other in others)


def _is_vague(turn: Turn, signal: Signal) -> bool:
    looks_into = [s for s in turn.signals if s.kind is SignalKind.ACKNOWLEDGEMENT and s.score >= CERTAIN_ENOUGH]
    return acknowledges_only(turn) or _meets(signal, looks_into)


def _statement(turn: Turn, signal: Signal, side: Side, business: BusinessTime) -> Statement:
    due, certainty = _instant(signal.due, turn.at, business), signal.certainty or Certainty.HARD
    if due is None:
        certainty = Certainty.TENTATIVE
        if side is Side.OURS and _is_vague(turn, signal):
            due = business.add_days(turn.at, _ACKNOWLEDGED_FOR)
    return Statement(by=turn.sender, evidence=evidence_of(turn, signal), due=due, certainty=certainty)


def _instant(due: date | datetime | None, said_at: datetime, business: BusinessTime) -> datetime | None:
    """Take a day for its closing time; a time already past when it was named is none."""
    if due is None:
        return None
    if not isinstance(due, datetime):
        closing = business.closing_of(due)
        # "Today", written in the evening.
        midnight = business.at(due + timedelta(days=1), datetime.min.time())
        due = closing if closing > said_at else midnight
    return due if due > said_at else None


def _without(text: str, signals: Iterable[Signal]) -> str:
    for signal in signals:
        text = text.replace(signal.quote, " ")
    return text
