"""Series to the letter of RFC 5545, 3.3.10 and 3.8.5 (D5.6), zones by whatever name (D5.16)."""

from calendar import monthrange
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from itertools import takewhile
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from domain.events import Event
from domain.signals import Problem
from extraction.calendar_objects import parse_events

UNTIL = datetime(2029, 1, 1, tzinfo=UTC)


def read(*entries: str, head: str = "", zone: str = "Europe/Berlin") -> tuple[list[Event], list[Problem]]:
    """Parse VEVENTs, each given by its lines."""
    events = "".join(f"BEGIN:VEVENT\nUID:s\n{entry}\nEND:VEVENT\n" for entry in entries)
    text = f"BEGIN:VCALENDAR\nVERSION:2.0\n{head}{events}END:VCALENDAR\n"
    return parse_events(text.replace("\n", "\r\n").encode(), zone=zone, until=UNTIL)


def starts(*entries: str, head: str = "") -> list[str]:
    """When the occurrences begin, in UTC, to the minute."""
    return [f"{event.starts_at:%Y-%m-%d %H:%M}" for event in read(*entries, head=head)[0]]


def days(rule: str, start: str = "20260105") -> list[str]:
    """The days an all-day series falls on, as MMDD of the days in Berlin."""
    events, _ = read(f"DTSTART;VALUE=DATE:{start}\nRRULE:{rule}")
    return [event.recurrence_id for event in events]


@pytest.mark.parametrize(
    ("start", "rule", "expected"),
    [
        (
            "20260107",
            "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=1,3;COUNT=4",
            ["2026-01-07", "2026-01-12", "2026-01-14", "2026-01-19"],
        ),
        ("20260104", "FREQ=WEEKLY;INTERVAL=2;WKST=SU;BYDAY=TU,SU;COUNT=3", ["2026-01-04", "2026-01-06", "2026-01-18"]),
        ("20251229", "FREQ=YEARLY;BYWEEKNO=1;COUNT=2", ["2025-12-29", "2027-01-04"]),
        ("20260227", "FREQ=YEARLY;BYWEEKNO=9;BYDAY=FR;COUNT=2", ["2026-02-27", "2027-03-05"]),
        ("20240229", "FREQ=YEARLY;BYMONTHDAY=29;COUNT=2", ["2024-02-29", "2028-02-29"]),
        ("20260131", "FREQ=MONTHLY;COUNT=3", ["2026-01-31", "2026-03-31", "2026-05-31"]),
        ("20260105", "FREQ=MONTHLY;BYDAY=0SA,MO;COUNT=2", ["2026-01-05", "2026-01-12"]),
    ],
    ids=[
        "whole weeks",
        "weeks begin on Sunday",
        "own weekday",
        "numbered weeks",
        "own month",
        "31st",
        "zeroth Saturday",
    ],
)
def test_rules_the_library_reads_otherwise(start: str, rule: str, expected: list[str]) -> None:
    """What a rule leaves open comes from DTSTART; weeks are whole and belong to one year."""
    assert days(rule, start) == expected


def test_a_start_the_rule_does_not_have_is_no_occurrence() -> None:
    """RFC 5545 leaves it undefined: a Tuesday, repeated on Wednesdays."""
    assert days("FREQ=WEEKLY;BYDAY=WE;COUNT=2", "20260106") == ["2026-01-07", "2026-01-14"]


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=DAILY;BYDAY=1MO",
        "FREQ=WEEKLY;BYMONTHDAY=20",
        "FREQ=MONTHLY;BYYEARDAY=20",
        "FREQ=MONTHLY;BYWEEKNO=2",
        "RSCALE=CHINESE;FREQ=YEARLY",
        "RSCALE=GREGORIAN;FREQ=MONTHLY;SKIP=BACKWARD",
        "FREQ=DAILY;INTERVAL=7;BYDAY=TU",
        "FREQ=HOURLY;BYSETPOS=5",
        "FREQ=WEEKLY;INTERVAL=2000000000",
    ],
)
def test_a_rule_nobody_can_follow_keeps_the_first_time_and_is_told(rule: str) -> None:
    """It is not allowed, or it never comes round."""
    events, problems = read(f"DTSTART:20260105T090000Z\nRRULE:{rule}")

    assert [event.starts_at for event in events] == [datetime(2026, 1, 5, 9, tzinfo=UTC)]
    assert len(problems) == 1


