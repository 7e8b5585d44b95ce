"""Which meetings went unrecorded, from when and until when (SEMANTICS 5)."""

from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, time, timedelta

from domain.followup import Gap, MailFact, MeetingFact, MeetingGap, MeetingNote
from followup.agreements import agreements
from followup.business_time import BusinessTime
from followup.calendars import Calendars
from followup.client_mail import client_mails
from followup.client_meetings import (
    Meeting,
    MeetingIndex,
    client_accepted,
    distinct_meetings,
    is_client_meeting,
    presumed_not_held,
)
from followup.ids import short_id
from followup.mail_gaps import ad_hoc_gaps, off_calendar_gaps, record_times
from followup.recaps import recaps

_GRACE_ENDS = time(12)
_JUST_ENDED = timedelta(minutes=30)
_ASKED_FOR = 3
"""Business days for which the question about a meeting presumed not held stands (SEMANTICS 6)."""

_ACCEPTED, _UNANSWERED, _TITLED, _NOT_HELD = 0.95, 0.85, 0.6, 0.4
"""Confidence of an undocumented meeting; from D5.4, D5.11 (below 0.8) and D5.3 (below 0.5: a question)."""


def meeting_gaps(
    meetings: Sequence[MeetingFact],
    mails: Sequence[MailFact],
    notes: Sequence[MeetingNote] = (),
    *,
    calendars: Calendars,
    historic: Container[str] = (),
) -> list[MeetingGap]:
    """Find the unrecorded meetings among everything known of some accounts.

    Args:
        meetings: All occurrences of a neighbourhood of accounts, also cancelled and private ones.
        mails: All its mails; one may come once for each account it concerns.
        notes: What users wrote down; ``event_key`` is an occurrence's key, or the id of a gap.
        calendars: A meeting counts by that of the account it is listed under, a day agreed by mail by the company's.
        historic: Keys of occurrences older than our knowledge (D4.25).

    Returns:
        Gaps in a stable order. One recorded before it would have been flagged is left out.
    """
    known = distinct_meetings(meetings, historic)
    written = client_mails(mails)
    agreed = agreements(written)
    told = record_times(written, agreed)
    held = MeetingIndex(meeting for meeting in known if not meeting.cancelled)
    from_mail = [
        *off_calendar_gaps(agreed, told, MeetingIndex(known), calendars.company),
        *ad_hoc_gaps(written, agreed, told, held),
    ]
    recorded = recorded_by_notes(notes)
    gaps = [_close(gap, recorded.get(gap.id)) for gap in from_mail]
    client_meetings = [meeting for meeting in known if is_client_meeting(meeting)]
    by_mail = recaps(written, client_meetings, calendars)
    gaps += [
        gap
        for m in client_meetings
        if (gap := _undocumented(m, by_mail, recorded, calendars.of_meeting(m.fact.accounts)))
    ]
    return sorted(_visible(gaps), key=lambda gap: (gap.flag_from, gap.id))


def _undocumented(
    meeting: Meeting,
    by_mail: Mapping[str, datetime],
    by_note: Mapping[str, tuple[datetime, str]],
    business: BusinessTime,
) -> MeetingGap | None:
    fact, event = meeting.fact, meeting.fact.event
    if event.private:  # D5.5: time and "private" only, never a flag
        return None
    gap_id = short_id("gap", Gap.UNDOCUMENTED, event.key)
    flag_from = _grace_end(meeting, business)
    records = [by_note[key] for key in (*meeting.keys, gap_id) if key in by_note]
    if event.key in by_mail:
        records.append((by_mail[event.key], "our recap mail"))
    if presumed_not_held(meeting):
        records.append((_lapse(flag_from, business), "presumed not held and nobody said otherwise"))
    closed_at, reason = min(records, default=(None, ""))
    return MeetingGap(
        id=gap_id,
        gap=Gap.UNDOCUMENTED,
        accounts=fact.accounts,
        title=event.title,
        starts_at=meeting.starts_at,
        ends_at=meeting.ends_at,
        participants=tuple(dict.fromkeys((*fact.clients, *fact.own))),
        flag_from=flag_from,
        confidence=_confidence(meeting),
        closed_at=closed_at,
        closed_reason=reason,
        event_key=event.key,
        historic=meeting.historic,
    )


def _confidence(meeting: Meeting) -> float:
    if presumed_not_held(meeting):
        return _NOT_HELD
    if meeting.fact.titled:
        return _TITLED
    return _ACCEPTED if client_accepted(meeting) else _UNANSWERED


def _grace_end(meeting: Meeting, business: BusinessTime) -> datetime:
    """Noon of the next business day, and never while it runs or has just ended (D5.10)."""
    # An all-day entry ends at the midnight after its day.
    last_day = business.local(max(meeting.ends_at - timedelta(microseconds=1), meeting.starts_at)).date()
    noon = business.at(business.next_business_day(last_day), _GRACE_ENDS)
    return max(noon, meeting.ends_at + _JUST_ENDED)


def _lapse(flag_from: datetime, business: BusinessTime) -> datetime:
    asked = business.local(flag_from)
    day = asked.date()
    for _ in range(_ASKED_FOR):
        day = business.next_business_day(day)
    return business.at(day, asked.time())


def recorded_by_notes(notes: Sequence[MeetingNote]) -> dict[str, tuple[datetime, str]]:
    """When each occurrence or gap was first recorded by a user, and by what."""
    found: dict[str, tuple[datetime, str]] = {}
    for note in sorted(notes, key=lambda note: note.at):
        if note.record:
            found.setdefault(note.event_key, (note.at, note.record))
    return found


def _close(gap: MeetingGap, record: tuple[datetime, str] | None) -> MeetingGap:
    if record is None or (gap.closed_at is not None and gap.closed_at <= record[0]):
        return gap
    return replace(gap, closed_at=record[0], closed_reason=record[1])


def _visible(gaps: Sequence[MeetingGap]) -> Iterator[MeetingGap]:
    return (gap for gap in gaps if gap.closed_at is None or gap.closed_at > gap.flag_from)
