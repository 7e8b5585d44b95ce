"""The ``[[sources]]`` of the configuration: what each kind takes, checked before anything is connected."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from connectors import registry
from domain.accounts import Company
from domain.visibility import Visibility
from flows.plain_values import read_address, read_duration
from flows.secret_values import Secret, is_loopback, read_secret
from flows.toml_nodes import Node, Table

_SECURITY = ("tls", "starttls", "none")
_AUTH = ("password", "xoauth2")
_PROVIDERS = ("google", "microsoft")
_MOST_CONNECTIONS = 8  # servers commonly allow ten to fifteen
_EVERY_KIND = ("name", "kind", "owner", "interval", "size_limit", "visibility")


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceConfig:
    """One configured connection.

    Attributes:
        name: Unique.
        kind: A key of ``KINDS``.
        owner: Own address this source belongs to, ``""`` when it is everybody's.
        options: What the kind takes, paths absolute; never a secret. What is not written is left to the kind.
        secret: Password or credentials, None when the kind needs none.
        interval: Between two runs of ``serve``.
        folder: Where the configuration file lies.
        visibility: How much of what only this source holds is shown: ``metadata``, ``subject`` or ``everything``.
    """

    name: str
    kind: str
    owner: str
    options: Mapping[str, Any]
    secret: Secret | None
    interval: timedelta
    folder: Path
    visibility: str = Visibility.EVERYTHING.word

    @property
    def is_file(self) -> bool:
        """Whether it is read from this machine's disk, not from a server."""
        return "path" in self.options


@dataclass(frozen=True, slots=True)
class _Reading:
    """What the readers of the kinds need: the table, its name and the folder of the configuration file."""

    table: Table
    name: str
    folder: Path


_Options = tuple[dict[str, Any], Secret | None]


def read_sources(root: Table, company: Company, folder: Path, every: timedelta) -> tuple[SourceConfig, ...]:
    """Read all sources.

    Args:
        root: The whole file.
        company: Whose addresses may own a source.
        folder: What relative paths are relative to.
        every: Interval of sources that do not name their own.

    Raises:
        ConfigError: With the line.
    """
    node = root.get("sources")
    sources: dict[str, SourceConfig] = {}
    for table_node in node.tables() if node else []:
        source = _read_source(table_node, company, folder, every)
        if source.name in sources:
            raise table_node.error(f'there are two sources named "{source.name}"; each needs a name of its own')
        sources[source.name] = source
    return tuple(sources.values())


def _read_source(node: Node, company: Company, folder: Path, every: timedelta) -> SourceConfig:
    anything = node.table()
    kind = anything.require("kind").choice(dict.fromkeys([*KINDS, *registry.KINDS]))
    options_known, read = KINDS.get(kind) or (("path", *registry.option_names(kind)), _read_files)
    table = node.table(*_EVERY_KIND, *options_known)
    name = table.require("name").text()
    options, secret = read(_Reading(table, name, folder))
    interval = table.get("interval")
    return SourceConfig(
        name=name,
        kind=kind,
        owner=_read_owner(table.get("owner"), company),
        options=options,
        secret=secret,
        interval=read_duration(interval) if interval else every,
        folder=folder,
        visibility=anything.choice("visibility", [v.word for v in Visibility], Visibility.EVERYTHING.word),
    )


def _read_owner(node: Node | None, company: Company) -> str:
    if node is None:
        return ""
    owner = read_address(node)
    domain = owner.rpartition("@")[2]
    ours = owner in company.identities or any(domain == own or domain.endswith(f".{own}") for own in company.domains)
    if not ours:
        raise node.error(f"{node.label} is {owner}, who is not one of us; add the address to `identities` in [company]")
    return owner


def _read_path(reading: _Reading) -> str:
    return str(reading.folder / Path(reading.table.require("path").text()).expanduser())


def _read_choice(table: Table) -> dict[str, Any]:
    """Return which folders are read where the kind has several, and how large an item may be."""
    options: dict[str, Any] = {}
    folders, size_limit = table.get("folders"), table.get("size_limit")
    if folders:
        chosen = folders.table("include", "exclude")
        options["folders"] = {key: chosen.texts(key) for key in chosen.fields}
    if size_limit:
        options["size_limit"] = int(size_limit.number(above=0))
    return options


def _read_files(reading: _Reading) -> _Options:
    """Read ``path``, and the further keys a class names in its ``OPTIONS``: ``folders``, or plain values."""
    read_otherwise = {*_EVERY_KIND, "path", "folders"}
    plain = {key: node.plain() for key, node in reading.table.fields.items() if key not in read_otherwise}
    return {"path": _read_path(reading), **_read_choice(reading.table), **plain}, None


