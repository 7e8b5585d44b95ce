"""Whose word counts about an event (RFC 5546, 2.1.4 and 6.1): an organizer invites and cancels, attendees answer."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from domain.events import Event
from domain.free_mail import FREE_MAIL_DOMAINS
from domain.itip import ItipMessage, Method


@dataclass(frozen=True, slots=True)
class Authority:
    """Who may change an event.

    Attributes:
        organizer: Address, ``""`` when nothing tells.
        delegates: Who acts for the organizer from another domain.
    """

    organizer: str = ""
    delegates: frozenset[str] = frozenset()

    def why_not(self, message: ItipMessage) -> str:
        """Why a REQUEST, ADD or CANCEL does not count, ``""`` when it does."""
        if not self.organizer:
            return "nothing else is known of this event"
        if message.organizer and not same_house(message.organizer, self.organizer):
            return f"it names {message.organizer} as organizer, who is {self.organizer}"
        if same_house(message.sender, self.organizer) or message.sender in self.delegates:
            return ""
        return f"{message.sender or 'its sender'} does not speak for the organizer {self.organizer}"


def authority(copies: Iterable[Event], messages: Sequence[ItipMessage]) -> Authority:
    """Find out who organizes an event: what calendars say, else the first invitation that came from its own organizer.

    A delegate of another domain counts when the organizer's side names it, or when nobody else ever wrote.
    """
    requests = sorted(
        (m for m in messages if m.method is Method.REQUEST and m.organizer),
        key=lambda m: (m.received_at, m.mail, m.position),
    )
    own = [m for m in requests if same_house(m.sender, m.organizer)]
    sent = own or [m for m in requests if m.sent_by and m.sent_by == m.sender]
    known = sorted((-e.sequence, e.key, e.organizer) for e in copies if e.organizer)
    organizer = known[0][2] if known else sent[0].organizer if sent else ""
    # Whoever claims to act for an organizer who wrote otherwise is a stranger.
    naming = own if own or known else sent
    delegates = frozenset(m.sent_by for m in naming if m.sent_by and same_house(m.organizer, organizer))
    return Authority(organizer, delegates)


def why_not_answer(message: ItipMessage) -> str:
    """Why a REPLY or COUNTER does not count, ``""`` when it comes from an attendee it speaks for."""
    if any(same_house(message.sender, attendee.address) for attendee in message.attendees):
        return ""
    return f"{message.sender or 'its sender'} does not speak for whoever answers in it"


def same_house(one: str, other: str) -> bool:
    """Whether two addresses are the same, or of one organisation's domain; free-mail people share only the provider."""
    if not one or not other:
        return False
    if _bare(one) == _bare(other):
        return True
    here, there = one.rpartition("@")[2], other.rpartition("@")[2]
    if here in FREE_MAIL_DOMAINS or there in FREE_MAIL_DOMAINS:
        return False
    return here == there or here.endswith(f".{there}") or there.endswith(f".{here}")


def _bare(address: str) -> str:
    """Without the plus-tag (RFC 5233)."""
    local, _, domain = address.rpartition("@")
    return f"{local.partition('+')[0]}@{domain}"
