"""What decides about obligations and promises from outside their conversations: the part of ``meet`` about those."""

import re
from collections.abc import Iterable, Sequence

from domain.commitments import Kept
from domain.followup import MailFact, MeetingGap, MeetingNote, Obligation
from flows.composition import Desk
from followup.client_mail import ClientMail, client_mails
from followup.client_meetings import Meeting, MeetingIndex, distinct_meetings, is_client_meeting
from followup.elsewhere import Letter, LetterIndex, answered_elsewhere
from followup.kept_in_talk import kept_in_talk
from followup.meeting_answers import Around, answers_by_meeting, speaks_of_meeting, waiting_for_meeting
from followup.meetings import recorded_by_notes
from followup.promise_words import telling_words
from followup.recaps import recaps
from followup.talked_about import Talk, settled_in_talk, talks_of
from followup.turns import mail_fact
from store.crossing import Sketch, alone, save_crossed, sketches
from store.database import Store
from store.kept_promises import promises_around, save_kept
from store.letters import SentMail, sent_mails, sent_while_waiting
from store.meeting_facts import Neighbourhood


def readable_languages() -> frozenset[str]:
    """Languages whose signals can be trusted."""
    from extraction.version import READABLE  # noqa: PLC0415

    return READABLE


def cross(
    desk: Desk,
    around: Neighbourhood,
    mails: Sequence[MailFact],
    notes: Sequence[MeetingNote],
    gaps: Sequence[MeetingGap],
) -> tuple[int, int]:
    """Let mails elsewhere and meetings decide about obligations and promises (D4.9 to D4.12, SEMANTICS 2).

    Returns:
        How many obligations opened and how many closed by it.
    """
    talks = talks_around(around, notes, gaps)
    known = sketches(desk.store, around.accounts)
    letters = sent_while_waiting(desk.store, known)
    concerned = {s.id for s in known if s.touched or s.id in letters} | _talked_about(known, mails, talks)
    plain = alone(desk.store, concerned)
    sent = sent_mails(desk.store, {key for keys in letters.values() for key in keys})
    stands = stand(desk, plain, sent, around, mails, notes, talks)
    touched = {sketch.id for sketch in known if sketch.touched}
    save_kept(desk.store, _kept_since(desk.store, around, talks))
    return save_crossed(desk.store, [(o, stands[o.id]) for o in plain if o.id in touched or stands[o.id] != o])


def _kept_since(store: Store, around: Neighbourhood, talks: Iterable[Talk]) -> dict[str, Kept | None]:
    """What keeps promises now, by id, where it is not what kept them before (SEMANTICS 2)."""
    promised = promises_around(store, around.accounts)
    if not promised:
        return {}
    meetings: dict[str, list[Meeting]] = {}
    for meeting in distinct_meetings([fact for fact, historic in around.meetings if not historic], ()):
        for account in meeting.fact.accounts:
            meetings.setdefault(account, []).append(meeting)
    told: dict[str, list[Talk]] = {}
    for talk in talks:
        for account in talk.accounts:
            told.setdefault(account, []).append(talk)
    found: dict[str, Kept | None] = {}
    for promise, before in promised:
        whose = promise.account_id
        now = None if promise.ended_as else kept_in_talk(promise, meetings.get(whose, ()), told.get(whose, ()))
        if now != before:
            found[promise.id] = now
    return found


def stand(  # noqa: PLR0917 - facts of six kinds
    desk: Desk,
    plain: Sequence[Obligation],
    sent: Sequence[SentMail],
    around: Neighbourhood,
    mails: Sequence[MailFact],
    notes: Sequence[MeetingNote],
    talks: Sequence[Talk],
) -> dict[str, Obligation]:
    """Say by id how obligations stand once mails elsewhere, meetings and their notes have had their say.

    Args:
        desk: The account book and the calendars the clocks run in.
        plain: As their own conversations have them.
        sent: Our mails that may answer one of them from elsewhere.
        around: The meetings of their accounts.
        mails: All mail that may tell of meetings.
        notes: All there are.
        talks: Those of them that are about a meeting around.
    """
    stands = _answered_elsewhere(desk, plain, sent)
    stands |= _waiting_for_meetings(desk, [o for o in plain if stands[o.id] == o], around, mails, notes)
    if talks:
        stands = {named: settled_in_talk(o, talks) if not o.phases else o for named, o in stands.items()}
    return stands


