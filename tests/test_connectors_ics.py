"""Calendar files: splitting into calendar objects, changes, encodings."""

from collections import Counter
from pathlib import Path

import pytest
from contract_sources import Place, Shelf, SourceContract
from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar

from connectors.ics import IcsSource
from connectors.ics_split import SplitError, in_utf8, split_calendar
from connectors.registry import open_source
from domain.sources import RawEvent, Source

LIMIT = 1_000_000


def lines(*text: str) -> bytes:
    """Join content lines as RFC 5545 asks for."""
    return "".join(f"{line}\r\n" for line in text).encode()


def event(number: int, *more: str) -> tuple[str, ...]:
    """Return the content lines of a small event."""
    return ("BEGIN:VEVENT", f"UID:meeting-{number}@northwind.example", "DTSTART:20250310T090000Z", *more, "END:VEVENT")


def calendar(*inner: str) -> bytes:
    """Return a calendar with these content lines inside."""
    return lines("BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Northwind//Desk//EN", *inner, "END:VCALENDAR")


class IcsPlace:
    def __init__(self, path: Path) -> None:
        self.path = path
        self.files: dict[str, list[int]] = {"desk": [], "other": []}
        self.edits: Counter[int] = Counter()
        path.mkdir()
        self._write()

    def put(self, *numbers: int) -> None:
        self.files["desk"] += numbers
        self._write()

    def remove(self, number: int) -> None:
        for name, numbers in self.files.items():
            self.files[name] = [kept for kept in numbers if kept != number]
        self._write()

    def move(self, number: int) -> None:
        to = "other" if number in self.files["desk"] else "desk"
        self.remove(number)
        self.files[to].append(number)
        self._write()

    def duplicate(self, number: int) -> None:
        for numbers in self.files.values():
            if number not in numbers:
                numbers.append(number)
        self._write()

    def change(self, number: int) -> None:
        self.edits[number] += 1
        self._write()

    def source(self, *, size_limit: int = LIMIT) -> Source:
        return open_source("ics", "desk", {"path": str(self.path), "size_limit": size_limit})

    def missing(self) -> Source:
        return open_source("ics", "gone", {"path": str(self.path / "nowhere")})

    def put_oversized(self, size: int) -> None:
        (self.path / "big.ics").write_bytes(calendar(*event(0, f"DESCRIPTION:{'x' * size}")))

    def fingerprint(self) -> object:
        return [(str(file), file.stat().st_mtime_ns) for file in self.path.rglob("*")]

    def _write(self) -> None:
        for name, numbers in self.files.items():
            if numbers or name == "desk" or (self.path / f"{name}.ics").exists():
                lines_of_all = (line for number in numbers for line in event(number, *self._edited(number)))
                (self.path / f"{name}.ics").write_bytes(calendar(*lines_of_all))

    def _edited(self, number: int) -> list[str]:
        edits = self.edits[number]
        return [f"SEQUENCE:{edits}", f"SUMMARY:Review {'again ' * edits}"] if edits else []


class TestIcsKeepsTheContract(SourceContract):
    @pytest.fixture
    def place(self, tmp_path: Path) -> IcsPlace:
        return IcsPlace(tmp_path / "calendars")

    def expected(self, *numbers: int) -> list[bytes]:
        return sorted(calendar(*event(number)) for number in numbers)

    def test_an_oversized_item_is_truncated(self, place: Place) -> None:
        """Half a calendar file is none: it is reported instead, with what to do."""
        place.put(1)
        place.put_oversized(3_000_000)
        shelf = Shelf()

        shelf.sync(place.source(size_limit=2_000_000))

        assert len(shelf.items) == 1
        assert [trouble.folder for trouble in shelf.unreadable] == ["big.ics"]
        assert "more than `size_limit` of source desk" in shelf.unreadable[0].reason


def source_of(path: Path) -> IcsSource:
    """Open the source under its test name."""
    return IcsSource(name="desk", path=path)


def events(path: Path) -> list[RawEvent]:
    """Read all events of a first run."""
    pages = source_of(path).changes({}, Shelf().held)
    return [item for page in pages for item in page.items if isinstance(item, RawEvent)]


