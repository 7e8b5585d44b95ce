"""Calendars of Microsoft Graph, against a fake that behaves as documented."""

import json
from datetime import datetime, timedelta

import pytest
from contract_sources import Place, Shelf, SourceContract
from fake_graph import FakeGraph, Fault
from graph_places import NOW, GraphCalendarPlace

from connectors.folder_choice import FolderChoice
from connectors.graph_views import MEDIA_TYPE
from domain.errors import AuthError
from extraction.graph_events import GRAPH_EVENT


@pytest.fixture
def place(graph: FakeGraph) -> GraphCalendarPlace:
    """Offer its calendars as a place."""
    return GraphCalendarPlace(graph)


class TestGraphCalendarKeepsTheContract(SourceContract):
    @pytest.fixture
    def place(self, graph: FakeGraph) -> GraphCalendarPlace:
        self.graph = graph
        return GraphCalendarPlace(graph)

    def expected(self, *numbers: int) -> list[bytes]:
        kept = [{k: v for k, v in self.graph.events[f"event-{n}"].items() if k != "calendar"} for n in numbers]
        return sorted(json.dumps(event, sort_keys=True, separators=(",", ":")).encode() for event in kept)

    def test_an_oversized_item_is_truncated(self, place: Place) -> None:
        """Half an event is none: it is reported instead, with what to do."""
        place.put(1)
        place.put_oversized(3_000_000)
        shelf = Shelf()

        shelf.sync(place.source(size_limit=2_000_000))

        assert len(shelf.items) == 1
        assert [trouble.uid for trouble in shelf.unreadable] == ["event-big"]
        assert "more than `size_limit` of its source" in shelf.unreadable[0].reason
        assert shelf.counted() == {"Calendar": 2}


WEEKS = [NOW + timedelta(weeks=week) for week in range(4)]
HOUR = timedelta(hours=1)


def told(shelf: Shelf) -> dict[str, dict[str, object]]:
    """Return what is held, by UID."""
    return {uid: json.loads(item.data) for (_, uid), item in shelf.items.items()}


def test_an_occurrence_is_completed_from_its_series(place: GraphCalendarPlace) -> None:
    """Delta queries tell its time and little more."""
    place.graph.put_series("weekly", WEEKS, lasts=HOUR, subject="Blue Peak weekly", iCalUId="series-1", showAs="busy")
    shelf = Shelf()

    shelf.sync(place.source())

    assert sorted(told(shelf)) == [f"weekly-{start:%Y%m%d}" for start in WEEKS]
    second = told(shelf)["weekly-20260319"]
    assert (second["subject"], second["showAs"]) == ("Blue Peak weekly", "busy")
    assert second["start"] == {"dateTime": "2026-03-19T09:00:00.0000000", "timeZone": "UTC"}
    assert second["seriesMaster"] == {"id": "weekly", "iCalUId": "series-1"}
    assert "iCalUId" not in second
    assert shelf.counted() == {"Calendar": 4}


def test_the_master_of_a_series_is_asked_for_once(place: GraphCalendarPlace) -> None:
    """A resumed round may begin behind it."""
    place.graph.put_series("weekly", WEEKS, lasts=HOUR, subject="Blue Peak weekly")
    shelf = Shelf()
    shelf.sync(place.source())
    for uid in list(told(shelf)):
        shelf.items.pop(("Calendar", uid))

    shelf.sync(place.source())

    assert place.graph.asked("events/weekly") == 4 + 1
    assert {event["subject"] for event in told(shelf).values()} == {"Blue Peak weekly"}


def test_a_changed_occurrence_keeps_its_own_words(place: GraphCalendarPlace) -> None:
    """An exception tells everything; its series only adds who the series is."""
    place.graph.put_series("weekly", WEEKS, lasts=HOUR, subject="Blue Peak weekly", iCalUId="series-1")
    shelf = Shelf()
    shelf.sync(place.source())
    moved = WEEKS[1] + timedelta(days=1)
    place.graph.put_event(
        "weekly-20260319", type="exception", subject="Moved", start=moved, end=moved + HOUR, iCalUId="series-1-19"
    )

    assert shelf.sync(place.source()) == 1
    exception = told(shelf)["weekly-20260319"]
    assert (exception["subject"], exception["iCalUId"]) == ("Moved", "series-1-19")
    assert exception["seriesMaster"] == {"id": "weekly", "iCalUId": "series-1"}


