"""Microsoft Graph's event JSON as occurrences: the same facts as from iCalendar text (D5.1, D5.5, D5.6, D5.16)."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.events import Attendee, Event, EventStatus, PartStat
from extraction.calendar_objects import parse_events
from extraction.event_readers import read_events
from extraction.exchange_uids import series_uid
from extraction.graph_events import GRAPH_EVENT, parse_graph_events

UNTIL = datetime(2026, 12, 31, tzinfo=UTC)
Json = dict[str, Any]

# A GlobalObjectId: 16 bytes of class, the day of the occurrence, creation time, 8 reserved bytes, length, data.
CLASS = "040000008200E00074C5B7101A82E008"
REST = "00A1B2C3D4E5F601" + "0000000000000000" + "10000000" + "0123456789ABCDEF0123456789ABCDEF"
SERIES, ON_12_MARCH = f"{CLASS}00000000{REST}", f"{CLASS}07EA030C{REST}"
FOREIGN = b"vCal-Uid\x01\x00\x00\x00pier-review@bluepeak.example\x00".hex().upper()


def at(text: str, zone: str = "UTC") -> Json:
    """A time as Graph writes it."""
    return {"dateTime": f"{text}.0000000", "timeZone": zone}


def person(name: str, **more: Any) -> Json:
    """Somebody at Blue Peak or of ours."""
    host = "northwind" if name in {"ana", "room"} else "bluepeak"
    return {"emailAddress": {"name": name.title(), "address": f"{name.title()}@{host}.example"}, **more}


def single(**more: Any) -> Json:
    """A meeting of an hour, entered in Berlin."""
    return {
        "id": "AAA1",
        "type": "singleInstance",
        "iCalUId": SERIES,
        "subject": "Pier review",
        "start": at("2026-03-12T08:00:00"),
        "end": at("2026-03-12T09:00:00"),
        "originalStartTimeZone": "W. Europe Standard Time",
        **more,
    }


def occurrence(**more: Any) -> Json:
    """One occurrence of a series, as the connector completes it."""
    known = single(type="occurrence", seriesMasterId="AAA0", seriesMaster={"id": "AAA0", "iCalUId": SERIES})
    del known["iCalUId"]
    return known | more


def read(event: Json, zone: str = "Europe/Berlin") -> Event:
    """Parse what must be readable."""
    events, problems = parse_graph_events(json.dumps(event).encode(), zone=zone, until=UNTIL)
    assert problems == []
    (found,) = events
    return found


def from_ics(*lines: str) -> list[Event]:
    """Parse the same from a calendar of another kind."""
    text = "\r\n".join(["BEGIN:VCALENDAR", "VERSION:2.0", "BEGIN:VEVENT", *lines, "END:VEVENT", "END:VCALENDAR", ""])
    return parse_events(text.encode(), zone="Europe/Berlin", until=UNTIL)[0]


def test_a_single_event_is_the_same_as_in_a_calendar_of_another_kind() -> None:
    """Key, times and zone agree, so both are one event (D5.7)."""
    (other,) = from_ics(
        f"UID:{SERIES}",
        "SUMMARY:Pier review",
        "DTSTART;TZID=Europe/Berlin:20260312T090000",
        "DTEND;TZID=Europe/Berlin:20260312T100000",
    )

    assert read(single()) == other


def test_an_occurrence_is_the_same_as_in_a_calendar_of_another_kind() -> None:
    """Its RECURRENCE-ID is when it begins (D5.6)."""
    first, *_ = from_ics(
        f"UID:{SERIES}",
        "SUMMARY:Pier review",
        "DTSTART;TZID=Europe/Berlin:20260312T090000",
        "DTEND;TZID=Europe/Berlin:20260312T100000",
        "RRULE:FREQ=WEEKLY;COUNT=3",
    )

    assert read(occurrence()) == first


def test_a_moved_occurrence_is_known_by_when_it_was_to_begin() -> None:
    """``originalStart``, and the UID of its series: that of the instance differs."""
    moved = occurrence(
        type="exception",
        iCalUId=ON_12_MARCH,
        start=at("2026-03-13T10:00:00"),
        end=at("2026-03-13T11:00:00"),
        originalStart="2026-03-12T08:00:00Z",
    )

    assert read(moved).key == f"{SERIES}/2026-03-12T08:00:00+00:00"
    assert read(moved).starts_at == datetime(2026, 3, 13, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("original", "zone"),
    [
        pytest.param("2026-03-12T00:00:00Z", "W. Europe Standard Time", id="midnight in UTC"),
        pytest.param("2026-03-11T23:00:00Z", "W. Europe Standard Time", id="midnight where it was entered"),
        pytest.param("2026-03-12T08:00:00Z", "Pacific Standard Time", id="midnight in California"),
    ],
)
def test_an_all_day_occurrence_is_known_by_its_day(original: str, zone: str) -> None:
    """Whichever midnight Graph gives."""
    days = {"isAllDay": True, "start": at("2026-03-13T00:00:00"), "end": at("2026-03-14T00:00:00")}
    moved = occurrence(type="exception", originalStart=original, originalStartTimeZone=zone, **days)

    assert read(moved).recurrence_id == "2026-03-12"


@pytest.mark.parametrize("zone", ["UTC", "W. Europe Standard Time", "Pacific/Kiritimati"])
def test_an_all_day_event_stays_on_its_days(zone: str) -> None:
    """Days begin at midnight of the company's zone, whatever zone they are told in (D5.16)."""
    days = {"start": at("2026-03-12T00:00:00", zone), "end": at("2026-03-14T00:00:00", zone)}
    (other,) = from_ics("UID:u", "DTSTART;VALUE=DATE:20260312", "DTEND;VALUE=DATE:20260314")

    event = read(single(isAllDay=True, **days))

    assert (event.starts_at, event.ends_at, event.all_day) == (other.starts_at, other.ends_at, True)
    assert event.timezone == ""


