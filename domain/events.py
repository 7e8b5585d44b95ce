"""Calendar entries as RFC 5545 means them."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

When = datetime | date
"""An aware instant, or a day without an hour."""


class PartStat(StrEnum):
    """An attendee's answer (RFC 5545, 3.2.12)."""

    NEEDS_ACTION = "needs-action"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    TENTATIVE = "tentative"
    DELEGATED = "delegated"


class EventStatus(StrEnum):
    """RFC 5545, 3.8.1.11."""

    CONFIRMED = "confirmed"
    TENTATIVE = "tentative"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Attendee:
    """Somebody invited, or the organizer."""

    name: str
    address: str
    partstat: PartStat = PartStat.NEEDS_ACTION
    organizer: bool = False


@dataclass(frozen=True, slots=True)
class Proposal:
    """Another time an attendee asked for (iTIP COUNTER, RFC 5546, 3.2.7); the meeting stays where it is."""

    by: str
    starts_at: datetime
    ends_at: datetime
    made_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One occurrence of a calendar entry; a series comes as many of these (D5.6).

    Attributes:
        key: Identity: iCalendar UID and RECURRENCE-ID.
        ical_uid: UID of the series or single entry.
        recurrence_id: Original start of this occurrence of a series (ISO 8601), ``""`` for a single entry.
        sequence: SEQUENCE, orders edits.
        title, description, location: As entered.
        starts_at, ends_at: Aware UTC; for all-day entries the day's bounds in the calendar's zone.
        all_day: It is a date, not an instant.
        timezone: Zone name it was entered in, ``""`` when floating or all-day.
        status: Cancelled ones are kept as facts (D5.1).
        private: CLASS private or confidential (D5.5).
        transparent: Does not block time: holds, birthdays.
        organizer: Address of the organizer, ``""`` when absent.
        attendees: Everybody invited; contains the organizer.
        method: iTIP METHOD when a mail carried it: request, cancel, reply, counter; ``""`` from a calendar.
        updated_at: LAST-MODIFIED or DTSTAMP.
        cancelled_by: Address of who cancelled it, ``""`` when it stands (D5.1).
        proposals: Other times attendees asked for, oldest first.
        away: The calendar calls its owner out of office.
    """

    key: str
    ical_uid: str
    title: str
    starts_at: datetime
    ends_at: datetime
    recurrence_id: str = ""
    sequence: int = 0
    description: str = ""
    location: str = ""
    all_day: bool = False
    timezone: str = ""
    status: EventStatus = EventStatus.CONFIRMED
    private: bool = False
    transparent: bool = False
    organizer: str = ""
    attendees: tuple[Attendee, ...] = ()
    method: str = ""
    updated_at: datetime | None = None
    cancelled_by: str = ""
    proposals: tuple[Proposal, ...] = ()
    away: bool = False
