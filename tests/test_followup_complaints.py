"""What was complained about: a conversation beside the complaints it makes (SEMANTICS 2)."""

import pytest
from test_followup_commitments import looks, promise
from test_followup_obligations import ACME, BUSINESS, COMPLAINT, REQUEST, WITHDRAWAL, bounce, client, ours, says, when

from domain.complaints import Complaint, ComplaintState
from domain.followup import Turn
from domain.mail import Automatic
from domain.signals import Signal, SignalKind
from followup.commitments import commitments
from followup.complaints import complaints

DANA = "dana@acme.example"
PRAISE = says(SignalKind.PRAISE, "You were a great help.")
THANKS = says(SignalKind.CLOSER, "Thanks, got it.", score=0.95)
MEASURE = "We will replace the pallets."

FIRST = client("Mon 10:00", COMPLAINT)
SORRY = ours("Mon 11:00", text="We are sorry.")
MEASURED = ours("Mon 11:00", signals=[promise(MEASURE)], text=MEASURE)


def made(*turns: Turn) -> list[Complaint]:
    """Apply the rules."""
    promised = commitments(turns, account=ACME, conversation="c1", business=BUSINESS, theirs=BUSINESS)
    return complaints(turns, promised, account=ACME, conversation="c1")


@pytest.mark.parametrize(
    ("mail", "opens"),
    [
        (FIRST, True),
        (client("Mon 10:00", COMPLAINT, to_us=False, cc_us=True), True),
        (client("Mon 10:00", REQUEST), False),
        (client("Mon 10:00", COMPLAINT, automatic=Automatic.SYSTEM), False),
        (client("Mon 10:00", COMPLAINT, to_us=False), False),
        (client("Mon 10:00", COMPLAINT, from_account=False), False),
        (ours("Mon 10:00", signals=[COMPLAINT]), False),
    ],
)
def test_what_opens_one(mail: Turn, opens: bool) -> None:
    """A person of the account complains to us."""
    assert bool(made(mail)) is opens


@pytest.mark.parametrize(
    ("causes", "expected"),
    [((None,), "other"), (("billing",), "billing"), (("other", "quality"), "quality")],
)
def test_its_cause(causes: tuple[str | None, ...], expected: str) -> None:
    """The surest that says something."""
    signals = [
        Signal(kind=SignalKind.COMPLAINT, start=n, end=n + 1, quote="x", score=0.9, rule="test", cause=cause)
        for n, cause in enumerate(causes)
    ]

    assert [one.cause for one in made(client("Mon 10:00", *signals))] == [expected]


def test_it_comes_on_step_by_step() -> None:
    """And every moment can be asked for."""
    done = ours("Tue 10:00", text="The pallets have been replaced.")
    (one,) = made(FIRST, SORRY, ours("Mon 12:00", signals=[promise(MEASURE)]), done, client("Tue 11:00", THANKS))

    moments = ("Mon 10:30", "Mon 11:30", "Mon 12:30", "Tue 10:30", "Tue 11:00")
    assert [one.as_of(when(now)).state for now in moments] == [
        ComplaintState.OPEN,
        ComplaintState.ACKNOWLEDGED,
        ComplaintState.PROMISED,
        ComplaintState.PROMISED,
        ComplaintState.CLOSED,
    ]


@pytest.mark.parametrize(
    ("between", "then", "closes"),
    [
        (SORRY, client("Tue 10:00", THANKS), True),
        (SORRY, client("Tue 10:00", PRAISE), True),
        (SORRY, client("Tue 10:00", text="That is settled now, everything works again."), True),
        (SORRY, client("Tue 10:00", THANKS, REQUEST), False),
        (SORRY, client("Tue 10:00", text="Any time."), False),
        (SORRY, client("Tue 10:00", THANKS, automatic=Automatic.AUTO_REPLY), False),
        (MEASURED, client("Tue 10:00", THANKS), False),
        (MEASURED, client("Tue 10:00", text="It is solved."), True),
        (ours("Mon 11:00", signals=[looks()], text="We look into it."), client("Tue 10:00", THANKS), False),
        (None, client("Tue 10:00", THANKS), False),
        (None, client("Tue 10:00", text="It is solved."), False),
        (None, client("Tue 10:00", WITHDRAWAL), True),
    ],
)
def test_what_closes_it(between: Turn | None, then: Turn, closes: bool) -> None:
    """Thanks after a reply when nothing promised is left to do; the word that it is settled; or that it was none."""
    (one,) = made(FIRST, *([between] if between else []), then)

    assert (one.closed_at is not None) is closes


def test_a_reply_that_bounced_acknowledges_nothing() -> None:
    """D4.22 for complaints."""
    (one,) = made(FIRST, SORRY, bounce("Mon 11:01", DANA))

    assert one.acknowledged_at is None


def test_complaining_again_after_it_was_closed_is_another() -> None:
    """While it is open, it is the same."""
    again = client("Wed 10:00", COMPLAINT)

    assert [len(one.evidence) for one in made(FIRST, SORRY, again)] == [2]
    assert [len(one.evidence) for one in made(FIRST, SORRY, client("Tue 10:00", THANKS), again)] == [1, 1]
