"""The MIME tree of a mail reduced to what later stages read: text, attachments, calendar parts, delivery reports."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import Message as MimePart
from email.policy import compat32
from functools import lru_cache
from typing import Any, Final

from domain.mail import Attachment
from extraction.headers import decode_bytes, decode_text, first_text
from extraction.html_text import MAX_HTML, MAX_TEXT, html_to_text

MAX_PARTS = 200
MAX_NESTING = 20
_MAX_CALENDAR = 4 * 1024 * 1024
_IGNORED: Final = frozenset({"application/ms-tnef", "application/pgp-signature", "application/pkcs7-signature"})
_CALENDAR: Final = frozenset({"text/calendar", "application/ics"})
_REPORTS: Final = frozenset({"message/delivery-status", "message/disposition-notification", "message/feedback-report"})
_STUB = re.compile(
    r"(?:does not|doesn't|cannot|can't|unable to|nicht|ne (?:supporte|prend)|no (?:admite|soporta)).{0,60}html|"
    r"html.{0,40}(?:not (?:supported|displayed)|capable|f(?:ä|ae)hig|compatible)|view (?:this|"
    r"the) (?:e-?mail|message) (?:in|as|using).{0,30}(?:html|browser)",
    re.IGNORECASE | re.DOTALL,
)
_MARKUP = re.compile(r"\s*(?:<!doctype html\b|<html[\s>])", re.IGNORECASE)
"""A page that calls itself plain text."""
_MAX_STUB = 400
_SHORT_FIELD = 200
_MAX_DIGITS = 16
_MAX_ORIGINAL = 8_192
_UUENCODED = re.compile(r"^begin [0-7]{3,4} (.{1,200})\n(?:[ -`]{1,62}\n){2,}`?\n?end$", re.MULTILINE)


@dataclass(slots=True)
class Body:
    """What the parts of a mail amount to.

    Attributes:
        texts: Text of the inline parts, in order.
        attached_texts: Text of mails attached as a whole, with their header lines above.
        attachments: Parts with a name.
        calendars: ``text/calendar`` parts: their bytes and whether they are an alternative to the text (iTIP).
        report_type: Media type of the machine-readable report, ``""`` without one.
        report_fields: Header fields of delivery reports (RFC 3464), lower-cased name and value, in order.
        original_headers: The returned mail of a report as text, for its recipients.
        spoken: Another part said it all in plain text: HTML is not asked for.
    """

    texts: list[str] = field(default_factory=list)
    attached_texts: list[str] = field(default_factory=list)
    attachments: list[Attachment] = field(default_factory=list)
    calendars: list[tuple[bytes, bool]] = field(default_factory=list)
    report_type: str = ""
    report_fields: list[tuple[str, str]] = field(default_factory=list)
    original_headers: str = ""
    spoken: bool = False

    @property
    def text(self) -> str:
        """The whole body, at most 256 Ki characters."""
        return "\n\n".join(text for text in self.texts if text)[:MAX_TEXT]


def read_body(root: MimePart) -> Body:
    """Walk the parts of a mail, at most ``MAX_PARTS`` of them and ``MAX_NESTING`` levels; never raises."""
    body = Body()
    budget = iter(range(MAX_PARTS))
    _read_part(root, body, budget, depth=0, alternative=False)
    return body


def media_type(part: MimePart) -> str:
    """Lower-cased type and subtype; ``text/plain`` when the header is missing or broken (RFC 2045, 5.2)."""
    try:
        return part.get_content_type()
    except (ValueError, TypeError, AttributeError, IndexError, LookupError):
        return "text/plain"


def parameter(part: MimePart, name: str, header: str = "content-type") -> str:
    """A parameter of a structured header, decoded whichever way it was encoded (RFC 2231, RFC 2047)."""
    written = part.get(header)
    if written is None:
        return ""
    field = str(written)
    # The same few content types and dispositions come again and again; long ones are not worth keeping.
    return _known_parameter(field, name) if len(field) <= _SHORT_FIELD else _parameter(field, name)


def _parameter(field: str, name: str) -> str:
    part = MimePart(policy=compat32)
    part.set_raw("content-type", field)
    try:
        value: Any = part.get_param(name, "")
    except (ValueError, TypeError, AttributeError, IndexError, LookupError):
        return ""
    if isinstance(value, tuple):
        charset, _, encoded = value
        value = decode_bytes(str(encoded or "").encode("latin-1", "replace"), charset or "utf-8")
    return decode_text(str(value or ""))


_known_parameter = lru_cache(maxsize=4_096)(_parameter)


def payload(part: MimePart) -> bytes:
    """The decoded bytes of a leaf part; damaged base64 or quoted-printable gives what can be read of it."""
    try:
        data: Any = part.get_payload(decode=True)
    except (ValueError, TypeError, AttributeError, LookupError, AssertionError):
        data = part.get_payload()
    if isinstance(data, str):
        return data.encode("utf-8", "surrogateescape")
    return data if isinstance(data, bytes) else b""


def _filename(part: MimePart) -> str:
    name = parameter(part, "filename", "content-disposition") or parameter(part, "name")
    return name.replace("\\", "/").rpartition("/")[2][:255]


def _children(part: MimePart) -> list[MimePart]:
    inner: Any = part.get_payload() if part.is_multipart() else []
    return [child for child in inner if isinstance(child, MimePart)]


def _read_part(part: MimePart, body: Body, budget: Iterator[int], *, depth: int, alternative: bool) -> None:
    if depth > MAX_NESTING or next(budget, None) is None:
        return
    kind = media_type(part)
    children = _children(part)
    if kind in _REPORTS:
        _read_report(part, kind, children, body)
    elif kind == "message/rfc822" or (kind.startswith("message/") and children):
        _read_attached(part, kind, children, body, depth)
    elif kind == "text/rfc822-headers":
        body.original_headers = body.original_headers or _text(part, kind)[:_MAX_ORIGINAL]
    elif kind == "multipart/alternative" and children:
        _read_alternative(children, body, budget, depth)
    elif children:
        for child in children:
            _read_part(child, body, budget, depth=depth + 1, alternative=False)
    else:
        _read_leaf(part, kind, body, alternative=alternative)


def _read_leaf(part: MimePart, kind: str, body: Body, *, alternative: bool) -> None:
    name = _filename(part)
    disposition = first_text(part, "content-disposition").partition(";")[0].strip().lower()
    if kind in _CALENDAR:
        body.calendars.append((payload(part)[:_MAX_CALENDAR], alternative))
        if name and disposition == "attachment":
            body.attachments.append(Attachment(name, kind, _size(part)))
        return
    inline_text = kind in {"text/plain", "text/html", "text/enriched", "text/x-amp-html"} or kind.startswith(
        "multipart/"
    )
    if inline_text and disposition != "attachment" and not (name and disposition != "inline"):
        if kind != "text/x-amp-html" and not (kind == "text/html" and body.spoken):
            body.texts.append(_without_uuencoded(_text(part, kind), body))
    elif (name or disposition == "attachment") and kind not in _IGNORED:
        body.attachments.append(Attachment(name or "attachment", kind, _size(part)))


def _size(part: MimePart) -> int:
    """Bytes of an attachment; one that was left on the server says in its header how many it has there."""
    stated = first_text(part, "content-length").strip()
    return len(payload(part)) or (int(stated) if stated.isdecimal() and len(stated) < _MAX_DIGITS else 0)


def _text(part: MimePart, kind: str) -> str:
    text = decode_bytes(payload(part)[:MAX_HTML], parameter(part, "charset"))
    if kind == "text/html" or _MARKUP.match(text):
        return html_to_text(text)
    return text.replace("\x00", "").replace("\r\n", "\n").replace("\r", "\n")[:MAX_TEXT].strip("\n")


def _without_uuencoded(text: str, body: Body) -> str:
    """Old mailers put files into the text itself."""
    if "\nbegin " not in text and not text.startswith("begin "):
        return text
    for match in _UUENCODED.finditer(text):
        size = len(match[0]) * 3 // 4
        body.attachments.append(Attachment(match[1].strip(), "application/octet-stream", size))
    return _UUENCODED.sub("", text)


def _read_alternative(children: list[MimePart], body: Body, budget: Iterator[int], depth: int) -> None:
    """Prefer plain text, unless it is empty or only says that HTML cannot be shown."""
    branches: list[Body] = []
    for child in children:
        # HTML is the same once more; it takes long to read and is only asked for where plain text says nothing.
        branch = Body(spoken=bool(branches) and not _is_stub(branches[0].text))
        _read_part(child, branch, budget, depth=depth + 1, alternative=True)
        branches.append(branch)
        body.attachments += branch.attachments
        body.calendars += branch.calendars
        body.attached_texts += branch.attached_texts
    texts = [branch.text for branch in branches]
    rich = max(texts[1:], key=len, default="")
    plain = texts[0]
    chosen = rich if rich and _is_stub(plain) else plain
    body.texts.append(chosen or next((text for text in texts if text), ""))


def _is_stub(plain: str) -> bool:
    stripped = plain.strip()
    return not stripped or bool(len(stripped) < _MAX_STUB and _STUB.search(stripped))


def _read_attached(part: MimePart, kind: str, children: list[MimePart], body: Body, depth: int) -> None:
    """A mail attached as a whole: an attachment named by its subject, its text counts as quoted."""
    if not children:
        body.attachments.append(Attachment(_filename(part) or "message", kind, _size(part)))
        return
    inner = children[0]
    subject = first_text(inner, "subject")
    inside = Body()
    _read_part(inner, inside, iter(range(MAX_PARTS // 4)), depth=depth + 2, alternative=False)
    head = [f"{name}: {value}" for name in ("From", "Date", "To", "Subject") if (value := first_text(inner, name))]
    text = "\n".join([*head, "", inside.text])
    body.attached_texts.append(text[:MAX_TEXT])
    identity = first_text(inner, "message-id")
    body.original_headers = body.original_headers or f"Message-ID: {identity}\n{text}"[:_MAX_ORIGINAL]
    body.attachments.append(Attachment(subject or _filename(part) or "message", kind, len(text)))


def _read_report(part: MimePart, kind: str, children: list[MimePart], body: Body) -> None:
    body.report_type = kind
    groups = children or [part]
    for group in groups[:MAX_PARTS]:
        for name, value in list(group.raw_items())[:MAX_PARTS]:
            body.report_fields.append((name.lower(), decode_text(str(value))))
    if not children:
        for line in _text(part, "text/plain").split("\n")[:MAX_PARTS]:
            name, colon, value = line.partition(":")
            if colon:
                body.report_fields.append((name.strip().lower(), value.strip()))
