"""What clients owe us: a conversation beside the answers it waits for (SEMANTICS 2, "awaiting them")."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from test_followup_obligations import (
    ACME,
    BUSINESS,
    COMPLAINT,
    DANA,
    PROPOSAL,
    QUESTION,
    REQUEST,
    WITHDRAWAL,
    bounce,
    client,
    internal,
    ours,
    says,
    when,
)

from domain.followup import Obligation, Turn
from domain.mail import Automatic
from domain.signals import SignalKind
from followup.awaiting import awaiting

ASK = ours("Mon 10:00", signals=[REQUEST])


def waited(*turns: Turn) -> list[Obligation]:
    """Apply the rules."""
    return awaiting(turns, account=ACME, conversation="c1", business=BUSINESS)


def away(at: str, back: datetime, **more: Any) -> Turn:
    """Make an out-of-office reply of Dana's."""
    return replace(client(at), automatic=Automatic.AUTO_REPLY, return_date=back, **more)


@pytest.mark.parametrize(
    ("mail", "opens"),
    [
        (ASK, True),
        (ours("Mon 10:00", signals=[QUESTION]), True),
        (ours("Mon 10:00", signals=[PROPOSAL]), True),
        (ours("Mon 10:00"), False),
        (ours("Mon 10:00", signals=[COMPLAINT]), False),
        (ours("Mon 10:00", signals=[REQUEST], automatic=Automatic.AUTO_REPLY), False),
        (ours("Mon 10:00", signals=[REQUEST], to_account=False), False),
        (replace(internal("Mon 10:00"), signals=(REQUEST,)), False),
        (client("Mon 10:00", REQUEST), False),
    ],
)
def test_what_we_wait_for(mail: Turn, opens: bool) -> None:
    """A person of ours asks somebody of the account."""
    assert bool(waited(mail)) is opens


def test_it_is_due_after_three_business_days() -> None:
    """At the same time of day, over a weekend too."""
    assert [one.due for one in waited(ASK)] == [when("Thu 10:00")]
    (friday,) = waited(ours("Fri 18:00", signals=[REQUEST]))
    assert friday.due == datetime(2026, 3, 12, 9, tzinfo=UTC)


def test_a_deadline_of_ours_is_when_it_is_due() -> None:
    """Sooner or later than the default."""
    (one,) = waited(ours("Mon 10:00", signals=[says(SignalKind.REQUEST, due=when("Tue 12:00"))]))

    assert one.due == when("Tue 12:00")


@pytest.mark.parametrize(
    ("then", "reason"),
    [
        (client("Tue 10:00"), "answered"),
        (client("Tue 10:00", to_us=False, cc_us=True), "answered"),
        (client("Tue 10:00", says(SignalKind.ACKNOWLEDGEMENT)), "acknowledged"),
        (ours("Tue 10:00", signals=[WITHDRAWAL]), "withdrawn"),
        (client("Tue 10:00", to_us=False), ""),
        (client("Tue 10:00", automatic=Automatic.AUTO_REPLY), ""),
        (client("Tue 10:00", from_account=False), ""),
        (client("Tue 10:00", automatic=Automatic.CALENDAR, invitation=True), ""),
        (internal("Tue 10:00"), ""),
        (ours("Tue 10:00"), ""),
    ],
)
def test_what_ends_the_waiting(then: Turn, reason: str) -> None:
    """Their answer, or our word that it is no longer needed."""
    assert [one.cleared_reason for one in waited(ASK, then)] == [reason]


def test_accepting_answers_a_meeting_we_proposed() -> None:
    """D4.7 mirrored."""
    accepted = client("Tue 10:00", automatic=Automatic.CALENDAR, invitation=True)

    assert [one.cleared_reason for one in waited(ours("Mon 10:00", signals=[PROPOSAL]), accepted)] == [
        "meeting answered"
    ]


def test_an_absence_puts_it_off_to_the_business_day_after_the_return() -> None:
    """And an earlier moment knows nothing of it."""
    (one,) = waited(ASK, away("Mon 12:00", when("Fri 00:00")))

    known = one.as_of(when("Mon 13:00"))
    assert (known.return_date, known.due) == (when("Fri 00:00"), datetime(2026, 3, 9, 17, tzinfo=UTC))
    assert (one.as_of(when("Mon 11:00")).return_date, one.as_of(when("Mon 11:00")).due) == (None, when("Thu 10:00"))


def test_an_absence_known_before_counts_too() -> None:
    """Until they write again, or are back."""
    absent = away("Mon 09:00", when("Fri 00:00"))

    assert [one.return_date for one in map(_shown, waited(absent, ASK))] == [when("Fri 00:00")]
    assert [one.return_date for one in map(_shown, waited(absent, client("Mon 09:30"), ASK))] == [None]
    assert [_shown(one).return_date for one in waited(away("Mon 09:00", when("Mon 09:00")), _late())] == [None]


def _late() -> Turn:
    return ours("Wed 10:00", signals=[REQUEST])


def _shown(one: Obligation) -> Obligation:
    return one.as_of(when("Fri 12:00"))


def test_one_of_two_being_away_puts_nothing_off() -> None:
    """The other can answer."""
    both = replace(ASK, recipients=(DANA, "eli@acme.example"))

    assert [one.due for one in waited(both, away("Mon 12:00", when("Fri 00:00")))] == [when("Thu 10:00")]


def test_asking_again_is_a_chaser() -> None:
    """The clock runs on."""
    (one,) = waited(ASK, ours("Wed 10:00", signals=[QUESTION]))

    assert (one.clock_start, one.due, one.chasers) == (when("Mon 10:00"), when("Thu 10:00"), (when("Wed 10:00"),))


def test_a_mail_that_bounced_awaits_nothing() -> None:
    """Nobody got it."""
    assert waited(ASK, bounce("Mon 10:01", DANA)) == []
