"""``serve`` with ``idle = true``: new mail is read when it comes, not when the next run is due."""

import signal
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from contract_sources import mail
from dovecot import Dovecot
from program import PROGRAM, environment
from small_desk import BOOK, CONFIG
from test_connectors_imap import ImapPlace

from flows.watching import watch_sources

SOURCE = """
[[sources]]
name = "desk"
kind = "imap"
host = "{host}"
port = {port}
username = "{user}"
password = "{password}"
security = "none"
interval = "1h"
idle = true
"""


@pytest.fixture
def place(dovecot: Dovecot) -> ImapPlace:
    """Offer a fresh user on the real server."""
    return ImapPlace(dovecot)


def configured(folder: Path, place: ImapPlace, **changed: object) -> Path:
    """Write a configuration that listens to a place."""
    server = place.server
    options = {"host": server.host, "port": server.port, "user": place.user, "password": server.password, **changed}
    config = folder / "accountline.toml"
    config.write_text(CONFIG + SOURCE.format(**options), encoding="utf-8")
    (folder / "accounts.csv").write_text(BOOK, encoding="utf-8")
    return config


@pytest.fixture
def serving(place: ImapPlace, tmp_path: Path) -> Iterator["subprocess.Popen[str]"]:
    """The real ``accountline serve``, killed at the end if it has not stopped."""
    process = subprocess.Popen(
        [*PROGRAM, "serve", "--config", str(configured(tmp_path, place))],
        cwd=tmp_path,
        env=environment(PREFECT_HOME=str(tmp_path / "prefect"), PYTHONUNBUFFERED="1"),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    yield process
    process.kill()
    process.communicate()


def said(process: "subprocess.Popen[str]", words: str) -> str:
    """Read the log up to a line with these words."""
    assert process.stdout
    alarm = threading.Timer(300, process.kill)  # a process that hangs; starting Prefect takes a busy machine minutes
    alarm.start()
    line = next((line for line in process.stdout if words in line), "the process ended without saying so")
    alarm.cancel()
    return line


@pytest.mark.servers
def test_new_mail_starts_a_run(place: ImapPlace, serving: "subprocess.Popen[str]") -> None:
    """The next run would be due in an hour."""
    assert "0 new" in said(serving, "ingest done")

    place.server.append(place.user, "INBOX", mail(1))

    assert "1 new" in said(serving, "ingest done")
    serving.send_signal(signal.SIGTERM)
    assert serving.wait(30) == 0


@pytest.mark.servers
def test_refused_credentials_end_the_listening(place: ImapPlace, tmp_path: Path) -> None:
    """Trying again and again would lock the user out; runs on schedule tell the state."""
    stop = threading.Event()

    news = watch_sources(configured(tmp_path, place, password="wrong"), stop)

    for thread in threading.enumerate():
        if thread.name == "listening to desk":
            thread.join(30)
            assert not thread.is_alive()
    assert not news.is_set()
