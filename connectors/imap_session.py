"""One read-only IMAP connection: looking and fetching.

Nothing here writes to the server: folders are opened with EXAMINE and bodies fetched with BODY.PEEK (RFC 9051, 6.3.3
and 6.4.5), so not even the seen flag changes.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from imapclient import IMAPClient
from imapclient.exceptions import IMAPClientAbortError, IMAPClientError

from connectors.files import HEAD
from connectors.imap_login import Login, hang_up, one_line, sentences, signed_in
from domain.errors import SourceError

_RECONNECTS = 20  # in one run, after a message made the server hang up
_SEARCH_WINDOW = 50_000  # messages; imaplib refuses answer lines above a million bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteFolder:
    """One folder as LIST names it."""

    name: str
    delimiter: str
    attributes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderState:
    """What STATUS or EXAMINE says: epoch of the UIDs, the next UID to be given out, number of messages."""

    uidvalidity: int
    uidnext: int
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """What is known of a message before its body is fetched."""

    uid: int
    size: int
    received_at: datetime | None
    flags: tuple[str, ...]


class FolderRefused(SourceError):  # noqa: N818 - reads as what it is
    """The server does not let us look into one folder; the others are not affected."""


class ImapSession:
    """A signed-in connection. Use :func:`session` to open one."""

    def __init__(self, connect: Callable[[], IMAPClient]) -> None:
        self._connect = connect
        self._client = connect()
        self._folder = ""
        self._reconnects_left = _RECONNECTS

    def hang_up(self) -> None:
        """Close the connection without a word, whatever became of the conversation."""
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

    def state(self, folder: str) -> FolderState:
        """Ask for the state of a folder without opening it.

        Raises:
            FolderRefused: The server does not give it.
        """
        with _refusals(folder):
            status = self._client.folder_status(folder, ["MESSAGES", "UIDNEXT", "UIDVALIDITY"])
        return FolderState(uidvalidity=status[b"UIDVALIDITY"], uidnext=status[b"UIDNEXT"], count=status[b"MESSAGES"])

    def examine(self, folder: str) -> FolderState:
        """Open a folder for reading only; return its state as of now, which may be later than STATUS told.

        Raises:
            FolderRefused: The server does not open it.
        """
        before = self.state(folder)
        self._folder = folder
        with _refusals(folder):
            opened = self._client.select_folder(folder, readonly=True)
        return FolderState(
            uidvalidity=opened.get(b"UIDVALIDITY", before.uidvalidity),
            uidnext=opened.get(b"UIDNEXT", before.uidnext),
            count=opened[b"EXISTS"],
        )

    def uids(self, first: int, state: FolderState) -> list[int]:
        """Return the UIDs of the open folder from ``first`` to below ``state.uidnext``, ascending.

        Searches windows of message numbers from the top down until one reaches below ``first``. Downwards, because an
        expunge meanwhile moves messages into windows still to come, never out of them.
        """
        found: set[int] = set()
        # There cannot be more new messages than new UIDs: as a rule one small window is enough.
        width = min(_SEARCH_WINDOW, state.uidnext - first + 1)
        top = state.count
        while top and not any(uid < first for uid in found):
            low = max(1, top - width + 1)
            # "*" is the last message whatever its number, so such a range always answers something, even if it is old.
            high = "*" if top == state.count else str(top)
            found.update(self._client.search([f"{low}:{high}"]))
            top = low - 1
        return sorted(uid for uid in found if first <= uid < state.uidnext)

    def existing(self, uids: Sequence[int]) -> set[int]:
        """Return those of ``uids`` that the open folder still holds."""
        return set(self._client.search(["UID", ",".join(map(str, uids))])) if uids else set()

    def envelopes(self, uids: Sequence[int]) -> list[Envelope]:
        """Fetch size, time of receipt and flags, in the order asked; a message the server does not return is absent."""
        answer = self._fetch(uids, ["RFC822.SIZE", "INTERNALDATE", "FLAGS"])
        return [
            Envelope(
                uid=uid,
                size=answer[uid][b"RFC822.SIZE"],
                received_at=_utc(answer[uid].get(b"INTERNALDATE")),
                flags=tuple(map(_text, answer[uid].get(b"FLAGS", ()))),
            )
            for uid in uids
            if b"RFC822.SIZE" in answer.get(uid, {})
        ]

    def bodies(self, uids: Sequence[int]) -> dict[int, bytes]:
        """Fetch whole messages; one the server does not return is absent."""
        return {uid: parts.get(b"BODY[]") or b"" for uid, parts in self._fetch(uids, ["BODY.PEEK[]"]).items()}

    def head(self, uid: int) -> dict[int, bytes]:
        """Fetch the beginning of one oversized message."""
        answer = self._fetch([uid], [f"BODY.PEEK[]<0.{HEAD}>"])
        return {uid: parts.get(b"BODY[]<0>") or b"" for uid, parts in answer.items()}

    def _fetch(self, uids: Sequence[int], items: Sequence[str]) -> dict[int, dict[bytes, Any]]:
        """Fetch what the server can return.

        A damaged message makes some servers refuse the whole batch, and Dovecot hang up (after BYE): then each message
        is asked for alone, so that one that always fails does not keep the others from ever being read.
        """
        try:
            return dict(self._client.fetch(uids, items))
        except IMAPClientAbortError as error:
            if "socket error" in str(error) or not self._reconnects_left:  # no goodbye: the connection broke
                raise
            self._reconnect()
        except IMAPClientError:
            pass  # refused, but still connected
        if len(uids) == 1:
            return {}
        return {uid: parts for one in uids for uid, parts in self._fetch([one], items).items()}

    def _reconnect(self) -> None:
        """Sign in again and open the folder that was open."""
        self._reconnects_left -= 1
        hang_up(self._client)
        self._client = self._connect()
        self._client.select_folder(self._folder, readonly=True)


@contextmanager
def session(login: Login, *, source: str) -> Iterator[ImapSession]:
    """Connect, sign in, and sign out at the end.

    Raises:
        SourceUnreachable: No such server, no trust in its certificate, or the connection broke.
        AuthError: It refused the credentials.
        SourceError: It refused something else.
    """
    with sentences(login, source):
        server = ImapSession(lambda: signed_in(login, source))
        try:
            yield server
        except BaseException:
            server.hang_up()
            raise
        server.sign_out()


@contextmanager
def _refusals(folder: str) -> Iterator[None]:
    """Tell a refused folder from a broken connection."""
    try:
        yield
    except IMAPClientAbortError:
        raise
    except IMAPClientError as error:
        raise FolderRefused(f"The server refuses to open folder {folder} ({one_line(error)}).") from None


def _text(value: Any) -> str:
    """Return a flag or delimiter as text; NIL is empty."""
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value or "")


def _utc(value: datetime | None) -> datetime | None:
    return value.astimezone(UTC) if value and value.tzinfo else None
