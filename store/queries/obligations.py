"""Who is waiting for whom at a moment."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, exists, or_, select

from domain.acts import Standing, standing
from domain.followup import Beside, Evidence, Obligation, ObligationState, Side
from store import tables
from store.database import Store, among, chunks
from store.queries.absences import absences, stands_in
from store.queries.accounts import find_account
from store.queries.acts import act_json, acts_of, asked_again
from store.queries.coverage import StaleAfter, could_answer, stale_sources
from store.queries.visibility import veiled
from store.records import obligation_of


@dataclass(frozen=True, slots=True)
class Known:
    """What was known at some time: obligations worked out from the mail of then."""

    at: datetime
    obligations: Sequence[Obligation]


Elapsed = Callable[[Obligation, datetime, datetime], timedelta]
"""Business time between two instants, in the calendar of an obligation."""

_URGENCY = {state: n for n, state in enumerate(("overdue", "at_risk", "unknown", "open"))}


@veiled
def overdue(
    store: Store,
    *,
    now: datetime,
    elapsed: Elapsed,
    stale_after: StaleAfter,
    side: str = "ours",
    owner: str | None = None,
    account: str | None = None,
    states: Collection[str] | None = None,
    known: Known | None = None,
) -> list[dict[str, Any]]:
    """List obligations that waited at ``now``, worst first (INTERFACE: ``overdue``).

    Args:
        store: Where from.
        now: The moment.
        elapsed: The clock.
        stale_after: When sources are stale.
        side: Who owes.
        owner: Only what this one answers for.
        account: Only this one's.
        states: Only these.
        known: What was known at an earlier time, in place of what is stored.

    Raises:
        NotFoundError: ``account`` is not in the account book.
    """
    with store.reading() as connection:
        only = find_account(connection, account).id if account else None
        found = known.obligations if known else _stored(connection, now=now, side=Side(side), account=only)
        waiting = [o.as_of(now) for o in found if o.waits_at(now) and o.side == side and only in {None, o.account_id}]
        facts = _Facts(connection, waiting, now=min(now, known.at) if known else now)
        stale = stale_sources(connection, now=now, stale_after=stale_after)
        # Who takes part tells whose mail could hold the answer; where all was read, nothing could.
        own = own_people(connection, {o.conversation for o in waiting}) if stale else {}
    rows = []
    for obligation in waiting:
        stands = facts.standing(obligation)
        if not stands.listed:
            continue
        covered = not could_answer(stale, own.get(obligation.conversation, ()))
        row = obligation_json(obligation, stands, covered=covered, now=now, elapsed=elapsed)
        row |= facts.of(obligation, stands)
        chosen = not owner or owner.lower() in {row["owner"], row["for"]}
        if chosen and (not states or row["state"] in states):
            rows.append(row)
    return sorted(rows, key=_worst_first)


def _worst_first(row: dict[str, Any]) -> tuple[Any, ...]:
    return (_URGENCY[row["state"]], -row["business_minutes_over"], -row["chasers"], row["due"], row["id"])


def _stored(connection: Connection, *, now: datetime, side: Side, account: str | None) -> list[Obligation]:
    table = tables.obligation
    query = select(table).where(
        table.c.side == side,
        table.c.clock_start <= now,
        or_(table.c.cleared_at.is_(None), table.c.cleared_at > now),
        table.c.historic.is_(False),
    )
    if account:
        query = query.where(table.c.account == account)
    return [obligation_of(row) for row in connection.execute(query)]


def asked_of_us(store: Store, *, account: str | None = None) -> list[Obligation]:
    """Every obligation of ours, answered or not, of one account or of all.

    Raises:
        NotFoundError: ``account`` is not in the account book.
    """
    table = tables.obligation
    query = select(table).where(table.c.side == Side.OURS, table.c.historic.is_(False)).order_by(table.c.id)
    with store.reading() as connection:
        if account:
            query = query.where(table.c.account == find_account(connection, account).id)
        return [obligation_of(row) for row in connection.execute(query)]


class _Facts:
    """What stands around some obligations: account names, owners, and what was done."""

    def __init__(self, connection: Connection, obligations: Sequence[Obligation], *, now: datetime) -> None:
        self._now = now
        self._acts = acts_of(connection, {obligation.id for obligation in obligations}, now=now)
        account = tables.account.c
        concerned = among(connection, account.id, sorted({obligation.account_id for obligation in obligations}))
        named = select(account.id, account.name, account.owner, account.backup).where(concerned)
        self._accounts = {row.id: row for row in connection.execute(named)}
        self._away = absences(connection, now=now)
        unowned = (
            o for o in obligations if o.account_id not in self._accounts or not self._accounts[o.account_id].owner
        )
        self._addressed = _addressed(connection, {obligation.message_key for obligation in unowned})

    def standing(self, obligation: Obligation) -> Standing:
        return standing(self._acts.get(obligation.id, ()), self._now, asked_again=obligation.chasers)

    def of(self, obligation: Obligation, stands: Standing) -> dict[str, Any]:
        """Name the account, who answers for it, and what was done so far; an assignment beats the account's owner.

        While that person is away, the account's backup answers, unless away as well; the clock runs on (SEMANTICS 3).
        """
        row = self._accounts.get(obligation.account_id)
        assigned = stands.owner
        usual = assigned or (row.owner if row else "") or self._addressed.get(obligation.message_key, "")
        backup = row.backup if row and not assigned else ""
        routed = stands_in(backup, usual, self._away)
        return {
            "account": row.name if row else obligation.account_id,
            "owner": backup if routed else usual,
            "for": usual if routed else "",
            "away_until": self._away.get(usual),
            "acts": [act_json(act) for act in self._acts.get(obligation.id, ())],
        }


def own_people(connection: Connection, conversations: Iterable[str]) -> dict[str, set[str]]:
    """Own addresses that take part, by conversation."""
    party, message = tables.message_address, tables.message
    found: dict[str, set[str]] = {}
    for some in chunks(sorted(conversations), 5000):
        query = (
            select(message.c.conversation, party.c.address)
            .join(message, message.c.key == party.c.message)
            .where(message.c.conversation.in_(some), party.c.side == "own")
        )
        for conversation, address in connection.execute(query):
            found.setdefault(conversation, set()).add(address)
    return found


def _addressed(connection: Connection, messages: Iterable[str]) -> dict[str, str]:
    """The first of us in To or Cc of each message, or its writer where that is one of us."""
    party = tables.message_address
    found: dict[str, str] = {}
    for some in chunks(sorted(messages), 5000):
        query = (
            select(party.c.message, party.c.address)
            .where(party.c.message.in_(some), party.c.side == "own", party.c.role.in_(("from", "to", "cc")))
            .order_by(party.c.message, party.c.position)
        )
        for message, address in connection.execute(query):
            found.setdefault(message, address)
    return found


def obligation_json(
    obligation: Obligation, stands: Standing, *, covered: bool, now: datetime, elapsed: Elapsed
) -> dict[str, Any]:
    """An obligation as every surface shows it, with what was known at ``now``.

    What a user said to wait for a third party is neither late nor soon to be, until the client asks again.
    """
    state = obligation.state_at(now, covered=covered)
    if stands.third_party and not stands.urges and state is not ObligationState.UNKNOWN:
        state = ObligationState.OPEN
    return {
        "id": obligation.id,
        "account": obligation.account_id,
        "account_id": obligation.account_id,
        "owner": "",
        "contact": obligation.contact,
        "subject": obligation.subject,
        "conversation": obligation.conversation,
        "message_id": obligation.message_id,
        "kinds": [str(kind) for kind in obligation.kinds],
        "state": str(state),
        "clock_start": obligation.clock_start,
        "due": obligation.due,
        "business_minutes_used": minutes(elapsed(obligation, obligation.clock_start, now)),
        "business_minutes_over": minutes(elapsed(obligation, obligation.due, now)) if now > obligation.due else 0,
        "chasers": len(obligation.chasers),
        "confidence": obligation.confidence_at(now),
        "evidence": [evidence_json(e) for e in obligation.evidence],
        "clears_when": obligation.clears_when,
        "also": beside(obligation, stands, now),
        **({"via": obligation.via} if obligation.via else {}),
        **({"return_date": obligation.return_date} if obligation.side is Side.THEIRS else {}),
    }


def beside(obligation: Obligation, stands: Standing, now: datetime) -> list[dict[str, Any]]:
    """What happened beside an obligation by ``now`` and did not end it, with since when; each kind once."""
    found = [(note.at, str(note.what), note.message_id) for note in obligation.notes]
    if stands.third_party:
        found.append((stands.third_party.at, str(Beside.WAITING_THIRD_PARTY), ""))
    if obligation.discussed_since:
        found.append((obligation.discussed_since, str(Beside.DISCUSSED_INTERNALLY), ""))
    first: dict[str, dict[str, Any]] = {}
    for since, what, message_id in sorted(found):
        if since <= now:
            told = {"what": what, "since": since} | ({"message_id": message_id} if message_id else {})
            first.setdefault(what, told)
    return list(first.values())


def evidence_json(evidence: Evidence) -> dict[str, Any]:
    """Evidence as INTERFACE.md has it."""
    return {
        "message_id": evidence.message_id,
        "kind": str(evidence.kind),
        "quote": evidence.quote,
        "start": evidence.start,
        "end": evidence.end,
        "score": evidence.score,
        "rule": evidence.rule,
    }


def minutes(span: timedelta) -> int:
    """Whole minutes of a span."""
    return int(span.total_seconds() // 60)


def open_flags(connection: Connection, messages: Collection[str], *, now: datetime) -> dict[str, list[str]]:
    """Ids of what was open at ``now``, by the message that started it."""
    table = tables.obligation
    rows: list[Any] = []
    for some in chunks(sorted(messages), 5000):
        query = select(*_FLAG).where(among(connection, table.c.message, some), *_open_at(now))
        rows += connection.execute(query.order_by(table.c.id))
    hidden = unlisted(connection, [row.id for row in rows], now=now)
    found: dict[str, list[str]] = {}
    for row in rows:
        if row.id not in hidden and waits(row.phases, now):
            found.setdefault(row.message, []).append(row.id)
    return found


def flagged(connection: Connection, now: datetime, *, account: str) -> set[str]:
    """Messages of an account that started what was open at ``now``."""
    links = tables.message_account.c
    here = exists().where(links.message == tables.obligation.c.message, links.account == account)
    rows = connection.execute(select(*_FLAG).where(*_open_at(now), here)).all()
    hidden = unlisted(connection, [row.id for row in rows], now=now)
    return {row.message for row in rows if row.id not in hidden and waits(row.phases, now)}


_FLAG = (tables.obligation.c.message, tables.obligation.c.id, tables.obligation.c.phases)


def waits(phases: Iterable[Mapping[str, Any]], now: datetime) -> bool:
    """Whether the stored phases of an obligation leave it our turn at ``now`` (D4.11)."""
    latest = next((p for p in reversed(list(phases)) if datetime.fromisoformat(p["at"]) <= now), None)
    return latest is None or bool(latest["waits"])


def unlisted(connection: Connection, flags: Collection[str], *, now: datetime, somebody_waits: bool = True) -> set[str]:
    """Those of some flags, obligations and gaps alike, that a user took off the list and that are off it at ``now``."""
    acts = acts_of(connection, flags, now=now)
    heard = asked_again(connection, acts)
    stands = {
        flag: standing(done, now, asked_again=heard.get(flag, ()), somebody_waits=somebody_waits)
        for flag, done in acts.items()
    }
    return {flag for flag, stand in stands.items() if not stand.listed}


def _open_at(now: datetime) -> tuple[ColumnElement[bool], ...]:
    table = tables.obligation
    return (
        # Both sides are named for the index, which begins with the side.
        table.c.side.in_(list(Side)),
        table.c.historic.is_(False),
        or_(table.c.cleared_at.is_(None), table.c.cleared_at > now),
        table.c.clock_start <= now,
    )
