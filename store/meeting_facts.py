"""Stage 5: which meetings went unrecorded, per account."""

from bisect import bisect_right
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, delete, exists, or_, select, update

from domain.conversations import ThreadMessage
from domain.followup import MeetingFact, MeetingGap
from store import tables
from store.database import Store, chunks, upsert
from store.records import event_of, gap_row
from store.settling import CONVERSATION, beginnings, thread_messages

_RECAP_WITHIN = timedelta(days=120)
"""A mail this long after a meeting may still record it, when it names it."""
_SPOKEN_WITHIN = timedelta(days=7)
"""A mail this near to where mail speaks of a meeting, or to when it was agreed for, may record that."""


@dataclass(frozen=True, slots=True)
class Neighbourhood:
    """What the meeting rules must see to judge some accounts: their meetings, and all mail around those.

    Attributes:
        accounts: The accounts judged.
        meetings: Every occurrence that concerns one of them, or somebody they met or wrote together with.
        mails: (account id, mail, its new words) of all mail that may tell of meetings.
    """

    accounts: tuple[str, ...]
    meetings: list[tuple[MeetingFact, bool]]
    mails: list[tuple[str, ThreadMessage, str]]


def unmet(store: Store, version: str, *, limit: int) -> list[str]:
    """The next accounts whose meetings must be judged again."""
    account = tables.account
    stale = or_(account.c.met_with.is_(None), account.c.met_with != version)
    with store.reading() as connection:
        return list(connection.execute(select(account.c.id).where(stale).order_by(account.c.id).limit(limit)).scalars())


def neighbourhood(store: Store, changed: Sequence[str]) -> Neighbourhood:
    """Collect the facts around some accounts in which something changed.

    A meeting or an agreement with two accounts is one gap, listed under one of them: what changed for the other one may
    open or close it. So those whom the changed accounts met or wrote together with are judged, too, and for them in
    turn everything is known of whom they met.
    """
    with store.reading() as connection:
        judged = _with_partners(connection, changed)
        around = _with_partners(connection, judged)
        meetings = _meetings(connection, around)
        keys = _telling(connection, around, [fact for fact, _ in meetings])
        mails = [
            mail
            for some in chunks(sorted(keys), 5000)
            for _, mail in thread_messages(connection, tables.message.c.key.in_(some))
        ]
        words = beginnings(connection, [m.key for m in mails])
    return Neighbourhood(tuple(sorted(judged)), meetings, [(a, m, words[m.key]) for m in mails for a in m.accounts])


def _with_partners(connection: Connection, accounts: Collection[str]) -> set[str]:
    """Some accounts, and those that share a meeting or a mail with one of them."""
    found = set(accounts)
    events, links = tables.event_account, tables.message_account
    for table, owner in ((events, "event"), (links, "message")):
        one, other = table.alias(), table.alias()
        together = (
            select(other.c.account)
            .join(one, one.c[owner] == other.c[owner])
            .where(other.c.account != one.c.account)
            .distinct()
        )
        if table is links:
            together = together.where(one.c.reason != CONVERSATION, other.c.reason != CONVERSATION)
        for some in chunks(sorted(accounts), 5000):
            found.update(connection.execute(together.where(one.c.account.in_(some))).scalars())
    return found


def _telling(connection: Connection, accounts: Collection[str], meetings: Iterable[MeetingFact]) -> set[str]:
    """Keys of the mails that may say something about meetings.

    These are all mails of conversations that speak of one, and ours that may record one by the time they were sent.
    """
    spoken = list(_spoken_of(connection, accounts))
    stretches: dict[str, list[tuple[datetime, datetime]]] = {}
    for fact in meetings:
        for account in fact.accounts:
            stretches.setdefault(account, []).append((fact.event.starts_at, fact.event.ends_at + _RECAP_WITHIN))
    for row in spoken:
        for at in filter(None, (row.at, row.starts_at)):
            stretches.setdefault(row.account, []).append((at - _SPOKEN_WITHIN, at + _SPOKEN_WITHIN))
    joined = {account: _joined(some) for account, some in stretches.items()}
    found = {key for key, account, at in _sent(connection, accounts) if _lies_in(joined.get(account, []), at)}
    message = tables.message
    for some in chunks({row.conversation for row in spoken}, 5000):
        found.update(connection.execute(select(message.c.key).where(message.c.conversation.in_(some))).scalars())
    return found