SERIES = (
    "DTSTART;TZID=Europe/Berlin:20260302T090000\nDTEND;TZID=Europe/Berlin:20260302T100000\nRRULE:FREQ=WEEKLY;COUNT=3"
)


@pytest.mark.parametrize(
    "exception",
    [
        "EXDATE;TZID=Europe/Berlin:20260309T090000",
        "EXDATE:20260309T080000Z",
        "EXDATE;TZID=America/New_York:20260309T040000",
        "EXDATE;VALUE=DATE:20260309",
        "EXDATE:20260309T090000",
        "EXDATE;TZID=Europe/Berlin:20260401T090000,20260309T090000",
    ],
    ids=["its zone", "UTC", "another zone", "a day", "floating", "a list"],
)
def test_an_exception_takes_its_occurrence_out_however_it_is_written(exception: str) -> None:
    """RFC 5545, 3.8.5.1."""
    assert starts(f"{SERIES}\n{exception}") == ["2026-03-02 08:00", "2026-03-16 08:00"]


def test_an_exception_with_an_hour_counts_for_an_all_day_series() -> None:
    """Some programs write midnight."""
    events, _ = read("DTSTART;VALUE=DATE:20260302\nRRULE:FREQ=DAILY;COUNT=3\nEXDATE:20260303T000000Z")
    assert [event.recurrence_id for event in events] == ["2026-03-02", "2026-03-04"]


def test_further_times_may_have_a_length_of_their_own() -> None:
    """RDATE as PERIOD (RFC 5545, 3.8.5.2)."""
    events, _ = read(f"{SERIES}\nRDATE;VALUE=PERIOD:20260304T080000Z/PT3H")
    extra = next(event for event in events if event.starts_at.day == 4)
    assert extra.ends_at - extra.starts_at == timedelta(hours=3)


def test_an_override_may_move_an_occurrence_and_its_sequence_is_its_own() -> None:
    """The others keep the version of the series."""
    moved = (
        "RECURRENCE-ID:20260309T080000Z\nDTSTART:20260310T140000Z\nDTEND:20260310T150000Z\nSEQUENCE:4\nSUMMARY:Moved"
    )
    events, _ = read(f"{SERIES}\nSEQUENCE:1", moved)
    assert [(event.starts_at.day, event.sequence) for event in events] == [(2, 1), (10, 4), (16, 1)]


def test_this_and_future_moves_all_after_it_and_each_keeps_its_identity() -> None:
    """RFC 5545, 3.2.13."""
    change = (
        "RECURRENCE-ID;RANGE=THISANDFUTURE;TZID=Europe/Berlin:20260309T090000\n"
        "DTSTART;TZID=Europe/Berlin:20260309T110000\nDTEND;TZID=Europe/Berlin:20260309T120000"
    )
    events, _ = read(SERIES, change)
    assert [f"{event.starts_at:%d %H}" for event in events] == ["02 08", "09 10", "16 10"]
    assert [event.recurrence_id[:13] for event in events] == ["2026-03-02T08", "2026-03-09T08", "2026-03-16T08"]


def test_an_override_without_its_series_stands_by_itself() -> None:
    """Somebody was invited to one occurrence only."""
    events, _ = read("RECURRENCE-ID:20260309T080000Z\nDTSTART:20260309T080000Z")
    assert [event.key for event in events] == ["s/2026-03-09T08:00:00+00:00"]


@pytest.mark.parametrize(
    ("end", "length"),
    [
        ("DTEND:20260302T100000Z", timedelta(hours=1)),
        ("DTEND:20260302T080000Z", timedelta(0)),
        ("DURATION:PT30M", timedelta(minutes=30)),
        ("", timedelta(0)),
    ],
    ids=["end", "end before start", "duration", "nothing"],
)
@pytest.mark.parametrize("rule", ["", "\nRRULE:FREQ=DAILY;COUNT=2"], ids=["single", "series"])
def test_the_start_stays_whatever_the_end_says(end: str, length: timedelta, rule: str) -> None:
    """An end before its start is none."""
    entry = "\n".join(line for line in ("DTSTART:20260302T090000Z", end) if line)
    first = read(f"{entry}{rule}")[0][0]
    assert (first.starts_at.hour, first.ends_at - first.starts_at) == (9, length)


