"""Trying again over HTTP: a few times, with growing pauses, and never against the server's word."""

import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from threading import Lock
from typing import Self, TypeVar

from domain.errors import SourceError, SourceUnreachable

QUOTA_ATTEMPTS = 6
"""How often one thing is tried at a service that counts requests by the minute; their pauses last about as long."""

_T = TypeVar("_T")


class TryAgain(Exception):  # noqa: N818 - reads as what it is
    """An attempt failed in a way that may pass.

    Attributes:
        lasting: What to raise if it does not pass.
        retry_after: Seconds the server asked to wait; None when it did not say.
    """

    def __init__(self, lasting: SourceError, *, retry_after: float | None = None) -> None:
        super().__init__(str(lasting))
        self.lasting = lasting
        self.retry_after = retry_after


class Unavailable(SourceUnreachable):
    """Every attempt failed, and what that means depends on how.

    Attributes:
        status: HTTP status of the last one, 0 when there was no answer.
    """

    def __init__(self, sentence: str, status: int = 0) -> None:
        super().__init__(sentence)
        self.status = status


@dataclass(slots=True)
class Patience:
    """How long one run waits in all; each source makes one for each run, and its threads share it.

    Attributes:
        sleep: What waits, in seconds.
        attempts: How often one thing is tried.
        first: Longest first pause, in seconds; doubled each time.
        left: Seconds this run may still wait.
    """

    sleep: Callable[[float], None] = time.sleep
    attempts: int = 4
    first: float = 1.0
    left: float = 600.0
    _lock: Lock = field(default_factory=Lock, init=False, repr=False)

    @classmethod
    def with_quota(cls, sleep: Callable[[float], None], *, attempts: int = QUOTA_ATTEMPTS) -> Self:
        """Return the patience with a service that counts requests by the minute."""
        return cls(sleep, attempts=attempts, first=2.0)

    def persist(self, attempt: Callable[[], _T], *, attempts: int | None = None) -> _T:
        """Return what ``attempt`` returns, the first time it does not raise ``TryAgain``.

        Args:
            attempt: What may fail.
            attempts: How often it is tried, where that is not as often as everything else.

        Raises:
            SourceError: What is lasting: the last attempt failed, or the next pause is longer than a run has left.
        """
        most, number = attempts or self.attempts, 1
        while True:
            try:
                return attempt()
            except TryAgain as again:
                failed = again
            if number >= most or not self._waited(number, failed.retry_after):
                raise failed.lasting
            number += 1

    def _waited(self, number: int, asked_for: float | None) -> bool:
        """Wait as the server asked, else for a random time, so that clients turned away together come back apart."""
        longest = self.first * 2 ** (number - 1)
        pause = random.uniform(longest / 2, longest) if asked_for is None else asked_for  # noqa: S311 - no secret
        with self._lock:
            if pause > self.left:
                return False
            self.left -= pause
        self.sleep(pause)
        return True


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds a server asks to wait (RFC 9110, 10.2.3); None if it says nothing readable.

    A date is measured against the server's own clock, where it tells that.

    Args:
        headers: Of the answer; their names without regard to case, or in lower case.
    """
    asked_for = headers.get("retry-after", "").strip()
    if asked_for.isdecimal():
        return float(asked_for)
    until = _date(asked_for)
    if until is None:
        return None
    return max(0.0, (until - (_date(headers.get("date", "")) or datetime.now(UTC))).total_seconds())


def _date(text: str) -> datetime | None:
    try:
        date = parsedate_to_datetime(text)
    except ValueError:
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)
