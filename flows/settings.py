"""``accountline.toml`` read into records, or refused with the line and the nearest valid name."""

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from urllib.parse import urlsplit

from domain.accounts import Account, Company
from domain.errors import ConfigError
from domain.followup import Policy
from domain.free_mail import FREE_MAIL_DOMAINS
from flows.calendar_settings import check_accounts, named_accounts
from flows.digest_settings import DigestConfig, SmtpConfig, read_digest
from flows.plain_values import read_address, read_domain, read_duration, read_timezone
from flows.response_settings import read_policy
from flows.secret_values import Secret, is_loopback, resolve
from flows.source_settings import SourceConfig, read_sources
from flows.toml_nodes import Node, Table, read_toml

__all__ = [
    "DigestConfig",
    "Exclusion",
    "ExclusionMode",
    "Secret",
    "Settings",
    "SmtpConfig",
    "SourceConfig",
    "config_path",
    "load_settings",
    "resolve",
    "settings_from",
]

_FILE = "accountline.toml"
_PARTS = ("company", "store", "accounts", "sources", "response", "privacy", "digest", "extraction", "serve")
_EVERY = timedelta(minutes=5)
_DAYS = 36_500
_STORE_URL = "sqlite:///accountline.db"
_SQLITE = "sqlite:///"
_POSTGRESQL = ("postgresql", "postgresql+psycopg")
_EXCLUSION_KEYS = ("address", "domain", "folder", "label")


class ExclusionMode(StrEnum):
    """What is kept of an excluded mail (SEMANTICS 6): a counter, or that it was exchanged."""

    DROP = "drop"
    STRIP = "strip"


