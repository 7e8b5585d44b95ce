"""What we and the clients owe each other, through the program, on real mail (SEMANTICS 2)."""

from typing import Any

import pytest
from desk import ANA, BEN, JURGEN, KIRA, NINA, OLE, PETRA, DeskFolder, at
from test_cases_acts import run


def told(desk: DeskFolder, now: str, **wanted: Any) -> list[tuple[str, str]]:
    """Ask what was promised: side and state."""
    return [(row["side"], row["state"]) for row in desk.promises(now, **wanted)]


@pytest.fixture
def offer(desk: DeskFolder) -> tuple[DeskFolder, str, str]:
    """Nina asked for an offer on Monday, Ana promised it for Wednesday; the folder and both mails."""
    asked = desk.mail(NINA, ANA, "Mon 09:30", "Could you send us the revised offer?", subject="Offer")
    promised = desk.mail(
        ANA, NINA, "Mon 10:30", "Hello Nina,\n\nI will send you the revised offer by Wednesday.\n\nAna", answers=asked
    )
    return desk, asked, promised


def test_a_promise_of_ours_is_open_until_its_day_closes_and_then_broken(offer: tuple[DeskFolder, str, str]) -> None:
    """A day without an hour means closing time of that day; what was asked counts as answered."""
    desk, _, promised = offer
    (row,) = desk.promises("Wed 17:59")

    assert (row["side"], row["state"], row["account"], row["by"]) == ("ours", "open", "Acme", ANA)
    assert (row["certainty"], row["message_id"]) == ("hard", promised)
    assert row["due"] == at("Wed 18:00")
    assert "revised offer by Wednesday" in row["quote"]
    assert told(desk, "Wed 18:01") == [("ours", "broken")]
    assert desk.overdue("Thu 10:00") == []


@pytest.mark.parametrize(
    ("text", "attached"),
    [
        ("Hello Nina,\n\nplease find it attached.\n\nAna", "offer.pdf"),
        ("As promised, here is the revised offer: 12,400 euros in all.", ""),
        ("The revised offer comes to 12,400 euros, delivery included.", ""),
    ],
)
def test_a_later_mail_that_brings_it_keeps_a_promise(
    offer: tuple[DeskFolder, str, str], text: str, attached: str
) -> None:
    """By an attachment, by its own words, or by speaking of it; before that mail it was open."""
    desk, _, promised = offer
    sent = desk.mail(BEN, NINA, "Wed 11:00", text, answers=promised, attached=attached)

    assert told(desk, "Wed 12:00") == []
    (row,) = desk.promises("Thu 12:00", everything=True)
    assert (row["state"], row["kept_by"]) == ("kept", sent)
    assert told(desk, "Wed 10:59") == [("ours", "open")]


@pytest.mark.parametrize(
    "text",
    [
        "We are still working on the revised offer.",
        "Our office is closed on Friday next week, just so you know.",
        "Which quantity did you have in mind for the revised offer?",
    ],
)
def test_a_mail_that_brings_nothing_keeps_no_promise(offer: tuple[DeskFolder, str, str], text: str) -> None:
    """Neither delay nor other news nor a question about it."""
    desk, _, promised = offer
    desk.mail(ANA, NINA, "Wed 11:00", text, answers=promised)

    assert ("ours", "broken") in told(desk, "Thu 12:00", side="ours")


def test_an_internal_mail_keeps_no_promise_and_makes_none(offer: tuple[DeskFolder, str, str]) -> None:
    """What colleagues tell each other is not told to the client."""
    desk, _, promised = offer
    desk.mail(BEN, ANA, "Wed 11:00", "The revised offer is done. I will print it by Thursday.", answers=promised)

    assert told(desk, "Wed 12:00") == [("ours", "open")]


