"""Unrecorded meetings that only mail knows: agreed but in no calendar, or spoken of afterwards (SEMANTICS 5)."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, time, timedelta

from domain.followup import Gap, MeetingGap
from domain.signals import Signal, SignalKind
from followup.agreements import Agreement
from followup.business_time import BusinessTime
from followup.client_mail import ClientMail
from followup.client_meetings import MeetingIndex
from followup.ids import short_id
from followup.recaps import keeps_a_record

_AROUND = timedelta(days=1)
_WEEK = timedelta(days=7)
_SAME_TALK = timedelta(days=14)
"""Mentions in one conversation within this time speak of the same meeting."""
_SAME_ACCOUNT = timedelta(days=3)
"""Likewise mentions by the same account in different conversations."""


RecordTimes = Mapping[str, Sequence[datetime]]
"""Account to the times of our mails that tell of a meeting."""


def record_times(mails: Sequence[ClientMail], agreed: Sequence[Agreement]) -> RecordTimes:
    """Find our recaps of the accounts where mail speaks of meetings; the words of the others need not be read."""
    spoken_of = (mail for mail in mails if mail.signals(SignalKind.MEETING_PAST))
    concerned = {account for mail in (*spoken_of, *(a.mail for a in agreed)) for account in mail.accounts}
    found: dict[str, list[datetime]] = {}
    for mail in mails:
        accounts = concerned.intersection(mail.accounts)
        if accounts and keeps_a_record(mail):
            for account in accounts:
                found.setdefault(account, []).append(mail.turn.at)
    return found


def off_calendar_gaps(
    agreed: Sequence[Agreement], records: RecordTimes, known: MeetingIndex, business: BusinessTime
) -> Iterator[MeetingGap]:
    """Gaps for agreements that no calendar shows within a day, one per conversation and day.

    Args:
        agreed: Oldest first.
        records: Our recaps.
        known: Every occurrence, also cancelled and private ones: those are not off the calendar.
        business: Gives the day its zone.
    """
    seen: set[tuple[object, ...]] = set()
    for agreement in agreed:
        mail = agreement.mail
        day = business.local(agreement.starts_at).date()
        marks = ((mail.fact.conversation, day), (mail.accounts, agreement.starts_at), (mail.turn.key, day))
        if not mail.accounts or seen.intersection(marks) or known.around(mail.marks, agreement.starts_at, _AROUND):
            continue
        # One that was moved or called off does not stand in the way of the next one agreed for that day.
        seen.update(marks if agreement.ended_at is None else marks[2:])
        closed_at, reason = _end(agreement, records)
        yield MeetingGap(
            id=short_id("gap", Gap.OFF_CALENDAR, mail.turn.key, day.isoformat()),
            gap=Gap.OFF_CALENDAR,
            accounts=mail.accounts,
            title=mail.turn.subject,
            starts_at=agreement.starts_at,
            ends_at=agreement.ends_at,
            participants=mail.people,
            flag_from=mail.turn.at,
            confidence=agreement.confidence,
            closed_at=closed_at,
            closed_reason=reason,
            message_key=mail.turn.key,
            message_id=mail.turn.message_id,
            evidence=tuple(source.evidence(signal) for source, signal in agreement.proof),
            historic=mail.turn.historic,
        )


def ad_hoc_gaps(
    mails: Iterable[ClientMail],
    agreed: Sequence[Agreement],
    records: RecordTimes,
    known: MeetingIndex,
) -> Iterator[MeetingGap]:
    """Gaps for meetings that mail says took place, with neither event, agreement nor record.

    Args:
        mails: Oldest first.
        agreed: Those are off-calendar gaps already, or in a calendar.
        records: Our recaps.
        known: Occurrences that were not cancelled.
    """
    kept: list[tuple[ClientMail, datetime | None]] = []
    for mail in mails:
        signal = max(mail.signals(SignalKind.MEETING_PAST), key=lambda s: (s.score, -s.start), default=None)
        if signal is None or not mail.accounts or keeps_a_record(mail):
            continue
        if _is_known(mail, signal, known, agreed) or any(_is_same(mail, signal, one) for one in kept):
            continue
        recorded = _first_record(mail, records, mail.turn.at - _WEEK, mail.turn.at + _WEEK)
        if recorded is not None and recorded <= mail.turn.at:
            continue
        kept.append((mail, signal.starts_at))
        yield _ad_hoc(mail, signal, recorded)


def _ad_hoc(mail: ClientMail, signal: Signal, recorded: datetime | None) -> MeetingGap:
    return MeetingGap(
        id=short_id("gap", Gap.AD_HOC, mail.turn.key),
        gap=Gap.AD_HOC,
        accounts=mail.accounts,
        title=mail.turn.subject,
        starts_at=signal.starts_at,
        ends_at=signal.ends_at,
        participants=mail.people,
        flag_from=mail.turn.at,
        confidence=min(signal.score, 1.0),
        closed_at=recorded,
        closed_reason="our recap mail" if recorded else "",
        message_key=mail.turn.key,
        message_id=mail.turn.message_id,
        evidence=(mail.evidence(signal),),
        historic=mail.turn.historic,
    )


def _end(agreement: Agreement, records: RecordTimes) -> tuple[datetime | None, str]:
    """What closed an agreement: mail moved or cancelled it, or our recap afterwards recorded it."""
    if agreement.ended_at is not None:
        return agreement.ended_at, agreement.ended_reason
    recorded = _first_record(agreement.mail, records, agreement.starts_at, agreement.starts_at + _WEEK)
    return recorded, "our recap mail" if recorded else ""


def _is_known(mail: ClientMail, signal: Signal, known: MeetingIndex, agreed: Sequence[Agreement]) -> bool:
    """Whether the meeting spoken of stands in a calendar, or was agreed in mail before."""
    at, accounts = mail.turn.at, set(mail.accounts)
    if signal.starts_at is not None:
        first, last = signal.starts_at - _AROUND, signal.starts_at + _AROUND
    elif signal.due is not None:
        # Only its day is known; half a day more on either side for whatever zone that day is meant in.
        day = signal.due if isinstance(signal.due, datetime) else datetime.combine(signal.due, time(), UTC)
        first, last = day - _AROUND / 2, day + _AROUND * 1.5
    else:
        first, last = at - _WEEK, at
    if any(True for _ in known.between(mail.marks, first, last)):
        return True
    before = (a for a in agreed if a.ended_at is None and not accounts.isdisjoint(a.mail.accounts))
    return any(first <= agreement.starts_at <= last for agreement in before)


def _is_same(mail: ClientMail, signal: Signal, kept: tuple[ClientMail, datetime | None]) -> bool:
    """Whether two mails speak of one meeting: as near as their conversation or their account lets one expect."""
    other, starts_at = kept
    if signal.starts_at is not None and starts_at is not None:
        near = abs(signal.starts_at - starts_at) <= _AROUND
        return near and not set(mail.accounts).isdisjoint(other.accounts)
    apart = mail.turn.at - other.turn.at
    if mail.fact.conversation == other.fact.conversation:
        return apart <= _SAME_TALK
    return apart <= _SAME_ACCOUNT and not set(mail.accounts).isdisjoint(other.accounts)


def _first_record(mail: ClientMail, records: RecordTimes, first: datetime, last: datetime) -> datetime | None:
    """When our first recap for the accounts of a mail was sent between two moments."""
    near = [at for account in mail.accounts for at in records.get(account, ()) if first <= at <= last]
    return min(near, default=None)
