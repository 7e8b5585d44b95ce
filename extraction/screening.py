"""What must not be stored, decided from the header before anything is (SEMANTICS 7, privacy)."""

import re
from collections.abc import Callable, Iterable
from email import message_from_bytes
from email.message import Message as HeaderBlock
from email.policy import compat32

from domain.conversations import PartySide
from domain.sources import RawItem, RawMessage
from extraction.attach import AccountBook, canonical
from extraction.headers import parse_addresses

INTERNAL = "internal"
"""Reason for mail among own people that concerns no client."""

_HEADER_LIMIT = 256 * 1024
_NAMED = ("from", "sender", "to", "cc", "bcc", "resent-to", "resent-cc")
# A colleague may hand on a client's mail (D4.20): such a mail is looked at as a whole.
_FORWARD = re.compile(
    rb"forwarded by|forwarded message|original message|urspr.{1,3}ngliche nachricht|weitergeleitete nachricht"
    rb"|message transf|^(?:>\s*)?(?:From|Von|De):\s.*@|message/rfc822",
    re.IGNORECASE | re.MULTILINE,
)


def screen(
    book: AccountBook,
    *,
    addresses: Iterable[str] = (),
    domains: Iterable[str] = (),
    folders: Iterable[str] = (),
    labels: Iterable[str] = (),
) -> Callable[[RawItem], str]:
    """Make the judge of what is left out.

    Args:
        book: Knows the own side.
        addresses: Excluded ones, whoever writes.
        domains: Excluded ones, with everything below them.
        folders: Excluded ones, whatever their case.
        labels: Excluded ones, whatever their case: keywords, or a provider's labels and categories.

    Returns:
        A function from a raw item to the reason it must not be stored, ``""`` when it may be.
    """
    barred = frozenset(map(canonical, addresses))
    suffixes = tuple(f".{domain}" for domain in domains)
    closed = frozenset(folder.casefold() for folder in folders)
    marked = frozenset(label.casefold() for label in labels)

    def judge(item: RawItem) -> str:
        if item.folder.casefold() in closed:
            return "folder"
        if not isinstance(item, RawMessage):
            return ""
        if any(label.casefold() in marked for label in item.imap_flags):
            return "label"
        header = _header(item.data)
        named = [canonical(person.address) for person in parse_addresses(_values(header))]
        if barred.intersection(named):
            return "address"
        if suffixes and any(f".{address.rpartition('@')[2]}".endswith(suffixes) for address in named):
            return "domain"
        return INTERNAL if _is_internal(header, named, item.data, book) else ""

    return judge


def _header(data: bytes) -> HeaderBlock:
    block = re.split(rb"\r?\n\r?\n", data[:_HEADER_LIMIT], maxsplit=1)[0]
    return message_from_bytes(block, policy=compat32)


def _values(header: HeaderBlock) -> list[str]:
    return [str(value) for name in _NAMED for value in header.get_all(name, [])]


def _is_internal(header: HeaderBlock, named: list[str], data: bytes, book: AccountBook) -> bool:
    """Mail among own people that can belong to no client's conversation: it answers nothing and forwards nothing."""
    if header.get_content_type() == "multipart/report":
        # A bounce from our own server is about somebody else (D4.22).
        return False
    senders = parse_addresses([str(header.get("from", ""))])
    if not senders or len(named) <= len(senders) or header.get("in-reply-to") or header.get("references"):
        return False
    if any(book.place(address).side is not PartySide.OWN for address in named):
        return False
    return _FORWARD.search(data[len(header.as_bytes()) :]) is None
