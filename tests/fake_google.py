"""Google over loopback HTTP, as the tests need it: Gmail from the real emulator, and what that lacks.

From the emulator (``google_emulator.py``): labels, lists, mails in every format, the history, trash, deletion.

Fake, in Gmail: ``profile``; the batch endpoint, which takes its requests apart and answers each; ``q=larger:``; a
history that is forgotten (404). Fake as a whole: Calendar (``fake_calendars.py``), because the emulator knows neither
series nor iCalendar UIDs, sync tokens or deleted events; the token endpoint, where a refresh token becomes an access
token. Access tokens end when a test says so. For both, faults on order: HTTP refusals with reason and ``Retry-After``,
connections that break, for requests whose path contains a word, also inside of batches.
"""

import json
import re
import socket
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from fake_calendars import FakeCalendars

REFRESH_TOKEN = "refresh-token-for-tests"
_REFUSALS = {401: "authError", 403: "forbidden", 404: "notFound", 410: "fullSyncRequired", 429: "rateLimitExceeded"}

Answer = tuple[int, dict[str, str], bytes]


@dataclass(slots=True, kw_only=True)
class Fault:
    """What happens to the next requests whose path and query contain a word; status 0 breaks the connection."""

    word: str
    status: int
    times: int
    reason: str = ""
    retry_after: str = ""


