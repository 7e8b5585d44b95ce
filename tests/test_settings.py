"""The configuration: what it gives, and what it says about mistakes."""

import sys
from contextlib import suppress
from datetime import date, time, timedelta
from pathlib import Path

import pytest

from connectors.token_vault import TokenVault
from domain.accounts import Company
from domain.errors import ConfigError
from domain.followup import Tier
from flows.composition import options_of
from flows.settings import Exclusion, ExclusionMode, Secret, Settings, load_settings, resolve

COMPANY = """\
[company]
name = "Northwind Agency"
domains = ["northwind.example"]
timezone = "Europe/Berlin"
"""

COMPLETE = """\
[company]
name = "Northwind Agency"
domains = ["northwind.example"]
identities = ["Desk@nw-help.example"]
timezone = "Europe/Berlin"

[store]
url = "sqlite:///data/accountline.db"

[accounts]
book = "clients.csv"
unknown_domains = "create"

[[sources]]
name = "desk"
kind = "imap"
host = "imap.northwind.example"
username = "desk@northwind.example"
password = { env = "DESK_PASSWORD" }
security = "starttls"
owner = "ana@northwind.example"
folders = { include = ["*"], exclude = ["Trash"] }
interval = "10m"

[[sources]]
name = "archive"
kind = "maildir"
path = "mail/"

[response]
hours = ["Mon-Fri 09:00-12:30", "Mon-Fri 13:30-18:00"]
holidays = ["DE-BE", "2026-12-24", 2026-12-31]
targets = { complaint = "2h", other = "30m" }
[response.tiers.gold]
factor = 0.25
answer = "everything"

[privacy]
exclude = [
    { domain = "Doctor.example" },
    { folder = "Private", mode = "strip" },
]

[digest]
at = "07:15"
to = ["ana@northwind.example"]
smtp = { host = "localhost", port = 2525 }
notify = ["slack://token@workspace"]

[extraction]
model = "models/ours"

[serve]
every = "5m"
"""


def load(folder: Path, text: str) -> Settings:
    """Write a configuration and read it."""
    path = folder / "accountline.toml"
    path.write_text(text, encoding="utf-8")
    return load_settings(path)


def complaint(folder: Path, text: str) -> str:
    """Return what is said about a configuration."""
    with pytest.raises(ConfigError) as caught:
        load(folder, text)
    return str(caught.value)


