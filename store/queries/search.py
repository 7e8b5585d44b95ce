"""Words in messages and events."""

from typing import Any

from sqlalchemy import ColumnElement, String, cast, or_, select

from store import tables
from store.database import Store
from store.queries.accounts import find_account

_AROUND = 80


def contains(column: Any, words: str) -> ColumnElement[bool]:
    """Whether a text or JSON column contains words, whatever their case."""
    return cast(column, String).icontains(words, autoescape=True)


def search(store: Store, text: str, *, account: str | None = None, limit: int = 50) -> list[dict[str, Any]]:
    """Find messages and events that contain a text, newest first (INTERFACE: ``search``).

    Raises:
        NotFoundError: ``account`` is not in the account book.
    """
    message, event = tables.message, tables.event
    mail = select(message).where(or_(contains(message.c.subject, text), contains(message.c.body_text, text)))
    meet = select(event).where(
        event.c.private.is_(False), or_(contains(event.c.title, text), contains(event.c.description, text))
    )
    with store.reading() as connection:
        if account:
            only = find_account(connection, account).id
            links = tables.message_account
            mail = mail.where(message.c.key.in_(select(links.c.message).where(links.c.account == only)))
            marks = tables.event_account
            meet = meet.where(event.c.key.in_(select(marks.c.event).where(marks.c.account == only)))
        mails = list(connection.execute(mail.order_by(message.c.received_at.desc()).limit(limit)))
        meets = list(connection.execute(meet.order_by(event.c.starts_at.desc()).limit(limit)))
        names = {row.id: row.name for row in connection.execute(select(tables.account.c.id, tables.account.c.name))}
        of: dict[str, str] = {}
        for table in (tables.message_account, tables.event_account):
            key = table.c.message if "message" in table.c else table.c.event
            found = select(key, table.c.account).where(key.in_([row.key for row in (*mails, *meets)]))
            of |= {
                thing: names.get(a, a) for thing, a in connection.execute(found.order_by(key, table.c.account.desc()))
            }
    rows = [_row("message", r, text, of, at=r.received_at, title=r.subject, body=r.body_text) for r in mails]
    rows += [_row("meeting", r, text, of, at=r.starts_at, title=r.title, body=r.description) for r in meets]
    return sorted(rows, key=lambda row: (row["score"], row["at"]), reverse=True)[:limit]


def _row(kind: str, row: Any, text: str, accounts: dict[str, str], *, at: Any, title: str, body: str) -> dict[str, Any]:
    in_title = text.casefold() in title.casefold()
    place = max(0, body.casefold().find(text.casefold()))
    snippet = " ".join(body[max(0, place - _AROUND) : place + len(text) + _AROUND].split())
    return {
        "kind": kind,
        "id": row.key,
        "at": at,
        "account": accounts.get(row.key),
        "title": title,
        "snippet": snippet,
        "score": 1.0 if in_title else 0.5,
    }
