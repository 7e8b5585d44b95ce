"""Fetching mails from Gmail in batches that stay small in memory, whatever the mails weigh."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from connectors.files import HEAD
from connectors.gmail_labels import ALL_MAIL, Labels
from connectors.gmail_mailbox import Mailbox
from connectors.gmail_message import decoded, received_at, without_attachments
from connectors.google_batch import MAX_BATCH, slices
from connectors.paging import MAX_BYTES
from domain.sources import RawMessage, Unreadable

_LARGE: Final = MAX_BYTES // MAX_BATCH
"""Bytes; a whole batch of mails up to this size fits into memory, so they are fetched without asking for their size."""

_Json = Mapping[str, Any]


class Fetcher:
    """Fetches mails.

    Attributes:
        unwanted: Mails that were gone, or labelled otherwise, when it came to fetching them.
        unread: Mails that Gmail failed to return.
    """

    def __init__(self, mailbox: Mailbox, labels: Labels, size_limit: int) -> None:
        self._mailbox = mailbox
        self._labels = labels
        self._size_limit = size_limit
        self.unwanted: set[str] = set()
        self.unread: set[str] = set()

    def large(self) -> set[str]:
        """Ask the search for all mails that are not small."""
        return set(self._mailbox.ids(query=f"larger:{min(_LARGE, self._size_limit)}"))

    def listed(self, uids: Iterable[str], large: set[str]) -> Iterator[RawMessage | Unreadable]:
        """Fetch mails of which nothing but the identifier is known, and which of them are large."""
        for some in slices(uids):
            yield from self._whole([uid for uid in some if uid not in large])
            answers = self._mailbox.described(uid for uid in some if uid in large)
            self.unwanted |= answers.absent
            yield from self.unreadable(answers.broken)
            yield from self.measured(answers.found)

    def measured(self, described: Mapping[str, _Json]) -> Iterator[RawMessage | Unreadable]:
        """Fetch mails whose size is known, few large ones at once; of oversized ones what is no attachment."""
        group: list[str] = []
        filled = 0
        for uid, answer in described.items():
            size = int(answer.get("sizeEstimate", 0))
            if size > self._size_limit:
                yield from self._oversized(uid)
                continue
            if group and filled + size > MAX_BYTES:
                yield from self._whole(group)
                group, filled = [], 0
            group.append(uid)
            filled += size
        yield from self._whole(group)

    def unreadable(self, uids: Iterable[str]) -> Iterator[Unreadable]:
        """Note and report what Gmail lists and does not return."""
        for uid in sorted(uids):
            self.unread.add(uid)
            yield Unreadable(folder=ALL_MAIL, uid=uid, reason="Gmail lists this mail but does not return it.")

    def _whole(self, uids: Sequence[str]) -> Iterator[RawMessage | Unreadable]:
        answers = self._mailbox.whole(uids)
        self.unwanted |= answers.absent
        yield from self.unreadable(answers.broken)
        for uid in uids:
            answer = answers.found.pop(uid, None)
            if answer is not None and self._still_wanted(uid, answer):
                yield from self._message(uid, answer)

    def _still_wanted(self, uid: str, answer: _Json) -> bool:
        """Whether it is not in the trash by now; the history will tell the next run."""
        if self._labels.wants(answer.get("labelIds", [])):
            return True
        self.unwanted.add(uid)
        return False

    def _message(self, uid: str, answer: _Json) -> Iterator[RawMessage | Unreadable]:
        try:
            data = decoded(answer["raw"])
        except (KeyError, ValueError):
            yield from self.unreadable([uid])
            return
        yield self._raw(uid, answer, data[:HEAD] if len(data) > self._size_limit else data, size=len(data))

    def _oversized(self, uid: str) -> Iterator[RawMessage | Unreadable]:
        answers = self._mailbox.parts(uid)
        self.unwanted |= answers.absent
        yield from self.unreadable(answers.broken)
        answer = answers.found.get(uid)
        if answer is None or not self._still_wanted(uid, answer):
            return
        try:
            data = without_attachments(answer["payload"])
        except (KeyError, ValueError, TypeError, AttributeError):
            yield from self.unreadable([uid])
            return
        yield self._raw(uid, answer, data[:HEAD], size=max(int(answer.get("sizeEstimate", 0)), self._size_limit + 1))

    def _raw(self, uid: str, answer: _Json, data: bytes, *, size: int) -> RawMessage:
        return RawMessage(
            folder=ALL_MAIL,
            uid=uid,
            data=data,
            received_at=received_at(answer),
            size=size,
            truncated=size > self._size_limit,
            imap_flags=self._labels.named(answer.get("labelIds", [])),
            provider_thread=str(answer.get("threadId") or ""),
        )
