"""The component that says whom an ask names: "could Jana send it", "please tell Mr Okoro"."""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from importlib.resources import files
from typing import Any, Final

from spacy.language import Language
from spacy.tokens import Doc

from domain.signals import ASKS, Signal
from extraction.blanks import squeezed

_NAME: Final = r"(?P<name>[^\W\d_a-z][\w'\u2019-]{0,40}\w(?:[ ][^\W\d_a-z][\w'\u2019-]{0,40}\w){0,2})"
_RULES: Final[dict[str, Any]] = tomllib.loads(
    files("extraction").joinpath("patterns", "people.toml").read_text(encoding="utf-8")
)
_NOT_NAMES: Final = frozenset(_RULES["words"]["not_names"])
_TITLES: Final = frozenset(_RULES["words"]["titles"])
_PERSON: Final = frozenset({"PERSON", "PER"})
"""What installed spaCy packages call a person."""


@cache
def _patterns(language: str) -> tuple[re.Pattern[str], ...]:
    spoken = (*_RULES["any"]["patterns"], *_RULES.get(language, {}).get("patterns", ()))
    titles = f"(?:{'|'.join(sorted(_TITLES))})"
    return tuple(re.compile(pattern.replace("{name}", _NAME).replace("{title}", titles)) for pattern in spoken)


def persons_named(text: str, language: str) -> tuple[str, ...]:
    """Return the names of those an ask names, in the order of the text, each once.

    Args:
        text: A sentence, as written.
        language: ISO 639-1; forms of address are known in every language.
    """
    text, _ = squeezed(text)
    found = sorted(
        (match.start("name"), match["name"]) for rule in _patterns(language) for match in rule.finditer(text)
    )
    names = (_untitled(name) for _, name in found if name.split()[0] not in _NOT_NAMES)
    return tuple(dict.fromkeys(filter(None, names)))


def _untitled(name: str) -> str:
    return " ".join(word for word in name.split() if word not in _TITLES)


@Language.factory("named_people", requires=["doc._.signals"], assigns=["doc._.signals"])
def make_named_people(nlp: Language, name: str) -> "NamedPeople":
    """Create the component; it has no settings."""
    del nlp, name
    return NamedPeople()


class NamedPeople:
    """Fills ``persons`` of asks: by what the sentence says, and by what an installed spaCy package found in it."""

    def __call__(self, doc: Doc) -> Doc:
        """Name them and return the mail."""
        if doc._.signals:
            doc._.signals = tuple(self._named(signal, doc) for signal in doc._.signals)
        return doc

    def _named(self, signal: Signal, doc: Doc) -> Signal:
        if signal.kind not in ASKS:
            return signal
        names = (*persons_named(signal.quote, doc._.language), *_candidates(signal, doc))
        return replace(signal, persons=tuple(dict.fromkeys(names))) if names else signal


def _candidates(signal: Signal, doc: Doc) -> Iterator[str]:
    for entity in doc.ents:
        if entity.label_ in _PERSON and signal.start <= entity.start_char and entity.end_char <= signal.end:
            yield entity.text
