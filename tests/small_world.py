"""A month of a small agency as its servers would tell it: mails, calendar entries, notes and acts, each a fact.

Facts of one place (a UID in a folder) come in their order; everything else may come in any. What a fact means must not
depend on when it came.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, formataddr
from typing import Any

from domain.sources import Deleted, Item, RawEvent, RawMessage

ANA, BEN = "ana@northwind.example", "ben@northwind.example"
MARA, TOM = "mara@tidewater.example", "tom@tidewater.example"
LENA = "lena@bluepeak.example"
PRINTER = "orders@printer.example"
MONDAY = datetime(2026, 3, 2, tzinfo=UTC)


@dataclass(frozen=True)
class Fact:
    """Something a source hands out.

    Attributes:
        name: For reading a failed example.
        source: Which source.
        item: What it hands out; of several with the same place, the later one counts.
    """

    name: str
    source: str
    item: Item

    @property
    def place(self) -> tuple[str, str, str]:
        """Where it lies."""
        return self.source, self.item.folder, self.item.uid

    def __repr__(self) -> str:
        return f"<{self.name}>"


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """Return an instant of March 2026."""
    return MONDAY + timedelta(days=day - 2, hours=hour, minutes=minute)


def letter(
    name: str,
    sender: str,
    to: str,
    when: datetime,
    text: str,
    *,
    subject: str = "Offer for the pier",
    answers: Sequence[str] = (),
    cc: str = "",
    attached: str = "",
    headers: Sequence[tuple[str, str]] = (),
) -> EmailMessage:
    """Write a mail called ``<name@host.example>``."""
    message = EmailMessage(policy=SMTP)
    message["From"] = formataddr((sender.partition("@")[0].title(), sender))
    message["To"] = to
    if cc:
        message["Cc"] = cc
    message["Subject"] = subject
    message["Date"] = format_datetime(when)
    message["Message-ID"] = f"<{name}@host.example>"
    if answers:
        named = [f"<{earlier}@host.example>" for earlier in answers]
        message["In-Reply-To"], message["References"] = named[-1], " ".join(named)
    for header, value in headers:
        message[header] = value
    message.set_content(f"{text}\n")
    if attached:
        message.add_attachment(b"%PDF-1.7", maintype="application", subtype="pdf", filename=attached)
    return message


def delivered(source: str, message: EmailMessage, when: datetime, *, folder: str = "INBOX", copy: str = "") -> Fact:
    """Let a mail lie in a source."""
    name = message["Message-ID"].strip("<>").partition("@")[0] + copy
    data = bytes(message)
    return Fact(
        f"{name} in {source}", source, RawMessage(folder=folder, uid=name, data=data, received_at=when, size=len(data))
    )


def gone(fact: Fact) -> Fact:
    """Remove an item from the server."""
    return Fact(f"{fact.name} gone", fact.source, Deleted(folder=fact.item.folder, uid=fact.item.uid))


def meeting(
    source: str,
    uid: str,
    title: str,
    starts: datetime,
    people: Iterable[str],
    *,
    sequence: int = 0,
    status: str = "CONFIRMED",
    organizer: str = ANA,
) -> Fact:
    """Put an hour into a calendar."""
    data = _calendar("", uid, title, starts, people, sequence=sequence, status=status, organizer=organizer)
    name = f"{title} {sequence} in {source}"
    return Fact(name, source, RawEvent(folder="calendar", uid=uid, data=data, size=len(data), etag=str(sequence)))


def _calendar(
    method: str,
    uid: str,
    title: str,
    starts: datetime,
    people: Iterable[str],
    *,
    sequence: int,
    status: str,
    organizer: str,
) -> bytes:
    stamp = at(1, 8) + timedelta(hours=sequence)
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Northwind//tests//EN",
        *([f"METHOD:{method}"] if method else []),
        "BEGIN:VEVENT",
        f"UID:{uid}",
        f"SEQUENCE:{sequence}",
        f"DTSTAMP:{stamp:%Y%m%dT%H%M%SZ}",
        f"DTSTART:{starts:%Y%m%dT%H%M%SZ}",
        f"DTEND:{starts + timedelta(hours=1):%Y%m%dT%H%M%SZ}",
        f"SUMMARY:{title}",
        f"STATUS:{status}",
        f"ORGANIZER:mailto:{organizer}",
        *(f"ATTENDEE:mailto:{person}" for person in people),
        "END:VEVENT",
        "END:VCALENDAR",
        "",
    ]
    return "\r\n".join(lines).encode()


def invitation(
    name: str,
    method: str,
    sender: str,
    to: str,
    when: datetime,
    *,
    uid: str,
    title: str,
    starts: datetime,
    sequence: int = 0,
) -> EmailMessage:
    """Write a calendar program's mail (RFC 5546)."""
    message = letter(name, sender, to, when, "", subject=title)
    status = "CANCELLED" if method == "CANCEL" else "CONFIRMED"
    told = _calendar(method, uid, title, starts, [sender, to], sequence=sequence, status=status, organizer=sender)
    message.add_alternative(told.decode(), subtype="calendar", params={"method": method})
    return message


