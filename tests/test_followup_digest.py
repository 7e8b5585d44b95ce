"""The morning report reads like a note from a colleague and never claims what is not known (SEMANTICS 7)."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.digest import Change, Digest, Facts, Notice
from followup.digest import MOST, MOST_NOTICES, build_digest, notices
from followup.digest_text import WIDTH, digest_text, subject

NOW = datetime(2026, 3, 9, 6, 30, tzinfo=UTC)
FRIDAY = datetime(2026, 3, 6, 6, 30, tzinfo=UTC)


def waiting(**fields: Any) -> dict[str, Any]:
    """Return a row of ``overdue``."""
    row = {
        "id": "ob-aaaa",
        "account": "Acme",
        "owner": "ana@northwind.example",
        "contact": "nina@acme.example",
        "subject": "Plan",
        "kinds": ["request"],
        "state": "overdue",
        "clock_start": datetime(2026, 3, 5, 9, 12, tzinfo=UTC),
        "due": datetime(2026, 3, 5, 17, 0, tzinfo=UTC),
        "business_minutes_over": 510,
        "chasers": 2,
        "evidence": [{"quote": "Could you send the new plan?"}],
    }
    return row | fields


def gap(**fields: Any) -> dict[str, Any]:
    """Return a row of ``meetings --unrecorded``."""
    row = {
        "id": "gap-bbbb",
        "gap": "undocumented",
        "account": "Acme",
        "accounts": ["Acme"],
        "starts_at": datetime(2026, 3, 3, 9, 0, tzinfo=UTC),
        "title": "Budget review",
        "confidence": 0.9,
        "evidence": [],
    }
    return row | fields


STALE = {"name": "desk", "kind": "imap", "state": "stale", "last_success": datetime(2026, 3, 7, 8, 0, tzinfo=UTC)}


def built(
    overdue: Sequence[Mapping[str, Any]] = (),
    gaps: Sequence[Mapping[str, Any]] = (),
    stale: Sequence[Mapping[str, Any]] = (),
    promises: Sequence[Mapping[str, Any]] = (),
    told: Sequence[Notice] = (),
) -> Digest:
    """Choose what the report of a Monday morning in Berlin tells; one was written on Friday if anything was told."""
    facts = Facts(
        overdue=overdue,
        gaps=gaps,
        promises=promises,
        stale=stale,
        told={notice.flag: notice for notice in told},
        since=FRIDAY if told else None,
    )
    return build_digest(facts, company="Northwind Agency", now=NOW, zone="Europe/Berlin")


def digest(
    overdue: Sequence[Mapping[str, Any]] = (),
    gaps: Sequence[Mapping[str, Any]] = (),
    stale: Sequence[Mapping[str, Any]] = (),
) -> str:
    """Write the first report there is."""
    return digest_text(built(overdue, gaps, stale))


def told(flag: str, state: str = "overdue", *, times: int = 1) -> Notice:
    """Return what Friday's report said."""
    return Notice(flag=flag, title="Acme (request)", state=state, times=times, last_at=FRIDAY)


def test_whole_report() -> None:
    """Who waits, what went unrecorded, and what is not known, in this order."""
    rows = [waiting(), waiting(id="ob-cccc", state="open"), waiting(id="ob-dddd", state="at_risk", chasers=0)]

    assert digest(rows, [gap()], [STALE]) == (
        "Northwind Agency, Monday 9 March 2026\n"
        "\n"
        "WAITING FOR US\n"
        "\n"
        "ana@northwind.example\n"
        "  OVERDUE  Acme: nina@acme.example (request)\n"
        '    "Could you send the new plan?"\n'
        "    since Thu 5 Mar 10:12, was due Thu 5 Mar 18:00, 8 h 30 min of business time over,\n"
        "      asked again 2 times  [ob-aaaa]\n"
        "  AT RISK  Acme: nina@acme.example (request)\n"
        '    "Could you send the new plan?"\n'
        "    since Thu 5 Mar 10:12, due Thu 5 Mar 18:00  [ob-dddd]\n"
        "\n"
        "1 more is open and in time.\n"
        "\n"
        "UNRECORDED MEETINGS\n"
        "\n"
        "  Acme: Budget review, Tue 3 Mar 10:00: no note, no recap  [gap-bbbb]\n"
        "\n"
        "Not known since Sat 7 Mar 09:00: source desk\n"
    )


def test_quiet_morning() -> None:
    """Nothing waits, and everything was read."""
    assert digest() == "Northwind Agency, Monday 9 March 2026\n\nNobody is waiting for us.\n"


def test_all_clear_is_never_claimed_from_stale_data() -> None:
    """A source that was not read may hold the mail that waits."""
    text = digest(stale=[STALE])

    assert "Nobody is waiting for us." not in text
    assert "No complete picture" in text
    assert "Not known since Sat 7 Mar 09:00: source desk" in text


def test_source_that_was_never_read_says_so() -> None:
    """There is no moment since which it is unknown."""
    assert "Never read: source desk" in digest(stale=[STALE | {"last_success": None}])


def test_unknown_obligation_is_not_called_overdue() -> None:
    """Its answer may lie where we could not look."""
    text = digest([waiting(state="unknown")])

    assert "NOT KNOWN  Acme" in text
    assert "over" not in text


