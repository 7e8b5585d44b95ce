"""Where a flag stands by what users did with it."""

from datetime import UTC, datetime
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from domain.acts import Act, ActKind, standing


def act(kind: ActKind, day: int, *, until: int | None = None, to: str = "") -> Act:
    """Do something on a day of March."""
    return Act(
        flag="ob-1",
        kind=kind,
        at=at(day),
        actor="ana@northwind.example",
        until=at(until) if until else None,
        assignee=to,
    )


def at(day: int) -> datetime:
    """Return noon of a day of March."""
    return datetime(2026, 3, day, 12, tzinfo=UTC)


def test_nothing_done_leaves_it_listed() -> None:
    """And unassigned."""
    assert standing([], at(3)).listed
    assert standing([], at(3)).owner == ""


def test_an_act_counts_from_its_moment_on() -> None:
    """Any past moment can be asked for."""
    acts = [act(ActKind.DONE, 5)]

    assert standing(acts, at(4)).listed
    assert not standing(acts, at(5)).listed


def test_a_snooze_ends_by_itself() -> None:
    """Without a further act."""
    acts = [act(ActKind.SNOOZE, 2, until=6)]

    assert [standing(acts, at(day)).listed for day in (1, 2, 5, 6)] == [True, False, False, True]


def test_the_latest_assignment_counts() -> None:
    """Also after it was done and put back."""
    acts = [act(ActKind.ASSIGN, 2, to="ben@x.example"), act(ActKind.DONE, 3), act(ActKind.REOPEN, 4)]
    acts.append(act(ActKind.ASSIGN, 5, to="eva@x.example"))

    assert [standing(acts, at(day)).owner for day in (1, 4, 6)] == ["", "ben@x.example", "eva@x.example"]


def test_what_the_client_wrote_before_the_act_does_not_bring_it_back() -> None:
    """Only a mail after it does."""
    acts = [act(ActKind.DONE, 5)]

    assert not standing(acts, at(8), asked_again=[at(4)]).listed
    assert standing(acts, at(8), asked_again=[at(4), at(7)]).listed


KINDS = st.sampled_from(ActKind)


@given(st.lists(st.tuples(KINDS, st.integers(1, 20)), max_size=8, unique_by=lambda done: done[1]), st.randoms())
def test_the_order_in_which_acts_are_read_does_not_matter(done: list[tuple[ActKind, int]], random: Random) -> None:
    """They carry their time."""
    acts = [act(kind, day, until=day + 2, to="ben@x.example") for kind, day in done]
    mixed = list(acts)
    random.shuffle(mixed)

    assert standing(mixed, at(21)) == standing(acts, at(21))
