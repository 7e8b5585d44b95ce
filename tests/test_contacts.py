"""What mail tells of a client's people is proposed with its line, decided on with one command, and learned."""

from typing import Any

import pytest
from desk import ANA, BEN, NINA, OLE, DeskFolder
from program import answer, run

ASKS = "Could you send us the price list for spring?\n"
SIGNED = f"{ASKS}\n-- \nNina Weber\nHead of Purchasing\nAcme GmbH\nTel. +49 30 5550101\n"
MOVED = f"{ASKS}\n-- \nNina Weber\nManaging Director\nAcme GmbH\nTel. +49 30 5550101\n"
PRIVATE = "nina77@posteo.de"


def decide(desk: DeskFolder, *words: str) -> Any:
    """Run a decision that must succeed."""
    return answer("contacts", *words, "--by", BEN, "--now", "2026-03-04T12:00:00+01:00", config=desk.config)


def proposed(desk: DeskFolder, *options: str) -> list[dict[str, Any]]:
    """What `contacts` lists."""
    rows: list[dict[str, Any]] = answer("contacts", *options, config=desk.config)
    return rows


@pytest.fixture
def signed(desk: DeskFolder) -> DeskFolder:
    """A desk to which Nina wrote with her signature, and Ole without one."""
    desk.mail(NINA, ANA, "Mon 10:00", SIGNED, name="Nina Weber")
    desk.mail(OLE, ANA, "Mon 11:00", ASKS)
    desk.ingest("Tue 12:00")
    return desk


@pytest.fixture
def private(desk: DeskFolder) -> DeskFolder:
    """A desk in whose conversation with Nina and Ole she goes on from home."""
    sent = desk.mail(ANA, [NINA, OLE], "Mon 10:00", "Hi both,\n\nthe draft is in your folder.\n\nAna\n")
    desk.mail(PRIVATE, [ANA, OLE], "Mon 20:00", ASKS, answers=sent, name="Nina Weber")
    desk.ingest("Tue 12:00")
    return desk


class TestSignatures:
    def test_what_a_signature_says_is_proposed_with_its_lines(self, signed: DeskFolder) -> None:
        """Name, title, phone and organisation of who wrote it, nothing of who has none."""
        (row,) = proposed(signed)

        assert (row["address"], row["account"], row["source"]) == (NINA, "Acme", "signature")
        said = {name: row[name] for name in ("name", "title", "phone", "organisation")}
        assert said == {
            "name": "Nina Weber",
            "title": "Head of Purchasing",
            "phone": "+49 30 5550101",
            "organisation": "Acme GmbH",
        }
        assert row["quote"].split("\n") == ["Nina Weber", "Head of Purchasing", "Acme GmbH", "Tel. +49 30 5550101"]
        assert row["message_id"] == "1.021000@acme.example"

    def test_an_accepted_one_is_kept_until_it_changes(self, signed: DeskFolder) -> None:
        """The next mail with the same signature proposes nothing, one with another title does."""
        (row,) = proposed(signed)
        decide(signed, "accept", row["id"])
        signed.mail(NINA, ANA, "Tue 13:00", SIGNED, name="Nina Weber")
        signed.ingest("Tue 14:00")
        assert proposed(signed) == []
        (kept,) = proposed(signed, "--decided")
        assert (kept["decision"], kept["by"], kept["title"]) == ("accept", BEN, "Head of Purchasing")

        signed.mail(NINA, ANA, "Wed 13:00", MOVED, name="Nina Weber")
        signed.ingest("Wed 14:00")

        assert [row["title"] for row in proposed(signed)] == ["Managing Director"]

    def test_a_refused_one_does_not_return(self, signed: DeskFolder) -> None:
        """Also not with the next mail that says the same."""
        (row,) = proposed(signed)
        decide(signed, "refuse", row["id"])
        signed.mail(NINA, ANA, "Tue 13:00", SIGNED, name="Nina Weber")
        signed.ingest("Tue 14:00")

        assert proposed(signed) == []

    def test_a_decision_is_audited_and_can_be_taken_back(self, signed: DeskFolder) -> None:
        """The history of the book says who; afterwards it is proposed again."""
        (row,) = proposed(signed)
        decide(signed, "refuse", row["id"])
        decide(signed, "undo", row["id"])

        told = f"refused: {NINA}, Nina Weber, Head of Purchasing, +49 30 5550101, Acme GmbH"
        lines = [(line["by"], line["field"], line["before"], line["after"]) for line in _history(signed)]
        assert lines[:2] == [(BEN, "contact", told, None), (BEN, "contact", None, told)]
        assert [again["id"] for again in proposed(signed)] == [row["id"]]
        assert proposed(signed, "--decided") == []

    def test_the_signature_of_a_closed_mailbox_is_not_shown(self, signed: DeskFolder) -> None:
        """`visibility = "subject"` shows no word of a mail."""
        text = signed.config.read_text("utf-8")
        signed.config.write_text(text.replace('path = "letters"', 'path = "letters"\nvisibility = "subject"'), "utf-8")
        signed.ingest("Tue 14:00")

        assert proposed(signed) == []

    def test_a_forgotten_person_leaves_no_decision(self, signed: DeskFolder) -> None:
        """Nor the words of one, anywhere in the file."""
        (row,) = proposed(signed)
        decide(signed, "accept", row["id"])

        done = run("forget", NINA, "--yes", config=signed.config)

        assert done.returncode == 0, done.stderr
        assert proposed(signed, "--decided") == []
        assert b"Head of Purchasing" not in (signed.path / "accountline.db").read_bytes()

    def test_an_unknown_id_is_a_sentence(self, signed: DeskFolder) -> None:
        """And exit code 4."""
        for word in ("accept", "refuse", "undo"):
            done = run("contacts", word, "cnowhere", config=signed.config)
            assert (done.returncode, "accountline contacts" in done.stderr) == (4, True)


