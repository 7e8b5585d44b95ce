"""A body taken apart: what its writer says, what is quoted, what is signature (SEMANTICS 1, D4.29, D5.13)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, tzinfo
from enum import StrEnum

from domain.mail import QuotedHeader, Zones
from extraction.attachment_notes import is_attachment
from extraction.attributions import part_run_on
from extraction.body_lines import BodyLines, is_rule
from extraction.boilerplate import phone_line, spoken_end
from extraction.courtesies import greeting_end, is_only_closing, is_only_signed, sign_off_span
from extraction.quote_start import QuoteStart
from extraction.quote_words import is_above
from extraction.quoted_headers import find_quote_starts, read_header
from extraction.signature import disclaimer_start, signature_start

_MAX_HEADERS = 20
_WRAPPED_REST = 30
_MAX_WRAPPED = 3
_LONG_LINE = 60
_CUT_LINE = 80
_MAX_RAGGED = 25


class LineZone(StrEnum):
    """What a line of a body belongs to, in the new mail and in every mail quoted in it."""

    GREETING = "greeting"
    TEXT = "text"
    SIGN_OFF = "sign_off"
    SIGNATURE = "signature"
    DISCLAIMER = "disclaimer"
    HEADER = "header"


@dataclass(frozen=True, slots=True)
class _Parts:
    """One writer's words: line numbers at which the parts begin and end."""

    greeting: int
    sign_off: int
    signed: int
    signature: int
    disclaimer: int


def split_zones(body_text: str, *, zone: tzinfo = UTC) -> Zones:
    """Take a plain-text body apart; every line of every zone is a line of the body, in order.

    Args:
        body_text: The whole body. Lines end in any way.
        zone: The local time of the client that wrote the mail, for dates in quoted headers.

    Returns:
        Zones; ``forwarded`` only says that the text itself calls the quoted part a forward.
    """
    body = BodyLines(part_run_on(body_text), zone)
    starts = find_quote_starts(body)
    own, quoted = _separate(body, starts)
    text = [body.lines[index] for index in own] if quoted else body.lines
    parts = _parts(text)
    if not quoted and (phone := phone_line(text, parts.signature)) is not None:
        own, quoted = own[: phone + 1], own[phone + 1 :]
        text = text[: phone + 1]
        parts = _parts(text)
    outer = next((start for start in starts if not body.marks[start.start]), starts[0] if starts else None)
    return Zones(
        reply_text=_join(text[: parts.signature]),
        quoted_text=_join([body.lines[index] for index in quoted]),
        signature=_join(text[parts.signature :]),
        headers=_headers(body, starts),
        forwarded=outer is not None and outer.forwarded,
        greeting=_join(text[: parts.greeting]),
        sign_off=_join(text[parts.sign_off : parts.signed]),
        disclaimer=_join(text[parts.disclaimer :]),
    )


def label_lines(body_text: str) -> list[LineZone]:
    """The zone of each line of a body, quoted mails taken apart like the new one; one label a line, blank or not."""
    body = BodyLines(body_text)
    starts = find_quote_starts(body)
    labels = [LineZone.TEXT] * len(body.lines)
    own, _quoted = _separate(body, starts)
    _label(labels, own, [body.lines[index] for index in own])
    own_lines = set(own)
    for stretch in _stretches(body, starts, own_lines):
        _label(labels, stretch, [body.bare[index] for index in stretch])
    for start in starts:
        labels[start.start : start.end] = [LineZone.HEADER] * (start.end - start.start)
    return labels


def _join(lines: Sequence[str]) -> str:
    return "\n".join(lines).strip()


def _parts(lines: Sequence[str]) -> _Parts:
    """Where in one writer's words the parts begin."""
    signature = signature_start(lines)
    if signature < len(lines) and is_only_closing(lines[:signature]):
        signature = 0
    disclaimer = disclaimer_start(lines, signature)
    sign_off, signed = sign_off_span(lines, signature)
    greeting = min(greeting_end(lines), sign_off)
    return _Parts(greeting, sign_off, signed, signature, disclaimer)


def _label(labels: list[LineZone], numbers: Sequence[int], lines: Sequence[str]) -> None:
    parts = _parts(lines)
    signature = LineZone.SIGN_OFF if is_only_signed(lines[parts.signature :]) else LineZone.SIGNATURE
    bounds = (
        (0, parts.greeting, LineZone.GREETING),
        (parts.sign_off, parts.signed, LineZone.SIGN_OFF),
        (parts.signature, parts.disclaimer, signature),
        (parts.disclaimer, len(lines), LineZone.DISCLAIMER),
    )
    for begin, end, zone in bounds:
        for number, line in zip(numbers[begin:end], lines[begin:end], strict=True):
            labels[number] = LineZone.TEXT if is_attachment(line) else zone


