"""Google Calendar's JSON as occurrences: the same facts as from iCalendar text (D5.1, D5.5, D5.6, D5.16)."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.events import Attendee, Event, EventStatus, PartStat
from domain.signals import Problem
from domain.sources import GOOGLE_EVENTS
from extraction.event_readers import read_events
from extraction.google_events import parse_google_events

UNTIL = datetime(2025, 5, 1, tzinfo=UTC)
Json = dict[str, Any]


def at(text: str, zone: str = "Europe/Berlin") -> Json:
    """A time as Google writes it."""
    return {"dateTime": text, "timeZone": zone}


def single(**more: Any) -> Json:
    """A meeting of an hour in Berlin."""
    return {
        "id": "e1",
        "iCalUID": "e1@google.com",
        "status": "confirmed",
        "summary": "Pier review",
        "start": at("2025-03-12T09:00:00+01:00"),
        "end": at("2025-03-12T10:00:00+01:00"),
        **more,
    }


def weekly(*rules: str, **more: Any) -> Json:
    """A series on Wednesdays from 12 March, three times if not said otherwise."""
    return single(recurrence=[*(rules or ("RRULE:FREQ=WEEKLY;COUNT=3",))], **more)


def exception(original: str, **more: Any) -> Json:
    """What Google adds for one occurrence of the series."""
    return {
        "id": f"e1_{original}",
        "iCalUID": "e1@google.com",
        "recurringEventId": "e1",
        "originalStartTime": at(original),
        **more,
    }


def read(*items: Json, zone: str = "Europe/Berlin") -> tuple[list[Event], list[Problem]]:
    """Parse a calendar object."""
    data = json.dumps({"calendar": {"timeZone": zone}, "items": items}).encode()
    return parse_google_events(data, zone="Europe/Berlin", until=UNTIL)


def starts(events: list[Event]) -> list[tuple[str, str]]:
    """Start in UTC and status of each."""
    return [(event.starts_at.strftime("%m-%d %H:%M"), event.status.value) for event in events]


def test_a_single_entry_is_read_whole() -> None:
    """People with their answers, the organizer among them; zone, sequence and last change."""
    events, problems = read(
        single(
            sequence=2,
            updated="2025-03-01T12:00:00.123Z",
            location="Cologne",
            organizer={"email": "Petra@acme.example", "displayName": "Petra Blum"},
            attendees=[
                {"email": "jan@ours.example", "displayName": "Jan", "responseStatus": "declined", "self": True},
                {"email": "kim@acme.example", "responseStatus": "needsAction"},
                {"email": "petra@acme.example", "responseStatus": "accepted", "organizer": True},
                {"email": "c_room@resource.calendar.google.com", "resource": True, "responseStatus": "accepted"},
            ],
        )
    )

    assert problems == []
    [event] = events
    assert (event.key, event.ical_uid, event.sequence) == ("e1@google.com", "e1@google.com", 2)
    assert (event.title, event.location, event.timezone) == ("Pier review", "Cologne", "Europe/Berlin")
    assert event.starts_at == datetime(2025, 3, 12, 8, 0, tzinfo=UTC)
    assert event.ends_at - event.starts_at == timedelta(hours=1)
    assert event.organizer == "petra@acme.example"
    assert event.attendees == (
        Attendee("Jan", "jan@ours.example", PartStat.DECLINED),
        Attendee("", "kim@acme.example", PartStat.NEEDS_ACTION),
        Attendee("", "petra@acme.example", PartStat.ACCEPTED, organizer=True),
    )
    assert event.updated_at
    assert event.updated_at.replace(microsecond=0) == datetime(2025, 3, 1, 12, 0, tzinfo=UTC)


def test_an_all_day_entry_is_a_day_of_the_companys_zone_d5_16() -> None:
    """D5.16: the day of the clock change has 23 hours."""
    [event], _ = read(single(start={"date": "2025-03-30"}, end={"date": "2025-03-31"}))

    assert event.all_day
    assert event.starts_at == datetime(2025, 3, 29, 23, 0, tzinfo=UTC)
    assert event.ends_at == datetime(2025, 3, 30, 22, 0, tzinfo=UTC)


def test_a_series_keeps_its_local_hour_across_the_clock_change_d5_6() -> None:
    """D5.6: 9 o'clock in Berlin, winter and summer; the rule's zone is that of the start."""
    events, _ = read(weekly("RRULE:FREQ=WEEKLY;COUNT=4"))

    assert [event.starts_at.strftime("%m-%d %H:%M") for event in events] == [
        *("03-12 08:00", "03-19 08:00", "03-26 08:00", "04-02 07:00")
    ]
    assert events[1].key == "e1@google.com/2025-03-19T08:00:00+00:00"


def test_a_moved_occurrence_replaces_its_original_d5_6() -> None:
    """The original start says which one it was, whatever zone Google writes it in."""
    moved = exception(
        "2025-03-19T09:00:00+01:00",
        status="confirmed",
        summary="Pier review, moved",
        start=at("2025-03-20T14:00:00+01:00"),
        end=at("2025-03-20T15:00:00+01:00"),
        sequence=1,
    )
    moved["originalStartTime"] = {"dateTime": "2025-03-19T08:00:00Z"}

    events, _ = read(weekly(), moved)

    assert starts(events) == [("03-12 08:00", "confirmed"), ("03-20 13:00", "confirmed"), ("03-26 08:00", "confirmed")]
    assert events[1].title == "Pier review, moved"
    assert events[1].recurrence_id == "2025-03-19T08:00:00+00:00"


def test_a_cancelled_occurrence_stays_a_fact_with_the_words_of_its_series_d5_1() -> None:
    """Google names the original start only; who would have met, and for how long, the series says."""
    people = [{"email": "kim@acme.example", "responseStatus": "accepted"}]

    events, problems = read(weekly(attendees=people), exception("2025-03-19T09:00:00+01:00", status="cancelled"))

    assert problems == []
    assert starts(events) == [("03-12 08:00", "confirmed"), ("03-19 08:00", "cancelled"), ("03-26 08:00", "confirmed")]
    assert events[1].title == "Pier review"
    assert events[1].ends_at - events[1].starts_at == timedelta(hours=1)
    assert [attendee.address for attendee in events[1].attendees] == ["kim@acme.example"]


def test_excluded_and_added_dates_are_honoured_d5_6() -> None:
    """EXDATE and RDATE lines go in as they came."""
    events, _ = read(
        weekly(
            "RRULE:FREQ=WEEKLY;COUNT=3",
            "EXDATE;TZID=Europe/Berlin:20250319T090000",
            "RDATE;TZID=Europe/Berlin:20250321T110000",
        )
    )

    assert [event.starts_at.strftime("%m-%d %H:%M") for event in events] == [
        "03-12 08:00",
        "03-21 10:00",
        "03-26 08:00",
    ]


def test_an_invitation_to_one_occurrence_only_is_read_without_its_series() -> None:
    """Of a series somebody else keeps, Google shows the one we are invited to."""
    one = exception("2025-03-19T09:00:00+01:00", **{**single(), "id": "e1_x"})

    [event], problems = read(one)

    assert problems == []
    assert event.recurrence_id == "2025-03-19T08:00:00+00:00"


def test_an_all_day_series_with_a_cancelled_day() -> None:
    """Dates stay dates, also as the name of an occurrence."""
    days = weekly("RRULE:FREQ=DAILY;COUNT=2", start={"date": "2025-03-12"}, end={"date": "2025-03-13"})
    cancelled = {**exception("", status="cancelled"), "originalStartTime": {"date": "2025-03-13"}}

    events, _ = read(days, cancelled)

    assert [(event.recurrence_id, event.status.value) for event in events] == [
        *(("2025-03-12", "confirmed"), ("2025-03-13", "cancelled"))
    ]


def test_a_cancelled_entry_is_kept_as_a_fact_d5_1() -> None:
    """Cancelled as a whole."""
    [event], _ = read(single(status="cancelled"))

    assert event.status is EventStatus.CANCELLED


@pytest.mark.parametrize(
    ("more", "private", "transparent"),
    [
        ({"visibility": "private"}, True, False),
        ({"visibility": "confidential"}, True, False),
        ({"visibility": "public"}, False, False),
        ({"transparency": "transparent"}, False, True),
        ({"eventType": "focusTime"}, False, True),
        ({"eventType": "outOfOffice"}, False, True),
        ({"eventType": "workingLocation"}, False, True),
        ({"eventType": "birthday"}, False, True),
        ({"eventType": "default"}, False, False),
    ],
)
def test_private_entries_and_holds_are_told(more: Json, *, private: bool, transparent: bool) -> None:
    """D5.5, and what is no client meeting by its type: focus time, absence, working location, birthday."""
    [event], _ = read(single(**more))

    assert (event.private, event.transparent) == (private, transparent)
    assert event.away is (more.get("eventType") == "outOfOffice")


@pytest.mark.parametrize(
    ("more", "location", "description"),
    [
        ({"hangoutLink": "https://meet.example/abc"}, "https://meet.example/abc", ""),
        ({"hangoutLink": "https://meet.example/abc", "location": "Room 4"}, "Room 4", "https://meet.example/abc"),
        ({"hangoutLink": "https://meet.example/a", "description": "At https://meet.example/a"}, "", "At https://meet.example/a"),
        ({"description": "<p>Agenda:<br>prices &amp; dates</p>"}, "", "Agenda:\nprices & dates"),
        (
            {"conferenceData": {"entryPoints": [{"entryPointType": "video", "uri": "https://zoom.example/j/1"}]}},
            "https://zoom.example/j/1",
            "",
        ),
    ],
)  # fmt: skip
def test_place_description_and_video_call(more: Json, location: str, description: str) -> None:
    """The address of the call is found where people look for it, once; markup becomes text."""
    [event], _ = read(single(**more))

    assert (event.location, event.description) == (location, description)


def test_the_calendar_itself_is_no_organizer() -> None:
    """A team's calendar organizes what was entered there; it is nobody to meet."""
    [event], _ = read(single(organizer={"email": "c_1@group.calendar.google.com", "displayName": "Team"}))

    assert (event.organizer, event.attendees) == ("", ())


