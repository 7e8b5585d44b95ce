"""Business time against laws, a slow clock that looks at every minute, and due dates by hand (SEMANTICS 3)."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from minute_clock import MINUTE, MinuteClock

from domain.followup import Frame, Hours
from followup.business_time import BusinessTime, parse_duration, parse_frames

BERLIN = ZoneInfo("Europe/Berlin")
OFFICE = parse_frames(["Mon-Fri 09:00-12:30", "Mon-Fri 13:30-18:00"])
ROUND_THE_CLOCK = parse_frames(["Mon-Sun 00:00-24:00"])
SECOND = timedelta(seconds=1)


def berlin(month: int, day: int, hour: int, minute: int = 0) -> datetime:
    """Return an instant of 2026 by the clocks of Berlin."""
    return datetime(2026, month, day, hour, minute, tzinfo=BERLIN)


CHANGES = {
    "UTC": [datetime(2026, 3, 28, tzinfo=UTC)],
    "Asia/Kolkata": [datetime(2026, 3, 28, tzinfo=UTC)],
    "Europe/Berlin": [datetime(2026, 3, 28, tzinfo=UTC), datetime(2026, 10, 24, tzinfo=UTC)],
    "America/New_York": [datetime(2026, 3, 7, tzinfo=UTC), datetime(2026, 10, 31, tzinfo=UTC)],
    "Australia/Lord_Howe": [datetime(2026, 4, 4, tzinfo=UTC), datetime(2026, 10, 3, tzinfo=UTC)],  # by half an hour
    "Africa/Cairo": [datetime(2026, 4, 23, tzinfo=UTC), datetime(2026, 10, 29, tzinfo=UTC)],  # at midnight
    "America/Havana": [datetime(2026, 3, 7, tzinfo=UTC), datetime(2026, 10, 31, tzinfo=UTC)],  # midnight twice
    "Africa/Casablanca": [datetime(2026, 2, 14, tzinfo=UTC), datetime(2026, 3, 21, tzinfo=UTC)],  # by the moon
    "America/Sao_Paulo": [datetime(2018, 11, 3, tzinfo=UTC), datetime(2019, 2, 16, tzinfo=UTC)],
    "Pacific/Apia": [datetime(2011, 12, 29, tzinfo=UTC)],  # had no 30 December
    "America/St_Johns": [datetime(2010, 3, 13, tzinfo=UTC), datetime(2010, 11, 6, tzinfo=UTC)],  # at 00:01
}
"""Zones with a day near each kind of clock change."""


@dataclass(frozen=True)
class Calendar:
    """Working hours with the day of a clock change to try them around."""

    hours: Hours
    near: datetime


@st.composite
def calendars(draw: st.DrawFn, step: int = 5) -> Calendar:
    """Up to three stretches on some weekdays, in a zone of any kind, with holidays around a change of its clocks."""
    frames = []
    for weekday in draw(st.sets(st.integers(0, 6), min_size=1)):
        ends = sorted(draw(st.sets(st.integers(0, 24 * 60 // step), min_size=2, max_size=6)))
        for opens, closes in zip(ends[::2], ends[1::2], strict=False):
            frames.append(Frame(weekday, clock(opens * step), clock(closes * step)))
    zone = draw(st.sampled_from(sorted(CHANGES)))
    near = draw(st.sampled_from(CHANGES[zone]))
    holidays = draw(st.sets(st.integers(-3, 5).map(lambda n: near.date() + timedelta(days=n)), max_size=3))
    return Calendar(Hours(timezone=zone, frames=tuple(frames), holidays=frozenset(holidays)), near)


def clock(minute_of_day: int) -> time:
    """Return a time of the clock; the end of the day is 00:00."""
    return time(minute_of_day // 60 % 24, minute_of_day % 60)


minutes_off = st.integers(-1440, 3 * 1440)
seconds_off = st.integers(-86_400, 3 * 86_400)
spans = st.integers(0, 2 * 1440)
seconds = st.integers(0, 40 * 3600).map(lambda n: n * SECOND)


class TestAgainstTheMinuteClock:
    """Over clock changes of every kind, several stretches a day and holidays, in the calendar's own zone."""

    @given(calendars(), minutes_off, spans)
    def test_elapsed(self, calendar: Calendar, off: int, span: int) -> None:
        """As many minutes as somebody counts who looks every minute."""
        start = calendar.near + off * MINUTE
        end = start + span * MINUTE

        counted = MinuteClock(calendar.hours).open_minutes(start, end)

        assert BusinessTime(calendar.hours).elapsed(start, end) == counted * MINUTE

    @given(calendars(), minutes_off, st.integers(1, 600))
    def test_add(self, calendar: Calendar, off: int, minutes: int) -> None:
        """Due when the last of so many open minutes ends, be it at closing time."""
        start = calendar.near + off * MINUTE
        assume(minutes_in_a_week(calendar.hours) >= minutes)

        assert BusinessTime(calendar.hours).add(start, minutes * MINUTE) == MinuteClock(calendar.hours).after(
            start, minutes
        )

    @given(calendars(step=1), minutes_off)
    def test_opening_after(self, calendar: Calendar, off: int) -> None:
        """The first open minute, which may be this one."""
        moment = calendar.near + off * MINUTE

        assert BusinessTime(calendar.hours).opening_after(moment) == MinuteClock(calendar.hours).opening_after(moment)

    @settings(max_examples=40)
    @given(calendars(), st.integers(-2, 3))
    def test_closing_of(self, calendar: Calendar, days: int) -> None:
        """The end of the last open minute that our clocks show that day."""
        day = calendar.near.date() + timedelta(days=days)
        closing = MinuteClock(calendar.hours).closing_of(day)
        assume(closing is not None)

        assert BusinessTime(calendar.hours).closing_of(day) == closing


