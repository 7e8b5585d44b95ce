"""Single mail files."""

import os
import pwd
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from contract_sources import Shelf, SourceContract, big_mail, mail

from connectors.eml import EmlSource
from connectors.registry import open_source
from domain.sources import RawMessage, Source


class EmlPlace:
    def __init__(self, path: Path) -> None:
        self.path = path
        path.mkdir()

    def put(self, *numbers: int) -> None:
        for number in numbers:
            (self.path / f"{number:04}.eml").write_bytes(mail(number))

    def remove(self, number: int) -> None:
        for file in self._copies(number):
            file.unlink()

    def move(self, number: int) -> None:
        (file,) = self._copies(number)
        below = self.path / "moved"
        below.mkdir(exist_ok=True)
        file.rename((self.path if file.parent == below else below) / file.name)

    def duplicate(self, number: int) -> None:
        (file,) = self._copies(number)
        (self.path / f"{number:04} copy.eml").write_bytes(file.read_bytes())

    def change(self, number: int) -> None:
        (file,) = self._copies(number)
        file.write_bytes(file.read_bytes() + b"And it still leaks.\r\n")

    def _copies(self, number: int) -> list[Path]:
        return list(self.path.rglob(f"{number:04}*.eml"))

    def source(self, *, size_limit: int = 1_000_000) -> Source:
        return open_source("eml", "desk", {"path": str(self.path), "size_limit": size_limit})

    def missing(self) -> Source:
        return open_source("eml", "gone", {"path": str(self.path / "nowhere")})

    def put_oversized(self, size: int) -> None:
        (self.path / "big.eml").write_bytes(big_mail(size))

    def fingerprint(self) -> object:
        return sorted((str(file), file.stat().st_mtime_ns) for file in self.path.rglob("*"))


class TestEmlKeepsTheContract(SourceContract):
    @pytest.fixture
    def place(self, tmp_path: Path) -> EmlPlace:
        return EmlPlace(tmp_path / "mail")


def source_of(path: Path) -> EmlSource:
    """Open the source under its test name."""
    return EmlSource(name="desk", path=path)


def messages(path: Path) -> list[RawMessage]:
    """Read all messages of a first run."""
    pages = source_of(path).changes({}, Shelf().held)
    return [item for page in pages for item in page.items if isinstance(item, RawMessage)]


def test_folders_below_are_read_and_other_files_left_alone(tmp_path: Path) -> None:
    """The UID is the path below the top; the extension counts in any case."""
    (tmp_path / "2025" / "may").mkdir(parents=True)
    for name in ("a.eml", "2025/b.EML", "2025/may/c.eml", "notes.txt", "2025/._b.eml", "d.emlx"):
        (tmp_path / name).write_bytes(mail(1))

    assert [message.uid for message in messages(tmp_path)] == ["2025/b.EML", "2025/may/c.eml", "a.eml"]
    assert {message.folder for message in messages(tmp_path)} == {tmp_path.name}


def test_one_file_is_a_source_too(tmp_path: Path) -> None:
    """The path may name a single mail, whatever its extension."""
    (tmp_path / "complaint.txt").write_bytes(mail(1))

    assert [(message.uid, message.data) for message in messages(tmp_path / "complaint.txt")] == [
        ("complaint.txt", mail(1))
    ]


def test_a_changed_file_is_handed_out_again(tmp_path: Path) -> None:
    """Size and modification time tell an edited file from a held one."""
    (tmp_path / "a.eml").write_bytes(mail(1))
    shelf = Shelf()
    shelf.sync(source_of(tmp_path))
    (tmp_path / "a.eml").write_bytes(mail(22))

    assert shelf.sync(source_of(tmp_path)) == 1
    assert shelf.contents() == [mail(22)]


def test_a_file_has_no_server_time(tmp_path: Path) -> None:
    """Copying sets the modification time, so extraction reads the topmost Received instead (SEMANTICS 6)."""
    (tmp_path / "a.eml").write_bytes(mail(1))

    assert messages(tmp_path)[0].received_at is None


def test_a_loop_of_links_ends(tmp_path: Path) -> None:
    """Each real folder is entered once."""
    (tmp_path / "a.eml").write_bytes(mail(1))
    (tmp_path / "loop").symlink_to(tmp_path, target_is_directory=True)
    (tmp_path / "below").mkdir()
    (tmp_path / "below" / "up").symlink_to(tmp_path / "below", target_is_directory=True)

    assert {message.data for message in messages(tmp_path)} == {mail(1)}
    assert len(messages(tmp_path)) == 1


def test_an_unreadable_file_is_reported_and_not_called_gone(tmp_path: Path) -> None:
    """It counts in the listing, the others are read, and what is really gone shows."""
    for name in ("a.eml", "b.eml", "c.eml"):
        (tmp_path / name).write_bytes(mail(1))
    shelf = Shelf()
    shelf.sync(source_of(tmp_path))
    (tmp_path / "b.eml").unlink()
    (tmp_path / "b.eml").symlink_to("b.eml")
    (tmp_path / "c.eml").unlink()

    shelf.sync(source_of(tmp_path))

    assert [(trouble.uid, trouble.reason) for trouble in shelf.unreadable] == [
        ("b.eml", "The file cannot be read: too many levels of symbolic links.")
    ]
    assert sorted(uid for _, uid in shelf.items) == ["a.eml", "b.eml"]


@contextmanager
def as_nobody() -> Iterator[None]:
    """Be somebody who may not look everywhere; root may."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(pwd.getpwnam("nobody").pw_uid)
    try:
        yield
    finally:
        os.seteuid(0)


def test_nothing_is_called_gone_while_a_folder_refuses() -> None:
    """What lies in a folder that cannot be listed may only be hidden."""
    # Not pytest's folder: nobody must get as far as the folder that refuses.
    with TemporaryDirectory() as place:
        top = Path(place)
        top.chmod(0o755)
        (top / "below").mkdir()
        (top / "below" / "a.eml").write_bytes(mail(1))
        shelf = Shelf()
        shelf.sync(source_of(top))
        (top / "below").chmod(0)

        with as_nobody():
            shelf.sync(source_of(top))
        (top / "below").chmod(0o700)

    assert [trouble.reason for trouble in shelf.unreadable] == ["The folder cannot be listed: permission denied."]
    assert shelf.contents() == [mail(1)]


def test_a_file_that_vanishes_while_reading_is_left_out(tmp_path: Path) -> None:
    """Gone between listing and reading means gone."""
    for number in range(202):
        (tmp_path / f"{number:03}.eml").write_bytes(mail(number))
    shelf = Shelf()
    pages = source_of(tmp_path).changes({}, shelf.held)

    shelf.save(next(pages))
    (tmp_path / "201.eml").unlink()
    for page in pages:
        shelf.save(page)

    assert shelf.counted() == {tmp_path.name: 201}
    assert not shelf.unreadable
