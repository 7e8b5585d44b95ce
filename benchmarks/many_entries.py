"""A store to measure with: the mail, meetings, notes and obligations of many accounts, a few of which have most of it.

The same for the same number. Rows are written as they are, past the parser: what is measured is reading.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import islice
from random import Random
from typing import Any

from many_mails import sentence
from phrases import FIRST, LAST, TONGUES
from sqlalchemy import Connection, Table

from domain.words import words
from store import tables
from store.database import Store
from store.indexing import account_mark, first_id, kind_mark, searched
from store.tidying import weigh_tables

NOW = datetime(2026, 3, 12, 9, tzinfo=UTC)
ACCOUNTS = 5_000
_SPAN = timedelta(days=5 * 365)
_BATCH = 20_000
_PARAGRAPHS = 20_000
_OPEN = 400
"""Obligations that wait, whatever the size: a team answers, or it has other troubles."""

Rows = list[tuple[Table, dict[str, Any]]]


def fill(store: Store, count: int) -> None:
    """Put so many timeline entries into a new store: 94 messages, 5 meetings and a note of a hundred.

    In many transactions: what one writes stands in SQLite's log as well, until it ends.
    """
    made = _Maker(count)
    rows = (row for number in range(count) for row in made.entry(number))
    with _indexes_last(store):
        with store.writing() as connection:
            _write(connection, ((tables.account, row) for row in made.accounts()))
        while some := list(islice(rows, _BATCH * 8)):
            with store.writing() as connection:
                _write(connection, some)
        with store.writing() as connection:
            connection.exec_driver_sql(_INDEX_WORDS if store.path else _LIST_WORDS)
    weigh_tables(store)
    if not store.path:
        with store.outside_transactions() as connection:
            connection.exec_driver_sql("VACUUM ANALYZE")


_INDEX_WORDS = "INSERT INTO search_words(search_words) VALUES ('rebuild')"
_LIST_WORDS = """
    INSERT INTO search_term
    SELECT word, min(id) FROM (SELECT id, unnest(tsvector_to_array(words)) AS word FROM search_document) AS place
    WHERE left(word, 1) <> '@' GROUP BY word
