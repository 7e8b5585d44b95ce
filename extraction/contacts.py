"""People a mail names in its header and signature."""

import re
from typing import Any

from domain.mail import Message

_PHONE = re.compile(r"(?<!\w)(?:\+|00|\(?0)\d[\d\s()/.-]{6,18}\d(?!\w)")


def contacts(message: Message) -> list[dict[str, Any]]:
    """List the writer first, with the phone number of the signature, then the other people of the header.

    Returns:
        ``{name, address, phone, title, organisation}``, None where the mail does not say.
    """
    phone = _PHONE.search(message.zones.signature)
    found = []
    for person in message.participants:
        wrote = person == message.sender
        found.append(
            {
                "name": person.name or None,
                "address": person.address,
                "phone": phone[0].strip() if phone and wrote else None,
                "title": None,
                "organisation": None,
            }
        )
    return found
