"""Words as they are searched: folded, so that case, accents and the two spellings of an umlaut do not matter.

"Müller", "Mueller" and "MULLER" are one word, and so are "Straße" and "Strasse", "été" and "ete". The price: "blue" and
"blu" are one word, too. Both what is searched and what is searched for go through here.
"""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

_WORD: Final = re.compile(r"[^\W_]+")
_WRITTEN: Final = re.compile(r"(?:[^\W_]|[\u0300-\u036f])+")
# Most of a text is ASCII, and the same few other letters come again and again.
_FOREIGN: Final = re.compile(r"[^\x00-\x7f]+")
_LETTERS: Final = str.maketrans({"œ": "oe", "æ": "ae", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th"})
_BLANKS: Final = {code: " " for code in range(128) if not chr(code).isalnum()}
_LONGEST: Final = 64
"""Characters of a word that count."""


def fold(text: str) -> str:
    """A text in the letters it is compared by."""
    plain = text.lower()
    if not plain.isascii():
        plain = _FOREIGN.sub(lambda run: _without_marks(run.group()), plain)
    return plain.replace("ae", "a").replace("oe", "o").replace("ue", "u")


@lru_cache(maxsize=20_000)
def _without_marks(run: str) -> str:
    # Composed first, so that a text folds alike however its accents are written.
    letters = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", run).casefold().translate(_LETTERS))
    return "".join(letter for letter in letters if not unicodedata.combining(letter)).casefold()


def words(text: str) -> list[str]:
    """The folded words of a text, in order."""
    folded = fold(text)
    found = folded.translate(_BLANKS).split() if folded.isascii() else _WORD.findall(folded)
    return [word[:_LONGEST] for word in found]


def spans(text: str) -> Iterator[tuple[int, int, list[str]]]:
    """Each stretch of letters in a text: start, end, and the folded words it stands for (one, with few exceptions)."""
    for match in _WRITTEN.finditer(text):
        yield *match.span(), _folded(match[0])


@lru_cache(maxsize=20_000)
def _folded(written: str) -> list[str]:
    return words(written)
