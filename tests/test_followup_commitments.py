"""Who promised what: a conversation beside the promises it makes (SEMANTICS 2)."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_followup_obligations import ACME, BUSINESS, DANA, WITHDRAWAL, bounce, client, internal, ours, when

from domain.commitments import Commitment, CommitmentState
from domain.followup import Side, Turn
from domain.mail import Automatic
from domain.signals import Certainty, Signal, SignalKind
from followup.commitments import commitments
from followup.promise_words import (
    says_cannot,
    says_delayed,
    says_done,
    says_not_yet,
    says_received,
    says_settled,
    telling_words,
)

WEDNESDAY, FRIDAY = date(2026, 3, 4), date(2026, 3, 6)
OFFER = "I will send the revised offer by Wednesday."
PHOTOS = "I will send the photos by Friday."
LOOKS = "We look into it."


def promise(quote: str, due: date | datetime | None = None, **more: Any) -> Signal:
    """Make the signal of a promise."""
    return Signal(
        kind=SignalKind.COMMITMENT, start=0, end=len(quote), quote=quote, score=0.9, rule="test", due=due, **more
    )


def looks(quote: str = LOOKS) -> Signal:
    """Make the signal of an acknowledgement."""
    return Signal(kind=SignalKind.ACKNOWLEDGEMENT, start=0, end=len(quote), quote=quote, score=0.9, rule="test")


def made(*turns: Turn) -> list[Commitment]:
    """Apply the rules."""
    return commitments(turns, account=ACME, conversation="c1", business=BUSINESS, theirs=BUSINESS)


def states(now: str, *turns: Turn) -> list[str]:
    """How all promises stood that had been made at a moment."""
    return [one.state_at(when(now)) for one in made(*turns) if one.made_at <= when(now)]


PROMISED = ours("Mon 10:00", signals=[promise(OFFER, WEDNESDAY)], text=OFFER)


@pytest.mark.parametrize(
    ("said_at", "due", "expected"),
    [
        ("Mon 10:00", WEDNESDAY, "Wed 17:00"),
        ("Mon 10:00", when("Tue 12:00"), "Tue 12:00"),
        ("Wed 18:00", WEDNESDAY, "Thu 00:00"),
        ("Thu 10:00", WEDNESDAY, None),
        ("Mon 10:00", None, None),
    ],
)
def test_when_a_promise_is_due(said_at: str, due: date | datetime | None, expected: str | None) -> None:
    """A day at its closing time, "today" in the evening at midnight; what names no time to come has none."""
    (one,) = made(ours(said_at, signals=[promise(OFFER, due)], text=OFFER))

    assert one.latest.due == (when(expected) if expected else None)


@pytest.mark.parametrize(
    ("certainty", "due", "expected"),
    [
        (Certainty.HARD, FRIDAY, Certainty.HARD),
        (Certainty.TENTATIVE, FRIDAY, Certainty.TENTATIVE),
        (None, FRIDAY, Certainty.HARD),
        (None, None, Certainty.TENTATIVE),
    ],
)
def test_how_firm_a_promise_is(certainty: Certainty | None, due: date | None, expected: Certainty) -> None:
    """As its date is; without one it is not."""
    (one,) = made(ours("Mon 10:00", signals=[promise(OFFER, due, certainty=certainty)], text=OFFER))

    assert one.latest.certainty is expected


@pytest.mark.parametrize(
    ("mail", "side"),
    [
        (ours("Mon 10:00", signals=[promise(OFFER)]), Side.OURS),
        (client("Mon 10:00", promise(OFFER)), Side.THEIRS),
        (client("Mon 10:00", promise(OFFER), to_us=False, cc_us=True), Side.THEIRS),
        (client("Mon 10:00", promise(OFFER), to_us=False), None),
        (client("Mon 10:00", promise(OFFER), automatic=Automatic.AUTO_REPLY), None),
        (client("Mon 10:00", promise(OFFER), from_account=False), None),
        (ours("Mon 10:00", signals=[promise(OFFER)], to_account=False), None),
        (internal("Mon 10:00"), None),
    ],
)
def test_who_promises(mail: Turn, side: Side | None) -> None:
    """A person of one side, to the other; not among themselves, and no machine."""
    assert [one.side for one in made(mail)] == ([side] if side else [])


def test_whom_it_was_promised() -> None:
    """Somebody of the account, not the colleague beside them."""
    (one,) = made(ours("Mon 10:00", signals=[promise(OFFER)], recipients=("abel@northwind.example", DANA)))

    assert one.contact == DANA


def test_an_acknowledgement_of_ours_is_due_in_two_business_days() -> None:
    """Theirs has no time."""
    (mine,) = made(ours("Fri 16:00", signals=[looks()], text=LOOKS))
    (theirs,) = made(client("Fri 16:00", looks(), text=LOOKS))

    assert mine.latest.due == datetime(2026, 3, 10, 16, tzinfo=UTC)
    assert theirs.latest.due is None


def test_acknowledging_and_promising_in_one_mail_is_one_promise() -> None:
    """The one that says more."""
    (one,) = made(ours("Mon 10:00", signals=[looks(), promise(OFFER, WEDNESDAY)], text=OFFER))

    assert one.latest.due == when("Wed 17:00")


def test_two_promises_in_one_mail_are_two() -> None:
    """Each is kept by itself."""
    photos = Signal(kind=SignalKind.COMMITMENT, start=50, end=80, quote=PHOTOS, score=0.9, rule="test", due=FRIDAY)
    both = ours("Mon 10:00", signals=[promise(OFFER, WEDNESDAY), photos], text=f"{OFFER} {PHOTOS}")
    brought = ours("Tue 10:00", text="The photos are attached.", attachments=("photos.zip",))

    assert states("Tue 11:00", both, brought) == ["open", "kept"]


KEPT, OPEN, WITHDRAWN = "kept", "open", "withdrawn"


@pytest.mark.parametrize(
    ("then", "expected"),
    [
        (ours("Tue 10:00", text="Please find it attached."), KEPT),
        (ours("Tue 10:00", text="Hello,", attachments=("draft.pdf",)), KEPT),
        (ours("Tue 10:00", text="Hello,", attachments=("image001.png",)), OPEN),
        (ours("Tue 10:00", text="The revised offer is 300 euros."), KEPT),
        (ours("Tue 10:00", text="The revised offer is delayed."), OPEN),
        (ours("Tue 10:00", text="The revised offer is not ready yet; attached is the old one."), OPEN),
        (ours("Tue 10:00", text="By the way, we move house in April."), OPEN),
        (ours("Tue 10:00", text="We cannot send the revised offer."), WITHDRAWN),
        (ours("Tue 10:00", text="We cannot come to the fair."), OPEN),
        (internal("Tue 10:00", text="The revised offer is done."), OPEN),
        (client("Tue 10:00", text="We have received the offer."), KEPT),
        (client("Tue 10:00", text="Got it, thanks."), OPEN),
        (client("Wed 16:00", text="Got it, thanks."), KEPT),
        (client("Tue 10:00", WITHDRAWAL), WITHDRAWN),
    ],
)
def test_what_keeps_or_ends_a_promise(then: Turn, expected: str) -> None:
    """Delivery, the other side's word, or a withdrawal; nothing else."""
    assert states("Wed 16:30", PROMISED, then) == [expected]
    assert states("Mon 11:00", PROMISED, then) == [OPEN]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The January invoice was wrong by 40 euros.", KEPT),
        ("The parcel is delayed until Monday.", KEPT),
        ("Quick note: we are still looking into it, sorry.", OPEN),
        ("Thank you!", OPEN),
    ],
)
def test_what_keeps_an_acknowledgement(text: str, expected: str) -> None:
    """Any real answer, bad news too."""
    looked = ours("Mon 10:00", signals=[looks()], text=LOOKS)

    assert states("Tue 11:00", looked, ours("Tue 10:00", text=text)) == [expected]


