"""How mail programs write down what they quote: attribution lines and header blocks, by program and language."""

from dataclasses import dataclass
from datetime import datetime
from html import escape

from flows.sample.clock import DAYS, MONTHS, words
from flows.sample.script import Person

FRENCH_SHORT = words("janv. févr. mars avr. mai juin juil. août sept. oct. nov. déc.")
BLOCK_WORDS = {
    "en": ("From", "Sent", "To", "Cc", "Subject"),
    "de": ("Von", "Gesendet", "An", "Cc", "Betreff"),
    "fr": ("De", "Envoyé", "À", "Cc", "Objet"),
}
FORWARD_WORDS = {
    "en": "---------- Forwarded message ---------",
    "de": "---------- Weitergeleitete Nachricht ---------",
    "fr": "---------- Message transféré ---------",
}
REPLY_PREFIX = {"outlook-de": "AW: ", "outlook-en": "RE: ", "outlook-fr": "RE : "}
FORWARD_PREFIX = {"outlook-de": "WG: ", "outlook-en": "FW: "}


@dataclass(frozen=True, slots=True, kw_only=True)
class Quoted:
    """What is quoted: who wrote it, when (in the quoting person's zone), to whom, its text and HTML."""

    author: Person
    at: datetime
    to: str
    cc: str
    subject: str
    text: str
    html: str


def uses_block(mailer: str) -> bool:
    """Outlook puts a header block over the quoted mail instead of an attribution line."""
    return mailer.startswith("outlook")


def attribution(mailer: str, quoted: Quoted) -> str:
    """The "On …, Ana wrote:" line of a mail program."""
    who, at = f"{quoted.author.name} <{quoted.author.address}>", quoted.at
    days, months = DAYS[mailer[-2:]], MONTHS[mailer[-2:]]
    day, month = days[at.weekday()], months[at.month - 1]
    lines = {
        "gmail-en": f"On {day[:3]}, {at.day} {month[:3]} {at.year} at {at:%H:%M}, {who} wrote:",
        "gmail-fr": f"Le {day[:3]}. {at.day} {FRENCH_SHORT[at.month - 1]} {at.year} à {at:%H:%M}, {who} a écrit :",
        "apple-en": f"On {at.day} {month[:3]} {at.year}, at {at:%H:%M}, {who} wrote:",
        "apple-de": f"Am {at:%d.%m.%Y} um {at:%H:%M} schrieb {who}:",
        "bird-en": f"On {at:%d/%m/%Y} {at:%H:%M}, {quoted.author.name} wrote:",
        "bird-de": f"Am {at:%d.%m.%y} um {at:%H:%M} schrieb {quoted.author.name}:",
    }
    return lines[mailer]


def block(mailer: str, quoted: Quoted) -> list[tuple[str, str]]:
    """Outlook's "From: … Sent: …" lines as pairs of word and value."""
    language, at = mailer[-2:], quoted.at
    day, month = DAYS[language][at.weekday()], MONTHS[language][at.month - 1]
    sent = {
        "en": f"{day}, {at.day} {month} {at.year} {at:%H:%M}",
        "de": f"{day}, {at.day}. {month} {at.year} {at:%H:%M}",
        "fr": f"{day} {at.day} {month} {at.year} {at:%H:%M}",
    }[language]
    values = (f"{quoted.author.name} <{quoted.author.address}>", sent, quoted.to, quoted.cc, quoted.subject)
    return [(word, value) for word, value in zip(BLOCK_WORDS[language], values, strict=True) if value]


def quote_text(mailer: str, quoted: Quoted) -> str:
    """The quoted part of a plain-text reply."""
    if uses_block(mailer):
        head = "\n".join(f"{word}: {value}" for word, value in block(mailer, quoted))
        return f"{head}\n\n{quoted.text}"
    return f"{attribution(mailer, quoted)}\n\n{prefixed(quoted.text)}"


def quote_html(mailer: str, quoted: Quoted) -> str:
    """The quoted part of an HTML reply."""
    if uses_block(mailer):
        rows = "<br>\n".join(f"<b>{word}:</b> {escape(value)}" for word, value in block(mailer, quoted))
        style = "border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0cm 0cm 0cm"
        return f'<div style="{style}">\n<p class="MsoNormal">{rows}</p></div>\n{quoted.html}'
    line = escape(attribution(mailer, quoted))
    style = "margin:0px 0px 0px 0.8ex;border-left:1px solid rgb(204,204,204);padding-left:1ex"
    return (
        f'<br><div class="gmail_quote"><div dir="ltr" class="gmail_attr">{line}<br></div>\n'
        f'<blockquote class="gmail_quote" style="{style}">\n{quoted.html}\n</blockquote></div>'
    )


def forward_text(mailer: str, quoted: Quoted) -> str:
    """The forwarded part of a plain-text mail."""
    head = "\n".join(f"{word}: {value}" for word, value in block("outlook-" + mailer[-2:], quoted))
    mark = "" if uses_block(mailer) else FORWARD_WORDS[mailer[-2:]] + "\n"
    return f"{mark}{head}\n\n{quoted.text}"


def prefixed(text: str) -> str:
    """Text with the quote mark before every line."""
    return "\n".join(f"> {line}".rstrip() for line in text.splitlines())
