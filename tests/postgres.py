"""A real PostgreSQL for tests, in a temporary folder, reached through its Unix socket only.

Runs as root (it then becomes another user, as it insists) and as an ordinary user. Every store is a database of its
own, copied from one that has all tables: that takes a tenth of a second, migrating takes longer than most tests.
"""

import os
import pwd
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NoReturn

import psycopg
import pytest
from sqlalchemy import make_url

from store.database import open_store
from store.migrate import upgrade

_AS_ROOT = os.getuid() == 0
_START_SECONDS = 60
_TEMPLATE = "migrated"
# What is lost in a power cut is made again; one process per engine and worker is enough.
_SETTINGS = {
    "listen_addresses": "",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "64MB",
    "max_connections": "50",
    "autovacuum": "off",
}


@dataclass(slots=True)
class Postgres:
    """A running server.

    Attributes:
        home: Its folder, which also holds the socket.
        user: The superuser, who needs no password.
    """

    home: Path
    user: str
    _numbers: Iterator[int] = field(default_factory=count)
    _has_template: bool = False

    def url(self, database: str) -> str:
        """Where a database is, as a configuration says it."""
        return f"postgresql+psycopg://{self.user}@/{database}?host={self.home}"

    def empty_database(self) -> str:
        """Make a database without tables; return its URL."""
        name = f"empty{next(self._numbers)}"
        self._execute(f"CREATE DATABASE {name}")
        return self.url(name)

    def new_store(self) -> str:
        """Make a database with all tables of a store; return its URL."""
        if not self._has_template:
            self._execute(f"CREATE DATABASE {_TEMPLATE}")
            with open_store(self.url(_TEMPLATE), read_only=False) as store:
                upgrade(store)
            self._has_template = True
        name = f"store{next(self._numbers)}"
        self._execute(f"CREATE DATABASE {name} TEMPLATE {_TEMPLATE} STRATEGY FILE_COPY")
        return self.url(name)

    def drop(self, *urls: str) -> None:
        """Remove databases, whoever still reads them."""
        for url in urls:
            self._execute(f"DROP DATABASE {make_url(url).database} WITH (FORCE)")

    def _execute(self, statement: str) -> None:
        plain = psycopg.connect(host=str(self.home), user=self.user, dbname="postgres", autocommit=True)
        with closing(plain) as connection:
            connection.execute(statement.encode())


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """Start PostgreSQL once for all tests; without it they are skipped, on a build server they fail."""
    # Not pytest's folder: another user must get in, and the path of a Unix socket has at most 107 bytes.
    with TemporaryDirectory(prefix="pg") as folder, running(Path(folder)) as server:
        yield server


@contextmanager
def running(home: Path, **settings: str) -> Iterator[Postgres]:
    """Run a server in an empty folder until the block ends; ``settings`` go before those of tests."""
    programs, owner = _programs(), _owner()
    if _AS_ROOT:
        os.chown(home, owner.pw_uid, owner.pw_gid)
    data = home / "data"
    given = [f"-c {name}={value}" for name, value in (_SETTINGS | settings).items()]
    control = (programs / "pg_ctl", "-D", data, "-w", "-t", str(_START_SECONDS))
    _run(programs / "initdb", "-D", data, "-A", "trust", "-U", owner.pw_name, "-E", "UTF8", "--locale=C", "--no-sync")
    _run(*control, "-l", home / "log", "-o", " ".join([f"-k {home}", *given]), "start")
    try:
        yield Postgres(home=home, user=owner.pw_name)
    finally:
        _run(*control, "-m", "immediate", "stop")


def _programs() -> Path:
    """The folder of the newest installed version; Debian keeps it off the path."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: int(path.parts[-3]))
    program = str(found[-1]) if found else shutil.which("postgres")
    if program is None:
        _give_up("PostgreSQL is not installed (Debian: apt-get install postgresql).")
    return Path(program).parent


def _owner() -> pwd.struct_passwd:
    """Whose server it is: PostgreSQL does not run as root."""
    return pwd.getpwnam("postgres") if _AS_ROOT else pwd.getpwuid(os.getuid())


def _run(*command: str | Path) -> None:
    """Run one of PostgreSQL's programs as the server's owner."""
    done = subprocess.run(
        [str(part) for part in command],
        check=False,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        cwd="/",
        text=True,
        user=_owner().pw_uid if _AS_ROOT else None,
        group=_owner().pw_gid if _AS_ROOT else None,
        extra_groups=[] if _AS_ROOT else None,
    )
    if done.returncode:
        pytest.fail(f"{command[0]} ended with {done.returncode}: {done.stderr}")


def _give_up(reason: str) -> NoReturn:
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)