def test_an_unknown_zone_leaves_the_offset_in_force() -> None:
    """What is written beside it says when it is."""
    [event], _ = read(single(start=at("2025-03-12T09:00:00-07:00", "Mars/Base"), end=at("2025-03-12T10:00:00-07:00")))

    assert event.starts_at == datetime(2025, 3, 12, 16, 0, tzinfo=UTC)


def test_text_that_looks_like_icalendar_stays_text() -> None:
    """Neither lines in a description nor in a rule become properties."""
    words = "x" * 60 + "\r\nBEGIN:VEVENT\r\nUID:evil\r\nEND:VEVENT\r\n" + "BEGIN:VEVENT" * 20

    events, problems = read(weekly("RRULE:FREQ=WEEKLY;COUNT=1", "EXDATE:20250101\r\nUID:evil", description=words))

    assert problems == []
    assert [event.ical_uid for event in events] == ["e1@google.com"]


@pytest.mark.parametrize(
    "data",
    [
        *(b"", b"{", b"[]", b"null", b"[" * 100_000, b"\xff"),
        *(b'{"calendar": {}, "items": []}', b'{"calendar": [], "items": 1}'),
    ],
)
def test_what_is_no_calendar_object_is_a_problem(data: bytes) -> None:
    """It goes to quarantine with a sentence."""
    events, problems = parse_google_events(data, zone="Europe/Berlin", until=UNTIL)

    assert events == []
    assert problems[0].reason.startswith("The calendar entry")


