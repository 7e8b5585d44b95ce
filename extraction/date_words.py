"""The words of the date grammar, English and German, and its expressions from ``patterns/dates.toml``."""

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any, Final


@cache
def expressions() -> dict[str, Any]:
    """Return the content of the grammar's file."""
    return tomllib.loads(files("extraction").joinpath("patterns", "dates.toml").read_text(encoding="utf-8"))


WEEKDAYS: Final = {
    "en": {
        **dict.fromkeys(("monday", "mon"), 0),
        **dict.fromkeys(("tuesday", "tues", "tue"), 1),
        **dict.fromkeys(("wednesday", "wed", "weds"), 2),
        **dict.fromkeys(("thursday", "thurs", "thur", "thu"), 3),
        **dict.fromkeys(("friday", "fri"), 4),
        **dict.fromkeys(("saturday", "sat"), 5),
        **dict.fromkeys(("sunday", "sun"), 6),
    },
    "de": {
        **dict.fromkeys(("montag", "mo"), 0),
        **dict.fromkeys(("dienstag", "di"), 1),
        **dict.fromkeys(("mittwoch", "mi"), 2),
        **dict.fromkeys(("donnerstag", "do"), 3),
        **dict.fromkeys(("freitag", "fr"), 4),
        **dict.fromkeys(("samstag", "sonnabend", "sa"), 5),
        **dict.fromkeys(("sonntag", "so"), 6),
    },
}
SHORT_WEEKDAYS: Final = frozenset({"mon", "wed", "sat", "sun", "mo", "di", "mi", "do", "fr", "sa", "so"})
"""Also other words; they count only when written with a capital and, in German, with a dot or a date behind."""

_MONTHS_EN: Final = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
]
_MONTHS_DE: Final = [
    "januar",
    "februar",
    "märz",
    "april",
    "mai",
    "juni",
    "juli",
    "august",
    "september",
    "oktober",
    "november",
    "dezember",
]
MONTHS: Final = {
    "en": {
        **{name: number for number, name in enumerate(_MONTHS_EN, 1)},
        **{name[:3]: number for number, name in enumerate(_MONTHS_EN, 1)},
        "sept": 9,
    },
    "de": {
        **{name: number for number, name in enumerate(_MONTHS_DE, 1)},
        **{name[:3]: number for number, name in enumerate(_MONTHS_DE, 1)},
        "jänner": 1,
        "sept": 9,
        "maerz": 3,
    },
}
NUMBERS: Final = {
    "en": {
        **{
            word: number
            for number, word in enumerate(
                [
                    "one",
                    "two",
                    "three",
                    "four",
                    "five",
                    "six",
                    "seven",
                    "eight",
                    "nine",
                    "ten",
                    "eleven",
                    "twelve",
                    "thirteen",
                    "fourteen",
                    "fifteen",
                ],
                1,
            )
        },
        "a": 1,
        "an": 1,
        "a couple of": 2,
        "couple of": 2,
        "a few": 3,
        "few": 3,
    },
    "de": {
        **{
            word: number
            for number, word in enumerate(
                ["ein", "zwei", "drei", "vier", "fünf", "sechs", "sieben", "acht", "neun", "zehn", "elf", "zwölf"], 1
            )
        },
        "eine": 1,
        "einer": 1,
        "einem": 1,
        "einen": 1,
        "vierzehn": 14,
        "ein paar": 3,
        "einigen": 3,
        "wenigen": 3,
    },
}
VAGUE_NUMBERS: Final = frozenset({"a couple of", "couple of", "a few", "few", "ein paar", "einigen", "wenigen"})

ZONES: Final = {
    "utc": "UTC",
    "gmt": "UTC",
    "bst": "Europe/London",
    "cet": "Europe/Berlin",
    "cest": "Europe/Berlin",
    "mez": "Europe/Berlin",
    "mesz": "Europe/Berlin",
    "eet": "Europe/Helsinki",
    "est": "America/New_York",
    "edt": "America/New_York",
    "et": "America/New_York",
    "cst": "America/Chicago",
    "cdt": "America/Chicago",
    "ct": "America/Chicago",
    "mst": "America/Denver",
    "mdt": "America/Denver",
    "pst": "America/Los_Angeles",
    "pdt": "America/Los_Angeles",
    "pt": "America/Los_Angeles",
    "ist": "Asia/Kolkata",
    "sgt": "Asia/Singapore",
    "jst": "Asia/Tokyo",
    "aest": "Australia/Sydney",
}
