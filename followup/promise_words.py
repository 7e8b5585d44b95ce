"""How people write about promises: the words of ``promise_words.toml``, asked for by meaning."""

import re
import tomllib
from pathlib import Path
from typing import Final

from domain.word_lists import whole_words

_WORDS: Final[dict[str, dict[str, list[str]]]] = tomllib.loads(
    Path(__file__).with_suffix(".toml").read_text(encoding="utf-8")
)
_PATTERNS: Final = {
    part: whole_words(entry for entries in lists.values() for entry in entries)
    for part, lists in _WORDS.items()
    if part != "common"
}
_WORD = re.compile(r"[^\W\d_]{2,}")
_STEM = 7
"""Letters by which a word is known: "replace" and "replacement" speak of the same."""


def says_done(text: str) -> bool:
    """Whether a mail says that it brings what was promised, or that it is done."""
    return _has("done", text)


def says_received(text: str) -> bool:
    """Whether the other side says that it arrived."""
    return _has("received", text)


def says_understood(text: str) -> bool:
    """Whether the other side says that it has what was said or sent."""
    return _has("understood", text)


def says_cannot(text: str) -> bool:
    """Whether a promise is taken back."""
    return _has("cannot", text)


def says_underway(text: str) -> bool:
    """Whether it is no answer yet, only a sign of life."""
    return _has("underway", text)


def says_not_yet(text: str) -> bool:
    """Whether it is still to come, whatever else the mail brings."""
    return _has("not_yet", text)


def says_delayed(text: str) -> bool:
    """Whether it takes longer."""
    return _has("delayed", text) or says_not_yet(text)


def says_rest_follows(text: str) -> bool:
    """Whether an answer says that it is not all of it."""
    return _has("rest", text)


def speaks_of_all(text: str) -> bool:
    """Whether an answer may be about everything that was asked."""
    return _has("all", text)


def asks_for_figure(text: str) -> bool:
    """Whether a time, a number or a price is asked for."""
    return _has("when", text)


def names_figure(text: str) -> bool:
    """Whether a time or a number is named."""
    return _has("figure", text)


def promises_to_talk(text: str) -> bool:
    """Whether all that is promised is to talk with the other side: to call, meet, or go through it in a meeting."""
    return _has("talk", text) and not _has("hands_over", text)


def promises_invitation(text: str) -> bool:
    """Whether all that is promised is to set up a meeting with the other side."""
    return _has("invites", text) and not _has("hands_over", text)


def says_told(text: str) -> bool:
    """Whether a note tells that something was handed over or talked through, not that it is still to come."""
    return _has("told", text) and not says_delayed(text)


def says_settled(text: str) -> bool:
    """Whether the client says that what was wrong is right again."""
    return _has("confirmed", text) and not says_not_yet(text)


def _has(part: str, text: str) -> bool:
    return _PATTERNS[part].search(text.lower()) is not None


def _stem(word: str) -> str:
    return word.rstrip("s")[:_STEM]


_COMMON: Final = frozenset(_stem(word) for word in _WORDS["common"]["any"])


def telling_words(text: str) -> frozenset[str]:
    """Return the words that tell one promise from another, folded."""
    return frozenset(_stem(word) for word in _WORD.findall(text.lower())) - _COMMON
