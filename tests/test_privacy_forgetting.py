"""Erasing a person (SEMANTICS 7, criterion 3 of privacy): afterwards the raw files are searched."""

import sqlite3
from contextlib import closing
from typing import Any

import pytest
from desk import ANA, NINA, OLE, DeskFolder, at
from raw_bytes import files_holding, packed_frames

from domain.acts import Act, ActKind
from domain.errors import ConfigError
from domain.followup import MeetingNote, Outcome
from flows.account_book import read_account_book
from flows.acts import act, record
from flows.forgetting import forget
from flows.settings import load_settings

SECRET = "the lighthouse plans"
NOW = "next Mon 12:00"


def erase(folder: DeskFolder, address: str = NINA, *, only_count: bool = False) -> dict[str, int]:
    """Forget somebody."""
    settings = load_settings(folder.config)
    return forget(settings, address, actor="ana", now=at(NOW), only_count=only_count)


def traces(folder: DeskFolder, *words: str) -> list[str]:
    """Where words can still be found."""
    store = folder.path / "accountline.db"
    found = [place for word in words for place in files_holding(word, store)]
    frames = packed_frames(store)
    return found + [word for word in words if any(word.encode().lower() in frame.lower() for frame in frames)]


def rows(folder: DeskFolder, query: str) -> list[tuple[Any, ...]]:
    """Ask the store itself."""
    with closing(sqlite3.connect(folder.path / "accountline.db")) as connection:
        return connection.execute(query).fetchall()


def test_mail_from_a_person_goes_with_every_byte(desk: DeskFolder) -> None:
    """Message, raw mail, signals, obligation and its quote; other people's mail stays."""
    desk.mail(NINA, ANA, "Mon 10:00", f"Could you send us {SECRET}?\n\nNina\n")
    kept = desk.mail(OLE, ANA, "Tue 10:00", "Could you send us the invoice?\n\nOle\n", subject="Invoice")
    desk.ingest("Wed 12:00")
    assert traces(desk, SECRET)
    assert erase(desk)["messages"] == 1
    assert traces(desk, NINA, SECRET) == []
    assert desk.waiting(NOW) == [kept]


def test_mail_to_a_person_goes_and_so_does_mail_that_only_quotes_their_address(desk: DeskFolder) -> None:
    """As recipient, in Cc, and in an attribution inside somebody else's mail."""
    desk.mail(ANA, NINA, "Mon 10:00", f"Here are {SECRET}.\n")
    desk.mail(OLE, ANA, "Mon 11:00", f"About {SECRET}.\n", cc=NINA)
    desk.mail(
        OLE, ANA, "Mon 12:00", f"See below.\n\nOn Monday Nina <{NINA}> wrote:\n> {SECRET}\n", subject="Fwd: plans"
    )
    desk.ingest("Wed 12:00")
    assert erase(desk)["messages"] == 3
    assert traces(desk, NINA, SECRET) == []


def test_an_encoding_hides_nobody(desk: DeskFolder) -> None:
    """The address stands in base64 only, of an HTML mail by somebody else."""
    desk.mail(OLE, ANA, "Mon 10:00", "", html=f"<p>Zoë says: <a href='mailto:{NINA}'>{SECRET}</a> ok</p>" + "ö" * 99)
    desk.ingest("Wed 12:00")
    assert erase(desk)["messages"] == 1
    assert traces(desk, NINA, SECRET) == []


def test_plus_tags_are_the_same_person(desk: DeskFolder) -> None:
    """`nina+news@` is Nina, whichever of the two is named."""
    desk.mail("nina+news@acme.example", ANA, "Mon 10:00", f"{SECRET}\n")
    desk.ingest("Wed 12:00")
    assert erase(desk)["messages"] == 1
    assert traces(desk, "nina+news", SECRET) == []


