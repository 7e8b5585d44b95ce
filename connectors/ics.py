"""Calendars in iCalendar files: one ``.ics`` file, or a folder of them with its subfolders."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Self

from connectors.files import Found, Tree, existing, read_head, reason_of, regular_files, single_file
from connectors.folder_choice import ALL_BUT_UNWANTED, FolderChoice
from connectors.ics_split import CalendarObject, SplitError, split_calendar
from connectors.options import DEFAULT_SIZE_LIMIT, path_of, size_limit_of
from connectors.paging import batches
from domain.sources import Cursor, Held, Listing, Page, RawEvent, Unreadable


@dataclass(slots=True, kw_only=True)
class IcsSource:
    """Calendar files, one folder each, named by the path below the top.

    An item is a calendar object: every event with one iCalendar UID. Its UID here is file and iCalendar UID, its ETAG
    the content's hash. A file that cannot be split is one item, so that extraction says what is wrong with it. The
    cursor keeps size, modification time and hash of each file. Folders come by name, items in file order.
    """

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
        """Yield the new and changed calendar objects of new and changed files."""
        tree = self._tree()
        present = {found.name: found for found in tree.files}
        done: dict[str, Any] = dict(cursor.get("files", {}))
        for folder, found in present.items():
            if self._wants(folder):
                yield from self._file_pages(found, held, done)
        gone = sorted(set(done) - set(present) - set(tree.unreadable)) if tree.complete else []
        yield Page(
            items=tuple(Unreadable(folder=name, uid="", reason=reason) for name, reason in tree.unreadable.items()),
            next_cursor={"files": {folder: state for folder, state in done.items() if folder not in gone}},
            listings=tuple(Listing(folder=folder, server_count=0, uids=frozenset()) for folder in gone),
        )

    def check(self) -> str:
        """Count the files."""
        files = [found for found in self._tree().files if self._wants(found.name)]
        return f"{self.path} holds {len(files)} calendar files."

    def _tree(self) -> Tree:
        path = existing(self.path, source=self.name)
        return single_file(path) if path.is_file() else regular_files(path, _is_calendar_file)

    def _wants(self, folder: str) -> bool:
        return self.path.is_file() or self.folders.wants(folder)

    def _file_pages(self, found: Found, held: Held, done: dict[str, Any]) -> Iterator[Page]:
        """Yield what changed in one file; note it in ``done`` once all of it was handed out."""
        folder = found.name
        before = done.get(folder, {})
        if before.get("etag") == found.etag:
            unchanged = Listing(folder=folder, server_count=before["count"])
            yield Page(items=(), next_cursor={"files": dict(done)}, listings=(unchanged,))
            return
        try:
            data = self._read(found)
        except FileNotFoundError:
            return
        except OSError as error:
            trouble = Unreadable(folder=folder, uid="", reason=f"The file cannot be read: {reason_of(error)}.")
            yield Page(items=(trouble,), next_cursor={"files": dict(done)})
            return
        digest = sha256(data).hexdigest()
        events = {event.uid: event for event in events_of(folder, data)}
        known = held(folder) if digest != before.get("hash") else {uid: event.etag for uid, event in events.items()}
        fresh = [event for event in events.values() if known.get(event.uid) != event.etag]
        for items in batches(fresh):
            yield Page(items=items, next_cursor={"files": dict(done)})
        done[folder] = {"etag": found.etag if found.settled else "", "hash": digest, "count": len(events)}
        listing = Listing(folder=folder, server_count=len(events), uids=frozenset(events))
        yield Page(items=(), next_cursor={"files": dict(done)}, listings=(listing,))

    def _read(self, found: Found) -> bytes:
        """Return a whole file.

        Raises:
            OSError: It cannot be read, or exceeds the size limit.
        """
        data, size = read_head(found.path, limit=self.size_limit)
        if size > len(data):
            raise OSError(0, f"it has {size:,} bytes, more than `size_limit` of source {self.name}")
        return data


def events_of(folder: str, data: bytes) -> Iterator[RawEvent]:
    """Yield the calendar objects of one file or feed; the same UID in a second VCALENDAR is an item of its own."""
    try:
        objects = split_calendar(data)
    except SplitError:
        objects = [CalendarObject(ical_uid="", data=data)]
    seen: set[str] = set()
    for found in objects:
        uid = f"{folder}/{found.ical_uid}"
        ordinal = 1
        while uid in seen:
            ordinal += 1
            uid = f"{folder}/{found.ical_uid}#{ordinal}"
        seen.add(uid)
        etag = sha256(found.data).hexdigest()[:32]
        yield RawEvent(folder=folder, uid=uid, etag=etag, data=found.data, size=len(found.data))


def _is_calendar_file(name: str) -> bool:
    """Accept ``.ics`` and ``.ical`` in any case, but not the ``._name`` shadows that macOS leaves on foreign disks."""
    return name.lower().endswith((".ics", ".ical")) and not name.startswith("._")
