"""A working folder as users have it, written letter by letter, and the questions they ask about it.

Everything is real: mails lie in a Maildir or as ``.eml`` files, meetings in ``.ics`` files, and a run reads them into
a store. The calendar is the week of Monday, 2 March 2026; ``"Tue 10:00"`` is ten o'clock on that Tuesday in Berlin.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, formataddr
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from engines import empty_store

from flows.clocks import stored_calendars
from flows.once import ingest_once
from flows.settings import load_settings
from store import queries
from store.database import open_store

ANA, BEN, DESK = "ana@northwind.example", "ben@northwind.example", "desk@northwind.example"
NINA, OLE = "nina@acme.example", "ole@acme.example"
JURGEN, PETRA = "juergen@borealis.example", "petra@borealis.example"
KIRA = "kira@calder.example"

COMPANY = """
[company]
name = "Northwind Agency"
domains = ["northwind.example"]
identities = ["team@old-northwind.example"]
timezone = "Europe/Berlin"

[store]
url = "sqlite:///accountline.db"

[accounts]
book = "accounts.csv"

[response]
hours = ["Mon-Fri 09:00-18:00"]
targets = { complaint = "4h", request = "8h", other = "16h" }

[response.tiers.everything]
answer = "everything"
"""
FILES = """
[[sources]]
name = "letters"
kind = "eml"
path = "letters"