@dataclass(slots=True)
class FakeGoogle:
    """One user's Google.

    Attributes:
        address: The user.
        emulator: Address of the emulator.
        calendars: The user's calendars.
        url: Where it listens.
        token: The access token in force.
        revoked: The refresh token is void.
        oldest_history: History before this identifier is forgotten.
        requests: Method, path and query of everything asked, those inside batches marked.
    """

    address: str
    emulator: str
    calendars: FakeCalendars = field(default_factory=FakeCalendars)
    url: str = ""
    token: str = "token-0"
    revoked: bool = False
    batches: bool = True
    oldest_history: int = 0
    requests: list[str] = field(default_factory=list)
    _faults: list[Fault] = field(default_factory=list)

    def fail(self, word: str, status: int, *, times: int = 1, reason: str = "", retry_after: str = "") -> None:
        """Order a fault."""
        self._faults.append(Fault(word=word, status=status, times=times, reason=reason, retry_after=retry_after))

    def expire_token(self) -> None:
        """End the access token in force; a refresh gives the next."""
        self.token = f"token-{int(self.token.partition('-')[2]) + 1}"

    def asked(self, word: str) -> list[str]:
        """Return the requests that contain a word."""
        return [request for request in self.requests if word in request]

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """Ask the emulator itself, as the user does in a browser."""
        status, _, data = self._forward(method, path, json.dumps(body).encode() if body is not None else b"")
        assert status < 300, data
        return json.loads(data) if data else None

    def answer(self, method: str, target: str, headers: Any, body: bytes, *, inside: bool = False) -> Answer | None:
        """Answer one request; None breaks the connection."""
        self.requests.append(f"{'batched ' if inside else ''}{method} {target}")
        path = urlsplit(target).path
        if fault := self._fault(f"{method} {target}"):
            return _refusal(fault) if fault.status else None
        if path == "/token":
            return self._refresh(body)
        if headers.get("Authorization") != f"Bearer {self.token}":
            return _refusal(Fault(word="", status=401, times=1))
        if path.startswith("/batch/") and self.batches:
            return self._batch(headers, body)
        if path.startswith("/calendar/v3/"):
            return _as_json(*self.calendars.answer(path.removeprefix("/calendar/v3/"), _query(target)))
        # Whoever writes is refused: we only read.
        return self._gmail(path, target) if method == "GET" else _refusal(Fault(word="", status=404, times=1))

    def _fault(self, request: str) -> Fault | None:
        for fault in self._faults:
            if fault.times and fault.word in request:
                fault.times -= 1
                return fault
        return None

    def _refresh(self, body: bytes) -> Answer:
        form = parse_qs(body.decode())
        if self.revoked or form.get("refresh_token") != [REFRESH_TOKEN]:
            return _as_json(400, {"error": "invalid_grant", "error_description": "Token has been revoked."})
        return _as_json(200, {"access_token": self.token, "token_type": "Bearer", "expires_in": 3600})

    def _gmail(self, path: str, target: str) -> Answer:
        query = _query(target)
        if path.endswith("/profile"):
            return self._profile()
        if path.endswith("/history") and int(query["startHistoryId"][0]) < self.oldest_history:
            return _refusal(Fault(word="", status=404, times=1))
        if path.endswith("/messages") and (larger := re.fullmatch(r"larger:(\d+)", query.get("q", [""])[0])):
            return self._larger(path, query, int(larger[1]))
        return self._forward("GET", target, b"")

    def _profile(self) -> Answer:
        history = self.ask("GET", "/gmail/v1/users/me/history?startHistoryId=0&maxResults=1")["historyId"]
        listed = self.ask("GET", "/gmail/v1/users/me/messages?maxResults=1&includeSpamTrash=true")
        total = listed["resultSizeEstimate"]
        return _as_json(200, {"emailAddress": self.address, "messagesTotal": total, "historyId": history})

    def _larger(self, path: str, query: dict[str, list[str]], size: int) -> Answer:
        more = {name: values for name, values in query.items() if name != "q"}
        listed = self.ask("GET", f"{path}?{urlencode(more, doseq=True)}")
        listed["messages"] = [
            message
            for message in listed["messages"]
            if self.ask("GET", f"{path}/{message['id']}?format=minimal")["sizeEstimate"] > size
        ]
        return _as_json(200, listed)

    def _batch(self, headers: Any, body: bytes) -> Answer | None:
        boundary = re.search(r'boundary="?([^";]+)', headers["Content-Type"])
        assert boundary
        parts = body.decode().split(f"--{boundary[1]}")[1:-1]
        assert len(parts) <= 100
        answered = []
        for part in parts:
            outer, request, *_ = re.split(r"\r?\n\r?\n", part.strip("\r\n"), maxsplit=2)
            content_id = re.search(r"(?im)^content-id: *<(.*)>", outer)
            first, *lines = request.splitlines()
            inner = {name.strip().title(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
            method, target, _ = first.split(" ", 2)
            answer = self.answer(method, target, inner, b"", inside=True)
            assert content_id
            if answer is None:
                return None
            status, fields, data = answer
            head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
            answered.append(
                f"--reply\r\nContent-Type: application/http\r\nContent-ID: <response-{content_id[1]}>\r\n\r\n"
                f"HTTP/1.1 {status} Whatever\r\n{head}\r\n{data.decode()}\r\n"
            )
        return 200, {"Content-Type": "multipart/mixed; boundary=reply"}, f"{''.join(answered)}--reply--\r\n".encode()

    def _forward(self, method: str, target: str, body: bytes) -> Answer:
        request = urllib.request.Request(  # noqa: S310 - the emulator's own address
            f"{self.emulator}{target}",
            data=body or None,
            method=method,
            headers={"Authorization": f"Bearer {self.address}", "Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=20) as response:  # noqa: S310 - as above
                return response.status, {"Content-Type": "application/json"}, response.read()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, {"Content-Type": "application/json"}, error.read()


def _query(target: str) -> dict[str, list[str]]:
    return parse_qs(urlsplit(target).query)


def _as_json(status: int, content: object) -> Answer:
    return status, {"Content-Type": "application/json; charset=UTF-8"}, json.dumps(content).encode()


def _refusal(fault: Fault) -> Answer:
    """Return a refusal as Google words it."""
    reason = fault.reason or _REFUSALS.get(fault.status, "backendError")
    error = {"code": fault.status, "message": "No.", "errors": [{"reason": reason, "message": "No."}]}
    status, headers, data = _as_json(fault.status, {"error": error})
    return status, headers | ({"Retry-After": fault.retry_after} if fault.retry_after else {}), data


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    google: FakeGoogle

    def do_GET(self) -> None:
        self._reply()

    def do_POST(self) -> None:
        self._reply()

    def log_message(self, *_: object) -> None:
        """Keep quiet."""

    def _reply(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        answer = self.google.answer(self.command, self.path, self.headers, body)
        if answer is None:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        status, headers, data = answer
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(data))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)


@contextmanager
def serving(google: FakeGoogle) -> Iterator[FakeGoogle]:
    """Listen until the block ends."""
    handler = type("Handler", (_Handler,), {"google": google})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        google.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield google
        finally:
            server.shutdown()
            thread.join()
