"""Who was erased, known by salted hashes only."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache


@lru_cache(maxsize=50_000)
def digest_of(address: str, salt: str) -> str:
    """The hash by which an erased address is recognised.

    Args:
        address: Lower-cased, without plus-tag.
        salt: Random, one for each erasure, so that the records of two stores cannot be compared.
    """
    return hashlib.sha256(f"{salt}\x1f{address}".encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Forgotten:
    """The people who were erased.

    Attributes:
        records: (salt, digest) of each.
    """

    records: tuple[tuple[str, str], ...] = ()

    def any_of(self, addresses: Iterable[str]) -> bool:
        """Whether one of these addresses, lower-cased and without plus-tag, was erased."""
        return any(digest_of(address, salt) == digest for address in addresses for salt, digest in self.records)


NOBODY = Forgotten()
"""Where nobody was erased."""