def bounce(name: str, of: str, failed: str, when: datetime) -> EmailMessage:
    """Write what a mail server sends back (RFC 3464)."""
    headers = [("Auto-Submitted", "auto-replied")]
    text = f"Delivery has failed to these recipients:\n\n{failed}\nUser unknown (5.1.1)."
    return letter(
        name,
        "mailer-daemon@northwind.example",
        ANA,
        when,
        text,
        subject="Undelivered Mail Returned to Sender",
        answers=[of],
        headers=headers,
    )


def post(  # noqa: PLR0917
    source: str,
    name: str,
    sender: str,
    to: str,
    when: datetime,
    text: str,
    *,
    folder: str = "INBOX",
    **more: Any,
) -> Fact:
    """Write a mail and let it lie in a source."""
    return delivered(source, letter(name, sender, to, when, text, **more), when, folder=folder)


def _offer() -> Iterator[Fact]:
    """Asked, discussed, passed on, answered in vain, chased, answered."""
    ask = letter("ask", MARA, ANA, at(2, 9), "Could you please send us the revised offer by Friday?")
    yield delivered("desk", ask, at(2, 9))
    yield delivered("archive", ask, at(2, 9, 5))
    yield post("desk", "talk", ANA, BEN, at(2, 11), "What do you think of this?", answers=["ask"], folder="Sent")
    yield post("desk", "passed", ANA, PRINTER, at(2, 12), "Can you quote?", subject="Fwd: Offer", answers=["ask"])
    reply: dict[str, Any] = {"answers": ["ask"], "attached": "offer.pdf"}
    yield post("desk", "reply", BEN, MARA, at(3, 10), "The revised offer is attached.", **reply)
    echo = letter(
        *("reply", BEN, MARA, at(3, 10), "The revised offer is attached."),
        **reply,
        subject="[pier] Offer for the pier",
        headers=[("List-Id", "pier <pier.northwind.example>")],
    )
    yield delivered("archive", echo, at(3, 10, 1), copy=" echoed")
    yield delivered("desk", bounce("bounced", "reply", MARA, at(3, 10, 3)), at(3, 10, 3))
    yield post("desk", "chaser", MARA, ANA, at(5, 9), "Any news on the offer?", answers=["ask"])
    yield (sent := post("desk", "late", ANA, MARA, at(5, 15), "Here it is.", answers=["chaser"], attached="o.pdf"))
    yield gone(sent)
    yield post("desk", "thanks", MARA, ANA, at(6, 8), "Thanks, got it!", answers=["late"])


def _leak() -> Iterator[Fact]:
    """A complaint, acknowledged with a promise, kept late; the client writes from elsewhere, too, and is away."""
    pump = {"subject": "Pump"}
    words = "The pump you delivered is broken and leaks oil, we are very unhappy about this."
    yield post("desk", "broken", TOM, ANA, at(4, 10), words, cc=MARA, **pump)
    sorry = "I am sorry to hear that. We will look into it and get back to you by Thursday."
    yield post("desk", "sorry", ANA, TOM, at(4, 11), sorry, answers=["broken"], **pump)
    private: dict[str, Any] = {"answers": ["broken", "sorry"], "cc": MARA}
    yield post("desk", "private", "tom.tide@gmail.com", ANA, at(5, 20), "What about the pump?", **private, **pump)
    yield post(
        *("desk", "away", MARA, ANA, at(4, 11, 1), "I am out of the office and will be back on 16 March 2026."),
        subject="Automatic reply: Pump",
        answers=["sorry"],
        headers=[("Auto-Submitted", "auto-replied")],
    )
    yield post("archive", "again", ANA, TOM, at(9, 9), "Could you send us a photo of the pump?", subject="Re: Pump")
    done = "The new pump was shipped this morning and the leak is fixed."
    yield post("desk", "done", ANA, TOM, at(10, 9), done, answers=["broken"], subject="RE: Pump")


