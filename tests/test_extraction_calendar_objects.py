"""Calendar objects as occurrences (D5.6, D5.16)."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.events import Attendee, Event, EventStatus, PartStat
from domain.signals import Problem
from extraction.calendar_objects import parse_events

UNTIL = datetime(2025, 4, 1, tzinfo=UTC)


def read(*entries: str, head: str = "") -> tuple[list[Event], list[Problem]]:
    """Parse VEVENTs, each given by its lines, in Berlin up to April 2025."""
    events = "".join(f"BEGIN:VEVENT\n{entry}\nEND:VEVENT\n" for entry in entries)
    text = f"BEGIN:VCALENDAR\nVERSION:2.0\n{head}{events}END:VCALENDAR\n"
    return parse_events(text.replace("\n", "\r\n").encode(), zone="Europe/Berlin", until=UNTIL)


def test_a_single_entry_is_read_whole() -> None:
    """People with their answers, the organizer among them; text, class and transparency."""
    events, problems = read(
        "UID:e1\nSEQUENCE:2\nDTSTAMP:20250301T120000Z\nDTSTART;TZID=America/New_York:20250312T090000\nDURATION:PT45M\n"
        "SUMMARY:Review\\, second\nLOCATION:Cologne\nCLASS:PRIVATE\nTRANSP:TRANSPARENT\n"
        "ORGANIZER;CN=Petra Blum:mailto:Petra@acme.example\n"
        "ATTENDEE;CN=Jan;PARTSTAT=DECLINED:mailto:jan@ours.example"
    )

    assert problems == []
    [event] = events
    assert (event.key, event.sequence, event.title, event.location) == ("e1", 2, "Review, second", "Cologne")
    assert event.starts_at == datetime(2025, 3, 12, 13, 0, tzinfo=UTC)
    assert event.ends_at - event.starts_at == timedelta(minutes=45)
    assert (event.timezone, event.private, event.transparent) == ("America/New_York", True, True)
    assert event.organizer == "petra@acme.example"
    assert event.attendees == (
        Attendee("Petra Blum", "petra@acme.example", PartStat.ACCEPTED, organizer=True),
        Attendee("Jan", "jan@ours.example", PartStat.DECLINED),
    )
    assert event.updated_at == datetime(2025, 3, 1, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("start", "starts_at", "ends_at"),
    [
        ("DTSTART:20250312T090000", "2025-03-12T08:00", "2025-03-12T08:00"),
        ("DTSTART;TZID=W. Europe Standard Time:20250312T090000", "2025-03-12T08:00", "2025-03-12T08:00"),
        ("DTSTART:20250312T090000Z", "2025-03-12T09:00", "2025-03-12T09:00"),
        ("DTSTART;VALUE=DATE:20250330", "2025-03-29T23:00", "2025-03-30T22:00"),
    ],
)
def test_local_time_is_never_read_as_utc_d5_16(start: str, starts_at: str, ends_at: str) -> None:
    """D5.16: floating and all-day in the company's zone (a day of 23 hours in spring), Windows names known."""
    [event], _ = read(f"UID:e1\n{start}")

    assert event.starts_at == datetime.fromisoformat(f"{starts_at}:00+00:00")
    assert event.ends_at == datetime.fromisoformat(f"{ends_at}:00+00:00")


SERIES = (
    "UID:s1\nDTSTART;TZID=Europe/Berlin:20250303T090000\nDTEND;TZID=Europe/Berlin:20250303T100000\nSUMMARY:Weekly\n"
)


def test_every_occurrence_of_a_series_stands_by_itself_d5_6() -> None:
    """D5.6: RRULE, EXDATE, RDATE and overrides; a moved occurrence keeps its identity, a cancelled one stays a fact."""
    events, problems = read(
        f"{SERIES}RRULE:FREQ=WEEKLY;COUNT=4\nEXDATE;TZID=Europe/Berlin:20250310T090000\n"
        "RDATE;TZID=Europe/Berlin:20250313T090000",
        "UID:s1\nRECURRENCE-ID;TZID=Europe/Berlin:20250317T090000\nDTSTART;TZID=Europe/Berlin:20250318T150000\n"
        "DTEND;TZID=Europe/Berlin:20250318T160000\nSUMMARY:Weekly moved\nSEQUENCE:1",
        "UID:s1\nRECURRENCE-ID;TZID=Europe/Berlin:20250324T090000\nDTSTART;TZID=Europe/Berlin:20250324T090000\n"
        "DTEND;TZID=Europe/Berlin:20250324T100000\nSUMMARY:Weekly\nSTATUS:CANCELLED",
    )

    assert problems == []
    assert [(event.key, event.starts_at.isoformat()[:16], event.status) for event in events] == [
        ("s1/2025-03-03T08:00:00+00:00", "2025-03-03T08:00", EventStatus.CONFIRMED),
        ("s1/2025-03-13T08:00:00+00:00", "2025-03-13T08:00", EventStatus.CONFIRMED),
        ("s1/2025-03-17T08:00:00+00:00", "2025-03-18T14:00", EventStatus.CONFIRMED),
        ("s1/2025-03-24T08:00:00+00:00", "2025-03-24T08:00", EventStatus.CANCELLED),
    ]


