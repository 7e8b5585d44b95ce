"""Options that several commands share, so that they read and behave the same everywhere."""

import os
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from domain.errors import ConfigError

_YEARS = range(1970, 2200)


class OutputFormat(StrEnum):
    """How results are printed."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"


ConfigOption = Annotated[
    Path | None,
    typer.Option(
        "--config", metavar="FILE", help="Configuration file; else ACCOUNTLINE_CONFIG, else ./accountline.toml."
    ),
]
FormatOption = Annotated[OutputFormat, typer.Option("--format", help="How to print the result.")]
NowOption = Annotated[
    str | None,
    typer.Option(
        "--now", metavar="T", help="Answer for this instant (ISO 8601); else ACCOUNTLINE_NOW, else the clock."
    ),
]
AccountOption = Annotated[
    str | None, typer.Option("--account", metavar="ACCOUNT", help="One account only: a name, an id or a domain.")
]


def present(now: str | None, timezone: str) -> datetime:
    """Return the instant a command answers for, in UTC: ``--now``, else ``ACCOUNTLINE_NOW``, else the clock.

    Raises:
        ConfigError: It is no instant.
    """
    if now is not None:
        return instant(now, timezone, "--now")
    variable = os.environ.get("ACCOUNTLINE_NOW")
    return instant(variable, timezone, "ACCOUNTLINE_NOW") if variable else datetime.now(UTC)


def instant(text: str, timezone: str, option: str) -> datetime:
    """Read an ISO 8601 instant; without an offset it is meant in ``timezone``, a day alone is its midnight there.

    Raises:
        ConfigError: It is no instant, naming the option.
    """
    try:
        moment = datetime.fromisoformat(text.strip())
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=ZoneInfo(timezone))
        moment = moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise ConfigError(f"{option} must be an instant such as 2026-03-02T09:00+01:00, not `{text}`") from None
    if moment.year not in _YEARS:
        raise ConfigError(f"{option} must lie between {_YEARS[0]} and {_YEARS[-1]}, not in {moment.year}")
    return moment
