"""Trying again: how often, after which pauses, and when it ends."""

import pytest

from connectors.retries import Patience, TryAgain, Unavailable, retry_after
from domain.errors import SourceUnreachable


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "12"}, 12),
        ({"retry-after": " 0 "}, 0),
        ({"retry-after": "-5"}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "Thu, 12 Mar 2026 09:01:30 GMT", "date": "Thu, 12 Mar 2026 09:00:00 GMT"}, 90),
        ({"retry-after": "Thu, 12 Mar 2026 09:00:00 GMT", "date": "Thu, 12 Mar 2026 09:00:30 GMT"}, 0),
        ({"retry-after": "Thu, 12 Mar 2026 09:00:00 GMT", "date": "today"}, 0),
    ],
)
def test_retry_after_is_seconds_or_a_date(headers: dict[str, str], seconds: float | None) -> None:
    """RFC 9110, 10.2.3; a date is measured against the server's own clock if it tells that, and is never negative."""
    assert retry_after(headers) == seconds


class Attempt:
    """Fails some times, then succeeds."""

    def __init__(self, fails: int, *, asked_for: float | None = None) -> None:
        self.fails = fails
        self.asked_for = asked_for
        self.made = 0

    def __call__(self) -> str:
        self.made += 1
        if self.made <= self.fails:
            raise TryAgain(Unavailable("The server is busy.", 503), retry_after=self.asked_for)
        return "answer"


def test_pauses_double_and_differ() -> None:
    """Backoff with jitter: two clients do not come back at the same moment for ever."""
    pauses: list[float] = []

    assert Patience(pauses.append, attempts=5, first=2).persist(Attempt(4)) == "answer"

    assert [1 <= pauses[0] <= 2, 2 <= pauses[1] <= 4, 4 <= pauses[2] <= 8, 8 <= pauses[3] <= 16] == [True] * 4
    assert len({pause / 2**number for number, pause in enumerate(pauses)}) > 1


def test_the_servers_word_counts() -> None:
    """Neither longer nor shorter."""
    pauses: list[float] = []

    Patience(pauses.append).persist(Attempt(2, asked_for=17))

    assert pauses == [17, 17]


def test_attempts_end() -> None:
    """Then what it means is told."""
    pauses: list[float] = []
    attempt = Attempt(99)

    with pytest.raises(Unavailable, match="busy"):
        Patience(pauses.append, attempts=9).persist(attempt, attempts=3)
    assert (attempt.made, len(pauses)) == (3, 2)


def test_all_waits_of_a_run_count_together() -> None:
    """What would exceed them is not begun."""
    pauses: list[float] = []
    patience = Patience(pauses.append, left=100)
    patience.persist(Attempt(1, asked_for=60))
    attempt = Attempt(1, asked_for=60)

    with pytest.raises(SourceUnreachable):
        patience.persist(attempt)
    assert (attempt.made, pauses) == (1, [60])
