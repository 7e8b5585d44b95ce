"""Questions to the store: pages that lose nothing, any past moment, and never more certainty than there is."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_desk import ASK, COMPLAINT, NOW, SmallDesk, entry, mail, raw

from domain.errors import ConfigError, NotFoundError
from domain.search import parse_search
from domain.sources import Listing
from store.matching import matching, newest
from store.pages import begin_source, end_source
from store.queries import accounts, explain, meetings, overdue, search, status, timeline, triage

pytestmark = pytest.mark.usefixtures("engine")

DAY = timedelta(days=1)
MARA = "mara@tidewater.example"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[SmallDesk]:
    """A store that knows one source."""
    small = SmallDesk(tmp_path)
    small.connect("desk")
    yield small
    small.close()


@pytest.fixture(scope="module")
def busy(engine: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmallDesk]:
    """An account with mail and meetings, many at the same instant, some flagged, some answered."""
    small = SmallDesk(tmp_path_factory.mktemp(engine))
    small.connect("desk")
    for n in range(24):
        at = NOW - DAY * (1 + n // 4)
        body = (ASK, COMPLAINT, "The weather is fine at the pier.", ASK)[n % 4]
        small.save("desk", raw(f"{n}", mail(f"m{n}", body, at=at, subject=f"Matter {n}")))
        if n % 8 == 0:
            answer = mail(
                f"r{n}",
                "It is on its way to you.",
                sender="ana@northwind.example",
                to="mara@tidewater.example",
                answers=[f"m{n}"],
                at=at + timedelta(hours=1),
            )
            small.save("desk", raw(f"r{n}", answer))
    for n in range(5):
        more = "ATTENDEE:mailto:joost@tidewater.example" if n % 2 else ""
        small.save("desk", entry(f"e{n}", f"Review {n}", starts_at=NOW - DAY * (1 + n // 2), more=more))
    small.understand()
    yield small
    small.close()


def elapsed(_: object, start: datetime, end: datetime) -> timedelta:
    """Every minute counts."""
    return end - start


def waiting(desk: SmallDesk, now: datetime = NOW, **named: Any) -> list[dict[str, Any]]:
    """Ask who waits."""
    return overdue(desk.store, now=now, elapsed=elapsed, **({"stale_after": {}} | named))


KINDS = ("message", "meeting", "signal", "flag")


class TestTimelinePages:
    @given(st.sets(st.sampled_from(KINDS)), st.integers(1, 12), st.sampled_from([None, "matter", "kind:message 1*"]))
    @settings(max_examples=60, deadline=None)
    def test_pages_neither_skip_nor_repeat(
        self, busy: SmallDesk, kinds: set[str], limit: int, words: str | None
    ) -> None:
        """However long they are, together they are the whole timeline in its order, or all that has the words."""
        ask = partial(timeline, busy.store, "Tidewater", now=NOW, kinds=kinds, search=words)
        whole = ask(limit=1000)["entries"]
        paged: list[dict[str, Any]] = []
        cursor = None
        while True:
            page = ask(limit=limit, cursor=cursor)
            assert len(page["entries"]) <= limit
            paged += page["entries"]
            cursor = page["next_cursor"]
            if cursor is None:
                break
            assert len(page["entries"]) == limit

        assert paged == whole
        assert [entry["at"] for entry in whole] == sorted((entry["at"] for entry in whole), reverse=True)

    @given(
        st.sampled_from(["matter", "pier", "matter 1*", "kind:meeting", "none"]),
        st.sampled_from([None, "tidewater"]),
        st.integers(1, 40),
        st.sampled_from([1, 2, 16]),
    )
    @settings(max_examples=60, deadline=None)
    def test_the_newest_are_found_however_little_is_looked_through_first(
        self, busy: SmallDesk, words: str, account: str | None, limit: int, first: int
    ) -> None:
        """What is in the newest part comes first; where that holds too few, the rest is found as well."""
        asked = parse_search(words, UTC)
        in_title = words == "matter"
        with busy.store.reading() as connection:
            query = matching(connection, asked, account=account, in_title=in_title)
            whole = sorted((row.id for row in connection.execute(query)), reverse=True)
            below = whole[len(whole) // 3] if whole else None
            with patch.object(import_module("store.matching"), "_FIRST", first):
                some = newest(connection, query, limit, account=account)
                older = newest(connection, query, limit, account=account, below=below)

        assert [row.id for row in some] == whole[:limit]
        assert [row.id for row in older] == [number for number in whole if number < (below or 0)][:limit]

    @given(st.sampled_from(["matter", "review", "matter 1*"]), st.integers(1, 30), st.sampled_from([1, 3, 300]))
    @settings(max_examples=60, deadline=None)
    def test_a_search_shows_the_newest_titles_however_few_are_ranked(
        self, busy: SmallDesk, words: str, limit: int, ranked: int
    ) -> None:
        """What is older than those ranked is looked for in titles, as far as it can be shown."""
        whole = search(busy.store, words, limit=1000)
        with patch.object(import_module("store.queries.search"), "_RANKED", ranked):
            some = search(busy.store, words, limit=limit)

        assert [(row["at"], row["score"]) for row in some] == [(row["at"], row["score"]) for row in whole][:limit]

    def test_what_arrives_meanwhile_shifts_nothing(self, desk: SmallDesk) -> None:
        """A cursor names a place, not a number of rows."""
        for n in range(4):
            desk.save("desk", raw(f"{n}", mail(f"m{n}", at=NOW - DAY * (n + 1))))
        desk.understand()
        first = timeline(desk.store, "Tidewater", now=NOW, limit=2)

        desk.save("desk", raw("new", mail("new", at=NOW - timedelta(hours=1))))
        desk.understand()
        second = timeline(desk.store, "Tidewater", now=NOW, limit=2, cursor=first["next_cursor"])

        ids = [entry["message_id"] for page in (first, second) for entry in page["entries"]]
        assert ids == [f"m{n}@host.example" for n in range(4)]
        assert second["next_cursor"] is None

    @given(
        st.integers(1, 12),
        st.sampled_from([None, "matter", "review"]),
        st.sampled_from([1, 5000]),
        st.sampled_from(["message", "meeting"]),
    )
    @settings(max_examples=40, deadline=None)
    def test_a_contact_who_is_there_often_is_found_as_one_who_seldom_is(
        self, busy: SmallDesk, limit: int, words: str | None, often: int, kind: str
    ) -> None:
        """Whichever way is taken, a page holds the newest mails that name the address, or meetings it takes part in."""
        ask = partial(timeline, busy.store, "Tidewater", now=NOW, kinds=[kind], search=words)
        whole = ask(limit=1000)["entries"]
        with patch.object(import_module("store.queries.timeline"), "_OFTEN", often):
            page = ask(contact=MARA, limit=limit)

        assert page["entries"] == [entry for entry in whole if MARA in entry["participants"]][:limit]

    def test_only_the_meetings_a_contact_takes_part_in(self, busy: SmallDesk) -> None:
        """Others of the account are not shown."""
        found = timeline(busy.store, "Tidewater", now=NOW, kinds=["meeting"], contact="joost@tidewater.example")

        assert [entry["title"] for entry in found["entries"]] == ["Review 1", "Review 3"]

    @pytest.mark.parametrize("cursor", ["x", "bm90aGluZw==", "WzEsMiwzXQ==", "e30="])
    def test_a_cursor_that_is_none_of_ours(self, busy: SmallDesk, cursor: str) -> None:
        """A sentence, and how to get one."""
        with pytest.raises(ConfigError, match="--cursor is not one this command gave"):
            timeline(busy.store, "Tidewater", now=NOW, cursor=cursor)

    def test_bounds_contact_and_words_narrow_it(self, busy: SmallDesk) -> None:
        """All of them together."""
        day = timeline(busy.store, "Tidewater", now=NOW, since=NOW - DAY * 2, until=NOW - DAY * 2, kinds=["message"])
        found = timeline(busy.store, "Tidewater", now=NOW, search="matter 17", contact="MARA@tidewater.example")
        nobody = timeline(busy.store, "Tidewater", now=NOW, contact="nobody@tidewater.example")

        assert [entry["title"] for entry in day["entries"]].count("Matter 4") == 1
        assert len(day["entries"]) == 4
        assert [entry["title"] for entry in found["entries"]] == ["Matter 17"]
        assert nobody["entries"] == []

    @pytest.mark.parametrize("name", ["tidewater", "Tidewater", "TIDEWATER.example", " tidewater.example "])
    def test_an_account_is_found_by_id_name_or_domain(self, busy: SmallDesk, name: str) -> None:
        """Whatever the case."""
        assert timeline(busy.store, name, now=NOW)["account_id"] == "tidewater"

    def test_an_account_that_is_none(self, busy: SmallDesk) -> None:
        """With the nearest one."""
        with pytest.raises(NotFoundError, match="Did you mean “Tidewater”"):
            timeline(busy.store, "Tidewatr", now=NOW)


class TestThePast:
    """SEMANTICS 2: nothing about "now" is stored, any past moment can be asked for."""

    def answered(self, desk: SmallDesk) -> None:
        """A request on Monday at ten, answered on Wednesday at ten, a chaser in between."""
        asked = NOW.replace(day=9, hour=9)
        desk.save("desk", raw("1", mail("a", at=asked)))
        desk.save("desk", raw("2", mail("b", "Any news on this?", answers=["a"], at=asked + DAY)))
        reply = mail(
            "c",
            "The revised offer is attached, all pages are signed.",
            sender="ana@northwind.example",
            to="mara@tidewater.example",
            answers=["a", "b"],
            at=asked + 2 * DAY,
        )
        desk.save("desk", raw("3", reply))
        desk.understand()

    @pytest.mark.parametrize(
        ("now", "state", "chasers"),
        [
            (NOW.replace(day=9, hour=8), None, 0),
            (NOW.replace(day=9, hour=10), "open", 0),
            (NOW.replace(day=10, hour=8), "at_risk", 0),
            (NOW.replace(day=10, hour=16), "overdue", 1),
            (NOW.replace(day=11, hour=8, minute=59), "overdue", 1),
            (NOW.replace(day=11, hour=9), None, 0),
            (NOW, None, 0),
        ],
    )
    def test_what_waited_then(self, desk: SmallDesk, now: datetime, state: str | None, chasers: int) -> None:
        """Neither what came later nor what was cleared later changes the answer."""
        self.answered(desk)

        assert [(row["state"], row["chasers"]) for row in waiting(desk, now)] == ([(state, chasers)] if state else [])

    def test_the_timeline_ends_then(self, desk: SmallDesk) -> None:
        """With the flags open then."""
        self.answered(desk)

        (only,) = timeline(desk.store, "Tidewater", now=NOW.replace(day=9, hour=12))["entries"]
        assert (only["message_id"], len(only["open_flags"])) == ("a@host.example", 1)

    def test_accounts_are_counted_then(self, desk: SmallDesk) -> None:
        """Messages, last contact and what was open."""
        self.answered(desk)

        def tidewater(now: datetime) -> tuple[Any, ...]:
            (row,) = (row for row in accounts(desk.store, now=now) if row["id"] == "tidewater")
            return row["messages"], row["last_contact"], row["open"]

        assert tidewater(NOW.replace(day=9, hour=12)) == (1, NOW.replace(day=9), 1)
        assert tidewater(NOW) == (3, NOW.replace(day=11), 0)

    def test_a_meeting_went_unrecorded_only_once_the_grace_ran_out(self, desk: SmallDesk) -> None:
        """The next business day at noon."""
        desk.save("desk", entry("m1", "Pier review", starts_at=NOW.replace(day=10)))
        desk.understand()

        def gaps(now: datetime) -> int:
            return len(meetings(desk.store, now=now, unrecorded=True))

        assert [gaps(NOW.replace(day=11, hour=10, minute=59)), gaps(NOW.replace(day=11, hour=11, minute=1))] == [0, 1]


class TestCoverage:
    """Never "overdue" or "all clear" from stale data (SEMANTICS 2, 6, 7)."""

    def state(self, desk: SmallDesk, now: datetime = NOW, limit: timedelta | None = DAY) -> dict[str, Any]:
        """Ask for the state of the source ``desk``."""
        found: dict[str, Any]
        (found,) = status(desk.store, now=now, sources=[("desk", "imap")], stale_after={"desk": limit})["sources"]
        return found

    def test_a_source_just_read_is_ok(self, desk: SmallDesk) -> None:
        """With its age."""
        found = self.state(desk, NOW + timedelta(minutes=5))

        assert (found["state"], found["last_success"], found["lag_seconds"]) == ("ok", NOW, 300)

    def test_a_source_not_read_lately_is_stale(self, desk: SmallDesk) -> None:
        """From the limit on, not at it."""
        assert self.state(desk, NOW + DAY)["state"] == "ok"
        assert self.state(desk, NOW + DAY + timedelta(seconds=1))["state"] == "stale"

    def test_files_do_not_grow_stale(self, desk: SmallDesk) -> None:
        """Reading them completely proves them."""
        assert self.state(desk, NOW + 400 * DAY, None)["state"] == "ok"

    def test_a_source_never_read(self, tmp_path: Path) -> None:
        """Neither known nor begun."""
        desk = SmallDesk(tmp_path)

        assert self.state(desk)["state"] == "never"
        begin_source(desk.store, "desk", "imap", "", now=NOW)
        assert (self.state(desk)["state"], self.state(desk)["lag_seconds"]) == ("never", None)
        desk.close()

    @pytest.mark.parametrize("state", ["failed", "auth_dead"])
    def test_a_source_that_failed(self, desk: SmallDesk, state: str) -> None:
        """At once, however fresh its last success is."""
        end_source(desk.store, "desk", state=state, error="No answer.", now=NOW)

        assert self.state(desk)["state"] == state

    def test_counts_are_those_of_the_last_listing(self, desk: SmallDesk) -> None:
        """What the server has against what is held."""
        desk.save("desk", raw("1", mail("a")), listings=[Listing(folder="INBOX", server_count=1)])
        desk.understand()

        (folder,) = self.state(desk)["folders"]
        assert (folder["name"], folder["server_count"], folder["held"], folder["quarantined"]) == ("INBOX", 1, 1, 0)
        assert folder["proven_at"] == NOW

    @pytest.mark.parametrize(
        ("owner", "state"),
        [("ana@northwind.example", "unknown"), ("", "unknown"), ("ben@northwind.example", "overdue")],
    )
    def test_whose_answer_may_lie_unseen_is_unknown(self, desk: SmallDesk, owner: str, state: str) -> None:
        """Only where a stale source could hold it: its owner takes part, or it is everybody's."""
        desk.save("desk", raw("1", mail("a", at=NOW - 4 * DAY)))
        desk.understand()
        begin_source(desk.store, "server", "imap", owner, now=NOW)
        end_source(desk.store, "server", state="failed", error="No answer.", now=NOW)

        (row,) = waiting(desk, stale_after={"desk": None, "server": DAY})
        assert row["state"] == state

    def test_a_configured_source_never_read_makes_everything_unknown(self, desk: SmallDesk) -> None:
        """It could hold anything."""
        desk.save("desk", raw("1", mail("a", at=NOW - 4 * DAY)))
        desk.understand()

        assert [row["state"] for row in waiting(desk, stale_after={"desk": None, "new": DAY})] == ["unknown"]

    def test_d5_17_a_stale_calendar_flags_nothing(self, desk: SmallDesk) -> None:
        """What it shows is unknown."""
        begin_source(desk.store, "cal", "ics", "ana@northwind.example", now=NOW)
        end_source(desk.store, "cal", state="ok", now=NOW)
        desk.save("cal", entry("m1", "Pier review", starts_at=NOW - 3 * DAY))
        desk.understand()
        assert len(meetings(desk.store, now=NOW, unrecorded=True, stale_after={"cal": None})) == 1

        end_source(desk.store, "cal", state="failed", error="No file.", now=NOW)

        assert meetings(desk.store, now=NOW, unrecorded=True, stale_after={"cal": None}) == []


