"""Hours as mail names them: "3-4pm CET", "um 14 Uhr", "noon", "tomorrow morning", "COB"."""

import re
from dataclasses import dataclass
from datetime import time
from typing import Final

from extraction.date_words import ZONES, expressions

_NOON: Final = 12
_OFFICE_OPENS: Final = 8
_EXPRESSIONS: Final = {
    name: re.compile(match.replace("{zone}", "|".join(ZONES))) for name, match in expressions()["hours"].items()
}
_CLOCK, _PART = _EXPRESSIONS["clock"], _EXPRESSIONS["part"]
_BARE_END, _BARE_AMOUNT = _EXPRESSIONS["bare_end"], _EXPRESSIONS["bare_amount"]
_NOON_WORD, _HALF, _CLOSING = _EXPRESSIONS["noon"], _EXPRESSIONS["half"], _EXPRESSIONS["closing"]
_PARTS: Final = {
    "morning": (time(9), time(12)),
    "first thing": (time(9), time(12)),
    "früh": (time(9), time(12)),
    "vormittag": (time(9), time(12)),
    "lunchtime": (time(12), time(13)),
    "lunch time": (time(12), time(13)),
    "mittag": (time(12), time(13)),
    "afternoon": (time(13), time(17)),
    "nachmittag": (time(13), time(17)),
    "evening": (time(18), time(20)),
    "abend": (time(18), time(20)),
    "tonight": (time(18), time(20)),
}
_HALF_HOURS: Final = dict(
    zip(
        ["eins", "zwei", "drei", "vier", "fünf", "sechs", "sieben", "acht", "neun", "zehn", "elf", "zwölf"],
        range(1, 13),
        strict=True,
    )
)


@dataclass(frozen=True, slots=True)
class Clock:
    """An hour in a sentence.

    Attributes:
        start, end: Character offsets into the sentence.
        at, until: Local times; ``until`` only for a range.
        exact: False for a part of the day such as "morning".
        bare: A number that is an hour only beside a day ("Thursday at 10").
        closing: "EOD", "COB": the day's end, whatever the calendar says that is.
        zone: IANA name, when the writer named a zone.
    """

    start: int
    end: int
    at: time
    until: time | None = None
    exact: bool = True
    bare: bool = False
    closing: bool = False
    zone: str | None = None


def find_hours(folded: str, language: str) -> list[Clock]:
    """Return the hours a lower-cased sentence names, in order, not overlapping."""
    clocks = [Clock(m.start(), m.end(), time(17), closing=True) for m in _CLOSING.finditer(folded)]
    clocks += [Clock(m.start(), m.end(), time(12)) for m in _NOON_WORD.finditer(folded)]
    for match in _PART.finditer(folded):
        word = match["part"] or match["de"] or "vormittag"
        begin, finish = _PARTS[word]
        if language == "de" or match["part"]:
            clocks.append(Clock(match.start(), match.end(), begin, finish, exact=False))
    if language == "de":
        for match in _HALF.finditer(folded):
            hour = _HALF_HOURS[match["word"]] - 1
            clocks.append(Clock(match.start(), match.end(), time(hour + 12 if hour < _OFFICE_OPENS - 1 else hour, 30)))
    clocks += [clock for match in _CLOCK.finditer(folded) if (clock := _clock(match, language)) is not None]
    clocks.sort(key=lambda clock: (clock.start, -clock.end))
    kept: list[Clock] = []
    for clock in clocks:
        if not kept or clock.start >= kept[-1].end:
            kept.append(clock)
    return kept


def _clock(match: re.Match[str], language: str) -> Clock | None:
    first, second = match["p1"] or "", match["p2"] or ""
    if language == "de" and (first + second).startswith(("a", "p")) and not match["s1"]:
        return None
    marked = bool(first or second or (match["s1"] or "").startswith(":") or match["zone"])
    lead = (match["lead"] or "").strip()
    limit = not marked and _is_limit(match, lead)
    if (
        not marked
        and not limit
        and lead
        not in {
            "at",
            "@",
            "around",
            "about",
            "um",
            "gegen",
            "ab",
            "from",
            "between",
            "von",
            "zwischen",
        }
    ):
        return None
    minutes = match["m1"] or match["u1"]
    at = _time(match["h1"], minutes, first or _inherited(match, second), guess=not marked)
    until = _time(match["h2"], match["m2"], second or first, guess=not marked) if match["h2"] else None
    if at is None or (match["h2"] and until is None):
        return None
    if until is not None and until <= at:
        until = None
    zone = ZONES.get((match["zone"] or "").strip(" ()"))
    return Clock(match.start(), match.end(), at, until, bare=not marked and not limit, zone=zone)


def _is_limit(match: re.Match[str], lead: str) -> bool:
    """In "sort this out by 2" the number is an hour, in "cut the price by 2" or "by 2 of you" it is not."""
    return (
        lead.endswith(("by", "before", "until", "till", "bis", "vor"))
        and match["h2"] is None
        and 1 <= int(match["h1"]) <= _NOON
        and _BARE_END.search(match.string[match.end("h1") :]) is not None
        and _BARE_AMOUNT.search(match.string[: match.start()]) is None
    )


def _inherited(match: re.Match[str], second: str) -> str:
    """In "3-4pm" the first hour is also pm; in "11-1pm" it is not."""
    return (
        second if match["h2"] and int(match["h1"]) <= int(match["h2"]) % 12 + (12 if match["h2"] == "12" else 0) else ""
    )


def _time(hour: str, minutes: str | None, half: str, *, guess: bool) -> time | None:
    value = int(hour)
    if half.startswith("p") and value < _NOON:
        value += _NOON
    elif half.startswith("a") and value == _NOON:
        value = 0
    elif guess and value < _OFFICE_OPENS:  # nobody meets at 3 in the night
        value += _NOON
    if value > 23:  # noqa: PLR2004 - hours of a day
        return None
    return time(value, int(minutes or 0))
