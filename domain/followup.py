"""What we owe and what went unrecorded: the facts the rules read and the records they make.

Nothing here knows the present. *Open*, *at risk* and *overdue* are decided when somebody asks, so that any past
moment can be asked for (SEMANTICS 2).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from domain.accounts import Direction
from domain.events import Event
from domain.mail import Automatic
from domain.signals import Signal, SignalKind


class Side(StrEnum):
    """Who owes."""

    OURS = "ours"
    THEIRS = "theirs"


class AskKind(StrEnum):
    """Kinds of an obligation as ``overdue`` prints them."""

    COMPLAINT = "complaint"
    REQUEST = "request"
    QUESTION = "question"
    MEETING = "meeting"
    DEADLINE = "deadline"
    OTHER = "other"


class ObligationState(StrEnum):
    """Decided at query time."""

    OVERDUE = "overdue"
    AT_RISK = "at_risk"
    OPEN = "open"
    UNKNOWN = "unknown"


class Gap(StrEnum):
    """Why a meeting counts as unrecorded (SEMANTICS 5)."""

    UNDOCUMENTED = "undocumented"
    OFF_CALENDAR = "off_calendar"
    AD_HOC = "ad_hoc"


@dataclass(frozen=True, slots=True)
class Frame:
    """A stretch of working time on one weekday (Monday is 0), opening included, closing not."""

    weekday: int
    opens: time
    closes: time


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """Working hours of one calendar, in its own zone (SEMANTICS 3)."""

    timezone: str
    frames: tuple[Frame, ...]
    holidays: frozenset[date] = frozenset()
    holiday_codes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """Working hours beside the company's, and for whom they count (SEMANTICS 3).

    Attributes:
        name: As configured.
        hours: Frames, holidays and zone.
        owners: Own addresses; what we owe the accounts they own runs by it.
        accounts: Names or ids; what we owe them runs by it, whoever owns them.
        clients: Names or ids; what they owe us runs by it.
    """

    name: str
    hours: Hours
    owners: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()
    clients: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Tier:
    """How a tier of accounts is served; ``factor`` scales targets, ``everything`` answers all but closers."""

    factor: float = 1.0
    everything: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What we promise ourselves: targets in business time, by kind.

    ``hours`` are the company's; they count wherever none of the ``calendars`` does.
    """

    hours: Hours
    complaint: timedelta = timedelta(hours=4)
    request: timedelta = timedelta(hours=8)
    other: timedelta = timedelta(hours=16)
    tiers: Mapping[str, Tier] = field(default_factory=lambda: {"key": Tier(factor=0.5)})
    historic_after: timedelta = timedelta(days=30)
    calendars: tuple[Calendar, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One message of a conversation, as the rules for one account see it.

    Attributes:
        key: The message's identity in the store.
        message_id: RFC 5322 Message-ID, without brackets.
        at: Server time, aware UTC.
        direction: Who wrote to whom.
        sender: Address of the writer.
        sender_name: Display name of the writer.
        subject: Of the message.
        automatic: Why no person wrote it, or None.
        from_account: The writer belongs to this account, or writes inside its conversation from elsewhere (D4.21).
        to_us: An own identity stands in To.
        cc_us: An own identity stands in Cc.
        names_us: The new words name one of us who is addressed ("Ana, could you …").
        to_account: One of the account's addresses stands in To or Cc.
        empty: No new words and no attachment.
        signals: What it says.
        language_known: The signals can be trusted in this language.
        invitation: It carries or answers an iTIP invitation.
        return_date: For an auto-reply.
        failed_recipients: For a bounce.
        historic: Older than the connection of its source by more than ``Policy.historic_after`` (D4.25).
        owner: Own address addressed or writing; for crediting a colleague (D4.8).
        recipients: Addresses in To and Cc; tells which response a bounce takes back (D4.22).
        text: The beginning of its new words, where somebody in the conversation promised, complained or asked for
            several things; else ``""``.
        attachments: File names.
        body: The beginning of the whole body of our mail, quotes and all, where several things were asked (D4.14).
        via: The colleague who forwarded it to us, if it did not come from its writer (D4.20).
    """

    key: str
    message_id: str
    at: datetime
    direction: Direction
    sender: str
    sender_name: str = ""
    subject: str = ""
    automatic: Automatic | None = None
    from_account: bool = False
    to_us: bool = False
    cc_us: bool = False
    names_us: bool = False
    to_account: bool = False
    empty: bool = False
    signals: tuple[Signal, ...] = ()
    language_known: bool = True
    invitation: bool = False
    return_date: datetime | None = None
    failed_recipients: tuple[str, ...] = ()
    historic: bool = False
    owner: str = ""
    recipients: tuple[str, ...] = ()
    text: str = ""
    attachments: tuple[str, ...] = ()
    body: str = ""
    via: str = ""


_DOUBT = 0.5
"""What an answer that may have been given elsewhere takes from the confidence (D4.9)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """The sentence that proves a claim.

    Attributes:
        answered_at: When an answer took up this ask and left others open (D4.14).
    """

    message_key: str
    message_id: str
    at: datetime
    kind: SignalKind
    quote: str
    start: int
    end: int
    score: float
    rule: str
    answered_at: datetime | None = None

    def stands_at(self, now: datetime) -> bool:
        """Whether it had been said and was not answered yet."""
        return self.at <= now and (self.answered_at is None or self.answered_at > now)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What an obligation's clock said from one mail on, until the next mail changed it.

    Attributes:
        at: Receipt of that mail.
        kinds: What had been asked by then.
        due, at_risk_at: As they followed from it.
        return_date: When those who owe said they would be back from their absence.
    """

    at: datetime
    kinds: tuple[AskKind, ...]
    due: datetime
    at_risk_at: datetime
    return_date: datetime | None = None


class Beside(StrEnum):
    """What else is known of an obligation that still waits, as ``also`` prints it."""

    ANSWERED_MAYBE = "answered_maybe"
    DISCUSSED_INTERNALLY = "discussed_internally"
    WAITING_THIRD_PARTY = "waiting_third_party"


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """Something that happened beside an obligation and did not end it.

    Attributes:
        what: Which of them.
        at: When.
        message_id: Of the mail that shows it.
        why: In words, for the clock trace.
    """

    what: Beside
    at: datetime
    message_id: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Phase:
    """From when on something outside the mails of its conversation decides about an obligation (D4.11, D4.12).

    Attributes:
        at: From when on, until the next phase.
        waits: Whether it is our turn.
        why: In words, for the clock trace.
        due, at_risk_at: Both None where the mails' own stand.
    """

    at: datetime
    waits: bool
    why: str
    due: datetime | None = None
    at_risk_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Obligation:
    """Somebody's turn in a conversation, for one account; stored, recomputed idempotently.

    Attributes:
        id: Short, from account, opening message and side: stable across ingests.
        side: Who owes.
        account_id, conversation: What it belongs to.
        message_key, message_id: The mail that started the clock.
        subject: Of that mail.
        contact: Who waits.
        kinds: What was asked, gravest first.
        clock_start: Receipt of the oldest unanswered requiring mail, also outside hours.
        due: Target or explicit deadline, whichever is earlier.
        at_risk_at: When 75 % of the business time is used.
        chasers: Receipt of each chaser.
        confidence: 0 to 1.
        evidence: Sentences, oldest first; when shown, those after the asked-for moment or answered by it are left out.
        cleared_at, cleared_by, cleared_reason: What ended it, if anything did; ``cleared_by`` is a message key.
        cleared_who: Own address credited (D4.8).
        discussed_since: First internal reply while it was open (D4.2).
        historic: Older than 30 days when its source was connected: kept, never alerted (D4.25).
        clears_when: One sentence.
        bounced_at: When a response of ours came back undelivered and so did not count (D4.22).
        readings: How the clock read as further mails came in, oldest first; empty when none changed it.
        return_date: Of the reading shown by ``as_of``; side ``theirs`` only.
        notes: What happened beside it, oldest first.
        phases: Where it waits for a meeting, oldest first; empty for nearly all.
        via: The colleague who forwarded the mail (D4.20).
    """

    id: str
    side: Side
    account_id: str
    conversation: str
    message_key: str
    message_id: str
    subject: str
    contact: str
    kinds: tuple[AskKind, ...]
    clock_start: datetime
    due: datetime
    at_risk_at: datetime
    confidence: float
    evidence: tuple[Evidence, ...]
    clears_when: str
    chasers: tuple[datetime, ...] = ()
    cleared_at: datetime | None = None
    cleared_by: str = ""
    cleared_reason: str = ""
    cleared_who: str = ""
    discussed_since: datetime | None = None
    historic: bool = False
    bounced_at: datetime | None = None
    readings: tuple[Reading, ...] = ()
    return_date: datetime | None = None
    notes: tuple[Note, ...] = ()
    phases: tuple[Phase, ...] = ()
    via: str = ""

    def as_of(self, now: datetime) -> "Obligation":
        """See it as it stood at a moment: later chasers, evidence and what they changed left out."""
        changed = self.readings or self.phases or self.chasers or self.notes
        if not changed and all(evidence.stands_at(now) for evidence in self.evidence):
            return self
        reading = next((r for r in reversed(self.readings) if r.at <= now), None)
        phase = self.phase_at(now)
        clock = phase if phase and phase.due and phase.at_risk_at else reading
        return replace(
            self,
            kinds=reading.kinds if reading else self.kinds,
            due=clock.due if clock and clock.due else self.due,
            at_risk_at=clock.at_risk_at if clock and clock.at_risk_at else self.at_risk_at,
            return_date=reading.return_date if reading else self.return_date,
            chasers=tuple(at for at in self.chasers if at <= now),
            evidence=tuple(evidence for evidence in self.evidence if evidence.stands_at(now)),
            notes=tuple(note for note in self.notes if note.at <= now),
        )

    def phase_at(self, now: datetime) -> Phase | None:
        """What outside its conversation decides about it at a moment, if anything does."""
        return next((phase for phase in reversed(self.phases) if phase.at <= now), None)

    def confidence_at(self, now: datetime) -> float:
        """How sure it was at a moment that they wait; an answer that may have been given elsewhere takes from it."""
        doubtful = any(note.what is Beside.ANSWERED_MAYBE and note.at <= now for note in self.notes)
        return round(self.confidence * (_DOUBT if doubtful else 1), 4)

    def waits_at(self, now: datetime) -> bool:
        """Whether it was open at a moment: asked, not answered yet, and not older than our knowledge (D4.25)."""
        cleared = self.cleared_at is not None and self.cleared_at <= now
        phase = self.phase_at(now)
        return self.clock_start <= now and not cleared and not self.historic and (phase is None or phase.waits)

    def state_at(self, now: datetime, *, covered: bool) -> ObligationState:
        """How it stood at a moment at which it waited (SEMANTICS 2).

        Args:
            now: The moment.
            covered: Every source that could hold the answer had proven coverage.
        """
        if not covered:
            return ObligationState.UNKNOWN
        if now > self.due:
            return ObligationState.OVERDUE
        return ObligationState.AT_RISK if now >= self.at_risk_at else ObligationState.OPEN


@dataclass(frozen=True, slots=True, kw_only=True)
class MeetingFact:
    """A calendar occurrence with who took part, as the meeting rules see it.

    Attributes:
        event: The occurrence.
        accounts: Accounts with a participant, most participants first.
        own: Own addresses taking part.
        clients: Client addresses taking part.
        titled: The account was found in the title only, there are no client attendees (D5.11).
    """

    event: Event
    accounts: tuple[str, ...]
    own: tuple[str, ...]
    clients: tuple[str, ...]
    titled: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class MailFact:
    """A mail of one account as the meeting rules see it: possible agreement, mention or recap.

    Attributes:
        turn: The mail, from the side of this account.
        conversation: Its conversation.
        recipients: Addresses in To, Cc and Bcc.
        attachments: File names.
        account: The account's id; the same mail comes once for each account it concerns.
        text: The first 2,000 characters of its new words.
    """

    turn: Turn
    conversation: str
    recipients: tuple[str, ...]
    attachments: tuple[str, ...] = ()
    account: str = ""
    text: str = ""


NOTE_LENGTH = 40
"""Characters a note needs to be a record of a meeting (SEMANTICS 5)."""


class Outcome(StrEnum):
    """How a meeting ended, as a user records it."""

    HELD = "held"
    NO_SHOW = "no-show"
    RESCHEDULED = "rescheduled"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class MeetingNote:
    """What a user wrote down about a meeting (SEMANTICS 5).

    Attributes:
        event_key: The occurrence.
        at: When it was written, aware UTC.
        text: The note.
        outcome: None when the meeting was only annotated.
        decisions, actions: One sentence each.
        nothing: Said explicitly that there were neither decisions nor actions.
        minutes: Names of attached minutes.
    """

    event_key: str
    at: datetime
    text: str = ""
    outcome: Outcome | None = None
    decisions: tuple[str, ...] = ()
    actions: tuple[str, ...] = ()
    nothing: bool = False
    minutes: tuple[str, ...] = ()

    @property
    def record(self) -> str:
        """What makes it a record of the meeting (SEMANTICS 5), ``""`` when it is too little."""
        if self.minutes:
            return "minutes were attached"
        if self.outcome and (self.decisions or self.actions or self.nothing):
            return "an outcome was recorded"
        return "a note was written" if len(self.text.strip()) >= NOTE_LENGTH else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MeetingGap:
    """An unrecorded meeting; stored, visible between ``flag_from`` and ``closed_at``.

    Attributes:
        id: Short, from the occurrence or the mail that proves it.
        gap: Which of the three.
        accounts: All accounts, the one with most participants first (D5.8).
        title: Of the event, or the mail's subject.
        starts_at, ends_at: When it was or will be; None for an ad-hoc one without a time.
        participants: Addresses.
        flag_from: From when on it is a gap.
        closed_at, closed_reason: When a record appeared, or the question lapsed.
        confidence: 0 to 1; below 0.5 it is a question to the user (D5.3).
        event_key, message_key, message_id: What it rests on.
        evidence: Sentences, for those found in mail.
    """

    id: str
    gap: Gap
    accounts: tuple[str, ...]
    title: str
    starts_at: datetime | None
    ends_at: datetime | None
    participants: tuple[str, ...]
    flag_from: datetime
    confidence: float
    closed_at: datetime | None = None
    closed_reason: str = ""
    event_key: str = ""
    message_key: str = ""
    message_id: str = ""
    evidence: tuple[Evidence, ...] = ()
    historic: bool = False
