"""Greeting and sign-off: how somebody's own words open and close, in the languages business mail is written in."""

from collections.abc import Sequence

from extraction import courtesy_words as words
from extraction.attachment_notes import is_attachment

_MAX_ADDED = 10
_MAX_GREETING = 60
_MAX_GREETING_WORDS = 7
_MAX_NAME = 32
_MAX_NAMES = 2
_MAX_CLOSING = 60
_MAX_BLANKS = 4
_SHORT = 40


def greeting_end(lines: Sequence[str]) -> int:
    """Number of lines up to the end of the greeting; 0 without one."""
    for index, line in enumerate(lines):
        if stripped := line.strip():
            return index + 1 if _is_greeting(stripped) else 0
        if index > _MAX_BLANKS:
            break
    return 0


def _is_greeting(line: str) -> bool:
    if len(line) > _MAX_GREETING:
        return False
    spoken = line.rstrip(words.AFTER_WORD)
    ended = spoken != line
    found = words.GREETING.match(spoken)
    rest = (spoken[found.end() :] if found else spoken).replace(",", " ").replace("/", " ").split()
    if len(rest) > _MAX_GREETING_WORDS or any(not _is_addressed(word) for word in rest):
        return False
    if found:
        return True
    if not rest or rest[0].lower().strip(".") in words.NO_NAMES or spoken.isupper() or line.endswith((".", "!")):
        return False
    if rest[0].lower() in words.GROUPS:
        return ended
    return ended and rest[0][0].isupper() and len(rest) <= _MAX_NAMES + 2


def _is_addressed(word: str) -> bool:
    """A name, or one of the words greetings address people with."""
    bare = word.strip(".,()'\"*")
    return (
        not bare
        or bare.lower() in words.ADDRESSED
        or (bare[0].isupper() and bare.replace("-", "").replace("'", "").isalpha())
    )


def is_closing(line: str) -> bool:
    """A line begins with goodbye or thanks; ``line`` is stripped."""
    start = line.lstrip(words.BEFORE_WORD)[:3].lower()
    return (start in words.CLOSING_STARTS or start[:2] in words.SHORT_STARTS) and bool(words.CLOSING.match(line))


def is_only_closing(lines: Sequence[str]) -> bool:
    """Nothing is said but goodbye; thanks say something (D4.4)."""
    spoken = [line.strip() for line in lines if not line.isspace() and line]
    return all(len(line) < _SHORT and is_closing(line) and not words.THANKS.search(line) for line in spoken)


def is_only_signed(lines: Sequence[str]) -> bool:
    """Below the ``--`` stands no card, only goodbye and a name."""
    said = [line.strip() for line in lines if line.strip(words.DRAWN)]
    return 0 < len(said) <= _MAX_NAMES + 1 and all(
        (is_closing(line) and len(line) < _SHORT) or (len(line) <= _MAX_NAME and bool(words.NAME.match(line)))
        for line in said
    )


def sign_off_span(lines: Sequence[str], end: int) -> tuple[int, int]:
    """The lines of the sign-off above ``end``: goodbye, thanks, the bare name; an empty span when there is none.

    A postscript and the notes of attached files may follow.
    """
    last = _spoken_end(lines, end)
    first = _closing_start(lines, last)
    if first < last:
        return first, last
    return _signed_above(lines, last) or (end, end)


def _spoken_end(lines: Sequence[str], end: int) -> int:
    """Above the notes of attached files, drawn lines and a postscript."""
    while end and (not lines[end - 1].strip(words.DRAWN) or is_attachment(lines[end - 1])):
        end -= 1
    start = end
    while start and lines[start - 1].strip():
        start -= 1
    return _spoken_end(lines, start) if start < end and start and words.POSTSCRIPT.match(lines[start]) else end


def _closing_start(lines: Sequence[str], end: int) -> int:
    first, index, names = end, end - 1, 0
    while index >= 0:
        line = lines[index].strip()
        if line:
            if names < _MAX_NAMES and _is_signed(lines, index, line):
                names += 1
            elif len(line) > _MAX_CLOSING or "?" in line or not is_closing(line):
                break
            first = index
        index -= 1
    return first if _has_words_above(lines, first, end) else end


def _is_signed(lines: Sequence[str], index: int, line: str) -> bool:
    """A bare name or an extension, below a goodbye, a gap or a finished sentence."""
    if len(line) > _MAX_NAME:
        return False
    above = index - 1
    while above >= 0 and not lines[above].strip():
        above -= 1
    before = lines[above].strip() if above >= 0 else ""
    if is_closing(before) and len(before) < _SHORT:
        return bool(words.NICKNAME.match(line))
    if words.EXTENSION.match(line):
        return bool(words.NAME.match(before))
    gap = above < index - 1
    if words.DASHED.match(line):
        return not before.startswith(("-", "–", "—"))  # noqa: RUF001 - a list's dashes
    if words.NAME.match(line) and not _is_word(line):
        return gap or before.endswith((".", "!", "?", ")"))
    return gap and bool(words.INITIALS.match(line))


def _is_word(line: str) -> bool:
    """Looks like a name but is a heading, a day, or an answer."""
    return line.split(maxsplit=1)[0].lower().strip(".,!*-") in words.NO_NAMES or (
        line.isupper() and len(line) > len("JAMES")
    )


def _has_words_above(lines: Sequence[str], first: int, end: int) -> bool:
    return first == end or any(line.strip() for line in lines[:first]) or is_closing(lines[first].strip())


def _signed_above(lines: Sequence[str], end: int) -> tuple[int, int] | None:
    """A goodbye with a name below it, a few lines above what was added after it."""
    for index in range(end - 1, max(-1, end - _MAX_ADDED), -1):
        line = lines[index].strip()
        if line and len(line) < _SHORT and is_closing(line) and line.endswith((",", "s", "!", "n", "g")):
            name = next((at for at in range(index + 1, end) if lines[at].strip()), end)
            if name < end and len(lines[name].strip()) <= _MAX_NAME and words.NAME.match(lines[name].strip()):
                return index, name + 1
    return None