[[sources]]
name = "mail"
kind = "maildir"
path = "mail"
"""
CALENDAR = """
[[sources]]
name = "{name}-calendar"
kind = "ics"
path = "{name}.ics"
owner = "{owner}"
"""
BOOK = """name,domains,contacts,tier,owner,timezone,allow
Acme,acme.example,nina.private@gmx.example;nina.acme@gmail.com,standard,ana@northwind.example,,tickets@acme.example
Borealis,borealis.example,,standard,ben@northwind.example,Europe/Vienna,
Calder,calder.example,,key,ana@northwind.example,America/New_York,
Dorn,dorn.example,,everything,ben@northwind.example,,
"""

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def at(text: str, zone: str = "Europe/Berlin") -> datetime:
    """Read ``"Tue 10:00"``; ``"next Tue 10:00"`` and ``"last Tue 10:00"`` are a week later and earlier."""
    *week, day, clock = text.split()
    days = _DAYS.index(day) + {"": 0, "next": 7, "last": -7}["".join(week)]
    hour, minute = map(int, clock.split(":"))
    return datetime(2026, 3, 2, hour, minute, tzinfo=ZoneInfo(zone)) + timedelta(days=days)


class DeskFolder:
    """A configured folder; what is written into it is read at the next question."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.config = path / "accountline.toml"
        self._calendars: dict[str, list[str]] = {}
        self._letters: dict[str, EmailMessage] = {}
        self._new = True
        for name in ("letters", "mail/cur", "mail/new", "mail/tmp"):
            (path / name).mkdir(parents=True)
        (path / "accounts.csv").write_text(BOOK, "utf-8")
        self.config.write_text(COMPANY + FILES, "utf-8")

    def mail(
        self,
        sender: str,
        to: str | Sequence[str],
        when: str | datetime,
        text: str,
        *,
        subject: str = "",
        answers: str = "",
        cc: str | Sequence[str] = (),
        dated: datetime | None = None,
        name: str = "",
        file: str = "eml",
        attached: str = "",
        html: str = "",
        headers: Sequence[tuple[str, str]] = (),
    ) -> str:
        """Write a mail and return its Message-ID, without brackets.

        Args:
            sender: Address of the writer.
            to: Address or addresses.
            when: When the server received it.
            text: The body as typed, with whatever quotes and signature it has.
            subject: That of the mail answered when left out.
            answers: Message-ID of the mail it answers.
            cc: Address or addresses.
            dated: The Date header, when it differs from the time of receipt.
            name: Display name of the sender.
            file: ``eml``, or the Maildir folder to deliver to (``""`` is the inbox).
            attached: File name of an attachment.
            html: The body as HTML, which is then all there is.
            headers: Further ones.
        """
        received = at(when) if isinstance(when, str) else when
        message = EmailMessage(policy=SMTP)
        message_id = f"{len(self._letters) + 1}.{received:%d%H%M}@{sender.partition('@')[2]}"
        original = self._letters.get(answers)
        message["Received"] = (
            f"from mx.example by mail.northwind.example with ESMTPS id {len(self._letters)}; "
            f"{format_datetime(received)}"
        )
        message["Date"] = format_datetime(dated or received)
        message["From"] = formataddr((name or sender.partition("@")[0].title(), sender))
        message["To"] = _addresses(to)
        if cc:
            message["Cc"] = _addresses(cc)
        message["Subject"] = subject or (f"Re: {original['Subject']}" if original else "Spring campaign")
        message["Message-ID"] = f"<{message_id}>"
        if answers:
            message["In-Reply-To"] = f"<{answers}>"
            known = original["References"] or "" if original else ""
            message["References"] = f"{known} <{answers}>".strip()
        for header, value in headers:
            message[header] = value
        if html:
            message.set_content(html, subtype="html")
        else:
            message.set_content(text)
        if attached:
            message.add_attachment(b"%PDF-1.7 a few bytes", maintype="application", subtype="pdf", filename=attached)
        self._letters[message_id] = message
        self._deliver(message, received, file)
        return message_id

    def answer_meeting(self, sender: str, to: str, when: str, *, answers: str, accepted: bool) -> str:
        """Write the iTIP reply a calendar program sends (RFC 5546)."""
        invitation = EmailMessage(policy=SMTP)
        word, partstat = ("Accepted", "ACCEPTED") if accepted else ("Declined", "DECLINED")
        message_id = f"reply.{len(self._letters)}@{sender.partition('@')[2]}"
        for header, value in (
            ("Received", f"from a by b; {format_datetime(at(when))}"),
            ("Date", format_datetime(at(when))),
            ("From", sender),
            ("To", to),
            ("Subject", f"{word}: {self._letters[answers]['Subject']}"),
            ("Message-ID", f"<{message_id}>"),
            ("In-Reply-To", f"<{answers}>"),
            ("References", f"<{answers}>"),
        ):
            invitation[header] = value
        invitation.set_content("")
        told = _event("Review", at("next Tue 10:00"), uid="r", minutes=60, organizer=to, people={sender: partstat})
        reply = _ics([told], method="REPLY")
        invitation.add_alternative(reply, subtype="calendar", params={"method": "REPLY"})
        self._letters[message_id] = invitation
        self._deliver(invitation, at(when), "eml")
        return message_id

    def calendar_mail(
        self,
        sender: str,
        to: str,
        when: str,
        method: str,
        *,
        title: str = "Contract talk",
        starts: str = "Tue 10:00",
        uid: str = "contract",
        organizer: str = "",
        people: Sequence[str] | dict[str, str] = (),
        more: str = "",
        name: str = "",
    ) -> str:
        """Write an iTIP mail (RFC 5546) and return its Message-ID.

        Args:
            sender: From address.
            to: Recipient.
            when: When the server received it; also its DTSTAMP.
            method: REQUEST, CANCEL, REPLY, COUNTER or ADD.
            title: SUMMARY.
            starts: Start of the hour it is about.
            uid: The iCalendar UID.
            organizer: The sender when left out.
            people: Attendees who have not answered, or attendees with their PARTSTAT.
            more: Further lines of the VEVENT.
            name: Makes the Message-ID; counted when left out.
        """
        message = EmailMessage(policy=SMTP)
        message_id = f"{name or f'itip.{len(self._letters)}'}@{sender.partition('@')[2]}"
        for header, value in (
            ("Received", f"from a by b; {format_datetime(at(when))}"),
            ("Date", format_datetime(at(when))),
            ("From", sender),
            ("To", to),
            ("Subject", title),
            ("Message-ID", f"<{message_id}>"),
        ):
            message[header] = value
        message.set_content("")
        answers = people if isinstance(people, dict) else dict.fromkeys(people, "NEEDS-ACTION")
        stamp = f"{at(when).astimezone(UTC):%Y%m%dT%H%M%SZ}"
        told = _event(title, at(starts), uid=uid, minutes=60, organizer=organizer or sender, people=answers, more=more)
        told = told.replace("DTSTAMP:20260101T000000Z", f"DTSTAMP:{stamp}")
        message.add_alternative(_ics([told], method=method), subtype="calendar", params={"method": method})
        self._letters[message_id] = message
        self._deliver(message, at(when), "eml")
        return message_id

    def meeting(
        self,
        owner: str,
        title: str,
        when: str,
        people: Sequence[str] | dict[str, str],
        *,
        minutes: int = 60,
        more: str = "",
        uid: str = "",
    ) -> None:
        """Put a meeting into somebody's calendar.

        Args:
            owner: Whose calendar; also the organizer.
            title: Of the meeting.
            when: Its start.
            people: Attendees, or attendees with their PARTSTAT.
            minutes: How long it takes.
            more: Further lines of the VEVENT.
            uid: The iCalendar UID, made from the title when left out.
        """
        answers = people if isinstance(people, dict) else dict.fromkeys(people, "ACCEPTED")
        events = self._calendars.setdefault(owner, [])
        events.append(
            _event(
                title,
                at(when),
                uid=uid or title.replace(" ", "-"),
                minutes=minutes,
                organizer=owner,
                people=answers,
                more=more,
            )
        )
        name = owner.partition("@")[0]
        (self.path / f"{name}.ics").write_bytes(_ics(events).encode())
        if len(events) == 1:
            self.configure(CALENDAR.format(name=name, owner=owner))
        self._new = True

    def configure(self, lines: str) -> None:
        """Add to the configuration."""
        self.config.write_text(self.config.read_text("utf-8") + lines, "utf-8")

    def ingest(self, now: str | datetime) -> dict[str, Any]:
        """Read all sources."""
        self._new = False
        if not (store := self.path / "accountline.db").exists():
            store.write_bytes(empty_store())
        return ingest_once(load_settings(self.config), None, at(now) if isinstance(now, str) else now)

    def overdue(self, now: str, **wanted: Any) -> list[dict[str, Any]]:
        """Ask who waits."""
        return self._ask(now, "overdue", elapsed=True, **wanted)  # type: ignore[no-any-return]

    def promises(self, now: str, **wanted: Any) -> list[dict[str, Any]]:
        """Ask what was promised."""
        return self._ask(now, "promises", coverage=False, **wanted)  # type: ignore[no-any-return]

    def complaints(self, now: str, **wanted: Any) -> list[dict[str, Any]]:
        """Ask what clients complained about."""
        return self._ask(now, "complaints", coverage=False, **wanted)  # type: ignore[no-any-return]

    def waiting(self, now: str) -> list[str]:
        """Ask which mails wait: their Message-IDs."""
        return [row["message_id"] for row in self.overdue(now)]

    def unrecorded(self, now: str) -> list[tuple[str, str]]:
        """Ask which meetings went unrecorded: what kind, and its title."""
        rows = self._ask(now, "meetings", unrecorded=True)
        return [(row["gap"], row["title"]) for row in rows]

    def explain(self, named: str, now: str) -> dict[str, Any]:
        """Ask why something is where it is."""
        return self._ask(now, "explain", named, elapsed=True)  # type: ignore[no-any-return]

    def timeline(self, account: str, now: str) -> list[dict[str, Any]]:
        """Ask what happened with an account."""
        return self._ask(now, "timeline", account, coverage=False)["entries"]  # type: ignore[no-any-return]

    def _ask(
        self, now: str, question: str, *named: str, elapsed: bool = False, coverage: bool = True, **wanted: Any
    ) -> Any:
        if self._new:
            self.ingest(now)
        settings = load_settings(self.config)
        if coverage:
            wanted["stale_after"] = settings.stale_after()
        with open_store(settings.store_url, read_only=True) as store:
            if elapsed:
                wanted["elapsed"] = stored_calendars(settings, store).elapsed
            return getattr(queries, question)(store, *named, now=at(now).astimezone(UTC), **wanted)

    def _deliver(self, message: EmailMessage, received: datetime, file: str) -> None:
        self._new = True
        number = len(self._letters)
        if file == "eml":
            target = self.path / "letters" / f"{number:03}.eml"
        else:
            folder = self.path / "mail" / file
            for part in ("cur", "new", "tmp"):
                (folder / part).mkdir(parents=True, exist_ok=True)
            target = folder / "cur" / f"{int(received.timestamp())}.M{number}.desk:2,S"
        target.write_bytes(bytes(message))


