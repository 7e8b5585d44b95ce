"""The words of the date grammar and its expressions, from ``patterns/date_words.toml`` and ``patterns/dates.toml``."""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Final

LANGUAGES: Final = ("en", "de", "fr")
"""Languages with a grammar; all others are read as English, for their numbers."""


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads(files("extraction").joinpath("patterns", name).read_text(encoding="utf-8"))


@cache
def expressions() -> dict[str, Any]:
    """Return the content of the grammar's file."""
    return _read("dates.toml")


@dataclass(frozen=True, slots=True)
class Words:
    """The date words of one language.

    Attributes:
        weekdays: Name → 0 for Monday to 6.
        months: Name → 1 to 12.
        numbers: Number word → number.
        ordinals: "first" → 1.
        short: Weekdays that are also other words; they count only with a capital, a dot or a date beside them.
        vague: Number words that leave the number open.
    """

    weekdays: dict[str, int]
    months: dict[str, int]
    numbers: dict[str, int]
    ordinals: dict[str, int]
    short: frozenset[str]
    vague: frozenset[str]


def _counted(forms: list[str], first: int) -> dict[str, int]:
    return {form: value for value, same in enumerate(forms, first) for form in same.split()}


def _words(table: dict[str, Any]) -> Words:
    return Words(
        weekdays=_counted(table["weekdays"], 0),
        months=_counted(table["months"], 1),
        numbers=_counted(table["numbers"], 1) | table["tens"],
        ordinals=_counted(table["ordinals"], 1),
        short=frozenset(table["short"].split()),
        vague=frozenset(table["vague"]),
    )


_TABLES: Final = _read("date_words.toml")
WORDS: Final = {language: _words(_TABLES[language]) for language in LANGUAGES}
"""By language."""

ZONES: Final = {form: zone for zone, forms in _TABLES["zones"].items() for form in forms.split()}
"""Short name → IANA zone."""
