"""A stand-in for Microsoft Graph over loopback HTTP: no emulator of its mail and calendars exists.

It imitates what Microsoft documents, and what its issue trackers found out:

- **Delta queries** of messages and of a calendar view: a round of pages by ``@odata.nextLink``, ended by an
  ``@odata.deltaLink``; tokens are opaque and carry the query of the first request; ``Prefer: odata.maxpagesize``;
  messages newest first when asked so; a removed item is its id with ``@removed``; what changes while a first round
  runs is told again in the next (replays). A token made before ``forget_tokens`` answers 410 ``syncStateNotFound``.
- **Immutable ids**: only with ``Prefer: IdType="ImmutableId"`` does a message keep its id when it is moved; a move is
  ``@removed`` in one folder and the message in the other.
- **Messages**: ``$value`` is the MIME text, chunked or with a Content-Length; no size is told but the extended
  property ``Integer 0x0E08``; a folder tells its ``totalItemCount``; ids are listed by ``$top`` and ``$skip``.
- **Folders**: well-known names find a folder in any language; child folders are asked for apart; a mailbox need not
  have an outbox.
- **Calendar views**: of an occurrence a delta query tells id, series, type, start and end only, of an exception
  everything, and of the series its master; a removed occurrence is not told at all, the rest of its series is told
  anew; the plain view, and a single event, are complete. ``Prefer: outlook.timezone`` gives times in UTC.
- **Troubles**, put into ``faults``: 429 with ``Retry-After``, 503, 401, 403, dropped connections, or any other.

It answers at once, accepts the tokens in ``tokens``, gives tokens of its own at ``/TENANT/oauth2/v2.0/token``, and
refuses everything else that is no GET.
"""

import base64
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import RLock, Thread
from typing import Any
from urllib.parse import parse_qs, quote, unquote, urlsplit

import pytest

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
SIZE = "Integer 0x0E08"

Json = dict[str, Any]


@dataclass
class Fault:
    """An answer that replaces the right one, as often as it says, where the path matches.

    A ``status`` of 0 closes the connection without an answer; ``after`` bytes of the right one are sent before.
    """

    match: str = ""
    status: int = 0
    code: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    times: int = 1
    after: int = 0


@dataclass
class Request:
    """What was asked."""

    path: str
    query: dict[str, str]
    prefer: str
    token: str


@dataclass
class Message:
    """One message: where it lies, its bytes, and what Graph tells of it."""

    folder: str
    data: bytes
    told: Json


class Changes:
    """What changed when: the numbered log behind delta queries."""

    def __init__(self) -> None:
        self.log: list[tuple[str, str]] = []

    def note(self, place: str, item: str) -> None:
        """Note that an item changed in a folder or calendar."""
        self.log.append((place, item))

    def since(self, number: int, place: str) -> list[str]:
        """The items of a place that changed, in the order of their last change."""
        changed = [item for where, item in self.log[number:] if where == place]
        return list(dict.fromkeys(reversed(changed)))[::-1]


