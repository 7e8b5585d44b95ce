"""The language of a text, as an ISO 639-1 code."""

import re
from collections import Counter
from functools import cache
from typing import Final

from lingua import Language, LanguageDetector, LanguageDetectorBuilder

_WORD = re.compile(r"[^\W\d_]+")
_MIN_WORDS = 3
_MAX_TEXT = 2_000
_DECIDED: Final = 2
# Words frequent in one of the languages and absent from the others.
_TELLING: Final = {
    "en": "the and of is are was were have has been will would could should your you we our they this that with from for please what which when there can do not",
    "de": "der und das ist nicht wir ihr ihre ihnen sie für mit auf den dem ein eine bitte haben wird wurde können auch noch bei zum zur über dass ich uns",
    "fr": "les des est vous nous pour dans une avec sur votre vos notre que qui pas sont cette avez merci bonjour être mais aux",
    "es": "los las el es una por para con que su usted nosotros está muy hola gracias como pero más ser nuestro este esta del",
    "nl": "het een van wij jullie niet voor zijn met dat naar ook maar bij graag heeft kunnen wordt ik uw deze onze nog hebben",
    "it": "il di che per una con non sono della del gli siamo abbiamo grazie nostro vostro questo anche più alla dei nel può",
    "pt": "os das dos uma não com você nós para obrigado está são nosso sua pelo mais também ao na no um por favor seu",
}
_VOTES: Final = {
    word: tuple(code for code, words in _TELLING.items() if word in words.split())
    for words in _TELLING.values()
    for word in words.split()
}


@cache
def _detector() -> LanguageDetector:
    """Built on first use: clear texts never need it."""
    languages = (
        Language.ENGLISH,
        Language.GERMAN,
        Language.FRENCH,
        Language.SPANISH,
        Language.DUTCH,
        Language.ITALIAN,
        Language.PORTUGUESE,
    )
    others = (
        Language.POLISH,
        Language.SWEDISH,
        Language.DANISH,
        Language.RUSSIAN,
        Language.CHINESE,
        Language.JAPANESE,
        Language.TURKISH,
        Language.CZECH,
    )
    return LanguageDetectorBuilder.from_languages(*languages, *others).with_minimum_relative_distance(0.1).build()


def detect_language(text: str) -> str:
    """ISO 639-1 code of ``text``, ``"und"`` when it is too short or unclear.

    Function words decide the common case; a statistical model is asked only when they do not.
    """
    words = _WORD.findall(text[:_MAX_TEXT].lower())
    if len("".join(words)) < _MIN_WORDS * 2:
        return "und"
    votes: Counter[str] = Counter()
    for word in words:
        for code in _VOTES.get(word, ()):
            votes[code] += 1
    ranked = votes.most_common(2)
    if ranked and ranked[0][1] >= _DECIDED and (len(ranked) == 1 or ranked[0][1] >= 2 * ranked[1][1]):
        return ranked[0][0]
    if len(words) < _MIN_WORDS and all(word.isascii() for word in words):
        return "und"
    found = _detector().detect_language_of(" ".join(words))
    return found.iso_code_639_1.name.lower() if found else "und"
