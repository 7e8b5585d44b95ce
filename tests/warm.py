"""A process that has loaded what the program needs, and becomes the program for each command by forking.

Loading takes longer than most of what tests ask for. The fork takes the words, the folder, the environment and the
files it is given, and is the program from its first line on; it ends as the program does.

    python tests/warm.py SOCKET

A request is a connection to the socket: one JSON line, with the three standard files attached. It is told the number
of the process and, when that has ended, its exit code. One request is served at a time, until the standard input ends.
"""

import gc
import json
import os
import selectors
import socket
import sys
import time
from importlib import import_module
from pathlib import Path
from typing import Any

LOADED = ("cli.main", "cli.reading", "flows.ingest", "extraction.pipeline", "extraction.attach", "extraction.mime")
"""What commands load when they begin. None of it reads a variable that tests change."""


def main() -> None:
    """Serve; in a fork, be the program."""
    # As the program does before it loads Prefect, which reads the environment only then.
    import_module("flows.local_api").ensure_api(Path(os.environ["PREFECT_HOME"]))
    for name in LOADED:
        import_module(name)
    # What is there by now need not be looked through, and copied, in each fork.
    gc.freeze()
    if becomes_the_program(sys.argv[1]):
        import_module("cli.main").run()


def becomes_the_program(path: str) -> bool:
    """Serve until the standard input ends; return True in each fork."""
    with socket.socket(socket.AF_UNIX) as listener, selectors.DefaultSelector() as selector:
        listener.bind(path)
        listener.listen()
        selector.register(listener, selectors.EVENT_READ)
        selector.register(sys.stdin, selectors.EVENT_READ)
        sys.stdout.write("\n")  # the sign that one may connect
        sys.stdout.flush()
        while all(key.fileobj is listener for key, _ in selector.select()):
            connection, _ = listener.accept()
            with connection:
                request, files = received(connection)
                process = os.fork()
                if not process:
                    take_over(request, files)
                    return True
                for file in files:
                    os.close(file)
                connection.sendall(b"%d\n" % process)
                _, status = os.waitpid(process, 0)
                connection.sendall(b"%d\n" % os.waitstatus_to_exitcode(status))
    return False


def received(connection: socket.socket) -> tuple[dict[str, Any], list[int]]:
    """Read a request and the numbers its files have here."""
    data, files, _, _ = socket.recv_fds(connection, 1 << 16, 3)
    while not data.endswith(b"\n"):
        data += connection.recv(1 << 16)
    return json.loads(data), files


def take_over(request: dict[str, Any], files: list[int]) -> None:
    """Stand where a new process of the program would."""
    for number, file in enumerate(files):
        os.dup2(file, number)
        os.close(file)
    os.chdir(request["folder"])
    os.environ.clear()
    os.environ.update(request["environment"])
    time.tzset()
    sys.argv = ["accountline", *request["words"]]
    sys.path[0] = request["folder"]


if __name__ == "__main__":
    main()
