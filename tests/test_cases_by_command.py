"""Cases of SEMANTICS asked for as people do: letters in a folder, a run, then the program itself."""

import json
from datetime import datetime
from typing import Any

import pytest
from desk import ANA, BEN, DESK, KIRA, NINA, OLE, DeskFolder, at
from typer.testing import CliRunner

from cli.main import app

ASKS = "Could you send us the floor plan of the stand?\n"
FORWARD = (
    "Ana, please have a look.\n\nBen\n\n---------- Forwarded message ---------\nFrom: {name} <{address}>\n"
    "Date: Mon, 2 Mar 2026 at 10:05\nSubject: Floor plan\nTo: Ben <ben@northwind.example>\n\n" + ASKS
)
TICKET = ("Auto-Submitted", "auto-generated")
FROM_HOME = "nina77@posteo.de"


def ask(desk: DeskFolder, *words: str, now: str = "Fri 12:00") -> Any:
    """Read what there is, then run a command and return its JSON."""
    desk.ingest(now)
    dated = [] if words[0] == "contacts" else ["--now", at(now).isoformat()]
    done = CliRunner().invoke(app, [*words, *dated, "--config", str(desk.config), "--format", "json"])
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def waiting(desk: DeskFolder, *fields: str, now: str = "Fri 12:00") -> list[Any]:
    """What `overdue` says of each row: one field, or several."""
    rows = ask(desk, "overdue", now=now)
    return sorted(row[fields[0]] if len(fields) == 1 else tuple(row[name] for name in fields) for row in rows)


def titles(desk: DeskFolder, account: str) -> list[str]:
    """What stands on an account's timeline, newest first."""
    return [entry["title"] for entry in ask(desk, "timeline", account)["entries"]]


class TestTwoAccountsInOneConversation:
    @pytest.fixture
    def both(self, desk: DeskFolder) -> str:
        """Nina and Kira ask, each in sight of the other; the Message-ID of the later one."""
        first = desk.mail(NINA, [ANA, KIRA], "Mon 10:00", ASKS)
        return desk.mail(KIRA, [ANA, NINA], "Mon 10:30", "Please send us the media plan, too.\n", answers=first)

    def test_d4_1_each_account_is_owed_an_answer(self, desk: DeskFolder, both: str) -> None:
        """D4.1: one obligation each."""
        del both
        assert waiting(desk, "account") == ["Acme", "Calder"]

    def test_d4_1_an_answer_to_one_does_not_clear_the_other(self, desk: DeskFolder, both: str) -> None:
        """D4.1: only Nina is named in it."""
        desk.mail(ANA, NINA, "Mon 12:00", "Hi Nina,\n\nboth plans are in your folder now.\n\nAna\n", answers=both)
        assert waiting(desk, "account") == ["Calder"]


class TestSides:
    def test_d4_15_an_answer_sent_on_our_behalf_counts(self, desk: DeskFolder) -> None:
        """D4.15: From is an agency, Sender is Ben."""
        asked = desk.mail(NINA, ANA, "Mon 10:00", ASKS)
        sent = "Hi Nina,\n\nthe plan is in your folder now.\n"
        desk.mail("hello@agency.example", NINA, "Mon 12:00", sent, answers=asked, headers=[("Sender", BEN)])
        assert waiting(desk, "message_id") == []

    def test_d4_15_an_address_that_looks_like_ours_does_not(self, desk: DeskFolder) -> None:
        """D4.15: nobody listed it."""
        asked = desk.mail(NINA, "ana+stand@northwind.example", "Mon 10:00", ASKS)
        desk.mail("ana@northwind-events.example", NINA, "Mon 12:00", "It is in your folder now.\n", answers=asked)
        assert waiting(desk, "message_id") == [asked]

    def test_d4_16_our_mail_sent_back_by_a_list_is_one_outbound_mail(self, desk: DeskFolder) -> None:
        """D4.16: with a tag in the subject and a footer; it answers, once."""
        asked = desk.mail(NINA, ANA, "Mon 10:00", ASKS)
        desk.mail(ANA, [NINA, "all@acme.example"], "Mon 11:00", "Hi Nina,\n\nit is in your folder.\n", answers=asked)
        letter = (desk.path / "letters" / "002.eml").read_text("utf-8")
        echo = letter.replace("Subject: Re:", "List-Id: <all.acme.example>\nSubject: [all] Re:")
        (desk.path / "letters" / "echo.eml").write_text(f"{echo}{'_' * 47}\nall mailing list\n", "utf-8")
        assert waiting(desk, "message_id") == []
        entries = ask(desk, "timeline", "Acme")["entries"]
        assert sorted(entry["direction"] for entry in entries) == ["inbound", "outbound"]

    def test_d4_16_what_others_post_there_is_not_ours(self, desk: DeskFolder) -> None:
        """D4.16: a supplier's mail on the same list answers nobody."""
        asked = desk.mail(NINA, ANA, "Mon 10:00", ASKS)
        on_list = [("List-Id", "<all.acme.example>")]
        people = [NINA, "all@acme.example"]
        desk.mail("tom@vendor.example", people, "Mon 11:00", "It is in your folder.\n", answers=asked, headers=on_list)
        assert waiting(desk, "message_id") == [asked]


