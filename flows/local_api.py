"""A Prefect API for this process only: on loopback, in a thread, gone with the process however it ends."""

import os
import socket
import sys
import threading
import time
from pathlib import Path
from typing import Any

from domain.errors import AccountlineError
from flows.prefect_setup import prepare

START_TIMEOUT = 180.0
"""Seconds; the first start in a new folder creates Prefect's tables, which takes a slow machine half a minute."""


def ensure_api(home: Path) -> str:
    """Have an API for flows to report to and return its URL; call before anything imports Prefect.

    With a ``PREFECT_API_URL`` in the environment that one is used. Otherwise a server starts in a daemon thread: flows
    need no other process, none can be left over, and Prefect delivers its last events before the thread dies.

    Args:
        home: Folder for Prefect's files.

    Raises:
        AccountlineError: The server did not start.
    """
    prepare(home)
    if url := os.environ.get("PREFECT_API_URL"):
        return url
    if "prefect" in sys.modules:
        raise RuntimeError("Prefect was imported before its settings were made.")
    # With the protocol named, asyncio switches Nagle's algorithm off: 10 instead of 50 ms a request.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.bind(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{listener.getsockname()[1]}/api"
    os.environ["PREFECT_API_URL"] = url
    _spare_the_proxy()
    _start(listener)
    return url


def _spare_the_proxy() -> None:
    """Keep requests to loopback away from a proxy the user may have."""
    for name in ("NO_PROXY", "no_proxy"):
        os.environ[name] = ",".join(filter(None, (os.environ.get(name), "127.0.0.1")))


def _start(listener: socket.socket) -> None:
    import uvicorn  # noqa: PLC0415 - reads the environment, as Prefect does
    from prefect.server.api.server import create_app  # noqa: PLC0415

    app: Any = create_app(ephemeral=True, final=True)
    server = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="on"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, name="prefect-api", daemon=True)
    thread.start()
    deadline = time.monotonic() + START_TIMEOUT
    while not server.started:
        if not thread.is_alive() or time.monotonic() > deadline:
            raise AccountlineError("Prefect's scheduler did not start; look at its messages above or free the disk.")
        thread.join(0.02)
