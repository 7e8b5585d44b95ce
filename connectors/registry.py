"""Which kinds of sources there are. A new kind is one module and one line here."""

from collections.abc import Mapping
from importlib import import_module
from typing import Any

from domain.errors import ConfigError
from domain.sources import Source

KINDS: dict[str, str] = {
    "caldav": "connectors.caldav.CaldavSource",
    "eml": "connectors.eml.EmlSource",
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
    try:
        place = _FEED if kind == "ics" and "url" in options else KINDS[kind]
    except KeyError:
        known = ", ".join(sorted(KINDS))
        sentence = f'Source {name} has kind "{kind}", which this version cannot read; it reads {known}.'
        raise ConfigError(sentence) from None
    module_name, class_name = place.rsplit(".", 1)
    source: Source = getattr(import_module(module_name), class_name).from_options(name, options, secret)
    return source