def test_a_series_and_its_changed_occurrences_stay_together() -> None:
    """All events with one UID are one calendar object, wherever they stand (RFC 4791, 4.1)."""
    moved = event(1, "RECURRENCE-ID:20250317T090000Z")
    data = calendar(*event(1, "RRULE:FREQ=WEEKLY"), *event(2), *moved)

    assert [(found.ical_uid, found.data) for found in split_calendar(data)] == [
        ("meeting-1@northwind.example", calendar(*event(1, "RRULE:FREQ=WEEKLY"), *moved)),
        ("meeting-2@northwind.example", calendar(*event(2))),
    ]


def test_calendar_properties_and_the_zones_in_use_go_along() -> None:
    """METHOD, X-WR-TIMEZONE and X-WR-CALNAME stay; a zone goes only with the events that name it."""
    head = ("METHOD:PUBLISH", "X-WR-CALNAME:Team Blue Peak", "X-WR-TIMEZONE:Europe/Berlin")
    berlin = ("BEGIN:VTIMEZONE", "TZID:Europe/Berlin", "BEGIN:STANDARD", "TZOFFSETTO:+0100", "END:STANDARD")
    tokyo = ("BEGIN:VTIMEZONE", "TZID:Asia/Tokyo", "END:VTIMEZONE")
    there = event(1, 'DTEND;TZID="Europe/Berlin":20250310T100000')
    data = calendar(*head, *berlin, "END:VTIMEZONE", *tokyo, *there, *event(2))

    assert [found.data for found in split_calendar(data)] == [
        calendar(*head, *berlin, "END:VTIMEZONE", *there),
        calendar(*head, *event(2)),
    ]


def test_a_folded_uid_is_read_whole() -> None:
    """Unfolding joins what a line break and one blank cut (RFC 5545, 3.1)."""
    data = calendar("BEGIN:VEVENT", "UID:meeting-1@nor", " thwind.example", "END:VEVENT")

    assert [found.ical_uid for found in split_calendar(data)] == ["meeting-1@northwind.example"]


def test_the_uid_of_an_alarm_is_not_the_uid_of_the_event() -> None:
    """Alarms may have a UID of their own (RFC 9074)."""
    alarm = ("BEGIN:VALARM", "UID:alarm-1", "END:VALARM")
    data = calendar("BEGIN:VEVENT", *alarm, "UID:meeting-1", "END:VEVENT")

    assert [found.ical_uid for found in split_calendar(data)] == ["meeting-1"]


def test_an_event_without_uid_gets_one_from_its_content() -> None:
    """The same text gets the same UID every time, another text another one."""
    data = calendar("BEGIN:VEVENT", "SUMMARY:a", "END:VEVENT", "BEGIN:VEVENT", "SUMMARY:b", "END:VEVENT")

    first, second = (found.ical_uid for found in split_calendar(data))

    assert first.startswith("sha256:")
    assert first != second
    assert [first, second] == [found.ical_uid for found in split_calendar(data)]


def test_todos_and_journals_are_left_out() -> None:
    """Only events are meetings."""
    data = calendar("BEGIN:VTODO", "UID:1", "END:VTODO", *event(1), "BEGIN:VJOURNAL", "UID:2", "END:VJOURNAL")

    assert [found.data for found in split_calendar(data)] == [calendar(*event(1))]


@pytest.mark.parametrize(
    "encoded",
    [
        pytest.param("\ufeffSUMMARY:Grüße".encode(), id="UTF-8 with byte order mark"),
        pytest.param("SUMMARY:Grüße".encode("utf-16"), id="UTF-16"),
        pytest.param("SUMMARY:Grüße".encode("cp1252"), id="Windows-1252"),
        pytest.param(b"SUMMARY:Gr\xc3\r\n \xbc\xc3\x9fe", id="a fold inside a character"),
    ],
)
def test_every_encoding_comes_out_as_utf8(encoded: bytes) -> None:
    """Contents are handed out in UTF-8, whatever the file was saved in."""
    assert in_utf8(encoded) == "SUMMARY:Grüße".encode()


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"this is no calendar", id="text"),
        pytest.param(lines("BEGIN:VCALENDAR", *event(1)), id="cut off"),
        pytest.param(lines("BEGIN:VCALENDAR", "END:VEVENT", "END:VCALENDAR"), id="badly nested"),
        pytest.param(lines(*event(1)), id="event without calendar"),
    ],
)
def test_what_cannot_be_split_is_one_item(data: bytes, tmp_path: Path) -> None:
    """Extraction shall see the bytes and say what is wrong with them."""
    (tmp_path / "a.ics").write_bytes(data)

    with pytest.raises(SplitError):
        split_calendar(data)
    assert [(found.uid, found.data) for found in events(tmp_path)] == [("a.ics/", data)]


