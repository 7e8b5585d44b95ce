"""From a stretch of stored mail to attached messages; mail waits in the store until somebody takes a stretch of it."""

import gc
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock

from domain.conversations import Attachment
from domain.mail import Automatic
from domain.signals import Problem
from flows.composition import Desk
from store.attaching import Attacher, Unattached
from store.parsing import Parsed, RawRow, Span, next_span, save_messages, unparsed

# Mails are many and each transaction waits for the disk; their number in memory is bounded by bytes as well.
_MAILS = 768


@dataclass(slots=True)
class Outcome:
    """What became of mails, by source: copies of a message already there, and those gone to quarantine."""

    duplicates: Counter[str] = field(default_factory=Counter)
    quarantined: Counter[str] = field(default_factory=Counter)
    done: int = 0

    def add(self, other: "Outcome") -> None:
        """Count another's in."""
        self.duplicates += other.duplicates
        self.quarantined += other.quarantined
        self.done += other.done


class Spans:
    """Hands out what waits, each mail once, from first to last: looking from the beginning again takes ever longer."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._after = 0
        self._lock = Lock()

    def take(self) -> Span | None:
        """Return the next stretch, None when nothing is left at the moment; any thread may ask."""
        with self._lock:
            span = next_span(
                self._desk.store, "message", parser_version(), now=self._desk.now, limit=_MAILS, after=self._after
            )
            if span:
                self._after = span.last
            return span


def parser_version() -> str:
    """Version of the parser."""
    from extraction.version import PARSER_VERSION  # noqa: PLC0415

    return PARSER_VERSION


@contextmanager
def _garbage_waits() -> Iterator[None]:
    """Put off the search for garbage until a stretch is saved.

    All that is parsed lives that long and hardly any of it is a cycle, yet it would be searched again and again, and
    all that is loaded with it. Around a whole function, so that what it made is gone by the time of the next search.
    """
    searched = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if searched:
            gc.enable()


@_garbage_waits()
def parse_span(desk: Desk, span: Span) -> Outcome:
    """Parse a stretch and save it in one transaction.

    Messages new to the store are attached in the same breath: their rows are long, and written once.
    """
    version = parser_version()
    parsed = [_parse(raw, desk) for raw in unparsed(desk.store, "message", version, now=desk.now, span=span)]
    duplicates = save_messages(desk.store, parsed, version=version, attacher=attacher_of(desk))
    quarantined = Counter(p.raw.source for p in parsed if isinstance(p.result, Problem))
    return Outcome(duplicates=duplicates, quarantined=quarantined, done=len(parsed))


def _parse(raw: RawRow, desk: Desk) -> Parsed:
    from extraction.mime import body_fingerprint, parse_message  # noqa: PLC0415 - brings the HTML parser

    result = parse_message(raw.message(), fetched_at=raw.fetched_at, zone=desk.settings.company.timezone)
    return Parsed(raw=raw, result=result, fingerprint="" if isinstance(result, Problem) else body_fingerprint(result))


def attacher_of(desk: Desk) -> Attacher:
    """How messages are attached."""
    from extraction import attach as rules  # noqa: PLC0415 - brings the public suffix list

    limit = desk.settings.policy.historic_after

    def attach_one(m: Unattached) -> tuple[Attachment, bool]:
        historic = m.connected_at is not None and m.received_at < m.connected_at - limit
        bulk = m.automatic == Automatic.BULK
        found = rules.attach(
            m.named, desk.book, reply_text=m.reply_text, bulk=bulk, list_id=m.list_id, forwards=m.forwards
        )
        return found, historic

    return Attacher(f"{rules.ATTACH_VERSION}:{desk.own_side_version}", attach_one)
