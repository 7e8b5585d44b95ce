"""IMAP, against a real Dovecot."""

import logging
import socket
from base64 import b64encode
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone
from itertools import count
from pathlib import Path
from threading import Thread

import pytest
from contract_sources import MANY, Shelf, SourceContract, big_mail, mail
from dovecot import Dovecot
from imapclient import IMAPClient

from connectors.registry import open_source
from domain.errors import AuthError, ConfigError, SourceUnreachable
from domain.sources import RawMessage, Source

pytestmark = pytest.mark.servers

_users = (f"user{number}" for number in count())


class ImapPlace:
    tells_flags = True

    def __init__(self, server: Dovecot) -> None:
        self.server = server
        self.user = next(_users)
        self.files: dict[int, Path] = {}
        server.add_user(self.user)

    def put(self, *numbers: int) -> None:
        for number in numbers:
            self.deliver(mail(number))

    def deliver(self, data: bytes, folder: str = "INBOX", *, received_at: datetime | None = None) -> None:
        self.server.deliver(self.user, folder, data, received_at=received_at)

    def remove(self, number: int) -> None:
        for client, uid, _ in self._copies(number):
            client.delete_messages([uid])
            client.expunge()

    def move(self, number: int) -> None:
        for client, uid, other in self._copies(number):
            client.move([uid], other)

    def duplicate(self, number: int) -> None:
        for client, uid, other in self._copies(number):
            client.copy([uid], other)

    def flag(self, number: int) -> None:
        for client, uid, _ in self._copies(number):
            flagged = b"\\Flagged" in client.get_flags([uid])[uid]
            (client.remove_flags if flagged else client.add_flags)([uid], [b"\\Flagged"])

    def expire_cursor(self) -> None:
        self.renumber()

    def _copies(self, number: int) -> Iterator[tuple[IMAPClient, int, str]]:
        """Yield a connection with the folder of each copy open, the copy's UID, and the name of the other folder."""
        with self.server.client(self.user) as client:
            if not client.folder_exists("Other"):
                client.create_folder("Other")
            found = []
            for folder, other in (("INBOX", "Other"), ("Other", "INBOX")):
                client.select_folder(folder)
                found += [(folder, uid, other) for uid in client.search(["HEADER", "MESSAGE-ID", f"<{number}@"])]
            for folder, uid, other in found:
                client.select_folder(folder)
                yield client, uid, other

    def source(self, *, size_limit: int = 1_000_000, **options: object) -> Source:
        plain = {"host": self.server.host, "port": self.server.port, "username": self.user, "security": "none"}
        return open_source("imap", "desk", {**plain, "size_limit": size_limit, **options}, secret=self.server.password)

    def missing(self) -> Source:
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            options = {"host": "127.0.0.1", "port": unused.getsockname()[1], "username": "x", "security": "none"}
        return open_source("imap", "gone", options, secret="x")

    def put_oversized(self, size: int) -> None:
        self.deliver(big_mail(size))

    def fingerprint(self) -> object:
        with self.server.client(self.user) as client:
            client.select_folder("INBOX", readonly=True)
            flags = client.get_flags(client.search("ALL"))
        return {uid: set(kept) - {b"\\Recent"} for uid, kept in flags.items()}

    def renumber(self) -> None:
        """Make the server forget its UIDs, as a restored backup does: a new UIDVALIDITY."""
        maildir = self.server.maildir(self.user)
        with self.server.client(self.user) as client:
            client.select_folder("INBOX", readonly=True)
        for file in maildir.glob("dovecot*"):
            file.unlink()
        uidlist = maildir / "dovecot-uidlist"
        uidlist.write_text(f"3 V{next(_epochs)} N1 G0123456789abcdef0123456789abcdef\n")
        uidlist.chmod(0o666)


_epochs = count(2_000_000_000)


class TestImapKeepsTheContract(SourceContract):
    @pytest.fixture
    def place(self, dovecot: Dovecot) -> ImapPlace:
        return ImapPlace(dovecot)


@pytest.fixture
def place(dovecot: Dovecot) -> ImapPlace:
    """Offer a fresh user on the real server."""
    return ImapPlace(dovecot)


def messages(source: Source) -> list[RawMessage]:
    """Read all messages of a first run."""
    pages = source.changes({}, Shelf().held)
    return [item for page in pages for item in page.items if isinstance(item, RawMessage)]


def test_the_internal_date_is_the_time_of_receipt(place: ImapPlace) -> None:
    """INTERNALDATE keeps its offset and comes out in UTC, whatever zone this machine is in (SEMANTICS 6)."""
    at = datetime(2025, 3, 10, 9, 15, tzinfo=timezone(timedelta(hours=5, minutes=30)))
    place.server.append(place.user, "INBOX", mail(1), received_at=at)

    received_at = messages(place.source())[0].received_at

    assert received_at == at
    assert received_at.tzinfo is UTC


