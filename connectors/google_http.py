"""Talking to Google's APIs: the service built offline, requests with patience, troubles as sentences.

Waiting is bounded twice: six attempts a request, ten minutes a run. What Google says about how long to wait
(``Retry-After``) is honoured; if that is longer than what is left, the run ends and the next one goes on.
"""

import json
import random
import time
from collections.abc import Callable, Container, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from http.client import HTTPException
from typing import Any, Final, NoReturn
from urllib.parse import urljoin, urlsplit

import httplib2
from google.auth.credentials import Credentials
from google.auth.exceptions import GoogleAuthError, RefreshError
from google_auth_httplib2 import AuthorizedHttp
from googleapiclient.discovery import build
from googleapiclient.errors import BatchError, HttpError

from domain.errors import AuthError, SourceError, SourceUnreachable, sign_in_again

TIMEOUT: Final = 60.0  # seconds, to connect and for every single answer
ATTEMPTS: Final = 6
_LONGEST_RUN: Final = 600.0  # seconds of waiting in one run
_LONGEST: Final = 64.0  # seconds between two attempts, unless Google asks for more

_BUSY: Final = frozenset({"rateLimitExceeded", "userRateLimitExceeded", "quotaExceeded", "RATE_LIMIT_EXCEEDED"})
_TOMORROW: Final = frozenset({"dailyLimitExceeded", "dailyLimitExceededUnreg"})
_NOT_ENABLED: Final = frozenset({"accessNotConfigured", "SERVICE_DISABLED"})
_NO_SCOPE: Final = frozenset({"insufficientPermissions", "ACCESS_TOKEN_SCOPE_INSUFFICIENT"})
_BROKEN: Final = (OSError, HTTPException, httplib2.HttpLib2Error, BatchError, ValueError)
"""What a broken connection or an answer that is cut off is raised as."""


