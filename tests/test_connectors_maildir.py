"""Maildir: names, flags, folders."""

import os
from datetime import UTC, datetime
from pathlib import Path
from shutil import rmtree

import pytest
from contract_sources import MANY, Shelf, SourceContract, big_mail, mail

from connectors.maildir import MaildirSource, delivery_time
from connectors.registry import open_source
from domain.errors import SourceUnreachable
from domain.sources import RawMessage, Source, Unreadable


class MaildirPlace:
    tells_flags = False

    def __init__(self, path: Path) -> None:
        self.path = path
        make_maildir(path)

    def put(self, *numbers: int) -> None:
        for number in numbers:
            (self.path / "new" / self._name(number)).write_bytes(mail(number))

    def remove(self, number: int) -> None:
        for file in self._copies(number):
            file.unlink()

    def move(self, number: int) -> None:
        (file,) = self._copies(number)
        other = self._other()
        file.rename((self.path if other in file.parents else other) / file.parent.name / file.name)

    def duplicate(self, number: int) -> None:
        (file,) = self._copies(number)
        (self._other() / "new" / f"{1_700_001_000 + number}.M{number}.host").write_bytes(file.read_bytes())

    def flag(self, number: int) -> None:
        (file,) = self._copies(number)
        unique, _, flags = file.name.partition(":2,")
        file.rename(file.parent.with_name("cur") / f"{unique}:2,{'' if flags else 'S'}")

    def _other(self) -> Path:
        other = self.path / ".Other"
        return other if other.exists() else make_maildir(other)

    def _copies(self, number: int) -> list[Path]:
        return [file for file in self.path.rglob(f"*.M{number}.host*") if file.is_file()]

    def source(self, *, size_limit: int = 1_000_000) -> Source:
        return open_source("maildir", "desk", {"path": str(self.path), "size_limit": size_limit})

    def missing(self) -> Source:
        return open_source("maildir", "gone", {"path": str(self.path / "nowhere")})

    def put_oversized(self, size: int) -> None:
        (self.path / "cur" / "1700009999.big.host:2,S").write_bytes(big_mail(size))

    def fingerprint(self) -> object:
        return sorted((str(file), file.stat().st_mtime_ns) for file in self.path.rglob("*"))

    @staticmethod
    def _name(number: int) -> str:
        return f"{1_700_000_000 + number}.M{number}.host"


def make_maildir(path: Path) -> Path:
    """Make the three folders of an empty Maildir."""
    for part in ("cur", "new", "tmp"):
        (path / part).mkdir(parents=True)
    return path


def messages(source: Source) -> list[RawMessage]:
    """Read all messages of a first run."""
    pages = source.changes({}, Shelf().held)
    return [item for page in pages for item in page.items if isinstance(item, RawMessage)]


class TestMaildirKeepsTheContract(SourceContract):
    @pytest.fixture
    def place(self, tmp_path: Path) -> MaildirPlace:
        return MaildirPlace(tmp_path / "mail")


@pytest.fixture
def maildir(tmp_path: Path) -> Path:
    """Offer an empty Maildir."""
    return make_maildir(tmp_path / "mail")


def source_of(path: Path) -> MaildirSource:
    """Open the source under its test name."""
    return MaildirSource(name="desk", path=path)


def test_reading_a_mail_in_a_mail_program_is_no_change(maildir: Path) -> None:
    """The move from new to cur and every flag leave the UID as it is."""
    (maildir / "new" / "1700000000.a.host").write_bytes(mail(1))
    shelf = Shelf()
    shelf.sync(source_of(maildir))
    (maildir / "new" / "1700000000.a.host").rename(maildir / "cur" / "1700000000.a.host:2,RS")

    assert shelf.sync(source_of(maildir)) == 0
    assert [uid for _, uid in shelf.items] == ["1700000000.a.host"]


def test_subfolders_are_named_as_people_see_them(maildir: Path) -> None:
    """Maildir++ names, modified UTF-7 and plainly nested Maildirs all become names with slashes."""
    for name in (".Clients.Blue Peak", ".Entw&APw-rfe &- mehr", "Archive/2025"):
        folder = make_maildir(maildir / name)
        (folder / "cur" / "1700000000.a.host:2,S").write_bytes(mail(1))

    folders = [message.folder for message in messages(source_of(maildir))]

    assert folders == ["Archive/2025", "Clients/Blue Peak", "Entwürfe & mehr"]


def test_a_linked_folder_is_read_and_a_loop_of_links_ends(maildir: Path, tmp_path: Path) -> None:
    """Shared folders are often links; a link to what it lies in adds nothing."""
    (make_maildir(tmp_path / "shared") / "cur" / "1700000000.a.host:2,S").write_bytes(mail(1))
    (maildir / ".Team").symlink_to(tmp_path / "shared", target_is_directory=True)
    (maildir / ".Loop").symlink_to(maildir, target_is_directory=True)
    (maildir / ".Circle").symlink_to(".Circle")

    assert [message.folder for message in messages(source_of(maildir))] == ["Team"]


