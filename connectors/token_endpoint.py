"""Asking an authorization server for tokens (RFC 6749), with its refusals and silences as sentences."""

import json
import logging
import re
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import httpx

from connectors.options import is_loopback
from connectors.retries import Patience, TryAgain, retry_after
from domain.errors import AuthError, ConfigError, SourceUnreachable

# The library's own log tells every address that is asked.
logging.getLogger("httpx").setLevel(logging.WARNING)

TIMEOUT = 30.0  # seconds, to connect and for every part of an answer
_MAX_ANSWER = 1_000_000  # bytes; answers have a few thousand
_PATIENCE = 60.0  # seconds; other processes wait for the same token
_GRANT_GONE = frozenset({"invalid_grant", "interaction_required", "login_required", "consent_required"})
_PASSING = frozenset({"temporarily_unavailable", "server_error", "internal_failure"})
_TOO_MANY = 429
_SERVER_ERRORS = range(500, 600)


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenEndpoint:
    """The token endpoint of one source's authorization server.

    Attributes:
        source: Name of the source, for sentences.
        url: The endpoint; https, or http on this machine.
        remedy: What to do when it refuses, the end of a sentence.
        sleep: Waits between attempts, in seconds.
    """

    source: str
    url: str
    remedy: str
    sleep: Callable[[float], None] = field(default=time.sleep, repr=False)

    def ask(self, form: Mapping[str, str]) -> dict[str, Any]:
        """Send a token request; return the answer, which has an ``access_token`` (RFC 6749, 5.1).

        Failures that may pass are tried again a few times.

        Raises:
            AuthError: The grant is gone, or the client is refused.
            SourceUnreachable: No answer, or none that means anything.
        """
        with httpx.Client(timeout=TIMEOUT, verify=ssl.create_default_context()) as client:
            return Patience(self.sleep, left=_PATIENCE).persist(partial(self._attempt, client, form))

    @property
    def _place(self) -> str:
        return f"Source {self.source}: {urlsplit(self.url).netloc}, which gives out its access tokens,"

    def _attempt(self, client: httpx.Client, form: Mapping[str, str]) -> dict[str, Any]:
        try:
            with client.stream("POST", self.url, data=form, headers={"Accept": "application/json"}) as response:
                said = _json(_body(response))
        except httpx.ConnectError as error:
            certificate = "CERTIFICATE" in str(error)
            raise self._passing(
                "has a certificate that cannot be trusted" if certificate else "cannot be reached"
            ) from None
        except httpx.HTTPError:
            raise self._passing("does not answer") from None
        code = _code(said.get("error"))
        if response.is_success and said.get("access_token"):
            return said
        if response.status_code == _TOO_MANY or response.status_code in _SERVER_ERRORS or code in _PASSING:
            raise self._passing(f"is busy (HTTP {response.status_code})", retry_after(response.headers))
        if not code:
            raise SourceUnreachable(f"{self._place} says nothing that is understood (HTTP {response.status_code}).")
        raise self._refusal(code, str(said.get("error_description", "")))

    def _passing(self, reason: str, asked_for: float | None = None) -> TryAgain:
        return TryAgain(SourceUnreachable(f"{self._place} {reason}; try again later."), retry_after=asked_for)

    def _refusal(self, code: str, description: str) -> AuthError:
        """Return what a refusal means; only codes are repeated, a description may hold anything."""
        number = re.search(r"\bAADSTS\d{1,9}\b", description)  # what Microsoft's support pages are ordered by
        reason = "the sign-in expired or was revoked" if code in _GRANT_GONE else "the client was refused"
        shown = f"{code}, {number.group()}" if number else code
        return AuthError(f"{self._place} refused: {reason} ({shown}); {self.remedy}.")


def check_endpoint(url: object, *, source: str, what: str) -> str:
    """Return an endpoint's address.

    Raises:
        ConfigError: It is none, or secrets would cross the network in the clear.
    """
    parts = urlsplit(url if isinstance(url, str) else "")
    if not parts.hostname or parts.scheme not in {"https", "http"}:
        raise ConfigError(f"Source {source}: `{what}` in its credentials is no https address.")
    if parts.scheme == "http" and not is_loopback(parts.hostname):
        raise ConfigError(f"Source {source}: `{what}` in its credentials must begin with https://.")
    return str(url)


def _body(response: httpx.Response) -> bytes:
    """Read an answer, not more of it than any token answer has."""
    body = b""
    for chunk in response.iter_bytes():
        body += chunk
        if len(body) > _MAX_ANSWER:
            break
    return body


def _json(body: bytes) -> dict[str, Any]:
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}


def _code(error: object) -> str:
    """Return an error code (RFC 6749, 5.2), ``""`` for what is none."""
    return error if isinstance(error, str) and re.fullmatch(r"[a-z_]{1,60}", error) else ""