@dataclass(slots=True, kw_only=True)
class GoogleClient:
    """One API of Google for one source.

    Attributes:
        source: Name of the source, for sentences.
        credentials: They refresh themselves; in no representation.
        api_endpoint: Another server than Google's, ``""`` for Google's own.
        sleep: How waiting is done, seconds.
        jitter: A number from 0 to 1, so that many clients do not come back at the same moment.
    """

    source: str
    credentials: Credentials = field(repr=False)
    api_endpoint: str = ""
    sleep: Callable[[float], None] = time.sleep
    jitter: Callable[[], float] = random.random
    _left: float = _LONGEST_RUN
    _http: Any = None

    def service(self, api: str, version: str) -> Any:
        """Build the API's client from the description that comes with the library, without asking the network."""
        http = AuthorizedHttp(self.credentials, http=httplib2.Http(timeout=TIMEOUT), max_refresh_attempts=1)
        self._http = http
        options = {"api_endpoint": self._endpoint(api, version)} if self.api_endpoint else None
        return build(api, version, http=http, static_discovery=True, cache_discovery=False, client_options=options)

    def close(self) -> None:
        """Close all connections."""
        if self._http is not None:
            self._http.close()

    def batch_address(self, service: Any, path: str) -> str:
        """Return where batches go; the description names Google's own server, whatever endpoint is configured."""
        return urljoin(self.api_endpoint or service._baseUrl, f"/{path}")  # noqa: SLF001 - there is no public way

    def _endpoint(self, api: str, version: str) -> str:
        """Return the configured endpoint with the path every method of the API is below, if it is not there yet."""
        endpoint = f"{self.api_endpoint.rstrip('/')}/"
        below = "calendar/v3/" if api == "calendar" else ""
        return endpoint if urlsplit(endpoint).path.endswith(f"{api}/{version}/") else urljoin(endpoint, below)

    def call(self, request: Any, *, expected: Container[int] = ()) -> Any:
        """Execute a request; what passes is tried again.

        Args:
            request: As the service made it.
            expected: Refusals that mean something to the caller: 400, 404, 410.

        Raises:
            HttpError: An expected refusal.
            SourceUnreachable: No server, or it stays busy or broken.
            AuthError: The credentials were refused, or do not give the right.
            SourceError: It refuses for another reason.
        """
        return self.patiently(request.execute, expected=expected)

    def patiently(self, action: Callable[[], Any], *, expected: Container[int] = ()) -> Any:
        """Do something that asks Google, with the patience and the errors of ``call``."""
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return action()
            except HttpError as error:
                trouble = self.trouble(error)
                if int(error.resp.status) in expected:
                    raise
                if not isinstance(trouble, _Passing):
                    raise trouble from None
                wait, last = retry_after(error.resp), str(trouble)
            except RefreshError as error:
                if not error.retryable:
                    raise self._refused() from None
                wait, last = 0.0, "the authorization server does not answer"
            except GoogleAuthError:
                wait, last = 0.0, "the authorization server cannot be reached"
            except _BROKEN as error:
                wait, last = 0.0, f"the connection broke ({_words(error)})"
            if attempt < ATTEMPTS:
                self.wait(attempt, wait, last)
        raise self._unreachable(last)

    def wait(self, attempt: int, at_least: float, why: str) -> None:
        """Wait before the next attempt: 1, 2, 4 … seconds and up to as much again, or what the server asks for.

        Raises:
            SourceUnreachable: The run has waited long enough.
        """
        seconds = max(at_least, min(2.0 ** (attempt - 1), _LONGEST) * (1 + self.jitter()))
        if seconds > self._left:
            raise self._unreachable(why)
        self._left -= seconds
        self.sleep(seconds)

    def give_up(self, error: HttpError) -> NoReturn:
        """End with the sentence for a request that was refused too often.

        Raises:
            SourceUnreachable: Always.
        """
        raise self._unreachable(str(self.trouble(error)))

    def trouble(self, error: HttpError) -> SourceError:
        """Return what a refusal means, as an error to raise."""
        status, reasons = int(error.resp.status), _reasons(error)
        if status == 401:  # noqa: PLR2004 - HTTP; the token was refreshed once and refused again
            return self._refused()
        if status == 429 or reasons & _BUSY:  # noqa: PLR2004
            return _Passing("Google limits how fast it may be asked")
        if status == 408 or status >= 500:  # noqa: PLR2004
            return _Passing(f"the server has a trouble of its own (HTTP {status})")
        if reasons & _TOMORROW:
            return SourceUnreachable(f"Source {self.source}: the daily limit of the API is used up; try tomorrow.")
        if status == 403:  # noqa: PLR2004
            return self._forbidden(reasons)
        why = "".join(f", {reason}" for reason in sorted(reasons) if reason.isidentifier())
        return SourceError(f"Source {self.source}: {self._where()} refused a request (HTTP {status}{why}).")

    def _forbidden(self, reasons: set[str]) -> SourceError:
        begin = f"Source {self.source}: Google does not give access"
        if reasons & _NOT_ENABLED:
            return SourceError(
                f"{begin} because the API is not enabled in the project the credentials belong to; "
                "enable it in the Google Cloud console."
            )
        if reasons & _NO_SCOPE:
            return AuthError(f"{begin} because reading was not allowed at sign-in; {sign_in_again(self.source)}.")
        return AuthError(
            f"{begin}; check that the account may use this service and that an administrator allows this "
            f"application, then {sign_in_again(self.source)}."
        )

    def _refused(self) -> AuthError:
        return AuthError(f"Source {self.source}: Google refused the credentials; {sign_in_again(self.source)}.")

    def _unreachable(self, why: str) -> SourceUnreachable:
        return SourceUnreachable(f"Source {self.source}: {self._where()} cannot be read now, {why}; try again later.")

    def _where(self) -> str:
        return urlsplit(self.api_endpoint).netloc or "Google"


class _Passing(SourceError):  # noqa: N818 - reads as what it is
    """A trouble that may be gone in a moment."""


def is_passing(trouble: SourceError) -> bool:
    """Whether a trouble may be gone in a moment."""
    return isinstance(trouble, _Passing)


def retry_after(response: Mapping[str, str]) -> float:
    """Return how many seconds the server asks to wait (RFC 9110, 10.2.3); 0 when it does not say."""
    value = response.get("retry-after", "")
    with suppress(ValueError):
        return max(0.0, float(value))
    with suppress(ValueError, TypeError):  # a date: measured against the server's own clock
        until, now = parsedate_to_datetime(value), parsedate_to_datetime(response.get("date", ""))
        return max(0.0, (until - now).total_seconds())
    return 0.0


def _reasons(error: HttpError) -> set[str]:
    """Return the machine-readable reasons of a refusal, old style and new."""
    try:
        told = json.loads(error.content)["error"]
        entries = [*told.get("errors", []), *told.get("details", [])]
        return {str(entry.get("reason", "")) for entry in entries} | {str(told.get("status", ""))}
    except (ValueError, KeyError, TypeError, AttributeError):
        return set()


def _words(error: Exception) -> str:
    """Return the kind of a broken connection; its text may carry an address with a token, so it is left out."""
    if isinstance(error, TimeoutError):
        return "no answer in time"
    reason = getattr(error, "strerror", None)
    return str(reason) if reason else type(error).__name__
