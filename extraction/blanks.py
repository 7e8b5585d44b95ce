"""White space in the words of a mail."""

import re
from collections.abc import Sequence
from typing import Final

_RUN: Final = re.compile(r"\s{2,}")
# Found sooner, all of them, than a text is split at white space.
_RARE: Final = [blank for blank in map(chr, range(0x3001)) if blank.isspace() and blank not in " \n"]


def on_one_line(text: str) -> str:
    """Return ``" ".join(text.split())``: one blank for each run of white space, none at either end."""
    if any(blank in text for blank in _RARE):
        return " ".join(text.split())
    text = text.replace("\n", " ")
    while "  " in text:
        text = text.replace("  ", " ")
    return text.strip(" ")


def squeezed(text: str) -> tuple[str, Sequence[int]]:
    """Return ``text`` with one blank for each run of white space, and where each of its characters stood.

    A line that was wrapped ends in a blank and a break (``format=flowed``, RFC 3676): phrases go on behind it. The
    places have one more at the end, so that the end of a span can be looked up, too.
    """
    # A run has one of these, with exceptions nobody types, and they are found much sooner.
    if "  " not in text and "\n" not in text and "\t" not in text and "\u00a0" not in text:
        return text, range(len(text) + 1)
    parts: list[str] = []
    places: list[int] = []
    last = 0
    for run in _RUN.finditer(text):
        parts += (text[last : run.start()], " ")
        places += range(last, run.start() + 1)
        last = run.end()
    if not parts:
        return text, range(len(text) + 1)
    return "".join([*parts, text[last:]]), [*places, *range(last, len(text) + 1)]
