"""A body taken apart: what its writer says, what is quoted, what is signature (SEMANTICS 1, D4.29, D5.13)."""

from collections.abc import Sequence
from datetime import UTC, tzinfo

from domain.mail import QuotedHeader, Zones
from extraction.quoted_headers import QuoteStart, find_quote_start, strip_marks
from extraction.signature import CLOSING, signature_start

_MAX_HEADERS = 20
_MAX_LINES = 20_000
_WRAPPED_REST = 30
_LONG_LINE = 60


def split_zones(body_text: str, *, zone: tzinfo = UTC) -> Zones:
    """Take a plain-text body apart; every line of every zone is a line of the body, in order.

    Args:
        body_text: The whole body. Lines end in any way.
        zone: The local time of the client that wrote the mail, for dates in quoted headers.

    Returns:
        Zones; ``forwarded`` only says that the text itself calls the quoted part a forward.
    """
    lines = body_text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    own, quoted, starts = _separate(lines, zone)
    text = [lines[index] for index in own]
    cut = signature_start(text)
    reply, signature = text[:cut], text[cut:]
    if not any(CLOSING.sub("", line).strip() for line in reply if line.strip()) and cut < len(text):
        reply, signature = [], text
    return Zones(
        reply_text=_join(reply),
        quoted_text=_join([lines[index] for index in quoted]),
        signature=_join(signature),
        headers=_headers(lines, quoted, starts, zone),
        forwarded=any(start.forwarded for start in starts[:1]),
    )


def _join(lines: Sequence[str]) -> str:
    return "\n".join(lines).strip()


def _separate(lines: Sequence[str], zone: tzinfo) -> tuple[list[int], list[int], list[QuoteStart]]:
    """Line numbers of the writer's own words and of what is quoted, and the introductions met on the way."""
    own: list[int] = []
    quoted: list[int] = []
    starts: list[QuoteStart] = []
    index = 0
    while index < len(lines):
        line = lines[index]
        if _is_marked(line):
            quoted.append(index)
        elif index < _MAX_LINES and (start := find_quote_start(lines, index, zone)):
            starts.append(start)
            if not _marked_below(lines, start.end):
                quoted.extend(range(index, len(lines)))
                break
            quoted.extend(range(index, start.end))
            index = start.end
            continue
        elif _is_wrapped_rest(lines, index):
            quoted.append(index)
        else:
            own.append(index)
        index += 1
    return own, quoted, starts


def _is_marked(line: str) -> bool:
    stripped = line.lstrip(" \t")
    return (
        stripped.startswith(">")
        and not stripped.startswith(">>>>>>>")
        or stripped.startswith("| ")
        and not stripped.rstrip().endswith("|")
    )


def _marked_below(lines: Sequence[str], index: int) -> bool:
    """The quote is marked line by line, so words of the writer may follow it."""
    while index < len(lines) and not lines[index].strip():
        index += 1
    return index < len(lines) and _is_marked(lines[index])


def _is_wrapped_rest(lines: Sequence[str], index: int) -> bool:
    """The end of a quoted line that a mail system broke off: short, between two marked lines."""
    return (
        0 < index < len(lines) - 1
        and 0 < len(lines[index].strip()) < _WRAPPED_REST
        and len(lines[index - 1]) > _LONG_LINE
        and _is_marked(lines[index - 1])
        and _is_marked(lines[index + 1])
    )


def _headers(
    lines: Sequence[str], quoted: Sequence[int], starts: Sequence[QuoteStart], zone: tzinfo
) -> tuple[QuotedHeader, ...]:
    """Header blocks inside the quoted text, outermost first."""
    if not quoted:
        return ()
    inner = [strip_marks(lines[index]) for index in quoted]
    found: list[QuotedHeader] = []
    index = 0
    while index < min(len(inner), _MAX_LINES) and len(found) < _MAX_HEADERS:
        start = find_quote_start(inner, index, zone)
        if start is None:
            index += 1
            continue
        if start.header != QuotedHeader():
            found.append(start.header)
        index = max(start.end, index + 1)
    return tuple(found)
