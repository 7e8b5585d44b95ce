"""A real IMAP server for tests: Dovecot in a temporary folder, on free loopback ports, without touching the system.

Runs as root and as an ordinary user. Mail lies in Maildir folders, so tests fill it by writing files.
"""

import grp
import os
import pwd
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NoReturn

import pytest
from fake_authorization import FakeAuthorization
from imapclient import IMAPClient

PASSWORD = "pässword-for-tests"
_AS_ROOT = os.getuid() == 0
_PROGRAM = "dovecot"
_START_SECONDS = 15.0
_START = 1_700_000_000  # first delivery time in file names, one second apart

_CONFIG = """\
protocols = imap
listen = 127.0.0.1
base_dir = {home}/run
state_dir = {home}/state
log_path = {home}/log
default_internal_user = {internal_user}
default_internal_group = {internal_group}
default_login_user = {login_user}
default_process_limit = 50
auth_failure_delay = 0
disable_plaintext_auth = no
ssl = yes
ssl_cert = <{home}/cert.pem
ssl_key = <{home}/key.pem
mail_location = maildir:~/Maildir
mail_uid = {user}
mail_gid = {group}
first_valid_uid = 0
first_valid_gid = 0
mailbox_list_index = no
mail_plugins = zlib
protocol imap {{
  mail_plugins = zlib imap_zlib
}}
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={user} gid={group} home={home}/mail/%u
}}
namespace inbox {{
  inbox = yes
  separator = /
  mailbox Papierkorb {{
    special_use = \\Trash
  }}
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = {tls_port}
    ssl = yes
  }}
}}
service anvil {{
  chroot =
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service stats {{
  chroot =
}}
"""
_OLD = """
protocol imap {
  imap_capability = IMAP4rev1
}
"""
_OAUTH = """\
auth_mechanisms = plain login xoauth2
auth_cache_size = 0
passdb {{
  driver = oauth2
  mechanisms = xoauth2
  args = {asking}
}}
"""


@dataclass(slots=True)
class Dovecot:
    """A running server.

    Attributes:
        home: Its folder with configuration, log, certificate and mail.
        port: Port of unencrypted IMAP, which also offers STARTTLS.
        tls_port: Port of IMAP over TLS.
        host: Address it listens on.
        password: Password of every user.
    """

    home: Path
    port: int
    tls_port: int
    host: str = "127.0.0.1"
    password: str = PASSWORD
    _numbers: Iterator[int] = field(default_factory=lambda: count(_START))

    @property
    def certificate(self) -> Path:
        """Self-signed; trusted by whoever sets ``SSL_CERT_FILE`` to it."""
        return self.home / "cert.pem"

    def add_user(self, name: str) -> None:
        """Make a user with an empty INBOX; a name that was used before starts afresh."""
        shutil.rmtree(self.maildir(name), ignore_errors=True)
        self._make_maildir(self.maildir(name))

    def maildir(self, user: str, folder: str = "INBOX") -> Path:
        """Return where a folder lies on disk (``A/B`` is ``.A.B``)."""
        top = self.home / "mail" / user / "Maildir"
        return top if folder == "INBOX" else top / f".{folder.replace('/', '.')}"

    def deliver(self, user: str, folder: str, data: bytes, *, received_at: datetime | None = None) -> Path:
        """Write a message as a delivery agent does; return its file.

        Args:
            user: One made with ``add_user``.
            folder: Made if it is not there.
            data: The message.
            received_at: What will be its INTERNALDATE; now, if not given.
        """
        maildir = self.maildir(user, folder)
        if not (maildir / "tmp").is_dir():
            self._make_maildir(maildir)
        file = maildir / "new" / _file_name(next(self._numbers), data)
        unfinished = maildir / "tmp" / file.name
        unfinished.write_bytes(data)
        _hand_over(unfinished)
        if received_at:
            os.utime(unfinished, (received_at.timestamp(), received_at.timestamp()))
        return unfinished.rename(file)

    @contextmanager
    def client(self, user: str) -> Iterator[IMAPClient]:
        """Sign in over the unencrypted port, to do what a mail program does (APPEND, flags, EXPUNGE)."""
        with IMAPClient(self.host, port=self.port, ssl=False) as client:
            client.normalise_times = False
            client.plain_login(user, self.password)
            yield client

    def append(self, user: str, folder: str, data: bytes, *, received_at: datetime | None = None) -> None:
        """Store a message with APPEND."""
        with self.client(user) as client:
            client.append(folder, data, msg_time=received_at or datetime.now(UTC))

    def log(self) -> str:
        """Return the server's log, to show when a test fails."""
        file = self.home / "log"
        return file.read_text(errors="replace") if file.exists() else ""

    def _make_maildir(self, maildir: Path) -> None:
        maildir.mkdir(parents=True, exist_ok=True)
        for path in (maildir.parent, maildir, *(maildir / part for part in ("cur", "new", "tmp"))):
            path.mkdir(exist_ok=True)
            _hand_over(path)


