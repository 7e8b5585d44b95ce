"""From items to messages and meetings: one row however many copies, whatever came first (SEMANTICS 1, 6)."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_desk import ASK, COMPLAINT, NOW, SmallDesk, entry, mail, raw
from store_dump import Dump, differences

from domain.conversations import Attachment
from domain.sources import Deleted, RawEvent, RawMessage
from extraction.version import PARSER_VERSION
from flows import mail_parsing, stages
from flows.mail_parsing import Outcome, attacher_of, parse_span
from store.attaching import Attacher, Unattached
from store.parsing import Span, next_span, unparsed
from store.queries import explain, overdue

pytestmark = pytest.mark.usefixtures("engine")

ITEMS: tuple[tuple[str, RawMessage | RawEvent], ...] = (
    ("desk", raw("1", mail("ask", at=NOW - timedelta(days=3)))),
    ("desk", raw("2", mail("chase", "Any news on this?", at=NOW - timedelta(days=1), answers=["ask"]))),
    ("desk", raw("3", mail("other", COMPLAINT, sender="jo@bluepeak.example", subject="Pump"))),
    # A copy in another source, received a moment later.
    ("archive", raw("a", mail("ask", at=NOW - timedelta(days=3)), received_at=NOW - timedelta(days=2, hours=23))),
    # The same Message-ID with other words is another message.
    ("archive", raw("b", mail("ask", "Something else entirely, from a program that numbers badly.", subject="Ad"))),
    # Without Message-ID, twice.
    ("desk", raw("4", mail("", "Please call me back."))),
    ("archive", raw("c", mail("", "Please call me back."))),
    # Joins two conversations that came apart.
    (
        "desk",
        raw(
            "5",
            mail(
                "reply",
                "Both are on the way.",
                sender="ana@northwind.example",
                to="mara@tidewater.example",
                answers=["ask", "missing"],
                at=NOW - timedelta(hours=30),
            ),
        ),
    ),
    ("archive", raw("d", mail("late", answers=["missing"], at=NOW - timedelta(hours=20)))),
    ("desk", raw("6", b"no header at all")),
    ("desk", entry("m1", "Pier review", starts_at=NOW - timedelta(days=4))),
    ("calendar", entry("m1", "Pier review, moved", starts_at=NOW - timedelta(days=3), sequence=1)),
)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[SmallDesk]:
    """A store that knows two sources."""
    small = SmallDesk(tmp_path)
    small.connect("desk", "archive", "calendar")
    yield small
    small.close()


def elapsed(_: object, start: datetime, end: datetime) -> timedelta:
    """Every minute counts."""
    return end - start


def stored(order: list[int], run_after: set[int]) -> Dump:
    """Save the items in an order, running the stages after some of them, and return what is stored in the end."""
    with TemporaryDirectory() as folder:
        desk = SmallDesk(Path(folder))
        desk.connect("desk", "archive", "calendar")
        for place, number in enumerate(order):
            name, item = ITEMS[number]
            desk.save(name, item)
            if place in run_after:
                desk.understand()
        desk.understand()
        found = desk.dump()
        desk.close()
    return found


IN_ORDER = range(len(ITEMS))


@given(st.permutations(list(IN_ORDER)), st.sets(st.sampled_from(IN_ORDER), max_size=3))
@settings(max_examples=12, deadline=None)
def test_the_order_of_arrival_does_not_matter(order: list[int], run_after: set[int]) -> None:
    """Any order, cut into any runs, ends in the same store (SEMANTICS 7)."""
    assert differences(stored(order, run_after), stored(list(IN_ORDER), set())) == {}


class TestOneMessage:
    def test_a_copy_in_two_sources_is_one_message(self, desk: SmallDesk) -> None:
        """With both places told."""
        desk.save("desk", raw("1", mail("a")))
        desk.save("archive", raw("x", mail("a")))
        desk.understand()

        facts = explain(desk.store, "a@host.example", now=NOW, elapsed=elapsed)["facts"]
        assert [(c["source"], c["uid"]) for c in facts["copies"]] == [("desk", "1"), ("archive", "x")]
        assert len(overdue(desk.store, now=NOW, elapsed=elapsed, stale_after={})) == 1

    def test_copies_are_counted_by_source(self, desk: SmallDesk) -> None:
        """The source that came second is told to have brought a copy."""
        desk.save("desk", raw("1", mail("a")))
        desk.save("archive", raw("x", mail("a")), raw("y", mail("b")))

        duplicates, quarantined = stages.parse(desk.desk)

        assert (duplicates["desk"], duplicates["archive"]) == (0, 1)
        assert not quarantined

    def test_the_same_message_id_with_another_body_is_another_message(self, desk: SmallDesk) -> None:
        """Programs that number badly must not hide a client's mail."""
        desk.save("desk", raw("1", mail("a", ASK)), raw("2", mail("a", COMPLAINT)))
        desk.understand()

        assert desk.query("SELECT count(*), count(DISTINCT message_id) FROM message") == [(2, 1)]

    def test_mail_without_message_id_is_known_by_its_content(self, desk: SmallDesk) -> None:
        """Two copies are one message, other words another."""
        desk.save("desk", raw("1", mail("", ASK)), raw("2", mail("", ASK)), raw("3", mail("", COMPLAINT)))
        desk.understand()

        assert desk.query("SELECT count(*) FROM message") == [(2,)]

    def test_the_earliest_copy_tells_when_it_was_received(self, desk: SmallDesk) -> None:
        """The clock of an obligation begins there."""
        early, late = NOW - timedelta(days=2), NOW - timedelta(days=1)
        desk.save("desk", raw("1", mail("a"), received_at=late))
        desk.understand()
        desk.save("archive", raw("x", mail("a"), received_at=early))
        desk.understand()

        (row,) = overdue(desk.store, now=NOW, elapsed=elapsed, stale_after={})
        assert row["clock_start"] == early

    def test_an_edited_file_forgets_what_it_said_before(self, desk: SmallDesk) -> None:
        """Neither its message nor its flags stay behind."""
        desk.save("desk", raw("1", mail("a", ASK), etag="1"))
        desk.understand()
        assert overdue(desk.store, now=NOW, elapsed=elapsed, stale_after={})

        desk.save("desk", raw("1", mail("b", "All good here.", subject="Greetings"), etag="2"))
        desk.understand()

        assert desk.query("SELECT message_id FROM message") == [("b@host.example",)]
        assert overdue(desk.store, now=NOW, elapsed=elapsed, stale_after={}) == []


