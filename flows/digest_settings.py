"""The ``[digest]`` of the configuration: when and where to the morning report goes."""

import re
from dataclasses import dataclass
from datetime import time

from flows.plain_values import read_address
from flows.secret_values import Secret, SecretKind, is_loopback, read_secret
from flows.toml_nodes import Node, Table

_AT = time(7, 30)
_CLOCK = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)")


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpConfig:
    """The server that takes the digest in. ``security`` is ``tls``, ``starttls`` or ``none``."""

    host: str
    port: int
    security: str
    username: str = ""
    password: Secret | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestConfig:
    """When and where to the morning report goes.

    Attributes:
        at: Time of day in the company's zone.
        to: Addresses.
        sender: From address, ``""`` for the first of ``to``.
        smtp: None when no mail can be sent.
        notify: Apprise URLs, by reference.
        owners: Owners get by mail what concerns their accounts.
    """

    at: time = _AT
    to: tuple[str, ...] = ()
    sender: str = ""
    smtp: SmtpConfig | None = None
    notify: tuple[Secret, ...] = ()
    owners: bool = False


def read_digest(table: Table) -> DigestConfig:
    """Read the keys of ``[digest]``.

    Raises:
        ConfigError: With the line.
    """
    at, to, sender, smtp, notify = (table.get(key) for key in ("at", "to", "sender", "smtp", "notify"))
    owners = table.get("owners")
    if owners and owners.flag() and not (smtp and (sender or (to and to.items()))):
        raise owners.error(f"{owners.label} sends mail; it needs `smtp`, and `sender` where `to` is empty")
    return DigestConfig(
        at=_read_clock(at) if at else _AT,
        to=tuple(read_address(item) for item in to.items()) if to else (),
        sender=read_address(sender) if sender else "",
        smtp=_read_smtp(smtp) if smtp else None,
        notify=tuple(_read_notify(item) for item in notify.items()) if notify else (),
        owners=owners.flag() if owners else False,
    )


def _read_clock(node: Node) -> time:
    if isinstance(node.value, time):
        return node.value
    match = _CLOCK.fullmatch(node.text())
    if not match:
        raise node.error(f'{node.label} must be a time of day such as "07:30"')
    return time(int(match[1]), int(match[2]))


def _read_smtp(node: Node) -> SmtpConfig:
    table = node.table("host", "port", "security", "username", "password")
    host = table.require("host").text()
    username = table.text("username")
    password = table.get("password")
    port = table.get("port")
    security = table.choice("security", ("tls", "starttls", "none"), "none" if is_loopback(host) else "starttls")
    if password and security == "none" and not is_loopback(host):
        raise password.error(
            'a password must not cross the network in the clear; `security` must be "tls" or "starttls"'
        )
    return SmtpConfig(
        host=host,
        port=port.port() if port else {"tls": 465, "starttls": 587, "none": 25}[security],
        security=security,
        username=username,
        password=read_secret(password, wanted_for="password of the digest's server", username=username, host=host)
        if password
        else None,
    )


def _read_notify(node: Node) -> Secret:
    """Read an apprise URL; one that stands in the file is kept out of sight like any other secret."""
    wanted_for = "address for notices"
    if isinstance(node.value, str):
        return Secret(SecretKind.LITERAL, (node.text(),), wanted_for)
    return read_secret(node, wanted_for=wanted_for)
