"""A real Gmail and Calendar over HTTP for tests: the npm package ``@emulators/google`` on a free loopback port.

``scripts/install-google-emulator`` installs it. The access token is the address of the user; each has a mailbox of
their own. What it lacks, ``fake_google.py`` adds.
"""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

import pytest

ROOT = Path(__file__).parents[1]
_INSTALLED = ROOT / ".venv" / "google-emulator"
_START_SECONDS = 20.0


@pytest.fixture(scope="session")
def google_emulator() -> Iterator[str]:
    """Start the emulator once for all tests; the address it listens on."""
    node = shutil.which("node")
    if node is None or not (_INSTALLED / ".installed").exists():
        _give_up("The Google emulator is not installed (scripts/install-google-emulator, needs npm).")
    port = _free_port()
    # From standard input a module's imports are looked for in the working folder.
    with (ROOT / "tests" / "servers" / "google" / "server.mjs").open("rb") as program:
        process = subprocess.Popen(
            [node, "--input-type=module", "-", str(port)], stdin=program, cwd=_INSTALLED, stdout=subprocess.DEVNULL
        )
    try:
        _wait_until_ready(port, process)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(timeout=_START_SECONDS)


def _wait_until_ready(port: int, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1):
                return
        except OSError:
            time.sleep(0.02)
    pytest.fail("The Google emulator did not start.")


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def _give_up(reason: str) -> NoReturn:
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)
