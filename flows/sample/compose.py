"""Turns letters of the story into complete mails: headers, MIME, signature, quotes (RFC 5322, RFC 2045)."""

import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, formataddr
from functools import cached_property
from html import escape
from zlib import crc32
from zoneinfo import ZoneInfo

from flows.sample import quoting
from flows.sample.agenda import Agenda
from flows.sample.clock import StoryClock
from flows.sample.script import Letter, Person
from flows.sample.special import bounce, damaged, echoed

MEDIA_TYPES = {
    "pdf": ("application", "pdf"),
    "jpg": ("image", "jpeg"),
    "png": ("image", "png"),
    "csv": ("text", "csv"),
    "xlsx": ("application", "vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    "zip": ("application", "zip"),
    "ai": ("application", "postscript"),
}
WRAPPED = {"gmail": 74, "apple": 0, "bird": 72, "outlook": 0}


@dataclass(frozen=True)
class Composer:
    """Writes the mails of one story at one time.

    Attributes:
        people: By key.
        letters: By id.
        clock: Where in time the story lies.
        agenda: Calendars, for the invitations some mails carry.
    """

    people: Mapping[str, Person]
    letters: Mapping[str, Letter]
    clock: StoryClock
    agenda: Agenda

    @cached_property
    def _texts(self) -> dict[str, str]:
        return {}

    def message_id(self, name: str) -> str:
        """Message-ID of a letter, with angle brackets."""
        letter = self.letters[name]
        if "Echo" in letter.options:
            return self.message_id(letter.options["Echo"])
        return f"<{name}@{self.people[letter.sender].address.partition('@')[2]}>"

    def received_at(self, letter: Letter) -> datetime:
        """When the server took it in (UTC): the story minute and some seconds."""
        return self.sent_at(letter) + timedelta(seconds=2 + crc32(letter.id.encode()) % 7)

    def sent_at(self, letter: Letter) -> datetime:
        """True sending time (UTC), whatever the Date header says."""
        return self.clock.instant(letter.at) + timedelta(seconds=crc32(letter.id.encode()[::-1]) % 50)

    def subject(self, letter: Letter) -> str:
        """As given, or what the mail program makes of the subject answered or forwarded."""
        if "Subject" in letter.options:
            return self.clock.fill(letter.options["Subject"])
        mailer = self.people[letter.sender].mailer
        if "Forward" in letter.options:
            return quoting.FORWARD_PREFIX.get(mailer, "Fwd: ") + self.subject(self.letters[letter.options["Forward"]])
        subject = self.subject(self.letters[letter.parent])
        prefix = quoting.REPLY_PREFIX.get(mailer, "Re: ")
        return subject if subject.startswith(prefix) else prefix + subject

    def render(self, letter: Letter) -> bytes:
        """The whole mail as sent: RFC 5322 with CRLF, without the Received line its last server adds."""
        if "Bounce" in letter.options:
            failed = self.letters[letter.options["Bounce"]]
            return bounce(self._envelope(letter), self.render(failed), self._address(failed.to[0])[1])
        if "Echo" in letter.options:
            return echoed(self.render(self.letters[letter.options["Echo"]]), letter)
        message = self._envelope(letter)
        self._fill(message, letter)
        for number, part in enumerate(message.walk()):
            if part.is_multipart():
                part.set_boundary(f"=_{crc32(letter.id.encode()):08x}_{number}")
        data = message.as_bytes()
        return damaged(data) if "Damage" in letter.options else data

    def _envelope(self, letter: Letter) -> EmailMessage:
        author = self.people[letter.sender]
        message = EmailMessage(policy=SMTP)
        message["From"] = formataddr((author.name, author.address))
        if "Sender" in letter.options:
            sender = self.people[letter.options["Sender"]]
            message["Sender"] = formataddr((sender.name, sender.address))
        message["To"] = self._list(letter.to)
        if letter.cc:
            message["Cc"] = self._list(letter.cc)
        message["Subject"] = self.subject(letter)
        claimed = self.clock.instant(letter.options["Dated"]) if "Dated" in letter.options else self.sent_at(letter)
        message["Date"] = format_datetime(claimed.astimezone(ZoneInfo(author.zone)))
        if letter.options.get("Message-ID") != "no":
            message["Message-ID"] = self.message_id(letter.id)
        if letter.parent:
            message["In-Reply-To"] = self.message_id(letter.parent)
            message["References"] = " ".join(self._references(letter))
        for name, value in letter.headers:
            message[name] = self.clock.fill(value)
        return message

    def _fill(self, message: EmailMessage, letter: Letter) -> None:
        author = self.people[letter.sender]
        program = author.mailer.partition("-")[0]
        usual = {"gmail": "alternative", "outlook": "alternative"}.get(program, "plain")
        kind = letter.options.get("Mime", "plain" if "Automatic" in letter.options else usual)
        text, page = self._text(letter) + "\n", f"<html><body>\n{self._html(letter)}\n</body></html>\n"
        charset = able(letter.options.get("Charset", author.charset), text)
        if kind == "html":
            message.set_content(page, subtype="html", charset=charset, cte="quoted-printable")
        else:
            message.set_content(text, charset=charset, cte="quoted-printable")
        if kind == "alternative":
            message.add_alternative(page, subtype="html", charset=charset, cte="quoted-printable")
        if "Invite" in letter.options:
            method, _, event = letter.options["Invite"].partition(" ")
            who = author.address if method == "REPLY" else ""
            body = self.agenda.invitation(event, method, answered_by=who)
            message.add_alternative(body, subtype="calendar", params={"method": method}, cte="base64")
        for name in filter(None, letter.options.get("Attach", "").split(", ")):
            maintype, subtype = MEDIA_TYPES[name.rpartition(".")[2]]
            content = f"sample attachment {name}\n".encode()
            message.add_attachment(content, maintype=maintype, subtype=subtype, filename=self.clock.fill(name))

    def _references(self, letter: Letter) -> list[str]:
        chain: list[str] = []
        while letter.parent:
            letter = self.letters[letter.parent]
            chain.append(self.message_id(letter.id))
        return chain[::-1]

    def _address(self, name: str) -> tuple[str, str]:
        if "@" in name:
            return "", name
        return self.people[name].name, self.people[name].address

    def _list(self, names: tuple[str, ...]) -> str:
        return ", ".join(formataddr(self._address(name)) for name in names)

    def _text(self, letter: Letter) -> str:
        if letter.id not in self._texts:
            self._texts[letter.id] = self._write(letter)
        return self._texts[letter.id]

    def _write(self, letter: Letter) -> str:
        author = self.people[letter.sender]
        width = WRAPPED[author.mailer.partition("-")[0]]
        parts = [wrapped(self.clock.fill(letter.body), width)]
        if letter.options.get("Quote") == "inline":
            parts.insert(0, quoting.attribution(author.mailer, self._source(self.letters[letter.parent], author)))
        if "Automatic" in letter.options:
            return parts[0]
        if author.signature and letter.options.get("Sign") != "no":
            parts.append(
                ("-- \n" if author.mailer.startswith(("gmail", "bird")) else "") + author.signature.strip("\n")
            )
        quoted = self._quoted(letter)
        if quoted:
            quote = quoting.forward_text if "Forward" in letter.options else quoting.quote_text
            parts.append(quote(author.mailer, quoted))
        if author.disclaimer:
            parts.append(author.disclaimer.strip("\n"))
        return "\n\n".join(parts)

    def _html(self, letter: Letter) -> str:
        author = self.people[letter.sender]
        parts = [paragraphs(self.clock.fill(letter.body), author.mailer)]
        if author.signature and letter.options.get("Sign") != "no" and "Automatic" not in letter.options:
            lines = "<br>\n".join(escape(line) for line in author.signature.strip("\n").splitlines())
            parts.append(f'<div class="signature">{lines}</div>')
        quoted = self._quoted(letter)
        if quoted and "Automatic" not in letter.options:
            parts.append(quoting.quote_html(author.mailer, quoted))
        if author.disclaimer:
            parts.append(f'<p style="font-size:8pt;color:gray">{escape(author.disclaimer.strip())}</p>')
        return "\n".join(parts)

    def _quoted(self, letter: Letter) -> quoting.Quoted | None:
        name = letter.options.get("Forward", letter.parent)
        if not name or ("Quote" in letter.options and "Forward" not in letter.options):
            return None
        return self._source(self.letters[name], self.people[letter.sender])

    def _source(self, source: Letter, reader: Person) -> quoting.Quoted:
        return quoting.Quoted(
            author=self.people[source.sender],
            at=self.sent_at(source).astimezone(ZoneInfo(reader.zone)),
            to="; ".join(self._address(name)[0] or name for name in source.to),
            cc="; ".join(self._address(name)[0] or name for name in source.cc),
            subject=self.subject(source),
            text=self._text(source),
            html=self._html(source),
        )


def able(charset: str, text: str) -> str:
    """The charset a mail program would take: its usual one if that can say it, else UTF-8."""
    try:
        text.encode(charset)
    except UnicodeEncodeError:
        return "utf-8"
    return charset


def stamped(data: bytes, by: str, name: str, at: datetime) -> bytes:
    """A mail with the Received line of the server that delivered it (RFC 5321, 4.4)."""
    when = format_datetime(at.astimezone(UTC))
    line = f"Received: from mx.{by} by imap.{by} with LMTP\r\n\tid {crc32(name.encode()):08x}; {when}\r\n"
    return line.encode() + data


def wrapped(text: str, width: int) -> str:
    """Paragraphs broken as the mail program does; 0 leaves lines long."""
    if not width:
        return text
    lines = (line if line.startswith(">") else textwrap.fill(line, width) for line in text.splitlines())
    return "\n".join(lines)


def paragraphs(text: str, mailer: str) -> str:
    """New words as a mail program's HTML."""
    blocks = [escape(part).replace("\n", "<br>\n") for part in text.split("\n\n")]
    if quoting.uses_block(mailer):
        return "\n".join(f'<p class="MsoNormal">{part}</p>' for part in blocks)
    return '<div dir="ltr">' + "</div>\n<div><br></div>\n<div>".join(blocks) + "</div>"
