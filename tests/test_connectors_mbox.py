"""Mbox: splitting, times, files that change."""

import os
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import pytest
from contract_sources import MANY, Shelf, SourceContract, big_mail, mail
from hypothesis import given
from hypothesis import strategies as st

from connectors.mbox import MboxSource
from connectors.mbox_split import separator_date, split
from connectors.registry import open_source
from domain.sources import RawMessage, Source

LIMIT = 1_000_000


def mbox(*mails: bytes, separator: bytes = b"From desk@northwind.example Mon Mar 10 09:15:00 2025\n") -> bytes:
    """Write mails in mboxrd format."""
    return b"".join(separator + re.sub(rb"(?m)^(>*From )", rb">\1", data) + b"\n" for data in mails)


def parts(data: bytes) -> list[bytes]:
    """Split and keep only the bytes."""
    return [found.data for found in split(BytesIO(data), size_limit=LIMIT)]


class MboxPlace:
    def __init__(self, path: Path) -> None:
        self.path = path
        self.folders: dict[str, list[int]] = {"inbox": [], "other": []}
        path.mkdir()
        self._write()

    def put(self, *numbers: int) -> None:
        self.folders["inbox"] += numbers
        self._write()

    def remove(self, number: int) -> None:
        for name, numbers in self.folders.items():
            self.folders[name] = [kept for kept in numbers if kept != number]
        self._write()

    def move(self, number: int) -> None:
        to = "other" if number in self.folders["inbox"] else "inbox"
        self.remove(number)
        self.folders[to].append(number)
        self._write()

    def duplicate(self, number: int) -> None:
        for numbers in self.folders.values():
            numbers.extend([number] * numbers.count(number))
        self._write()

    def source(self, *, size_limit: int = LIMIT) -> Source:
        return open_source("mbox", "desk", {"path": str(self.path), "size_limit": size_limit})

    def missing(self) -> Source:
        return open_source("mbox", "gone", {"path": str(self.path / "nowhere")})

    def put_oversized(self, size: int) -> None:
        (self.path / "big.mbox").write_bytes(mbox(big_mail(size)))

    def fingerprint(self) -> object:
        return [(str(file), file.stat().st_mtime_ns) for file in self.path.rglob("*")]

    def _write(self) -> None:
        for name, numbers in self.folders.items():
            text = b"".join(
                mbox(mail(number), separator=b"From x Mon Mar 10 09:%02d:00 2025\n" % (number % 60))
                for number in numbers
            )
            if numbers or name == "inbox" or (self.path / f"{name}.mbox").exists():
                (self.path / f"{name}.mbox").write_bytes(text)


class TestMboxKeepsTheContract(SourceContract):
    @pytest.fixture
    def place(self, tmp_path: Path) -> MboxPlace:
        return MboxPlace(tmp_path / "mail")


def source_of(path: Path) -> MboxSource:
    """Open the source under its test name."""
    return MboxSource(name="desk", path=path)


def messages(path: Path) -> list[RawMessage]:
    """Read all messages of a first run."""
    pages = source_of(path).changes({}, Shelf().held)
    return [item for page in pages for item in page.items if isinstance(item, RawMessage)]


LINES = st.one_of(
    st.sampled_from(
        [
            b"From here on we wait.",
            b"From desk@northwind.example Mon Mar 10 09:15:00 2025",
            b">From the start",
            b">>From a reply",
            b"",
            b"\r",
            b"Subject: in the body",
        ]
    ),
    st.binary(max_size=40).map(lambda line: line.replace(b"\n", b" ")),
)
MAILS = st.lists(LINES, max_size=8).map(lambda lines: b"Subject: x\n\n" + b"".join(line + b"\n" for line in lines))


@given(mails=st.lists(MAILS, max_size=5))
def test_what_is_written_as_mboxrd_is_read_back(mails: list[bytes]) -> None:
    """Any bodies, even with lines that look like separators, survive the round trip."""
    assert parts(mbox(*mails)) == mails


