"""Mail as RFC 5322 means it, read but not yet understood."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from domain.events import Event
from domain.itip import ItipMessage


class Automatic(StrEnum):
    """Why a mail was not written by a person for us (SEMANTICS 1, human message)."""

    AUTO_REPLY = "auto_reply"
    BULK = "bulk"
    BOUNCE = "bounce"
    CALENDAR = "calendar"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Address:
    """A display name and an addr-spec; ``address`` is lower-cased, ``name`` decoded and may be empty."""

    name: str
    address: str

    @property
    def domain(self) -> str:
        """What stands after the last ``@``, or an empty string."""
        return self.address.rpartition("@")[2]


@dataclass(frozen=True, slots=True)
class Attachment:
    """A MIME part with a file name (RFC 2183): metadata only."""

    filename: str
    media_type: str
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotedHeader:
    """The header block of a mail quoted or forwarded inside another (``From: … Sent: … Subject: …``)."""

    sender: Address | None = None
    sent_at: datetime | None = None
    to: tuple[Address, ...] = ()
    subject: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Zones:
    """The body of a mail, taken apart.

    Attributes:
        reply_text: The words new in this mail: no quotes, no signature, no disclaimer.
        quoted_text: What it quotes or forwards.
        signature: Signature and sign-off lines.
        headers: Header blocks found inside the quoted text, outermost first.
        forwarded: The quoted part is a forward, not the mail being answered.
        greeting: The line of ``reply_text`` that addresses the reader.
        sign_off: The lines at the end of ``reply_text`` that say goodbye, with the bare name below.
        disclaimer: The lines at the end of ``signature`` that lawyers, list servers and phones add.
    """

    reply_text: str
    quoted_text: str = ""
    signature: str = ""
    headers: tuple[QuotedHeader, ...] = ()
    forwarded: bool = False
    greeting: str = ""
    sign_off: str = ""
    disclaimer: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One parsed mail.

    Attributes:
        key: Identity (SEMANTICS 1 and 6): canonical Message-ID, or a content hash when it is missing.
        message_id: Without angle brackets; ``""`` when missing.
        in_reply_to: Message-IDs without angle brackets.
        references: Message-IDs, oldest first; includes In-Reply-To's where References lacks them.
        subject: Decoded, one line.
        sender: The From address; None when there is none that can be read.
        on_behalf: The Sender address when it differs from From (D4.15).
        to, cc, bcc, reply_to: Recipients in order.
        sent_at: The Date header (aware, in the sender's own offset), None when missing or unreadable.
        received_at: Server time, clamped (SEMANTICS 6); aware UTC.
        body_text: Whole body as text (HTML rendered), newline separated.
        zones: The body taken apart.
        attachments: Metadata of parts with a name.
        automatic: Why no person wrote it for us, or None.
        language: ISO 639-1 code of the new text, ``"und"`` when unknown.
        return_date: For an auto-reply: when they are back, if it says so.
        failed_recipients: For a bounce: addresses that were not reached.
        delivery_status: For a bounce: why, as an enhanced status code (RFC 3463); ``""`` when it does not say.
        invitations: iTIP components carried by the mail (RFC 5546).
        itip: What those say about the events they name.
        truncated: Only the beginning was read, the mail is over the size limit.
        size: Bytes on the server.
        headers: The few headers later stages need, lower-cased name to value.
    """

    key: str
    message_id: str
    subject: str
    sender: Address | None
    received_at: datetime
    body_text: str
    zones: Zones
    in_reply_to: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    on_behalf: Address | None = None
    to: tuple[Address, ...] = ()
    cc: tuple[Address, ...] = ()
    bcc: tuple[Address, ...] = ()
    reply_to: tuple[Address, ...] = ()
    sent_at: datetime | None = None
    attachments: tuple[Attachment, ...] = ()
    automatic: Automatic | None = None
    language: str = "und"
    return_date: datetime | None = None
    failed_recipients: tuple[str, ...] = ()
    delivery_status: str = ""
    invitations: tuple[Event, ...] = ()
    itip: tuple[ItipMessage, ...] = ()
    truncated: bool = False
    size: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def list_id(self) -> str:
        """The list that carried it: its name (RFC 2919), else its address as one; ``""`` for none."""
        named = self.headers.get("list-id", "") or self.headers.get("list-post", "")
        inside = named.rpartition("<")[2].partition(">")[0].strip().lower()
        return inside.removeprefix("mailto:").replace("@", ".")

    @property
    def named(self) -> list[tuple[str, Address]]:
        """Every address of the header with the field it stands in (``from``, ``sender``, ``to`` …), in order."""
        fields = {
            "from": (self.sender,),
            "sender": (self.on_behalf,),
            "to": self.to,
            "cc": self.cc,
            "bcc": self.bcc,
            "reply_to": self.reply_to,
        }
        return [(role, a) for role, addresses in fields.items() for a in addresses if a and a.address]

    @property
    def participants(self) -> tuple[Address, ...]:
        """Everybody named in From, Sender, To, Cc and Bcc, in that order, each address once."""
        named = (self.sender, self.on_behalf, *self.to, *self.cc, *self.bcc)
        return tuple({a.address: a for a in reversed(named) if a and a.address}.values())[::-1]
