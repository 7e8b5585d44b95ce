"""Addresses of web servers: which are allowed, and what of them may be told."""

import ssl
from dataclasses import dataclass
from urllib.parse import urlsplit

from connectors.options import is_loopback
from domain.errors import ConfigError

_PORTS = {"https": 443, "http": 80}


@dataclass(frozen=True, slots=True)
class Origin:
    """Scheme, host and port: who answers (RFC 6454). Its text may be shown; the rest of an address may be a secret."""

    scheme: str
    host: str
    port: int

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS.get(self.scheme) else f"{host}:{self.port}"

    @property
    def root(self) -> str:
        """The address without a path."""
        return f"{self.scheme}://{self}"

    @property
    def is_safe(self) -> bool:
        """Whether nobody on the way can read or change what is said."""
        return self.scheme == "https" or (self.scheme == "http" and is_loopback(self.host))


def origin_of(url: str) -> Origin:
    """Return who answers at an absolute address.

    Raises:
        ValueError: It has no scheme and host, or a port that is none.
    """
    parts = urlsplit(url)
    if parts.scheme not in _PORTS or not parts.hostname:
        raise ValueError
    return Origin(parts.scheme, parts.hostname, parts.port or _PORTS[parts.scheme])


def checked_url(url: str, *, source: str) -> str:
    """Return the address if it may be used; ``webcal`` is another name of https for calendars.

    Raises:
        ConfigError: It is none, unencrypted to another machine, or carries a password. The sentence does not show it.
    """
    scheme, separator, rest = url.strip().partition("://")
    if scheme.lower() in {"webcal", "webcals"}:
        scheme = "https"
    url = scheme.lower() + separator + rest
    try:
        safe = origin_of(url).is_safe
    except ValueError:
        safe = False
    if not safe:
        raise ConfigError(f"Source {source}: `url` must begin with https:// (http only for this machine).")
    if "@" in urlsplit(url).netloc:
        raise ConfigError(f"Source {source}: `url` must not contain a user name or password.")
    return url


def trust() -> ssl.SSLContext:
    """Certificates of this system's authorities, or of ``SSL_CERT_FILE``; hosts are verified."""
    return ssl.create_default_context()
