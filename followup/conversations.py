"""Which mails of a reference thread are one conversation (SEMANTICS 1).

References alone can be forged or reused: a mail joins a conversation only when it shares a client address or client
domain with it, when its sender has the name of a client in it or writes to somebody in it (D4.21), when it is our own
talk about it (D4.2), or the bounce of a mail to somebody in it (D4.22).
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from domain.accounts import Direction
from domain.conversations import Party, PartySide, ThreadMessage
from domain.free_mail import FREE_MAIL_DOMAINS as FREE_MAIL
from domain.mail import Automatic


@dataclass(slots=True)
class _Conversation:
    members: list[ThreadMessage] = field(default_factory=list)
    people: set[str] = field(default_factory=set)
    known: set[str] = field(default_factory=set)
    mentioned: set[str] = field(default_factory=set)
    names: set[str] = field(default_factory=set)


def conversations(thread: Iterable[ThreadMessage]) -> dict[str, str]:
    """Split a reference thread into conversations.

    Args:
        thread: All messages that name a Message-ID in common, in any order.

    Returns:
        Message key to conversation id: the key of the conversation's oldest message.
    """
    found: list[_Conversation] = []
    for message in sorted(thread, key=lambda m: (m.at, m.key)):
        home = _home(message, found)
        if home is None:
            home = _Conversation()
            found.append(home)
        home.members.append(message)
        home.people |= _marks(message)
        home.known |= {party.address for party in message.parties}
        home.names |= {name for party in message.parties if party.side is PartySide.CLIENT for name in _names(party)}
        home.mentioned |= {message.message_id, *message.references} - {""}
    return {message.key: home.members[0].key for home in found for message in home.members}


def _home(message: ThreadMessage, found: Sequence[_Conversation]) -> _Conversation | None:
    """The conversation a message belongs to: the one holding the nearest mail it answers, if it may join there."""
    named = [message.message_id, *message.references]
    related = [c for c in found if c.mentioned.intersection(named)]
    related.sort(key=lambda c: _distance(message, c))
    return next((c for c in related if _may_join(message, c)), None)


def _distance(message: ThreadMessage, conversation: _Conversation) -> int:
    held = {member.message_id for member in conversation.members}
    return next((n for n, reference in enumerate(message.references) if reference in held), len(message.references))


def _may_join(message: ThreadMessage, conversation: _Conversation) -> bool:
    if message.direction is Direction.INTERNAL or _marks(message) & conversation.people:
        return True
    if message.automatic is Automatic.BOUNCE:
        # A mail server says that ours did not arrive (D4.22): it must name somebody of this conversation.
        return not conversation.known.isdisjoint(message.failed_recipients)
    sender = message.sender
    outside = (party for party in _recipients(message) if party.side is not PartySide.OWN)
    reached = any(party.address in conversation.known for party in outside)
    if sender and sender.side is PartySide.OWN:
        # We bring somebody new in, or answer an internal mail to the outside.
        return reached or not conversation.people
    # A client's person at a private address (D4.21): writes to the others too, or to us alone under the same name.
    named = sender is not None and not conversation.names.isdisjoint(_names(sender))
    return named or reached


def _marks(message: ThreadMessage) -> set[str]:
    """Outside addresses and domains by which two mails are recognised as talk with the same people."""
    outside = [party for party in message.parties if party.side is not PartySide.OWN and party.role != "reply_to"]
    return {mark for party in outside for mark in _marks_of(party)}


def _marks_of(party: Party) -> tuple[str, ...]:
    domain = party.address.rpartition("@")[2]
    return (party.address,) if domain in FREE_MAIL or not domain else (party.address, f"@{party.domain}")


def _names(party: Party) -> set[str]:
    """Full names, as displayed and as the address spells them; a first name alone tells nobody apart."""
    family, _, given = party.name.partition(",")
    spelled = re.sub(r"[._-]+", " ", party.address.partition("@")[0])
    found = (" ".join(f"{given} {family}".casefold().split()), spelled.casefold().strip())
    return {name for name in found if " " in name}


def _recipients(message: ThreadMessage) -> Iterable[Party]:
    return (party for party in message.parties if party.role in {"to", "cc"})