class TestPrivateAddresses:
    def test_d4_21_the_link_is_proposed(self, private: DeskFolder) -> None:
        """D4.21: Nina's private address, with the line and the mail that say so; only for her account."""
        (row,) = proposed(private)
        assert (row["source"], row["account"], row["address"]) == ("conversation", "Acme", PRIVATE)
        assert row["quote"] == f"From: Nina Weber <{PRIVATE}>"
        assert proposed(private, "--account", "Borealis") == []

    def test_d4_21_an_accepted_link_is_in_the_book_and_undone_from_it(self, private: DeskFolder) -> None:
        """D4.21: what she writes later in a new conversation is Acme's; after undo it is not."""
        (row,) = proposed(private)
        decide(private, "accept", row["id"])
        assert "nina.acme@gmail.com;nina77@posteo.de" in (private.path / "accounts.csv").read_text("utf-8")
        later = private.mail(PRIVATE, ANA, "Tue 13:00", ASKS, subject="Something else")
        assert later in private.waiting("Wed 14:00")

        decide(private, "undo", row["id"])

        assert PRIVATE not in (private.path / "accounts.csv").read_text("utf-8")
        assert later not in private.waiting("Wed 14:00")
        assert [again["id"] for again in proposed(private)] == [row["id"]]

    def test_d4_21_a_refused_link_does_not_return(self, private: DeskFolder) -> None:
        """D4.21: neither with her next mail; the clock of the conversation runs all the same."""
        (row,) = proposed(private)
        decide(private, "refuse", row["id"])
        asked = private.mail(PRIVATE, [ANA, OLE], "Tue 13:00", "Any news?\n", answers="2.022000@posteo.de")
        private.ingest("Tue 14:00")

        assert proposed(private) == []
        assert private.waiting("Wed 14:00"), asked

    def test_d4_21_a_stranger_with_forged_references_is_not_proposed(self, desk: DeskFolder) -> None:
        """D4.21: who is not in the conversation is nobody's contact."""
        sent = desk.mail(ANA, NINA, "Mon 10:00", "Hi Nina,\n\nthe draft is in your folder.\n\nAna\n")
        desk.mail("mallory@posteo.de", ANA, "Mon 20:00", ASKS, answers=sent)
        desk.ingest("Tue 12:00")

        assert proposed(desk) == []

    def test_d4_21_a_supplier_in_the_conversation_is_not_proposed(self, desk: DeskFolder) -> None:
        """D4.21: a printer with a domain and a name of its own writes to Nina, too."""
        sent = desk.mail(ANA, [NINA, "orders@printer.example"], "Mon 10:00", "Hi both,\n\nhere is the draft.\n\nAna\n")
        desk.mail("orders@printer.example", [ANA, NINA], "Mon 20:00", ASKS, answers=sent, name="Paul Printer")
        desk.ingest("Tue 12:00")

        assert proposed(desk) == []


def _history(desk: DeskFolder) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = answer("accounts", "history", config=desk.config)
    return rows
