"""Microsoft Graph over HTTP: one conversation about one mailbox.

Only GET is ever sent. Every request asks for immutable ids, so that an item keeps its id when it is moved.
"""

import json
import logging
import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, partial
from typing import Any, TypeVar

import httpx

from connectors.files import HEAD
from connectors.graph_access import GraphAccess, Trouble, trouble_of
from connectors.options import is_loopback
from connectors.retries import Patience, TryAgain, retry_after
from domain.errors import SourceUnreachable

# Its lines name whose mailbox is read.
logging.getLogger("httpx").setLevel(logging.WARNING)

PAGE_SIZE = 200
"""Changes asked for at once."""

LIST_SIZE = 1000
"""Ids asked for at once; the most Graph gives."""

_TIMEOUT = 60.0  # seconds, to connect and between two pieces of an answer
_MAX_JSON = 64 * 1024 * 1024  # bytes of one document

Json = dict[str, Any]
_Query = Mapping[str, str | int]
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Body:
    """The bytes of one mail; ``whole`` is false when only its beginning was read, ``size`` None when unknown."""

    data: bytes
    size: int | None
    whole: bool


class GraphClient:
    """A conversation; may be used by several threads. Use :func:`conversation` to begin one.

    Its methods raise ``LinkExpired``, ``Missing`` and ``Refused`` about what was asked for, and other
    ``SourceError``s about the whole mailbox.
    """

    def __init__(self, access: GraphAccess, patience: Patience, http: httpx.Client) -> None:
        self._access = access
        self._patience = patience
        self._http = http

    def get(self, where: str, query: _Query | None = None, *, prefer: str = "") -> Json:
        """Return one JSON document.

        Args:
            where: Path below the mailbox, or a link Graph gave.
            query: OData query options.
            prefer: Preferences (RFC 7240) besides immutable ids.
        """
        return self._answer(where, query, prefer, self._document)

    def every(self, where: str, query: _Query | None = None, *, prefer: str = "") -> Iterator[Json]:
        """Yield all entries of a collection, page after page."""
        page = self.get(where, query, prefer=prefer)
        yield from entries(page)
        while link := page.get("@odata.nextLink"):
            page = self.get(link, prefer=prefer)
            yield from entries(page)

    def ids(self, where: str, query: _Query, known: set[str]) -> set[str]:
        """Return the ids of a whole collection.

        Its pages are cut by number: what is removed while they are read moves others across the cut, so that they
        seem to be gone. So where one of ``known`` is missing a second look decides.
        """
        options = {"$select": "id", "$top": LIST_SIZE, **query}
        found = {str(entry["id"]) for entry in self.every(where, options)}
        if known - found:
            found |= {str(entry["id"]) for entry in self.every(where, options)}
        return found

    def content(self, where: str, *, limit: int) -> Body:
        """Read raw bytes; of more than ``limit`` only the first ``HEAD``, then hang up."""
        return self._answer(where, None, "", lambda response: _bounded(response, limit))

    def _answer(self, where: str, query: _Query | None, prefer: str, take: Callable[[httpx.Response], _T]) -> _T:
        """Ask until there is an answer, or patience ends."""
        # httpx takes an empty query for the wish to have none, and a link carries its own.
        request = self._http.build_request("GET", self._access.url(where), params=query or None)
        request.headers["Prefer"] = ", ".join(filter(None, ('IdType="ImmutableId"', prefer)))
        return self._patience.persist(partial(self._attempt, request, take))

    def _attempt(self, request: httpx.Request, take: Callable[[httpx.Response], _T]) -> _T:
        """Ask; where the token is refused, once more with another one."""
        token = self._access.grant.token()
        answer = self._once(request, token, take)
        if isinstance(answer, Trouble) and answer.status == httpx.codes.UNAUTHORIZED:
            answer = self._once(request, self._access.grant.renewed(token), take)
        if not isinstance(answer, Trouble):
            return answer
        if answer.passing:
            raise TryAgain(self._access.impatience(answer), retry_after=answer.retry_after)
        raise self._access.refusal(answer)

    def _once(self, request: httpx.Request, token: str, take: Callable[[httpx.Response], _T]) -> _T | Trouble:
        request.headers["Authorization"] = f"Bearer {token}"
        try:
            response = self._http.send(request, stream=True)
            try:
                if response.status_code == httpx.codes.OK:
                    return take(response)
                document = _bounded(response, HEAD).data
            finally:
                response.close()
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.ProxyError):
            raise TryAgain(
                SourceUnreachable(
                    f"Source {self._access.source}: {request.url.host} cannot be reached; check the network and "
                    "`api_endpoint`."
                )
            ) from None
        except (httpx.TransportError, httpx.DecodingError) as error:
            return Trouble(status=0, code=type(error).__name__, message="the connection broke")
        return trouble_of(response.status_code, response.reason_phrase, document, retry_after(response.headers))

    def _document(self, response: httpx.Response) -> Json:
        """Read a JSON object; a proxy on the way may have answered with something else."""
        body = _bounded(response, _MAX_JSON)
        try:
            document = json.loads(body.data)
        except ValueError:
            document = None
        if not isinstance(document, dict):
            raise SourceUnreachable(
                f"Source {self._access.source}: {self._access.host} does not answer as Microsoft Graph does; check "
                "`api_endpoint` and any proxy."
            )
        return document


@cache
def _trust() -> ssl.SSLContext:
    """The certificate authorities, loaded once: that takes longer than a run that finds nothing new."""
    return httpx.create_ssl_context()


@contextmanager
def conversation(access: GraphAccess, patience: Patience) -> Iterator[GraphClient]:
    """Begin a conversation; connections are made when they are needed, and closed at the end."""
    # A proxy of the environment is for the world outside.
    with httpx.Client(timeout=_TIMEOUT, verify=_trust(), trust_env=not is_loopback(access.host)) as http:
        yield GraphClient(access, patience, http)


def entries(page: Json) -> list[Json]:
    """Return the entries of one page of a collection."""
    return [entry for entry in page.get("value") or () if isinstance(entry, dict) and entry.get("id")]


def _bounded(response: httpx.Response, limit: int) -> Body:
    """Read a body; where it exceeds the limit only its beginning."""
    declared = response.headers.get("Content-Length", "")
    # The length of compressed content is another one.
    size = int(declared) if declared.isdecimal() and "Content-Encoding" not in response.headers else None
    wanted = HEAD if size is not None and size > limit else max(limit, HEAD)
    data = bytearray()
    for piece in response.iter_bytes():
        data += piece
        if len(data) > wanted:
            return Body(bytes(data[:HEAD]), size, whole=False)
    return Body(bytes(data), len(data), whole=True)
