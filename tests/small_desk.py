"""A small company, its mail in a few words, and a store to put it into: what the tests of the store begin with."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engines import store_url
from sqlalchemy import text
from store_dump import Dump, dump

from domain.sources import Cursor, Item, Listing, Page, RawEvent, RawItem, RawMessage
from flows import stages
from flows.composition import Desk
from flows.reattaching import take_over_book
from flows.settings import load_settings
from store.pages import Saved, begin_source, end_source, save_page

if TYPE_CHECKING:
    from spacy.language import Language

NOW = datetime(2026, 3, 12, 9, tzinfo=UTC)  # a Thursday
CONFIG = """\
[company]
name = "Northwind Agency"
domains = ["northwind.example"]
timezone = "Europe/Berlin"
"""
BOOK = """\
name,domains,contacts,owner
Tidewater,tidewater.example,,ana@northwind.example
Bluepeak,bluepeak.example,,ben@northwind.example
"""
ASK = "Could you please send us the revised offer by Friday?"
COMPLAINT = "The pump you delivered is broken and leaks oil, we are very unhappy about this."


class SmallDesk:
    """A configuration with an account book, and the stages of a run one by one."""

    def __init__(self, folder: Path, *, now: datetime = NOW, sources: str = "", book: str = BOOK) -> None:
        folder.mkdir(exist_ok=True)
        self.config = folder / "accountline.toml"
        (folder / "accounts.csv").write_text(book, encoding="utf-8")
        self.path = folder / "accountline.db"
        self.url = store_url(folder)
        self.config.write_text(f'{CONFIG}[store]\nurl = "{self.url}"\n{sources}', encoding="utf-8")
        self.desk = Desk(load_settings(self.config), now=now)
        self.desk.nlp = pipeline()
        self.store = self.desk.store
        take_over_book(self.store, self.desk.settings.company, list(self.desk.book.accounts.values()))

    def connect(self, *names: str, kind: str = "maildir", owner: str = "") -> None:
        """Make sources known."""
        for name in names:
            begin_source(self.store, name, kind, owner, now=self.desk.now)
            end_source(self.store, name, state="ok", now=self.desk.now)

    def save(
        self,
        name: str,
        *items: Item,
        cursor: Cursor | None = None,
        listings: Iterable[Listing] = (),
    ) -> Saved:
        """Save one page without leaving anything out."""
        page = Page(items=items, next_cursor=cursor or {}, listings=tuple(listings))
        return save_page(self.store, name, page, now=self.desk.now, screen=keep_all)

    def understand(self) -> None:
        """Run every stage after fetching."""
        for stage in (stages.parse, stages.read, stages.attach, stages.index, stages.settle, stages.meet):
            stage(self.desk)

    def dump(self) -> Dump:
        """Everything that is stored."""
        return dump(self.url)

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """Ask the database itself."""
        with self.store.reading() as connection:
            return [tuple(row) for row in connection.execute(text(sql))]

    def close(self) -> None:
        """Give the store back."""
        self.desk.close()


@cache
def pipeline() -> "Language":
    """The language pipeline, loaded once for all tests."""
    from extraction.pipeline import load_pipeline  # noqa: PLC0415 - brings spaCy

    return load_pipeline()


def keep_all(_item: RawItem) -> str:
    """A screen that leaves nothing out."""
    return ""


def mail(
    name: str,
    body: str = ASK,
    *,
    sender: str = "mara@tidewater.example",
    to: str = "ana@northwind.example",
    at: datetime = NOW - timedelta(days=2),
    subject: str = "Offer for the pier",
    answers: Iterable[str] = (),
) -> bytes:
    """Write a mail whose Message-ID is ``<name@host.example>``; ``answers`` are such names, oldest first."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, to, subject
    message["Date"] = at
    if name:
        message["Message-ID"] = f"<{name}@host.example>"
    answered = [f"<{earlier}@host.example>" for earlier in answers]
    if answered:
        message["In-Reply-To"] = answered[-1]
        message["References"] = " ".join(answered)
    message.set_content(f"{body}\n")
    return message.as_bytes()


def raw(
    uid: str, data: bytes, *, folder: str = "INBOX", etag: str = "", received_at: datetime | None = None
) -> RawMessage:
    """A mail as a source hands it out."""
    return RawMessage(folder=folder, uid=uid, data=data, received_at=received_at, size=len(data), etag=etag)


def entry(uid: str, title: str, *, starts_at: datetime, sequence: int = 0, more: str = "", etag: str = "1") -> RawEvent:
    """A calendar entry of one hour with Ana and Mara."""
    begins, ends = (f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}" for at in (starts_at, starts_at + timedelta(hours=1)))
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Northwind//tests//EN",
        "BEGIN:VEVENT",
        f"UID:{uid}",
        f"SEQUENCE:{sequence}",
        "DTSTAMP:20260301T080000Z",
        f"DTSTART:{begins}",
        f"DTEND:{ends}",
        f"SUMMARY:{title}",
        "ORGANIZER:mailto:ana@northwind.example",
        "ATTENDEE:mailto:ana@northwind.example",
        "ATTENDEE:mailto:mara@tidewater.example",
        *([more] if more else []),
        "END:VEVENT",
        "END:VCALENDAR",
        "",
    ]
    data = "\r\n".join(lines).encode()
    return RawEvent(folder="calendar", uid=uid, data=data, size=len(data), etag=etag)
