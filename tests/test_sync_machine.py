"""Syncing loses nothing and doubles nothing, whatever happens: the state machine over every source.

A new source adds one line here; ``docs/adding-a-source.md`` says what its place must offer.
"""

from collections.abc import Callable, Iterable
from contextlib import ExitStack
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from contract_sources import Place
from fake_caldav import Lacks, in_front_of
from fake_google import FakeGoogle
from fake_google import serving as serving_google
from feed_server import serving as serving_feed
from graph_places import GraphCalendarPlace, GraphMailPlace
from radicale_server import Radicale
from sync_machine import check_any_history
from test_connectors_caldav import CaldavPlace
from test_connectors_eml import EmlPlace
from test_connectors_gmail import GmailPlace
from test_connectors_google_calendar import CalendarPlace
from test_connectors_ics import IcsPlace
from test_connectors_ics_feed import IcsFeedPlace
from test_connectors_imap import ImapPlace
from test_connectors_maildir import MaildirPlace
from test_connectors_mbox import MboxPlace

pytestmark = pytest.mark.no_cover
FILES: dict[str, Callable[[Path], Place]] = {
    "eml": EmlPlace,
    "ics": IcsPlace,
    "maildir": MaildirPlace,
    "mbox": MboxPlace,
}
_users = (f"machine{number}@northwind.example" for number in count())


def _gmail(emulator: str, stack: ExitStack) -> Place:
    return GmailPlace(stack.enter_context(serving_google(FakeGoogle(next(_users), emulator))))


def _google_calendar(_: object, stack: ExitStack) -> Place:
    return CalendarPlace(stack.enter_context(serving_google(FakeGoogle(next(_users), ""))))


def _caldav(lacks: Iterable[Lacks], radicale: Radicale, stack: ExitStack) -> Place:
    fake = stack.enter_context(in_front_of(radicale.port))
    fake.lacks = set(lacks)
    return CaldavPlace(radicale, fake)


def _feed(_: object, stack: ExitStack) -> Place:
    return IcsFeedPlace(stack.enter_context(serving_feed()))


SERVERS: dict[str, tuple[str, Callable[[Any, ExitStack], Place]]] = {
    "caldav": ("radicale", partial(_caldav, ())),
    "caldav without sync-collection": ("radicale", partial(_caldav, (Lacks.SYNC,))),
    "caldav without etags": ("radicale", partial(_caldav, (Lacks.SYNC, Lacks.CTAG, Lacks.ETAG))),
    "gmail": ("google_emulator", _gmail),
    "google_calendar": ("tmp_path", _google_calendar),
    "graph_calendar": ("graph", lambda graph, _: GraphCalendarPlace(graph, most=2)),
    "graph_mail": ("graph", lambda graph, _: GraphMailPlace(graph, most=2)),
    "ics by url": ("tmp_path", _feed),
    "imap": ("dovecot", lambda dovecot, _: ImapPlace(dovecot)),
}
"""Kind to the fixture its place is made from, and the place; each is made afresh, with a user of its own."""


@pytest.mark.parametrize("kind", FILES)
def test_files_after_any_history_are_held_exactly_once(kind: str) -> None:
    """The store equals that of one clean full sync, and counts what is there."""
    check_any_history(FILES[kind], examples=10)


@pytest.mark.servers
@pytest.mark.parametrize("kind", SERVERS)
def test_a_server_after_any_history_is_held_exactly_once(kind: str, request: pytest.FixtureRequest) -> None:
    """The same over the protocol of a real server."""
    fixture, place = SERVERS[kind]
    server = request.getfixturevalue(fixture)

    with ExitStack() as stack:
        check_any_history(lambda _folder: place(server, stack), examples=5)
