"""Four months of a small company's mail, made from a few sentences: the same every time."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

from dovecot import Dovecot
from engines import future_url
from small_desk import CONFIG, NOW, entry, mail

PEOPLE = ("ana", "ben", "cleo", "dora")
CLIENTS = ("tidewater", "bluepeak", "harbour", "quarry", "lantern", "meadow")
BOOK = "name,domains,owner\n" + "".join(
    f"{name.title()},{name}.example,{PEOPLE[n % 4]}@northwind.example\n" for n, name in enumerate(CLIENTS)
)
_THEIRS = (
    "Could you send us the drawings of the new crane by Friday?",
    "The second pump leaks again, this is the third time and we are not happy.",
    "When will the painters be on site?",
    "Thanks, that is all we need.",
    "Please check the attached list and tell us what is missing.",
    "Any news on this?",
    "Shall we meet next Tuesday at ten to look at the plan?",
    "We are waiting for your answer about the railing.",
)
_OURS = (
    "I will send you the drawings by Thursday.",
    "The list is complete, nothing is missing.",
    "Tuesday at ten is fine, see you at the pier.",
    "We looked into it and a technician comes tomorrow morning.",
    "Please find the offer attached.",
)


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail, and who has a copy: (own person, folder)."""

    name: str
    at: datetime
    data: bytes
    copies: tuple[tuple[str, str], ...]


def letters(conversations: int = 60, *, seed: int = 7, prefix: str = "c") -> Iterator[Letter]:
    """Write conversations of a client with one or two of us."""
    chance = Random(seed)  # noqa: S311 - the same mail every time
    for number in range(conversations):
        client, owner = chance.choice(CLIENTS), chance.choice(PEOPLE)
        colleague = chance.choice(PEOPLE)
        at = NOW - timedelta(days=chance.randrange(1, 60), minutes=chance.randrange(600))
        thread: list[str] = []
        for turn in range(chance.randrange(2, 8)):
            theirs = turn % 2 == 0 or chance.random() < 0.2
            name = f"{prefix}{number}.{turn}"
            us, them = f"{owner}@northwind.example", f"kim{number % 3}@{client}.example"
            recipients = [us if theirs else them, f"{colleague}@northwind.example"]
            at += timedelta(hours=chance.randrange(1, 30))
            yield Letter(
                name,
                min(at, NOW - timedelta(minutes=turn + 1)),
                mail(
                    name,
                    chance.choice(_THEIRS if theirs else _OURS) + f"\nIt is about number {number}.",
                    sender=them if theirs else us,
                    to=", ".join(dict.fromkeys(recipients)),
                    at=at,
                    subject=f"{'Re: ' if turn else ''}Matter {number}",
                    answers=thread[-6:],
                ),
                ((owner, "INBOX" if theirs else "Sent"), (colleague, "Projects/Copies")),
            )
            thread.append(name)


def fill(dovecot: Dovecot, folder: Path, users: dict[str, str], mails: list[Letter]) -> None:
    """Put copies where they belong: ana and ben on the server, cleo in a Maildir, dora in mbox files."""
    for letter in mails:
        for person, name in dict.fromkeys(letter.copies):
            if person in users:
                dovecot.deliver(users[person], name, letter.data, received_at=letter.at)
            elif person == "cleo":
                box = folder / "cleo" / ("" if name == "INBOX" else f".{name.replace('/', '.')}")
                for part in ("cur", "new", "tmp"):
                    (box / part).mkdir(parents=True, exist_ok=True)
                (box / "new" / f"{int(letter.at.timestamp())}.{letter.name}.host").write_bytes(letter.data)
            else:
                _append(folder / "dora" / f"{name.replace('/', '-')}.mbox", letter)


def _append(path: Path, letter: Letter) -> None:
    path.parent.mkdir(exist_ok=True)
    with path.open("ab") as file:
        file.write(f"From sender@host.example {letter.at:%a %b %d %H:%M:%S %Y}\n".encode() + letter.data + b"\n")
    # A file that changed a moment ago is read again: it may change once more in the same instant.
    os.utime(path, (NOW.timestamp(), NOW.timestamp()))


def calendar(number: int = 12) -> bytes:
    """One meeting a week, some still to come."""
    blocks = [
        entry(f"m{n}", f"Site visit {n}", starts_at=NOW - timedelta(days=7 * n - 10), sequence=n % 2).data.decode()
        for n in range(number)
    ]
    bodies = ["BEGIN:VEVENT" + block.partition("BEGIN:VEVENT")[2].rpartition("END:VCALENDAR")[0] for block in blocks]
    return ("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//N//T//EN\r\n" + "".join(bodies) + "END:VCALENDAR\r\n").encode()


def configure(folder: Path, dovecot: Dovecot, users: dict[str, str], *, more: str = "") -> Path:
    """Write a configuration that reads all of it."""
    folder.mkdir(exist_ok=True)
    (folder / "accounts.csv").write_text(BOOK, encoding="utf-8")
    sources = "".join(
        f'[[sources]]\nname = "{person}"\nkind = "imap"\nhost = "{dovecot.host}"\nport = {dovecot.port}\n'
        f'username = "{user}"\npassword = "{dovecot.password}"\nsecurity = "none"\n'
        f'owner = "{person}@northwind.example"\n'
        for person, user in users.items()
    )
    sources += '[[sources]]\nname = "cleo"\nkind = "maildir"\npath = "../cleo"\n'
    sources += '[[sources]]\nname = "dora"\nkind = "mbox"\npath = "../dora"\n'
    sources += (
        '[[sources]]\nname = "calendar"\nkind = "ics"\npath = "../calendar.ics"\nowner = "ana@northwind.example"\n'
    )
    store = f'[store]\nurl = "{future_url(folder)}"\n'
    (folder / "accountline.toml").write_text(CONFIG + store + sources + more, encoding="utf-8")
    return folder / "accountline.toml"
