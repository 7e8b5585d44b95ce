"""Events folded from mails and calendars: the store ends the same whatever came first (D5.12)."""

from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_desk import NOW, SmallDesk, entry, raw

from domain.sources import Deleted, Item, RawMessage
from flows import stages

pytestmark = pytest.mark.usefixtures("engine")

ANA, MARA = "ana@northwind.example", "mara@tidewater.example"
STARTS = NOW + timedelta(days=1)


def itip(
    name: str, method: str, *, sender: str = ANA, at: int = 0, uid: str = "m1", folder: str = "INBOX", more: str = ""
) -> RawMessage:
    """A mail that carries an iTIP message about an hour with Ana, who organizes, and Mara."""
    stamp = NOW - timedelta(days=1) + timedelta(minutes=at)
    starts, ends = (f"{moment:%Y%m%dT%H%M%SZ}" for moment in (STARTS, STARTS + timedelta(hours=1)))
    people = f"ATTENDEE:mailto:{ANA}\r\nATTENDEE:mailto:{MARA}" if method != "REPLY" else ""
    lines = [
        "BEGIN:VCALENDAR",
        f"METHOD:{method}",
        "BEGIN:VEVENT",
        f"UID:{uid}",
        f"DTSTAMP:{stamp:%Y%m%dT%H%M%SZ}",
        *([] if "DTSTART" in more or method == "REPLY" else [f"DTSTART:{starts}", f"DTEND:{ends}"]),
        "SUMMARY:Pier review",
        f"ORGANIZER:mailto:{ANA}",
        *([people] if people else []),
        *more.split("\n"),
        "END:VEVENT",
        "END:VCALENDAR",
        "",
    ]
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, ANA if sender == MARA else MARA, "Pier review"
    message["Message-ID"], message["Date"] = f"<{name}@host.example>", stamp
    message.set_content("")
    message.add_alternative("\r\n".join(line for line in lines if line), subtype="calendar", params={"method": method})
    return raw(f"{folder}-{name}", message.as_bytes(), folder=folder, received_at=stamp)


@pytest.fixture
def desk(tmp_path: Path) -> Any:
    """A desk with two mailboxes and two calendars."""
    small = _desk(tmp_path)
    yield small
    small.close()


def _desk(folder: Path) -> SmallDesk:
    small = SmallDesk(folder)
    small.connect("desk", "archive")
    small.connect("calendar", "other", kind="ics", owner=ANA)
    return small


def arrive(desk: SmallDesk, name: str, item: Item) -> None:
    """Save something and understand it at once."""
    desk.save(name, item)
    stages.parse(desk.desk)
    stages.attach(desk.desk)


WEEKLY = "RRULE:FREQ=WEEKLY;COUNT=3"
SECOND = f"{STARTS + timedelta(days=7):%Y%m%dT%H%M%SZ}"
FACTS: list[tuple[str, Item]] = [
    ("calendar", entry("m1", "Shown", starts_at=STARTS, sequence=0, more=WEEKLY)),
    ("other", entry("m1", "Shown elsewhere", starts_at=STARTS, sequence=1, more=WEEKLY)),
    ("desk", itip("first", "REQUEST", more=WEEKLY)),
    ("desk", itip("second", "REQUEST", at=5, more=f"{WEEKLY}\nSEQUENCE:2")),
    ("archive", itip("second", "REQUEST", at=5, folder="Sent", more=f"{WEEKLY}\nSEQUENCE:2")),
    ("desk", itip("off", "CANCEL", at=9, more=f"RECURRENCE-ID:{SECOND}\nSEQUENCE:3\nSTATUS:CANCELLED")),
    ("desk", itip("forged", "CANCEL", sender="x@stranger.example", at=20, more="SEQUENCE:9\nSTATUS:CANCELLED")),
    ("desk", itip("yes", "REPLY", sender=MARA, at=10, more=f"SEQUENCE:2\nATTENDEE;PARTSTAT=ACCEPTED:mailto:{MARA}")),
    ("desk", itip("no", "REPLY", sender=MARA, at=7, more=f"SEQUENCE:2\nATTENDEE;PARTSTAT=DECLINED:mailto:{MARA}")),
    ("desk", itip("alone", "REQUEST", uid="m2", at=1)),
    ("calendar", entry("m2", "Alone", starts_at=STARTS, sequence=0)),
]
TABLES = ("event", "event_account", "event_client", "event_copy", "itip")


