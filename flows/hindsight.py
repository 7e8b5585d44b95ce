"""What decides about obligations from outside their conversations, worked out anew and written nowhere."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from domain.conversations import ThreadMessage
from domain.followup import Obligation, Side
from flows.composition import Desk
from flows.crossing import readable_languages, stand, talks_around
from followup.meetings import meeting_gaps
from followup.turns import mail_fact
from store.acts import meeting_notes
from store.crossing import sketch_of
from store.database import Store, chunks
from store.letters import sent_mails, sent_while_waiting
from store.meeting_facts import Neighbourhood, known_events, neighbourhood

_ACCOUNTS = 20
"""Judged at once."""


def crossed(
    desk: Desk,
    store: Store,
    plain: Sequence[Obligation],
    conversation: Mapping[str, str],
    *,
    known_at: datetime | None,
) -> list[Obligation]:
    """Let mails elsewhere, meetings and notes decide about obligations, as ``meet`` does with those stored.

    Args:
        desk: The account book, and the policy to apply.
        store: Open for reading.
        plain: As their own conversations have them.
        conversation: Key of each message that counts to its conversation.
        known_at: Notes and calendar entries that came later are left out.
    """
    ours: dict[str, list[Obligation]] = {}
    for obligation in plain:
        if obligation.side is Side.OURS and not obligation.historic:
            ours.setdefault(obligation.account_id, []).append(obligation)
    notes = [note for note in meeting_notes(store) if known_at is None or note.at <= known_at]
    stands: dict[str, Obligation] = {}
    for some in chunks(sorted(ours), _ACCOUNTS):
        judged = [obligation for account in some for obligation in ours[account]]
        letters = sent_while_waiting(store, map(sketch_of, judged))
        keys = {key for found in letters.values() for key in found if key in conversation}
        sent = [replace(mail, message=_placed(mail.message, conversation)) for mail in sent_mails(store, keys)]
        around = _known(store, neighbourhood(store, some), conversation, known_at)
        mails = [mail_fact(a, m, text, readable=readable_languages()) for a, m, text in around.mails]
        gaps = meeting_gaps(
            [fact for fact, _ in around.meetings],
            mails,
            notes,
            calendars=desk.calendars,
            historic={fact.event.key for fact, historic in around.meetings if historic},
        )
        stands |= stand(desk, judged, sent, around, mails, notes, talks_around(around, notes, gaps))
    return [stands.get(obligation.id, obligation) for obligation in plain]


def _known(
    store: Store, around: Neighbourhood, conversation: Mapping[str, str], known_at: datetime | None
) -> Neighbourhood:
    mails = [(a, _placed(m, conversation), text) for a, m, text in around.mails if m.key in conversation]
    if known_at is None:
        return replace(around, mails=mails)
    seen = known_events(store, [fact.event.key for fact, _ in around.meetings], conversation, at=known_at)
    return replace(around, mails=mails, meetings=[pair for pair in around.meetings if pair[0].event.key in seen])


def _placed(message: ThreadMessage, conversation: Mapping[str, str]) -> ThreadMessage:
    """A message in its conversation of then: the first mail of today's may not have been known."""
    return replace(message, conversation=conversation[message.key])