class TestThreads:
    def threads(self, desk: SmallDesk) -> set[str]:
        return {thread for (thread,) in desk.query("SELECT DISTINCT thread FROM message")}

    def test_an_answer_that_comes_first_is_joined_later(self, desk: SmallDesk) -> None:
        """Whatever the order."""
        desk.save("desk", raw("2", mail("b", answers=["a"])))
        desk.understand()
        desk.save("desk", raw("1", mail("a")))
        desk.understand()

        assert len(self.threads(desk)) == 1

    def test_mail_that_answers_the_same_missing_mail_belongs_together(self, desk: SmallDesk) -> None:
        """Nobody holds the first one."""
        desk.save("desk", raw("1", mail("b", answers=["lost"])), raw("2", mail("c", answers=["lost"])))
        desk.understand()

        assert len(self.threads(desk)) == 1

    def test_a_mail_joins_two_threads(self, desk: SmallDesk) -> None:
        """All messages of both are asked anew whose turn it is."""
        desk.save("desk", raw("1", mail("a")), raw("2", mail("b")))
        desk.understand()
        assert len(self.threads(desk)) == 2

        desk.save("desk", raw("3", mail("c", answers=["a", "b"])))
        desk.understand()

        assert len(self.threads(desk)) == 1

    def test_an_equal_subject_joins_nothing(self, desk: SmallDesk) -> None:
        """SEMANTICS 1: subject alone never joins."""
        desk.save("desk", raw("1", mail("a")), raw("2", mail("b")))
        desk.understand()

        assert len(self.threads(desk)) == 2


