"""Where quoted and forwarded mails begin inside a body, and who wrote them when, in the layouts of common clients.

Terminology:

- ATTRIBUTION: the sentence a client puts above a quote: ``On Tue, 4 Mar 2025, Ann <ann@example.com> wrote:``.
- DIVIDER: a line such as ``-----Original Message-----``.
- BLOCK: the quoted mail's header lines, ``From:``, ``Sent:``, ``To:``, ``Subject:``, or a name, a date and ``To:`` as
  Lotus Notes prints them.

A body is searched from what is rare in it: header labels, dividers, and lines that end as an attribution does.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from domain.mail import Address, QuotedHeader
from extraction import quote_words as words
from extraction.body_lines import BodyLines, is_rule
from extraction.quoted_people import find_address, read_recipients, read_sender
from extraction.quoted_dates import parse_quoted_date

_BEFORE_NAME = re.compile(
    r"\d[\d:.]*(?:\s*[AaPp]\.?[Mm]\b\.?)?(?:\s*(?:Uhr|GMT|[A-Z]{3,4}\b|\([A-Z]+\)|[+-]\d{2}:?\d{2}))*,?"
)
"""The date of an attribution; the name stands behind its last figure."""
_VERB_BEFORE = re.compile(r"^\W*(?:schrieb|skrev|schreef|a écrit)\b")
_NO_NAMES: Final = frozenset({"i", "he", "she", "we", "they", "you", "it", "who", "ich", "er", "sie", "as", "then"})
_MAX_LINE = 1_000
_MAX_WRAP = 4
_MAX_NAME = 3
_MAX_BLOCK = 120
_MAX_GAP = 6
_MAX_RULES = 4
_MAX_ATTRIBUTION = 400
_MAX_NAME_LINES = 3
_MAX_NAME_WORDS = 14
_MAX_ENDED = 60
_LONG_SUBJECT = 55
_MAX_STARTS = 500


@dataclass(frozen=True, slots=True)
class QuoteStart:
    """Lines ``start`` to ``end`` (not included) introduce a quoted mail.

    Attributes:
        fields: Header fields as written (``from``, ``sent``, ``to``, ``subject``), or the whole ``attribution``.
        forwarded: The words themselves say that it is a forward.
    """

    start: int
    end: int
    fields: dict[str, str]
    forwarded: bool = False

    def header(self, body: BodyLines) -> QuotedHeader:
        """What the lines tell about the quoted mail."""
        if (text := self.fields.get("attribution")) is not None:
            return QuotedHeader(sender=_named_before(text), sent_at=parse_quoted_date(text, body.zone))
        return _header(self.fields, body)


def find_quote_starts(body: BodyLines) -> list[QuoteStart]:
    """Every introduction of a quoted mail in a body, in order; at most 500, the rest of a digest says nothing new."""
    if not (body.labels or body.dividers or body.verbs):
        return []
    plain = sorted([*_blocks(body), *_attributions(body)], key=lambda start: start.start)
    starts: list[QuoteStart] = []
    after = 0
    for start in _joined(body, plain):
        if start.start >= after:
            starts.append(start)
            after = start.end
            if len(starts) == _MAX_STARTS:
                break
    return starts


def _joined(body: BodyLines, plain: list[QuoteStart]) -> Iterator[QuoteStart]:
    """Dividers, with the block or attribution right below taken in, and the others, by their first line."""
    position = 0
    for line in body.dividers:
        while position < len(plain) and plain[position].start < line:
            yield plain[position]
            position += 1
        end = _divider_end(body, line)
        lowered = body.bare[line].lower()
        forwarded = any(word in lowered for word in words.FORWARD_WORDS)
        following = body.skip_blank(end)
        if position < len(plain) and plain[position].start <= following and following - end < _MAX_GAP:
            below = plain[position]
            position += 1
            yield QuoteStart(line, max(end, below.end), below.fields, forwarded)
        else:
            fields, after = _collect(body, following) if following in body.labels else ({}, end)
            known = "from" in fields and following - end < _MAX_GAP
            yield QuoteStart(line, after, fields, forwarded) if known else QuoteStart(line, end, {}, forwarded)
    yield from plain[position:]


def _divider_end(body: BodyLines, line: int) -> int:
    """Lotus Notes wraps "---- Forwarded by Ann on 03/08/2001 \n03:14 PM ----"."""
    bare = body.bare
    if words.NOTES_FORWARD.search(bare[line]) and not bare[line].endswith("--"):
        for end in range(line + 1, min(line + 4, len(bare))):
            if bare[end].endswith("--"):
                return end + 1
    return line + 1


def _attributions(body: BodyLines) -> Iterator[QuoteStart]:
    """``On … wrote:`` and its sisters, also wrapped over up to four lines."""
    after = 0
    for line in body.verbs:
        if line < after or line in body.labels or len(body.bare[line]) > _MAX_LINE:
            continue
        if start := _attribution_ending(body, line, after):
            after = line + 1
            yield start


def _attribution_ending(body: BodyLines, line: int, after: int) -> QuoteStart | None:
    """The attribution whose last line this is: the longest one that reads as one."""
    bare, marks = body.bare, body.marks
    tailed = bare[line][-1] in ":：]"
    if tailed and not _has_end(bare[line]):
        return None
    first = line
    # A mail system that breaks long lines leaves the last word without a mark.
    verb_alone = bare[line].strip(" :") in words.VERBS
    while first > after and line - first < _MAX_WRAP - 1 and bare[first - 1]:
        if marks[first - 1] != marks[line] and not (verb_alone and first == line):
            break
        first -= 1
    if not tailed and not any("@" in part for part in bare[first : line + 1]):
        return None
    below = not marks[line] and _is_marked_below(body, line + 1)
    if not below and not _has_end(bare[line]):
        return None
    for start in range(first, line + 1):
        opened = bool(words.OPENER.match(bare[start]))
        if not opened and start < line:
            continue
        text = " ".join(part.strip() for part in bare[start : line + 1])
        if len(text) <= _MAX_ATTRIBUTION and _is_attribution(text, opened=opened, marked_below=below):
            return QuoteStart(start, line + 1, {"attribution": text})
    return None


def _has_end(line: str) -> bool:
    """A cheap look: a verb or an address stands in a line that ends with a colon."""
    if line.endswith((">:", "> :", ">\xa0:")):
        return True
    end = line[-words.LONGEST_REST :]
    if end.isascii():
        return not words.VERB_WORDS.isdisjoint(end.rstrip(" :>]").split())
    return any(verb in end for verb in words.VERBS)


def _find_verb(text: str) -> tuple[int, str, bool] | None:
    """Where the verb of an attribution stands, what follows it (in some languages the name), and whether a colon ends
    it; None when no verb is near the end.
    """
    text = text.rstrip()
    if text.endswith("]") and " [" in text:
        text = text[: text.rindex(" [")].rstrip()
    colon = text.endswith((":", "："))
    text = text[:-1].rstrip() if colon else text
    after = max(0, len(text) - words.LONGEST_REST)
    for verb in words.VERBS:
        at = text.rfind(verb, after)
        end = at + len(verb)
        if at < 0 or (at and text[at - 1].isalnum() and verb.isascii()) or text[end : end + 1].isalnum():
            continue
        rest = text[end:]
        return None if ":" in rest else (at, rest.strip(), colon)
    return None


def _is_marked_below(body: BodyLines, line: int) -> bool:
    """The quote is marked line by line, so words of the writer may follow it."""
    marks, lines = body.marks, body.lines
    while line < len(lines) and not marks[line] and not lines[line].strip():
        line += 1
    return line < len(lines) and marks[line]


def _is_attribution(text: str, *, opened: bool, marked_below: bool) -> bool:
    if not opened and words.RUN_ON.search(text):
        return False
    if text.endswith((":", "：")) and words.DATED_ADDRESS.match(text):
        return True
    dated = bool(words.DATED.search(text))
    found = _find_verb(text)
    if found is None:
        return marked_below and opened and dated and text.endswith(">") and _is_addressed(text)
    _at, rest, colon = found
    if not _is_rest(rest):
        return False
    if _is_addressed(text):
        return colon or (opened and dated)
    if not colon:
        return False
    if opened and dated:
        return True
    return marked_below and (dated or (opened and bool(words.DIGIT.search(text))) or _is_name_wrote(text))


def _is_rest(rest: str) -> bool:
    """Behind the verb stands nothing, the name, or "the following": what prose has there is no name."""
    if not rest or "@" in rest or rest.lower().startswith(words.REST_STARTS):
        return True
    return all(not word[:1].islower() or word in words.REST_WORDS or word[-1:] in "),>" for word in rest.split())


def _is_addressed(text: str) -> bool:
    """An address stands in it; one of the signs that every address has is found sooner than the address."""
    if "@" not in text and "(" not in text and "[" not in text and " at " not in text.lower():
        return False
    return bool(words.ADDRESSED.search(text)) and ("@" in text or "(at)" in text.lower() or "mailto:" in text)


def _is_name_wrote(text: str) -> bool:
    """``Ann Example wrote:`` without date and address."""
    *name, _wrote = text.split()
    named = 0 < len(name) <= _MAX_NAME and all(word[:1].isupper() for word in name)
    return named and name[0].lower() not in _NO_NAMES


def _named_before(text: str) -> Address | None:
    """Who wrote, from an attribution: the address and the name in front of it, or the name between date and verb."""
    found = find_address(text)
    before = text[: found[0]] if found else _without_verb(text)
    name = _BEFORE_NAME.split(before)[-1]
    name = _VERB_BEFORE.sub("", name).strip(" ,\"'<>[]():*\t")
    if found is None:
        return Address(name[:200], "") if name and any(letter.isupper() for letter in name) else None
    return Address(name.removesuffix("mailto:").rstrip(" <[(")[:200], text[found[0] : found[1]].lower())


def _without_verb(text: str) -> str:
    """An attribution without its verb; where the name follows the verb, the verb is a gap before it."""
    found = _find_verb(text)
    if found is None:
        return text
    at, rest, _colon = found
    if rest and not rest.lower().startswith(words.REST_STARTS):
        return rest
    return re.sub(r"\b(?:ha|heeft|hat|a|het|đã)$", "", text[:at].rstrip())


def _blocks(body: BodyLines) -> Iterator[QuoteStart]:
    """Blocks of header lines: Outlook's, Apple's, Gmail's, or Lotus Notes's, which begins above its ``To:``."""
    after = 0
    for line, (name, _value) in body.labels.items():
        if line < after or name == "cc":
            continue
        block = _notes_block(body, line, after) if name in {"to", "subject"} else None
        block = block or _labelled_block(body, line, after)
        if block:
            after = block.end
            yield block


def _labelled_block(body: BodyLines, line: int, after: int) -> QuoteStart | None:
    name, value = body.labels[line]
    if name == "from" and (found := words.INLINE_DATE.search(value)):
        fields = {"from": value[: found.start()], "sent": value[found.end() :]}
        return QuoteStart(_above_rules(body, line, after), line + 1, fields)
    if not any(number in body.labels for number in range(line + 1, line + 1 + _MAX_GAP)):
        return None
    fields, end = _collect(body, line)
    enough = "from" in fields and len({"sent", "to", "subject"} & fields.keys()) >= (1 if "sent" in fields else 2)
    if not enough and not ({"to", "subject"} <= fields.keys() and ("cc" in fields or "sent" in fields)):
        return None
    if _is_memo(body, line):
        return None
    return QuoteStart(_above_rules(body, line, after), end, fields)


def _is_memo(body: BodyLines, line: int) -> bool:
    """People head memos with ``TO:``, ``FROM:`` and ``RE:`` in capitals; no client does."""
    labels = [
        body.bare[number].partition(":")[0].strip(words.MARKS)
        for number in range(line, line + 3)
        if number in body.labels
    ]
    return labels[0].lower() in {"to", "an"} and all(label.isupper() for label in labels)


def _above_rules(body: BodyLines, line: int, after: int) -> int:
    """Outlook draws a line above its block."""
    first = line
    while first > after and line - first < _MAX_RULES and (not body.bare[first - 1] or is_rule(body.bare[first - 1])):
        first -= 1
    while first < line and not is_rule(body.bare[first]):
        first += 1
    return first


def _notes_block(body: BodyLines, to: int, after: int) -> QuoteStart | None:
    """Lotus Notes: a name, a date, then ``To:`` and ``Subject:``; the name and date may share a line or be wrapped."""
    dated = _dated_above(body, to, after)
    if dated is None:
        return None
    first = _notes_name_line(body, dated, after)
    head = " ".join(part.strip() for part in body.bare[first:to] if part and not _is_respond(part))
    if not words.NOTES_DATE.search(head) or not _is_notes_head(head):
        return None
    fields, end = _collect(body, to)
    if len(fields) < 2:  # noqa: PLR2004 - "To:" alone stands in ordinary text
        return None
    name = words.DATE_SPLIT.split(head)[0].split("Sent by:")[0].strip().removesuffix(" on")
    fields["from"] = re.sub(r"^\*?(?:From|Von)\s*:\*?\s*", "", name)
    fields["sent"] = head
    return QuoteStart(_above_rules(body, first, after), end, fields)


def _is_respond(line: str) -> bool:
    return line.lstrip().lower().startswith(("please respond", "bitte antwort", "sent by"))


def _dated_above(body: BodyLines, to: int, after: int) -> int | None:
    """The line with the date above ``To:``: blanks and "Please respond to" may lie between."""
    number, blanks = to - 1, 0
    while number >= after:
        line = body.bare[number]
        if not line or _is_respond(line):
            blanks += 1
            if blanks > _MAX_GAP:
                return None
        elif words.DATE_SPLIT.search(line):
            return number
        elif line.lstrip()[:1].isdigit() and number > after and words.DATE_SPLIT.search(body.bare[number - 1]):
            # '"Ann" on 03/08/2001 \n03:14:55 PM'
            return number - 1
        elif blanks or to - number > 1 or _MAX_ENDED < len(line):
            return None
        number -= 1
    return None


def _notes_name_line(body: BodyLines, dated: int, after: int) -> int:
    """Where the name above or beside the date stands: the header's first line."""
    before = words.DATE_SPLIT.split(body.bare[dated])[0]
    if re.search(r"[^\W\d_]{2}", before):
        return dated
    first = dated
    while first > after and dated - first < _MAX_NAME_LINES and body.bare[first - 1]:
        first -= 1
        if not _is_respond(body.bare[first]):
            break
    return first


