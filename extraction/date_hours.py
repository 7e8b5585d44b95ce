"""Hours as mail names them: "3-4pm CET", "um 14 Uhr", "14h30", "quarter past three", "tomorrow morning", "COB"."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import time
from functools import cache
from typing import Final

from extraction.date_words import WORDS, ZONES, expressions

_NOON: Final = 12
_DAY: Final = 24
_OFFICE_OPENS: Final = 8
_NEAR: Final = 30
"""Characters between an hour and the part of the day that says which half it means."""
_PARTS: Final = {
    **dict.fromkeys(("morning", "first thing", "früh", "frueh", "vormittag", "matin"), (time(9), time(12))),
    **dict.fromkeys(("lunchtime", "lunch time", "mittag"), (time(12), time(13))),
    **dict.fromkeys(("afternoon", "nachmittag", "après-midi", "apres-midi"), (time(13), time(17))),
    **dict.fromkeys(("evening", "abend", "tonight", "tonite", "night", "soir", "soirée"), (time(18), time(20))),
}
_LEADS: Final = frozenset(
    ("at", "@", "around", "about", "approximately", "for", "um", "gegen", "ab", "from", "between", "von", "zwischen",
     "à", "vers", "dès", "de")
)  # fmt: skip
"""Words before a bare number that may make it an hour, if a day is near."""


@dataclass(frozen=True, slots=True)
class Clock:
    """An hour in a sentence.

    Attributes:
        start, end: Character offsets into the sentence.
        at, until: Local times; ``until`` only for a range.
        exact: False for a part of the day such as "morning".
        bare: A number that is an hour only beside a day ("Thursday at 10").
        open_half: Morning or afternoon was not said, only guessed.
        closing: "EOD", "COB": the day's end, whatever the calendar says that is.
        next_day: Midnight, which begins the day after.
        today: "this afternoon": the day is said as well.
        zone: IANA name, when the writer named a zone.
    """

    start: int
    end: int
    at: time
    until: time | None = None
    exact: bool = True
    bare: bool = False
    open_half: bool = False
    closing: bool = False
    next_day: bool = False
    today: bool = False
    zone: str | None = None


@cache
def _expressions(language: str) -> dict[str, re.Pattern[str]]:
    words = WORDS[language].numbers
    hours = [word for word, value in words.items() if value <= _NOON and word not in WORDS[language].vague]
    hours = [word for word in hours if word not in {"a", "an", "un", "une", "ein", "eine", "einer", "einem", "einen"}]
    minutes = [word for word, value in words.items() if value >= 5]  # noqa: PLR2004 - "at three five" is none
    tens = [f"{ten}[ -]{one}" for ten in ("twenty", "thirty", "forty", "fifty") for one in words if one.isalpha()]
    zones = [zone for zone in ZONES if language == "en" or zone not in {"et", "ct", "pt", "est", "ist"}]
    fill = {
        "{zone}": "|".join(zones),
        "{hour}": _either(hours),
        "{minute}": _either([*tens, *minutes]),
    }
    filled = {}
    for name, match in expressions()["hours"].items():
        for mark, words_of in fill.items():
            match = match.replace(mark, words_of)  # noqa: PLW2901 - filled step by step
        filled[name] = re.compile(match)
    return filled


def _either(words: list[str]) -> str:
    return "|".join(sorted(words, key=len, reverse=True))


def find_hours(folded: str, language: str) -> list[Clock]:
    """Return the hours a lower-cased sentence names, in order, not overlapping."""
    found = [clock for read in _READERS for clock in read(folded, language)]
    found.sort(key=lambda clock: (clock.start, -clock.end))
    kept: list[Clock] = []
    for clock in found:
        if not kept or clock.start >= kept[-1].end:
            kept.append(clock)
    return _halves_settled(kept)


def _halves_settled(clocks: list[Clock]) -> list[Clock]:
    """Let "in the afternoon" and "this evening" say which half of the day the hour beside them lies in."""
    settled: list[Clock] = []
    for clock in clocks:
        before = settled[-1] if settled else None
        if before is None or clock.start - before.end > _NEAR or before.exact == clock.exact or before.closing:
            settled.append(clock)
            continue
        hour, part = (before, clock) if before.exact else (clock, before)
        if hour.closing or hour.until or not (hour.bare or hour.open_half):
            settled.append(clock)
            continue
        at = _in_half(hour.at, part.at)
        settled[-1] = replace(
            hour, start=before.start, end=clock.end, at=at, bare=False, open_half=False, today=part.today
        )
    return settled


def _in_half(at: time, part: time) -> time:
    late = part.hour >= _NOON
    if late and at.hour < _NOON:
        return at.replace(hour=at.hour + _NOON)
    if not late and at.hour > _NOON:
        return at.replace(hour=at.hour - _NOON)
    return at


def _fixed(folded: str, language: str) -> Iterator[Clock]:
    """Find the day's end, noon and midnight."""
    found = _expressions(language)
    yield from (Clock(m.start(), m.end(), time(17), closing=True) for m in found["closing"].finditer(folded))
    yield from (Clock(m.start(), m.end(), time(12)) for m in found["noon"].finditer(folded))
    yield from (Clock(m.start(), m.end(), time(0), next_day=True) for m in found["midnight"].finditer(folded))


