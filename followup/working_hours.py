"""Working hours and durations as people write them: ``Mon-Fri 09:00-12:30``, ``4h``, ``1h30m``."""

import re
from collections.abc import Iterator, Sequence
from datetime import time, timedelta
from itertools import pairwise

from domain.followup import Frame

_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_NAMES = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_DASH = r"\s*[-\u2013]\s*"
_STRETCH = re.compile(rf"(?P<days>[^\d]+?)\s+(?P<oh>\d{{1,2}}):(?P<om>\d{{2}}){_DASH}(?P<ch>\d{{1,2}}):(?P<cm>\d{{2}})")
_DURATION = re.compile(
    r"(?=\d)(?:(?P<hours>\d{1,4}(?:\.\d+)?)\s*h)?\s*(?:(?P<minutes>\d{1,5})\s*m(?:in)?)?", re.IGNORECASE
)
_DAYS_OF_DURATION = re.compile(r"\d+(?:\.\d+)?\s*(?:d|day|days)", re.IGNORECASE)
_HOURS_PER_DAY = 24
_EXAMPLE = "write it like Mon-Fri 09:00-17:00"


def parse_frames(lines: Sequence[str]) -> tuple[Frame, ...]:
    """Read stretches of working time.

    Args:
        lines: Each a weekday, a range or a list of them ("Mon-Thu", "Mon,Wed"), and opening and closing time. Closing
            at 24:00 is kept as ``time(0)``.

    Returns:
        One frame per weekday and stretch, in the order of the week.

    Raises:
        ValueError: One is not understood, ends before it begins, or two overlap; says which.
    """
    frames = [frame for line in lines for frame in _frames(line)]
    frames.sort(key=lambda f: (f.weekday, f.opens))
    for before, after in pairwise(frames):
        if before.weekday == after.weekday and (before.closes == time() or after.opens < before.closes):
            day = _WEEKDAYS[before.weekday].title()
            raise ValueError(f"two stretches overlap on {day}: {_shown(before)} and {_shown(after)}")
    return tuple(frames)


def parse_duration(text: str) -> timedelta:
    """Read ``4h``, ``30m``, ``1h30m`` or ``1.5h``.

    Days are refused: a target counts business hours, an interval hours of the clock, and a day is a different number
    of hours in each.

    Raises:
        ValueError: It is none of these; says how to write it.
    """
    match = _DURATION.fullmatch(text.strip())
    if match and (match["hours"] or match["minutes"]):
        return timedelta(hours=float(match["hours"] or 0), minutes=int(match["minutes"] or 0))
    if _DAYS_OF_DURATION.fullmatch(text.strip()):
        raise ValueError(f"`{text}` is in days, which may be working days or not; write hours, such as 8h")
    raise ValueError(f"`{text}` is not a duration; write it like 4h, 30m or 1h30m")


def _frames(line: str) -> Iterator[Frame]:
    match = _STRETCH.fullmatch(line.strip())
    if match is None:
        raise ValueError(f"`{line}` is not a stretch of working time; {_EXAMPLE}")
    opens, closes = _clock(line, match["oh"], match["om"]), _clock(line, match["ch"], match["cm"])
    if (opens.hour, opens.minute) >= _end(closes) or match["oh"] == str(_HOURS_PER_DAY):
        raise ValueError(f"`{line}` closes before it opens; write hours over midnight as two stretches")
    for weekday in sorted(set(_days(line, match["days"]))):
        yield Frame(weekday, opens, closes)


def _clock(line: str, hour: str, minute: str) -> time:
    if (int(hour), int(minute)) == (_HOURS_PER_DAY, 0):
        return time()
    try:
        return time(int(hour), int(minute))
    except ValueError:
        raise ValueError(f"`{line}` has no such time as {hour}:{minute}; {_EXAMPLE}") from None


def _end(closes: time) -> tuple[int, int]:
    return (closes.hour, closes.minute) if closes != time() else (_HOURS_PER_DAY, 0)


def _days(line: str, text: str) -> Iterator[int]:
    for part in re.split(r"\s*,\s*", text.strip()):
        ends = [_weekday(line, name) for name in re.split(_DASH, part, maxsplit=1)]
        first, last = ends[0], ends[-1]
        # "Sat-Mon" goes over the end of the week.
        yield from ((first + offset) % 7 for offset in range((last - first) % 7 + 1))


def _weekday(line: str, name: str) -> int:
    folded = name.strip().lower().removesuffix(".")
    for weekday, (short, full) in enumerate(zip(_WEEKDAYS, _NAMES, strict=True)):
        if folded.startswith(short) and full.startswith(folded):
            return weekday
    raise ValueError(f"`{name.strip()}` in `{line}` is not a weekday; {_EXAMPLE}")


def _shown(frame: Frame) -> str:
    closes = "24:00" if frame.closes == time() else f"{frame.closes:%H:%M}"
    return f"{frame.opens:%H:%M}-{closes}"
