"""Mail in mbox files: one file, or a folder of them with its subfolders."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any, BinaryIO, ClassVar, Final, Self

from connectors.files import Found, Tree, existing, reason_of, regular_files, single_file
from connectors.folder_choice import ALL_BUT_UNWANTED, FolderChoice
from connectors.mbox_split import MboxMail, same_instant, split
from connectors.options import DEFAULT_SIZE_LIMIT, path_of, size_limit_of
from connectors.paging import batches
from domain.sources import Cursor, Held, Listing, Page, RawMessage, Unreadable

_HEAD: Final = 65_536
_DATE: Final = re.compile(rb"^date:[ \t]*(.{1,100})$", re.IGNORECASE | re.MULTILINE)


@dataclass(slots=True, kw_only=True)
class MboxSource:
    """Files in mbox format, one folder each, named by the path without ``.mbox``.

    Files ending in ``.mbox`` count, and files without extension that begin like one. An mbox has no identities of its
    own, so the UID is the content's hash and its ordinal among identical copies: it survives appending, deleting and
    compacting. Whether the times of ``From `` lines tell anything depends on all of them, so the ETAG says what was
    believed: a mail taken in before a second instant showed is handed out again. The cursor keeps size and modification
    time of every file that was read to its end, so that an unchanged file is not read again. Folders come by name,
    items in file order.
    """

    OPTIONS: ClassVar = ("folders",)

    name: str
    path: Path
    folders: FolderChoice = ALL_BUT_UNWANTED
    size_limit: int = DEFAULT_SIZE_LIMIT

    @classmethod
    def from_options(cls, name: str, options: Mapping[str, Any], secret: str | None = None) -> Self:  # noqa: ARG003 - files need none
        """Make the source from its configuration: ``path``, ``folders`` (for a folder of files), ``size_limit``."""
        return cls(
            name=name,
            path=path_of(options, source=name),
            folders=FolderChoice.from_options(options),
            size_limit=size_limit_of(options),
        )

    def changes(self, cursor: Cursor, held: Held) -> Iterator[Page]:
        """Yield the mails of new and changed files that are not held yet."""
        tree = self._tree()
        present = _by_folder(tree)
        done: dict[str, Any] = dict(cursor.get("files", {}))
        for folder, found in present.items():
            if not self._wants(folder):
                continue
            before = done.get(folder)
            if before and before["etag"] == found.etag:
                unchanged = Listing(folder=folder, server_count=before["count"])
                yield Page(items=(), next_cursor={"files": dict(done)}, listings=(unchanged,))
            else:
                yield from self._file_pages(folder, found, held(folder), done)
        yield self._farewell(tree, present, done)

    def check(self) -> str:
        """Count the files; their mails are not counted, that would mean reading them."""
        files = [found for folder, found in _by_folder(self._tree()).items() if self._wants(folder)]
        megabytes = sum(found.stat.st_size for found in files) / 1e6
        return f"{self.path} holds {len(files)} mbox files, {megabytes:.1f} MB in all."

    def _tree(self) -> Tree:
        path = existing(self.path, source=self.name)
        return single_file(path) if path.is_file() else regular_files(path, _may_be_mbox)

    def _wants(self, folder: str) -> bool:
        return self.path.is_file() or self.folders.wants(folder)

    def _file_pages(self, folder: str, found: Found, known: Mapping[str, str], done: dict[str, Any]) -> Iterator[Page]:
        """Yield one file's mails; note it in ``done`` once it was read to its end."""
        uids: set[str] = set()
        trouble: list[Unreadable] = []
        for items in batches(self._items(folder, found, known, uids, trouble)):
            yield Page(items=items, next_cursor={"files": dict(done)})
        if trouble:
            yield Page(items=tuple(trouble), next_cursor={"files": dict(done)})
            return
        done[folder] = {"etag": found.etag if found.settled else "", "count": len(uids)}
        listing = Listing(folder=folder, server_count=len(uids), uids=frozenset(uids))
        yield Page(items=(), next_cursor={"files": dict(done)}, listings=(listing,))

    def _items(
        self, folder: str, found: Found, known: Mapping[str, str], uids: set[str], trouble: list[Unreadable]
    ) -> Iterator[RawMessage]:
        """Yield the mails that are not held; collect all UIDs, and what kept the file from being read to its end."""
        try:
            with found.path.open("rb") as file:
                for message in self._messages(folder, file):
                    uids.add(message.uid)
                    if known.get(message.uid) != message.etag:
                        yield message
        except OSError as error:
            reason = f"The file {found.name} cannot be read: {reason_of(error)}."
            trouble.append(Unreadable(folder=folder, uid="", reason=reason))
            return
        if not uids and found.stat.st_size:
            reason = f'The file {found.name} is no mbox: no line in it begins a mail with "From ".'
            trouble.append(Unreadable(folder=folder, uid="", reason=reason))

    def _messages(self, folder: str, file: BinaryIO) -> Iterator[RawMessage]:
        exported = same_instant(file)
        file.seek(0)
        copies: Counter[str] = Counter()
        for mail in split(file, size_limit=self.size_limit):
            copies[mail.digest] += 1
            received_at = None if exported or _repeats_date(mail) else mail.sent_at
            yield RawMessage(
                folder=folder,
                uid=f"{mail.digest[:32]}:{copies[mail.digest]}",
                data=mail.data,
                etag="" if received_at else "undated",
                received_at=received_at,
                size=mail.size,
                truncated=mail.size > len(mail.data),
            )

    def _farewell(self, tree: Tree, present: Mapping[str, Found], done: Mapping[str, Any]) -> Page:
        """Return the last page: folders whose file is gone, and what of the tree could not be looked at."""
        refused = {_folder_name(name): reason for name, reason in tree.unreadable.items()}
        gone = sorted(set(done) - set(present) - set(refused)) if tree.complete else []
        return Page(
            items=tuple(Unreadable(folder=folder, uid="", reason=reason) for folder, reason in refused.items()),
            next_cursor={"files": {folder: state for folder, state in done.items() if folder not in gone}},
            listings=tuple(Listing(folder=folder, server_count=0, uids=frozenset()) for folder in gone),
        )