def _parts(folded: str, language: str) -> Iterator[Clock]:
    """Find "tomorrow morning", "Dienstagnachmittag", "ce soir"."""
    for match in _expressions(language)["part"].finditer(folded):
        own = {"en": match["part"], "de": match["de"] or ("vormittag" if match["am"] else None), "fr": match["fr"]}
        if word := own[language] or match["part"]:
            begin, finish = _PARTS[word]
            today = match[0].startswith("this") or word in {"tonight", "tonite"}
            yield Clock(match.start(), match.end(), begin, finish, exact=False, bare=not today, today=today)


def _german_halves(folded: str, language: str) -> Iterator[Clock]:
    if language == "de":
        for match in _expressions(language)["half"].finditer(folded):
            hour = WORDS["de"].numbers.get(match["word"], 1) - 1
            yield Clock(match.start(), match.end(), _afternoon(time(hour, 30)), open_half=True)


def _afternoon(at: time) -> time:
    """Read an hour without its half as office hours: nobody meets at 3 in the night."""
    return at.replace(hour=at.hour + _NOON) if 0 < at.hour < _OFFICE_OPENS else at


def _spoken(folded: str, language: str) -> Iterator[Clock]:
    """Find "quarter past three", "20 minutes to 2pm", "half three", "Viertel nach neun"."""
    for match in _expressions(language)["spoken"].finditer(folded):
        numbers = WORDS[language].numbers
        past = _minutes_past(match, numbers)
        word = match["h"]
        hour = {"noon": 12, "midnight": 0}.get(word) if word in {"noon", "midnight"} else _number(word, numbers)
        if past is None or hour is None or hour >= _DAY:
            continue
        half, marked = (match["p"] or "").strip(), bool(match["hs"] or word in {"noon", "midnight"})
        total = (hour * 60 + past) % (_DAY * 60)
        at = time(*divmod(total, 60))
        if half[:1] == "p" and at.hour < _NOON:
            at = at.replace(hour=at.hour + _NOON)
        guessed = not marked and half[:1] not in {"a", "p"}
        yield Clock(match.start(), match.end(), _afternoon(at) if guessed else at, open_half=guessed)


def _minutes_past(match: re.Match[str], numbers: dict[str, int]) -> int | None:
    """Return the minutes after the full hour, negative before it."""
    if match["german"]:
        before = {"viertel": 15, "dreiviertel": -15, "halb": -30}[match["german"]]
        return before if match["gway"] != "vor " else -before
    part = match["part"].removeprefix("a ")
    if part.startswith(("quarter", "half")):
        minutes: int | None = 15 if part.startswith("quarter") else 30
    else:
        minutes = _number(re.sub(r" (?:minutes?|mins?)$", "", part), numbers)
    if minutes is None or not 0 < minutes < 60:  # noqa: PLR2004 - minutes of an hour
        return None
    return minutes if match["way"] in {"past", "after"} else -minutes


def _number(word: str, numbers: dict[str, int]) -> int | None:
    if word.isdigit():
        return int(word)
    tens, _, ones = word.replace("-", " ").partition(" ")
    known = numbers.get(tens)
    return None if known is None else known + numbers.get(ones, 0)


def _named(folded: str, language: str) -> Iterator[Clock]:
    """Find hours in words: "at three", "ten thirty am", "half three", "drei Uhr"."""
    for match in _expressions(language)["named"].finditer(folded):
        numbers, half = WORDS[language].numbers, (match["p"] or "").strip()
        lead = (match["lead"] or "").strip()
        minute = 30 if lead == "half" else _number(match["m"], numbers) if match["m"] else 0
        if not (half or lead in _LEADS | {"half", "by", "before", "until"}) or minute is None or minute >= 60:  # noqa: PLR2004
            continue
        at = time(numbers[match["h"]] % _DAY, minute)
        if half[:1] == "p" and at.hour < _NOON:
            at = at.replace(hour=at.hour + _NOON)
        guessed = half[:1] not in {"a", "p"}
        bare = not half and not match["m"] and lead != "half"
        at = _afternoon(at) if guessed else at
        yield Clock(match.start(), match.end(), at, bare=bare, open_half=guessed)


