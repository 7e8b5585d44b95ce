"""A real CalDAV server for tests: Radicale in a temporary folder, on a free loopback port.

Tests fill it through its own protocol (MKCALENDAR, PUT, DELETE). It offers sync-collection, getctag and getetag; what
other servers lack or do wrong is put in front of it by ``fake_caldav``.
"""

import socket
import subprocess
import sys
import time
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from http.client import HTTPConnection
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from xml.sax.saxutils import escape

import pytest

PASSWORD = "pässword-for-tests"
_START_SECONDS = 30.0

_CONFIG = """\
[server]
hosts = 127.0.0.1:{port}
[auth]
type = htpasswd
htpasswd_filename = {home}/users
htpasswd_encryption = plain
delay = 0
[storage]
filesystem_folder = {home}/collections
[logging]
level = warning
"""

_MKCALENDAR = """<?xml version="1.0" encoding="utf-8"?>
<C:mkcalendar xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"><set><prop><displayname>{name}</displayname>
<C:supported-calendar-component-set><C:comp name="{component}"/></C:supported-calendar-component-set>
</prop></set></C:mkcalendar>"""


@dataclass(slots=True)
class Radicale:
    """A running server.

    Attributes:
        home: Its folder with configuration, users, log and calendars.
        port: Where it listens on 127.0.0.1.
    """

    home: Path
    port: int
    _numbers: Iterator[int] = field(default_factory=count)

    @property
    def url(self) -> str:
        """Its root."""
        return f"http://127.0.0.1:{self.port}/"

    def add_user(self) -> str:
        """Make a user of their own without calendars; return the name."""
        name = f"user{next(self._numbers)}"
        with (self.home / "users").open("a", encoding="utf-8") as users:
            users.write(f"{name}:{PASSWORD}\n")
        return name

    def add_calendar(self, user: str, path: str, name: str, *, component: str = "VEVENT") -> None:
        """Make an empty calendar at ``/user/path/`` with a display name."""
        self.send(user, "MKCALENDAR", f"{path}/", _MKCALENDAR.format(name=escape(name), component=component).encode())

    def rename(self, user: str, path: str, name: str) -> None:
        """Give a calendar another display name."""
        prop = f"<prop><displayname>{escape(name)}</displayname></prop>"
        update = f'<propertyupdate xmlns="DAV:"><set>{prop}</set></propertyupdate>'
        self.send(user, "PROPPATCH", f"{path}/", update.encode())

    def put(self, user: str, path: str, data: bytes) -> None:
        """Write a calendar object."""
        self.send(user, "PUT", path, data, content_type="text/calendar; charset=utf-8")

    def put_all(self, user: str, path: str, name: str, data: bytes) -> None:
        """Write a whole calendar anew: much faster than object by object, which are named by their iCalendar UID."""
        named = data.replace(b"BEGIN:VEVENT", f"X-WR-CALNAME:{name}\r\nBEGIN:VEVENT".encode(), 1)
        self.send(user, "PUT", f"{path}/", named, content_type="text/calendar; charset=utf-8")

    def delete(self, user: str, path: str) -> None:
        """Remove a calendar object or a whole calendar."""
        self.send(user, "DELETE", path)

    def send(self, user: str, method: str, path: str, body: bytes = b"", content_type: str = "text/xml") -> bytes:
        """Send one request as ``user``; what is not done fails the test."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=30)
        sign_in = b64encode(f"{user}:{PASSWORD}".encode()).decode()
        headers = {"Authorization": f"Basic {sign_in}", "Content-Type": content_type}
        connection.request(method, f"/{user}/{path}", body, headers)
        answer = connection.getresponse()
        said = answer.read()
        connection.close()
        assert answer.status < 300, (method, path, answer.status, said)
        return said

    def contents(self, user: str) -> dict[str, str]:
        """Return a hash of every file of a user but those the server keeps for itself."""
        top = self.home / "collections" / "collection-root" / user
        files = [file for file in top.rglob("*") if file.is_file() and ".Radicale.cache" not in file.parts]
        return {str(file): sha256(file.read_bytes()).hexdigest() for file in files}


@pytest.fixture(scope="session")
def radicale() -> Iterator[Radicale]:
    """Start Radicale once for all tests."""
    with TemporaryDirectory(prefix="radicale") as home, running(Path(home)) as server:
        yield server


@contextmanager
def running(home: Path) -> Iterator[Radicale]:
    """Run a server until the block ends."""
    server = Radicale(home=home, port=_free_port())
    (home / "users").touch()
    (home / "config").write_text(_CONFIG.format(port=server.port, home=home), encoding="utf-8")
    with (home / "log").open("wb") as log:
        command = [sys.executable, "-m", "radicale", "--config", str(home / "config")]
        process = subprocess.Popen(command, stdout=log, stderr=log, cwd=home)
        try:
            _wait_until_ready(server, process)
            yield server
        finally:
            process.terminate()
            process.wait(timeout=_START_SECONDS)


def _wait_until_ready(server: Radicale, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", server.port), timeout=1).close()
        except OSError:
            time.sleep(0.02)
        else:
            return
    pytest.fail(f"Radicale did not start: {(server.home / 'log').read_text(errors='replace')}")


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port
