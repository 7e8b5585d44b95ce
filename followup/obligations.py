"""Whose turn it is: the obligations of one conversation for one account (SEMANTICS 2, D4).

The whole history is read each time and every episode becomes an obligation, answered ones too. Nothing depends on the
present, and nothing on the order in which facts became known.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from domain.accounts import Account, Direction
from domain.followup import AskKind, Evidence, Obligation, Policy, Side, Tier, Turn
from domain.mail import Automatic
from domain.signals import ASKS, Signal, SignalKind
from followup.business_time import BusinessTime
from followup.ids import short_id

_SURE = 0.5
"""Signals below this score are shown, never acted on."""
_SURE_CLOSER = 0.9
"""A mail is taken for a closer only at this score (D4.4): a missed ask costs more than a needless look."""
_UNREAD_LANGUAGE = 0.3
_ONLY_COPIED = 0.7
_AT_RISK = 0.75

_ASK_KINDS = {
    SignalKind.COMPLAINT: AskKind.COMPLAINT,
    SignalKind.REQUEST: AskKind.REQUEST,
    SignalKind.QUESTION: AskKind.QUESTION,
    SignalKind.MEETING_PROPOSAL: AskKind.MEETING,
    SignalKind.DEADLINE: AskKind.DEADLINE,
}

# An account's allow list lifts the veto on these (D4.18); nobody answers a bounce or an absence note.
_LIFTABLE = frozenset({Automatic.BULK, Automatic.SYSTEM})


def obligations(
    turns: Iterable[Turn], *, account: Account, conversation: str, policy: Policy, business: BusinessTime
) -> list[Obligation]:
    """Compute what we owe an account in one conversation.

    Args:
        turns: The conversation as this account's rules see it, in any order.
        account: Who may be waiting.
        conversation: Its id.
        policy: Targets and tiers.
        business: Working time of the calendar the clock runs in.

    Returns:
        One obligation per episode, oldest first: from the first mail that needed an answer to what cleared it.
    """
    rules = _Rules(account, policy, business)
    episodes: list[_Episode] = []
    current: _Episode | None = None
    for turn in sorted(turns, key=lambda t: (t.at, t.key)):
        if current and (reason := _clears(turn, current)):
            current.clear(turn, reason)
            current = None
        elif demand := rules.demand(turn):
            if current is None or (current.opening.historic and not turn.historic):
                # A chaser of something older than our knowledge is the first we can be held to (D4.25).
                current = _Episode(turn)
                episodes.append(current)
            current.demands.append(demand)
        elif current and turn.direction is Direction.INTERNAL:
            current.discussed_since = current.discussed_since or turn.at
    return [rules.obligation(episode, conversation) for episode in episodes]


@dataclass(frozen=True, slots=True)
class _Demand:
    """What one mail of theirs asks of us."""

    turn: Turn
    kinds: frozenset[AskKind]
    evidence: tuple[Signal, ...]
    confidence: float


@dataclass(slots=True)
class _Episode:
    """From the first unanswered mail to what cleared it."""

    opening: Turn
    demands: list[_Demand] = field(default_factory=list)
    discussed_since: datetime | None = None
    cleared_by: Turn | None = None
    cleared_reason: str = ""

    def clear(self, turn: Turn, reason: str) -> None:
        self.cleared_by, self.cleared_reason = turn, reason

    def only_about_meeting(self) -> bool:
        """Whether nothing but a meeting was asked for."""
        return {kind for demand in self.demands for kind in demand.kinds} == {AskKind.MEETING}


def _clears(turn: Turn, episode: _Episode) -> str:
    """Say why a turn ends an episode, or ``""``."""
    if turn.direction is Direction.OUTBOUND and turn.to_account:
        if turn.automatic is Automatic.CALENDAR or (turn.invitation and turn.empty):
            # A bare accept or invitation answers the meeting and nothing else (D4.7).
            return "answered in the calendar" if episode.only_about_meeting() else ""
        if turn.automatic is None and not turn.empty:
            return "answered"
    if turn.from_account and turn.automatic is None and _withdraws(turn):
        return "withdrawn by them"
    return ""


def _withdraws(turn: Turn) -> bool:
    """Whether a mail takes back what was asked and asks nothing new (D4.13)."""
    return any(s.kind is SignalKind.WITHDRAWAL and s.score >= _SURE for s in turn.signals) and not _asks(turn)


def _asks(turn: Turn) -> tuple[Signal, ...]:
    return tuple(signal for signal in turn.signals if signal.kind in ASKS and signal.score >= _SURE)


class _Rules:
    """The rules with what they need to know about one account."""

    def __init__(self, account: Account, policy: Policy, business: BusinessTime) -> None:
        self._account = account
        self._policy = policy
        self._business = business
        self._tier = policy.tiers.get(account.tier, Tier())

    def demand(self, turn: Turn) -> _Demand | None:
        """What a turn asks of us, or None when it requires no response."""
        if not turn.from_account or turn.empty or not self._counts_as_human(turn):
            return None
        asks = _asks(turn)
        # Talk among them that we merely see is theirs, unless it asks us by name (D4.3).
        only_copied = turn.cc_us and not turn.to_us
        if not turn.to_us and not (only_copied and asks and turn.names_us):
            return None
        if asks:
            confidence = max(signal.score for signal in asks)
            kinds = frozenset(_ASK_KINDS[signal.kind] for signal in asks)
            return _Demand(turn, kinds, asks, min(confidence, _ONLY_COPIED) if only_copied else confidence)
        if _is_closer(turn):
            return None
        if not turn.language_known:
            return _Demand(turn, frozenset({AskKind.OTHER}), (), _UNREAD_LANGUAGE)
        if self._tier.everything:
            return _Demand(turn, frozenset({AskKind.OTHER}), (), 1.0)
        return None

    def _counts_as_human(self, turn: Turn) -> bool:
        """Bulk evidence vetoes even from a client's own domain (D4.17), unless the account allows the sender (D4.18)."""
        return turn.automatic is None or (turn.automatic in _LIFTABLE and turn.sender in self._account.allow)

    def obligation(self, episode: _Episode, conversation: str) -> Obligation:
        """The record of an episode."""
        opening, cleared = episode.opening, episode.cleared_by
        due = self._due(episode.demands)
        used = self._business.elapsed(opening.at, due)
        kinds = {kind for demand in episode.demands for kind in demand.kinds}
        return Obligation(
            id=short_id("ob", self._account.id, opening.key, Side.OURS),
            side=Side.OURS,
            account_id=self._account.id,
            conversation=conversation,
            message_key=opening.key,
            message_id=opening.message_id,
            subject=opening.subject,
            contact=opening.sender,
            kinds=tuple(kind for kind in AskKind if kind in kinds),
            clock_start=opening.at,
            due=due,
            at_risk_at=min(due, self._business.add(opening.at, used * _AT_RISK)),
            confidence=max(demand.confidence for demand in episode.demands),
            evidence=tuple(_evidence(episode.demands)),
            clears_when=f"A reply from one of us to {opening.sender} in this conversation.",
            chasers=tuple(demand.turn.at for demand in episode.demands[1:]),
            cleared_at=cleared.at if cleared else None,
            cleared_by=cleared.key if cleared else "",
            cleared_reason=episode.cleared_reason,
            cleared_who=cleared.owner if cleared and cleared.direction is Direction.OUTBOUND else "",
            discussed_since=episode.discussed_since,
            historic=opening.historic,
        )

    def _due(self, demands: Sequence[_Demand]) -> datetime:
        """The earliest of each mail's target and explicit deadline.

        Targets count from the mail that raised them: the first mail's from the start of the clock, and a chaser that
        turns into a complaint can only make it earlier, never restart it.
        """
        dues = [self._business.add(demand.turn.at, self._target(demand.kinds)) for demand in demands]
        return min([*dues, *(due for demand in demands for due in self._deadlines(demand))])

    def _target(self, kinds: frozenset[AskKind]) -> timedelta:
        policy = self._policy
        target = policy.request if kinds - {AskKind.OTHER} else policy.other
        if AskKind.COMPLAINT in kinds:
            target = min(policy.complaint, target)
        return target * self._tier.factor

    def _deadlines(self, demand: _Demand) -> Iterable[datetime]:
        """Dates asked for; a day without an hour means our closing time, one already past means nothing."""
        for signal in demand.evidence:
            if signal.due is None:
                continue
            due = signal.due if isinstance(signal.due, datetime) else self._business.closing_of(signal.due)
            if due > demand.turn.at:
                yield due


def _is_closer(turn: Turn) -> bool:
    return any(signal.kind is SignalKind.CLOSER and signal.score >= _SURE_CLOSER for signal in turn.signals)


def _evidence(demands: Iterable[_Demand]) -> Iterable[Evidence]:
    for demand in demands:
        for signal in demand.evidence:
            yield Evidence(
                message_key=demand.turn.key,
                message_id=demand.turn.message_id,
                at=demand.turn.at,
                kind=signal.kind,
                quote=signal.quote,
                start=signal.start,
                end=signal.end,
                score=signal.score,
                rule=signal.rule,
            )
