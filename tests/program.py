"""The real program in a process of its own, with one Prefect folder for all tests: making its tables takes seconds."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent
PROGRAM = (sys.executable, "-m", "cli.main")
_CLEAN = {
    name: value for name, value in os.environ.items() if not name.startswith(("ACCOUNTLINE_", "PREFECT_", "PYTEST_"))
}


@pytest.fixture(scope="session")
def prefect_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Prefect's files, kept from run to run."""
    home: Path = tmp_path_factory.mktemp("prefect")
    before = os.environ.get("PREFECT_HOME")
    os.environ["PREFECT_HOME"] = str(home)
    yield home
    if before is None:
        del os.environ["PREFECT_HOME"]
    else:
        os.environ["PREFECT_HOME"] = before


def environment(**more: str) -> dict[str, str]:
    """What the program is started with."""
    shared = {name: os.environ[name] for name in ("PREFECT_HOME",) if name in os.environ}
    return {**_CLEAN, **shared, "PYTHONPATH": str(ROOT), **more}


def run(
    *words: str, config: Path, started_by: Sequence[str] = (), **variables: str
) -> "subprocess.CompletedProcess[str]":
    """Run a command; its errors are sentences, never a traceback."""
    done = subprocess.run(
        [*started_by, *PROGRAM, *words, "--config", str(config)],
        cwd=config.parent,
        env=environment(**variables),
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        stdin=subprocess.DEVNULL,
        timeout=120,
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done


def answer(*words: str, config: Path) -> Any:
    """Run a command that must succeed, and return its JSON."""
    done = run(*words, "--format", "json", config=config)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
