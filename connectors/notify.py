"""Handing a short text to a chat or another service, through apprise: Slack, Teams, Matrix, a webhook and many more."""

import logging

from domain.errors import ConfigError, SourceUnreachable


def send_notice(url: str, *, title: str, text: str, name: str) -> None:
    """Send a text.

    Args:
        url: Apprise URL; it holds secrets, so neither it nor what apprise says of it is repeated anywhere.
        title: One line.
        text: Plain text.
        name: What the address is called towards users.

    Raises:
        ConfigError: Apprise does not know such an address.
        SourceUnreachable: The service could not be reached or did not take it.
    """
    from apprise import Apprise, NotifyFormat  # noqa: PLC0415 - brings a hundred services

    # It logs addresses, some with their tokens.
    logging.getLogger("apprise").setLevel(logging.CRITICAL + 1)
    service = Apprise()
    if not service.add(url):
        raise ConfigError(f"The {name} is no address that notices can be sent to; see the list of apprise's services.")
    try:
        taken = service.notify(title=title, body=text, body_format=NotifyFormat.TEXT)
    except Exception:  # noqa: BLE001 - plugins raise what they like, with the address in it
        taken = False
    if not taken:
        raise SourceUnreachable(f"The {name} did not take the report; check the address and the network.")
