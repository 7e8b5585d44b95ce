"""A TCP proxy in front of a real IMAP server that misbehaves as it is told, and counts who calls.

Each connection takes the next trouble from a script; when the script is empty it passes everything on untouched. What
the server says is read as IMAP is framed (lines, and literals of announced length, RFC 9051, 4.3), so that a connection
can break inside a literal or an announced length can be wrong. Nothing waits for a clock: a stalled connection ends
when the client has had enough, so tests give the client little patience (``impatient``).
"""

import re
import socket
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from enum import StrEnum
from threading import Thread
from typing import BinaryIO, Self
from unittest.mock import patch

from connectors import imap_login

PATIENCE = 0.5  # seconds
_LITERAL = re.compile(rb"\{(\d+)\}\r\n$")


class Kind(StrEnum):
    """What goes wrong. The first four take the place of the server's answer, the others spoil it."""

    DROP = "drop"  # hangs up without a word
    BYE = "bye"  # says goodbye, then hangs up
    STALL = "stall"  # never answers
    NO = "no"  # refuses the command, with ``text`` as its reason
    CUT_LINE = "cut line"  # hangs up in the middle of the next line
    CUT_LITERAL = "cut literal"  # hangs up in the middle of the next literal
    SHORT_LITERAL = "short literal"  # announces less than it sends
    LONG_LITERAL = "long literal"  # announces more than it sends
    ABSURD_LITERAL = "absurd literal"  # announces terabytes
    GARBAGE = "garbage"  # sends a line that no server may send
    UNSOLICITED = "unsolicited"  # sends what a server may send at any time
    SLOW = "slow"  # sends every byte by itself


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """Something that goes wrong on one connection.

    Attributes:
        kind: What.
        at: Word of the client's command at which it begins; empty: at once, in place of the greeting.
        nth: At the first such command, the second, …
        text: For ``NO``: the response code and words.
    """

    kind: Kind
    at: bytes = b"FETCH"
    nth: int = 1
    text: bytes = b"[UNAVAILABLE] Try again later."


class HostileImap:
    """The proxy; use it as a context manager.

    Attributes:
        port: Where it listens, on loopback.
        connections: How many there were.
        script: Troubles of the connections to come, the next one first.
        forever: Trouble of every connection that finds the script empty.
    """

    def __init__(self, port: int, host: str = "127.0.0.1") -> None:
        self._server = (host, port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.connections = 0
        self.script: deque[Trouble] = deque()
        self.forever: Trouble | None = None
        self._conversations: list[Conversation] = []
        self._thread = Thread(target=self._accept)
        self._thread.start()

    def behave(self) -> None:
        """Be a good server from the next connection on."""
        self.script.clear()
        self.forever = None

    def misbehave(self, troubles: Iterable[Trouble]) -> None:
        """Give each of the next connections its trouble."""
        self.script.extend(troubles)

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                self.connections += 1
                trouble = self.script.popleft() if self.script else self.forever
                self._conversations.append(Conversation(client, self._server, trouble))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()
        for conversation in self._conversations:
            conversation.end()


class Conversation:
    """One client and one server; a thread for each direction."""

    def __init__(self, client: socket.socket, server: tuple[str, int], trouble: Trouble | None) -> None:
        self._trouble = trouble
        self._left = trouble.nth if trouble else 0
        self._spoiling = False
        self._client = client
        self._client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._server = socket.create_connection(server)
        self._threads = [Thread(target=self._commands), Thread(target=self._answers)]
        for thread in self._threads:
            thread.start()

    def end(self) -> None:
        """Hang up on both sides and wait for the threads."""
        self._hang_up()
        for thread in self._threads:
            thread.join()

    def _hang_up(self) -> None:
        for side in (self._client, self._server):
            with suppress(OSError):
                side.shutdown(socket.SHUT_RDWR)

    def _commands(self) -> None:
        """Pass on what the client says, until trouble begins."""
        with suppress(OSError), self._client, self._client.makefile("rb") as lines:
            for line in lines:
                if self._begins(line):
                    self._answer(line, lines)
                else:
                    self._server.sendall(line)
        self._hang_up()

    def _begins(self, line: bytes) -> bool:
        """Say whether the answer to this command is ours to give; note when the server's is to be spoilt."""
        if not self._trouble or not self._trouble.at or self._trouble.at not in line.upper().split():
            return False
        self._left -= 1
        self._spoiling = self._spoiling or (self._left == 0 and self._trouble.kind not in _INSTEAD)
        return self._left == 0 and self._trouble.kind in _INSTEAD

    def _answer(self, line: bytes, lines: BinaryIO) -> None:
        """Answer in the server's place."""
        assert self._trouble
        if self._trouble.kind is Kind.NO:
            self._client.sendall(line.split()[0] + b" NO " + self._trouble.text + b"\r\n")
            return
        if self._trouble.kind is Kind.BYE:
            self._client.sendall(b"* BYE Down for maintenance.\r\n")
        if self._trouble.kind is Kind.STALL:
            lines.read()
        raise ConnectionAbortedError

    def _answers(self) -> None:
        """Pass on what the server says, spoilt or not."""
        at_once = self._trouble is not None and not self._trouble.at
        with suppress(OSError), self._server, self._server.makefile("rb") as lines:
            if at_once:
                with self._client.makefile("rb") as commands:
                    self._answer(b"* ", commands)
            for line in lines:
                announced = _LITERAL.search(line)
                literal = lines.read(int(announced[1])) if announced else None
                self._say(line, literal)
        self._hang_up()

    def _say(self, line: bytes, literal: bytes | None) -> None:
        if not self._spoiling or not self._trouble:
            self._client.sendall(line + (literal or b""))
        elif self._trouble.kind is Kind.SLOW:
            for byte in line + (literal or b""):
                self._client.sendall(bytes([byte]))
        elif literal is None:
            self._spoil_line(line)
        else:
            self._spoil_literal(line, literal)

    def _spoil_line(self, line: bytes) -> None:
        assert self._trouble
        if self._trouble.kind is Kind.CUT_LINE:
            self._client.sendall(line[: len(line) // 2])
            raise ConnectionAbortedError
        self._client.sendall(_BEFORE.get(self._trouble.kind, b"") + line)

    def _spoil_literal(self, line: bytes, literal: bytes) -> None:
        assert self._trouble
        if self._trouble.kind is Kind.CUT_LITERAL:
            self._client.sendall(line + literal[: len(literal) // 2])
            raise ConnectionAbortedError
        change = _ANNOUNCED.get(self._trouble.kind, 0)
        if change:
            line = _LITERAL.sub(b"{%d}\r\n" % max(0, len(literal) + change), line)
        self._client.sendall(_BEFORE.get(self._trouble.kind, b"") + line + literal)


_INSTEAD = {Kind.DROP, Kind.BYE, Kind.STALL, Kind.NO}
_ANNOUNCED = {Kind.SHORT_LITERAL: -20, Kind.LONG_LITERAL: 60, Kind.ABSURD_LITERAL: 10**13}
_BEFORE = {
    Kind.GARBAGE: b"\x00\xff\x00 this is no answer\r\n",
    Kind.UNSOLICITED: b"* OK [ALERT] The disk is nearly full.\r\n* FLAGS (\\Seen)\r\n* 1 FETCH (FLAGS (\\Seen))\r\n",
}


@contextmanager
def impatient() -> Iterator[None]:
    """Let the IMAP client wait half a second for an answer, where it would wait a minute."""
    with patch.object(imap_login, "TIMEOUT", PATIENCE):
        yield
