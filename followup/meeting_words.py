"""How people write about meetings: the words of ``meeting_words.toml``, asked for by meaning."""

import re
import tomllib
from enum import IntEnum
from pathlib import Path
from typing import Final

from domain.word_lists import whole_words

_WORDS: Final[dict[str, dict[str, list[str]]]] = tomllib.loads(
    Path(__file__).with_suffix(".toml").read_text(encoding="utf-8")
)


def _pattern(part: str, *, boundary: str = r"\w", end: str = "") -> re.Pattern[str]:
    """Any entry of a part, as whole words of lower-case text; ``boundary`` is what must not stand beside it."""
    entries = [entry for entries in _WORDS[part].values() for entry in entries]
    return whole_words(entries, boundary=boundary, end=end)


class RecapTone(IntEnum):
    """How plainly a mail says what happened in a meeting: more is plainer."""

    NONE = 0
    COURTESY = 1
    AGREED = 2
    RECAP = 3


_TONES = (
    (RecapTone.RECAP, _pattern("recap")),
    (RecapTone.AGREED, _pattern("agreed")),
    (RecapTone.COURTESY, _pattern("courtesy")),
)
_ANNOUNCED = _pattern("announced", end=r"\s*$")
_CALLED_OFF = _pattern("called_off")
_REFUSAL = _pattern("refusal")
_HOLD = _pattern("hold")
_INSTEAD = _pattern("instead")
_POLITE = _pattern("politeness")
_SENTENCE = re.compile(r"[^.!?\n]+[.!?]*")
_FEW_WORDS, _POLITE_WORDS, _GREETING_WORDS = 2, 10, 5
_YES_OR_NO = re.compile(
    r"\s*(?:yes|no|ja|nein|oui|non|done|ok(?:ay)?|sure|of course|happy to|gerne?|natürlich|bien sûr|volontiers"
    r"|\w*day|\w*tag)\b"
)
_MINUTES_FILE = _pattern("minutes_file", boundary=r"[^\W_]")
_COMMON = frozenset(_WORDS["common"]["any"])
_ANSWER = re.compile(r"\s*(?:re|aw|antw|sv|r\u00e9f|fwd?|wg|tr)\s*(?:\[\d+\])?\s*:", re.IGNORECASE)
_WORD = re.compile(r"[^\W_]{2,}")
_BEFORE = 60
"""Characters before words of a recap in which it can be announced."""


def recap_tone(text: str) -> RecapTone:
    """How plainly words tell what happened in a meeting; a recap that is only announced or asked for does not count."""
    text = text.lower()
    for tone, pattern in _TONES:
        for match in pattern.finditer(text):
            if not _ANNOUNCED.search(text[max(0, match.start() - _BEFORE) : match.start()]):
                return tone
    return RecapTone.NONE


def is_minutes(filename: str) -> bool:
    """Whether an attachment is called minutes."""
    return _MINUTES_FILE.search(filename.lower()) is not None


def is_answer(subject: str) -> bool:
    """Whether a subject was inherited ("Re:", "AW:", "Fwd:") and so says nothing about this mail."""
    return _ANSWER.match(subject) is not None


def calls_off(text: str) -> bool:
    """Whether words cancel or move a meeting."""
    return _CALLED_OFF.search(text.lower()) is not None


def refuses(text: str) -> bool:
    """Whether an answer to a proposal is no acceptance, whatever else it says."""
    return _REFUSAL.search(text.lower()) is not None or calls_off(text)


def only_about_meeting(text: str) -> bool:
    """Whether words beside a proposal only say that things will be talked about then, or are polite.

    A figure tells something, and so does every sentence about anything else.
    """
    return all(_says_nothing_else(sentence) for sentence in _SENTENCE.findall(text.lower()))


def _says_nothing_else(sentence: str) -> bool:
    words = len(_WORD.findall(sentence))
    if any(letter.isdigit() for letter in sentence):
        return False
    polite = words <= _POLITE_WORDS and _POLITE.search(sentence) is not None
    return words <= _FEW_WORDS or polite or _INSTEAD.search(sentence) is not None


def is_polite(sentence: str) -> bool:
    """Whether a sentence is a greeting, a thank you, a farewell or a name, and no more."""
    sentence = sentence.lower()
    words = len(_WORD.findall(sentence))
    if any(letter.isdigit() for letter in sentence) or _YES_OR_NO.match(sentence):
        return False
    if words <= 1:
        return True
    return words <= _GREETING_WORDS and _POLITE.match(sentence.strip()) is not None


def is_hold(title: str) -> bool:
    """Whether a title without attendees is a hold, a focus time, a birthday or a preparation, not a meeting."""
    return _HOLD.search(title.lower()) is not None


def significant_words(text: str, *, without: frozenset[str] = frozenset()) -> frozenset[str]:
    """Return the words that tell one meeting from another, folded; ``without`` are names of the people meeting."""
    return frozenset(_WORD.findall(text.lower())) - _COMMON - without