def test_a_delivery_that_bounces_keeps_nothing() -> None:
    """D4.22 for promises; nor is a promise made that nobody got."""
    brought = ours("Tue 10:00", text="The revised offer is attached.")

    assert states("Tue 12:00", PROMISED, brought, bounce("Tue 10:01", DANA)) == [OPEN]
    assert made(PROMISED, bounce("Mon 10:01", DANA)) == []


def test_a_promise_restated_moves() -> None:
    """One promise, with the time it had at each moment."""
    again = ours("Thu 10:00", signals=[promise("The revised offer will be there on Friday.", FRIDAY)])

    (one,) = made(PROMISED, again)
    assert [statement.due for statement in one.statements] == [when("Wed 17:00"), when("Fri 17:00")]
    assert [one.state_at(when(now)) for now in ("Wed 16:00", "Wed 17:01", "Thu 10:00")] == [
        CommitmentState.OPEN,
        CommitmentState.BROKEN,
        CommitmentState.OPEN,
    ]


def test_a_promise_about_something_else_is_another() -> None:
    """And the first stays open."""
    other = ours("Tue 10:00", signals=[promise(PHOTOS, FRIDAY)], text=PHOTOS)

    assert states("Tue 11:00", PROMISED, other) == [OPEN, OPEN]


def test_looking_into_something_else_does_not_move_a_promise() -> None:
    """An acknowledgement takes nothing over but an acknowledgement."""
    other = ours("Tue 10:00", signals=[looks()], text=LOOKS)

    assert states("Tue 11:00", PROMISED, other) == [OPEN, OPEN]