def test_a_day_that_ends_on_itself_lasts_that_day() -> None:
    """DTEND is exclusive, and some programs do not know."""
    [event], _ = read("DTSTART;VALUE=DATE:20260302\nDTEND;VALUE=DATE:20260302")
    assert event.ends_at - event.starts_at == timedelta(days=1)


@pytest.mark.parametrize(
    ("until", "last"),
    [("20260316", "16"), ("20260316T080000Z", "16"), ("20260316T075959Z", "09"), ("20260316T090000", "16")],
    ids=["day", "UTC", "a second short", "local"],
)
def test_until_may_be_a_day_an_instant_or_local(until: str, last: str) -> None:
    """The bound is inclusive (RFC 5545, 3.3.10)."""
    entry = f"DTSTART;TZID=Europe/Berlin:20260302T090000\nRRULE:FREQ=WEEKLY;UNTIL={until}"
    assert starts(entry)[-1][8:10] == last


def test_clocks_that_change() -> None:
    """A time that does not exist counts from the offset before the gap, one that exists twice is the first."""
    assert starts("DTSTART;TZID=Europe/Berlin:20260328T023000\nRRULE:FREQ=DAILY;COUNT=3") == [
        "2026-03-28 01:30",
        "2026-03-29 01:30",
        "2026-03-30 00:30",
    ]
    assert starts("DTSTART;TZID=Europe/Berlin:20261025T023000") == ["2026-10-25 00:30"]


NEW_YORK = """BEGIN:VTIMEZONE
TZID:{name}
BEGIN:STANDARD
DTSTART:16010101T020000
RRULE:FREQ=YEARLY;BYDAY=1SU;BYMONTH=11
TZOFFSETFROM:-0400
TZOFFSETTO:-0500
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:16010101T020000
RRULE:FREQ=YEARLY;BYDAY=2SU;BYMONTH=3
TZOFFSETFROM:-0500
TZOFFSETTO:-0400
END:DAYLIGHT
END:VTIMEZONE
"""


@pytest.mark.parametrize(
    ("name", "defined"),
    [
        ("America/New_York", ""),
        ("america/new_york", ""),
        ("Eastern Standard Time", ""),
        ('"Eastern Standard Time"', ""),
        ('"(UTC-05:00) Eastern Time (US & Canada)"', ""),
        ("(GMT-05.00) Eastern Time (US & Canada)", ""),
        ("GMT -0500 (Standard) / GMT -0400 (Daylight)", ""),
        ("/mozilla.org/20050126_1/America/New_York", ""),
        ("/freeassociation.sourceforge.net/America/New_York", ""),
        ("Our own", "Our own"),
        ('"(UTC-05:00) Here, there"', "(UTC-05:00) Here\\, there"),
        ('"Quoted"', '"Quoted"'),
    ],
)
def test_noon_in_new_york_by_whatever_name(name: str, defined: str) -> None:
    """D5.16: lists, display names, old paths, and what the file defines; in summer and winter."""
    head = NEW_YORK.format(name=defined) if defined else ""
    summer, winter = (f"DTSTART;TZID={name}:{day}T120000" for day in ("20260702", "20261202"))
    assert starts(summer, head=head) + starts(winter, head=head) == ["2026-07-02 16:00", "2026-12-02 17:00"]


@pytest.mark.parametrize(
    ("name", "hour"),
    [
        ('"(UTC+01:00) Amsterdam, Berlin, Bern, Rome, Stockholm, Vienna"', "10"),
        ("GMT+0530", "06"),
        ("tzone://Microsoft/Utc", "12"),
        ('"(UTC) Coordinated Universal Time"', "12"),
    ],
)
def test_noon_elsewhere(name: str, hour: str) -> None:
    """D5.16, in July."""
    assert starts(f"DTSTART;TZID={name}:20260702T120000")[0][11:13] == hour


def test_a_zone_nobody_knows_is_told_and_read_in_ours() -> None:
    """D5.16: never as UTC."""
    [event], [problem] = read("DTSTART;TZID=Nowhere:20260702T120000")
    assert event.starts_at.hour == 10
    assert "Nowhere" in problem.reason


WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


@st.composite
def _rules(draw: st.DrawFn) -> dict[str, Any]:
    """Simple rules as calendars of people have them."""
    frequency = draw(st.sampled_from(["DAILY", "WEEKLY", "MONTHLY", "YEARLY"]))
    rule: dict[str, Any] = {"FREQ": frequency, "INTERVAL": draw(st.integers(1, 4))}
    if draw(st.booleans()):
        numbers = [0] if frequency in {"DAILY", "WEEKLY"} else [0, 0, 1, 2, -1]
        rule["BYDAY"] = draw(
            st.lists(
                st.tuples(st.sampled_from(numbers), st.sampled_from(range(7))), min_size=1, max_size=3, unique=True
            )
        )
    if frequency in {"MONTHLY", "YEARLY"} and draw(st.booleans()):
        # Numbered weekdays beside days of the month are for nobody.
        rule["BYDAY"] = [(0, day) for _, day in rule.get("BYDAY", [])]
        rule["BYMONTHDAY"] = draw(
            st.lists(st.integers(1, 31) | st.integers(-5, -1), min_size=1, max_size=4, unique=True)
        )
    if draw(st.booleans()):
        rule["BYMONTH"] = draw(st.lists(st.integers(1, 12), min_size=1, max_size=4, unique=True))
    if frequency in {"WEEKLY", "MONTHLY"} and rule.get("BYDAY") and draw(st.booleans()):
        rule["BYSETPOS"] = draw(st.lists(st.sampled_from([1, 2, 3, -1, -2]), min_size=1, max_size=2, unique=True))
    if frequency == "WEEKLY":
        rule["WKST"] = draw(st.integers(0, 6))
    rule["COUNT"] = draw(st.integers(1, 8))
    return {name: value for name, value in rule.items() if value != []}


def _written(rule: dict[str, Any]) -> str:
    parts = []
    for name, value in rule.items():
        if name == "BYDAY":
            parts.append(f"BYDAY={','.join(f'{number or str()}{WEEKDAYS[day]}' for number, day in value)}")
        elif name == "WKST":
            parts.append(f"WKST={WEEKDAYS[value]}")
        else:
            parts.append(f"{name}={','.join(map(str, value)) if isinstance(value, list) else value}")
    return ";".join(parts)


def _oracle(rule: dict[str, Any], start: date) -> Iterator[date]:
    """Day by day, period by period: slow, and hard to get wrong."""
    day = start - timedelta(days=400)
    periods: dict[Any, list[date]] = {}
    while day < UNTIL.date():
        number = _period(rule, day) - _period(rule, start)
        if number >= 0 and number % rule["INTERVAL"] == 0 and _fits(rule, day, start):
            periods.setdefault(number, []).append(day)
        day += timedelta(days=1)
    for number in sorted(periods):
        found = periods[number]
        places = {place - 1 if place > 0 else len(found) + place for place in rule.get("BYSETPOS", [])}
        yield from (d for n, d in enumerate(found) if d >= start and (not places or n in places))


def _period(rule: dict[str, Any], day: date) -> int:
    if rule["FREQ"] == "DAILY":
        return day.toordinal()
    if rule["FREQ"] == "WEEKLY":
        starts: int = rule["WKST"]
        return (day.toordinal() - 1 - starts) // 7
    return day.year * 12 + day.month if rule["FREQ"] == "MONTHLY" else day.year


def _fits(rule: dict[str, Any], day: date, start: date) -> bool:
    months, monthdays, weekdays = rule.get("BYMONTH"), rule.get("BYMONTHDAY"), rule.get("BYDAY")
    if rule["FREQ"] == "WEEKLY":
        weekdays = weekdays or [(0, start.weekday())]
    if rule["FREQ"] in {"MONTHLY", "YEARLY"} and not weekdays and not monthdays:
        monthdays = [start.day]
    if rule["FREQ"] == "YEARLY" and not months and monthdays:
        months = [start.month]
    length = monthrange(day.year, day.month)[1]
    return (
        (not months or day.month in months)
        and (not monthdays or day.day in monthdays or day.day - length - 1 in monthdays)
        and (not weekdays or any(_is_nth(rule, day, number, weekday) for number, weekday in weekdays))
    )


