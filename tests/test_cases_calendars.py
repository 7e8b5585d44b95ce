"""Calendars beside the company's, through the program on real mail: whose hours count for whom (SEMANTICS 3)."""

import json
from datetime import datetime
from typing import Any

import pytest
from desk import ANA, BEN, NINA, DeskFolder, at
from typer.testing import CliRunner

from cli.main import app
from domain.errors import ConfigError

ASKS = "Could you send us the floor plan of the stand?\n\nNina\n"
WE_ASK = "Hi Nina,\n\ncould you send us the logo?\n\nAna\n"
WARSAW = '\n[response.calendars.warsaw]\ntimezone = "Europe/Warsaw"\nhours = ["Mon-Fri 08:00-16:00"]\n'
FOR_BEN = f'{WARSAW}owners = ["{BEN}"]\n'
FOR_ACME = f'{WARSAW}accounts = ["Acme"]\n'
NEW_YORK = '\n[response.calendars.new-york]\ntimezone = "America/New_York"\nhours = ["Mon-Fri 09:00-17:00"]\n'


def run(desk: DeskFolder, now: str, *words: str) -> str:
    """Run the program at a moment; return what it prints."""
    done = CliRunner().invoke(
        app, [*words, "--now", at(now).isoformat(), "--config", str(desk.config)], catch_exceptions=False
    )
    assert done.exit_code == 0, done.output
    return done.stdout


def refusal(desk: DeskFolder, now: str, *words: str) -> str:
    """Return what a command says of the configuration."""
    with pytest.raises(ConfigError) as caught:
        run(desk, now, *words)
    return str(caught.value)


def ask(desk: DeskFolder, now: str, *words: str) -> Any:
    """Read what there is, then return what a command says as JSON."""
    desk.ingest(now)
    return answer(desk, now, *words)


def answer(desk: DeskFolder, now: str, *words: str) -> Any:
    """Return what a command says as JSON of what was read before."""
    return json.loads(run(desk, now, *words, "--format", "json"))


def due(desk: DeskFolder, now: str, *words: str) -> list[datetime]:
    """By when each answer is owed."""
    return [datetime.fromisoformat(row["due"]) for row in ask(desk, now, "overdue", *words)]


def give(desk: DeskFolder, owner: str, *, of: str = ANA) -> None:
    """Make somebody else the owner of Acme."""
    book = desk.path / "accounts.csv"
    text = book.read_text("utf-8")
    assert f"standard,{of},,tickets" in text
    book.write_text(text.replace(f"standard,{of},,tickets", f"standard,{owner},,tickets"), "utf-8")


