"""Reading mail on several cores: parsing is pure, and the longest part of a first run.

Other processes are started for long backlogs alone, since each takes seconds to begin. They get bytes and give back
messages; everything that touches the store stays here. Whatever goes wrong with them costs time and nothing else: what
they do not answer is parsed here.
"""

import os
import signal
import threading
from collections import deque
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from datetime import datetime
from multiprocessing import get_context, parent_process

from domain.mail import Message
from domain.signals import Problem
from domain.sources import RawMessage
from store.parsing import Parsed, RawRow

WORTHWHILE = 2_000
"""So many mails take longer to parse than the processes to start."""

_MOST = 4
_Result = tuple[Message | Problem, str]
_Future = Future[list[_Result]]


def parsed_batches(
    batches: Iterator[Sequence[RawRow]], *, zone: str, waiting: int
) -> Generator[list[Parsed], None, None]:
    """Parse batches of items, in order.

    Args:
        batches: What is to be parsed; asked for a few batches ahead of what is given back.
        zone: IANA name of the company's zone.
        waiting: How many items there are in all; decides whether other processes are worth their start.

    Yields:
        The batches, parsed.
    """
    workers = min(_MOST, _cores())
    if waiting < WORTHWHILE or workers == 1:
        for batch in batches:
            yield _landed(batch, zone, None)
        return
    flying: deque[tuple[Sequence[RawRow], _Future | None]] = deque()
    with _pool(workers) as pool:
        for batch in batches:
            flying.append((batch, _sent(pool, batch, zone)))
            if len(flying) > workers + 1:
                first, future = flying.popleft()
                yield _landed(first, zone, future)
        for batch, future in flying:
            yield _landed(batch, zone, future)


def _cores() -> int:
    """Cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextmanager
def _pool(workers: int) -> Iterator[ProcessPoolExecutor]:
    """Processes of their own, not copies of this one, whose threads and connections are no business of theirs."""
    pool = ProcessPoolExecutor(workers, mp_context=get_context("spawn"), initializer=_begin)
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)


def _sent(pool: ProcessPoolExecutor, batch: Sequence[RawRow], zone: str) -> _Future | None:
    """Hand a batch to a process; None when there are no processes, or no more."""
    try:
        return pool.submit(_parse, [(raw.message(), raw.fetched_at) for raw in batch], zone)
    except (RuntimeError, OSError, ImportError, AssertionError):
        return None


def _landed(batch: Sequence[RawRow], zone: str, future: _Future | None) -> list[Parsed]:
    """What became of a batch; parsed here where no process answered."""
    results = None
    try:
        results = future.result() if future else None
    except (RuntimeError, OSError):
        # A process died, or could not begin.
        results = None
    if results is None:
        results = _parse([(raw.message(), raw.fetched_at) for raw in batch], zone)
    return [
        Parsed(raw=raw, result=result, fingerprint=fingerprint)
        for raw, (result, fingerprint) in zip(batch, results, strict=True)
    ]


def _parse(mails: Sequence[tuple[RawMessage, datetime]], zone: str) -> list[_Result]:
    from extraction.mime import body_fingerprint, parse_message  # noqa: PLC0415 - brings the language model

    found: list[_Result] = []
    for raw, fetched_at in mails:
        result = parse_message(raw, fetched_at=fetched_at, zone=zone)
        found.append((result, "" if isinstance(result, Problem) else body_fingerprint(result)))
    return found


def _begin() -> None:
    """Set a process up: an interrupt is for the one that started it, and when that one is gone, so is this."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
