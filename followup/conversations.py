"""Which mails of a reference thread are one conversation (SEMANTICS 1).

References alone can be forged or reused: a mail joins a conversation only when it shares a client address or client
domain with it, when its sender has the name of a client in it or writes to somebody in it (D4.21), when it is our own
talk about it (D4.2), or the bounce of a mail to somebody in it (D4.22). What came over the same list is one talk.
A reply that names no mail at all joins by its subject and the people it was exchanged with.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from domain.accounts import Direction
from domain.conversations import PROVIDER_THREAD, Party, PartySide, ThreadMessage
from domain.free_mail import FREE_MAIL_DOMAINS as FREE_MAIL
from domain.mail import Automatic
from domain.subjects import SubjectTrace, base_subject, is_reply, may_answer, quoted_writers


@dataclass(slots=True)
class _Conversation:
    members: list[ThreadMessage] = field(default_factory=list)
    people: set[str] = field(default_factory=set)
    known: set[str] = field(default_factory=set)
    mentioned: set[str] = field(default_factory=set)
    lists: set[str] = field(default_factory=set)
    names: set[str] = field(default_factory=set)


def conversations(thread: Iterable[ThreadMessage]) -> dict[str, str]:
    """Split a reference thread into conversations.

    Args:
        thread: All messages that name a Message-ID in common, in any order.

    Returns:
        Message key to conversation id: the key of the conversation's oldest message.
    """
    found: list[_Conversation] = []
    for message in _parents_first(sorted(thread, key=lambda m: (m.at, m.key))):
        home = _home(message, found)
        if home is None:
            home = _Conversation()
            found.append(home)
        home.members.append(message)
        home.people |= _marks(message)
        home.known |= {party.address for party in message.parties}
        home.names |= {name for party in message.parties if party.side is PartySide.CLIENT for name in _names(party)}
        home.lists |= {message.list_id} - {""}
        home.mentioned |= {message.message_id, *message.references} - {""}
    return {message.key: home.members[0].key for home in found for message in home.members}


def _parents_first(thread: Sequence[ThreadMessage]) -> Iterable[ThreadMessage]:
    """In order of time, but no mail before those it answers: clocks differ."""
    held = {message.message_id: message for message in reversed(thread) if message.message_id}
    done: set[str] = set()
    for message in thread:
        waiting = [message]
        while waiting[-1].key not in done:
            done.add(waiting[-1].key)
            parents = (held[reference] for reference in waiting[-1].references if reference in held)
            waiting += [next((parent for parent in parents if parent.key not in done), waiting[-1])]
        yield from reversed(waiting[:-1])


def _home(message: ThreadMessage, found: Sequence[_Conversation]) -> _Conversation | None:
    """The conversation a message belongs to: the one holding the nearest mail it answers, if it may join there."""
    named = [message.message_id, *message.references]
    related = [c for c in found if c.mentioned.intersection(named)]
    related.sort(key=lambda c: _distance(message, c))
    related += _answered_by_subject(trace_of(message), [c for c in found if c not in related])
    return next((c for c in related if _may_join(message, c)), None)


def _answered_by_subject(reply: SubjectTrace, found: Sequence[_Conversation]) -> list[_Conversation]:
    """Conversations with a mail that a reply without references may answer, the latest first."""
    if not reply.orphan:
        return []
    latest = [(max((m.at for m in c.members if may_answer(reply, trace_of(m))), default=None), c) for c in found]
    return [c for at, c in sorted(latest, key=lambda pair: pair[0] or reply.at, reverse=True) if at]


def trace_of(message: ThreadMessage) -> SubjectTrace:
    """By what a mail is recognised when a reply does not name it."""
    return SubjectTrace(
        base=base_subject(message.subject),
        at=message.at,
        sender=message.sender.address if message.sender else "",
        sender_name=message.sender.name if message.sender else "",
        people=frozenset(party.address for party in message.parties),
        quoted=quoted_writers(message.quoted),
        orphan=is_reply(message.subject) and all(r.startswith(PROVIDER_THREAD) for r in message.references),
    )


def _distance(message: ThreadMessage, conversation: _Conversation) -> int:
    held = {member.message_id for member in conversation.members}
    return next((n for n, reference in enumerate(message.references) if reference in held), len(message.references))


def _may_join(message: ThreadMessage, conversation: _Conversation) -> bool:
    if message.direction is Direction.INTERNAL or _marks(message) & conversation.people:
        return True
    if message.list_id in conversation.lists:
        # Whoever reads a list may answer on it.
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
