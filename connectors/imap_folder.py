"""One folder of an IMAP server: what changed, what is new, what is older, and the proof that nothing is missing."""

from bisect import bisect_right
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypedDict, cast

from connectors.imap_answers import Fetched
from connectors.imap_bodies import Batch, Bodies, batched
from connectors.imap_session import FolderState, ImapSession
from connectors.paging import batches
from domain.sources import Deleted, Held, Item, Listing, Page, RawMessage, Reflagged, Unreadable

_WINDOW = 500  # messages whose envelopes are asked for at once
_NOT_RETURNED = "The server lists this message but does not return it."

# A folder that held more than this and is suddenly empty is for the store to judge, by its listing.
_VANISHING = 20


class Mark(TypedDict):
    """Where reading a folder stands; part of the source's cursor.

    Invariant: every message with ``low <= uid < high`` that the server had when the mark was made was handed out or
    stands in ``unread``, and ``count`` says how many those are that have not gone since.

    Keys:
        uidvalidity: Epoch of the UIDs; in another one they mean nothing.
        low: Smallest UID handed out; 1 when there is nothing older.
        high: The first UID that was not there yet.
        modseq: Changes up to here are known (HIGHESTMODSEQ, RFC 7162); 0 where the server counts none.
        count: Messages accounted for.
        unread: UIDs the server lists but does not return; they are tried again.
        relist: The count proves nothing: all UIDs must be compared once.
    """

    uidvalidity: int
    low: int
    high: int
    modseq: int
    count: int
    unread: list[int]
    relist: bool


