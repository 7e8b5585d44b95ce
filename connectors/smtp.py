"""Sending one mail, such as the daily digest, through the user's own mail server."""

import smtplib
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from email import policy
from email.message import EmailMessage
from email.utils import format_datetime

from connectors.options import check_security
from domain.errors import AuthError, SourceUnreachable

TIMEOUT = 60.0  # seconds, for every single answer of the server


def send_mail(
    *,
    host: str,
    port: int,
    sender: str,
    recipients: Sequence[str],
    subject: str,
    text: str,
    message_id: str,
    html: str | None = None,
    security: str = "tls",
    username: str | None = None,
    secret: str | None = None,
) -> tuple[str, ...]:
    """Send a mail.

    Args:
        host: Mail server.
        port: Its port; 465 for ``tls``, 587 for ``starttls`` as a rule.
        sender: Address it comes from.
        recipients: Addresses it goes to.
        subject: Subject; line breaks in it become spaces.
        text: Plain text body.
        html: The same as HTML, if there is one.
        message_id: Its identity with angle brackets; the same for every attempt, so that receivers can tell copies.
        security: ``tls``, ``starttls``, or ``none`` towards this machine only.
        username: Account to sign in with; None for servers that ask for none.
        secret: Its password.

    Returns:
        The recipients the server refused while it took the mail for others.

    Raises:
        ConfigError: ``security`` is unknown or would send the password in the clear.
        AuthError: The server refused the credentials.
        SourceUnreachable: It could not be reached, or took the mail for nobody.
    """
    check_security(security, host, what="The mail server for alerts")
    mail = _composed(sender=sender, recipients=recipients, subject=subject, text=text, html=html, message_id=message_id)
    with _sentences(host, port, username), _connected(host, port, security) as server:
        if username is not None:
            server.login(username, secret or "")
        return tuple(server.send_message(mail, sender, list(recipients)))


def _composed(
    *, sender: str, recipients: Sequence[str], subject: str, text: str, html: str | None, message_id: str
) -> EmailMessage:
    mail = EmailMessage(policy=policy.SMTP)
    mail["From"] = sender
    mail["To"] = ", ".join(recipients)
    mail["Subject"] = " ".join(subject.split())
    mail["Date"] = format_datetime(datetime.now(UTC))
    mail["Message-ID"] = message_id
    mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: no holiday notice shall answer it
    # RFC 2919, 2: a list nobody manages is named below localhost. Under our own domain it would look like a group
    # address of ours, and what comes over those was written by people.
    mail["List-Id"] = "Morning report <report.accountline.localhost>"
    mail["Precedence"] = "bulk"
    mail.set_content(text)
    if html is not None:
        mail.add_alternative(html, subtype="html")
    return mail


@contextmanager
def _connected(host: str, port: int, security: str) -> Iterator[smtplib.SMTP]:
    """Open an encrypted connection whose certificate was verified, or a bare one to this machine."""
    context = ssl.create_default_context()
    if security == "tls":
        server: smtplib.SMTP = smtplib.SMTP_SSL(host, port, timeout=TIMEOUT, context=context)
    else:
        server = smtplib.SMTP(host, port, timeout=TIMEOUT)
    with server:
        if security == "starttls":
            server.starttls(context=context)
        yield server


@contextmanager
def _sentences(host: str, port: int, username: str | None) -> Iterator[None]:
    """Turn what the library raises into our errors; the server's own words may hold addresses, never the password."""
    place = f"The mail server {host}:{port}"
    try:
        yield
    except smtplib.SMTPAuthenticationError as error:
        raise AuthError(f"{place} refused user {username} (code {error.smtp_code}); check name and password.") from None
    except smtplib.SMTPRecipientsRefused as error:
        refused = ", ".join(sorted(error.recipients))
        raise SourceUnreachable(f"{place} refused every recipient ({refused}); check their addresses.") from None
    except ssl.SSLCertVerificationError as error:
        raise SourceUnreachable(
            f"{place} has a certificate that cannot be trusted ({error.verify_message}); "
            "check the host name or install its certificate authority."
        ) from None
    except smtplib.SMTPServerDisconnected:
        raise SourceUnreachable(f"{place} closed the connection; check port and `security`.") from None
    except smtplib.SMTPResponseException as error:
        raise SourceUnreachable(f"{place} did not take the mail (code {error.smtp_code}).") from None
    except (OSError, smtplib.SMTPException) as error:
        raise SourceUnreachable(f"{place} cannot be reached ({error}); check host, port and network.") from None
