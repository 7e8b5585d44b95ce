"""Reading folders and files that may change, vanish or refuse while we look."""

import os
import stat
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from domain.errors import SourceUnreachable

HEAD = 1024 * 1024
"""How many bytes of an oversized mail are read: headers and the first text parts fit in."""


_CLOCK_TICK = 2.0  # seconds; the coarsest clock of a file system in use (FAT)


@dataclass(frozen=True, slots=True)
class Found:
    """A regular file below a root, with the name shown to users and its state when it was listed."""

    path: Path
    name: str
    stat: os.stat_result
    listed_at: float = field(default_factory=time.time)

    @property
    def etag(self) -> str:
        """Size and modification time: what changes when the content does."""
        return f"{self.stat.st_size}-{self.stat.st_mtime_ns}"

    @property
    def settled(self) -> bool:
        """Whether a later change must show in the ETAG.

        Just after a file was written it does not: within one tick of the file system's clock a second write of the same
        length leaves the same modification time.
        """
        return self.listed_at - self.stat.st_mtime > _CLOCK_TICK


@dataclass(slots=True)
class Tree:
    """What a walk found: files by name, and what could not be looked at, with the reason.

    A tree with ``unreadable`` entries proves nothing about what is gone.
    """

    files: list[Found] = field(default_factory=list)
    unreadable: dict[str, str] = field(default_factory=dict)


def existing(path: Path, *, source: str) -> Path:
    """Return ``path``, which a source was configured with.

    Raises:
        SourceUnreachable: It is not there or may not be looked at.
    """
    try:
        path.stat()
    except FileNotFoundError:
        raise SourceUnreachable(f"{path} does not exist; check `path` of source {source}.") from None
    except OSError as error:
        raise SourceUnreachable(
            f"{path} cannot be read ({reason_of(error)}); check `path` of source {source}."
        ) from None
    return path


def regular_files(root: Path, wanted: Callable[[str], bool]) -> Tree:
    """Find the regular files below ``root`` whose file name is ``wanted``, sorted by name.

    Links are followed, but no folder is entered twice, so that a loop of links ends.
    """
    tree = Tree()
    top = root.stat()
    seen = {(top.st_dev, top.st_ino)}
    waiting = [root]
    while waiting:
        folder = waiting.pop()
        try:
            entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
        except OSError as error:
            tree.unreadable[_name_below(root, folder)] = f"The folder cannot be listed: {reason_of(error)}."
            continue
        for path in (folder / entry.name for entry in entries):
            info = _look_at(path, root, wanted, tree)
            if info and stat.S_ISREG(info.st_mode) and wanted(path.name):
                tree.files.append(Found(path, _name_below(root, path), info))
            elif info and stat.S_ISDIR(info.st_mode) and (info.st_dev, info.st_ino) not in seen:
                seen.add((info.st_dev, info.st_ino))
                waiting.append(path)
    tree.files.sort(key=lambda found: found.name)
    return tree


def _look_at(path: Path, root: Path, wanted: Callable[[str], bool], tree: Tree) -> os.stat_result | None:
    """Return the state of a directory entry; None if it is gone, or refuses, which is noted in ``tree``."""
    try:
        return path.stat()
    except FileNotFoundError:
        return None
    except OSError as error:
        if wanted(path.name):
            tree.unreadable[_name_below(root, path)] = f"The file cannot be read: {reason_of(error)}."
        return None


def _name_below(root: Path, path: Path) -> str:
    """Return the relative name shown to users, with slashes."""
    return shown(path.relative_to(root).as_posix())


def single_file(path: Path) -> Tree:
    """Return the tree of one file, named by its file name."""
    return Tree(files=[Found(path, shown(path.name), path.stat())])


def read_head(path: Path, *, limit: int) -> tuple[bytes, int]:
    """Read a file, or only its first ``HEAD`` bytes when it is larger than ``limit``.

    Returns:
        The bytes and the size of the file in bytes.
    """
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        # A file that grows while it is read still cannot take more memory than the limit.
        data = file.read(HEAD if size > limit else limit + 1)
    return (data, size) if size > limit else (data[:limit], len(data))


def shown(name: str) -> str:
    """Make a file name storable as text: bytes that are no UTF-8 appear as hexadecimal escapes."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def reason_of(error: OSError) -> str:
    """Return what the system says, without path or error number."""
    text = error.strerror or type(error).__name__
    return text[:1].lower() + text[1:]