class TestMeetings:
    def test_d5_2_the_higher_sequence_wins_in_any_order(self, desk: SmallDesk) -> None:
        """The latest edit is the meeting."""
        old = entry("m1", "Old", starts_at=NOW)
        new = entry("m1", "New", starts_at=NOW + timedelta(hours=2), sequence=1)
        for first, second in (("desk", "calendar"), ("calendar", "desk")):
            desk.save(first, new if first == "desk" else old)
            desk.save(second, new if second == "desk" else old)
            desk.understand()

        assert desk.query("SELECT title FROM event") == [("New",)]

    def test_d5_7_the_same_entry_in_two_calendars_is_one_meeting(self, desk: SmallDesk) -> None:
        """It stays while one of them shows it."""
        desk.save("desk", entry("m1", "Pier review", starts_at=NOW))
        desk.save("calendar", entry("m1", "Pier review", starts_at=NOW))
        desk.understand()
        assert desk.query("SELECT count(*) FROM event") == [(1,)]

        desk.save("desk", Deleted(folder="calendar", uid="m1"))
        desk.understand()
        assert desk.query("SELECT count(*) FROM event") == [(1,)]

    @pytest.mark.parametrize("title", ["Alpha", "Beta", "Gamma", "Delta"])
    def test_an_edit_without_a_new_sequence_counts(self, desk: SmallDesk, title: str) -> None:
        """People edit files by hand; what the file says now is the meeting."""
        desk.save("calendar", entry("m1", "Before", starts_at=NOW))
        desk.understand()

        desk.save("calendar", entry("m1", title, starts_at=NOW, etag="2"))
        desk.understand()

        assert desk.query("SELECT title FROM event") == [(title,)]

    def test_the_other_calendar_speaks_when_the_newer_copy_is_gone(self, desk: SmallDesk) -> None:
        """What is left is what one clean run would find."""
        desk.save("desk", entry("m1", "Old", starts_at=NOW))
        desk.save("calendar", entry("m1", "New", starts_at=NOW, sequence=1))
        desk.understand()

        desk.save("calendar", Deleted(folder="calendar", uid="m1"))
        desk.understand()

        assert desk.query("SELECT title FROM event") == [("Old",)]

    def test_a_series_is_expanded_again_as_time_goes_on(self, desk: SmallDesk) -> None:
        """D5.6: every occurrence by itself, far enough ahead."""
        weekly = "RRULE:FREQ=WEEKLY"
        desk.save("calendar", entry("m1", "Weekly", starts_at=NOW - timedelta(days=7), more=weekly))
        desk.understand()
        (before,) = desk.query("SELECT count(*) FROM event")[0]

        later = SmallDesk(desk.path.parent, now=NOW + timedelta(days=300))
        later.understand()
        later.close()

        (after,) = desk.query("SELECT count(*) FROM event")[0]
        assert before == 59  # 400 days ahead, and the week before
        assert after > before + 40

    def test_what_cannot_be_read_of_a_calendar_is_told(self, desk: SmallDesk) -> None:
        """It waits in quarantine."""
        broken = RawEvent(folder="calendar", uid="x", data=b"BEGIN:VCALENDAR\r\nnonsense", size=25)
        desk.save("calendar", broken)

        _, quarantined = stages.parse(desk.desk)

        assert quarantined["calendar"] == 1


