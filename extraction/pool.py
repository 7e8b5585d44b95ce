"""Unlabelled sentences for the teacher to judge: the corpus cut up and put together anew, the same every time.

The linear model learns what the teacher thinks of them, and so sees each phrase in more company than anybody writes.
"""

import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final
from zlib import crc32

from extraction.labelled import LabelledMail

_CLAUSE: Final = re.compile(
    r"(?:[,;:]|\s[-\u2013])\s+|\s(?=(?:and|but|so|because|if|when|while|before|und|aber|weil|wenn|et|mais)\s)"
)
_WORD: Final = re.compile(r"\b[a-zà-ÿß]{5,}\b")
_JOINS: Final = (", and ", ", but ", ", so ", "; ", " - ", ", ", " and ")
_OPENINGS: Final = (
    *(
        "Hi {}, ",
        "Hello {}, ",
        "Hey {} - ",
        "{}, ",
        "Also, ",
        "And ",
        "So ",
        "Btw ",
        "PS: ",
        "1. ",
        "- ",
        "Well, ",
        "Ok, ",
    ),
    *("As I said, ", "For now ", "In the meantime, ", "Unfortunately ", "Just to be clear, ", "Sorry, ", "Thanks. "),
)
_ENDINGS: Final = (
    " thanks",
    " please",
    " :)",
    "!!",
    " tomorrow",
    " today",
    " by the way",
    " as usual",
    " again",
    " though",
    "...",
)
_NAMES: Final = ("Ines", "Tom", "Mr Okafor", "Lena", "Raj", "team", "all", "Marta", "Joe", "Dr. Weiss", "Yuki", "Sven")


@dataclass(frozen=True, slots=True)
class PoolSentence:
    """A sentence without label, and what it answers."""

    language: str
    text: str
    answers: str = ""

    @property
    def key(self) -> int:
        """A number for what is said in answer to what, by which the teacher's judgement is found."""
        return crc32(f"{self.language}\n{self.text}\n{self.answers}".encode())


LEVELS: Final = 8
"""What the teacher thinks is kept in eighths of log odds."""


def pool(mails: Sequence[LabelledMail]) -> list[PoolSentence]:
    """Return about three sentences for each of the mails' own."""
    found = []
    words = {language: _words(mails, language) for language in sorted({mail.language for mail in mails})}
    for mail in mails:
        texts = [sentence.text for sentence in mail.sentences]
        # The same every time, whatever mails come before.
        chance = random.Random("\n".join(texts))  # noqa: S311 - no secret
        answers = " ".join(mail.answers)
        for text in texts:
            found += [
                PoolSentence(mail.language, new, answers if chance.random() < 0.5 else "")  # noqa: PLR2004 - one in two
                for new in _variants(text, texts, words[mail.language], chance)
            ]
    return found


def _words(mails: Sequence[LabelledMail], language: str) -> dict[str, list[str]]:
    """Return lower-case words by their endings, which often are their part of speech."""
    found: dict[str, set[str]] = {}
    for mail in mails:
        if mail.language == language:
            for sentence in mail.sentences:
                for word in _WORD.findall(sentence.text):
                    found.setdefault(word[-3:], set()).add(word)
    return {ending: sorted(some) for ending, some in found.items()}


def _variants(text: str, mail: Sequence[str], words: dict[str, list[str]], chance: random.Random) -> Iterator[str]:
    parts = [part.strip() for part in _CLAUSE.split(text) if len(part.split()) > 2]  # noqa: PLR2004 - words of a clause
    if len(parts) > 1:
        yield chance.choice(parts)
    yield _WORD.sub(lambda found: chance.choice(words[found.group()[-3:]]), text)
    lower = text[0].lower() + text[1:] if text[1:2].islower() else text
    kind = chance.randrange(4)
    if kind == 0:
        yield chance.choice(_OPENINGS).format(chance.choice(_NAMES)) + lower
    elif kind == 1:
        yield text.rstrip(".!?") + chance.choice(_ENDINGS)
    elif kind == 2:  # noqa: PLR2004 - the third kind
        yield chance.choice(mail).rstrip(".!?") + chance.choice(_JOINS) + lower
    else:
        yield _mistyped(text, chance)


def _mistyped(text: str, chance: random.Random) -> str:
    words = text.split(" ")
    for _ in range(max(1, len(words) // 8)):
        at = chance.randrange(len(words))
        word = words[at]
        if len(word) > 3:  # noqa: PLR2004 - letters worth mixing up
            cut = chance.randrange(1, len(word) - 1)
            words[at] = word[:cut] + word[cut + 1] + word[cut] + word[cut + 2 :]
    return " ".join(words).lower()
