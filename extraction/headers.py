"""Mail headers as people meant them: text, addresses, dates and identifiers out of whatever bytes were sent.

The standard library's modern policy raises on odd mail, so headers are read raw and decoded here one by one. Nothing
in this module raises on any input.
"""

import base64
import binascii
import codecs
import quopri
import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta, timezone
from email.message import Message as MimePart
from email.utils import getaddresses, parsedate_tz
from functools import lru_cache
from inspect import signature
from typing import Any, Final

from domain.mail import Address

MAX_HEADERS = 1_000
MAX_HEADER_LENGTH = 65_536
MAX_ADDRESSES = 2_000
_MAX_BARE = 200

# Newer Python versions refuse addresses that mail has always carried, unless asked not to.
_LENIENT: dict[str, Any] = {"strict": False} if "strict" in signature(getaddresses).parameters else {}
_ENCODED_WORD = re.compile(r"=\?([^?\s]{1,60})\?([bBqQ])\?([^?]*)\?=")
_BETWEEN_WORDS = re.compile(r"(\?=)\s+(?==\?[^?\s]{1,60}\?[bBqQ]\?)")
_MESSAGE_ID = re.compile(r"<([^<>]+)>")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u2028\u2029\x85]")
_SPACE = re.compile(r"\s+")
# White space that is more than the single blank it becomes: most of it is one already.
_FOLDABLE = re.compile(r"[^\S ]\s*| \s+")
# The usual forms, read by one pattern; whatever is unusual goes to the standard library's slow parser.
_SPEC = r"""[^\s<>"(),;:\\@]+@[^\s<>"(),;:\\@]+"""
_PLAIN = rf"""(?:(?:"([^"\\<>]*)"|([^",;:<>()@\\\[\]]*?))\s*<({_SPEC})>|({_SPEC}))"""
_PLAIN_ADDRESS = re.compile(rf"\s*{_PLAIN}\s*(?:,|$)")
# Atomic: once an address is read it is not read another way, or a long list takes for ever to be refused.
_PLAIN_LIST = re.compile(rf"(?>\s*{_PLAIN}\s*(?:,|$))+\s*")
_ADDR_SPEC = re.compile(r"[^\s<>\"(),;:]+@[^\s<>\"(),;:]+")
# The date of nearly every mail (RFC 5322, 3.3).
_USUAL_DATE = re.compile(
    r"(?:[A-Z][a-z]{2}, )?(\d{1,2}) ([A-Z][a-z]{2}) ([12]\d{3}) (\d\d):(\d\d):(\d\d) ([+-]\d\d)(\d\d)"
    r"(?: \([A-Z]{3,5}\))?",
    re.ASCII,
)
_MONTH_NAMES: Final = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec"
_MONTHS: Final = {name: number for number, name in enumerate(_MONTH_NAMES.split(), 1)}
# Charset labels seen in mail that Python does not know, or knows too narrowly (WHATWG Encoding, section 4.2).
_CHARSETS = {
    "ascii": "cp1252",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "iso-8859-1": "cp1252",
    "iso-8859-8-e": "iso-8859-8",
    "iso-8859-8-i": "iso-8859-8",
    "iso-ir-100": "cp1252",
    "ks_c_5601-1987": "cp949",
    "latin1": "cp1252",
    "unicode-1-1-utf-7": "utf-7",
    "us-ascii": "cp1252",
    "windows-874": "cp874",
    "windows-31j": "cp932",
    "x-sjis": "cp932",
    "x-gbk": "gb18030",
    "x-mac-roman": "mac-roman",
}


