"""Which database the stores of a test lie in.

A file of tests that says ``pytestmark = pytest.mark.usefixtures("engine")`` runs twice: its stores are files of SQLite
first, then databases of a real PostgreSQL. All other tests use files.
"""

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from postgres import Postgres

from store.database import open_store
from store.migrate import upgrade


class _Current:
    """The server in use, None for files, and the databases that stand for files."""

    server: Postgres | None = None
    databases: dict[Path, str]


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest) -> Iterator[str]:
    """Every store that a test makes lies in this."""
    _Current.server = request.getfixturevalue("postgres") if request.param == "postgresql" else None
    _Current.databases = {}
    yield request.param
    if _Current.server:
        _Current.server.drop(*_Current.databases.values())
    _Current.server = None


@pytest.fixture(autouse=True)
def files_unless_asked(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A test that does not ask for ``engine`` uses files, also between two tests of its file that do."""
    if "engine" not in request.fixturenames:
        monkeypatch.setattr(_Current, "server", None)


def store_url(folder: Path) -> str:
    """Where the store of a folder is; it is made, with all its tables, where there is none."""
    path = folder / "accountline.db"
    if _Current.server:
        if path not in _Current.databases:
            _Current.databases[path] = _Current.server.new_store()
        return _Current.databases[path]
    if not path.exists():
        path.write_bytes(empty_store())
    return f"sqlite:///{path}"


def future_url(folder: Path) -> str:
    """Where the store of a folder is going to be: a file that is not there yet, or a database with empty tables."""
    return store_url(folder) if _Current.server else f"sqlite:///{folder / 'accountline.db'}"


def empty_url(folder: Path) -> str:
    """Where a store could be; there are no tables yet."""
    path = folder / "accountline.db"
    if _Current.server:
        return _Current.databases.setdefault(path, _Current.server.empty_database())
    return f"sqlite:///{path}"


@cache
def empty_store() -> bytes:
    """A file with all tables; migrating takes longer than most tests."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "empty.db"
        with open_store(f"sqlite:///{path}", read_only=False) as store:
            upgrade(store)
        return path.read_bytes()
