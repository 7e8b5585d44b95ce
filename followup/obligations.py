"""Whose turn it is: the obligations of one conversation towards one account (SEMANTICS 2, 4 and 6).

Nothing here knows the present. The whole history is replayed, so the same mails in any order of arrival give the
same obligations, each with the mail that opened it, what it is due by, and what ended it.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from domain.accounts import Account, Direction
from domain.followup import Obligation, Policy, Turn
from domain.mail import Automatic
from followup.business_time import BusinessTime
from followup.demands import acknowledges_only, answers_meeting, is_human, requires_response, responds, withdraws
from followup.episodes import Episode, Promise
from followup.partial_answers import left_open
from followup.promise_words import telling_words


def obligations(
    turns: Sequence[Turn],
    *,
    account: Account,
    conversation: str,
    policy: Policy,
    business: BusinessTime,
    company: str = "us",
) -> list[Obligation]:
    """List everything we ever owed an account in one conversation, oldest first.

    The oldest unanswered mail that requires a response opens an obligation and starts its clock. Further such mails
    are chasers: they never reset the clock, but what they ask for counts from its start, and an explicit deadline in
    one of them counts too, so the obligation is due at the earliest of all. A qualifying response, a withdrawal or,
    where only a meeting was asked for, a calendar answer ends it; the next requiring mail opens another.

    Args:
        turns: The messages of the conversation in any order; a message given twice counts once.
        account: Whose side waits.
        conversation: Identity of the conversation.
        policy: Targets and tiers.
        business: The calendar the clock runs in.
        company: Our name in ``clears_when``.
    """
    promise = Promise(account=account, conversation=conversation, policy=policy, business=business, company=company)
    history = in_order(turns)
    undelivered = bounced(history, account)
    replay = _Replay(promise=promise, everything=promise.tier.everything)
    for turn in history:
        if turn.key in undelivered:
            replay.bounce(undelivered[turn.key])
        else:
            replay.take(turn)
    return replay.finish()


def in_order(turns: Sequence[Turn]) -> list[Turn]:
    """Put the messages of a conversation in order, each once."""
    # At the very same instant our mail goes first: a response is later than what it answers.
    once = {turn.key: turn for turn in sorted(turns, key=repr)}
    return sorted(once.values(), key=lambda turn: (turn.at, turn.direction is not Direction.OUTBOUND, turn.key))


def bounced(history: Sequence[Turn], account: Account) -> dict[str, datetime]:
    """Find the responses that reached nobody at the account, with the time we learnt it (D4.22).

    A bounce takes back the latest response before it that went to an address it names. Where the response went to
    several people of the account, all of them must have bounced.
    """
    undelivered: dict[str, set[str]] = {}
    revoked: dict[str, datetime] = {}
    for place, turn in enumerate(history):
        if turn.automatic is not Automatic.BOUNCE:
            continue
        failed = {address.lower() for address in turn.failed_recipients}
        response = next((sent for sent in reversed(history[:place]) if _failed(sent, failed, account)), None)
        if response is None or response.key in revoked:
            continue
        gone = undelivered.setdefault(response.key, set())
        gone |= failed
        if not failed or ours_to_reach(response, account) <= gone:
            revoked[response.key] = turn.at
    return revoked


def _failed(sent: Turn, failed: set[str], account: Account) -> bool:
    if not (responds(sent) or answers_meeting(sent)):
        return False
    if not failed:
        return True
    return bool(ours_to_reach(sent, account) & failed) or (
        not sent.recipients and any(_belongs(address, account) for address in failed)
    )


def ours_to_reach(sent: Turn, account: Account) -> set[str]:
    """Addresses of the account that a mail of ours went to."""
    return {address.lower() for address in sent.recipients if _belongs(address, account)}


def contact_at(account: Account, sent: Turn) -> str:
    """Name the person of the account a mail of ours went to; the first where there are several."""
    return next(iter([*sorted(ours_to_reach(sent, account)), *sent.recipients]), "")


def _belongs(address: str, account: Account) -> bool:
    address = address.lower()
    domain = address.rpartition("@")[2]
    return address in account.contacts or any(domain == own or domain.endswith(f".{own}") for own in account.domains)


@dataclass(slots=True)
class _Replay:
    """The conversation up to some mail: what is open, and what was."""

    promise: Promise
    everything: bool
    open: Episode | None = None
    done: list[Obligation] = field(default_factory=list)

    def take(self, turn: Turn) -> None:
        """Go on by one message."""
        if responds(turn):
            self._answer(turn)
        elif answers_meeting(turn):
            self._settle_meeting(turn)
        elif turn.direction is Direction.INTERNAL:
            self._discuss(turn)
        else:
            self._hear(turn)

    def bounce(self, learnt_at: datetime) -> None:
        """Pass over a response that never arrived, remembering that it was tried."""
        if self.open:
            self.open.bounced_at = learnt_at

    def finish(self) -> list[Obligation]:
        """Close the books: what is still open stays open."""
        self.done.extend(self._open_now())
        return sorted(self.done, key=lambda obligation: (obligation.clock_start, obligation.id))

    def _hear(self, turn: Turn) -> None:
        if withdraws(turn, self.promise.account):
            self._clear(turn, "withdrawn")
        if requires_response(turn, self.promise.account, everything=self.everything):
            self.open = self.open or Episode()
            self.open.turns.append(turn)

    def _discuss(self, turn: Turn) -> None:
        if self.open and self.open.discussed_since is None and is_human(turn, self.promise.account):
            self.open.discussed_since = turn.at

    def _answer(self, turn: Turn) -> None:
        """Clear what waits, but for asks of a mail that the answer plainly leaves open (D4.14)."""
        if acknowledges_only(turn):
            self._clear(turn, "acknowledged")
        elif self.open and turn.text and (left := left_open(self.open.waiting(), turn, names=self._names(turn))):
            settled, rest = self.open.leave_open(left, turn.at)
            if settled.turns:
                self.done.append(self.promise.cleared(settled, turn, "answered"))
            self.open = rest
        else:
            self._clear(turn, "answered")

    def _names(self, answer: Turn) -> frozenset[str]:
        """Words that name those who write, and so tell no ask from another."""
        asked = self.open.turns if self.open else []
        people = (f"{turn.sender_name} {turn.sender}" for turn in (answer, *asked))
        named = " ".join([*people, *answer.recipients, self.promise.account.name, self.promise.company])
        return telling_words(re.sub(r"[@.]", " ", named))

    def _clear(self, turn: Turn, reason: str) -> None:
        for episode in (self.open,) if self.open else ():
            self.done.append(self.promise.cleared(episode, turn, reason))
        self.open = None

    def _settle_meeting(self, turn: Turn) -> None:
        """Answer the meeting alone: mails that asked for nothing else are done, the others stay (D4.7)."""
        if self.open is None:
            return
        settled, rest = self.open.without_meetings()
        if settled.turns:
            self.done.append(self.promise.cleared(settled, turn, "meeting answered"))
        self.open = rest if rest.turns else None

    def _open_now(self) -> Iterator[Obligation]:
        if self.open:
            yield self.promise.opened(self.open)
