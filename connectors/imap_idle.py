"""Waiting for news in a folder (IDLE, RFC 2177): the server says when something happens, nobody has to ask."""

import threading
from collections.abc import Iterator

from imapclient.exceptions import IMAPClientError

from connectors.imap_login import Login, hang_up, sentences, signed_in

RENEW = 29 * 60.0
"""Seconds after which IDLE is begun anew; servers log out who is silent for half an hour (RFC 2177, 3)."""

_LOOK = 1.0  # seconds; how soon a wish to stop is noticed
_NEWS = frozenset({b"EXISTS", b"EXPUNGE", b"VANISHED", b"FETCH"})


def watch(login: Login, *, source: str, stop: threading.Event, folder: str = "INBOX") -> Iterator[None]:
    """Yield whenever something happened in a folder, until ``stop`` is set; over a connection of its own.

    Raises:
        SourceUnreachable: The connection broke; whoever waits may begin anew, after a while.
        AuthError: The credentials were refused.
        SourceError: The server does not offer IDLE.
    """
    with sentences(login, source):
        client = signed_in(login, source)
        try:
            client.select_folder(folder, readonly=True)
            while not stop.is_set():
                client.idle()
                for _ in range(int(RENEW / _LOOK)):
                    if stop.is_set():
                        break
                    if any(_is_news(answer) for answer in client.idle_check(timeout=_LOOK)):
                        yield
                client.idle_done()
        finally:
            hang_up(client)


def _is_news(answer: tuple[object, ...]) -> bool:
    """Tell news from "still here"; a server that says goodbye ends the wait.

    Raises:
        IMAPClientError: It said BYE.
    """
    if answer and answer[0] == b"BYE":
        raise IMAPClientError("the server said goodbye")
    return any(word in _NEWS for word in answer if isinstance(word, bytes))
