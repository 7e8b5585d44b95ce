"""Reading mail on several cores: parsing is pure, and the longest part of a first run.

Other processes are started for long backlogs alone, since each takes seconds to begin. They get bytes and give back
messages; everything that touches the store stays here. Whatever goes wrong with them costs time and nothing else: what
they do not answer is parsed here.
"""

import os
from collections import deque
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context

from flows.parsing_process import Result, Waiting, begin, parse_mails
from store.parsing import Parsed, RawRow

WORTHWHILE = 2_000
"""So many mails take longer to parse than the processes to start."""

_MOST = 3
_AHEAD = 4
"""Batches in hand at most, so that memory does not grow with what waits."""

_Future = Future[list[Result]]


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
    # This process writes, and parses too while it would have to wait.
    others = min(_MOST, _cores() - 1)
    if waiting < WORTHWHILE or not others:
        for batch in batches:
            yield _parsed(batch, parse_mails(_waiting(batch), zone))
        return
    in_hand: deque[tuple[Sequence[RawRow], _Future]] = deque()
    with _pool(others) as pool:
        for batch in batches:
            busy = sum(not future.done() for _, future in in_hand)
            in_hand.append((batch, _sent(pool, batch, zone) if busy <= others else _here(batch, zone)))
            while in_hand and (in_hand[0][1].done() or len(in_hand) > others + _AHEAD):
                yield _landed(*in_hand.popleft(), zone)
        while in_hand:
            yield _landed(*in_hand.popleft(), zone)


def _cores() -> int:
    """Cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextmanager
def _pool(workers: int) -> Iterator[ProcessPoolExecutor]:
    """Processes of their own, not copies of this one, whose threads and connections are no business of theirs."""
    pool = ProcessPoolExecutor(workers, mp_context=get_context("spawn"), initializer=begin)
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)


def _sent(pool: ProcessPoolExecutor, batch: Sequence[RawRow], zone: str) -> _Future:
    """Hand a batch to a process; parse it here when there are none, or no more."""
    try:
        return pool.submit(parse_mails, _waiting(batch), zone)
    except (RuntimeError, OSError, ImportError, AssertionError):
        return _here(batch, zone)


def _here(batch: Sequence[RawRow], zone: str) -> _Future:
    future: _Future = Future()
    future.set_result(parse_mails(_waiting(batch), zone))
    return future


def _landed(batch: Sequence[RawRow], future: _Future, zone: str) -> list[Parsed]:
    """What became of a batch; parsed here where the process died or could not begin."""
    try:
        return _parsed(batch, future.result())
    except (RuntimeError, OSError):
        return _parsed(batch, parse_mails(_waiting(batch), zone))


def _waiting(batch: Sequence[RawRow]) -> list[Waiting]:
    return [(raw.message(), raw.fetched_at) for raw in batch]


def _parsed(batch: Sequence[RawRow], results: Sequence[Result]) -> list[Parsed]:
    return [
        Parsed(raw=raw, result=result, fingerprint=fingerprint)
        for raw, (result, fingerprint) in zip(batch, results, strict=True)
    ]
