"""Mail on an IMAP server (RFC 9051 and 3501), read without leaving a trace."""

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, Self

from connectors.folder_choice import ALL_BUT_UNWANTED, FolderChoice
from connectors.imap_bodies import Bodies
from connectors.imap_folder import FolderReader
from connectors.imap_idle import watch
from connectors.imap_login import Login, credentials_of
from connectors.imap_session import FolderRefused, ImapSession, RemoteFolder, opened, session
from connectors.options import DEFAULT_SIZE_LIMIT, check_security, required, size_limit_of
from domain.sources import Cursor, Held, Listing, Page, Unreadable

_PORTS = {"tls": 993, "starttls": 143, "none": 143}
_FRESH = 30.0  # seconds of reading old mail after which new mail is looked for


@dataclass(slots=True, kw_only=True)
class ImapSource:
    """The folders of one IMAP login.

    The UID is ``uidvalidity:uid``. A server that can no longer keep its UIDs starts a new epoch: then every message is
    handed out again under its new UID, the store recognises it by its Message-ID and words, and the listing at the end
    removes the UIDs of the old epoch. So a new epoch costs a full read, but loses and doubles nothing, and the cursor
    need not expire.

    The cursor keeps a mark for each folder (``connectors.imap_folder.Mark``). What is new in any folder comes first;
    older mail follows, newest first, folder by folder, INBOX before the others; every half minute new mail is looked
    for in between.

    Attributes:
        connections: How many are opened for bodies, beside the one that asks, where there is much to fetch.
        compress: Whether to compress (RFC 4978); None: towards other machines.
        clock: Seconds that only go up.
    """

    name: str
    login: Login = field(repr=False)
    folders: FolderChoice = ALL_BUT_UNWANTED
    size_limit: int = DEFAULT_SIZE_LIMIT
    connections: int = 2
    compress: bool | None = None
    clock: Callable[[], float] = time.monotonic

    @classmethod
    def from_options(cls, name: str, options: Mapping[str, Any], secret: str | None = None) -> Self:
        """Make the source from its configuration.

        Reads ``host``, ``port``, ``username``, ``security``, ``folders``, ``size_limit`` and ``connections``;
        ``auth`` = ``xoauth2`` with ``provider`` (``google``, ``microsoft``) and ``credentials`` to sign in with OAuth.

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
            connections=int(options.get("connections") or 2),
        )

    def changes(self, cursor: Cursor, held: Held) -> Iterator[Page]:
        """Yield what is new, then what is older.

        Raises:
            SourceError: As the protocol says; what was yielded before stays valid.
        """
        marks: dict[str, Any] = dict(cursor.get("folders", {}))
        with session(self.login, source=self.name, compress=self.compress) as server:
            present = server.folders()
            with self._bodies(server) as bodies:
                readers = {
                    remote.name: FolderReader(server, remote.name, marks, bodies, limit=self.size_limit, held=held)
                    for remote in present
                    if self._wants(remote)
                }
                yield from self._pages(server, readers, marks)
        gone = sorted(set(marks) - {remote.name for remote in present})
        left = {folder: mark for folder, mark in marks.items() if folder not in gone}
        empty = tuple(Listing(folder=folder, server_count=0, uids=frozenset()) for folder in gone)
        yield Page(items=(), next_cursor={"folders": left}, listings=empty)

    def check(self) -> str:
        """Sign in and count folders and messages."""
        with session(self.login, source=self.name) as server:
            states = server.states([remote.name for remote in server.folders() if self._wants(remote)])
        mails = sum(state.count for state in states if not isinstance(state, FolderRefused))
        return f"{self.login.username} at {self.login.host} holds {mails} mails in {len(states)} folders."

    def watch(self, stop: threading.Event) -> Iterator[None]:
        """Yield whenever something happens in INBOX (RFC 2177), until ``stop`` is set.

        Raises:
            SourceError: As for ``changes``; or the server does not offer it.
        """
        return watch(self.login, source=self.name, stop=stop)

    def _pages(
        self, server: ImapSession, readers: Mapping[str, FolderReader], marks: Mapping[str, Any]
    ) -> Iterator[Page]:
        """Read all folders: what is new, then what is older, with a look for new mail now and then."""
        expected = 0
        for page in self._recent(server, readers, marks):
            expected = max(expected, page.expected or 0)
            yield page
        while behind := [reader for reader in readers.values() if reader.behind]:
            for page in _unless_refused(behind[0], behind[0].older(self._for_a_while()), marks):
                expected = max(expected, page.expected or 0)
                yield replace(page, expected=expected)
            if behind[0].behind:
                yield from self._recent(server, readers, marks)

    def _recent(
        self, server: ImapSession, readers: Mapping[str, FolderReader], marks: Mapping[str, Any]
    ) -> Iterator[Page]:
        """Yield what changed and what is new in all folders; folders where nothing happened are proven in one page."""
        states = dict(zip(readers, server.states(list(readers)), strict=True))
        quiet: list[Listing] = []
        busy: list[FolderReader] = []
        expected = 0
        for folder, state in states.items():
            if isinstance(state, FolderRefused):
                yield _refusal(folder, state, marks)
            elif readers[folder].quiet(state):
                quiet.append(readers[folder].listing())
            else:
                expected += readers[folder].expected(state)
                busy.append(readers[folder])
        if quiet:
            yield Page(items=(), next_cursor={"folders": dict(marks)}, listings=tuple(quiet), expected=expected)
        for reader in busy:
            for page in _unless_refused(reader, reader.recent(), marks):
                yield replace(page, expected=expected)

    def _for_a_while(self) -> Callable[[], bool]:
        until = self.clock() + _FRESH
        return lambda: self.clock() < until

    @contextmanager
    def _bodies(self, server: ImapSession) -> Iterator[Bodies]:
        bodies = Bodies(
            server,
            lambda: opened(self.login, self.name, compress=self.compress),
            connections=self.connections,
            limit=self.size_limit,
        )
        try:
            yield bodies
        except BaseException:
            bodies.close(politely=False)
            raise
        bodies.close(politely=True)

    def _wants(self, remote: RemoteFolder) -> bool:
        return self.folders.wants(remote.name, delimiter=remote.delimiter, special_use=remote.attributes)


def _unless_refused(reader: FolderReader, pages: Iterable[Page], marks: Mapping[str, Any]) -> Iterator[Page]:
    try:
        yield from pages
    except FolderRefused as error:
        yield _refusal(reader.folder, error, marks)


def _refusal(folder: str, error: FolderRefused, marks: Mapping[str, Any]) -> Page:
    """Return a folder that refuses as one unreadable item."""
    trouble = Unreadable(folder=folder, uid="", reason=str(error))
    return Page(items=(trouble,), next_cursor={"folders": dict(marks)})
