"""Where a quoted or forwarded mail begins inside a body, and who wrote it when, in the layouts of common clients.

Terminology:

- ATTRIBUTION: the sentence a client puts above a quote: ``On Tue, 4 Mar 2025, Ann <ann@example.com> wrote:``.
- DIVIDER: a line such as ``-----Original Message-----``.
- BLOCK: the quoted mail's header lines, ``From:``, ``Sent:``, ``To:``, ``Subject:``.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import tzinfo
from typing import Final

from domain.mail import Address, QuotedHeader
from extraction import quote_words as words
from extraction.body_lines import BodyLines, is_rule, label_of, strip_marks
from extraction.headers import parse_addresses
from extraction.quoted_dates import parse_quoted_date

_NO_NAMES: Final = frozenset({"i", "he", "she", "we", "they", "you", "it", "who", "ich", "er", "sie", "as", "then"})
_MAX_LINE = 1_000
_MAX_WRAP = 4
_MAX_NAME = 3
_MAX_BLOCK = 80
_MAX_GAP = 6
_MAX_RULES = 4
_MAX_ATTRIBUTION = 400
_MAX_NAME_LINES = 3
_MAX_NAME_WORDS = 14
_LONG_SUBJECT = 55


@dataclass(frozen=True, slots=True)
class QuoteStart:
    """Lines ``start`` to ``end`` (not included) introduce a quoted mail.

    Attributes:
        kind: ``attribution``, ``divider`` or ``block``.
        forwarded: The words themselves say that it is a forward.
        header: What the lines tell about the quoted mail.
    """

    start: int
    end: int
    kind: str
    header: QuotedHeader
    forwarded: bool = False


def find_quote_start(body: BodyLines, index: int) -> QuoteStart | None:
    """The introduction of a quoted mail that begins at ``lines[index]``, or None.

    Args:
        body: The body's lines.
        index: Where to look.
    """
    if index not in body.candidates:
        return None
    line = body.lines[index]
    if len(line) > _MAX_LINE or not line or line.isspace():
        return None
    if words.DIVIDER.match(line):
        return _read_divider(body, index)
    return _read_attribution(body, index) or read_block(body, index)


def _skip_blank(lines: Sequence[str], index: int) -> int:
    while index < len(lines) and not strip_marks(lines[index]).strip():
        index += 1
    return index


def _read_divider(body: BodyLines, index: int) -> QuoteStart:
    lines = body.lines
    end = index + 1
    # Lotus Notes wraps "---- Forwarded by Ann on 03/08/2001 \n03:14 PM ----".
    if "forwarded by" in lines[index].lower() and not lines[index].rstrip().endswith("--"):
        ends = (at + 1 for at in range(end, min(index + 4, len(lines))) if lines[at].rstrip().endswith("--"))
        end = next(ends, end)
    after = _skip_blank(lines, end)
    block = read_block(body, after) if after - end < _MAX_GAP and after < len(lines) else None
    return QuoteStart(
        start=index,
        end=block.end if block else end,
        kind="divider",
        header=block.header if block else QuotedHeader(),
        forwarded=bool(words.FORWARD_WORDS.search(lines[index])),
    )


def _read_attribution(body: BodyLines, index: int) -> QuoteStart | None:
    """``On … wrote:`` and its sisters, also wrapped over up to four lines."""
    lines = body.lines
    opened = bool(words.OPENER.match(lines[index]))
    joined = ""
    for end in range(index + 1, min(index + 1 + _MAX_WRAP, len(lines) + 1)):
        part = strip_marks(lines[end - 1]).strip()
        if not part:
            return None
        joined = f"{joined} {part}".strip()
        if len(joined) > _MAX_ATTRIBUTION:
            return None
        if _is_attribution(joined, opened=opened):
            header = QuotedHeader(sender=_named_before(joined), sent_at=parse_quoted_date(joined, body.zone))
            return QuoteStart(start=index, end=end, kind="attribution", header=header)
        if not opened and not (end == index + 1 and _is_addressed(joined)):
            return None
    return None


def _is_attribution(text: str, *, opened: bool) -> bool:
    tailed = text.endswith(words.TAILS)
    # Behind the verb stand 80 characters at most, so that in a line without a tail it is near the end.
    if not tailed and not words.ATTRIBUTION_END.search(text, max(0, len(text) - words.LONGEST_END)):
        return False
    if text.endswith(":") and words.DATED_ADDRESS.match(text):
        return True
    dated = bool(words.DIGIT.search(text))
    if text.endswith(words.COLONS) and words.WROTE_COLON.search(text, max(0, len(text) - words.LONGEST_END)):
        return bool((opened and dated) or _is_addressed(text) or (dated and ":" in text[:-1]) or _is_name_wrote(text))
    return opened and dated and _is_addressed(text) and bool(words.ATTRIBUTION_END.search(text))


def _is_addressed(text: str) -> bool:
    """An address stands in it; one of the signs that every address has is found sooner than the address."""
    if "@" not in text and "(" not in text and "[" not in text and " at " not in text.lower():
        return False
    return bool(words.ADDRESSED.search(text))


def _is_name_wrote(text: str) -> bool:
    """``Ann Example wrote:`` without date and address."""
    *name, _wrote = text.split()
    named = 0 < len(name) <= _MAX_NAME and all(word[:1].isupper() for word in name)
    return named and name[0].lower() not in _NO_NAMES


def _named_before(text: str) -> Address | None:
    """Who wrote, from an attribution: the address and the name in front of it."""
    found = re.search(r"[\w.+%'-]+@[\w.-]+\w", text)
    if not found:
        return None
    name = re.split(
        r"\d[\d:.]*(?:\s*[AaPp]\.?[Mm]\b\.?)?(?:\s*(?:Uhr|GMT|[A-Z]{3,4}\b|\([A-Z]+\)|[+-]\d{2}:?\d{2}))*,?",
        text[: found.start()],
    )[-1]
    name = re.sub(r"^\W*(?:schrieb|skrev|schreef|a écrit)\b", "", name).strip(" ,\"'<>[]():*\t")
    addresses = parse_addresses([f'"{name}" <{found[0]}>' if name and '"' not in name else found[0]])
    return addresses[0] if addresses else None


def read_block(body: BodyLines, index: int) -> QuoteStart | None:
    """A block of header lines that begins at ``lines[index]``: Outlook's, Apple's or Lotus Notes's, or None."""
    lines = body.lines
    at = index
    if is_rule(lines[index]):
        while at < len(lines) and at - index < _MAX_RULES and (is_rule(lines[at]) or not lines[at].strip()):
            at += 1
    if at >= len(lines):
        return None
    line = lines[at]
    label = label_of(line)
    if label and label[0] != "cc":
        return _labelled_block(body, index, at)
    return _notes_block(body, index, at)


