"""Reading what a server sends, but not without end."""

import time
import zlib
from collections.abc import Callable, Iterable, Iterator

_LONGEST = 600.0  # seconds for one answer, however slowly it drips in
_PIECE = 1024 * 1024


class TooLargeError(Exception):
    """There is more than was asked for."""


class TooSlowError(Exception):
    """It takes longer than any answer may."""


def joined(pieces: Iterable[bytes], *, limit: int, clock: Callable[[], float] = time.monotonic) -> bytes:
    """Return all pieces as one.

    Raises:
        TooLargeError: They have more than ``limit`` bytes.
        TooSlowError: They take more than ten minutes.
    """
    data = bytearray()
    deadline = clock() + _LONGEST
    for piece in pieces:
        data += piece
        if len(data) > limit:
            raise TooLargeError
        if clock() > deadline:
            raise TooSlowError
    return bytes(data)


def unzipped(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Yield what gzip or zlib packed (RFC 9110, 8.4.1), a megabyte at most at a time.

    Raises:
        zlib.error: It is not packed so, or is cut off.
    """
    unpacking = zlib.decompressobj(wbits=zlib.MAX_WBITS | 32)
    for piece in pieces:
        rest = piece
        while rest and not unpacking.eof:
            yield unpacking.decompress(rest, _PIECE)
            rest = unpacking.unconsumed_tail
    yield unpacking.flush()
    if not unpacking.eof:
        raise zlib.error
