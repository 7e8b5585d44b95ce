"""Who promised what: the commitments of one conversation between an account and us (SEMANTICS 2).

The whole history is replayed, as with obligations; nothing here knows the present.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from domain.accounts import Account
from domain.commitments import Commitment, CommitmentState, Statement
from domain.followup import Side, Turn
from domain.signals import SignalKind
from followup.business_time import BusinessTime
from followup.demands import asks, has
from followup.ids import short_id
from followup.meeting_words import RecapTone, recap_tone
from followup.obligations import bounced, contact_at, in_order
from followup.pledges import Pledge, Word, word_of
from followup.promise_words import says_received, says_understood, telling_words

_SAME_PROMISE = timedelta(days=7)
"""How long after a promise one that names nothing ("by Friday, then") still speaks of it."""
_NEAR = timedelta(days=1)


def commitments(
    turns: Sequence[Turn], *, account: Account, conversation: str, business: BusinessTime, theirs: BusinessTime
) -> list[Commitment]:
    """List everything either side promised the other in one conversation, oldest first.

    A promise made again is the same promise with a new time. A later mail of the same side keeps it when it brings
    something, says that it is done or speaks of it without promising anew; a mail of the other side keeps it when it
    says that it arrived; a promise to talk is kept when either side speaks of having talked. It is withdrawn when the
    promiser says that it cannot be, or the other side takes back what it asked for.

    Args:
        turns: The messages of the conversation in any order; ``text`` must be filled in.
        account: The other side.
        conversation: Identity of the conversation.
        business: The calendar in which the days we promise, and two business days, end.
        theirs: The one in which days end that the account promises.
    """
    history = in_order(turns)
    lost = bounced(history, account)
    names = _names(history)
    calendars = {Side.OURS: business, Side.THEIRS: theirs}
    ledger = _Ledger(account=account, conversation=conversation)
    for turn in history:
        if turn.key not in lost and (word := word_of(turn, account, calendars, names=names)):
            ledger.take(word)
    return ledger.written()


def _names(history: Iterable[Turn]) -> frozenset[str]:
    """Names of the people: they stand in every mail and tell no promise from another."""
    people = {name for turn in history for name in (turn.sender_name, turn.sender, *turn.recipients)}
    return telling_words(" ".join(name.partition("@")[0].replace(".", " ") for name in people))


@dataclass(slots=True)
class _Entry:
    """A promise and what became of it."""

    side: Side
    contact: str
    historic: bool
    words: frozenset[str]
    vague: bool
    talk: bool
    statements: list[Statement]
    ended: tuple[datetime, CommitmentState, str, str] | None = None
    heard_since: bool = False
    """The promiser wrote again after it was last worded."""

    @property
    def due(self) -> datetime | None:
        return self.statements[-1].due

    @property
    def said_at(self) -> datetime:
        return self.statements[-1].evidence.at

    def end(self, word: Word, state: CommitmentState, why: str) -> None:
        self.ended = (word.turn.at, state, word.turn.message_id, why)

    def restate(self, pledge: Pledge) -> None:
        if pledge.vague and not self.vague:
            # "We are still at it" names no new time: the promise stands as it stood.
            self.heard_since = True
            return
        self.statements.append(pledge.statement)
        self.words |= pledge.words
        self.vague, self.talk = pledge.vague, pledge.talk
        self.heard_since = False


@dataclass(slots=True)
class _Ledger:
    """The promises of a conversation up to some mail."""

    account: Account
    conversation: str
    entries: list[_Entry] = field(default_factory=list)

    def take(self, word: Word) -> None:
        """Go on by one mail."""
        theirs = [entry for entry in self.entries if entry.side is not word.side and not entry.ended]
        own = [entry for entry in self.entries if entry.side is word.side and not entry.ended]
        self._hear(word, theirs)
        for entry in self.entries:
            if _talked(word, entry):
                entry.end(word, CommitmentState.KEPT, "a later mail speaks of having talked")
        own = [entry for entry in own if not entry.ended]
        again = {id(entry): pledge for entry, pledge in _restated(word, own)}
        _fulfil(word, [entry for entry in own if id(entry) not in again])
        for entry in own:
            if id(entry) in again:
                entry.restate(again[id(entry)])
            else:
                entry.heard_since = True
        fresh = (pledge for pledge in word.pledges if not any(pledge is old for old in again.values()))
        self.entries.extend(_entry(word, pledge, self.account) for pledge in fresh)

    def _hear(self, word: Word, promised: Sequence[_Entry]) -> None:
        """Take what the other side says about our promises to it, or we about its promises to us."""
        if has(word.turn, SignalKind.WITHDRAWAL):
            for entry in _concerned(word, promised):
                entry.end(word, CommitmentState.WITHDRAWN, "no longer wanted")
        elif not asks(word.turn):
            for entry in _concerned(word, [entry for entry in promised if _confirms(word, entry)]):
                entry.end(word, CommitmentState.KEPT, "the other side has it")

    def written(self) -> list[Commitment]:
        """Write the ledger up."""
        return [self._commitment(entry) for entry in self.entries]

    def _commitment(self, entry: _Entry) -> Commitment:
        first = entry.statements[0].evidence
        at, state, by, why = entry.ended or (None, None, "", "")
        return Commitment(
            id=short_id("pr", self.account.id, entry.side, first.message_key, str(first.start)),
            side=entry.side,
            account_id=self.account.id,
            conversation=self.conversation,
            contact=entry.contact,
            statements=tuple(entry.statements),
            ended_at=at,
            ended_as=state,
            ended_by=by,
            ended_why=why,
            historic=entry.historic,
        )


def _entry(word: Word, pledge: Pledge, account: Account) -> _Entry:
    turn = word.turn
    return _Entry(
        side=word.side,
        contact=turn.sender if word.side is Side.THEIRS else contact_at(account, turn),
        historic=turn.historic,
        words=pledge.words,
        vague=pledge.vague,
        talk=pledge.talk,
        statements=[pledge.statement],
    )


def _restated(word: Word, own: Sequence[_Entry]) -> list[tuple[_Entry, Pledge]]:
    """Pair what is promised again with how it was promised before, the nearest in words and time first."""
    pairs: list[tuple[_Entry, Pledge]] = []
    for pledge in word.pledges:
        free = [entry for entry in own if all(entry is not taken for taken, _ in pairs)]
        alike = [(near, entry.said_at, n) for n, entry in enumerate(free) if (near := _alike(entry, pledge))]
        if alike:
            pairs.append((free[max(alike)[2]], pledge))
    return pairs


def _alike(entry: _Entry, pledge: Pledge) -> float:
    """How much two promises are the same, 0 when they are not."""
    if entry.words and pledge.words:
        shared = len(entry.words & pledge.words) / min(len(entry.words), len(pledge.words))
        return shared if 2 * shared >= 1 else 0
    if pledge.vague and not entry.vague:
        return 0
    return 0.25 if pledge.statement.evidence.at - entry.said_at <= _SAME_PROMISE else 0


def _fulfil(word: Word, own: Sequence[_Entry]) -> None:
    """End what the promiser now brings, tells or takes back."""
    for entry in own:
        if word.takes_back(entry.words):
            entry.end(word, CommitmentState.WITHDRAWN, "its writer cannot")
    left = [entry for entry in own if not entry.ended]
    due_for_answer = [entry for entry in left if entry.vague or not entry.words]
    kept = _concerned(word, due_for_answer) if word.answers else []
    kept += [entry for entry in left if word.speaks_of(entry.words)]
    kept += _brought(word, left) if word.brings else []
    for entry in kept:
        entry.end(word, CommitmentState.KEPT, "a later mail brought it")


def _brought(word: Word, own: Sequence[_Entry]) -> list[_Entry]:
    """Choose what a mail that brings something brings: what it speaks of, else what is due first."""
    named = [entry for entry in own if entry.words & word.words]
    if named:
        return named
    undated = datetime.max.replace(tzinfo=word.turn.at.tzinfo)
    things = [entry for entry in own if not entry.talk]
    return sorted(things, key=lambda entry: (entry.due or undated, entry.said_at))[:1]


def _talked(word: Word, entry: _Entry) -> bool:
    """Tell whether a mail speaks of the talk that was promised, and not of one before.

    Words such as "thanks for your time" stand in many mails; they count when the time has come.
    """
    if entry.ended or not entry.talk:
        return False
    came = entry.due is not None and word.turn.at > entry.due - _NEAR
    return word.tells_of_talk(entry.said_at) or (came and recap_tone(word.text) is not RecapTone.NONE)


def _concerned(word: Word, promised: Sequence[_Entry]) -> list[_Entry]:
    """Choose the promises a mail of the other side speaks of, else all."""
    return [entry for entry in promised if entry.words & word.words] or list(promised)


def _confirms(word: Word, entry: _Entry) -> bool:
    """Tell whether the other side says that it has it.

    "Got it" right after a promise says that the promise was heard; it counts only once more was written, or the time
    has come.
    """
    if says_received(word.text):
        return True
    came = entry.heard_since or (entry.due is not None and word.turn.at > entry.due - _NEAR)
    return came and says_understood(word.text)