"""


@contextmanager
def _indexes_last(store: Store) -> Iterator[None]:
    """Make indexes when all rows are there: by sorting once instead of looking for a place a million times."""
    indexes = [index for table in tables.metadata.sorted_tables for index in table.indexes]
    with store.writing() as connection:
        for index in indexes:
            index.drop(connection, checkfirst=True)
    yield
    for index in indexes:
        with store.writing() as connection:
            index.create(connection)


def account_id(rank: int) -> str:
    """The account with so many larger ones."""
    return f"account-{rank:04}"


def contact(rank: int, number: int = 0) -> str:
    """Somebody there."""
    return f"{FIRST[number % len(FIRST)].lower()}@client{rank}.example"


class _Maker:
    def __init__(self, count: int) -> None:
        self._count = count
        self._chance = Random(2026)  # noqa: S311 - not a secret
        # Zipf's law: the largest of 5,000 has a ninth of everything.
        self._weights = [1 / (rank + 1) for rank in range(ACCOUNTS)]
        self._ranks: list[int] = []
        # Names, numbers of orders and the like, which are what people look for.
        rare = [f"{self._chance.choice(LAST).lower()}{n}" for n in range(30_000)]
        self._paragraphs = [self._paragraph(rare) for _ in range(_PARAGRAPHS)]
        self._folded = [" ".join(words(paragraph)) for paragraph in self._paragraphs]

    def _paragraph(self, rare: list[str]) -> str:
        tongue = self._chance.choice(TONGUES)
        said = [sentence(self._chance, tongue) for _ in range(5)]
        return f"{' '.join(said)} {' '.join(self._chance.choices(rare, k=3))}."

    def accounts(self) -> Iterator[dict[str, Any]]:
        for rank in range(ACCOUNTS):
            yield {
                "id": account_id(rank),
                "name": f"Client {rank}",
                "domains": [f"client{rank}.example"],
                "contacts": [],
                "tier": "standard",
                "owner": f"{FIRST[rank % len(FIRST)].lower()}@northwind.example",
                "backup": "",
                "timezone": "",
                "allow": [],
                "met_with": "1",
            }

    def entry(self, number: int) -> Rows:
        if not self._ranks:
            self._ranks = self._chance.choices(range(ACCOUNTS), self._weights, k=_BATCH)
        rank = self._ranks.pop()
        at = NOW - _SPAN + _SPAN * (number / self._count)
        if number % 100 == 99:
            return self._note(number, rank, at)
        if number % 20 == 19:
            return self._meeting(number, rank, at)
        return self._message(number, rank, at)

    def _message(self, number: int, rank: int, at: datetime) -> Rows:
        key, account = f"m{number:012}", account_id(rank)
        inbound = number % 5 < 3
        people = [contact(rank, number // 7), f"{FIRST[rank % len(FIRST)].lower()}@northwind.example"]
        sender, to = people if inbound else people[::-1]
        chosen = [self._chance.randrange(_PARAGRAPHS) for _ in range(self._chance.choice((1, 1, 2, 3)))]
        body = "\n\n".join(self._paragraphs[n] for n in chosen)
        subject = self._paragraphs[chosen[0]][:50]
        row = _MESSAGE | {
            "key": key,
            "message_id": f"{number:x}@host.example",
            "subject": subject,
            "base_subject": subject.lower(),
            "sender": sender,
            "received_at": at,
            "sent_at": at,
            "body_text": body,
            "reply_text": body,
            "attachments": [{"filename": "a.pdf", "media_type": "application/pdf", "size": 9}]
            if number % 9 == 0
            else [],
            "rank": f"1 00 {number}",
            "direction": "inbound" if inbound else "outbound",
            "thread": key,
            "conversation": key,
            "size": len(body),
        }
        rows: Rows = [(tables.message, row)]
        for position, (role, address) in enumerate((("from", sender), ("to", to))):
            host = address.partition("@")[2]
            client = host != "northwind.example"
            party = {"message": key, "position": position, "role": role, "name": "", "address": address}
            party |= {"side": "client" if client else "own", "account": account if client else "", "domain": host}
            rows.append((tables.message_address, party))
        rows.append((tables.message_reference, {"message": key, "reference": row["message_id"], "position": 0}))
        rows.append((tables.message_account, {"message": key, "account": account, "at": at, "reason": "domain"}))
        if inbound and number % 2 == 0:
            signal = {"message": key, "position": 0, "kind": "request", "start": 0, "end": 40, "quote": body[:40]}
            rows.append((tables.signal, _SIGNAL | signal))
        if inbound and number % 10 == 0:
            rows.append((tables.obligation, self._obligation(number, key, account, at, subject)))
        marks = [kind_mark("message"), account_mark(account), *(["hasattachment"] if number % 9 == 0 else [])]
        folded = " ".join(self._folded[n] for n in chosen)
        rows.append((tables.search_document, _document(number, row, (subject, sender, to), folded, marks)))
        return rows

    def _obligation(self, number: int, key: str, account: str, at: datetime, subject: str) -> dict[str, Any]:
        waits = number > self._count - _OPEN * 10
        return {
            "id": f"o{number:012}",
            "side": "ours",
            "account": account,
            "conversation": key,
            "message": key,
            "message_id": f"{number:x}@host.example",
            "subject": subject,
            "contact": "",
            "kinds": ["request"],
            "clock_start": at,
            "due": at + timedelta(hours=8),
            "at_risk_at": at + timedelta(hours=6),
            "chasers": [],
            "confidence": 0.9,
            "evidence": [],
            "clears_when": "A reply",
            "cleared_at": None if waits else at + timedelta(hours=5),
            "cleared_by": "" if waits else "reply",
            "cleared_reason": "",
            "cleared_who": "",
            "discussed_since": None,
            "bounced_at": None,
            "readings": [],
            "historic": False,
        }

    def _meeting(self, number: int, rank: int, at: datetime) -> Rows:
        key, account = f"e{number:012}", account_id(rank)
        title = f"Review {self._paragraphs[number % _PARAGRAPHS][:30]}"
        row = _EVENT | {
            "key": key,
            "ical_uid": f"{number:x}",
            "title": title,
            "starts_at": at,
            "ends_at": at + timedelta(hours=1),
            "clients": [contact(rank)],
            "rank": f"1 {number}",
        }
        link = {"event": key, "account": account, "at": at, "participants": 1, "reason": "domain"}
        marks = [kind_mark("meeting"), account_mark(account)]
        made = _document(number, row | {"received_at": at}, (title, "", contact(rank)), "", marks)
        client = {"event": key, "address": contact(rank)}
        written = [(tables.event, row), (tables.event_account, link), (tables.event_client, client)]
        return [*written, (tables.search_document, made)]

    def _note(self, number: int, rank: int, at: datetime) -> Rows:
        key, account = f"n{number:012}", account_id(rank)
        said = self._paragraphs[number % _PARAGRAPHS]
        row = {"id": key, "event": "e", "at": at, "actor": "ana@northwind.example", "text": said, "outcome": "held"}
        row |= {"decisions": [], "actions": [], "said_none": False, "about": ""}
        marks = [kind_mark("note"), account_mark(account)]
        folded = self._folded[number % _PARAGRAPHS]
        made = _document(number, {"key": key, "received_at": at}, _HELD, folded, marks)
        return [
            (tables.note, row),
            (tables.note_account, {"note": key, "account": account, "at": at}),
            (tables.search_document, made),
        ]


_HELD = ("Meeting held", "ana@northwind.example", "")
_FILE: dict[str, Any] = {"filename": "a.pdf", "media_type": "application/pdf", "size": 9}
_MESSAGE: dict[str, Any] = {
    "orphan": False,
    "list_id": "",
    "sender_name": "",
    "on_behalf": "",
    "sent_offset": 60,
    "quoted_text": "",
    "signature": "",
    "forwarded": False,
    "quoted_headers": [],
    "headers": {},
    "automatic": "",
    "language": "en",
    "return_date": None,
    "failed_recipients": [],
    "invitation": False,
    "truncated": False,
    "names_us": True,
    "own_list": False,
    "historic": False,
    "read_with": "1",
    "attached_with": "1",
    "settled_with": "1",
}
_SIGNAL: dict[str, Any] = {
    "score": 0.9,
    "rule": "r",
    "due": "",
    "certainty": "",
    "starts_at": None,
    "ends_at": None,
    "cause": "",
}
_EVENT: dict[str, Any] = {
    "recurrence_id": "",
    "sequence": 0,
    "description": "",
    "location": "",
    "all_day": False,
    "timezone": "Europe/Berlin",
    "status": "confirmed",
    "private": False,
    "transparent": False,
    "organizer": "ana@northwind.example",
    "attendees": [],
    "updated_at": None,
    "cancelled_by": "",
    "proposals": [],
    "mails": [],
    "shown": None,
    "own": [],
    "strangers": [],
    "titled": False,
    "historic": False,
    "attached_with": "1",
}


def _document(
    number: int, about: Mapping[str, Any], heads: tuple[str, str, str], folded: str, marks: list[str]
) -> dict[str, Any]:
    title, sender, recipients = (" ".join(words(head)) for head in heads)
    return {
        "id": first_id(about["received_at"]) + number % 4096,
        "kind": marks[0].removeprefix("kind"),
        "key": about["key"],
        "at": about["received_at"],
        "title": title,
        "sender": sender,
        "recipients": recipients,
        "marks": " ".join(marks),
        "words": folded,
    }


def _write(connection: Connection, rows: Iterable[tuple[Table, dict[str, Any]]]) -> None:
    """Write rows as fast as the engine takes them: COPY on PostgreSQL."""
    by_table: dict[str, list[dict[str, Any]]] = {}
    for table, row in rows:
        by_table.setdefault(table.name, []).append(row)
    for table in tables.metadata.sorted_tables:
        if some := by_table.get(table.name):
            if table is tables.search_document:
                some = [row | _searched(row, on_sqlite=connection.dialect.name == "sqlite") for row in some]
            if connection.dialect.name == "sqlite":
                _insert(connection, table, some)
            else:
                _copy(connection, table, some)


def _searched(row: Mapping[str, Any], *, on_sqlite: bool) -> dict[str, str]:
    fields = [row[name].split() for name in ("title", "sender", "recipients", "words")]
    return searched(fields, row["marks"].split(), on_sqlite=on_sqlite)


def _insert(connection: Connection, table: Table, rows: list[dict[str, Any]]) -> None:
    names = list(rows[0])
    columns, places = ", ".join(f'"{name}"' for name in names), ", ".join("?" * len(names))
    statement = f'INSERT INTO "{table.name}" ({columns}) VALUES ({places})'  # noqa: S608 - names of our own tables
    connection.exec_driver_sql(statement, [tuple(_plain(row[name]) for name in names) for row in rows])


def _copy(connection: Connection, table: Table, rows: list[dict[str, Any]]) -> None:
    names = list(rows[0])
    columns = ", ".join(f'"{name}"' for name in names)
    cursor = connection.connection.cursor()
    with cursor.copy(f'COPY "{table.name}" ({columns}) FROM STDIN') as copy:
        for row in rows:
            copy.write_row([_plain(row[name]) for name in names])


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return round(value.timestamp() * 1e6)
    return json.dumps(value) if isinstance(value, list | dict) else value
