"""Texts that no sane program writes are stored on either engine, which disagree about what they refuse."""

from collections.abc import Iterator
from pathlib import Path
from random import Random
from string import ascii_letters, digits

import pytest
from small_desk import NOW, SmallDesk, entry, raw

pytestmark = pytest.mark.usefixtures("engine")

# Does not get shorter when packed, as PostgreSQL does with what it puts into an index.
LONG = "".join(Random(2026).choices(ascii_letters + digits, k=9000))  # noqa: S311 - the same every time
HEADERS = {
    "From": "mara@tidewater.example",
    "To": "ana@northwind.example",
    "Date": "Tue, 10 Mar 2026 10:00:00 +0000",
    "Subject": "Offer",
    "Message-ID": "<a@host.example>",
}


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[SmallDesk]:
    """A store that knows a mailbox and a calendar."""
    small = SmallDesk(tmp_path)
    small.connect("desk", "calendar")
    yield small
    small.close()


def written(**headers: str) -> bytes:
    """A mail with some headers as given; ``_`` stands for ``-``."""
    changed = {name.replace("_", "-"): value for name, value in headers.items()}
    lines = "".join(f"{name}: {value}\r\n" for name, value in (HEADERS | changed).items())
    return f"{lines}\r\nCould you please send us the offer?\r\n".encode()


@pytest.mark.parametrize(
    "data",
    [
        written(Message_ID=f"<{LONG}@host.example>"),
        written(References=f"<{LONG}@host.example> <b@host.example>"),
        written(Subject=LONG),
        written(Subject="one\0two"),
        written(Subject="=?utf-8?q?one=00two?="),
        written(From=f"{LONG}@tidewater.example"),
        written(From=f"mara@{LONG}.example"),
        written(From="=?utf-8?q?=00Mara?= <mara@tidewater.example>"),
        written(Message_ID="<\0@host.example>"),
        written(List_Id=f"<{LONG}>"),
    ],
    ids=lambda data: data[:60].decode(errors="replace").split("\r")[0][:20],
)
def test_a_mail_with_a_monstrous_header_is_kept(desk: SmallDesk, data: bytes) -> None:
    """And understood; nothing waits in quarantine."""
    desk.save("desk", raw("1", data))
    desk.understand()

    assert desk.query("SELECT problem FROM item") == [("",)]
    assert desk.query("SELECT reply_text FROM message") == [("Could you please send us the offer?",)]


@pytest.mark.parametrize("uid", [LONG, "one\0two"], ids=["long", "nul"])
def test_a_name_the_source_gives_may_be_anything(desk: SmallDesk, uid: str) -> None:
    """The same name is the same thing the next time; two long names are two things."""
    for name in (uid, uid, f"{uid}!"):
        desk.save("desk", raw(name, written(), folder=uid))
    desk.understand()

    assert desk.query("SELECT count(*) FROM item") == [(2,)]


@pytest.mark.parametrize("line", ["SEQUENCE:99999999999999", f"LOCATION:{LONG}", f"STATUS:{LONG}", f"CLASS:{LONG}"])
def test_an_entry_with_a_monstrous_field_is_kept(desk: SmallDesk, line: str) -> None:
    """The meeting is there, whatever the field says."""
    desk.save("calendar", entry(f"{LONG}@host", "Pier review", starts_at=NOW, more=line))
    desk.understand()

    assert desk.query("SELECT title FROM event") == [("Pier review",)]
