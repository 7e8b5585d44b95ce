"""A slow clock that looks at every minute: what business time must agree with, written without it."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from domain.followup import Hours

MINUTE = timedelta(minutes=1)


class MinuteClock:
    """Somebody who looks at the clock on the wall and at the sign on the door once a minute."""

    def __init__(self, hours: Hours) -> None:
        self._hours = hours
        self._zone = ZoneInfo(hours.timezone)
        self._signs: dict[int, list[range]] = {weekday: [] for weekday in range(7)}
        for frame in hours.frames:
            closes = _minute_of_day(frame.closes) if frame.closes != time() else 24 * 60
            self._signs[frame.weekday].append(range(_minute_of_day(frame.opens), closes))

    def is_open(self, moment: datetime) -> bool:
        """Whether the wall clock shows working hours on a day that is no holiday."""
        shown = moment.astimezone(self._zone)
        minute = shown.hour * 60 + shown.minute
        return shown.date() not in self._hours.holidays and any(minute in sign for sign in self._signs[shown.weekday()])

    def open_minutes(self, start: datetime, end: datetime) -> int:
        """Count the open minutes between two instants."""
        return sum(self.is_open(moment) for moment in _minutes(start, end))

    def after(self, start: datetime, minutes: int) -> datetime:
        """Wait until so many open minutes have passed; the last one has then just ended."""
        moment = start
        while minutes:
            minutes -= self.is_open(moment)
            moment += MINUTE
        return moment

    def opening_after(self, moment: datetime) -> datetime:
        """Wait for the first open minute."""
        while not self.is_open(moment):
            moment += MINUTE
        return moment

    def closing_of(self, day: date) -> datetime | None:
        """Return the end of the last open minute on a day, None where there was none."""
        noon = datetime.combine(day, time(12), UTC)
        around = _minutes(noon - timedelta(hours=36), noon + timedelta(hours=36))
        opened = [m for m in around if m.astimezone(self._zone).date() == day and self.is_open(m)]
        return opened[-1] + MINUTE if opened else None


def _minute_of_day(clock: time) -> int:
    return clock.hour * 60 + clock.minute


def _minutes(start: datetime, end: datetime) -> Iterator[datetime]:
    return (start + n * MINUTE for n in range((end - start) // MINUTE))