def decode_bytes(data: bytes, charset: str = "") -> str:
    """Text of ``data``: UTF-8 if it is that, else the named charset, else Windows-1252; never raises.

    A label that lies is more common than Windows-1252 text that happens to be valid multi-byte UTF-8, so valid UTF-8
    wins over single-byte labels.
    """
    name = _codec(charset)
    if name in {"", "cp1252", "utf-8"} or name.startswith("iso8859"):
        try:
            return data.decode("utf-8")
        except UnicodeDecodeError:
            pass
    try:
        return data.decode(name or "cp1252")
    except (UnicodeError, ValueError):
        return data.decode("cp1252" if name in {"", "utf-8"} else name, "replace")


def _codec(charset: str) -> str:
    """Python's name of a charset, ``""`` for one that does not exist or is no charset (rot13, zip)."""
    label = charset.strip(" \t\"'").lower()
    try:
        found = codecs.lookup(_CHARSETS.get(label, label))
    except (LookupError, ValueError):
        return ""
    return found.name if found._is_text_encoding else ""  # noqa: SLF001


def _unescape(value: str) -> str:
    """Undo the parser's surrogates: 8-bit bytes in a header are text in some charset."""
    if value.isascii():
        return value
    return decode_bytes(value.encode("utf-8", "surrogateescape"))