@given(data=st.binary(max_size=300))
def test_any_bytes_can_be_split(data: bytes) -> None:
    """Garbage raises nothing and never yields more bytes than went in."""
    assert sum(map(len, parts(b"From x\nA: b\n" + data))) <= len(data) + 5


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(b"", [], id="nothing"),
        pytest.param(b"no mailbox at all\n", [], id="no separator"),
        pytest.param(b"junk\nFrom a Mon Mar 10 09:15:00 2025\nA: 1\n\n", [b"A: 1\n"], id="garbage before"),
        pytest.param(b"From a Mon Mar 10 09:15:00 2025\r\nA: 1\r\n\r\nx\r\n\r\n", [b"A: 1\r\n\r\nx\r\n"], id="CRLF"),
        pytest.param(b"From - \nA: 1\n\nx\n\nFrom \nA: 2\n\ny\n", [b"A: 1\n\nx\n", b"A: 2\n\ny\n"], id="no dates"),
        pytest.param(b"From a\nA: 1\n\nhello\n\nFrom Monday on we wait\n", None, id="sentence after a blank line"),
        pytest.param(
            b"From a\nA: 1\n\nhello\nFrom a Mon Mar 10 09:15:00 2025\nB: 2\n", None, id="no blank line before"
        ),
        pytest.param(b"From a\nA: 1\n\nno line end", [b"A: 1\n\nno line end"], id="no line end"),
    ],
)
def test_separators_in_the_wild(text: bytes, expected: list[bytes] | None) -> None:
    """A mail begins at a From_ line after a blank line; None means the whole text is one mail."""
    assert parts(text) == (expected if expected is not None else [text.partition(b"\n")[2]])


def test_a_line_longer_than_memory_is_read_in_pieces() -> None:
    """No line end for a megabyte neither breaks the mail nor begins one."""
    body = b"A: 1\n\n" + b"x" * (64 * 1024 - 5) + b"\nFrom a Mon Mar 10 09:15:00 2025" * 3 + b"y" * 200_000 + b"\n"

    assert parts(b"From a\n" + body) == [body]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (b"From a@b.example Mon Mar 10 09:15:00 2025\n", datetime(2025, 3, 10, 9, 15, tzinfo=UTC)),
        (b"From - Mon Mar  3 09:15:00 2025\r\n", datetime(2025, 3, 3, 9, 15, tzinfo=UTC)),
        (b"From 17@xxx Mon Mar 10 09:15:00 +0200 2025\n", datetime(2025, 3, 10, 7, 15, tzinfo=UTC)),
        (b"From a Mon Mar 10 09:15:00 2025 -0500\n", datetime(2025, 3, 10, 14, 15, tzinfo=UTC)),
        (b"From a Mon Mar 10 09:15 EST 2025\n", datetime(2025, 3, 10, 14, 15, tzinfo=UTC)),
        (b"From a Mon Mar 99 09:15:00 2025\n", None),
        (b"From \n", None),
    ],
)
def test_the_date_of_a_separator(line: bytes, expected: datetime | None) -> None:
    """Dates as ctime writes them, in UTC unless a zone is named."""
    assert separator_date(line) == expected


def write(path: Path, separators: Iterable[bytes]) -> Path:
    """Write an mbox with one mail behind each of these separators."""
    path.write_bytes(b"".join(mbox(mail(number), separator=line) for number, line in enumerate(separators)))
    return path


def test_separator_dates_are_times_of_receipt(tmp_path: Path) -> None:
    """Different instants mean that a delivery agent wrote them (SEMANTICS 6)."""
    path = write(
        tmp_path / "a.mbox", [b"From a Mon Mar 10 09:15:00 2025\n", b"From a Mon Mar 10 09:16:00 2025\n", b"From a\n"]
    )

    assert [message.received_at for message in messages(path)] == [
        datetime(2025, 3, 10, 9, 15, tzinfo=UTC),
        datetime(2025, 3, 10, 9, 16, tzinfo=UTC),
        None,
    ]


