"""Where and whose mailbox Microsoft Graph is asked for, and what its refusals mean."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import quote, urlsplit

import httpx

from connectors.options import is_loopback
from domain.errors import AuthError, ConfigError, SourceError, SourceUnreachable

ENDPOINT = "https://graph.microsoft.com/v1.0"

_VOID = frozenset({"syncstatenotfound", "syncstateinvalid", "resyncrequired"})
_LATER = frozenset({0, 429, 500, 502, 503, 504})


class Grant(Protocol):
    """Whatever gives access tokens."""

    def token(self) -> str:
        """Return an access token."""
        ...

    def renewed(self, refused: str) -> str:
        """Return another one than the server refused."""
        ...


class LinkExpired(SourceError):  # noqa: N818 - reads as what it is
    """A delta or next link is void: one folder is to be listed anew."""


class Missing(SourceError):  # noqa: N818 - reads as what it is
    """What was asked for is not there, or no longer."""


class Refused(SourceError):  # noqa: N818 - reads as what it is
    """Graph does not give out one thing; others are not affected."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """An answer that is none.

    Attributes:
        status: Of HTTP; 0 when the connection broke.
        code: Graph's error code.
        message: Graph's words.
        retry_after: Seconds the server asks to wait; None where it does not say.
    """

    status: int
    code: str
    message: str
    retry_after: float | None = None

    @property
    def passing(self) -> bool:
        """Whether it is worth asking again."""
        return self.status in _LATER

    @property
    def words(self) -> str:
        """One short line for users."""
        status = f"HTTP {self.status} " if self.status else ""
        return " ".join(f"{status}{self.code} {self.message}".split())[:200]


def trouble_of(status: int, reason: str, document: bytes, retry_after: float | None) -> Trouble:
    """Read Graph's error document, whatever is really in it."""
    code, message = "", reason
    try:
        error = json.loads(document)["error"]
        code, message = str(error["code"]), str(error.get("message", ""))
    except (AttributeError, KeyError, TypeError, ValueError):
        pass
    return Trouble(status=status, code=code, message=message, retry_after=retry_after)


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphAccess:
    """Where and whose mailbox to read.

    Attributes:
        source: Name of the source.
        grant: Gives the tokens.
        permission: What reading needs, such as ``Mail.Read``.
        endpoint: Address of the API with its version.
        username: Whose mailbox; ``""`` for that of whoever signed in.
    """

    source: str
    grant: Grant = field(repr=False)
    permission: str
    endpoint: str = ENDPOINT
    username: str = ""

    @property
    def host(self) -> str:
        """The server's name."""
        return urlsplit(self.endpoint).hostname or ""

    @property
    def mailbox(self) -> str:
        """Address below which everything of this mailbox lies."""
        who = f"users/{quote(self.username, safe='@')}" if self.username else "me"
        return f"{self.endpoint}/{who}"

    @property
    def whose(self) -> str:
        """The mailbox, for sentences."""
        return f"the mailbox of {self.username}" if self.username else "the mailbox"

    def url(self, where: str) -> str:
        """Complete a path below the mailbox; a link Graph gave may only point to where the token may go.

        Raises:
            SourceError: It points elsewhere.
        """
        if "://" not in where:
            return f"{self.mailbox}/{where}"
        given, ours = urlsplit(where), urlsplit(self.endpoint)
        if (given.scheme, given.netloc) != (ours.scheme, ours.netloc):
            raise SourceError(
                f"Source {self.source}: {self.host} sent a link to {given.hostname}; it was not followed."
            )
        return where

    def refusal(self, trouble: Trouble) -> SourceError:
        """What a refusal means that will stay one."""
        place = f"Source {self.source}: {self.host}"
        match trouble.status:
            case 401:
                return AuthError(f"{place} refused the sign-in; run `accountline connect {self.source}`.")
            case 403:
                return AuthError(
                    f"{place} does not let us read {self.whose}: the permission {self.permission} or the access to "
                    f"it is missing; have it granted, then run `accountline connect {self.source}`."
                )
            case _ if trouble.status == httpx.codes.GONE or trouble.code.lower() in _VOID:
                return LinkExpired(f"{place} no longer knows where we stopped.")
            case 404:
                return Missing(f"{place} does not find {self.whose} ({trouble.words}); check `username`.")
        return Refused(f"{place} refused a request ({trouble.words}); check `username`.")

    def impatience(self, trouble: Trouble) -> SourceError:
        """What it means that asking again and again did not help."""
        place = f"Source {self.source}: {self.host}"
        if trouble.status == httpx.codes.TOO_MANY_REQUESTS:
            return SourceUnreachable(f"{place} is being asked too often and wants us to wait; try again later.")
        if trouble.status == httpx.codes.INTERNAL_SERVER_ERROR:
            # What fails inside the server time and again is as a rule one thing it cannot handle.
            return Refused(f"{place} failed ({trouble.words}).")
        return SourceUnreachable(f"{place} does not answer as it should ({trouble.words}); try again later.")


def endpoint_of(options: Mapping[str, Any], *, source: str) -> str:
    """Return the ``api_endpoint`` option.

    Raises:
        ConfigError: It would send tokens unencrypted to another machine.
    """
    endpoint = str(options.get("api_endpoint") or ENDPOINT).rstrip("/")
    parts = urlsplit(endpoint)
    if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(parts.hostname or "")):
        raise ConfigError(f"Source {source}: `api_endpoint` must begin with https://.")
    return endpoint
