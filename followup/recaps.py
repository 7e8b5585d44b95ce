"""Which mails of ours record which meetings: recaps within two business days, later ones from then on (SEMANTICS 5)."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from domain.signals import SignalKind
from followup.business_time import BusinessTime
from followup.calendars import Calendars
from followup.client_mail import ClientMail
from followup.client_meetings import Meeting, MeetingIndex
from followup.meeting_words import RecapTone, significant_words

_BUSINESS_DAYS = 2
_LATEST = timedelta(days=30)
"""Mails later than this are about something else, unless they name the meeting."""
_LATEST_BY_TITLE = timedelta(days=120)
_AROUND = timedelta(days=1)
_WORTH_KEEPING = 40
"""Characters below which a mail records nothing, as for a note (SEMANTICS 5)."""
_SAME_TITLE = 0.6
"""Share of a title's words that must occur in the mail."""
_WORDS_ALONE = 2
"""Words of a title that must occur before they prove a recap without words of recapping."""


def recaps(mails: Iterable[ClientMail], meetings: Sequence[Meeting], calendars: Calendars) -> dict[str, datetime]:
    """Return when each meeting was first recorded by a mail of ours.

    Args:
        mails: Of the neighbourhood, in any order.
        meetings: Client meetings, also private ones: a recap of those records no other.
        calendars: Count the two business days of each meeting.

    Returns:
        Event key (of ``Meeting.fact``) to the mail's time.
    """
    index = MeetingIndex(meetings, when=lambda m: m.ends_at, marks=_addressees)
    found: dict[str, datetime] = {}
    for mail in mails:
        if mail.ours:
            for meeting in _recorded_by(mail, index, calendars):
                key, at = meeting.fact.event.key, mail.turn.at
                found[key] = min(at, found.get(key, at))
    return found


def keeps_a_record(mail: ClientMail) -> bool:
    """Whether a mail of ours tells what happened in a meeting, be it in a calendar or not."""
    return mail.ours and mail.tone >= RecapTone.AGREED and _has_content(mail)


def two_business_days_after(moment: datetime, business: BusinessTime) -> datetime:
    """Return the closing time of the second business day after a moment's day."""
    day = business.local(moment).date()
    for _ in range(_BUSINESS_DAYS):
        day = business.next_business_day(day)
    return business.closing_of(day)


def _recorded_by(mail: ClientMail, index: MeetingIndex, calendars: Calendars) -> Iterator[Meeting]:
    """The meetings a mail records: each it names by title, else the one that ended last before it."""
    candidates = _candidates(mail, index)
    if not candidates or not _has_content(mail):
        return
    said = significant_words(f"{mail.turn.subject}\n{mail.fact.text}")
    named = _nearest_of_each_title(m for m in candidates if _share(m, said) >= _SAME_TITLE)
    if named:
        for meeting in named:
            if _counts_by_title(mail, meeting, calendars):
                yield meeting
    elif mail.tone is not RecapTone.NONE:
        yield from (m for m in candidates[:1] if _in_time(mail, m, mail.tone, calendars))


def _candidates(mail: ClientMail, index: MeetingIndex) -> list[Meeting]:
    """Meetings with its recipients that had ended, latest first; those on the day it speaks of, if it names one."""
    at = mail.turn.at
    marks = {*mail.accounts, *mail.fact.recipients}
    held = list({m.fact.event.key: m for m in index.between(marks, at - _LATEST_BY_TITLE, at)}.values())
    held.sort(key=lambda m: (m.ends_at, m.fact.event.key), reverse=True)
    spoken_of = [s.starts_at for s in mail.signals(SignalKind.MEETING_PAST) if s.starts_at]
    near = [m for m in held if any(abs(m.starts_at - moment) <= _AROUND for moment in spoken_of)]
    return near or held


def _addressees(meeting: Meeting) -> tuple[str, ...]:
    """Whom a recap must reach: somebody who took part, or anybody of an account known by its title only."""
    return meeting.fact.accounts if meeting.fact.titled else meeting.fact.clients


def _counts_by_title(mail: ClientMail, meeting: Meeting, calendars: Calendars) -> bool:
    if mail.tone >= RecapTone.AGREED:
        return True
    if mail.tone is RecapTone.NONE:
        named = meeting.words & significant_words(mail.fresh_text)
        if _looks_ahead(mail) or len(named) < _WORDS_ALONE:
            return False
    return _in_time(mail, meeting, RecapTone.COURTESY, calendars)


def _in_time(mail: ClientMail, meeting: Meeting, tone: RecapTone, calendars: Calendars) -> bool:
    if mail.turn.at <= two_business_days_after(meeting.ends_at, calendars.of_meeting(meeting.fact.accounts)):
        return True
    return tone is RecapTone.RECAP and mail.turn.at - meeting.ends_at <= _LATEST


def _looks_ahead(mail: ClientMail) -> bool:
    """Whether the mail is about a meeting to come; then a title's words are no proof of a recap."""
    return bool(mail.signals(SignalKind.MEETING_PROPOSAL, SignalKind.MEETING_CONFIRMATION))


def _nearest_of_each_title(meetings: Iterable[Meeting]) -> list[Meeting]:
    """Of a series only the latest: one recap records one occurrence (D5.6)."""
    nearest: dict[frozenset[str], Meeting] = {}
    for meeting in meetings:
        nearest.setdefault(meeting.words, meeting)
    return list(nearest.values())


def _share(meeting: Meeting, words: frozenset[str]) -> float:
    return len(meeting.words & words) / len(meeting.words) if meeting.words else 0.0


def _has_content(mail: ClientMail) -> bool:
    return len(mail.fact.text.strip()) >= _WORTH_KEEPING or bool(mail.fact.attachments)
