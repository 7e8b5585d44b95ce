"""An authorization server on loopback that plays Google's and Microsoft's (RFC 6749, 7523, 7636).

It answers, whatever stands before the last part of the path (Microsoft's tenant does):

- ``GET …/authorize``: the consent page. It consents at once, or refuses when ``consents`` is off, and redirects to
  ``redirect_uri`` with ``code`` and ``state`` as a browser would be.
- ``POST …/token`` with ``authorization_code`` (checks redirect and PKCE verifier, each code once), ``refresh_token``,
  ``client_credentials`` (checks the secret) and the JWT assertion of a service account (checks signature and audience).
- ``GET …/tokeninfo?access_token=…``: whose a token is, as Dovecot's oauth2 passdb asks.

Tests turn its knobs: ``lifetime``, ``rotates``, ``busy``, ``consents``, ``revoke``, ``forget_access_tokens``.
"""

import json
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from functools import cache, partial
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from google.auth import jwt

CLIENT, CLIENT_SECRET = "client-1", "client-secret-7fQ2"
SERVICE = "reader@project.example"
_JWT = "urn:ietf:params:oauth:grant-type:jwt-bearer"

Answer = tuple[int, dict[str, Any]]


@cache
def service_key() -> tuple[str, str]:
    """Return a service account's private and public key, PEM."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return private.decode(), public.decode()


@dataclass
class FakeAuthorization:
    """A running server.

    Attributes:
        url: Where it listens.
        user: Who signs in when somebody does.
        lifetime: Seconds new access tokens are said to live.
        rotates: Whether a refresh brings a new refresh token and voids the old one.
        busy: How many of the next token requests are answered with 503.
        consents: Whether the user agrees.
        brings_refresh_token: Whether a sign-in gives one; Google leaves it out when consent is not asked for again.
        page: What answers instead of the token endpoint, as a network's sign-in page does.
        undelegated: Whether service accounts may act for nobody.
        forms: Every token request.
        issued: Every secret that was handed out.
    """

    url: str = ""
    user: str = "desk"
    lifetime: int = 3600
    rotates: bool = False
    busy: int = 0
    consents: bool = True
    brings_refresh_token: bool = True
    page: str = ""
    undelegated: bool = False
    forms: list[dict[str, str]] = field(default_factory=list)
    issued: list[str] = field(default_factory=list)
    _codes: dict[str, dict[str, str]] = field(default_factory=dict)
    _refresh: dict[str, str] = field(default_factory=dict)
    _access: dict[str, str] = field(default_factory=dict)

    def installed(self) -> dict[str, Any]:
        """Return what Google's console gives for a desktop app."""
        places = {"auth_uri": f"{self.url}/o/oauth2/auth/authorize", "token_uri": f"{self.url}/token"}
        return {"installed": {"client_id": CLIENT, "client_secret": CLIENT_SECRET, **places}}

    def authorized_user(self) -> dict[str, Any]:
        """Return the file of somebody who signed in elsewhere."""
        client = {"client_id": CLIENT, "client_secret": CLIENT_SECRET, "token_uri": f"{self.url}/token"}
        return {"type": "authorized_user", "refresh_token": self.refresh_token(self.user), **client}

    def service_account(self) -> dict[str, Any]:
        """Return a service account's file."""
        key = {"private_key": service_key()[0], "private_key_id": "k1"}
        return {"type": "service_account", "client_email": SERVICE, "token_uri": f"{self.url}/token", **key}

    def microsoft(self, *, secret: bool = False) -> dict[str, Any]:
        """Return the credentials of a public client, or of an application with a secret."""
        client = {"client_id": CLIENT, "tenant": "northwind.example", "authority": self.url}
        return {**client, "client_secret": CLIENT_SECRET} if secret else client

    def refresh_token(self, user: str) -> str:
        """Give out a refresh token."""
        token = self._new("refresh")
        self._refresh[token] = user
        return token

    def access_token(self, user: str) -> str:
        """Give out an access token."""
        token = self._new("access")
        self._access[token] = user
        return token

    def revoke(self) -> None:
        """Void every grant, as a user does in the settings of the account, or an administrator."""
        self._refresh.clear()
        self._access.clear()

    def forget_access_tokens(self) -> None:
        """Void access tokens before their time; grants stay."""
        self._access.clear()

    def grants(self) -> list[str]:
        """Return which grant types were asked for, in order."""
        return [form["grant_type"].rpartition(":")[2] for form in self.forms]

    def _new(self, what: str) -> str:
        token = f"{what}-{secrets.token_urlsafe(24)}"
        self.issued.append(token)
        return token

    def authorize(self, query: dict[str, str]) -> str:
        """Return where the browser is sent back to."""
        if not self.consents:
            answer = {"error": "access_denied", "state": query["state"]}
        else:
            code = self._new("code")
            self._codes[code] = query
            answer = {"code": code, "state": query["state"]}
        return f"{query['redirect_uri']}?{urlencode(answer)}"

    def token(self, form: dict[str, str]) -> Answer:
        """Answer a token request."""
        self.forms.append(form)
        if self.busy:
            self.busy -= 1
            return 503, {"error": "temporarily_unavailable"}
        if form.get("client_secret", CLIENT_SECRET) != CLIENT_SECRET:
            return 401, {"error": "invalid_client", "error_description": "AADSTS7000215: wrong secret " + CLIENT}
        handlers = {
            "authorization_code": self._exchange,
            "refresh_token": self._refreshed,
            "client_credentials": lambda _form: self._tokens("application"),
            _JWT: self._asserted,
        }
        handler = handlers.get(form["grant_type"])
        return handler(form) if handler else (400, {"error": "unsupported_grant_type"})

    def tokeninfo(self, token: str) -> Answer:
        """Say whose an access token is."""
        user = self._access.get(token)
        return (200, {"email": user, "active": True}) if user else (400, {"error": "invalid_token"})

    def _exchange(self, form: dict[str, str]) -> Answer:
        asked = self._codes.pop(form["code"], {})
        challenge = urlsafe_b64encode(sha256(form["code_verifier"].encode()).digest()).rstrip(b"=").decode()
        expected = (asked.get("redirect_uri"), asked.get("client_id"), asked.get("code_challenge"))
        if expected != (form["redirect_uri"], form["client_id"], challenge):
            return 400, {"error": "invalid_grant"}
        return self._tokens(self.user, self.refresh_token(self.user) if self.brings_refresh_token else None)

    def _refreshed(self, form: dict[str, str]) -> Answer:
        user = self._refresh.get(form["refresh_token"])
        if user is None:
            return 400, {"error": "invalid_grant", "error_description": f"AADSTS700082: {form['refresh_token']} is old"}
        if not self.rotates:
            return self._tokens(user)
        del self._refresh[form["refresh_token"]]
        return self._tokens(user, self.refresh_token(user))

    def _asserted(self, form: dict[str, str]) -> Answer:
        try:
            claims = jwt.decode(form["assertion"], certs=service_key()[1], audience=f"{self.url}/token")
        except ValueError:
            return 400, {"error": "invalid_grant"}
        if self.undelegated:
            return 401, {"error": "unauthorized_client"}
        return self._tokens(claims.get("sub", claims["iss"]))

    def _tokens(self, user: str, refresh_token: str | None = None) -> Answer:
        said = {"access_token": self.access_token(user), "token_type": "Bearer", "expires_in": self.lifetime}
        return 200, {**said, **({"refresh_token": refresh_token} if refresh_token else {})}


