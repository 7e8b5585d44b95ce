"""The lines of a body as the zone rules look at them: without quote marks, with what each line may begin or end."""

from collections.abc import Sequence
from datetime import UTC, tzinfo
from typing import Final

from extraction import quote_words as words

_MARKS: Final = (">", "| ", ": ")
_RULED: Final = frozenset(words.RULED)
_DRAWN: Final = _RULED | {"#"}
_DRAWN_INITIALS: Final = _DRAWN.union(words.MARKS)
_MAX_MARKS = 12
_SHORT_END = 80
_MIN_RULE = 4
_HEAD: Final = _MAX_MARKS + words.LONGEST_LABEL
"""How far into a line a header's label may reach."""
_UNDECODED: Final = ("=20\n", "=09", "=3D")
_NO_MARK_ENDS: Final = (*words.COLONS, "<<", ">>>", "|")


class BodyLines:
    """The lines of a body, looked at once.

    Attributes:
        lines: In order, without their ends.
        bare: The same without quote marks in front and white space at the end.
        marks: Which lines are marked as quoted (``>``).
        marked: Some line is.
        labels: Line number to the header field it gives, see ``label_of``; ascending.
        dividers: Numbers of the lines that say that a quoted mail follows, ascending.
        verbs: Numbers of the lines that may end an attribution, ascending.
        zone: Where the quoting client stood (see ``parse_quoted_date``).
    """

    __slots__ = ("bare", "dividers", "labels", "lines", "marked", "marks", "verbs", "zone")

    def __init__(self, text: str, zone: tzinfo = UTC) -> None:
        if "\r" in text:
            text = text.replace("\r\n", "\n").replace("\r", "\n")
        self.lines = text.split("\n")
        self.zone = zone
        self.bare = [line.rstrip() for line in _decoded(text, self.lines)]
        self.marks = _marks(self.bare, text)
        self.marked = True in self.marks
        if self.marked:
            self.bare = [_unmarked(line) if mark else line for line, mark in zip(self.bare, self.marks, strict=True)]
        self.labels: dict[int, tuple[str, str]] = {}
        self.dividers: list[int] = []
        self.verbs: list[int] = []
        self._look(text)

    def _look(self, text: str) -> None:
        """One pass; every test is cheap, since most lines are ordinary."""
        asks_above = "bove th" in text or "ABOVE TH" in text
        wide = words.COLONS[1] in text
        for number, line in enumerate(self.bare):
            if not line:
                continue
            tailed = line[-1] in words.TAILS
            if tailed or line.endswith(" wrote") or ("@" in line and line.endswith(words.VERBS)):
                self.verbs.append(number)
            if (wide or ":" in line[:_HEAD]) and (label := label_of(line)):
                self.labels[number] = label
                continue
            drawn = line[0] in _DRAWN_INITIALS and _is_drawn(line)
            if ((drawn or tailed) and words.is_divider(line)) or ((drawn or asks_above) and words.is_above(line)):
                self.dividers.append(number)

    def skip_blank(self, number: int) -> int:
        """The first line from ``number`` on with something in it; the number of lines when there is none."""
        while number < len(self.bare) and not self.bare[number]:
            number += 1
        return number


def _decoded(text: str, lines: Sequence[str]) -> Sequence[str]:
    """Lines of quoted-printable text that a gateway forgot to call so, with its blanks and tabs in place."""
    if "=" not in text or not any(sign in text for sign in _UNDECODED):
        return lines
    return [line.removesuffix("=").replace("=20", " ").replace("=09", "\t") if "=" in line else line for line in lines]


def _marks(lines: Sequence[str], text: str) -> list[bool]:
    marks = [line.startswith(_MARKS) for line in lines]
    if ">" in text and (" >" in text or "\t>" in text):
        marks = [mark or line.lstrip(" \t").startswith(">") for line, mark in zip(lines, marks, strict=True)]
    if True not in marks:
        return marks
    if "\n: " in text:
        marks = [mark or line == ":" for line, mark in zip(lines, marks, strict=True)]
    for number, line in enumerate(lines):
        if marks[number] and line.endswith(_NO_MARK_ENDS):
            marks[number] = not _is_no_mark(line, below_mark=number > 0 and marks[number - 1])
    if ">From " in text:
        # What a mail folder (mbox) puts before a line of text that begins like its own dividers.
        marks = [mark and not line.startswith(">From ") for line, mark in zip(lines, marks, strict=True)]
    if ">>> " in text and all(
        line.startswith((">>> ", ">>>>>>> ")) for line, mark in zip(lines, marks, strict=True) if mark
    ):
        # Nothing is quoted three deep only; Python's prompt looks like that.
        return [False] * len(lines)
    if "<<<<<<< " in text:
        # What two people changed at once, as git shows it.
        marks = [mark and not line.startswith(">>>>>>> ") for line, mark in zip(lines, marks, strict=True)]
    return marks


def _unmarked(line: str) -> str:
    """A marked line without its marks; what is left may lose its indent."""
    return line.lstrip("> \t|") if line[0] == ">" else words.QUOTE_MARK.sub("", line)


def _is_no_mark(line: str, *, below_mark: bool) -> bool:
    """A table's border, the end of a wrapped attribution (``>:``, ``> wrote:``), or ``>>> words <<<``."""
    if line.endswith("|"):
        return line[0] == "|"
    if line.endswith(">>>"):
        return words.is_groupwise(line)
    if len(line) > _SHORT_END or line == ":":
        return False
    bare = line.strip("> \t")
    return bare.endswith("<<") or (not below_mark and bare.strip(f" {words.COLONS}") in {"", *words.VERBS})


def _is_drawn(line: str) -> bool:
    """Two or more dashes or the like in front of a word."""
    head = line[:_HEAD].lstrip(words.MARKS)
    return len(head) > 1 and head[0] in _DRAWN and head[1] in _DRAWN and line[-1] not in "_=~"


def label_of(line: str) -> tuple[str, str] | None:
    """The header field a line gives (``from``, ``sent``, ``to``, ``cc``, ``subject``) and its value, else None."""
    colon = line.find(":", 0, _HEAD)
    if colon < 0 and (colon := line.find(words.COLONS[1], 0, _HEAD)) < 0:
        return None
    name = words.LABELS.get(line[:colon].strip(words.MARKS).lower())
    return (name, line[colon + 1 :].strip(" *\t\xa0")) if name else None


def is_rule(line: str) -> bool:
    """A line of underscores, dashes or the like: Outlook draws one above a quote, people above signatures."""
    drawn = line.strip("> \t\xa0")
    if drawn[-1:] not in _RULED or "  " in drawn:
        return False
    drawn = drawn.replace(" ", "")
    return len(drawn) >= _MIN_RULE and not drawn.strip(words.RULED)