def test_one_broken_item_does_not_take_the_others_along() -> None:
    """The series is read, the exception with an impossible date is told."""
    broken = exception("2025-03-19T09:00:00+01:00", status="confirmed", start={"dateTime": "tomorrow"})

    events, problems = read(weekly(), broken)

    assert len(events) == 3
    assert len(problems) == 1


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30) | st.just("2025-03-12"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)  # fmt: skip


@given(
    items=st.lists(
        st.fixed_dictionaries(
            {},
            optional={
                key: JSON | st.just(value)
                for key, value in {
                    **weekly(sequence=1, attendees=[{"email": "a@b.example"}], organizer={"email": "a@b.example"}),
                    "recurringEventId": "e1",
                    "originalStartTime": at("2025-03-12T09:00:00+01:00"),
                    "updated": "2025-03-01T12:00:00Z",
                    "conferenceData": {"entryPoints": [{"entryPointType": "video", "uri": "x"}]},
                }.items()
            },
        ),
        max_size=3,
    ),
    zone=st.text(max_size=10) | st.just("Europe/Berlin"),
)
def test_any_json_ends_in_events_and_problems(items: list[Json], zone: str) -> None:
    """Nothing raises, whatever stands in the fields."""
    data = json.dumps({"calendar": {"timeZone": zone}, "items": items}).encode()

    events, problems = parse_google_events(data, zone="Europe/Berlin", until=UNTIL)

    assert events or problems


def test_the_media_type_chooses_the_reader() -> None:
    """Google's JSON, iCalendar text, and a type that nobody reads."""
    google = json.dumps({"calendar": {}, "items": [single()]}).encode()
    text = b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:e2\r\nDTSTART:20250312T090000Z\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"

    found = [
        read_events(media_type, data, zone="Europe/Berlin", until=UNTIL)
        for media_type, data in ((GOOGLE_EVENTS, google), ("text/calendar", text), ("", text), ("text/x", text))
    ]

    assert [[event.ical_uid for event in events] for events, _ in found] == [["e1@google.com"], ["e2"], ["e2"], []]
    assert found[3][1][0].reason == "This version cannot read calendar entries of type text/x."
