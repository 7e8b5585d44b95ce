"""Mails as single files: one ``.eml`` file, or a folder of them read with its subfolders."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from connectors.files import Found, Tree, existing, read_head, reason_of, regular_files, single_file
from connectors.options import DEFAULT_SIZE_LIMIT, path_of, size_limit_of
from connectors.paging import batches
from domain.sources import Cursor, Held, Listing, Page, RawMessage, Unreadable


@dataclass(slots=True, kw_only=True)
class EmlSource:
    """A tree of mail files, seen as one folder named like its top.

    The UID is the path below the top, the ETAG size and modification time; both come without opening a file, so that
    only new and changed files are read. Items come sorted by UID. Such a file has no server time: ``received_at`` is
    None (SEMANTICS 6). Files with another extension than ``.eml`` (in any case) are left alone: Apple's ``.emlx`` and
    Outlook's ``.msg`` are other formats.
    """

    name: str
    path: Path
    size_limit: int = DEFAULT_SIZE_LIMIT

    @classmethod
    def from_options(cls, name: str, options: Mapping[str, Any], secret: str | None = None) -> Self:  # noqa: ARG003 - files need none
        """Make the source from its configuration: ``path``, ``size_limit``."""
        return cls(name=name, path=path_of(options, source=name), size_limit=size_limit_of(options))

    def changes(self, cursor: Cursor, held: Held) -> Iterator[Page]:  # noqa: ARG002 - what is held tells enough
        """Yield new and changed files, then the listing; the cursor says only that the tree was read."""
        tree = self._tree()
        folder = self.path.parent.name if self.path.is_file() else self.path.name
        known = held(folder)
        gone: set[str] = set()
        fresh = [found for found in tree.files if known.get(found.name) != found.etag]
        after: Cursor = {"folder": folder}
        for items in batches(self._items(folder, fresh, tree, gone)):
            yield Page(items=items, next_cursor=after, expected=len(fresh))
        listings: tuple[Listing, ...] = ()
        if tree.complete:
            uids = frozenset([*(found.name for found in tree.files), *tree.unreadable]) - gone
            listings = (Listing(folder=folder, server_count=len(uids), uids=uids),)
        yield Page(items=(), next_cursor=after, listings=listings, expected=len(fresh))

    def check(self) -> str:
        """Count the files."""
        return f"{self.path} holds {len(self._tree().files)} mail files."

    def _tree(self) -> Tree:
        path = existing(self.path, source=self.name)
        return single_file(path) if path.is_file() else regular_files(path, _is_mail_file)

    def _items(self, folder: str, fresh: list[Found], tree: Tree, gone: set[str]) -> Iterator[RawMessage | Unreadable]:
        """Read the files one by one; note in ``gone`` those that vanished since they were listed."""
        for found in fresh:
            try:
                data, size = read_head(found.path, limit=self.size_limit)
            except FileNotFoundError:
                gone.add(found.name)
            except OSError as error:
                yield Unreadable(folder=folder, uid=found.name, reason=f"The file cannot be read: {reason_of(error)}.")
            else:
                yield RawMessage(
                    folder=folder,
                    uid=found.name,
                    etag=found.etag,
                    data=data,
                    received_at=None,
                    size=size,
                    truncated=size > len(data),
                )
        for uid, reason in tree.unreadable.items():
            yield Unreadable(folder=folder, uid=uid, reason=reason)


def _is_mail_file(name: str) -> bool:
    """Accept ``.eml`` in any case, but not the ``._name`` shadows that macOS leaves on foreign disks."""
    return name.lower().endswith(".eml") and not name.startswith("._")
