"""Signing in with a browser: authorization code with PKCE over a loopback redirect (RFC 8252, RFC 7636)."""

import hmac
import secrets
import webbrowser
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Empty, Queue
from threading import Thread
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from connectors.grants import Grant
from domain.errors import AuthError, sign_in_again

_DONE = "Accountline has its answer. This window can be closed; the terminal goes on."
_REFUSED = "The sign-in did not succeed. The terminal says what to do."
_STRANGE = "This is not the answer Accountline waits for."
_Answers = Queue[dict[str, str]]
_SILENCE = 10.0  # seconds a connection may stay without a word; browsers open some in advance


@dataclass(frozen=True, slots=True, kw_only=True)
class SignIn:
    """One source's sign-in.

    Attributes:
        source: Its name.
        authorize_url: Where the browser is sent.
        client: ``client_id``, and ``client_secret`` where the provider gives one to installed apps too.
        parameters: What this provider wants beside the standard's.
        redirect_host: How the provider wants this machine called in the redirect.
        scopes: What access is asked for.
        grant: Takes what comes of it.
    """

    source: str
    authorize_url: str
    client: Mapping[str, str] = field(repr=False)
    parameters: Mapping[str, str]
    redirect_host: str
    scopes: tuple[str, ...]
    grant: Grant

    def run(self, show: Callable[[str], None], *, browser: bool, timeout: float) -> None:
        """Send somebody to the provider, wait for the answer, and keep the tokens it brings.

        Args:
            show: Takes the address to open.
            browser: Whether to open a browser here too.
            timeout: Seconds to wait.

        Raises:
            AuthError: Nobody answered in time, or consent was refused.
            SourceUnreachable: The token endpoint does not answer.
        """
        state, verifier = secrets.token_urlsafe(32), secrets.token_urlsafe(64)
        answers: _Answers = Queue()
        with _listening(state, answers) as port:
            redirect = f"http://{self.redirect_host}:{port}"
            address = self._address(redirect, state, verifier)
            show(address)
            if browser:
                webbrowser.open(address)
            try:
                answer = answers.get(timeout=timeout)
            except Empty:
                raise AuthError(
                    f"Source {self.source}: nobody signed in within {timeout:.0f} seconds; "
                    f"{sign_in_again(self.source)}."
                ) from None
        if "code" not in answer:
            raise AuthError(f"Source {self.source}: access was not granted; {sign_in_again(self.source)}.")
        self.grant.begin(
            {
                "grant_type": "authorization_code",
                "code": answer["code"],
                "redirect_uri": redirect,
                "code_verifier": verifier,
                **self.client,
            }
        )

    def _address(self, redirect: str, state: str, verifier: str) -> str:
        challenge = urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        query = {
            "response_type": "code",
            "client_id": self.client["client_id"],
            "redirect_uri": redirect,
            "scope": " ".join(self.scopes),
            "state": state,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
            **self.parameters,
        }
        joint = "&" if urlsplit(self.authorize_url).query else "?"
        return f"{self.authorize_url}{joint}{urlencode(query)}"


class _Redirect(BaseHTTPRequestHandler):
    """Takes the redirect that knows ``state``; whatever else comes is sent away, and the wait goes on."""

    timeout = _SILENCE

    def __init__(self, state: str, answers: _Answers, *connection: Any) -> None:
        self._state = state
        self._answers = answers
        super().__init__(*connection)

    def do_GET(self) -> None:
        """Answer the browser."""
        said = dict(parse_qsl(urlsplit(self.path).query))
        # Other pages of the browser can reach this port too (RFC 8252, 8.9).
        if not hmac.compare_digest(said.get("state", "").encode(), self._state.encode()):
            self._say(400, _STRANGE)
            return
        self._say(200, _DONE if "code" in said else _REFUSED)
        self._answers.put(said)

    def _say(self, status: int, text: str) -> None:
        body = f"<!doctype html><meta charset=utf-8><title>Accountline</title><p>{text}".encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Referrer-Policy", "no-referrer")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_parts: object) -> None:
        """Say nothing: the request line holds the code."""


@contextmanager
def _listening(state: str, answers: _Answers) -> Iterator[int]:
    """Listen on a free port of this machine for the redirect; yield the port."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Redirect, state, answers)) as server:
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