def minutes_in_a_week(hours: Hours) -> int:
    """Count the minutes of an ordinary week: keeps the slow clock from waiting for months."""
    monday = datetime(2026, 6, 1, tzinfo=UTC)
    week = Hours(timezone="UTC", frames=hours.frames)
    return int(BusinessTime(week).elapsed(monday, monday + timedelta(days=7)) / MINUTE)


class TestLaws:
    """To the second, on any calendar."""

    @given(calendars(step=1), seconds_off, seconds.filter(bool))
    def test_add_is_the_inverse_of_elapsed(self, calendar: Calendar, off: int, amount: timedelta) -> None:
        """What was added has elapsed, and not a second earlier."""
        business, start = BusinessTime(calendar.hours), calendar.near + off * SECOND

        end = business.add(start, amount)

        assert business.elapsed(start, end) == amount
        assert business.elapsed(start, end - SECOND) == amount - SECOND

    @given(calendars(step=1), seconds_off, seconds_off)
    def test_what_elapsed_leads_from_start_to_the_last_open_moment(
        self, calendar: Calendar, one: int, other: int
    ) -> None:
        """Adding what elapsed never leads beyond the end, and nothing is worked from there to the end."""
        business = BusinessTime(calendar.hours)
        start, end = (calendar.near + off * SECOND for off in sorted((one, other)))

        reached = business.add(start, business.elapsed(start, end))

        assert reached <= end
        assert business.elapsed(reached, end) == timedelta()

    @given(calendars(step=1), seconds_off, seconds, seconds)
    def test_add_is_additive(self, calendar: Calendar, off: int, first: timedelta, second: timedelta) -> None:
        """Two steps lead as far as one."""
        business, start = BusinessTime(calendar.hours), calendar.near + off * SECOND

        assert business.add(business.add(start, first), second) == business.add(start, first + second)

    @given(calendars(step=1), seconds_off, seconds_off, seconds)
    def test_add_is_monotone_in_the_start(self, calendar: Calendar, one: int, other: int, amount: timedelta) -> None:
        """Who came earlier is due no later."""
        business = BusinessTime(calendar.hours)
        earlier, later = (calendar.near + off * SECOND for off in sorted((one, other)))

        assert business.add(earlier, amount) <= business.add(later, amount)

    @given(calendars(step=1), seconds_off, seconds, seconds)
    def test_add_is_monotone_in_the_amount(
        self, calendar: Calendar, off: int, one: timedelta, other: timedelta
    ) -> None:
        """More takes longer."""
        business, start = BusinessTime(calendar.hours), calendar.near + off * SECOND
        less, more = sorted((one, other))

        assert (business.add(start, less) < business.add(start, more)) == (less < more)

    @given(calendars(step=1), seconds_off, seconds, seconds)
    def test_elapsed_adds_up(self, calendar: Calendar, off: int, first: timedelta, second: timedelta) -> None:
        """The whole is the sum of its parts."""
        business, start = BusinessTime(calendar.hours), calendar.near + off * SECOND
        middle, end = start + first, start + first + second

        assert business.elapsed(start, middle) + business.elapsed(middle, end) == business.elapsed(start, end)

    @given(calendars(step=1), seconds_off, seconds, st.sampled_from(sorted(CHANGES)))
    def test_the_zone_an_instant_is_written_in_does_not_matter(
        self, calendar: Calendar, off: int, amount: timedelta, zone: str
    ) -> None:
        """Only the calendar's own zone counts."""
        business, start = BusinessTime(calendar.hours), calendar.near + off * SECOND

        assert business.add(start.astimezone(ZoneInfo(zone)), amount) == business.add(start, amount)


