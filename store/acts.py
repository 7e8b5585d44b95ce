"""Writing down what users did with flags and said about meetings; nothing here is ever changed or removed."""

from collections.abc import Mapping, Sequence
from datetime import UTC
from typing import Any

from sqlalchemy import Connection, select, update

from domain.acts import Act
from domain.errors import NotFoundError
from domain.followup import MeetingNote, Outcome
from store import tables
from store.database import Store, chunks, insert_missing
from store.indexing import index_notes
from store.records import short_key

Ground = tuple[str, str, str, str]
"""What a flag rests on, whosever it is: what it is, whose turn, the message, and where in it a promise begins."""


def save_act(store: Store, act: Act) -> None:
    """Append an act; the same act twice is one.

    Raises:
        NotFoundError: There is no such flag.
    """
    with store.writing() as connection:
        require_flag(connection, act.flag)
        row = {
            "flag": act.flag,
            "kind": act.kind,
            "at": act.at,
            "actor": act.actor,
            "until": act.until,
            "assignee": act.assignee,
            "label": act.label or "",
            "reason": act.reason,
        }
        insert_missing(connection, tables.act, [_with_id(row)])


def _with_id(row: Mapping[str, Any]) -> dict[str, Any]:
    at, until = (when.astimezone(UTC).isoformat() if when else "" for when in (row["at"], row["until"]))
    said = (row["flag"], row["kind"], at, row["actor"], row["assignee"], row["label"], until)
    return {**row, "id": short_key("a", *said)}


def acted_flags(store: Store, account: str) -> dict[Ground, str]:
    """Flags of an account on which somebody acted, by what they rest on."""
    with store.reading() as connection:
        acted = set(connection.execute(select(tables.act.c.flag).distinct()).scalars())
        return {ground: flag for ground, flag in _flags(connection, account).items() if flag in acted}


def carry_acts(store: Store, flags: Mapping[Ground, str], account: str) -> None:
    """Repeat acts for the flags of another account that rest on the same: a merge gives flags other ids.

    The former flags keep theirs, so that undoing the merge finds them again.

    Args:
        store: Where they are.
        flags: What ``acted_flags`` told of the former account.
        account: Id of the one that has the flags now.
    """
    act = tables.act
    with store.writing() as connection:
        here = _flags(connection, account)
        heirs = {flag: here[ground] for ground, flag in flags.items() if ground in here}
        for some in chunks(sorted(heirs), 5000):
            rows = [dict(row) for row in connection.execute(select(act).where(act.c.flag.in_(some))).mappings()]
            insert_missing(connection, act, [_with_id(row | {"flag": heirs[row["flag"]]}) for row in rows])


def _flags(connection: Connection, account: str) -> dict[Ground, str]:
    obligation, complaint, promise = tables.obligation.c, tables.complaint.c, tables.commitment.c
    asked = select(obligation.id, obligation.side, obligation.message).where(obligation.account == account)
    found: dict[Ground, str] = {("obligation", side, key, ""): flag for flag, side, key in connection.execute(asked)}
    told = select(complaint.id, complaint.message).where(complaint.account == account)
    found |= {("complaint", "", key, ""): flag for flag, key in connection.execute(told)}
    promised = select(promise.id, promise.side, promise.message, promise.statements).where(promise.account == account)
    for flag, side, key, statements in connection.execute(promised):
        found["commitment", side, key, str(statements[0]["evidence"]["start"])] = flag
    return found


def require_flag(connection: Connection, flag: str) -> Any:
    """Return the row of an obligation, commitment, complaint or gap.

    Raises:
        NotFoundError: Nothing open or closed has this id.
    """
    for table in (tables.obligation, tables.commitment, tables.complaint, tables.gap):
        row = connection.execute(select(table).where(table.c.id == flag)).first()
        if row is not None:
            return row
    raise NotFoundError(
        f"No flag is called “{flag}”; ids stand in the output of overdue, promises, complaints and meetings."
    )


def save_note(store: Store, note: MeetingNote, *, actor: str, about: str = "") -> str:
    """Append a note about a meeting; the accounts concerned are judged anew by the next stage ``meet``.

    Args:
        store: Where to.
        note: ``event_key`` is an occurrence's key, or the id of a gap.
        actor: Who wrote it.
        about: Id of an obligation or Message-ID of the mail it answers (D4.10).

    Returns:
        The note's id.

    Raises:
        NotFoundError: There is no such meeting.
    """
    with store.writing() as connection:
        event, concerned = _meeting(connection, note.event_key)
        said = (note.text, note.outcome or "", *note.decisions, *note.actions)
        row = {
            "id": short_key("n", event, note.at.isoformat(), actor, *said),
            "event": event,
            "at": note.at,
            "actor": actor,
            "text": note.text,
            "outcome": note.outcome or "",
            "decisions": list(note.decisions),
            "actions": list(note.actions),
            "said_none": note.nothing,
            "about": about,
        }
        insert_missing(connection, tables.note, [row])
        links = [{"note": row["id"], "account": account, "at": note.at} for account in concerned]
        insert_missing(connection, tables.note_account, links)
        index_notes(connection, [str(row["id"])])
        connection.execute(update(tables.account).where(tables.account.c.id.in_(concerned)).values(met_with=None))
        return str(row["id"])


def _meeting(connection: Connection, named: str) -> tuple[str, Sequence[str]]:
    """What a note hangs on, and the accounts it concerns; a gap with an occurrence means that occurrence."""
    gap = connection.execute(select(tables.gap).where(tables.gap.c.id == named)).first()
    if gap is not None and not gap.event:
        return gap.id, gap.accounts
    key = gap.event if gap is not None else named
    links = tables.event_account
    concerned = connection.execute(select(links.c.account).where(links.c.event == key).order_by(links.c.account))
    accounts = list(concerned.scalars())
    if not accounts:
        raise NotFoundError(f"No client meeting is called “{named}”; ids stand in the output of meetings.")
    return key, accounts


def meeting_notes(store: Store) -> list[MeetingNote]:
    """Every note, oldest first."""
    note = tables.note
    with store.reading() as connection:
        return [note_of(row) for row in connection.execute(select(note).order_by(note.c.at, note.c.id))]


def note_of(row: Any) -> MeetingNote:
    """The note a row holds."""
    return MeetingNote(
        event_key=row.event,
        at=row.at,
        text=row.text,
        outcome=Outcome(row.outcome) if row.outcome else None,
        decisions=tuple(row.decisions),
        actions=tuple(row.actions),
        nothing=row.said_none,
    )