class TestOurSide:
    @pytest.mark.parametrize(
        ("beside", "expected"),
        [
            ("", "next Mon 15:30"),  # 1 h 30 on Friday, 6 h 30 on Monday
            (FOR_ACME, "next Mon 16:00"),  # nothing on Friday, eight hours on Monday
        ],
        ids=["company", "warsaw"],
    )
    def test_friday_at_half_past_four_is_late_in_warsaw(self, desk: DeskFolder, beside: str, expected: str) -> None:
        """The company works till six, Warsaw till four."""
        desk.configure(beside)
        desk.mail(NINA, ANA, "Fri 16:30", ASKS)

        assert due(desk, "Fri 17:00") == [at(expected)]

    def test_a_holiday_of_the_accounts_calendar_is_no_day_of_its_clock(self, desk: DeskFolder) -> None:
        """Tuesday is one in Warsaw; the next account works through it."""
        desk.configure(f"{FOR_ACME}holidays = [2026-03-03]\n")
        desk.mail(NINA, ANA, "Mon 15:00", ASKS)
        desk.mail("petra@borealis.example", BEN, "Mon 15:00", ASKS)
        rows = {row["account"]: datetime.fromisoformat(row["due"]) for row in ask(desk, "Mon 16:00", "overdue")}

        assert rows == {"Acme": at("Wed 15:00"), "Borealis": at("Tue 14:00")}

    def test_a_deadline_without_an_hour_ends_when_the_accounts_day_does(self, desk: DeskFolder) -> None:
        """Where the company closes, Warsaw has gone home for two hours."""
        desk.configure(FOR_ACME)
        desk.mail(NINA, ANA, "Mon 15:59", "Could you send us the floor plan by tomorrow?\n\nNina\n")

        assert due(desk, "Mon 16:30") == [at("Tue 15:59")]
        desk.configure("\n[response.tiers.standard]\nfactor = 5\n")
        assert due(desk, "Mon 17:00") == [at("Tue 16:00")]

    def test_our_promise_of_a_day_ends_when_the_accounts_day_does(self, desk: DeskFolder) -> None:
        """Ana promised Friday to an account of Warsaw."""
        desk.configure(FOR_ACME)
        asked = desk.mail(NINA, ANA, "Mon 10:00", ASKS)
        desk.mail(ANA, NINA, "Mon 11:00", "I will send you the floor plan by Friday.\n\nAna\n", answers=asked)
        (row,) = ask(desk, "Tue 10:00", "promises")

        assert datetime.fromisoformat(row["due"]) == at("Fri 16:00")

    def test_minutes_are_counted_where_the_clock_runs(self, desk: DeskFolder) -> None:
        """From ten to four on Monday, from eight to noon on Tuesday: two hours over eight."""
        desk.configure(FOR_ACME)
        desk.mail(NINA, ANA, "Mon 10:00", ASKS)
        (row,) = ask(desk, "Tue 12:00", "overdue")

        assert (row["business_minutes_used"], row["business_minutes_over"]) == (600, 120)

    def test_the_morning_report_counts_there_too(self, desk: DeskFolder) -> None:
        """The company would have said three hours."""
        desk.configure(FOR_ACME)
        desk.mail(NINA, ANA, "Mon 10:00", ASKS)
        desk.ingest("Tue 12:00")

        assert "2 h of business time over" in " ".join(run(desk, "Tue 12:00", "digest").split())

    def test_explain_names_the_calendar(self, desk: DeskFolder) -> None:
        """And counts in it."""
        desk.configure(FOR_ACME)
        desk.mail(NINA, ANA, "Mon 10:00", ASKS)
        (row,) = ask(desk, "Tue 12:00", "overdue")
        told = answer(desk, "Tue 12:00", "explain", row["id"])

        assert told["facts"]["calendar"] == "warsaw"
        assert told["clock"][0]["what"] == "their mail was received; the clock starts, in the calendar warsaw"
        assert told["clock"][-1]["what"] == "now: 10 h 0 min of business time since the clock started"

    def test_explain_says_nothing_of_the_companys(self, desk: DeskFolder) -> None:
        """As before there were others."""
        desk.configure(FOR_BEN)
        desk.mail(NINA, ANA, "Mon 10:00", ASKS)
        (row,) = ask(desk, "Tue 12:00", "overdue")
        told = answer(desk, "Tue 12:00", "explain", row["id"])

        assert "calendar" not in told["facts"]
        assert told["clock"][0]["what"] == "their mail was received; the clock starts"

    def test_response_times_are_those_of_each_accounts_calendar(self, desk: DeskFolder) -> None:
        """Answered from three on Monday to nine on Tuesday: an hour each in Warsaw."""
        desk.configure(FOR_ACME)
        asked = desk.mail(NINA, ANA, "Mon 15:00", ASKS)
        desk.mail(ANA, NINA, "Tue 09:00", "Here it is.\n\nAna\n", answers=asked, attached="plan.pdf")
        whole, *_ = ask(desk, "Tue 12:00", "report")

        assert (whole["answered"], whole["average_minutes"]) == (1, 120)