class TestOffice:
    business = BusinessTime(
        Hours(timezone="Europe/Berlin", frames=OFFICE, holidays=frozenset({date(2026, 5, 4)}), holiday_codes=("DE-BE",))
    )

    @pytest.mark.parametrize(
        ("start", "amount", "due"),
        [
            (berlin(3, 6, 20), timedelta(hours=1), berlin(3, 9, 10)),  # Friday night begins on Monday at opening
            (berlin(3, 9, 12), timedelta(hours=1), berlin(3, 9, 14)),  # over the lunch break
            (berlin(3, 9, 17), timedelta(hours=1), berlin(3, 9, 18)),  # exactly at closing time, not next morning
            (berlin(3, 9, 17), timedelta(hours=1, minutes=1), berlin(3, 10, 9, 1)),
            (berlin(3, 27, 17), timedelta(hours=2), berlin(3, 30, 10)),  # over the change to summer time
            (berlin(10, 23, 17), timedelta(hours=2), berlin(10, 26, 10)),  # and back
            (berlin(4, 2, 17), timedelta(hours=2), berlin(4, 7, 10)),  # Good Friday and Easter Monday, from the library
            (berlin(4, 30, 17), timedelta(hours=2), berlin(5, 5, 10)),  # Labour Day, then a day of our own
            (berlin(3, 9, 3), timedelta(), berlin(3, 9, 3)),
        ],
    )
    def test_add(self, start: datetime, amount: timedelta, due: datetime) -> None:
        """Due dates as an account manager would say them."""
        assert self.business.add(start, amount) == due

    @pytest.mark.parametrize(
        ("day", "closing"),
        [
            (date(2026, 3, 9), berlin(3, 9, 18)),
            (date(2026, 3, 8), berlin(3, 8, 18)),  # a Sunday: the ordinary closing time, that very day
            (date(2026, 12, 25), berlin(12, 25, 18)),
        ],
    )
    def test_closing_of(self, day: date, closing: datetime) -> None:
        """A deadline "by Sunday" is due on Sunday."""
        assert self.business.closing_of(day) == closing

    def test_next_business_day_leaves_out_weekends_and_holidays(self) -> None:
        """Maundy Thursday is followed by Tuesday."""
        assert self.business.next_business_day(date(2026, 4, 2)) == date(2026, 4, 7)
        assert not self.business.is_business_day(date(2026, 4, 3))

    def test_nothing_elapses_backwards(self) -> None:
        """An end before the start is no business time, not a debt."""
        assert self.business.elapsed(berlin(3, 10, 10), berlin(3, 9, 10)) == timedelta()

    def test_negative_amount_is_refused(self) -> None:
        """There is no due date before the mail."""
        with pytest.raises(ValueError, match="forwards"):
            self.business.add(berlin(3, 9, 10), -MINUTE)


def test_twenty_years_are_counted_by_the_day() -> None:
    """Cost is per day: a long span needs no more look-ups than it has days."""
    business = BusinessTime(Hours(timezone="Europe/Berlin", frames=ROUND_THE_CLOCK))

    assert business.elapsed(datetime(2006, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC)) == timedelta(days=7305)


def test_country_and_stock_exchange_are_both_known() -> None:
    """Thanksgiving, and a trading holiday of the ECB."""
    business = BusinessTime(Hours(timezone="UTC", frames=OFFICE, holiday_codes=("US", "XECB")))

    assert [business.is_business_day(day) for day in (date(2026, 11, 26), date(2026, 5, 1), date(2026, 11, 25))] == [
        False,
        False,
        True,
    ]


