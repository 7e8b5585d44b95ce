"""Listening to sources that tell news by themselves, while ``serve`` waits for its next run."""

import logging
import threading
from datetime import timedelta
from pathlib import Path

from domain.errors import AccountlineError, AuthError, ConfigError
from domain.sources import Watched
from flows.backoff import rest_after
from flows.composition import source_of
from flows.settings import SourceConfig, load_settings

logger = logging.getLogger(__name__)

_FIRST_REST, _LONGEST_REST = timedelta(seconds=5), timedelta(minutes=10)
"""Before listening again to a server that went away; many sources of one server do not come back at once."""


def watch_sources(config: Path, stop: threading.Event) -> threading.Event:
    """Listen, in a thread each, to the sources configured with ``idle = true``.

    Args:
        config: The configuration, as it is now.
        stop: Ends the threads when set.

    Returns:
        What is set whenever one of them has news. Listening is a convenience: a source that cannot be listened to is
        read on schedule as all others are.
    """
    news = threading.Event()
    for source in load_settings(config).sources:
        if source.options.get("idle"):
            name = f"listening to {source.name}"
            threading.Thread(target=_listen, args=(source, stop, news), name=name, daemon=True).start()
    return news


def _listen(config: SourceConfig, stop: threading.Event, news: threading.Event) -> None:
    failures = 0
    while not stop.is_set():
        try:
            source = source_of(config)
            if not isinstance(source, Watched):
                return
            for _ in source.watch(stop):
                news.set()
                failures = 0
        except (AuthError, ConfigError) as error:
            logger.warning("source %s is not listened to any more: %s", config.name, error)
            return
        except AccountlineError as error:
            logger.info("source %s went away: %s", config.name, error)
        failures += 1
        stop.wait(rest_after(config.name, failures, first=_FIRST_REST, longest=_LONGEST_REST).total_seconds())
