"""Whose turn it is, written per conversation; unrecorded meetings, per account: opened, closed, never doubled."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from small_desk import BOOK, NOW, SmallDesk, entry, mail, raw
from store_dump import differences

from domain.conversations import ThreadMessage
from flows import stages
from followup.conversations import conversations
from store.queries import meetings, overdue

pytestmark = pytest.mark.usefixtures("engine")


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[SmallDesk]:
    """A store that knows one source."""
    small = SmallDesk(tmp_path)
    small.connect("desk")
    yield small
    small.close()


def elapsed(_: object, start: datetime, end: datetime) -> timedelta:
    """Every minute counts."""
    return end - start


def settle(desk: SmallDesk) -> tuple[int, int]:
    """Run the stages up to whose turn it is; return how many flags opened and closed."""
    stages.parse(desk.desk)
    stages.read(desk.desk)
    stages.attach(desk.desk)
    return stages.settle(desk.desk)


def meet(desk: SmallDesk) -> tuple[int, int]:
    """Run all stages; return how many gaps opened and closed."""
    settle(desk)
    return stages.meet(desk.desk)


def reply(name: str, answers: list[str]) -> bytes:
    """Our answer."""
    return mail(
        name,
        "The revised offer is attached, all pages are signed.",
        sender="ana@northwind.example",
        to="mara@tidewater.example",
        answers=answers,
        at=NOW - timedelta(hours=4),
    )


class TestFlags:
    def test_a_request_opens_one(self, desk: SmallDesk) -> None:
        """Once."""
        desk.save("desk", raw("1", mail("a")))

        assert settle(desk) == (1, 0)
        assert settle(desk) == (0, 0)

    def test_our_reply_closes_it(self, desk: SmallDesk) -> None:
        """In a later run."""
        desk.save("desk", raw("1", mail("a")))
        settle(desk)

        desk.save("desk", raw("2", reply("b", ["a"])))

        assert settle(desk) == (0, 1)

    def test_a_reply_that_came_first_opens_nothing(self, desk: SmallDesk) -> None:
        """The order of arrival does not matter."""
        desk.save("desk", raw("2", reply("b", ["a"])))
        settle(desk)
        desk.save("desk", raw("1", mail("a")))

        assert settle(desk) == (0, 0)

    def test_a_copy_opens_no_second_one(self, desk: SmallDesk) -> None:
        """One message, one obligation."""
        desk.connect("archive")
        desk.save("desk", raw("1", mail("a")))
        settle(desk)
        desk.save("archive", raw("9", mail("a")))

        assert settle(desk) == (0, 0)

    def test_the_id_stays_when_things_change(self, desk: SmallDesk) -> None:
        """D4.26: a chaser is the same obligation."""
        desk.save("desk", raw("1", mail("a")))
        settle(desk)
        (before,) = overdue(desk.store, now=NOW, elapsed=elapsed, stale_after={})

        chaser = mail("b", "Any news on this?", answers=["a"], at=NOW - timedelta(hours=3))
        desk.save("desk", raw("2", chaser))
        settle(desk)

        (after,) = overdue(desk.store, now=NOW, elapsed=elapsed, stale_after={})
        assert (after["id"], after["chasers"], after["clock_start"]) == (before["id"], 1, before["clock_start"])

    def test_an_untouched_conversation_is_left_alone(self, desk: SmallDesk, monkeypatch: pytest.MonkeyPatch) -> None:
        """Only what changed is worked out again."""
        desk.save("desk", raw("1", mail("a")), raw("2", mail("b", subject="Crane")))
        settle(desk)
        seen: list[int] = []
        real = conversations

        def watched(thread: Sequence[ThreadMessage]) -> dict[str, str]:
            seen.append(len(thread))
            return real(thread)

        monkeypatch.setattr(stages, "conversations", watched)

        desk.save("desk", raw("3", mail("c", answers=["b"])))
        settle(desk)

        assert seen == [2]

    def test_d4_27_changed_rules_are_applied_to_everything(self, tmp_path: Path) -> None:
        """The difference ends as one clean run with the new targets."""
        desk = SmallDesk(tmp_path / "changed")
        desk.connect("desk")
        desk.save("desk", raw("1", mail("a")))
        desk.understand()
        desk.close()
        targets = '[response]\ntargets = { request = "30m" }\n'
        changed, clean = (
            SmallDesk(tmp_path / "changed", sources=targets),
            SmallDesk(tmp_path / "clean", sources=targets),
        )
        clean.connect("desk")
        clean.save("desk", raw("1", mail("a")))

        changed.understand()
        clean.understand()
        changed.close()
        clean.close()

        assert differences(changed.dump(), clean.dump()) == {}


class TestGaps:
    def test_a_meeting_without_record_opens_one(self, desk: SmallDesk) -> None:
        """Once."""
        desk.save("desk", entry("m1", "Pier review", starts_at=NOW - timedelta(days=3)))

        assert meet(desk) == (1, 0)
        assert meet(desk) == (0, 0)

    def test_our_recap_closes_it(self, desk: SmallDesk) -> None:
        """In a later run."""
        desk.save("desk", entry("m1", "Pier review", starts_at=NOW - timedelta(days=3)))
        meet(desk)
        recap = mail(
            "recap",
            "Thank you for the meeting. Here is the recap of the pier review: we decided to start in May, "
            "and you send the drawings by Friday.",
            sender="ana@northwind.example",
            to="mara@tidewater.example",
            subject="Recap: Pier review",
            at=NOW - timedelta(days=3, hours=-3),
        )
        desk.save("desk", raw("1", recap))

        assert meet(desk) == (0, 1)

    @pytest.mark.parametrize("reader", ["mara@tidewater.example", "lena@bluepeak.example"])
    def test_d5_8_a_recap_to_either_of_two_clients_closes_it(self, desk: SmallDesk, reader: str) -> None:
        """D5.8: the gap is listed under one account; what happens with the other one changes it all the same."""
        lena = "ATTENDEE:mailto:lena@bluepeak.example"
        desk.save("desk", entry("m1", "Pier review", starts_at=NOW - timedelta(days=3), more=lena))
        assert meet(desk) == (1, 0)
        recap = mail(
            "recap",
            "Thank you for the meeting. We decided to start in May and agreed on the budget of the pier.",
            sender="ana@northwind.example",
            to=reader,
            subject="Recap: Pier review",
            at=NOW - timedelta(days=3, hours=-3),
        )
        desk.save("desk", raw("1", recap))

        assert meet(desk) == (0, 1)

    def test_an_agreement_with_two_clients_stays_one_when_one_of_them_writes_again(self, desk: SmallDesk) -> None:
        """Only one account is judged anew then; the meeting is still with both."""
        agreed = "Confirmed, see you both on Tuesday, 17 March 2026 at 10:00."
        both = "mara@tidewater.example, lena@bluepeak.example"
        desk.save("desk", raw("1", mail("agreed", agreed, sender="ana@northwind.example", to=both)))
        assert meet(desk) == (1, 0)

        desk.save("desk", raw("2", mail("thanks", "Thanks, that suits us.", answers=["agreed"])))
        meet(desk)

        (gap,) = meetings(desk.store, now=NOW, unrecorded=True)
        assert sorted(gap["accounts"]) == ["Bluepeak", "Tidewater"]

    def test_an_account_that_left_the_book_takes_its_gaps_along(self, desk: SmallDesk) -> None:
        """Nobody would ever close them."""
        desk.save("desk", entry("m1", "Pier review", starts_at=NOW - timedelta(days=3)))
        meet(desk)
        assert len(meetings(desk.store, now=NOW, unrecorded=True)) == 1

        without = SmallDesk(desk.path.parent, book=BOOK.replace("Tidewater,tidewater", "Other,other"))
        without.understand()
        without.close()

        assert meetings(desk.store, now=NOW, unrecorded=True) == []
