"""What the configuration says about one source, read once and with sentences for what is missing."""

import ipaddress
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from domain.errors import ConfigError

DEFAULT_SIZE_LIMIT = 25 * 1024 * 1024
"""Bytes; a mail larger than this is read only in its beginning, a calendar file not at all."""


def required(options: Mapping[str, Any], key: str, *, source: str) -> Any:
    """Return an option that a source cannot do without.

    Raises:
        ConfigError: It is missing or empty.
    """
    value = options.get(key)
    if value in (None, ""):
        raise ConfigError(f"Source {source} has no `{key}`; add it to its section in the configuration.")
    return value


def path_of(options: Mapping[str, Any], *, source: str) -> Path:
    """Return the ``path`` option of a source of files."""
    return Path(str(required(options, "path", source=source)))


def size_limit_of(options: Mapping[str, Any]) -> int:
    """Return the size in bytes above which an item is not read in full."""
    limit = options.get("size_limit")
    return DEFAULT_SIZE_LIMIT if limit is None else int(limit)


def is_loopback(host: str) -> bool:
    """Say whether a host name or address means this very machine, where unencrypted talk is safe."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def check_security(security: str, host: str, *, what: str) -> None:
    """Refuse unknown kinds of encryption, and none at all towards other machines.

    Args:
        security: ``tls``, ``starttls`` or ``none``.
        host: The server.
        what: Beginning of the sentence, such as ``Source desk``.

    Raises:
        ConfigError: The combination is not allowed.
    """
    if security not in {"tls", "starttls", "none"}:
        raise ConfigError(f'{what}: `security` is "{security}"; it must be "tls", "starttls" or "none".')
    if security == "none" and not is_loopback(host):
        raise ConfigError(f'{what} would send mail and password unencrypted to {host}; set `security` to "tls".')
