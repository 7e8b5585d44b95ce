"""Calendars of Microsoft Graph, against a fake that behaves as documented."""

import json
from collections.abc import Iterator

import pytest
from contract_sources import Place, Shelf, SourceContract
from fake_graph import FakeGraph, running_graph
from graph_places import GraphCalendarPlace


@pytest.fixture
def graph() -> Iterator[FakeGraph]:
    """Serve an empty mailbox."""
    with running_graph() as graph:
        yield graph


@pytest.fixture
def place(graph: FakeGraph) -> GraphCalendarPlace:
    """Offer its calendars as a place."""
    return GraphCalendarPlace(graph)


class TestGraphCalendarKeepsTheContract(SourceContract):
    @pytest.fixture
    def place(self, graph: FakeGraph) -> GraphCalendarPlace:
        self.graph = graph
        return GraphCalendarPlace(graph)

    def expected(self, *numbers: int) -> list[bytes]:
        kept = [{k: v for k, v in self.graph.events[f"event-{n}"].items() if k != "calendar"} for n in numbers]
        return sorted(json.dumps(event, sort_keys=True, separators=(",", ":")).encode() for event in kept)

    def test_an_oversized_item_is_truncated(self, place: Place) -> None:
        """Half an event is none: it is reported instead, with what to do."""
        place.put(1)
        place.put_oversized(3_000_000)
        shelf = Shelf()

        shelf.sync(place.source(size_limit=2_000_000))

        assert len(shelf.items) == 1
        assert [trouble.uid for trouble in shelf.unreadable] == ["event-big"]
        assert "more than `size_limit` of its source" in shelf.unreadable[0].reason
        assert shelf.counted() == {"Calendar": 2}
