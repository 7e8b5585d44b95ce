"""What must not be stored, decided from the header before anything is (SEMANTICS 7, privacy)."""

import re
from collections.abc import Callable, Iterable

from domain.conversations import PartySide
from domain.forgotten import NOBODY, Forgotten
from domain.mail import Address
from domain.sources import RawItem, RawMessage
from domain.subjects import is_reply
from extraction.addresses import addresses_in
from extraction.attach import AccountBook, canonical
from extraction.headers import decode_text, parse_addresses
from extraction.list_mail import writer_behind_list
from extraction.stripping import strip

INTERNAL = "internal"
"""Reason for mail among own people that concerns no client."""

_HEADER_LIMIT = 256 * 1024
_NAMED = ("from", "sender", "to", "cc", "bcc", "resent-to", "resent-cc")
_FIELD = re.compile(rb"^([!-9;-~]+)[ \t]*:([^\n]*(?:\n[ \t][^\n]*)*)", re.MULTILINE)
_END = re.compile(rb"\r?\n\r?\n")
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
    forgotten: Forgotten = NOBODY,
) -> Callable[[RawItem], str]:
    """Make the judge of what is left out.

    Args:
        book: Knows the own side.
        addresses: Excluded ones, whoever writes.
        domains: Excluded ones, with everything below them.
        folders: Excluded ones, whatever their case.
        labels: Excluded ones, whatever their case: keywords, or a provider's labels and categories.
        forgotten: Who was erased: what names them anywhere is left out. Once there is somebody, every mail is read
            as a whole before it is stored.

    Returns:
        A function from a raw item to the reason it must not be stored, ``""`` when it may be.
    """
    barred = barring(addresses, domains=())
    outside = barring((), domains)
    closed = frozenset(folder.casefold() for folder in folders)
    marked = frozenset(label.casefold() for label in labels)

    def excluded(item: RawItem) -> str:
        if item.folder.casefold() in closed:
            return "folder"
        if forgotten.records and forgotten.any_of(addresses_in(item.data)):
            return "forgotten"
        marks = item.imap_flags if isinstance(item, RawMessage) else ()
        return "label" if any(label.casefold() in marked for label in marks) else ""

    def judge(item: RawItem) -> str:
        reason = excluded(item)
        if reason or not isinstance(item, RawMessage):
            return reason
        header = _Header(item.data)
        people = [*parse_addresses(header.values(*_NAMED)), *header.behind_list()]
        named = [canonical(person.address) for person in people]
        if any(map(barred, named)):
            return "address"
        if any(map(outside, named)):
            return "domain"
        return INTERNAL if _is_internal(header, named, item.data, book) else ""

    return judge


class _Header:
    """The fields of a mail's header, cut out without more ado: this is done to every mail before it is stored."""

    def __init__(self, data: bytes) -> None:
        end = _END.search(data, 0, _HEADER_LIMIT)
        self.size = end.start() if end else min(len(data), _HEADER_LIMIT)
        self._fields: dict[str, list[str]] = {}
        for name, value in _FIELD.findall(data, 0, self.size):
            self._fields.setdefault(name.decode("ascii").lower(), []).append(value.decode("utf-8", "replace").strip())

    def values(self, *names: str) -> list[str]:
        """Return the values of these fields, one name after the other."""
        return [value for name in names for value in self._fields.get(name, ())]

    def behind_list(self) -> list[Address]:
        """The writer of a mail in whose From a list stands."""
        sender = next(iter(parse_addresses(self.values("from")[:1])), None)
        writer = writer_behind_list(sender, self._fields)
        return [writer] if writer else []


def _is_internal(header: _Header, named: list[str], data: bytes, book: AccountBook) -> bool:
    """Mail among own people that can belong to no client's conversation: it answers nothing and forwards nothing."""
    if any(value.lower().startswith("multipart/report") for value in header.values("content-type")):
        # A bounce from our own server is about somebody else (D4.22).
        return False
    if any(book.place(address).side is not PartySide.OWN for address in named):
        return False
    senders = parse_addresses(header.values("from")[:1])
    if not senders or len(named) <= len(senders) or any(header.values("in-reply-to", "references")):
        return False
    if any(is_reply(decode_text(subject)) for subject in header.values("subject")[:1]):
        return False
    return _FORWARD.search(data, header.size) is None


def with_stripping(
    drop: Callable[[RawItem], str], judge: Callable[[RawItem], str], book: AccountBook, *, barred: Callable[[str], bool]
) -> Callable[[RawItem], str | RawMessage]:
    """Join the judge of what is left out with the judge of what is kept without its words.

    Args:
        drop: Says what must not be kept at all; it wins.
        judge: Says which mail is stripped.
        book: The account book.
        barred: Whether a canonical address must not be stored.

    Returns:
        A function from a raw item to the reason it is left out, to the mail to store in its place, or to ``""``.
    """

    def screen_or_strip(item: RawItem) -> str | RawMessage:
        if dropped := drop(item):
            return dropped
        reason = judge(item)
        if not reason or reason == INTERNAL or not isinstance(item, RawMessage):
            return reason
        return strip(item, book, barred) or reason

    return screen_or_strip


def barring(addresses: Iterable[str], domains: Iterable[str]) -> Callable[[str], bool]:
    """Make a test for canonical addresses: whether they are among these, or at one of these domains or below."""
    barred = frozenset(map(canonical, addresses))
    suffixes = tuple(f".{domain}" for domain in domains)
    return lambda address: address in barred or f".{address.rpartition('@')[2]}".endswith(suffixes or ("\n",))
