"""Opening sources from the configuration; which folders are wanted."""

import subprocess
import sys
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.folder_choice import FolderChoice
from connectors.maildir import decoded
from connectors.options import is_loopback
from connectors.paging import MAX_BYTES, MAX_ITEMS, batches
from connectors.registry import open_source
from domain.errors import ConfigError
from domain.sources import RawMessage


def test_an_unknown_kind_is_refused_with_the_known_ones() -> None:
    """A slip of the pen is answered with what there is."""
    said = 'Source desk has kind "pop3", which this version cannot read; it reads caldav, eml, .*imap'
    with pytest.raises(ConfigError, match=said):
        open_source("pop3", "desk", {})


@pytest.mark.parametrize("kind", ["eml", "ics", "maildir", "mbox"])
def test_a_source_of_files_needs_a_path(kind: str) -> None:
    """The sentence names the source and the option."""
    with pytest.raises(ConfigError, match="Source desk has no `path`"):
        open_source(kind, "desk", {})


def test_reading_files_loads_no_library_for_servers() -> None:
    """A kind is imported on first use."""
    program = (
        "import sys; from connectors.registry import open_source; open_source('ics', 'x', {'path': '/nowhere'});"
        "sys.exit(bool({'imapclient', 'caldav', 'requests', 'httpx'} & set(sys.modules)))"
    )

    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


@pytest.mark.parametrize(
    ("include", "exclude", "folder", "wanted"),
    [
        (["*"], ["Trash"], "INBOX", True),
        (["*"], ["Trash"], "INBOX.Trash", False),
        (["*"], ["trash"], "TRASH", False),
        (["*"], ["Trash"], "Trash.2024.May", False),
        (["*"], ["Trash"], "Trashy", True),
        (["*"], ["Clients.Old*"], "Clients.Oldest.2020", False),
        (["INBOX"], [], "INBOX", True),
        (["INBOX"], [], "INBOX.Sent", False),
        (["Sent"], [], "INBOX.Sent", True),
        (["Clients.*"], [], "Clients.Blue Peak", True),
    ],
)
def test_folders_are_chosen_by_globs(include: list[str], exclude: list[str], folder: str, wanted: bool) -> None:
    """A pattern matches the whole name or its last part in any case; what lies below an excluded folder is out."""
    choice = FolderChoice.from_options({"folders": {"include": include, "exclude": exclude}})

    assert choice.wants(folder, delimiter=".") is wanted


def test_special_use_stands_for_the_name() -> None:
    """A folder marked as trash is out in every language, unless trash is wanted (RFC 6154)."""
    assert not FolderChoice().wants("Papierkorb", special_use=["\\HasNoChildren", "\\Trash"])
    assert FolderChoice(exclude=()).wants("Papierkorb", special_use=["\\Trash"])


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Entw&APw-rfe", "Entwürfe"),
        ("R&-D", "R&D"),
        ("&U,BTFw-", "台北"),
        ("a & b", "a & b"),
        ("&AP", "&AP"),
        ("&é-", "&é-"),
    ],
)
def test_modified_utf7_is_decoded(name: str, expected: str) -> None:
    """What is not valid stays as it is (RFC 9051, appendix A.1)."""
    assert decoded(name) == expected


@pytest.mark.parametrize(
    ("host", "loopback"),
    [
        ("127.0.0.1", True),
        ("::1", True),
        ("[::1]", True),
        ("LOCALHOST", True),
        ("10.0.0.1", False),
        ("a.example", False),
    ],
)
def test_loopback_hosts(host: str, loopback: bool) -> None:
    """Only this machine itself counts."""
    assert is_loopback(host) is loopback


@given(sizes=st.lists(st.integers(0, 3 * MAX_BYTES // 2), max_size=12))
def test_batches_keep_order_and_stay_small(sizes: list[int]) -> None:
    """Nothing is lost or moved, and only a single giant exceeds the size of a page."""
    items = [
        RawMessage(folder="a", uid=str(i), data=bytes(size), received_at=datetime(2025, 3, 10, tzinfo=UTC), size=size)
        for i, size in enumerate(sizes)
    ]

    pages = list(batches(items))

    assert [item for page in pages for item in page] == items
    assert all(0 < len(page) <= MAX_ITEMS for page in pages)
    assert all(len(page) == 1 or sum(map(sized, page)) <= MAX_BYTES for page in pages)


def sized(item: object) -> int:
    """Return the size of an item that is a message."""
    assert isinstance(item, RawMessage)
    return item.size