@pytest.mark.parametrize(
    ("zone", "hour"),
    [
        pytest.param("W. Europe Standard Time", 8, id="a Windows name"),
        pytest.param("w. europe standard time", 8, id="in another case"),
        pytest.param("America/New_York", 13, id="an IANA name"),
        pytest.param("UTC", 9, id="UTC"),
        pytest.param("tzone://Microsoft/Utc", 9, id="UTC by Outlook's name"),
        pytest.param("tzone://Microsoft/Custom", 8, id="a custom zone is read as the company's"),
        pytest.param("", 8, id="none is read as the company's"),
        pytest.param("../etc/passwd", 8, id="no path is looked up"),
    ],
)
def test_times_are_read_in_the_zone_they_are_told_in(zone: str, hour: int) -> None:
    """Local time is never read as UTC (D5.16)."""
    event = read(single(start=at("2026-03-12T09:00:00", zone), end=at("2026-03-12T10:00:00", zone)))

    assert event.starts_at == datetime(2026, 3, 12, hour, tzinfo=UTC)


@pytest.mark.parametrize(
    ("name", "zone"),
    [("W. Europe Standard Time", "Europe/Berlin"), ("Asia/Tokyo", "Asia/Tokyo"), ("tzone://Microsoft/Custom", "")],
)
def test_the_zone_it_was_entered_in_is_kept_by_its_iana_name(name: str, zone: str) -> None:
    """Beside the instant."""
    assert read(single(originalStartTimeZone=name)).timezone == zone


def test_people_come_with_their_answers() -> None:
    """The organizer is among them, a room is nobody."""
    event = read(
        single(
            organizer=person("ana"),
            attendees=[
                person("mara", type="required", status={"response": "tentativelyAccepted"}),
                person("kim", type="optional", status={"response": "declined"}),
                person("lou", type="required", status={"response": "accepted"}),
                person("pat", type="required", status={"response": "none"}),
                person("room", type="resource", status={"response": "accepted"}),
                {"emailAddress": {"name": "Old", "address": "/o=Northwind/cn=old"}, "type": "required"},
            ],
        )
    )

    assert event.organizer == "ana@northwind.example"
    assert event.attendees == (
        Attendee("Ana", "ana@northwind.example", PartStat.ACCEPTED, organizer=True),
        Attendee("Mara", "mara@bluepeak.example", PartStat.TENTATIVE),
        Attendee("Kim", "kim@bluepeak.example", PartStat.DECLINED),
        Attendee("Lou", "lou@bluepeak.example", PartStat.ACCEPTED),
        Attendee("Pat", "pat@bluepeak.example", PartStat.NEEDS_ACTION),
    )


def test_an_organizer_who_attends_is_told_once() -> None:
    """With the answer that stands beside the name."""
    event = read(single(organizer=person("ana"), attendees=[person("ana", status={"response": "organizer"})]))

    assert event.attendees == (Attendee("Ana", "ana@northwind.example", PartStat.ACCEPTED, organizer=True),)


def test_a_cancelled_event_is_kept_as_a_fact() -> None:
    """D5.1."""
    assert read(single(isCancelled=True)).status is EventStatus.CANCELLED
    assert read(single(isCancelled=False)).status is EventStatus.CONFIRMED


@pytest.mark.parametrize(
    ("sensitivity", "private"),
    [("private", True), ("confidential", True), ("personal", False), ("normal", False), (None, False)],
)
def test_private_events_are_marked(sensitivity: str | None, private: bool) -> None:
    """D5.5."""
    assert read(single(sensitivity=sensitivity)).private is private


