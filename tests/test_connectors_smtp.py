"""Sending mail, to a real SMTP server on loopback."""

from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from loopback import free_port

from connectors.smtp import send_mail
from domain.errors import AuthError, ConfigError, SourceUnreachable

pytestmark = pytest.mark.servers

DIGEST: dict[str, Any] = {
    "host": "127.0.0.1",
    "security": "none",
    "sender": "desk@northwind.example",
    "recipients": ["lead@northwind.example", "boss@northwind.example"],
    "subject": "2 replies\nare overdue — Grüße",
    "text": "Blue Peak has waited since Monday.\n",
    "message_id": "<digest-2025-03-10@northwind.example>",
}


class Postbox:
    """Takes every mail except those for ``boss``; keeps what it took."""

    def __init__(self) -> None:
        self.mails: list[bytes] = []

    async def handle_RCPT(  # noqa: N802 - named by the library
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if address.startswith("boss"):
            return "550 no such person"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - as above
        assert isinstance(envelope.content, bytes)
        self.mails.append(envelope.content)
        return "250 OK"

    def mail(self) -> EmailMessage:
        """Return the only mail, parsed."""
        [content] = self.mails
        mail = message_from_bytes(content, policy=policy.default)
        assert isinstance(mail, EmailMessage)
        return mail


def right_password(_server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, data: object) -> AuthResult:
    """Accept one password."""
    return AuthResult(success=isinstance(data, LoginPassword) and data.password == b"opensesame", handled=False)


@pytest.fixture
def postbox() -> Postbox:
    """Offer an empty postbox."""
    return Postbox()


@pytest.fixture
def port(postbox: Postbox) -> Iterator[int]:
    """Run a server that fills the postbox; return its port."""
    controller = Controller(
        postbox, hostname="127.0.0.1", port=free_port(), auth_require_tls=False, authenticator=right_password
    )
    controller.start()
    yield controller.port
    controller.stop()


def test_a_mail_arrives_with_both_bodies(port: int, postbox: Postbox) -> None:
    """Subject on one line, plain text and HTML, and a mark that no machine shall answer it (RFC 3834)."""
    send_mail(port=port, html="<p>Blue Peak has waited since Monday.</p>", **DIGEST)

    mail = postbox.mail()
    assert mail["Subject"] == "2 replies are overdue — Grüße"
    assert mail["Message-ID"] == DIGEST["message_id"]
    assert (mail["Auto-Submitted"], mail["Precedence"]) == ("auto-generated", "bulk")
    assert ".accountline." in mail["List-Id"]
    assert [part.get_content_type() for part in mail.walk()] == ["multipart/alternative", "text/plain", "text/html"]


def test_recipients_that_were_refused_are_returned(port: int) -> None:
    """The mail went to the others, so it is no failure, but it is not silent either."""
    assert send_mail(port=port, **DIGEST) == ("boss@northwind.example",)


def test_a_mail_nobody_gets_is_a_failure(port: int) -> None:
    """The sentence names who was refused."""
    with pytest.raises(SourceUnreachable, match=r"refused every recipient \(boss@northwind\.example\)"):
        send_mail(port=port, **{**DIGEST, "recipients": ["boss@northwind.example"]})


def test_a_right_password_signs_in(port: int, postbox: Postbox) -> None:
    """User name and password are used where they are given."""
    send_mail(port=port, username="desk", secret="opensesame", **DIGEST)

    assert len(postbox.mails) == 1


def test_a_wrong_password_is_an_auth_error_without_the_password(port: int) -> None:
    """Refused credentials are for a person to mend."""
    with pytest.raises(AuthError, match="refused user desk") as caught:
        send_mail(port=port, username="desk", secret="hunter2", **DIGEST)

    assert "hunter2" not in str(caught.value)


def test_a_server_that_is_not_there_is_unreachable() -> None:
    """Worth a later try."""
    with pytest.raises(SourceUnreachable, match="cannot be reached"):
        send_mail(port=free_port(), **DIGEST)


def test_a_server_without_encryption_is_told_apart(port: int) -> None:
    """Asking a plain server for STARTTLS fails instead of going on in the clear."""
    with pytest.raises(SourceUnreachable):
        send_mail(port=port, **{**DIGEST, "security": "starttls"})


def test_nothing_goes_unencrypted_to_another_machine() -> None:
    """Refused before any connection."""
    with pytest.raises(ConfigError, match=r"unencrypted to mail\.northwind\.example"):
        send_mail(port=25, **{**DIGEST, "host": "mail.northwind.example"})