def test_a_promise_made_again_is_one_promise_with_a_new_time(offer: tuple[DeskFolder, str, str]) -> None:
    """And what it was before can still be asked for."""
    desk, _, promised = offer
    again = desk.mail(ANA, NINA, "Thu 10:00", "Sorry! I will send the revised offer by Friday.", answers=promised)

    (row,) = desk.promises("Thu 12:00")
    assert (row["state"], row["moved"], row["message_id"]) == ("open", 1, again)
    assert told(desk, "Thu 09:59") == [("ours", "broken")]
    assert told(desk, "Fri 18:01") == [("ours", "broken")]


def test_the_client_having_it_keeps_a_promise(offer: tuple[DeskFolder, str, str]) -> None:
    """Their word is proof, however it reached them."""
    desk, _, promised = offer
    desk.mail(NINA, ANA, "Wed 15:00", "We have received the offer. Thank you!", answers=promised)

    assert told(desk, "Thu 10:00", everything=True) == [("ours", "kept")]


def test_thanks_for_a_promise_do_not_keep_it(offer: tuple[DeskFolder, str, str]) -> None:
    """They say that it was heard."""
    desk, _, promised = offer
    desk.mail(NINA, ANA, "Mon 11:00", "Got it, thanks!", answers=promised)

    assert told(desk, "Thu 10:00") == [("ours", "broken")]


def test_a_client_who_no_longer_wants_it_withdraws_a_promise(offer: tuple[DeskFolder, str, str]) -> None:
    """D4.13 for promises."""
    desk, _, promised = offer
    desk.mail(OLE, ANA, "Tue 11:00", "Please ignore my last mail, it has been solved.", answers=promised)

    assert told(desk, "Thu 10:00") == []
    assert told(desk, "Thu 10:00", everything=True) == [("ours", "withdrawn")]


def test_saying_that_we_cannot_withdraws_a_promise(offer: tuple[DeskFolder, str, str]) -> None:
    """It is off the list, not kept."""
    desk, _, promised = offer
    text = "Unfortunately we cannot send the revised offer, the plant no longer makes this part."
    desk.mail(ANA, NINA, "Tue 11:00", text, answers=promised)

    assert told(desk, "Thu 10:00", everything=True) == [("ours", "withdrawn")]


def test_an_acknowledgement_clears_the_response_and_opens_a_promise(desk: DeskFolder) -> None:
    """Back by Thursday: nothing is overdue meanwhile, and the promise is broken when nothing comes."""
    asked = desk.mail(KIRA, ANA, "Mon 15:00", "Could you tell us why the banner is not shown?", subject="Banner")
    text = "Thanks for your mail. We will look into it and get back to you by Thursday."
    desk.mail(ANA, KIRA, "Mon 16:00", text, answers=asked)

    assert desk.overdue("next Mon 10:00") == []
    (row,) = desk.promises("Wed 10:00")
    assert (row["account"], row["state"], row["due"]) == ("Calder", "open", at("Thu 18:00"))
    assert told(desk, "Fri 09:00") == [("ours", "broken")]


def test_an_acknowledgement_without_a_day_is_due_in_two_business_days(desk: DeskFolder) -> None:
    """Over the weekend: Friday 15:00 means Tuesday 15:00. Any real answer keeps it."""
    asked = desk.mail(PETRA, BEN, "Fri 10:00", "Could you check the invoice of January?", subject="Invoice")
    looked = desk.mail(BEN, PETRA, "Fri 15:00", "We are looking into it.", answers=asked)

    assert told(desk, "next Tue 14:59") == [("ours", "open")]
    assert told(desk, "next Tue 15:01") == [("ours", "broken")]
    desk.mail(ANA, PETRA, "next Wed 10:00", "The January invoice was wrong by 40 euros.", answers=looked)
    assert told(desk, "next Wed 11:00") == []


