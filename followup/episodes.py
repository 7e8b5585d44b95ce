"""From the mails of one unanswered stretch to the obligation they make: kinds, clock, due, evidence."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from domain.accounts import Account, Direction
from domain.events import When
from domain.followup import AskKind, Evidence, Obligation, Policy, Reading, Side, Tier, Turn
from domain.signals import Signal
from followup.business_time import BusinessTime
from followup.demands import KIND_OF, asks, confidence, is_meeting_ask
from followup.ids import short_id
from followup.partial_answers import Ask, asks_of

_AT_RISK = 0.75
_GRAVEST_FIRST = tuple(AskKind)


@dataclass(slots=True)
class Episode:
    """Mails of the account that wait for the same response.

    Attributes:
        turns: Oldest first.
        discussed_since: First internal reply (D4.2).
        bounced_at: When we learnt that a response did not arrive (D4.22).
        meeting_answered: Asks for a meeting are settled already (D4.7).
        answered: Asks that an answer took up while it left others open, by mail and words, and when (D4.14).
    """

    turns: list[Turn] = field(default_factory=list)
    discussed_since: datetime | None = None
    bounced_at: datetime | None = None
    meeting_answered: set[str] = field(default_factory=set)
    answered: dict[tuple[str, int], datetime] = field(default_factory=dict)

    def waiting(self) -> list[Ask]:
        """List what is asked and not answered yet, sentence by sentence."""
        found = (ask for turn in self.turns for ask in asks_of(turn, self.asks(turn)))
        return [ask for ask in found if self.answered_at(ask.turn, ask.signals[0]) is None]

    def answered_at(self, turn: str, signal: Signal) -> datetime | None:
        """When an ask was taken up by an answer that left others open."""
        return self.answered.get((turn, signal.start))

    def leave_open(self, left: Iterable[Ask], at: datetime) -> "tuple[Episode, Episode]":
        """Take all for answered but some asks; split off the mails before the first that still asks."""
        kept = {(ask.turn, signal.start) for ask in left for signal in ask.signals}
        told = ((turn.key, signal.start) for turn in self.turns for signal in self.asks(turn))
        self.answered |= {ask: at for ask in told if ask not in kept and ask not in self.answered}
        first = next(n for n, turn in enumerate(self.turns) if any(key == turn.key for key, _ in kept))
        return replace(self, turns=self.turns[:first]), replace(self, turns=self.turns[first:])

    def asks(self, turn: Turn) -> tuple[Signal, ...]:
        """List what one of the mails asks for, a meeting that is settled left out."""
        settled = turn.key in self.meeting_answered
        return tuple(signal for signal in asks(turn) if not (settled and is_meeting_ask(signal, turn)))

    def without_meetings(self) -> tuple["Episode", "Episode"]:
        """Split into the mails whose only ask is a meeting, and the others without that ask."""
        only = [t for t in self.turns if asks(t) and all(is_meeting_ask(signal, t) for signal in asks(t))]
        rest = [turn for turn in self.turns if turn not in only]
        answered = self.meeting_answered | {turn.key for turn in rest}
        return replace(self, turns=only), replace(self, turns=rest, meeting_answered=answered)


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """How we serve one account in one conversation: everything an obligation takes beside its mails."""

    account: Account
    conversation: str
    policy: Policy
    business: BusinessTime
    company: str

    @property
    def tier(self) -> Tier:
        """The account's tier; one the policy does not name is served as the standard."""
        return self.policy.tiers.get(self.account.tier, Tier())

    def opened(self, episode: Episode) -> Obligation:
        """Make the obligation of an episode that nothing has ended."""
        first, *chasers = episode.turns
        readings = tuple(self._readings(episode))
        now = readings[-1]
        return Obligation(
            id=short_id("ob", self.account.id, first.key, Side.OURS),
            side=Side.OURS,
            account_id=self.account.id,
            conversation=self.conversation,
            message_key=first.key,
            message_id=first.message_id,
            subject=first.subject,
            contact=first.sender,
            kinds=now.kinds,
            clock_start=first.at,
            due=now.due,
            at_risk_at=now.at_risk_at,
            confidence=max(confidence(turn) for turn in episode.turns),
            evidence=tuple(
                evidence_of(turn, signal, answered_at=episode.answered_at(turn.key, signal))
                for turn in episode.turns
                for signal in episode.asks(turn)
            ),
            clears_when=self._clears_when(first, now.kinds),
            chasers=tuple(turn.at for turn in chasers),
            discussed_since=episode.discussed_since,
            historic=all(turn.historic for turn in episode.turns),
            bounced_at=episode.bounced_at,
            via=first.via,
            readings=readings if len(readings) > 1 else (),
        )

    def cleared(self, episode: Episode, by: Turn, reason: str) -> Obligation:
        """Make the obligation of an episode that a message ended; a colleague of ours is credited (D4.8)."""
        ours = by.direction is Direction.OUTBOUND
        return replace(
            self.opened(episode),
            cleared_at=by.at,
            cleared_by=by.key,
            cleared_reason=reason,
            cleared_who=(by.owner or by.sender) if ours else "",
        )

    def _readings(self, episode: Episode) -> Iterator[Reading]:
        """Follow the clock through the mails; a reading for the first and for each that changed something."""
        start = episode.turns[0].at
        last: tuple[tuple[AskKind, ...], datetime] | None = None
        for at in sorted({*(turn.at for turn in episode.turns), *episode.answered.values()}):
            kinds: set[AskKind] = set()
            deadlines: list[datetime] = []
            for turn in (turn for turn in episode.turns if turn.at <= at):
                wanted = self._wanted(episode, turn, at)
                kinds |= {KIND_OF[signal.kind] for signal in wanted}
                if not episode.asks(turn):
                    kinds.add(AskKind.OTHER)
                deadlines.extend(self._deadlines(turn, wanted))
            due = min([self.business.add(start, self._target(kinds)), *deadlines])
            current = (tuple(kind for kind in _GRAVEST_FIRST if kind in kinds), due)
            if current != last:
                yield Reading(at=at, kinds=current[0], due=due, at_risk_at=self._at_risk(start, due))
            last = current

    def _wanted(self, episode: Episode, turn: Turn, at: datetime) -> list[Signal]:
        told = ((signal, episode.answered_at(turn.key, signal)) for signal in episode.asks(turn))
        return [signal for signal, answered in told if answered is None or answered > at]

    def _target(self, kinds: Iterable[AskKind]) -> timedelta:
        """Take the shortest target of what was asked (SEMANTICS 6, targets by kind)."""
        targets = {AskKind.COMPLAINT: self.policy.complaint, AskKind.OTHER: self.policy.other}
        return min(targets.get(kind, self.policy.request) for kind in kinds) * self.tier.factor

    def _deadlines(self, turn: Turn, wanted: Iterable[Signal]) -> Iterator[datetime]:
        """Yield the instants a mail asks for; one already past when the mail came is reproach, not a deadline."""
        for signal in wanted:
            if signal.due is not None and (due := self._instant(signal.due)) > turn.at:
                yield due

    def _instant(self, due: When) -> datetime:
        if isinstance(due, datetime):
            return due
        return self.business.closing_of(due)

    def _at_risk(self, start: datetime, due: datetime) -> datetime:
        used = self.business.elapsed(start, due) * _AT_RISK
        # A deadline outside working hours may leave no business time at all.
        return min(self.business.add(start, used), due)

    def _clears_when(self, first: Turn, kinds: tuple[AskKind, ...]) -> str:
        meeting = ", or accepting the meeting" if kinds == (AskKind.MEETING,) else ""
        someone = f"{first.sender} or anyone else at {self.account.name}"
        return f"A reply from {self.company} to {someone} in this conversation{meeting}."


def evidence_of(turn: Turn, signal: Signal, *, answered_at: datetime | None = None) -> Evidence:
    """Keep the sentence that proves a signal, with the mail it stands in."""
    return Evidence(
        message_key=turn.key,
        message_id=turn.message_id,
        at=turn.at,
        kind=signal.kind,
        quote=signal.quote,
        start=signal.start,
        end=signal.end,
        score=signal.score,
        rule=signal.rule,
        answered_at=answered_at,
    )
