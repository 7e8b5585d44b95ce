"""The access tokens of one source: taken from the vault, refreshed in time, kept again."""

import time
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

from connectors.token_endpoint import TokenEndpoint
from connectors.token_vault import TokenVault
from domain.errors import AuthError, sign_in_again

LEEWAY = 240.0
"""Seconds a token must still live to be handed out; google-auth takes one for expired 225 seconds before it is."""
_LIFETIME = 3600.0  # seconds, where the server does not say


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessToken:
    """What opens the door, and until when (POSIX time)."""

    value: str = field(repr=False)
    expires_at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """How a source gets its tokens.

    Attributes:
        source: Its name.
        form: Makes the token request; takes the refresh token, ``""`` where none is needed.
        signed_in: Whether somebody signs in, so that there must be a refresh token.
        refresh_token: The one the credentials themselves bring, else ``""``.
        holder: Client and user the tokens are for; what is kept for another holder is not used.
        scopes: What access is asked for.
    """

    source: str
    form: Callable[[str], Mapping[str, str]] = field(repr=False)
    signed_in: bool
    refresh_token: str = field(default="", repr=False)
    holder: str
    scopes: tuple[str, ...]


class Grant:
    """The right to get access tokens. Nothing of them is in its representation."""

    def __init__(
        self,
        terms: Terms,
        endpoint: TokenEndpoint,
        vault: TokenVault | None,
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._terms = terms
        self._endpoint = endpoint
        self._vault = vault
        self._clock = clock
        self._kept: Mapping[str, Any] = {}
        self._busy = Lock()

    def token(self) -> str:
        """Return an access token that stays valid for some minutes.

        Raises:
            AuthError: Nobody signed in, or the grant is revoked or refused.
            SourceUnreachable: The authorization server does not answer.
        """
        return self.access_token().value

    def renewed(self, refused: str) -> str:
        """Return another access token than the one a server refused (HTTP 401); raises as ``token``."""
        return self.access_token(refused=refused).value

    def access_token(self, *, refused: str = "") -> AccessToken:
        """Return an access token with its expiry, never the ``refused`` one; raises as ``token``."""
        with self._busy:
            if not self._serves(self._kept, refused):
                self._kept = self._fetched(refused)
            return AccessToken(value=self._kept["access_token"], expires_at=self._kept["expires_at"])

    def begin(self, form: Mapping[str, str]) -> None:
        """Exchange what a sign-in brought for tokens and keep them in place of older ones.

        Raises:
            AuthError: The server refused, or gave no refresh token.
            SourceUnreachable: It does not answer.
        """
        answer = self._endpoint.ask(form)
        if not answer.get("refresh_token"):
            source = self._terms.source
            raise AuthError(
                f"Source {source}: the sign-in brought no refresh token; take Accountline's access away in the "
                f"settings of that user, then {sign_in_again(source)}."
            )
        with self._vault.lock(self._terms.source) if self._vault else nullcontext():
            self._kept = self._keep(answer, {})

    def forget(self) -> None:
        """Drop what is kept, so that the next token is asked for anew."""
        self._kept = {}
        if self._vault is not None:
            self._vault.forget(self._terms.source)

    def _fetched(self, refused: str) -> Mapping[str, Any]:
        if self._vault is None:
            return self._refreshed(self._kept)
        with self._vault.lock(self._terms.source):
            kept = self._from_vault(self._vault)
            # Another process may have refreshed meanwhile.
            return kept if self._serves(kept, refused) else self._refreshed(kept)

    def _from_vault(self, vault: TokenVault) -> Mapping[str, Any]:
        """Return what is kept for this holder and at least these scopes."""
        kept = vault.read(self._terms.source) or {}
        fits = kept.get("holder") == self._terms.holder and set(self._terms.scopes) <= set(kept.get("scopes", ()))
        return kept if fits else {}

    def _refreshed(self, kept: Mapping[str, Any]) -> Mapping[str, Any]:
        source = self._terms.source
        refresh_token = kept.get("refresh_token") or self._terms.refresh_token
        if self._terms.signed_in and not refresh_token:
            raise AuthError(f"Source {source}: nobody signed in for it yet; {sign_in_again(source)}.")
        return self._keep(self._endpoint.ask(self._terms.form(refresh_token)), kept)

    def _keep(self, answer: Mapping[str, Any], before: Mapping[str, Any]) -> Mapping[str, Any]:
        """Keep an answer; a refresh token stays good until another one comes (RFC 6749, section 6)."""
        kept = {
            "holder": self._terms.holder,
            "scopes": before.get("scopes") or list(self._terms.scopes),
            "access_token": str(answer["access_token"]),
            "expires_at": self._clock() + _lifetime(answer),
            "refresh_token": answer.get("refresh_token") or before.get("refresh_token", ""),
        }
        if self._vault is not None:
            self._vault.write(self._terms.source, kept)
        return kept

    def _serves(self, kept: Mapping[str, Any], refused: str) -> bool:
        token = kept.get("access_token")
        return bool(token) and token != refused and kept["expires_at"] - LEEWAY > self._clock()


def _lifetime(answer: Mapping[str, Any]) -> float:
    try:
        return max(0.0, float(answer.get("expires_in", _LIFETIME)))
    except (TypeError, ValueError):
        return _LIFETIME
