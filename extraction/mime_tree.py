"""Bytes of a mail as its tree of parts.

The standard library's parser looks at every line of a mail, most of which are text or base64. Mail as clients write it
is cut up here by searching for the few lines that matter; whatever is unusual goes to the library, so that the tree is
always the one it would have made. Preambles and epilogues, which nobody reads, are left out.
"""

import re
from email.message import Message as MimePart
from email.parser import BytesParser
from email.policy import compat32
from typing import Final

_MAX_NESTING = 20
_FIELD = re.compile(r"([!-9;-~]+):[ \t]*([^\n]*\n(?:[ \t][^\n]*\n)*)")
_FIELDS = re.compile(r"(?>(?:[!-9;-~]+:[^\n]*\n(?:[ \t][^\n]*\n)*)*)")
_LONE_RETURN = re.compile(r"\r(?!\n)")
_BLANK_LINE = re.compile(r"\n(\r?\n)")
# The library reads these in ways of its own.
_INVOLVED: Final = ("message/", "multipart/digest")


class _Unusual(Exception):  # noqa: N818 - not an error
    """The library should read this mail."""


def parse_tree(data: bytes) -> MimePart:
    """The tree that ``BytesParser`` with the ``compat32`` policy makes of ``data``."""
    try:
        return _part(data.decode("ascii", "surrogateescape"), 0)
    except _Unusual:
        return BytesParser(policy=compat32).parsebytes(data)


def _part(text: str, depth: int) -> MimePart:
    if depth > _MAX_NESTING:
        raise _Unusual
    end, begin = _blank_line(text)
    part = MimePart(policy=compat32)
    _read_fields(part, text[:end])
    kind = part.get_content_type()
    if kind.startswith(_INVOLVED):
        raise _Unusual
    if kind.startswith("multipart/"):
        for section in _sections(text[begin:], part.get_boundary()):
            part.attach(_part(section, depth + 1))
    else:
        part.set_payload(text[begin:])
    return part


def _blank_line(text: str) -> tuple[int, int]:
    """Where the header ends, its last line end included, and where the content begins."""
    if text.startswith(("\n", "\r\n")):
        return 0, text.index("\n") + 1
    gap = _BLANK_LINE.search(text)
    return gap.span(1) if gap else (len(text), len(text))


def _read_fields(part: MimePart, header: str) -> None:
    if header and not header.endswith("\n"):
        header += "\n"
    if not _FIELDS.fullmatch(header) or _LONE_RETURN.search(header):
        raise _Unusual
    for name, value in _FIELD.findall(header):
        text = value.rstrip("\r\n")
        if text and value[0] in "\r\n":
            # What follows an empty first line, each version of the library reads in its own way.
            name, text = compat32.header_source_parse([f"{name}:{value}"])  # noqa: PLW2901
        part.set_raw(name, text)


def _sections(text: str, boundary: str | None) -> list[str]:
    """What stands between the boundaries of a multipart (RFC 2046, 5.1.1)."""
    if not boundary:
        raise _Unusual
    mark = f"--{boundary}"
    found: list[str] = []
    begin, at = -1, text.find(mark)
    while at >= 0:
        after, last = _after_boundary(text, at, at + len(mark))
        if after:
            if begin >= 0:
                found.append(_without_line_end(text, begin, at))
            if last:
                break
            begin = after
        at = text.find(mark, at + len(mark))
    if at < 0 or begin < 0:
        # None closes, or one closes before the first opens.
        raise _Unusual
    return found


def _after_boundary(text: str, at: int, end: int) -> tuple[int, bool]:
    """Where the line after a boundary begins, 0 when this is none; and whether it closes the multipart."""
    if at and text[at - 1] != "\n":
        if text[at - 1] == "\r":
            raise _Unusual
        return 0, False
    last = text.startswith("--", end)
    end += 2 * last
    while text.startswith((" ", "\t"), end):
        end += 1
    if text.startswith("\n", end) or (end == len(text) and last):
        return end + 1, last
    if text.startswith("\r", end):
        if not text.startswith("\n", end + 1):
            raise _Unusual
        return end + 2, last
    if end == len(text):
        raise _Unusual
    return 0, False


def _without_line_end(text: str, begin: int, at: int) -> str:
    """A section; the line end before a boundary belongs to the boundary."""
    if begin >= at:
        raise _Unusual
    end = at - 1
    return text[begin : end - 1] if end > begin and text[end - 1] == "\r" else text[begin:end]
