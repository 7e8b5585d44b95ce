"""Blocks of header lines above a quoted mail, as Outlook, Apple Mail, Gmail and Lotus Notes print them."""

import re
from collections.abc import Iterator

from extraction import quote_words as words
from extraction.body_lines import BodyLines, is_rule
from extraction.quote_start import QuoteStart

_WORD = re.compile(r"[^\W\d_]{2}")
_SENTENCES = re.compile(r"[a-z][.!?]\s+[A-Z]")
_FROM = re.compile(r"^\*?(?:From|Von)\s*:\*?\s*")
_MAX_BLOCK = 120
_MAX_GAP = 6
_MAX_RULES = 4
_MAX_NAME_LINES = 3
_MAX_NAME_WORDS = 14
_MAX_ENDED = 60
_LONG_SUBJECT = 55


def find_blocks(body: BodyLines) -> Iterator[QuoteStart]:
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
    if name == "from" and "@" in value and (found := words.INLINE_DATE.search(value)):
        fields = {"from": value[: found.start()], "sent": value[found.end() :]}
        return QuoteStart(_above_rules(body, line, after), line + 1, fields)
    if name == "from" and _is_lone_sender(body, line, after):
        return QuoteStart(_above_rules(body, line, after), line + 1, {"from": value})
    if not any(number in body.labels for number in range(line + 1, line + 1 + _MAX_GAP)):
        return None
    fields, end = collect_fields(body, line)
    if not _is_header(fields) or _is_memo(body, line):
        return None
    return QuoteStart(_above_rules(body, line, after), end, fields)


def _is_lone_sender(body: BodyLines, line: int, after: int) -> bool:
    """Somebody cut the block down to ``From: Ann <ann@example.com>``, a paragraph of its own below their words."""
    return (
        after < line < len(body.bare) - 1
        and not body.bare[line - 1]
        and not body.bare[line + 1]
        and line + 2 not in body.labels
        and bool(words.LONE_SENDER.match(body.labels[line][1]))
    )


def _is_header(fields: dict[str, str]) -> bool:
    """The fields of a mail, not a journey's: what goes from Ann to Bob has a subject or an address."""
    if "from" not in fields:
        return {"to", "subject"} <= fields.keys() and ("cc" in fields or "sent" in fields)
    if "subject" not in fields and not any("@" in fields.get(name, "") for name in ("from", "to", "cc")):
        return False
    return len({"sent", "to", "subject"} & fields.keys()) >= (1 if "sent" in fields else 2)


def _is_memo(body: BodyLines, line: int) -> bool:
    """People head memos with ``TO:``, ``FROM:`` and ``RE:`` in capitals; no client does."""
    numbers = (number for number in range(line, line + _MAX_GAP) if number in body.labels)
    return all(body.bare[number].partition(":")[0].strip(words.MARKS).isupper() for number in numbers)


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
    fields, end = collect_fields(body, to)
    if len(fields) < 2:  # noqa: PLR2004 - "To:" alone stands in ordinary text
        return None
    name = words.DATE_SPLIT.split(head)[0].split("Sent by:")[0].strip().removesuffix(" on")
    fields["from"] = _FROM.sub("", name)
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
        elif blanks or to - number > 1 or len(line) > _MAX_ENDED:
            return None
        number -= 1
    return None


def _notes_name_line(body: BodyLines, dated: int, after: int) -> int:
    """Where the name above or beside the date stands: the header's first line."""
    before = words.DATE_SPLIT.split(body.bare[dated])[0]
    if _WORD.search(before):
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
    return len(rest.split()) <= _MAX_NAME_WORDS and not _SENTENCES.search(rest)


def collect_fields(body: BodyLines, at: int) -> tuple[dict[str, str], int]:
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
