"""Between what mails say about events and the JSON kept of it; a series' words are kept once, its times one by one."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import Row

from domain.events import Attendee, Event, EventStatus, PartStat, Proposal
from domain.itip import ItipMessage, Method

_OWN: Final = frozenset({"key", "recurrence_id", "starts_at", "ends_at"})
"""What differs from occurrence to occurrence of a series."""
_WORDS: Final = tuple(f.name for f in fields(Event) if f.name not in _OWN)


def attendee_json(attendee: Attendee) -> dict[str, Any]:
    """An attendee as JSON."""
    return {
        "name": attendee.name,
        "address": attendee.address,
        "partstat": attendee.partstat,
        "organizer": attendee.organizer,
    }


def attendee_of(entry: Mapping[str, Any]) -> Attendee:
    """The attendee JSON holds."""
    return Attendee(entry["name"], entry["address"], PartStat(entry["partstat"]), organizer=entry["organizer"])


def proposal_json(proposal: Proposal) -> dict[str, Any]:
    """A proposal as JSON."""
    times = {name: _text(getattr(proposal, name)) for name in ("starts_at", "ends_at", "made_at")}
    return {"by": proposal.by, **times}


def proposal_of(entry: Mapping[str, Any]) -> Proposal:
    """The proposal JSON holds."""
    starts_at, ends_at, made_at = (datetime.fromisoformat(entry[name]) for name in ("starts_at", "ends_at", "made_at"))
    return Proposal(entry["by"], starts_at, ends_at, made_at)


def events_json(events: Sequence[Event]) -> dict[str, Any]:
    """Occurrences as JSON: their different words, and for each its words' number, identity and times."""
    words: list[dict[str, Any]] = []
    times = []
    for event in events:
        said = _words_json(event)
        if said not in words[-1:]:
            words.append(said)
        times.append([len(words) - 1, event.key, event.recurrence_id, _text(event.starts_at), _text(event.ends_at)])
    return {"words": words, "times": times}


def events_of(entry: Mapping[str, Any]) -> tuple[Event, ...]:
    """The occurrences JSON holds."""
    return tuple(
        Event(
            key=key,
            recurrence_id=recurrence_id,
            starts_at=datetime.fromisoformat(starts_at),
            ends_at=datetime.fromisoformat(ends_at),
            **_words_of(entry["words"][number]),
        )
        for number, key, recurrence_id, starts_at, ends_at in entry["times"]
    )


def _words_json(event: Event) -> dict[str, Any]:
    return {name: getattr(event, name) for name in _WORDS} | {
        "status": str(event.status),
        "attendees": [attendee_json(a) for a in event.attendees],
        "proposals": [proposal_json(p) for p in event.proposals],
        "updated_at": _text(event.updated_at) if event.updated_at else None,
    }


def _words_of(entry: Mapping[str, Any]) -> dict[str, Any]:
    return {
        **entry,
        "status": EventStatus(entry["status"]),
        "attendees": tuple(attendee_of(a) for a in entry["attendees"]),
        "proposals": tuple(proposal_of(p) for p in entry["proposals"]),
        "updated_at": datetime.fromisoformat(entry["updated_at"]) if entry["updated_at"] else None,
    }


def itip_row(message: ItipMessage, key: str) -> dict[str, Any]:
    """The row of what a mail says about an event."""
    return {
        "message": key,
        "position": message.position,
        "ical_uid": message.ical_uid,
        "method": message.method,
        "recurrence_id": message.recurrence_id,
        "sequence": message.sequence,
        "stamped_at": message.stamped_at,
        "received_at": message.received_at,
        "fact": {
            "onwards": message.onwards,
            "sender": message.sender,
            "organizer": message.organizer,
            "sent_by": message.sent_by,
            "status": message.status,
            "attendees": [attendee_json(a) for a in message.attendees],
            "occurrences": events_json(message.occurrences),
        },
    }


def itip_of(row: Row[Any]) -> ItipMessage:
    """What a row says; ``mail`` is the store's key."""
    fact = dict(row.fact)
    return ItipMessage(
        mail=row.message,
        position=row.position,
        method=Method(row.method),
        ical_uid=row.ical_uid,
        recurrence_id=row.recurrence_id,
        sequence=row.sequence,
        stamped_at=row.stamped_at,
        received_at=row.received_at,
        attendees=tuple(attendee_of(a) for a in fact.pop("attendees")),
        occurrences=events_of(fact.pop("occurrences")),
        **fact,
    )


def _text(at: datetime) -> str:
    return at.astimezone(UTC).isoformat()
