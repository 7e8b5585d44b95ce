"""The language of a text, as an ISO 639-1 code."""

import re
from functools import cache
from typing import Final

from py3langid.langid import MODEL_FILE, LanguageIdentifier

_WORD = re.compile(r"(?:https?://|www\.)\S+|\S+@\S+|[^\W\d_]+")
_LETTERS = re.compile(r"[^\W\d_]+")
_LANGUAGES: Final = "cs da de en es fi fr it ja nl no pl pt ru sv tr zh"
_MAX_TEXT = 2_000
_MIN_LETTERS = 10
_CERTAIN = 0.8


@cache
def _identifier() -> LanguageIdentifier:
    """Built on first use, from the model file inside the package; nothing is fetched."""
    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    identifier.set_languages(_LANGUAGES.split())
    return identifier


def detect_language(text: str) -> str:
    """ISO 639-1 code of ``text``, ``"und"`` when it is too short or unclear.

    Addresses, links and numbers are not looked at.
    """
    words = [word for word in _WORD.findall(text[:_MAX_TEXT]) if _LETTERS.fullmatch(word)]
    spoken = " ".join(words)
    if not spoken or (len(spoken) < _MIN_LETTERS and spoken.isascii()):
        return "und"
    code, probability = _identifier().classify(spoken)
    return str(code) if probability >= _CERTAIN else "und"