def test_clients_promise_too(desk: DeskFolder) -> None:
    """Theirs, with the person who promised; a promise without a day is never broken."""
    ask = desk.mail(BEN, JURGEN, "Mon 09:00", "Here is the contract.", subject="Contract", attached="contract.pdf")
    first = desk.mail(JURGEN, BEN, "Mon 11:00", "We'll send the signed contract by Friday.", answers=ask)
    desk.mail(PETRA, BEN, "Mon 12:00", "I'll send the photos over soon.", answers=ask)

    desk.ingest("next Mon 10:00")
    rows = run(desk, "promises", "--side", "theirs", "--account", "borealis.example", now="next Mon 10:00")
    assert [(row["by"], row["state"]) for row in rows] == [
        (JURGEN, "broken"),
        (PETRA, "open"),
    ]
    assert told(desk, "next Mon 10:00", side="ours") == []
    desk.mail(JURGEN, BEN, "next Mon 11:00", "Hi, attached you find it.", answers=first, attached="contract-signed.pdf")
    assert [row["by"] for row in desk.promises("next Mon 12:00")] == [PETRA]


def test_an_automatic_mail_promises_nothing(desk: DeskFolder) -> None:
    """A machine's "we will get back to you" binds nobody."""
    ask = desk.mail(BEN, PETRA, "Mon 09:00", "Here is the contract.", subject="Contract")
    headers = (("Auto-Submitted", "auto-replied"),)
    desk.mail(PETRA, BEN, "Mon 09:01", "We will send you an answer by Wednesday.", answers=ask, headers=headers)

    assert told(desk, "Mon 10:00", everything=True) == []


def test_promises_in_german_and_french_are_kept_in_their_language(desk: DeskFolder) -> None:
    """The words are a table, one list a language."""
    first = desk.mail(PETRA, BEN, "Mon 09:00", "Wir schicken Ihnen die Unterlagen bis Freitag.", subject="Unterlagen")
    second = desk.mail(KIRA, ANA, "Mon 09:30", "Je vous envoie le devis vendredi.", subject="Devis")
    assert told(desk, "Tue 10:00") == [("theirs", "open"), ("theirs", "open")]

    desk.mail(PETRA, BEN, "Wed 09:00", "Anbei die Unterlagen, wie versprochen.", answers=first)
    desk.mail(KIRA, ANA, "Wed 09:30", "Comme promis, voici le devis.", answers=second)
    assert told(desk, "Wed 10:00", everything=True) == [("theirs", "kept"), ("theirs", "kept")]


def test_acts_work_on_promises(offer: tuple[DeskFolder, str, str]) -> None:
    """Done by phone, taken back, and promised again after that."""
    desk, _, promised = offer
    (row,) = desk.promises("Wed 10:00")
    run(desk, "done", row["id"], "--reason", "told her by phone", now="Wed 11:00")

    assert told(desk, "Wed 12:00") == []
    assert told(desk, "Wed 12:00", everything=True) == [("ours", "kept")]
    run(desk, "reopen", row["id"], now="Wed 13:00")
    assert told(desk, "Wed 14:00") == [("ours", "open")]
    run(desk, "snooze", row["id"], "--until", "2026-03-13T09:00", now="Wed 15:00")
    assert told(desk, "Wed 16:00") == []
    desk.mail(ANA, NINA, "Thu 10:00", "I will send the revised offer by Friday.", answers=promised)
    assert told(desk, "Thu 11:00") == [("ours", "open")]


def test_a_promise_can_be_explained(offer: tuple[DeskFolder, str, str]) -> None:
    """Quote, clock, what would clear it."""
    desk, _, promised = offer
    (row,) = desk.promises("Thu 10:00")
    why = run(desk, "explain", row["id"], now="Thu 10:00")

    assert (why["kind"], why["facts"]["state"]) == ("promise", "broken")
    assert [step["what"] for step in why["clock"]] == [f"promised by {ANA}", "due", "now: broken"]
    assert NINA in why["clears_when"]
    assert row["id"] in run(desk, "explain", promised, now="Thu 10:00")["facts"]["flags"]


def awaited(desk: DeskFolder, now: str) -> list[dict[str, Any]]:
    """Ask what clients owe us."""
    return desk.overdue(now, side="theirs")