class TestNarrowing:
    def test_by_account_owner_and_state(self, busy: SmallDesk) -> None:
        """What is not asked for is not shown."""
        everything = waiting(busy)

        assert everything
        assert waiting(busy, account="tidewater.example") == everything
        assert waiting(busy, account="Bluepeak") == []
        assert waiting(busy, owner="ANA@northwind.example") == everything
        assert waiting(busy, owner="ben@northwind.example") == []
        assert waiting(busy, states=["open"]) == [row for row in everything if row["state"] == "open"]

    def test_the_worst_comes_first(self, busy: SmallDesk) -> None:
        """Overdue before at risk before open; then by how much."""
        rows = [row for row in waiting(busy) if row["state"] == "overdue"]

        assert [row["business_minutes_over"] for row in rows] == sorted(
            (row["business_minutes_over"] for row in rows), reverse=True
        )

    def test_ids_are_explained(self, busy: SmallDesk) -> None:
        """Of every kind, and Message-IDs with or without brackets."""
        flag = waiting(busy)[0]
        gap = meetings(busy.store, now=NOW, unrecorded=True)[0]
        kinds = {
            flag["id"]: "obligation",
            gap["id"]: "unrecorded_meeting",
            gap["event_id"]: "meeting",
            flag["message_id"]: "message",
            f"<{flag['message_id']}>": "message",
        }
        for named, kind in kinds.items():
            assert explain(busy.store, named, now=NOW, elapsed=elapsed)["kind"] == kind

    def test_whom_an_ask_names_is_told(self, desk: SmallDesk) -> None:
        """By ``explain`` and on the timeline."""
        desk.save("desk", raw("1", mail("m1", "Could Jana please send us the signed contract?")))
        desk.understand()

        told = explain(desk.store, "m1@host.example", now=NOW, elapsed=elapsed)["facts"]["signals"]
        (entry,) = timeline(desk.store, "Tidewater", now=NOW, kinds={"message"})["entries"]

        assert [(s["kind"], s["persons"]) for s in told] == [("request", ["Jana"])]
        assert [s["persons"] for s in entry["signals"]] == [["Jana"]]

    def test_an_id_that_is_none(self, busy: SmallDesk) -> None:
        """Where ids stand is told."""
        with pytest.raises(NotFoundError, match="Nothing is called “zzz”"):
            explain(busy.store, "zzz", now=NOW, elapsed=elapsed)

    def test_search_finds_words_in_mail_and_meetings(self, busy: SmallDesk) -> None:
        """Whatever their case; signs of the database language are plain text."""
        assert [row["title"] for row in search(busy.store, "MATTER 23")] == ["Matter 23"]
        assert {row["kind"] for row in search(busy.store, "review")} == {"meeting"}
        assert search(busy.store, "100%") == []
        assert search(busy.store, "matter", account="Bluepeak") == []

    def test_mail_that_names_nobody_is_listed_too(self, desk: SmallDesk) -> None:
        """Nothing is dropped silently."""
        desk.save("desk", raw("1", b"Subject: A note to nobody\r\n\r\nHello?\r\n"))
        desk.understand()

        assert [(row["domain"], row["messages"]) for row in triage(desk.store)] == [("", 1)]

    def test_a_meeting_with_strangers_is_listed_under_their_domain(self, desk: SmallDesk) -> None:
        """They write to nobody, and still are not dropped."""
        stranger = entry("s", "A first look", starts_at=NOW)
        data = stranger.data.replace(b"mara@tidewater.example", b"lena@shop.juniper.example")
        desk.save("desk", replace(stranger, data=data))
        desk.understand()

        (row,) = triage(desk.store)
        assert (row["domain"], row["meetings"], row["messages"]) == ("juniper.example", 1, 0)
        assert row["addresses"] == ["lena@shop.juniper.example"]

    def test_an_entry_that_names_nobody_is_listed_too(self, desk: SmallDesk) -> None:
        """In a calendar of nobody in particular."""
        alone = entry("n", "Stocktaking", starts_at=NOW)
        data = re.sub(rb"(ORGANIZER|ATTENDEE):\S+\r\n", b"", alone.data)
        desk.save("desk", replace(alone, data=data))
        desk.understand()

        assert [(row["domain"], row["meetings"]) for row in triage(desk.store)] == [("", 1)]
