"""What a signature says about its writer: name, title, organisation and phone numbers, with their place in it."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from re import Pattern

from extraction import signature_words as words
from extraction.courtesies import is_closing

_MIN_DIGITS, _MAX_DIGITS, _PLAIN_DIGITS = 7, 15, 10
_MAX_LINE = 90
_MAX_WORDS = 9
_MAX_NAME_WORDS = 5


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
        said = line[: min([begin for _kind, begin, _end in phones], default=len(line))]
        if words.ADDRESS.search(said) and not (words.COMPANY.search(said) or words.TITLE_WORDS.search(said)):
            continue
        for begin, end in _pieces(said, words.SPLIT if found else words.DASHED):
            piece = said[begin:end]
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
        stripped = line.strip(words.EDGES)
        if stripped.strip(words.DRAWN) and len(line) <= _MAX_LINE and not is_closing(stripped):
            yield start, line
        start += len(line) + 1


def _phones(line: str) -> Iterator[tuple[FieldKind, int, int]]:
    for match in words.PHONE.finditer(line):
        number = match[0]
        digits = sum(letter.isdigit() for letter in number)
        if not _MIN_DIGITS <= digits <= _MAX_DIGITS or words.POSTAL.match(number) or words.DATE.match(number):
            continue
        before, after = line[max(0, match.start() - 24) : match.start()], line[match.end() : match.end() + 14]
        if words.NUMBERED.search(before):
            continue
        # A label stands in front, or behind when none does: "(030) 123456 fax".
        label = before.rstrip(" (:.-\t").rpartition("  ")[2] or after
        if words.ADDRESS.search(f"{label} 1") and not words.CALL.search(label):
            continue
        if words.FAX.search(label):
            yield FieldKind.FAX, match.start(), match.end()
        elif digits >= _PLAIN_DIGITS or words.CALL.search(label) or not number.isdigit():
            yield FieldKind.PHONE, match.start(), match.end()


def _pieces(line: str, gaps: Pattern[str]) -> Iterator[tuple[int, int]]:
    """Parts of a line that bars, dashes or wide gaps keep apart."""
    begin = 0
    for gap in [*gaps.finditer(line), None]:
        end = gap.start() if gap else len(line)
        piece = words.CALL_AT_END.sub("", line[begin:end])
        left = len(piece) - len(piece.lstrip(words.EDGES + "-"))
        right = len(piece.rstrip(words.EDGES + "-:"))
        if right > left:
            yield begin + left, begin + right
        begin = gap.end() if gap else end


def _kind(piece: str, *, named: bool, seen: bool) -> FieldKind | None:
    """What a piece of a card without figures is; the first thing that looks like a name is one."""
    if words.REACHED.search(piece) or len(piece.split()) > _MAX_WORDS or _is_call_label(piece):
        return None
    if not named and not seen and _is_name(piece):
        return FieldKind.NAME
    if words.ADDRESS.search(piece):
        return None
    titled, company = words.TITLE_WORDS.search(piece), words.COMPANY.search(piece)
    if titled and (not company or titled.start() < company.start() or "," in piece):
        return FieldKind.TITLE
    proper = (named or seen) and piece[:1].isupper() and piece[-1:] not in ".:!?" and _is_proper(piece)
    return FieldKind.ORGANISATION if company or proper or words.DEPARTMENT.search(piece) else None


def _is_call_label(piece: str) -> bool:
    rest = words.FAX.sub("", words.CALL.sub("", piece))
    return not words.WORD.search(rest)


def _is_name(piece: str) -> bool:
    bare = words.CREDENTIALS.sub("", piece).strip(" ,")
    return (
        bool(words.NAME.match(bare))
        and len(bare.split()) <= _MAX_NAME_WORDS
        and not words.TITLE_WORDS.search(bare)
        and not words.COMPANY.search(bare)
        and not words.DEPARTMENT.search(bare)
    )


def _is_proper(piece: str) -> bool:
    """Every longer word begins with a capital, as in names of firms, and none is a number."""
    return (
        not any(letter.isdigit() for letter in piece)
        and all(not word[0].islower() or len(word) <= len("and") for word in piece.split())
        and not piece.endswith(":")
    )


def _spans(kind: FieldKind, piece: str, start: int) -> Iterator[SignatureField]:
    """One field, or a title and the organisation behind its comma ("Counsel, ENA")."""
    if kind is FieldKind.NAME:
        bare = words.CREDENTIALS.sub("", piece)
        yield SignatureField(
            kind, start, start + len(bare.rstrip(" ,")) if piece.startswith(bare) else start + len(piece)
        )
        return
    if kind is FieldKind.TITLE and "," in piece:
        head, _comma, tail = piece.rpartition(",")
        firm = tail.strip()
        if (
            words.TITLE_WORDS.search(head)
            and firm
            and (firm.isupper() or words.COMPANY.search(firm))
            and not words.TITLE_WORDS.search(firm)
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
        if held and each.kind is held.kind and not text[held.end : each.start].strip(words.EDGES + "\n"):
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
