"""Mails no mail program would write by itself: bounces, list copies, and damage."""

from email.message import EmailMessage
from email.policy import SMTP
from email.utils import getaddresses
from email import message_from_bytes

from flows.sample.script import Letter

UNREADABLE = b"\x00\x00\xff\xfe" + bytes(range(255, 127, -1)) * 5
"""What a failing disk left of a mail: no header, no text. It belongs into quarantine."""


def bounce(envelope: EmailMessage, returned: bytes, recipient: str) -> bytes:
    """A delivery status notification about ``returned`` (RFC 3464)."""
    mark = "=_bounce_of_the_day"
    envelope["Auto-Submitted"] = "auto-replied"
    envelope["MIME-Version"] = "1.0"
    envelope["Content-Type"] = f'multipart/report; report-type=delivery-status; boundary="{mark}"'
    head = envelope.as_bytes().rstrip(b"\r\n")
    original = returned.partition(b"\r\n\r\n")[0].decode()
    host = recipient.partition("@")[2]
    parts = (
        "Content-Type: text/plain; charset=us-ascii\n\n"
        "This is the mail system at host mx.kestrelrow.example.\n\n"
        "I'm sorry to have to inform you that your message could not\n"
        "be delivered to one or more recipients. It's attached below.\n\n"
        f"<{recipient}>: host mx.{host} said: 550 5.1.1\n    <{recipient}>: Recipient address rejected: User unknown\n",
        "Content-Type: message/delivery-status\n\n"
        "Reporting-MTA: dns; mx.kestrelrow.example\n\n"
        f"Final-Recipient: rfc822; {recipient}\nAction: failed\nStatus: 5.1.1\n"
        f"Remote-MTA: dns; mx.{host}\nDiagnostic-Code: smtp; 550 5.1.1 Recipient address rejected: User unknown\n",
        f"Content-Type: text/rfc822-headers\n\n{original}\n",
    )
    body = "".join(f"\n--{mark}\n{part}" for part in parts) + f"\n--{mark}--\n"
    return head + b"\r\n" + body.replace("\r\n", "\n").replace("\n", "\r\n").encode()


def echoed(data: bytes, letter: Letter) -> bytes:
    """The copy a mailing list sends back to the author: subject tag, list headers, footer, same Message-ID."""
    address = getaddresses([message_from_bytes(data, policy=SMTP)["To"]])[0][1]
    name = address.partition("@")[0]
    head, _, body = data.partition(b"\r\n\r\n")
    head = head.replace(b"\r\nSubject: ", f"\r\nSubject: [{name}] ".encode(), 1)
    extra = f"\r\nList-Id: <{address.replace('@', '.')}>\r\nList-Post: <mailto:{address}>\r\nPrecedence: list"
    footer = f"_______________________________________________\r\n{name} mailing list\r\n{address}\r\n"
    if letter.options.get("Mime") != "plain":
        raise ValueError(f"{letter.id}: a list footer is only appended to plain text")
    return head + extra.encode() + b"\r\n\r\n" + body + footer.encode()


def damaged(data: bytes) -> bytes:
    """A mail as an old copier's gateway mangles it: raw bytes and an invented charset in the header, no last boundary."""
    head, _, body = data.partition(b"\r\n\r\n")
    lines = head.split(b"\r\n")
    subject = next(index for index, line in enumerate(lines) if line.startswith(b"Subject: "))
    lines[subject] = b"Subject: =?x-scan2mail?Q?Ma=DFe_?= " + lines[subject][9:].replace(b"oe", b"\xf6")
    head = b"\r\n".join(lines).replace(b'charset="utf-8"', b'charset="x-scan2mail"')
    body = body.replace(b'charset="utf-8"', b'charset="x-scan2mail"', 1)
    return head + b"\r\n\r\n" + body.rsplit(b"\r\n--=_", 1)[0] + b"\r\n"
