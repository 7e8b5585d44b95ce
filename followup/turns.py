"""From the messages of a conversation to the turns one account's rules read."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from domain.accounts import Direction
from domain.conversations import PartySide, ThreadMessage
from domain.followup import MailFact, Turn


def turns(account: str, messages: Sequence[ThreadMessage], *, readable: frozenset[str]) -> list[Turn]:
    """See a conversation from one account's side.

    Args:
        account: The account's id.
        messages: The whole conversation, in any order.
        readable: Languages whose signals can be trusted.
    """
    insiders = _insiders(account, messages)
    return [_forwarded(account, message, _turn(message, insiders, readable)) for message in messages]


_OLD = timedelta(days=30)
"""What is forwarded so long after it was sent is shown, not passed on to be answered."""


def _forwarded(account: str, message: ThreadMessage, turn: Turn) -> Turn:
    """See a client's mail that a colleague forwards as the client's own, from when it was sent (D4.20)."""
    original = message.forwards
    if original is None or account not in message.accounts or not message.signals:
        return turn
    sent = min(original.sent_at or message.at, message.at)
    if message.at - sent > _OLD:
        return turn
    return replace(
        turn,
        at=sent,
        direction=Direction.INBOUND,
        sender=original.sender,
        sender_name=original.sender_name,
        subject=original.subject or message.subject,
        from_account=True,
        to_us=True,
        via=turn.sender,
    )


def concerned(messages: Sequence[ThreadMessage]) -> list[str]:
    """Accounts a conversation concerns, by any participant of any of its messages."""
    return sorted({account for message in messages for account in message.accounts})


def _insiders(account: str, messages: Sequence[ThreadMessage]) -> frozenset[str]:
    """Addresses that speak for the account here: its own, and strangers writing inside its conversation (D4.21)."""
    inside = {p.address for m in messages for p in m.parties if p.account == account}
    if concerned(messages) == [account] and len(messages) > 1:
        inside |= {
            m.sender.address
            for m in messages
            if m.sender
            and m.sender.side is PartySide.OTHER
            and m.direction is Direction.INBOUND
            and m.automatic is None
        }
    return frozenset(inside)


_CROWD, _WITH_US = 10, 30
"""Addresses in To, of others and of all, beyond which a mail asks no one in particular: a list, not people."""


def _turn(message: ThreadMessage, insiders: frozenset[str], readable: frozenset[str]) -> Turn:
    sender = message.sender
    ours = [p for p in message.parties if p.side is PartySide.OWN]
    received = {p.address for p in message.parties if p.role in {"to", "cc"}}
    addressed_to = {p.address: p.side for p in message.parties if p.role == "to"}
    others = [side for side in addressed_to.values() if side is not PartySide.OWN]
    crowd = len(others) > _CROWD or len(addressed_to) > _WITH_US
    writer = next((p.address for p in ours if p.role in {"from", "sender"}), "")
    addressed = next((p.address for p in ours if p.role in {"to", "cc"}), "")
    return Turn(
        key=message.key,
        message_id=message.message_id,
        at=message.at,
        direction=message.direction,
        sender=sender.address if sender else "",
        sender_name=sender.name if sender else "",
        subject=message.subject,
        automatic=message.automatic,
        from_account=message.direction is Direction.INBOUND and sender is not None and sender.address in insiders,
        to_us=not crowd and any(p.role == "to" for p in ours),
        # In a crowd, To is no more than Cc: it must name one of us to ask us (D4.3).
        cc_us=any(p.role == "cc" or (crowd and p.role == "to") for p in ours),
        names_us=message.names_us,
        to_account=bool(received & insiders),
        empty=message.empty,
        signals=message.signals,
        language_known=message.language in readable,
        invitation=message.invitation,
        return_date=message.return_date,
        failed_recipients=message.failed_recipients,
        historic=message.historic,
        owner=writer or addressed,
        recipients=tuple(sorted(received)),
        text=message.text,
        attachments=message.attachments,
        body=message.body,
    )


def mail_fact(account: str, message: ThreadMessage, text: str, *, readable: frozenset[str]) -> MailFact:
    """See one mail, with the beginning of its new words, as the meeting rules of an account do."""
    insiders = frozenset(p.address for p in message.parties if p.account == account)
    return MailFact(
        turn=_turn(message, insiders, readable),
        account=account,
        text=text,
        conversation=message.conversation,
        recipients=tuple(p.address for p in message.parties if p.role in {"to", "cc", "bcc"}),
        attachments=message.attachments,
    )
