"""Where quoted and forwarded mails begin inside a body, and who wrote them when, in the layouts of common clients.

Terminology:

- ATTRIBUTION: the sentence a client puts above a quote: ``On Tue, 4 Mar 2025, Ann <ann@example.com> wrote:``.
- DIVIDER: a line such as ``-----Original Message-----``.
- BLOCK: the quoted mail's header lines, ``From:``, ``Sent:``, ``To:``, ``Subject:``, or a name, a date and ``To:`` as
  Lotus Notes prints them.

A body is searched from what is rare in it: header labels, dividers, and lines that end as an attribution does.
"""

from collections.abc import Iterator
from datetime import tzinfo

from domain.mail import QuotedHeader
from extraction import quote_words as words
from extraction.attributions import attribution_sender, find_attributions
from extraction.body_lines import BodyLines
from extraction.header_blocks import collect_fields, find_blocks
from extraction.quote_start import QuoteStart
from extraction.quoted_dates import parse_quoted_date
from extraction.quoted_people import read_recipients, read_sender

_MAX_GAP = 6
_MAX_STARTS = 500
_MAX_WRAPPED_DIVIDER = 4


def find_quote_starts(body: BodyLines) -> list[QuoteStart]:
    """Every introduction of a quoted mail in a body, in order; at most 500, the rest of a digest says nothing new."""
    if not (body.labels or body.dividers or body.verbs):
        return []
    plain = sorted([*find_blocks(body), *find_attributions(body)], key=lambda start: start.start)
    starts: list[QuoteStart] = []
    after = 0
    for start in _joined(body, plain):
        if start.start >= after:
            starts.append(start)
            after = start.end
            if len(starts) == _MAX_STARTS:
                break
    return starts


def _joined(body: BodyLines, plain: list[QuoteStart]) -> Iterator[QuoteStart]:
    """Dividers, with the block or attribution right below taken in, and the others, by their first line."""
    position = 0
    for line in body.dividers:
        while position < len(plain) and plain[position].start < line:
            yield plain[position]
            position += 1
        end = _divider_end(body, line)
        lowered = body.bare[line].lower()
        forwarded = any(word in lowered for word in words.FORWARD_WORDS)
        following = body.skip_blank(end)
        if position < len(plain) and plain[position].start <= following and following - end < _MAX_GAP:
            below = plain[position]
            position += 1
            yield QuoteStart(line, max(end, below.end), below.fields, forwarded)
        else:
            fields, after = collect_fields(body, following) if following in body.labels else ({}, end)
            known = "from" in fields and following - end < _MAX_GAP
            yield QuoteStart(line, after, fields, forwarded) if known else QuoteStart(line, end, {}, forwarded)
    yield from plain[position:]


def _divider_end(body: BodyLines, line: int) -> int:
    """Lotus Notes wraps "---- Forwarded by Ann on 03/08/2001" over "03:14 PM ----"."""
    bare = body.bare
    if words.NOTES_FORWARD.search(bare[line]) and not bare[line].endswith("--"):
        for end in range(line + 1, min(line + _MAX_WRAPPED_DIVIDER, len(bare))):
            if bare[end].endswith("--"):
                return end + 1
    return line + 1


def read_header(start: QuoteStart, zone: tzinfo) -> QuotedHeader:
    """What the lines tell about the quoted mail; ``zone`` is where the quoting client stood."""
    fields = start.fields
    if (text := fields.get("attribution")) is not None:
        return QuotedHeader(sender=attribution_sender(text), sent_at=parse_quoted_date(text, zone))
    sender = fields.get("from", "")
    return QuotedHeader(
        sender=read_sender(sender),
        sent_at=parse_quoted_date(fields.get("sent", sender), zone),
        to=read_recipients(fields.get("to", "")),
        subject=fields.get("subject", "")[:500],
    )
