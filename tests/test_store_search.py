"""Finding words in what is stored, on either engine."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from importlib import import_module
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_desk import BOOK, NOW, SmallDesk, entry, mail, raw

from domain.errors import ConfigError
from domain.followup import MeetingNote, Outcome
from domain.search import Term, parse_search
from domain.sources import Deleted
from domain.words import spans
from flows import stages
from store.acts import save_note
from store.beginnings import written_out
from store.matching import matching
from store.parsing import drop_messages
from store.queries import search, timeline
from store.queries.snippets import snippet

pytestmark = pytest.mark.usefixtures("engine")
DAY = timedelta(days=1)
BEN = "ben@bluepeak.example"


def with_attachment(data: bytes) -> bytes:
    """The same mail with a file."""
    message = message_from_bytes(data, policy=policy.SMTP)
    message.add_attachment(b"%PDF-1.7", maintype="application", subtype="pdf", filename="plan.pdf")
    return message.as_bytes()


MAILS = {
    "pier": mail("pier", "Could you send us the revised offer for the pier?", subject="Offer", at=NOW - 2 * DAY),
    "body": mail("body", "The offer was revised twice.", subject="Lunch", at=NOW - DAY),
    "muller": mail(
        "muller", "Herr Müller aus der Königstraße wünscht einen Rückruf.", subject="Rückruf", at=NOW - 3 * DAY
    ),
    "eleve": mail("eleve", "L'élève a été reçu à la caféteria.", subject="Élève", at=NOW - 4 * DAY),
    "file": with_attachment(mail("file", "The plan is attached.", subject="Plan", at=NOW - 40 * DAY)),
    "peak": mail("peak", "An offer from the peak.", sender=BEN, subject="Peak", at=NOW - 5 * DAY),
}


@pytest.fixture(scope="module")
def full(engine: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmallDesk]:
    """Six mails, a meeting with a note, and a private meeting."""
    desk = SmallDesk(tmp_path_factory.mktemp(engine))
    desk.connect("desk", "calendar")
    for name, data in MAILS.items():
        desk.save("desk", raw(name, data))
    desk.save("calendar", entry("m1", "Pier review", starts_at=NOW - DAY, more="DESCRIPTION:Where the cranes go"))
    desk.save("calendar", entry("m2", "Secret cranes", starts_at=NOW - DAY, more="CLASS:PRIVATE"))
    desk.understand()
    (key,) = (row["id"] for row in search(desk.store, "kind:meeting"))
    note = MeetingNote(
        event_key=key, at=NOW, text="Mara wants bigger cranes.", outcome=Outcome.HELD, decisions=("Buy two",)
    )
    save_note(desk.store, note, actor="ana@northwind.example")
    yield desk
    desk.close()


def found(desk: SmallDesk, text: str, **more: Any) -> list[str]:
    """Titles of what is found, the best first."""
    return [row["title"] for row in search(desk.store, text, **more)]


@pytest.mark.parametrize(
    ("text", "titles"),
    [
        ("offer", ["Offer", "Lunch", "Peak"]),
        ("revised offer", ["Offer", "Lunch"]),
        ('"revised offer"', ["Offer"]),
        ('"offer revised"', []),
        ("off*", ["Offer", "Lunch", "Peak"]),
        ('"revised off"*', ["Offer"]),
        ("OFFER Pier", ["Offer"]),
        ("mueller", ["Rückruf"]),
        ("Muller", ["Rückruf"]),
        ("KÖNIGSTRASSE", ["Rückruf"]),
        ("koenigs*", ["Rückruf"]),
        ("eleve recu", ["Élève"]),
        ("cafétéria", ["Élève"]),
        ("cranes", ["Meeting held", "Pier review"]),
        ('"buy two"', ["Meeting held"]),
        ("from:ben", ["Peak"]),
        ("from:ben@bluepeak.example offer", ["Peak"]),
        ("to:ana kind:meeting", ["Pier review"]),
        ("from:ana kind:message", []),
        ("has:attachment", ["Plan"]),
        ("plan has:attachment", ["Plan"]),
        ("kind:note", ["Meeting held"]),
        ("kind:note kind:meeting cranes", ["Meeting held", "Pier review"]),
        ("offer after:2026-03-11", ["Lunch"]),
        ("offer before:2026-03-10", ["Peak"]),
        ("before:2026-02-15", ["Plan"]),
        ("nowhere", []),
        ("%", []),
        ("", []),
    ],
)
def test_a_search_finds(full: SmallDesk, text: str, titles: list[str]) -> None:
    """Title before text, then the newest first."""
    assert found(full, text) == titles


def test_an_account_narrows_it(full: SmallDesk) -> None:
    """By name, id or domain."""
    assert found(full, "offer", account="Bluepeak") == ["Peak"]
    assert found(full, "offer", account="tidewater.example") == ["Offer", "Lunch"]


def test_a_day_begins_where_the_company_is(full: SmallDesk) -> None:
    """The mail of 11 March, 09:00 UTC, came on that day in Berlin, on the day before in Honolulu."""
    assert found(full, "lunch after:2026-03-11", zone=ZoneInfo("Europe/Berlin")) == ["Lunch"]
    assert found(full, "lunch after:2026-03-11", zone=ZoneInfo("Pacific/Honolulu")) == []


def test_the_end_of_time_is_an_end_as_any_other(full: SmallDesk) -> None:
    """As `--until` and `before:` take it."""
    ever = timeline(full.store, "Tidewater", now=NOW, until=datetime.max.replace(tzinfo=UTC), search="offer")

    assert [row["title"] for row in ever["entries"]] == ["Lunch", "Offer"]
    assert len(found(full, "offer before:9999-12-31")) == len(found(full, "offer"))


def test_a_private_meeting_is_not_found(full: SmallDesk) -> None:
    """Whatever its title."""
    assert found(full, "secret") == []


def test_a_result_shows_where_the_words_are(full: SmallDesk) -> None:
    """As they were written."""
    (row,) = search(full.store, "mueller konigstrasse")

    assert row["snippet"] == "Herr Müller aus der Königstraße wünscht einen Rückruf."
    assert [row["snippet"][start:end] for start, end in row["highlights"]] == ["Müller", "Königstraße"]
    assert (row["kind"], row["account"], 0 < row["score"] <= 1) == ("message", "Tidewater", True)


def test_a_snippet_of_a_long_text_is_cut_around_the_words() -> None:
    """At blanks."""
    text = "word " * 500 + "the pier is old " + "tail " * 500
    shown, highlights = snippet(text, parse_search('"pier is"', UTC).terms)

    assert shown.startswith("… word ")
    assert shown.endswith("tail…")
    assert len(shown) < 210
    assert [shown[start:end] for start, end in highlights] == ["pier", "is"]


WORDS = st.lists(st.sampled_from(["a", "ab", "Mueller", "x-y", "é", "b" * 40]), max_size=60).map(" ".join)
TERMS = st.lists(st.sampled_from(["a", "ab", "a*", '"ab a"', '"x y a"*', "muller", "none"]), max_size=3).map(" ".join)


@given(WORDS, TERMS)
@settings(max_examples=300, deadline=None)
def test_a_snippet_shows_all_there_is_around_the_first_word(text: str, asked: str) -> None:
    """As if all of the text had been looked through: the words of a phrase one by one, also across the end."""
    terms = parse_search(asked, UTC).terms
    places = [(start, end, word) for start, end, found in spans(text) for word in found]
    hits = {
        place[:2]
        for term in terms
        for n in range(len(places))
        if term.found_in(" ".join(word for *_, word in places[n : n + len(term.words)]))
        for place in places[n : n + len(term.words)]
    }
    shown, highlights = snippet(text, terms)
    before, piece = ("… ", shown[2:]) if shown.startswith("… ") else ("", shown)
    start = text.find(piece.rstrip("…"), max(0, min(hits)[0] - 60) if hits and before else 0)
    inside = sorted((a, b) for a, b in hits if start <= a and b <= start + 200)

    assert start <= min(hits)[0] if hits else start == 0
    assert highlights == [(a - start + len(before), b - start + len(before)) for a, b in inside]


@pytest.mark.parametrize(
    ("text", "titles"),
    [
        ("offer", ["Offer"]),
        ("off*", ["Offer"]),
        ("revised", []),
        ("review pier", ["Pier review"]),
        ('"pier review"', ["Pier review"]),
        ('"review pier"', []),
        ('"pier rev"*', ["Pier review"]),
        ('"meeting held"', ["Meeting held"]),
        ("mueller", []),
        ("rückruf", ["Rückruf"]),
        ("kindmessage", []),
        ("offer from:mara", ["Offer"]),
        ("offer from:mar*", ["Offer"]),
        ("peak from:mara", []),
    ],
)
def test_words_of_titles_are_looked_for_there_alone(full: SmallDesk, text: str, titles: list[str]) -> None:
    """So that what has them there is ranked, also where many newer ones have them elsewhere."""
    with full.store.reading() as connection:
        query = matching(connection, parse_search(text, UTC), in_title=True)
        keys = {row.key for row in connection.execute(query)}
    assert [row["title"] for row in search(full.store, text) if row["id"] in keys] == titles
    assert len(keys) == len(titles)


@pytest.mark.parametrize(
    ("text", "titles"),
    [
        ("offer", ["Lunch", "Offer"]),
        ("cranes", ["Meeting held", "Pier review"]),
        ("from:mara has:attachment", ["Plan"]),
    ],
)
def test_a_timeline_is_narrowed_by_the_same_words(full: SmallDesk, text: str, titles: list[str]) -> None:
    """Newest first, as ever; pages of one go on where the last ended."""
    seen: list[str] = []
    cursor = None
    for _ in titles:
        page = timeline(full.store, "Tidewater", now=NOW, search=text, limit=1, cursor=cursor)
        seen += [row["title"] for row in page["entries"]]
        cursor = page["next_cursor"]
    assert (seen, cursor) == (titles, None)


@pytest.mark.parametrize("text", ["kind:letter", "after:soon"])
def test_a_mistake_is_told_by_both(full: SmallDesk, text: str) -> None:
    """As a mistake in what was typed."""
    with pytest.raises(ConfigError):
        search(full.store, text)
    with pytest.raises(ConfigError):
        timeline(full.store, "Tidewater", now=NOW, search=text)


SYNTAX = st.text(alphabet="ab \"'*:()&|!<->^{}[]%_\\-+~,;.\0éß@", max_size=30)


@given(st.one_of(SYNTAX, st.text(max_size=30)))
@settings(max_examples=150, deadline=None)
def test_nothing_that_is_typed_is_an_error_of_the_engine(full: SmallDesk, text: str) -> None:
    """Whatever it means in the languages of FTS5 or tsquery."""
    try:
        search(full.store, text)
        timeline(full.store, "Tidewater", now=NOW, search=text)
    except ConfigError:
        pass


@pytest.mark.parametrize("most", [0, 1, 64])
@pytest.mark.parametrize(
    ("text", "titles"),
    [
        ("off*", ["Offer", "Lunch", "Peak"]),
        ("re* off*", ["Offer", "Lunch"]),
        ('"revised off"*', ["Offer"]),
        ('"offer rev"*', []),
        ("from:be*", ["Peak"]),
        ("from:off*", []),
        ("off* from:mar*", ["Offer", "Lunch"]),
        ("to:an* kind:meeting", ["Pier review"]),
        ("ö*", ["Offer", "Lunch", "Peak"]),
        ("zz*", []),
    ],
)
def test_a_beginning_is_the_words_that_begin_so(
    full: SmallDesk, monkeypatch: pytest.MonkeyPatch, text: str, titles: list[str], most: int
) -> None:
    """Whether they are looked for one by one or, where they are too many for that, all at once."""
    monkeypatch.setattr(import_module("store.beginnings"), "_MOST", {"sqlite": most, "postgresql": most})
    assert found(full, text) == titles


def listed(desk: SmallDesk, beginning: str) -> list[str]:
    """The words that are known to begin so."""
    with desk.store.reading() as connection:
        terms = written_out(connection, Term((beginning,), prefix=True))
    return [word for term in terms if not term.prefix for word in term.words]


class TestTheIndexFollows:
    @pytest.fixture
    def desk(self, tmp_path: Any) -> Iterator[SmallDesk]:
        """A store that knows a mailbox and a calendar."""
        small = SmallDesk(tmp_path)
        small.connect("desk", "calendar")
        yield small
        small.close()

    def test_a_mail_that_changed(self, desk: SmallDesk) -> None:
        """Its former words are gone."""
        desk.save("desk", raw("1", mail("a", "Old words here.")))
        desk.understand()
        desk.save("desk", raw("1", mail("b", "Fresh words here."), etag="2"))
        desk.understand()

        assert found(desk, "fresh") == ["Offer for the pier"]
        assert found(desk, "old") == []

    def test_a_meeting_that_is_renamed_and_then_gone(self, desk: SmallDesk) -> None:
        """Found by what the calendar shows now."""
        desk.save("calendar", entry("m", "Old review", starts_at=NOW))
        desk.understand()
        desk.save("calendar", entry("m", "New review", starts_at=NOW, sequence=1, etag="2"))
        desk.understand()
        assert (found(desk, "old"), found(desk, "new")) == ([], ["New review"])

        desk.save("calendar", Deleted(folder="calendar", uid="m"))
        desk.understand()
        assert found(desk, "review") == []

    def test_a_changed_account_book(self, desk: SmallDesk, tmp_path: Any) -> None:
        """Mail that belongs to another account is found there."""
        desk.save("desk", raw("1", mail("a")))
        desk.understand()
        desk.close()
        moved = BOOK.replace("bluepeak.example", "bluepeak.example;tidewater.example").replace(
            "Tidewater,tidewater.example", "Tidewater,old.example"
        )
        other = SmallDesk(tmp_path, book=moved)
        other.understand()

        assert found(other, "offer", account="Bluepeak") == ["Offer for the pier"]
        assert found(other, "offer", account="Tidewater") == []
        other.close()

    def test_a_run_that_ended_before_its_mail_was_indexed_is_caught_up_with(self, desk: SmallDesk) -> None:
        """What was parsed is marked until it can be found."""
        desk.save("desk", raw("late", mail("late", "The winch is late.")))
        stages.parse(desk.desk)

        assert found(desk, "winch") == []
        assert desk.query("SELECT count(*) FROM search_waiting") == [(1,)]

        desk.understand()

        assert len(found(desk, "winch")) == 1
        assert desk.query("SELECT count(*) FROM search_waiting") == [(0,)]

    def test_a_mail_that_goes_before_it_was_indexed_waits_no_longer(self, desk: SmallDesk) -> None:
        """Its mark goes with it."""
        desk.save("desk", raw("late", mail("late", "The winch is late.")))
        stages.parse(desk.desk)
        ((key,),) = desk.query("SELECT message FROM search_waiting")

        with desk.store.writing() as connection:
            drop_messages(connection, [key])

        assert desk.query("SELECT count(*) FROM search_waiting") == [(0,)]

    def test_a_word_is_known_as_long_as_a_document_has_it(self, desk: SmallDesk) -> None:
        """Whichever had it first."""
        desk.save("desk", raw("1", mail("a", "The winch and the winchester.")))
        desk.understand()
        desk.save("desk", raw("2", mail("b", "A winch with a winchman.")))
        desk.understand()
        assert listed(desk, "winch") == ["winch", "winchester", "winchman"]

        ((key,),) = desk.query("SELECT key FROM message WHERE message_id = 'a@host.example'")
        with desk.store.writing() as connection:
            drop_messages(connection, [key])
        assert listed(desk, "winch") == ["winch", "winchman"]
        assert len(found(desk, "winch*")) == 1

        ((key,),) = desk.query("SELECT key FROM message WHERE message_id = 'b@host.example'")
        with desk.store.writing() as connection:
            drop_messages(connection, [key])
        assert listed(desk, "winch") == []

    def test_many_mails_of_one_second(self, desk: SmallDesk) -> None:
        """Each is found."""
        for n in range(40):
            desk.save("desk", raw(f"{n}", mail(f"m{n}", f"Crane number{n}.", at=datetime(1970, 1, 1, tzinfo=UTC))))
        stages.parse(desk.desk)
        stages.index(desk.desk)

        assert len(found(desk, "crane")) == 40
        assert len(found(desk, "number7")) == 1
