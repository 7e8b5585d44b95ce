"""What is kept of a mail that may be known of but not read: when, which way, with which account (SEMANTICS 6)."""

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import replace
from email.parser import BytesHeaderParser
from email.policy import compat32
from typing import Final

from domain.conversations import PartySide
from domain.sources import RawMessage
from extraction.attach import AccountBook, canonical
from extraction.headers import parse_addresses, parse_message_ids

LEFT_OUT: Final = "(left out)"
"""Stands for subject and words. It is not empty: an answer of ours that must not be read is an answer all the same."""

_NOWHERE = "left-out.invalid"
_ROLES = ("From", "Sender", "To", "Cc")
_KEPT = ("Auto-Submitted", "Precedence")


def strip(item: RawMessage, book: AccountBook, barred: Callable[[str], bool]) -> RawMessage | None:
    """Write a mail anew without subject, words, names and identifiers.

    Args:
        item: The mail.
        book: Says which account an address belongs to. An address that stands in it is kept, unless it is barred.
        barred: Whether a canonical address must not be stored.

    Returns:
        None when no client takes part: then there is nothing to keep but a counter.
    """
    header = BytesHeaderParser(policy=compat32).parsebytes(item.data)
    named = {role: parse_addresses(map(str, header.get_all(role, []))) for role in _ROLES}
    secret = str(header.get("Message-ID", "")) or hashlib.sha256(item.data).hexdigest()
    lines = []
    clients = False
    for role, addresses in named.items():
        shown = [_shown(canonical(a.address), book, barred, secret) for a in addresses if a.address]
        kept = [address for address in shown if address]
        clients = clients or any(book.place(address).side is PartySide.CLIENT for address in kept)
        lines += [f"{role}: {', '.join(kept)}"] if kept else []
    if not clients:
        return None
    lines += [f"{name}: {' '.join(str(header[name]).split())}" for name in ("Date", *_KEPT) if name in header]
    lines += _times(map(str, header.get_all("Received", [])))
    lines += [f"Message-ID: {_hidden(secret)}"]
    for name in ("In-Reply-To", "References"):
        ids = [f"<{known}>" for known in parse_message_ids(map(str, header.get_all(name, [])))]
        lines += [f"{name}: {' '.join(map(_hidden, ids))}"] if ids else []
    lines += [f"Subject: {LEFT_OUT}", "", LEFT_OUT, ""]
    data = "\r\n".join(lines).encode("utf-8", "replace")
    return replace(item, data=data, size=len(data), truncated=False, imap_flags=(), provider_thread="")


def _shown(address: str, book: AccountBook, barred: Callable[[str], bool], secret: str) -> str:
    """An address of the same side and account that says no more than that; ``""`` where there is none."""
    placed = book.place(address)
    exact = placed.reason == "identity" or placed.reason.startswith("contact ")
    if exact and not barred(address):
        return address
    if placed.side is PartySide.OTHER:
        return ""
    domain = address.rpartition("@")[2]
    if exact:
        domains = book.accounts[placed.account].domains if placed.account else book.company.domains
        if not domains:
            return ""
        domain = domains[0]
    # With the mail's own identifier, so that nobody finds an address by hashing those he knows.
    return f"{hashlib.sha256(f'{secret} {address}'.encode()).hexdigest()[:16]}@{domain}"


def _hidden(message_id: str) -> str:
    return f"<{hashlib.sha256(message_id.strip().encode()).hexdigest()[:32]}@{_NOWHERE}>"


def _times(received: Iterable[str]) -> list[str]:
    """When the nearest server took it in, without saying which."""
    first = next(iter(received), "")
    at = " ".join(first.rpartition(";")[2].split()) if ";" in first else ""
    return [f"Received: from {_NOWHERE} by {_NOWHERE}; {at}"] if at else []
