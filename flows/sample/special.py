"""Mails no mail program would write by itself: bounces, list copies, and damage."""

from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import getaddresses

from flows.sample.script import Letter

UNREADABLE = b"\x00\x00\xff\xfe" + bytes(range(255, 127, -1)) * 5
"""What a failing disk left of a mail: no header, no text. It belongs into quarantine."""


_MARK = "=_bounce_of_the_day"
_REPORT = f"""\
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status;
 boundary="{_MARK}"

--{_MARK}
Content-Type: text/plain; charset=us-ascii

This is the mail system at host mx.kestrelrow.example.

I'm sorry to have to inform you that your message could not
be delivered to one or more recipients. It's attached below.

<%(recipient)s>: host mx.%(host)s said: 552 5.2.2
    <%(recipient)s>: Mailbox full

--{_MARK}
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.kestrelrow.example

Final-Recipient: rfc822; %(recipient)s
Action: failed
Status: 5.2.2
Remote-MTA: dns; mx.%(host)s
Diagnostic-Code: smtp; 552 5.2.2 Mailbox full

--{_MARK}
Content-Type: text/rfc822-headers

%(original)s

--{_MARK}--
"""


def bounce(envelope: EmailMessage, returned: bytes, recipient: str) -> bytes:
    """A delivery status notification about ``returned`` (RFC 3464)."""
    envelope["Auto-Submitted"] = "auto-replied"
    original = returned.partition(b"\r\n\r\n")[0].decode().replace("\r\n", "\n")
    report = _REPORT % {"recipient": recipient, "host": recipient.partition("@")[2], "original": original}
    return envelope.as_bytes().rstrip(b"\r\n") + b"\r\n" + report.replace("\n", "\r\n").encode()


def echoed(data: bytes, letter: Letter) -> bytes:
    """The copy a mailing list sends back to the author: subject tag, list headers, footer, same Message-ID."""
    address = getaddresses([message_from_bytes(data, policy=SMTP)["To"]])[0][1]
    name = address.partition("@")[0]
    head, _, body = data.partition(b"\r\n\r\n")
    head = head.replace(b"\r\nSubject: ", f"\r\nSubject: [{name}] ".encode(), 1)
    extra = f"\r\nList-Id: <{address.replace('@', '.')}>\r\nList-Post: <mailto:{address}>\r\nPrecedence: list"
    footer = f"{'_' * 47}\r\n{name} mailing list\r\n{address}\r\n"
    if letter.options.get("Mime") != "plain":
        raise ValueError(f"{letter.id}: a list footer is only appended to plain text")
    return head + extra.encode() + b"\r\n\r\n" + body + footer.encode()


def damaged(data: bytes) -> bytes:
    """A mail as an old copier's gateway mangles it: raw bytes and an invented charset in the header, no end."""
    head, _, body = data.partition(b"\r\n\r\n")
    lines = head.split(b"\r\n")
    subject = next(index for index, line in enumerate(lines) if line.startswith(b"Subject: "))
    lines[subject] = b"Subject: =?x-scan2mail?Q?Ma=DFe_?= " + lines[subject][9:].replace(b"oe", b"\xf6")
    head = b"\r\n".join(lines).replace(b'charset="utf-8"', b'charset="x-scan2mail"')
    body = body.replace(b'charset="utf-8"', b'charset="x-scan2mail"', 1)
    return head + b"\r\n\r\n" + body.rsplit(b"\r\n--=_", 1)[0] + b"\r\n"
