"""Saving pages: bytes and cursor together, idempotent, nothing lost when the server forgets (SEMANTICS 7)."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from small_desk import NOW, SmallDesk, entry, keep_all, mail, raw
from store_dump import differences

from domain.errors import VanishedError
from domain.sources import Deleted, Listing, Page, RawEvent, RawItem, RawMessage, Reflagged, Unreadable
from store.pages import Saved, begin_source, end_source, forget_cursor, held, save_page, saved_cursor
from store.queries import explain, overdue, quarantine, status
from store.tidying import release_quarantine

pytestmark = pytest.mark.usefixtures("engine")


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[SmallDesk]:
    """A store that knows one source."""
    small = SmallDesk(tmp_path)
    small.connect("desk")
    yield small
    small.close()


def elapsed(_: object, start: datetime, end: datetime) -> timedelta:
    """Every minute counts."""
    return end - start


class TestSavingAPage:
    def test_it_counts_what_is_new(self, desk: SmallDesk) -> None:
        """Items and their bytes."""
        one, two = mail("a"), mail("b")

        saved = desk.save("desk", raw("1", one), raw("2", two))

        assert (saved.listed, saved.new, saved.updated, saved.size) == (2, 2, 0, len(one) + len(two))

    def test_saving_it_again_changes_nothing(self, desk: SmallDesk) -> None:
        """A source may hand out an item twice."""
        page: list[RawItem | Unreadable] = [
            raw("1", mail("a")),
            raw("2", mail("b")),
            Unreadable(folder="INBOX", uid="3", reason="It is damaged."),
        ]
        desk.save("desk", *page, cursor={"at": 3})
        before = desk.dump()

        again = desk.save("desk", *page, cursor={"at": 3})

        assert (again.listed, again.new, again.updated) == (3, 0, 0)
        assert desk.dump() == before

    def test_saving_it_again_does_not_undo_what_was_derived(self, desk: SmallDesk) -> None:
        """Nothing is parsed or flagged twice."""
        desk.save("desk", raw("1", mail("a")))
        desk.understand()
        before = desk.dump()

        desk.save("desk", raw("1", mail("a")))
        desk.understand()

        assert desk.dump() == before

    def test_an_item_twice_in_one_page_is_one_item(self, desk: SmallDesk) -> None:
        """The later one counts."""
        saved = desk.save("desk", raw("1", mail("a"), etag="old"), raw("1", mail("b"), etag="new"))

        assert saved.new == 1
        assert desk.query("SELECT uid, etag FROM item") == [("1", "new")]

    def test_an_item_that_comes_and_goes_in_one_page_is_gone(self, desk: SmallDesk) -> None:
        """The order inside a page is the order of what happened."""
        desk.save("desk", raw("1", mail("a")))

        desk.save("desk", raw("1", mail("b"), etag="2"), Deleted(folder="INBOX", uid="1"))

        assert held(desk.store, "desk", "INBOX") == {}

    def test_an_item_that_goes_and_comes_in_one_page_is_there(self, desk: SmallDesk) -> None:
        """As when a file is replaced."""
        desk.save("desk", raw("1", mail("a")))

        desk.save("desk", Deleted(folder="INBOX", uid="1"), raw("1", mail("a")))

        assert held(desk.store, "desk", "INBOX") == {"1": ""}

    def test_changed_content_replaces_the_old(self, desk: SmallDesk) -> None:
        """An edited file is the same item."""
        desk.save("desk", raw("1", mail("a", "First words."), etag="1"))

        saved = desk.save("desk", raw("1", mail("a", "Other words."), etag="2"))
        desk.understand()

        assert (saved.new, saved.updated) == (0, 1)
        assert desk.query("SELECT reply_text FROM message") == [("Other words.",)]

    def test_the_same_bytes_are_kept_once(self, desk: SmallDesk) -> None:
        """However many folders hold them."""
        desk.save("desk", raw("1", mail("a")), raw("1", mail("a"), folder="Archive"))

        assert desk.query("SELECT count(*) FROM blob") == [(1,)]

    def test_items_and_cursor_are_saved_in_one_transaction(self, desk: SmallDesk) -> None:
        """An exception between the items and the cursor leaves neither."""
        desk.save("desk", raw("1", mail("a")), cursor={"at": 1})
        before = desk.dump()
        unfit: dict[str, Any] = {"at": object()}  # no JSON: fails when the cursor is written, after the items

        with pytest.raises(Exception, match="JSON"):
            desk.save("desk", raw("2", mail("b")), cursor=unfit)

        assert desk.dump() == before
        assert saved_cursor(desk.store, "desk") == {"at": 1}

    def test_an_item_that_cannot_be_judged_stops_the_page(self, desk: SmallDesk) -> None:
        """What may be private is not stored by accident, and the cursor does not pass it."""

        def screen(item: RawItem) -> str:
            if item.uid == "2":
                raise ValueError("cannot say")
            return ""

        page = Page(items=(raw("1", mail("a")), raw("2", mail("b"))), next_cursor={"at": 2})
        with pytest.raises(ValueError, match="cannot say"):
            save_page(desk.store, "desk", page, now=NOW, screen=screen)

        assert desk.query("SELECT count(*) FROM item") == [(0,)]
        assert saved_cursor(desk.store, "desk") == {}

    def test_what_is_left_out_keeps_only_its_place(self, desk: SmallDesk) -> None:
        """No bytes, so that it is neither stored nor fetched again."""
        page = Page(items=(raw("1", mail("a", "a private matter"), etag="7"),), next_cursor={})

        save_page(desk.store, "desk", page, now=NOW, screen=lambda _item: "address")

        assert held(desk.store, "desk", "INBOX") == {"1": "7"}
        assert desk.query("SELECT count(*) FROM blob") == [(0,)]
        assert desk.query("SELECT left_out, size, blob FROM item") == [("address", 0, None)]


class TestWhatIsGone:
    """D4.24: a message deleted or moved on the server keeps its facts."""

    def test_new_flags_change_the_item_alone(self, desk: SmallDesk) -> None:
        """What was read from the message stays as it is (RFC 7162)."""
        desk.save("desk", raw("1", mail("offer")))
        desk.understand()
        before = desk.dump()

        saved = desk.save("desk", Reflagged(folder="INBOX", uid="1", imap_flags=("\\Seen",)))

        assert saved == Saved(updated=1)
        assert set(differences(desk.dump(), before)) == {"item"}
        assert desk.save("desk", Reflagged(folder="INBOX", uid="1", imap_flags=("\\Seen",))) == Saved()

    def test_flags_of_an_unknown_item_say_nothing(self, desk: SmallDesk) -> None:
        """It may be one that is still to come."""
        assert desk.save("desk", Reflagged(folder="INBOX", uid="9", imap_flags=("\\Seen",))) == Saved()

    def test_d4_24_a_deleted_message_keeps_its_obligation(self, desk: SmallDesk) -> None:
        """A tombstone, not a delete."""
        desk.save("desk", raw("1", mail("a")))
        desk.understand()
        (before,) = overdue(desk.store, now=NOW, elapsed=elapsed, stale_after={})

        removed = desk.save("desk", Deleted(folder="INBOX", uid="1")).removed
        desk.understand()

        assert removed == 1
        assert overdue(desk.store, now=NOW, elapsed=elapsed, stale_after={}) == [before]

    def test_d4_24_a_moved_message_is_one_message(self, desk: SmallDesk) -> None:
        """Gone here, new there."""
        desk.save("desk", raw("1", mail("a")))
        desk.understand()

        desk.save("desk", Deleted(folder="INBOX", uid="1"), raw("9", mail("a"), folder="Done"))
        desk.understand()

        facts = explain(desk.store, "a@host.example", now=NOW, elapsed=elapsed)["facts"]
        assert [(c["folder"], bool(c["removed"])) for c in facts["copies"]] == [("INBOX", True), ("Done", False)]
        assert desk.query("SELECT count(*) FROM message") == [(1,)]

    def test_a_listing_tells_what_is_gone(self, desk: SmallDesk) -> None:
        """For sources that report no deletions."""
        desk.save("desk", raw("1", mail("a")), raw("2", mail("b")))

        saved = desk.save("desk", listings=[Listing(folder="INBOX", server_count=1, uids=frozenset({"2"}))])

        assert saved.removed == 1
        assert set(held(desk.store, "desk", "INBOX")) == {"2"}

    def test_a_listing_by_count_removes_nothing(self, desk: SmallDesk) -> None:
        """Nothing is known of single items."""
        desk.save("desk", raw("1", mail("a")))

        saved = desk.save("desk", listings=[Listing(folder="INBOX", server_count=1)])

        assert saved.removed == 0

    def test_removing_again_changes_nothing(self, desk: SmallDesk) -> None:
        """The time of the removal stays."""
        desk.save("desk", raw("1", mail("a")))
        gone = Deleted(folder="INBOX", uid="1")
        desk.save("desk", gone)
        before = desk.dump()

        assert desk.save("desk", gone).removed == 0
        assert desk.dump() == before

    def test_what_comes_back_is_there_again(self, desk: SmallDesk) -> None:
        """As one message."""
        desk.save("desk", raw("1", mail("a")))
        desk.understand()
        desk.save("desk", Deleted(folder="INBOX", uid="1"))

        desk.save("desk", raw("1", mail("a")))
        desk.understand()

        assert set(held(desk.store, "desk", "INBOX")) == {"1"}
        assert desk.query("SELECT count(*) FROM message") == [(1,)]

    def test_a_calendar_entry_that_is_gone_takes_its_meeting_along(self, desk: SmallDesk) -> None:
        """A deleted meeting does not take place."""
        meeting: RawEvent = entry("m1", "Pier review", starts_at=NOW - timedelta(days=1))
        desk.save("desk", meeting)
        desk.understand()

        desk.save("desk", Deleted(folder="calendar", uid="m1"))
        desk.understand()

        assert desk.query("SELECT count(*) FROM event") == [(0,)]
        assert desk.query("SELECT count(*) FROM gap") == [(0,)]


class TestASuddenlyEmptyFolder:
    def many(self) -> list[RawMessage]:
        """More than can be thrown away by hand unnoticed."""
        return [raw(str(n), mail(f"m{n}")) for n in range(21)]

    def test_it_stops_and_asks(self, desk: SmallDesk) -> None:
        """Nothing of the page is kept, also not its cursor."""
        desk.save("desk", *self.many(), cursor={"at": 21})
        before = desk.dump()

        with pytest.raises(VanishedError, match="INBOX of source desk suddenly lists none of the 21 items"):
            desk.save(
                "desk",
                raw("1", mail("x"), folder="Other"),
                cursor={"at": 0},
                listings=[Listing(folder="INBOX", server_count=0, uids=frozenset())],
            )

        assert desk.dump() == before

    def test_a_small_folder_may_be_emptied(self, desk: SmallDesk) -> None:
        """Twenty items go without a question."""
        desk.save("desk", *self.many()[:20])

        saved = desk.save("desk", listings=[Listing(folder="INBOX", server_count=0, uids=frozenset())])

        assert saved.removed == 20

    def test_all_but_one_may_go(self, desk: SmallDesk) -> None:
        """A clean-up leaves something."""
        desk.save("desk", *self.many())

        saved = desk.save("desk", listings=[Listing(folder="INBOX", server_count=1, uids=frozenset({"7"}))])

        assert saved.removed == 20

    def test_new_names_for_everything_are_no_loss(self, desk: SmallDesk) -> None:
        """A new UIDVALIDITY hands out everything again before the listing."""
        desk.save("desk", *self.many())
        renamed = [raw(f"new:{item.uid}", item.data) for item in self.many()]

        saved = desk.save(
            "desk",
            *renamed,
            listings=[Listing(folder="INBOX", server_count=21, uids=frozenset(item.uid for item in renamed))],
        )
        desk.understand()

        assert saved.removed == 21
        assert desk.query("SELECT count(*) FROM message") == [(21,)]


class TestQuarantine:
    def test_an_unreadable_item_is_counted_and_listed(self, desk: SmallDesk) -> None:
        """Never skipped."""
        saved = desk.save(
            "desk",
            Unreadable(folder="INBOX", uid="1", reason="The server does not return it."),
            listings=[Listing(folder="INBOX", server_count=1)],
        )

        assert saved.unreadable == 1
        (listed,) = quarantine(desk.store)
        assert (listed["uid"], listed["stage"], listed["reason"]) == ("1", "fetch", "The server does not return it.")
        (folder,) = status(desk.store, now=NOW, sources=[("desk", "imap")], stale_after={})["sources"][0]["folders"]
        assert (folder["server_count"], folder["held"], folder["quarantined"]) == (1, 0, 1)

    def test_an_unreadable_item_is_fetched_again(self, desk: SmallDesk) -> None:
        """It does not count as held."""
        desk.save("desk", Unreadable(folder="INBOX", uid="1", reason="It is damaged."))

        assert held(desk.store, "desk", "INBOX") == {}

    def test_once_it_can_be_read_it_leaves_quarantine(self, desk: SmallDesk) -> None:
        """And is a message like any other."""
        desk.save("desk", Unreadable(folder="INBOX", uid="1", reason="It is damaged."))

        desk.save("desk", raw("1", mail("a")))
        desk.understand()

        assert quarantine(desk.store) == []
        assert desk.query("SELECT message_id FROM message") == [("a@host.example",)]

    def test_bytes_that_are_held_stay_when_the_item_turns_unreadable(self, desk: SmallDesk) -> None:
        """What was told stays true, and can be parsed anew."""
        desk.save("desk", raw("1", mail("a")))
        desk.understand()

        desk.save("desk", Unreadable(folder="INBOX", uid="1", reason="It is damaged."))
        desk.understand()

        assert [row["uid"] for row in quarantine(desk.store)] == ["1"]
        assert desk.query("SELECT count(*) FROM item WHERE blob IS NOT NULL AND message IS NOT NULL") == [(1,)]

    def test_what_is_no_mail_waits_with_its_bytes(self, desk: SmallDesk) -> None:
        """Counted, listed, and tried again when asked."""
        desk.save("desk", raw("1", b"\x00\x01 nothing that begins with a header"))
        desk.understand()

        (listed,) = quarantine(desk.store)
        assert (listed["stage"], listed["size"]) == ("parse", 36)
        assert release_quarantine(desk.store) == 1
        desk.understand()
        assert len(quarantine(desk.store)) == 1

    def test_what_is_gone_is_not_tried_again(self, desk: SmallDesk) -> None:
        """Nobody can mend it."""
        desk.save("desk", raw("1", b"\x00"))
        desk.understand()
        desk.save("desk", Deleted(folder="INBOX", uid="1"))

        assert quarantine(desk.store) == []
        assert release_quarantine(desk.store) == 0


class TestSources:
    def test_the_time_of_connecting_is_kept(self, desk: SmallDesk) -> None:
        """D4.25: what is old is measured from the first time."""
        begin_source(desk.store, "desk", "maildir", "", now=NOW + timedelta(days=90))

        assert desk.query("SELECT count(DISTINCT connected_at) FROM source") == [(1,)]
        assert desk.query("SELECT attempted_at > connected_at FROM source WHERE name = 'desk'") == [(True,)]

    def test_a_failure_does_not_prove_coverage(self, desk: SmallDesk) -> None:
        """The last success stays what it was."""
        end_source(desk.store, "desk", state="failed", error="No answer.", now=NOW + timedelta(days=1))

        (source,) = status(desk.store, now=NOW, sources=[("desk", "imap")], stale_after={})["sources"]
        assert (source["state"], source["last_success"], source["error"]) == ("failed", NOW, "No answer.")

    def test_forgetting_the_cursor_keeps_the_items(self, desk: SmallDesk) -> None:
        """An expired cursor costs a new listing, not what is held."""
        desk.save("desk", raw("1", mail("a")), cursor={"at": 1})

        forget_cursor(desk.store, "desk")

        assert saved_cursor(desk.store, "desk") == {}
        assert set(held(desk.store, "desk", "INBOX")) == {"1"}

    def test_sources_do_not_see_each_others_items(self, desk: SmallDesk) -> None:
        """The same UID in two sources is two items."""
        desk.connect("archive")
        desk.save("desk", raw("1", mail("a")))
        desk.save("archive", raw("1", mail("b")))

        page = Page(items=(Deleted(folder="INBOX", uid="1"),), next_cursor={})
        save_page(desk.store, "desk", page, now=NOW, screen=keep_all)

        assert held(desk.store, "desk", "INBOX") == {}
        assert set(held(desk.store, "archive", "INBOX")) == {"1"}
