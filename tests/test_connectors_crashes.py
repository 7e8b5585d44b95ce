"""Random arrivals, deletions and crashes between pages end in the same store as one clean run."""

import re
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

import pytest
from contract_sources import Place, Shelf
from dovecot import Dovecot
from fake_caldav import Lacks, in_front_of
from feed_server import serving
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from radicale_server import Radicale
from test_connectors_caldav import CaldavPlace
from test_connectors_eml import EmlPlace
from test_connectors_ics import IcsPlace
from test_connectors_ics_feed import IcsFeedPlace
from test_connectors_imap import ImapPlace
from test_connectors_maildir import MaildirPlace
from test_connectors_mbox import MboxPlace

from connectors import imap, paging

STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("toggle"), st.integers(0, 6)),
        st.tuples(st.just("crash after so many pages"), st.integers(0, 4)),
        st.tuples(st.just("sync"), st.just(0)),
    ),
    max_size=14,
)


@contextmanager
def small_pages() -> Iterator[None]:
    """Let a page hold two items."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(paging, "MAX_ITEMS", 2)
        patch.setattr(imap, "MAX_ITEMS", 2)
        yield


def live_through(place: Place, steps: list[tuple[str, int]]) -> tuple[Shelf, set[int]]:
    """Apply the steps and a last clean run; return the shelf and the numbers of the items that are there."""
    there: set[int] = set()
    shelf = Shelf()
    with small_pages():
        for action, number in steps:
            if action == "toggle" and number in there:
                place.remove(number)
                there.remove(number)
            elif action == "toggle":
                place.put(number)
                there.add(number)
            else:
                pages = place.source().changes(shelf.cursor, shelf.held)
                for page in pages if action == "sync" else islice(pages, number):
                    shelf.save(page)
        shelf.sync(place.source())
    return shelf, there


def told_apart(shelf: Shelf) -> list[int]:
    """Return the numbers the items on the shelf were made from."""
    marks = re.compile(rb"^(?:Message-ID: <|UID:meeting-)(\d+)@", re.MULTILINE)
    return sorted(int(number) for data in shelf.contents() for number in marks.findall(data))


@pytest.mark.parametrize("make", [EmlPlace, IcsPlace, MaildirPlace, MboxPlace])
@settings(deadline=None, max_examples=40)
@given(steps=STEPS)
def test_files_after_any_history_are_held_exactly_once(
    make: Callable[[Path], Place], steps: list[tuple[str, int]]
) -> None:
    """Whatever happened, the store ends up with what is there."""
    with tempfile.TemporaryDirectory() as folder:
        shelf, there = live_through(make(Path(folder) / "mail"), steps)

    assert told_apart(shelf) == sorted(there)


@pytest.mark.servers
@settings(
    deadline=None, max_examples=8, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
@given(steps=STEPS)
def test_a_server_after_any_history_is_held_exactly_once(dovecot: Dovecot, steps: list[tuple[str, int]]) -> None:
    """The same over IMAP."""
    shelf, there = live_through(ImapPlace(dovecot), steps)

    assert told_apart(shelf) == sorted(there)


@settings(deadline=None, max_examples=30)
@given(steps=STEPS, etags=st.booleans())
def test_a_feed_after_any_history_is_held_exactly_once(steps: list[tuple[str, int]], etags: bool) -> None:
    """The same over HTTP."""
    with serving() as server:
        server.etags = etags
        shelf, there = live_through(IcsFeedPlace(server), steps)

    assert told_apart(shelf) == sorted(there)


@pytest.mark.servers
@settings(
    deadline=None, max_examples=6, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
@given(steps=STEPS, lacks=st.sets(st.sampled_from([Lacks.SYNC, Lacks.CTAG, Lacks.ETAG, Lacks.MULTIGET])))
def test_caldav_after_any_history_is_held_exactly_once(
    radicale: Radicale, steps: list[tuple[str, int]], lacks: set[Lacks]
) -> None:
    """The same over CalDAV, whatever the server lacks."""
    with in_front_of(radicale.port) as fake:
        fake.lacks = lacks
        shelf, there = live_through(CaldavPlace(radicale, fake), steps)

    assert told_apart(shelf) == sorted(there)
