"""Where a signature begins at the end of somebody's own words: below ``--``, a drawn line, or as a contact card."""

# Letters and dashes of other alphabets are meant.
# ruff: noqa: RUF001

import re
from collections.abc import Sequence
from typing import Final

from extraction.attachment_notes import is_attachment
from extraction.body_lines import is_rule
from extraction.boilerplate import before_boilerplate, boilerplate_at, is_delimiter, spoken_end
from extraction.courtesies import is_closing

_DRAWN_INITIALS = frozenset("-—–_=*~> \t")
_CONTACT = re.compile(
    r"\+?\(?\d[\d\s()./-]{6,}\d|\b(?:tel|phone|ph|fax|mobile|mob|cell|office|direct|telefon|tél|téléphone|"
    r"telefax|wireless|pager|ext|x)\b\W{0,3}\(?[+\d]|"
    r"[\w.+-]+@[\w-]+\.\w|https?://|\bwww\.|\b[A-Z]{2}\s+\d{5}\b|\b\d{5}\s+[A-ZÄÖÜ][a-zäöü]+",
    re.IGNORECASE,
)
_TITLES_LIST: Final = """
    manager director engineer president vice ceo cto cfo head officer assistant analyst consultant attorney
    partner associate sales support department dept inc llc ltd gmbh ag corp corporation company leiter leiterin
    vertrieb einkauf geschäftsführer geschäftsführerin geschäftsführung directeur responsable street suite floor
    straße strasse avenue ave road box building services solutions group university team counsel specialist
"""
_TITLES: Final = frozenset(_TITLES_LIST.split())
_DIGIT = re.compile(r"\d")
_NAME = re.compile(
    r"^[-–~*\s]*(?:(?:Dr|Prof|Mr|Mrs|Ms|Herr|Frau|"
    r"Dipl\.-\w+)\.?\s+)*[A-ZÀ-ÖØ-Þ][\w'’.-]*(?:\s+(?:[A-ZÀ-ÖØ-Þ][\w'’.-]*|von|van|de|der|den|di|"
    r"da)){0,4}(?:,\s*[A-Z][\w.]{1,6}){0,2}[\s,*]*$"
)
_NICKNAME = re.compile(r"^[-–—~]?\s?[^\W\d_]{2,15}$")
_SENTENCE_WORDS_LIST: Final = """
    I we We you You please Please is are Are will Will can Can ich Ich wir Wir bitte Bitte nous Nous vous Vous
"""
_SENTENCE_WORDS: Final = frozenset(_SENTENCE_WORDS_LIST.split())
_MIN_SENTENCE = 5
_CARD_LABELS_LIST: Final = """
    tel telephone phone phones ph fax facsimile telefax fx mobile mob cell cellular office direct dir home work pager
    e-mail email mail web website www http https url internet skype linkedin twitter address addr voice main toll
    telefon fon handy mobil durchwahl büro tél téléphone portable móvil teléfono telefono cellulare telefoon telefone
    t m f e w d o p c h id icq aim site blog
"""
_CARD_LABELS: Final = frozenset(_CARD_LABELS_LIST.split())
_BULLETS = ("*  ", "- ", "•")
_MAX_SIGNATURE = 14
_MAX_GAP = 2
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
        end = before_boilerplate(lines, end)
        if end == before:
            break
    end = _before_card(lines, end)
    return end if end < last else len(lines)


def disclaimer_start(lines: Sequence[str], start: int) -> int:
    """Index at or below ``start`` of the first line that lawyers, list servers or phones added."""
    end = spoken_end(lines, len(lines))
    if start >= end:
        return len(lines)
    found = max(start, before_boilerplate(lines, end))
    return found if found < end else len(lines)


def _delimited(lines: Sequence[str], end: int) -> int | None:
    """The ``-- `` line (RFC 3676, 4.3) or a drawn rule above a short ending."""
    for index in range(end - 2, max(-1, end - _MAX_DELIMITED - 1), -1):
        line = lines[index]
        if line[:1] not in _DRAWN_INITIALS:
            continue
        if is_delimiter(line) and not _is_log(lines, index, end):
            # Two programs may each have put one.
            above = spoken_end(lines, index)
            return next(at for at in range(above, index + 1) if is_delimiter(lines[at]))
        if _is_drawn(line) and _is_boilerplate_below(lines[index + 1 : end]):
            return index
    return None


def _is_log(lines: Sequence[str], index: int, end: int) -> bool:
    """A program's output begins its lines with dashes, too."""
    return any(line.startswith("-- ") and not is_delimiter(line) for line in lines[index + 1 : end])


def _is_drawn(line: str) -> bool:
    """A drawn line, also a short one."""
    return is_rule(line) or line.strip() in {"---", "__", "___", "==", "==="}


def _is_boilerplate_below(lines: Sequence[str]) -> bool:
    """What stands below a drawn rule is an advertisement, a disclaimer, a list's footer or a card, not a message."""
    first = next((index for index, line in enumerate(lines) if line.strip()), 0)
    blank = next((index for index in range(first, len(lines)) if not lines[index].strip()), len(lines))
    if boilerplate_at(lines[first:blank]) == 0:
        return True
    said = [line.strip() for line in lines if line.strip()]
    text = "\n".join(said)
    if len(lines) <= _MAX_ADVERTISEMENT and ("://" in text or "www." in text):
        return True
    if len(said) > _MAX_SIGNATURE or not all(_is_card_line(line) for line in said):
        return False
    return bool(_CONTACT.search(text) or _NAME.match(said[0]))


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
    if is_attachment(line):
        return True
    if len(line) > _MAX_LINE or _is_sentence(line) or line.endswith(("?", ":")) or line.startswith(_BULLETS):
        return False
    if _is_fact(line):
        return False
    return not line.endswith((".", "!")) or _is_titled(line) or _is_reached(line) or bool(_NAME.match(line))


def _is_fact(line: str) -> bool:
    """A line of a table or a form ("Volume: 600"), whose label is none of a card's."""
    label, colon, _value = line.partition(":")
    if colon and "@" not in label:
        return _CARD_LABELS.isdisjoint(label.lower().replace(".", " ").replace("/", " ").split())
    return "\t" in line and not _is_reached(line)


def _is_sentence(line: str) -> bool:
    """Words somebody says rather than a line of a card."""
    words = line.replace(",", " ").split()
    if not _SENTENCE_WORDS.isdisjoint(words):
        return True
    return len(words) >= _MIN_SENTENCE and words[-1][-1] in ".?!" and words[-1].rstrip(".?!")[-2:].islower()
