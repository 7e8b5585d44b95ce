"""Deciding about unknown domains: one command each, audited, and holding for mail that comes later."""

from pathlib import Path
from typing import Any

import pytest
from desk import ANA, BEN, NINA, DeskFolder
from program import answer, run

KIM = "kim@stranger.example"
SAM = "sam@gmx.de"
SOMEBODY = "somebody@reply.gmx.de"
BULK = (("List-Unsubscribe", "<https://news.example/off>"), ("Precedence", "bulk"))


def decide(desk: DeskFolder, *words: str) -> Any:
    """Run a decision that must succeed."""
    done = run("triage", *words, "--by", BEN, "--now", "2026-03-04T12:00:00+01:00", config=desk.config)
    assert done.returncode == 0, done.stderr
    return done.stdout


def waiting(desk: DeskFolder, *options: str) -> list[str]:
    """What `triage` lists."""
    return [row["domain"] for row in answer("triage", *options, config=desk.config)]


def titles(desk: DeskFolder, account: str) -> set[str]:
    """What stands on a timeline."""
    entries = answer("timeline", account, "--now", "2026-03-06T12:00:00+01:00", config=desk.config)["entries"]
    return {entry["title"] for entry in entries}


def history(desk: DeskFolder) -> list[tuple[str, Any, Any]]:
    """The latest lines of the book's history: who, from, to."""
    return [(row["by"], row["before"], row["after"]) for row in answer("accounts", "history", config=desk.config)]


@pytest.fixture
def stranger(desk: DeskFolder) -> DeskFolder:
    """A desk to which a stranger has written."""
    desk.mail(KIM, ANA, "Mon 10:00", "Could you send us your price list?\n", subject="Price list")
    desk.ingest("Tue 12:00")
    return desk


class TestAssigning:
    def test_the_mail_moves_to_the_account_and_later_mail_follows(self, stranger: DeskFolder) -> None:
        """With what it asks."""
        decide(stranger, "assign", "stranger.example", "Dorn")
        stranger.mail("lou@mail.stranger.example", ANA, "Wed 10:00", "Could you call me?\n", subject="Call")
        stranger.ingest("Thu 12:00")

        assert waiting(stranger) == []
        assert titles(stranger, "dorn") == {"Price list", "Call"}

    def test_it_is_noted_who_did_it(self, stranger: DeskFolder) -> None:
        """In the history of the account."""
        decide(stranger, "assign", "stranger.example", "dorn")

        assert history(stranger)[0] == (BEN, ["dorn.example"], ["dorn.example", "stranger.example"])

    def test_a_person_at_a_public_mail_service_is_assigned_by_exact_address(self, desk: DeskFolder) -> None:
        """Never the whole service."""
        desk.mail(SAM, ANA, "Mon 10:00", "Could you call me?\n", subject="From Sam")
        desk.mail("other@gmx.de", ANA, "Mon 11:00", "Could you call me?\n", subject="From another")
        desk.ingest("Tue 12:00")

        decide(desk, "assign", SAM, "dorn")

        assert titles(desk, "dorn") == {"From Sam"}
        assert waiting(desk) == ["other@gmx.de"]
        refused = run("triage", "assign", "gmx.de", "dorn", config=desk.config)
        assert (refused.returncode, "name the exact address" in refused.stderr) == (2, True)

    @pytest.mark.parametrize(
        ("words", "code", "sentence"),
        [
            (("assign", "stranger.example", "nobody"), 4, "there is no account `nobody`"),
            (("assign", "northwind.example", "dorn"), 2, "northwind.example is your own domain"),
            (("assign", "calder.example", "dorn"), 2, "belongs to"),
            (("assign", "no domain", "dorn"), 2, "is not a domain"),
            (("undo", "stranger.example"), 4, "nothing was decided about stranger.example"),
        ],
    )
    def test_what_cannot_be_is_refused(
        self, stranger: DeskFolder, words: tuple[str, ...], code: int, sentence: str
    ) -> None:
        """With a sentence; nothing is changed."""
        done = run("triage", *words, config=stranger.config)

        assert done.returncode == code
        assert sentence in done.stderr
        assert waiting(stranger) == ["stranger.example"]

    def test_undo_lets_it_wait_again(self, stranger: DeskFolder) -> None:
        """The account keeps what else it has."""
        decide(stranger, "assign", "stranger.example", "dorn")
        decide(stranger, "undo", "stranger.example")

        assert (waiting(stranger), titles(stranger, "dorn")) == (["stranger.example"], set())
        assert history(stranger)[0] == (BEN, ["dorn.example", "stranger.example"], ["dorn.example"])