def test_a_promise_takes_an_acknowledgement_over() -> None:
    """Back with something firmer."""
    first = ours("Mon 09:00", signals=[looks()], text=LOOKS)

    (one,) = made(first, PROMISED)
    assert (len(one.statements), one.latest.due) == (2, when("Wed 17:00"))


def test_a_historic_promise_says_so() -> None:
    """D4.25: it is not listed among what is open."""
    (one,) = made(ours("Mon 10:00", signals=[promise(OFFER)], historic=True))

    assert one.historic


MAILS = [
    PROMISED,
    client("Mon 12:00", text="Thank you!"),
    ours("Tue 10:00", signals=[promise(PHOTOS, FRIDAY)], text=PHOTOS),
    ours("Wed 10:00", text="The revised offer is attached.", attachments=("offer.pdf",)),
    client("Fri 10:00", text="The photos have arrived."),
]


@given(st.permutations(MAILS), st.integers(1, len(MAILS)))
def test_the_past_does_not_depend_on_what_comes_later(mails: list[Turn], known: int) -> None:
    """In any order of arrival; and what stood at a moment stands when more is known."""
    so_far = MAILS[:known]
    moment = so_far[-1].at
    later = [one.as_of(moment) for one in made(*mails) if one.made_at <= moment]

    assert later == made(*so_far)


@pytest.mark.parametrize(
    ("ask", "yes", "no"),
    [
        (says_done, "Anbei die Unterlagen.", "Die Unterlagen kommen noch."),
        (says_done, "Voici le devis.", "Le devis arrive."),
        (says_done, "We've now fixed the gate.", "We will fix the gate."),
        (says_received, "The parcel has arrived.", "When will the parcel arrive?"),
        (says_received, "Bien reçu, merci.", "Merci."),
        (says_cannot, "Das können wir leider nicht liefern.", "Das können wir liefern."),
        (says_delayed, "Das verzögert sich.", "Das kommt morgen."),
        (says_delayed, "Das Angebot kommt leider erst nächste Woche.", "Das Angebot kommt wie versprochen."),
        (says_not_yet, "It hasn't been sent.", "It has been sent."),
        (says_settled, "Everything works again.", "Nothing works."),
        (says_settled, "Thank you, this resolves the matter.", "The problem has not been fixed."),
        (says_settled, "Damit ist die Sache für uns erledigt.", "Die Sache ist noch nicht erledigt."),
        (says_settled, "Das hat sich erledigt.", "Das ist schlecht."),
    ],
)
def test_the_word_list(ask: Any, yes: str, no: str) -> None:
    """What it means beside what it does not."""
    assert ask(yes)
    assert not ask(no)


def test_words_that_tell_promises_apart() -> None:
    """Without what every promise says."""
    assert telling_words("I will send you the revised offers by Wednesday.") == {"revised", "offer"}