@pytest.mark.parametrize(
    ("date", "expected"),
    [
        ("Mon, 10 Mar 2025 09:15:00 -0500", None),
        ("Mon, 10 Mar 2025 10:15:00 +0100", datetime(2025, 3, 10, 9, 15, tzinfo=UTC)),
        ("soon", datetime(2025, 3, 10, 9, 15, tzinfo=UTC)),
    ],
    ids=["the writer's wall clock", "an instant", "no date"],
)
def test_a_separator_that_repeats_the_date_header_is_no_time_of_receipt(
    tmp_path: Path, date: str, expected: datetime | None
) -> None:
    """Archives of lists write it so; the zone is lost, and an answer would stand hours before its question."""
    dated = f"From: a@b.example\nDate: {date}\n\nHello\n".encode()
    (tmp_path / "a.mbox").write_bytes(
        mbox(dated, separator=b"From a Mon Mar 10 09:15:00 2025\n")
        + mbox(mail(2), separator=b"From a Tue Mar 11 09:15:00 2025\n")
    )

    assert messages(tmp_path / "a.mbox")[0].received_at == expected


def test_one_instant_everywhere_is_the_time_of_export(tmp_path: Path) -> None:
    """Then it tells nothing about the mails (SEMANTICS 6)."""
    path = write(tmp_path / "a.mbox", [b"From a Mon Mar 10 09:15:00 2025\n"] * 3)

    assert [message.received_at for message in messages(path)] == [None] * 3


def test_each_file_of_a_folder_is_a_folder(tmp_path: Path) -> None:
    """Files count by extension, or by their beginning if they have none; junk is left out."""
    (tmp_path / "Inbox.sbd").mkdir()
    for name in ("Inbox", "Inbox.sbd/Clients", "sent.mbox", ".mbox", "Trash.mbox", "Inbox.msf"):
        (tmp_path / name).write_bytes(mbox(mail(1)))
    (tmp_path / "README").write_text("From here on: notes")
    (tmp_path / "LICENSE").write_text("no mail")

    assert [message.folder for message in messages(tmp_path)] == [".mbox", "Inbox", "Inbox/Clients", "sent"]


def test_files_side_by_side_do_not_share_a_name(tmp_path: Path) -> None:
    """Sent and Sent.mbox are two folders."""
    for number, name in enumerate(("Sent", "Sent.mbox")):
        (tmp_path / name).write_bytes(mbox(mail(number)))

    assert [message.folder for message in messages(tmp_path)] == ["Sent", "Sent.mbox"]


def test_identical_copies_are_counted_apart(tmp_path: Path) -> None:
    """A mail that lies there twice has two UIDs, in file order."""
    (tmp_path / "a.mbox").write_bytes(mbox(mail(1), mail(2), mail(1)))

    uids = [message.uid for message in messages(tmp_path)]

    assert len(set(uids)) == 3
    assert uids[0].endswith(":1")
    assert uids[2] == uids[0].replace(":1", ":2")


def test_an_unchanged_file_is_not_opened(tmp_path: Path) -> None:
    """Size and modification time in the cursor are enough; even a store that holds nothing gets nothing."""
    (tmp_path / "a.mbox").write_bytes(mbox(*map(mail, range(3))))
    os.utime(tmp_path / "a.mbox", (1_700_000_000, 1_700_000_000))
    shelf = Shelf()
    shelf.sync(source_of(tmp_path))

    pages = list(source_of(tmp_path).changes(shelf.cursor, Shelf().held))

    assert [page.items for page in pages] == [(), ()]
    assert [listing.server_count for page in pages for listing in page.listings] == [3]


def test_a_file_written_this_moment_is_read_once_more(tmp_path: Path) -> None:
    """Two writes of one length within a tick of the clock differ in nothing but the content."""
    file = tmp_path / "a.mbox"
    file.write_bytes(mbox(mail(1)))
    written = file.stat()
    shelf = Shelf()
    shelf.sync(source_of(tmp_path))
    file.write_bytes(mbox(mail(2)))
    os.utime(file, ns=(written.st_atime_ns, written.st_mtime_ns))

    shelf.sync(source_of(tmp_path))

    assert shelf.contents() == [mail(2)]