class TestOwners:
    def test_the_accounts_of_a_colleague_run_in_the_colleagues_calendar(self, desk: DeskFolder) -> None:
        """Borealis is Ben's, Acme is Ana's."""
        desk.configure(FOR_BEN)
        desk.mail(NINA, ANA, "Fri 16:30", ASKS)
        desk.mail("petra@borealis.example", BEN, "Fri 16:30", ASKS)
        rows = {row["account"]: datetime.fromisoformat(row["due"]) for row in ask(desk, "Fri 17:00", "overdue")}

        assert rows == {"Acme": at("next Mon 15:30"), "Borealis": at("next Mon 16:00")}

    def test_an_accounts_calendar_wins_over_its_owners(self, desk: DeskFolder) -> None:
        """Ben works in Warsaw, for Acme as they do in New York."""
        give(desk, BEN)
        desk.configure(f'{FOR_BEN}{NEW_YORK}accounts = ["acme"]\n')
        desk.mail(NINA, BEN, "Fri 16:30", ASKS)

        assert due(desk, "Fri 17:00") == [at("next Mon 10:30", "America/New_York")]

    def test_d4_28_a_new_owner_brings_a_new_calendar(self, desk: DeskFolder) -> None:
        """D4.28: Acme goes from Ana to Ben, and its open clock to Warsaw."""
        desk.configure(FOR_BEN)
        desk.mail(NINA, ANA, "Fri 16:30", ASKS)
        (before,) = ask(desk, "Fri 17:00", "overdue")
        give(desk, BEN)
        (after,) = ask(desk, "Fri 17:30", "overdue")

        assert (before["owner"], datetime.fromisoformat(before["due"])) == (ANA, at("next Mon 15:30"))
        assert (after["owner"], datetime.fromisoformat(after["due"])) == (BEN, at("next Mon 16:00"))
        assert after["id"] == before["id"]

    def test_d4_27_a_calendar_that_is_added_later_counts_for_what_is_open(self, desk: DeskFolder) -> None:
        """D4.27: the next run computes everything anew."""
        desk.mail(NINA, ANA, "Fri 16:30", ASKS)
        assert due(desk, "Fri 17:00") == [at("next Mon 15:30")]
        desk.configure(FOR_ACME)
        assert due(desk, "Fri 17:30") == [at("next Mon 16:00")]

    def test_a_backup_answers_by_the_owners_clock(self, desk: DeskFolder) -> None:
        """The client's clock does not change because Ana is on leave (SEMANTICS 3)."""
        book = (desk.path / "accounts.csv").read_text("utf-8").replace("owner,", "owner,backup,", 1)
        book = book.replace(f"standard,{ANA},,tickets", f"standard,{ANA},{BEN},,tickets")
        kept = [line for line in book.splitlines() if line.startswith(("name", "Acme"))]
        (desk.path / "accounts.csv").write_text("\n".join([*kept, ""]), "utf-8")
        desk.configure(FOR_BEN)
        desk.meeting(ANA, "Vacation", "Mon 00:00", [], minutes=10 * 24 * 60, more="X-MICROSOFT-CDO-BUSYSTATUS:OOF")
        desk.mail(NINA, ANA, "Fri 16:30", ASKS)
        (row,) = ask(desk, "Fri 17:00", "overdue")

        assert (row["owner"], datetime.fromisoformat(row["due"])) == (BEN, at("next Mon 15:30"))


class TestClients:
    def test_a_holiday_of_theirs_gives_them_another_day(self, desk: DeskFolder) -> None:
        """Three business days after Monday are Thursday, and Friday where Wednesday is a holiday."""
        desk.mail(ANA, NINA, "Mon 10:00", WE_ASK)
        assert due(desk, "Mon 11:00", "--side", "theirs") == [at("Thu 10:00")]
        desk.configure('\n[response.calendars.acme]\nholidays = [2026-03-04]\nclients = ["Acme"]\n')
        assert due(desk, "Mon 12:00", "--side", "theirs") == [at("Fri 10:00")]

    def test_their_holiday_is_none_of_ours(self, desk: DeskFolder) -> None:
        """What we owe them is due as ever."""
        desk.configure('\n[response.calendars.acme]\nholidays = [2026-03-03]\nclients = ["Acme"]\n')
        desk.mail(NINA, ANA, "Mon 15:00", ASKS)

        assert due(desk, "Mon 16:00") == [at("Tue 14:00")]

    def test_back_from_leave_they_have_a_day_of_their_own(self, desk: DeskFolder) -> None:
        """Back on Friday the 6th; the Monday after is a holiday of theirs, so it is Tuesday at six."""
        desk.configure('\n[response.calendars.acme]\nholidays = [2026-03-09]\nclients = ["Acme"]\n')
        asked = desk.mail(ANA, NINA, "Mon 10:00", WE_ASK)
        away = "I am out of the office and will be back on 6 March 2026.\n"
        desk.mail(NINA, ANA, "Mon 10:01", away, answers=asked, headers=[("Auto-Submitted", "auto-replied")])

        assert due(desk, "Mon 11:00", "--side", "theirs") == [at("next Tue 18:00")]

    def test_a_day_they_promise_ends_when_they_go_home(self, desk: DeskFolder) -> None:
        """Friday at five in New York, which is eleven at night in Berlin."""
        desk.configure(f'{NEW_YORK}clients = ["Acme"]\n')
        asked = desk.mail(ANA, NINA, "Mon 10:00", WE_ASK)
        desk.mail(NINA, ANA, "Mon 16:00", "I will send you the logo by Friday.\n\nNina\n", answers=asked)
        (row,) = ask(desk, "Tue 10:00", "promises", "--side", "theirs")

        assert datetime.fromisoformat(row["due"]) == at("Fri 17:00", "America/New_York")


