"""Mail to measure with: as varied as a company's, the same for the same seed, 2 to 20 KB each.

Plain text, alternatives with HTML, HTML alone, attachments; English, German and French; questions and answers with the
quotes that common clients write, signatures, lists, encoded headers. Every sentence is put together anew.
"""

import base64
import html
import quopri
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.header import Header
from email.utils import format_datetime
from functools import cache
from random import Random
from textwrap import wrap

from phrases import CLIENTS, FIRST, LAST, STRANGERS, TONGUES, Tongue

BEGIN = datetime(2025, 9, 1, 7, tzinfo=UTC)
_SMALLEST, _LARGEST = 2_000, 20_000
_FILES = (
    ("pdf", "application/pdf"),
    ("jpg", "image/jpeg"),
    ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    ("docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    ("zip", "application/zip"),
)
_STYLES = ("gmail", "outlook", "divider", "unmarked")


@dataclass(frozen=True, slots=True)
class _Written:
    """A mail that later ones may answer."""

    number: int
    tongue: Tongue
    sender: tuple[str, str]
    to: tuple[str, str]
    at: datetime
    subject: str
    text: str
    references: tuple[str, ...]

    @property
    def message_id(self) -> str:
        return f"<{self.number:x}.{int(self.at.timestamp())}@{self.sender[1].partition('@')[2]}>"


def generate(count: int, seed: int = 1) -> Iterator[bytes]:
    """Yield ``count`` mails in the order they were sent, lines ended by CRLF; the same ones for the same seed."""
    chance = Random(seed)  # noqa: S311 - not a secret
    open_matters: deque[_Written] = deque(maxlen=400)
    at = BEGIN
    for number in range(count):
        at += timedelta(seconds=chance.randrange(30, 1_200))
        answered = chance.choice(open_matters) if open_matters and chance.random() < 0.55 else None
        written = _answer(chance, number, at, answered) if answered else _begin(chance, number, at)
        open_matters.append(written)
        yield _mail(chance, written, answered)


def _person(chance: Random, host: str) -> tuple[str, str]:
    first, last = chance.choice(FIRST), chance.choice(LAST)
    local = f"{first}.{last}".lower().translate({ord("ö"): "oe", ord("é"): "e"})
    return f"{first} {last}", f"{local}@{host}"


def _begin(chance: Random, number: int, at: datetime) -> _Written:
    tongue = chance.choice(TONGUES)
    ours = _person(chance, "northwind.example")
    host = chance.choice(CLIENTS if chance.random() < 0.8 else STRANGERS)
    theirs = _person(chance, f"{chance.choice(['', '', 'mail.'])}{host}.example")
    sender, to = (theirs, ours) if chance.random() < 0.6 else (ours, theirs)
    subject = sentence(chance, tongue)[: chance.randrange(18, 70)].rstrip()
    return _Written(number, tongue, sender, to, at, subject, _prose(chance, tongue, to[0], sender), ())


def _answer(chance: Random, number: int, at: datetime, last: _Written) -> _Written:
    prefix = {"de": "AW: ", "fr": "RE : "}.get(last.tongue.code, "Re: ")
    subject = last.subject if last.subject.startswith(prefix) else prefix + last.subject
    sender, to = (last.to, last.sender) if chance.random() < 0.85 else (last.sender, last.to)
    text = _prose(chance, last.tongue, to[0], sender)
    return _Written(number, last.tongue, sender, to, at, subject, text, (*last.references, last.message_id)[-12:])


@cache
def _choices(listed: str) -> list[str]:
    return [" ".join(choice.split()) for choice in (listed.split("|") if "|" in listed else listed.split())]


def _choice(chance: Random, listed: str) -> str:
    return chance.choice(_choices(listed))


def sentence(chance: Random, tongue: Tongue) -> str:
    """Put a sentence together."""
    return _choice(chance, tongue.patterns).format(
        n=_choice(chance, tongue.things),
        m=_choice(chance, tongue.things),
        a=_choice(chance, tongue.qualities),
        t=_choice(chance, tongue.times),
        w=chance.choice(FIRST),
        x=chance.randrange(2, 90_000),
    )


def _prose(chance: Random, tongue: Tongue, to: str, sender: tuple[str, str]) -> str:
    """Greeting, paragraphs, closing and, mostly, a signature."""
    parts = [_choice(chance, tongue.greetings).format(w=to.partition(" ")[0])]
    for _ in range(chance.randrange(1, 6)):
        parts += [" ".join(sentence(chance, tongue) for _ in range(chance.randrange(1, 6)))]
    parts.append(f"{_choice(chance, tongue.closings)}\n{chance.choice([sender[0], sender[0].split()[0]])}")
    if chance.random() < 0.6:
        host = sender[1].partition("@")[2]
        mark = chance.choice(["-- \n", "", ""])
        parts.append(
            f"{mark}{sender[0]}\n{_choice(chance, tongue.titles)}\n{host.partition('.')[0].title()} Ltd.\n"
            f"Tel. +49 {chance.randrange(30, 999)} {chance.randrange(10_000, 9_999_999)}\n{sender[1]}\n"
            f"https://www.{host}/{_choice(chance, tongue.things).lower()}"
        )
    return "\n\n".join(parts)


def _quoted(style: str, last: _Written) -> str:
    """The mail before, as a client would put it below the answer."""
    tongue, who = last.tongue, f"{last.sender[0]} <{last.sender[1]}>"
    day = last.at.strftime("%a, %d %b %Y at %H:%M" if tongue.code == "en" else "%d.%m.%Y um %H:%M")
    values = (who, last.at.strftime("%d/%m/%Y %H:%M"), f"{last.to[0]} <{last.to[1]}>", last.subject)
    block = "\n".join(f"{label}: {value}" for label, value in zip(tongue.labels, values, strict=True))
    if style == "gmail":
        return tongue.wrote.format(day=day, who=who) + "\n\n" + "\n".join(f"> {line}" for line in _wrapped(last.text))
    if style == "outlook":
        return f"{'_' * 32}\n{block}\n\n{last.text}"
    if style == "divider":
        return f"{tongue.divider}\n{block}\n\n{last.text}"
    return tongue.wrote.format(day=day, who=who) + f"\n\n{last.text}"


def _wrapped(text: str) -> list[str]:
    lines: list[str] = []
    for line in text.split("\n"):
        lines += wrap(line, 74, break_long_words=False) or [""]
    return lines


def _html(text: str, quoted: str, style: str) -> str:
    own = "".join(f"<p class=MsoNormal>{_escaped(part)}</p>\n" for part in text.split("\n\n"))
    below = {
        "gmail": f'<div class="gmail_quote"><blockquote type="cite">{_escaped(quoted)}</blockquote></div>',
        "outlook": f'<div style="border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0cm 0cm 0cm">'
        f"<p>{_escaped(quoted.partition(chr(10))[2])}</p></div>",
    }.get(style, f"<div>{_escaped(quoted)}</div>")
    rules = "p.MsoNormal{margin:0cm;font-size:11.0pt;font-family:Calibri,sans-serif} a{color:#0563C1} td{padding:4px}"
    return (
        f'<html><head><meta http-equiv="Content-Type" content="text/html; charset=utf-8"><style>{rules}</style></head>'
        f"<body>\n<div>{own}</div>\n{below if quoted else ''}\n"
        '<table border="0"><tr><td><a href="https://www.northwind.example/">Northwind</a></td></tr></table></body></html>'
    )


def _escaped(text: str) -> str:
    return "<br>\n".join(html.escape(line) for line in text.split("\n"))


def _mail(chance: Random, written: _Written, last: _Written | None) -> bytes:
    style = chance.choice(_STYLES)
    target = int(_SMALLEST * (_LARGEST / _SMALLEST) ** chance.random())
    quoted = _quoted(style, last) if last else ""
    text = written.text
    while len(text) + len(quoted) < min(target, 5_000) - 850:
        greeting, _, rest = text.partition("\n\n")
        more = " ".join(sentence(chance, written.tongue) for _ in range(chance.randrange(2, 7)))
        text = f"{greeting}\n\n{more}\n\n{rest}"
    listed = chance.random() < 0.08
    footer = (
        "\n\n_______________________________________________\nworks mailing list\nworks@lists.example" if listed else ""
    )
    whole = f"{text}\n\n{quoted}{footer}".rstrip()
    kind = chance.choices(("plain", "alternative", "html"), (50, 40, 10))[0]
    shown = _html(text, quoted, style)
    if kind == "plain":
        part = _text_part(chance, "plain", whole, written.tongue.charset)
    elif kind == "html":
        part = _text_part(chance, "html", shown, "utf-8")
    else:
        both = [_text_part(chance, "plain", whole, written.tongue.charset), _text_part(chance, "html", shown, "utf-8")]
        part = _multipart(chance, "alternative", both)
    room = target - len(part)
    if room > 1_500 and chance.random() < 0.35:
        part = _multipart(chance, "mixed", [part, _file_part(chance, written, room)])
    return _header(chance, written, listed=listed) + part


def _text_part(chance: Random, subtype: str, text: str, charset: str) -> bytes:
    """A text part in one of the encodings clients choose."""
    if charset == "us-ascii" and not text.isascii():
        charset = "utf-8"
    data = text.encode(charset, "replace").replace(b"\n", b"\r\n")
    encodings = (
        ("quoted-printable", "base64", "8bit") if charset != "us-ascii" else ("7bit", "7bit", "quoted-printable")
    )
    encoding = chance.choice(encodings)
    if encoding == "base64":
        data = base64.encodebytes(data).replace(b"\n", b"\r\n")
    elif encoding == "quoted-printable":
        data = quopri.encodestring(data.replace(b"\r\n", b"\n")).replace(b"\n", b"\r\n")
    head = f'Content-Type: text/{subtype}; charset="{charset}"\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n'
    return head.encode() + data + b"\r\n"


def _multipart(chance: Random, subtype: str, parts: list[bytes]) -> bytes:
    boundary = f"----=_Part_{chance.getrandbits(64):016x}"
    between = f"--{boundary}\r\n".encode()
    head = f'Content-Type: multipart/{subtype}; boundary="{boundary}"\r\n\r\n'.encode()
    return head + between + (b"\r\n" + between).join(parts) + f"\r\n--{boundary}--\r\n".encode()


def _file_part(chance: Random, written: _Written, room: int) -> bytes:
    ending, media_type = chance.choice(_FILES)
    thing = _choice(chance, written.tongue.things)
    name = Header(f"{thing} {chance.randrange(1, 900)}.{ending}", "utf-8" if not thing.isascii() else None).encode()
    head = (
        f'Content-Type: {media_type}; name="{name}"\r\nContent-Disposition: attachment; filename="{name}"\r\n'
        "Content-Transfer-Encoding: base64\r\n\r\n"
    )
    data = base64.encodebytes(chance.randbytes(max(100, room * 2 // 3)))
    return head.encode() + data.replace(b"\n", b"\r\n")


def _header(chance: Random, written: _Written, *, listed: bool) -> bytes:
    """Header fields as servers and clients write them, up to the MIME part's own."""
    host = written.to[1].partition("@")[2]
    date = format_datetime(written.at)
    server = f"mx.{written.sender[1].partition('@')[2]} (mx [192.0.2.{chance.randrange(1, 255)}])"
    passed = f"from {server}\r\n\tby mail.{host} with ESMTPS id {chance.getrandbits(48):012x};\r\n\t{date}"
    fields = [
        ("Return-Path", f"<{written.sender[1]}>"),
        ("Received", passed),
        (
            "DKIM-Signature",
            f"v=1; a=rsa-sha256; d=example; s=k{chance.randrange(9)};\r\n\tb={chance.randbytes(96).hex()}",
        ),
        ("Date", date),
        ("From", _mailbox(written.sender)),
        ("To", ", ".join(map(_mailbox, [written.to, *_others(chance, host)]))),
        ("Subject", Header(written.subject, None if written.subject.isascii() else "utf-8").encode(linesep="\r\n")),
        ("Message-ID", written.message_id),
        ("MIME-Version", "1.0"),
        ("X-Mailer", chance.choice(["Microsoft Outlook 16.0", "Apple Mail (2.3774)", "Thunderbird 128", "Evolution"])),
    ]
    if written.references:
        fields += [("In-Reply-To", written.references[-1]), ("References", "\r\n ".join(written.references))]
    if chance.random() < 0.3:
        fields.append(("Cc", ", ".join(map(_mailbox, _others(chance, "northwind.example", least=1)))))
    if listed:
        fields += [("List-Id", "works <works.lists.example>"), ("Precedence", "list")]
    return "".join(f"{name}: {value}\r\n" for name, value in fields).encode()


def _others(chance: Random, host: str, *, least: int = 0) -> list[tuple[str, str]]:
    return [_person(chance, host) for _ in range(max(least, chance.choice((0, 0, 0, 1, 2))))]


def _mailbox(person: tuple[str, str]) -> str:
    name, address = person
    shown = name if name.isascii() else Header(name, "utf-8").encode()
    return f"{shown} <{address}>"