def _both() -> Iterator[Fact]:
    """Two clients in one conversation, a meeting agreed with both, and a reply to one of them."""
    plans = "Shall we meet on Tuesday, 17 March 2026 at 10:00 to go through the plans?"
    yield post("desk", "plans", LENA, f"{ANA}, {MARA}", at(9, 10), plans, subject="Plans")
    agreed = "Confirmed, see you on Tuesday, 17 March 2026 at 10:00."
    yield post("desk", "agreed", ANA, LENA, at(9, 12), agreed, answers=["plans"], subject="Re: Plans", cc=MARA)
    yield post("desk", "also", MARA, ANA, at(10, 8), "Please send me the drawings as well.", answers=["plans"], cc=LENA)
    only = "Lena, the drawings will follow tomorrow."
    yield post("desk", "only", ANA, LENA, at(10, 9), only, answers=["agreed"], folder="Sent")


def _meetings() -> Iterator[Fact]:
    """Held with two clients, moved, cancelled, known from mail only; one is recorded by a mail, two were promised."""
    yield meeting("ana-calendar", "review", "Pier review", at(3, 9), [ANA, BEN, MARA, LENA])
    yield meeting("ben-calendar", "review", "Pier review", at(3, 9), [ANA, BEN, MARA, LENA])
    recap = "Thank you for the meeting. We decided to start in May and agreed on the budget; minutes are attached."
    yield post("desk", "recap", BEN, MARA, at(4, 15), recap, subject="Minutes: Pier review", attached="minutes.pdf")
    yield post("desk", "ring", ANA, TOM, at(3, 10), "I will call you tomorrow about the crane.", subject="Crane")
    yield post("desk", "show", BEN, LENA, at(3, 11), "I will walk you through the site on Thursday.", subject="Site")
    yield meeting("ana-calendar", "crane", "Crane talk", at(4, 9), [ANA, TOM])
    yield (moved := meeting("ana-calendar", "crane", "Crane talk", at(6, 9), [ANA, TOM], sequence=1))
    yield gone(moved)
    yield meeting("ben-calendar", "tour", "Site tour", at(5, 9), [BEN, LENA], organizer=BEN)
    budget: dict[str, Any] = {"uid": "budget", "title": "Budget", "starts": at(4, 14)}
    yield delivered("desk", invitation("inv", "REQUEST", MARA, ANA, at(2, 8), **budget), at(2, 8))
    yield delivered("archive", invitation("off", "CANCEL", MARA, ANA, at(3, 8), sequence=1, **budget), at(3, 8))
    thanks = "Thanks for the call yesterday, it was very helpful."
    yield post("desk", "spoken", LENA, BEN, at(6, 9), thanks, subject="Call")
    confirm = "You are welcome. Could you confirm the date?"
    yield post("desk", "lost", BEN, LENA, at(6, 10), confirm, subject="Re: Call", folder="Sent")


def _elsewhere() -> Iterator[Fact]:
    """Asked in one conversation, answered in a new one; and asked about two things, one of which is answered."""
    price = "Could you send us the price list for steel fenders?"
    yield post("desk", "price", MARA, BEN, at(11, 9), price, subject="Steel fenders")
    sent = "Here is the price list for steel fenders you asked for."
    yield post("archive", "sent", BEN, MARA, at(11, 15), sent, subject="Price list steel fenders", attached="list.pdf")
    two = "Could you send us the invoice for January? And when will the crane arrive in the harbour?"
    yield post("desk", "two", TOM, ANA, at(12, 9), two, subject="Invoice and crane")
    one = "The crane arrives in the harbour on Monday."
    yield post("desk", "one", ANA, TOM, at(12, 10), one, answers=["two"], folder="Sent")


_STORIES: tuple[Callable[[], Iterator[Fact]], ...] = (_offer, _leak, _both, _meetings, _elsewhere)
WORLD: tuple[Fact, ...] = tuple(fact for story in _STORIES for fact in story())
"""Every fact, those of one place in their order."""

SOURCES = {"desk": "maildir", "archive": "mbox", "ana-calendar": "ics", "ben-calendar": "ics"}
