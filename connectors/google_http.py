"""Talking to Google's APIs: the service built offline, requests with patience, troubles as sentences.

Each request is tried with the patience of its run; where that ends, the next run goes on.
"""

import json
import logging
from collections.abc import Callable, Container
from dataclasses import dataclass, field
from functools import partial
from http.client import HTTPException
from typing import Any, Final, TypeVar
from urllib.parse import urljoin, urlsplit

import httplib2
from google.auth.credentials import Credentials
from google.auth.exceptions import GoogleAuthError, RefreshError
from google_auth_httplib2 import AuthorizedHttp
from googleapiclient.discovery import build
from googleapiclient.errors import BatchError, HttpError

from connectors.retries import Patience, TryAgain, retry_after
from domain.errors import AuthError, SourceError, SourceUnreachable, sign_in_again

# The library's own log would tell the reasons of refusals that are handled here.
logging.getLogger("googleapiclient.http").setLevel(logging.ERROR)

TIMEOUT: Final = 60.0  # seconds, to connect and for every single answer

_BUSY: Final = frozenset({"rateLimitExceeded", "userRateLimitExceeded", "quotaExceeded", "RATE_LIMIT_EXCEEDED"})
_TOMORROW: Final = frozenset({"dailyLimitExceeded", "dailyLimitExceededUnreg"})
_NOT_ENABLED: Final = frozenset({"accessNotConfigured", "SERVICE_DISABLED"})
_NO_SCOPE: Final = frozenset({"insufficientPermissions", "ACCESS_TOKEN_SCOPE_INSUFFICIENT"})
_BROKEN: Final = (OSError, HTTPException, httplib2.HttpLib2Error, BatchError, ValueError)
"""What a broken connection or an answer that is cut off is raised as."""

_T = TypeVar("_T")


@dataclass(slots=True, kw_only=True)
class GoogleClient:
    """One API of Google for one source.

    Attributes:
        source: Name of the source, for sentences.
        credentials: They refresh themselves; in no representation.
        patience: Of the run, with every request.
        api_endpoint: Another server than Google's, ``""`` for Google's own.
    """

    source: str
    credentials: Credentials = field(repr=False)
    patience: Patience
    api_endpoint: str = ""
    _http: Any = field(default=None, repr=False)

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

    def patiently(self, action: Callable[[], _T], *, expected: Container[int] = ()) -> _T:
        """Do something that asks Google, with the patience and the errors of ``call``."""
        return self.patience.persist(partial(self._attempt, action, expected))

    def _attempt(self, action: Callable[[], _T], expected: Container[int]) -> _T:
        try:
            return action()
        except HttpError as error:
            if int(error.resp.status) in expected:
                raise
            raise self.trouble(error) from None
        except RefreshError as error:
            if not error.retryable:
                raise self._refused() from None
            why = "the authorization server does not answer"
        except GoogleAuthError:
            why = "the authorization server cannot be reached"
        except _BROKEN as error:
            why = f"the connection broke ({_words(error)})"
        raise self._passing(why)

    def trouble(self, error: HttpError) -> SourceError | TryAgain:
        """Return what a refusal means, to be raised: that it may pass, or that it will not."""
        status, reasons = int(error.resp.status), _reasons(error)
        if status == 401:  # noqa: PLR2004 - HTTP; the token was refreshed once and refused again
            return self._refused()
        if status == 429 or reasons & _BUSY:  # noqa: PLR2004
            return self._passing("Google limits how fast it may be asked", retry_after(error.resp))
        if status == 408 or status >= 500:  # noqa: PLR2004
            return self._passing(f"the server has a trouble of its own (HTTP {status})", retry_after(error.resp))
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

    def _passing(self, why: str, asked_for: float | None = None) -> TryAgain:
        lasting = f"Source {self.source}: {self._where()} cannot be read now, {why}; try again later."
        return TryAgain(SourceUnreachable(lasting), retry_after=asked_for)

    def _where(self) -> str:
        return urlsplit(self.api_endpoint).netloc or "Google"


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
