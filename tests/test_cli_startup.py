"""The program starts fast: what is slow to load is loaded by the commands that need it, and by no other."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli.main import app

HEAVY = (
    *("prefect", "spacy", "sqlalchemy", "alembic", "numpy", "holidays", "icalendar", "imapclient", "keyring"),
    *("google", "googleapiclient", "caldav", "lxml", "requests", "httpx", "cryptography"),
)
PROBE = """
import sys
sys.argv = ["accountline", *{arguments!r}]
from cli.main import run
try:
    run()
except SystemExit:
    pass
print("LOADED", *sorted({{name.partition(".")[0] for name in sys.modules}}))
"""
CONFIG = '[company]\nname = "N"\ndomains = ["n.example"]\n'


def loaded(folder: Path, *arguments: str) -> set[str]:
    """Return the modules that are loaded after a command has run."""
    (folder / "accountline.toml").write_text(CONFIG)
    done = subprocess.run(
        [sys.executable, "-c", PROBE.format(arguments=arguments)],
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent)},
    )
    return set(done.stdout.rpartition("LOADED")[2].split())


@pytest.mark.parametrize("arguments", [("--help",), ("overdue", "--help"), ("ingest", "--help")])
def test_help_loads_nothing_heavy(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    """Neither frameworks nor the settings."""
    assert not loaded(tmp_path, *arguments) & {*HEAVY, "connectors", "flows", "store", "rich"}


@pytest.mark.parametrize("arguments", [("overdue",), ("accounts", "list")], ids=" ".join)
def test_read_commands_load_neither_prefect_nor_spacy(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    """They answer from the store alone."""
    assert not loaded(tmp_path, *arguments) & {"prefect", "spacy", "numpy", "imapclient"}


def test_what_read_commands_are_made_of_is_free_of_them_too() -> None:
    """Also what they load only once the store is open."""
    program = (
        "import sys, store.queries, followup.business_time, cli.read_commands, cli.doctor_command; print(*sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert not {name.partition(".")[0] for name in done.stdout.split()} & {"prefect", "spacy", "numpy", "imapclient"}


def test_settings_load_nothing_heavy(tmp_path: Path) -> None:
    """They are read by every command."""
    program = "import sys, flows.settings, flows.account_book; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert not {name.partition(".")[0] for name in done.stdout.split()} & {*HEAVY, "msgspec", "typer"}
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "command",
    [
        *(
            "demo",
            "init",
            "doctor",
            "ingest",
            "serve",
            "overdue",
            "promises",
            "complaints",
            "meetings",
            "timeline",
            "search",
            "triage",
            "triage assign",
            "triage create",
            "triage ignore",
            "triage undo",
            "contacts",
            "contacts accept",
            "contacts refuse",
            "contacts undo",
            "explain",
        ),
        *("digest", "extract", "status", "accounts list", "accounts show", "quarantine list", "quarantine retry"),
        "db upgrade",
    ],
)
def test_every_command_helps_with_an_example(command: str) -> None:
    """One that can be copied."""
    done = CliRunner().invoke(app, [*command.split(), "--help"])

    assert f"Example: accountline {command}" in done.stdout
