"""Calendars beside the company's in the configuration: what they give, and what is said about mistakes."""

import os
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
from test_settings import COMPANY, complaint, load

from domain.accounts import Account
from domain.errors import ConfigError
from domain.followup import Calendar
from flows.calendar_settings import check_accounts
from followup.business_time import parse_frames

RESPONSE = f"""{COMPANY}
[response]
hours = ["Mon-Fri 09:00-18:00"]
holidays = ["DE-BE", 2026-12-31]
"""
WARSAW = RESPONSE + "[response.calendars.warsaw]\n"
BOOK = (Account(id="acme", name="Acme"), Account(id="muller", name="Müller"))


def calendar(folder: Path, lines: str) -> Calendar:
    """Read one calendar beside that of a company in Berlin."""
    (found,) = load(folder, WARSAW + lines).policy.calendars
    return found


class TestWhatIsRead:
    def test_hours_holidays_and_zone_of_its_own(self, tmp_path: Path) -> None:
        """Each in the forms that `[response]` has."""
        lines = 'timezone = "Europe/Warsaw"\nhours = ["Mon-Fri 08:00-16:00"]\nholidays = ["PL", 2026-05-04]\n'
        hours = calendar(tmp_path, f'{lines}accounts = ["Acme"]\n').hours

        assert hours.timezone == "Europe/Warsaw"
        assert hours.frames == parse_frames(["Mon-Fri 08:00-16:00"])
        assert hours.holiday_codes == ("PL",)
        assert hours.holidays == {date(2026, 5, 4)}

    def test_what_is_not_written_is_the_companys(self, tmp_path: Path) -> None:
        """Hours, holidays and zone of `[response]`."""
        assert calendar(tmp_path, 'accounts = ["Acme"]\n').hours == load(tmp_path, RESPONSE).policy.hours

    def test_for_whom_it_counts(self, tmp_path: Path) -> None:
        """Addresses are lower-cased, accounts stay as they are written."""
        lines = 'owners = ["Jan@northwind.example"]\naccounts = ["Acme"]\nclients = ["Müller"]\n'
        found = calendar(tmp_path, lines)

        assert (found.name, found.owners) == ("warsaw", ("jan@northwind.example",))
        assert (found.accounts, found.clients) == (("Acme",), ("Müller",))

    def test_none_is_as_before(self, tmp_path: Path) -> None:
        """Nobody has to write calendars."""
        settings = load(tmp_path, RESPONSE)

        assert (settings.policy.calendars, settings.named_accounts) == ((), ())


NICE = '[response.calendars.nice]\ntimezone = "Europe/Paris"\n'
MISTAKES = {
    "unknown key": ('timezon = "Europe/Warsaw"\n', "line 10: unknown key `timezon` in [response.calendars.warsaw]"),
    "unknown zone": ('timezone = "Europe/Warsav"\n', "line 10: `timezone` in [response.calendars.warsaw]: unknown"),
    "nearest zone": ('timezone = "Europe/Warsav"\n', "did you mean `Europe/Warsaw`?"),
    "bad hours": (
        'accounts = ["Acme"]\nhours = [\n  "Mon-Fri 08:00-12:00",\n  "Mon 25:00-26:00",\n]\n',
        "line 13: element 2 of `hours` in [response.calendars.warsaw]:",
    ),
    "no hours": ('accounts = ["Acme"]\nhours = []\n', "line 11: `hours` in [response.calendars.warsaw] must name"),
    "bad holiday code": ('accounts = ["Acme"]\nholidays = ["PX"]\n', "line 11: unknown holiday code `PX`"),
    "missing holiday file": ('accounts = ["Acme"]\nholidays = ["no.ics"]\n', "cannot read the holiday calendar"),
    "no address": ('owners = ["Jan"]\n', "line 10: element 1 of `owners` in [response.calendars.warsaw]: `Jan` is not"),
    "no colleague": (
        'owners = ["jan@nortwind.example"]\n',
        "line 10: `jan@nortwind.example` is none of your own addresses in [company]; did you mean `jan@northwind",
    ),
    "for nobody": (
        'hours = ["Mon-Fri 08:00-16:00"]\n',
        "line 9: nobody works by [response.calendars.warsaw]; name `owners`, `accounts` or `clients` in it",
    ),
    "an account in two calendars": (
        f'accounts = ["Acme"]\n{NICE}accounts = ["acme"]\n',
        "line 13: `acme` is in `accounts` of the calendar warsaw already, line 10; keep it in one calendar",
    ),
    "an owner in two calendars": (
        f'owners = ["jan@northwind.example"]\n{NICE}owners = ["Jan@northwind.example"]\n',
        "line 13: `Jan@northwind.example` is in `owners` of the calendar warsaw already, line 10",
    ),
    "a client in two calendars": (
        f'clients = ["Acme"]\n{NICE}clients = ["Acme"]\n',
        "line 13: `Acme` is in `clients` of the calendar warsaw already",
    ),
}


