"""What must not be stored, decided from the header before anything is (SEMANTICS 7, privacy)."""

import re
from collections.abc import Callable, Iterable

from domain.conversations import PartySide
from domain.forgotten import NOBODY, Forgotten
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
_END = re.compile(rb"\n\r?\n")
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
    addresses, domains = frozenset(addresses), frozenset(domains)
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
        named = header.named() if addresses or domains else ()
        if any(map(barred, named)):
            return "address"
        if any(map(outside, named)):
            return "domain"
        return INTERNAL if _is_internal(header, item.data, book) else ""

    return judge


class _Header:
    """The fields of a mail's header, cut out without more ado: this is done to every mail before it is stored."""

    def __init__(self, data: bytes) -> None:
        end = _END.search(data, 0, _HEADER_LIMIT)
        self.size = end.start() if end else min(len(data), _HEADER_LIMIT)
        self._fields: dict[bytes, list[bytes]] = {}
        for name, value in _FIELD.findall(data, 0, self.size):
            self._fields.setdefault(name.lower(), []).append(value)

    def values(self, *names: str) -> list[str]:
        """Return the values of these fields, one name after the other."""
        found = (value for name in names for value in self._fields.get(name.encode(), ()))
        return [value.decode("utf-8", "replace").strip() for value in found]

    def named(self) -> list[str]:
        """Canonical addresses of everybody named, the writer of a mail in whose From a list stands included."""
        people = parse_addresses(self.values(*_NAMED))
        sender = next(iter(parse_addresses(self.values("from")[:1])), None)
        fields = {name: self.values(name) for name in map(bytes.decode, self._fields)}
        writer = writer_behind_list(sender, fields)
        return [canonical(person.address) for person in (*people, *([writer] if writer else []))]


def _is_internal(header: _Header, data: bytes, book: AccountBook) -> bool:
    """Mail among own people that can belong to no client's conversation: it answers nothing and forwards nothing.

    What most mails fail is asked first.
    """
    if any(header.values("in-reply-to", "references")):
        return False
    senders = parse_addresses(header.values("from")[:1])
    if not senders or not all(_is_own(sender.address, book) for sender in senders):
        return False
    if any(value.lower().startswith("multipart/report") for value in header.values("content-type")):
        # A bounce from our own server is about somebody else (D4.22).
        return False
    if any(is_reply(decode_text(subject)) for subject in header.values("subject")[:1]):
        return False
    named = header.named()
    if len(named) <= len(senders) or not all(_is_own(address, book) for address in named):
        return False
    return _FORWARD.search(data, header.size) is None


def _is_own(address: str, book: AccountBook) -> bool:
    return book.place(address).side is PartySide.OWN


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
