"""A body taken apart: what its writer says, what is quoted, what is signature (SEMANTICS 1, D4.29, D5.13)."""

from collections.abc import Sequence
from datetime import UTC, tzinfo

from domain.mail import QuotedHeader, Zones
from extraction.body_lines import BodyLines, strip_marks
from extraction.quoted_headers import QuoteStart, find_quote_start
from extraction.signature import is_only_closing, signature_start

_MAX_HEADERS = 20
_MAX_LINES = 20_000
_WRAPPED_REST = 30
_MAX_WRAPPED = 3
_LONG_LINE = 60
_MARK_INITIALS = frozenset(" \t>|:")


def split_zones(body_text: str, *, zone: tzinfo = UTC) -> Zones:
    """Take a plain-text body apart; every line of every zone is a line of the body, in order.

    Args:
        body_text: The whole body. Lines end in any way.
        zone: The local time of the client that wrote the mail, for dates in quoted headers.

    Returns:
        Zones; ``forwarded`` only says that the text itself calls the quoted part a forward.
    """
    lines = body_text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    own, quoted, starts = _separate(BodyLines(lines, zone))
    text = [lines[index] for index in own]
    cut = signature_start(text)
    reply, signature = text[:cut], text[cut:]
    if signature and is_only_closing(reply):
        reply, signature = [], text
    return Zones(
        reply_text=_join(reply),
        quoted_text=_join([lines[index] for index in quoted]),
        signature=_join(signature),
        headers=_headers([lines[index] for index in quoted], zone),
        forwarded=any(start.forwarded for start in starts[:1]),
    )


def _join(lines: Sequence[str]) -> str:
    return "\n".join(lines).strip()


def _separate(body: BodyLines) -> tuple[list[int], list[int], list[QuoteStart]]:
    """Line numbers of the writer's own words and of what is quoted, and the introductions met on the way."""
    lines = body.lines
    marks = [line[:1] in _MARK_INITIALS and _is_marked(line) for line in lines]
    marked = any(marks)
    own: list[int] = []
    quoted: list[int] = []
    starts: list[QuoteStart] = []
    index = 0
    while index < len(lines):
        if marks[index]:
            quoted.append(index)
        elif index in body.candidates and index < _MAX_LINES and (start := find_quote_start(body, index)):
            starts.append(start)
            if not _marked_below(lines, start.end):
                quoted.extend(range(index, len(lines)))
                break
            quoted.extend(range(index, start.end))
            index = start.end
            continue
        elif marked and _is_wrapped_rest(lines, marks, index):
            quoted.append(index)
        else:
            own.append(index)
        index += 1
    return own, quoted, starts


def _is_marked(line: str) -> bool:
    """A quote mark in front; not a conflict marker, not a mail folder's escaped ``From``, not a table's border."""
    stripped = line.lstrip(" \t")
    if stripped.startswith(">"):
        return not stripped.startswith((">>>>>>>", ">From "))
    return stripped.startswith(("| ", ": ")) and not stripped.rstrip().endswith("|")


def _marked_below(lines: Sequence[str], index: int) -> bool:
    """The quote is marked line by line, so words of the writer may follow it."""
    while index < len(lines) and not lines[index].strip():
        index += 1
    return index < len(lines) and _is_marked(lines[index])


def _is_wrapped_rest(lines: Sequence[str], marks: Sequence[bool], index: int) -> bool:
    """The end of a quoted line that a mail system broke off: between marked lines, the upper long and unfinished."""

    def is_plain(at: int) -> bool:
        return not marks[at] and bool(lines[at].strip())

    if not is_plain(index):
        return False
    first, last = index, index
    while first > 0 and index - first < _MAX_WRAPPED and is_plain(first - 1):
        first -= 1
    if first == 0 or not marks[first - 1]:
        return False
    while last + 1 < len(lines) and last - first < _MAX_WRAPPED and is_plain(last + 1):
        last += 1
    if last + 1 == len(lines) or not marks[last + 1]:
        return False
    before = lines[first - 1].rstrip()
    if len(before) < _LONG_LINE:
        return False
    short = first == last and len(lines[index].strip()) < _WRAPPED_REST
    return short or not before.endswith((".", "?", "!", ":"))


def _headers(quoted: Sequence[str], zone: tzinfo) -> tuple[QuotedHeader, ...]:
    """Header blocks inside the quoted text, outermost first."""
    inner = BodyLines([strip_marks(line) for line in quoted], zone)
    found: list[QuotedHeader] = []
    after = 0
    for index in sorted(inner.candidates):
        if not after <= index < _MAX_LINES or (start := find_quote_start(inner, index)) is None:
            continue
        if start.header != QuotedHeader():
            found.append(start.header)
        if len(found) == _MAX_HEADERS:
            break
        after = start.end
    return tuple(found)
