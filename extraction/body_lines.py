"""The lines of a body, and a cheap look at them: most are ordinary, few can begin a quoted mail."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from datetime import UTC, tzinfo
from itertools import accumulate
from typing import Final

from extraction import quote_words as words

_RULED: Final = frozenset("_=*~-")
_MAX_WRAP = 4
_MAX_MARKS = 12
_NOTES_WINDOW = 4
_HEAD: Final = _MAX_MARKS + words.LONGEST_LABEL
"""How far into a line a header's label may reach."""
_INITIALS: Final = frozenset(words.MARKS).union(
    _RULED, *(start[0] + start[0].upper() for start in words.DIVIDER_STARTS)
)
"""A line that begins otherwise and has no colon is an ordinary one."""
_DIVIDER_INITIALS: Final = frozenset("".join(start[0] + start[0].upper() for start in words.DIVIDER_STARTS))


class BodyLines:
    """The lines of a body, and where in them a quote may begin: looked up once, since most lines are ordinary.

    Attributes:
        lines: In order, without their ends.
        zone: Where the quoting client stood (see ``parse_quoted_date``).
        dated: Numbers of the lines with a date and time as Lotus Notes prints it, ascending.
        candidates: Numbers of the lines worth a closer look.
    """

    __slots__ = ("candidates", "dated", "lines", "zone")

    def __init__(self, lines: Sequence[str], zone: tzinfo = UTC) -> None:
        self.lines = lines
        self.zone = zone
        text = "\n".join(lines)
        clues = list(_offsets(text.lower(), words.VERB_CLUES))
        dates = [match.start() for match in words.NOTES_CLUE.finditer(text)]
        starts = list(accumulate((len(line) + 1 for line in lines), initial=0)) if clues or dates else []
        self.dated = [bisect_right(starts, offset) - 1 for offset in dates]
        below = {bisect_right(starts, offset) - 1 for offset in clues}.union(self.dated)
        self.candidates = {number - back for number in below for back in range(_MAX_WRAP)}
        self.candidates.update(
            [
                number
                for number, line in enumerate(lines)
                if line and (line[0] in _INITIALS or ":" in line[:_HEAD] or not line.isascii()) and _may_begin(line)
            ]
        )

    def next_dated(self, index: int) -> int | None:
        """The first line from ``index`` on, within Notes's header, that has a date and time."""
        at = bisect_left(self.dated, index)
        if at < len(self.dated) and self.dated[at] < index + _NOTES_WINDOW:
            return self.dated[at]
        return None


def _offsets(text: str, clues: Sequence[str]) -> Iterator[int]:
    for clue in clues:
        offset = text.find(clue)
        while offset >= 0:
            yield offset
            offset = text.find(clue, offset + 1)


def _may_begin(line: str) -> bool:
    """A divider, a rule or a header's label may stand here."""
    head = line[:_HEAD].lstrip(words.MARKS)
    if not head:
        return line.count("*") > 1
    if head[0] in _RULED or (head[0] in _DIVIDER_INITIALS and head.lower().startswith(words.DIVIDER_STARTS)):
        return True
    return label_of(line) is not None


def label_of(line: str) -> tuple[str, str] | None:
    """The header field a line gives (``from``, ``sent``, ``to``, ``cc``, ``subject``) and its value, else None."""
    colon = words.COLON.search(line, 0, _HEAD)
    if colon is None:
        return None
    name = words.LABELS.get(line[: colon.start()].strip(words.MARKS).lower())
    return (name, line[colon.end() :].strip(" *\t\xa0")) if name else None


def strip_marks(line: str) -> str:
    """The line without the quote marks in front of it."""
    return words.QUOTE_MARK.sub("", line) if line.lstrip(" \t").startswith((">", "|")) else line


def is_rule(line: str) -> bool:
    """A line of underscores, dashes or the like: Outlook draws one above a quote, people above signatures."""
    return line.rstrip()[-1:] in _RULED and bool(words.RULE.match(line))