class TestVersions:
    """A changed version recomputes what is stale, and only that."""

    def test_a_second_run_parses_nothing(self, desk: SmallDesk) -> None:
        """All stages are done."""
        desk.save("desk", *(item for name, item in ITEMS if name == "desk"))
        desk.understand()
        before = desk.dump()

        desk.understand()

        assert desk.dump() == before

    def test_a_new_parser_reads_everything_again(self, desk: SmallDesk, monkeypatch: pytest.MonkeyPatch) -> None:
        """And ends where it was, when it reads the same."""
        for name, item in ITEMS:
            desk.save(name, item)
        desk.understand()
        before = _without_versions(desk.dump())

        monkeypatch.setattr("extraction.version.PARSER_VERSION", "next")
        desk.understand()

        assert differences(_without_versions(desk.dump()), before) == {}
        assert desk.query("SELECT DISTINCT parsed_with FROM item") == [("next",)]

    def test_a_new_parser_may_move_a_message_to_a_later_time(
        self, desk: SmallDesk, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """What it reads counts, even if the former one would have won among copies."""
        at = datetime(2026, 3, 10, 8, tzinfo=UTC)
        desk.save("desk", raw("1", mail("a"), received_at=at))
        desk.save("archive", raw("x", mail("a"), received_at=at + timedelta(hours=3)))
        desk.understand()

        monkeypatch.setattr("extraction.version.PARSER_VERSION", "next")
        monkeypatch.setattr("extraction.mime.server_time", lambda given, *_rest, **_named: given + timedelta(hours=1))
        desk.understand()

        received = datetime.fromtimestamp(desk.query("SELECT received_at FROM message")[0][0] / 1e6, UTC)
        assert received == at + timedelta(hours=1)


def test_a_batch_is_bounded_by_bytes_as_well_as_by_number(desk: SmallDesk) -> None:
    """A large mail comes alone, so that memory does not grow with what waits."""
    sizes = [400, 400, 4_000, 400]
    desk.save("desk", *(raw(str(n), mail(f"m{n}", "x " * (size // 2))) for n, size in enumerate(sizes)))
    batches, after = [], 0
    while span := next_span(desk.store, "message", "1", now=NOW, limit=10, size=2_000, after=after):
        batches.append([row.uid for row in unparsed(desk.store, "message", "1", now=NOW, span=span)])
        after = span.last

    assert batches == [["0", "1"], ["2"], ["3"]]


def test_a_new_message_is_attached_while_it_is_written(desk: SmallDesk) -> None:
    """Its row is long and is not written twice; the stage that attaches finds nothing left to do."""
    desk.save("desk", raw("1", mail("a")))
    stages.parse(desk.desk)
    before = desk.dump()
    stages.attach(desk.desk)

    assert desk.query("SELECT direction FROM message") == [("inbound",)]
    assert desk.query("SELECT account FROM message_account") == [("tidewater",)]
    assert differences(desk.dump(), before) == {}


def test_while_a_message_is_attached_another_process_may_write_it(
    desk: SmallDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Attaching takes a while, so nobody waits for it; a copy that was written meanwhile is the same message."""
    letter = mail("a")
    desk.save("desk", raw("1", letter))
    desk.save("archive", raw("x", letter, received_at=NOW - timedelta(days=1)))
    ours = attacher_of(desk.desk)
    meanwhile: list[Outcome] = []

    def attach(facts: Unattached) -> tuple[Attachment, bool]:
        if not meanwhile:
            meanwhile.append(Outcome())
            meanwhile[0].add(parse_span(desk.desk, Span(2, 2)))
        return ours.attach(facts)

    monkeypatch.setattr(mail_parsing, "attacher_of", lambda _: Attacher(ours.version, attach))
    outcome = parse_span(desk.desk, Span(1, 1))
    monkeypatch.undo()
    desk.understand()

    assert (meanwhile[0].done, outcome.done, outcome.duplicates["desk"]) == (1, 1, 1)
    assert desk.query("SELECT count(DISTINCT message) FROM item") == [(1,)]
    assert desk.query("SELECT direction FROM message") == [("inbound",)]
    assert desk.query("SELECT account FROM message_account") == [("tidewater",)]


def _without_versions(found: Dump) -> Dump:
    return {
        table: [tuple(str(cell).replace("next", PARSER_VERSION) for cell in row) for row in rows]
        for table, rows in found.items()
    }