@pytest.fixture
def desk(tmp_path: Path) -> DeskFolder:
    """Make an empty folder."""
    return DeskFolder(tmp_path)


def _addresses(named: str | Sequence[str]) -> str:
    return named if isinstance(named, str) else ", ".join(named)


def _event(
    title: str, starts: datetime, *, uid: str, minutes: int, organizer: str, people: dict[str, str], more: str = ""
) -> str:
    ends = starts + timedelta(minutes=minutes)
    lines = [
        "BEGIN:VEVENT",
        f"UID:{uid}",
        "DTSTAMP:20260101T000000Z",
        f"DTSTART;TZID=Europe/Berlin:{starts:%Y%m%dT%H%M%S}",
        f"DTEND;TZID=Europe/Berlin:{ends:%Y%m%dT%H%M%S}",
        f"SUMMARY:{title}",
        f"ORGANIZER:mailto:{organizer}",
        *(f"ATTENDEE;PARTSTAT={answer}:mailto:{address}" for address, answer in people.items()),
        *more.splitlines(),
        "END:VEVENT",
    ]
    return "\r\n".join(line for line in lines if line)


def _ics(events: Sequence[str], method: str = "") -> str:
    head = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//test//EN", f"METHOD:{method}" if method else ""]
    return "\r\n".join([*(line for line in head if line), *events, "END:VCALENDAR", ""])