def _labelled_block(body: BodyLines, start: int, at: int) -> QuoteStart | None:
    fields, end = _collect(body.lines, at)
    enough = "from" in fields and len({"sent", "to", "subject"} & fields.keys()) >= (1 if "sent" in fields else 2)
    if not enough and not ({"to", "subject"} <= fields.keys() and ("cc" in fields or "sent" in fields)):
        return None
    return QuoteStart(start=start, end=end, kind="block", header=_header(fields, body.zone))


def _notes_block(body: BodyLines, start: int, at: int) -> QuoteStart | None:
    """Lotus Notes: a name, a date, then ``To:`` and ``Subject:``; the name and date may share a line or be wrapped."""
    lines = body.lines
    dated = body.next_dated(at)
    if dated is None:
        return None
    below = dated + 1
    if not words.NOTES_DATE.search(lines[dated]):
        below += 1
    if _notes_name_line(lines, dated) != at:
        return None
    head = " ".join(lines[number].strip() for number in range(at, below))
    to = _skip_blank(lines, below)
    if to < len(lines) and lines[to].strip().lower().startswith("please respond"):
        to = _skip_blank(lines, to + 1)
    label = label_of(lines[to]) if to < len(lines) and to - below < _MAX_GAP else None
    if not _is_notes_head(head) or not label or label[0] not in {"to", "subject"}:
        return None
    fields, end = _collect(lines, to)
    if len(fields) < 2:  # noqa: PLR2004 - "To:" alone stands in ordinary text
        return None
    fields["from"] = words.DATE_SPLIT.split(head)[0].split("Sent by:")[0].strip().removesuffix(" on")
    fields["sent"] = head
    return QuoteStart(start=start, end=end, kind="block", header=_header(fields, body.zone))


def _notes_name_line(lines: Sequence[str], dated: int) -> int:
    """Where the name above or beside the date stands: the header's first line."""
    before = words.DATE_SPLIT.split(lines[dated])[0]
    if re.search(r"[^\W\d_]{2}", before):
        return dated
    first = dated
    while first and dated - first < _MAX_NAME_LINES and lines[first - 1].strip():
        first -= 1
        if not lines[first].strip().lower().startswith("sent by"):
            break
    return first


def _is_notes_head(head: str) -> bool:
    """Nothing but a name, an address and a date stand above ``To:``; a sentence that mentions a date is none."""
    rest = words.NOTES_DATE.sub("", head)
    return len(rest.split()) <= _MAX_NAME_WORDS and not re.search(r"[a-z][.!?]\s+[A-Z]", rest)


def _collect(lines: Sequence[str], at: int) -> tuple[dict[str, str], int]:
    """Header fields from ``lines[at]`` on, and the line after them; values may be folded, blanks may lie between."""
    fields: dict[str, str] = {}
    current = ""
    end = index = at
    while index < min(at + _MAX_BLOCK, len(lines)):
        line = lines[index]
        label = label_of(line)
        if label:
            current, value = label
            if current in fields and current != "cc":
                break
            fields[current] = value
            end = index + 1
        elif not strip_marks(line).strip():
            if "subject" in fields or index - end >= _MAX_GAP:
                break
            current = current if current in {"to", "cc"} else ""
        elif current in {"to", "cc"} or (current == "subject" and index == end):
            if current == "subject" and not _folded_subject(lines, index):
                break
            fields[current] = f"{fields[current]} {strip_marks(line).strip()}"
            end = index + 1
        elif not (current in {"from", "sent"} and index == end):
            break
        index += 1
    return fields, end


def _folded_subject(lines: Sequence[str], index: int) -> bool:
    """A subject goes on in the next line only if it was long and a blank line follows."""
    before = strip_marks(lines[index - 1])
    return len(before) > _LONG_SUBJECT and index + 1 < len(lines) and not strip_marks(lines[index + 1]).strip()


def _header(fields: dict[str, str], zone: tzinfo) -> QuotedHeader:
    sender = re.sub(r"\[mailto:\s*([^\]]+)\]", r"<\1>", fields.get("from", ""))
    senders = parse_addresses([sender])
    to = fields.get("to", "").replace(";", ",")
    return QuotedHeader(
        sender=senders[0] if senders else _name_only(sender),
        sent_at=parse_quoted_date(fields.get("sent", ""), zone),
        to=parse_addresses([to]) if words.ADDR_SPEC.search(to) else (),
        subject=fields.get("subject", "")[:500],
    )


def _name_only(sender: str) -> Address | None:
    """Outlook often quotes a colleague's name without the address."""
    name = re.sub(r"\s+", " ", sender.split("@", maxsplit=1)[0]).strip(" \"'*<>")
    return Address(name[:200], "") if name else None
