"""From the messages of a conversation to the turns one account's rules read."""

from collections.abc import Sequence

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
    return [_turn(message, insiders, readable) for message in messages]


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


def _turn(message: ThreadMessage, insiders: frozenset[str], readable: frozenset[str]) -> Turn:
    sender = message.sender
    ours = [p for p in message.parties if p.side is PartySide.OWN]
    received = {p.address for p in message.parties if p.role in {"to", "cc"}}
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
        to_us=any(p.role == "to" for p in ours),
        cc_us=any(p.role == "cc" for p in ours),
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