def test_each_owner_has_a_group_and_what_is_nobodys_comes_last() -> None:
    """Work is found under the name of who does it."""
    text = digest([waiting(owner=""), waiting(owner="ben@northwind.example"), waiting()])

    assert text.index("ana@") < text.index("ben@") < text.index("Nobody's yet")


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"gap": "off_calendar"}, "agreed by mail, in no calendar"),
        ({"gap": "ad_hoc", "starts_at": None}, "Budget review: spoken of in a mail, in no calendar"),
        ({"confidence": 0.4}, "was it held?"),
    ],
)
def test_meeting_says_why_it_is_listed(fields: dict[str, Any], words: str) -> None:
    """Three kinds of gaps, and the question of D5.3."""
    assert words in digest(gaps=[gap(**fields)])


@given(st.text(max_size=400), st.text(max_size=200))
def test_words_of_strangers_never_break_the_page(quote: str, subject: str) -> None:
    """Long words, line ends and control characters of mails stay within the width and on their lines."""
    row = waiting(contact=subject, evidence=[{"quote": quote}])

    lines = digest([row], [gap(title=subject)]).split("\n")

    assert all(len(line) <= WIDTH and line.isprintable() for line in lines)


def shown(digest: Digest) -> list[tuple[str, str]]:
    """The obligations listed, with what became of them."""
    return [(item.row["id"], str(item.change)) for _, owned in digest.waiting for item in owned]


def test_changes_come_first() -> None:
    """New, worse, then what stands as it stood; what is over is named at the end."""
    rows = [waiting(id="still"), waiting(id="worse"), waiting(id="fresh")]

    found = built(rows, told=[told("still"), told("worse", "at_risk"), told("over")])

    assert shown(found) == [("fresh", "new"), ("worse", "worse"), ("still", "still")]
    assert [notice.flag for notice in found.cleared] == ["over"]
    assert "1 new, 1 worse, 1 still waiting, 1 cleared since Fri 6 Mar 07:30." in digest_text(found)


def test_a_flag_stands_twice_with_its_sentence_and_is_counted_afterwards() -> None:
    """Who has read it twice knows it; the rest is `accountline overdue`."""
    assert shown(built([waiting(id="x")], told=[told("x", times=1)])) == [("x", "still")]

    found = built([waiting(id="x")], told=[told("x", times=MOST_NOTICES)])

    assert (shown(found), found.unlisted, found.empty) == ([], 1, False)
    assert "Nobody is waiting" not in digest_text(found)


def test_what_gets_worse_is_news_again() -> None:
    """At risk on Thursday and Friday, overdue on Monday."""
    found = built([waiting(id="x")], told=[told("x", "at_risk", times=MOST_NOTICES)])

    assert shown(found) == [("x", "worse")]
    assert [notice.times for notice in notices(found, {"x": told("x", "at_risk", times=2)})] == [1]


def test_no_more_is_listed_than_one_reads_over_coffee() -> None:
    """The worst come first in the rows; the rest is counted."""
    found = built([waiting(id=f"o{number:02}") for number in range(MOST + 5)])

    assert (len(shown(found)), found.unlisted) == (MOST, 5)
    assert shown(found)[0][0] == "o00"


def test_nothing_is_called_cleared_over_a_gap_in_coverage() -> None:
    """What a stale source hides is not over (SEMANTICS 7)."""
    assert built(stale=[STALE], told=[told("x")]).cleared == ()


@pytest.mark.parametrize(
    ("fields", "empty"),
    [
        ({}, True),
        ({"overdue": [waiting(state="open")]}, True),
        ({"overdue": [waiting()]}, False),
        ({"gaps": [gap()]}, False),
        ({"stale": [STALE]}, False),
        ({"told": [told("x")]}, False),
    ],
)
def test_a_report_with_nothing_to_do_is_empty(fields: dict[str, Any], *, empty: bool) -> None:
    """What is open and in time needs nobody's morning; a source that was not read does."""
    assert built(**fields).empty is empty


def test_promises_that_press_are_told() -> None:
    """Broken, or due today; next week's are not."""
    row: dict[str, Any] = {
        "id": "p",
        "account": "Acme",
        "by": "ana@northwind.example",
        "quote": "You will have it.",
        "state": "open",
    }
    rows = [
        row | {"id": "broken", "state": "broken", "due": FRIDAY},
        row | {"id": "today", "due": datetime(2026, 3, 9, 17, tzinfo=UTC)},
        row | {"id": "later", "due": datetime(2026, 3, 12, 17, tzinfo=UTC)},
        row | {"id": "some day", "due": None},
    ]

    assert [promise["id"] for promise in built(promises=rows).promises] == ["broken", "today"]


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"overdue": [waiting(), waiting(id="b", state="at_risk")]}, "Northwind Agency: 1 overdue, 1 at risk"),
        ({"stale": [STALE]}, "Northwind Agency: incomplete"),
        ({"gaps": [gap()]}, "Northwind Agency: today"),
        ({"overdue": [waiting()], "told": [told("ob-aaaa", times=2)]}, "Northwind Agency: 1 still waiting"),
    ],
)
def test_the_subject_says_how_many_wait(fields: dict[str, Any], said: str) -> None:
    """Read on a telephone, before anything is opened."""
    assert subject(built(**fields)) == said


def test_what_was_told_is_remembered() -> None:
    """Once more each time; without the words of the mail."""
    found = built([waiting()], [gap()], told=[told("ob-aaaa")])
    before = {"ob-aaaa": told("ob-aaaa")}

    remembered = {notice.flag: (notice.title, notice.state, notice.times) for notice in notices(found, before)}

    assert remembered == {
        "ob-aaaa": ("Acme (request)", "overdue", 2),
        "gap-bbbb": ("Acme: Budget review", "undocumented", 1),
    }
    assert found.items[0].change is Change.STILL
