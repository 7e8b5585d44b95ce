"""The morning report by the real program: what dies in between, what returns, what is not known (SEMANTICS 7)."""

import subprocess
import sys
from datetime import datetime

import pytest
from desk import ANA, BEN, NINA, DeskFolder, at
from program import environment, run
from test_flows_digest import MORNING, Postbox, _text, desk, postbox, settings_of

from flows.outbox import deliver

__all__ = ["desk", "postbox"]  # fixtures

pytestmark = [pytest.mark.servers, pytest.mark.no_cover]
ASKS = "Could you send us the new price list?"
DIES_AFTER_SENDING = """
import os, sys
import connectors.smtp as smtp
real = smtp.send_mail
def send_and_die(**mail):
    real(**mail)
    os._exit(9)
smtp.send_mail = send_and_die
from cli.main import run
sys.argv[0] = "accountline"
run()
"""
"""The program, dead in the instant after the server has taken the mail."""


def send(desk: DeskFolder, now: datetime, *, dying: bool = False) -> int:
    """Run ``digest --send``; return how it ended."""
    words = ("digest", "--send", "--now", now.isoformat())
    if not dying:
        return run(*words, config=desk.config).returncode
    command = [sys.executable, "-c", DIES_AFTER_SENDING, *words, "--config", str(desk.config)]
    done = subprocess.run(command, cwd=desk.path, env=environment(), capture_output=True, check=False)
    return done.returncode


def later(hours: int) -> datetime:
    """Some hours after the report of Tuesday morning."""
    return at(f"Tue {7 + hours:02}:30")


def test_who_has_it_is_not_sent_it_again_after_the_program_was_killed(desk: DeskFolder, postbox: Postbox) -> None:
    """Killed when Ben's mail was taken: Ana's was noted and stays one; Ben's comes once more as the same mail."""
    text = desk.config.read_text("utf-8").replace(f'to = ["{ANA}"]', f'to = ["{ANA}", "{BEN}"]')
    desk.config.write_text(text, "utf-8")
    desk.mail(NINA, ANA, "Mon 09:00", f"{ASKS}\n\nNina\n")
    desk.ingest(MORNING)

    assert send(desk, MORNING, dying=True) == 9
    assert [mail["To"] for mail in postbox.mails()] == [ANA]
    assert [send(desk, later(1)), send(desk, later(2))] == [0, 0]

    sent = [(mail["To"], mail["Message-ID"]) for mail in postbox.mails()]
    assert len(set(sent)) == 2
    assert [to for to, _ in sent] == [ANA, ANA, BEN]
    assert len({_text(mail) for mail in postbox.mails()}) == 1


def test_a_program_killed_before_sending_sends_once(desk: DeskFolder, postbox: Postbox) -> None:
    """The server was closed while it ran; afterwards there is one mail, however often the program is started."""
    desk.mail(NINA, ANA, "Mon 09:00", f"{ASKS}\n\nNina\n")
    desk.ingest(MORNING)
    postbox.closed = True
    assert send(desk, MORNING, dying=True) != 0
    postbox.closed = False

    assert [send(desk, later(hours)) for hours in (1, 2)] == [0, 0]
    assert len(postbox.taken) == 1


def test_our_own_report_is_no_client_mail(desk: DeskFolder, postbox: Postbox) -> None:
    """Read back from the mailbox it lies in, it asks and answers nothing, even where a client gets it."""
    desk.config.write_text(desk.config.read_text("utf-8").replace(f'to = ["{ANA}"]', f'to = ["{NINA}"]'), "utf-8")
    desk.mail(NINA, ANA, "Mon 09:00", f"{ASKS}\n\nNina\n")
    deliver(settings_of(desk, MORNING), MORNING)
    before = [row["id"] for row in desk.overdue("Tue 11:00")]
    (desk.path / "letters" / "report.eml").write_bytes(postbox.taken[0])

    desk.ingest(at("Tue 11:00"))

    assert [row["id"] for row in desk.overdue("Tue 11:00")] == before
    assert desk.overdue("Tue 11:00", side="theirs") == []


def test_a_cleared_flag_that_returns_is_told_again(desk: DeskFolder, postbox: Postbox) -> None:
    """D4.22: answered on Tuesday, told as cleared; then the answer came back, and Nina waits as she did before."""
    asked = desk.mail(NINA, ANA, "Mon 09:00", f"{ASKS}\n\nNina\n", subject="Prices")
    deliver(settings_of(desk, MORNING), MORNING)
    sent = desk.mail(ANA, NINA, "Tue 10:00", "Hi Nina,\n\nhere they are.\n", answers=asked, attached="prices.pdf")
    deliver(settings_of(desk, at("Wed 07:30")), at("Wed 07:30"))
    headers = [("Auto-Submitted", "auto-replied"), ("X-Failed-Recipients", NINA)]
    desk.mail(
        *("mailer-daemon@mx.example", ANA, "Wed 10:00", f"Your message could not be delivered.\n\n<{NINA}>: gone\n"),
        subject="Undelivered Mail Returned to Sender",
        answers=sent,
        headers=headers,
    )
    deliver(settings_of(desk, at("Thu 07:30")), at("Thu 07:30"))

    first, second, third = map(_text, postbox.mails())
    assert "price list" in first
    assert "Cleared: " in second
    assert "1 new since Wed 4 Mar 07:30." in third
    assert "price list" in third


def test_a_source_that_is_stale_is_told_and_nothing_is_called_clear(desk: DeskFolder, postbox: Postbox) -> None:
    """Its answer may lie where nobody could look: unknown in ``overdue``, and the report says since when."""
    desk.mail(NINA, ANA, "Mon 09:00", f"{ASKS}\n\nNina\n")
    desk.ingest(MORNING)
    (desk.path / "mail").rename(desk.path / "gone")
    desk.ingest(at("Wed 07:00"))

    assert send(desk, at("Wed 07:30")) == 0

    (mail,) = postbox.mails()
    assert [row["state"] for row in desk.overdue("Wed 07:30")] == ["unknown"]
    table = run("overdue", "--now", at("Wed 07:30").isoformat(), config=desk.config).stdout
    assert "unknown" in table
    assert "overdue" not in table
    assert mail["Subject"] == "Northwind Agency: 1 not known, incomplete"
    assert "NOT KNOWN  Acme" in _text(mail)
    assert "Not known since Tue 3 Mar 07:30: source mail" in _text(mail)
    assert "Nobody is waiting" not in _text(mail)
