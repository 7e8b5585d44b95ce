"""Talking to one CalDAV server, looking only: PROPFIND, REPORT and GET; its troubles as sentences.

The library ``caldav`` signs in, speaks HTTP and parses XML. What it does without bounds is bounded here: answers have a
largest size and a longest time, redirects stay where the password belongs, waiting is counted.
"""

import logging
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from io import BytesIO
from typing import Any
from urllib.parse import urljoin

from caldav.davclient import DAVClient
from caldav.lib import error as dav_error
from requests import Request, Response, Session
from requests.adapters import HTTPAdapter
from requests.auth import HTTPBasicAuth
from requests.exceptions import ConnectionError as HttpConnectionError
from requests.exceptions import RequestException, SSLError

from connectors.bounded import TooLargeError, TooSlowError, joined
from connectors.dav_answers import DAV, Entry, canonical, entries, sync_token
from connectors.retries import Patience, TryAgain, Unavailable, retry_after
from connectors.web_address import origin_of, trust
from domain.errors import AuthError, SourceError, SourceUnreachable

# The library's own log shows calendar texts, and its debugging aid writes whole conversations to files.
logging.getLogger("caldav").setLevel(logging.ERROR)
dav_error.debug_dump_communication = False

_TIMEOUT = 60.0  # seconds, to connect and for every piece of an answer
_LARGEST_ANSWER = 64 * 1024 * 1024
_MOST_REDIRECTS = 5
_REDIRECTS = frozenset({301, 302, 307, 308})
_LOOKING = frozenset({"PROPFIND", "REPORT", "GET"})


@dataclass(frozen=True, slots=True, kw_only=True)
class DavLogin:
    """Where and as whom to sign in; the password shows in no representation of it."""

    url: str
    username: str
    password: str = field(repr=False)


class Refused(SourceError):  # noqa: N818 - reads as what it is
    """The server does not do one thing; it may do another.

    Attributes:
        status: HTTP status; 0 where the answer could not be read or was too large.
    """

    def __init__(self, sentence: str, status: int = 0) -> None:
        super().__init__(sentence)
        self.status = status


@dataclass(frozen=True, slots=True)
class Answer:
    """A multistatus: its entries, and the sync token beside them."""

    entries: Sequence[Entry]
    token: str


class DavSession:
    """One signed-in conversation. Use :func:`session` to open one.

    Attributes:
        place: Beginning of every sentence: source and server.
    """

    def __init__(self, login: DavLogin, *, source: str, patience: Patience) -> None:
        self._origin = origin_of(login.url)
        self._username = login.username
        self._patience = patience
        self.place = f"Source {source}: {self._origin}"
        self._client = _Client(login)

    @property
    def host(self) -> str:
        """Who answers."""
        return str(self._origin)

    def close(self) -> None:
        """Close the connection."""
        self._client.close()

    def propfind(self, path: str, body: str, *, depth: int) -> Answer:
        """Ask for properties (RFC 4918, 9.1).

        Raises:
            Refused: The server does not say.
            SourceError: As the protocol of sources has it.
        """
        return self._answer("PROPFIND", path, body, depth)

    def report(self, path: str, body: str, *, depth: int | None, attempts: int | None = None) -> Answer:
        """Ask for a report (RFC 3253, 3.6); raises as :meth:`propfind`."""
        return self._answer("REPORT", path, body, depth, attempts)

    def get(self, path: str, *, limit: int, attempts: int) -> bytes:
        """Return one object.

        Raises:
            TooLargeError: It has more than ``limit`` bytes.
            Refused, SourceError: As for :meth:`propfind`.
        """

        def attempt() -> bytes:
            with self._troubles():
                answer = self._client.session.get(self._origin.root + path, auth=self._client.auth, limit=limit)
            self._check(answer.status_code, answer.headers)
            if answer.status_code != 200:  # noqa: PLR2004 - HTTP's OK
                raise Refused(f"{self.place} answers {answer.status_code}.", answer.status_code)
            data: bytes = answer.content
            return data

        return self._patience.persist(attempt, attempts=attempts)

    def path_of(self, href: str) -> str:
        """Return the path of an address the server pointed to.

        Raises:
            SourceError: It is another server's: the password is not for that one.
        """
        try:
            target = origin_of(urljoin(self._origin.root, href))
        except ValueError:
            raise SourceError(f"{self.place} points to an address that is none; check `url`.") from None
        if target.host != self._origin.host:
            raise SourceError(
                f"{self.place} points to the server {target}; if you trust it with the password of "
                f"{self._username}, put its address in `url`."
            )
        return canonical(href)

    def _answer(self, method: str, path: str, body: str, depth: int | None, attempts: int | None = None) -> Answer:
        url = self._origin.root + path
        for _ in range(_MOST_REDIRECTS + 1):
            response = self._patience.persist(partial(self._ask, method, url, body, depth), attempts=attempts)
            if response.status not in _REDIRECTS:
                break
            url = self._redirected(url, response.headers.get("Location", ""))
        if response.status not in {200, 207}:
            raise Refused(f"{self.place} answers {response.status}.", response.status)
        if response.tree is None or response.tree.tag != f"{DAV}multistatus":
            raise Refused(f"{self.place} does not answer as a CalDAV server does.")
        return Answer(list(entries(response.tree)), sync_token(response.tree))

    def _ask(self, method: str, url: str, body: str, depth: int | None) -> Any:
        headers = {} if depth is None else {"Depth": str(depth)}
        try:
            with self._troubles():
                response = self._client.request(url, method, body, headers)
        except TooLargeError:
            raise Refused(f"{self.place} sends more than {_LARGEST_ANSWER:,} bytes in one answer.") from None
        self._check(response.status, response.headers)
        return response

    def _redirected(self, url: str, location: str) -> str:
        """Return where to ask instead: elsewhere on the same server.

        Raises:
            SourceError: Anywhere else.
        """
        try:
            target = urljoin(url, location)
            origin = origin_of(target)
        except ValueError:
            raise Refused(f"{self.place} redirects to nowhere.") from None
        if origin != self._origin:
            raise SourceError(
                f"{self.place} redirects to {origin.scheme}://{origin}; if you trust it with the password of "
                f"{self._username}, put its address in `url`."
            )
        return target

    def _check(self, status: int, headers: Mapping[str, str]) -> None:
        """Tell what may pass from what will not.

        Raises:
            TryAgain: A server's own fault (5xx), or it asks for a pause (429).
            AuthError: It does not know us.
        """
        if status == 401:  # noqa: PLR2004 - HTTP's Unauthorized
            raise self._unknown()
        if status == 429 or (status >= 500 and status != 501):  # noqa: PLR2004 - 501: it never will
            lasting = Unavailable(f"{self.place} answers {status}; try again later.", status)
            raise TryAgain(lasting, retry_after=retry_after(headers))

    def _unknown(self) -> AuthError:
        return AuthError(
            f"{self.place} refused user {self._username}; check `username` and password, and whether the server "
            "wants an app password."
        )

    @contextmanager
    def _troubles(self) -> Iterator[None]:
        """Turn what the libraries raise into our errors, without their words: these may carry addresses and texts."""
        try:
            yield
        except dav_error.RateLimitError as error:
            lasting = Unavailable(f"{self.place} asks us to wait; try again later.", error.status or 503)
            raise TryAgain(lasting, retry_after=error.retry_after_seconds) from None
        except dav_error.AuthorizationError as error:
            if error.status == 403:  # noqa: PLR2004 - HTTP's Forbidden
                raise Refused(f"{self.place} answers 403.", 403) from None
            raise self._unknown() from None
        except NotImplementedError:
            raise AuthError(f"{self.place} offers no way of signing in that we know; check `url`.") from None
        except SyntaxError:  # lxml's errors are such
            raise Refused(f"{self.place} sends XML that cannot be read.") from None
        except SSLError:
            raise SourceUnreachable(
                f"{self.place} has a certificate that cannot be trusted, or does not speak TLS; check `url` or install "
                "its certificate authority."
            ) from None
        except HttpConnectionError:
            raise TryAgain(
                Unavailable(f"{self.place} cannot be reached or hung up; check `url` and the network.")
            ) from None
        except (RequestException, TooSlowError, zlib.error):
            raise TryAgain(Unavailable(f"{self.place} breaks off or does not answer; try again later.")) from None