@pytest.mark.parametrize(("lines", "sentence"), MISTAKES.values(), ids=MISTAKES.keys())
def test_a_mistake_is_shown_at_its_line(tmp_path: Path, lines: str, sentence: str) -> None:
    """Each with the file, the line and what is meant."""
    said = complaint(tmp_path, WARSAW + lines)

    assert said.startswith("accountline.toml, line ")
    assert sentence in said


def test_a_calendar_that_is_no_table(tmp_path: Path) -> None:
    """The name of the calendar stands in brackets."""
    said = complaint(tmp_path, f'{RESPONSE}[response.calendars]\nwarsaw = "PL"\n')

    assert "line 10: `warsaw` in [response.calendars] must be a table, not text" in said


class TestAgainstTheAccountBook:
    @pytest.mark.parametrize("word", ["Acme", "acme", "Müller", "MÜLLER", "muller"])
    def test_an_account_goes_by_name_or_id(self, tmp_path: Path, word: str) -> None:
        """Capitals do not matter."""
        check_accounts(load(tmp_path, f'{WARSAW}clients = ["{word}"]\n').named_accounts, BOOK)

    @pytest.mark.parametrize("key", ["accounts", "clients"])
    def test_one_that_is_not_there_is_refused_with_the_nearest(self, tmp_path: Path, key: str) -> None:
        """Its clock would run in another calendar, and nobody would know."""
        settings = load(tmp_path, f'{WARSAW}{key} = ["Acme", "Muler"]\n')

        with pytest.raises(ConfigError) as caught:
            check_accounts(settings.named_accounts, BOOK)
        assert str(caught.value) == (
            "accountline.toml, line 10: the account book has no account `Muler`; did you mean `muller`?"
        )

    def test_name_and_id_of_one_account_in_two_calendars(self, tmp_path: Path) -> None:
        """Only the book tells that they are the same."""
        settings = load(tmp_path, f'{WARSAW}accounts = ["Müller"]\n{NICE}accounts = ["muller"]\n')

        with pytest.raises(ConfigError, match="line 13: `muller` is in `accounts` of the calendar warsaw already"):
            check_accounts(settings.named_accounts, BOOK)


VERSION = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from flows.composition import Desk
from flows.settings import load_settings
print(Desk(load_settings(Path(sys.argv[1])), now=datetime.now(UTC)).policy_version)
"""


def test_a_policys_version_is_the_same_in_every_process(tmp_path: Path) -> None:
    """What is settled stays settled until something that counts changes (D4.27); sets have another order each time."""
    days = ", ".join(f"2026-12-{day}" for day in range(20, 32))
    settings = load(tmp_path, f'{RESPONSE}[response.calendars.warsaw]\nholidays = [{days}]\naccounts = ["Acme"]\n')
    versions = {
        subprocess.run(
            [sys.executable, "-c", VERSION, str(settings.path)],
            env={**os.environ, "PYTHONHASHSEED": seed},
            stdout=subprocess.PIPE,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(versions) == 1
