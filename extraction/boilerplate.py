"""What nobody writes by hand below a mail: disclaimers, list footers, advertisements and phones' sign-offs."""

# Letters and dashes of other alphabets are meant.
# ruff: noqa: RUF001

import re
from collections.abc import Sequence

from extraction.attachment_notes import is_attachment
from extraction.body_lines import is_rule

_DELIMITERS = ("--", "—", "–")
_DELIMITER = re.compile(r"^(?:--|—|–)[ \t\xa0]*$")
_MOBILE = re.compile(
    r"^\W*(?:sent (?:from|via|by|using) (?:my|a|an|the|outlook|mail|yahoo|gmail|proton|samsung|mobile|"
    r"iphone|ipad|blackberry|android|telus|airmail|spark|aol|zoho|postbox)\b"
    r"|sent from .{0,40}(?:mail|phone|mobile|device|outlook)|sent (?:from|via|with) \w+(?: \w+){0,2} ?[<(]https?:|"
    r"get outlook for|gesendet (?:von|mit|über)|"
    r"von meinem .{2,40} gesendet|"
    r"diese nachricht wurde von meinem|envoyé (?:de|depuis|à partir de) (?:mon|ma|l|outlook)|enviado desde|enviado do|"
    r"inviato da|verzonden (?:vanaf|met|via|vanuit)|verstuurd vanaf|"
    r"skickat från|sendt fra|lähetetty|wysłane z|outlook (?:für|pour|para|per|voor) (?:ios|android)|"
    r"hol(?:en sie sich)? outlook|télécharger outlook|obtener outlook|"
    r"(?:do you yahoo|get your free|join msn|msn photos|express yourself instantly|chat with friends)|"
    r"sent wirelessly|(?:via|from) (?:my )?mobile\W*$).{0,120}$",
    re.IGNORECASE,
)
_WARNINGS = (
    r"(?:this|the information (?:contained )?in this|the contents of this|the information transmitted|"
    r"information contained in this)\s+"
    r"(?:(?:internet )?e-?mail|message|communication|transmission|is intended)\b.{0,200}?(?:confidential|"
    r"privileged|intended|property of|proprietary|legal)|"
    r"^\W*(?:confidentiality|privacy|legal|privileged)(?: (?:and|or|&) \w+)?\W{1,3}(?:notice|note|statement|disclaimer|"
    r"warning)\b|"
    r"^\W*disclaimer\b|"
    r"^\W*privileged\W{1,3}confidential|if you are not the intended (?:recipient|addressee)|"
    r"intended to be delivered only|wenn sie nicht der (?:richtige|vorgesehene) (?:adressat|empfänger)|"
    r"the information transmitted is intended only|"
    r"(?:diese|die in dieser) e-?mail\b.{0,200}?vertraulich|ce (?:message|courriel|mail)\b.{0,200}?confidentiel|"
    r"este (?:mensaje|correo|e-?mail|mensagem)\b.{0,200}?confidencia|dit (?:bericht|"
    r"e-mailbericht)\b.{0,200}?vertrouwelijk|"
    r"questo (?:messaggio|e-?mail)\b.{0,200}?(?:riservat|confidenzial)|"
    r"(?:please )?consider the environment before printing|"
    r"bitte (?:denken|prüfen) sie .{0,60}(?:ausdruck|umwelt)|virus-?free\. www\.|this (?:e-?mail|"
    r"message) (?:has been|was) scanned"
)
_DISCLAIMER = re.compile(_WARNINGS.replace(" ", r"\s+"), re.DOTALL | re.MULTILINE)
# Each of the ways above has one of these words, and they are found much sooner.
_DISCLAIMER_CLUES = (
    *("confiden", "privileged", "intended", "property of", "proprietary", "legal", "privacy", "disclaimer"),
    *("wenn sie nicht der", "vertraulich", "vertrouwelijk", "riservat", "environment", "ausdruck", "umwelt"),
    *("virus", "scanned"),
)
_FOOTER = re.compile(
    r"^\W*(?:to unsubscribe\b|unsubscribe:|you received this (?:message|email) because|"
    r"you are receiving this|for additional commands, e-?mail|"
    r"view this message in context|sent from the .{1,80} mailing list archive|[\w.-]+ mailing list\W*$|"
    r"mailing list:? |https?://\S*(?:mailman|listinfo)\S*\W*$|"
    r"\[non-text portions of this message|to post to this group|reply to this email directly|view it on github|"
    r"do you yahoo!\?|do you want a free e-mail|get free email)",
    re.IGNORECASE,
)
_PHONE_CLUES = (
    *("Sent ", "Gesendet ", "Von meinem ", "Envoyé ", "Enviado ", "Inviato ", "Verzonden ", "Verstuurd ", "Get Out"),
)
_PHONE = re.compile(
    r"^(?:Sent from my (?:[A-Z0-9]|i[A-Z])\S*(?: [A-Z0-9]\S*){0,6}|Von meinem .{2,40} gesendet|"
    r"(?:Gesendet (?:von|mit|über)|Envoyé (?:de|depuis|à partir d)|Enviado (?:desde|do|a partir)|Inviato da|Verzonden|"
    r"Verstuurd (?:vanaf|met|via)|Sent from) .{0,20}(?:iPhone|iPad|Outlook|Android|Samsung|Mail|mobile)\b.{0,80}|"
    r"Get Outlook for .{2,80})$"
)
_FOOTER_CLUES = (
    *("unsubscribe", "mailing list", "mailman", "listinfo", "you received this", "you are receiving", "in context"),
    *(
        "additional commands",
        "post to this group",
        "reply to this email",
        "github",
        "yahoo!?",
        "free e",
        "[non-text portions",
    ),
)
_MOBILE_LINES = 3
"""The phrase, a link, and what they belong to."""
_MAX_WARNING = 3_000


