"""Addresses, domains, zones and durations as the configuration and the account book write them."""

import re
from collections.abc import Callable
from datetime import timedelta
from zoneinfo import ZoneInfo, available_timezones

from flows.toml_nodes import Node
from flows.wording import did_you_mean
from followup.business_time import parse_duration

_LABEL = r"[^\W_](?:[\w-]{0,61}[^\W_])?"
_DOMAIN = re.compile(rf"{_LABEL}(?:\.{_LABEL})+")
"""Letters of any script: internationalised domains may be written as people read them (RFC 5890)."""
_ADDRESS = re.compile(rf"[^\s@,;<>()\[\]\\\"]{{1,64}}@({_DOMAIN.pattern})")


def check_domain(text: str) -> str:
    """Return a domain lower-cased.

    Raises:
        ValueError: It is none; the message says what is wrong with it.
    """
    domain = text.strip().lower().removeprefix("@").removesuffix(".")
    if not _DOMAIN.fullmatch(domain):
        raise ValueError(f"`{text}` is not a domain such as example.com")
    return domain


def check_address(text: str) -> str:
    """Return an addr-spec (RFC 5322) lower-cased.

    Raises:
        ValueError: It is none; the message says what is wrong with it.
    """
    address = text.strip().lower()
    if not _ADDRESS.fullmatch(address):
        raise ValueError(f"`{text}` is not an address such as ana@example.com")
    return address


def check_timezone(text: str) -> str:
    """Return an IANA zone name.

    Raises:
        ValueError: There is no such zone; the message names the nearest.
    """
    try:
        ZoneInfo(text)
    except (KeyError, ValueError, OSError):  # KeyError: not found; OSError: a folder such as "Europe"
        raise ValueError(f"unknown time zone `{text}`{did_you_mean(text, available_timezones())}") from None
    return text


def read_domain(node: Node) -> str:
    """Return a domain of the configuration, or raise ConfigError at its line."""
    return _at_line(node, check_domain)


def read_address(node: Node) -> str:
    """Return an address of the configuration, or raise ConfigError at its line."""
    return _at_line(node, check_address)


def read_timezone(node: Node) -> str:
    """Return a zone of the configuration, or raise ConfigError at its line."""
    return _at_line(node, check_timezone)


def read_duration(node: Node) -> timedelta:
    """Return a duration such as ``4h`` or ``30m`` longer than nothing, or raise ConfigError at its line."""
    text = node.text()
    try:
        duration = parse_duration(text)
    except ValueError as error:
        raise node.error(f"{node.label}: {error}") from None
    if duration <= timedelta():
        raise node.error(f"{node.label} must be longer than nothing")
    return duration


def _at_line(node: Node, check: Callable[[str], str]) -> str:
    try:
        return check(node.text())
    except ValueError as error:
        raise node.error(f"{node.label}: {error}") from None