class TestWhatIsRead:
    def test_the_own_side(self, tmp_path: Path) -> None:
        """Addresses are lower-cased."""
        company = load(tmp_path, COMPLETE).company

        assert company == Company(
            name="Northwind Agency",
            domains=("northwind.example",),
            identities=("desk@nw-help.example",),
            timezone="Europe/Berlin",
        )

    def test_paths_are_relative_to_the_file(self, tmp_path: Path) -> None:
        """Wherever the program was started."""
        settings = load(tmp_path, COMPLETE)

        assert settings.store_url == f"sqlite:///{tmp_path}/data/accountline.db"
        assert settings.book == tmp_path / "clients.csv"
        assert settings.sources[1].options == {"path": str(tmp_path / "mail")}

    def test_a_source_has_its_options_apart_from_its_secret(self, tmp_path: Path) -> None:
        """Options may be logged, secrets may not."""
        desk = load(tmp_path, COMPLETE).sources[0]

        assert (desk.name, desk.kind, desk.owner) == ("desk", "imap", "ana@northwind.example")
        assert desk.options == {
            "host": "imap.northwind.example",
            "username": "desk@northwind.example",
            "security": "starttls",
            "folders": {"include": ("*",), "exclude": ("Trash",)},
        }
        assert isinstance(desk.secret, Secret)
        assert desk.interval == timedelta(minutes=10)

    def test_the_policy_keeps_defaults_for_what_is_not_written(self, tmp_path: Path) -> None:
        """Only complaint and other are given here; tier `key` halves targets as ever."""
        policy = load(tmp_path, COMPLETE).policy

        assert (policy.complaint, policy.request, policy.other) == (
            timedelta(hours=2),
            timedelta(hours=8),
            timedelta(minutes=30),
        )
        assert policy.tiers == {"key": Tier(factor=0.5), "gold": Tier(factor=0.25, everything=True)}
        assert policy.hours.holidays == {date(2026, 12, 24), date(2026, 12, 31)}
        assert policy.hours.holiday_codes == ("DE-BE",)
        assert {(frame.opens, frame.closes) for frame in policy.hours.frames} == {
            (time(9), time(12, 30)),
            (time(13, 30), time(18)),
        }

    def test_exclusions(self, tmp_path: Path) -> None:
        """`drop` unless said otherwise (SEMANTICS 6)."""
        assert load(tmp_path, COMPLETE).exclusions == (
            Exclusion("domain", "doctor.example"),
            Exclusion("folder", "Private", ExclusionMode.STRIP),
        )

    def test_the_digest(self, tmp_path: Path) -> None:
        """A server on this machine needs no encryption."""
        digest = load(tmp_path, COMPLETE).digest

        assert (digest.at, digest.to) == (time(7, 15), ("ana@northwind.example",))
        assert digest.smtp
        assert (digest.smtp.host, digest.smtp.port, digest.smtp.security) == ("localhost", 2525, "none")

    def test_a_company_is_enough(self, tmp_path: Path) -> None:
        """Everything else has a default."""
        settings = load(tmp_path, COMPANY)

        assert settings.store_url == f"sqlite:///{tmp_path}/accountline.db"
        assert settings.unknown_domains == "triage"
        assert settings.sources == ()

    def test_staleness_follows_the_interval_but_never_below_a_day(self, tmp_path: Path) -> None:
        """SEMANTICS 6: `max(3 x interval, 24 h)`; files are proven by reading them and never stale by age."""
        text = COMPLETE.replace('interval = "10m"', 'interval = "12h"')

        assert load(tmp_path, text).stale_after() == {"desk": timedelta(hours=36), "archive": None}

    def test_kinds_of_later_versions_are_understood(self, tmp_path: Path) -> None:
        """Whether they can be read is decided when they are."""
        text = f"""{COMPANY}
[[sources]]
name = "g"
kind = "gmail"
credentials = "google.json"
api_endpoint = "http://127.0.0.1:8080"

[[sources]]
name = "c"
kind = "caldav"
url = "http://localhost:5232/ana/"
username = "ana"
password = "local"

[[sources]]
name = "m"
kind = "graph_calendar"
credentials = {{ keyring = "graph" }}
"""
        text += """
[[sources]]
name = "f"
kind = "ics"
url = "webcal://calendar.example/a.ics"

[[sources]]
name = "s"
kind = "ics"
url = { env = "FEED_ADDRESS" }
"""
        google, caldav, graph, feed, secret_feed = load(tmp_path, text).sources

        assert google.options["credentials"] == str(tmp_path / "google.json")
        assert caldav.options["url"] == "http://localhost:5232/ana/"
        assert graph.secret
        assert (feed.options["url"], feed.secret, feed.is_file) == ("https://calendar.example/a.ics", None, False)
        assert (secret_feed.options["url"], bool(secret_feed.secret), secret_feed.is_file) == ("", True, False)

    def test_days_off_from_a_calendar_file(self, tmp_path: Path) -> None:
        """Entries that last several days count in full, yearly ones for every year."""
        (tmp_path / "closed.ics").write_text(
            "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//test\r\n"
            "BEGIN:VEVENT\r\nUID:1\r\nDTSTART;VALUE=DATE:20260803\r\nDTEND;VALUE=DATE:20260805\r\nEND:VEVENT\r\n"
            "BEGIN:VEVENT\r\nUID:2\r\nDTSTART;VALUE=DATE:20200506\r\nRRULE:FREQ=YEARLY\r\nEND:VEVENT\r\n"
            "END:VCALENDAR\r\n"
        )
        holidays = load(tmp_path, f'{COMPANY}[response]\nholidays = ["closed.ics"]\n').policy.hours.holidays

        assert {date(2026, 8, 3), date(2026, 8, 4), date(2026, 5, 6), date(2031, 5, 6)} <= holidays
        assert date(2026, 8, 5) not in holidays


