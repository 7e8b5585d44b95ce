"""Client mail that reaches us through a colleague (SEMANTICS 4, D4.20), through real files and a real run."""

import pytest
from desk import ANA, BEN, JURGEN, NINA, DeskFolder, at
from sqlalchemy import select

from flows.settings import load_settings
from store import tables
from store.database import open_store
from store.parsing import drop_messages

GMAIL = (
    "Ana, can you take this one? I am at the fair all week.\n\n---------- Forwarded message ---------\n"
    "From: Nina Kaiser <nina@acme.example>\nDate: Mon, 2 Mar 2026 at 10:05\nSubject: Stand 14\n"
    "To: Ben <ben@northwind.example>\n\nHi Ben,\n\ncould you send us the power plan for stand 14?\n\nNina\n"
)
OUTLOOK = (
    "Ana, please have a look.\n\nBen\n\n________________________________\n"
    "From: Nina Kaiser <nina@acme.example>\nSent: Monday, 2 March 2026 10:05\nTo: Ben <ben@northwind.example>\n"
    "Subject: Stand 14\n\nHi Ben,\n\ncould you send us the power plan for stand 14?\n\nNina\n"
)
GERMAN = (
    "Ana, kannst du das übernehmen?\n\nBen\n\n-----Ursprüngliche Nachricht-----\n"
    "Von: Jürgen Adler <juergen@borealis.example>\nGesendet: Montag, 2. März 2026 10:05\n"
    "An: Ben <ben@northwind.example>\nBetreff: Stand 14\n\nHallo Ben,\n\n"
    "bitte senden Sie uns den Stromplan für Stand 14.\n\nViele Grüße\nJürgen\n"
)


@pytest.mark.parametrize(
    ("text", "subject", "client"),
    [(GMAIL, "Fwd: Stand 14", NINA), (OUTLOOK, "FW: Stand 14", NINA), (GERMAN, "WG: Stand 14", JURGEN)],
)
def test_a_forwarded_request_is_the_clients_from_when_it_was_sent(
    desk: DeskFolder, text: str, subject: str, client: str
) -> None:
    """D4.20: whatever program forwarded it; due since Monday though it came on Tuesday."""
    desk.mail(BEN, ANA, "Tue 9:30", text, subject=subject)

    (row,) = desk.overdue("Tue 12:00")
    assert (row["contact"], row["clock_start"], row["due"], row["via"], row["state"]) == (
        client,
        at("Mon 10:05"),
        at("Tue 9:05"),
        BEN,
        "overdue",
    )
    assert "tand 14" in row["evidence"][0]["quote"]


def test_how_it_reached_us_is_explained(desk: DeskFolder) -> None:
    """D4.20: the clock starts with the client's mail, and the card says who forwarded it."""
    forward = desk.mail(BEN, ANA, "Tue 9:30", GMAIL, subject="Fwd: Stand 14")

    (row,) = desk.overdue("Tue 12:00")
    card = desk.explain(row["id"], "Tue 12:00")
    assert card["clock"][0] == {
        "at": at("Mon 10:05"),
        "what": f"their mail was sent ({BEN} forwarded it); the clock starts",
    }
    assert row["message_id"] == forward


def test_an_answer_to_the_forward_that_goes_to_the_client_clears_it(desk: DeskFolder) -> None:
    """D4.20: the client is put into To by hand."""
    forward = desk.mail(BEN, ANA, "Tue 9:30", GMAIL, subject="Fwd: Stand 14")
    desk.mail(ANA, NINA, "Tue 11:00", "Hi Nina,\n\nthe power plan is attached.\n\nAna\n", answers=forward)

    assert desk.overdue("Tue 12:00") == []


def test_an_answer_in_a_new_mail_clears_it(desk: DeskFolder) -> None:
    """D4.20 and D4.9: nothing but the words tells that it is the answer."""
    desk.mail(BEN, ANA, "Tue 9:30", GMAIL, subject="Fwd: Stand 14")
    desk.mail(
        ANA, NINA, "Tue 11:00", "Hi Nina,\n\nhere is the power plan for the stand.\n\nAna\n", subject="Power plan"
    )

    assert desk.overdue("Tue 12:00") == []


def test_talk_about_the_forward_among_ourselves_does_not_clear_it(desk: DeskFolder) -> None:
    """D4.20 and D4.2."""
    forward = desk.mail(BEN, ANA, "Tue 9:30", GMAIL, subject="Fwd: Stand 14")
    desk.mail(ANA, BEN, "Tue 10:00", "Sure, I will ask the electrician.\n\nAna\n", answers=forward)

    (row,) = desk.overdue("Tue 12:00")
    assert [also["what"] for also in row["also"]] == ["discussed_internally"]


def test_a_forward_whose_original_we_have_asks_only_once(desk: DeskFolder) -> None:
    """D4.20: Ben's mailbox is read, too; which of the two is read first does not matter."""
    desk.mail(BEN, ANA, "Tue 9:30", GMAIL, subject="Fwd: Stand 14")
    desk.ingest("Tue 10:00")
    text = "Hi Ben,\n\ncould you send us the power plan for stand 14?\n\nNina\n"
    asked = desk.mail(NINA, BEN, "Mon 10:05", text, subject="Stand 14")

    (row,) = desk.overdue("Tue 12:00")
    assert (row["message_id"], "via" in row) == (asked, False)


