"""Signatures, mobile sign-offs, disclaimers and list footers at the end of somebody's own words."""

# Letters and dashes of other alphabets are meant.
# ruff: noqa: RUF001

import re
from collections.abc import Sequence

from extraction.body_lines import is_rule
from extraction.courtesies import is_closing

_DELIMITERS = ("--", "—", "–")
_DELIMITER = re.compile(r"^(?:--|—|–)[ \t\xa0]*$")
_MOBILE = re.compile(
    r"^\W*(?:sent (?:from|via|by|using) (?:my|a|an|the|outlook|mail|yahoo|gmail|proton|samsung|mobile|"
    r"iphone|ipad|blackberry|android|telus|airmail|spark|aol|zoho|postbox)\b"
    r"|sent from .{0,40}(?:mail|phone|mobile|device|outlook)|get outlook for|gesendet (?:von|mit|über)|"
    r"von meinem .{2,40} gesendet|"
    r"diese nachricht wurde von meinem|envoyé (?:de|depuis) (?:mon|ma|l)|enviado desde|enviado do|"
    r"inviato da|verzonden (?:vanaf|met|via|vanuit)|verstuurd vanaf|"
    r"skickat från|sendt fra|lähetetty|wysłane z|outlook (?:für|pour|para|per|voor) (?:ios|android)|"
    r"hol(?:en sie sich)? outlook|télécharger outlook|obtener outlook|"
    r"(?:do you yahoo|get your free|join msn|msn photos|express yourself instantly|chat with friends)|"
    r"sent wirelessly).{0,120}$",
    re.IGNORECASE,
)
_DISCLAIMER = re.compile(
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
    r"message) (?:has been|was) scanned",
    re.IGNORECASE | re.DOTALL,
)
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
_CONTACT = re.compile(
    r"\+?\(?\d[\d\s()./-]{6,}\d|\b(?:tel|phone|ph|fax|mobile|mob|cell|office|direct|telefon|tél|téléphone|"
    r"telefax|wireless|pager|ext|x)\b\W{0,3}\(?[+\d]|"
    r"[\w.+-]+@[\w-]+\.\w|https?://|\bwww\.|\b[A-Z]{2}\s+\d{5}\b|\b\d{5}\s+[A-ZÄÖÜ][a-zäöü]+",
    re.IGNORECASE,
)
_TITLE = re.compile(
    r"\b(?:manager|director|engineer|president|vice|ceo|cto|cfo|head|officer|assistant|analyst|consultant|"
    r"attorney|partner|associate|sales|support|"
    r"department|dept|inc|llc|ltd|gmbh|ag|corp|corporation|company|leiter(?:in)?|geschäftsführ\w+|"
    r"vertrieb|einkauf|directeur|responsable|"
    r"street|st\.|suite|floor|straße|strasse|avenue|ave|road|p\.?o\.? box|building|services|solutions|"
    r"group|university|team)\b",
    re.IGNORECASE,
)
_NAME = re.compile(
    r"^[-–~*\s]*(?:(?:Dr|Prof|Mr|Mrs|Ms|Herr|Frau|"
    r"Dipl\.-\w+)\.?\s+)*[A-ZÀ-ÖØ-Þ][\w'’.-]*(?:\s+(?:[A-ZÀ-ÖØ-Þ][\w'’.-]*|von|van|de|der|den|di|"
    r"da)){0,4}[\s,*]*$"
)
_SENTENCE = re.compile(
    r"\b(?:I|we|you|please|is|are|will|can|ich|wir|bitte|nous|vous)\b|(?:\S+\s+){4,}\S*[a-zà-ÿ]{2}[.?!]+$"
)
_MAX_SIGNATURE = 14
_MAX_ADVERTISEMENT = 4
_MAX_DELIMITED = 25
_MAX_LINE = 80


def signature_start(lines: Sequence[str]) -> int:
    """Index of the first line that is no longer the writer's message; ``len(lines)`` when all of it is.

    A closing phrase with a bare name ("Thanks, Ann") stays with the message; contact lines, delimited signatures,
    mobile sign-offs, disclaimers and list footers do not.
    """
    end = _last_text(lines)
    # A list's footer stands below the writer's own signature: take one, then the other.
    while (delimited := _delimited(lines[:end], end)) is not None:
        end = _last_text(lines[:delimited])
    end = _before_boilerplate(lines, end)
    end = _before_contact_block(lines, end)
    return end if end < _last_text(lines) else len(lines)


