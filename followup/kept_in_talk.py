"""Promises kept by talking: in a meeting that was held, or as its note tells (SEMANTICS 2)."""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime

from domain.commitments import Commitment, Kept
from domain.followup import MeetingNote, Outcome
from followup.client_meetings import Meeting, is_client_meeting, presumed_not_held
from followup.promise_words import promises_invitation, promises_to_talk, says_told, telling_words
from followup.talked_about import Talk

_HELD = frozenset({None, Outcome.HELD})
_SENTENCE = re.compile(r"[^.!?;\n]+")


def kept_in_talk(commitment: Commitment, meetings: Iterable[Meeting], talks: Sequence[Talk]) -> Kept | None:
    """Find the first meeting or note after a promise that keeps it; None while none does.

    Who promised to call, to meet or to go through it in a meeting keeps that by a meeting with the same contact that
    was held; who promised to set up a meeting, by one that stands in a calendar. Anything else is kept by a note only,
    when a sentence of it tells that the promised was handed over or talked through: that they met does not say that.

    Args:
        commitment: Open as far as its own conversation goes.
        meetings: Of its account, in any order, also cancelled ones.
        talks: Of its account, each with its note.
    """
    last = commitment.latest
    quote, said_at = last.evidence.quote, last.evidence.at
    later = [meeting for meeting in meetings if meeting.starts_at > said_at and _with(meeting, commitment)]
    written = [talk for talk in talks if _held_since(talk, commitment, said_at)]
    refuted = frozenset(talk.note.event_key for talk in talks if talk.note.outcome not in _HELD)
    found: list[Kept] = []
    if promises_to_talk(quote):
        found += [_met(meeting) for meeting in later if _was_held(meeting, refuted)]
        found += [_recorded(talk) for talk in written if not commitment.contact or commitment.contact in talk.people]
    if promises_invitation(quote):
        found += [_invited(meeting, said_at) for meeting in later if not meeting.cancelled]
    words = telling_words(quote) - telling_words(f"{_name(last.by)} {_name(commitment.contact)}")
    found += [_recorded(talk) for talk in written if _tells(talk.note, words)]
    return min(found, default=None)


def _with(meeting: Meeting, commitment: Commitment) -> bool:
    """Whether the contact takes part; an entry that only its title ties to the account names nobody."""
    fact = meeting.fact
    if commitment.account_id not in fact.accounts:
        return False
    return fact.titled or not commitment.contact or commitment.contact in fact.clients


def _was_held(meeting: Meeting, refuted: frozenset[str]) -> bool:
    return is_client_meeting(meeting) and not presumed_not_held(meeting) and refuted.isdisjoint(meeting.keys)


def _held_since(talk: Talk, commitment: Commitment, said_at: datetime) -> bool:
    begins = talk.starts_at or talk.note.at
    return talk.note.outcome in _HELD and said_at < begins <= talk.note.at and commitment.account_id in talk.accounts


def _name(address: str) -> str:
    return address.partition("@")[0].replace(".", " ")


def _tells(note: MeetingNote, words: frozenset[str]) -> bool:
    """Whether a sentence of a note, or a decision, tells of what was promised; what is still to do does not."""
    sentences = [sentence for told in (note.text, *note.decisions) for sentence in _SENTENCE.findall(told)]
    return bool(words) and any(2 * len(words & telling_words(s)) >= len(words) and says_told(s) for s in sentences)


def _met(meeting: Meeting) -> Kept:
    # Not its end: who is on the phone with them is not late.
    return Kept(at=meeting.starts_at, by=meeting.fact.event.key, why="a meeting with them was held")


def _recorded(talk: Talk) -> Kept:
    return Kept(at=talk.note.at, by=talk.note.event_key, why="a meeting with them was held; see its note")


def _invited(meeting: Meeting, said_at: datetime) -> Kept:
    entered = meeting.fact.event.updated_at
    at = entered if entered and said_at < entered < meeting.starts_at else meeting.starts_at
    return Kept(at=at, by=meeting.fact.event.key, why="the meeting stands in a calendar")
