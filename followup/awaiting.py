"""What an account owes us in one conversation: the mirror image of our obligations (SEMANTICS 2, "awaiting them")."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from domain.accounts import Account, Direction
from domain.followup import AskKind, Obligation, Reading, Side, Turn
from domain.mail import Automatic
from domain.signals import Signal, SignalKind
from followup.business_time import BusinessTime
from followup.demands import KIND_OF, acknowledges_only, asks, has, is_client_mail, is_meeting_ask, responds
from followup.episodes import evidence_of
from followup.ids import short_id
from followup.obligations import bounced, contact_at, in_order, ours_to_reach

_PATIENCE = 3
"""Business days a client has to answer."""
_AT_RISK = 0.75
_ASKED = frozenset({SignalKind.REQUEST, SignalKind.QUESTION, SignalKind.MEETING_PROPOSAL})


def awaiting(turns: Sequence[Turn], *, account: Account, conversation: str, business: BusinessTime) -> list[Obligation]:
    """List every answer an account ever owed us in one conversation, oldest first.

    Our mail that asks opens one; when we ask again the clock runs on. It is due at the deadline we named, else after
    three business days; while all whom we asked are away, not before the business day after their return. Their answer
    ends it, or ours saying that it is no longer needed.

    Args:
        turns: The messages of the conversation in any order.
        account: Who owes.
        conversation: Identity of the conversation.
        business: The calendar the account works by: there the clock runs.
    """
    history = in_order(turns)
    lost = bounced(history, account)
    replay = _Replay(account=account, conversation=conversation, business=business)
    for turn in history:
        if turn.key not in lost:
            replay.take(turn)
    return replay.finish()


def _wants(turn: Turn) -> tuple[Signal, ...]:
    """List what a mail of ours asks for; a deadline counts beside an ask, not by itself."""
    found = asks(turn)
    return found if responds(turn) and any(signal.kind in _ASKED for signal in found) else ()


def _answers(turn: Turn, account: Account) -> bool:
    return turn.automatic is None and is_client_mail(turn, account) and (turn.to_us or turn.cc_us) and not turn.empty


def _answers_meeting(turn: Turn) -> bool:
    calendar = turn.invitation or turn.automatic is Automatic.CALENDAR
    return turn.direction is Direction.INBOUND and turn.from_account and calendar


@dataclass(slots=True)
class _Replay:
    """The conversation up to some mail: what we wait for, and what we waited for."""

    account: Account
    conversation: str
    business: BusinessTime
    asked: list[Turn] = field(default_factory=list)
    away: dict[str, datetime] = field(default_factory=dict)
    readings: list[Reading] = field(default_factory=list)
    done: list[Obligation] = field(default_factory=list)

    def take(self, turn: Turn) -> None:
        """Go on by one message."""
        if turn.automatic is Automatic.AUTO_REPLY and turn.from_account and turn.return_date:
            self.away[turn.sender.lower()] = turn.return_date
            self._read(turn.at)
        elif _answers(turn, self.account):
            self.away.pop(turn.sender.lower(), None)
            self._clear(turn, "acknowledged" if acknowledges_only(turn) else "answered")
        elif _answers_meeting(turn):
            if all(is_meeting_ask(signal, asked) for asked in self.asked for signal in _wants(asked)):
                self._clear(turn, "meeting answered")
        elif turn.direction is Direction.OUTBOUND and turn.to_account and has(turn, SignalKind.WITHDRAWAL):
            self._clear(turn, "withdrawn")
        elif _wants(turn):
            self.asked.append(turn)
            self._read(turn.at)

    def finish(self) -> list[Obligation]:
        """Close the books: what we still wait for stays open."""
        if self.asked:
            self.done.append(self._opened())
        return self.done

    def _clear(self, by: Turn, reason: str) -> None:
        if self.asked:
            ended = {"cleared_at": by.at, "cleared_by": by.key, "cleared_reason": reason}
            self.done.append(replace(self._opened(), **ended))  # type: ignore[arg-type]
        self.asked, self.readings = [], []

    def _opened(self) -> Obligation:
        first, *chasers = self.asked
        reading = self.readings[-1]
        return Obligation(
            id=short_id("ob", self.account.id, first.key, Side.THEIRS),
            side=Side.THEIRS,
            account_id=self.account.id,
            conversation=self.conversation,
            message_key=first.key,
            message_id=first.message_id,
            subject=first.subject,
            contact=contact_at(self.account, first),
            kinds=reading.kinds,
            clock_start=first.at,
            due=reading.due,
            at_risk_at=reading.at_risk_at,
            confidence=max(signal.score for turn in self.asked for signal in _wants(turn)),
            evidence=tuple(evidence_of(turn, signal) for turn in self.asked for signal in _wants(turn)),
            clears_when=f"A reply from {self.account.name} in this conversation.",
            chasers=tuple(turn.at for turn in chasers),
            historic=all(turn.historic for turn in self.asked),
            readings=tuple(self.readings),
        )

    def _read(self, at: datetime) -> None:
        """Read the clock anew after a mail that may have changed it."""
        if not self.asked:
            return
        start = self.asked[0].at
        wanted = [(turn, signal) for turn in self.asked for signal in _wants(turn)]
        due = min(self._deadlines(wanted), default=self.business.add_days(start, _PATIENCE))
        back = self._back(at)
        if back:
            due = max(due, self.business.closing_of(self.business.next_business_day(self.business.local(back).date())))
        used = self.business.elapsed(start, due) * _AT_RISK
        kinds = {KIND_OF[signal.kind] for _, signal in wanted}
        reading = Reading(
            at=at,
            kinds=tuple(kind for kind in AskKind if kind in kinds),
            due=due,
            at_risk_at=min(self.business.add(start, used), due),
            return_date=back,
        )
        if not self.readings or replace(self.readings[-1], at=at) != reading:
            self.readings.append(reading)

    def _deadlines(self, wanted: Iterable[tuple[Turn, Signal]]) -> list[datetime]:
        """Take the instants our mails ask for; a day means its closing time."""
        named = ((turn, signal.due) for turn, signal in wanted if signal.due is not None)
        instants = ((turn, due if isinstance(due, datetime) else self.business.closing_of(due)) for turn, due in named)
        return [due for turn, due in instants if due > turn.at]

    def _back(self, at: datetime) -> datetime | None:
        """When the first of those we asked is back, if all of them are away."""
        reached = {address for turn in self.asked for address in ours_to_reach(turn, self.account)}
        away = {who: back for who, back in self.away.items() if back + timedelta(days=1) > at}
        # An absence may be answered from another address of the only one we asked.
        gone = set(away) >= reached or len(reached) == 1
        return min(away.values(), default=None) if gone else None