def _is_nth(rule: dict[str, Any], day: date, number: int, weekday: int) -> bool:
    if day.weekday() != weekday:
        return False
    yearly = rule["FREQ"] == "YEARLY" and not rule.get("BYMONTH")
    last = date(day.year, 12, 31) if yearly else date(day.year, day.month, monthrange(day.year, day.month)[1])
    first = date(day.year, 1, 1) if yearly else day.replace(day=1)
    return number in {0, (day - first).days // 7 + 1, -((last - day).days // 7) - 1}


@settings(deadline=None)
@given(_rules(), st.dates(date(2024, 1, 1), date(2026, 12, 31)))
def test_simple_rules_give_what_walking_day_by_day_gives(rule: dict[str, Any], start: date) -> None:
    """An oracle that shares nothing with the libraries."""
    expected = list(_oracle(rule, start))[: rule["COUNT"]]
    assume(len(expected) == rule["COUNT"])

    assert days(_written(rule), f"{start:%Y%m%d}") == [day.isoformat() for day in expected]


ENTRIES = [
    SERIES,
    "RECURRENCE-ID:20260309T080000Z\nDTSTART:20260310T140000Z\nDTEND:20260310T150000Z\nSEQUENCE:2",
    "RECURRENCE-ID:20260309T080000Z\nDTSTART:20260311T140000Z\nDTEND:20260311T150000Z\nSEQUENCE:2",
    "RECURRENCE-ID:20260316T080000Z\nDTSTART:20260316T080000Z\nSTATUS:CANCELLED",
    f"{SERIES}\nSEQUENCE:1\nSUMMARY:Newer",
]


@settings(deadline=None)
@given(st.permutations(ENTRIES))
def test_the_order_in_the_file_does_not_matter(entries: list[str]) -> None:
    """Two versions of a series, two overrides of one occurrence."""
    assert read(*entries) == read(*ENTRIES)


LINES = st.sampled_from(
    [
        "DTSTART:20250101T000000",
        "DTSTART;VALUE=DATE:20250101",
        "DTSTART;TZID=(UTC+99:00) Moon:20250101T000000",
        "DTSTART:99981231T235959Z",
        "DTEND:20240101",
        "DURATION:-P1D",
        "RRULE:FREQ=YEARLY;BYWEEKNO=53;BYSETPOS=-9",
        "RRULE:FREQ=WEEKLY;BYDAY=MO;BYSETPOS=1;UNTIL=20240101",
        "RRULE:FREQ=MONTHLY;BYDAY=9MO",
        "RRULE:FREQ=SECONDLY;BYSECOND=60;COUNT=2",
        "RRULE:FREQ=YEARLY;BYMONTH=5L",
        "EXRULE:FREQ=DAILY",
        "EXDATE;VALUE=DATE:20250102",
        "EXDATE;TZID=Nowhere:20250102T000000",
        "RDATE;VALUE=PERIOD:20250102T000000Z/20250101T000000Z",
        "RDATE:20250103",
        "RECURRENCE-ID;RANGE=THISANDFUTURE:20250102",
        "SEQUENCE:x",
        "END:VEVENT\nBEGIN:VEVENT\nUID:s",
    ]
)


@settings(deadline=None)
@given(st.lists(LINES, max_size=9))
def test_whatever_a_series_says_nothing_raises(lines: list[str]) -> None:
    """Every event has aware bounds in order."""
    for event in read("\n".join(lines))[0]:
        assert datetime.combine(date(1, 1, 1), time(), UTC) < event.starts_at <= event.ends_at


def test_few_of_many() -> None:
    """The latest are kept of a series with very many."""
    entry = (
        "BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:x\nDTSTART:20260101T000000Z\nRRULE:FREQ=DAILY\nEND:VEVENT\nEND:VCALENDAR"
    )
    events, problems = parse_events(entry.encode(), zone="UTC", until=UNTIL, max_occurrences=100)
    assert [event.starts_at for event in events] == list(
        takewhile(lambda at: at < UNTIL, (UNTIL + timedelta(days=n) for n in range(-100, 1)))
    )
    assert problems
