"""The sentence a client puts above a quote: ``On Tue, 4 Mar 2025, Ann <ann@example.com> wrote:``, in many languages."""

import re
from collections.abc import Iterator
from typing import Final

from domain.mail import Address
from extraction import quote_words as words
from extraction.body_lines import BodyLines
from extraction.quote_start import QuoteStart
from extraction.quoted_people import find_address

_BEFORE_NAME = re.compile(
    r"\d[\d:.]*(?:\s*[AaPp]\.?[Mm]\b\.?)?(?:\s*(?:Uhr|GMT|[A-Z]{3,4}\b|\([A-Z]+\)|[+-]\d{2}:?\d{2}))*,?"
)
"""The date of an attribution; the name stands behind its last figure."""
_VERB_BEFORE = re.compile(r"^\W*(?:schrieb|skrev|schreef|a écrit)\b")
_AUXILIARY = re.compile(r"\b(?:ha|heeft|hat|a|het|đã)$")
_NO_NAMES: Final = frozenset({"i", "he", "she", "we", "they", "you", "it", "who", "ich", "er", "sie", "as", "then"})
_MAX_LINE = 1_000
_MAX_WRAP = 4
_MAX_NAME = 3
_MAX_SENDER = 200
_MAX_ATTRIBUTION = 400


def part_run_on(text: str) -> str:
    """A body whose writer's last words some phones run on into the attribution, with a line for each."""
    if " wrote:" not in text:
        return text
    pieces: list[str] = []
    done = 0
    for found in words.RUN_ON_WROTE.finditer(text):
        begin = text.rfind("\n", done, found.start()) + 1
        before = text[begin : found.start()]
        # Yahoo leaves four blanks, and marks nothing.
        known = found[1] is not None or before.endswith("   ")
        if known and before.strip(" \t>") and " wrote" not in before:
            pieces += [text[done : found.start()].rstrip(" \t-"), "\n"]
            done = found.start()
    return "".join(pieces) + text[done:] if pieces else text


def find_attributions(body: BodyLines) -> Iterator[QuoteStart]:
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
    bare = body.bare
    if words.is_groupwise(bare[line]):
        return QuoteStart(line, line + 1, {"attribution": bare[line]})
    ended = _has_end(bare[line])
    if not ended and bare[line][-1] in f"{words.COLONS}]":
        return None
    below = not body.marks[line] and _is_marked_below(body, line + 1)
    first = _first_line(body, line, after)
    if not (ended or (below and any("@" in part for part in bare[first : line + 1]))):
        return None
    for start in range(first, line + 1):
        opened = bool(words.OPENER.match(bare[start]))
        if not opened and start < line:
            continue
        text = " ".join(part.strip() for part in bare[start : line + 1])
        if len(text) <= _MAX_ATTRIBUTION and _is_attribution(text, opened=opened, marked_below=below):
            return QuoteStart(start, line + 1, {"attribution": text})
    return None


def _first_line(body: BodyLines, line: int, after: int) -> int:
    """How far up an attribution may reach that ends here."""
    bare, marks = body.bare, body.marks
    # A mail system that breaks long lines leaves the last word without a mark.
    verb_alone = bare[line].strip(" :") in words.VERBS
    first = line
    while first > after and line - first < _MAX_WRAP - 1 and bare[first - 1]:
        if marks[first - 1] != marks[line] and not (verb_alone and first == line):
            break
        first -= 1
    return first


def _has_end(line: str) -> bool:
    """A cheap look: a verb or an address stands in a line that ends with a colon."""
    if line.endswith((">:", "> :", ">\xa0:", "]:")):
        return True
    end = line[-words.LONGEST_REST :]
    if end.isascii():
        return not words.VERB_WORDS.isdisjoint(end.rstrip(" :>]").split())
    return any(verb in end for verb in words.VERBS)


def _find_verb(text: str) -> tuple[int, str, bool] | None:
    """Where the verb stands near the end, what follows it (in some languages the name), whether a colon ends it."""
    text = text.rstrip()
    if text.endswith("]") and " [" in text:
        text = text[: text.rindex(" [")].rstrip()
    colon = text.endswith(tuple(words.COLONS))
    text = text[:-1].rstrip() if colon else text
    after = max(0, len(text) - words.LONGEST_REST)
    for verb in words.VERBS:
        at = text.rfind(verb, after)
        end = at + len(verb)
        if at < 0 or (at and text[at - 1].isalnum() and verb.isascii()) or text[end : end + 1].isalnum():
            continue
        rest = words.TIME.sub("", text[end:])
        return None if ":" in rest else (at, rest.strip(), colon)
    return None


def _is_marked_below(body: BodyLines, line: int) -> bool:
    """The quote is marked line by line, so words of the writer may follow it."""
    marks, lines = body.marks, body.lines
    while line < len(lines) and not marks[line] and not lines[line].strip():
        line += 1
    return line < len(lines) and marks[line]


def _is_attribution(text: str, *, opened: bool, marked_below: bool) -> bool:
    """It reads as one: a verb near the end, and a date, an address or a quote below that prose has not."""
    if not opened and words.RUN_ON.search(text):
        return False
    if text.endswith(tuple(words.COLONS)) and words.DATED_ADDRESS.match(text):
        return True
    dated = bool(words.DATED.search(text))
    found = _find_verb(text)
    if found is None:
        told = text.endswith(tuple(words.COLONS)) or (opened and text.endswith(">"))
        return marked_below and told and (dated or words.QUOTING.match(text) is not None) and _is_addressed(text)
    _at, rest, colon = found
    if not _is_rest(rest):
        return False
    if _is_addressed(text) or not colon:
        named = marked_below and not rest and _is_name_wrote(text)
        return colon or named or (opened and dated and _is_addressed(text))
    weak = dated or (opened and bool(words.DIGIT.search(text))) or _is_name_wrote(text)
    return (opened and dated) or (marked_below and weak)


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


def attribution_sender(text: str) -> Address | None:
    """Who wrote, from an attribution: the address and the name in front of it, or the name between date and verb."""
    found = find_address(text)
    before = text[: found[0]] if found else _without_verb(text)
    parts = _BEFORE_NAME.split(before)
    name = parts[0] if text.startswith(">>>") else parts[-1]
    name = _VERB_BEFORE.sub("", name).strip(" ,\"'<>[]():*\t")
    if found is None:
        return Address(name[:_MAX_SENDER], "") if name and any(letter.isupper() for letter in name) else None
    return Address(name.removesuffix("mailto").rstrip(" <[(")[:_MAX_SENDER], text[found[0] : found[1]].lower())


def _without_verb(text: str) -> str:
    """An attribution without its verb; where the name follows the verb, the verb is a gap before it."""
    found = _find_verb(text)
    if found is None:
        return text
    at, rest, _colon = found
    if rest and not rest.lower().startswith(words.REST_STARTS):
        return rest
    return _AUXILIARY.sub("", text[:at].rstrip())
