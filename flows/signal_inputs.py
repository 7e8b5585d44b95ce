"""A mail as the pipeline reads it, the same whether it lies in a file or in the store."""

from collections.abc import Callable
from datetime import datetime, tzinfo
from typing import TypeAlias

from domain.accounts import Company
from domain.conversations import PartySide
from domain.mail import Message
from extraction.attach import AccountBook
from extraction.forwarded import forwarded_words, is_for_information
from extraction.language import detect_language
from extraction.pipeline import SignalInput
from store.reading import ANSWERED_CHARACTERS, Unread

WriterOf: TypeAlias = Callable[[str], str]
"""From an address to ``us``, ``client`` or ``""``."""

ZoneOf: TypeAlias = Callable[[str], tzinfo | None]
"""From an address to the zone its writer's dates are meant in; None where only the mail's own offset tells."""


def nobody_known(_address: str) -> str:
    """Without a configuration there is no own side."""
    return ""


def writers(company: Company) -> WriterOf:
    """Return who writes: everybody who is not of the own side is a client here.

    The account book has no say, so that signals need not be read anew whenever it changes.
    """
    own_side = AccountBook(company, ())

    def writer_of(address: str) -> str:
        if not address:
            return ""
        return "us" if own_side.place(address).side is PartySide.OWN else "client"

    return writer_of


def of_message(message: Message, writer_of: WriterOf = nobody_known) -> SignalInput:
    """Return a parsed mail as the pipeline reads it; what it answers is known only as far as it quotes that."""
    zones = message.zones
    return SignalInput(
        text=zones.reply_text,
        sent_at=message.sent_at or message.received_at,
        language=message.language,
        subject=message.subject,
        answers="" if zones.forwarded else zones.quoted_text[:ANSWERED_CHARACTERS],
        writer=writer_of(message.sender.address if message.sender else ""),
    )


def of_stored(unread: Unread, writer_of: WriterOf, zone_of: ZoneOf) -> SignalInput:
    """Return a stored mail as the pipeline reads it; what it answers is what it quotes, else the mail it names.

    Of a client's mail that one of us forwards to another the client's words are read (D4.20), unless that is for
    information only or was written to others (D4.3). Dates are anchored in the zone of the writer's account.
    """
    forwarded = unread.forwards
    if forwarded and writer_of(forwarded.sender) == "client":
        to_us = not forwarded.to or any(writer_of(address) == "us" for address in forwarded.to)
        asks_us = to_us and not is_for_information(unread.text)
        words = forwarded_words(forwarded.text) if asks_us else ""
        return SignalInput(
            text=words,
            sent_at=_placed(forwarded.sent_at or unread.sent_at, zone_of(forwarded.sender)),
            language=detect_language(words),
            subject=forwarded.subject or unread.subject,
            writer="client",
        )
    return SignalInput(
        text=unread.text,
        sent_at=_placed(unread.sent_at, zone_of(unread.sender)),
        language=unread.language,
        subject=unread.subject,
        answers=unread.answers,
        writer=writer_of(unread.sender),
    )


def _placed(sent_at: datetime, zone: tzinfo | None) -> datetime:
    return sent_at.astimezone(zone) if zone else sent_at