def test_a_file_without_any_separator_is_reported(tmp_path: Path) -> None:
    """A file that claims to be an mbox and is none must not pass for an empty one."""
    (tmp_path / "a.mbox").write_bytes(mail(1))
    shelf = Shelf()

    shelf.sync(source_of(tmp_path))

    assert [trouble.reason for trouble in shelf.unreadable] == [
        'The file a.mbox is no mbox: no line in it begins a mail with "From ".'
    ]
    assert shelf.listings == []


def test_a_file_that_refuses_is_reported_and_not_called_gone(tmp_path: Path) -> None:
    """A link in a circle hides what was read before; nothing is removed for that."""
    file = tmp_path / "a.mbox"
    file.write_bytes(mbox(mail(1)))
    shelf = Shelf()
    shelf.sync(source_of(tmp_path))
    file.unlink()
    file.symlink_to("a.mbox")

    shelf.sync(source_of(tmp_path))

    assert [trouble.folder for trouble in shelf.unreadable] == ["a"]
    assert shelf.contents() == [mail(1)]


def test_a_removed_file_is_listed_as_empty(tmp_path: Path) -> None:
    """The store learns that all of the folder is gone."""
    (tmp_path / "a.mbox").write_bytes(mbox(mail(1)))
    (tmp_path / "b.mbox").write_bytes(mbox(mail(2)))
    shelf = Shelf()
    shelf.sync(source_of(tmp_path))
    (tmp_path / "a.mbox").unlink()

    shelf.sync(source_of(tmp_path))

    assert shelf.contents() == [mail(2)]
    assert list(shelf.cursor["files"]) == ["b"]


def test_an_oversized_mail_has_the_uid_of_the_whole(tmp_path: Path) -> None:
    """Two huge mails with the same beginning stay two."""
    (tmp_path / "a.mbox").write_bytes(mbox(big_mail(2_000_000), big_mail(2_000_000) + b"more\n"))

    found = messages(tmp_path)

    assert len(found) == 2
    assert MboxSource(name="desk", path=tmp_path, size_limit=LIMIT).size_limit < found[0].size
    assert [item.truncated for item in messages_limited(tmp_path)] == [True, True]
    assert [item.uid for item in messages_limited(tmp_path)] == [item.uid for item in found]


def messages_limited(path: Path) -> list[RawMessage]:
    """Read all messages of a first run with a small size limit."""
    pages = MboxSource(name="desk", path=path, size_limit=LIMIT).changes({}, Shelf().held)
    return [item for page in pages for item in page.items if isinstance(item, RawMessage)]


def test_many_mails_keep_their_order(tmp_path: Path) -> None:
    """Items come in file order."""
    (tmp_path / "a.mbox").write_bytes(mbox(*map(mail, range(MANY))))

    assert [message.data for message in messages(tmp_path)] == [mail(number) for number in range(MANY)]


def test_times_that_begin_to_tell_something_are_told_for_all(tmp_path: Path) -> None:
    """One mail alone may come from an export; once a second instant shows, the first mail has its time, too."""
    early, late = (b"From x Mon Mar 10 09:%02d:00 2025\n" % minute for minute in (15, 45))
    (tmp_path / "inbox.mbox").write_bytes(mbox(mail(1), separator=early))
    shelf = Shelf()
    shelf.sync(source_of(tmp_path))
    with (tmp_path / "inbox.mbox").open("ab") as file:
        file.write(mbox(mail(2), separator=late))

    shelf.sync(source_of(tmp_path))

    times = [item.received_at for item in shelf.items.values() if isinstance(item, RawMessage)]
    assert times == [datetime(2025, 3, 10, 9, minute, tzinfo=UTC) for minute in (15, 45)]
