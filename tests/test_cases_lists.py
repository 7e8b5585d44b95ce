"""Group addresses and lists: who wrote is not who From says, and a mail to our own group is a mail to us (D4.16)."""

import pytest
from desk import ANA, BEN, NINA, DeskFolder

GROUP = "support@northwind.example"
OWN_LIST = ("List-Id", "<support.northwind.example>")
ASKS = "Could you send us the price list for spring?\n\nNina\n"


def via(writer: str, address: str) -> list[tuple[str, str]]:
    """What a group address adds when it puts itself into From."""
    return [OWN_LIST, ("Precedence", "list"), ("Reply-To", f"{writer} <{address}>")]


def test_a_client_who_writes_to_our_group_address_waits_for_us(desk: DeskFolder) -> None:
    """The group's headers make no newsletter of it, though From is the group itself."""
    asked = desk.mail(GROUP, GROUP, "Mon 10:00", ASKS, name="'Nina Weber' via Support", headers=via("Nina Weber", NINA))
    (row,) = desk.overdue("Tue 14:00")
    assert (row["message_id"], row["account"], row["contact"]) == (asked, "Acme", NINA)


def test_our_answer_through_the_group_address_is_ours(desk: DeskFolder) -> None:
    """Ana's mail comes back with the group in From: it went out all the same."""
    asked = desk.mail(GROUP, GROUP, "Mon 10:00", ASKS, name="'Nina Weber' via Support", headers=via("Nina Weber", NINA))
    desk.mail(
        GROUP,
        NINA,
        "Mon 12:00",
        "Hi Nina,\n\nthe list is attached.\n",
        name="'Ana Berg' via Support",
        headers=via("Ana Berg", ANA),
        answers=asked,
        attached="prices.pdf",
    )
    assert desk.waiting("Tue 14:00") == []


def test_who_the_list_does_not_tell_is_not_guessed(desk: DeskFolder) -> None:
    """Another name in Reply-To is another person."""
    desk.mail(GROUP, GROUP, "Mon 10:00", ASKS, name="'Nina Weber' via Support", headers=via("Help Desk", NINA))
    assert desk.waiting("Tue 14:00") == []


@pytest.mark.parametrize(
    ("sender", "headers"),
    [
        (NINA, [("List-Id", "<news.acme.example>")]),
        ("newsletter@acme.example", [OWN_LIST]),
        ("no-reply@acme.example", [OWN_LIST]),
    ],
    ids=["a list of theirs", "their newsletter to our group", "their robot to our group"],
)
def test_d4_17_bulk_stays_bulk(desk: DeskFolder, sender: str, headers: list[tuple[str, str]]) -> None:
    """D4.17: only our own list, and only what a person wrote to it, is mail to us."""
    desk.mail(sender, [GROUP, ANA], "Mon 10:00", ASKS, headers=headers)
    assert desk.waiting("Tue 14:00") == []


def test_talk_among_us_through_the_group_is_not_stored(desk: DeskFolder) -> None:
    """SEMANTICS 7: Ben writes to all of us."""
    desk.mail(BEN, GROUP, "Mon 10:00", "Could you all send me your hours?\n", headers=[OWN_LIST])
    assert desk.waiting("Tue 14:00") == []
    assert b"send me your hours" not in (desk.path / "accountline.db").read_bytes()


def test_an_answer_that_lost_its_references_is_found_by_subject_and_people(desk: DeskFolder) -> None:
    """A web form or an old program answers without In-Reply-To."""
    asked = desk.mail(NINA, ANA, "Mon 10:00", ASKS, subject="Spring prices")
    desk.mail(ANA, NINA, "Mon 12:00", "Hi Nina,\n\nit is in your folder now.\n", subject="RE: Spring prices")
    assert desk.waiting("Tue 14:00") == []
    assert {entry["message_id"] for entry in desk.timeline("Acme", "Tue 14:00")} >= {asked}


def test_a_subject_alone_answers_nobody(desk: DeskFolder) -> None:
    """SEMANTICS 1: the same subject, written to another client, is another conversation."""
    asked = desk.mail(NINA, ANA, "Mon 10:00", ASKS, subject="Spring prices")
    desk.mail(BEN, "petra@borealis.example", "Mon 12:00", "They are in your folder.\n", subject="Re: Spring prices")
    assert desk.waiting("Tue 14:00") == [asked]


def test_exchange_tells_the_conversation_where_references_are_lost(desk: DeskFolder) -> None:
    """[MS-OXOMSG] 2.2.1.3: the first 22 bytes of Thread-Index are the same in all mails of a conversation."""
    start, answer = "AdKLWoxzNiOyXYEhTIyLkqCS1Q8cXA==", "AdKLWoxzNiOyXYEhTIyLkqCS1Q8cXAAAAAoQ"
    desk.mail(NINA, ANA, "Mon 10:00", ASKS, subject="Spring prices", headers=[("Thread-Index", start)])
    desk.mail(
        ANA, NINA, "Mon 12:00", "It is in your folder.\n", subject="Your prices", headers=[("Thread-Index", answer)]
    )
    assert desk.waiting("Tue 14:00") == []
