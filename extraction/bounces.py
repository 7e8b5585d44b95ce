"""What a bounce says: who was not reached, and why, as a status code (RFC 3463, 3464; D4.22)."""

import re
from collections.abc import Mapping
from typing import Final

from extraction.body import Body

_TEXT_RECIPIENT = re.compile(
    r"(?:<|^\s*|\bto\s+|recipient[s]?:?\s+|RCPT TO:\s*<?|address:?\s*|failed:\s*|"
    r"delivered to[^\n:]*:\s+)([\w.+%=/'-]+@[\w-]+(?:\.[\w-]+)+)>?",
    re.IGNORECASE | re.MULTILINE,
)
_ADDRESS = re.compile(r"[\w.+%=/'-]+@[\w.-]+\w")
_STATUS = re.compile(r"(?<![\d.])([45]\.\d{1,3}\.\d{1,3})(?![\d.]\d)")
_REPLY = re.compile(r"(?<![\d.])([45])[0-5]\d(?=[ -])")
_DELIVERED: Final = ("delivered", "relayed", "expanded")
_MAX_FAILED = 200
_MAX_SCAN = 8_192


def failed_recipients(*, headers: Mapping[str, str], body: Body, text: str) -> tuple[str, ...]:
    """Addresses a bounce says were not reached: from the report (RFC 3464, 2.3), else from its words."""
    found: dict[str, None] = {}
    latest = ""
    for name, value in body.report_fields:
        if name == "final-recipient":
            latest = value.rpartition(";")[2].strip(" <>").lower()
            if "@" in latest:
                found[latest] = None
        elif name == "action" and value.lower().startswith(_DELIVERED):
            found.pop(latest, None)
    for address in _ADDRESS.findall(headers.get("x-failed-recipients", "")):
        found[address.lower()] = None
    if not found and not any(name == "action" for name, _ in body.report_fields):
        for address in _TEXT_RECIPIENT.findall(text[:_MAX_SCAN].partition("\nReceived:")[0])[:_MAX_FAILED]:
            found[address.lower()] = None
    return tuple(found)[:_MAX_FAILED]


def delivery_status(*, body: Body, text: str) -> str:
    """The enhanced status code of the failure (RFC 3463, ``5.1.1``), ``""`` when the bounce names none.

    What the receiving server said (Diagnostic-Code) is more exact than the Status that a relay made of it. An old
    server's bare reply code (RFC 5321, 4.2.1: ``550``) gives its class, ``5.0.0``.
    """
    fields = dict(reversed(body.report_fields))
    said = [fields.get("diagnostic-code", ""), fields.get("status", ""), text[:_MAX_SCAN].partition("\nReceived:")[0]]
    codes = [match[1] for words in said for match in _STATUS.finditer(words)]
    exact = next((code for code in codes if not code.endswith(".0.0")), codes[0] if codes else "")
    if exact:
        return exact
    reply = next((match for words in said if (match := _REPLY.search(words))), None)
    return f"{reply[1]}.0.0" if reply else ""
