"""Mailboxes and calendars of the fake Microsoft Graph as places the contract can fill."""

import json
import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from contract_sources import big_mail, mail
from fake_graph import FakeGraph

from connectors.graph_access import GraphAccess
from connectors.graph_calendar import GraphCalendarSource
from connectors.graph_mail import GraphMailSource

NOW = datetime(2026, 3, 12, 9, tzinfo=UTC)


@dataclass
class TestGrant:
    """Gives the newest of a row of tokens; a renewal is the next one."""

    __test__ = False
    tokens: list[str] = field(default_factory=lambda: ["token-1"])

    def token(self) -> str:
        """Return the token in use."""
        return self.tokens[0]

    def renewed(self, refused: str) -> str:
        """Drop the refused one while there is another."""
        if self.tokens[0] == refused and len(self.tokens) > 1:
            self.tokens.pop(0)
        return self.tokens[0]


def never(_seconds: float) -> None:
    """Wait no time."""


def closed_port() -> str:
    """Return an address at which nobody listens."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{unused.getsockname()[1]}/v1.0"


def access(graph: FakeGraph, permission: str, *, name: str = "desk", **options: Any) -> GraphAccess:
    """Return the access of a test source."""
    known: dict[str, Any] = {"grant": TestGrant(), "endpoint": graph.endpoint, **options}
    return GraphAccess(source=name, permission=permission, **known)


class GraphMailPlace:
    """A mailbox with an inbox, and another folder once it is needed.

    Attributes:
        ids: Of the message made from each number; copies lie beside.
        most: How many changes are told at once.
    """

    tells_flags = True

    def __init__(self, graph: FakeGraph, *, most: int = 1000) -> None:
        self.graph = graph
        self.ids: dict[int, str] = {}
        self._copies: dict[int, str] = {}
        self._other = ""
        graph.empty()
        graph.most = most

    def put(self, *numbers: int) -> None:
        for number in numbers:
            self.ids[number] = self.graph.deliver(mail(number))

    def remove(self, number: int) -> None:
        self.graph.remove(self.ids.pop(number))
        if copy := self._copies.pop(number, None):
            self.graph.remove(copy)

    def move(self, number: int) -> None:
        self.graph.move(self.ids[number], self._elsewhere(number))

    def duplicate(self, number: int) -> None:
        self._copies[number] = self.graph.deliver(mail(number), self._elsewhere(number))

    def flag(self, number: int) -> None:
        message = self.ids[number]
        self.graph.change(message, isRead=not self.graph.messages[message].told["isRead"])

    def expire_cursor(self) -> None:
        self.graph.forget_tokens()

    def _elsewhere(self, number: int) -> str:
        self._other = self._other or self.graph.add_folder("Other")
        inbox = self.graph.well_known["inbox"]
        return self._other if self.graph.messages[self.ids[number]].folder == inbox else inbox

    def source(
        self, *, size_limit: int = 1_000_000, sleep: Callable[[float], None] = never, **options: Any
    ) -> GraphMailSource:
        more = {key: options.pop(key) for key in ("folders",) if key in options}
        place = access(self.graph, "Mail.Read", **options)
        return GraphMailSource(name="desk", access=place, size_limit=size_limit, sleep=sleep, **more)

    def missing(self) -> GraphMailSource:
        place = access(self.graph, "Mail.Read", name="gone", endpoint=closed_port())
        return GraphMailSource(name="gone", access=place, sleep=never)

    def put_oversized(self, size: int) -> None:
        self.graph.deliver(big_mail(size))

    def fingerprint(self) -> object:
        return self.graph.state()


class GraphCalendarPlace:
    """A calendar, and another one once it is needed."""

    def __init__(self, graph: FakeGraph, *, most: int = 1000) -> None:
        self.graph = graph
        graph.empty()
        graph.most = most

    def put(self, *numbers: int) -> None:
        for number in numbers:
            start = NOW + timedelta(hours=number)
            end = start + timedelta(hours=1)
            self.graph.put_event(
                f"event-{number}", subject=f"Pump {number}", start=start, end=end, iCalUId=f"meeting-{number}"
            )

    def remove(self, number: int) -> None:
        self.graph.remove_event(f"event-{number}")

    def move(self, number: int) -> None:
        event = self.graph.events[f"event-{number}"]
        other = "cal-2" if event["calendar"] == "cal-1" else "cal-1"
        self.graph.calendars["cal-2"] = "Other"
        self.graph.move_event(f"event-{number}", other)

    def change(self, number: int) -> None:
        title = self.graph.events[f"event-{number}"]["subject"]
        self.graph.put_event(f"event-{number}", subject=f"{title}!")

    def expire_cursor(self) -> None:
        self.graph.forget_tokens()

    def source(
        self,
        *,
        size_limit: int = 1_000_000,
        now: datetime = NOW,
        sleep: Callable[[float], None] = never,
        **options: Any,
    ) -> GraphCalendarSource:
        more = {key: options.pop(key) for key in ("folders",) if key in options}
        place = access(self.graph, "Calendars.Read", **options)
        return GraphCalendarSource(
            name="desk", access=place, size_limit=size_limit, sleep=sleep, now=lambda: now, **more
        )

    def missing(self) -> GraphCalendarSource:
        place = access(self.graph, "Calendars.Read", name="gone", endpoint=closed_port())
        return GraphCalendarSource(name="gone", access=place, sleep=never)

    def put_oversized(self, size: int) -> None:
        body = {"contentType": "text", "content": "x" * size}
        self.graph.put_event("event-big", subject="Big", body=body, start=NOW, end=NOW)

    def fingerprint(self) -> object:
        return self.graph.state()


def subjects(contents: list[bytes]) -> list[str]:
    """Return what events are called, sorted."""
    return sorted(json.loads(data).get("subject", "") for data in contents)
