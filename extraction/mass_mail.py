"""Mail that goes to many, told by its words where its headers were lost or never were (D4.17).

A newsletter says how not to get it, or that nobody reads what is answered to it; or it is a page of pictures and links
with small print. "Unsubscribe me, please" is a request, and the notice below a person's mail, for whom it reaches by
mistake, is no newsletter's.
"""

import re
import tomllib
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Final

from domain.word_lists import whole_words

_WORDS: Final[dict[str, dict[str, list[str]]]] = tomllib.loads(
    Path(__file__).with_name("mass_mail_words.toml").read_text(encoding="utf-8")
)


_WAYS_OUT, _UNREAD, _NOTICE, _SMALL_PRINT = (
    whole_words(chain.from_iterable(_WORDS[part].values()), flags=re.DOTALL)
    for part in ("ways_out", "unread", "notice", "small_print")
)
_CLUES: Final = _WORDS["clues"]
_AROUND = 160
"""Characters around a clue in which the words lie that it is one of."""
_BEFORE = 200
"""Characters before "do not reply to this message" in which a notice says to whom it speaks."""
_LINK = re.compile(r"https?://|\[(?:image|cid:)")
_MANY_LINKS = 10


def is_mass_mail(text: str) -> bool:
    """Whether new words say that they go to many or that no answer is read, or are a page of links with small print."""
    text = text.lower()
    if any(True for _ in _near(text, "ways_out", _WAYS_OUT)) or any(map(_is_for_all, _near(text, "unread", _UNREAD))):
        return True
    return len(_LINK.findall(text)) >= _MANY_LINKS and bool(_SMALL_PRINT.search(text))


def _near(text: str, part: str, pattern: re.Pattern[str]) -> Iterator[re.Match[str]]:
    """Find a pattern around each clue."""
    for clue in _CLUES[part]:
        at = text.find(clue)
        while at >= 0:
            yield from pattern.finditer(text, max(0, at - _AROUND), at + _AROUND)
            at = text.find(clue, at + 1)


def _is_for_all(match: re.Match[str]) -> bool:
    return not _NOTICE.search(match.string, max(0, match.start() - _BEFORE), match.start())
