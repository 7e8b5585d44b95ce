"""The present, as asked for (SEMANTICS 6): ``--now``, else ``ACCOUNTLINE_NOW``, else the clock."""

import os
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from domain.errors import ConfigError


def moment(text: str | None, *, zone: str = "UTC") -> datetime:
    """Read an ISO 8601 instant; without an offset it is meant in ``zone``.

    Raises:
        ConfigError: It is not an instant.
    """
    text = text or os.environ.get("ACCOUNTLINE_NOW") or None
    if text is None:
        return datetime.now(UTC)
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise ConfigError(f"“{text}” is not an instant; write it like 2026-03-05T09:30:00+01:00.") from None
    return (at if at.tzinfo else at.replace(tzinfo=ZoneInfo(zone))).astimezone(UTC)