def _talked_about(known: Iterable[Sketch], mails: Iterable[MailFact], talks: Iterable[Talk]) -> set[str]:
    """Obligations that a meeting may end: we answered that we should meet, or a note tells of one with the account."""
    proposing = {mail.turn.key for mail in mails if speaks_of_meeting(mail.turn)}
    met = {account for talk in talks for account in talk.accounts}
    return {sketch.id for sketch in known if sketch.cleared_by in proposing or sketch.account in met}


def talks_around(around: Neighbourhood, notes: Sequence[MeetingNote], gaps: Iterable[MeetingGap]) -> list[Talk]:
    """Notes of the meetings around, of gaps that only mail tells of, too."""
    known = {
        fact.event.key: (fact.accounts, (*fact.clients, *fact.own), fact.event.starts_at)
        for fact, historic in around.meetings
        if not historic
    }
    return talks_of(notes, known | {gap.id: (gap.accounts, gap.participants, gap.starts_at) for gap in gaps})


def _answered_elsewhere(desk: Desk, plain: Sequence[Obligation], letters: Iterable[SentMail]) -> dict[str, Obligation]:
    sent = {mail.message.key: mail for mail in letters}
    facts = [
        mail_fact(account, mail.message, mail.text, readable=readable_languages())
        for mail in sent.values()
        for account in mail.message.accounts
    ]
    index = LetterIndex(facts, desk.calendars)
    found = {}
    for obligation in plain:
        possible = index.possible(obligation)
        read = [Letter(fact=f, quoted=sent[f.turn.key].quoted, failed=sent[f.turn.key].failed) for f in possible]
        names = _names(desk, obligation, possible)
        found[obligation.id] = answered_elsewhere(obligation, read, names=names)
    return found


def _names(desk: Desk, plain: Obligation, facts: Iterable[MailFact]) -> frozenset[str]:
    """Words that name those who write and are written to."""
    whose = desk.book.accounts.get(plain.account_id)
    people = [plain.contact, *(a for f in facts for a in (f.turn.sender, *f.turn.recipients))]
    named = [desk.settings.company.name, whose.name if whose else "", *(f.turn.sender_name for f in facts)]
    return telling_words(" ".join([*named, *(re.sub(r"[@.]", " ", address) for address in people)]))


def _waiting_for_meetings(
    desk: Desk,
    plain: Sequence[Obligation],
    around: Neighbourhood,
    mails: Sequence[MailFact],
    notes: Sequence[MeetingNote],
) -> dict[str, Obligation]:
    ending = {obligation.cleared_by for obligation in plain} - {""}
    answers = {mail.turn.key: mail for mail in client_mails(fact for fact in mails if fact.turn.key in ending)}
    chosen = [o for o in plain if o.cleared_by in answers and answers_by_meeting(o, answers[o.cleared_by])]
    if not chosen:
        return {}
    known = distinct_meetings([fact for fact, _ in around.meetings], ())
    written = client_mails(mails)
    by_mail = recaps(written, [meeting for meeting in known if is_client_meeting(meeting)], desk.calendars)
    recorded = recorded_by_notes(notes)
    for key, at in by_mail.items():
        recorded[key] = min(recorded.get(key, (at, _RECAP)), (at, _RECAP))
    facts = Around(known=MeetingIndex(known), recorded=recorded, calendars=desk.calendars)
    said: dict[tuple[str, str], list[ClientMail]] = {}
    for account in {obligation.account_id for obligation in chosen}:
        for mail in client_mails(fact for fact in mails if fact.account == account):
            said.setdefault((account, mail.fact.conversation), []).append(mail)
    return {o.id: waiting_for_meeting(o, said.get((o.account_id, o.conversation), ()), facts) for o in chosen}


_RECAP = "our recap mail"
