"""Between domain records and rows: one place that knows how each record is laid out."""

import base64
import hashlib
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

from sqlalchemy import Row

from domain.accounts import Account
from domain.events import Event, EventStatus, When
from domain.followup import AskKind, Beside, Evidence, MeetingGap, Note, Obligation, Phase, Reading, Side
from domain.mail import Message
from domain.signals import Certainty, Signal, SignalKind
from domain.subjects import base_subject
from store.itip_records import attendee_json, attendee_of, proposal_json, proposal_of
from store.threads import is_orphan


def short_key(prefix: str, *parts: str) -> str:
    """A short identity of what the parts describe: a letter and 60 bits of their hash."""
    digest = hashlib.sha256("\x1f".join(parts).encode()).digest()[:8]
    return prefix + base64.b32encode(digest)[:12].decode().lower()


def message_row(message: Message, key: str, *, rank: str, thread: str) -> dict[str, Any]:
    """The row of a parsed message; the stages after it start over."""
    sent_at = message.sent_at
    offset = sent_at.utcoffset() if sent_at else None
    return {
        "key": key,
        "message_id": message.message_id,
        "subject": message.subject,
        "base_subject": base_subject(message.subject),
        "orphan": is_orphan(message),
        "list_id": message.list_id,
        "sender_name": message.sender.name if message.sender else "",
        "sender": message.sender.address if message.sender else "",
        "on_behalf": message.on_behalf.address if message.on_behalf else "",
        "sent_at": sent_at,
        "sent_offset": int(offset.total_seconds() // 60) if offset else 0,
        "received_at": message.received_at,
        "body_text": message.body_text,
        "reply_text": message.zones.reply_text,
        "quoted_text": message.zones.quoted_text,
        "signature": message.zones.signature,
        "forwarded": message.zones.forwarded,
        "quoted_headers": [_quoted_header(header) for header in message.zones.headers],
        "attachments": [
            {"filename": a.filename, "media_type": a.media_type, "size": a.size} for a in message.attachments
        ],
        "headers": dict(message.headers),
        "automatic": message.automatic or "",
        "language": message.language,
        "return_date": message.return_date,
        "failed_recipients": list(message.failed_recipients),
        "invitation": bool(message.invitations),
        "truncated": message.truncated,
        "size": message.size,
        "rank": rank,
        "thread": thread,
        "conversation": thread,
        "read_with": None,
        "attached_with": None,
        "settled_with": None,
    }


def _quoted_header(header: Any) -> dict[str, Any]:
    return {
        "name": header.sender.name if header.sender else "",
        "address": header.sender.address if header.sender else "",
        "sent_at": header.sent_at.isoformat() if header.sent_at else None,
        "to": [address.address for address in header.to if address.address],
        "subject": header.subject,
    }


def address_rows(message: Message, key: str) -> list[dict[str, Any]]:
    """One row per address named in the header, in order."""
    return [
        {"message": key, "position": position, "role": role, "name": a.name, "address": a.address, "domain": a.domain}
        for position, (role, a) in enumerate(message.named)
    ]


def account_of(row: Any) -> Account:
    """The account a row holds."""
    return Account(
        id=row.id,
        name=row.name,
        domains=tuple(row.domains),
        contacts=tuple(row.contacts),
        tier=row.tier,
        owner=row.owner,
        backup=row.backup,
        timezone=row.timezone,
        allow=tuple(row.allow),
    )


def signal_row(signal: Signal, key: str, position: int) -> dict[str, Any]:
    """The row of a signal."""
    return {
        "message": key,
        "position": position,
        "kind": signal.kind,
        "start": signal.start,
        "end": signal.end,
        "quote": signal.quote,
        "score": signal.score,
        "rule": signal.rule,
        "due": signal.due.isoformat() if signal.due else "",
        "certainty": signal.certainty or "",
        "starts_at": signal.starts_at,
        "ends_at": signal.ends_at,
        "cause": signal.cause or "",
        "persons": list(signal.persons),
    }


def signal_of(row: Row[Any]) -> Signal:
    """The signal a row holds."""
    return Signal(
        kind=SignalKind(row.kind),
        start=row.start,
        end=row.end,
        quote=row.quote,
        score=row.score,
        rule=row.rule,
        due=_when(row.due),
        certainty=Certainty(row.certainty) if row.certainty else None,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        cause=row.cause or None,
        persons=tuple(row.persons),
    )


def _when(text: str) -> When | None:
    if not text:
        return None
    return datetime.fromisoformat(text) if "T" in text else date.fromisoformat(text)


def sent_at(row: Row[Any]) -> datetime:
    """When the mail was written, in the sender's own offset: the anchor of its relative dates."""
    at: datetime = row.sent_at or row.received_at
    return at.astimezone(timezone(timedelta(minutes=row.sent_offset)))


def event_row(event: Event, key: str, *, rank: str) -> dict[str, Any]:
    """The row of an occurrence; it is attached anew."""
    return {
        "key": key,
        "ical_uid": event.ical_uid,
        "recurrence_id": event.recurrence_id,
        "sequence": event.sequence,
        "title": event.title,
        "description": event.description,
        "location": event.location,
        "starts_at": event.starts_at,
        "ends_at": event.ends_at,
        "all_day": event.all_day,
        "timezone": event.timezone,
        "status": event.status,
        "private": event.private,
        "transparent": event.transparent,
        "away": event.away,
        "organizer": event.organizer,
        "attendees": [attendee_json(a) for a in event.attendees],
        "updated_at": event.updated_at,
        "cancelled_by": event.cancelled_by,
        "proposals": [proposal_json(p) for p in event.proposals],
        "rank": rank,
        "mails": [],
        "shown": None,
        "own": [],
        "clients": [],
        "strangers": [],
        "absent": "",
        "attached_with": None,
    }


def event_of(row: Row[Any]) -> Event:
    """The occurrence a row holds; ``key`` is the store's."""
    return Event(
        key=row.key,
        ical_uid=row.ical_uid,
        recurrence_id=row.recurrence_id,
        sequence=row.sequence,
        title=row.title,
        description=row.description,
        location=row.location,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        all_day=row.all_day,
        timezone=row.timezone,
        status=EventStatus(row.status),
        private=row.private,
        transparent=row.transparent,
        away=row.away,
        organizer=row.organizer,
        attendees=tuple(attendee_of(a) for a in row.attendees),
        updated_at=row.updated_at,
        cancelled_by=row.cancelled_by,
        proposals=tuple(proposal_of(p) for p in row.proposals),
    )


def evidence_json(evidence: Iterable[Evidence]) -> list[dict[str, Any]]:
    """Evidence as JSON; ``at`` as ISO 8601."""
    return [
        {
            "message": e.message_key,
            "message_id": e.message_id,
            "at": e.at.astimezone(UTC).isoformat(),
            "kind": e.kind,
            "quote": e.quote,
            "start": e.start,
            "end": e.end,
            "score": round(e.score, 4),
            "rule": e.rule,
            **({"answered_at": e.answered_at.astimezone(UTC).isoformat()} if e.answered_at else {}),
        }
        for e in evidence
    ]


def evidence_of(entries: Iterable[Mapping[str, Any]]) -> tuple[Evidence, ...]:
    """Evidence from JSON."""
    return tuple(
        Evidence(
            message_key=e["message"],
            message_id=e["message_id"],
            at=datetime.fromisoformat(e["at"]),
            kind=SignalKind(e["kind"]),
            quote=e["quote"],
            start=e["start"],
            end=e["end"],
            score=e["score"],
            rule=e["rule"],
            answered_at=datetime.fromisoformat(e["answered_at"]) if "answered_at" in e else None,
        )
        for e in entries
    )


def obligation_row(obligation: Obligation) -> dict[str, Any]:
    """The row of an obligation."""
    return {
        "id": obligation.id,
        "side": obligation.side,
        "account": obligation.account_id,
        "conversation": obligation.conversation,
        "message": obligation.message_key,
        "message_id": obligation.message_id,
        "subject": obligation.subject,
        "contact": obligation.contact,
        "kinds": list(obligation.kinds),
        "clock_start": obligation.clock_start,
        "due": obligation.due,
        "at_risk_at": obligation.at_risk_at,
        "chasers": [at.astimezone(UTC).isoformat() for at in obligation.chasers],
        "confidence": round(obligation.confidence, 4),
        "evidence": evidence_json(obligation.evidence),
        "clears_when": obligation.clears_when,
        "cleared_at": obligation.cleared_at,
        "cleared_by": obligation.cleared_by,
        "cleared_reason": obligation.cleared_reason,
        "cleared_who": obligation.cleared_who,
        "discussed_since": obligation.discussed_since,
        "historic": obligation.historic,
        "bounced_at": obligation.bounced_at,
        "notes": [
            {"what": n.what, "at": n.at.astimezone(UTC).isoformat(), "message_id": n.message_id, "why": n.why}
            for n in obligation.notes
        ],
        "phases": [_phase_json(phase) for phase in obligation.phases],
        "via": obligation.via,
        "alone": {},
        "readings": [
            {
                "at": r.at.astimezone(UTC).isoformat(),
                "kinds": list(r.kinds),
                "due": r.due.astimezone(UTC).isoformat(),
                "at_risk_at": r.at_risk_at.astimezone(UTC).isoformat(),
                **({"return_date": r.return_date.astimezone(UTC).isoformat()} if r.return_date else {}),
            }
            for r in obligation.readings
        ],
    }


def obligation_of(row: Row[Any]) -> Obligation:
    """The obligation a row holds."""
    return Obligation(
        id=row.id,
        side=Side(row.side),
        account_id=row.account,
        conversation=row.conversation,
        message_key=row.message,
        message_id=row.message_id,
        subject=row.subject,
        contact=row.contact,
        kinds=tuple(map(AskKind, row.kinds)),
        clock_start=row.clock_start,
        due=row.due,
        at_risk_at=row.at_risk_at,
        chasers=tuple(map(datetime.fromisoformat, row.chasers)),
        confidence=row.confidence,
        evidence=evidence_of(row.evidence),
        clears_when=row.clears_when,
        cleared_at=row.cleared_at,
        cleared_by=row.cleared_by,
        cleared_reason=row.cleared_reason,
        cleared_who=row.cleared_who,
        discussed_since=row.discussed_since,
        historic=row.historic,
        bounced_at=row.bounced_at,
        readings=tuple(map(_reading_of, row.readings)),
        notes=notes_of(row.notes),
        phases=tuple(map(_phase_of, row.phases)),
        via=row.via,
    )


def _reading_of(told: Mapping[str, Any]) -> Reading:
    return Reading(
        at=datetime.fromisoformat(told["at"]),
        kinds=tuple(map(AskKind, told["kinds"])),
        due=datetime.fromisoformat(told["due"]),
        at_risk_at=datetime.fromisoformat(told["at_risk_at"]),
        return_date=datetime.fromisoformat(told["return_date"]) if "return_date" in told else None,
    )


def notes_of(told: Iterable[Mapping[str, Any]]) -> tuple[Note, ...]:
    """Notes from JSON."""
    return tuple(
        Note(what=Beside(n["what"]), at=datetime.fromisoformat(n["at"]), message_id=n["message_id"], why=n["why"])
        for n in told
    )


def _phase_json(phase: Phase) -> dict[str, Any]:
    return {
        "at": phase.at.astimezone(UTC).isoformat(),
        "waits": phase.waits,
        "why": phase.why,
        "due": phase.due.astimezone(UTC).isoformat() if phase.due else None,
        "at_risk_at": phase.at_risk_at.astimezone(UTC).isoformat() if phase.at_risk_at else None,
    }


def _phase_of(told: Mapping[str, Any]) -> Phase:
    return Phase(
        at=datetime.fromisoformat(told["at"]),
        waits=told["waits"],
        why=told["why"],
        due=datetime.fromisoformat(told["due"]) if told["due"] else None,
        at_risk_at=datetime.fromisoformat(told["at_risk_at"]) if told["at_risk_at"] else None,
    )


def gap_row(gap: MeetingGap) -> dict[str, Any]:
    """The row of an unrecorded meeting."""
    return {
        "id": gap.id,
        "gap": gap.gap,
        "account": gap.accounts[0],
        "accounts": list(gap.accounts),
        "title": gap.title,
        "starts_at": gap.starts_at,
        "ends_at": gap.ends_at,
        "participants": list(gap.participants),
        "flag_from": gap.flag_from,
        "closed_at": gap.closed_at,
        "closed_reason": gap.closed_reason,
        "confidence": round(gap.confidence, 4),
        "event": gap.event_key,
        "message": gap.message_key,
        "message_id": gap.message_id,
        "evidence": evidence_json(gap.evidence),
        "historic": gap.historic,
    }