class TestSeveralColleaguesForwardIt:
    OTHERS = OUTLOOK.replace("Ben", "Cleo").replace("ben@", "cleo@")
    CLEO = "cleo@northwind.example"

    def test_the_first_counts(self, desk: DeskFolder) -> None:
        """D4.20: one mail asks once, however many bring it."""
        desk.mail(BEN, ANA, "Tue 9:30", GMAIL, subject="Fwd: Stand 14")
        desk.mail(self.CLEO, ANA, "Tue 11:00", self.OTHERS, subject="FW: Stand 14")

        assert [(row["via"], row["chasers"]) for row in desk.overdue("Wed 12:00")] == [(BEN, 0)]

    def test_also_when_it_is_read_last(self, desk: DeskFolder) -> None:
        """D4.20: whichever mailbox is read first."""
        desk.mail(self.CLEO, ANA, "Tue 11:00", self.OTHERS, subject="FW: Stand 14")
        assert [row["via"] for row in desk.overdue("Wed 12:00")] == [self.CLEO]
        desk.mail(BEN, ANA, "Tue 9:30", GMAIL, subject="Fwd: Stand 14")

        assert [row["via"] for row in desk.overdue("Wed 12:00")] == [BEN]

    def test_when_the_first_is_erased_the_next_counts(self, desk: DeskFolder) -> None:
        """D4.20: the client waits as before."""
        desk.mail(BEN, ANA, "Tue 9:30", GMAIL, subject="Fwd: Stand 14")
        desk.mail(self.CLEO, ANA, "Tue 11:00", self.OTHERS, subject="FW: Stand 14")
        desk.ingest("Wed 12:00")
        with open_store(load_settings(desk.config).store_url, read_only=False) as store:
            with store.reading() as connection:
                message = tables.message.c
                key = connection.execute(select(message.key).where(message.sender == BEN)).scalar_one()
            with store.writing() as connection:
                drop_messages(connection, [key])
        desk.ingest("Wed 12:00")

        assert [row["via"] for row in desk.overdue("Wed 12:00")] == [self.CLEO]

    def test_two_mails_of_one_subject_are_two(self, desk: DeskFolder) -> None:
        """D4.20: Nina asked twice that morning."""
        desk.mail(BEN, ANA, "Tue 9:30", GMAIL, subject="Fwd: Stand 14")
        desk.mail(self.CLEO, ANA, "Tue 11:00", self.OTHERS.replace("10:05", "10:40"), subject="FW: Stand 14")

        assert [row["via"] for row in desk.overdue("Wed 12:00")] == [BEN, self.CLEO]


def test_what_is_forwarded_for_information_asks_nothing(desk: DeskFolder) -> None:
    """D4.20: the colleague says that it is answered."""
    text = GMAIL.replace("Ana, can you take this one? I am at the fair all week.", "FYI, I have already answered her.")
    desk.mail(BEN, ANA, "Tue 9:30", text, subject="Fwd: Stand 14")

    assert desk.overdue("Tue 12:00") == []


def test_a_forwarded_mail_that_was_written_to_others_asks_nothing(desk: DeskFolder) -> None:
    """D4.20 and D4.3: Nina asked a colleague of hers."""
    text = GMAIL.replace("To: Ben <ben@northwind.example>", "To: Ole <ole@acme.example>")
    desk.mail(BEN, ANA, "Tue 9:30", text, subject="Fwd: Stand 14")

    assert desk.overdue("Tue 12:00") == []


def test_a_forwarded_mail_of_no_client_asks_nothing(desk: DeskFolder) -> None:
    """D4.20: a supplier's question is not a client's."""
    text = GMAIL.replace("nina@acme.example", "lena@supplier.example")
    desk.mail(BEN, ANA, "Tue 9:30", text, subject="Fwd: Stand 14")

    assert desk.overdue("Tue 12:00") == []


def test_a_forwarded_thank_you_asks_nothing(desk: DeskFolder) -> None:
    """D4.20: only what the client asks counts, not what the colleague asks of us."""
    text = GMAIL.replace("could you send us the power plan for stand 14?", "thank you, the power plan is perfect.")
    desk.mail(BEN, ANA, "Tue 9:30", text, subject="Fwd: Stand 14")

    assert desk.overdue("Tue 12:00") == []


def test_a_forward_stands_on_the_clients_timeline(desk: DeskFolder) -> None:
    """D4.20 and SEMANTICS 7: it is kept, as internal mail of the account."""
    forward = desk.mail(BEN, ANA, "Tue 9:30", GMAIL, subject="Fwd: Stand 14")

    entries = desk.timeline("Acme", "Tue 12:00")
    assert [(entry["message_id"], entry["direction"]) for entry in entries if entry["kind"] == "message"] == [
        (forward, "internal")
    ]
