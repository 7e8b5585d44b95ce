"""Conversations to measure with: the rows that the stages up to attach would have written, thousands at once."""

import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path
from random import Random
from typing import Any

from sqlalchemy import Table, func, select

sys.path.insert(0, str(Path(__file__).parent.parent))

from domain.sources import Page, RawMessage
from flows import stages
from flows.composition import Desk
from flows.mail_parsing import attacher_of
from flows.settings import load_settings
from store import tables
from store.attaching import save_account_book
from store.migrate import upgrade
from store.pages import begin_source, end_source, save_page
from store.tidying import weigh_tables

_BEGIN = datetime(2024, 1, 1, 7, tzinfo=UTC)
_NOW = datetime(2026, 1, 5, 8, tzinfo=UTC)
_DAYS = (_NOW - _BEGIN).days
_PER_MEETING = 20
_AT_ONCE = 2_000
_US = tuple(f"person{number}@northwind.example" for number in range(12))
_CONFIG = """\
[company]
name = "Northwind Agency"
domains = ["northwind.example"]
timezone = "Europe/Berlin"
[response]
hours = ["Mon-Fri 09:00-12:30", "Mon-Fri 13:30-18:00"]
holidays = ["DE-BE"]
[[sources]]
name = "desk"
kind = "eml"
path = "."
"""
_CLIENTS_SAY = (
    ("request", "question", "complaint", "closer", "meeting_proposal", "meeting_past", ""),
    (30, 20, 5, 10, 3, 2, 30),
)
_WE_SAY = (("commitment", "question", "meeting_proposal", ""), (12, 10, 3, 75))
"""What mails say, and how often of a hundred."""
_SAYS = {
    "request": "Could you please send us the revised offer?",
    "question": "Which of the two colours did you choose?",
    "complaint": "The pump you delivered is broken and we are very unhappy.",
    "commitment": "We will send you the drawings by Friday.",
    "meeting_proposal": "Shall we meet next week to go through it?",
    "meeting_past": "Thanks for the call yesterday.",
    "closer": "Thanks, got it!",
    "": "The drawings are in the shared folder, and the pages are numbered as you wished.",
}


