"""Writing down what users did with flags and said about meetings; nothing here is ever changed or removed."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, select, update

from domain.acts import Act
from domain.errors import NotFoundError
from domain.followup import MeetingNote, Outcome
from store import tables
from store.database import Store, insert_missing
from store.indexing import index_notes
from store.records import short_key


def save_act(store: Store, act: Act) -> None:
    """Append an act; the same act twice is one.

    Raises:
        NotFoundError: There is no such flag.
    """
    with store.writing() as connection:
        require_flag(connection, act.flag)
        parts = (act.flag, act.kind, act.at.isoformat(), act.actor, act.assignee, act.label or "", str(act.until))
        row = {
            "id": short_key("a", *parts),
            "flag": act.flag,
            "kind": act.kind,
            "at": act.at,
            "actor": act.actor,
            "until": act.until,
            "assignee": act.assignee,
            "label": act.label or "",
            "reason": act.reason,
        }
        insert_missing(connection, tables.act, [row])


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
