"""Signatures, mobile sign-offs, disclaimers and list footers at the end of somebody's own words."""

# Letters and dashes of other alphabets are meant.
# ruff: noqa: RUF001

import re
from collections.abc import Sequence

from extraction.attachment_notes import is_attachment
from extraction.body_lines import is_rule
from extraction.courtesies import is_closing

_DELIMITERS = ("--", "—", "–")
_DRAWN_INITIALS = frozenset("-—–_=*~> \t")
_DELIMITER = re.compile(r"^(?:--|—|–)[ \t\xa0]*$")
_MOBILE = re.compile(
    r"^\W*(?:sent (?:from|via|by|using) (?:my|a|an|the|outlook|mail|yahoo|gmail|proton|samsung|mobile|"
    r"iphone|ipad|blackberry|android|telus|airmail|spark|aol|zoho|postbox)\b"
    r"|sent from .{0,40}(?:mail|phone|mobile|device|outlook)|sent (?:from|via|with) \w+(?: \w+){0,2} ?[<(]https?:|get outlook for|gesendet (?:von|mit|über)|"
    r"von meinem .{2,40} gesendet|"
    r"diese nachricht wurde von meinem|envoyé (?:de|depuis|à partir de) (?:mon|ma|l|outlook)|enviado desde|enviado do|"
    r"inviato da|verzonden (?:vanaf|met|via|vanuit)|verstuurd vanaf|"
    r"skickat från|sendt fra|lähetetty|wysłane z|outlook (?:für|pour|para|per|voor) (?:ios|android)|"
    r"hol(?:en sie sich)? outlook|télécharger outlook|obtener outlook|"
    r"(?:do you yahoo|get your free|join msn|msn photos|express yourself instantly|chat with friends)|"
    r"sent wirelessly).{0,120}$",
    re.IGNORECASE,
)
_WARNINGS = (
    r"(?:this|the information (?:contained )?in this|the contents of this|the information transmitted|"
    r"information contained in this)\s+"
    r"(?:(?:internet )?e-?mail|message|communication|transmission|is intended)\b.{0,200}?(?:confidential|"
    r"privileged|intended|property of|proprietary|legal)|"
    r"^\W*(?:confidentiality|privacy|legal|privileged)\b.{0,30}\b(?:notice|note|statement|disclaimer)\b|"
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
    r"to post to this group|reply to this email directly|view it on github|do you yahoo!\?|"
    r"do you want a free e-mail|get free email)",
    re.IGNORECASE,
)
_PHONE_CLUES = (
    "Sent ",
    "Gesendet ",
    "Von meinem ",
    "Envoyé ",
    "Enviado ",
    "Inviato ",
    "Verzonden ",
    "Verstuurd ",
    "Get Out",
)
_PHONE = re.compile(
    r"^(?:Sent from my (?:[A-Z0-9]|i[A-Z])\S*(?: [A-Z0-9]\S*){0,6}|Von meinem .{2,40} gesendet|"
    r"(?:Gesendet (?:von|mit|über)|Envoyé (?:de|depuis|à partir d)|Enviado (?:desde|do|a partir)|Inviato da|Verzonden|"
    r"Verstuurd (?:vanaf|met|via)|Sent from) .{0,20}(?:iPhone|iPad|Outlook|Android|Samsung|Mail|mobile)\b.{0,80}|"
    r"Get Outlook for .{2,80})$"
)
_CONTACT = re.compile(
    r"\+?\(?\d[\d\s()./-]{6,}\d|\b(?:tel|phone|ph|fax|mobile|mob|cell|office|direct|telefon|tél|téléphone|"
    r"telefax|wireless|pager|ext|x)\b\W{0,3}\(?[+\d]|"
    r"[\w.+-]+@[\w-]+\.\w|https?://|\bwww\.|\b[A-Z]{2}\s+\d{5}\b|\b\d{5}\s+[A-ZÄÖÜ][a-zäöü]+",
    re.IGNORECASE,
)
_FOOTER_CLUES = (
    *("unsubscribe", "mailing list", "mailman", "listinfo", "you received this", "you are receiving", "in context"),
    *("additional commands", "post to this group", "reply to this email", "github", "yahoo!?", "free e"),
)
_MOBILE_LINES = 3
"""The phrase, a link, and what they belong to."""
_TITLES = frozenset(
    [
        "manager",
        "director",
        "engineer",
        "president",
        "vice",
        "ceo",
        "cto",
        "cfo",
        "head",
        "officer",
        "assistant",
        "analyst",
        "consultant",
        "attorney",
        "partner",
        "associate",
        "sales",
        "support",
        "department",
        "dept",
        "inc",
        "llc",
        "ltd",
        "gmbh",
        "ag",
        "corp",
        "corporation",
        "company",
        "leiter",
        "leiterin",
        "vertrieb",
        "einkauf",
        "geschäftsführer",
        "geschäftsführerin",
        "geschäftsführung",
        "directeur",
        "responsable",
        "street",
        "suite",
        "floor",
        "straße",
        "strasse",
        "avenue",
        "ave",
        "road",
        "box",
        "building",
        "services",
        "solutions",
        "group",
        "university",
        "team",
        "counsel",
        "specialist",
    ]
)
_DIGIT = re.compile(r"\d")
_NAME = re.compile(
    r"^[-–~*\s]*(?:(?:Dr|Prof|Mr|Mrs|Ms|Herr|Frau|"
    r"Dipl\.-\w+)\.?\s+)*[A-ZÀ-ÖØ-Þ][\w'’.-]*(?:\s+(?:[A-ZÀ-ÖØ-Þ][\w'’.-]*|von|van|de|der|den|di|"
    r"da)){0,4}[\s,*]*$"
)
_NICKNAME = re.compile(r"^[-–—~]?\s?[^\W\d_]{2,15}$")
_SENTENCE_WORDS = frozenset(
    [
        "I",
        "we",
        "We",
        "you",
        "You",
        "please",
        "Please",
        "is",
        "are",
        "Are",
        "will",
        "Will",
        "can",
        "Can",
        "ich",
        "Ich",
        "wir",
        "Wir",
        "bitte",
        "Bitte",
        "nous",
        "Nous",
        "vous",
        "Vous",
    ]
)
_MIN_SENTENCE = 5
_MAX_SIGNATURE = 14
_MAX_GAP = 2
_MAX_WARNING = 3_000
_MAX_ROUNDS = 4
_MAX_ADVERTISEMENT = 4
_MAX_DELIMITED = 25
_MAX_LINE = 80


