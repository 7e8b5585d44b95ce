"""The language of a text, as an ISO 639-1 code."""

import re
from functools import cache
from typing import Final

import numpy as np
from py3langid.langid import MODEL_FILE, LanguageIdentifier

# Words are what is looked at; what the group does not take is an address or a link.
_WORD = re.compile(r"(?:https?://|www\.)\S+|\S+@\S+|([^\W\d_]+)")
_PLAIN_WORD = re.compile(r"[^\W\d_]+")
_LANGUAGES: Final = "cs da de en es fi fr it ja nl no pl pt ru sv tr zh"
_BEGINNING = 200
_MAX_TEXT = 2_000
_MIN_LETTERS = 10
_CERTAIN = 0.8
_BEYOND_DOUBT = 0.99


@cache
def _identifier() -> LanguageIdentifier:
    """Built on first use, from the model file inside the package; nothing is fetched."""
    every = LanguageIdentifier.from_model_file(MODEL_FILE)
    every.set_languages(_LANGUAGES.split())
    # One of its own for these languages, so that the tables of the others are given back. Half floats would be widened
    # and gathered column by column for every text.
    return LanguageIdentifier(
        np.ascontiguousarray(every.nb_ptc, dtype=np.float32),
        every.nb_pc,
        every.nb_classes,
        every.tk_nextmove,
        every.tk_output,
        norm_probs=True,
        tk_row=every.tk_row,
    )


def detect_language(text: str) -> str:
    """ISO 639-1 code of ``text``, ``"und"`` when it is too short or unclear.

    Addresses, links and numbers are not looked at. The identifier walks every letter, so where the beginning leaves no
    doubt the rest is not read.
    """
    if len(text) > _BEGINNING:
        code, probability = _classify(text[:_BEGINNING])
        if probability >= _BEYOND_DOUBT:
            return code
    code, probability = _classify(text[:_MAX_TEXT])
    return code if probability >= _CERTAIN else "und"


def _classify(text: str) -> tuple[str, float]:
    """The likeliest language of a text's words, and how likely it is."""
    if "@" in text or "://" in text or "www." in text:
        spoken = " ".join(filter(None, _WORD.findall(text)))
    else:
        spoken = " ".join(_PLAIN_WORD.findall(text))
    if not spoken or (len(spoken) < _MIN_LETTERS and spoken.isascii()):
        return "und", 0.0
    code, probability = _identifier().classify(spoken)
    return str(code), float(probability)
