"""Trying again over HTTP: a few times, with growing pauses, and never against the server's word."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TypeVar

from domain.errors import SourceUnreachable

ATTEMPTS = 4
_FIRST_PAUSE = 1.0  # seconds; doubled each time
_LONGEST_PAUSE = 60.0  # seconds
_PATIENCE = 300.0  # seconds of waiting in one run

_T = TypeVar("_T")


class TryAgain(Exception):  # noqa: N818 - reads as what it is
    """An attempt failed in a way that may pass.

    Attributes:
        sentence: What to tell if it does not pass.
        status: HTTP status, 0 when there was no answer.
        retry_after: Seconds the server asked to wait; None when it did not say.
    """

    def __init__(self, sentence: str, *, status: int = 0, retry_after: float | None = None) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.status = status
        self.retry_after = retry_after


class Unavailable(SourceUnreachable):
    """Every attempt failed.

    Attributes:
        status: HTTP status of the last one, 0 when there was no answer.
    """

    def __init__(self, sentence: str, status: int) -> None:
        super().__init__(sentence)
        self.status = status


@dataclass(slots=True)
class Patience:
    """How long one run waits in all; each source makes one for each run.

    Attributes:
        sleep: What waits, in seconds.
    """

    sleep: Callable[[float], None] = time.sleep
    _left: float = field(default=_PATIENCE, init=False)

    def persist(self, attempt: Callable[[], _T], *, attempts: int = ATTEMPTS) -> _T:
        """Return what ``attempt`` returns, the first time it does not raise ``TryAgain``.

        Raises:
            Unavailable: The last attempt failed, or the server wants a longer pause than a run has.
        """
        for number in range(attempts):
            try:
                return attempt()
            except TryAgain as failed:
                pause = self._pause(number, failed.retry_after)
                if number + 1 == attempts or pause > min(_LONGEST_PAUSE, self._left):
                    raise Unavailable(failed.sentence, failed.status) from None
            self._left -= pause
            self.sleep(pause)
        raise AssertionError  # the last attempt returns or raises

    def _pause(self, number: int, retry_after: float | None) -> float:
        """Return the server's wish, or a pause of random length, so that clients do not come back all at once."""
        if retry_after is not None:
            return retry_after
        longest = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2**number)
        return random.uniform(longest / 2, longest)  # noqa: S311 - not for secrecy


def retry_after(header: str | None) -> float | None:
    """Return the seconds a Retry-After header asks to wait (RFC 9110, 10.2.3); None if it says nothing readable."""
    text = (header or "").strip()
    if text.isdecimal():
        return float(text)
    try:
        until = parsedate_to_datetime(text)
    except ValueError:
        return None
    if until.tzinfo is None:
        until = until.replace(tzinfo=UTC)
    return max(0.0, (until - datetime.now(UTC)).total_seconds())
