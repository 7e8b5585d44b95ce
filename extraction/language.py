"""The language of a text, as an ISO 639-1 code."""

import re
from typing import Final

import pycld2

# Words are what is looked at; what the group does not take is an address or a link.
_WORD = re.compile(r"(?:https?://|www\.)\S+|\S+@\S+|([^\W\d_]+)")
_PLAIN_WORD = re.compile(r"[^\W\d_]+")
_CODES: Final = "cs da de en es fi fr it ja nl no pl pt ru sv tr zh"
_LANGUAGES: Final = frozenset(_CODES.split())
# The detector takes what is short for English unless it has a reason not to. These give it one.
_HINTS: Final = "nl,de,fr"
_BEGINNING = 200
_MAX_TEXT = 2_000
_MIN_LETTERS = 10
_PHRASE = 25
_BEYOND_DOUBT = 90
_MOST = 50


def detect_language(text: str) -> str:
    """ISO 639-1 code of ``text``, ``"und"`` when it is too short or unclear.

    Addresses, links and numbers are not looked at. Where the beginning leaves no doubt the rest is not read.
    """
    code, share = _classify(_words(text[:_BEGINNING]))
    if len(text) > _BEGINNING and (code == "und" or share < _BEYOND_DOUBT):
        code, _ = _classify(_words(text[:_MAX_TEXT]))
    return code


def _words(text: str) -> str:
    if "@" in text or "://" in text or "www." in text:
        return " ".join(filter(None, _WORD.findall(text)))
    return " ".join(_PLAIN_WORD.findall(text))


def _classify(spoken: str) -> tuple[str, int]:
    """The language of most of these words, and the percentage of them that are in it."""
    if not spoken or (len(spoken) < _MIN_LETTERS and spoken.isascii()):
        return "und", 0
    if len(spoken) > _BEGINNING:
        return _ask(spoken)
    code, share = _ask(spoken, _HINTS)
    # What a hint can change in so few words is not certain.
    return (code, share) if len(spoken) >= _PHRASE or _ask(spoken)[0] == code else ("und", 0)


def _ask(spoken: str, hints: str = "") -> tuple[str, int]:
    reliable, _, found = pycld2.detect(spoken, isPlainText=True, hintLanguageHTTPHeaders=hints)
    _, tag, share, _ = found[0]
    code = tag.partition("-")[0]
    certain = reliable or (len(spoken) > _BEGINNING and share >= _MOST)
    return (code, share) if certain and code in _LANGUAGES else ("und", 0)