class TestAutomaticSenders:
    def test_d4_18_an_allowed_ticket_system_asks(self, desk: DeskFolder) -> None:
        """D4.18: it stands in the account's `allow`."""
        asked = desk.mail("tickets@acme.example", ANA, "Mon 10:00", f"Ticket 12\n\n{ASKS}", headers=[TICKET])
        assert waiting(desk, "message_id", "account") == [(asked, "Acme")]

    def test_d4_18_any_other_robot_of_the_client_does_not(self, desk: DeskFolder) -> None:
        """D4.18: it is on the timeline and asks nothing."""
        desk.mail("alerts@acme.example", ANA, "Mon 10:00", f"Ticket 12\n\n{ASKS}", subject="Ticket", headers=[TICKET])
        assert (waiting(desk, "message_id"), titles(desk, "Acme")) == ([], ["Ticket"])


class TestForwards:
    def test_d4_20_a_forwarded_request_is_the_clients_since_it_was_sent(self, desk: DeskFolder) -> None:
        """D4.20: original sender and date, via the colleague."""
        desk.mail(BEN, ANA, "Tue 10:00", FORWARD.format(name="Nina Kaiser", address=NINA), subject="Fwd: Floor plan")
        (row,) = ask(desk, "overdue")
        assert (row["account"], row["contact"], row["via"]) == ("Acme", NINA, BEN)
        assert datetime.fromisoformat(row["clock_start"]) == at("Mon 10:05")

    def test_d4_20_a_forwarded_mail_of_a_supplier_is_not(self, desk: DeskFolder) -> None:
        """D4.20: only a client's mail is an ask of a client."""
        text = FORWARD.format(name="Paul", address="orders@printer.example")
        desk.mail(BEN, ANA, "Tue 10:00", text, subject="Fwd: Floor plan")
        assert waiting(desk, "message_id") == []


class TestPrivateAddresses:
    def test_d4_21_the_clock_runs_and_the_link_is_proposed(self, desk: DeskFolder) -> None:
        """D4.21: Nina goes on from home, with Ole, who is in the conversation."""
        sent = desk.mail(ANA, [NINA, OLE], "Mon 10:00", "Hi both,\n\nthe draft is in your folder.\n\nAna\n")
        asked = desk.mail(FROM_HOME, [ANA, OLE], "Mon 20:00", ASKS, answers=sent, name="Nina Kaiser")
        assert waiting(desk, "message_id", "account") == [(asked, "Acme")]
        assert [(row["address"], row["account"]) for row in ask(desk, "contacts")] == [(FROM_HOME, "Acme")]

    def test_d4_21_a_stranger_with_forged_references_gets_neither(self, desk: DeskFolder) -> None:
        """D4.21: naming the mail is not taking part in it."""
        sent = desk.mail(ANA, NINA, "Mon 10:00", "Hi Nina,\n\nthe draft is in your folder.\n\nAna\n", subject="Draft")
        desk.mail("mallory@posteo.de", ANA, "Mon 20:00", ASKS, answers=sent)
        assert (waiting(desk, "message_id"), ask(desk, "contacts"), titles(desk, "Acme")) == ([], [], ["Draft"])


class TestMeetings:
    def test_d5_7_the_same_event_in_two_calendars_is_one_meeting(self, desk: DeskFolder) -> None:
        """D5.7: one row."""
        for owner in (ANA, BEN):
            desk.meeting(owner, "Contract talk", "Tue 10:00", [ANA, BEN, NINA], uid="shared")
        assert [row["title"] for row in ask(desk, "meetings", "--unrecorded")] == ["Contract talk"]

    def test_d5_7_two_meetings_at_one_time_stay_two(self, desk: DeskFolder) -> None:
        """D5.7: other people, another title."""
        desk.meeting(ANA, "Contract talk", "Tue 10:00", [ANA, NINA])
        desk.meeting(BEN, "Photo shoot", "Tue 10:00", [BEN, OLE])
        assert len(ask(desk, "meetings", "--unrecorded")) == 2

    def test_d5_8_a_meeting_with_two_accounts_is_on_both_timelines(self, desk: DeskFolder) -> None:
        """D5.8: and one gap names both."""
        desk.meeting(ANA, "Joint stand", "Tue 10:00", [ANA, NINA, OLE, KIRA])
        (row,) = ask(desk, "meetings", "--unrecorded")
        assert (row["account"], row["accounts"]) == ("Acme", ["Acme", "Calder"])
        assert titles(desk, "Acme") == titles(desk, "Calder") == ["Joint stand"]

    def test_d5_8_nobody_elses_timeline_shows_it(self, desk: DeskFolder) -> None:
        """D5.8: Kira was not there."""
        desk.meeting(ANA, "Joint stand", "Tue 10:00", [ANA, DESK, NINA])
        assert (titles(desk, "Acme"), titles(desk, "Calder")) == (["Joint stand"], [])
