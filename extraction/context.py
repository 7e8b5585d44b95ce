"""What a mail answers: a kind of ask, read from the words of the mail before."""

import re
import tomllib
from importlib.resources import files
from typing import Final

from extraction.blanks import squeezed
from extraction.words import fold

_WORDS: Final = tomllib.loads(files("extraction").joinpath("patterns", "context.toml").read_text(encoding="utf-8"))
_MEETING, _ASKS, _REQUEST, _QUESTION = (re.compile(_WORDS[name]) for name in ("meeting", "asks", "request", "question"))
_LIMIT: Final = 1_000


def context_of(answers: str) -> str:
    """Return ``meeting``, ``request``, ``question`` or ``told`` for what a mail answers, ``""`` for nothing known.

    Args:
        answers: The mail before, or what the writer quoted of it; its beginning is read.
    """
    text = squeezed(fold(answers[:_LIMIT]))[0].strip()
    if not text:
        return ""
    if _MEETING.search(text) and _ASKS.search(text):
        return "meeting"
    if _REQUEST.search(text):
        return "request"
    return "question" if _QUESTION.search(text) else "told"
