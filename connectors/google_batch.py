"""Many small requests in one: the batch endpoint of Google's APIs (multipart/mixed)."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Final, TypeVar

from googleapiclient.errors import BatchError, HttpError
from googleapiclient.http import BatchHttpRequest

from connectors.google_http import ATTEMPTS, GoogleClient, is_passing, retry_after

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
        answers = Answers()
        waiting = dict(requests)
        for attempt in range(1, ATTEMPTS + 1):
            refused = self._once(waiting, answers)
            waiting = {name: request for name, request in waiting.items() if self._again(name, refused, answers)}
            if not waiting:
                return answers
            if attempt < ATTEMPTS:
                errors = [refused[name] for name in waiting]
                longest = max(retry_after(error.resp) for error in errors)
                self._client.wait(attempt, longest, str(self._client.trouble(errors[0])))
        if not all(int(refused[name].resp.status) >= 500 for name in waiting):  # noqa: PLR2004 - HTTP
            self._client.give_up(refused[next(iter(waiting))])
        answers.broken.update(waiting)
        return answers

    def _again(self, name: str, refused: Mapping[str, HttpError], answers: Answers) -> bool:
        """Say whether a request is to be sent again; note it when it is not there or wrong.

        Raises:
            SourceError: It would be refused every time, and so would all others.
        """
        if name not in refused:
            return False
        status = int(refused[name].resp.status)
        if status in _OWN:
            (answers.broken if status == 400 else answers.absent).add(name)  # noqa: PLR2004 - HTTP
            return False
        trouble = self._client.trouble(refused[name])
        if not is_passing(trouble):
            raise trouble
        return True

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
