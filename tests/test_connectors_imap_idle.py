"""Waiting for news with IDLE (RFC 2177), against a real Dovecot."""

import threading
from queue import SimpleQueue

import pytest
from contract_sources import mail
from dovecot import Dovecot
from test_connectors_imap import ImapPlace

from connectors.imap import ImapSource
from domain.errors import SourceError, SourceUnreachable

pytestmark = pytest.mark.servers


def listen(source: ImapSource, stop: threading.Event, heard: SimpleQueue[str]) -> threading.Thread:
    """Watch in a thread; what comes is told in words."""

    def run() -> None:
        try:
            for _ in source.watch(stop):
                heard.put("news")
        except SourceError as error:
            heard.put(type(error).__name__)
        else:
            heard.put("stopped")

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def imap(place: ImapPlace) -> ImapSource:
    """The source of a place."""
    source = place.source()
    assert isinstance(source, ImapSource)
    return source


def test_new_mail_is_told_at_once_and_stopping_ends_it(dovecot: Dovecot) -> None:
    """Each arrival wakes whoever waits; a wish to stop is noticed within a second or so."""
    place, stop, heard = ImapPlace(dovecot), threading.Event(), SimpleQueue[str]()
    thread = listen(imap(place), stop, heard)

    said = []
    for number in range(50):
        place.server.append(place.user, "INBOX", mail(number))
        if not heard.empty():
            said.append(heard.get())
            break
    else:
        said.append(heard.get(timeout=20))
    stop.set()
    thread.join(20)

    assert said == ["news"]
    assert not thread.is_alive()


def test_a_server_without_idle_says_so(old_dovecot: Dovecot) -> None:
    """It is read every few minutes as others are."""
    heard = SimpleQueue[str]()

    listen(imap(ImapPlace(old_dovecot)), threading.Event(), heard).join(20)

    assert heard.get(timeout=1) == "SourceError"


def test_a_missing_server_is_unreachable(dovecot: Dovecot) -> None:
    """Waiting for it is no different from reading it."""
    source = ImapPlace(dovecot).missing()
    assert isinstance(source, ImapSource)

    with pytest.raises(SourceUnreachable, match="gone"):
        next(source.watch(threading.Event()))
