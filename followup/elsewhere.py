"""Answers given in another conversation: what we wrote to the same contact, about the same (D4.9)."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import IntEnum
from itertools import takewhile

from domain.followup import Beside, MailFact, Note, Obligation, Side
from domain.subjects import base_subject
from followup.calendars import Calendars
from followup.demands import asks, responds
from followup.promise_words import telling_words

_DAYS = 3
"""Business days after their last mail within which a mail elsewhere can be its answer."""
_COVERED = 0.75
"""Share of what the ask speaks of that an answer must speak of; less is another part of the same matter."""
_WITH_CODE = 0.5
"""The same where both name one number or code."""
_TOUCHED = 0.4
"""Share from which it may be the answer."""
_ENOUGH = 2
_QUOTED = 20
"""Characters of a sentence that prove a quote."""
_CODE = re.compile(r"(?<![\w.])(?=[\w/-]*\d)(?!(?:19|20)\d\d\b)[\w/-]{4,}(?!\w)")


class Match(IntEnum):
    """How surely a mail answers what was asked in another conversation."""

    NONE = 0
    MAYBE = 1
    SURE = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A mail of ours to the account, as it may answer something elsewhere.

    Attributes:
        fact: The mail.
        quoted: What it quotes, beginning only.
        failed: Addresses it did not reach (D4.22).
    """

    fact: MailFact
    quoted: str = ""
    failed: frozenset[str] = frozenset()

    @property
    def begins(self) -> bool:
        """Whether its conversation begins with it."""
        return self.fact.conversation == self.fact.turn.key


class LetterIndex:
    """Finds the mails that could answer an obligation from another conversation: by person and time (D4.9)."""

    def __init__(self, facts: Iterable[MailFact], calendars: Calendars) -> None:
        self._calendars = calendars
        self._to: dict[tuple[str, str], list[MailFact]] = {}
        for fact in sorted(facts, key=lambda fact: (fact.turn.at, fact.turn.key)):
            for address in fact.turn.recipients if responds(fact.turn) else ():
                self._to.setdefault((fact.account, address), []).append(fact)

    def possible(self, obligation: Obligation) -> list[MailFact]:
        """Return our mails to its contact while it waited, within three business days of their asking."""
        if obligation.side is not Side.OURS or obligation.historic:
            return []
        written = self._to.get((obligation.account_id, obligation.contact), [])
        first = bisect_right(written, obligation.clock_start, key=_at)
        last = bisect_left(written, obligation.cleared_at, key=_at) if obligation.cleared_at else len(written)
        return [
            fact
            for fact in takewhile(lambda fact: fact.turn.at <= self._latest(obligation, fact), written[first:last])
            if fact.conversation != obligation.conversation
        ]

    def _latest(self, obligation: Obligation, fact: MailFact) -> datetime:
        asked = max([obligation.clock_start, *(at for at in obligation.chasers if at < fact.turn.at)])
        return self._calendars.ours(obligation.account_id).add_days(asked, _DAYS)


def _at(fact: MailFact) -> datetime:
    return fact.turn.at


def answered_elsewhere(obligation: Obligation, letters: Iterable[Letter], *, names: frozenset[str]) -> Obligation:
    """Clear an obligation by the first mail elsewhere that surely answers it; note what may have answered it.

    A client who asks again afterwards has not seen the answer, or it was none: then it is only noted.

    Args:
        obligation: As its own conversation has it.
        letters: Those possible, oldest first.
        names: Telling words that name people or the account, and so say nothing.
    """
    notes: list[Note] = []
    for letter in letters:
        found = _match(obligation, letter, names)
        turn = letter.fact.turn
        if found is Match.SURE and all(at <= turn.at for at in obligation.chasers):
            return replace(
                obligation,
                cleared_at=turn.at,
                cleared_by=turn.key,
                cleared_reason=f"answered in another conversation: {turn.subject}",
                cleared_who=turn.owner or turn.sender,
                notes=(*obligation.notes, *notes),
            )
        if found is not Match.NONE:
            why = f"possibly answered in another conversation: {turn.subject}; `done` confirms it"
            notes.append(Note(what=Beside.ANSWERED_MAYBE, at=turn.at, message_id=turn.message_id, why=why))
    return replace(obligation, notes=(*obligation.notes, *notes)) if notes else obligation


def _match(obligation: Obligation, letter: Letter, names: frozenset[str]) -> Match:
    turn = letter.fact.turn
    if obligation.contact in letter.failed:
        return Match.NONE
    asked_before = [evidence.quote for evidence in obligation.evidence if evidence.at < turn.at]
    if _quotes(letter.quoted, asked_before):
        return Match.SURE
    asked, told = " ".join([obligation.subject, *asked_before]), _told(letter)
    wanted = telling_words(asked) - names
    body = wanted & telling_words(told)
    shared = len(body | (wanted & telling_words(turn.subject)))
    code = bool(_codes(asked) & _codes(f"{turn.subject} {told}"))
    if shared >= _ENOUGH and len(body) >= min(_ENOUGH, len(wanted)) and shared >= _COVERED * len(wanted):
        return Match.SURE
    # The same number of an order, and half of the rest: a product's name stands in many mails about it.
    if letter.begins and code and len(body) >= _ENOUGH and shared >= _WITH_CODE * len(wanted):
        return Match.SURE
    same_subject = base_subject(turn.subject) == base_subject(obligation.subject) != ""
    touched = code or (same_subject and body) or (shared >= _ENOUGH and shared >= _TOUCHED * len(wanted))
    return Match.MAYBE if letter.begins and touched else Match.NONE


def _told(letter: Letter) -> str:
    """What a mail says itself, with the names of its files: what it asks is no answer."""
    text = letter.fact.text
    for signal in asks(letter.fact.turn):
        text = text.replace(signal.quote, " ")
    return " ".join([text, *(re.sub(r"[_.-]+", " ", name) for name in letter.fact.attachments)])


def _quotes(quoted: str, asked: Sequence[str]) -> bool:
    held = _plain(quoted)
    return any(len(sentence) >= _QUOTED and sentence in held for sentence in map(_plain, asked))


def _plain(text: str) -> str:
    return " ".join(re.sub(r"(?m)^[>\s]+", " ", text).split()).casefold()


def _codes(text: str) -> frozenset[str]:
    """Numbers and codes by which things are known: order numbers, article codes; years are none."""
    return frozenset(code.casefold() for code in _CODE.findall(text))