def _military(folded: str, language: str) -> Iterator[Clock]:
    """Find "at 1030", "330 p.m.", "at 3 15"."""
    for match in _expressions(language)["military"].finditer(folded):
        hour, minute = match["h"] or match["h3"] or match["h4"], match["m"] or match["m3"] or match["m4"]
        at = _time(hour, minute, match["p3"] or "", guess=not match["p3"] and not hour.startswith("0"))
        if at is not None:
            yield Clock(match.start(), match.end(), at, open_half=bool(match["h4"]))


def _digits(folded: str, language: str) -> Iterator[Clock]:
    for match in _expressions(language)["clock"].finditer(folded):
        clock = _clock(match, language)
        if clock is not None:
            yield clock


def _clock(match: re.Match[str], language: str) -> Clock | None:
    first, second = _half_word(match["p1"]), _half_word(match["p2"])
    separator = match["s1"] or ""
    if language != "en" and (first + second).startswith(("a", "p")) and not separator:
        return None
    if first in {"a", "p"} and not separator:  # "3p" may be pence, "1 a" an article
        return None
    marked = bool(first or second or separator[:1] == ":" or "h" in separator or match["zone"])
    lead = (match["lead"] or "").strip().split(" ")[-1]
    limit = not marked and (_is_limit(match, lead, language) or _opens(match, lead, language))
    if not marked and not limit and lead not in _LEADS:
        return None
    minutes = match["m1"] or match["n1"] or match["f1"] or match["u1"]
    spoken = bool(first[:1] in {"a", "p"} or second[:1] in {"a", "p"})
    guess = not spoken and "h" not in separator + first and "u" not in first and not match["h1"].startswith("0")
    at = _time(match["h1"], minutes, first or _inherited(match, second), guess=guess)
    if at is not None and match["sec"]:
        at = at.replace(second=int(match["sec"]))
    until = _time(match["h2"], match["m2"] or match["n2"], second or first, guess=guess) if match["h2"] else None
    if at is None or (match["h2"] and until is None):
        return None
    if until is not None and until <= at:
        until = None
    zone = ZONES.get((match["zone"] or "").strip(" ()"))
    bare = not marked and not limit
    return Clock(match.start(), match.end(), at, until, bare=bare, open_half=guess and not until, zone=zone)


def _half_word(text: str | None) -> str:
    """Return "a", "pm", "uhr", "h" and the like without blanks and dots."""
    return re.sub(r"[ .]", "", text or "")


def _is_limit(match: re.Match[str], lead: str, language: str) -> bool:
    """In "sort this out by 2" the number is an hour, in "cut the price by 2" or "by 2 of you" it is not."""
    found = _expressions(language)
    return (
        lead in {"by", "before", "until", "till", "bis", "vor", "avant"}
        and match["h2"] is None
        and 1 <= int(match["h1"]) <= _NOON
        and found["bare_end"].search(match.string[match.end("h1") :]) is not None
        and found["bare_amount"].search(match.string[: match.start()]) is None
    )


def _opens(match: re.Match[str], lead: str, language: str) -> bool:
    """In "9 tomorrow" the number is an hour if the sentence begins with it; in "we need 9 tomorrow" it is not."""
    alone = not match.string[: match.start()].strip() and not lead and match["h2"] is None
    after = _expressions(language)["day_after"].match(match.string[match.end("h1") :])
    return alone and after is not None and 1 <= int(match["h1"]) <= _NOON


def _inherited(match: re.Match[str], second: str) -> str:
    """In "3-4pm" the first hour is also pm; in "11-1pm" it is not."""
    if not match["h2"]:
        return ""
    later = int(match["h2"]) % _NOON + (_NOON if match["h2"] == "12" else 0)
    return second if int(match["h1"]) <= later else ""


def _time(hour: str, minutes: str | None, half: str, *, guess: bool) -> time | None:
    value = int(hour)
    if half.startswith("p") and value < _NOON:
        value += _NOON
    elif half.startswith("a") and value == _NOON:
        value = 0
    elif guess and 0 < value < _OFFICE_OPENS:  # nobody meets at 3 in the night
        value += _NOON
    if value >= _DAY:
        return None
    return time(value, int(minutes or 0))


_READERS: Final[tuple[Callable[[str, str], Iterator[Clock]], ...]] = (
    _fixed,
    _german_halves,
    _spoken,
    _named,
    _military,
    _digits,
    _parts,
)
