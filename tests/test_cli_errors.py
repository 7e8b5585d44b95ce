"""What the real program says and ends with when something is wrong: a sentence, a code, never a traceback."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from cli.edge import run_guarded
from cli.run_commands import _forget_earlier
from domain.errors import AuthError, ConfigError, NotFoundError, StoreError

CONFIG = """\
[company]
name = "Northwind Agency"
domains = ["northwind.example"]
timezone = "Europe/Berlin"
"""
CLEAN = {name: value for name, value in os.environ.items() if not name.startswith("ACCOUNTLINE_")}


def run(*arguments: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the program in a folder."""
    return subprocess.run(
        [sys.executable, "-m", "cli.main", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        stdin=subprocess.DEVNULL,
        env={**CLEAN, "PYTHONPATH": str(Path(__file__).parent.parent), **environment},
    )


def sentence(done: subprocess.CompletedProcess[str], code: int) -> str:
    """Return what was said on standard error after checking that it is one line and the code is right."""
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    assert done.stderr.count("\n") == 1, done.stderr
    return done.stderr.strip()


class TestConfiguration:
    def test_none_at_all(self, tmp_path: Path) -> None:
        """The way out is `init`."""
        assert "run `accountline init`" in sentence(run("overdue", folder=tmp_path), 2)

    def test_a_mistake_in_it(self, tmp_path: Path) -> None:
        """With file, line and the nearest valid name."""
        (tmp_path / "accountline.toml").write_text(f'{CONFIG}timezon = "UTC"\n')

        said = sentence(run("status", folder=tmp_path), 2)

        assert said == "accountline.toml, line 5: unknown key `timezon` in [company]; did you mean `timezone`?"

    def test_debug_shows_where_it_comes_from(self, tmp_path: Path) -> None:
        """Before or after the command."""
        for arguments in (("--debug", "overdue"), ("overdue", "--debug")):
            done = run(*arguments, folder=tmp_path)

            assert done.returncode == 2
            assert "Traceback" in done.stderr

    def test_a_password_in_it_is_not_repeated(self, tmp_path: Path) -> None:
        """Not even with --debug."""
        source = '[[sources]]\nname = "a"\nkind = "imap"\nhost = "h.example"\nusername = "u"\npassword = "hunter2"\n'
        (tmp_path / "accountline.toml").write_text(CONFIG + source)

        for arguments in (("status",), ("status", "--debug")):
            done = run(*arguments, folder=tmp_path)

            assert done.returncode == 2
            assert "hunter2" not in done.stdout + done.stderr

    def test_a_store_that_is_not_there_yet(self, tmp_path: Path) -> None:
        """The way out is `ingest`."""
        (tmp_path / "accountline.toml").write_text(CONFIG)

        assert "accountline ingest" in sentence(run("overdue", folder=tmp_path), 1)
        assert sorted(path.name for path in tmp_path.iterdir()) == ["accountline.toml"]

    def test_an_unknown_source(self, tmp_path: Path) -> None:
        """With the nearest one there is."""
        (tmp_path / "accountline.toml").write_text(f'{CONFIG}[[sources]]\nname = "desk"\nkind = "eml"\npath = "x"\n')

        said = sentence(run("ingest", "--source", "dsk", folder=tmp_path), 2)

        assert said == "there is no source `dsk` in accountline.toml; did you mean `desk`?"


class TestUsage:
    def test_an_unknown_command(self, tmp_path: Path) -> None:
        """With the nearest one there is."""
        done = run("overdu", folder=tmp_path)

        assert done.returncode == 2
        assert "overdue" in done.stderr

    def test_an_unknown_format(self, tmp_path: Path) -> None:
        """Is refused before anything is read."""
        done = run("overdue", "--format", "xml", folder=tmp_path)

        assert done.returncode == 2
        assert "Traceback" not in done.stderr

    def test_an_unknown_state(self, tmp_path: Path) -> None:
        """With the nearest one there is."""
        said = sentence(run("overdue", "--state", "overdue,at_rsk", folder=tmp_path), 2)

        assert said == "--state takes overdue, at_risk, open or unknown, not `at_rsk`; did you mean `at_risk`?"

    @pytest.mark.parametrize("text", ["yesterday", "2026-13-45", "0001-01-01T00:00+14:00", "9999-12-31", ""])
    def test_a_present_that_is_none(self, tmp_path: Path, text: str) -> None:
        """`--now` takes an instant of this age."""
        (tmp_path / "accountline.toml").write_text(CONFIG)

        assert sentence(run("overdue", "--now", text, folder=tmp_path), 2).startswith("--now must ")

    def test_the_variable_is_named_when_it_is_wrong(self, tmp_path: Path) -> None:
        """Nobody remembers what the environment says."""
        (tmp_path / "accountline.toml").write_text(CONFIG)

        done = run("overdue", folder=tmp_path, ACCOUNTLINE_NOW="soon")

        assert sentence(done, 2).startswith("ACCOUNTLINE_NOW must be an instant")

    def test_extract_wants_files_or_lines(self, tmp_path: Path) -> None:
        """One of the two."""
        assert "--jsonl" in sentence(run("extract", folder=tmp_path), 2)
        assert "--jsonl" in sentence(run("extract", "a.eml", "--jsonl", "-", folder=tmp_path), 2)
        assert "--jsonl" in sentence(run("extract", "--jsonl", "-", "--format", "csv", folder=tmp_path), 2)


class TestExtract:
    def test_a_file_that_does_not_exist_does_not_stop_the_others(self, tmp_path: Path) -> None:
        """The result is complete JSON, the code is that of what is not found."""
        (tmp_path / "a.eml").write_text(
            "From: Sam <sam@acme.example>\nTo: ana@northwind.example\nDate: Mon, 2 Mar 2026 09:00:00 +0100\n"
            "Subject: Offer\nMessage-ID: <1@acme.example>\n\nCould you send us the offer by Friday?\n"
        )
        done = run("extract", "no.eml", "a.eml", "--format", "json", folder=tmp_path)

        assert sentence(done, 4) == "no such file: “no.eml”; the others were handled"
        (record,) = json.loads(done.stdout)
        assert record["message_id"] == "1@acme.example"
        assert "request" in {signal["kind"] for signal in record["signals"]}


class TestDoctor:
    def test_without_configuration(self, tmp_path: Path) -> None:
        """It reports instead of failing, as JSON too."""
        done = run("doctor", "--format", "json", folder=tmp_path)

        (finding,) = json.loads(done.stdout)
        assert done.returncode == 2
        assert (finding["check"], finding["ok"]) == ("configuration", False)
        assert set(finding) == {"check", "ok", "detail", "advice"}


class TestDemo:
    def test_it_begins_afresh_where_a_demo_was_before(self, tmp_path: Path) -> None:
        """Its store goes, what somebody put beside it stays."""
        for name in (".accountline-demo", "accountline.db", "accountline.db-wal", "notes.txt"):
            (tmp_path / name).touch()

        _forget_earlier(tmp_path)

        assert sorted(path.name for path in tmp_path.iterdir()) == [".accountline-demo", "notes.txt"]

    def test_a_store_that_no_demo_made_is_left_alone(self, tmp_path: Path) -> None:
        """Whatever --dir says."""
        (tmp_path / "accountline.db").touch()

        _forget_earlier(tmp_path)

        assert (tmp_path / "accountline.db").exists()


class TestTheEdge:
    """The one place that turns errors into sentences and codes."""

    @pytest.mark.parametrize(
        ("error", "code"),
        [
            (StoreError("the disk is full"), 1),
            (ConfigError("unknown key"), 2),
            (AuthError("refused"), 3),
            (NotFoundError("no such account"), 4),
        ],
    )
    def test_expected_errors(self, error: Exception, code: int, capsys: pytest.CaptureFixture[str]) -> None:
        """Their sentence and their code."""

        def command(_arguments: list[str]) -> None:
            raise error

        assert run_guarded(command, []) == code
        assert capsys.readouterr().err == f"{error}\n"

    def test_unexpected_errors(self, capsys: pytest.CaptureFixture[str]) -> None:
        """The kind only: the message of a foreign exception may hold mail or a password."""

        def command(_arguments: list[str]) -> None:
            raise ValueError("hunter2")

        assert run_guarded(command, []) == 1
        assert capsys.readouterr().err == "Unexpected error: ValueError; run again with --debug for the details\n"

    def test_debug_may_be_a_word_to_look_for(self) -> None:
        """After `--` it is no option."""
        seen: list[list[str]] = []

        assert run_guarded(seen.append, ["search", "--debug", "--", "--debug"]) == 0
        assert seen == [["search", "--", "--debug"]]

    def test_a_full_disk(self, tmp_path: Path) -> None:
        """What the system says is repeated."""
        with Path("/dev/full").open("wb") as full:
            done = subprocess.run(
                [sys.executable, "-m", "cli.main", "--help"], stdout=full, stderr=subprocess.PIPE, check=False, cwd="."
            )

        assert done.returncode == 1
        assert b"No space left on device" in done.stderr
        assert not list(tmp_path.iterdir())

    def test_a_reader_that_goes_away(self) -> None:
        """`accountline --help | head -0` is quiet."""
        reader, writer = os.pipe()
        os.close(reader)
        done = subprocess.run(
            [sys.executable, "-m", "cli.main", "--help"], stdout=writer, stderr=subprocess.PIPE, check=False
        )
        os.close(writer)

        assert done.stderr == b""

    def test_an_interrupt(self) -> None:
        """130, as shells expect, and quiet."""
        program = "import signal, sys, time; from cli.edge import run_guarded\n"
        # A shell's background jobs ignore the signal, and so would this one where the tests are such a job.
        program += "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        program += "def command(_): print('ready', flush=True); time.sleep(60)\n"
        program += "sys.exit(run_guarded(command, []))"
        with subprocess.Popen(
            [sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE
        ) as process:
            assert process.stdout
            assert process.stdout.readline() == b"ready\n"
            process.send_signal(signal.SIGINT)
            _out, err = process.communicate(timeout=30)

        assert (process.returncode, err) == (130, b"")
