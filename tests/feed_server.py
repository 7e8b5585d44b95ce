"""A loopback web server with one calendar file, which tells its state by ETag and Last-Modified and fails as told."""

import gzip
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread


@dataclass
class FeedServer:
    """A running server; whatever is asked for, it answers with the same file.

    Attributes:
        data: The file.
        etags: It sends ETag and answers If-None-Match.
        modified: Last-Modified to send, and the only If-Modified-Since that it calls unmodified.
        gzip: It packs what it sends.
        status: Sent instead of the file, with ``headers``, so many ``times``.
        cut: So many bytes are left out at the end, though announced.
        asked: Headers of every request, names in small letters.
        statuses: What was answered.
    """

    port: int = 0
    data: bytes = b""
    etags: bool = True
    modified: str = ""
    gzip: bool = False
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    times: int = 1_000_000
    cut: int = 0
    asked: list[dict[str, str]] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)

    @property
    def url(self) -> str:
        """The address of the file, of which a part is secret."""
        return f"http://127.0.0.1:{self.port}/private-5ecret/basic.ics"

    def answer(self, asked: dict[str, str]) -> tuple[int, dict[str, str], bytes]:
        """Return status, headers and body."""
        if self.status != 200 and self.times > 0:
            self.times -= 1
            return self.status, self.headers, b""
        etag = f'"{sha256(self.data).hexdigest()[:16]}"' if self.etags else ""
        headers = {"Content-Type": "text/calendar", **self.headers}
        headers |= {name: value for name, value in (("ETag", etag), ("Last-Modified", self.modified)) if value}
        same = etag and asked.get("if-none-match") == etag
        old = not etag and self.modified and asked.get("if-modified-since") == self.modified
        if same or old:
            return 304, headers, b""
        if self.gzip and "gzip" in asked.get("accept-encoding", ""):
            return 200, {**headers, "Content-Encoding": "gzip"}, gzip.compress(self.data)
        return 200, headers, self.data


def certificate(folder: Path) -> Path:
    """Make a self-signed certificate with its key in one file; trusted by whoever sets ``SSL_CERT_FILE`` to it."""
    file = folder / "server.pem"
    words = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost"
    subprocess.run([*words.split(), "-keyout", str(file), "-out", str(file) + ".crt"], check=True, capture_output=True)
    file.write_bytes(file.read_bytes() + Path(str(file) + ".crt").read_bytes())
    return file


@contextmanager
def serving(certificate: Path | None = None) -> Iterator[FeedServer]:
    """Run a server until the block ends, over TLS if it has a certificate."""
    feed = FeedServer()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 30

        def do_GET(self) -> None:
            asked = {name.lower(): value for name, value in self.headers.items()}
            feed.asked.append(asked)
            status, headers, data = feed.answer(asked)
            feed.statuses.append(status)
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data[: len(data) - feed.cut])
            self.close_connection = bool(feed.cut)

        def handle(self) -> None:
            with suppress(ssl.SSLError):  # a client that does not trust us hangs up
                super().handle()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        feed.port = server.server_address[1]
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield feed
        finally:
            server.shutdown()
            thread.join(timeout=10)
