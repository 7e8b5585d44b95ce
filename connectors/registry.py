"""Which kinds of sources there are. A new kind is one module and one line here (docs/adding-a-source.md)."""

from collections.abc import Mapping
from importlib import import_module
from typing import Any

from domain.errors import ConfigError
from domain.sources import Source

KINDS: dict[str, str] = {
    "caldav": "connectors.caldav.CaldavSource",
    "eml": "connectors.eml.EmlSource",
    "gmail": "connectors.gmail.GmailSource",
    "google_calendar": "connectors.google_calendar.GoogleCalendarSource",
    "graph_calendar": "connectors.graph_calendar.GraphCalendarSource",
    "graph_mail": "connectors.graph_mail.GraphMailSource",
    "ics": "connectors.ics.IcsSource",
    "imap": "connectors.imap.ImapSource",
    "maildir": "connectors.maildir.MaildirSource",
    "mbox": "connectors.mbox.MboxSource",
}
"""Kind to dotted path of its class, imported on first use: reading a calendar file loads no IMAP library."""

_FEED = "connectors.ics_feed.IcsFeed"
"""A calendar file that lies on a web server."""


def open_source(kind: str, name: str, options: Mapping[str, Any], *, secret: str | None = None) -> Source:
    """Make a source from its configuration, without connecting yet.

    Args:
        kind: A key of ``KINDS``.
        name: The name users gave it; it appears in every message about it.
        options: What stands in its section: ``path``; or ``url``; or ``host``, ``port``, ``username``, ``security``
            (``tls``, ``starttls``, ``none``); ``folders`` = ``{include, exclude}``; ``size_limit`` in bytes.
        secret: Password, where it needs one; of a feed its address, if that is secret.

    Raises:
        ConfigError: The kind is unknown, or an option is missing or not allowed.
    """
    if kind not in KINDS:
        known = ", ".join(sorted(KINDS))
        raise ConfigError(f'Source {name} has kind "{kind}", which this version cannot read; it reads {known}.')
    maker = _at(_FEED) if kind == "ics" and "url" in options else _class_of(kind)
    source: Source = maker.from_options(name, options, secret)
    return source


def option_names(kind: str) -> tuple[str, ...]:
    """Return the keys a kind's section takes beside ``path`` and what every section has.

    They stand in the class, as ``OPTIONS``; a class without it takes none.

    Args:
        kind: A key of ``KINDS``.
    """
    names: tuple[str, ...] = getattr(_class_of(kind), "OPTIONS", ())
    return names


def _class_of(kind: str) -> Any:
    return _at(KINDS[kind])


def _at(place: str) -> Any:
    """Import what stands at a dotted path."""
    module_name, class_name = place.rsplit(".", 1)
    return getattr(import_module(module_name), class_name)