def test_a_series_keeps_its_local_hour_over_the_change_of_clocks() -> None:
    """Nine in Berlin is eight in UTC before 30 March 2025 and seven after it."""
    events, _ = read(f"{SERIES}RRULE:FREQ=WEEKLY;BYDAY=MO;UNTIL=20250401T000000Z")

    assert [event.starts_at.hour for event in events] == [8, 8, 8, 8, 7]


def test_a_cancelling_mail_cancels() -> None:
    """METHOD:CANCEL says it for all its entries (RFC 5546, 3.2.5)."""
    [event], _ = read("UID:e1\nDTSTART:20250312T090000Z", head="METHOD:CANCEL\n")

    assert (event.method, event.status) == ("cancel", EventStatus.CANCELLED)


def test_a_broken_entry_is_a_problem_and_the_rest_goes_on() -> None:
    """One entry without a start does not hide the others."""
    events, problems = read("UID:bad\nDTSTART:yesterday", "UID:good\nDTSTART:20250312T090000Z")

    assert [event.key for event in events] == ["good"]
    assert len(problems) == 1
    assert "bad" in problems[0].reason


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=SECONDLY",
        "FREQ=MINUTELY;INTERVAL=1",
        "FREQ=DAILY;BYHOUR=0,1,2,3,4,5,6,7,8,9,10,11;BYMINUTE=0,1,2,3,4,5,6,7,8,9;BYSECOND=0,1,2,3,4,5",
        "FREQ=HOURLY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=31",
        "FREQ=NEVER",
        "FREQ=DAILY;INTERVAL=0",
    ],
)
def test_absurd_rules_end_at_once(rule: str) -> None:
    """A rule that repeats too often or never is a problem; what is kept is bounded."""
    events, problems = read(f"UID:x\nDTSTART:20240101T000000Z\nRRULE:{rule}")

    assert len(events) <= 1
    assert problems


@pytest.mark.parametrize("start", ["00010101T000000Z", "99991231T235959Z", "99991231"])
def test_times_at_the_ends_of_the_calendar_do_not_raise(start: str) -> None:
    """Year 1 and year 9999 overflow when a zone is applied."""
    events, problems = read(f"UID:x\nDTSTART:{start}\nRRULE:FREQ=DAILY")

    assert len(events) <= 1
    assert problems


def _calendar(lines: list[str]) -> bytes:
    return "\r\n".join(["BEGIN:VCALENDAR", "BEGIN:VEVENT", *lines, "END:VEVENT", "END:VCALENDAR", ""]).encode()


LINES = st.sampled_from(
    [
        "UID:a",
        "DTSTART:20250101T000000",
        "DTSTART;VALUE=DATE:20250101",
        "DTSTART;TZID=Nowhere:20250101T000000",
        "DTEND:20240101T000000Z",
        "DURATION:-PT1H",
        "RRULE:FREQ=DAILY;COUNT=3",
        "RRULE:COUNT=x",
        "EXDATE:20250102",
        "RDATE;VALUE=PERIOD:20250102T000000Z/PT1H",
        "RECURRENCE-ID:20250102T000000Z",
        "ORGANIZER:x",
        "ATTENDEE;PARTSTAT=Q:mailto:a@b",
        "SEQUENCE:9999999999999",
        "STATUS:WHO",
        "END:VEVENT",
        "BEGIN:VEVENT",
        "BEGIN:VALARM",
        "END:VCALENDAR",
        " folded",
        "no colon",
    ]
)


@given(st.binary(max_size=200) | st.lists(LINES, max_size=12).map(_calendar))
def test_any_bytes_give_events_or_problems(data: bytes) -> None:
    """Nothing raises; every event has aware bounds in order."""
    events, _ = parse_events(data, zone="Europe/Berlin", until=UNTIL, max_occurrences=10)

    for event in events:
        assert event.starts_at <= event.ends_at
        assert event.starts_at.utcoffset() == timedelta(0)
