"""Starting flows from a command: Prefect is made quiet and local before it is imported."""

from datetime import datetime
from pathlib import Path
from typing import Any

from flows.composition import home
from flows.local_api import ensure_api
from flows.progress import Progress, listening
from flows.settings import load_settings


def run_ingest(
    config: str, sources: list[str] | None, now: datetime, progress: Progress | None = None
) -> dict[str, Any]:
    """Run the ingest flow once in this process.

    Args:
        config: Path of the configuration.
        sources: Names of the sources to read, None for all.
        now: Taken for the present.
        progress: Told how far it is.

    Raises:
        ConfigError: The configuration, the account book or a name is wrong.
        StoreError: The store cannot be written.
    """
    ensure_api(home(load_settings(Path(config))))
    from flows.ingest import ingest  # noqa: PLC0415 - imports Prefect

    with listening(progress):
        return ingest(config, sources, now.isoformat())


def retry_quarantine(config: str, now: datetime) -> dict[str, Any]:
    """Try what is in quarantine again."""
    ensure_api(home(load_settings(Path(config))))
    from flows.ingest import retry  # noqa: PLC0415 - imports Prefect

    return retry(config, now.isoformat())


def run_digest(config: str, send: bool, now: datetime) -> str:
    """Write the morning report, and send it when asked."""
    settings = load_settings(Path(config))
    if not send:
        from flows.morning import compose  # noqa: PLC0415 - the report alone needs no Prefect
        from followup.digest_text import digest_text  # noqa: PLC0415

        return digest_text(compose(settings, now))
    ensure_api(home(settings))
    from flows.digest import digest  # noqa: PLC0415 - imports Prefect

    return digest(config, send, now.isoformat())