@contextmanager
def session(login: DavLogin, *, source: str, patience: Patience) -> Iterator[DavSession]:
    """Open a conversation and close it at the end."""
    talk = DavSession(login, source=source, patience=patience)
    try:
        yield talk
    finally:
        talk.close()


class _Client(DAVClient):
    """The library's client, without its search for servers, its own waiting, and its unbounded session."""

    def __init__(self, login: DavLogin) -> None:
        super().__init__(
            url=login.url,
            username=login.username,
            password=login.password,
            enable_rfc6764=False,
            rate_limit_handle=False,
        )
        self.session.close()
        self.session = _Bounded()

    def build_auth_object(self, auth_types: list[str] | None = None) -> None:
        """Send names and passwords in UTF-8 (RFC 7617, 2.1); the library's way cannot carry all characters."""
        super().build_auth_object(auth_types)
        if isinstance(self.auth, HTTPBasicAuth):
            self.auth = HTTPBasicAuth(str(self.username).encode(), str(self.password).encode())


class _Bounded(Session):
    """Requests that only look, follow no redirect, and read no more than they may."""

    def __init__(self) -> None:
        super().__init__()
        self.headers["Accept-Encoding"] = "gzip"
        self.mount("https://", _SystemTrust())

    def request(self, method: str, url: str, *, limit: int = _LARGEST_ANSWER, **options: Any) -> Response:  # type: ignore[override]
        """Send a request and read its answer; ``limit`` is in bytes, after unpacking."""
        if method not in _LOOKING:
            raise ValueError(method)
        options |= {"allow_redirects": False, "stream": True, "timeout": _TIMEOUT}
        options["auth"] = options.get("auth") or _nobody  # else a .netrc of the user's would be asked
        with super().request(method, url, **options) as answer:
            data = b"" if _is_web_page(answer) else joined(answer.iter_content(65_536), limit=limit)
        read = Response()
        read.status_code, read.reason, read.url = answer.status_code, answer.reason, answer.url
        read.headers, read.raw = answer.headers, BytesIO(data)
        # Of what was unpacked and measured here, these would tell a lie.
        for name in ("Content-Encoding", "Content-Length"):
            read.headers.pop(name, None)
        return read


class _SystemTrust(HTTPAdapter):
    """Trusts this system's certificate authorities beside those that come with the library."""

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        super().init_poolmanager(*args, **options, ssl_context=trust())


def _nobody(request: Request) -> Request:
    """Sign in as nobody."""
    return request


def _is_web_page(answer: Response) -> bool:
    """Whether people were meant to read it; the library would write it to the log."""
    return "html" in answer.headers.get("Content-Type", "").lower()
