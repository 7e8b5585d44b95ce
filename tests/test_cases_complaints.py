"""Complaints from the first word to the last, through the program, on real mail (SEMANTICS 2)."""

from datetime import timedelta
from typing import Any

import pytest
from desk import ANA, BEN, JURGEN, NINA, OLE, PETRA, DeskFolder, at
from test_cases_acts import run

DAMAGED = "The second delivery arrived damaged and we are very unhappy about this."
MEASURE = "We will replace the pallets by Friday."


def states(desk: DeskFolder, now: str, **wanted: Any) -> list[str]:
    """Ask how far complaints have come."""
    return [row["state"] for row in desk.complaints(now, **wanted)]


@pytest.fixture
def damaged(desk: DeskFolder) -> tuple[DeskFolder, str, str]:
    """Nina complained on Monday, Ana promised a measure on Tuesday; the folder and both mails."""
    first = desk.mail(NINA, ANA, "Mon 09:30", DAMAGED, subject="Pallets")
    reply = desk.mail(ANA, NINA, "Tue 10:00", f"Dear Nina,\n\nwe are sorry. {MEASURE}\n\nAna", answers=first)
    return desk, first, reply


def test_a_complaint_goes_from_open_to_promised(damaged: tuple[DeskFolder, str, str]) -> None:
    """With its cause, the client's words, our first reply and what we promised."""
    desk, first, _ = damaged
    desk.ingest("Tue 11:00")
    (row,) = run(desk, "complaints", "--account", "Acme", now="Tue 11:00")
    assert (row["account"], row["contact"], row["cause"], row["state"]) == ("Acme", NINA, "delivery", "promised")
    assert (row["message_id"], row["quotes"], row["measures"]) == (first, [DAMAGED], [MEASURE])
    assert row["acknowledged_at"] is not None
    assert [promise["id"] for promise in desk.promises("Tue 11:00")] == row["promises"]
    assert states(desk, "Mon 10:00") == ["open"]


def test_a_reply_without_a_measure_acknowledges(desk: DeskFolder) -> None:
    """A talk among colleagues does not."""
    first = desk.mail(PETRA, BEN, "Mon 09:30", DAMAGED, subject="Pallets")
    desk.mail(BEN, ANA, "Mon 10:00", "Who packed these?", answers=first)
    assert states(desk, "Mon 11:00") == ["open"]

    desk.mail(BEN, PETRA, "Mon 12:00", "We are very sorry to hear that.", answers=first)
    assert states(desk, "Mon 13:00") == ["acknowledged"]


def test_the_client_saying_that_all_is_well_closes_it(damaged: tuple[DeskFolder, str, str]) -> None:
    """And before that it was open."""
    desk, _, reply = damaged
    desk.mail(OLE, ANA, "Fri 15:00", "The replacement arrived today, all fine now. Thank you!", answers=reply)

    assert states(desk, "Fri 16:00") == []
    (row,) = desk.complaints("Fri 16:00", everything=True)
    assert (row["state"], row["closed_at"]) == ("closed", at("Fri 15:00"))
    assert states(desk, "Fri 14:00") == ["promised"]


def test_thanks_for_a_promised_measure_do_not_close_it(damaged: tuple[DeskFolder, str, str]) -> None:
    """Nothing has been done yet; once it was done they do."""
    desk, _, reply = damaged
    desk.mail(NINA, ANA, "Tue 11:00", "Got it, thanks!", answers=reply)
    assert states(desk, "Wed 10:00") == ["promised"]

    done = desk.mail(ANA, NINA, "Thu 10:00", "The pallets have been replaced this morning.", answers=reply)
    assert states(desk, "Thu 11:00") == ["promised"]
    desk.mail(NINA, ANA, "Thu 12:00", "Got it, thanks!", answers=done)
    assert states(desk, "Thu 13:00") == []


def test_complaining_again_is_the_same_complaint(damaged: tuple[DeskFolder, str, str]) -> None:
    """Its words are added."""
    desk, first, _ = damaged
    desk.mail(OLE, ANA, "Wed 10:00", "Your delivery is late again, this is unacceptable.", answers=first)

    (row,) = desk.complaints("Wed 11:00")
    assert len(row["quotes"]) == 2
    assert [len(row["quotes"]) for row in desk.complaints("Tue 11:00")] == [1]


def test_a_request_is_no_complaint(desk: DeskFolder) -> None:
    """Nor is our own complaint one of theirs."""
    desk.mail(NINA, ANA, "Mon 09:30", "Could you send us the revised offer?", subject="Offer")
    desk.mail(ANA, NINA, "Mon 09:40", "Your payment is late again, this is unacceptable.", subject="Payment")

    assert states(desk, "Tue 10:00", everything=True) == []


def test_an_act_closes_a_complaint_with_its_reason(damaged: tuple[DeskFolder, str, str]) -> None:
    """It can be taken back, and the client who complains again is heard."""
    desk, first, _ = damaged
    (row,) = desk.complaints("Wed 10:00")
    run(desk, "done", row["id"], "--reason", "refunded by phone", now="Wed 11:00")

    assert states(desk, "Wed 12:00") == []
    (closed,) = desk.complaints("Wed 12:00", everything=True)
    assert (closed["state"], closed["closed_why"]) == ("closed", "refunded by phone")
    run(desk, "reopen", row["id"], now="Wed 13:00")
    assert states(desk, "Wed 14:00") == ["promised"]
    run(desk, "dismiss", row["id"], "--as", "not-a-complaint", now="Wed 15:00")
    assert states(desk, "Wed 16:00") == []
    desk.mail(NINA, ANA, "Thu 10:00", "Your delivery is late again, this is unacceptable.", answers=first)
    assert states(desk, "Thu 11:00") == ["promised"]


@pytest.mark.parametrize(("days", "recurs"), [(40, True), (100, False)])
def test_a_complaint_that_comes_back_names_the_earlier_one(desk: DeskFolder, *, days: int, recurs: bool) -> None:
    """Same account, same cause, within 90 days; another account's does not count."""
    desk.mail(JURGEN, BEN, "Mon 08:00", DAMAGED, subject="Crates")
    earlier = desk.mail(NINA, ANA, at("Mon 09:30") - timedelta(days=days), DAMAGED, subject="Pallets in winter")
    desk.mail(OLE, ANA, "Mon 10:00", "Your delivery is late again, this is unacceptable.", subject="Pallets now")

    rows = {row["contact"]: row for row in desk.complaints("Mon 11:00", everything=True)}
    assert rows[NINA]["message_id"] == earlier
    assert rows[OLE]["recurs"] == (rows[NINA]["id"] if recurs else None)
    assert rows[JURGEN]["recurs"] is None


def test_a_complaint_can_be_explained(damaged: tuple[DeskFolder, str, str]) -> None:
    """Step by step."""
    desk, _, _ = damaged
    (row,) = desk.complaints("Wed 10:00")
    why = run(desk, "explain", row["id"], now="Wed 10:00")

    assert why["kind"] == "complaint"
    assert [step["what"] for step in why["clock"]] == [
        f"{NINA} complained about delivery",
        "our first reply",
        f"we promised: {MEASURE}",
    ]
