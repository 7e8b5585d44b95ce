"""The size of a page: small enough to be saved in one go and to lose little when a run is cut off."""

from collections.abc import Iterable, Iterator

from domain.sources import Item, RawEvent, RawMessage

MAX_ITEMS = 200
MAX_BYTES = 8 * 1024 * 1024


def batches(items: Iterable[Item]) -> Iterator[tuple[Item, ...]]:
    """Group items in their order, at most ``MAX_ITEMS`` and, single giants aside, ``MAX_BYTES`` each."""
    batch: list[Item] = []
    filled = 0
    for item in items:
        weight = len(item.data) if isinstance(item, RawMessage | RawEvent) else 0
        if batch and (len(batch) == MAX_ITEMS or filled + weight > MAX_BYTES):
            yield tuple(batch)
            batch, filled = [], 0
        batch.append(item)
        filled += weight
    if batch:
        yield tuple(batch)
