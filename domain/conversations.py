"""Messages as conversations and account links see them: who took part, on which side, answering what."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from domain.accounts import Direction
from domain.mail import Automatic
from domain.signals import Signal

PROVIDER_THREAD = "thread:"
"""With what a mail provider's own name of a conversation begins, where it stands among references."""


class PartySide(StrEnum):
    """Where an address belongs (SEMANTICS 1)."""

    OWN = "own"
    CLIENT = "client"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """An address in a message's header, placed.

    Attributes:
        role: ``from``, ``sender``, ``to``, ``cc``, ``bcc`` or ``reply_to``.
        name, address: As in the header, address lower-cased.
        side: Ours, a client's, or neither.
        account: Id of the client account, ``""`` on the other sides.
        domain: What strangers are listed under in triage: the registrable domain.
    """

    role: str
    name: str
    address: str
    side: PartySide
    account: str = ""
    domain: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """Where a message or event belongs.

    Attributes:
        direction: Decided by who wrote it.
        parties: Every address in order, placed.
        accounts: Account id to the reason, one line.
        names_us: The new words call one of us by name.
        own_list: Only a list of ours made it bulk: a person wrote to a group address of ours.
    """

    direction: Direction
    parties: tuple[Party, ...]
    accounts: dict[str, str]
    names_us: bool = False
    own_list: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ForwardedMail:
    """A client's mail that one of us forwarded to another (D4.20).

    Attributes:
        sender, sender_name: Who wrote it.
        sent_at: As its header in the forward tells, aware; None when it does not.
        subject: Likewise.
    """

    sender: str
    sender_name: str
    sent_at: datetime | None
    subject: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreadMessage:
    """A message among those it may belong with.

    Attributes:
        key: Identity in the store.
        message_id: Without brackets, ``""`` when missing.
        references: Message-IDs it names, nearest first; last its provider's name of the conversation.
        at: Server time.
        parties: Every address, placed.
        empty: No new words and no attachment.
        text: The beginning of its new words, where the rules need them; else ``""``.
        body: The beginning of its whole body, likewise.
        list_id: Of the list that carried it (RFC 2919), ``""`` for none.
        quoted: (name, address) of those whose mails it quotes.
        forwards: The client's mail it brings to one of us, where that itself is not in the store.
        Others: as in ``domain.mail.Message`` and ``Turn``.
    """

    key: str
    message_id: str
    references: tuple[str, ...]
    at: datetime
    direction: Direction
    subject: str
    parties: tuple[Party, ...]
    automatic: Automatic | None = None
    signals: tuple[Signal, ...] = ()
    language: str = "und"
    empty: bool = False
    invitation: bool = False
    return_date: datetime | None = None
    failed_recipients: tuple[str, ...] = ()
    historic: bool = False
    names_us: bool = False
    attachments: tuple[str, ...] = ()
    text: str = ""
    body: str = ""
    accounts: tuple[str, ...] = ()
    conversation: str = ""
    list_id: str = ""
    quoted: tuple[tuple[str, str], ...] = ()
    forwards: ForwardedMail | None = None

    @property
    def sender(self) -> Party | None:
        """Who wrote it."""
        return next((party for party in self.parties if party.role == "from"), None)
