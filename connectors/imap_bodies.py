"""Fetching the bytes of many messages over a few connections, handed out in the order asked."""

from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from queue import SimpleQueue

from imapclient.exceptions import IMAPClientError

from connectors.files import HEAD
from connectors.imap_answers import Fetched
from connectors.imap_oversized import reduced
from connectors.imap_session import ImapSession
from connectors.paging import MAX_BYTES, MAX_ITEMS
from domain.errors import SourceError

WORTH_IT = 400
"""Messages; for fewer, more connections cost more than they bring."""

Batch = Sequence[Fetched]


class Bodies:
    """Fetches batches: over the connection at hand, or ahead of the reader over connections of its own.

    Servers limit how many connections a user may have; those they refuse are done without.
    """

    def __init__(self, server: ImapSession, more: Callable[[], ImapSession], *, connections: int, limit: int) -> None:
        self._server = server
        self._more = more
        self._limit = limit
        self._connections = connections
        self._open: list[ImapSession] | None = None
        self._executor: ThreadPoolExecutor | None = None

    def fetch(
        self, folder: str, batches: Iterable[Batch], *, expected: int, known: Collection[int]
    ) -> Iterator[tuple[Batch, dict[int, bytes]]]:
        """Yield each batch with the bytes by UID; a message the server does not return is absent.

        Args:
            folder: The folder that is open.
            batches: Drawn from as results are taken, a few ahead.
            expected: About how many messages that will be.
            known: UIDs whose bytes are not needed.
        """
        sessions = self._sessions() if expected >= WORTH_IT and self._connections > 1 else []
        if not sessions:
            for batch in batches:
                yield batch, self._fetched(self._server, batch, known)
            return
        free: SimpleQueue[ImapSession] = SimpleQueue()
        for one in sessions:
            free.put(one)

        def work(batch: Batch) -> dict[int, bytes]:
            server = free.get()
            try:
                server.open(folder)
                return self._fetched(server, batch, known)
            finally:
                free.put(server)

        yield from self._ahead(work, batches, len(sessions))

    def _ahead(
        self, work: Callable[[Batch], dict[int, bytes]], batches: Iterable[Batch], width: int
    ) -> Iterator[tuple[Batch, dict[int, bytes]]]:
        """Keep every connection busy with a batch, and one more waiting for the reader."""
        self._executor = self._executor or ThreadPoolExecutor(width, thread_name_prefix="imap")
        waiting: deque[tuple[Batch, Future[dict[int, bytes]]]] = deque()
        for batch in batches:
            waiting.append((batch, self._executor.submit(work, batch)))
            if len(waiting) > width:
                done, future = waiting.popleft()
                yield done, future.result()
        for done, future in waiting:
            yield done, future.result()

    def close(self, *, politely: bool) -> None:
        """End the additional connections and wait for their threads."""
        for server in self._open or ():
            if politely:
                server.sign_out()
            else:
                server.hang_up()
        if self._executor:
            self._executor.shutdown(wait=True, cancel_futures=True)

    def _sessions(self) -> list[ImapSession]:
        """Open the additional connections at the first need, as many as the server allows."""
        if self._open is None:
            self._open = []
            for _ in range(self._connections):
                try:
                    self._open.append(self._more())
                except (SourceError, OSError, IMAPClientError):
                    break
        return self._open

    def _fetched(self, server: ImapSession, batch: Batch, known: Collection[int]) -> dict[int, bytes]:
        wanted = [one for one in batch if one.uid not in known and one.size is not None]
        found = server.bodies([one.uid for one in wanted if (one.size or 0) <= self._limit])
        for one in wanted:
            if (one.size or 0) > self._limit and (data := reduced(server, one.uid)):
                found[one.uid] = data
        return found


def batched(envelopes: Iterable[Fetched], limit: int) -> Iterator[list[Fetched]]:
    """Cut a row of messages into what is fetched at once: a page's worth."""
    batch: list[Fetched] = []
    filled = 0
    for one in envelopes:
        size = one.size or 0
        weight = size if size <= limit else HEAD
        if batch and (len(batch) == MAX_ITEMS or filled + weight > MAX_BYTES):
            yield batch
            batch, filled = [], 0
        batch.append(one)
        filled += weight
    if batch:
        yield batch
