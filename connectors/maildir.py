"""Mail in Maildir folders: one file a message, as Dovecot, Courier, mbsync and many clients keep it."""

import os
import re
from collections.abc import Generator, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar, Self

from connectors.files import existing, read_head, reason_of, shown
from connectors.folder_choice import ALL_BUT_UNWANTED, FolderChoice
from connectors.options import DEFAULT_SIZE_LIMIT, path_of, size_limit_of
from connectors.paging import batches
from domain.errors import SourceUnreachable
from domain.sources import Cursor, Held, Listing, Page, RawMessage, Unreadable

# What follows the unique name: flags, behind ":" or what file systems without colons get instead.
_INFO = re.compile(r"[:;!]2,.*$", re.DOTALL)
_DELIVERY_TIME = re.compile(r"(\d{9,10})\.")
_EARLIEST, _LATEST = 315_532_800, 4_102_444_800  # 1980 and 2100: outside, the digits are no time
_MAIL_PARTS = ("new", "cur")


@dataclass(slots=True, kw_only=True)
class MaildirSource:
    """A Maildir with its subfolders, as Maildir++ (``.Sub.Folder``) or as plain nested folders.

    The UID is the unique part of the file name, so that neither a flag nor the move from ``new`` to ``cur`` is a
    change. Folders come INBOX first, then by name; items by UID, which is by delivery.
    """

    OPTIONS: ClassVar = ("folders",)

    name: str
    path: Path
    folders: FolderChoice = ALL_BUT_UNWANTED
    size_limit: int = DEFAULT_SIZE_LIMIT

    @classmethod
    def from_options(cls, name: str, options: Mapping[str, Any], secret: str | None = None) -> Self:  # noqa: ARG003 - files need none
        """Make the source from its configuration: ``path``, ``folders``, ``size_limit``."""
        return cls(
            name=name,
            path=path_of(options, source=name),
            folders=FolderChoice.from_options(options),
            size_limit=size_limit_of(options),
        )

    def changes(self, cursor: Cursor, held: Held) -> Iterator[Page]:
        """Yield what is not held yet, folder by folder; the cursor remembers the folders, to notice when one goes."""
        present = self._folders()
        before = set(cursor.get("folders", ()))
        after: Cursor = {"folders": sorted(before | set(present))}
        all_listed = True
        for folder, path in present.items():
            if self.folders.wants(folder):
                listed = yield from self._folder_pages(folder, path, held(folder), after)
                all_listed = all_listed and listed
        if all_listed:  # else a folder may only be hidden below one that refused
            gone = sorted(before - set(present))
            empty = tuple(Listing(folder=folder, server_count=0, uids=frozenset()) for folder in gone)
            yield Page(items=(), next_cursor={"folders": sorted(present)}, listings=empty)

    def check(self) -> str:
        """Count folders and mails."""
        wanted = {folder: path for folder, path in self._folders().items() if self.folders.wants(folder)}
        mails = sum(len(_files(path)) for path in wanted.values())
        return f"{self.path} holds {mails} mails in {len(wanted)} folders."

    def _folders(self) -> dict[str, Path]:
        """Return folder names and where they lie.

        Raises:
            SourceUnreachable: There is no Maildir at the path.
        """
        root = existing(self.path, source=self.name)
        try:
            os.scandir(root).close()
        except OSError as error:
            raise SourceUnreachable(
                f"{root} cannot be listed ({reason_of(error)}); check `path` of source {self.name}."
            ) from None
        found = dict(sorted(_maildirs(root), key=lambda entry: (entry[0] != "INBOX", entry[0])))
        if not found:
            raise SourceUnreachable(
                f"{root} is no Maildir (no `cur` folder in it); check `path` of source {self.name}."
            )
        return found

    def _folder_pages(
        self, folder: str, path: Path, known: Mapping[str, str], after: Cursor
    ) -> Generator[Page, None, bool]:
        """Yield the pages of one folder; return whether it could be listed."""
        try:
            files = _files(path)
        except OSError as error:
            trouble = Unreadable(folder=folder, uid="", reason=f"The folder cannot be listed: {reason_of(error)}.")
            yield Page(items=(trouble,), next_cursor=after)
            return False
        uids = set(files)
        fresh = sorted(uids - set(known))
        for items in batches(self._items(folder, path, fresh, files)):
            yield Page(items=items, next_cursor=after)
        uids &= set(files)
        listing = Listing(folder=folder, server_count=len(uids), uids=frozenset(uids))
        yield Page(items=(), next_cursor=after, listings=(listing,))
        return True

    def _items(
        self, folder: str, path: Path, fresh: Iterable[str], files: dict[str, Path]
    ) -> Iterator[RawMessage | Unreadable]:
        """Read the files one by one; drop from ``files`` those that vanished since they were listed."""
        for uid in fresh:
            try:
                item = self._message(folder, uid, files, path)
            except OSError as error:
                yield Unreadable(folder=folder, uid=uid, reason=f"The file cannot be read: {reason_of(error)}.")
            else:
                if item:
                    yield item

    def _message(self, folder: str, uid: str, files: dict[str, Path], path: Path) -> RawMessage | None:
        """Read one mail, or return None if it is gone."""
        for _ in range(2):
            if uid not in files:
                break
            try:
                return self._read(folder, uid, files[uid])
            except FileNotFoundError:
                # Most likely a mail program has just set a flag, which renames the file: look again.
                renamed = _files(path)
                files.update({known: renamed[known] for known in files if known in renamed})
                if uid not in renamed:
                    del files[uid]
        return None

    def _read(self, folder: str, uid: str, file: Path) -> RawMessage:
        data, size = read_head(file, limit=self.size_limit)
        received_at = delivery_time(uid) or datetime.fromtimestamp(file.stat().st_mtime, UTC)
        truncated = size > len(data)
        return RawMessage(folder=folder, uid=uid, data=data, received_at=received_at, size=size, truncated=truncated)


