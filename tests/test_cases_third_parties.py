"""What waits for somebody else (SEMANTICS 2 and 4, D4.19), through real files and the program itself."""

from typing import Any

import pytest
from desk import ANA, BEN, NINA, DeskFolder, at
from typer.testing import CliRunner

from cli.main import app

PRINTER = "orders@printer.example"
PAPER = "Can you change the paper to 170 grams?\n\nNina\n"
FORWARD = (
    "Is 170 grams possible?\n\n---------- Forwarded message ----------\nFrom: Nina <nina@acme.example>\n"
    "Subject: Spring campaign\n\nCan you change the paper to 170 grams?\n"
)


def beside(desk: DeskFolder, now: str) -> list[tuple[str, Any]]:
    """What is said beside the only row that waits."""
    (row,) = desk.overdue(now)
    return [(also["what"], also["since"]) for also in row["also"]]


def dismiss(desk: DeskFolder, flag: str, now: str, label: str = "third-party") -> None:
    """Dismiss a flag by command."""
    words = ["dismiss", flag, "--as", label, "--now", at(now).isoformat(), "--config", str(desk.config)]
    done = CliRunner().invoke(app, words)

    assert done.exit_code == 0, done.output


@pytest.fixture
def asked(desk: DeskFolder) -> str:
    """Nina asks on Monday morning."""
    return desk.mail(NINA, ANA, "Mon 10:00", PAPER)


def test_a_request_passed_on_waits_for_the_third_party(desk: DeskFolder, asked: str) -> None:
    """D4.19: it is late all the same, and the row says since when the printer has it."""
    desk.mail(ANA, PRINTER, "Mon 11:00", FORWARD, answers=asked, subject="Fwd: Spring campaign")

    assert beside(desk, "Tue 12:00") == [("waiting_third_party", at("Mon 11:00"))]
    assert [row["state"] for row in desk.overdue("Tue 12:00")] == ["overdue"]
    assert beside(desk, "Mon 10:30") == []


def test_to_whom_it_was_passed_on_is_explained(desk: DeskFolder, asked: str) -> None:
    """D4.19: the card names the third party."""
    desk.mail(ANA, PRINTER, "Mon 11:00", FORWARD, answers=asked, subject="Fwd: Spring campaign")
    (row,) = desk.overdue("Tue 12:00")

    steps = [step["what"] for step in desk.explain(row["id"], "Tue 12:00")["clock"]]
    assert f"passed on to {PRINTER}; that does not answer them" in steps


def test_a_request_passed_on_and_answered_waits_for_nobody(desk: DeskFolder, asked: str) -> None:
    """D4.19: the client was told."""
    desk.mail(ANA, PRINTER, "Mon 11:00", FORWARD, answers=asked, subject="Fwd: Spring campaign")
    desk.mail(ANA, NINA, "Mon 15:00", "Hi Nina,\n\nthe printer can do 170 grams.\n\nAna\n", answers=asked)

    assert desk.overdue("Tue 12:00") == []


@pytest.mark.usefixtures("asked")
def test_a_mail_to_somebody_else_about_something_else_says_nothing(desk: DeskFolder) -> None:
    """D4.19: it answers no mail of Nina's."""
    desk.mail(ANA, PRINTER, "Mon 11:00", "Please send us your price list.\n", subject="Price list")

    assert beside(desk, "Tue 12:00") == []


def test_a_request_passed_to_a_colleague_is_discussed_not_passed_on(desk: DeskFolder, asked: str) -> None:
    """D4.2 and D4.19: Ben is one of us."""
    desk.mail(ANA, BEN, "Mon 11:00", FORWARD, answers=asked, subject="Fwd: Spring campaign")

    assert beside(desk, "Tue 12:00") == [("discussed_internally", at("Mon 11:00"))]


def test_what_a_user_says_waits_for_a_third_party_stays_listed_and_is_not_late(desk: DeskFolder, asked: str) -> None:
    """SEMANTICS 2, user acts: the client waits, though not for us alone."""
    (row,) = desk.overdue("Tue 12:00")
    dismiss(desk, row["id"], "Tue 13:00")

    assert [(row["message_id"], row["state"]) for row in desk.overdue("Tue 14:00")] == [(asked, "open")]
    assert beside(desk, "Tue 14:00") == [("waiting_third_party", at("Tue 13:00"))]
    assert [row["state"] for row in desk.overdue("Tue 12:30")] == ["overdue"]


def test_a_client_who_asks_again_makes_it_late_again(desk: DeskFolder, asked: str) -> None:
    """SEMANTICS 2, user acts: the third party is still named."""
    (row,) = desk.overdue("Tue 12:00")
    dismiss(desk, row["id"], "Tue 13:00")
    desk.mail(NINA, ANA, "Tue 15:00", "Hi Ana,\n\nany news about the paper?\n\nNina\n", answers=asked)

    assert [row["state"] for row in desk.overdue("Tue 16:00")] == ["overdue"]
    assert beside(desk, "Tue 16:00") == [("waiting_third_party", at("Tue 13:00"))]


def test_what_needs_no_reply_is_off_the_list(desk: DeskFolder, asked: str) -> None:
    """SEMANTICS 2, user acts: other reasons take it off."""
    (row,) = desk.overdue("Tue 12:00")
    dismiss(desk, row["id"], "Tue 13:00", "no-reply-needed")

    assert asked not in desk.waiting("Tue 14:00")
