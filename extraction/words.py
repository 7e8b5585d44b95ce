"""Words of a mail as patterns and the classifier see them: folded text, and what is a word in it."""

import re
from typing import Final

import numpy as np
import numpy.typing as npt
from spacy.strings import get_string_id

from extraction.date_words import WORDS

_FOLD: Final = str.maketrans("\n\r\t\xa0\u2019\u2018\u02bc\u0060\u00b4\u201c\u201d", " " * 4 + "'" * 5 + '"' * 2)
_PLAIN: Final = str.maketrans("\n\r\t`", "   '")
_WORD: Final = re.compile(
    r"[^\W\d_]+(?:'[^\W\d_]+)*|https?://\S+|www\.\S+|\d[\d.,:/]*|\?+|!+|\.{2,}|[^\w\s]|_+", re.UNICODE
)
_ADDRESS: Final = re.compile(r"(?:https?://|www\.)\S+|[\w.+-]+@[\w-]+\.[\w.-]+")
_MOST: Final = 50_000
_PREFIX, _SUFFIX = 5, 3


def fold(text: str) -> str:
    """Return ``text`` lower-cased with plain quotes and blanks, every character at its old offset."""
    if text.isascii():
        return text.translate(_PLAIN).lower()
    folded = text.translate(_FOLD)
    lowered = folded.lower()
    if len(lowered) != len(folded):
        lowered = "".join(low if len(low := char.lower()) == 1 else char for char in folded)
    return lowered


def words_of(folded: str) -> list[str]:
    """Return the words and marks of folded text; addresses and links are one word each."""
    if "@" in folded or "://" in folded or "www." in folded:
        folded = _ADDRESS.sub(" https://a ", folded)
    return _WORD.findall(folded)


def _classes() -> dict[str, str]:
    short = {word for words in WORDS.values() for word in words.short}
    weekdays = {word for words in WORDS.values() for word in words.weekdays} - short | {"mon", "wed"}
    months = {word for words in WORDS.values() for word in words.months} - {"may", "march", "mar", "mars"}
    relative = {"today", "tomorrow", "yesterday", "tonight", "heute", "morgen", "gestern", "übermorgen"}
    classes = (("<weekday>", weekdays), ("<month>", months), ("<relative>", relative))
    return {word: name for name, words in classes for word in words}


_CLASSES: Final = _classes()
_SPELT: Final = {"pls": "please", "plz": "please", "u": "you", "thx": "thanks", "tks": "thanks", "ur": "your"}
Hashes = npt.NDArray[np.uint64]


def word_class(word: str) -> str:
    """Return what stands for a word: days, months, numbers and links are classes, others themselves."""
    if word[0].isdigit():
        return "<time>" if ":" in word else "<number>" if len(word) < 6 else "<long number>"  # noqa: PLR2004
    if word.startswith(("https:", "http:", "www.")):
        return "<address>"
    if word[0] in "?!." and len(word) > 1:
        return word[0] * 2 if word[0] == "." else word[0]
    return _CLASSES.get(word) or _SPELT.get(word, word)


class WordTable(dict[str, int]):
    """Numbers of words in the order they come, with the hashes of each word, its beginning and its end.

    It forgets everything when it has grown large, so that a year of mail takes no more memory than a day.
    """

    def __init__(self) -> None:
        super().__init__()
        self._new: list[str] = []
        self._hashes: Hashes = np.empty((0, 3), dtype=np.uint64)

    def __missing__(self, word: str) -> int:
        number = len(self)
        self[word] = number
        self._new.append(word_class(word))
        return number

    def hashes(self, words: list[str]) -> Hashes:
        """Return one row a word: hash of the word, of its first letters, of its last letters."""
        if len(self) > _MOST:
            self.clear()
            self._hashes = self._hashes[:0]
        numbers = np.fromiter(map(self.__getitem__, words), dtype=np.int64, count=len(words))
        if self._new:
            rows = [(get_string_id(w), *_affixes(w)) for w in self._new]
            self._hashes = np.concatenate([self._hashes, np.array(rows, dtype=np.uint64)])
            self._new.clear()
        found: Hashes = self._hashes[numbers]
        return found


def _affixes(word: str) -> tuple[int, int]:
    if len(word) <= _SUFFIX or word[0] == "<":
        return 0, 0
    return get_string_id(word[:_PREFIX] + "*"), get_string_id("*" + word[-_SUFFIX:])