def _joined(stretches: Iterable[tuple[datetime, datetime]]) -> list[tuple[datetime, datetime]]:
    """The same stretches in order, those that overlap as one."""
    found: list[tuple[datetime, datetime]] = []
    for first, last in sorted(stretches):
        if found and first <= found[-1][1]:
            found[-1] = (found[-1][0], max(last, found[-1][1]))
        else:
            found.append((first, last))
    return found


def _lies_in(stretches: Sequence[tuple[datetime, datetime]], at: datetime) -> bool:
    place = bisect_right(stretches, at, key=itemgetter(0))
    return place > 0 and at <= stretches[place - 1][1]


def _spoken_of(connection: Connection, accounts: Collection[str]) -> Iterator[Any]:
    """(conversation, account, at, starts_at) of every sentence about a meeting in the mail of some accounts."""
    links, signal, message = tables.message_account, tables.signal, tables.message
    query = (
        select(message.c.conversation, links.c.account, links.c.at, signal.c.starts_at)
        .join(signal, signal.c.message == links.c.message)
        .join(message, message.c.key == links.c.message)
        .where(signal.c.kind.like("meeting%"))
    )
    for some in chunks(sorted(accounts), 5000):
        yield from connection.execute(query.where(links.c.account.in_(some)))


def _sent(connection: Connection, accounts: Collection[str]) -> Iterator[tuple[str, str, datetime]]:
    """(key, account, at) of the mails one of us wrote to some accounts."""
    links, party = tables.message_account, tables.message_address
    # Asked mail by mail: joined, SQLite would begin with all that any of us ever wrote.
    ours = exists().where(party.c.message == links.c.message, party.c.side == "own", party.c.role.in_(_WRITERS))
    query = select(links.c.message, links.c.account, links.c.at).where(ours)
    for some in chunks(sorted(accounts), 5000):
        for row in connection.execute(query.where(links.c.account.in_(some))):
            yield row.message, row.account, row.at


_WRITERS = ("from", "sender")


def _meetings(connection: Connection, accounts: Collection[str]) -> list[tuple[MeetingFact, bool]]:
    event, links = tables.event, tables.event_account
    keys = select(links.c.event).where(links.c.account.in_(accounts))
    accounts_of: dict[str, list[tuple[int, str]]] = {}
    for row in connection.execute(select(links).where(links.c.event.in_(keys))):
        accounts_of.setdefault(row.event, []).append((-row.participants, row.account))
    found = []
    for row in connection.execute(select(event).where(event.c.key.in_(keys)).order_by(event.c.starts_at, event.c.key)):
        fact = MeetingFact(
            event=event_of(row),
            accounts=tuple(account for _, account in sorted(accounts_of[row.key])),
            own=tuple(row.own),
            clients=tuple(row.clients),
            titled=row.titled,
        )
        found.append((fact, row.historic))
    return found


def known_events(store: Store, events: Sequence[str], mails: Collection[str], *, at: datetime) -> set[str]:
    """Those of some occurrences that a calendar read by then shows, or one of some mails told of.

    An entry that changed later counts as known from the change on: calendars do not keep what it was.
    """
    copy, item, event = tables.event_copy, tables.item, tables.event
    shown = select(copy.c.event).join(item, item.c.id == copy.c.item).where(item.c.fetched_at <= at)
    found: set[str] = set()
    with store.reading() as connection:
        for some in chunks(sorted(events), 5000):
            found.update(connection.execute(shown.where(copy.c.event.in_(some))).scalars())
            told = connection.execute(select(event.c.key, event.c.mails).where(event.c.key.in_(some)))
            found.update(row.key for row in told if not set(mails).isdisjoint(row.mails))
    return found


def save_gaps(store: Store, judged: Sequence[str], gaps: Iterable[MeetingGap], *, version: str) -> tuple[int, int]:
    """Replace the gaps of some accounts in one transaction; return how many opened and closed."""
    rows = {gap.id: gap_row(gap) for gap in gaps}
    gap = tables.gap
    open_now = select(gap.c.id).where(gap.c.account.in_(judged), gap.c.closed_at.is_(None), gap.c.historic.is_(False))
    with store.writing() as connection:
        before = set(connection.execute(open_now).scalars())
        connection.execute(delete(gap).where(gap.c.account.in_(judged)))
        upsert(connection, gap, rows.values())
        after = set(connection.execute(open_now).scalars())
        connection.execute(update(tables.account).where(tables.account.c.id.in_(judged)).values(met_with=version))
    return len(after - before), len(before - after)
