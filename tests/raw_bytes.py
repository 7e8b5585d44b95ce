"""Searching the files of a store as somebody would who has the disk: with nothing but their bytes."""

import sqlite3
from contextlib import closing, suppress
from pathlib import Path

import zstandard

_FRAME = b"\x28\xb5\x2f\xfd"


def files_holding(words: str, store: Path) -> list[str]:
    """Names of the store's files in which words stand, in the clear or packed; database, log and shared memory."""
    return [
        path.name
        for path in sorted(store.parent.glob(f"{store.name}*"))
        if words.lower().encode() in path.read_bytes().lower()
    ] + [f"blob {key[:8]}" for key, data in _blobs(store) if words.lower().encode() in data.lower()]


def _blobs(store: Path) -> list[tuple[str, bytes]]:
    with closing(sqlite3.connect(f"file:{store}?mode=ro", uri=True)) as connection:
        rows = connection.execute("SELECT hash, data FROM blob").fetchall()
    return [(key, zstandard.ZstdDecompressor().decompress(data)) for key, data in rows]


def packed_frames(store: Path) -> list[bytes]:
    """Everything in the files that can be unpacked, free pages included: what was deleted must not be among it."""
    found = []
    for path in sorted(store.parent.glob(f"{store.name}*")):
        data = path.read_bytes()
        at = data.find(_FRAME)
        while at >= 0:
            with suppress(zstandard.ZstdError):
                found.append(zstandard.ZstdDecompressor().decompressobj().decompress(data[at : at + 65536]))
            at = data.find(_FRAME, at + 1)
    return found
