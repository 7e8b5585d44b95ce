"""Business time against a slow clock that looks at every minute (SEMANTICS 3)."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from domain.followup import Frame, Hours
from followup.business_time import BusinessTime, parse_duration, parse_frames

MINUTE = timedelta(minutes=1)
BERLIN = ZoneInfo("Europe/Berlin")
OFFICE = parse_frames(["Mon-Fri 09:00-12:30", "Mon-Fri 13:30-18:00"])
ROUND_THE_CLOCK = parse_frames(["Mon-Sun 00:00-24:00"])


def is_open(hours: Hours, moment: datetime) -> bool:
    """Look at the wall clock: the oracle."""
    local = moment.astimezone(ZoneInfo(hours.timezone))
    clock = local.time().replace(tzinfo=None)
    return local.date() not in hours.holidays and any(
        frame.weekday == local.weekday() and frame.opens <= clock and (frame.closes == time() or clock < frame.closes)
        for frame in hours.frames
    )


def minutes_open(hours: Hours, start: datetime, end: datetime) -> int:
    """Count open minutes one by one."""
    count = (end - start) // MINUTE
    return sum(is_open(hours, start + n * MINUTE) for n in range(count))


def berlin(month: int, day: int, hour: int, minute: int = 0) -> datetime:
    """Return an instant of 2026 by the clocks of Berlin."""
    return datetime(2026, month, day, hour, minute, tzinfo=BERLIN)


@st.composite
def hours_of_a_week(draw: st.DrawFn) -> Hours:
    """Some whole hours of some weekdays, in a zone with or without summer time, with holidays around its changes."""
    frames = []
    for weekday in draw(st.sets(st.integers(0, 6), min_size=1)):
        ends = sorted(draw(st.sets(st.integers(0, 24), min_size=2, max_size=6)))
        for opens, closes in zip(ends[::2], ends[1::2], strict=False):
            frames.append(Frame(weekday, time(opens), time(closes % 24)))
    zone = draw(st.sampled_from(["Europe/Berlin", "America/New_York", "Asia/Kolkata", "UTC"]))
    holidays = draw(st.sets(st.dates(date(2026, 3, 1), date(2026, 4, 10)), max_size=3))
    return Hours(timezone=zone, frames=tuple(frames), holidays=frozenset(holidays))


CHANGES = [datetime(2026, 3, 6, tzinfo=UTC), datetime(2026, 3, 28, tzinfo=UTC), datetime(2026, 10, 23, tzinfo=UTC)]
"""Shortly before the clocks change in New York and Berlin, in spring and in autumn."""
instants = st.builds(lambda base, n: base + n * MINUTE, st.sampled_from(CHANGES), st.integers(0, 4 * 1440))
spans = st.integers(0, 3 * 1440).map(lambda n: n * MINUTE)


@given(hours_of_a_week(), instants, spans)
def test_elapsed_is_what_a_clock_counts_minute_by_minute(hours: Hours, start: datetime, span: timedelta) -> None:
    """Over changes to and from summer time, several stretches a day and holidays."""
    expected = minutes_open(hours, start, start + span) * MINUTE

    assert BusinessTime(hours).elapsed(start, start + span) == expected


@given(hours_of_a_week(), instants, spans.filter(bool))
def test_add_is_the_inverse_of_elapsed(hours: Hours, start: datetime, amount: timedelta) -> None:
    """What was added has elapsed, and not a minute earlier."""
    business = BusinessTime(hours)

    end = business.add(start, amount)

    assert business.elapsed(start, end) == amount
    assert business.elapsed(start, end - MINUTE) == amount - MINUTE


@given(hours_of_a_week(), instants, spans, spans)
def test_add_is_additive(hours: Hours, start: datetime, first: timedelta, second: timedelta) -> None:
    """Two steps lead as far as one."""
    business = BusinessTime(hours)

    assert business.add(business.add(start, first), second) == business.add(start, first + second)


@given(hours_of_a_week(), instants, instants, spans)
def test_add_is_monotone(hours: Hours, one: datetime, other: datetime, amount: timedelta) -> None:
    """Who came earlier is due no later."""
    business = BusinessTime(hours)
    earlier, later = sorted((one, other))

    assert business.add(earlier, amount) <= business.add(later, amount)


@given(hours_of_a_week(), instants, spans, spans)
def test_elapsed_adds_up(hours: Hours, start: datetime, first: timedelta, second: timedelta) -> None:
    """The whole is the sum of its parts."""
    business = BusinessTime(hours)
    middle, end = start + first, start + first + second

    assert business.elapsed(start, middle) + business.elapsed(middle, end) == business.elapsed(start, end)


@given(hours_of_a_week(), instants)
def test_opening_after_is_the_first_open_minute(hours: Hours, moment: datetime) -> None:
    """We are open then, and never in between."""
    assume(len(hours.holidays) == 0)
    opening = BusinessTime(hours).opening_after(moment)

    assert is_open(hours, opening)
    assert minutes_open(hours, moment, opening) == 0


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