def filled_desk(home: Path, conversations: int, per_account: int) -> Desk:
    """Open the store in a folder, and fill it when it is new."""
    home.mkdir(parents=True, exist_ok=True)
    (home / "accountline.toml").write_text(_CONFIG, encoding="utf-8")
    accounts = max(conversations // per_account, 1)
    rows = [f"Client {n},client{n}.example,,{_US[n % len(_US)]}" for n in range(accounts)]
    (home / "accounts.csv").write_text("\n".join(["name,domains,contacts,owner", *rows, ""]), encoding="utf-8")
    fresh = not (home / "accountline.db").exists()
    desk = Desk(load_settings(home / "accountline.toml"), now=_NOW)
    if fresh:
        upgrade(desk.store)
        save_account_book(desk.store, desk.book.accounts.values())
        begin_source(desk.store, "desk", "eml", "", now=_BEGIN)
        end_source(desk.store, "desk", state="ok", now=_NOW)
        _fill(desk, conversations)
        weigh_tables(desk.store)
    return desk


def _fill(desk: Desk, conversations: int) -> None:
    """Write what the stages before would have written, thousands of rows at once."""
    chance = Random(1)  # noqa: S311 - not a secret
    names = sorted(desk.book.accounts)
    for first in range(0, conversations, _AT_ONCE):
        rows = _Rows(read_with=desk.signals_version, attached_with=attacher_of(desk).version)
        for number in range(first, min(first + _AT_ONCE, conversations)):
            account = number % len(names)
            rows.conversation(chance, number, names[account], f"client{account}.example")
            if number % _PER_MEETING == 0:
                rows.meeting(chance, number, names[account], f"client{account}.example")
        with desk.store.writing() as connection:
            for table, some in rows.by_table():
                connection.execute(table.insert(), some)


@dataclass
class _Rows:
    """Rows to be written at once."""

    read_with: str
    attached_with: str
    message: list[dict[str, Any]] = field(default_factory=list)
    message_address: list[dict[str, Any]] = field(default_factory=list)
    message_reference: list[dict[str, Any]] = field(default_factory=list)
    message_account: list[dict[str, Any]] = field(default_factory=list)
    signal: list[dict[str, Any]] = field(default_factory=list)
    event: list[dict[str, Any]] = field(default_factory=list)
    event_account: list[dict[str, Any]] = field(default_factory=list)

    def by_table(self) -> Iterator[tuple[Table, list[dict[str, Any]]]]:
        for name, rows in vars(self).items():
            if isinstance(rows, list) and rows:
                yield tables.metadata.tables[name], rows

    def conversation(self, chance: Random, number: int, account: str, domain: str) -> None:
        """Client and one of us write in turn."""
        client, ours = f"contact{chance.randrange(4)}@{domain}", chance.choice(_US)
        at = _BEGIN + timedelta(days=chance.random() * (_DAYS - 10))
        mails = chance.choice((2, 2, 3, 3, 4))
        for place in range(mails):
            inbound = place % 2 == 0
            says = chance.choices(*(_CLIENTS_SAY if inbound else _WE_SAY))[0]
            self._mail(number, place, at, (client, ours) if inbound else (ours, client), account, domain, says)
            at += timedelta(hours=1 + chance.random() * 30)

    def _mail(  # noqa: PLR0917
        self, number: int, place: int, at: datetime, people: tuple[str, str], account: str, domain: str, says: str
    ) -> None:
        key, text = f"m{number:08}{place}", _SAYS[says]
        self.message.append(
            _row(
                tables.message,
                key=key,
                message_id=f"{number}.{place}@mail.example",
                subject=f"Order {number}",
                base_subject=f"order {number}",
                received_at=at,
                sent_at=at,
                sender=people[0],
                body_text=text,
                reply_text=text,
                language="en",
                direction="inbound" if place % 2 == 0 else "outbound",
                size=2000,
                thread=f"m{number:08}0",
                conversation=f"m{number:08}0",
                read_with=self.read_with,
                attached_with=self.attached_with,
            )
        )
        for position, (role, address) in enumerate(zip(("from", "to"), people, strict=True)):
            side, whose = ("client", account) if address.endswith(domain) else ("own", "")
            self.message_address.append(
                {
                    "message": key,
                    "position": position,
                    "role": role,
                    "name": "",
                    "address": address,
                    "side": side,
                    "account": whose,
                    "domain": address.partition("@")[2],
                }
            )
        for position in range(place + 1):
            reference = f"{number}.{place - position}@mail.example"
            self.message_reference.append({"message": key, "reference": reference, "position": position})
        self.message_account.append({"message": key, "account": account, "at": at, "reason": "domain"})
        if says:
            self.signal.append(
                _row(tables.signal, message=key, kind=says, end=len(text), quote=text, score=0.95, rule="benchmark")
            )

    def meeting(self, chance: Random, number: int, account: str, domain: str) -> None:
        """An hour of one of us with a client."""
        starts = _BEGIN + timedelta(days=chance.random() * _DAYS)
        own, client = chance.choice(_US), f"contact{chance.randrange(4)}@{domain}"
        self.event.append(
            _row(
                tables.event,
                key=f"e{number:08}",
                ical_uid=f"meeting-{number}",
                title=f"Order {number}",
                starts_at=starts,
                ends_at=starts + timedelta(hours=1),
                timezone="Europe/Berlin",
                status="confirmed",
                organizer=own,
                attendees=[{"name": "", "address": client, "partstat": "accepted", "organizer": False}],
                own=[own],
                clients=[client],
                attached_with=self.attached_with,
            )
        )
        self.event_account.append(
            {"event": f"e{number:08}", "account": account, "at": starts, "participants": 1, "reason": "domain"}
        )


def _row(table: Table, **given: Any) -> dict[str, Any]:
    """A row with what is given, and nothing in every other column that must have something."""
    nothing = {str: "", int: 0, float: 0.0, bool: False, datetime: None, list: [], dict: []}
    row = dict(given)
    for column in table.columns:
        if column.name not in row and not column.nullable:
            kind = getattr(column.type, "python_type", list)
            row[column.name] = nothing.get(kind, [])
    return row


def arrive(desk: Desk, conversations: int, changed: int) -> None:
    """Let the client write once more in some conversations, through the stages that come before."""
    with desk.store.reading() as connection:
        # A store that was kept gets mails it has not seen.
        held = connection.execute(select(func.count()).select_from(tables.message)).scalar_one()
        chance = Random(held)  # noqa: S311 - not a secret
        numbers = chance.sample(range(conversations), changed)
        wanted = tables.message.c.key.in_([f"m{number:08}0" for number in numbers])
        openings = list(connection.execute(select(tables.message).where(wanted)))
    items = [_chaser(row.message_id, row.sender, row.subject, n, chance) for n, row in enumerate(openings)]
    save_page(desk.store, "desk", Page(items=tuple(items), next_cursor={}), now=_NOW, screen=lambda _: "")
    stages.parse(desk)
    stages.read(desk)
    stages.attach(desk)


def _chaser(answers: str, sender: str, subject: str, number: int, chance: Random) -> RawMessage:
    at = _NOW - timedelta(minutes=chance.randrange(1, 4000))
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, chance.choice(_US), f"Re: {subject}"
    message["Date"], message["Message-ID"] = format_datetime(at), f"<new.{number}.{chance.random()}@mail.example>"
    message["In-Reply-To"] = message["References"] = f"<{answers}>"
    message.set_content("Any news on this? Could you please send it today?\n")
    data = message.as_bytes()
    return RawMessage(folder="INBOX", uid=message["Message-ID"], data=data, received_at=at, size=len(data))