class TestWhereItIsLookedFor:
    def test_the_variable_names_it(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """`ACCOUNTLINE_CONFIG` counts where --config is not given."""
        (tmp_path / "other.toml").write_text(COMPANY)
        monkeypatch.setenv("ACCOUNTLINE_CONFIG", str(tmp_path / "other.toml"))

        assert load_settings(None).path == tmp_path / "other.toml"

    def test_the_working_folder_is_last(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """./accountline.toml, if nothing else is said."""
        (tmp_path / "accountline.toml").write_text(COMPANY)
        monkeypatch.delenv("ACCOUNTLINE_CONFIG", raising=False)
        monkeypatch.chdir(tmp_path)

        assert load_settings(None).path == tmp_path / "accountline.toml"

    def test_without_one_init_is_offered(self, tmp_path: Path) -> None:
        """The sentence says what to do."""
        with pytest.raises(ConfigError, match="run `accountline init`"):
            load_settings(tmp_path / "accountline.toml")


IMAP = f'{COMPANY}[[sources]]\nname = "desk"\nkind = "imap"\nhost = "imap.example"\nusername = "desk"\n'
SECRET = 'password = { env = "X" }\n'

MISTAKES = {
    "unknown key of a source": (
        f"{IMAP}{SECRET}folder = {{}}\n",
        'line 11: unknown key `folder` in [[sources]] "desk"; did you mean `folders`?',
    ),
    "unknown key inside an inline table": (
        f'{IMAP}{SECRET}folders = {{ inclde = ["a"] }}\n',
        'line 11: unknown key `inclde` in `folders` in [[sources]] "desk"; did you mean `include`?',
    ),
    "unknown table": (f"{COMPANY}[digst]\n", "line 5: unknown key `digst`; did you mean `digest`?"),
    "wrong type": ("[company]\nname = 3\n", "line 2: `name` in [company] must be text in quotes, not a number"),
    "wrong type in a list": (
        '[company]\nname = "N"\ndomains = [\n  "a.example",\n  7,\n]\n',
        "line 5: element 2 of `domains` in [company] must be text in quotes, not a number",
    ),
    "no company": ("[store]\n", "line 1: this file needs `company`"),
    "nobody is us": ('[company]\nname = "N"\n', "line 1: [company] needs `domains` or `identities`"),
    "unknown zone": (
        COMPANY.replace("Berlin", "Berln"),
        "line 4: `timezone` in [company]: unknown time zone `Europe/Berln`; did you mean `Europe/Berlin`?",
    ),
    "a folder of zones": (COMPANY.replace("Europe/Berlin", "Europe"), "unknown time zone `Europe`"),
    "free mail as own domain": (
        COMPANY.replace("northwind.example", "gmail.com"),
        "line 3: anybody can have an address at gmail.com; list your own ones in `identities` instead",
    ),
    "unknown kind": (
        f'{COMPANY}[[sources]]\nname = "desk"\nkind = "mailbox"\n',
        'line 7: `kind` in [[sources]] "desk" must be imap, gmail,',
    ),
    "two sources of one name": (
        COMPANY + 2 * '[[sources]]\nname = "a"\nkind = "eml"\npath = "x"\n',
        'line 9: there are two sources named "a"',
    ),
    "missing option of a kind": (
        f'{COMPANY}[[sources]]\nname = "box"\nkind = "mbox"\n',
        'line 5: [[sources]] "box" needs `path`',
    ),
    "one bracket": (f'{COMPANY}[sources]\nname = "a"\n', "line 5: write [[sources]] with two brackets"),
    "owner from elsewhere": (
        f'{IMAP}{SECRET}owner = "ana@elsewhere.example"\n',
        "is ana@elsewhere.example, who is not one of us",
    ),
    "no owner at all": (f'{IMAP}{SECRET}owner = "ana"\n', "`ana` is not an address"),
    "a password beside OAuth": (
        f'{IMAP}auth = "xoauth2"\nprovider = "google"\ncredentials = "c.json"\n{SECRET}',
        'line 13: `password` is not used with `auth = "xoauth2"`; leave it out',
    ),
    "OAuth without a provider": (f'{IMAP}auth = "xoauth2"\ncredentials = "c.json"\n', "needs `provider`"),
    "OAuth without credentials": (f'{IMAP}auth = "xoauth2"\nprovider = "google"\n', "needs `credentials`"),
    "OAuth of nobody known": (
        f'{IMAP}auth = "xoauth2"\nprovider = "gogle"\ncredentials = "c.json"\n',
        "must be google or microsoft, not `gogle`; did you mean `google`?",
    ),
    "credentials beside a password": (
        f'{IMAP}{SECRET}credentials = "c.json"\n',
        '`credentials` is for `auth = "xoauth2"` only',
    ),
    "password in the file": (f'{IMAP}password = "hunter2"\n', "must not stand in this file; write { env ="),
    "password in two places": (
        f'{IMAP}password = {{ env = "A", keyring = "b" }}\n',
        "needs exactly one of `env`, `command` and `keyring`",
    ),
    "mail in the clear": (f'{IMAP}{SECRET}security = "none"\n', "must not cross the network in the clear"),
    "port out of range": (f"{IMAP}{SECRET}port = 70000\n", "must be a port number between 1 and 65535"),
    "ics with path and url": (
        f'{COMPANY}[[sources]]\nname = "c"\nkind = "ics"\npath = "a"\nurl = "https://b.example/"\n',
        "needs either `path` or `url`",
    ),
    "user in an address": (
        f'{COMPANY}[[sources]]\nname = "c"\nkind = "ics"\nurl = "https://ana@b.example/"\n',
        "must not contain a user name or password",
    ),
    "bad hours": (f'{COMPANY}[response]\nhours = [\n  "Mon-Fri 09:00-12:00",\n  "Mon 25:00-26:00",\n]\n', "line 8:"),
    "bad duration": (
        f'{COMPANY}[response]\ntargets = {{ request = "soon" }}\n',
        "line 6: `request` in [response.targets]",
    ),
    "bad holiday code": (f'{COMPANY}[response]\nholidays = ["DE-XX"]\n', "line 6: unknown holiday code `DE-XX`"),
    "bad holiday": (f'{COMPANY}[response]\nholidays = ["2026-13-01"]\n', "is not a day such as 2026-12-24"),
    "missing holiday file": (f'{COMPANY}[response]\nholidays = ["no.ics"]\n', "cannot read the holiday calendar"),
    "bad factor": (f"{COMPANY}[response.tiers.key]\nfactor = 0\n", "line 6: `factor` in [response.tiers.key]"),
    "bad time of day": (
        f'{COMPANY}[digest]\nat = "25:00"\n',
        'line 6: `at` in [digest] must be a time of day such as "07:30"',
    ),
    "owners without a mail server": (
        f'{COMPANY}[digest]\nto = ["ana@northwind.example"]\nowners = true\n',
        "line 7: `owners` in [digest] sends mail; it needs `smtp`, and `sender` where `to` is empty",
    ),
    "owners without a sender": (
        f'{COMPANY}[digest]\nto = []\nsmtp = {{ host = "localhost" }}\nowners = true\n',
        "line 8: `owners` in [digest] sends mail",
    ),
    "bad mode": (
        f'{COMPANY}[privacy]\nexclude = [{{ domain = "a.example", mode = "hide" }}]\n',
        "must be drop or strip, not `hide`",
    ),
    "two keys in one exclusion": (
        f'{COMPANY}[privacy]\nexclude = [{{ domain = "a.example", folder = "b" }}]\n',
        "line 6: [[privacy.exclude]] number 1 needs exactly one of",
    ),
    "store of another make": (f'{COMPANY}[store]\nurl = "mysql://x/y"\n', "line 6: `url` in [store] must begin with"),
    "password in the store's address": (
        f'{COMPANY}[store]\nurl = "postgresql+psycopg://u:hunter2@db.example/x"\n',
        "must not contain a password",
    ),
    "not TOML": ("[company]\nname = \n", "line 2: this is not valid TOML"),
    "a key twice": ('[company]\nname = "a"\nname = "b"\n', "line 3: this is not valid TOML"),
    "an open string": ('[company]\nname = "a\n', "line 2: this is not valid TOML"),
}


@pytest.mark.parametrize(("text", "sentence"), MISTAKES.values(), ids=MISTAKES.keys())
def test_a_mistake_is_shown_at_its_line(tmp_path: Path, text: str, sentence: str) -> None:
    """Each with the file, the line and what is meant."""
    said = complaint(tmp_path, text)

    assert said.startswith("accountline.toml, line ")
    assert sentence in said
    assert "hunter2" not in said


def test_dotted_keys_have_lines_too(tmp_path: Path) -> None:
    """`company.name = …` is as good as a table."""
    text = 'company.name = "N"\ncompany.domains = ["n.example"]\n\ncompany.timezon = "UTC"\n'

    assert "line 4: unknown key `timezon` in [company]; did you mean `timezone`?" in complaint(tmp_path, text)


def test_a_file_that_is_not_utf8_is_shown_at_its_line(tmp_path: Path) -> None:
    """As some editors save it."""
    path = tmp_path / "accountline.toml"
    path.write_bytes('[company]\nname = "Müller"\n'.encode("latin-1"))

    with pytest.raises(ConfigError, match=r"line 2: this is not UTF-8"):
        load_settings(path)


def test_imap_with_oauth(tmp_path: Path) -> None:
    """No password; the file of the provider is found beside the configuration, and the vault too."""
    text = f'{IMAP}auth = "xoauth2"\nprovider = "google"\ncredentials = "client.json"\n'
    (source,) = load(tmp_path, text).sources

    assert source.secret is None
    assert (source.options["auth"], source.options["provider"]) == ("xoauth2", "google")
    assert source.options["credentials"] == str(tmp_path / "client.json")
    assert isinstance(options_of(source)["vault"], TokenVault)
    assert "vault" not in source.options


class TestSecrets:
    def secret(self, folder: Path, reference: str) -> Secret:
        """Return the secret of a source configured with this reference."""
        secret = load(folder, f"{IMAP}password = {reference}\n").sources[0].secret
        assert secret
        return secret

    def test_from_the_environment(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """`{ env = … }` is read when it is needed."""
        monkeypatch.setenv("DESK_PASSWORD", "hunter2")

        assert resolve(self.secret(tmp_path, '{ env = "DESK_PASSWORD" }')) == "hunter2"

    def test_credentials_are_all_that_a_command_prints(self, tmp_path: Path) -> None:
        """A provider's JSON has many lines, a password has one."""
        words = "kind = 'gmail'\nname = 'g'\ncredentials = { command = ['printf', '{\\n}\\n'] }\n"
        secret = load(tmp_path, f"{COMPANY}[[sources]]\n{words}").sources[0].secret

        assert secret
        assert resolve(secret) == "{\n}"

    def test_a_variable_that_is_not_set(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Is named, with whose password it is."""
        monkeypatch.delenv("DESK_PASSWORD", raising=False)

        with pytest.raises(
            ConfigError, match='password of "desk" is expected in the environment variable DESK_PASSWORD'
        ):
            resolve(self.secret(tmp_path, '{ env = "DESK_PASSWORD" }'))

    def test_from_a_command(self, tmp_path: Path) -> None:
        """The first line it prints, as password managers do."""
        command = f"""{{ command = ['{sys.executable}', '-c', 'print("hunter2"); print("user: desk")'] }}"""

        assert resolve(self.secret(tmp_path, command)) == "hunter2"

    def test_the_output_of_a_failed_command_is_not_repeated(self, tmp_path: Path) -> None:
        """It may be half a password."""
        command = f"""{{ command = ['{sys.executable}', '-c', 'print("hunter2"); raise SystemExit(3)'] }}"""

        with pytest.raises(ConfigError, match="failed with exit code 3") as caught:
            resolve(self.secret(tmp_path, command))

        assert "hunter2" not in str(caught.value)

    def test_a_command_that_does_not_exist(self, tmp_path: Path) -> None:
        """Says so."""
        with pytest.raises(ConfigError, match=r"`no-such-program` .* could not be started: No such file"):
            resolve(self.secret(tmp_path, '{ command = ["no-such-program"] }'))

    def test_a_keyring_without_it(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """The null keyring holds nothing; the sentence says how to store it."""
        monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")

        with pytest.raises(ConfigError, match="`keyring set northwind desk`"):
            resolve(self.secret(tmp_path, '{ keyring = "northwind" }'))

    def test_a_literal_is_fine_on_this_machine(self, tmp_path: Path) -> None:
        """For servers in tests and for local bridges."""
        text = f'{IMAP}password = "hunter2"\n'.replace("imap.example", "127.0.0.1")
        secret = load(tmp_path, text).sources[0].secret

        assert secret
        assert resolve(secret) == "hunter2"

    def test_settings_never_show_a_secret(self, tmp_path: Path) -> None:
        """Neither a password nor a token, whatever prints the settings."""
        text = (
            f'{COMPLETE}\n[[sources]]\nname = "b"\nkind = "imap"\nhost = "::1"\nusername = "b"\npassword = "hunter2"\n'
        )
        shown = repr(load(tmp_path, text))

        assert "hunter2" not in shown
        assert "token@workspace" not in shown


def test_the_home_folder_may_be_written_as_a_tilde(tmp_path: Path) -> None:
    """In paths of sources."""
    text = f'{COMPANY}[[sources]]\nname = "a"\nkind = "eml"\npath = "~/mail"\n'

    assert load(tmp_path, text).sources[0].options["path"] == str(Path("~/mail").expanduser())


ODD_VALUES = ("7", "-1", "true", "inf", "nan", '""', '" "', '"x"', '"\\u0000"', "[]", "[[]]", "[{}]", "{}", "{ x = 1 }")
LINES = [number for number, line in enumerate(COMPLETE.splitlines()) if " = " in line and not line.startswith(" ")]


@pytest.mark.parametrize(
    "value", [*ODD_VALUES, "2026-01-01", "07:30:00", "2026-01-01T00:00:00Z", '"../../etc"', '["*"]']
)
def test_any_value_anywhere_is_taken_or_refused(tmp_path: Path, value: str) -> None:
    """Whatever is written where, there is a sentence with the line, never another error."""
    lines = COMPLETE.splitlines()
    said = []
    for number in LINES:
        key = lines[number].partition(" = ")[0]
        text = "\n".join([*lines[:number], f"{key} = {value}", *lines[number + 1 :]])
        with suppress(ConfigError):
            load(tmp_path, text)
            continue
        said.append(complaint(tmp_path, text))

    assert said
    assert all(sentence.startswith("accountline.toml, line ") for sentence in said)