def is_delimiter(line: str) -> bool:
    """The line above a signature (RFC 3676, 4.3), also without its blank and with longer dashes."""
    return line.startswith(_DELIMITERS) and bool(_DELIMITER.match(line))


def spoken_end(lines: Sequence[str], end: int) -> int:
    """The end of the last line above ``end`` that says something: not blank, no note of an attached file, no ``--``."""
    while end and (not (line := lines[end - 1]) or line.isspace() or is_delimiter(line) or is_attachment(line)):
        end -= 1
    return end


def phone_line(lines: Sequence[str], end: int) -> int | None:
    """A phone's "Sent from my …" between blank lines above ``end``: what follows it was there before."""
    for index in range(1, end - 2):
        line = lines[index]
        set_off = line.startswith(_PHONE_CLUES) and not lines[index - 1].strip() and not lines[index + 1].strip()
        if set_off and _PHONE.match(line):
            return index
    return None


def before_boilerplate(lines: Sequence[str], end: int) -> int:
    """Walk up over disclaimers, footers and mobile sign-offs, paragraph by paragraph."""
    while True:
        end = start = spoken_end(lines, end)
        while start and not lines[start - 1].isspace() and lines[start - 1]:
            start -= 1
        if start == end:
            return end
        cut = boilerplate_at(lines[start:end])
        if cut is None:
            return end
        end = start + cut
        if end and is_rule(lines[end - 1]):
            end -= 1


def boilerplate_at(paragraph: Sequence[str]) -> int | None:
    """Offset in the paragraph where boilerplate begins, None when there is none."""
    lowered = "\n".join(paragraph).lower()
    if any(clue in lowered for clue in _FOOTER_CLUES):
        for offset, line in enumerate(paragraph):
            if _FOOTER.match(line):
                return offset
    for offset in range(max(0, len(paragraph) - _MOBILE_LINES), len(paragraph)):
        if _MOBILE.match(paragraph[offset]):
            return offset
    if not any(clue in lowered for clue in _DISCLAIMER_CLUES):
        return None
    found = _DISCLAIMER.search(lowered, 0, _MAX_WARNING)
    if found is None:
        return None
    return lowered.count("\n", 0, found.end() - len(found[0].lstrip()))