class _Handler(BaseHTTPRequestHandler):
    def __init__(self, server: FakeAuthorization, *connection: Any) -> None:
        self.fake = server
        super().__init__(*connection)

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        query = dict(parse_qsl(parts.query))
        if parts.path.endswith("/authorize"):
            self.send_response(302)
            self.send_header("Location", self.fake.authorize(query))
            self.send_header("Content-Length", "0")
            self.end_headers()
        elif parts.path.endswith("/tokeninfo"):
            self._say(*self.fake.tokeninfo(query.get("access_token", "")))
        else:
            self._say(404, {})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        self._say(*self.fake.token(dict(parse_qsl(body))))

    def _say(self, status: int, said: dict[str, Any]) -> None:
        data = (self.fake.page or json.dumps(said)).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_parts: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="session")
def authorization_server() -> Iterator[FakeAuthorization]:
    """Run a server for all tests: Dovecot asks it too, and is started once."""
    fake = FakeAuthorization()
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, fake)) as server:
        fake.url = f"http://127.0.0.1:{server.server_port}"
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        try:
            yield fake
        finally:
            server.shutdown()


@pytest.fixture
def authorization(authorization_server: FakeAuthorization) -> FakeAuthorization:
    """Return the server, its knobs as at first."""
    for attribute in fields(FakeAuthorization):
        if attribute.name != "url":
            fresh = attribute.default_factory() if callable(attribute.default_factory) else attribute.default
            setattr(authorization_server, attribute.name, fresh)
    return authorization_server
