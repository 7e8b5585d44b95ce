"""The real program in a process of its own.

All share one Prefect server, for starting one takes each many seconds, and most are forks of a process that has loaded
what they need (``warm.py``).
"""

import atexit
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent
PROGRAM = (sys.executable, "-m", "cli.main")
WARM = Path(__file__).parent / "warm.py"
_PATIENCE = 120
Done = subprocess.CompletedProcess[str]
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


def run(*words: str, config: Path, started_by: Sequence[str] = (), **variables: str) -> Done:
    """Run a command; its errors are sentences, never a traceback.

    Args:
        words: The command and its options.
        config: The configuration; the program runs in its folder.
        started_by: A program that starts it, which makes it load everything itself.
        variables: Added to its environment; others than its own make it load everything itself, too.
    """
    words = (*words, "--config", str(config))
    told = environment(**variables)
    if started_by or not all(name.startswith("ACCOUNTLINE_") for name in variables):
        done = subprocess.run(
            [*started_by, *PROGRAM, *words],
            cwd=config.parent,
            env=told,
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=False,
            stdin=subprocess.DEVNULL,
            timeout=_PATIENCE,
        )
    else:
        done = _forked(words, config.parent, told)
    assert "Traceback" not in done.stderr, done.stderr
    return done


def _forked(words: Sequence[str], folder: Path, told: Mapping[str, str]) -> Done:
    """Run a command in a fork of the process that has loaded everything."""
    request = {"words": words, "folder": str(folder), "environment": dict(told)}
    with (
        TemporaryFile() as output,
        TemporaryFile() as errors,
        Path(os.devnull).open("rb") as nothing,
        socket.socket(socket.AF_UNIX) as connection,
    ):
        connection.connect(str(_warm("COVERAGE_PROCESS_CONFIG" in told)))
        files = [file.fileno() for file in (nothing, output, errors)]
        socket.send_fds(connection, [json.dumps(request).encode() + b"\n"], files)
        connection.settimeout(_PATIENCE)
        with connection.makefile() as told_back:
            process = int(told_back.readline())
            try:
                code = int(told_back.readline())
            except TimeoutError:
                os.kill(process, signal.SIGKILL)
                raise subprocess.TimeoutExpired(words, _PATIENCE) from None
        written = []
        for file in (output, errors):
            file.seek(0)
            written.append(file.read().decode().replace("\r\n", "\n"))
    return subprocess.CompletedProcess([*PROGRAM, *words], code, *written)


@cache
def _warm(measured: bool) -> Path:
    """Start the process that has loaded everything; return where it listens."""
    folder = TemporaryDirectory(prefix="warm")
    path = Path(folder.name) / "socket"
    told = {name: value for name, value in environment().items() if measured or not name.startswith("COVERAGE_")}
    process = subprocess.Popen(
        [sys.executable, str(WARM), str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=told
    )

    def stop() -> None:
        process.communicate()
        folder.cleanup()

    atexit.register(stop)
    assert process.stdout
    process.stdout.readline()
    return path


def answer(*words: str, config: Path) -> Any:
    """Run a command that must succeed, and return its JSON."""
    done = run(*words, "--format", "json", config=config)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