def test_flags_come_as_the_server_names_them(place: ImapPlace) -> None:
    """Flags and keywords are told, never changed."""
    with place.server.client(place.user) as client:
        client.append("INBOX", mail(1), flags=(b"\\Seen", b"\\Answered", b"Urgent"))

    assert set(messages(place.source())[0].imap_flags) - {"\\Recent"} == {"\\Seen", "\\Answered", "Urgent"}


def test_nothing_new_asks_for_nothing(place: ImapPlace) -> None:
    """Nothing new means no message at all: the last one of a folder is not handed out again and again."""
    place.put(1, 2)
    shelf = Shelf()
    shelf.sync(place.source())

    pages = list(place.source().changes(shelf.cursor, shelf.held))

    assert [item for page in pages for item in page.items] == []
    assert [(listing.server_count, listing.uids) for page in pages for listing in page.listings] == [(2, None)]


def test_a_new_epoch_of_uids_hands_out_all_and_drops_the_old(place: ImapPlace) -> None:
    """After a UIDVALIDITY change nothing is lost and nothing is left under a UID that means nothing any more."""
    place.put(1, 2, 3)
    shelf = Shelf()
    shelf.sync(place.source())
    old = {uid for _, uid in shelf.items}
    place.renumber()

    assert shelf.sync(place.source()) == 3
    assert shelf.contents() == sorted(map(mail, (1, 2, 3)))
    assert not old & {uid for _, uid in shelf.items}


def test_folders_come_with_their_own_names(place: ImapPlace) -> None:
    """Names are decoded from modified UTF-7; INBOX comes first."""
    with place.server.client(place.user) as client:
        for folder in ("Entwürfe & mehr", "Clients/Blue Peak"):
            client.create_folder(folder)
            client.append(folder, mail(1))
    place.put(1)

    assert [message.folder for message in messages(place.source())] == ["INBOX", "Clients/Blue Peak", "Entwürfe & mehr"]


def test_trash_is_left_out_by_its_use_and_by_its_name(place: ImapPlace) -> None:
    """The server marks "Papierkorb" as trash; "Spam" is known by name, also further down."""
    for folder in ("Papierkorb", "Clients/Spam", "Sent"):
        place.deliver(mail(1), folder)

    assert [message.folder for message in messages(place.source())] == ["Sent"]
    assert len(messages(place.source(folders={"include": ["*"], "exclude": []}))) == 3
    assert len(messages(place.source(folders={"include": ["papier*"], "exclude": []}))) == 1


def test_a_removed_folder_is_listed_as_empty(place: ImapPlace) -> None:
    """The store learns that all of the folder is gone."""
    place.deliver(mail(1), "Old")
    shelf = Shelf()
    shelf.sync(place.source())
    with place.server.client(place.user) as client:
        client.delete_folder("Old")

    shelf.sync(place.source())

    assert shelf.items == {}
    assert "Old" not in shelf.cursor["folders"]


def test_the_first_page_tells_how_many_mails_are_to_come(place: ImapPlace) -> None:
    """Who waits is told how far it is, and much mail is parsed while it comes."""
    for _ in range(3):
        place.deliver(big_mail(100))

    first = next(iter(place.source().changes({}, Shelf().held)))

    assert (len(first.items), first.expected) == (3, 3)


def test_an_empty_message_is_a_message(place: ImapPlace) -> None:
    """No bytes at all are handed out as such."""
    place.deliver(b"")

    assert [message.data for message in messages(place.source())] == [b""]


def test_a_message_the_server_does_not_return_is_unreadable_and_tried_again(place: ImapPlace) -> None:
    """It is reported, the others come, and when the server can read it again it comes too."""
    place.put(1, 2, 3)
    with place.server.client(place.user) as client:
        client.select_folder("INBOX", readonly=True)
    file = sorted(place.server.maildir(place.user).glob("[cn][ue][rw]/*.test*"))[1]
    content = file.read_bytes()
    file.unlink()
    file.symlink_to(file.name)  # Dovecot says "Internal error" and hangs up
    shelf = Shelf()

    shelf.sync(place.source())

    assert [trouble.reason for trouble in shelf.unreadable] == ["The server lists this message but does not return it."]
    assert len(shelf.items) == 2
    assert shelf.counted() == {"INBOX": 3}

    file.unlink()
    file.write_bytes(content)
    file.chmod(0o644)
    shelf.sync(place.source())

    assert shelf.contents() == sorted(map(mail, (1, 2, 3)))


def test_a_wrong_password_says_what_to_check_and_not_what_was_tried(place: ImapPlace) -> None:
    """Refused credentials are for a person to mend; the password is in no message."""
    options = {"host": place.server.host, "port": place.server.port, "username": place.user, "security": "none"}
    source = open_source("imap", "desk", options, secret="hunter2-secret")

    with pytest.raises(AuthError, match="refused user") as caught:
        source.check()

    assert "hunter2" not in f"{caught.value}{source!r}{caught.value.__cause__!r}"


