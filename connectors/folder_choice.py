"""Which folders of a source are read."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any, Self

DEFAULT_EXCLUDE = ("Trash", "Junk", "Spam", "Drafts")

# RFC 6154: how a server marks the folders that users call by these names, in whatever language.
_SPECIAL_USE = {"trash": "\\trash", "junk": "\\junk", "spam": "\\junk", "drafts": "\\drafts", "all": "\\all"}


@dataclass(frozen=True, slots=True)
class FolderChoice:
    """Include and exclude globs over folder names, without regard to case; exclusion wins.

    A pattern matches the whole name or its last part (``Trash`` matches ``INBOX.Trash``). What lies below an excluded
    folder is excluded too. An excluded name also stands for the folder with that special use (RFC 6154).
    """

    include: tuple[str, ...] = ("*",)
    exclude: tuple[str, ...] = DEFAULT_EXCLUDE

    @classmethod
    def from_options(cls, options: Mapping[str, Any]) -> Self:
        """Read ``folders = {include = [...], exclude = [...]}``; a missing list means the default."""
        folders = options.get("folders") or {}
        return cls(
            include=tuple(folders.get("include", ("*",))),
            exclude=tuple(folders.get("exclude", DEFAULT_EXCLUDE)),
        )

    def wants(self, folder: str, *, delimiter: str = "/", special_use: Iterable[str] = ()) -> bool:
        r"""Say whether a folder is to be read.

        Args:
            folder: Full name as the source gives it.
            delimiter: What separates its levels; ``""`` if the source has none.
            special_use: Attributes of the folder such as ``\Trash``.
        """
        banned = {_SPECIAL_USE.get(pattern.lower()) for pattern in self.exclude}
        if any(use.lower() in banned for use in special_use):
            return False
        parts = folder.split(delimiter) if delimiter else [folder]
        ancestry = [delimiter.join(parts[:depth]) for depth in range(1, len(parts) + 1)]
        if any(_matches(self.exclude, name, delimiter) for name in ancestry):
            return False
        return _matches(self.include, folder, delimiter)


ALL_BUT_UNWANTED = FolderChoice()
"""The default choice."""


def _matches(patterns: Iterable[str], folder: str, delimiter: str) -> bool:
    """Match the whole name or its last part, ignoring case."""
    name = folder.lower()
    last = re.split(re.escape(delimiter), name)[-1] if delimiter else name
    return any(fnmatchcase(name, pattern.lower()) or fnmatchcase(last, pattern.lower()) for pattern in patterns)