def disclaimer_start(lines: Sequence[str], start: int) -> int:
    """Index at or below ``start`` of the first line that lawyers, list servers or phones added."""
    end = _last_text(lines)
    if start >= end:
        return len(lines)
    found = max(start, _before_boilerplate(lines, end))
    return found if found < end else len(lines)


def _last_text(lines: Sequence[str]) -> int:
    end = len(lines)
    while end and not lines[end - 1].strip():
        end -= 1
    return end


def _delimited(lines: Sequence[str], end: int) -> int | None:
    """The ``-- `` line (RFC 3676, 4.3) or a drawn rule above a short ending."""
    for index in range(end - 1, max(-1, end - _MAX_DELIMITED - 1), -1):
        line = lines[index]
        if line.startswith(_DELIMITERS) and _DELIMITER.match(line) and index + 1 < end:
            return index
        if is_rule(line) and index + 1 < end and _is_boilerplate_below(lines[index + 1 : end]):
            return index
    return None


def _is_boilerplate_below(lines: Sequence[str]) -> bool:
    """What stands below a drawn rule is an advertisement, a disclaimer, a list's footer or a card, not a message."""
    text = "\n".join(lines).strip()
    first = text.partition("\n")[0]
    if _FOOTER.match(first) or _MOBILE.match(first) or _DISCLAIMER.search(text[:600]):
        return True
    if len(lines) <= _MAX_ADVERTISEMENT and re.search(r"https?://|www\.", text):
        return True
    if len(lines) > _MAX_SIGNATURE or any(len(line) > _MAX_LINE for line in lines) or _SENTENCE.search(text):
        return False
    return bool(_CONTACT.search(text) or _NAME.match(first))


def _before_boilerplate(lines: Sequence[str], end: int) -> int:
    """Walk up over disclaimers, footers and mobile sign-offs, paragraph by paragraph."""
    while True:
        end = len(lines[:end]) if end == 0 else _last_text(lines[:end])
        start = end
        while start and lines[start - 1].strip():
            start -= 1
        if start == end:
            return end
        paragraph = lines[start:end]
        cut = _boilerplate_at(paragraph)
        if cut is None:
            return end
        end = start + cut
        if end and is_rule(lines[end - 1]):
            end -= 1


def _boilerplate_at(paragraph: Sequence[str]) -> int | None:
    """Offset in the paragraph where boilerplate begins, None when there is none."""
    lowered = " ".join(paragraph).lower()
    warned = any(clue in lowered for clue in _DISCLAIMER_CLUES)
    for offset, line in enumerate(paragraph):
        if _MOBILE.match(line) and len(paragraph) - offset <= 3:  # noqa: PLR2004 - the phrase and a link
            return offset
        footer = _FOOTER.match(line)
        if footer or (
            warned
            and _DISCLAIMER.search(" ".join(paragraph[offset : offset + 5]))
            and _DISCLAIMER.search(" ".join(paragraph[offset:])[:400])
        ):
            starts = footer or offset == 0 or _DISCLAIMER.search(line) or not _SENTENCE.search(line)
            if starts:
                return offset
    return None


def _before_contact_block(lines: Sequence[str], end: int) -> int:
    """Walk up over lines that only say who and where the writer is; there must be a name and a way to reach them."""
    first, contacts, index = end, 0, end - 1
    blanks = 0
    while index >= 0 and end - index <= _MAX_SIGNATURE:
        line = lines[index].strip()
        if not line:
            blanks += 1
            if blanks > 2:  # noqa: PLR2004 - a signature has at most a gap or two
                break
            index -= 1
            continue
        if is_closing(line) or not _is_contact_line(line):
            break
        reached = bool(_CONTACT.search(line))
        contacts += reached
        if reached or _NAME.match(line) or _TITLE.search(line):
            first = index
        index -= 1
    closed = index >= 0 and bool(is_closing(lines[index].strip()))
    named = any(_NAME.match(lines[at].strip()) for at in range(first, end))
    lone_name = sum(bool(line.strip()) for line in lines[first:end]) == 1
    if contacts and not lone_name and (named or closed) and (closed or _set_off(lines, first)) and first > 0:
        return first
    return end


def _is_contact_line(line: str) -> bool:
    return (
        len(line) <= _MAX_LINE
        and not _SENTENCE.search(line)
        and not line.endswith(("?", ":"))
        and not line.startswith(("*  ", "- ", "•"))
    )


def _set_off(lines: Sequence[str], first: int) -> bool:
    """A signature without closing phrase begins a paragraph with a name."""
    return bool(_NAME.match(lines[first].strip())) and (first == 0 or not lines[first - 1].strip())