def stored(desk: SmallDesk) -> dict[str, list[tuple[Any, ...]]]:
    """The tables events live in."""
    dump = desk.dump()
    return {table: dump[table] for table in TABLES}


def _in_order(order: list[tuple[str, Item]]) -> dict[str, list[tuple[Any, ...]]]:
    with TemporaryDirectory() as folder:
        small = _desk(Path(folder) / "desk")
        try:
            for name, item in order:
                arrive(small, name, item)
            return stored(small)
        finally:
            small.close()


@settings(max_examples=6, deadline=None)
@given(st.permutations(FACTS), st.lists(st.sampled_from(FACTS), max_size=3))
def test_any_order_with_any_duplicate_ends_in_the_same_store(
    order: list[tuple[str, Item]], again: list[tuple[str, Item]]
) -> None:
    """D5.12: the same iTIP mails and calendar copies give the same events, accounts and reasons."""
    assert _in_order([*order, *again]) == _in_order(FACTS)


def test_what_they_say_together(desk: SmallDesk) -> None:
    """The second version by mail is the newest; one occurrence is off, a forgery changes nothing."""
    for name, item in FACTS:
        arrive(desk, name, item)
    rows = desk.query("SELECT title, sequence, status FROM event WHERE ical_uid = 'm1' ORDER BY starts_at")
    assert rows == [("Pier review", 2, "confirmed"), ("Pier review", 2, "cancelled"), ("Pier review", 2, "confirmed")]
    reasons = dict(desk.query("SELECT fact ->> 'sender', ignored FROM itip WHERE method = 'cancel'"))
    assert reasons == {ANA: "", "x@stranger.example": f"x@stranger.example does not speak for the organizer {ANA}"}


def test_a_calendar_that_lets_go_leaves_what_mail_says(desk: SmallDesk) -> None:
    """And the other way round: dropping the mails leaves what the calendar shows."""
    arrive(desk, "desk", itip("alone", "REQUEST", uid="m2"))
    shadow = desk.query("SELECT key, rank, title FROM event")
    arrive(desk, "calendar", entry("m2", "Alone", starts_at=STARTS))
    assert desk.query("SELECT title, shown FROM event") == [("Alone", None)]

    arrive(desk, "calendar", Deleted(folder="calendar", uid="m2"))
    assert desk.query("SELECT key, rank, title FROM event") == shadow


def test_mail_that_moves_a_calendars_meeting_remembers_what_it_shows(desk: SmallDesk) -> None:
    """The calendar's own version is there again when the mail is replaced by one that says nothing."""
    arrive(desk, "calendar", entry("m2", "Alone", starts_at=STARTS))
    before = desk.query("SELECT title, sequence FROM event")
    moving = itip("alone", "REQUEST", uid="m2", more="SEQUENCE:4\nDTSTART:20260320T090000Z\nDTEND:20260320T100000Z")
    arrive(desk, "desk", moving)
    assert desk.query("SELECT title, sequence FROM event") == [("Pier review", 4)]

    plain = EmailMessage()
    plain["From"], plain["To"], plain["Message-ID"] = MARA, ANA, "<other@host.example>"
    plain.set_content("Nothing.")
    arrive(desk, "desk", raw("INBOX-alone", plain.as_bytes()))
    assert desk.query("SELECT title, sequence FROM event") == before
    assert desk.query("SELECT count(*) FROM itip") == [(0,)]


def test_an_old_invitation_makes_a_historic_meeting(desk: SmallDesk) -> None:
    """D4.25: it ended long before its mailbox was connected; a calendar is not asked."""
    past = datetime(2025, 6, 2, 9, tzinfo=UTC)
    more = f"DTSTART:{past:%Y%m%dT%H%M%SZ}\nDTEND:{past + timedelta(hours=1):%Y%m%dT%H%M%SZ}"
    arrive(desk, "desk", itip("old", "REQUEST", more=more))
    assert desk.query("SELECT historic FROM event") == [(1,)]