def test_junk_and_its_subfolders_are_left_out(maildir: Path) -> None:
    """Trash, junk, spam and drafts are not read unless the configuration says so."""
    for name in (".Trash", ".Trash.2024", ".Clients.spam", ".Sent"):
        (make_maildir(maildir / name) / "cur" / "1700000000.a.host:2,S").write_bytes(mail(1))

    assert [message.folder for message in messages(source_of(maildir))] == ["Sent"]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("1700000000.M5P6.host", datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)),
        ("999999999.x", datetime(2001, 9, 9, 1, 46, 39, tzinfo=UTC)),
        ("123456789.x", None),
        ("invoice.final", None),
        ("17000000001234.x", None),
        ("1700000000", None),
    ],
)
def test_the_delivery_time_is_what_the_name_begins_with(name: str, expected: datetime | None) -> None:
    """Only digits that are a plausible Unix time before the first dot count (SEMANTICS 6)."""
    assert delivery_time(name) == expected


def test_a_name_without_time_falls_back_to_the_modification_time(maildir: Path) -> None:
    """A file copied in by hand has at least its date on disk (SEMANTICS 6)."""
    file = maildir / "cur" / "invoice:2,S"
    file.write_bytes(mail(1))
    os.utime(file, (1_700_000_000, 1_700_000_000))

    assert messages(source_of(maildir))[0].received_at == datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)


def test_a_flag_set_while_reading_does_not_lose_the_mail(maildir: Path) -> None:
    """A file renamed after it was listed is found again; one deleted is left out of the listing."""
    for number in range(MANY):
        (maildir / "new" / f"{1_700_000_000 + number}.a.host").write_bytes(mail(number))
    shelf = Shelf()
    pages = source_of(maildir).changes({}, shelf.held)

    shelf.save(next(pages))
    (maildir / "new" / "1700000205.a.host").rename(maildir / "cur" / "1700000205.a.host:2,S")
    (maildir / "new" / "1700000206.a.host").unlink()
    for page in pages:
        shelf.save(page)

    assert shelf.contents() == sorted(mail(number) for number in range(MANY) if number != 206)
    assert shelf.counted() == {"INBOX": MANY - 1}


def test_one_unreadable_file_does_not_stop_the_others(maildir: Path) -> None:
    """A link that points at itself cannot be opened; it is reported, listed and tried again."""
    (maildir / "cur" / "1700000001.a.host:2,").symlink_to("1700000001.a.host:2,")
    (maildir / "cur" / "1700000002.a.host:2,").write_bytes(mail(2))
    shelf = Shelf()

    shelf.sync(source_of(maildir))

    assert [trouble.uid for trouble in shelf.unreadable] == ["1700000001.a.host"]
    assert shelf.contents() == [mail(2)]
    assert shelf.counted() == {"INBOX": 2}


def test_a_pipe_among_the_mails_does_not_block(maildir: Path) -> None:
    """What is no file is no mail."""
    os.mkfifo(maildir / "cur" / "pipe")

    assert messages(source_of(maildir)) == []


def test_a_file_name_that_is_no_text_still_has_a_uid(maildir: Path) -> None:
    """Bytes outside UTF-8 in names are escaped, so that the UID can be stored."""
    (maildir / "cur" / os.fsdecode(b"1700000000.caf\xe9:2,S")).write_bytes(mail(1))

    assert messages(source_of(maildir))[0].uid == "1700000000.caf\\xe9"


def test_a_removed_folder_is_listed_as_empty_once(maildir: Path) -> None:
    """The cursor remembers the folders, so that the store learns when one is gone."""
    folder = make_maildir(maildir / ".Old")
    (folder / "cur" / "1700000000.a.host:2,S").write_bytes(mail(1))
    shelf = Shelf()
    shelf.sync(source_of(maildir))
    rmtree(folder)

    shelf.sync(source_of(maildir))
    assert shelf.contents() == []
    assert shelf.counted()["Old"] == 0

    shelf.listings.clear()
    shelf.sync(source_of(maildir))
    assert "Old" not in shelf.counted()


def test_a_folder_that_is_no_maildir_is_refused(tmp_path: Path) -> None:
    """A wrong path must not look like an empty source."""
    with pytest.raises(SourceUnreachable, match="is no Maildir"):
        list(source_of(tmp_path).changes({}, Shelf().held))


def test_unreadable_items_carry_a_sentence(maildir: Path) -> None:
    """The reason is for people."""
    (maildir / "cur" / "loop").symlink_to("loop")

    items = [item for page in source_of(maildir).changes({}, Shelf().held) for item in page.items]

    assert items == [
        Unreadable(folder="INBOX", uid="loop", reason="The file cannot be read: too many levels of symbolic links.")
    ]
