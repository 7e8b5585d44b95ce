"""What decides about an obligation from outside its conversation: mails elsewhere, and meetings (D4.9, D4.11)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, select, update

from domain.followup import Obligation, Side
from store import tables
from store.database import Store, chunks
from store.records import notes_of, obligation_of, obligation_row

_SAID = ("cleared_at", "cleared_by", "cleared_reason", "cleared_who", "notes", "phases", "clears_when")
"""Columns in which something outside the conversation has a say."""


@dataclass(frozen=True, slots=True)
class Sketch:
    """As much of an obligation of ours as tells whether anything outside its conversation can have a say.

    Attributes:
        id, account, conversation, contact, clock_start: As stored.
        asked_at: When the client last asked.
        cleared_at, cleared_by: As its own conversation has it.
        touched: Something outside has a say already.
    """

    id: str
    account: str
    conversation: str
    contact: str
    clock_start: datetime
    asked_at: datetime
    cleared_at: datetime | None
    cleared_by: str
    touched: bool


def sketches(store: Store, accounts: Sequence[str]) -> list[Sketch]:
    """Sketch all obligations of ours to some accounts; most of them nothing outside has a say in."""
    table = tables.obligation
    query = select(*(table.c[name] for name in _SKETCHED)).order_by(table.c.id)
    with store.reading() as connection:
        return [
            _sketch(row)
            for some in chunks(sorted(accounts), 5000)
            for row in connection.execute(query.where(table.c.account.in_(some)))
            if row.side == Side.OURS and not row.historic
        ]


_SKETCHED = (
    *("id", "account", "conversation", "contact", "clock_start", "chasers", "cleared_at", "cleared_by", "alone"),
    *("side", "historic"),
)


def _sketch(row: Any) -> Sketch:
    ended = row.alone or {"cleared_at": row.cleared_at, "cleared_by": row.cleared_by}
    at = ended["cleared_at"]
    return Sketch(
        id=row.id,
        account=row.account,
        conversation=row.conversation,
        contact=row.contact,
        clock_start=row.clock_start,
        asked_at=max([row.clock_start, *map(datetime.fromisoformat, row.chasers)]),
        cleared_at=datetime.fromisoformat(at) if isinstance(at, str) else at,
        cleared_by=ended["cleared_by"],
        touched=bool(row.alone),
    )


def sketch_of(plain: Obligation) -> Sketch:
    """Sketch an obligation as its own conversation has it."""
    return Sketch(
        id=plain.id,
        account=plain.account_id,
        conversation=plain.conversation,
        contact=plain.contact,
        clock_start=plain.clock_start,
        asked_at=max([plain.clock_start, *plain.chasers]),
        cleared_at=plain.cleared_at,
        cleared_by=plain.cleared_by,
        touched=False,
    )


def alone(store: Store, ids: Iterable[str]) -> list[Obligation]:
    """Obligations as their own conversations have them."""
    table = tables.obligation
    query = select(table).order_by(table.c.id)
    with store.reading() as connection:
        return [
            _alone(row)
            for some in chunks(sorted(ids), 500)
            for row in connection.execute(query.where(table.c.id.in_(some)))
        ]


def _alone(row: Any) -> Obligation:
    known = obligation_of(row)
    if not row.alone:
        return known
    at = row.alone["cleared_at"]
    return replace(
        known,
        cleared_at=datetime.fromisoformat(at) if at else None,
        cleared_by=row.alone["cleared_by"],
        cleared_reason=row.alone["cleared_reason"],
        cleared_who=row.alone["cleared_who"],
        clears_when=row.alone["clears_when"],
        notes=notes_of(row.alone["notes"]),
        phases=(),
    )


def save_crossed(store: Store, pairs: Iterable[tuple[Obligation, Obligation]]) -> tuple[int, int]:
    """Write what outside facts made of some obligations in one transaction.

    Args:
        store: Where to.
        pairs: Each as its conversation alone has it, and as it stands.

    Returns:
        How many flags opened and how many closed by it.
    """
    table = tables.obligation
    rows = [_row(plain, stands) for plain, stands in pairs]
    opened = closed = 0
    with store.writing() as connection:
        for some in chunks(rows, 500):
            query = select(table).where(table.c.id.in_([row["id"] for row in some]))
            held = {row.id: row for row in connection.execute(query)}
            for row in some:
                before = held.get(row["id"])
                if before is None or all(getattr(before, name) == row[name] for name in (*_SAID, "alone")):
                    continue
                connection.execute(
                    update(table).where(table.c.id == row["id"]).values({n: row[n] for n in (*_SAID, "alone")})
                )
                opened += before.cleared_at is not None and row["cleared_at"] is None and not before.historic
                closed += before.cleared_at is None and row["cleared_at"] is not None and not before.historic
    return opened, closed


def _row(plain: Obligation, stands: Obligation) -> dict[str, Any]:
    row = obligation_row(stands)
    if plain != stands:
        row["alone"] = said(obligation_row(plain))
    return row


def said(row: Mapping[str, Any]) -> dict[str, Any]:
    """What the conversation of an obligation's row says of those columns, as JSON."""
    found = {name: row[name] for name in _SAID}
    at = found["cleared_at"]
    return found | {"cleared_at": at.astimezone(UTC).isoformat() if at else None}


def outside_facts(connection: Connection, conversations: Sequence[str]) -> dict[str, dict[str, Any]]:
    """What was said from outside of the obligations of some conversations, by id, before they are replaced."""
    table = tables.obligation
    found: dict[str, dict[str, Any]] = {}
    for some in chunks(conversations, 5000):
        for row in connection.execute(select(table).where(table.c.conversation.in_(some))):
            if row.side == Side.OURS and row.alone:
                found[row.id] = {name: getattr(row, name) for name in (*_SAID, "alone")}
    return found


def with_outside_facts(row: dict[str, Any], known: Mapping[str, dict[str, Any]]) -> dict[str, Any]:
    """Keep what was said from outside while the conversation itself says the same as before.

    The next stage judges it anew; until then nothing is flagged that is known to be answered.
    """
    kept = known.get(row["id"])
    return row | kept if kept and kept["alone"] == said(row) else row
