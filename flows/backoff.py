"""When a source that failed is tried again: pure arithmetic, so that a month of failures can be looked at in a test."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

LONGEST = timedelta(hours=1)
"""No source rests longer than this, unless its own interval is longer."""

_SPREAD = 0.2  # of a rest; sources that failed together are not tried again together


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What is known of a source's last attempts.

    Attributes:
        failures: Attempts in a row that failed.
        next_attempt: When it is tried again (aware UTC); None: at the next run.
        tried_with: Edition of its configuration and credentials at the last failure, ``""`` after a success.
    """

    failures: int = 0
    next_attempt: datetime | None = None
    tried_with: str = ""


def after(record: Record, name: str, state: str, *, now: datetime, interval: timedelta, edition: str) -> Record:
    """Return the record after one more attempt.

    A failing source rests for its interval, then twice as long each time, up to ``LONGEST``. Refused credentials do not
    mend themselves, and too many attempts may lock the user out: such a source rests ``LONGEST`` at once.

    Args:
        record: As it was before.
        name: The source's; with the failures it decides how much earlier than the longest rest it comes.
        state: How it ended: ``ok``, ``failed`` or ``auth_dead``.
        now: When it ended.
        interval: The source's.
        edition: What was tried: changes with configuration and credentials.
    """
    if state == "ok":
        return Record()
    failures = record.failures + 1
    longest = max(LONGEST, interval)
    rest = rest_after(name, failures, first=longest if state == "auth_dead" else interval, longest=longest)
    return Record(failures=failures, next_attempt=now + rest, tried_with=edition)


def rest_after(name: str, failures: int, *, first: timedelta, longest: timedelta) -> timedelta:
    """Return how long to rest after some failures in a row: twice as long each time, and no two names the same.

    Args:
        name: Of what failed; with the failures it decides by how much the rest is shortened, a fifth at most.
        failures: At least one.
        first: The rest after the first failure.
        longest: No rest is longer.
    """
    rest: timedelta = min(first * 2 ** min(failures - 1, 20), longest)
    return rest * (1 - _SPREAD * _chance(name, failures))


def is_due(record: Record, *, now: datetime, edition: str) -> bool:
    """Say whether a run on schedule reads the source: it is well, has rested, or somebody changed what is tried."""
    return record.next_attempt is None or now >= record.next_attempt or edition != record.tried_with


def _chance(name: str, failures: int) -> float:
    """Return a number from 0 to 1 that looks random, and is the same whenever it is asked for."""
    return int.from_bytes(sha256(f"{name} {failures}".encode()).digest()[:2], "big") / 0xFFFF