@pytest.mark.parametrize(
    ("shown", "transparent"),
    [("free", True), ("workingElsewhere", True), ("oof", True), ("busy", False), ("tentative", False), (None, False)],
)
def test_what_blocks_no_time_for_others_is_transparent(shown: str | None, transparent: bool) -> None:
    """Holds, days elsewhere and absences."""
    event = read(single(showAs=shown))

    assert (event.transparent, event.away) == (transparent, shown == "oof")


@pytest.mark.parametrize(
    ("location", "body", "expected"),
    [
        pytest.param("", "Agenda", ("https://meet.example/1", "Agenda"), id="it is the place where there is none"),
        pytest.param("Room 4", "Agenda", ("Room 4", "Agenda\nhttps://meet.example/1"), id="beside another place"),
        pytest.param("Room 4", "At https://meet.example/1", ("Room 4", "At https://meet.example/1"), id="told already"),
    ],
)
def test_the_link_of_an_online_meeting_is_kept(location: str, body: str, expected: tuple[str, str]) -> None:
    """Meetings are recognised by it."""
    event = read(
        single(
            location={"displayName": location},
            body={"contentType": "text", "content": body},
            onlineMeeting={"joinUrl": "https://meet.example/1"},
        )
    )

    assert (event.location, event.description) == expected


def test_the_last_change_orders_edits() -> None:
    """Graph tells no SEQUENCE."""
    event = read(single(lastModifiedDateTime="2026-03-01T10:00:00.1234567Z"))

    assert event.updated_at == datetime(2026, 3, 1, 10, 0, 0, 123456, tzinfo=UTC)
    assert read(single(lastModifiedDateTime="0001-01-01T00:00:00Z")).updated_at is None


@pytest.mark.parametrize(
    ("given_uid", "expected"),
    [
        pytest.param(ON_12_MARCH, SERIES, id="the day of an occurrence is taken out"),
        pytest.param(ON_12_MARCH.lower(), SERIES, id="in capitals"),
        pytest.param(SERIES, SERIES, id="a series stays as it is"),
        pytest.param(
            f"{CLASS}07EA030C{'0' * 32}2A000000{FOREIGN}",
            "pier-review@bluepeak.example",
            id="another one's is unwrapped",
        ),
        pytest.param("e1@google.com", "e1@google.com", id="another one's plain"),
        pytest.param(CLASS, CLASS, id="cut off"),
        pytest.param(f"{CLASS}xyz", f"{CLASS}xyz", id="no digits"),
    ],
)
def test_the_uid_of_a_series_is_found_in_that_of_an_occurrence(given_uid: str, expected: str) -> None:
    """As other calendars and invitations by mail write it ([MS-OXOCAL] 2.2.1.27)."""
    assert series_uid(given_uid) == expected


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        pytest.param({"uid": "u1", "iCalUId": "u2"}, "u1", id="uid where there is one"),
        pytest.param({"iCalUId": "u2"}, "u2", id="else iCalUId"),
        pytest.param({"iCalUId": None}, "graph:AAA1", id="else Graph's own id"),
    ],
)
def test_which_of_its_ids_an_event_goes_by(more: Json, expected: str) -> None:
    """The first that others may know."""
    assert read(single(**more)).ical_uid == expected


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"BEGIN:VCALENDAR",
        b"[]",
        b"{}",
        b'"text"',
        b"\xff\xfe",
        json.dumps(single(start=None)).encode(),
        json.dumps(single(start=at("soon"))).encode(),
        b"[" * 100_000,
    ],
)
def test_what_cannot_be_read_is_a_problem(data: bytes) -> None:
    """It goes to quarantine with a sentence."""
    events, problems = parse_graph_events(data, zone="Europe/Berlin", until=UNTIL)

    assert events == []
    assert [problem.stage for problem in problems] == ["parse"]


def test_the_media_type_chooses_this_reader() -> None:
    """What the connector says it is."""
    data = json.dumps(single()).encode()

    assert read_events(GRAPH_EVENT, data, zone="Europe/Berlin", until=UNTIL)[0] == [read(single())]


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text("aZ0-:@ \x00\ud800", max_size=8)
    | st.sampled_from(["2026-03-12T09:00:00Z", "UTC"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["dateTime", "address"]), inner),
    max_leaves=6,
)


@given(
    changes=st.dictionaries(
        st.sampled_from([*occurrence(), "attendees", "organizer", "body", "location", "originalStart", "isAllDay"]),
        VALUES,
    )
)
def test_whatever_stands_in_it_is_read_or_a_problem(changes: Json) -> None:
    """Nothing raises."""
    data = json.dumps(occurrence() | changes).encode()

    events, problems = parse_graph_events(data, zone="Europe/Berlin", until=UNTIL)

    assert len(events) + len(problems) == 1