def signature_start(lines: Sequence[str]) -> int:
    """Index of the first line that is no longer the writer's message; ``len(lines)`` when all of it is.

    A closing phrase with a bare name ("Thanks, Ann") stays with the message; contact lines, delimited signatures,
    mobile sign-offs, disclaimers and list footers do not.
    """
    last = end = spoken_end(lines, len(lines))
    # A disclaimer or a list's footer stands below the writer's own signature: take one, then the other.
    for _ in range(_MAX_ROUNDS):
        before = end
        if (delimited := _delimited(lines, end)) is not None:
            end = spoken_end(lines, delimited)
        end = _before_boilerplate(lines, end)
        if end == before:
            break
    end = _before_card(lines, end)
    return end if end < last else len(lines)


def disclaimer_start(lines: Sequence[str], start: int) -> int:
    """Index at or below ``start`` of the first line that lawyers, list servers or phones added."""
    end = spoken_end(lines, len(lines))
    if start >= end:
        return len(lines)
    found = max(start, _before_boilerplate(lines, end))
    return found if found < end else len(lines)


def spoken_end(lines: Sequence[str], end: int) -> int:
    """The end of the last line above ``end`` that says something: not blank, no note of an attached file, no ``--``."""
    while end and (not (line := lines[end - 1]) or line.isspace() or _DELIMITER.match(line) or is_attachment(line)):
        end -= 1
    return end


def phone_line(lines: Sequence[str], end: int) -> int | None:
    """A phone's "Sent from my …" between blank lines above ``end``: what follows it was there before."""
    for index in range(1, end - 2):
        line = lines[index]
        if line.startswith(_PHONE_CLUES) and not lines[index - 1].strip() and not lines[index + 1].strip():
            if _PHONE.match(line):
                return index
    return None


def _delimited(lines: Sequence[str], end: int) -> int | None:
    """The ``-- `` line (RFC 3676, 4.3) or a drawn rule above a short ending."""
    for index in range(end - 2, max(-1, end - _MAX_DELIMITED - 1), -1):
        line = lines[index]
        if line[:1] not in _DRAWN_INITIALS:
            continue
        if line.startswith(_DELIMITERS) and _DELIMITER.match(line):
            while index and (
                _DELIMITER.match(lines[index - 1])
                or (index > 1 and _DELIMITER.match(lines[index - 2]) and not lines[index - 1].strip())
            ):
                index -= 1
            return index
        if _is_drawn(line) and _is_boilerplate_below(lines[index + 1 : end]):
            return index
    return None


