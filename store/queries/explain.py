"""Why something is where it is: rule, quote, clock, what would clear it."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Table, or_, select

from domain.acts import Act, ActKind, Standing, standing
from domain.errors import NotFoundError
from domain.followup import Obligation, Side
from store import tables
from store.database import Store
from store.queries.acts import act_json, act_sentence, acts_of
from store.queries.commitments import explain_commitment
from store.queries.complaints import explain_complaint
from store.queries.coverage import Stale, StaleAfter, could_answer, stale_sources
from store.queries.obligations import Elapsed, minutes, obligation_json, own_people
from store.queries.visibility import veiled
from store.records import obligation_of


@veiled
def explain(
    store: Store,
    named: str,
    *,
    now: datetime,
    elapsed: Elapsed,
    calendar: Callable[[Obligation], str] = lambda _: "",
    stale_after: StaleAfter | None = None,
) -> dict[str, Any]:
    """Explain a flag, message, occurrence or Message-ID (INTERFACE: ``explain``).

    Args:
        store: Where from.
        named: Its id.
        now: The moment.
        elapsed: The clock.
        calendar: Names the calendar a clock runs in, where it is not the company's.
        stale_after: When sources are stale.

    Raises:
        NotFoundError: Nothing has this id.
    """
    wanted = named.strip().strip("<>")
    with store.reading() as connection:
        if row := _find(connection, tables.obligation, wanted):
            name = calendar(obligation_of(row))
            stale = stale_sources(connection, now=now, stale_after=stale_after or {})
            return _obligation(connection, row, now=now, elapsed=elapsed, calendar=name, stale=stale)
        if row := _find(connection, tables.commitment, wanted):
            return explain_commitment(connection, row, now=now)
        if row := _find(connection, tables.complaint, wanted):
            return explain_complaint(connection, row, now=now)
        if row := _find(connection, tables.gap, wanted):
            return _gap(connection, row, now=now)
        if row := _find(connection, tables.message, wanted):
            return _message(connection, row)
        if row := _find(connection, tables.event, wanted):
            return _event(connection, row)
    raise NotFoundError(
        f"Nothing is called “{named}”; ids stand in the output of overdue, promises, complaints, meetings and timeline."
    )


def _find(connection: Connection, table: Table, wanted: str) -> Any:
    """The row with this id, or the message with this Message-ID."""
    named = [column == wanted for column in table.primary_key]
    if table is tables.message:
        named.append(table.c.message_id == wanted)
    return connection.execute(select(table).where(or_(*named))).first()


def _obligation(
    connection: Connection,
    row: Any,
    *,
    now: datetime,
    elapsed: Elapsed,
    calendar: str,
    stale: Sequence[Stale],
) -> dict[str, Any]:
    obligation = obligation_of(row).as_of(now)
    own = own_people(connection, {obligation.conversation}).get(obligation.conversation, set())
    acts = acts_of(connection, {obligation.id}, now=now).get(obligation.id, [])
    stands = standing(acts, now, asked_again=obligation.chasers)
    covered = not could_answer(stale, own)
    facts = obligation_json(obligation, stands, covered=covered, now=now, elapsed=elapsed)
    facts["state"] = _state_word(obligation, facts["state"], stands, now)
    facts |= {
        "acts": [act_json(act) for act in acts],
        "account": _name(connection, obligation.account_id),
        "cleared_at": obligation.cleared_at,
        "cleared_by": obligation.cleared_by or None,
        "cleared_reason": obligation.cleared_reason or None,
        "cleared_who": obligation.cleared_who or None,
        "stale_sources": [source.name for source in stale],
        **({"calendar": calendar} if calendar else {}),
    }
    return {
        "id": obligation.id,
        "kind": "obligation" if obligation.side is Side.OURS else "awaiting",
        "facts": facts,
        "rules": sorted({e.rule for e in obligation.evidence}),
        "clock": _clock(obligation, acts, now=now, elapsed=elapsed, calendar=calendar),
        "clears_when": obligation.clears_when,
    }


def _state_word(obligation: Obligation, state: str, stands: Standing, now: datetime) -> str:
    if not obligation.waits_at(now):
        return "historic" if obligation.historic else "cleared"
    if stands.closed_by:
        return "done" if stands.closed_by.kind is ActKind.DONE else "dismissed"
    return "snoozed" if stands.snoozed_until else state


def _clock(
    obligation: Obligation, acts: Sequence[Act], *, now: datetime, elapsed: Elapsed, calendar: str
) -> list[dict[str, Any]]:
    """What happened to the clock, in order, up to a moment and with what is still to come."""
    ours = obligation.side is Side.OURS
    started = "their mail was received" if ours else "we asked"
    if obligation.via:
        started = f"their mail was sent ({obligation.via} forwarded it)"
    where = f", in the calendar {calendar}" if calendar else ""
    steps = [(obligation.clock_start, f"{started}; the clock starts{where}")]
    steps += [(act.at, act_sentence(act)) for act in acts]
    chased = f"{'they' if ours else 'we'} asked again (chaser); the clock runs on"
    steps += [(at, chased) for at in obligation.chasers]
    if obligation.return_date:
        steps.append((obligation.return_date, "they are back from their absence"))
    if obligation.discussed_since and obligation.discussed_since <= now:
        steps.append((obligation.discussed_since, "discussed internally; that does not answer them"))
    steps += [(note.at, note.why) for note in obligation.notes if note.why]
    steps += [(phase.at, phase.why) for phase in obligation.phases if phase.at <= now]
    if obligation.bounced_at and obligation.bounced_at <= now:
        steps.append((obligation.bounced_at, "our reply came back undelivered; it does not count"))
    steps.append((obligation.at_risk_at, "75 % of the business time is used: at risk"))
    steps.append((obligation.due, "due"))
    if obligation.cleared_at and obligation.cleared_at <= now:
        steps.append((obligation.cleared_at, f"cleared: {obligation.cleared_reason}"))
    else:
        used = minutes(elapsed(obligation, obligation.clock_start, now))
        steps.append((now, f"now: {used // 60} h {used % 60} min of business time since the clock started"))
    return [{"at": at, "what": what} for at, what in sorted(steps, key=lambda step: step[0])]


def _gap(connection: Connection, row: Any, *, now: datetime) -> dict[str, Any]:
    why = {
        "undocumented": "it ended, was likely held, and no note, outcome, recap mail or minutes was found",
        "off_calendar": "it was agreed by mail, and no calendar shows it",
        "ad_hoc": "mail speaks of it as having taken place, and neither calendar nor record shows it",
    }[row.gap]
    clock = [(row.starts_at, "starts"), (row.ends_at, "ends"), (row.flag_from, "unrecorded from here on")]
    clock += [(row.closed_at, row.closed_reason)]
    acts = acts_of(connection, {row.id}, now=now).get(row.id, [])
    clock += [(act.at, act_sentence(act)) for act in acts]
    return {
        "id": row.id,
        "kind": "unrecorded_meeting",
        "facts": {
            "gap": row.gap,
            "why": why,
            "accounts": [_name(connection, account) for account in row.accounts],
            "title": row.title,
            "participants": row.participants,
            "confidence": row.confidence,
            "evidence": row.evidence,
            "event_id": row.event or None,
            "message_id": row.message_id or None,
            "open": row.flag_from <= now
            and (row.closed_at is None or row.closed_at > now)
            and not row.historic
            and standing(acts, now, somebody_waits=False).listed,
            "acts": [act_json(act) for act in acts],
        },
        "rules": sorted({e["rule"] for e in row.evidence} | {row.gap}),
        "clock": [{"at": at, "what": what} for at, what in sorted((at, what) for at, what in clock if at)],
        "clears_when": "A recap mail to a client who was there, or a note of what was said.",
    }


def _message(connection: Connection, row: Any) -> dict[str, Any]:
    links, copies, signal = tables.message_account, tables.item, tables.signal
    accounts = list(connection.execute(select(links).where(links.c.message == row.key).order_by(links.c.account)))
    where = connection.execute(select(copies).where(copies.c.message == row.key).order_by(copies.c.id))
    signals = list(connection.execute(select(signal).where(signal.c.message == row.key).order_by(signal.c.position)))
    flags = [
        flag
        for table in (tables.obligation, tables.commitment, tables.complaint)
        for flag in connection.execute(
            select(table.c.id).where(table.c.message == row.key).order_by(table.c.id)
        ).scalars()
    ]
    return {
        "id": row.key,
        "kind": "message",
        "facts": {
            "message_id": row.message_id,
            "subject": row.subject,
            "sender": row.sender,
            "direction": row.direction,
            "sent_at": row.sent_at,
            "received_at": row.received_at,
            "automatic": row.automatic or None,
            "language": row.language,
            "historic": row.historic,
            "conversation": row.conversation,
            "accounts": [{"account": _name(connection, a.account), "why": a.reason} for a in accounts],
            "why_no_account": _why_none(connection, row) if not accounts else None,
            "copies": [{"source": c.source, "folder": c.folder, "uid": c.uid, "removed": c.removed_at} for c in where],
            "reply_text": row.reply_text,
            "signals": [
                {"kind": s.kind, "quote": s.quote, "score": s.score, "rule": s.rule, "persons": s.persons}
                for s in signals
            ],
            "flags": flags,
        },
        "rules": sorted({s.rule for s in signals}),
        "clock": [{"at": row.received_at, "what": "received"}],
        "clears_when": "",
    }


def _why_none(connection: Connection, row: Any) -> str:
    party = tables.message_address
    named = connection.execute(select(party.c.address, party.c.side).where(party.c.message == row.key)).all()
    strangers = sorted({address for address, side in named if side == "other"})
    if not strangers:
        return "Only our own side takes part."
    return f"{', '.join(strangers[:5])}: in no account's domains or contacts; see `accountline triage`."


def _event(connection: Connection, row: Any) -> dict[str, Any]:
    links, copies = tables.event_account, tables.event_copy
    accounts = connection.execute(select(links).where(links.c.event == row.key).order_by(links.c.account))
    shown = (
        select(tables.item.c.source, tables.item.c.folder)
        .join(copies, copies.c.item == tables.item.c.id)
        .where(copies.c.event == row.key)
        .order_by(tables.item.c.id)
    )
    gaps = connection.execute(select(tables.gap.c.id).where(tables.gap.c.event == row.key)).scalars()
    return {
        "id": row.key,
        "kind": "meeting",
        "facts": {
            "title": "private" if row.private else row.title,
            "ical_uid": row.ical_uid,
            "recurrence_id": row.recurrence_id or None,
            "sequence": row.sequence,
            "status": row.status,
            "own": row.own,
            "clients": row.clients,
            "accounts": [{"account": _name(connection, a.account), "why": a.reason} for a in accounts],
            "calendars": [{"source": source, "folder": folder} for source, folder in connection.execute(shown)],
            "mails": _said_by_mail(connection, row),
            "cancelled_by": row.cancelled_by or None,
            "proposals": [] if row.private else row.proposals,
            "flags": list(gaps),
        },
        "rules": [],
        "clock": _bounds(((row.starts_at, "starts"), (row.ends_at, "ends"))),
        "clears_when": "",
    }


def _said_by_mail(connection: Connection, row: Any) -> list[dict[str, Any]]:
    """What mails said about the event, newest version last, and why some of it does not count (D5.12)."""
    itip, message = tables.itip, tables.message
    query = (
        select(itip, message.c.message_id, message.c.sender)
        .join(message, message.c.key == itip.c.message)
        .where(itip.c.ical_uid == row.ical_uid, itip.c.recurrence_id.in_(["", row.recurrence_id]))
        .order_by(itip.c.sequence, itip.c.stamped_at, message.c.message_id, itip.c.position)
    )
    return [
        {
            "message_id": said.message_id,
            "from": said.sender,
            "method": said.method,
            "sequence": said.sequence,
            "ignored": said.ignored or None,
        }
        for said in connection.execute(query)
    ]


def _bounds(steps: Iterable[tuple[datetime, str]]) -> list[dict[str, Any]]:
    return [{"at": at, "what": what} for at, what in steps]


def _name(connection: Connection, account: str) -> str:
    found = connection.execute(select(tables.account.c.name).where(tables.account.c.id == account)).scalar()
    return found or account
