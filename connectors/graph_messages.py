"""Messages as Microsoft Graph has them: what is told of them, and their bytes."""

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime
from types import TracebackType
from typing import Self

from connectors.graph_access import Missing, Refused
from connectors.graph_http import Body, GraphClient, Json
from domain.sources import RawMessage, Unreadable

TOLD = "receivedDateTime,isRead,isDraft,flag,categories,changeKey,parentFolderId,conversationId"
"""What is asked about every message (``$select``)."""

_FLAGS = ("isRead", "isDraft", "flag", "categories")
_WORKERS = 3  # Graph answers four requests of one mailbox at a time; one is left for its calendar
_SIZE = "Integer 0x0E08"  # PidTagMessageSize ([MS-OXPROPS] 2.796), the only size Graph tells


class MessageFetcher:
    """Fetches the bytes of messages, a few at a time; a context manager."""

    def __init__(self, client: GraphClient, size_limit: int) -> None:
        self._client = client
        self._size_limit = size_limit
        self._pool = ThreadPoolExecutor(_WORKERS, thread_name_prefix="graph")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self._pool.shutdown(cancel_futures=True)

    def messages(self, folder: str, told: Iterable[Json]) -> Iterator[RawMessage | Unreadable | Missing]:
        """Yield one message for every one told of, in that order; for one that is gone meanwhile, that it is.

        Args:
            folder: Its name.
            told: What Graph told of each.
        """
        # No more bodies than workers are under way, so that memory stays bounded.
        waiting: deque[Future[RawMessage | Unreadable | Missing]] = deque()
        for entry in told:
            waiting.append(self._pool.submit(self._message, folder, entry))
            if len(waiting) > _WORKERS:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()

    def told(self, uid: str) -> Json:
        """Ask about one message.

        Raises:
            Missing: It is gone.
        """
        return self._client.get(f"messages/{uid}", {"$select": TOLD})

    def _message(self, folder: str, entry: Json) -> RawMessage | Unreadable | Missing:
        uid = str(entry["id"])
        try:
            if "receivedDateTime" not in entry or not knows_flags(entry):
                entry = self.told(uid)
            body = self._client.content(f"messages/{uid}/$value", limit=self._size_limit)
            size = len(body.data) if body.whole else self._size(uid, body)
        except Missing as gone:
            return gone
        except Refused as refused:
            return Unreadable(folder=folder, uid=uid, reason=str(refused))
        return RawMessage(
            folder=folder,
            uid=uid,
            etag=etag_of(entry),
            data=body.data,
            received_at=_instant(entry.get("receivedDateTime")),
            size=size,
            truncated=not body.whole,
            imap_flags=flags_of(entry),
            provider_thread=str(entry.get("conversationId") or ""),
        )

    def _size(self, uid: str, body: Body) -> int:
        """Size of a mail of which only the beginning was read, as well as the server knows it."""
        least = self._size_limit + 1
        if body.size is not None:
            return max(body.size, least)
        expand = f"singleValueExtendedProperties($filter=id eq '{_SIZE}')"
        answer = self._client.get(f"messages/{uid}", {"$select": "id", "$expand": expand})
        stated = [str(entry.get("value")) for entry in answer.get("singleValueExtendedProperties") or ()]
        return max([least, *(int(size) for size in stated if size.isdecimal())])


def knows_flags(entry: Json) -> bool:
    """Whether all flags are told: of a change Graph need not tell more than what changed."""
    return all(name in entry for name in _FLAGS)


def etag_of(entry: Json) -> str:
    """What changes with the content: only a draft is still being written."""
    return str(entry.get("changeKey") or "draft") if entry.get("isDraft") else ""


def flags_of(entry: Json) -> tuple[str, ...]:
    r"""Return the state of a message in IMAP's words (RFC 9051, 2.3.2), and its categories as they are called."""
    flagged = (entry.get("flag") or {}).get("flagStatus") == "flagged"
    states = (("\\Seen", entry.get("isRead")), ("\\Draft", entry.get("isDraft")), ("\\Flagged", flagged))
    return (*(flag for flag, is_set in states if is_set), *map(str, entry.get("categories") or ()))


def _instant(value: object) -> datetime | None:
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
