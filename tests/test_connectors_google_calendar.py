"""Google Calendar, against a fake of its lists; and the bare emulator, which knows single events only."""

import json
import tracemalloc
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from contract_sources import Place, Shelf, SourceContract
from fake_calendars import FakeCalendar
from fake_google import FakeGoogle, serving
from test_connectors_gmail import credentials

from connectors.folder_choice import FolderChoice
from connectors.google_calendar import GoogleCalendarSource
from connectors.google_events import Calendar
from connectors.google_objects import CalendarObjects
from domain.errors import AuthError, SourceUnreachable
from domain.sources import GOOGLE_EVENTS, Deleted, RawEvent, Source

Json = dict[str, Any]


def event(number: int, **more: Any) -> Json:
    """A single entry, a different one for each number."""
    start = {"dateTime": f"2025-03-{number % 28 + 1:02}T09:00:00+01:00", "timeZone": "Europe/Berlin"}
    return {"id": f"e{number}", "summary": f"Pump {number}", "start": start, "end": start, **more}


def series(key: str = "s", **more: Any) -> Json:
    """A weekly series."""
    return {**event(0), "id": key, "recurrence": ["RRULE:FREQ=WEEKLY;COUNT=4"], **more}


def exception(of: str, day: str, **more: Any) -> Json:
    """An exception of a series; its iCalendar UID is that of the series."""
    original = {"dateTime": f"2025-03-{day}T09:00:00+01:00", "timeZone": "Europe/Berlin"}
    return {
        "id": f"{of}_{day}",
        "iCalUID": f"{of}@google.com",
        "recurringEventId": of,
        "originalStartTime": original,
        "start": original,
        "end": original,
        **more,
    }