def _is_drawn(line: str) -> bool:
    """A drawn line, also a short one."""
    return is_rule(line) or line.strip() in {"---", "__", "___", "==", "==="}


def _is_boilerplate_below(lines: Sequence[str]) -> bool:
    """What stands below a drawn rule is an advertisement, a disclaimer, a list's footer or a card, not a message."""
    first = next((index for index, line in enumerate(lines) if line.strip()), 0)
    blank = next((index for index in range(first, len(lines)) if not lines[index].strip()), len(lines))
    if _boilerplate_at(lines[first:blank]) == 0:
        return True
    text = "\n".join(lines).strip()
    if len(lines) <= _MAX_ADVERTISEMENT and re.search(r"https?://|www\.", text):
        return True
    if (
        sum(not line.isspace() for line in lines if line) > _MAX_SIGNATURE
        or any(len(line) > _MAX_LINE for line in lines)
        or any(is_sentence(line) for line in lines)
    ):
        return False
    return bool(_CONTACT.search(text) or _NAME.match(lines[first].strip()))


def _before_boilerplate(lines: Sequence[str], end: int) -> int:
    """Walk up over disclaimers, footers and mobile sign-offs, paragraph by paragraph."""
    while True:
        end = start = spoken_end(lines, end)
        while start and not lines[start - 1].isspace() and lines[start - 1]:
            start -= 1
        if start == end:
            return end
        cut = _boilerplate_at(lines[start:end])
        if cut is None:
            return end
        end = start + cut
        if end and is_rule(lines[end - 1]):
            end -= 1


def _boilerplate_at(paragraph: Sequence[str]) -> int | None:
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


def is_sentence(line: str) -> bool:
    """Words somebody says rather than a line of a card."""
    words = line.replace(",", " ").split()
    if not _SENTENCE_WORDS.isdisjoint(words):
        return True
    return len(words) >= _MIN_SENTENCE and words[-1][-1] in ".?!" and words[-1].rstrip(".?!")[-2:].islower()


def _before_card(lines: Sequence[str], end: int) -> int:
    """Walk up over lines that only say who and where the writer is; there must be a name and a way to reach them."""
    first, contacts, titles, blanks, index = end, 0, 0, 0, end - 1
    while index >= 0 and end - index <= _MAX_SIGNATURE + blanks:
        line = lines[index].strip()
        if not line:
            blanks += 1
            if blanks > _MAX_GAP * 2 or not any(lines[at].strip() for at in range(max(0, index - _MAX_GAP), index)):
                break
        elif is_closing(line) or not _is_card_line(line):
            break
        elif not is_attachment(line):
            reached, titled = _is_reached(line), _is_titled(line)
            contacts += reached
            titles += titled
            if reached or titled or _NAME.match(line):
                first = index
        index -= 1
    if 1 < first < end and _NICKNAME.match(lines[first - 1].strip()) and not lines[first - 2].strip():
        first -= 1
    return first if 0 < first < end and _is_card(lines, first, end, contacts, titles) else end


def _is_card(lines: Sequence[str], first: int, end: int, contacts: int, titles: int) -> bool:
    """The lines are somebody's card: there is a name and a phone or address, below a goodbye or a gap."""
    filled = [line.strip() for line in lines[first:end] if line.strip()]
    above = first - 1
    while above > 0 and not lines[above].strip():
        above -= 1
    closed = is_closing(lines[above].strip())
    named = any(_NAME.match(line) for line in filled)
    set_off = (
        bool(_NAME.match(filled[0]) or _is_titled(filled[0]) or _NICKNAME.match(filled[0]))
        and not lines[first - 1].strip()
    )
    if len(filled) == 1 or not (closed or set_off):
        return False
    if contacts:
        return named or closed or titles > 1
    return named and closed and titles > 0


def _is_reached(line: str) -> bool:
    """A phone, an address or a site stands in the line; each has a digit or one of few signs."""
    if "@" in line or "://" in line or "www." in line or _DIGIT.search(line):
        return bool(_CONTACT.search(line))
    return False


def _is_titled(line: str) -> bool:
    """A word of job titles, firms or streets."""
    return not _TITLES.isdisjoint(line.lower().replace(",", " ").replace(".", " ").replace("/", " ").split())


def _is_card_line(line: str) -> bool:
    return (
        len(line) <= _MAX_LINE
        and not is_sentence(line)
        and not line.endswith(("?", ":"))
        and not line.startswith(("*  ", "- ", "•"))
    ) or is_attachment(line)
