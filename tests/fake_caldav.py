"""A loopback proxy in front of Radicale that lacks what other servers lack, and fails as they do.

It hands on what it is asked and remembers it. ``Lacks`` take parts out of the answers: sync-collection, getctag,
getetag, calendar-multiget. ``Fault`` answers a matching request itself, so often: a status with headers and a body, a
broken connection. ``ghosts`` are hrefs that every listing names though nothing lies there.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

_HOP = {"connection", "transfer-encoding", "content-length", "date", "server"}
_EXPIRED = b'<?xml version="1.0"?><D:error xmlns:D="DAV:"><D:valid-sync-token/></D:error>'


class Lacks(StrEnum):
    """What a server may not offer."""

    SYNC = "sync"
    CTAG = "ctag"
    ETAG = "etag"
    MULTIGET = "multiget"
    LISTING = "listing"


@dataclass
class Fault:
    """What happens instead of an answer.

    Attributes:
        method: To which requests.
        path: Text in their path.
        body: Text in their body.
        status: HTTP status; 0 breaks the connection.
        times: So often; then never again.
    """

    method: str = ""
    path: str = ""
    body: str = ""
    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    answer: bytes = b""
    times: int = 1_000_000

    def strikes(self, method: str, path: str, body: str) -> bool:
        """Whether it happens now; counts down."""
        hit = self.times > 0 and self.method in {"", method} and self.path in path and self.body in body
        self.times -= hit
        return hit


def expired(status: int = 403) -> Fault:
    """Every sync token is refused once (RFC 6578, 3.2)."""
    body = "<sync-token>http"
    headers = {"Content-Type": "text/xml"}
    return Fault("REPORT", body=body, status=status, headers=headers, answer=_EXPIRED, times=1)


@dataclass
class FakeCaldav:
    """A running proxy.

    Attributes:
        port: Where it listens on 127.0.0.1.
        lacks: What it takes out.
        faults: The first that strikes happens.
        ghosts: Hrefs listed beside those that are there.
        asked: Method, path and body of every request.
    """

    port: int = 0
    lacks: set[Lacks] = field(default_factory=set)
    faults: list[Fault] = field(default_factory=list)
    ghosts: list[str] = field(default_factory=list)
    asked: list[tuple[str, str, str]] = field(default_factory=list)

    @property
    def url(self) -> str:
        """Its root."""
        return f"http://127.0.0.1:{self.port}/"

    def methods(self) -> set[str]:
        """Which methods it was asked with."""
        return {method for method, _, _ in self.asked}

    def reports(self, name: str) -> list[str]:
        """Return the bodies of the requests that ask for a report or property."""
        return [body for _, _, body in self.asked if name in body]

    def edited(self, method: str, body: str, status: int, answer: bytes) -> tuple[int, bytes]:
        """Return the answer without what is lacking."""
        refused = [
            Lacks.SYNC in self.lacks and "sync-collection" in body,
            Lacks.MULTIGET in self.lacks and "calendar-multiget" in body,
            Lacks.LISTING in self.lacks and method == "PROPFIND" and "<getcontentlength" in body,
        ]
        if any(refused):
            return 501, b""
        if Lacks.SYNC in self.lacks:
            answer = answer.replace(b"<sync-collection />", b"").replace(b"sync-token>", b"no-token>")
        if Lacks.CTAG in self.lacks:
            answer = answer.replace(b"getctag>", b"no-ctag>")
        if Lacks.ETAG in self.lacks:
            answer = re.sub(rb"<getetag>[^<]*</getetag>", b"", answer)
        if self.ghosts and "<getcontentlength" in body:
            answer = answer.replace(b"</multistatus>", b"".join(map(_ghost, self.ghosts)) + b"</multistatus>")
        return status, answer


def _ghost(href: str) -> bytes:
    prop = '<prop><getetag>"ghost"</getetag><resourcetype/></prop>'
    return (
        f"<response><href>{href}</href><propstat>{prop}<status>HTTP/1.1 200 OK</status></propstat></response>".encode()
    )


@contextmanager
def in_front_of(port: int) -> Iterator[FakeCaldav]:
    """Run a proxy in front of the server at this port until the block ends."""
    fake = FakeCaldav()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 30

        def handle_any(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            asked = self.command, self.path, body.decode()
            fake.asked.append(asked)
            fault = next((fault for fault in fake.faults if fault.strikes(*asked)), None)
            if fault:
                self._fail(fault)
                return
            connection = HTTPConnection("127.0.0.1", port, timeout=30)
            headers = {name: value for name, value in self.headers.items() if name.lower() != "accept-encoding"}
            connection.request(self.command, self.path, body, headers)
            answer = connection.getresponse()
            status, data = fake.edited(self.command, asked[2], answer.status, answer.read())
            connection.close()
            self._answer(status, dict(answer.getheaders()), data)

        def _fail(self, fault: Fault) -> None:
            if fault.status:
                self._answer(fault.status, fault.headers, fault.answer)
            else:
                self.close_connection = True

        def _answer(self, status: int, headers: dict[str, str], data: bytes) -> None:
            self.send_response(status)
            for name, value in headers.items():
                if name.lower() not in _HOP:
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    for method in ("PROPFIND", "REPORT", "GET", "OPTIONS", "PUT", "DELETE", "PROPPATCH", "MKCALENDAR"):
        setattr(Handler, f"do_{method}", Handler.handle_any)
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        fake.port = server.server_address[1]
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield fake
        finally:
            server.shutdown()
            thread.join(timeout=10)
