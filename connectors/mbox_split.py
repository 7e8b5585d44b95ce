"""Splitting a stream in mbox format (RFC 4155 and the variants met in the wild) into mails."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import partial
from hashlib import sha256
from itertools import chain, pairwise
from typing import BinaryIO

from connectors.files import HEAD

_CHUNK = 64 * 1024  # longest piece of a line held at once; longer lines come in pieces
_BLANK = (b"\n", b"\r\n")
_ESCAPED = re.compile(rb">+From ")
_HEADER = re.compile(rb"[!-9;-~]+[ \t]*:|>From ")
_DATE = re.compile(
    rb"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),? +(?P<month>Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) +(?P<day>\d{1,2})"
    rb" +(?P<clock>\d{1,2}:\d\d(?::\d\d)?)(?: +(?P<zone>[+-]\d{4}|[A-Z]{1,5}))?"
    rb" +(?P<year>\d{4})(?: +(?P<zone_after>[+-]\d{4}))?"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class MboxMail:
    """One mail out of an mbox.

    Attributes:
        sent_at: Instant of its ``From `` line (aware UTC); None when that line has no date.
        data: The mail without ``From `` line, separator and quoting; only its first MiB if ``size`` is over the limit.
        size: Size in bytes of the whole mail.
        digest: SHA-256 of the whole mail, hexadecimal.
    """

    sent_at: datetime | None
    data: bytes
    size: int
    digest: str


def split(file: BinaryIO, *, size_limit: int) -> Iterator[MboxMail]:
    """Yield the mails of an mbox in order, holding one mail of at most ``size_limit`` bytes at a time.

    What stands before the first ``From `` line belongs to no mail and is passed over.
    """
    collecting: _Collector | None = None
    for begins, line in _pieces(file):
        if begins:
            if collecting:
                yield collecting.mail()
            collecting = _Collector(line, size_limit)
        elif collecting:
            collecting.add(line)
    if collecting:
        yield collecting.mail()


def same_instant(file: BinaryIO) -> bool:
    """Say whether all dated ``From `` lines carry one instant: then a program wrote it at export and it tells nothing.

    Stops reading at the second instant. True also for a single mail, of which nobody can tell (SEMANTICS 6).
    """
    lines = (line for line in iter(partial(file.readline, _CHUNK), b"") if line.startswith(b"From "))
    instants = filter(None, map(separator_date, lines))
    first = next(instants, None)
    return all(instant == first for instant in instants)


def separator_date(line: bytes) -> datetime | None:
    """Return the instant a ``From `` line carries, in UTC unless it names a zone (RFC 4155); None if it has none."""
    match = _DATE.search(line)
    if not match:
        return None
    field = {key: (value or b"").decode("ascii") for key, value in match.groupdict().items()}
    zone = field["zone_after"] or field["zone"] or "+0000"
    try:
        parsed = parsedate_to_datetime(f"{field['day']} {field['month']} {field['year']} {field['clock']} {zone}")
        return (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


class _Collector:
    """Gathers the lines of one mail; beyond the limit it keeps only the beginning and goes on hashing."""

    def __init__(self, separator: bytes, size_limit: int) -> None:
        self._sent_at = separator_date(separator)
        self._limit = size_limit
        self._lines: list[bytes] = []
        self._size = 0
        self._head: bytes | None = None
        self._hash = sha256()
        self._blank = b""
        self._at_line_start = True

    def add(self, line: bytes) -> None:
        # A blank line belongs to the mail only if something follows it: the last one separates mails.
        if self._blank:
            self._keep(self._blank)
            self._blank = b""
        if self._at_line_start and line in _BLANK:
            self._blank = line
            return
        if self._at_line_start and line.startswith(b">") and _ESCAPED.match(line):
            line = line[1:]
        self._at_line_start = line.endswith(b"\n")
        self._keep(line)

    def mail(self) -> MboxMail:
        self._hash.update(b"".join(self._lines))
        data = b"".join(self._lines) if self._head is None else self._head
        return MboxMail(sent_at=self._sent_at, data=data, size=self._size, digest=self._hash.hexdigest())

    def _keep(self, line: bytes) -> None:
        self._size += len(line)
        self._lines.append(line)
        if self._size > self._limit:
            text = b"".join(self._lines)
            self._hash.update(text)
            self._head = text[:HEAD] if self._head is None else self._head
            self._lines = []


def _pieces(file: BinaryIO) -> Iterator[tuple[bool, bytes]]:
    """Yield lines, the longest in pieces, each with whether it is a ``From `` line that begins a mail."""
    started = False
    may_begin = at_line_start = True
    for line, following in pairwise(chain(iter(partial(file.readline, _CHUNK), b""), (b"",))):
        begins = line.startswith(b"From ") and may_begin and _is_separator(line, following)
        yield begins, line
        started = started or begins
        # An empty mail is a "From " line with nothing after it; before the first mail no blank line is asked for.
        may_begin = begins or (at_line_start and line in _BLANK) or (not started and line.endswith(b"\n"))
        at_line_start = line.endswith(b"\n")


def _is_separator(line: bytes, following: bytes) -> bool:
    """Tell a ``From `` line from a sentence that begins so: it has a date as ctime writes it, or a header follows."""
    return bool(_DATE.search(line) or _HEADER.match(following))
