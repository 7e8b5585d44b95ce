"""The lines of a body as the zone rules look at them: without quote marks, with what each line may begin or end."""

from collections.abc import Sequence
from datetime import UTC, tzinfo
from typing import Final

from extraction import quote_words as words

_MARK_INITIALS: Final = frozenset(" \t>|:")
_RULED: Final = frozenset("_=*~-")
_MAX_MARKS = 12
_SHORT_END = 80
_HEAD: Final = _MAX_MARKS + words.LONGEST_LABEL
"""How far into a line a header's label may reach."""
_UNDECODED: Final = ("=20\n", "=09", "=3D")


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

    def __init__(self, lines: Sequence[str], zone: tzinfo = UTC) -> None:
        self.lines = lines
        self.zone = zone
        self.marks = _marks(lines)
        self.marked = any(self.marks)
        self.bare = [line.rstrip() for line in _decoded(lines)]
        if self.marked:
            self.bare = [
                words.QUOTE_MARK.sub("", line) if mark else line
                for line, mark in zip(self.bare, self.marks, strict=True)
            ]
        self.labels: dict[int, tuple[str, str]] = {}
        self.dividers: list[int] = []
        self.verbs: list[int] = []
        self._look()

    def _look(self) -> None:
        """One pass; every test is cheap, since most lines are ordinary."""
        for number, line in enumerate(self.bare):
            if not line:
                continue
            if line[-1] in words.ENDS and _may_end(line):
                self.verbs.append(number)
            if (":" in line or not line.isascii()) and (label := label_of(line)):
                self.labels[number] = label
            elif _may_divide(line) and words.DIVIDER.match(line):
                self.dividers.append(number)

    def is_blank(self, number: int) -> bool:
        """Nothing stands in the line but quote marks."""
        return not self.bare[number]

    def skip_blank(self, number: int) -> int:
        """The first line from ``number`` on with something in it; the number of lines when there is none."""
        while number < len(self.bare) and not self.bare[number]:
            number += 1
        return number


def _decoded(lines: Sequence[str]) -> Sequence[str]:
    """Lines of quoted-printable text that a gateway forgot to call so, with its blanks and tabs in place."""
    text = "\n".join(lines)
    if not any(sign in text for sign in _UNDECODED):
        return lines
    return [line.removesuffix("=").replace("=20", " ").replace("=09", "\t") if "=" in line else line for line in lines]


def _marks(lines: Sequence[str]) -> list[bool]:
    marks = [line[:1] in _MARK_INITIALS and _is_marked(line) for line in lines]
    if True not in marks:
        return marks
    for number, mark in enumerate(marks):
        if mark and _is_no_mark(lines[number], below_mark=number > 0 and marks[number - 1]):
            marks[number] = False
    if any(line.startswith("<<<<<<< ") for line in lines):
        # What two people changed at once, as git shows it.
        marks = [mark and not line.startswith(">>>>>>> ") for line, mark in zip(lines, marks, strict=True)]
    return marks


def _is_marked(line: str) -> bool:
    """A quote mark in front; not a mail folder's escaped ``From``, not a table's border."""
    stripped = line.lstrip(" \t")
    if stripped.startswith(">"):
        return not stripped.startswith(">From ")
    return stripped.startswith(("| ", ": ")) and not stripped.rstrip().endswith("|")


def _is_no_mark(line: str, *, below_mark: bool) -> bool:
    """The end of a wrapped attribution (``>:``, ``> wrote:``), or words between arrows (``>>> here <<<``)."""
    if len(line) > _SHORT_END or not line.rstrip().endswith((":", "：", "<<")):
        return False
    bare = line.strip("> \t")
    return bare.endswith("<<") or (not below_mark and bare.strip(" :：") in {"", *words.VERBS})


def _may_end(line: str) -> bool:
    """An attribution may end here: with its verb, an address, or a colon behind one of them."""
    if line.endswith(words.TAILS):
        return True
    return line.endswith(words.VERBS)


def _may_divide(line: str) -> bool:
    head = line[:_HEAD].lstrip(words.MARKS)
    if not head:
        return False
    return head[0] in _RULED or (head[0] in words.DIVIDER_INITIALS and head.lower().startswith(words.DIVIDER_STARTS))


def label_of(line: str) -> tuple[str, str] | None:
    """The header field a line gives (``from``, ``sent``, ``to``, ``cc``, ``subject``) and its value, else None."""
    colon = words.COLON.search(line, 0, _HEAD)
    if colon is None:
        return None
    name = words.LABELS.get(line[: colon.start()].strip(words.MARKS).lower())
    return (name, line[colon.end() :].strip(" *\t\xa0")) if name else None


def is_rule(line: str) -> bool:
    """A line of underscores, dashes or the like: Outlook draws one above a quote, people above signatures."""
    return line.rstrip()[-1:] in _RULED and bool(words.RULE.match(line))
