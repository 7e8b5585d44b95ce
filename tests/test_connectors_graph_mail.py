"""Mail of Microsoft Graph, against a fake that behaves as documented."""

from collections.abc import Iterator

import pytest
from contract_sources import SourceContract
from fake_graph import FakeGraph, running_graph
from graph_places import GraphMailPlace


@pytest.fixture
def graph() -> Iterator[FakeGraph]:
    """Serve an empty mailbox."""
    with running_graph() as graph:
        yield graph


@pytest.fixture
def place(graph: FakeGraph) -> GraphMailPlace:
    """Offer the mailbox as a place."""
    return GraphMailPlace(graph)


class TestGraphMailKeepsTheContract(SourceContract):
    @pytest.fixture
    def place(self, graph: FakeGraph) -> GraphMailPlace:
        return GraphMailPlace(graph)
