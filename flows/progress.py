"""Telling whoever watches how far a run is, without the flows knowing who watches."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

Progress = Callable[[str, int, int | None], None]
"""(stage, done, total or None when unknown)."""

_listener: ContextVar[Progress | None] = ContextVar("listener", default=None)


@contextmanager
def listening(progress: Progress | None) -> Iterator[None]:
    """Send reports made inside the block to ``progress``."""
    token = _listener.set(progress)
    try:
        yield
    finally:
        _listener.reset(token)


def report(stage: str, done: int, total: int | None = None) -> None:
    """Say how far a stage is; nobody may be listening."""
    progress = _listener.get()
    if progress:
        progress(stage, done, total)
