"""What can be searched: one document per message, client meeting and note.

Those of meetings and notes are written with what they are made of. Messages are many: whoever writes one marks it, in
the same transaction, and its document is made by the stage of that name.

A document's id grows with its time, so the newest are found first on either engine, without sorting. SQLite keeps the
words in an FTS5 index over ``search_document``; PostgreSQL has them as lexemes in the column ``words``.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import Connection, delete, func, insert, select, text

from domain.words import words
from store import tables
from store.beginnings import forget_words, list_words
from store.database import Store, chunks, insert_missing

INDEX_VERSION: Final = "2"
"""Raise it when documents are made differently: the next upgrade makes all of them anew."""

# An id is the second, and a number that tells the documents of a second apart.
_BITS: Final = 12
_CHARACTERS: Final = 100_000
# What a tsvector can hold (PostgreSQL, 12.11).
_POSITIONS: Final = 16_383
_PER_WORD: Final = 255
_BATCH: Final = 500
_COLUMNS: Final = ("title", "sender", "recipients", "words", "marks")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Document:
    kind: str
    key: str
    at: datetime
    title: str
    sender: str
    recipients: str
    text: str
    attachment: bool
    accounts: tuple[str, ...]

    def marks(self) -> list[str]:
        """What it is filtered by, as words."""
        found = [kind_mark(self.kind), *map(account_mark, self.accounts)]
        return [*found, ATTACHMENT] if self.attachment else found


ATTACHMENT: Final = "hasattachment"


def kind_mark(kind: str) -> str:
    """The word that stands for a kind."""
    return f"kind{kind}"


def account_mark(account: str) -> str:
    """The word that stands for an account."""
    return f"account{hashlib.sha256(account.encode()).hexdigest()[:16]}"


def title_mark(word: str) -> str:
    """The word that stands for a word of the title, so that few are looked through for it."""
    return f"title{word}"


def searched(fields: Sequence[list[str]], marks: Sequence[str], *, on_sqlite: bool) -> dict[str, str]:
    """The columns ``words`` and ``marks`` of a document, as its engine searches them.

    Args:
        fields: Words of title, sender, recipients and text.
        marks: What it is filtered by.
        on_sqlite: Whether they are for SQLite.
    """
    if not on_sqlite:
        return {"words": _vector(fields, marks), "marks": " ".join(marks)}
    return {"words": " ".join(fields[-1]), "marks": " ".join([*marks, *map(title_mark, fields[0])])}


def first_id(at: datetime) -> int:
    """The smallest id a document of this second can have."""
    return int(at.timestamp() // 1) << _BITS


def second_of(number: int) -> datetime:
    """The second that an id belongs to."""
    return datetime.fromtimestamp(number >> _BITS, UTC)


def index_later(connection: Connection, keys: Iterable[str]) -> None:
    """Mark messages whose documents must be made anew; a mark goes with its message."""
    insert_missing(connection, tables.search_waiting, [{"message": key} for key in keys])


def index_waiting(store: Store) -> int:
    """Make the documents of the next messages that are marked, in one transaction; return how many those were."""
    waiting = tables.search_waiting
    with store.reading() as connection:
        if connection.execute(select(waiting.c.message).limit(1)).first() is None:
            return 0
    with store.writing() as connection:
        keys = list(connection.execute(select(waiting.c.message).order_by(waiting.c.message).limit(_BATCH)).scalars())
        _index_messages(connection, keys)
        connection.execute(delete(waiting).where(waiting.c.message.in_(keys)))
    return len(keys)


def _index_messages(connection: Connection, keys: Sequence[str]) -> None:
    """Make the documents of some messages anew."""
    message, party, links = tables.message, tables.message_address, tables.message_account
    for some in chunks(keys, _BATCH):
        people: dict[str, dict[str, list[str]]] = {key: {"from": [], "to": []} for key in some}
        named = (
            select(party.c.message, party.c.role, party.c.name, party.c.address)
            .where(party.c.message.in_(some), party.c.role != "reply_to")
            .order_by(party.c.message, party.c.position)
        )
        for key, role, name, address in connection.execute(named):
            people[key]["from" if role in {"from", "sender"} else "to"].append(f"{name} {address}")
        accounts = _accounts(connection, links.c.message, links.c.account, some)
        columns = (message.c.key, message.c.received_at, message.c.subject, message.c.attachments)
        body = func.substr(message.c.body_text, 1, _CHARACTERS).label("body")
        _write(
            connection,
            [
                _Document(
                    kind="message",
                    key=row.key,
                    at=row.received_at,
                    title=row.subject,
                    sender=" ".join(people[row.key]["from"]),
                    recipients=" ".join(people[row.key]["to"]),
                    text=row.body,
                    attachment=bool(row.attachments),
                    accounts=accounts.get(row.key, ()),
                )
                for row in connection.execute(select(*columns, body).where(message.c.key.in_(some)))
            ],
            some,
        )


def index_events(connection: Connection, keys: Sequence[str]) -> None:
    """Make the documents of some occurrences anew; private ones, and those that concern no client, have none."""
    event, links = tables.event, tables.event_account
    for some in chunks(keys, _BATCH):
        accounts = _accounts(connection, links.c.event, links.c.account, some)
        rows = connection.execute(select(event).where(event.c.key.in_(list(accounts)), event.c.private.is_(False)))
        _write(
            connection,
            [
                _Document(
                    kind="meeting",
                    key=row.key,
                    at=row.starts_at,
                    title=row.title,
                    sender=row.organizer,
                    recipients=" ".join(f"{a.get('name', '')} {a['address']}" for a in row.attendees),
                    text=f"{row.location}\n{row.description}"[:_CHARACTERS],
                    attachment=False,
                    accounts=accounts[row.key],
                )
                for row in rows
            ],
            some,
        )


def index_notes(connection: Connection, keys: Sequence[str]) -> None:
    """Make the documents of some notes anew."""
    note, links = tables.note, tables.note_account
    for some in chunks(keys, _BATCH):
        accounts = _accounts(connection, links.c.note, links.c.account, some)
        _write(
            connection,
            [
                _Document(
                    kind="note",
                    key=row.id,
                    at=row.at,
                    title=f"Meeting {row.outcome}" if row.outcome else "Note",
                    sender=row.actor,
                    recipients="",
                    text="\n".join([row.text, *row.decisions, *row.actions])[:_CHARACTERS],
                    attachment=False,
                    accounts=accounts.get(row.id, ()),
                )
                for row in connection.execute(select(note).where(note.c.id.in_(some)))
            ],
            some,
        )


def unindex(connection: Connection, keys: Iterable[str]) -> None:
    """Remove the documents of messages, occurrences or notes; words that no other has go with them."""
    document = tables.search_document
    for some in chunks(keys, 5000):
        gone = delete(document).where(document.c.key.in_(some))
        if connection.dialect.name == "sqlite":
            doomed = select(document.c.id).where(document.c.key.in_(some))
            connection.execute(delete(tables.search_words).where(tables.search_words.c.rowid.in_(doomed)))
            connection.execute(gone)
        else:
            forget_words(connection, connection.execute(gone.returning(document.c.id)).scalars().all())


def index_everything(store: Store) -> None:
    """Make all documents anew where another version made them, or none."""
    state = tables.search_state
    with store.writing() as connection:
        if connection.execute(select(state.c.version)).scalar() == INDEX_VERSION:
            return
        if connection.dialect.name == "sqlite":
            connection.execute(text("INSERT INTO search_words(search_words) VALUES ('delete-all')"))
        connection.execute(delete(tables.search_document))
        connection.execute(delete(tables.search_term))
        _index_messages(connection, list(connection.execute(select(tables.message.c.key)).scalars()))
        index_events(connection, list(connection.execute(select(tables.event.c.key)).scalars()))
        index_notes(connection, list(connection.execute(select(tables.note.c.id)).scalars()))
        connection.execute(delete(tables.search_waiting))
        connection.execute(delete(state))
        connection.execute(insert(state).values(id=1, version=INDEX_VERSION))


def indexed(connection: Connection) -> bool:
    """Whether all documents are of this version."""
    return connection.execute(select(tables.search_state.c.version)).scalar() == INDEX_VERSION


def _accounts(connection: Connection, owner: Any, account: Any, keys: Sequence[str]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for key, name in connection.execute(select(owner, account).where(owner.in_(keys)).order_by(owner, account)):
        found[key] = (*found.get(key, ()), name)
    return found


def _write(connection: Connection, documents: Sequence[_Document], keys: Iterable[str]) -> None:
    unindex(connection, keys)
    if not documents:
        return
    document = tables.search_document
    on_sqlite = connection.dialect.name == "sqlite"
    ids = _free_ids(connection, documents)
    rows: list[dict[str, Any]] = []
    listed: dict[str, int] = {}
    for made in documents:
        fields = [words(part) for part in (made.title, made.sender, made.recipients, made.text)]
        title, sender, recipients, _ = (" ".join(field) for field in fields)
        row = {"id": ids[made.key], "kind": made.kind, "key": made.key, "at": made.at, "title": title}
        row |= {"sender": sender, "recipients": recipients}
        rows.append(row | searched(fields, made.marks(), on_sqlite=on_sqlite))
        if not on_sqlite:
            listed |= dict.fromkeys((word for field in fields for word in field), ids[made.key])
    connection.execute(insert(document), rows)
    list_words(connection, listed)
    if on_sqlite:
        indexed_rows = [{"rowid": row["id"]} | {name: row[name] for name in _COLUMNS} for row in rows]
        connection.execute(insert(tables.search_words), indexed_rows)


def _vector(fields: Sequence[list[str]], marks: Iterable[str]) -> str:
    """A tsvector as text: sender, recipients and body have weights B to D; marks have no place but in the title."""
    places: dict[str, list[str]] = {}
    at = 0
    for weight, field in zip(("", "B", "C", "D"), fields, strict=True):
        for word in field:
            at += 1
            for lexeme in (word,) if weight else (word, f"@{title_mark(word)}"):
                found = places.setdefault(lexeme, [])
                if len(found) < _PER_WORD and at <= _POSITIONS:
                    found.append(f"{at}{weight}")
        at += 1  # the end of one is no phrase with the beginning of the next
    lexemes = [f"'{word}':{','.join(found)}" if found else f"'{word}'" for word, found in places.items()]
    return " ".join([*lexemes, *(f"'@{mark}'" for mark in marks)])


def _free_ids(connection: Connection, documents: Sequence[_Document]) -> dict[str, int]:
    """An id for each; where a second has many documents, some move to a second nearby."""
    document = tables.search_document
    ids: dict[str, int] = {}
    waiting, span = list(documents), 1 << _BITS
    taken: set[int] = set()
    for attempt in range(48):
        tried = {made.key: first_id(made.at) + _number(made.key, attempt, span) for made in waiting}
        used = set(connection.execute(select(document.c.id).where(document.c.id.in_(tried.values()))).scalars())
        for made in waiting:
            if tried[made.key] not in used | taken:
                ids[made.key] = tried[made.key]
                taken.add(tried[made.key])
        waiting = [made for made in waiting if made.key not in ids]
        if not waiting:
            break
        span *= 2
    return ids


def _number(key: str, attempt: int, span: int) -> int:
    return int.from_bytes(hashlib.sha256(f"{attempt} {key}".encode()).digest()[:8]) % span
