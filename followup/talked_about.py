"""Requests that were talked about in a meeting or call after they came, as its note tells (D4.10)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from domain.followup import Beside, MeetingNote, Note, Obligation, Outcome, Side
from domain.subjects import base_subject
from followup.promise_words import telling_words

_TELLING = 2
"""Words a subject needs so that it names one conversation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Talk:
    """A meeting or call that somebody wrote a note about.

    Attributes:
        accounts: Whom it concerns.
        people: Addresses of those who took part.
        starts_at: None where only the note tells of it.
        note: What was written.
    """

    accounts: tuple[str, ...]
    people: tuple[str, ...]
    starts_at: datetime | None
    note: MeetingNote


def settled_in_talk(obligation: Obligation, talks: Iterable[Talk]) -> Obligation:
    """Clear an obligation by a note that names its conversation; note a talk with its contact that may have settled it.

    A note names a conversation by its subject or by the Message-ID (SEMANTICS 6). A meeting that was not held settles
    nothing.

    Args:
        obligation: As it stands.
        talks: With notes, in any order.
    """
    if obligation.side is not Side.OURS or obligation.historic:
        return obligation
    notes: list[Note] = []
    for talk in sorted(talks, key=lambda talk: talk.note.at):
        written = talk.note
        if not _happened(talk, obligation):
            continue
        if _names(written.text, obligation):
            reason = "talked about in a meeting; see its note"
            ended = {"cleared_at": written.at, "cleared_by": "", "cleared_reason": reason, "cleared_who": ""}
            return replace(obligation, notes=(*obligation.notes, *notes), **ended)  # type: ignore[arg-type]
        if obligation.contact in talk.people:
            why = "a meeting with them was held and recorded; `done` says that it was answered there"
            notes.append(Note(what=Beside.ANSWERED_MAYBE, at=written.at, why=why))
    return replace(obligation, notes=(*obligation.notes, *notes)) if notes else obligation


def _happened(talk: Talk, obligation: Obligation) -> bool:
    """Whether a talk took place with the account while the obligation waited."""
    written = talk.note
    held = written.outcome in {None, Outcome.HELD}
    begins = talk.starts_at or written.at
    waiting = obligation.cleared_at is None or written.at < obligation.cleared_at
    after = obligation.clock_start < begins <= written.at and all(at <= written.at for at in obligation.chasers)
    return held and waiting and after and obligation.account_id in talk.accounts


def _names(text: str, obligation: Obligation) -> bool:
    folded = " ".join(text.casefold().split())
    if obligation.message_id and obligation.message_id.casefold() in folded:
        return True
    subject = base_subject(obligation.subject)
    return len(telling_words(subject)) >= _TELLING and subject in folded


def talks_of(
    notes: Iterable[MeetingNote], meetings: Mapping[str, tuple[tuple[str, ...], tuple[str, ...], datetime | None]]
) -> list[Talk]:
    """Pair notes with what they are about; ``meetings`` has accounts, people and start by occurrence or gap."""
    return [
        Talk(accounts=accounts, people=people, starts_at=starts_at, note=note)
        for note in notes
        if note.event_key in meetings
        for accounts, people, starts_at in (meetings[note.event_key],)
    ]
