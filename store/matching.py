"""One search on two engines: what is asked for as an FTS5 expression or a tsquery, and the documents it finds."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Select, cast, func, literal, literal_column, select
from sqlalchemy.dialects.postgresql import TSQUERY

from domain.search import KINDS, SearchQuery, Term
from store import tables
from store.beginnings import written_out
from store.indexing import ATTACHMENT, account_mark, first_id, kind_mark, second_of, title_mark

# How far above the first of its second a document's id may lie, and more than that.
_ASTRAY: Final = first_id(datetime(1970, 1, 31, tzinfo=UTC))
_LAST: Final = first_id(datetime(9999, 12, 31, tzinfo=UTC))
_ANYWHERE: Final = "title sender recipients words"


SHOWN: Final = ("id", "kind", "key", "at", "title", "sender", "recipients")
"""Columns of what is found."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """Terms and the columns they are looked for in, and marks of which one each must be there."""

    terms: tuple[tuple[str, Term], ...]
    marks: tuple[tuple[str, ...], ...]


def matching(
    connection: Connection, query: SearchQuery, *, account: str | None = None, in_title: bool = False
) -> Select[Any]:
    """Select from ``search_document`` what a query finds, in no order, without its words, which may be many.

    Args:
        connection: To the engine it is for.
        query: Not an empty one.
        account: Id of the account it must concern.
        in_title: Whether the words must be in the title.
    """
    document, index, number = tables.search_document, tables.search_words, _number(connection)
    asked = _asked(query, account, in_title=in_title)
    found = select(*(document.c[name] for name in SHOWN))
    if connection.dialect.name != "sqlite":
        found = found.where(*_on_server(connection, asked))
    else:
        found = found.select_from(index).join(document, document.c.id == index.c.rowid)
        # The name of an FTS5 table is also that of a hidden column that is compared with an expression.
        found = found.where(literal_column(index.name).op("MATCH")(_fts5(connection, asked)))
    if query.after:
        found = found.where(number >= first_id(query.after), document.c.at >= query.after.astimezone(UTC))
    if query.before:
        found = found.where(number < first_id(query.before) + _ASTRAY, document.c.at < query.before.astimezone(UTC))
    return found


def newest(
    connection: Connection, query: Select[Any], limit: int, *, account: str | None, below: int | None = None
) -> list[Any]:
    """The newest of what is found, in this order.

    SQLite walks its index from the newest on. PostgreSQL finds all there is and sorts it, so it is asked for what lies
    in the newest part first, which holds enough of what is common, and of what is rare there is not much.

    Args:
        connection: To the engine.
        query: From ``matching``.
        limit: So many.
        account: Id of the account that ``query`` is for.
        below: Only documents with an id below.
    """
    number, on_sqlite = _number(connection), connection.dialect.name == "sqlite"
    # Ordered by what is in no index, a server does not walk over all documents for what it takes to be common.
    query = query.order_by(number.desc() if on_sqlite else (number + 0).desc()).limit(limit)
    query = query if below is None else query.where(number < below)
    part, most = _FIRST * limit, 0 if on_sqlite else _MOST * limit
    while part <= most and (floor := _floor(connection, part, account, below)) is not None:
        rows = connection.execute(query.where(number >= floor)).all()
        if len(rows) == limit:
            return list(rows)
        # Twice what holds enough if it is as common elsewhere.
        part = 2 * part * limit // max(1, len(rows))
    return list(connection.execute(query).all())


_FIRST: Final = 16
"""How many documents are looked through first for each one wanted."""
_MOST: Final = 512
"""For what is so rare that more would have to be, all are."""


def _floor(connection: Connection, count: int, account: str | None, below: int | None) -> int | None:
    """An id with about so many documents above it, of one account or of all; None where there are fewer."""
    if account is None:
        number = tables.search_document.c.id
        query = select(number).order_by(number.desc())
        query = query if below is None else query.where(number < below)
        found: int | None = connection.execute(query.offset(count).limit(1)).scalar()
        return found
    links = tables.message_account.c
    times = select(links.at).where(links.account == account).order_by(links.at.desc())
    times = times if below is None else times.where(links.at < second_of(min(below, _LAST)))
    at = connection.execute(times.offset(count).limit(1)).scalar()
    return None if at is None else first_id(at)


def _number(connection: Connection) -> Any:
    """A document's id, in the table that each engine searches."""
    return tables.search_words.c.rowid if connection.dialect.name == "sqlite" else tables.search_document.c.id


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of what is found.

    Attributes:
        keys: Of the things found.
        kinds: Theirs.
        floor: All that is found from this instant on stands in this stretch or one before; None in the last.
    """

    keys: list[str]
    kinds: frozenset[str]
    floor: datetime | None


def stretches(
    connection: Connection, query: Select[Any], *, account: str, until: datetime, size: int
) -> Iterator[Stretch]:
    """What a query finds, from an instant backwards, so that few need be looked at where few are wanted.

    A document's id is never below the first of its second, and rarely above the last: what was not seen yet when a
    second has been gone through is older.

    Args:
        connection: To the engine.
        query: From ``matching``.
        account: Id of the account that ``query`` is for.
        until: Nothing newer is wanted.
        size: So many in the first; each is larger than the one before.
    """
    document, number = tables.search_document.c, _number(connection)
    wanted = query.with_only_columns(document.id, document.key, document.kind).where(document.at <= until)
    below = first_id(until) + _ASTRAY
    while True:
        rows = newest(connection, wanted, size + 1, account=account, below=below)
        if len(rows) <= size:
            yield _stretch(rows, None)
            return
        # The one beyond tells, as a rule, that the last second has been gone through.
        beyond, floor = rows.pop(), second_of(rows[-1].id)
        if second_of(beyond.id) == floor:
            rows += connection.execute(wanted.where(number < rows[-1].id, number >= first_id(floor)))
        yield _stretch(rows, floor)
        below, size = first_id(floor), min(4 * size, _LONGEST)


_LONGEST: Final = 1000


def _stretch(rows: Sequence[Any], floor: datetime | None) -> Stretch:
    return Stretch([row.key for row in rows], frozenset(row.kind for row in rows), floor)


def _asked(query: SearchQuery, account: str | None, *, in_title: bool) -> _Asked:
    terms = [("title" if in_title else _ANYWHERE, term) for term in query.terms]
    terms += [("sender", term) for term in query.senders]
    terms += [("recipients", term) for term in query.recipients]
    marks = [tuple(map(kind_mark, sorted(query.kinds)))] if query.kinds and query.kinds != set(KINDS) else []
    marks += [(ATTACHMENT,)] if query.attachment else []
    marks += [(account_mark(account),)] if account else []
    # Where only times are asked for, everything of any kind is looked through.
    return _Asked(tuple(terms), tuple(marks) if terms or marks else (tuple(map(kind_mark, KINDS)),))


def _titled(term: Term) -> Term:
    return replace(term, words=tuple(map(title_mark, term.words)))


def _fts5(connection: Connection, asked: _Asked) -> str:
    """An expression of FTS5 (sqlite.org/fts5.html, 3). Folded words are letters and digits: nothing to escape."""
    terms = [("marks", _titled(term)) if columns == "title" else (columns, term) for columns, term in asked.terms]
    parts = [f"{{{columns}}} : ({_any_of(written_out(connection, term))})" for columns, term in terms]
    parts += [f"marks : ({' OR '.join(_quoted(marks))})" for marks in asked.marks]
    return " AND ".join(f"({part})" for part in parts)


def _any_of(terms: Iterable[Term]) -> str:
    return " OR ".join(map(_phrase, terms))


def _phrase(term: Term) -> str:
    return f'"{" ".join(term.words)}"{" *" if term.prefix else ""}'


def _quoted(words: Iterable[str]) -> list[str]:
    return [f'"{word}"' for word in words]


def _on_server(connection: Connection, asked: _Asked) -> Iterator[ColumnElement[bool]]:
    """A tsquery (PostgreSQL, 8.11.2), and what it leaves open.

    In which column a word stands, and behind which other, is told by its place in the document, which has to be
    unpacked for that. Where a short text can be read in its stead, the tsquery only says that all words are there.
    """
    document = tables.search_document.c
    parts = [
        " | ".join(f"({_lexemes(columns, one)})" for one in written_out(connection, term))
        for columns, term in asked.terms
    ]
    parts += [" | ".join(f"'@{mark}'" for mark in marks) for marks in asked.marks]
    yield document.words.bool_op("@@")(cast(literal(" & ".join(f"({part})" for part in parts)), TSQUERY))
    for columns, term in asked.terms:
        # A title's word has a lexeme of its own: it is there.
        if columns in {"sender", "recipients"} or (columns == "title" and len(term.words) > 1):
            looked_for = f" {' '.join(term.words)}{'' if term.prefix else ' '}"
            yield func.strpos(func.concat(" ", document[columns], " "), looked_for) > 0


def _lexemes(columns: str, term: Term) -> str:
    sign = "@" if columns == "title" else ""
    *first, last = [f"'{sign}{word}'" for word in (_titled(term) if sign else term).words]
    return (" <-> " if columns == _ANYWHERE else " & ").join([*first, f"{last}:*" if term.prefix else last])
