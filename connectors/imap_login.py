"""Signing in to an IMAP server, and its troubles as sentences."""

import logging
import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from imapclient import IMAPClient, SocketTimeout
from imapclient.exceptions import IMAPClientAbortError, IMAPClientError, LoginError

from connectors.oauth import grant_of
from domain.errors import AuthError, ConfigError, SourceError, SourceUnreachable, sign_in_again

# The library's own log tells every line of the conversation, mails included.
logging.getLogger("imapclient").setLevel(logging.WARNING)

TIMEOUT = 60.0  # seconds, to connect and for every single answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """Where and as whom to sign in; the secret shows in no representation of it.

    Attributes:
        secret: Gives the password, or the access token for ``xoauth2``.
        mechanism: ``login``, or ``xoauth2``: an OAuth access token in place of the password.
        renewed: Gives another access token than the one the server refused.
    """

    host: str
    port: int
    username: str
    security: str
    secret: Callable[[], str]
    mechanism: str = "login"
    renewed: Callable[[str], str] | None = None


def credentials_of(source: str, options: Mapping[str, Any], secret: str | None) -> dict[str, Any]:
    """Return the part of a ``Login`` that says who one is: by password, or by OAuth where ``auth`` says so.

    Raises:
        ConfigError: The password or the OAuth credentials are missing.
    """
    if options.get("auth") == "xoauth2":
        grant = grant_of("imap", source, options, secret)
        return {"secret": grant.token, "mechanism": "xoauth2", "renewed": grant.renewed}
    if not secret:
        raise ConfigError(f"Source {source} has no password; set one for user {options.get('username')}.")
    return {"secret": lambda: secret}


def _connected(login: Login) -> IMAPClient:
    context = ssl.create_default_context()
    encrypted = login.security == "tls"
    try:
        client = IMAPClient(
            login.host,
            port=login.port,
            ssl=encrypted,
            ssl_context=context if encrypted else None,
            timeout=SocketTimeout(connect=TIMEOUT, read=TIMEOUT),
        )
    except IMAPClientAbortError:
        raise
    except IMAPClientError as greeting:  # BYE in place of a greeting: too busy, or down for maintenance
        raise IMAPClientAbortError(one_line(greeting)) from None
    client.normalise_times = False  # else INTERNALDATE loses its offset and becomes the local time of this machine
    if login.security == "starttls":
        try:
            client.starttls(context)
        except BaseException:
            hang_up(client)
            raise
    return client


def hang_up(client: IMAPClient) -> None:
    """Close the socket."""
    with suppress(OSError, IMAPClientError):
        client.shutdown()


def signed_in(login: Login, source: str) -> IMAPClient:
    """Connect and sign in; the caller turns what is raised into sentences, except what concerns the credentials.

    Raises:
        AuthError: The server refused the credentials.
        SourceUnreachable: It broke off meanwhile.
    """
    secret = login.secret()
    try:
        return _opened(login, source, secret)
    except AuthError:
        if login.renewed is None:
            raise
        # A server may drop a token before its time, as after a change of password.
        secret = login.renewed(secret)
    return _opened(login, source, secret)


def _opened(login: Login, source: str, secret: str) -> IMAPClient:
    client = _connected(login)
    try:
        _sign_in(client, login, source, secret)
    except BaseException:
        hang_up(client)
        raise
    return client


def _sign_in(client: IMAPClient, login: Login, source: str, secret: str) -> None:
    try:
        if login.mechanism == "xoauth2":
            client.oauth2_login(login.username, secret)
        elif login.username.isascii() and secret.isascii():
            client.login(login.username, secret)
        else:  # LOGIN as the library sends it cannot carry other characters, SASL PLAIN is UTF-8 (RFC 4616)
            client.plain_login(login.username, secret)
    except LoginError as error:
        cause = error.__context__
        if isinstance(cause, IMAPClientAbortError) or "[UNAVAILABLE]" in str(error):  # RFC 5530: a passing failure
            raise SourceUnreachable(
                f"Source {source}: {login.host} broke off while {login.username} was signing in; try again later."
            ) from None
        advice = (
            f"{sign_in_again(source)} as that user"
            if login.mechanism == "xoauth2"
            else "check `username` and password, and whether the server wants an app password"
        )
        raise AuthError(f"Source {source}: {login.host} refused user {login.username}; {advice}.") from None


@contextmanager
def sentences(login: Login, source: str) -> Iterator[None]:
    """Turn what the libraries raise into our errors."""
    place = f"Source {source}: {login.host}:{login.port}"
    try:
        yield
    except ssl.SSLCertVerificationError as error:
        raise SourceUnreachable(
            f"{place} has a certificate that cannot be trusted ({error.verify_message}); "
            "check `host` or install its certificate authority."
        ) from None
    except (ssl.SSLEOFError, ssl.SSLZeroReturnError):
        raise SourceUnreachable(f"{place} hung up; try again later.") from None
    except ssl.SSLError:
        raise SourceUnreachable(f"{place} does not speak TLS this way; check `port` and `security`.") from None
    except TimeoutError:
        raise SourceUnreachable(f"{place} does not answer; check `host`, `port` and the network.") from None
    except (OSError, IMAPClientAbortError) as error:
        raise SourceUnreachable(f"{place} cannot be reached or hung up ({one_line(error)}); try again later.") from None
    except IMAPClientError as error:
        raise SourceError(f"{place} refused a command ({one_line(error)}).") from None


def one_line(error: Exception) -> str:
    """Return the library's words, short; commands that carry the password are handled before they get here."""
    return " ".join(str(error).split())[:200]