def test_no_log_holds_passwords_or_mail(place: ImapPlace, caplog: pytest.LogCaptureFixture) -> None:
    """Not even at the most talkative level, however it was sent."""
    caplog.set_level(logging.DEBUG)
    place.put(1)
    messages(place.source())
    options = {"host": place.server.host, "port": place.server.port, "username": place.user, "security": "none"}
    for secret in ("plain-hunter2", "ünlike-hunter2"):
        with pytest.raises(AuthError):
            open_source("imap", "desk", options, secret=secret).check()
        encoded = b64encode(f"\0{place.user}\0{secret}".encode()).decode()
        assert encoded not in caplog.text

    assert "hunter2" not in caplog.text
    assert "bluepeak" not in caplog.text


def test_a_self_signed_certificate_is_refused(place: ImapPlace) -> None:
    """Encryption without knowing with whom is none."""
    source = place.source(port=place.server.tls_port, security="tls")

    with pytest.raises(SourceUnreachable, match="certificate that cannot be trusted"):
        source.check()


@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_encrypted_connections_work_with_a_trusted_certificate(
    place: ImapPlace, security: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """TLS from the start and STARTTLS verify the certificate and read."""
    monkeypatch.setenv("SSL_CERT_FILE", str(place.server.certificate))
    place.put(1)
    port = place.server.tls_port if security == "tls" else place.server.port

    assert [message.data for message in messages(place.source(port=port, security=security))] == [mail(1)]


def test_a_starttls_certificate_is_verified_too(place: ImapPlace) -> None:
    """STARTTLS to a stranger sends no password."""
    with pytest.raises(SourceUnreachable, match="certificate that cannot be trusted"):
        place.source(security="starttls").check()


def test_tls_to_a_plain_port_says_so(place: ImapPlace) -> None:
    """The commonest mistake in the configuration has its own sentence."""
    with pytest.raises(SourceUnreachable, match="check `port` and `security`"):
        place.source(security="tls").check()


def test_an_unknown_host_is_unreachable() -> None:
    """A name without address is worth a later try."""
    source = open_source("imap", "desk", {"host": "imap.northwind.invalid", "username": "x"}, secret="x")

    with pytest.raises(SourceUnreachable, match=r"imap\.northwind\.invalid:993"):
        source.check()


@pytest.mark.parametrize(
    ("options", "secret", "sentence"),
    [
        ({"username": "x"}, "x", "has no `host`"),
        ({"host": "imap.example"}, "x", "has no `username`"),
        ({"host": "imap.example", "username": "x"}, None, "has no password"),
        ({"host": "imap.example", "username": "x", "security": "none"}, "x", "unencrypted to imap.example"),
        ({"host": "imap.example", "username": "x", "security": "ssl"}, "x", 'must be "tls", "starttls" or "none"'),
    ],
)
def test_a_configuration_that_cannot_work_is_refused(
    options: dict[str, object], secret: str | None, sentence: str
) -> None:
    """Before any connection, in a sentence."""
    with pytest.raises(ConfigError, match=sentence):
        open_source("imap", "desk", options, secret=secret)


class Cable:
    """A cable between one client and the server that can be cut."""

    def __init__(self, host: str, port: int) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._listener.settimeout(30)
        self._server = socket.create_connection((host, port))
        self._threads = [Thread(target=self._run)]
        self._threads[0].start()

    def cut(self) -> None:
        """Shut both ends."""
        for end in (self._client, self._server):
            end.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Wait until nothing flows any more."""
        for thread in self._threads:
            thread.join()
        for end in (self._client, self._server, self._listener):
            end.close()

    def _run(self) -> None:
        self._client, _ = self._listener.accept()
        self._threads.append(Thread(target=self._copy, args=(self._client, self._server)))
        self._threads[1].start()
        self._copy(self._server, self._client)

    @staticmethod
    def _copy(source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(4096):
                target.sendall(data)


@pytest.fixture
def cable(place: ImapPlace) -> Iterator[Cable]:
    """Lay a cable to the server."""
    cable = Cable(place.server.host, place.server.port)
    yield cable
    cable.close()


def test_a_connection_cut_in_the_middle_keeps_what_was_read(place: ImapPlace, cable: Cable) -> None:
    """Pages handed out before the cut stay, and the next run reads only the rest."""
    place.put(*range(MANY))
    shelf = Shelf()
    pages = place.source(port=cable.port).changes({}, shelf.held)

    shelf.save(next(pages))
    cable.cut()
    with pytest.raises(SourceUnreachable, match="hung up"):
        next(pages)

    assert shelf.handed_out == 200
    assert shelf.sync(place.source()) == MANY - 200
    assert shelf.contents() == sorted(map(mail, range(MANY)))


def test_a_folder_that_refuses_does_not_stop_the_others(place: ImapPlace) -> None:
    """Rights may differ from folder to folder."""
    place.put(1)
    place.deliver(mail(2), "Locked")
    locked = place.server.maildir(place.user, "Locked")
    for part in ("cur", "new", "tmp"):
        (locked / part).rename(locked / f"{part}-away")
        (locked / part).symlink_to(part)
    shelf = Shelf()

    shelf.sync(place.source())

    assert shelf.contents() == [mail(1)]
    assert [trouble.folder for trouble in shelf.unreadable] == ["Locked"]