class FakeGraph:
    """The state of one mailbox and the troubles to come."""

    def __init__(self) -> None:
        self.url = ""
        self.lock = RLock()
        self.empty()

    def empty(self) -> None:
        """Begin with an empty mailbox and no troubles."""
        self.folders: dict[str, Json] = {}
        self.well_known: dict[str, str] = {}
        self.messages: dict[str, Message] = {}
        self.calendars: dict[str, str] = {"cal-1": "Calendar"}
        self.events: dict[str, Json] = {}  # with "calendar" beside what Graph tells
        self.changes = Changes()
        self.generation = 1
        self.tokens = {"token-1"}
        self.requests: list[Request] = []
        self.faults: list[Fault] = []
        self.on_request: Callable[[str], None] = lambda _path: None
        self.chunked = False  # MIME text comes without a Content-Length
        self.counted_off = 0  # what the folders' counts are wrong by
        self.told_in_part = False  # changes tell only the change key
        self.garbage = False  # everything is answered with a web page
        self.most = 1000  # entries a delta query tells at once, whatever is asked for
        self._number = 0
        for name, shown in (("inbox", "Posteingang"), ("deleteditems", "Gelöschte Elemente"), ("drafts", "Entwürfe")):
            self.well_known[name] = self.add_folder(shown)

    @property
    def endpoint(self) -> str:
        """What to set ``api_endpoint`` to."""
        return f"{self.url}/v1.0"

    # What people do with the mailbox.

    def add_folder(self, name: str, *, parent: str = "", **told: Any) -> str:
        """Make a folder; return its id."""
        folder = f"folder-{self._next()}"
        self.folders[folder] = {"displayName": name, "parent": parent, **told}
        return folder

    def deliver(self, data: bytes, folder: str = "", **told: Any) -> str:
        """Put a message into a folder, the inbox as a rule; return its immutable id."""
        with self.lock:
            number = self._next()
            message = f"message-{number:06}"
            facts = {
                "receivedDateTime": f"{START + timedelta(seconds=number):%Y-%m-%dT%H:%M:%SZ}",
                "isRead": False,
                "isDraft": False,
                "flag": {"flagStatus": "notFlagged"},
                "categories": [],
                "changeKey": f"key-{number}",
            }
            self.messages[message] = Message(folder or self.well_known["inbox"], data, facts | told)
            self.changes.note(self.messages[message].folder, message)
            return message

    def change(self, message: str, **told: Any) -> None:
        """Change what is told of a message, such as ``isRead``."""
        with self.lock:
            self.messages[message].told |= {"changeKey": f"key-{self._next()}", **told}
            self.changes.note(self.messages[message].folder, message)

    def move(self, message: str, folder: str) -> None:
        """Move a message to another folder."""
        with self.lock:
            self.changes.note(self.messages[message].folder, message)
            self.messages[message].folder = folder
            self.changes.note(folder, message)

    def remove(self, message: str) -> None:
        """Delete a message for good."""
        with self.lock:
            self.changes.note(self.messages.pop(message).folder, message)

    def put_event(self, event: str, calendar: str = "cal-1", **told: Any) -> None:
        """Make or change an event; ``start`` and ``end`` are instants or days."""
        with self.lock:
            known = self.events.get(event, {"id": event, "type": "singleInstance", "calendar": calendar})
            times = {name: _told_time(told.pop(name)) for name in ("start", "end") if name in told}
            stamp = {"lastModifiedDateTime": f"{START + timedelta(seconds=self._next()):%Y-%m-%dT%H:%M:%SZ}"}
            self.events[event] = known | stamp | times | told
            self.changes.note(known["calendar"], known.get("seriesMasterId", event))

    def put_series(self, master: str, starts: list[datetime], *, lasts: timedelta, **told: Any) -> None:
        """Make a series with these occurrences, called ``MASTER-YYYYMMDD``."""
        self.put_event(master, type="seriesMaster", start=starts[0], end=starts[0] + lasts, **told)
        for start in starts:
            end = start + lasts
            self.put_event(f"{master}-{start:%Y%m%d}", type="occurrence", seriesMasterId=master, start=start, end=end)

    def move_event(self, event: str, calendar: str) -> None:
        """Move a single event to another calendar; it keeps its id."""
        with self.lock:
            self.changes.note(self.events[event]["calendar"], event)
            self.events[event]["calendar"] = calendar
            self.changes.note(calendar, event)

    def remove_event(self, event: str) -> None:
        """Take an event, an occurrence or a whole series out of its calendar."""
        with self.lock:
            gone = self.events.pop(event)
            self.changes.note(gone["calendar"], gone.get("seriesMasterId", event))
            for occurrence in [key for key, told in self.events.items() if told.get("seriesMasterId") == event]:
                del self.events[occurrence]

    def forget_tokens(self) -> None:
        """Make every delta and next link void."""
        self.generation += 1

    def state(self) -> object:
        """Everything that reading must leave as it is."""
        return repr((self.folders, self.messages, self.calendars, self.events))

    def asked(self, part: str) -> int:
        """How many requests had this in their path."""
        return sum(part in request.path for request in self.requests)

    def _next(self) -> int:
        self._number += 1
        return self._number

    # What Graph answers.

    def answer(self, request: Request) -> Json | bytes:  # noqa: C901, PLR0911 - one line for every address
        """Answer a GET below the mailbox.

        Raises:
            LookupError: With status and code.
        """
        parts = [unquote(part) for part in request.path.split("/")]
        match parts:
            case ["mailFolders"]:
                return self._listed(
                    [self._folder(key) for key, it in self.folders.items() if not it["parent"]], request
                )
            case ["mailFolders", name]:
                return self._folder(self._folder_id(name))
            case ["mailFolders", name, "childFolders"]:
                below = [key for key, it in self.folders.items() if it["parent"] == self._folder_id(name)]
                return self._listed([self._folder(key) for key in below], request)
            case ["mailFolders", name, "messages"]:
                return self._listed([self._told(uid, request) for uid in self._in(self._folder_id(name))], request)
            case ["mailFolders", name, "messages", "delta"]:
                return self._delta(request, self._folder_id(name), self._message_page, self._in)
            case ["messages", uid, *rest]:
                return self._message(uid, request, whole=rest == ["$value"])
            case ["calendars"]:
                return self._listed([{"id": key, "name": name} for key, name in self.calendars.items()], request)
            case ["calendars", calendar, "calendarView"]:
                return self._listed([self._full(uid) for uid in self._view(calendar, request.query)], request)
            case ["calendars", calendar, "calendarView", "delta"]:
                return self._delta(request, calendar, self._event_page, self._series)
            case ["events", uid]:
                return self._full(uid)
        raise LookupError(404, "ResourceNotFound")

    def _folder_id(self, name: str) -> str:
        folder = self.well_known.get(name, name)
        if folder not in self.folders:
            raise LookupError(404, "ErrorItemNotFound")
        return folder

    def _folder(self, folder: str) -> Json:
        told = {key: value for key, value in self.folders[folder].items() if key != "parent"}
        below = sum(it["parent"] == folder for it in self.folders.values())
        count = len(self._in(folder)) + self.counted_off
        return {"id": folder, "childFolderCount": below, "totalItemCount": count, **told}

    def _in(self, folder: str) -> list[str]:
        """Newest first."""
        here = [uid for uid, message in self.messages.items() if message.folder == folder]
        return sorted(here, key=lambda uid: self.messages[uid].told["receivedDateTime"], reverse=True)

    def _told(self, uid: str, request: Request) -> Json:
        message = self.messages[uid]
        shown = uid if "ImmutableId" in request.prefer else f"{uid}-in-{message.folder}"
        wanted = request.query.get("$select", "").split(",")
        told = {key: value for key, value in message.told.items() if key in wanted}
        return {"id": shown, "parentFolderId": message.folder, **told}

    def _message(self, shown: str, request: Request, *, whole: bool) -> Json | bytes:
        uid = shown.partition("-in-")[0]
        if uid not in self.messages:
            raise LookupError(404, "ErrorItemNotFound")
        if whole:
            return self.messages[uid].data
        told = self._told(uid, request)
        if SIZE in request.query.get("$expand", ""):
            told["singleValueExtendedProperties"] = [{"id": SIZE, "value": str(len(self.messages[uid].data))}]
        return told

    def _listed(self, found: list[Json], request: Request) -> Json:
        """One page of a collection, cut by number."""
        top, skip = int(request.query.get("$top", 10)), int(request.query.get("$skip", 0))
        page: Json = {"value": found[skip : skip + top]}
        if len(found) > skip + top:
            query = "&".join(f"{k}={quote(v)}" for k, v in {**request.query, "$skip": str(skip + top)}.items())
            page["@odata.nextLink"] = f"{self.endpoint}/me/{request.path}?{query}"
        return page

    def _delta(
        self,
        request: Request,
        place: str,
        render: Callable[[str, Request, Json], list[Json]],
        everything: Callable[[str], list[str]],
    ) -> Json:
        """One page of a round; the token keeps the query, where the round began and what is still to be told."""
        token = request.query.get("$skiptoken") or request.query.get("$deltatoken")
        if token:
            state = json.loads(base64.urlsafe_b64decode(token))
            if state["generation"] != self.generation:
                raise LookupError(410, "syncStateNotFound")
        else:
            state = {"generation": self.generation, "query": request.query, "now": len(self.changes.log)}
            state["left"] = everything(place)
        if "$deltatoken" in request.query:
            state |= {"left": self.changes.since(state["now"], place), "now": len(self.changes.log)}
        match = re.search(r"odata\.maxpagesize=(\d+)", request.prefer)
        size = min(self.most, int(match[1]) if match else 10)
        request.query.update(state["query"])
        value = [entry for item in state["left"][:size] for entry in render(item, request, {"place": place})]
        state["left"] = state["left"][size:]
        name, link = ("$skiptoken", "nextLink") if state["left"] else ("$deltatoken", "deltaLink")
        encoded = base64.urlsafe_b64encode(json.dumps(state).encode()).decode()
        return {"value": value, f"@odata.{link}": f"{self.endpoint}/me/{request.path}?{name}={encoded}"}

    def _message_page(self, uid: str, request: Request, round_: Json) -> list[Json]:
        if uid in self.messages and self.messages[uid].folder == round_["place"]:
            told = self._told(uid, request)
            if self.told_in_part and "$deltatoken" in request.query:
                told = {key: told[key] for key in ("id", "changeKey")}
            return [told]
        shown = uid if "ImmutableId" in request.prefer else f"{uid}-in-{round_['place']}"
        return [{"id": shown, "@removed": {"reason": "deleted"}}]

    def _series(self, calendar: str) -> list[str]:
        """Single events and masters of a calendar: what a delta query counts as one."""
        return [k for k, it in self.events.items() if it["calendar"] == calendar and it["type"] in _COUNTED]

    def _event_page(self, uid: str, request: Request, round_: Json) -> list[Json]:
        if uid not in self.events or self.events[uid]["calendar"] != round_["place"]:
            return [{"id": uid, "@removed": {"reason": "deleted"}}]
        view = self._view(self.events[uid]["calendar"], request.query)
        if self.events[uid]["type"] == "singleInstance":
            # Of what was moved out of the view only the id is told.
            return [self._shown(uid) if uid in view else {"id": uid, "start": None, "end": None}]
        members = [key for key in view if self.events[key].get("seriesMasterId") == uid]
        return [self._shown(key) for key in (uid, *members)] if members else []

    def _view(self, calendar: str, query: Json) -> list[str]:
        """Ids of the events of a calendar within the view; masters are not in it."""
        begin, end = query["startDateTime"].rstrip("Z"), query["endDateTime"].rstrip("Z")
        return [
            key
            for key, it in self.events.items()
            if it["calendar"] == calendar and it["type"] != "seriesMaster"
            if it["start"]["dateTime"] < end and it["end"]["dateTime"] > begin
        ]

    def _shown(self, uid: str) -> Json:
        told = {key: value for key, value in self.events[uid].items() if key != "calendar"}
        if told["type"] == "occurrence":
            told = {key: told[key] for key in ("id", "seriesMasterId", "type", "start", "end")}
        return {"@odata.etag": f'W/"{len(self.changes.log)}"', **told}

    def _full(self, uid: str) -> Json:
        if uid not in self.events:
            raise LookupError(404, "ErrorItemNotFound")
        told = dict(self.events[uid])
        if told["type"] == "occurrence":
            shared = {k: v for k, v in self.events[told["seriesMasterId"]].items() if k not in {"iCalUId", "uid"}}
            told = {**shared, **told}
        return {key: value for key, value in told.items() if key != "calendar"}


