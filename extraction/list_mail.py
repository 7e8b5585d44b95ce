"""Who wrote a mail that a list or a group address passed on under its own name.

To satisfy DMARC, lists put themselves into From and keep the writer elsewhere (RFC 7960, section 4.1.3.1): Mailman and
Sympa in Reply-To, Google Groups in X-Original-From or X-Original-Sender as well. The displayed name says so: "Jane Roe
via Support". An address is taken only from there, and only under the name that was displayed: else it may be the list.
"""

import re
from collections.abc import Mapping, Sequence

from domain.mail import Address
from domain.subjects import folded_name
from extraction.headers import parse_addresses

_VIA = re.compile(r"^\W*(?P<name>\S.{0,120}?)\W*\s(?:via|über|durch|par)\s+\S.{0,80}$", re.IGNORECASE | re.DOTALL)
_MARKS = ("list-id", "list-post", "x-mailfrom", "x-original-from", "x-original-sender")
_WRITERS = ("x-original-from", "x-original-sender", "reply-to", "x-mailfrom", "cc")


def writer_behind_list(sender: Address | None, values: Mapping[str, Sequence[str]]) -> Address | None:
    """The person who wrote, when From is the list's.

    Args:
        sender: From, as the list wrote it.
        values: Raw header fields by lower-cased name.

    Returns:
        Name and address of the writer, or None when From is the writer or nothing tells who it was.
    """
    displayed = _VIA.match(sender.name) if sender else None
    if not sender or not displayed or not any(mark in values for mark in _MARKS):
        return None
    name = displayed["name"].strip("'\"")
    for field in _WRITERS:
        others = [found for found in parse_addresses(values.get(field, ())) if found.address != sender.address]
        same = [found for found in others if folded_name(found.name) == folded_name(name)]
        # A field for one person needs no name beside the address; another name would be another person.
        if same or (field != "cc" and len(others) == 1 and (not others[0].name or "@" in others[0].name)):
            return Address(name, (same or others)[0].address)
    return None
