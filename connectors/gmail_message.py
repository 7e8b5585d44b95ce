"""A mail as Gmail's API returns it, as bytes: whole, or of an oversized one what can be read without attachments."""

import binascii
import re
from base64 import b64encode, urlsafe_b64decode
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final

_Json = Mapping[str, Any]

_ENCODING: Final = "content-transfer-encoding"
_BOUNDARY: Final = re.compile(r'boundary="?([^";\s]{1,70})', re.IGNORECASE)
_MAX_DEPTH: Final = 50


def decoded(data: str) -> bytes:
    """Decode base64url with or without its padding (RFC 4648, 5).

    Raises:
        ValueError: It is something else.
    """
    try:
        return urlsafe_b64decode(data + "=" * (-len(data) % 4))
    except binascii.Error as error:
        raise ValueError("not base64url") from error


def received_at(answer: _Json) -> datetime | None:
    """Return ``internalDate``, milliseconds since 1970, as aware UTC; None when it is missing or impossible."""
    try:
        return datetime.fromtimestamp(int(answer["internalDate"]) / 1000, UTC)
    except (KeyError, TypeError, ValueError, OverflowError, OSError):
        return None


def without_attachments(payload: _Json) -> bytes:
    """Rebuild a mail from ``format=full``: all headers, the texts, and of attachments what their headers say.

    Texts are written as base64 of what the API decoded. The API hands out texts in UTF-8 whatever they were written
    in, so a charset that does not fit is replaced.
    """
    return b"".join(_part(payload, 0))


def _part(part: _Json, depth: int) -> Iterator[bytes]:
    headers = [(str(h.get("name", "")), str(h.get("value", ""))) for h in part.get("headers", [])]
    children = part.get("parts", []) if depth < _MAX_DEPTH else []
    media_type = str(part.get("mimeType") or "text/plain")
    given = next((value for name, value in headers if name.lower() == "content-type"), media_type)
    for name, value in headers:
        if name.lower() not in {_ENCODING, "content-type"}:
            yield _line(f"{name}: {value}")
    if children and media_type.startswith("multipart/"):
        named = _BOUNDARY.search(given)
        boundary = named[1] if named else f"=_part_{part.get('partId') or '0'}_{depth}"
        yield _line(f"Content-Type: {given}" if named else f'Content-Type: {media_type}; boundary="{boundary}"')
        for child in children:
            yield _line("")
            yield _line(f"--{boundary}")
            yield from _part(child, depth + 1)
        yield _line("")
        yield _line(f"--{boundary}--")
        return
    read = media_type.startswith("text/") and not part.get("filename")
    text = decoded(str(part.get("body", {}).get("data") or "")) if read else b""
    yield _line(f"Content-Type: {_content_type(media_type, given, text) if read else given}")
    yield _line("Content-Transfer-Encoding: base64")
    yield _line("")
    encoded = b64encode(text)
    for start in range(0, len(encoded), 76):
        yield encoded[start : start + 76] + b"\r\n"


def _content_type(media_type: str, given: str, text: bytes) -> str:
    """Return the content type as the mail gave it, but for a text that is UTF-8 say so."""
    try:
        text.decode("utf-8")
    except UnicodeDecodeError:
        return given
    return f"{media_type}; charset=utf-8"


def _line(text: str) -> bytes:
    """Return a header line; one that was folded stays so, anything else cannot break out of its line."""
    unfolded = " ".join(text.splitlines()) if "\n" in text or "\r" in text else text
    return unfolded.encode("utf-8", "replace") + b"\r\n"
