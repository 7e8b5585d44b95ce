"""Working hours as a clock that only runs while we are open (SEMANTICS 3)."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from domain.followup import Hours
from followup.working_hours import parse_duration, parse_frames

__all__ = ["BusinessTime", "parse_duration", "parse_frames"]

_DAY = timedelta(days=1)
_LONGEST_BREAK = 400
"""Days without an opening after which the hours are taken for a mistake."""

_SECOND = timedelta(seconds=1)

_Stretch = tuple[datetime, datetime]
_Piece = tuple[datetime, datetime, timedelta]
"""From, to, and what our clocks show beyond UTC between them."""


class BusinessTime:
    """Adds and measures business time. Instants are aware; results are UTC. Costs one look-up per day crossed."""

    def __init__(self, hours: Hours) -> None:
        """Open during ``hours`` except on its holidays.

        Raises:
            ValueError: ``hours`` has no frame.
        """
        if not hours.frames:
            raise ValueError("working hours need at least one stretch such as Mon-Fri 09:00-17:00")
        self._hours = hours
        self._zone = ZoneInfo(hours.timezone)
        self._frames: dict[int, list[tuple[time, time]]] = {}
        for frame in sorted(hours.frames, key=lambda f: (f.weekday, f.opens)):
            self._frames.setdefault(frame.weekday, []).append((frame.opens, frame.closes))
        self._stretches: dict[date, tuple[_Stretch, ...]] = {}
        self._lengths: dict[int, timedelta] = {}
        self._closings: dict[date, datetime] = {}
        self._holidays: dict[int, frozenset[date]] = {}

    def add(self, start: datetime, amount: timedelta) -> datetime:
        """Return when ``amount`` of business time after ``start`` has passed.

        Nothing counts before the next opening; an amount that ends with the day ends at its closing time, not at the
        next opening. Adding nothing returns ``start``.

        Raises:
            ValueError: ``amount`` is negative, or the hours never open again.
        """
        if amount < timedelta():
            raise ValueError("business time can only be added forwards")
        start = start.astimezone(UTC)
        if not amount:
            return start
        for opens, closes in self._from(start):
            begins = max(opens, start)
            if amount <= closes - begins:
                return begins + amount
            amount -= closes - begins
        raise AssertionError  # pragma: no cover - stretches do not end

    def elapsed(self, start: datetime, end: datetime) -> timedelta:
        """Return the business time between two instants, nothing when ``end`` is not after ``start``."""
        start, end = start.astimezone(UTC), end.astimezone(UTC)
        first, last = start.toordinal(), end.toordinal()
        whole = sum((self._length(day) for day in range(first + 1, last)), timedelta())
        edges = (stretch for day in {first, last} for stretch in self._stretches_of(date.fromordinal(day)))
        clipped = (max(min(closes, end) - max(opens, start), timedelta()) for opens, closes in edges)
        return sum(clipped, whole)

    def add_days(self, start: datetime, days: int) -> datetime:
        """Return the same time of the clock some business days later, at the latest when that day closes.

        Outside hours nothing counts before the next opening, as with :meth:`add`.

        Raises:
            ValueError: The hours never open again.
        """
        begins = self.local(self.opening_after(start))
        day = begins.date()
        for _ in range(days):
            day = self.next_business_day(day)
        return min(self.at(day, begins.time()), self.closing_of(day))

    def opening_after(self, moment: datetime) -> datetime:
        """Return ``moment`` itself while we are open, else the next opening.

        Raises:
            ValueError: The hours never open again.
        """
        moment = moment.astimezone(UTC)
        return max(moment, next(self._from(moment))[0])

    def closing_of(self, day: date) -> datetime:
        """Return the last closing time of a day.

        A day on which we are closed gets the latest closing time of an ordinary week, on that very date: "by Sunday"
        is due on Sunday.
        """
        if day not in self._closings:
            around = [piece for offset in (-1, 0, 1) for piece in self._pieces(day + offset * _DAY)]
            stretches = [stretch for piece in around for stretch in self._open_on(day, piece)]
            self._closings[day] = stretches[-1][1] if stretches else self._usual_closing(day)
        return self._closings[day]

    def next_business_day(self, day: date) -> date:
        """Return the first day after ``day`` on which we open.

        Raises:
            ValueError: There is none within 400 days.
        """
        for offset in range(1, _LONGEST_BREAK):
            if self.is_business_day(day + offset * _DAY):
                return day + offset * _DAY
        raise ValueError(f"the working hours have no business day in the {_LONGEST_BREAK} days after {day}")

    def is_business_day(self, day: date) -> bool:
        """Whether we open on a day."""
        return day.weekday() in self._frames and not self._is_holiday(day)

    def local(self, moment: datetime) -> datetime:
        """Return an instant in the zone of the hours."""
        return moment.astimezone(self._zone)

    def at(self, day: date, clock: time) -> datetime:
        """Return when our clocks first show a time; a time that a clock change skips comes that much later."""
        return datetime.combine(day, clock, self._zone).astimezone(UTC)

    def _from(self, moment: datetime) -> Iterator[_Stretch]:
        """Stretches that have not ended at ``moment``, in order, without end."""
        day, closed = moment.date(), 0
        while closed < _LONGEST_BREAK:
            stretches = self._stretches_of(day)
            yield from (stretch for stretch in stretches if stretch[1] > moment)
            day, closed = day + _DAY, 0 if stretches else closed + 1
        raise ValueError(f"the working hours have no business day in the {_LONGEST_BREAK} days after {moment.date()}")

    def _length(self, ordinal: int) -> timedelta:
        """How long we are open on a day of UTC, given as the day's number: a year late is 365 look-ups."""
        known = self._lengths.get(ordinal)
        if known is None:
            stretches = self._stretches_of(date.fromordinal(ordinal))
            known = self._lengths[ordinal] = sum((closes - opens for opens, closes in stretches), timedelta())
        return known

    def _stretches_of(self, day: date) -> tuple[_Stretch, ...]:
        """When we are open on a day of UTC, which may lie in two days of our own."""
        known = self._stretches.get(day)
        if known is None:
            known = self._stretches[day] = tuple(self._compute(day))
        return known

    def _compute(self, day: date) -> Iterator[_Stretch]:
        for piece in self._pieces(day):
            begins, ends, offset = piece
            today, last = (begins + offset).date(), (ends + offset).date()
            while today <= last:
                yield from self._open_on(today, piece)
                today += _DAY

    def _pieces(self, day: date) -> Iterator[_Piece]:
        """Cut a day of UTC where our clocks change: in each piece the time of the clock runs evenly."""
        begins = datetime.combine(day, time(), UTC)
        ends = begins + _DAY
        before, after = self._offset(begins), self._offset(ends)
        if before == after:
            return iter([(begins, ends, before)])
        low, high = begins, ends
        while high - low > _SECOND:
            middle = low + (high - low) // 2 // _SECOND * _SECOND
            low, high = (middle, high) if self._offset(middle) == before else (low, middle)
        return iter([(begins, high, before), (high, ends, after)])

    def _open_on(self, day: date, piece: _Piece) -> Iterator[_Stretch]:
        """When our clocks show working hours of one of our days, within one piece.

        Hours that a clock change skips are not worked, and those it shows twice are worked twice.
        """
        if not self.is_business_day(day):
            return
        begins, ends, offset = piece
        for opens, closes in self._frames[day.weekday()]:
            # Closing at 00:00 is the midnight that ends the day.
            last = day if closes != time() else day + _DAY
            opening = max(datetime.combine(day, opens, UTC) - offset, begins)
            closing = min(datetime.combine(last, closes, UTC) - offset, ends)
            if opening < closing:
                yield opening, closing

    def _offset(self, moment: datetime) -> timedelta:
        return moment.astimezone(self._zone).utcoffset() or timedelta()

    def _usual_closing(self, day: date) -> datetime:
        latest = max((frame.closes for frame in self._hours.frames), key=lambda closes: (closes == time(), closes))
        return self.at(day, latest) if latest != time() else self.at(day + _DAY, latest)

    def _is_holiday(self, day: date) -> bool:
        if day in self._hours.holidays:
            return True
        if not self._hours.holiday_codes:
            return False
        if day.year not in self._holidays:
            self._holidays[day.year] = _holidays_of(self._hours.holiday_codes, day.year)
        return day in self._holidays[day.year]


def _holidays_of(codes: tuple[str, ...], year: int) -> frozenset[date]:
    """Public holidays of a year by the ``holidays`` library: countries, their parts ("DE-BE") and stock exchanges."""
    import holidays  # noqa: PLC0415 - slow, and only needed where codes are used

    found: set[date] = set()
    for code in codes:
        country, _, part = code.partition("-")
        if not part and country in holidays.list_supported_financial():
            found.update(holidays.financial_holidays(country, years=year))
        else:
            found.update(holidays.country_holidays(country, subdiv=part or None, years=year))
    return frozenset(day for day in found if day.year == year)
