"""What a server's FETCH and VANISHED responses say (RFC 9051, 7.5.2; RFC 7162), read from their bytes."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

_ATTRIBUTE = re.compile(
    rb"\bUID (?P<uid>\d{1,20})"
    rb"|\bRFC822\.SIZE (?P<size>\d{1,20})"
    rb'|\bINTERNALDATE "(?P<date>[^"]*)"'
    rb"|\bFLAGS \((?P<flags>[^)]*)\)"
    rb"|\bBODY\[(?P<section>[^\]]*)\](?:<\d+>)? (?:NIL|\"(?P<quoted>(?:[^\"\\]|\\.)*)\"|(?P<literal>\{\d+\}))",
    re.IGNORECASE,
)
_DATE = re.compile(rb"(\d{1,2})-([A-Za-z]{3})-(\d{4}) (\d\d):(\d\d):(\d\d) ([+-])(\d\d)(\d\d)")
_DIGITS = 20
_MONTHS = (b"jan", b"feb", b"mar", b"apr", b"may", b"jun", b"jul", b"aug", b"sep", b"oct", b"nov", b"dec")
_ESCAPED = re.compile(rb"\\(.)", re.DOTALL)


@dataclass(slots=True, kw_only=True)
class Fetched:
    """One FETCH response, as far as it was asked for.

    Attributes:
        seq: Message number in the open folder.
        uid: 0 where the response does not name it.
        size: RFC822.SIZE in bytes, None when absent.
        received_at: INTERNALDATE, aware UTC.
        flags: None when absent.
        sections: Upper-cased section of the body (``""`` is all of it) to its bytes; NIL is empty.
    """

    seq: int
    uid: int = 0
    size: int | None = None
    received_at: datetime | None = None
    flags: tuple[str, ...] | None = None
    sections: dict[str, bytes] = field(default_factory=dict)


def fetched(parts: Sequence[Any]) -> Iterator[Fetched]:
    """Yield the messages of FETCH responses; what cannot be read is passed over, as if it had not been sent.

    Args:
        parts: As imaplib gives them: a line, or (line, literal) pairs and the line that ends them.
    """
    lines: list[bytes] = []
    literals: list[bytes] = []
    for part in parts:
        line, literal = part if isinstance(part, tuple) else (part, None)
        lines.append(line)
        if literal is not None:
            literals.append(literal)
            continue
        number, _, rest = b" ".join(lines).partition(b" ")
        if number.isdigit() and len(number) <= _DIGITS:
            yield _read(int(number), rest, literals)
        lines, literals = [], []


def _read(seq: int, text: bytes, literals: list[bytes]) -> Fetched:
    message, bodies = Fetched(seq=seq), iter(literals)
    for match in _ATTRIBUTE.finditer(text):
        kind, value = match.lastgroup, match[match.lastgroup or 0]
        if kind == "uid":
            message.uid = int(value)
        elif kind == "size":
            message.size = int(value)
        elif kind == "date":
            message.received_at = _instant(value)
        elif kind == "flags":
            told = (flag.decode("utf-8", "replace") for flag in value.split())
            # \Recent says something of a session, not of the message (RFC 9051, appendix E, 15).
            message.flags = tuple(flag for flag in told if flag.lower() != "\\recent")
        else:
            data = next(bodies, b"") if kind == "literal" else _ESCAPED.sub(rb"\1", match["quoted"] or b"")
            message.sections[match["section"].decode("ascii", "replace").upper()] = data
    return message


def _instant(value: bytes) -> datetime | None:
    """Read an INTERNALDATE (RFC 9051, 9: ``date-time``); one without sense is none."""
    match = _DATE.fullmatch(value.strip())
    if not match:
        return None
    day, month, year, hour, minute, second, sign, hours, minutes = match.groups()
    offset = timedelta(hours=int(hours), minutes=int(minutes)) * (-1 if sign == b"-" else 1)
    try:
        at = datetime(
            int(year), _MONTHS.index(month.lower()) + 1, int(day), int(hour), int(minute), int(second), tzinfo=UTC
        )
        return at - offset
    except (ValueError, OverflowError):
        return None


def vanished(parts: Iterable[Any]) -> list[range]:
    """Return the UIDs of VANISHED responses (RFC 7162, 3.2.10) as ranges; a set may name far more than there were."""
    found = []
    for part in parts:
        for piece in re.findall(rb"\d{1,20}(?::\d{1,20})?", part if isinstance(part, bytes) else b""):
            first, _, last = piece.partition(b":")
            low, high = sorted((int(first), int(last or first)))
            found.append(range(low, high + 1))
    return found


def uid_set(uids: Iterable[int]) -> str:
    """Write UIDs as a sequence set, neighbours as ranges (RFC 9051, 9: ``sequence-set``)."""
    runs: list[list[int]] = []
    for uid in sorted(uids):
        if runs and uid == runs[-1][1] + 1:
            runs[-1][1] = uid
        else:
            runs.append([uid, uid])
    return ",".join(str(low) if low == high else f"{low}:{high}" for low, high in runs)