class TestMeetings:
    @pytest.mark.parametrize(
        ("beside", "found"),
        [("", [("undocumented", "Budget review")]), (f"{FOR_ACME}holidays = [2026-03-04]\n", [])],
        ids=["company", "warsaw"],
    )
    def test_the_grace_after_a_meeting_is_that_of_the_accounts_calendar(
        self, desk: DeskFolder, beside: str, found: list[tuple[str, str]]
    ) -> None:
        """On Tuesday they met, and Wednesday is a holiday in Warsaw: until Thursday at noon."""
        desk.configure(beside)
        desk.meeting(ANA, "Budget review", "Tue 10:00", [NINA])

        assert desk.unrecorded("Wed 15:00") == found
        assert desk.unrecorded("Thu 15:00") == [("undocumented", "Budget review")]

    def test_d4_28_a_meeting_gets_the_calendar_of_the_new_owner(self, desk: DeskFolder) -> None:
        """D4.28: Acme goes to Ben, in whose calendar Wednesday is a holiday."""
        desk.configure(f"{FOR_BEN}holidays = [2026-03-04]\n")
        desk.meeting(ANA, "Budget review", "Tue 10:00", [NINA])
        assert desk.unrecorded("Wed 15:00") == [("undocumented", "Budget review")]

        give(desk, BEN)
        desk.ingest("Wed 15:30")
        assert desk.unrecorded("Wed 15:30") == []

    def test_what_waits_for_a_meeting_is_due_when_the_accounts_next_day_ends(self, desk: DeskFolder) -> None:
        """D4.11: they meet on Thursday, so it is Friday at four."""
        desk.configure(FOR_ACME)
        asked = desk.mail(NINA, ANA, "Mon 10:00", "Could you explain the new prices?\n\nNina\n", subject="Prices")
        proposed = "Hi Nina,\n\nlet's go through this on the phone. Would Thursday at 10:00 suit you?\n\nAna\n"
        proposal = desk.mail(ANA, NINA, "Mon 12:00", proposed, answers=asked)
        desk.mail(NINA, ANA, "Tue 9:00", "Thursday at 10:00 works for me, see you then.\n\nNina\n", answers=proposal)

        assert due(desk, "Tue 12:00") == [at("Fri 16:00")]


class TestReplay:
    def test_another_policy_may_have_other_calendars(self, desk: DeskFolder) -> None:
        """What if Acme were served by Warsaw?"""
        desk.mail(NINA, ANA, "Fri 16:30", ASKS)
        hours = '[response]\nhours = ["Mon-Fri 09:00-18:00"]\n'
        (desk.path / "other.toml").write_text(hours + FOR_ACME, "utf-8")
        (flag,) = ask(desk, "next Mon 16:30", "replay", "--policy", str(desk.path / "other.toml"))["flags"]

        assert flag["change"] == "due later"
        assert [datetime.fromisoformat(flag[side]["due"]) for side in ("before", "after")] == [
            at("next Mon 15:30"),
            at("next Mon 16:00"),
        ]
        assert [flag[side]["business_minutes_over"] for side in ("before", "after")] == [60, 0]

    def test_an_account_it_names_must_be_in_the_book(self, desk: DeskFolder) -> None:
        """Else it would change nothing, and nobody would know."""
        desk.ingest("Mon 10:00")
        (desk.path / "other.toml").write_text(f'[response]\n{WARSAW}accounts = ["Acmee"]\n', "utf-8")
        said = refusal(desk, "Mon 10:00", "replay", "--policy", str(desk.path / "other.toml"))

        assert said == "other.toml, line 6: the account book has no account `Acmee`; did you mean `Acme`?"


class TestAnAccountTheBookDoesNotHave:
    @pytest.fixture
    def misspelt(self, desk: DeskFolder) -> str:
        """The complaint about it."""
        desk.ingest("Mon 10:00")
        desk.configure(f'{WARSAW}accounts = ["Acmee"]\n')
        line = len(desk.config.read_text("utf-8").splitlines())
        return f"accountline.toml, line {line}: the account book has no account `Acmee`"

    def test_ingest_refuses(self, desk: DeskFolder, misspelt: str) -> None:
        """Before it reads anything."""
        with pytest.raises(ConfigError) as caught:
            desk.ingest("Mon 11:00")
        assert str(caught.value) == f"{misspelt}; did you mean `Acme`?"

    def test_doctor_finds_it(self, desk: DeskFolder, misspelt: str) -> None:
        """Beside what is wrong with the book."""
        done = CliRunner().invoke(app, ["doctor", "--config", str(desk.config)])

        assert done.exit_code == 2
        assert misspelt in " ".join(done.stdout.split())

    def test_an_account_that_a_calendar_names_is_not_merged_away(self, desk: DeskFolder) -> None:
        """The book stays as it was; first the calendar must name another."""
        desk.configure(FOR_ACME)
        desk.ingest("Mon 10:00")
        before = (desk.path / "accounts.csv").read_bytes()
        said = refusal(desk, "Mon 11:00", "accounts", "merge", "Acme", "Borealis")

        assert said.endswith("the account book as it would be has no account `Acme`")
        assert (desk.path / "accounts.csv").read_bytes() == before