def test_meetings_and_notes_about_a_person_go(desk: DeskFolder) -> None:
    """The occurrence, its calendar object, the gap, the note and the acts."""
    desk.meeting(ANA, "Talk on lighthouses", "Tue 10:00", [ANA, NINA], uid="talk-1")
    desk.ingest("Thu 12:00")
    ((gap, _),) = rows(desk, "SELECT id, event FROM gap")
    ((event,),) = rows(desk, "SELECT key FROM event")
    settings = load_settings(desk.config)
    act(settings, Act(flag=gap, kind=ActKind.DONE, at=at("Thu 13:00"), actor="ana", reason="the keeper knows"))
    text = "She is moving to another town and told us why, in confidence."
    note = MeetingNote(event_key=event, at=at("Thu 13:00"), text=text, outcome=Outcome.HELD)
    record(settings, note, by="ana")
    counts = erase(desk)
    assert (counts["events"], counts["notes"]) == (1, 1)
    assert traces(desk, NINA, "lighthouses", "in confidence", "the keeper knows") == []


def test_the_person_does_not_come_back(desk: DeskFolder) -> None:
    """Another ingest of the same files, and new mail by and about them, leave no trace."""
    desk.mail(NINA, ANA, "Mon 10:00", f"Could you send us {SECRET}?\n\nNina\n")
    desk.meeting(ANA, "Talk on lighthouses", "Tue 10:00", [ANA, NINA], uid="talk-1")
    desk.ingest("Wed 12:00")
    erase(desk)
    desk.mail(OLE, ANA, "Thu 10:00", f"I spoke with Nina <{NINA}> about {SECRET}.\n")
    report = desk.ingest("Fri 12:00")
    assert [source["state"] for source in report["sources"]] == ["ok", "ok", "ok"]
    assert traces(desk, NINA, SECRET, "lighthouses") == []
    assert {reason for (reason,) in rows(desk, "SELECT left_out FROM item")} == {"forgotten"}


def test_the_proof_says_when_and_how_much_and_not_who(desk: DeskFolder) -> None:
    """A salted hash; asked for again, it is the same record."""
    desk.mail(NINA, ANA, "Mon 10:00", f"{SECRET}\n")
    desk.ingest("Wed 12:00")
    erase(desk)
    erase(desk)
    ((digest, salt, actor, counts),) = rows(desk, "SELECT digest, salt, actor, counts FROM erasure")
    assert (len(digest), len(salt), actor) == (64, 32, "ana")
    assert '"messages": 1' in counts
    assert traces(desk, NINA) == []


def test_a_dry_run_counts_and_changes_nothing(desk: DeskFolder) -> None:
    """The counts are those of the real run."""
    desk.mail(NINA, ANA, "Mon 10:00", f"{SECRET}\n")
    desk.ingest("Wed 12:00")
    counted = erase(desk, only_count=True)
    assert counted["messages"] == 1
    assert traces(desk, SECRET)
    assert {name: n for name, n in erase(desk).items() if name != "flags"} == counted


def test_a_contact_leaves_the_account_book(desk: DeskFolder) -> None:
    """The next ingest would bring the address back from there."""
    desk.mail("nina.private@gmx.example", ANA, "Mon 10:00", f"{SECRET}\n")
    desk.ingest("Wed 12:00")
    erase(desk, "nina.private@gmx.example")
    assert read_account_book(desk.path / "accounts.csv")[0].contacts == ("nina.acme@gmail.com",)
    desk.ingest("Thu 12:00")
    assert traces(desk, "nina.private", SECRET) == []


def test_one_of_us_is_refused(desk: DeskFolder) -> None:
    """It would erase the whole mailbox; the sentence says what to do instead."""
    desk.mail(NINA, ANA, "Mon 10:00", f"{SECRET}\n")
    desk.ingest("Wed 12:00")
    with pytest.raises(ConfigError, match="is one of you"):
        erase(desk, ANA)
    assert traces(desk, SECRET)