def test_an_answer_we_wait_for_is_due_in_three_business_days(desk: DeskFolder) -> None:
    """The mirror image; it stands on its own list."""
    desk.mail(ANA, NINA, "Tue 10:00", "Could you send us your logo as a vector file?", subject="Logo")

    (row,) = awaited(desk, "Wed 10:00")
    assert (row["account"], row["contact"], row["owner"], row["state"]) == ("Acme", NINA, ANA, "open")
    assert (row["due"], row["return_date"]) == (at("Fri 10:00"), None)
    assert [row["state"] for row in awaited(desk, "Fri 10:01")] == ["overdue"]
    assert desk.overdue("Fri 10:01") == []
    assert run(desk, "explain", row["id"], now="Fri 10:01")["kind"] == "awaiting"


def test_their_answer_ends_the_waiting(desk: DeskFolder) -> None:
    """By anyone of them in the conversation."""
    asked = desk.mail(ANA, NINA, "Tue 10:00", "Could you send us your logo as a vector file?", subject="Logo")
    desk.mail(OLE, ANA, "Wed 10:00", "We only have it as a bitmap.", answers=asked)

    assert [row["subject"] for row in awaited(desk, "Wed 09:59")] == ["Logo"]
    assert awaited(desk, "next Mon 10:00") == []


def test_a_mail_of_ours_that_asks_nothing_awaits_nothing(desk: DeskFolder) -> None:
    """Nor does one that goes to a colleague."""
    first = desk.mail(ANA, NINA, "Tue 10:00", "The banner went online this morning.", subject="Banner")
    desk.mail(ANA, BEN, "Tue 11:00", "Could you check the banner?", answers=first)

    assert awaited(desk, "next Mon 10:00") == []


def test_an_absence_puts_the_waiting_off_until_the_day_after_they_return(desk: DeskFolder) -> None:
    """D4.5: an automatic mail is no answer, but says when they are back: away until the 10th, back on the 11th."""
    asked = desk.mail(BEN, PETRA, "Mon 10:00", "Could you send us the signed contract?", subject="Contract")
    headers = (("Auto-Submitted", "auto-replied"),)
    text = "I am out of the office until 10 March 2026. In urgent cases please write to my colleague."
    desk.mail(PETRA, BEN, "Mon 10:01", text, subject="Automatic reply: Contract", answers=asked, headers=headers)

    (row,) = awaited(desk, "Fri 12:00")
    assert row["state"] == "open"
    assert (row["return_date"], row["due"]) == (at("next Wed 00:00"), at("next Thu 18:00"))
    assert [row["state"] for row in awaited(desk, "next Fri 10:00")] == ["overdue"]


def test_asking_again_does_not_reset_the_clock(desk: DeskFolder) -> None:
    """A chaser of ours."""
    asked = desk.mail(ANA, NINA, "Tue 10:00", "Could you send us your logo as a vector file?", subject="Logo")
    desk.mail(ANA, NINA, "Thu 10:00", "Could you please send the logo? We need it for print.", answers=asked)

    (row,) = awaited(desk, "Fri 10:01")
    assert (row["state"], row["chasers"], row["message_id"]) == ("overdue", 1, asked)
    assert [row["chasers"] for row in awaited(desk, "Wed 10:00")] == [0]


def test_a_meeting_recorded_about_a_promise_keeps_it(offer: tuple[DeskFolder, str, str]) -> None:
    """What was brought along is said with ``record --about``."""
    desk, _, _ = offer
    desk.meeting(ANA, "Offer review", "Wed 10:00", [NINA])
    (row,) = desk.promises("Thu 10:00")
    meetings = run(desk, "meetings", now="Thu 10:00")
    words = ("--outcome", "held", "--none", "--about", row["id"])
    run(desk, "record", meetings[0]["id"], *words, now="Thu 11:00")

    assert told(desk, "Thu 10:59") == [("ours", "broken")]
    assert told(desk, "Thu 11:01") == []
