"""Many small requests in one: the batch endpoint of Google's APIs (multipart/mixed)."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count, islice
from typing import Any, Final, TypeVar

from googleapiclient.errors import BatchError, HttpError
from googleapiclient.http import BatchHttpRequest

from connectors.google_http import GoogleClient
from connectors.retries import TryAgain

MAX_BATCH: Final = 50
"""Requests in one; Google takes a hundred and begins to refuse some of them above fifty."""

_OWN: Final = frozenset({400, 404, 410})
"""HTTP codes that concern one request and say nothing about the others."""

_Json = Mapping[str, Any]
_Thing = TypeVar("_Thing")


@dataclass(slots=True, kw_only=True)
class Answers:
    """What became of the requests of a batch, by their names.

    Attributes:
        found: Answers.
        absent: What is not there (any more): 404, 410.
        broken: What the server fails to return each time, the others it does.
    """

    found: dict[str, _Json] = field(default_factory=dict)
    absent: set[str] = field(default_factory=set)
    broken: set[str] = field(default_factory=set)


class Batch:
    """Sends requests together; the server refuses some and answers others, those refused are tried again alone."""

    def __init__(self, client: GoogleClient, address: str) -> None:
        self._client = client
        self._address = address
        self._together = True

    def send(self, requests: Mapping[str, Any]) -> Answers:
        """Send up to ``MAX_BATCH`` requests.

        Raises:
            SourceError: As ``GoogleClient.call``; one that is refused for its own sake is in the answers instead.
        """
        answers, waiting = Answers(), dict(requests)
        patience, number = self._client.patience, count(1)
        patience.persist(lambda: self._attempt(waiting, answers, last=next(number) == patience.attempts))
        return answers

    def _attempt(self, waiting: dict[str, Any], answers: Answers, *, last: bool) -> None:
        """Send what waits, and keep of it what is to be sent again.

        Raises:
            TryAgain: Something is left; after the last attempt what the server itself fails at is broken instead.
            SourceError: One would be refused every time, and so would all others.
        """
        refused = self._once(waiting, answers)
        again = {name: trouble for name in waiting if (trouble := self._trouble(name, refused, answers))}
        for name in waiting.keys() - again.keys():
            del waiting[name]
        if last and all(int(refused[name].resp.status) >= 500 for name in again):  # noqa: PLR2004 - HTTP
            answers.broken.update(again)
        elif again:
            asked_for = [trouble.retry_after for trouble in again.values() if trouble.retry_after is not None]
            lasting = next(iter(again.values())).lasting
            raise TryAgain(lasting, retry_after=max(asked_for, default=None))

    def _trouble(self, name: str, refused: Mapping[str, HttpError], answers: Answers) -> TryAgain | None:
        """Return why a request is to be sent again, None if it is not; note it when it is not there or wrong.

        Raises:
            SourceError: It would be refused every time, and so would all others.
        """
        if name not in refused:
            return None
        status = int(refused[name].resp.status)
        if status in _OWN:
            (answers.broken if status == 400 else answers.absent).add(name)  # noqa: PLR2004 - HTTP
            return None
        trouble = self._client.trouble(refused[name])
        if isinstance(trouble, TryAgain):
            return trouble
        raise trouble

    def _once(self, requests: Mapping[str, Any], answers: Answers) -> dict[str, HttpError]:
        """Send each request once; return what was refused."""
        if self._together:
            try:
                refused: dict[str, HttpError] = self._client.patiently(
                    lambda: self._send_together(requests, answers), expected={404}
                )
            except HttpError:
                self._together = False  # a server without batches
            else:
                return refused
        return self._send_alone(requests, answers)

    def _send_together(self, requests: Mapping[str, Any], answers: Answers) -> dict[str, HttpError]:
        refused: dict[str, HttpError] = {}

        def take(name: str, answer: _Json, error: HttpError | None) -> None:
            if error is None:
                answers.found[name] = answer
            else:
                refused[name] = error

        batch = BatchHttpRequest(callback=take, batch_uri=self._address)
        for name, request in requests.items():
            batch.add(request, request_id=name)
        try:
            batch.execute()
        except (KeyError, TypeError, IndexError, AttributeError) as error:  # the library's own way to say: incomplete
            raise BatchError(f"incomplete: {type(error).__name__}") from None
        return refused

    def _send_alone(self, requests: Mapping[str, Any], answers: Answers) -> dict[str, HttpError]:
        refused: dict[str, HttpError] = {}
        for name, request in requests.items():
            try:
                answers.found[name] = self._client.call(request, expected=_OWN)
            except HttpError as error:
                refused[name] = error
        return refused


def slices(row: Iterable[_Thing], size: int = MAX_BATCH) -> Iterator[list[_Thing]]:
    """Cut a row into pieces, such as what is asked for at once."""
    rest = iter(row)
    while piece := list(islice(rest, size)):
        yield piece
