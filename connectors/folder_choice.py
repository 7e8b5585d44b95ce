"""Which folders of a source are read."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any, Self

DEFAULT_EXCLUDE = ("Trash", "Junk", "Spam", "Drafts")

# RFC 6154: how a server marks the folders that users call by these names, in whatever language.
_SPECIAL_USE = {
    "trash": "\\trash",
    "junk": "\\junk",
    "spam": "\\junk",
    "drafts": "\\drafts",
    "sent": "\\sent",
    "archive": "\\archive",
    "all": "\\all",
}

# What common programs call them, where a server marks none.
_NAMES = {
    "\\trash": """trash; bin; deleted items; deleted messages; papierkorb; gelöschte elemente; gelöschte objekte;
        corbeille; éléments supprimés; messages supprimés; papelera; elementos eliminados; prullenbak;
        verwijderde items; cestino; posta eliminata; elementi eliminati; lixeira; itens excluídos; itens eliminados""",
    "\\junk": """junk; spam; junk e-mail; junk email; bulk mail; junk-e-mail; spamverdacht; unerwünscht; werbung;
        courrier indésirable; indésirables; pourriel; correo no deseado; ongewenste e-mail; ongewenst;
        posta indesiderata; indesiderata; lixo eletrônico; lixo eletrónico; lixo electrónico""",
    "\\drafts": "drafts; draft; entwürfe; entwurf; brouillons; borradores; concepten; bozze; rascunhos",
    "\\sent": """sent; sent items; sent messages; sent mail; gesendet; gesendete elemente; gesendete objekte;
        envoyés; éléments envoyés; messages envoyés; enviados; elementos enviados; verzonden; verzonden items;
        inviata; posta inviata; inviati; itens enviados""",
}
_ROLES = {" ".join(name.split()): use for use, names in _NAMES.items() for name in names.split(";")}
_TOPS = frozenset({"inbox", "[gmail]", "[google mail]"})


def role(folder: str, delimiter: str, special_use: Iterable[str] = ()) -> str:
    r"""Return what a folder is for, as RFC 6154 names it in lower case (``\\trash``); ``""`` for ordinary folders.

    What the server says counts. Else the name does, in seven languages, but only at the top or right below INBOX:
    further down, ``Entwürfe`` may be a client's drawings.
    """
    known = {*_SPECIAL_USE.values()}
    marked = [use.lower() for use in special_use if use.lower() in known]
    if marked:
        return marked[0]
    parts = folder.lower().split(delimiter) if delimiter else [folder.lower()]
    if len(parts) == 1 or (len(parts) == 2 and parts[0] in _TOPS):  # noqa: PLR2004 - a top and what is right below
        return _ROLES.get(parts[-1], "")
    return ""


@dataclass(frozen=True, slots=True)
class FolderChoice:
    """Include and exclude globs over folder names, without regard to case; exclusion wins.

    A pattern matches the whole name or its last part (``Trash`` matches ``INBOX.Trash``). What lies below an excluded
    folder is excluded too. An excluded name also stands for the folder with that use (RFC 6154), whatever it is called.
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
        if role(folder, delimiter, special_use) in banned:
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
