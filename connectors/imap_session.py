"""One read-only IMAP connection: looking and fetching.

Nothing here writes to the server: folders are opened with EXAMINE and bodies fetched with BODY.PEEK (RFC 9051, 6.3.3
and 6.4.5), so not even the seen flag changes.
"""

import re
import socket
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from imapclient import IMAPClient
from imapclient.exceptions import IMAPClientAbortError, IMAPClientError

from connectors.imap_answers import Fetched, fetched, uid_set, vanished
from connectors.imap_login import Login, hang_up, one_line, sentences, signed_in
from connectors.imap_wire import Wire
from connectors.options import is_loopback
from domain.errors import SourceError

_RECONNECTS = 20  # in one run, after a message made the server hang up
_SEARCH_WINDOW = 50_000  # messages; imaplib refuses answer lines above a million bytes
_ENVELOPE = "(UID RFC822.SIZE INTERNALDATE FLAGS)"
_STATUS = re.compile(rb"(MESSAGES|UIDNEXT|UIDVALIDITY|HIGHESTMODSEQ) (\d+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteFolder:
    """One folder as LIST names it."""

    name: str
    delimiter: str
    attributes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderState:
    """What STATUS or EXAMINE says of a folder.

    Attributes:
        uidvalidity: Epoch of the UIDs.
        uidnext: The next UID to be given out.
        count: Number of messages.
        modseq: HIGHESTMODSEQ (RFC 7162), 0 where the server keeps none.
    """

    uidvalidity: int
    uidnext: int
    count: int
    modseq: int = 0


class FolderRefused(SourceError):  # noqa: N818 - reads as what it is
    """The server does not let us look into one folder; the others are not affected."""


class ImapSession:
    """A signed-in connection. Use :func:`session` to open one.

    Attributes:
        condstore: The server counts changes (RFC 7162).
        qresync: It also tells what was expunged since.
        compressed: What crosses the wire is compressed (RFC 4978).
    """

    def __init__(self, connect: Callable[[], IMAPClient], *, compress: bool = False) -> None:
        self._connect = connect
        self._compress = compress
        self._folder = ""
        self._reconnects_left = _RECONNECTS
        self._open()

    def _open(self) -> None:
        self._client = self._connect()
        self._wire = Wire(self._client)
        offered = {name.upper() for name in self._client.capabilities()}
        self.compressed = self._compress and b"COMPRESS=DEFLATE" in offered
        if self.compressed:
            self._wire.compress()
        enabled = self._client.enable("QRESYNC") if {b"ENABLE", b"QRESYNC"} <= offered else ()
        self.qresync = b"QRESYNC" in {name.upper() for name in enabled}
        self.condstore = self.qresync or b"CONDSTORE" in offered

    def hang_up(self) -> None:
        """Close the connection without a word, whatever became of the conversation; wakes a thread that reads."""
        with suppress(OSError):
            self._client.socket().shutdown(socket.SHUT_RDWR)
        hang_up(self._client)

    def sign_out(self) -> None:
        """Say goodbye; all was said, so how that goes does not matter."""
        with suppress(OSError, IMAPClientError):
            self._client.logout()

    def folders(self) -> list[RemoteFolder]:
        """Return all folders that can hold messages, INBOX first, then by name."""
        found = [
            RemoteFolder(name=name, delimiter=_text(delimiter), attributes=tuple(map(_text, attributes)))
            for attributes, delimiter, name in self._client.list_folders()
        ]
        hidden = {"\\noselect", "\\nonexistent"}
        usable = [folder for folder in found if not hidden & {use.lower() for use in folder.attributes}]
        return sorted(usable, key=lambda folder: (folder.name.upper() != "INBOX", folder.name))

    def states(self, folders: Sequence[str]) -> list[FolderState | FolderRefused]:
        """Ask for the states of folders without opening them, all questions sent ahead of the answers."""
        items = "(MESSAGES UIDNEXT UIDVALIDITY HIGHESTMODSEQ)" if self.condstore else "(MESSAGES UIDNEXT UIDVALIDITY)"
        commands = [("STATUS", self._client._normalise_folder(folder), items) for folder in folders]  # noqa: SLF001 - quoting and modified UTF-7 as the library does them
        return [
            _state(folder, answers) for folder, answers in zip(folders, self._wire.stream_all(commands), strict=True)
        ]

    def examine(self, folder: str) -> FolderState:
        """Open a folder for reading only; return its state as of now, which may be later than STATUS told.

        Raises:
            FolderRefused: The server does not open it.
        """
        (before,) = self.states([folder])
        if isinstance(before, FolderRefused):
            raise before
        self._folder = folder
        try:
            opened = self._client.select_folder(folder, readonly=True)
        except IMAPClientAbortError:
            raise
        except IMAPClientError as error:
            raise _refused(folder, error) from None
        self._wire.exists = opened[b"EXISTS"]
        return FolderState(
            uidvalidity=opened.get(b"UIDVALIDITY", before.uidvalidity),
            uidnext=opened.get(b"UIDNEXT", before.uidnext),
            count=opened[b"EXISTS"],
            modseq=0 if b"NOMODSEQ" in opened else opened.get(b"HIGHESTMODSEQ", 0),
        )

    def open(self, folder: str) -> None:
        """Open a folder unless it is open already."""
        if folder != self._folder:
            self.examine(folder)

    def count(self) -> int:
        """Ask how many messages the open folder holds now."""
        for _ in self._wire.stream("NOOP"):
            pass
        return self._wire.exists

    def window(self, low: int, high: int) -> list[Fetched]:
        """Return UID, size, time of receipt and flags of a range of message numbers, highest UID first.

        Windows of message numbers are taken from the top down: an expunge meanwhile moves messages into windows still
        to come, never out of them. Of a message already seen there, the caller takes no notice. A message the server
        lists and cannot tell of has no size.
        """
        found = {one.uid: one for one in self._tried("FETCH", f"{low}:{high}", _ENVELOPE) or () if one.uid}
        if len(found) <= high - low:
            uids = [uid for uid in self._client.search([f"{low}:{high}"]) if uid not in found]
            found |= {uid: Fetched(seq=0, uid=uid) for uid in uids} | self._each(uids, _ENVELOPE)
        return sorted(found.values(), key=lambda one: -one.uid)

    def envelopes(self, uids: Sequence[int]) -> list[Fetched]:
        """Return the same by UID; a message the server does not return is absent."""
        return list(self._each(uids, _ENVELOPE).values())

    def numbers_below(self, uid: int) -> int:
        """Return how many messages of the open folder have a smaller UID, by halving: few and short questions."""
        low, high = 0, self._wire.exists
        while low < high:
            middle = (low + high + 1) // 2
            seen = [one.uid for one in self._fetch("FETCH", str(middle), "(UID)") if one.seq == middle and one.uid]
            if not seen:  # expunged a moment ago: from the top on none can be missed
                return self._wire.exists
            low, high = (middle, high) if seen[0] < uid else (low, middle - 1)
        return low

    def uids(self) -> list[int]:
        """Return all UIDs of the open folder, ascending."""
        found: set[int] = set()
        top = self._wire.exists
        while top:
            low = max(1, top - _SEARCH_WINDOW + 1)
            # "*" is the last message whatever its number, which covers what has arrived meanwhile.
            high = "*" if top == self._wire.exists else str(top)
            found.update(self._client.search([f"{low}:{high}"]))
            top = low - 1
        return sorted(found)

    def changed_since(self, modseq: int, below: int) -> tuple[dict[int, tuple[str, ...]], list[range]]:
        """Return new flags by UID, and with QRESYNC the UIDs expunged, since ``modseq`` (RFC 7162, 3.1.4, 3.2.6).

        Args:
            modseq: Up to where changes are known.
            below: UIDs from here on are of no interest, they are new.
        """
        modifier = f"(CHANGEDSINCE {modseq} VANISHED)" if self.qresync else f"(CHANGEDSINCE {modseq})"
        flags: dict[int, tuple[str, ...]] = {}
        gone: list[range] = []
        for name, parts in self._wire.stream("UID", "FETCH", f"1:{max(1, below - 1)}", "(UID FLAGS)", modifier):
            if name == "FETCH":
                flags |= {one.uid: one.flags for one in fetched(parts) if one.uid and one.flags is not None}
            elif name == "VANISHED":
                gone += vanished(parts)
        return {uid: found for uid, found in flags.items() if uid < below}, gone

    def existing(self, uids: Sequence[int]) -> set[int]:
        """Return those of ``uids`` that the open folder still holds."""
        return set(self._client.search(["UID", uid_set(uids)])) if uids else set()

    def bodies(self, uids: Sequence[int]) -> dict[int, bytes]:
        """Fetch whole messages; one the server does not return is absent."""
        found = self._each(uids, "(UID BODY.PEEK[])")
        return {uid: one.sections[""] for uid, one in found.items() if "" in one.sections}

    def structure(self, uid: int) -> object:
        """Fetch the MIME structure of a message, as the library reads it; None when the server gives none."""
        answer = self._client.fetch([uid], ["BODYSTRUCTURE"])
        found: object = answer.get(uid, {}).get(b"BODYSTRUCTURE")
        return found

    def sections(self, uid: int, names: Sequence[str]) -> dict[str, bytes]:
        """Fetch parts of one message, such as ``1.2.MIME`` or ``1<0.1048576>``; keys are without the range."""
        wanted = " ".join(
            f"BODY.PEEK[{name.partition('<')[0]}]" + (f"<{name.partition('<')[2]}" if "<" in name else "")
            for name in names
        )
        found = self._each([uid], f"(UID {wanted})")
        return found[uid].sections if uid in found else {}

    def _each(self, uids: Sequence[int], items: str) -> dict[int, Fetched]:
        """Fetch what the server can return.

        A damaged message makes some servers refuse the whole batch, and Dovecot hang up (after BYE): then each message
        is asked for alone, so that one that always fails does not keep the others from ever being read.
        """
        asked = set(uids)
        if not asked:
            return {}
        answered = self._tried("UID", "FETCH", uid_set(uids), items)
        if answered is not None:
            return {one.uid: one for one in answered if one.uid in asked}
        if len(asked) == 1:
            return {}
        return {uid: one for alone in uids for uid, one in self._each([alone], items).items()}

    def _tried(self, *command: str) -> list[Fetched] | None:
        """Fetch, or return None for a command that was refused, or that made the server say goodbye; sign in again."""
        try:
            return list(self._fetch(*command))
        except IMAPClientAbortError as error:
            if "socket error" in str(error) or not self._reconnects_left:  # no goodbye: the connection broke
                raise
            self._reconnect()
        except IMAPClientError:
            pass  # refused, but still connected
        return None

    def _fetch(self, *command: str) -> Iterator[Fetched]:
        for name, parts in self._wire.stream(*command):
            if name == "FETCH":
                yield from fetched(parts)

    def _reconnect(self) -> None:
        """Sign in again and open the folder that was open."""
        self._reconnects_left -= 1
        hang_up(self._client)
        self._open()
        opened = self._client.select_folder(self._folder, readonly=True)
        self._wire.exists = opened[b"EXISTS"]


@contextmanager
def session(login: Login, *, source: str, compress: bool | None = None) -> Iterator[ImapSession]:
    """Connect, sign in, and sign out at the end.

    Args:
        login: Where and as whom.
        source: Name users gave the source.
        compress: Whether to compress where the server offers it; None: towards other machines, where it helps.

    Raises:
        SourceUnreachable: No such server, no trust in its certificate, or the connection broke.
        AuthError: It refused the credentials.
        SourceError: It refused something else.
    """
    with sentences(login, source):
        server = opened(login, source, compress=compress)
        try:
            yield server
        except BaseException:
            server.hang_up()
            raise
        server.sign_out()


def opened(login: Login, source: str, *, compress: bool | None) -> ImapSession:
    """Connect and sign in; the caller signs out, and turns what the libraries raise into sentences."""
    packed = not is_loopback(login.host) if compress is None else compress
    return ImapSession(lambda: signed_in(login, source), compress=packed)


def _state(folder: str, answers: Iterable[tuple[str, list[object]]] | IMAPClientError) -> FolderState | FolderRefused:
    if isinstance(answers, IMAPClientError):
        return _refused(folder, answers)
    text = b" ".join(
        part if isinstance(part, bytes) else b" ".join(part)
        for name, parts in answers
        if name == "STATUS"
        for part in parts
        if isinstance(part, bytes | tuple)
    )
    told = {name.upper(): int(value) for name, value in _STATUS.findall(text[text.rfind(b"(") :])}
    try:
        return FolderState(
            uidvalidity=told[b"UIDVALIDITY"],
            uidnext=told[b"UIDNEXT"],
            count=told[b"MESSAGES"],
            modseq=told.get(b"HIGHESTMODSEQ", 0),
        )
    except KeyError as missing:
        return FolderRefused(f"The server does not tell {missing} of folder {folder}.")


def _refused(folder: str, error: Exception) -> FolderRefused:
    return FolderRefused(f"The server refuses to open folder {folder} ({one_line(error)}).")


def _text(value: object) -> str:
    """Return a flag or delimiter as text; NIL is empty."""
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value or "")
