"""What calendar programs say to each other by mail, as RFC 5546 (iTIP) means it."""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from domain.events import Attendee, Event


class Method(StrEnum):
    """The methods that tell of an event. REFRESH and DECLINECOUNTER change nothing, PUBLISH invites nobody."""

    REQUEST = "request"
    ADD = "add"
    CANCEL = "cancel"
    REPLY = "reply"
    COUNTER = "counter"


_EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class ItipMessage:
    """One thing a mail says about one event: about all of it, or about one occurrence.

    Attributes:
        mail: Key of the mail, ``""`` until it is stored.
        position: Which of the things this mail says.
        method: What kind of thing.
        ical_uid: Of the event.
        recurrence_id: The occurrence (as in ``Event``), ``""`` for all of it.
        onwards: It is about that occurrence and all after it (RANGE=THISANDFUTURE).
        sequence: SEQUENCE.
        stamped_at: DTSTAMP, None when missing.
        received_at: When the server took the mail in.
        sender: From address of the mail.
        organizer: Address of the organizer as this message gives it, ``""`` when it does not.
        sent_by: Who acts for the organizer (SENT-BY, RFC 5545, 3.2.18), ``""`` for nobody.
        attendees: As this message gives them; for a reply whoever answers.
        status: STATUS in lower case, ``""`` when missing.
        occurrences: What it says about times: all occurrences of the invitation, or the one it is about.
    """

    mail: str
    position: int
    method: Method
    ical_uid: str
    received_at: datetime
    recurrence_id: str = ""
    onwards: bool = False
    sequence: int = 0
    stamped_at: datetime | None = None
    sender: str = ""
    organizer: str = ""
    sent_by: str = ""
    attendees: tuple[Attendee, ...] = ()
    status: str = ""
    occurrences: tuple[Event, ...] = ()

    @property
    def order(self) -> tuple[int, datetime, datetime, str, int]:
        """The newest comes last: SEQUENCE, then DTSTAMP (RFC 5546, 2.1.5), then whatever is the same in every run."""
        stamped_at = self.stamped_at or _EARLIEST
        return self.sequence, stamped_at, self.received_at, self.mail, self.position

    @property
    def about(self) -> tuple[str, int]:
        """The mail, and which of the things it says."""
        return self.mail, self.position
