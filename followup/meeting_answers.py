"""Obligations that wait for a meeting, because our answer was to meet and the meeting is agreed (D4.11, D4.12).

Such an obligation was satisfied by our answer, waits again from the moment the meeting is agreed, is due when the
business day after it closes, and returns as it was when the meeting is cancelled.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from domain.followup import Gap, Obligation, Phase, Side, Turn
from domain.signals import SignalKind
from followup.agreements import Agreement, agreements
from followup.business_time import BusinessTime
from followup.calendars import Calendars
from followup.client_mail import ClientMail
from followup.client_meetings import Meeting, MeetingIndex, is_client_meeting, presumed_not_held
from followup.demands import has
from followup.files import files
from followup.ids import short_id
from followup.meeting_words import calls_off, only_about_meeting
from followup.promise_words import says_done, telling_words
from followup.recaps import keeps_a_record

_AROUND = timedelta(days=1)
_SOON = timedelta(days=14)
"""How far ahead a meeting without a time in the mail is looked for in the calendar."""
_USUAL = timedelta(hours=1)
"""Length of a meeting nobody gave an end."""
_AT_RISK = 0.75
_TO_MEET = (SignalKind.MEETING_PROPOSAL, SignalKind.MEETING_CONFIRMATION)
_SETTLED_BY = frozenset({"answered", "acknowledged"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """What is known of an account's meetings.

    Attributes:
        known: Every occurrence with the account, also cancelled ones.
        recorded: Occurrence or gap to when and how it was recorded: by a note, an outcome, a recap.
        calendars: The clock runs in the account's; days are named, as everywhere, in the company's zone.
    """

    known: MeetingIndex
    recorded: Mapping[str, tuple[datetime, str]]
    calendars: Calendars


@dataclass(frozen=True, slots=True, kw_only=True)
class _Appointment:
    """A meeting that was agreed, until another took its place.

    Attributes:
        agreed_at: When.
        starts_at, ends_at: Of the meeting.
        names: Ids under which it may be recorded.
        called_off_at: When it was cancelled.
    """

    agreed_at: datetime
    starts_at: datetime
    ends_at: datetime
    names: tuple[str, ...]
    called_off_at: datetime | None = None


def speaks_of_meeting(turn: Turn) -> bool:
    """Tell whether a mail can have answered by a meeting at all, whatever else it says."""
    return any(signal.kind in _TO_MEET for signal in turn.signals)


def answers_by_meeting(obligation: Obligation, mail: ClientMail) -> bool:
    """Tell whether a mail of ours answered by proposing or accepting a meeting, and by nothing else (D4.11).

    A mail whose only ask was the meeting is satisfied by accepting it (D4.7). An answer that says or brings more than
    that it will be talked about then is an answer.
    """
    if obligation.side is not Side.OURS or obligation.historic or _asks_meeting_only(obligation):
        return False
    if obligation.cleared_by != mail.turn.key or obligation.cleared_reason not in _SETTLED_BY:
        return False
    to_meet = mail.signals(*_TO_MEET)
    if not to_meet or any(files(mail.turn)):
        return False
    text = mail.fact.text
    for signal in to_meet:
        text = text.replace(signal.quote, " ")
    return only_about_meeting(text) and not says_done(text)


def _asks_meeting_only(obligation: Obligation) -> bool:
    proposals = [e for e in obligation.evidence if e.kind is SignalKind.MEETING_PROPOSAL]
    return all(
        any(e.message_key == p.message_key and e.start < p.end and p.start < e.end for p in proposals)
        for e in obligation.evidence
    )


def waiting_for_meeting(obligation: Obligation, talk: Sequence[ClientMail], around: Around) -> Obligation:
    """Let an obligation wait for the meeting that was our answer, if that was agreed.

    Args:
        obligation: As its conversation alone has it: cleared by a mail for which ``answers_by_meeting`` holds.
        talk: All mails of the conversation, oldest first.
        around: The account's meetings.
    """
    answer = next((mail for mail in talk if mail.turn.key == obligation.cleared_by), None)
    agreed = _appointments(obligation, answer, talk, around) if answer else []
    if not (answer and agreed):
        return obligation
    phases = [Phase(at=answer.turn.at, waits=False, why="we answered that we should meet")]
    for appointment in agreed:
        phases += _phases(appointment, around.calendars.ours(obligation.account_id), around.calendars.company)
    last = agreed[-1]
    end = _end(last, obligation, talk, around)
    held = [phase for phase in phases if end is None or phase.at < end[0]]
    whom = f"{obligation.contact} after the meeting on {_day(last, around.calendars.company)}"
    waits = replace(
        obligation,
        cleared_at=None,
        cleared_by="",
        cleared_reason="",
        cleared_who="",
        phases=tuple(sorted(held, key=lambda phase: phase.at)),
        clears_when=obligation.clears_when if last.called_off_at else f"A mail to {whom}, or a record of it.",
    )
    if end is None:
        return waits
    at, by, reason, who = end
    return replace(waits, cleared_at=at, cleared_by=by, cleared_reason=reason, cleared_who=who)


def _appointments(
    obligation: Obligation, answer: ClientMail, talk: Sequence[ClientMail], around: Around
) -> list[_Appointment]:
    since = [a for a in agreements(talk) if a.mail.turn.at >= answer.turn.at and a.starts_at > answer.turn.at]
    if since:
        return [_as_agreed(agreement, obligation, around) for agreement in since]
    shown = _shown(obligation, answer, around)
    return [_as_shown(shown, answer.turn.at)] if shown else []


def _as_agreed(agreement: Agreement, obligation: Obligation, around: Around) -> _Appointment:
    agreed_at = agreement.mail.turn.at
    day = around.calendars.company.local(agreement.starts_at).date().isoformat()
    gap = short_id("gap", Gap.OFF_CALENDAR, agreement.mail.turn.key, day)
    off = agreement.ended_at if agreement.ended_reason != "mail agreed another time" else None
    shown = _nearest(obligation, agreement.starts_at, around)
    if shown is None:
        end = agreement.ends_at or agreement.starts_at + _USUAL
        return _Appointment(
            agreed_at=agreed_at, starts_at=agreement.starts_at, ends_at=end, names=(gap,), called_off_at=off
        )
    found = _as_shown(shown, agreed_at)
    offs = [at for at in (off, found.called_off_at) if at]
    return replace(found, names=(*found.names, gap), called_off_at=min(offs, default=None))


def _as_shown(meeting: Meeting, agreed_at: datetime) -> _Appointment:
    """Read a meeting from the calendar; one cancelled at a time unknown was never agreed."""
    off = max(meeting.fact.event.updated_at or agreed_at, agreed_at) if meeting.cancelled else None
    undocumented = short_id("gap", Gap.UNDOCUMENTED, meeting.fact.event.key)
    return _Appointment(
        agreed_at=agreed_at,
        starts_at=meeting.starts_at,
        ends_at=meeting.ends_at,
        names=(*meeting.keys, undocumented),
        called_off_at=off,
    )


def _nearest(obligation: Obligation, moment: datetime, around: Around) -> Meeting | None:
    """The occurrence with the contact or the account within a day of a moment; one that takes place before others."""
    marks = (obligation.contact, obligation.account_id)
    found = [
        m
        for m in around.known.between(marks, moment - _AROUND, moment + _AROUND)
        if m.cancelled or (is_client_meeting(m) and not presumed_not_held(m))
    ]
    return min(found, key=lambda m: (m.cancelled, abs(m.starts_at - moment), m.fact.event.key), default=None)


def _shown(obligation: Obligation, answer: ClientMail, around: Around) -> Meeting | None:
    """The meeting in the calendar that our answer speaks of, where mail alone did not agree one."""
    at = answer.turn.at
    proposed = [s.starts_at for s in answer.signals(*_TO_MEET) if s.starts_at]
    near = [found for moment in proposed if (found := _nearest(obligation, moment, around)) and found.starts_at > at]
    if near or proposed:
        return next(iter(near), None)
    coming = [m for m in around.known.between((obligation.contact,), at, at + _SOON) if is_client_meeting(m)]
    return min(coming, key=lambda m: (m.starts_at, m.fact.event.key), default=None)


def _phases(appointment: _Appointment, business: BusinessTime, company: BusinessTime) -> Iterable[Phase]:
    end = appointment.ends_at
    due = business.closing_of(business.next_business_day(business.local(end).date()))
    at_risk = business.add(end, business.elapsed(end, due) * _AT_RISK)
    why = f"waits for the meeting on {_day(appointment, company)}; due at the end of the business day after it"
    yield Phase(at=appointment.agreed_at, waits=True, why=why, due=due, at_risk_at=min(at_risk, due))
    if appointment.called_off_at:
        why = f"the meeting on {_day(appointment, company)} is cancelled; the first clock counts again"
        yield Phase(at=appointment.called_off_at, waits=True, why=why)


def _day(appointment: _Appointment, company: BusinessTime) -> str:
    return f"{company.local(appointment.starts_at):%a %d %b %H:%M}"


_End = tuple[datetime, str, str, str]
"""When an obligation ended, by which mail, why, and who of us is credited."""


def _end(last: _Appointment, obligation: Obligation, talk: Sequence[ClientMail], around: Around) -> _End | None:
    """What ended it first: a record of the meeting, our mail after it, or a mail that brought what was asked."""
    off = last.called_off_at
    ours = [mail for mail in talk if mail.ours and mail.turn.at > last.agreed_at]
    if off:
        later = [mail for mail in ours if mail.turn.at > off and not calls_off(mail.fact.text)]
        ends = [_by(mail, "answered") for mail in later]
    else:
        ends = [_by(mail, "answered after the meeting") for mail in ours if mail.turn.at > last.ends_at]
        ends += [_by(mail, "answered before the meeting") for mail in ours if _brings(mail, obligation)]
        records = [around.recorded[name] for name in last.names if name in around.recorded]
        ends += [(at, "", f"the meeting was recorded: {how}", "") for at, how in records if at > last.agreed_at]
    ends += [
        (mail.turn.at, mail.turn.key, "withdrawn", "")
        for mail in talk
        if not mail.ours and mail.turn.at > last.agreed_at and has(mail.turn, SignalKind.WITHDRAWAL)
    ]
    return min(ends, default=None)


def _by(mail: ClientMail, reason: str) -> _End:
    return mail.turn.at, mail.turn.key, reason, mail.turn.owner or mail.turn.sender


def _brings(mail: ClientMail, obligation: Obligation) -> bool:
    """Whether a mail between agreeing and meeting gives what was asked after all."""
    asked = telling_words(" ".join(evidence.quote for evidence in obligation.evidence))
    if mail.signals(*_TO_MEET) or keeps_a_record(mail):
        return False
    return any(files(mail.turn)) or (says_done(mail.fact.text) and bool(asked & telling_words(mail.fact.text)))
