"""Words in messages, meetings and notes."""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any, Final

from sqlalchemy import Connection, select

from domain.search import SearchQuery, Term, parse_search
from store import tables
from store.database import Store, among
from store.matching import matching, newest
from store.queries.accounts import find_account
from store.queries.snippets import snippet
from store.queries.visibility import openly_found, restricted, veiled

# So many of the newest documents that match are ranked, beside the newest that match in their title.
_RANKED: Final = 300
_HALF_LIFE: Final = timedelta(days=180)


@veiled
def search(
    store: Store, text: str, *, account: str | None = None, limit: int = 50, zone: tzinfo = UTC
) -> list[dict[str, Any]]:
    """Find messages, meetings and notes, the best first (INTERFACE: ``search``).

    What has the words in its title comes before what names people so, and that before all other; among equals the
    newest. ``highlights`` are start and end of found words in ``snippet``.

    Args:
        store: What to read.
        text: Words, "phrases", beginnings* and operators (``domain.search``).
        account: Name, id or domain of the account it must concern.
        limit: Results at most.
        zone: Where the days of ``after:`` and ``before:`` begin.

    Raises:
        NotFoundError: ``account`` is not in the account book.
        ConfigError: An operator has a value it does not take.
    """
    query = parse_search(text, zone)
    with store.reading() as connection:
        only = find_account(connection, account).id if account else None
        if query.empty:
            return []
        found = openly_found(connection, _candidates(connection, query, only, limit), query.terms)
        ranked = _ranked(found, query)[:limit]
        names = _account_names(connection, [row.key for row, _ in ranked])
        texts = _texts(connection, [row for row, _ in ranked])
    return [_result(row, score, account=names.get(row.key), words=texts[row.key], query=query) for row, score in ranked]


def _candidates(connection: Connection, query: SearchQuery, account: str | None, limit: int) -> list[Any]:
    ranked = max(limit, _RANKED)
    rows = newest(connection, matching(connection, query, account=account), ranked, account=account)
    if not query.terms or len(rows) < ranked:
        return rows
    # What has the words in its title is not ranked before a newer one that has, too: beside those that are found
    # already, so many older ones do as are shown, or might be shown once others are veiled.
    titled = sum(all(term.found_in(row.title) for term in query.terms) for row in rows)
    wanted = (ranked if restricted(connection) else limit) - titled
    if wanted <= 0:
        return rows
    older = matching(connection, query, account=account, in_title=True)
    return [*rows, *newest(connection, older, wanted, account=account, below=rows[-1].id)]


def _ranked(rows: Sequence[Any], query: SearchQuery) -> list[tuple[Any, float]]:
    if not rows:
        return []
    latest = max(row.at for row in rows)
    scored = [(row, _score(row, query.terms, latest)) for row in rows]
    return sorted(scored, key=lambda pair: (pair[1], pair[0].at, pair[0].key), reverse=True)


def _score(row: Any, terms: Collection[Term], latest: datetime) -> float:
    """Between 0 and 1: four fifths where the words stand, one fifth how new it is."""
    freshness: float = 0.5 ** ((latest - row.at) / _HALF_LIFE)
    people = f"{row.sender}  {row.recipients}"
    places = [4 if term.found_in(row.title) else 2 if term.found_in(people) else 1 for term in terms] or [1]
    return round(0.2 * sum(places) / len(places) + 0.2 * freshness, 3)


def _account_names(connection: Connection, keys: Sequence[str]) -> dict[str, str]:
    """The first account each concerns, by name."""
    found: dict[str, str] = {}
    for links, owner in (
        (tables.message_account, tables.message_account.c.message),
        (tables.event_account, tables.event_account.c.event),
        (tables.note_account, tables.note_account.c.note),
    ):
        query = select(owner, tables.account.c.name).join(tables.account, tables.account.c.id == links.c.account)
        for key, name in connection.execute(
            query.where(among(connection, owner, keys)).order_by(owner, tables.account.c.id)
        ):
            found.setdefault(key, name)
    return found


def _texts(connection: Connection, rows: Sequence[Any]) -> dict[str, tuple[str, str]]:
    """Title and text of documents, as they were written."""
    keys = {kind: [row.key for row in rows if row.kind == kind] for kind in ("message", "meeting", "note")}
    message, event, note = tables.message.c, tables.event.c, tables.note.c
    mails = select(message.key, message.subject, message.body_text).where(
        among(connection, message.key, keys["message"])
    )
    meets = select(event.key, event.title, event.location, event.description).where(
        among(connection, event.key, keys["meeting"])
    )
    notes = select(note.id, note.text, note.outcome).where(among(connection, note.id, keys["note"]))
    found = {row.key: (row.subject, row.body_text) for row in connection.execute(mails)}
    found |= {row.key: (row.title, f"{row.location}\n{row.description}") for row in connection.execute(meets)}
    found |= {
        row.id: (f"Meeting {row.outcome}" if row.outcome else "Note", row.text) for row in connection.execute(notes)
    }
    return found


def _result(
    row: Any, score: float, *, account: str | None, words: tuple[str, str], query: SearchQuery
) -> dict[str, Any]:
    title, body = words
    shown, highlights = snippet(body, query.terms)
    return {
        "kind": row.kind,
        "id": row.key,
        "at": row.at,
        "account": account,
        "title": title,
        "snippet": shown,
        "highlights": [list(place) for place in highlights],
        "score": score,
    }
