"""The morning report reads like a note from a colleague and never claims what is not known (SEMANTICS 7)."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from followup.digest import WIDTH, digest_text

NOW = datetime(2026, 3, 9, 6, 30, tzinfo=UTC)


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


def digest(
    overdue: Sequence[Mapping[str, Any]] = (),
    gaps: Sequence[Mapping[str, Any]] = (),
    stale: Sequence[Mapping[str, Any]] = (),
) -> str:
    """Write the report of a Monday morning in Berlin."""
    return digest_text(
        company="Northwind Agency", today=NOW, zone="Europe/Berlin", overdue=overdue, gaps=gaps, stale=stale
    )


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
