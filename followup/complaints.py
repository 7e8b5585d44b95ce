"""What an account complained about in one conversation, and what became of it (SEMANTICS 2, "complaint")."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from domain.accounts import Account
from domain.commitments import Commitment, CommitmentState
from domain.complaints import Complaint, Measure
from domain.followup import Evidence, Side, Turn
from domain.signals import Signal, SignalKind
from followup.demands import CERTAIN_ENOUGH, asks, has, is_client_mail, responds
from followup.episodes import evidence_of
from followup.ids import short_id
from followup.obligations import bounced, in_order
from followup.promise_words import says_settled

_OTHER = "other"
_CLOSER_SCORE = 0.9


def complaints(
    turns: Sequence[Turn], promised: Sequence[Commitment], *, account: Account, conversation: str
) -> list[Complaint]:
    """List the complaints of one conversation, oldest first.

    A complaint is open until the client says that it is settled, takes it back, or thanks us after a reply of ours when
    everything promised has been done. Complaining again meanwhile belongs to the same complaint.

    Args:
        turns: The messages of the conversation in any order; ``text`` must be filled in.
        promised: Its commitments.
        account: Who complains.
        conversation: Identity of the conversation.
    """
    history = in_order(turns)
    lost = bounced(history, account)
    ours = [commitment for commitment in promised if commitment.side is Side.OURS]
    replay = _Replay(account=account, conversation=conversation, promised=ours)
    for turn in history:
        if turn.key not in lost:
            replay.take(turn)
    return replay.finish()


def _complains(turn: Turn, account: Account) -> tuple[Signal, ...]:
    if turn.automatic is not None or not is_client_mail(turn, account) or not (turn.to_us or turn.cc_us):
        return ()
    return tuple(signal for signal in asks(turn) if signal.kind is SignalKind.COMPLAINT)


def _cause(signals: Sequence[Signal]) -> str:
    """Take the surest cause that says something."""
    named = [(signal.score, signal.cause) for signal in signals if signal.cause and signal.cause != _OTHER]
    return max(named)[1] if named else _OTHER


@dataclass(slots=True)
class _Replay:
    """The conversation up to some mail: the complaint that is open, and those closed."""

    account: Account
    conversation: str
    promised: Sequence[Commitment]
    open: Complaint | None = None
    done: list[Complaint] = field(default_factory=list)

    def take(self, turn: Turn) -> None:
        """Go on by one message."""
        if signals := _complains(turn, self.account):
            evidence = tuple(evidence_of(turn, signal) for signal in signals)
            self.open = self._more(evidence) if self.open else self._opened(turn, signals, evidence)
        elif self.open and responds(turn):
            self.open = replace(self.open, acknowledged_at=self.open.acknowledged_at or turn.at)
        elif self.open and turn.automatic is None and is_client_mail(turn, self.account):
            self._hear(turn, self.open)

    def _more(self, evidence: tuple[Evidence, ...]) -> Complaint | None:
        return replace(self.open, evidence=(*self.open.evidence, *evidence)) if self.open else None

    def _opened(self, turn: Turn, signals: Sequence[Signal], evidence: tuple[Evidence, ...]) -> Complaint:
        return Complaint(
            id=short_id("co", self.account.id, turn.key),
            account_id=self.account.id,
            conversation=self.conversation,
            contact=turn.sender,
            cause=_cause(signals),
            evidence=evidence,
            historic=turn.historic,
        )

    def _hear(self, turn: Turn, complaint: Complaint) -> None:
        why = self._confirmed(turn, complaint)
        if why:
            closed = replace(complaint, closed_at=turn.at, closed_by=turn.message_id, closed_why=why)
            self.done.append(self._with_measures(closed))
            self.open = None

    def _confirmed(self, turn: Turn, complaint: Complaint) -> str:
        """Say how a mail of the client settles it, ``""`` when it does not."""
        if has(turn, SignalKind.WITHDRAWAL):
            return "taken back"
        if asks(turn) or not complaint.acknowledged_at:
            return ""
        if says_settled(turn.text):
            return "the client says that it is settled"
        content = has(turn, SignalKind.CLOSER, _CLOSER_SCORE) or has(turn, SignalKind.PRAISE, CERTAIN_ENOUGH)
        left = {CommitmentState.OPEN, CommitmentState.BROKEN}
        since = (c for c in self.promised if complaint.opened_at <= c.made_at <= turn.at)
        return "the client is content" if content and all(c.state_at(turn.at) not in left for c in since) else ""

    def _with_measures(self, complaint: Complaint) -> Complaint:
        end = complaint.closed_at
        statements = (
            (commitment.id, statement.evidence)
            for commitment in self.promised
            for statement in commitment.statements
            if statement.evidence.kind is SignalKind.COMMITMENT
        )
        measures = (
            Measure(commitment=commitment, at=said.at, quote=said.quote)
            for commitment, said in statements
            if said.at >= complaint.opened_at and (end is None or said.at <= end)
        )
        return replace(complaint, measures=tuple(sorted(measures, key=lambda m: (m.at, m.commitment))))

    def finish(self) -> list[Complaint]:
        """Close the books: what is not settled stays open."""
        if self.open:
            self.done.append(self._with_measures(self.open))
        return self.done