def test_a_new_title_of_a_series_reaches_all_its_occurrences(place: GraphCalendarPlace) -> None:
    """A changed series is told with all that belongs to it."""
    place.graph.put_series("weekly", WEEKS, lasts=HOUR, subject="Old")
    shelf = Shelf()
    shelf.sync(place.source())
    place.graph.put_event("weekly", subject="New")

    assert shelf.sync(place.source()) == 4
    assert {event["subject"] for event in told(shelf).values()} == {"New"}


def test_a_removed_occurrence_is_found_by_the_listing(place: GraphCalendarPlace) -> None:
    """Delta queries say nothing of it."""
    place.graph.put_series("weekly", WEEKS, lasts=HOUR, subject="Blue Peak weekly")
    shelf = Shelf()
    shelf.sync(place.source())
    place.graph.remove_event("weekly-20260319")

    assert shelf.sync(place.source()) == 0
    assert sorted(told(shelf)) == ["weekly-20260312", "weekly-20260326", "weekly-20260402"]
    assert shelf.counted() == {"Calendar": 3}


def test_a_removed_series_takes_its_occurrences_along(place: GraphCalendarPlace) -> None:
    """Graph says the series is gone, and means all of it."""
    place.graph.put_series("weekly", WEEKS, lasts=HOUR, subject="Blue Peak weekly")
    place.put(1)
    shelf = Shelf()
    shelf.sync(place.source())
    place.graph.remove_event("weekly")

    shelf.sync(place.source())

    assert sorted(told(shelf)) == ["event-1"]


def test_a_rescheduled_series_leaves_no_old_occurrence_behind(place: GraphCalendarPlace) -> None:
    """Its occurrences get new ids; of the old ones nothing is said."""
    place.graph.put_series("weekly", WEEKS, lasts=HOUR, subject="Blue Peak weekly")
    shelf = Shelf()
    shelf.sync(place.source())
    place.graph.remove_event("weekly")
    later = [start + timedelta(days=1) for start in WEEKS]
    place.graph.put_series("weekly", later, lasts=HOUR, subject="Blue Peak weekly")

    shelf.sync(place.source())

    assert sorted(told(shelf)) == [f"weekly-{start:%Y%m%d}" for start in later]


def test_a_cancelled_event_is_kept_as_a_fact(place: GraphCalendarPlace) -> None:
    """It stays in the calendar until somebody removes it (D5.1)."""
    place.put(1)
    shelf = Shelf()
    shelf.sync(place.source())
    place.graph.put_event("event-1", isCancelled=True)

    assert shelf.sync(place.source()) == 1
    assert told(shelf)["event-1"]["isCancelled"] is True


def test_an_event_moved_out_of_the_window_goes(place: GraphCalendarPlace) -> None:
    """Graph tells its id with nothing in it."""
    place.put(1, 2)
    shelf = Shelf()
    shelf.sync(place.source())
    far = NOW + timedelta(days=900)
    place.graph.put_event("event-1", start=far, end=far + HOUR)

    shelf.sync(place.source())

    assert sorted(told(shelf)) == ["event-2"]


def test_what_delta_queries_leave_out_is_fetched_from_the_listing(place: GraphCalendarPlace) -> None:
    """They may be late, or lose something."""
    place.put(1)
    shelf = Shelf()
    shelf.sync(place.source())
    place.put(2)
    place.graph.put_series("weekly", WEEKS, lasts=HOUR, subject="Blue Peak weekly")
    place.graph.changes.log.clear()

    assert shelf.sync(place.source()) == 5
    assert shelf.counted() == {"Calendar": 6}
    assert told(shelf)["weekly-20260319"]["subject"] == "Blue Peak weekly"


def test_an_event_reads_the_same_however_it_was_asked_for(place: GraphCalendarPlace) -> None:
    """Else every comparison would hand it out once more."""
    place.graph.put_series("weekly", WEEKS, lasts=HOUR, subject="Blue Peak weekly", iCalUId="series-1")
    by_delta, by_listing = Shelf(), Shelf()
    by_delta.sync(place.source())
    by_listing.sync(place.source())
    by_listing.items.clear()

    by_listing.sync(place.source())

    assert by_listing.contents() == by_delta.contents()


