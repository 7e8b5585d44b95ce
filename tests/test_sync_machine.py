"""Syncing loses nothing and doubles nothing, whatever happens: the state machine over every source.

A new source adds one line here; ``docs/adding-a-source.md`` says what its place must offer.
"""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from contract_sources import Place
from graph_places import GraphCalendarPlace, GraphMailPlace
from sync_machine import check_any_history
from test_connectors_eml import EmlPlace
from test_connectors_ics import IcsPlace
from test_connectors_imap import ImapPlace
from test_connectors_maildir import MaildirPlace
from test_connectors_mbox import MboxPlace

FILES: dict[str, Callable[[Path], Place]] = {
    "eml": EmlPlace,
    "ics": IcsPlace,
    "maildir": MaildirPlace,
    "mbox": MboxPlace,
}
SERVERS: dict[str, tuple[str, Callable[..., Place]]] = {
    "graph_calendar": ("graph", partial(GraphCalendarPlace, most=2)),
    "graph_mail": ("graph", partial(GraphMailPlace, most=2)),
    "imap": ("dovecot", ImapPlace),
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

    check_any_history(lambda _folder: place(server), examples=5)