def test_hours_without_a_frame_are_refused() -> None:
    """A clock that never runs would make nothing ever due."""
    with pytest.raises(ValueError, match="at least one stretch"):
        BusinessTime(Hours(timezone="UTC", frames=()))


def test_hours_that_never_open_are_refused_when_asked() -> None:
    """Every day a holiday."""
    days = frozenset(date(2026, 1, 1) + timedelta(days=n) for n in range(900))

    with pytest.raises(ValueError, match="no business day"):
        BusinessTime(Hours(timezone="UTC", frames=OFFICE, holidays=days)).opening_after(berlin(3, 9, 10))


class TestParsing:
    @pytest.mark.parametrize(
        ("line", "weekdays"),
        [
            ("Mon-Fri 09:00-17:00", [0, 1, 2, 3, 4]),
            ("mon, wed 9:00-17:00", [0, 2]),
            ("Monday-Tuesday 09:00 - 17:00", [0, 1]),
            ("Sat-Mon 09:00-17:00", [0, 5, 6]),
        ],
    )
    def test_days_of_a_stretch(self, line: str, weekdays: list[int]) -> None:
        """Ranges, lists, full names, and over the weekend."""
        assert parse_frames([line]) == tuple(Frame(weekday, time(9), time(17)) for weekday in weekdays)

    @pytest.mark.parametrize(
        ("lines", "problem"),
        [
            (["Mon-Fri 9-5"], "write it like Mon-Fri 09:00-17:00"),
            (["Mo-Fr 09:00-17:00"], "`Mo` in .* is not a weekday"),
            (["Mon 18:00-09:00"], "closes before it opens"),
            (["Mon 09:00-25:00"], "no such time as 25:00"),
            (["Mon 09:00-13:00", "Mon-Tue 12:00-17:00"], "overlap on Mon: 09:00-13:00 and 12:00-17:00"),
        ],
    )
    def test_mistaken_stretch_is_refused_with_a_sentence(self, lines: list[str], problem: str) -> None:
        """The sentence says what is wrong with which."""
        with pytest.raises(ValueError, match=problem):
            parse_frames(lines)

    @pytest.mark.parametrize(
        ("text", "duration"),
        [
            ("4h", timedelta(hours=4)),
            ("30m", timedelta(minutes=30)),
            ("1h30m", timedelta(minutes=90)),
            ("1.5h", timedelta(minutes=90)),
            ("90 min", timedelta(minutes=90)),
        ],
    )
    def test_duration(self, text: str, duration: timedelta) -> None:
        """Hours, minutes, both."""
        assert parse_duration(text) == duration

    @pytest.mark.parametrize(
        ("text", "problem"),
        [
            ("2d", "write hours, such as 8h"),
            ("soon", "write it like 4h"),
            ("", "write it like 4h"),
            ("-4h", "write it"),
        ],
    )
    def test_mistaken_duration_is_refused_with_a_sentence(self, text: str, problem: str) -> None:
        """A day is not a number of hours everybody agrees on."""
        with pytest.raises(ValueError, match=problem):
            parse_duration(text)


@pytest.mark.parametrize(
    ("start", "days", "expected"),
    [
        (berlin(3, 2, 10), 2, berlin(3, 4, 10)),  # Monday to Wednesday
        (berlin(3, 9, 16), 4, berlin(3, 13, 14)),  # Friday closes before that time
        (berlin(3, 13, 10), 2, berlin(3, 17, 10)),  # over the weekend
        (berlin(3, 13, 20), 2, berlin(3, 18, 9)),  # from the opening on Monday
        (berlin(3, 27, 10), 1, berlin(3, 30, 10)),  # over the change to summer time
        (berlin(3, 4, 10), 1, berlin(3, 6, 10)),  # Thursday is a holiday
    ],
)
def test_business_days_later_at_the_same_time(start: datetime, days: int, expected: datetime) -> None:
    """At the latest when that day closes."""
    frames = parse_frames(["Mon-Thu 09:00-18:00", "Fri 09:00-14:00"])
    hours = Hours(timezone="Europe/Berlin", frames=frames, holidays=frozenset({date(2026, 3, 5)}))

    assert BusinessTime(hours).add_days(start, days) == expected
