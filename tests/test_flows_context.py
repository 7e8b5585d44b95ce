"""A mail is understood the same in the store as by ``extract``: with what it answers, and who writes to whom."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from small_desk import NOW, SmallDesk, mail, raw
from sqlalchemy import text

from flows import stages
from flows.composition import Desk
from flows.extract import extract_files
from flows.settings import load_settings
from store.parsing import drop_messages

ANA, MARA = "ana@northwind.example", "mara@tidewater.example"
PROPOSAL = "Would Thursday at 10 suit you for a call?"
YES = "Yes, that works for me."
QUOTED = f"{YES}\n\nOn Mon, 9 Mar 2026 at 10:00, Ana Berg <{ANA}> wrote:\n> {PROPOSAL}"
MONDAY = datetime(2026, 3, 9, 9, tzinfo=UTC)

MAILS = {
    "a client asks": mail("one", "Could you send us the revised offer by Friday?"),
    "one of us promises": mail("two", "I will send you the drawings tomorrow.", sender=ANA, to=MARA),
    "a client complains": mail("three", "The second delivery was late again and two crates were broken."),
    "one of us apologises": mail("four", "I am sorry that the delivery was late again.", sender=ANA, to=MARA),
    "an answer quotes": mail("five", QUOTED),
    "in German": mail("six", "Könnten Sie uns bitte bis Freitag das Angebot schicken? Vielen Dank für Ihre Mühe!"),
    "forwarded": mail(
        "seven",
        "Please have a look.\n\n---------- Forwarded message ---------\nFrom: Leo <leo@else.example>\n"
        "Date: Mon, 9 Mar 2026 at 10:00\nSubject: Visit\nTo: Mara <mara@tidewater.example>\n\nShall we meet on Friday?",
    ),
    "nothing asked": mail("eight", "Thanks, all received.\n\nBest,\nMara"),
}

NAMES = ("one", "two", "three", "four", "five", "six", "seven", "eight")


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[SmallDesk]:
    """A store with one source."""
    desk = SmallDesk(tmp_path)
    desk.connect("mail")
    yield desk
    desk.close()


def ingest(desk: SmallDesk, *mails: bytes) -> None:
    """Take mails in, as a run does after fetching."""
    desk.save("mail", *[raw(f"{len(data)}-{hash(data)}", data) for data in mails])
    stages.parse(desk.desk)
    stages.read(desk.desk)


def stored(desk: SmallDesk, name: str) -> list[tuple[Any, ...]]:
    """What the store knows of one mail."""
    query = text(
        'SELECT kind, start, "end", quote, round(score, 4), rule FROM signal JOIN message ON message.key = message'
        " WHERE message_id = :id ORDER BY position"
    )
    with desk.store.reading() as connection:
        return [tuple(row) for row in connection.execute(query, {"id": f"{name}@host.example"})]


def extracted(desk: SmallDesk, data: bytes) -> list[tuple[Any, ...]]:
    """What ``extract --config`` says of a mail."""
    file = desk.path.with_name("mail.eml")
    file.write_bytes(data)
    (said,) = extract_files([file], load_settings(desk.config))
    return [tuple(s[k] for k in ("kind", "start", "end", "quote", "score", "rule")) for s in said["signals"]]


@pytest.mark.parametrize(("name", "data"), list(zip(NAMES, MAILS.values(), strict=True)), ids=list(MAILS))
def test_store_and_extract_agree(desk: SmallDesk, name: str, data: bytes) -> None:
    """One reading, however a mail comes in."""
    ingest(desk, *MAILS.values())

    assert stored(desk, name) == extracted(desk, data)


PROPOSING = mail("offer", PROPOSAL, sender=ANA, to=MARA, at=MONDAY)
ACCEPTING = mail("yes", YES, at=MONDAY + timedelta(hours=2), answers=["offer"])
QUOTING = mail("yes", QUOTED, at=MONDAY + timedelta(hours=2), answers=["offer"])


def test_an_answer_that_quotes_nothing_is_read_with_the_mail_it_answers(desk: SmallDesk) -> None:
    """As if it had quoted that mail."""
    ingest(desk, PROPOSING, ACCEPTING)

    assert stored(desk, "yes") == extracted(desk, QUOTING) != extracted(desk, ACCEPTING)


def test_an_answer_is_read_again_when_the_mail_it_answers_comes_later(desk: SmallDesk) -> None:
    """The order of arrival does not matter."""
    ingest(desk, ACCEPTING)
    alone = stored(desk, "yes")
    ingest(desk, PROPOSING)

    assert alone == extracted(desk, ACCEPTING)
    assert stored(desk, "yes") == extracted(desk, QUOTING)


def test_an_answer_is_read_again_when_the_mail_it_answers_is_gone(desk: SmallDesk) -> None:
    """Nothing is left of a mail that was removed."""
    ingest(desk, PROPOSING, ACCEPTING)
    with desk.store.writing() as connection:
        (key,) = connection.execute(text("SELECT key FROM message WHERE message_id = 'offer@host.example'")).scalars()
        drop_messages(connection, [key])
    stages.read(desk.desk)

    assert stored(desk, "yes") == extracted(desk, ACCEPTING)


def test_a_mail_further_back_is_not_what_is_answered(desk: SmallDesk) -> None:
    """The nearest mail named is answered; where it is not held, nothing is known."""
    ingest(desk, PROPOSING, mail("yes", YES, at=MONDAY + timedelta(hours=2), answers=["offer", "lost"]))

    assert stored(desk, "yes") == extracted(desk, ACCEPTING)


def test_signals_are_read_again_when_somebody_else_is_us(desk: SmallDesk) -> None:
    """Who writes counts, so the own side is part of their version."""
    before = desk.desk.signals_version
    desk.config.write_text(desk.config.read_text().replace('["northwind.example"]', '["nw-help.example"]'))

    assert Desk(load_settings(desk.config), now=NOW).signals_version != before
