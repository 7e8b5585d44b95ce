"""People a mail names in its header and signature."""

from typing import Any

from domain.mail import Message
from extraction.phones import international
from extraction.quoted_people import find_address
from extraction.signature import disclaimer_start
from extraction.signature_fields import FieldKind, read_fields


def contacts(message: Message) -> list[dict[str, Any]]:
    """List the writer first, with what their signature says, then the other people of the header.

    Returns:
        ``{name, address, phone, phone_number, title, organisation}``, None where the mail does not say; ``phone`` as
        written, ``phone_number`` as E.164 where its country is known. A text without a header names at most its
        writer, as the signature does.
    """
    card = signature_card(message.zones.signature)
    people = [(person.name, person.address, person == message.sender) for person in message.participants]
    if message.sender is None and card:
        people.insert(0, ("", card.get("address", ""), True))
    found = []
    for name, address, wrote in people:
        own = card if wrote else {}
        found.append(
            {
                "name": name or own.get(FieldKind.NAME),
                "address": address or None,
                "phone": own.get(FieldKind.PHONE),
                "phone_number": _dialled(own.get(FieldKind.PHONE), address, message),
                "title": own.get(FieldKind.TITLE),
                "organisation": own.get(FieldKind.ORGANISATION),
            }
        )
    return found


def _dialled(phone: str | None, address: str, message: Message) -> str | None:
    if phone is None:
        return None
    offset = message.sent_at.utcoffset() if message.sent_at else None
    return international(phone, domain=address.rpartition("@")[2], language=message.language, offset=offset)


def signature_card(signature: str) -> dict[str, str]:
    """Return the first field of each kind in a signature, without what lawyers and list servers add below."""
    if not signature:
        return {}
    lines = signature.split("\n")
    text = "\n".join(lines[: disclaimer_start(lines, 0)])
    card: dict[str, str] = {}
    for each in read_fields(text):
        card.setdefault(each.kind, " ".join(text[each.start : each.end].split()))
    if place := find_address(text):
        card["address"] = text[slice(*place)].lower()
    return card