def _read_imap(reading: _Reading) -> _Options:
    table = reading.table
    host = table.require("host").text()
    username = table.require("username").text()
    security = table.choice("security", _SECURITY, "tls")
    if security == "none" and not is_loopback(host):
        node = table.require("security")
        raise node.error('a password must not cross the network in the clear; `security` must be "tls" or "starttls"')
    options = {"host": host, "username": username, "security": security, **_read_choice(table)}
    port, connections, idle = table.get("port"), table.get("connections"), table.get("idle")
    if port:
        options["port"] = port.port()
    if connections:
        options["connections"] = connections.count(most=_MOST_CONNECTIONS)
    if idle:
        options["idle"] = idle.flag()
    if table.choice("auth", _AUTH, "password") == "xoauth2":
        more, secret = _read_token_login(reading, username)
        return {**options, **more}, secret
    _refuse(table, ("provider", "credentials"), 'is for `auth = "xoauth2"` only')
    password = table.require("password")
    return options, read_secret(password, wanted_for=f'password of "{reading.name}"', username=username, host=host)


def _read_token_login(reading: _Reading, username: str) -> _Options:
    """Read how a mail server is signed in to with OAuth, where others have a password."""
    _refuse(reading.table, ("password",), 'is not used with `auth = "xoauth2"`; leave it out')
    credentials, secret = _read_credentials(reading, username)
    provider = reading.table.require("provider").choice(_PROVIDERS)
    return {"auth": "xoauth2", "provider": provider, **credentials}, secret


def _refuse(table: Table, keys: tuple[str, ...], reason: str) -> None:
    for key in keys:
        if key in table.fields:
            raise table.fields[key].error(f"`{key}` {reason}")


def _read_credentials(reading: _Reading, username: str) -> _Options:
    """Read a file in the provider's own format, or a reference to its content."""
    credentials = reading.table.require("credentials")
    if isinstance(credentials.value, str):
        return {"credentials": str(reading.folder / Path(credentials.text()).expanduser())}, None
    wanted_for = f'credentials of "{reading.name}"'
    return {}, read_secret(credentials, wanted_for=wanted_for, username=username, whole=True)


def _read_url(node: Node) -> str:
    url = node.text()
    scheme, separator, rest = url.partition("://")
    if scheme.lower() in {"webcal", "webcals"}:  # what calendars call https
        url = f"https{separator}{rest}"
    parts = urlsplit(url)
    if parts.scheme not in {"https", "http"} or not parts.hostname:
        raise node.error(f"{node.label} must begin with https://")
    if parts.scheme == "http" and not is_loopback(parts.hostname):
        raise node.error(f"{node.label} must begin with https://; http is for servers on this machine only")
    if "@" in parts.netloc:
        raise node.error(f"{node.label} must not contain a user name or password")
    return url


def _read_ics(reading: _Reading) -> _Options:
    table = reading.table
    path, url = table.get("path"), table.get("url")
    if (path is None) == (url is None):
        raise table.node.error(f"{table.node.label} needs either `path` or `url`")
    choice = _read_choice(table)
    if url is None:
        return {"path": _read_path(reading), **choice}, None
    if isinstance(url.value, str):
        return {"url": _read_url(url), **choice}, None
    # The address of a private calendar opens it to whoever knows it: it is a secret as a password is.
    return {"url": "", **choice}, read_secret(url, wanted_for=f'address of "{reading.name}"')


def _read_caldav(reading: _Reading) -> _Options:
    table = reading.table
    url = _read_url(table.require("url"))
    username = table.require("username").text()
    secret = read_secret(
        table.require("password"),
        wanted_for=f'password of "{reading.name}"',
        username=username,
        host=urlsplit(url).hostname or "",
    )
    return {"url": url, "username": username, **_read_choice(table)}, secret


def _read_cloud(reading: _Reading) -> _Options:
    """Google and Microsoft."""
    table = reading.table
    options: dict[str, Any] = {"username": table.text("username"), **_read_choice(table)}
    endpoint = table.get("api_endpoint")
    if endpoint:
        options["api_endpoint"] = _read_url(endpoint)
    credentials, secret = _read_credentials(reading, options["username"])
    return {**options, **credentials}, secret


_Kind = tuple[tuple[str, ...], Callable[[_Reading], _Options]]
_CLOUD: _Kind = (("credentials", "api_endpoint", "username", "folders"), _read_cloud)

KINDS: Mapping[str, _Kind] = {
    "imap": (
        (
            *("host", "port", "username", "password", "security", "folders", "connections", "idle"),
            *("auth", "provider", "credentials"),
        ),
        _read_imap,
    ),
    "gmail": _CLOUD,
    "google_calendar": _CLOUD,
    "caldav": (("url", "username", "password", "folders"), _read_caldav),
    "ics": (("path", "url", "folders"), _read_ics),
    "graph_mail": _CLOUD,
    "graph_calendar": _CLOUD,
}
"""Own keys and reader of kinds that have more than a path; the others have a line in ``connectors.registry`` only."""
