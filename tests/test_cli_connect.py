"""`accountline connect`: a source is added, signed in for and tried; and what becomes of a grant that dies."""

import json
import os
import pty
import subprocess
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import pytest
from dovecot import Dovecot
from fake_authorization import CLIENT_SECRET, FakeAuthorization
from program import PROGRAM, environment, run
from small_desk import ASK, BOOK, CONFIG, NOW, mail
from test_robustness import bytes_below

from flows.settings import load_settings

PRESENT = ("--now", NOW.isoformat())
_users = (f"cli{number}" for number in count())


def configured(folder: Path) -> Path:
    """A configuration without sources, its last line unfinished."""
    (folder / "accounts.csv").write_text(BOOK, encoding="utf-8")
    config = folder / "accountline.toml"
    config.write_text(f"# ours\n{CONFIG}# the end", encoding="utf-8")
    return config


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """One in a folder of its own."""
    (tmp_path / "desk").mkdir()
    return configured(tmp_path / "desk")


class TestAdding:
    def test_the_rest_of_the_file_stays(self, config: Path) -> None:
        """Comments too; the source is tried."""
        before = config.read_bytes()
        (config.parent / "my mails").mkdir()

        done = run("connect", "--kind", "eml", "--name", "old ones", "--path", "my mails", config=config)

        assert done.returncode == 0, done.stderr
        assert config.read_bytes().startswith(before)
        (source,) = load_settings(config).sources
        assert (source.name, source.kind, source.options["path"]) == (
            "old ones",
            "eml",
            str(config.parent / "my mails"),
        )
        assert "holds 0 mail files" in done.stdout
        assert "accountline ingest --source 'old ones'" in done.stdout

    def test_every_option_has_its_key(self, config: Path) -> None:
        """A source that cannot be reached stays configured; the exit code tells."""
        done = run(
            *("connect", "--kind", "imap", "--name", "desk", "--host", "127.0.0.1", "--username", "u", "--port", "9"),
            *("--security", "none", "--owner", "ana@northwind.example", "--password-command", "echo 'a b'"),
            config=config,
        )

        assert (done.returncode, done.stdout) == (3, "")
        assert "Added source “desk”" in done.stderr
        assert "cannot be reached" in done.stderr
        (source,) = load_settings(config).sources
        assert source.options == {"host": "127.0.0.1", "username": "u", "security": "none", "port": 9}
        assert source.owner == "ana@northwind.example"
        assert source.secret is not None
        assert source.secret.reference == ("echo", "a b")

    def test_a_password_is_expected_in_a_variable(self, config: Path) -> None:
        """It never is an option."""
        done = run(
            *("connect", "--kind", "caldav", "--name", "Ana's", "--url", "https://dav.example", "--username", "ana"),
            config=config,
        )

        assert done.returncode == 2
        assert "the environment variable ANA_S_PASSWORD, which is not set" in done.stderr

    @pytest.mark.parametrize(
        ("words", "said"),
        [
            ((), "--kind is needed to add a source"),
            (("--kind", "imapp"), "did you mean `imap`?"),
            (("--kind", "eml", "--path", "x"), "--name is needed"),
            (("--kind", "imap", "--name", "x", "--username", "u"), "--host is needed"),
            (("desk",), "there is no source “desk”"),
            (("--kind", "eml", "--name", "x", "--path", "y", "--host", "z"), "unknown key `host`"),
            (
                ("--kind", "imap", "--name", "x", "--host", "h.example", "--username", "u", "--security", "none"),
                "clear",
            ),
            (("--kind", "imap", "--name", "x", "--password-env", "A", "--password-keyring", "B"), "say once where"),
        ],
    )
    def test_what_is_wrong_changes_nothing(self, config: Path, words: tuple[str, ...], said: str) -> None:
        """Exit code 2, and the file is as it was."""
        before = config.read_bytes()

        done = run("connect", *words, config=config)

        assert (done.returncode, done.stdout) == (2, "")
        assert said in done.stderr
        assert config.read_bytes() == before
        assert sorted(file.name for file in config.parent.iterdir()) == ["accountline.toml", "accounts.csv"]

    def test_a_name_that_is_taken(self, config: Path) -> None:
        """Two sources cannot share one."""
        words = ("connect", "--kind", "eml", "--name", "old", "--path", ".")
        assert run(*words, config=config).returncode == 0
        before = config.read_bytes()

        done = run(*words, config=config)

        assert done.returncode == 2
        assert "there is already a source “old” in accountline.toml" in done.stderr
        assert config.read_bytes() == before

    def test_a_configuration_of_windows_behind_a_link(self, config: Path) -> None:
        """Line ends, permissions and the link stay what they are."""
        real = config.parent.parent / "real.toml"
        real.write_bytes(config.read_bytes().replace(b"\n", b"\r\n"))
        real.chmod(0o640)
        config.unlink()
        config.symlink_to(real)

        assert run("connect", "--kind", "eml", "--name", "old", "--path", ".", config=config).returncode == 0
        assert config.is_symlink()
        assert real.stat().st_mode & 0o777 == 0o640
        assert real.read_bytes().count(b"\n") == real.read_bytes().count(b"\r\n") == len(real.read_bytes().splitlines())
        assert [source.name for source in load_settings(config).sources] == ["old"]

    def test_json(self, config: Path) -> None:
        """For scripts."""
        done = run("connect", "--kind", "eml", "--name", "old", "--path", ".", "--format", "json", config=config)

        said = json.loads(done.stdout)
        assert (said["name"], said["kind"], said["state"]) == ("old", "eml", "ok")

    def test_on_a_terminal_it_asks(self, config: Path) -> None:
        """For what is missing, and nothing else."""
        ours, theirs = pty.openpty()
        os.write(ours, b"mbox\nold\n.\n")
        done = subprocess.run(
            [*PROGRAM, "connect", "--config", str(config)],
            cwd=config.parent,
            env=environment(),
            stdin=theirs,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        os.close(ours)
        os.close(theirs)

        assert done.returncode == 0, done.stderr
        assert [question in done.stderr for question in ("Kind (", "Name of", "File or folder", "password")] == [
            *(True, True, True, False)
        ]
        assert load_settings(config).sources[0].options == {"path": str(config.parent)}


@dataclass
class Person:
    """Somebody at a terminal with a browser, and all that was said to them."""

    config: Path
    variables: dict[str, str]
    said: list[str] = field(default_factory=list)

    def run(self, *words: str) -> "subprocess.CompletedProcess[str]":
        """Run a command."""
        done = run(*words, config=self.config, **self.variables)
        self.said += [done.stdout, done.stderr]
        return done

    def sign_in(self, *words: str, visit: Any = None) -> "subprocess.CompletedProcess[str]":
        """Run `connect`, open the address it prints, and wait for its end."""
        command = [*PROGRAM, "connect", *words, "--no-browser", "--config", str(self.config)]
        with subprocess.Popen(
            command,
            cwd=self.config.parent,
            env=environment(**self.variables),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            assert process.stdout is not None
            assert process.stderr is not None
            errors = ""
            for line in process.stderr:
                errors += line
                if line.startswith("http"):
                    (visit or self.visit)(line.strip())
            output = process.stdout.read()
        self.said += [output, errors]
        assert "Traceback" not in errors, errors
        return subprocess.CompletedProcess(command, process.returncode, output, errors)

    def visit(self, address: str) -> None:
        """Do what a browser does."""
        answer = httpx.get(address, follow_redirects=True, timeout=30)
        assert answer.status_code == 200
        assert "Accountline" in answer.text


@dataclass
class Mailbox:
    """Where a source with OAuth reads, and the words that connect it."""

    person: Person
    words: tuple[str, ...]


@pytest.fixture
def mailbox(oauth_dovecot: Dovecot, authorization: FakeAuthorization, config: Path, tmp_path: Path) -> Mailbox:
    """A mailbox with one question in it, and the file of a desktop app."""
    user = authorization.user = next(_users)
    oauth_dovecot.add_user(user)
    oauth_dovecot.deliver(user, "INBOX", mail("m", ASK))
    (tmp_path / "client.json").write_text(json.dumps(authorization.installed()))
    words = (
        *("--kind", "imap", "--name", "desk", "--host", "127.0.0.1", "--port", str(oauth_dovecot.port)),
        *("--username", user, "--security", "none", "--auth", "xoauth2", "--provider", "google"),
        *("--credentials", str(tmp_path / "client.json")),
    )
    variables = {
        "XDG_CONFIG_HOME": str(tmp_path / "xdg"),
        "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
    }
    return Mailbox(Person(config, variables), words)


@pytest.mark.servers
class TestSigningIn:
    def test_from_the_sign_in_to_a_dead_grant_and_back(
        self, mailbox: Mailbox, authorization: FakeAuthorization, prefect_home: Path, tmp_path: Path
    ) -> None:
        """The whole life of a grant; its secrets are in no output and no file."""
        person = mailbox.person

        connected = person.sign_in(*mailbox.words)
        assert connected.returncode == 0, connected.stderr
        assert "holds 1 mails in 1 folders" in connected.stdout

        assert person.run("ingest", *PRESENT).returncode == 0
        assert authorization.grants() == ["authorization_code"]  # one token served both

        authorization.forget_access_tokens()
        assert person.run("ingest", *PRESENT).returncode == 0
        assert authorization.grants() == ["authorization_code", "refresh_token"]

        authorization.revoke()
        dead = person.run("ingest", "--format", "json", *PRESENT)
        (source,) = json.loads(dead.stdout)["sources"]
        assert (dead.returncode, source["state"]) == (3, "auth_dead")
        assert "run `accountline connect desk` to sign in again" in source["error"]

        told = json.loads(person.run("status", "--format", "json", *PRESENT).stdout)["sources"][0]
        assert (told["state"], told["error"]) == ("auth_dead", source["error"])
        assert "accountline connect desk" in person.run("status", *PRESENT).stdout
        examined = person.run("doctor", *PRESENT)
        assert examined.returncode == 3
        assert examined.stdout.count("→ Run `accountline connect desk`") == 2

        again = person.sign_in("desk")
        assert again.returncode == 0, again.stderr
        assert person.run("ingest", *PRESENT).returncode == 0

        files = bytes_below(person.config.parent, prefect_home, tmp_path / "xdg")
        said = "".join(person.said)
        assert b"desk" in files  # it was looked at
        for secret in (*authorization.issued, CLIENT_SECRET):
            assert secret not in said
            assert secret.encode() not in files

    def test_microsoft(self, mailbox: Mailbox, authorization: FakeAuthorization, tmp_path: Path) -> None:
        """A public client: no secret, PKCE, refresh tokens that rotate."""
        authorization.rotates, authorization.lifetime = True, 30
        (tmp_path / "client.json").write_text(json.dumps(authorization.microsoft()))
        words = [*mailbox.words, "--provider", "microsoft"]

        connected = mailbox.person.sign_in(*words)

        assert connected.returncode == 0, connected.stderr
        assert mailbox.person.run("connect", "desk").returncode == 0
        assert authorization.grants() == ["authorization_code", "refresh_token", "refresh_token"]
        assert not any("client_secret" in form for form in authorization.forms)
        assert "offline_access https://outlook.office.com/IMAP.AccessAsUser.All" in authorization.forms[1]["scope"]

    def test_a_stranger_s_answer_is_sent_away(self, mailbox: Mailbox, authorization: FakeAuthorization) -> None:
        """Without the right state nothing is taken, and the wait goes on."""

        def visit(address: str) -> None:
            redirect = httpx.URL(address).params["redirect_uri"]
            for query in ("code=mine&state=guess", "code=mine", "error=access_denied", ""):
                assert httpx.get(f"{redirect}?{query}").status_code == 400
            mailbox.person.visit(address)

        connected = mailbox.person.sign_in(*mailbox.words, visit=visit)

        assert connected.returncode == 0, connected.stderr
        assert "mine" not in [form.get("code") for form in authorization.forms]

    def test_nobody_consents(self, mailbox: Mailbox, authorization: FakeAuthorization) -> None:
        """The source stays configured, to be tried again."""
        authorization.consents = False

        refused = mailbox.person.sign_in(*mailbox.words)

        assert refused.returncode == 3
        assert "access was not granted; run `accountline connect desk` to sign in again." in refused.stderr
        assert [source.name for source in load_settings(mailbox.person.config).sources] == ["desk"]

    def test_nobody_comes(self, mailbox: Mailbox) -> None:
        """It does not wait for ever."""
        late = mailbox.person.sign_in(*mailbox.words, "--timeout", "1", visit=lambda _address: None)

        assert late.returncode == 3
        assert "nobody signed in within 1 seconds; run `accountline connect desk`" in late.stderr

    def test_no_refresh_token(self, mailbox: Mailbox, authorization: FakeAuthorization) -> None:
        """Without one the next hour would be the last."""
        authorization.brings_refresh_token = False

        lame = mailbox.person.sign_in(*mailbox.words)

        assert lame.returncode == 3
        assert "brought no refresh token" in lame.stderr

    def test_signing_in_anew_although_it_works(self, mailbox: Mailbox, authorization: FakeAuthorization) -> None:
        """As one does who took the wrong user."""
        mailbox.person.sign_in(*mailbox.words)

        assert mailbox.person.sign_in("desk", "--again").returncode == 0
        assert authorization.grants() == ["authorization_code", "authorization_code"]
