"""The conversation on one IMAP connection, answers read as they come.

IMAPClient gathers the whole answer to a command in memory before it hands out any of it. For mail in bulk that is too
much, so here its connection (``imaplib`` inside) is spoken to directly: commands are sent ahead, and every untagged
response is handed out and forgotten at once. Pure parsing is in ``imap_answers``.
"""

import imaplib
import zlib
from collections import deque
from collections.abc import Iterable, Iterator
from io import BufferedReader, RawIOBase
from typing import Any

from imapclient import IMAPClient
from imapclient.exceptions import IMAPClientAbortError, IMAPClientError

MAX_LITERAL = 256 * 1024 * 1024
"""Bytes; no server has a reason to announce a longer literal than the longest thing we ask for."""

imaplib.Commands["COMPRESS"] = ("AUTH",)

_AHEAD = 50  # commands on their way before the first answer is read
_CHUNK = 256 * 1024

Answer = tuple[str, list[Any]]
"""Name of an untagged response, and its parts as imaplib gives them: lines, and (line, literal) pairs."""


class Wire:
    """Sends commands over an IMAPClient's connection and streams what comes back.

    Attributes:
        exists: Messages in the open folder, as last told (RFC 9051, 7.4.1).
    """

    def __init__(self, client: IMAPClient) -> None:
        self._imap: Any = client._imap
        # IMAPClient has imaplib write out all that comes for a debug log, mail for mail, whether or not one is kept.
        self._imap.debug = 0
        self._bounded_reads()
        self.exists = 0

    def stream(self, *command: str | bytes) -> Iterator[Answer]:
        """Send one command and yield its untagged responses.

        Raises:
            IMAPClientError: The server said NO or BAD.
            IMAPClientAbortError: It hung up, or sent what no server may send.
        """
        yield from self._answers(self._send(command), command[0])

    def stream_all(self, commands: Iterable[tuple[str | bytes, ...]]) -> Iterator[list[Answer] | IMAPClientError]:
        """Send commands ahead of their answers; yield for each, in order, its responses or how it was refused."""
        waiting = iter(commands)
        sent: deque[tuple[bytes, str | bytes]] = deque()
        while True:
            for command in waiting:
                sent.append((self._send(command), command[0]))
                if len(sent) == _AHEAD:
                    break
            if not sent:
                return
            try:
                yield list(self._answers(*sent.popleft()))
            except IMAPClientAbortError:
                raise
            except IMAPClientError as error:
                yield error

    def compress(self) -> None:
        """Compress both directions from here on (RFC 4978).

        Raises:
            IMAPClientError: The server would not.
        """
        for _ in self.stream("COMPRESS", "DEFLATE"):
            pass
        imap, packer = self._imap, zlib.compressobj(wbits=-zlib.MAX_WBITS)
        imap.file = BufferedReader(_Inflated(imap.file), _CHUNK)

        def send(data: bytes) -> None:
            imap.sock.sendall(packer.compress(data) + packer.flush(zlib.Z_SYNC_FLUSH))

        imap.send = send

    def _send(self, command: tuple[str | bytes, ...]) -> bytes:
        tag: bytes = self._imap._command(*command)
        return tag

    def _answers(self, tag: bytes, name: str | bytes) -> Iterator[Answer]:
        """Read up to the completion of a command, whichever was sent after it."""
        imap = self._imap
        while imap.tagged_commands[tag] is None:
            imap._check_bye()
            imap._get_response()
            yield from self._taken()
        status, said = imap.tagged_commands.pop(tag)
        if status != "OK":
            raise IMAPClientError(f"{name!s} failed: {b' '.join(said).decode('ascii', 'replace')}")

    def _taken(self) -> Iterator[Answer]:
        """Take what has been read so far; BYE stays where imaplib looks for it."""
        heap: dict[str, list[Any]] = self._imap.untagged_responses
        for name in [name for name in heap if name != "BYE"]:
            parts = heap.pop(name)
            if name == "EXISTS":
                self.exists = int(parts[-1])
            yield name, parts

    def _bounded_reads(self) -> None:
        """Refuse absurd literals before memory is asked for, and read others without trusting their length at once."""
        imap = self._imap

        def read(size: int) -> bytes:
            if size > MAX_LITERAL:
                raise IMAPClientAbortError(f"socket error: the server announces {size:,} bytes")
            pieces = []
            while size:
                piece: bytes = imap.file.read(min(size, _CHUNK))
                if not piece:
                    raise IMAPClientAbortError("socket error: EOF")
                pieces.append(piece)
                size -= len(piece)
            return b"".join(pieces)

        imap.read = read


class _Inflated(RawIOBase):
    """A compressed stream as the bytes it stands for."""

    def __init__(self, packed: Any) -> None:
        self._packed = packed
        self._unpacker = zlib.decompressobj(wbits=-zlib.MAX_WBITS)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = b""
        while not data:
            held = self._unpacker.unconsumed_tail or self._packed.read1(_CHUNK)
            if not held:
                return 0
            try:
                data = self._unpacker.decompress(held, len(buffer))
            except zlib.error:
                raise IMAPClientAbortError("socket error: the compressed stream is damaged") from None
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        self._packed.close()
        super().close()
