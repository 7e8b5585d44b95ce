"""What each owner gets of the morning report."""

from datetime import UTC, datetime
from typing import Any

import pytest
from test_followup_digest import STALE, gap, waiting

from domain.digest import Brief, Digest, Facts, Notice
from followup.digest import build_digest
from followup.digest_readers import concerns, share_of
from followup.digest_text import digest_text

NOW = datetime(2026, 3, 9, 6, 30, tzinfo=UTC)
ANA, BEN = "ana@northwind.example", "ben@northwind.example"
ANSWERING = {"Acme": ANA, "Borealis": BEN}


def promise(account: str) -> dict[str, Any]:
    """Return a row of ``promises``."""
    return {"id": f"pr-{account}", "account": account, "state": "broken", "due": NOW, "by": BEN, "quote": "By Friday."}


def notice(flag: str) -> Notice:
    """Return what an earlier report told of a flag."""
    return Notice(flag=flag, title=flag, state="overdue", times=1, last_at=NOW)


def share(reader: str, concerned: dict[str, str] | None = None, **facts: Any) -> Facts:
    """Choose what one reader is told."""
    return share_of(reader, Facts(**facts), answering=ANSWERING, concerned=concerned or {})


def test_what_waits_is_whose_it_is() -> None:
    """Acme is Ana's, and one flag of it was given to Ben."""
    rows = [waiting(id="ob-1", owner=ANA), waiting(id="ob-2", owner=BEN)]

    assert [row["id"] for row in share(BEN, overdue=rows).overdue] == ["ob-2"]


def test_meetings_of_an_account_are_who_answers_for_it() -> None:
    """One with two accounts is both's."""
    rows = [gap(id="gap-1", accounts=["Acme"]), gap(id="gap-2", accounts=["Acme", "Borealis"])]
    briefs = [Brief(meeting=row, last_contact=None) for row in rows]
    told = share(BEN, gaps=rows, briefs=briefs)

    assert [row["id"] for row in told.gaps] == ["gap-2"]
    assert [brief.meeting["id"] for brief in told.briefs] == ["gap-2"]


def test_a_promise_is_who_answers_for_the_account() -> None:
    """Whoever made it."""
    assert share(ANA, promises=[promise("Acme"), promise("Borealis")]).promises == (promise("Acme"),)


@pytest.mark.parametrize(
    ("reader", "cleared"), [(ANA, ["ob-over"]), (BEN, [])], ids=["answers for the account", "does not"]
)
def test_what_is_over_is_told_to_who_answers_for_the_account(reader: str, cleared: list[str]) -> None:
    """And what was given to somebody else is not over."""
    facts = share(
        reader,
        {"ob-over": "Acme", "ob-given": "Acme"},
        overdue=[waiting(id="ob-given", owner=BEN)],
        told={flag: notice(flag) for flag in ("ob-over", "ob-given")},
    )
    assert [one.flag for one in digest(facts).cleared] == cleared


def digest(facts: Facts, reader: str = "") -> Digest:
    """Choose what is told."""
    return build_digest(facts, company="Northwind Agency", now=NOW, zone="Europe/Berlin", reader=reader)


def test_a_source_without_coverage_alone_concerns_nobody() -> None:
    """Beside something of theirs it is told."""
    assert not concerns(digest(Facts(stale=[STALE]), ANA))
    assert concerns(digest(Facts(stale=[STALE], overdue=[waiting()]), ANA))


def test_it_says_for_whom_it_speaks() -> None:
    """A client of somebody else may be waiting."""
    text = digest_text(digest(Facts(promises=[promise("Acme")]), ANA))

    assert text.startswith("Northwind Agency, Monday 9 March 2026\nThe accounts of ana@northwind.example\n")
    assert "Nobody is waiting for you." in text
