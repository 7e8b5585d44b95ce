"""Files that only their owner may read, written whole or not at all."""

import os
from contextlib import suppress
from pathlib import Path
from tempfile import mkstemp


def private_folder(folder: Path) -> Path:
    """Make a folder for its owner only (mode 0700), with what is above it; return it."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    return folder


def write_private(path: Path, data: bytes) -> None:
    """Write a file for its owner only (mode 0600) in place of what is there, in one step and down to the disk."""
    descriptor, name = mkstemp(dir=path.parent, prefix=f".{path.name[:40]}.")  # mkstemp makes it 0600
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        with suppress(OSError):
            Path(name).unlink()
        raise