def _is_notes_head(head: str) -> bool:
    """Nothing but a name, an address and a date stand above ``To:``; a sentence that mentions a date is none."""
    rest = words.NOTES_DATE.sub("", head)
    return len(rest.split()) <= _MAX_NAME_WORDS and not re.search(r"[a-z][.!?]\s+[A-Z]", rest)


def _collect(body: BodyLines, at: int) -> tuple[dict[str, str], int]:
    """Header fields from line ``at`` on, and the line after them; values may be folded, blanks may lie between."""
    fields: dict[str, str] = {}
    current = ""
    end = index = at
    while index < min(at + _MAX_BLOCK, len(body.bare)):
        if label := body.labels.get(index):
            current, value = label
            if current in fields and current != "cc":
                break
            fields[current] = value
            end = index + 1
        elif not body.bare[index]:
            if "subject" in fields or index - end >= _MAX_GAP:
                break
            current = current if current in {"to", "cc"} else ""
        elif current in {"to", "cc"} or (current == "subject" and index == end):
            if current == "subject" and not _folded_subject(body, index):
                break
            fields[current] = f"{fields[current]} {body.bare[index].strip()}"
            end = index + 1
        elif current not in {"from", "sent"} or index != end:
            break
        elif current == "from" and words.DATE_SPLIT.search(body.bare[index]):
            fields.setdefault("sent", body.bare[index])
        index += 1
    return fields, end


def _folded_subject(body: BodyLines, index: int) -> bool:
    """A subject goes on in the next line only if it was long and a blank line or another field follows."""
    after = index + 1
    return len(body.bare[index - 1]) > _LONG_SUBJECT and (
        after in body.labels or (after < len(body.bare) and not body.bare[after])
    )


def _header(fields: dict[str, str], body: BodyLines) -> QuotedHeader:
    sender = fields.get("from", "")
    return QuotedHeader(
        sender=read_sender(sender),
        sent_at=parse_quoted_date(fields.get("sent", sender), body.zone),
        to=read_recipients(fields.get("to", "")),
        subject=fields.get("subject", "")[:500],
    )
