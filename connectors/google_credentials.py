"""Google's credentials: an installed app that somebody signed in to, or a service account that acts for a user."""

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from google.auth import crypt, jwt
from google.auth.credentials import Credentials

from connectors.credentials_document import read_document, text_of
from connectors.grants import Grant, Terms
from connectors.sign_in import SignIn
from connectors.token_endpoint import TokenEndpoint, check_endpoint
from domain.errors import ConfigError, connect_command, sign_in_again

_TOKEN_URI = "https://oauth2.googleapis.com/token"  # noqa: S105 - an address
_AUTH_URI = "https://accounts.google.com/o/oauth2/auth"
_ASSERTION_SECONDS = 3600  # the longest Google takes


class GoogleCredentials(Credentials):
    """What Google's libraries take; refreshing goes through the vault and raises our errors."""

    def __init__(self, grant: Grant) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._grant = grant

    def refresh(self, _request: object) -> None:
        """Get an access token; google-auth calls this before one expires, and when a server refused it.

        Raises:
            AuthError: Nobody signed in, or the grant is revoked or refused.
            SourceUnreachable: The authorization server does not answer.
        """
        refused = str(self.token) if self.valid else ""
        token = self._grant.access_token(refused=refused)
        self.token = token.value
        # google-auth counts in UTC without saying so.
        self.expiry = datetime.fromtimestamp(token.expires_at, UTC).replace(tzinfo=None)


def google_credentials(
    name: str, options: Mapping[str, Any], secret: str | None, *, scopes: Sequence[str]
) -> Credentials:
    """Return credentials that refresh themselves; nothing is connected yet.

    Their ``refresh`` raises our errors, so callers need no handling of google-auth's own: AuthError when the grant
    is missing, revoked or refused, SourceUnreachable when the token endpoint does not answer.

    Args and errors are those of ``GoogleApplication``.
    """
    return GoogleCredentials(GoogleApplication(name, options, secret, scopes).grant())


class GoogleApplication:
    """What Google knows the program as, read from a source's credentials; nothing is connected yet.

    Args:
        name: The source's.
        options: ``credentials``, path of a JSON file as Google's console hands it out (``installed`` client,
            ``service_account`` or ``authorized_user``); ``username``, whom a service account acts for; ``vault``, the
            TokenVault where a sign-in's tokens are kept.
        secret: The content of such a file, where ``credentials`` is not given.
        scopes: What access is asked for.

    Raises:
        ConfigError: The credentials are missing or none of these.
    """

    def __init__(self, name: str, options: Mapping[str, Any], secret: str | None, scopes: Sequence[str]) -> None:
        self.name = name
        self.username = str(options.get("username") or "")
        self.vault = options.get("vault")
        self.scopes = tuple(scopes)
        document = read_document(options, secret, source=name)
        installed = document.get("installed")
        self.kind = "installed" if isinstance(installed, Mapping) else document.get("type")
        self.document: Mapping[str, Any] = installed if isinstance(installed, Mapping) else document
        if self.kind not in {"installed", "authorized_user", "service_account"}:
            raise ConfigError(
                f"Source {name}: its credentials are none of Google's for a desktop app or a service account; "
                "docs/guide.md says where to get them."
            )

    def grant(self) -> Grant:
        """Return the grant these credentials give a right to."""
        of_service = self.kind == "service_account"
        form, holder = self._assertion() if of_service else self._refresh()
        terms = Terms(
            source=self.name,
            form=form,
            signed_in=not of_service,
            refresh_token=self._text("refresh_token") if self.kind == "authorized_user" else "",
            holder=holder,
            scopes=self.scopes,
        )
        delegated = (
            f"see that the administrator lets this service account act for {self.username or 'users'} with the scopes "
            f"{' '.join(self.scopes)}, then run {connect_command(self.name)}"
        )
        remedy = delegated if of_service else sign_in_again(self.name)
        endpoint = TokenEndpoint(source=self.name, url=self._endpoint("token_uri", _TOKEN_URI), remedy=remedy)
        return Grant(terms, endpoint, self.vault)

    def sign_in(self) -> SignIn | None:
        """Return what sends somebody to Google's consent page; None where nobody signs in."""
        if self.kind != "installed":
            return None
        hint = {"login_hint": self.username} if self.username else {}
        return SignIn(
            source=self.name,
            authorize_url=self._endpoint("auth_uri", _AUTH_URI),
            client=self._client(),
            # Google gives a refresh token only when asked for offline access, and again only after consent.
            parameters={"access_type": "offline", "prompt": "consent", **hint},
            redirect_host="127.0.0.1",
            scopes=self.scopes,
            grant=self.grant(),
        )

    def _text(self, key: str) -> str:
        return text_of(self.document, key, source=self.name)

    def _endpoint(self, key: str, default: str) -> str:
        return check_endpoint(self.document.get(key, default), source=self.name, what=key)

    def _client(self) -> dict[str, str]:
        return {"client_id": self._text("client_id"), "client_secret": self._text("client_secret")}

    def _refresh(self) -> tuple[Callable[[str], Mapping[str, str]], str]:
        client = self._client()
        brought = str(self.document.get("refresh_token") or "")
        mark = sha256(brought.encode()).hexdigest() if brought else ""
        holder = f"{client['client_id']} {self.username} {mark}"
        return lambda token: {"grant_type": "refresh_token", "refresh_token": token, **client}, holder

    def _assertion(self) -> tuple[Callable[[str], Mapping[str, str]], str]:
        """Sign an assertion instead of showing a refresh token (RFC 7523)."""
        issuer = self._text("client_email")
        try:
            signer = crypt.RSASigner.from_service_account_info(
                {"private_key": self._text("private_key"), "private_key_id": self.document.get("private_key_id")}
            )
        except (ValueError, TypeError):
            raise ConfigError(
                f"Source {self.name}: the `private_key` in its credentials is damaged; download the file again."
            ) from None

        def form(_refresh_token: str) -> Mapping[str, str]:
            now = int(time.time())
            claims = {
                "iss": issuer,
                "scope": " ".join(self.scopes),
                "aud": self._endpoint("token_uri", _TOKEN_URI),
                "iat": now,
                "exp": now + _ASSERTION_SECONDS,
                **({"sub": self.username} if self.username else {}),
            }
            assertion = jwt.encode(signer, claims).decode()
            return {"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion": assertion}

        return form, f"{issuer} {self.username}"