def as_read(*items: Json) -> bytes:
    """What a calendar object looks like when read."""
    usual = ({"status": "confirmed", "iCalUID": f"{item['id']}@google.com", **item} for item in items)
    found = {"calendar": {"timeZone": "Europe/Berlin"}, "items": list(usual)}
    return json.dumps(found, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


class CalendarPlace:
    def __init__(self, google: FakeGoogle) -> None:
        self.google = google
        self.waited: list[float] = []

    @property
    def calendar(self) -> FakeCalendar:
        return self.google.calendars.primary

    def put(self, *numbers: int) -> None:
        for number in numbers:
            self.calendar.put(event(number))

    def remove(self, number: int) -> None:
        self.calendar.strip(f"e{number}", "iCalUID")

    def source(self, *, size_limit: int = 1_000_000, **options: Any) -> Source:
        return GoogleCalendarSource(
            name="desk",
            credentials=credentials(self.google),
            api_endpoint=self.google.url,
            size_limit=size_limit,
            sleep=self.waited.append,
            **options,
        )

    def missing(self) -> Source:
        nowhere = "http://127.0.0.1:9"
        return GoogleCalendarSource(
            name="gone", credentials=credentials(self.google), api_endpoint=nowhere, sleep=self.waited.append
        )

    def put_oversized(self, size: int) -> None:
        self.calendar.put(event(99, description="x" * size))

    def fingerprint(self) -> object:
        return json.dumps(self.calendar.events)


@pytest.fixture
def place() -> Iterator[CalendarPlace]:
    """Offer a fresh user with a primary calendar."""
    with serving(FakeGoogle("ana@northwind.example", "")) as google:
        yield CalendarPlace(google)


class TestGoogleCalendarKeepsTheContract(SourceContract):
    @pytest.fixture
    def place(self) -> Iterator[CalendarPlace]:
        with serving(FakeGoogle("ana@northwind.example", "")) as google:
            yield CalendarPlace(google)

    def expected(self, *numbers: int) -> list[bytes]:
        return sorted(as_read(event(number)) for number in numbers)

    def test_an_oversized_item_is_truncated(self, place: Place) -> None:
        """Half an entry is none: it is reported instead, and counted."""
        place.put(1)
        place.put_oversized(3_000_000)
        shelf = Shelf()

        shelf.sync(place.source(size_limit=2_000_000))
        shelf.sync(place.source(size_limit=2_000_000))

        assert shelf.contents() == self.expected(1)
        assert ["more than the source's `size_limit`" in trouble.reason for trouble in shelf.unreadable] == [True]
        assert shelf.counted() == {"Ana": 2}


@pytest.fixture
def shelf() -> Shelf:
    """An empty store."""
    return Shelf()


def items(source: Source, shelf: Shelf) -> list[Any]:
    """Return what the next run hands out, without keeping it."""
    return [item for page in source.changes(shelf.cursor, shelf.held) for item in page.items]


class TestObjects:
    def test_a_series_and_its_exceptions_are_one_object(self, place: CalendarPlace, shelf: Shelf) -> None:
        """However far apart the list has them; the master stands first (RFC 4791, 4.1)."""
        place.google.calendars.page_size = 2
        moved = exception("s", "08", summary="Moved")
        place.calendar.put(moved)
        place.put(1, 2, 3)
        place.calendar.put(series())

        shelf.sync(place.source())

        found = shelf.items["Ana", "s@google.com"]
        assert isinstance(found, RawEvent)
        assert (found.data, found.media_type) == (as_read(series(), moved), GOOGLE_EVENTS)
        assert shelf.counted() == {"Ana": 4}

    def test_a_changed_occurrence_hands_out_its_whole_object(self, place: CalendarPlace, shelf: Shelf) -> None:
        """Only this one; what did not change is not asked for."""
        place.calendar.put(series())
        place.put(1)
        shelf.sync(place.source())
        place.calendar.put(exception("s", "08", summary="Moved"))
        place.google.requests.clear()

        assert [item.data for item in items(place.source(), shelf)] == [
            as_read(series(), exception("s", "08", summary="Moved"))
        ]
        assert len(place.google.asked("/events")) == 2

    @pytest.mark.parametrize("left", [(), ("iCalUID",)])
    def test_a_cancelled_occurrence_is_found_by_its_series(
        self, place: CalendarPlace, shelf: Shelf, left: tuple[str, ...]
    ) -> None:
        """Google may say no more than whose occurrence it was, and when."""
        place.calendar.put(series())
        place.calendar.put(exception("s", "08"))
        shelf.sync(place.source())
        place.calendar.strip("s_08", "recurringEventId", "originalStartTime", *left)

        [found] = items(place.source(), shelf)

        assert found.uid == "s@google.com"
        assert [item["status"] for item in json.loads(found.data)["items"]] == ["confirmed", "cancelled"]

    def test_a_cancelled_meeting_stays_as_long_as_it_says_when_d5_1(self, place: CalendarPlace, shelf: Shelf) -> None:
        """D5.1: kept as a fact."""
        place.put(1, 2)
        shelf.sync(place.source())
        place.calendar.cancel("e1")

        shelf.sync(place.source())

        assert shelf.contents() == sorted([as_read(event(1, status="cancelled")), as_read(event(2))])
        assert shelf.counted() == {"Ana": 2}

    def test_a_deleted_meeting_that_says_nothing_more_is_gone(self, place: CalendarPlace, shelf: Shelf) -> None:
        """Nothing is left but its identifier."""
        place.put(1, 2)
        shelf.sync(place.source())
        place.remove(1)

        assert items(place.source(), shelf) == [Deleted(folder="Ana", uid="e1@google.com")]

    def test_one_that_does_not_even_say_its_uid_is_found_by_reading_anew(
        self, place: CalendarPlace, shelf: Shelf
    ) -> None:
        """The listing says what is gone."""
        place.calendar.put(event(1, iCalUID="imported@elsewhere.example"))
        place.put(2)
        shelf.sync(place.source())
        place.calendar.strip("e1")
        place.google.fail("/events/e1", 404)

        shelf.sync(place.source())

        assert (shelf.contents(), shelf.counted()) == ([as_read(event(2))], {"Ana": 1})

    def test_two_single_entries_with_one_uid_are_one_object(self, place: CalendarPlace, shelf: Shelf) -> None:
        """A series moved by hand leaves such entries; none is lost."""
        place.calendar.put(event(1, iCalUID="both"))
        place.calendar.put(event(2, iCalUID="both"))

        shelf.sync(place.source())

        assert shelf.contents() == [as_read(event(1, iCalUID="both"), event(2, iCalUID="both"))]
        assert shelf.counted() == {"Ana": 1}

    def test_all_day_entries_and_answers_come_as_they_are(self, place: CalendarPlace, shelf: Shelf) -> None:
        """The source interprets nothing."""
        people = [{"email": "kim@tidewater.example", "responseStatus": "declined"}]
        day = event(1, start={"date": "2025-03-10"}, end={"date": "2025-03-11"}, attendees=people)
        place.calendar.put(day)

        shelf.sync(place.source())

        assert shelf.contents() == [as_read(day)]

    def test_a_change_of_an_answer_hands_out_the_meeting_again(self, place: CalendarPlace, shelf: Shelf) -> None:
        """The ETAG is the content's hash."""
        place.calendar.put(event(1, attendees=[{"email": "kim@tidewater.example", "responseStatus": "needsAction"}]))
        shelf.sync(place.source())
        place.calendar.put(event(1, attendees=[{"email": "kim@tidewater.example", "responseStatus": "accepted"}]))

        assert shelf.sync(place.source()) == 1
        assert b'"accepted"' in shelf.contents()[0]


class TestSyncTokens:
    def test_nothing_new_takes_two_small_requests(self, place: CalendarPlace, shelf: Shelf) -> None:
        """The calendars, and what changed since the token."""
        place.put(*range(30))
        shelf.sync(place.source())
        place.google.requests.clear()

        assert items(place.source(), shelf) == []
        assert len(place.google.requests) == 2
        assert "syncToken=30" in place.google.requests[1]

    def test_an_expired_token_reads_this_calendar_anew_and_no_other(self, place: CalendarPlace, shelf: Shelf) -> None:
        """410: what is gone goes, what is held is not handed out again, the other calendar goes on from its token."""
        place.put(1, 2, 3)
        team = place.google.calendars.add("team", summary="Team")
        team.put(event(7))
        shelf.sync(place.source())
        place.calendar.purge("e1")
        place.put(4)
        place.calendar.oldest = 100
        place.google.requests.clear()

        assert shelf.sync(place.source()) == 1
        assert shelf.contents() == sorted(as_read(event(number)) for number in (2, 3, 4, 7))
        assert shelf.counted() == {"Ana": 3, "Team": 1}
        assert len(place.google.asked("calendars/team")) == 1

    def test_very_many_changes_read_the_calendar_anew(self, place: CalendarPlace, shelf: Shelf) -> None:
        """A few long lists instead of a request for each entry."""
        place.put(1)
        shelf.sync(place.source())
        place.put(*range(2, 205))
        place.google.requests.clear()

        assert shelf.sync(place.source()) == 203
        assert len(place.google.requests) < 10


class TestCalendars:
    def test_own_and_shown_calendars_are_read_the_primary_first(self, place: CalendarPlace, shelf: Shelf) -> None:
        """Not those hidden, not bare busy times, not Google's holidays."""
        add = place.google.calendars.add
        entries: dict[str, dict[str, object]] = {
            "team": {"summary": "Team"},
            "boss": {"summary": "Ben", "accessRole": "reader"},
            "hidden": {"accessRole": "reader", "selected": False},
            "busy": {"accessRole": "freeBusyReader"},
            "en.german#holiday@group.v.calendar.google.com": {"accessRole": "reader"},
        }
        for key, entry in entries.items():
            add(key, **entry).put(event(1))
        place.put(1)

        shelf.sync(place.source())

        assert [listing.folder for listing in shelf.listings] == ["Ana", "Ben", "Team"]
        assert place.source().check() == "Google Calendar shows 3 calendars: Ana, Ben, Team."

    @pytest.mark.parametrize(
        ("choice", "folders"),
        [
            (FolderChoice(include=("*",), exclude=("private*",)), ["Ana", "Team A/B", "holidays"]),
            (FolderChoice(include=("team a/b",)), ["Team A/B"]),
            (FolderChoice(include=("c_1@group.calendar.google.com",)), ["Team A/B"]),
        ],
    )
    def test_folders_choose_by_name_or_identifier(
        self, place: CalendarPlace, shelf: Shelf, choice: FolderChoice, folders: list[str]
    ) -> None:
        """What is asked for by name is read, shown or not."""
        place.google.calendars.add("c_1@group.calendar.google.com", summary="Team A/B", selected=False)
        place.google.calendars.add("c_2@group.calendar.google.com", summary="Private things")
        place.google.calendars.add("x@group.v.calendar.google.com", summary="holidays", accessRole="reader")

        shelf.sync(place.source(folders=choice))

        assert [listing.folder for listing in shelf.listings] == folders

    def test_calendars_called_the_same_are_kept_apart(self, place: CalendarPlace, shelf: Shelf) -> None:
        """By their identifier."""
        for key in ("a", "b"):
            place.google.calendars.add(key, summary="Team").put(event(1))

        shelf.sync(place.source())

        assert shelf.counted() == {"Ana": 0, "Team (a)": 1, "Team (b)": 1}

    def test_a_renamed_calendar_moves_and_a_removed_one_goes(self, place: CalendarPlace, shelf: Shelf) -> None:
        """The folder is what its owner calls it, so that privacy rules mean what people see."""
        team = place.google.calendars.add("team", summary="Team")
        team.put(event(1))
        place.google.calendars.add("old", summary="Old").put(event(2))
        shelf.sync(place.source())
        team.entry["summaryOverride"] = "Crew"
        del place.google.calendars.calendars["old"]

        shelf.sync(place.source())

        assert list(shelf.items) == [("Crew", "e1@google.com")]
        assert shelf.counted() == {"Ana": 0, "Team": 0, "Crew": 1, "Old": 0}


class TestTroubles:
    @pytest.mark.parametrize(("status", "reason"), [(403, "rateLimitExceeded"), (429, ""), (503, ""), (0, "")])
    def test_what_passes_is_tried_again(self, place: CalendarPlace, shelf: Shelf, status: int, reason: str) -> None:
        """In the middle of a list, too."""
        place.google.calendars.page_size = 2
        place.put(*range(5))
        place.google.fail("pageToken=2", status, times=3, reason=reason)

        shelf.sync(place.source())

        assert len(shelf.items) == 5

    def test_patience_ends(self, place: CalendarPlace, shelf: Shelf) -> None:
        """What was handed out before stays valid, and the next run goes on."""
        place.put(*range(5))
        place.google.fail("/events", 503, times=100)

        with pytest.raises(SourceUnreachable, match="Source desk"):
            shelf.sync(place.source())
        assert len(place.waited) == 5

    def test_a_revoked_grant_is_dead(self, place: CalendarPlace, shelf: Shelf) -> None:
        """Only a person can mend that."""
        source = place.source()
        place.google.expire_token()
        place.google.revoked = True

        with pytest.raises(AuthError, match="accountline connect desk"):
            shelf.sync(source)


def test_a_large_calendar_takes_little_memory() -> None:
    """Single entries pass through; of series what is needed to put them together is kept, compressed."""

    def components() -> Iterator[Json]:
        for number in range(2_000):
            yield event(number, description="An agenda of a few words. " * 20)
            yield exception(f"s{number % 200}", f"{number}", description="An agenda of a few words. " * 20)

    calendar = CalendarObjects(Calendar(id="a", folder="Ana", timezone="Europe/Berlin"))
    tracemalloc.start()

    read = sum(1 for _ in calendar.read(components()))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert read == 2_200
    assert peak < 5_000_000


@pytest.mark.servers
def test_the_bare_emulator_is_read_though_it_knows_neither_tokens_nor_uids(google_emulator: str, shelf: Shelf) -> None:
    """A server that speaks the API's first half is read anew each time, and nothing is handed out twice."""
    google = FakeGoogle("calendar@northwind.example", google_emulator)
    body = {**event(1), "attendees": [{"email": "kim@tidewater.example"}]}
    google.ask("POST", "/calendar/v3/calendars/primary/events", body)
    source = GoogleCalendarSource(
        name="desk", credentials=credentials(replace(google, token=google.address)), api_endpoint=google_emulator
    )

    assert shelf.sync(source) == 1
    assert b"kim@tidewater.example" in shelf.contents()[0]
    assert shelf.sync(source) == 0
    assert shelf.counted() == {"calendar@northwind.example": 1}
