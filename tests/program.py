"""The real program in a process of its own; all share one Prefect server, for starting one takes each many seconds."""

import atexit
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent
PROGRAM = (sys.executable, "-m", "cli.main")
_SERVER = """
import sys
from pathlib import Path
from flows.local_api import ensure_api
print(ensure_api(Path(sys.argv[1])), flush=True)
sys.stdin.read()
"""
"""Runs until its input ends, which is at the latest when the tests have ended, however they end."""


@cache
def shared_prefect() -> dict[str, str]:
    """Start the one Prefect server of all programs; return what they must be told of it."""
    folder = TemporaryDirectory(prefix="prefect", ignore_cleanup_errors=True)
    unmeasured = {name: value for name, value in _clean().items() if not name.startswith("COVERAGE_")}
    server = subprocess.Popen(
        [sys.executable, "-c", _SERVER, folder.name],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**unmeasured, "PYTHONPATH": str(ROOT)},
        text=True,
    )

    def stop() -> None:
        server.communicate()
        folder.cleanup()

    atexit.register(stop)
    assert server.stdout
    return {"PREFECT_HOME": folder.name, "PREFECT_API_URL": server.stdout.readline().strip()}


@pytest.fixture
def prefect_home() -> Path:
    """Where the shared server writes."""
    return Path(shared_prefect()["PREFECT_HOME"])


@pytest.fixture(autouse=True)
def programs_of_unmeasured_tests(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A test that is ``no_cover`` starts programs that are not measured either."""
    if request.node.get_closest_marker("no_cover"):
        monkeypatch.delenv("COVERAGE_PROCESS_CONFIG", raising=False)


def environment(**more: str) -> dict[str, str]:
    """What the program is started with; with a ``PREFECT_HOME`` of its own it starts a server of its own."""
    shared = {} if "PREFECT_HOME" in more else shared_prefect()
    return {**_clean(), **shared, "PYTHONPATH": str(ROOT), **more}


def _clean() -> dict[str, str]:
    private = ("ACCOUNTLINE_", "PREFECT_", "PYTEST_")
    return {name: value for name, value in os.environ.items() if not name.startswith(private)}


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
