"""Mail in Gmail, through its API: whole mails in batches, increments from the mailbox's history."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

from connectors.folder_choice import ALL_BUT_UNWANTED, FolderChoice
from connectors.gmail_fetch import Fetcher
from connectors.gmail_labels import ALL_MAIL, Labels
from connectors.gmail_mailbox import Mailbox, Profile
from connectors.google_batch import slices
from connectors.google_source import GoogleSource
from connectors.paging import MAX_ITEMS, batches
from domain.errors import CursorExpired
from domain.sources import Cursor, Deleted, Held, Item, Listing, Page, Reflagged


@dataclass(slots=True, kw_only=True)
class GmailSource(GoogleSource):
    """One mailbox.

    A mail is one item of the one folder ``All Mail``, however many labels it has; its flags are the labels' names. The
    configuration's ``folders`` choose by labels: a mail is read when it has none that is excluded and one that is
    included. Its UID is Gmail's identifier; its content never changes.

    The first run notes where the mailbox's history stands, lists identifiers, newest first, and fetches what is not
    held; so does a run whose cursor is void, because Gmail forgot the history (404, after about a week), labels were
    renamed or the choice is another one. Listing costs one request for 500 mails and a run that was cut off fetches
    nothing twice, so such a run keeps no place in the cursor. Every other run reads the history from where it stood.

    The cursor keeps ``history``; ``address``, ``labels`` and ``choice``, what it was made with; and ``unread``, the
    mails that Gmail lists and fails to return, which are tried again.
    """

    kind: ClassVar[str] = "gmail"
    folders: FolderChoice = ALL_BUT_UNWANTED

    def changes(self, cursor: Cursor, held: Held) -> Iterator[Page]:
        """Yield what is new, gone and labelled otherwise.

        Raises:
            SourceError: As the protocol says; what was yielded before stays valid.
        """
        with self._client() as client:
            mailbox = Mailbox(client)
            profile, labels = mailbox.profile(), mailbox.labels(self.folders)
            run = _Run(mailbox, labels, self.size_limit, held(ALL_MAIL))
            yield from run.pages(cursor, _basis(profile, labels))

    def check(self) -> str:
        """Say whose mailbox it is and count its mails, chosen or not."""
        with self._client(attempts=2) as client:
            profile = Mailbox(client).profile()
        return f"{profile.address} at Gmail holds {profile.total} mails."


def _basis(profile: Profile, labels: Labels) -> Cursor:
    """Return the cursor of a run that begins now."""
    return {
        "history": profile.history,
        "address": profile.address,
        "choice": [list(labels.choice.include), list(labels.choice.exclude)],
        "labels": {label: name for label, name in labels.names.items() if label != name},
        "unread": [],
    }


def _is_void(cursor: Cursor, basis: Cursor, labels: Labels) -> bool:
    """Whether a cursor is of no use: none, of another mailbox or choice, or from before labels were renamed or removed.

    Of the last the history tells nothing, although every mail with such a label changes.
    """
    if any(cursor.get(key) != basis[key] for key in ("address", "choice")):
        return True
    return any(labels.names.get(label) != name for label, name in cursor["labels"].items())


class _Run:
    """One run over a mailbox."""

    def __init__(self, mailbox: Mailbox, labels: Labels, size_limit: int, held: Mapping[str, str]) -> None:
        self._mailbox = mailbox
        self._labels = labels
        self._held = held
        self._fetcher = Fetcher(mailbox, labels, size_limit)

    def pages(self, cursor: Cursor, basis: Cursor) -> Iterator[Page]:
        """Go on from a cursor, or from the start where it is of no use."""
        if _is_void(cursor, basis, self._labels):
            yield from self.full(basis)
            return
        try:
            yield from self.increment(cursor, basis)
        except CursorExpired:
            yield from self.full(basis)

    def full(self, basis: Cursor) -> Iterator[Page]:
        """List everything and fetch what is not held; the listing at the end says what is gone."""
        wanted = self._mailbox.wanted(self._labels)
        missing = [uid for uid in wanted if uid not in self._held]
        large = self._fetcher.large() if missing else set()
        for items in batches(self._fetcher.listed(missing, large)):
            yield Page(items=items, next_cursor={}, expected=len(missing))
        kept = [uid for uid in wanted if uid in self._held]
        for reflagged in slices(self._reflagged(kept), MAX_ITEMS):
            yield Page(items=tuple(reflagged), next_cursor={}, expected=len(missing))
        here = frozenset(wanted) - self._fetcher.unwanted
        listing = Listing(folder=ALL_MAIL, server_count=len(here), uids=here)
        yield Page(items=(), next_cursor=self._cursor(basis), listings=(listing,), expected=len(missing))

    def _reflagged(self, kept: list[str]) -> Iterator[Reflagged]:
        """Ask label by label who has it: a few requests, where asking each mail would be thousands."""
        found: dict[str, list[str]] = {uid: [] for uid in kept}
        for label in self._labels.names if kept else ():
            for uid in self._mailbox.ids(label=label):
                if uid in found:
                    found[uid].append(label)
        for uid, labels in found.items():
            yield Reflagged(folder=ALL_MAIL, uid=uid, imap_flags=self._labels.named(labels))

    def increment(self, cursor: Cursor, basis: Cursor) -> Iterator[Page]:
        """Read the history since the last run, and look at every mail it names.

        Raises:
            CursorExpired: Before anything was handed out.
        """
        changes = self._mailbox.changes(cursor["history"])
        touched = dict.fromkeys((*cursor["unread"], *changes.touched))
        here = {*self._held, *cursor["unread"]}
        for items in batches(self._changed(list(touched), here)):
            yield Page(items=items, next_cursor=cursor, expected=len(touched))
        listing = Listing(folder=ALL_MAIL, server_count=len(here))
        done = self._cursor({**basis, "history": changes.history})
        yield Page(items=(), next_cursor=done, listings=(listing,), expected=len(touched))

    def _changed(self, touched: list[str], here: set[str]) -> Iterator[Item]:
        """Yield what became of mails; keep ``here``, those the source holds, up to date."""
        for uids in slices(touched):
            answers = self._mailbox.described(uids)
            yield from self._fetcher.unreadable(answers.broken - self._held.keys())
            self._fetcher.unread |= answers.broken
            here |= answers.broken
            wanted = {
                uid: answer for uid, answer in answers.found.items() if self._labels.wants(answer.get("labelIds", []))
            }
            for uid in uids:
                if uid in wanted and uid in self._held:
                    flags = self._labels.named(wanted[uid].get("labelIds", []))
                    yield Reflagged(folder=ALL_MAIL, uid=uid, imap_flags=flags)
                elif uid not in wanted and uid not in answers.broken and uid in here:
                    here.discard(uid)
                    yield Deleted(folder=ALL_MAIL, uid=uid)
            new = {uid: answer for uid, answer in wanted.items() if uid not in self._held}
            here.update(new)
            yield from self._fetcher.measured(new)
            here -= self._fetcher.unwanted

    def _cursor(self, basis: Cursor) -> Cursor:
        return {**basis, "unread": sorted(self._fetcher.unread)}
