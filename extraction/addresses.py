"""Every address that stands somewhere in a mail or calendar object, whatever its encoding (SEMANTICS 7, erasing)."""

import re
from email import message_from_bytes
from email.policy import compat32

from extraction.attach import canonical

_ADDRESS = re.compile(r"[\w.+'-]+@[\w-]+(?:\.[\w-]+)+")
# RFC 5545 folds lines anywhere, quoted-printable with "=" at their end.
_FOLD = re.compile(r"\r?\n[ \t]")


def addresses_in_text(text: str) -> frozenset[str]:
    """Addresses in a text, lower-cased and without plus-tags; a tag is cut off whatever it says."""
    return frozenset(canonical(found.strip(".'")) for found in _ADDRESS.findall(text))


def addresses_in(data: bytes) -> frozenset[str]:
    """Addresses in raw bytes: of a mail in its header and all its parts, of a calendar object anywhere."""
    found = set(addresses_in_text(_joined(data)))
    for part in message_from_bytes(data, policy=compat32).walk():
        payload = part.get_payload(decode=True)
        if isinstance(payload, bytes):
            found |= addresses_in_text(_joined(payload))
            if b"\x00" in payload:
                found |= addresses_in_text(payload.replace(b"\x00", b"").decode("utf-8", "replace"))
    return frozenset(found)


def _joined(data: bytes) -> str:
    text = data.decode("utf-8", "replace")
    return f"{text}\n{_FOLD.sub('', text)}" if "BEGIN:V" in text else text
