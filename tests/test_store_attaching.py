"""Links to accounts: written at ingest, made anew when the account book changes (SEMANTICS 1)."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from small_desk import BOOK, NOW, SmallDesk, entry, mail, raw
from store_dump import differences

from domain.accounts import Account
from domain.sources import RawItem
from store.attaching import save_account_book, unattached, unattached_events
from store.queries import accounts, triage
from store.settling import accounts as mirrored
from store.tidying import leave_out_internal

pytestmark = pytest.mark.usefixtures("engine")

Opening = Callable[..., SmallDesk]


@pytest.fixture
def opening(tmp_path: Path) -> Iterator[Opening]:
    """Open the same store again and again, with other settings."""
    opened: list[SmallDesk] = []

    def open_desk(**settings: Any) -> SmallDesk:
        opened.append(SmallDesk(tmp_path, **settings))
        opened[-1].connect("desk")
        return opened[-1]

    yield open_desk
    for desk in opened:
        desk.close()


class TestTheAccountBook:
    def test_it_is_mirrored(self, opening: Opening) -> None:
        """Read commands need the store alone."""
        desk = opening()

        assert mirrored(desk.store)["tidewater"] == Account(
            id="tidewater", name="Tidewater", domains=("tidewater.example",), owner="ana@northwind.example"
        )

    def test_an_account_that_left_the_book_leaves_the_mirror(self, opening: Opening) -> None:
        """Nothing else stays of it than its mail."""
        desk = opening()

        save_account_book(desk.store, [Account(id="bluepeak", name="Bluepeak")])

        assert [row["id"] for row in accounts(desk.store, now=NOW)] == ["bluepeak"]

    def test_saving_it_again_keeps_what_was_judged(self, opening: Opening) -> None:
        """Meetings are not judged anew for nothing."""
        desk = opening()
        desk.understand()
        before = desk.dump()

        save_account_book(desk.store, desk.desk.book.accounts.values())

        assert desk.dump() == before


class TestAttaching:
    def test_a_message_belongs_to_every_account_that_takes_part(self, opening: Opening) -> None:
        """SEMANTICS 1: at ingest."""
        desk = opening()
        desk.save("desk", raw("1", mail("a", to="ana@northwind.example, jo@bluepeak.example")))
        desk.understand()

        assert desk.query("SELECT account FROM message_account ORDER BY account") == [("bluepeak",), ("tidewater",)]

    def test_unknown_domains_wait_in_triage(self, opening: Opening) -> None:
        """Listed, never promoted by themselves."""
        desk = opening()
        desk.save("desk", raw("1", mail("a", sender="kim@stranger.example", subject="Hello there")))
        desk.understand()

        (row,) = triage(desk.store)
        assert (row["domain"], row["addresses"], row["messages"], row["last_subject"]) == (
            "stranger.example",
            ["kim@stranger.example"],
            1,
            "Hello there",
        )
        assert desk.query("SELECT * FROM message_account") == []

    def test_a_changed_book_attaches_again(self, opening: Opening) -> None:
        """The stranger became a client; old mail moves to the timeline."""
        desk = opening()
        desk.save("desk", raw("1", mail("a", sender="kim@stranger.example")), raw("2", mail("b")))
        desk.understand()

        desk = opening(book=BOOK + "Stranger & Co,stranger.example,,ana@northwind.example\n")
        desk.understand()

        assert triage(desk.store) == []
        assert {(row["name"], row["messages"], row["open"]) for row in accounts(desk.store, now=NOW)} == {
            ("Tidewater", 1, 1),
            ("Bluepeak", 0, 0),
            ("Stranger & Co", 1, 1),
        }

    def test_a_changed_book_ends_as_one_clean_run(self, opening: Opening, tmp_path: Path) -> None:
        """Nothing of the former book is left."""
        items: list[RawItem] = [
            raw("1", mail("a")),
            raw("2", mail("b", sender="jo@bluepeak.example")),
            entry("m1", "Pier review", starts_at=NOW - timedelta(days=6)),
        ]
        book = "name,domains\nPeak,bluepeak.example\n"
        desk = opening()
        desk.save("desk", *items)
        desk.understand()
        desk = opening(book=book)
        desk.understand()

        clean = SmallDesk(tmp_path / "clean", book=book)
        clean.connect("desk")
        clean.save("desk", *items)
        clean.understand()
        clean.close()

        assert differences(desk.dump(), clean.dump()) == {}

    def test_an_unchanged_book_leaves_nothing_to_do(self, opening: Opening) -> None:
        """Only what is stale is attached."""
        desk = opening()
        desk.save("desk", raw("1", mail("a")), entry("m1", "Pier review", starts_at=NOW))
        desk.understand()
        ((version,),) = desk.query("SELECT DISTINCT attached_with FROM message")

        assert unattached(desk.store, version, limit=10) == []
        assert unattached_events(desk.store, version, limit=10) == []
        assert len(unattached(desk.store, "next", limit=10)) == 1

    def test_d4_25_old_mail_is_historic(self, opening: Opening) -> None:
        """More than 30 days before connecting: on the timeline, not alerted."""
        desk = opening()
        old, new = NOW - timedelta(days=31), NOW - timedelta(days=29)
        desk.save("desk", raw("1", mail("old", at=old)), raw("2", mail("new", at=new)))
        desk.understand()

        assert desk.query("SELECT message_id, historic FROM message ORDER BY historic") == [
            ("new@host.example", 0),
            ("old@host.example", 1),
        ]


class TestInternalMail:
    def test_mail_among_us_about_nobody_goes(self, opening: Opening) -> None:
        """SEMANTICS 7: it is not stored; neither words nor bytes."""
        desk = opening()
        desk.save("desk", raw("1", mail("lunch", "Lunch at noon?", sender="ben@northwind.example", answers=["gone"])))
        desk.understand()

        assert leave_out_internal(desk.store) == 1

        assert desk.query("SELECT * FROM message") == []
        assert desk.query("SELECT * FROM blob") == []
        assert desk.query("SELECT left_out FROM item") == [("internal",)]

    def test_d4_2_mail_among_us_in_a_client_conversation_stays(self, opening: Opening) -> None:
        """It is what we discuss about the client."""
        desk = opening()
        desk.save("desk", raw("1", mail("a")))
        talk = mail("b", "Who takes this?", sender="ben@northwind.example", answers=["a"], at=NOW)
        desk.save("desk", raw("2", talk))
        desk.understand()

        assert leave_out_internal(desk.store) == 0
        assert desk.query("SELECT direction FROM message WHERE message_id LIKE 'b@%'") == [("internal",)]

    def test_what_was_left_out_is_not_parsed_again(self, opening: Opening) -> None:
        """Its place is known, its bytes are gone."""
        desk = opening()
        desk.save("desk", raw("1", mail("lunch", "Lunch?", sender="ben@northwind.example", answers=["gone"])))
        desk.understand()
        leave_out_internal(desk.store)
        before = desk.dump()

        desk.understand()

        assert desk.dump() == before