def _stretches(body: BodyLines, starts: Sequence[QuoteStart], own: set[int]) -> list[list[int]]:
    """Quoted lines by writer: a header begins another mail, and so does a different number of quote marks."""
    headers = {index for start in starts for index in range(start.start, start.end)}
    stretches: list[list[int]] = [[]]
    depth = 0
    for index, line in enumerate(body.lines):
        if index in own or index in headers:
            stretches.append([])
            continue
        if body.marks[index] and body.bare[index]:
            now = line[: len(line) - len(body.bare[index])].count(">")
            if now != depth:
                stretches.append([])
            depth = now
        stretches[-1].append(index)
    return [stretch for stretch in stretches if stretch]


def _separate(body: BodyLines, starts: Sequence[QuoteStart]) -> tuple[Sequence[int], Sequence[int]]:
    """Line numbers of the writer's own words and of what is quoted."""
    if not starts and not body.marked:
        return range(len(body.lines)), ()
    cut = len(body.lines)
    introduced: set[int] = set()
    for start in starts:
        if body.marks[start.start]:
            continue
        if _is_whole_forward(body, start) or not (_is_marked_at(body, start.end) or _stands_alone(body, start)):
            cut = start.start
            break
        introduced.update(range(start.start, start.end))
    own: list[int] = []
    quoted: list[int] = []
    wrapped = width = 0
    for index in range(cut):
        if body.marked and index and body.marks[index - 1] and not body.marks[index]:
            width = width or max((len(line.rstrip()) for line in body.lines if " " in line.strip("> ")), default=1)
            wrapped = index + _wrapped_rest(body, index, width)
        if body.marks[index] or index in introduced or index < wrapped:
            quoted.append(index)
        else:
            own.append(index)
    quoted.extend(range(cut, len(body.lines)))
    return _settled(body, own, quoted)


def _settled(body: BodyLines, own: list[int], quoted: list[int]) -> tuple[list[int], list[int]]:
    """A line drawn right above a quote belongs to it, and so do notes of attached files below it."""
    moved: set[int] = set()
    within = set(quoted)
    for number in quoted:
        above = number - 1
        while above >= 0 and not body.bare[above] and above not in within:
            above -= 1
        if above >= 0 and above not in within and is_rule(body.bare[above]):
            moved.add(above)
    below = [index for index in own if quoted and index > quoted[-1]]
    if below and spoken_end([body.lines[index] for index in below], len(below)) == 0:
        moved.update(below)
    if not moved:
        return own, quoted
    return [index for index in own if index not in moved], sorted([*quoted, *moved])


def _is_whole_forward(body: BodyLines, start: QuoteStart) -> bool:
    """Nobody answers below a forward; marks inside it are its own quotes, unless its header is marked, too."""
    return start.forwarded and bool(start.fields) and not body.marks[start.end - 1]


def _stands_alone(body: BodyLines, start: QuoteStart) -> bool:
    """What introduces a quote stands on top, above new words, or the mail would say nothing.

    It is a help desk's "reply above this line" in its own mail, or an attribution whose quote was removed.
    """
    if any(body.bare[: start.start]):
        return False
    return "attribution" in start.fields or (not start.fields and is_above(body.bare[start.start]))


def _is_marked_at(body: BodyLines, index: int) -> bool:
    """The quote is marked line by line, so words of the writer may follow it."""
    index = next((at for at in range(index, len(body.lines)) if body.marks[at] or body.bare[at]), len(body.lines))
    return index < len(body.lines) and body.marks[index]


def _wrapped_rest(body: BodyLines, first: int, width: int) -> int:
    """How many lines below a marked one are the end of it, broken off by a mail system that repeats no mark.

    Args:
        body: The body's lines.
        first: The line right below the marked one.
        width: The longest line of the body: where lines are much longer than this one, it was not broken off.
    """
    lines, count = body.lines, len(body.lines)
    last = first
    while last < count and body.bare[last] and not body.marks[last]:
        last += 1
    if last == first:
        return 0
    before = body.bare[first - 1]
    marked_below = last < count and body.marks[last]
    alone = last == first + 1 and marked_below
    if alone and (body.bare[first].endswith(" >") or before.count("(") > before.count(")")):
        return 1
    long = len(lines[first - 1].rstrip())
    if long >= _CUT_LINE and width <= long + _MAX_RAGGED:
        full = first
        while full < last - 1 and len(lines[full]) >= _LONG_LINE:
            full += 1
        return full + 1 - first
    if last - first > _MAX_WRAPPED or long < _LONG_LINE or not marked_below:
        return 0
    # What is short and follows a question is its answer.
    short = alone and len(body.bare[first].strip()) < _WRAPPED_REST and not before.endswith("?")
    return last - first if short or not before.endswith((".", "?", "!", ":")) else 0


def _headers(body: BodyLines, starts: Sequence[QuoteStart]) -> tuple[QuotedHeader, ...]:
    """What quoted mails say about themselves, outermost first."""
    found: list[QuotedHeader] = []
    for start in starts:
        if start.fields and (header := read_header(start, body.zone)) != QuotedHeader():
            found.append(header)
            if len(found) == _MAX_HEADERS:
                break
    return tuple(found)