def _word_bytes(encoding: str, payload: str) -> bytes:
    raw = payload.encode("utf-8", "surrogateescape")
    if encoding in "qQ":
        return quopri.decodestring(raw.replace(b"_", b"=20"))
    stripped = re.sub(rb"[^A-Za-z0-9+/]", b"", raw)
    try:
        return base64.b64decode(stripped + b"=" * (-len(stripped) % 4))
    except binascii.Error:
        return base64.b64decode(stripped[: len(stripped) // 4 * 4])


def decode_text(value: str) -> str:
    """One line of text of a header value, encoded words decoded (RFC 2047), bad ones left as they are."""
    text = _unescape(value[:MAX_HEADER_LENGTH])
    if "=?" in text:
        text = _decode_words(text)
    if text.isprintable() and "  " not in text:
        # No control characters, and of white space only single blanks: nearly every value.
        return text.strip()
    return _FOLDABLE.sub(" ", _CONTROL.sub(" ", text)).strip()


def _decode_words(text: str) -> str:
    """Decode RFC 2047 words; neighbours of one charset are joined first, since senders split characters across them."""
    text = _BETWEEN_WORDS.sub(r"\1", text)
    pieces: list[str] = []
    pending, pending_charset, position = b"", "", 0
    for match in _ENCODED_WORD.finditer(text):
        charset = match[1].partition("*")[0].lower()
        if match.start() > position or charset != pending_charset:
            pieces += [decode_bytes(pending, pending_charset), text[position : match.start()]]
            pending = b""
        pending += _word_bytes(match[2], match[3])
        pending_charset, position = charset, match.end()
    pieces += [decode_bytes(pending, pending_charset), text[position:]]
    return "".join(pieces)


def raw_values(part: MimePart, name: str) -> list[str]:
    """All values of a header as the parser kept them, at most ``MAX_HEADERS`` headers are looked at."""
    wanted = name.lower()
    return [str(value) for key, value in list(part.raw_items())[:MAX_HEADERS] if key.lower() == wanted]


def first_text(part: MimePart, name: str) -> str:
    """The first value of a header as text, ``""`` when it is absent."""
    return next((decode_text(value) for value in raw_values(part, name)), "")


def parse_addresses(values: Iterable[str]) -> tuple[Address, ...]:
    """Addresses of From, To and the like: groups flattened, names decoded, addr-specs lower-cased (RFC 5322, 3.4)."""
    found: list[Address] = []
    for value in values:
        found += _few_addresses(value) if len(value) <= _MAX_BARE else _addresses(value)
        if len(found) >= MAX_ADDRESSES:
            break
    return tuple(found[:MAX_ADDRESSES])


@lru_cache(maxsize=4_000)
def _few_addresses(value: str) -> tuple[Address, ...]:
    """Those of a short value, remembered: the same people write to each other again and again."""
    return _addresses(value)


def _addresses(value: str) -> tuple[Address, ...]:
    text = _FOLDABLE.sub(" ", _unescape(value[:MAX_HEADER_LENGTH]))
    if "@" not in text and len(text) > _MAX_BARE:
        return ()
    if ";" in text and ":" not in text:
        text = text.replace(";", ",")
    found: list[Address] = []
    for name, spec in _read_addresses(text):
        address = _clean_spec(spec)
        if not address and _ADDR_SPEC.search(name):
            address, name = _clean_spec(name), ""  # noqa: PLW2901 - the library put it in the wrong place
        if address:
            found.append(Address(_clean_name(name, address), address))
    return tuple(found)


def _read_addresses(text: str) -> list[tuple[str, str]]:
    if _PLAIN_LIST.fullmatch(text):
        return [(found[1] or found[2] or "", found[3] or found[4]) for found in _PLAIN_ADDRESS.finditer(text)]
    try:
        pairs = getaddresses([text], **_LENIENT)
    except (ValueError, IndexError, TypeError, RecursionError):
        pairs = []
    if not any("@" in spec for _, spec in pairs):
        pairs += [("", spec) for spec in _ADDR_SPEC.findall(text)]
    return pairs


def _clean_spec(spec: str) -> str:
    """A lower-cased addr-spec, a bare local part such as ``mailer-daemon``, or an empty string."""
    spec = _decode_words(spec) if "=?" in spec else spec
    if match := _ADDR_SPEC.search(spec):
        return match[0].strip("'.").lower()
    bare = spec.strip(" '\"<>").lower()
    return bare if re.fullmatch(r"[\w.+-]{2,64}", bare) else ""


def _clean_name(name: str, address: str) -> str:
    text = decode_text(name).strip(" \"'")
    return "" if text.lower() == address else text


def parse_date(value: str) -> datetime | None:
    """An aware instant in the sender's own offset (RFC 5322, 3.3, or ISO 8601), None when it cannot be read."""
    try:
        parts = _usual_date(value) or parsedate_tz(value[:200])
        if parts is None:
            parsed = datetime.fromisoformat(value.strip())
            return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)
        seconds = parts[9] or 0
        zone = timezone(timedelta(seconds=seconds)) if abs(seconds) < 24 * 3600 else UTC
        moment = datetime(*parts[:5], min(parts[5], 59), tzinfo=zone)
        moment.astimezone(UTC)
    except (ValueError, TypeError, OverflowError, IndexError, AttributeError):
        return None
    return moment


_Parts = tuple[int, int, int, int, int, int, int, int, int, int]


def _usual_date(value: str) -> _Parts | None:
    """What ``parsedate_tz`` says of a date as standards and servers write it, None for any other."""
    usual = _USUAL_DATE.fullmatch(value.strip())
    month = _MONTHS.get(usual[2]) if usual else None
    if usual is None or month is None:
        return None
    seconds = (int(usual[7][1:]) * 60 + int(usual[8])) * (-60 if usual[7][0] == "-" else 60)
    return (int(usual[3]), month, int(usual[1]), int(usual[4]), int(usual[5]), int(usual[6]), 0, 0, 0, seconds)


def parse_message_ids(values: Iterable[str]) -> tuple[str, ...]:
    """Message-IDs without brackets, folding white space removed, each once, in order (RFC 5322, 3.6.4)."""
    found: dict[str, None] = {}
    for value in values:
        text = _unescape(value[:MAX_HEADER_LENGTH])
        bracketed = _MESSAGE_ID.findall(text)
        for item in bracketed or [word for word in text.split() if "@" in word]:
            if cleaned := canonical_message_id(item):
                found[cleaned] = None
    return tuple(found)


def canonical_message_id(value: str) -> str:
    """A Message-ID without brackets, white space and control characters; ``""`` when nothing is left."""
    return _CONTROL.sub("", _SPACE.sub("", value.encode("utf-8", "replace").decode("utf-8"))).strip("<>")
