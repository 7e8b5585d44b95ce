"""What a message says, without a store: the ``extract`` command."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from domain.mail import Automatic, Message
from domain.signals import Problem, Signal
from domain.sources import RawMessage
from extraction.contacts import contacts
from extraction.language import detect_language
from extraction.mime import parse_message
from extraction.pipeline import DEFAULT, load_pipeline, read_signals
from extraction.zones import split_zones
from flows.composition import model_of
from flows.settings import Settings
from flows.signal_inputs import nobody_known, of_message, writers

_BATCH = 64
_SIZE_LIMIT = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class _Read:
    """One input, read as far as possible: a message, or why not."""

    id: Any
    message: Message | None = None
    error: str = ""


def extract_files(paths: Iterable[Path], settings: Settings | None = None) -> Iterator[dict[str, Any]]:
    """Say what each mail file says, in order; a file that cannot be read gives an object with ``error``.

    Args:
        paths: The files.
        settings: With them, the model in use there reads, and knows whether a client or one of us writes.
    """
    return _extract((_read_file(path, str(path)) for path in paths), settings, batch=_BATCH)


def extract_lines(lines: Iterable[str], settings: Settings | None = None) -> Iterator[dict[str, Any]]:
    """Say what each JSON line's mail says: ``{"id", "text"}`` or ``{"id", "eml_path"}``, in order, in constant memory.

    ``sent_at`` and ``timezone`` anchor relative dates. A line that cannot be handled gives an object with ``error``.
    ``settings`` are as for :func:`extract_files`.
    """
    # One at a time: whoever feeds us line by line waits for each answer before the next.
    return _extract((_read_line(line) for line in lines if line.strip()), settings, batch=1)


def _read_file(path: Path, name: Any, sent_at: datetime | None = None) -> _Read:
    try:
        with path.open("rb") as file:
            data = file.read(_SIZE_LIMIT + 1)
    except OSError as error:
        return _Read(name, error=f"{path} cannot be read: {error.strerror}.")
    cut = len(data) > _SIZE_LIMIT
    raw = RawMessage(folder="", uid=str(path), data=data[:_SIZE_LIMIT], received_at=None, size=len(data), truncated=cut)
    result = parse_message(raw, fetched_at=datetime.now(UTC))
    if isinstance(result, Problem):
        return _Read(name, error=f"{path}: {result.reason}")
    return _Read(name, replace(result, sent_at=sent_at or result.sent_at))


def _read_line(line: str) -> _Read:
    try:
        entry = json.loads(line)
    except ValueError as error:
        return _Read(None, error=f"This line is not JSON: {error}.")
    if not isinstance(entry, dict):
        return _Read(None, error="This line is not a JSON object with `text` or `eml_path`.")
    name = entry.get("id")
    try:
        sent_at = _sent_at(entry)
    except (ValueError, TypeError, OSError) as error:
        return _Read(name, error=f"`sent_at` or `timezone` cannot be read: {error}.")
    if isinstance(entry.get("eml_path"), str):
        return _read_file(Path(entry["eml_path"]), name, sent_at)
    if not isinstance(entry.get("text"), str):
        return _Read(name, error="This line has neither `text` nor `eml_path`.")
    return _Read(name, _plain_message(entry["text"], sent_at or datetime.now(UTC)))


def _sent_at(entry: dict[str, Any]) -> datetime | None:
    text, zone = entry.get("sent_at"), entry.get("timezone")
    place = ZoneInfo(zone) if zone else UTC
    if not text:
        return datetime.now(place) if zone else None
    at = datetime.fromisoformat(text)
    return at.astimezone(place) if at.tzinfo and zone else at if at.tzinfo else at.replace(tzinfo=place)


def _plain_message(text: str, sent_at: datetime) -> Message:
    """A body as received, without a header: quotes and signature are removed as from any mail."""
    zones = split_zones(text.replace("\r\n", "\n"))
    return Message(
        key="",
        message_id="",
        subject="",
        sender=None,
        received_at=sent_at.astimezone(UTC),
        sent_at=sent_at,
        body_text=text,
        zones=zones,
        language=detect_language(zones.reply_text),
    )


def _extract(inputs: Iterator[_Read], settings: Settings | None, *, batch: int) -> Iterator[dict[str, Any]]:
    name, weights, _ = model_of(settings) if settings else (DEFAULT, None, 0)
    nlp = load_pipeline(name, weights)
    writer_of = writers(settings.company) if settings else nobody_known
    while some := list(islice(inputs, batch)):
        messages = [read.message for read in some if read.message]
        found = read_signals(nlp, [of_message(message, writer_of) for message in messages])
        for read in some:
            yield _said(read, next(found)) if read.message else {"id": read.id, "error": read.error}


def _said(read: _Read, signals: Iterable[Signal]) -> dict[str, Any]:
    message = read.message
    assert message is not None  # noqa: S101 - for the type checker
    return {
        "id": read.id,
        "message_id": message.message_id or None,
        "automatic": message.automatic,
        "return_date": message.return_date,
        "bounce": _bounce(message),
        "language": message.language,
        "reply_text": message.zones.reply_text,
        "signature": message.zones.signature,
        "quoted_text": message.zones.quoted_text,
        "contacts": contacts(message),
        "invitations": [_invitation(event) for event in message.invitations],
        "signals": [_signal(signal) for signal in signals],
    }


def _bounce(message: Message) -> dict[str, Any] | None:
    if message.automatic is not Automatic.BOUNCE:
        return None
    return {"recipients": list(message.failed_recipients), "status": message.delivery_status or None}


def _invitation(event: Any) -> dict[str, Any]:
    return {
        "method": event.method,
        "uid": event.ical_uid,
        "recurrence_id": event.recurrence_id or None,
        "sequence": event.sequence,
        "title": event.title,
        "starts_at": event.starts_at,
        "ends_at": event.ends_at,
        "status": event.status,
        "organizer": event.organizer,
        "attendees": [{"name": a.name, "address": a.address, "partstat": a.partstat} for a in event.attendees],
    }


def _signal(signal: Signal) -> dict[str, Any]:
    return {
        "kind": signal.kind,
        "start": signal.start,
        "end": signal.end,
        "quote": signal.quote,
        "score": round(signal.score, 4),
        "rule": signal.rule,
        "due": signal.due.isoformat() if signal.due else None,
        "certainty": signal.certainty,
        "starts_at": signal.starts_at,
        "ends_at": signal.ends_at,
        "cause": signal.cause,
        "persons": list(signal.persons),
    }