_COUNTED = {"singleInstance", "seriesMaster"}


def _told_time(value: Any) -> Json:
    moment = value.astimezone(UTC) if isinstance(value, datetime) else datetime(value.year, value.month, value.day)  # noqa: DTZ001 - a day
    return {"dateTime": f"{moment:%Y-%m-%dT%H:%M:%S}.0000000", "timeZone": "UTC"}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    graph: FakeGraph

    def log_message(self, *_arguments: Any) -> None:
        """Say nothing."""

    def do_POST(self) -> None:
        """Give a token."""
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if not self.path.endswith("/oauth2/v2.0/token"):
            self._send(405, {"error": {"code": "writing", "message": "this fake is read-only"}})
            return
        token = max(self.graph.tokens)
        self._send(200, {"access_token": token, "token_type": "Bearer", "expires_in": 3600})

    def do_GET(self) -> None:
        """Answer, or fail as told."""
        parts = urlsplit(self.path)
        path = re.sub(r"^/v1\.0/(?:me|users/[^/]+)/", "", parts.path)
        query = {key: values[-1] for key, values in parse_qs(parts.query, keep_blank_values=True).items()}
        token = self.headers.get("Authorization", "").removeprefix("Bearer ")
        request = Request(path, query, self.headers.get("Prefer", ""), token)
        graph = self.graph
        with graph.lock:
            graph.requests.append(request)
            graph.on_request(path)
            fault = next((it for it in graph.faults if it.times and it.match in path), None)
            if fault:
                fault.times -= 1
                if fault.status:
                    self._refuse(fault.status, fault.code, fault.headers)
                    return
            if graph.garbage:
                self._send(200, b"<html>Please sign in to the network.</html>")
                return
            if token not in graph.tokens:
                self._refuse(401, "InvalidAuthenticationToken", {})
                return
            try:
                answer = graph.answer(request)
            except LookupError as error:
                status, code = error.args
                self._refuse(status, code, {})
                return
        self._send(200, answer, cut=fault.after if fault else None)

    def _refuse(self, status: int, code: str, headers: dict[str, str]) -> None:
        self._send(status, {"error": {"code": code, "message": f"a {status} of the fake"}}, headers)

    def _send(
        self, status: int, content: Json | bytes, headers: dict[str, str] | None = None, cut: int | None = None
    ) -> None:
        data = content if isinstance(content, bytes) else json.dumps(content).encode()
        if cut is not None:
            self.close_connection = True
            if not cut:
                return
        chunked = self.graph.chunked and isinstance(content, bytes)
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header(*(("Transfer-Encoding", "chunked") if chunked else ("Content-Length", str(len(data)))))
        self.end_headers()
        try:
            for piece in _chunks(data[:cut]) if chunked else (data[:cut],):
                self.wfile.write(piece)
        except OSError:
            self.close_connection = True  # the client has read enough


def _chunks(data: bytes) -> Iterator[bytes]:
    for start in range(0, len(data), 65_536):
        piece = data[start : start + 65_536]
        yield b"%x\r\n%s\r\n" % (len(piece), piece)
    yield b"0\r\n\r\n"


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_arguments: Any) -> None:
        """A client that hung up is none of ours."""


@pytest.fixture
def graph() -> Iterator[FakeGraph]:
    """Serve an empty mailbox until the test ends."""
    graph = FakeGraph()
    handler = type("Handler", (_Handler,), {"graph": graph})
    with _Server(("127.0.0.1", 0), handler) as server:
        graph.url = f"http://127.0.0.1:{server.server_port}"
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield graph
        finally:
            server.shutdown()
            thread.join(10)