class FolderReader:
    """Reads one folder and moves its mark in the cursor as pages go out."""

    def __init__(
        self, server: ImapSession, folder: str, marks: dict[str, Any], bodies: Bodies, *, limit: int, held: Held
    ) -> None:
        self.folder = folder
        self._server = server
        self._marks = marks
        self._bodies = bodies
        self._limit = limit
        self._held = held
        # What the store has of a folder without mark, so that it is not fetched again after a cursor was forgotten.
        self._known: Collection[int] = frozenset()

    def expected(self, state: FolderState) -> int:
        """Say about how many messages there are to hand out."""
        mark = self._mark_of(state)
        if mark is None:
            return state.count
        older = max(0, state.count - mark["count"]) if mark["low"] > 1 else 0
        return max(older, min(state.count, max(0, state.uidnext - mark["high"])))

    def quiet(self, state: FolderState) -> bool:
        """Say whether STATUS alone proves that nothing happened since the mark was made."""
        mark = self._mark_of(state)
        return (
            mark is not None
            and not self.behind
            and not mark["unread"]
            and not mark["relist"]
            and state.uidnext <= mark["high"]
            and state.count == mark["count"]
            and state.modseq == mark["modseq"]
        )

    @property
    def behind(self) -> bool:
        """Whether there may be older messages still to read."""
        mark = self._marks.get(self.folder)
        return bool(mark and mark["low"] > 1)

    def listing(self) -> Listing:
        """Return the proof by count."""
        return Listing(folder=self.folder, server_count=self._mark["count"])

    def recent(self) -> Iterator[Page]:
        """Yield what changed and what is new; then, unless older mail is still to come, the listing.

        Raises:
            FolderRefused: The server does not open it.
        """
        state = self._server.examine(self.folder)
        self._begin(state)
        yield from self._changes(state)
        yield from self._arrivals(state)
        yield from self._retries()
        self._move(high=max(self._mark["high"], state.uidnext), modseq=state.modseq)
        if not self.behind:
            yield from self._proof(state)

    def older(self, go_on: Callable[[], bool]) -> Iterator[Page]:
        """Yield older messages, the newest of them first, until none is left or ``go_on`` says no.

        Raises:
            FolderRefused: The server does not open it.
        """
        state = self._server.examine(self.folder)
        top = self._server.numbers_below(self._mark["low"])
        down = _Down(self._server, top, self._mark["low"], go_on)
        for batch, data in self._bodies.fetch(self.folder, batched(down, self._limit), expected=top, known=self._known):
            items, accounted = self._taken(batch, data)
            self._move(low=min(one.uid for one in batch), count=self._mark["count"] + accounted)
            yield replace(self._page(items), expected=top)
        if down.at_bottom:
            self._move(low=1)
            yield from self._proof(state)

    @property
    def _mark(self) -> Mark:
        return cast("Mark", self._marks[self.folder])

    def _mark_of(self, state: FolderState) -> Mark | None:
        """Return the mark if it belongs to this epoch of UIDs."""
        mark = self._marks.get(self.folder)
        return cast("Mark", mark) if mark and mark["uidvalidity"] == state.uidvalidity and "high" in mark else None

    def _begin(self, state: FolderState) -> None:
        """Make a mark where the folder is new or its UIDs began a new epoch: everything is older mail then."""
        if self._mark_of(state) is None:
            self._marks[self.folder] = Mark(
                uidvalidity=state.uidvalidity,
                low=state.uidnext,
                high=state.uidnext,
                modseq=state.modseq,
                count=0,
                unread=[],
                relist=True,
            )
            self._known = frozenset(self._uids_held())

    def _move(self, **changes: Any) -> None:
        """Replace the mark; cursors already handed out keep the old one."""
        self._marks[self.folder] = {**self._mark, **changes}

    def _page(self, items: Sequence[Item], listings: tuple[Listing, ...] = ()) -> Page:
        return Page(items=tuple(items), next_cursor={"folders": dict(self._marks)}, listings=listings)

    def _uids_held(self) -> Iterator[int]:
        """Yield the UIDs of this epoch that the store holds."""
        epoch = f"{self._mark['uidvalidity']}:"
        return (int(uid.removeprefix(epoch)) for uid in self._held(self.folder) if uid.startswith(epoch))

    def _changes(self, state: FolderState) -> Iterator[Page]:
        """Yield new flags and expunged messages where the server counts changes (RFC 7162)."""
        mark = self._mark
        if not state.modseq or not mark["modseq"] or state.modseq == mark["modseq"]:
            return
        went_back = state.modseq < mark["modseq"]  # a restored backup: what it tells is no difference to what we know
        flags, gone = self._server.changed_since(1 if went_back else mark["modseq"], mark["high"])
        self._move(relist=mark["relist"] or went_back)
        items: list[Item] = [
            Reflagged(folder=self.folder, uid=self._uid(uid), imap_flags=told)
            for uid, told in sorted(flags.items())
            if uid >= mark["low"] and uid not in mark["unread"]
        ]
        if gone:
            items += self._expunged(gone, state)
        for some in batches(items):
            lost = sum(isinstance(item, Deleted) for item in some)
            self._move(count=self._mark["count"] - lost)
            yield self._page(some)

    def _expunged(self, gone: Sequence[range], state: FolderState) -> list[Deleted]:
        """Choose those of the expunged UIDs that were ours: the server may name any that ever were."""
        unread = set(self._mark["unread"])
        ours = {*self._uids_held(), *unread}
        spans = sorted((span.start, span.stop) for span in gone)
        starts = [start for start, _ in spans]
        lost = sorted(uid for uid in ours if (n := bisect_right(starts, uid)) and uid < spans[n - 1][1])
        if not state.count and len(lost) == len(ours) > _VANISHING:
            self._move(relist=True)
            return []
        self._move(unread=sorted(unread.difference(lost)))
        return [Deleted(folder=self.folder, uid=self._uid(uid)) for uid in lost]

    def _arrivals(self, state: FolderState) -> Iterator[Page]:
        """Yield the messages that were not there when the mark was made, oldest first."""
        first = self._mark["high"]
        found = sorted(self._since(first, state), key=lambda one: one.uid)
        for batch, data in self._bodies.fetch(
            self.folder, batched(found, self._limit), expected=len(found), known=self._known
        ):
            items, accounted = self._taken(batch, data)
            self._move(high=batch[-1].uid + 1, count=self._mark["count"] + accounted)
            yield self._page(items)

    def _since(self, first: int, state: FolderState) -> Iterator[Fetched]:
        """Yield the envelopes from ``first`` on, in windows from the top down until one reaches below."""
        # There cannot be more new messages than new UIDs: as a rule one small window is enough.
        left, top = state.uidnext - first, state.count
        while left > 0 and top > 0:
            low = max(1, top - min(left, _WINDOW) + 1)
            window = self._server.window(low, top)
            new = [one for one in window if one.uid >= first]
            yield from new
            left = 0 if len(new) < len(window) else left - len(new)
            top = low - 1

    def _retries(self) -> Iterator[Page]:
        """Ask once more for what the server did not return last time."""
        asked = self._mark["unread"]
        if not asked:
            return
        there = sorted(self._server.existing(asked))
        gone = [Deleted(folder=self.folder, uid=self._uid(uid)) for uid in asked if uid not in set(there)]
        self._move(unread=[], count=self._mark["count"] - len(asked))
        if gone:
            yield self._page(gone)
        yield from self._singly(there)

    def _singly(self, uids: Sequence[int]) -> Iterator[Page]:
        """Yield messages by UID that no window of numbers leads to."""
        for start in range(0, len(uids), _WINDOW):
            some = uids[start : start + _WINDOW]
            answered = {one.uid: one for one in self._server.envelopes(some)}
            found = [answered.get(uid) or Fetched(seq=0, uid=uid) for uid in some]
            # The mark must not name fewer as unread than are: all of these go out in one page or none does.
            items: list[Item] = []
            for batch, data in self._bodies.fetch(self.folder, batched(found, self._limit), expected=0, known=()):
                more, accounted = self._taken(batch, data)
                self._move(count=self._mark["count"] + accounted)
                items += more
            yield self._page(items)

    def _proof(self, state: FolderState) -> Iterator[Page]:
        """Prove coverage: by the count alone if it is what was handed out, else by all UIDs."""
        if not self._mark["relist"] and self._mark["count"] == state.count:
            yield self._page((), (self.listing(),))
            return
        uids = [uid for uid in self._server.uids() if uid < self._mark["high"]]
        if len(uids) != self._mark["count"]:
            ours = {*self._uids_held(), *self._mark["unread"]}
            yield from self._singly([uid for uid in uids if uid not in ours])
        self._move(count=len(uids), relist=False)
        every = frozenset(map(self._uid, uids))
        yield self._page((), (Listing(folder=self.folder, server_count=len(uids), uids=every),))

    def _taken(self, batch: Batch, data: Mapping[int, bytes]) -> tuple[list[Item], int]:
        """Return what a batch hands out, and how many of its messages are thereby accounted for."""
        fresh = [one for one in batch if one.uid not in self._known]
        # An empty answer for a message that has a size is no answer.
        got = [one for one in fresh if data.get(one.uid) or (one.uid in data and one.size == 0)]
        messages = [self._message(one, data[one.uid]) for one in got]
        missing = self._missing({one.uid for one in fresh} - {one.uid for one in got})
        return [*messages, *missing], len(batch) - len(fresh) + len(got) + len(missing)

    def _message(self, one: Fetched, data: bytes) -> RawMessage:
        size = one.size or 0
        oversized = size > self._limit
        return RawMessage(
            folder=self.folder,
            uid=self._uid(one.uid),
            data=data,
            received_at=one.received_at,
            # Some servers state a size that differs a little from what they send; what came whole is not truncated.
            size=max(size, len(data)) if oversized else len(data),
            truncated=oversized and size > len(data),
            imap_flags=one.flags or (),
        )

    def _missing(self, uids: Collection[int]) -> list[Unreadable]:
        """Note in the mark, and report, what the server did not return although it still lists it."""
        kept = sorted(self._server.existing(sorted(uids)))
        self._move(unread=sorted({*self._mark["unread"], *kept}))
        return [Unreadable(folder=self.folder, uid=self._uid(uid), reason=_NOT_RETURNED) for uid in kept]

    def _uid(self, uid: int) -> str:
        return f"{self._mark['uidvalidity']}:{uid}"


class _Down:
    """Envelopes of older messages in windows of message numbers from the top down.

    Attributes:
        at_bottom: The first message of the folder was reached.
    """

    def __init__(self, server: ImapSession, top: int, low: int, go_on: Callable[[], bool]) -> None:
        self._server = server
        self._top = top
        self._low = low
        self._go_on = go_on

    @property
    def at_bottom(self) -> bool:
        return self._top <= 0

    def __iter__(self) -> Iterator[Fetched]:
        while not self.at_bottom and self._go_on():
            first = max(1, self._top - _WINDOW + 1)
            window = [one for one in self._server.window(first, self._top) if one.uid < self._low]
            self._top = first - 1
            yield from window
            self._low = min([self._low, *(one.uid for one in window)])