@pytest.fixture(scope="session")
def dovecot() -> Iterator[Dovecot]:
    """Start Dovecot once for all tests; without it they are skipped, on a build server they fail."""
    # Not pytest's folder: Dovecot's other users must get in, and the path of a Unix socket has at most 107 bytes.
    with TemporaryDirectory(prefix="imap") as home, running(_program(), Path(home)) as server:
        yield server


@pytest.fixture(scope="session")
def old_dovecot() -> Iterator[Dovecot]:
    """Start a Dovecot that offers no more than RFC 3501 asks for: no CONDSTORE, no QRESYNC."""
    with TemporaryDirectory(prefix="imap") as home, running(_program(), Path(home), _OLD) as server:
        yield server


@pytest.fixture(scope="session")
def oauth_dovecot(authorization_server: FakeAuthorization) -> Iterator[Dovecot]:
    """Start one that takes access tokens (XOAUTH2) and asks the authorization server whose they are."""
    with TemporaryDirectory(prefix="imap") as home:
        asking = Path(home) / "oauth2.conf"
        place = f"{authorization_server.url}/tokeninfo?access_token="
        asking.write_text(f"tokeninfo_url = {place}\nusername_attribute = email\n")
        with running(_program(), Path(home), _OAUTH.format(asking=asking)) as server:
            yield server


def _program() -> str:
    program = shutil.which(_PROGRAM) or shutil.which(_PROGRAM, path="/usr/sbin:/usr/local/sbin")
    if program is None:
        _give_up("Dovecot is not installed (Debian: apt-get install dovecot-imapd).")
    return program


@contextmanager
def running(program: str, home: Path, more: str = "") -> Iterator[Dovecot]:
    """Run a server until the block ends; ``more`` is added to its configuration."""
    server = Dovecot(home=home, port=_free_port(), tls_port=_free_port())
    home.chmod(0o755)
    _write_configuration(server, more)
    process = subprocess.Popen(
        [program, "-F", "-c", str(home / "dovecot.conf")], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    try:
        _wait_until_ready(server, process)
        yield server
    finally:
        process.terminate()
        _, complaints = process.communicate(timeout=_START_SECONDS)
        if process.returncode not in {0, None}:
            pytest.fail(f"Dovecot ended with {process.returncode}: {complaints.decode(errors='replace')}{server.log()}")


def _file_name(second: int, data: bytes) -> str:
    """Name a file as Dovecot's own delivery does: time, process, host, size on disk and size with CRLF.

    The sizes spare the server reading a file only to measure it. And Dovecot's table of file names hashes names that
    are alike in all but a running number to few values: opening 8,000 of those took it 0.8 s, of 20,000 minutes.
    """
    microsecond = second * 611_953 % 1_000_000
    wire_size = len(data) + data.count(b"\n") - data.count(b"\r\n")
    return f"{second}.M{microsecond}P{second % 30_011}.test,S={len(data)},W={wire_size}"


def _mail_owner() -> pwd.struct_passwd:
    """Return whose mail it is: Dovecot serves nothing of root's."""
    return pwd.getpwnam("nobody") if _AS_ROOT else pwd.getpwuid(os.getuid())


def _hand_over(path: Path) -> None:
    """Give a file or folder to the owner of the mail."""
    if _AS_ROOT:
        owner = _mail_owner()
        os.chown(path, owner.pw_uid, owner.pw_gid)


def _write_configuration(server: Dovecot, more: str) -> None:
    owner = _mail_owner()
    group = grp.getgrgid(owner.pw_gid).gr_name
    text = _CONFIG.format(
        home=server.home,
        password=server.password,
        user=owner.pw_name,
        group=group,
        internal_user="dovecot" if _AS_ROOT else owner.pw_name,
        internal_group="dovecot" if _AS_ROOT else group,
        login_user="dovenull" if _AS_ROOT else owner.pw_name,
        port=server.port,
        tls_port=server.tls_port,
    )
    (server.home / "dovecot.conf").write_text(text + more)
    command = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost"
    names = ["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
    files = ["-keyout", str(server.home / "key.pem"), "-out", str(server.certificate)]
    subprocess.run(
        [*command.split(), *names, *files],
        check=True,
        capture_output=True,
    )


def _wait_until_ready(server: Dovecot, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with socket.create_connection((server.host, server.port), timeout=1) as connection:
                if connection.recv(1):
                    return
        except OSError:
            time.sleep(0.02)
    pytest.fail(f"Dovecot did not start: {server.log()}")


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def _give_up(reason: str) -> NoReturn:
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)
