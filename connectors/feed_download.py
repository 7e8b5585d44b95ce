"""Downloading one file by HTTP: only if it changed, not more than wanted, and only encrypted once it was encrypted."""

import logging
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from urllib.parse import urljoin

import httpx

from connectors.bounded import TooLargeError, TooSlowError, joined, unzipped
from connectors.retries import Patience, TryAgain, retry_after
from connectors.web_address import origin_of, trust
from domain.errors import AuthError, SourceError, SourceUnreachable

# The libraries log every address with all its parts, and the address of a calendar may be a secret.
for _name in ("httpx", "httpcore"):
    logging.getLogger(_name).setLevel(logging.WARNING)

_TIMEOUT = 60.0  # seconds, to connect and for every piece
_MOST_REDIRECTS = 5
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_CONDITIONS = frozenset({"if-none-match", "if-modified-since"})


@dataclass(frozen=True, slots=True)
class Validators:
    """What a server told to recognise a state of a file by (RFC 9110, 8.8): ETag and Last-Modified, as sent."""

    etag: str = ""
    modified: str = ""

    @property
    def headers(self) -> dict[str, str]:
        """The question whether it changed since (RFC 9110, 13.1)."""
        asked = {"If-None-Match": self.etag, "If-Modified-Since": self.modified}
        return {name: value for name, value in asked.items() if value}


@dataclass(frozen=True, slots=True)
class Feed:
    """What was downloaded.

    Attributes:
        data: The file; None when it exceeds the limit, or is ``unchanged``.
        unchanged: The server says so (304).
    """

    data: bytes | None
    validators: Validators
    unchanged: bool = False


def download(url: str, validators: Validators, *, place: str, limit: int, patience: Patience) -> Feed:
    """Download the file at ``url`` if it is not the one that ``validators`` came with.

    Args:
        url: Https, or http on this machine.
        validators: Of the file that is known; empty to get it anyway.
        place: Source and server, the beginning of every sentence. The address is in none.
        limit: In bytes, unpacked.
        patience: What waits between attempts.

    Raises:
        SourceUnreachable, AuthError, SourceError: There is no such file.
    """
    headers = {"Accept": "text/calendar, */*;q=0.1", "Accept-Encoding": "gzip", **validators.headers}
    with httpx.Client(verify=trust(), timeout=_TIMEOUT, headers=headers) as client:
        for _ in range(_MOST_REDIRECTS + 1):
            found = patience.persist(partial(_ask, client, url, place, limit))
            if isinstance(found, Feed):
                return found
            url = _redirected(url, found, place)
    raise SourceError(f"{place} redirects without end; check `url`.")


def _ask(client: httpx.Client, url: str, place: str, limit: int) -> Feed | str:
    """Ask once; return the file, or where it is instead."""
    with _troubles(place), client.stream("GET", url) as answer:
        if answer.status_code in _REDIRECTS:
            return str(answer.headers.get("Location", ""))
        validators = Validators(answer.headers.get("ETag", ""), answer.headers.get("Last-Modified", ""))
        if answer.status_code == httpx.codes.NOT_MODIFIED and _CONDITIONS & answer.request.headers.keys():
            return Feed(None, validators, unchanged=True)
        _check(answer, place)
        try:
            return Feed(joined(_content(answer, place), limit=limit), validators)
        except TooLargeError:
            return Feed(None, validators)


def _content(answer: httpx.Response, place: str) -> Iterator[bytes]:
    packed = answer.headers.get("Content-Encoding", "identity").strip().lower()
    if packed in {"identity", ""}:
        return answer.iter_raw()
    if packed in {"gzip", "x-gzip", "deflate"}:
        return unzipped(answer.iter_raw())
    raise SourceError(f"{place} sends the calendar packed in a way it was not asked for ({packed[:20]}).")


def _check(answer: httpx.Response, place: str) -> None:
    status = answer.status_code
    if status == httpx.codes.OK:
        return
    if status in {httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN}:
        raise AuthError(
            f"{place} does not let us read the calendar ({status}); copy its address anew from where you share it."
        )
    if status in {httpx.codes.NOT_FOUND, httpx.codes.GONE}:
        raise SourceError(
            f"{place} has no calendar at this address ({status}); nothing was changed. Check `url`: the calendar was "
            "removed, or its address was replaced."
        )
    if status == httpx.codes.TOO_MANY_REQUESTS or status >= httpx.codes.INTERNAL_SERVER_ERROR:
        lasting = SourceUnreachable(f"{place} answers {status}; try again later.")
        raise TryAgain(lasting, retry_after=retry_after(answer.headers))
    raise SourceError(f"{place} answers {status} instead of a calendar; check `url`.")


def _redirected(url: str, location: str, place: str) -> str:
    """Return where the file is instead.

    Raises:
        SourceError: Where it could be read on the way.
    """
    try:
        target = urljoin(url, location)
        origin = origin_of(target)
    except ValueError:
        raise SourceError(f"{place} redirects to nowhere; check `url`.") from None
    if not origin.is_safe or (origin.scheme == "http" and url.startswith("https:")):
        raise SourceError(f"{place} redirects to an address without encryption, http://{origin}; it was not followed.")
    return target


@contextmanager
def _troubles(place: str) -> Iterator[None]:
    """Turn what the library raises into our errors, without its words: these may carry the address."""
    try:
        yield
    except httpx.ConnectError as error:
        if "CERTIFICATE_VERIFY_FAILED" in str(error):
            raise SourceUnreachable(
                f"{place} has a certificate that cannot be trusted; check `url` or install its certificate authority."
            ) from None
        raise TryAgain(SourceUnreachable(f"{place} cannot be reached; check `url` and the network.")) from None
    except (httpx.HTTPError, TooSlowError, zlib.error):
        raise TryAgain(SourceUnreachable(f"{place} breaks off or does not answer; try again later.")) from None
    except httpx.InvalidURL:
        raise SourceError(f"{place}: `url` is not a valid address.") from None