def test_the_same_uid_in_a_second_calendar_of_the_file_is_kept_apart(tmp_path: Path) -> None:
    """An invitation and its cancellation may be saved behind one another."""
    request, cancel = (calendar(f"METHOD:{method}", *event(1)) for method in ("REQUEST", "CANCEL"))
    (tmp_path / "a.ics").write_bytes(request + cancel)

    assert [(found.uid, found.data) for found in events(tmp_path)] == [
        ("a.ics/meeting-1@northwind.example", request),
        ("a.ics/meeting-1@northwind.example#2", cancel),
    ]


def test_only_the_changed_event_of_a_changed_file_is_handed_out(tmp_path: Path) -> None:
    """The ETAG is the hash of the calendar object."""
    file = tmp_path / "a.ics"
    file.write_bytes(calendar(*event(1), *event(2)))
    shelf = Shelf()
    shelf.sync(source_of(file))
    file.write_bytes(calendar(*event(1), *event(2, "LOCATION:Room 4")))

    assert shelf.sync(source_of(file)) == 1
    assert shelf.contents() == sorted([calendar(*event(1)), calendar(*event(2, "LOCATION:Room 4"))])


def test_a_file_saved_again_unchanged_hands_out_nothing(tmp_path: Path) -> None:
    """A new modification time with the old content is no change."""
    file = tmp_path / "a.ics"
    file.write_bytes(calendar(*event(1)))
    shelf = Shelf()
    shelf.sync(source_of(file))
    file.write_bytes(calendar(*event(1)))

    assert shelf.sync(source_of(file)) == 0
    assert shelf.listings[-1].uids == frozenset({"a.ics/meeting-1@northwind.example"})


def test_a_removed_file_is_listed_as_empty(tmp_path: Path) -> None:
    """The store learns that all of the calendar is gone."""
    for name in ("a.ics", "b.ics"):
        (tmp_path / name).write_bytes(calendar(*event(1)))
    shelf = Shelf()
    shelf.sync(source_of(tmp_path))
    (tmp_path / "a.ics").unlink()

    shelf.sync(source_of(tmp_path))

    assert [folder for folder, _ in shelf.items] == ["b.ics"]


PIECES = st.lists(
    st.one_of(
        st.sampled_from(
            [
                b"BEGIN:VCALENDAR\n",
                b"END:VCALENDAR\r\n",
                b"BEGIN:VEVENT\r\n",
                b"END:VEVENT\n",
                b"UID:1\n",
                b" 2\r\n",
                b"\r",
            ]
        ),
        st.binary(max_size=12),
    ),
    max_size=20,
).map(b"".join)


@given(data=PIECES)
def test_splitting_any_bytes_ends_in_objects_or_a_split_error(data: bytes) -> None:
    """No bytes raise anything else, and every object is UTF-8 and can be split again into itself."""
    try:
        objects = split_calendar(data)
    except SplitError:
        return
    for found in objects:
        found.data.decode()
        assert [again.data for again in split_calendar(found.data)] == [found.data]


@given(numbers=st.lists(st.integers(0, 5), max_size=10))
def test_no_event_is_lost_or_doubled(numbers: list[int]) -> None:
    """The objects together hold as many events as the file."""
    data = calendar(*(line for number in numbers for line in event(number)))

    objects = [Calendar.from_ical(found.data) for found in split_calendar(data)]

    assert sum(len(found.events) for found in objects) == len(numbers)
    assert len(objects) == len(set(numbers))
