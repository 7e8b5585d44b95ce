"""Whatever comes first: the same facts end in the same flags (SEMANTICS 2 and 7).

Any permutation of a small world's facts, in any batches, with copies, late arrivals and deletions, between which some
stages of a run may or may not have been done, ends as one run over everything.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from os import environ
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from engines import empty_store
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from small_desk import SmallDesk, keep_all
from small_world import SOURCES, WORLD, Fact
from store_dump import Dump, differences

from domain.sources import Page
from flows import stages
from store.attaching import save_account_book
from store.pages import save_page

pytestmark = pytest.mark.no_cover
FOUND = (
    "account",
    "commitment",
    "complaint",
    "event",
    "event_account",
    "event_client",
    "gap",
    "itip",
    "message",
    "message_account",
    "message_address",
    "message_reference",
    "obligation",
    "signal",
)
"""Everything that is worked out from items."""
STAGES = ("parse", "read", "attach", "settle", "meet")


@dataclass(frozen=True)
class Batch:
    """What one run finds, and the last stage it comes to before it is killed."""

    facts: tuple[Fact, ...]
    stages: int


@st.composite
def histories(draw: st.DrawFn) -> list[Batch]:
    """Some of the facts, in any order that keeps those of one place in theirs, cut into batches anywhere."""
    order = draw(st.permutations(range(len(WORLD))))
    left_out = draw(st.sets(st.integers(0, len(WORLD) - 1), max_size=8))
    queues: dict[tuple[str, str, str], list[Fact]] = {}
    for number, fact in enumerate(WORLD):
        if number not in left_out:
            queues.setdefault(fact.place, []).append(fact)
    facts = [queues[WORLD[n].place].pop(0) for n in order if n not in left_out]
    cuts = sorted(draw(st.sets(st.integers(1, max(len(facts) - 1, 1)), max_size=6)))
    edges = [0, *cuts, len(facts)]
    return [Batch(tuple(facts[first:last]), draw(st.integers(0, len(STAGES)))) for first, last in pairwise(edges)]


class World:
    """A desk that is emptied for every history; SQLAlchemy then compiles each statement once."""

    def __init__(self, folder: Path) -> None:
        self._small = SmallDesk(folder, book=BOOK)

    def live(self, batches: Sequence[Batch]) -> Dump:
        """Go through a history, come to its end, and return what was worked out."""
        self._empty()
        for batch in batches:
            for facts in _pages(batch.facts):
                self._save(facts)
            self._run(batch.stages)
        self._run(len(STAGES))
        found = self._small.dump()
        return {table: found[table] for table in FOUND}

    def close(self) -> None:
        """Give the store back."""
        self._small.close()

    def _empty(self) -> None:
        small = self._small
        small.store.close()
        for file in small.path.parent.glob("accountline.db-*"):
            file.unlink()
        small.path.write_bytes(empty_store())
        save_account_book(small.store, small.desk.book.accounts.values())
        for name, kind in SOURCES.items():
            owner = f"{name.partition('-')[0]}@northwind.example" if kind == "ics" else ""
            small.connect(name, kind=kind, owner=owner)

    def _save(self, facts: Sequence[Fact]) -> None:
        for source in SOURCES:
            items = tuple(fact.item for fact in facts if fact.source == source)
            if items:
                page = Page(items=items, next_cursor={})
                save_page(self._small.store, source, page, now=self._small.desk.now, screen=keep_all)

    def _run(self, count: int) -> None:
        for name in STAGES[:count]:
            getattr(stages, name)(self._small.desk)


BOOK = """\
name,domains,contacts,owner
Tidewater,tidewater.example,,ana@northwind.example
Bluepeak,bluepeak.example,,ben@northwind.example
"""


def _pages(facts: Sequence[Fact]) -> Iterator[list[Fact]]:
    """Cut a batch where a place comes a second time: within a page only the last word about it would be kept."""
    page: list[Fact] = []
    for fact in facts:
        if any(fact.place == other.place for other in page):
            yield page
            page = []
        page.append(fact)
    yield page


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    """One desk for all histories."""
    with TemporaryDirectory() as folder:
        desk = World(Path(folder))
        yield desk
        desk.close()


@settings(
    max_examples=20, deadline=None, derandomize=environ.get("CI") == "true", suppress_health_check=list(HealthCheck)
)
@given(history=histories())
def test_any_order_and_batching_ends_in_the_same_flags(world: World, history: list[Batch]) -> None:
    """As one run over all that was ever told, in the order of this file."""
    told = {fact for batch in history for fact in batch.facts}
    at_once = [Batch(tuple(fact for fact in WORLD if fact in told), len(STAGES))]

    assert differences(world.live(history), world.live(at_once)) == {}


def test_the_world_has_something_of_everything(world: World) -> None:
    """An order that does not matter for nothing would prove nothing."""
    found = world.live([Batch(WORLD, len(STAGES))])

    for table in ("obligation", "commitment", "complaint", "gap", "itip"):
        assert found[table], table
    assert any("a meeting with them was held" in row for row in found["commitment"])
