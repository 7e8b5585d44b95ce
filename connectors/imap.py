"""Mail on an IMAP server (RFC 9051 and 3501), read without leaving a trace."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Self

from connectors.files import HEAD
from connectors.folder_choice import ALL_BUT_UNWANTED, FolderChoice
from connectors.imap_login import Login, credentials_of
from connectors.imap_session import Envelope, FolderRefused, FolderState, ImapSession, RemoteFolder, session
from connectors.options import DEFAULT_SIZE_LIMIT, check_security, required, size_limit_of
from connectors.paging import MAX_BYTES, MAX_ITEMS
from domain.sources import Cursor, Held, Listing, Page, RawMessage, Unreadable

_WINDOW = 500  # envelopes asked for at once; their UIDs fit a command line of 8 KB (RFC 7162, section 4)
_PORTS = {"tls": 993, "starttls": 143, "none": 143}


@dataclass(slots=True, kw_only=True)
class ImapSource:
    """The folders of one IMAP login.

    The UID is ``uidvalidity:uid``. A server that can no longer keep its UIDs starts a new epoch: then every message is
    handed out again under its new UID, the store recognises it by its Message-ID, and the listing at the end removes
    the UIDs of the old epoch. So a new epoch costs a full read, but loses and doubles nothing, and the cursor need not
    expire.

    The cursor keeps for each folder ``uidvalidity``, ``uidnext`` (first UID not handed out yet) and ``unread`` (UIDs
    the server failed to return, which are tried again). Folders come INBOX first, then by name; items by UID.
    """

    name: str
    login: Login = field(repr=False)
    folders: FolderChoice = ALL_BUT_UNWANTED
    size_limit: int = DEFAULT_SIZE_LIMIT

    @classmethod
    def from_options(cls, name: str, options: Mapping[str, Any], secret: str | None = None) -> Self:
        """Make the source from its configuration.

        Reads ``host``, ``port``, ``username``, ``security``, ``folders`` and ``size_limit``; ``auth`` = ``xoauth2``
        with ``provider`` (``google``, ``microsoft``) and ``credentials`` to sign in with OAuth.

        Raises:
            ConfigError: Something is missing, or would send the password in the clear.
        """
        host = str(required(options, "host", source=name))
        username = str(required(options, "username", source=name))
        security = str(options.get("security") or "tls")
        check_security(security, host, what=f"Source {name}")
        port = int(options.get("port") or _PORTS[security])
        return cls(
            name=name,
            login=Login(
                host=host, port=port, username=username, security=security, **credentials_of(name, options, secret)
            ),
            folders=FolderChoice.from_options(options),
            size_limit=size_limit_of(options),
        )

    def changes(self, cursor: Cursor, held: Held) -> Iterator[Page]:
        """Yield new messages folder by folder over one connection.

        Raises:
            SourceError: As the protocol says; what was yielded before stays valid.
        """
        marks: dict[str, Any] = dict(cursor.get("folders", {}))
        with session(self.login, source=self.name) as server:
            present = server.folders()
            readers = [
                _FolderReader(server, remote.name, self.size_limit, marks) for remote in present if self._wants(remote)
            ]
            expected = sum(reader.survey() for reader in readers)
            for reader in readers:
                for page in reader.pages(held(reader.folder)):
                    yield replace(page, expected=expected)
        gone = sorted(set(marks) - {remote.name for remote in present})
        left = {folder: mark for folder, mark in marks.items() if folder not in gone}
        empty = tuple(Listing(folder=folder, server_count=0, uids=frozenset()) for folder in gone)
        yield Page(items=(), next_cursor={"folders": left}, listings=empty, expected=expected)

    def check(self) -> str:
        """Sign in and count folders and messages."""
        with session(self.login, source=self.name) as server:
            states = [server.state(remote.name) for remote in filter(self._wants, server.folders())]
        mails = sum(state.count for state in states)
        return f"{self.login.username} at {self.login.host} holds {mails} mails in {len(states)} folders."

    def _wants(self, remote: RemoteFolder) -> bool:
        return self.folders.wants(remote.name, delimiter=remote.delimiter, special_use=remote.attributes)


class _FolderReader:
    """Reads one folder and moves its mark in the cursor as pages go out."""

    def __init__(self, server: ImapSession, folder: str, size_limit: int, marks: dict[str, Any]) -> None:
        self.folder = folder
        self._server = server
        self._size_limit = size_limit
        self._marks = marks
        self._state: FolderState | None = None
        self._refusal = ""

    def survey(self) -> int:
        """Ask for the folder's state; return how many messages it will hand out at most."""
        try:
            self._state = self._server.state(self.folder)
        except FolderRefused as error:
            self._refusal = str(error)
            return 0
        self._begin(self._state)
        first: int = self._mark["uidnext"]
        return max(0, min(self._state.count, self._state.uidnext - first))

    def pages(self, known: Mapping[str, str]) -> Iterator[Page]:
        """Yield what is new, then the listing; a folder that refuses is one unreadable item."""
        state, seen = self._state, set(known)
        if state is None:
            yield self._page([Unreadable(folder=self.folder, uid="", reason=self._refusal)])
            return
        try:
            if self._mark["uidnext"] < state.uidnext or self._mark["unread"] or len(seen) != state.count:
                state = self._server.examine(self.folder)
                self._begin(state)
                yield from self._new_pages(state, seen)
                self._move(uidnext=max(self._mark["uidnext"], state.uidnext))
            yield self._page((), (self._listing(state, seen),))
        except FolderRefused as error:
            yield self._page([Unreadable(folder=self.folder, uid="", reason=str(error))])

    @property
    def _mark(self) -> Mapping[str, Any]:
        mark: Mapping[str, Any] = self._marks[self.folder]
        return mark

    def _begin(self, state: FolderState) -> None:
        """Start from the first message where the folder is new or its UIDs began a new epoch."""
        if self._marks.get(self.folder, {}).get("uidvalidity") != state.uidvalidity:
            self._marks[self.folder] = {"uidvalidity": state.uidvalidity, "uidnext": 1, "unread": []}

    def _move(self, **changes: Any) -> None:
        """Replace the mark; cursors already handed out keep the old one."""
        self._marks[self.folder] = {**self._mark, **changes}

    def _page(self, items: Sequence[RawMessage | Unreadable], listings: tuple[Listing, ...] = ()) -> Page:
        return Page(items=tuple(items), next_cursor={"folders": dict(self._marks)}, listings=listings)

    def _new_pages(self, state: FolderState, seen: set[str]) -> Iterator[Page]:
        """Yield what was not handed out yet, and what the server failed to return last time; add it to ``seen``."""
        first = self._mark["uidnext"]
        new = self._server.uids(first, state) if first < state.uidnext else []
        todo = [*self._mark["unread"], *new]
        for start in range(0, len(todo), _WINDOW):
            window = todo[start : start + _WINDOW]
            envelopes = self._server.envelopes(window)
            # Noted as unread before the cursor passes them.
            missing = self._account_for(window, {envelope.uid for envelope in envelopes})
            seen.update(item.uid for item in missing)
            if missing:
                yield self._page(missing)
            for batch in _batches(envelopes, self._size_limit):
                items = self._items(batch)
                seen.update(item.uid for item in items)
                self._move(uidnext=max(self._mark["uidnext"], batch[-1].uid + 1))
                yield self._page(items)

    def _items(self, batch: Sequence[Envelope]) -> list[RawMessage | Unreadable]:
        """Fetch the bodies of one batch, of oversized messages only the beginning."""
        data = self._server.bodies([envelope.uid for envelope in batch if envelope.size <= self._size_limit])
        for envelope in batch:
            if envelope.size > self._size_limit:
                data.update(self._server.head(envelope.uid))
        # An empty answer for a message that has a size is no answer.
        fetched = [
            envelope for envelope in batch if data.get(envelope.uid) or (envelope.uid in data and not envelope.size)
        ]
        missing = self._account_for([envelope.uid for envelope in batch], {envelope.uid for envelope in fetched})
        return [*(self._message(envelope, data[envelope.uid]) for envelope in fetched), *missing]

    def _message(self, envelope: Envelope, data: bytes) -> RawMessage:
        oversized = envelope.size > self._size_limit
        return RawMessage(
            folder=self.folder,
            uid=self._uid(envelope.uid),
            data=data,
            received_at=envelope.received_at,
            # Some servers state a size that differs a little from what they send; what came whole is not truncated.
            size=max(envelope.size, len(data)) if oversized else len(data),
            truncated=oversized and envelope.size > len(data),
            imap_flags=envelope.flags,
        )

    def _account_for(self, asked: Sequence[int], returned: set[int]) -> list[Unreadable]:
        """Note in the mark, and report, what the server did not return although it still lists it."""
        absent = [uid for uid in asked if uid not in returned]
        kept = sorted(self._server.existing(absent))
        self._move(unread=sorted((set(self._mark["unread"]) - set(asked)) | set(kept)))
        reason = "The server lists this message but does not return it."
        return [Unreadable(folder=self.folder, uid=self._uid(uid), reason=reason) for uid in kept]

    def _listing(self, state: FolderState, seen: set[str]) -> Listing:
        """Prove coverage: by the count alone if it is what is held and was handed out, else by all UIDs."""
        if len(seen) == state.count:
            return Listing(folder=self.folder, server_count=state.count)
        uids = frozenset(map(self._uid, self._server.uids(1, state)))
        return Listing(folder=self.folder, server_count=len(uids), uids=uids)

    def _uid(self, uid: int) -> str:
        return f"{self._mark['uidvalidity']}:{uid}"


def _batches(envelopes: Sequence[Envelope], size_limit: int) -> Iterator[list[Envelope]]:
    """Cut a row of messages into what is fetched at once."""
    batch: list[Envelope] = []
    filled = 0
    for envelope in envelopes:
        weight = envelope.size if envelope.size <= size_limit else HEAD
        if batch and (len(batch) == MAX_ITEMS or filled + weight > MAX_BYTES):
            yield batch
            batch, filled = [], 0
        batch.append(envelope)
        filled += weight
    if batch:
        yield batch