@dataclass(frozen=True, slots=True)
class Exclusion:
    """Mail that must not be stored.

    Attributes:
        key: ``address``, ``domain``, ``folder`` or ``label``.
        value: Addresses and domains lower-cased, the others as written.
        mode: What is kept all the same.
    """

    key: str
    value: str
    mode: ExclusionMode = ExclusionMode.DROP


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The whole configuration.

    Attributes:
        path: The file it was read from, absolute.
        company: The own side.
        store_url: A sqlite file's path is absolute. Not in the repr: it may hold a local password.
        book: The account book, absolute; may be missing.
        unknown_domains: ``triage``, ``create`` or ``ignore``.
        sources: In the order written.
        policy: Targets, working hours and calendars.
        named_accounts: Where the calendars name accounts, for ``check_accounts`` once the account book is read.
        digest: The morning report.
        exclusions: What must not be stored.
        keep_raw: The age from which raw mail is removed, None where it is kept.
        model: A spaCy pipeline to use instead of the one that is shipped, ``""`` for that one.
        every: How often ``serve`` ingests sources that name no interval.
    """

    path: Path
    company: Company
    store_url: str = field(repr=False)
    book: Path
    unknown_domains: str
    sources: tuple[SourceConfig, ...]
    policy: Policy
    named_accounts: tuple[Node, ...]
    digest: DigestConfig
    exclusions: tuple[Exclusion, ...]
    keep_raw: timedelta | None
    model: str
    every: timedelta

    def stale_after(self) -> Mapping[str, timedelta | None]:
        """Return the age from which each source is stale, by name: ``max(3 x interval, 24 h)`` (SEMANTICS 6).

        None for files: reading one completely proves it, however long ago that was.
        """
        return {
            source.name: None if source.is_file else max(3 * source.interval, timedelta(hours=24))
            for source in self.sources
        }


def config_path(path: Path | None) -> Path:
    """Return the absolute path of the configuration: as given, else ``ACCOUNTLINE_CONFIG``, else the working folder."""
    try:
        return Path(path or os.environ.get("ACCOUNTLINE_CONFIG") or _FILE).expanduser().absolute()
    except OSError:
        raise ConfigError("the working folder does not exist any more; change to another one") from None


def load_settings(path: Path | None) -> Settings:
    """Read and check the configuration. Connects to nothing and resolves no secret.

    Args:
        path: From ``--config``, or None.

    Raises:
        ConfigError: "accountline.toml, line 12: unknown key `folder` in [[sources]] "desk"; did you mean `folders`?"
    """
    file = config_path(path)
    if not file.exists():
        raise ConfigError(
            f"there is no configuration at {file}; run `accountline init` to write one, or name one with --config"
        )
    return settings_from(file, read_toml(file))


def settings_from(file: Path, node: Node) -> Settings:
    """Check what stands in a configuration file, or what is to be written there.

    Args:
        file: The file, absolute: relative paths start from its folder.
        node: Its content.

    Raises:
        ConfigError: As for ``load_settings``.
    """
    root = node.table(*_PARTS)
    company = _read_company(root)
    every = _part(root, "serve", "every").get("every")
    interval = read_duration(every) if every else _EVERY
    accounts = _part(root, "accounts", "book", "unknown_domains")
    privacy = _part(root, "privacy", "exclude", "keep_raw_days")
    keep = privacy.get("keep_raw_days")
    return Settings(
        path=file,
        company=company,
        store_url=_read_store_url(_part(root, "store", "url"), file.parent),
        book=file.parent / Path(accounts.text("book", "accounts.csv")).expanduser(),
        unknown_domains=accounts.choice("unknown_domains", ("triage", "create", "ignore"), "triage"),
        sources=read_sources(root, company, file.parent, interval),
        policy=read_policy(root, company, file.parent),
        named_accounts=named_accounts(root),
        digest=read_digest(_part(root, "digest", "at", "to", "sender", "smtp", "notify", "owners")),
        exclusions=_read_exclusions(privacy),
        keep_raw=timedelta(days=keep.count(most=_DAYS)) if keep else None,
        model=_part(root, "extraction", "model").text("model"),
        every=interval,
    )


def load_policy(file: Path, company: Company, book: Iterable[Account]) -> Policy:
    """Read the ``[response]`` of a file; whatever else a configuration has is not looked at.

    Args:
        file: A configuration, or a part of one.
        company: Its hours are meant in its zone; its people may have calendars of their own.
        book: The accounts that calendars may name.

    Raises:
        ConfigError: The file cannot be read, it has no ``[response]``, or that is wrong.
    """
    root = read_toml(file.absolute()).table(*_PARTS)
    root.require("response")
    policy = read_policy(root, company, file.absolute().parent)
    check_accounts(named_accounts(root), book)
    return policy


def _part(root: Table, key: str, *known: str) -> Table:
    """Return a table of the file, an empty one when it is not written."""
    node = root.get(key) or Node(root.node.file, root.node.lines, (key,), {})
    return node.table(*known)


def _read_company(root: Table) -> Company:
    table = root.require("company").table("name", "domains", "identities", "timezone")
    domains = table.get("domains")
    identities = table.get("identities")
    timezone = table.get("timezone")
    company = Company(
        name=table.require("name").text(),
        domains=tuple(_read_own_domain(item) for item in domains.items()) if domains else (),
        identities=tuple(read_address(item) for item in identities.items()) if identities else (),
        timezone=read_timezone(timezone) if timezone else "UTC",
    )
    if not company.domains and not company.identities:
        raise table.node.error("[company] needs `domains` or `identities`, to tell your own people from clients")
    return company


def _read_own_domain(node: Node) -> str:
    domain = read_domain(node)
    if domain in FREE_MAIL_DOMAINS:
        raise node.error(f"anybody can have an address at {domain}; list your own ones in `identities` instead")
    return domain


def _read_store_url(table: Table, folder: Path) -> str:
    url = table.text("url", _STORE_URL)
    node = table.get("url") or table.node
    if url.startswith(_SQLITE):
        name, question, options = url.removeprefix(_SQLITE).partition("?")
        if not name or name == ":memory:":
            raise node.error(f"{node.label} must name a file, such as {_STORE_URL}")
        return f"{_SQLITE}{folder / name}{question}{options}"
    parts = urlsplit(url)
    if parts.scheme not in _POSTGRESQL:
        raise node.error(f"{node.label} must begin with {_SQLITE} or postgresql+psycopg://")
    if parts.password and not is_loopback(parts.hostname or ""):
        raise node.error(f"{node.label} must not contain a password; keep it in ~/.pgpass or in PGPASSWORD")
    return url


def _read_exclusions(table: Table) -> tuple[Exclusion, ...]:
    node = table.get("exclude")
    return tuple(_read_exclusion(item) for item in node.tables()) if node else ()


def _read_exclusion(node: Node) -> Exclusion:
    table = node.table(*_EXCLUSION_KEYS, "mode")
    written = [key for key in _EXCLUSION_KEYS if key in table.fields]
    if len(written) != 1:
        raise node.error(f"{node.label} needs exactly one of `address`, `domain`, `folder` and `label`")
    (key,) = written
    value = table.fields[key]
    readers = {"address": read_address, "domain": read_domain}
    return Exclusion(
        key=key,
        value=readers.get(key, Node.text)(value),
        mode=ExclusionMode(table.choice("mode", list(ExclusionMode), ExclusionMode.DROP)),
    )
