"""The date in a quoted header, as mail clients of several languages print it."""

import re
from datetime import UTC, datetime, tzinfo
from functools import lru_cache
from typing import Final

from extraction.headers import parse_date

_NAMES: Final = (
    "jan janv ene gen",
    "feb févr fév fevr fev",
    "mar mär mrz mars marzo maart março mrt",
    "apr avr abr",
    "may mai mayo maggio mei maio mag",
    "jun juin giu",
    "jul juil lug",
    "aug août aout ago",
    "sep sept set",
    "oct okt oct ott out",
    "nov nov",
    "dec dez déc dic",
)
_MONTHS: Final = {name: number for number, names in enumerate(_NAMES, 1) for name in names.split()}
_NOON, _LAST_HOUR, _LAST_MINUTE = 12, 23, 59
_UNIX_EPOCH = 70
_MAX_TEXT = 400
_TIME = re.compile(r"\b(\d{1,2})[:.h](\d{2})(?:[:.](\d{2}))?\s*(?:([AaPp])\.?[Mm]\b)?")
_OFFSET = re.compile(r"(?:GMT|UTC)?([+-])(\d{2}):?(\d{2})\b")
_NUMERIC = re.compile(r"\b(\d{1,2})([/.-])(\d{1,2})\2(\d{4}|\d{2})\b")
_ISO = re.compile(r"\b(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})\b")
_DAY_FIRST = re.compile(
    r"\b(\d{1,2})(?:\.|er|st|nd|rd|th|º)?[\s-]+(?:de\s+)?([^\W\d_]{3,10})\.?,?[\s-]+(?:de\s+)?(\d{4}|\d{2})\b"
)
_MONTH_FIRST = re.compile(r"\b([^\W\d_]{3,10})\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4})\b")


def parse_quoted_date(text: str, zone: tzinfo = UTC) -> datetime | None:
    """The instant a quoted header names, None when it names none.

    Args:
        text: A ``Sent:`` value or a whole attribution line.
        zone: Where the quoting client stood: clients print the quoted date in their own local time.
    """
    return _parse(text[:_MAX_TEXT], zone)


# The mails of a conversation quote the same few headers again and again.
@lru_cache(maxsize=2_048)
def _parse(text: str, zone: tzinfo) -> datetime | None:
    day = _read_day(text)
    if day is None:
        return parse_date(text) if re.match(r"\s*\w{3},? \d", text) else None
    hour, minute, second = _read_time(text)
    if match := _OFFSET.search(text):
        exact = parse_date(
            f"{day[0]:04}-{day[1]:02}-{day[2]:02}T{hour:02}:{minute:02}:{second:02}{match[1]}{match[2]}:{match[3]}"
        )
        if exact:
            return exact
    try:
        return datetime(*day, hour, minute, second, tzinfo=zone)
    except ValueError:
        return None


def _read_time(text: str) -> tuple[int, int, int]:
    """Clock time; a candidate that is part of a numeric date (``01.02.2025``) is passed over."""
    for match in _TIME.finditer(_NUMERIC.sub(" ", _ISO.sub(" ", text))):
        hour, minute, second = int(match[1]), int(match[2]), int(match[3] or 0)
        if match[4]:
            hour = hour % _NOON + (_NOON if match[4] in "pP" else 0)
        if hour <= _LAST_HOUR and minute <= _LAST_MINUTE and second <= _LAST_MINUTE:
            return hour, minute, second
    return 0, 0, 0


def _read_day(text: str) -> tuple[int, int, int] | None:
    if match := _ISO.search(text):
        return int(match[1]), int(match[2]), int(match[3])
    for pattern, month_group, day_group in ((_DAY_FIRST, 2, 1), (_MONTH_FIRST, 1, 2)):
        for match in pattern.finditer(text):
            if month := _month(match[month_group]):
                return _year(match[3]), month, int(match[day_group])
    if match := _NUMERIC.search(text):
        first, second = int(match[1]), int(match[3])
        # 03/08/2001 is American unless it cannot be; dots and dashes are European.
        month_first = match[2] == "/" and first <= _NOON and (second > _NOON or not _twenty_four_hours(text))
        month, day = (first, second) if month_first else (second, first)
        return _year(match[4]), month, day
    return None


def _twenty_four_hours(text: str) -> bool:
    match = _TIME.search(text)
    return bool(match and not match[4] and int(match[1]) > _NOON)


def _month(name: str) -> int | None:
    lowered = name.lower()
    return next((_MONTHS[lowered[:size]] for size in (5, 4, 3) if lowered[:size] in _MONTHS), None)


def _year(digits: str) -> int:
    year = int(digits)
    if len(digits) > len("99"):
        return year
    return year + (1900 if year >= _UNIX_EPOCH else 2000)