def delivery_time(uid: str) -> datetime | None:
    """Return the delivery time a Maildir file name begins with; None if what is before the first dot is no time."""
    match = _DELIVERY_TIME.match(uid)
    seconds = int(match[1]) if match else 0
    return datetime.fromtimestamp(seconds, UTC) if _EARLIEST <= seconds < _LATEST else None


def decoded(name: str) -> str:
    """Decode the modified UTF-7 of folder names (RFC 9051, appendix A.1); what is none stays as it is."""
    try:
        return re.sub(r"&([^-]*)-", lambda match: _utf7(match[1]) if match[1] else "&", name)
    except UnicodeError:
        return name


def _utf7(encoded: str) -> str:
    """Decode one run between ``&`` and ``-``."""
    return f"+{encoded.replace(',', '/')}-".encode("ascii").decode("utf-7")


def _maildirs(
    root: Path, prefix: str = "", above: frozenset[tuple[int, int]] = frozenset()
) -> Iterator[tuple[str, Path]]:
    """Yield every Maildir at or below ``root`` with its folder name, and what refuses to be listed as if it were one.

    Links to folders are followed, since shared folders are made so, but never back into a folder they lie in.
    """
    try:
        info = root.stat()
        entries = sorted((entry for entry in os.scandir(root) if _is_folder(entry)), key=lambda entry: entry.name)
    except OSError:
        yield prefix or "INBOX", root
        return
    if (info.st_dev, info.st_ino) in above:
        return
    if any(entry.name in _MAIL_PARTS for entry in entries):
        yield prefix or "INBOX", root
    for entry in entries:
        if entry.name not in {*_MAIL_PARTS, "tmp"}:
            own = entry.name[1:].replace(".", "/") if entry.name.startswith(".") else entry.name
            folder = decoded(shown(own))
            below = f"{prefix}/{folder}" if prefix else folder
            yield from _maildirs(root / entry.name, below, above | {(info.st_dev, info.st_ino)})


def _is_folder(entry: os.DirEntry[str]) -> bool:
    """Say whether it is a folder; a link that leads in a circle is none."""
    try:
        return entry.is_dir()
    except OSError:
        return False


def _files(path: Path) -> dict[str, Path]:
    """Return the mail files of one Maildir by UID; ``cur`` wins while a file is being moved out of ``new``."""
    found: dict[str, Path] = {}
    for part in _MAIL_PARTS:
        try:
            entries = list(os.scandir(path / part))
        except FileNotFoundError:
            continue
        for entry in entries:
            # A link is opened and may refuse; anything else that is no file (a pipe would block) is no mail.
            if not entry.name.startswith(".") and (entry.is_symlink() or entry.is_file()):
                found[shown(_INFO.sub("", entry.name))] = path / part / entry.name
    return found