def _repeats_date(mail: MboxMail) -> bool:
    """Whether the separator is the wall clock of the Date header without its zone, as archives of lists write it.

    Taken for an instant it would put answers before questions, by as many hours as their writers' zones are apart.
    """
    head, _, _ = mail.data[:_HEAD].replace(b"\r\n", b"\n").partition(b"\n\n")
    written = _DATE.search(head)
    if mail.sent_at is None or written is None:
        return False
    try:
        date = parsedate_to_datetime(written[1].decode("ascii", "replace"))
    except ValueError:
        return False
    return date.replace(tzinfo=None) == mail.sent_at.replace(tzinfo=None)


def _may_be_mbox(name: str) -> bool:
    """Judge a file by its name alone: ``Inbox.mbox``, ``Inbox`` and even ``.mbox``, but not ``Inbox.msf``."""
    return name.lower().endswith(".mbox") or "." not in name


def _by_folder(tree: Tree) -> dict[str, Found]:
    """Name the folders; where ``Sent`` and ``Sent.mbox`` lie side by side, the latter keeps its extension."""
    names = {found.name for found in tree.files}
    folders: dict[str, Found] = {}
    for found in tree.files:
        if "." in found.path.name or _begins_like_mbox(found.path):
            short = _folder_name(found.name)
            folders[found.name if short in names else short] = found
    return dict(sorted(folders.items()))


def _folder_name(name: str) -> str:
    """Return the path without ``.mbox``, and without the ``.sbd`` of Thunderbird's subfolders."""
    *above, last = name.replace(".sbd/", "/").split("/")
    return "/".join([*above, last[: -len(".mbox")] if last.lower().endswith(".mbox") and last[0] != "." else last])


def _begins_like_mbox(path: Path) -> bool:
    """Look into a file without extension; one that cannot be opened is kept, to be reported when it is read."""
    try:
        with path.open("rb") as file:
            return file.read(5) == b"From "
    except OSError:
        return True