def test_expired_tokens_cost_a_new_round_and_hand_out_nothing_known(place: GraphCalendarPlace) -> None:
    """410: the calendar is listed anew and reconciled."""
    place.put(1, 2, 3)
    shelf = Shelf()
    shelf.sync(place.source())
    place.remove(1)
    place.put(4)
    place.graph.forget_tokens()

    assert shelf.sync(place.source()) == 1
    assert sorted(told(shelf)) == ["event-2", "event-3", "event-4"]


def test_the_window_moves_when_half_of_what_lies_ahead_is_used_up(place: GraphCalendarPlace) -> None:
    """Its beginning stays, so that the past is kept; known events are not handed out again."""
    early, late = NOW - timedelta(days=390), NOW + timedelta(days=500)
    place.graph.put_event("early", subject="Early", start=early, end=early + HOUR)
    place.graph.put_event("late", subject="Late", start=late, end=late + HOUR)
    shelf = Shelf()
    shelf.sync(place.source())
    assert sorted(told(shelf)) == ["early"]

    assert shelf.sync(place.source(now=NOW + timedelta(days=199))) == 0
    assert shelf.sync(place.source(now=NOW + timedelta(days=201))) == 1
    assert sorted(told(shelf)) == ["early", "late"]


def test_the_window_never_grows_beyond_what_graph_shows(place: GraphCalendarPlace) -> None:
    """After years its beginning moves too."""
    place.put(1)
    shelf = Shelf()
    for year in range(5):
        shelf.sync(place.source(now=NOW + timedelta(days=365 * year)))
        (mark,) = shelf.cursor["calendars"].values()
        length = datetime.fromisoformat(mark["end"]) - datetime.fromisoformat(mark["start"])
        assert timedelta(days=800) <= length <= timedelta(days=1800)


def test_calendars_are_chosen_by_name(place: GraphCalendarPlace) -> None:
    """Those with one name are told apart."""
    place.graph.calendars |= {"cal-2": "Birthdays", "cal-3": "Calendar"}
    for number, calendar in enumerate(place.graph.calendars):
        place.graph.put_event(f"in-{calendar}", calendar, subject=f"{number}", start=NOW, end=NOW + HOUR)
    shelf = Shelf()

    shelf.sync(place.source(folders=FolderChoice(exclude=("Birth*",))))

    assert sorted(shelf.items) == [("Calendar", "in-cal-1"), ("Calendar (2)", "in-cal-3")]


def test_a_renamed_calendar_keeps_its_events(place: GraphCalendarPlace) -> None:
    """They are handed out under the new name and deleted one by one under the old one."""
    place.put(*range(30))
    shelf = Shelf()
    shelf.sync(place.source())
    place.graph.calendars["cal-1"] = "Team"

    shelf.sync(place.source())

    assert {folder for folder, _ in shelf.items} == {"Team"}
    assert len(shelf.items) == 30


def test_a_removed_calendar_is_listed_as_empty(place: GraphCalendarPlace) -> None:
    """The store learns that all of it is gone."""
    place.graph.calendars["cal-2"] = "Old"
    place.graph.put_event("in-old", "cal-2", subject="Old", start=NOW, end=NOW + HOUR)
    place.put(1)
    shelf = Shelf()
    shelf.sync(place.source())
    del place.graph.calendars["cal-2"]

    shelf.sync(place.source())

    assert sorted(shelf.items) == [("Calendar", "event-1")]


def test_times_are_asked_for_in_utc_and_bodies_as_text(place: GraphCalendarPlace) -> None:
    """Whatever the mailbox is set to."""
    place.put(1)

    Shelf().sync(place.source())

    prefer = next(request.prefer for request in place.graph.requests if request.path.endswith("delta"))
    assert 'outlook.timezone="UTC"' in prefer
    assert 'outlook.body-content-type="text"' in prefer


def test_a_missing_permission_is_named(place: GraphCalendarPlace) -> None:
    """403: Calendars.Read."""
    place.graph.faults = [Fault("calendars", 403, "ErrorAccessDenied")]

    with pytest.raises(AuthError, match=r"permission Calendars\.Read"):
        Shelf().sync(place.source())


def test_connector_and_reader_speak_of_the_same_media_type() -> None:
    """They may not import each other."""
    assert MEDIA_TYPE == GRAPH_EVENT
