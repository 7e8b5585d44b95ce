"""What a signature says about its writer: name, title, organisation and phone numbers, with their place in it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from extraction.courtesies import is_closing


class FieldKind(StrEnum):
    """What a part of a signature is."""

    NAME = "name"
    TITLE = "title"
    ORGANISATION = "organisation"
    PHONE = "phone"
    FAX = "fax"


@dataclass(frozen=True, slots=True)
class SignatureField:
    """``text[start:end]`` of a signature is a field of this kind."""

    kind: FieldKind
    start: int
    end: int


_PHONE: Final = re.compile(
    r"(?<![\w@/.,-])(?:\+\d{1,3}|00\d{1,3}|\(\+?\d{1,5}\)|\d{2,6})(?:[ \t./-]{0,2}\(0\))?(?:[ \t./-]{0,3}\(?\d{2,8}\)?){1,6}(?![\w@])"
)
_MIN_DIGITS, _MAX_DIGITS, _PLAIN_DIGITS = 7, 15, 10
_FAX: Final = re.compile(r"\b(?:fax|facsimile|telefax|télécopie|fx|f)\b", re.IGNORECASE)
_CALL: Final = re.compile(
    r"\b(?:phone|tele?(?:phone|fon|efon|éfono)?|tel|tél|téléphone|ph|mobile|mobil|mob|cell|cellular|handy|direct|office|"
    r"work|home|wireless|pager|fon|durchwahl|portable|móvil|cellulare|telefoon|telemóvel|gsm|[tmpcodwh])\b",
    re.IGNORECASE,
)
_NUMBERED: Final = re.compile(
    r"(?:\b(?:hrb|hra|ust|vat|iban|bic|tva|siret|siren|kvk|btw|reg|registration|company no|konto|account|case|ticket|"
    r"order|cif|nif|p\.?\s?iva|blz)\b[^\n]{0,30}|no\.?\s?)$",
    re.IGNORECASE,
)
_POSTAL: Final = re.compile(r"^\d{5}-\d{4}$")
_DATE: Final = re.compile(r"^\d{1,2}[/.-]\d{1,2}[/.-]\d{2,4}$|^\d{4}-\d{2}-\d{2}$")
_TITLE_WORDS: Final = re.compile(
    r"(?<!\w)(?:manager|director|engineer|president|vp|svp|evp|avp|ceo|cto|cfo|coo|cio|chief|head|officer|assistant|"
    r"analyst|consultant|attorney|lawyer|partner|associate|counsel|paralegal|specialist|coordinator|administrator|"
    r"supervisor|representative|developer|architect|scientist|researcher|professor|lecturer|secretary|buyer|planner|"
    r"trader|broker|accountant|controller|auditor|adviser|advisor|designer|editor|technician|geologist|founder|owner|"
    r"agent|clerk|executive|leader|lead|principal|chair(?:man|woman)?|operator|trainee|intern|purchaser|"
    r"\w*leit(?:er|erin|ung)|\w*geschäftsführ\w+|\w*ingenieur(?:in)?|\w*berater(?:in)?|\w*assisten[tz](?:in)?|"
    r"\w*sachbearbeiter(?:in)?|\w*referent(?:in)?|\w*entwickler(?:in)?|prokurist(?:in)?|vorstand|inhaber(?:in)?|"
    r"einkäufer(?:in)?|vertriebs\w+|directeur|directrice|responsable|gérante?|chef|cheffe|ingénieure?|"
    r"conseill(?:er|ère)|acheteu(?:r|se)|avocate?|comptable|director[ae]?|gerente|jefe|jefa|ingenier[oa]|"
    r"abogad[oa]|asesor[a]?|coordinador[a]?|direttore|direttrice|ingegnere|consulente|responsabile|"
    r"impiegat[oa]|amministratore|avvocato|hoofd|adviseur|medewerker|inkoper|verkoper|projectleider|bestuurder|"
    r"diretor[a]?|engenheir[oa]|gestor[a]?|chefe|advogad[oa])(?!\w)",
    re.IGNORECASE,
)
_COMPANY: Final = re.compile(
    r"(?<!\w)(?:inc|incorporated|corp|corporation|llc|l\.l\.c|llp|l\.l\.p|lp|l\.p|ltd|limited|plc|pc|p\.c|co|company|gmbh|"
    r"ag|kg|kgaa|ohg|mbh|se|e\.?k|e\.?v|sa|s\.a|sas|sarl|s\.à\.?r\.l|srl|s\.r\.l|spa|s\.p\.a|bv|b\.v|nv|n\.v|lda|ltda|"
    r"s\.l|sl|oy|ab|a/s|as|aps|pty|group|gruppe|groupe|grupo|gruppo|holding|holdings|technologies|technology|systems|"
    r"solutions|services|consulting|associates|partners|industries|international|bank|university|universität|"
    r"université|universidad|universiteit|università|universidade|institute|institut|instituto|college|school|"
    r"hospital|klinik|foundation|stiftung|ministry|agency|association|society|laborator(?:y|ies)|labs?|"
    r"networks?|software|energy|capital|insurance|versicherung|logistics|logistik|werke|verlag|press|commission|"
    r"council|committee|federation|cooperative|genossenschaft|airlines|motors|pharma|engineering|enterprises)(?![\w])",
    re.IGNORECASE,
)
_DEPARTMENT: Final = re.compile(
    r"(?<!\w)(?:department|dept|division|desk|team|unit|abteilung|bereich|service|département|departamento|afdeling|"
    r"dipartimento|reparto|section|office of)(?!\w)",
    re.IGNORECASE,
)
_ADDRESS: Final = re.compile(
    r"^\d+[a-z]?\s+\w|\d{4,6}|\bp\.?\s?o\.?\s?box\b|postfach|\b(?:street|st|road|rd|avenue|ave|suite|ste|floor|blvd|"
    r"boulevard|drive|dr|lane|ln|plaza|parkway|pkwy|building|bldg|room|rue|via|calle|rua|piazza|platz|allee|weg|"
    r"laan|straat)\b\.?\s*[\d,#]|(?:straße|strasse|str\.|weg|platz|allee|ring|gasse|damm|straat|laan)\s*\d|"
    r"\b(?:rue|via|calle|rua|piazza|avenida|plaza)\s+[A-Z]|,\s*[A-Z]{2}\s*$|\d+(?:st|nd|rd|th) floor",
    re.IGNORECASE,
)
_REACHED: Final = re.compile(
    r"\S@\S|https?:|www\.|\b(?:e-?mail|web(?:site)?|internet|skype|twitter|linkedin|url)\b", re.IGNORECASE
)
_CREDENTIALS: Final = re.compile(
    r"(?:,\s*|\s+)(?:Ph\.?\s?D\.?|M\.?D\.?|MBA|CFA|CPA|P\.?E\.?|Esq\.?|Jr\.?|Sr\.?|I{2,3}|PMP|M\.?Sc\.?|B\.?Sc\.?|LL\.?M\.?)(?=$|[,\s])",
)
_NAME: Final = re.compile(
    r"^(?:(?:Dr|Prof|Mr|Mrs|Ms|Herr|Frau|Ing|Dott|Sr|Sra|M|Mme|Dipl\.-\w+)\.?\s+(?:-?\w+\.\s+)*)*"
    r"[^\W\d_a-zß-ÿ][\w'’.-]*(?:\s+(?:[^\W\d_a-zß-ÿ][\w'’.-]*|[\"(][^\W\d_][\w'’.-]*[\")]|von|van|de|der|den|di|da|del|la|le|dos|zu)){0,4}$"
)
_SPLIT: Final = re.compile(r"\s*[|•·]\s*|\t+|\s{3,}")
_DASHED: Final = re.compile(r"\s*[|•·]\s*|\s+[–—-]\s+|\t+|\s{3,}")
_LABEL: Final = re.compile(r"^[\w./ ()-]{1,24}:\s*")
_CALL_AT_END: Final = re.compile(rf"[\s,]+(?:{_CALL.pattern}|{_FAX.pattern})\W*$", re.IGNORECASE)
_EDGES: Final = " \t\xa0*_>|,;~\"'"
_MAX_LINE = 90
_MAX_WORDS = 9
_MAX_NAME_WORDS = 5


def read_fields(signature: str) -> tuple[SignatureField, ...]:
    """Fields of a signature in the order of its lines, at most one name; several phones are told from faxes.

    Args:
        signature: The lines below the sign-off, quote marks or not.
    """
    found: list[SignatureField] = []
    named = False
    for start, line in _lines(signature):
        phones = list(_phones(line))
        found += [SignatureField(kind, start + begin, start + end) for kind, begin, end in phones]
        words = line[: min([begin for _kind, begin, _end in phones], default=len(line))]
        if _ADDRESS.search(words) and not (_COMPANY.search(words) or _TITLE_WORDS.search(words)):
            continue
        for begin, end in _pieces(words, _SPLIT if found else _DASHED):
            piece = words[begin:end]
            kind = _kind(piece, named=named, seen=bool(found))
            if kind is None:
                continue
            named = named or kind is FieldKind.NAME
            found += _spans(kind, piece, start + begin)
    return tuple(sorted(_merged(found, signature), key=lambda each: each.start))


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """Lines short enough for a card, with their offsets; a goodbye and a drawn line are none."""
    start = 0
    for line in text.split("\n"):
        stripped = line.strip(_EDGES)
        if stripped.strip("-=—–") and len(line) <= _MAX_LINE and not is_closing(stripped):
            yield start, line
        start += len(line) + 1


def _phones(line: str) -> Iterator[tuple[FieldKind, int, int]]:
    for match in _PHONE.finditer(line):
        number = match[0]
        digits = sum(letter.isdigit() for letter in number)
        if not _MIN_DIGITS <= digits <= _MAX_DIGITS or _POSTAL.match(number) or _DATE.match(number):
            continue
        before, after = line[max(0, match.start() - 24) : match.start()], line[match.end() : match.end() + 14]
        if _NUMBERED.search(before):
            continue
        # A label stands in front, or behind when none does: "(030) 123456 fax".
        label = before.rstrip(" (:.-\t").rpartition("  ")[2] or after
        if _ADDRESS.search(f"{label} 1") and not _CALL.search(label):
            continue
        if _FAX.search(label):
            yield FieldKind.FAX, match.start(), match.end()
        elif digits >= _PLAIN_DIGITS or _CALL.search(label) or not number.isdigit():
            yield FieldKind.PHONE, match.start(), match.end()


def _pieces(line: str, gaps: re.Pattern[str]) -> Iterator[tuple[int, int]]:
    """Parts of a line that bars, dashes or wide gaps keep apart."""
    begin = 0
    for gap in [*gaps.finditer(line), None]:
        end = gap.start() if gap else len(line)
        piece = _CALL_AT_END.sub("", line[begin:end])
        left = len(piece) - len(piece.lstrip(_EDGES + "-"))
        right = len(piece.rstrip(_EDGES + "-:"))
        if right > left:
            yield begin + left, begin + right
        begin = gap.end() if gap else end


def _kind(piece: str, *, named: bool, seen: bool) -> FieldKind | None:
    if _REACHED.search(piece) or len(piece.split()) > _MAX_WORDS or _is_call_label(piece):
        return None
    if not named and not seen and _is_name(piece):
        return FieldKind.NAME
    if _ADDRESS.search(piece):
        return None
    titled, company = _TITLE_WORDS.search(piece), _COMPANY.search(piece)
    if titled and (not company or titled.start() < company.start() or "," in piece):
        return FieldKind.TITLE
    if company or _DEPARTMENT.search(piece):
        return FieldKind.ORGANISATION
    if (named or seen) and piece[:1].isupper() and piece[-1:] not in ".:!?" and _is_proper(piece):
        return FieldKind.ORGANISATION
    return None


def _is_call_label(piece: str) -> bool:
    rest = _FAX.sub("", _CALL.sub("", piece))
    return not re.search(r"[^\W\d_]{2}", rest)


def _is_name(piece: str) -> bool:
    bare = _CREDENTIALS.sub("", piece).strip(" ,")
    return (
        bool(_NAME.match(bare))
        and len(bare.split()) <= _MAX_NAME_WORDS
        and not _TITLE_WORDS.search(bare)
        and not _COMPANY.search(bare)
        and not _DEPARTMENT.search(bare)
    )


def _is_proper(piece: str) -> bool:
    """Every longer word begins with a capital, as in names of firms."""
    return all(not word[0].islower() or len(word) <= len("and") for word in piece.split()) and not piece.endswith(":")


def _spans(kind: FieldKind, piece: str, start: int) -> Iterator[SignatureField]:
    """One field, or a title and the organisation behind its comma ("Counsel, ENA")."""
    if kind is FieldKind.NAME:
        bare = _CREDENTIALS.sub("", piece)
        yield SignatureField(
            kind, start, start + len(bare.rstrip(" ,")) if piece.startswith(bare) else start + len(piece)
        )
        return
    if kind is FieldKind.TITLE and "," in piece:
        head, _comma, tail = piece.rpartition(",")
        firm = tail.strip()
        if (
            _TITLE_WORDS.search(head)
            and firm
            and (firm.isupper() or _COMPANY.search(firm))
            and not _TITLE_WORDS.search(firm)
        ):
            yield SignatureField(kind, start, start + len(head.rstrip()))
            begin = start + len(piece) - len(tail.lstrip())
            yield SignatureField(FieldKind.ORGANISATION, begin, start + len(piece))
            return
    yield SignatureField(kind, start, start + len(piece))


def _merged(fields: list[SignatureField], text: str) -> Iterator[SignatureField]:
    """An organisation goes on in the next line: department and firm."""
    held: SignatureField | None = None
    for each in fields:
        if held and each.kind is held.kind and not text[held.end : each.start].strip(_EDGES + "\n"):
            held = SignatureField(held.kind, held.start, each.end)
            continue
        if held:
            yield held
            held = None
        if each.kind is FieldKind.ORGANISATION:
            held = each
        else:
            yield each
    if held:
        yield held