class TestCreating:
    def test_an_account_is_made_and_undo_takes_it_away(self, stranger: DeskFolder) -> None:
        """Called after the domain, or as one says."""
        decide(stranger, "create", "stranger.example")
        assert titles(stranger, "Stranger") == {"Price list"}

        decide(stranger, "undo", "stranger.example")
        assert waiting(stranger) == ["stranger.example"]
        decide(stranger, "create", "stranger.example", "--name", "Kim & Co")
        assert titles(stranger, "Kim & Co") == {"Price list"}

    def test_a_person_is_called_as_their_mail_says(self, desk: DeskFolder) -> None:
        """An account of one."""
        desk.mail(SAM, ANA, "Mon 10:00", "Could you call me?\n", subject="Roof", name="Sam Hale")
        desk.ingest("Tue 12:00")

        decide(desk, "create", SAM)

        assert titles(desk, "Sam Hale") == {"Roof"}

    def test_a_name_that_is_taken_is_refused(self, stranger: DeskFolder) -> None:
        """The way out is named."""
        done = run("triage", "create", "stranger.example", "--name", "Acme", config=stranger.config)

        assert (done.returncode, "there is an account “Acme” already" in done.stderr) == (2, True)

    def test_a_dry_run_changes_nothing(self, stranger: DeskFolder) -> None:
        """It shows what would move."""
        shown = answer("triage", "create", "stranger.example", "--dry-run", config=stranger.config)

        assert [(row["account"], row["messages_in"]) for row in shown["moved"]] == [("Stranger", 1)]
        assert waiting(stranger) == ["stranger.example"]


class TestIgnoring:
    def test_it_stays_ignored_until_that_is_taken_back(self, stranger: DeskFolder) -> None:
        """Later mail, too; nothing of it is lost."""
        decide(stranger, "ignore", "stranger.example")
        stranger.mail(KIM, ANA, "Wed 10:00", "Did you get my mail?\n", subject="Again")
        stranger.ingest("Thu 12:00")

        assert (waiting(stranger), waiting(stranger, "--ignored")) == ([], ["stranger.example"])
        assert history(stranger)[0] == (BEN, None, "ignore stranger.example")
        decide(stranger, "undo", "stranger.example")
        (row,) = answer("triage", config=stranger.config)
        assert (row["domain"], row["messages"], row["last_subject"]) == ("stranger.example", 2, "Again")

    def test_a_client_cannot_be_ignored(self, stranger: DeskFolder) -> None:
        """It has an account."""
        done = run("triage", "ignore", "acme.example", config=stranger.config)

        assert (done.returncode, "belongs to Acme" in done.stderr) == (2, True)


class TestTheSetting:
    def test_create_makes_accounts_of_people_who_write_to_us(self, desk: DeskFolder) -> None:
        """Not of public mail services, of robots, or of whom we only write to."""
        configure(desk, "create")
        desk.mail(KIM, ANA, "Mon 10:00", "Could you send us your price list?\n", subject="Price list")
        desk.mail(SAM, ANA, "Mon 10:00", "Could you call me?\n")
        desk.mail(SOMEBODY, ANA, "Mon 10:00", "Could you call me, too?\n")
        desk.mail("news@news.example", ANA, "Mon 10:00", "This week's offers.\n", headers=BULK)
        desk.mail(ANA, "lea@vendor.example", "Mon 10:00", "Please send the chairs.\n")
        desk.mail("eve@cc.example", NINA, "Mon 10:00", "Do you know Ana?\n", cc=[ANA])
        desk.ingest("Tue 12:00")

        names = {row["name"] for row in answer("accounts", "list", config=desk.config)}
        assert names == {"Acme", "Borealis", "Calder", "Dorn", "Stranger"}
        assert titles(desk, "stranger") == {"Price list"}
        assert len(answer("overdue", "--now", "2026-03-06T12:00:00+01:00", "--account", "stranger", config=desk.config))
        assert set(waiting(desk)) == {SAM, SOMEBODY, "news.example", "vendor.example"}
        assert history(desk)[0][0] == "unknown_domains"

    def test_what_somebody_took_back_or_ignored_is_not_created_again(self, desk: DeskFolder) -> None:
        """People win over the setting."""
        configure(desk, "create")
        desk.mail(KIM, ANA, "Mon 10:00", "Could you call me?\n")
        desk.ingest("Tue 12:00")
        decide(desk, "undo", "stranger.example")
        desk.mail(KIM, ANA, "Wed 10:00", "Could you call me?\n")
        desk.ingest("Thu 12:00")

        assert waiting(desk) == ["stranger.example"]

    def test_ignore_lists_nobody_and_loses_nothing(self, stranger: DeskFolder) -> None:
        """The list can still be seen."""
        configure(stranger, "ignore")

        assert (waiting(stranger), waiting(stranger, "--ignored")) == ([], ["stranger.example"])
        assert "unknown_domains ignores them all" in run("triage", config=stranger.config).stdout


def configure(desk: DeskFolder, unknown: str) -> None:
    """Set `unknown_domains`."""
    text = desk.config.read_text("utf-8")
    desk.config.write_text(text.replace("[accounts]\n", f'[accounts]\nunknown_domains = "{unknown}"\n'), "utf-8")


def test_forgetting_a_person_reaches_the_account_that_was_made_of_them(desk: DeskFolder) -> None:
    """And the decision, and the history: neither address nor name is left in any file."""
    desk.mail(SAM, ANA, "Mon 10:00", "Could you call me?\n", subject="Roof", name="Sam Hale")
    desk.ingest("Tue 12:00")
    decide(desk, "create", SAM)
    for letter in Path(desk.path / "letters").iterdir():
        letter.unlink()

    done = run("forget", SAM, "--yes", config=desk.config)

    assert done.returncode == 0, done.stderr
    files = [file for file in desk.path.rglob("*") if file.is_file() and file.name != "accountline.toml"]
    left = b"".join(file.read_bytes().lower() for file in files)
    assert (SAM.encode() in left, b"sam hale" in left, b"sam-hale" in left) == (False, False, False)
