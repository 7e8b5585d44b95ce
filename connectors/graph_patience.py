"""How long a run waits for a server that says "later": by its own word, else ever longer, never without end."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from threading import Lock

ATTEMPTS = 6
"""How often one request is made at most."""

_FIRST = 1.0  # seconds; doubles with every attempt
_LONGEST = 60.0  # seconds, where the server names no time
_IN_ALL = 900.0  # seconds, all waits of one run together


@dataclass(slots=True, kw_only=True)
class Patience:
    """The waits of one run; several threads may share it.

    Attributes:
        sleep: What waiting is, in seconds.
        left: Seconds this run may still wait.
    """

    sleep: Callable[[float], None] = time.sleep
    left: float = _IN_ALL
    _lock: Lock = field(default_factory=Lock, repr=False)

    def wait(self, attempt: int, retry_after: str = "") -> bool:
        """Wait before the next attempt.

        Args:
            attempt: Number of the one that failed, from 1.
            retry_after: The server's ``Retry-After`` (RFC 9110, 10.2.3), which is never cut short.

        Returns:
            False, without having waited, where patience is at its end.
        """
        if attempt >= ATTEMPTS:
            return False
        seconds = _asked_for(retry_after)
        if seconds is None:
            # Jitter: clients that were turned away together do not come back together.
            seconds = min(_FIRST * 2 ** (attempt - 1), _LONGEST) * random.uniform(0.5, 1.0)  # noqa: S311 - no secret
        with self._lock:
            if seconds > self.left:
                return False
            self.left -= seconds
        self.sleep(seconds)
        return True


def _asked_for(retry_after: str) -> float | None:
    """Seconds of a ``Retry-After``, a number or a date; None when it is missing or neither."""
    try:
        return max(0.0, float(retry_after))
    except ValueError:
        pass
    try:
        return max(0.0, (parsedate_to_datetime(retry_after) - datetime.now(UTC)).total_seconds())
    except (TypeError, ValueError):
        return None
