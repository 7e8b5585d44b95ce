"""Gmail's labels: their names, and which mails are read because of them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from connectors.folder_choice import FolderChoice

ALL_MAIL: Final = "All Mail"
"""The one folder: a mail with three labels is still one mail."""

_USUAL: Final = {
    "TRASH": ("Trash", ("\\Trash",)),
    "SPAM": ("Spam", ("\\Junk",)),
    "DRAFT": ("Drafts", ("\\Drafts",)),
}
"""What people call these labels, and their use as RFC 6154 names it."""

_CHAT: Final = "CHAT"  # no mail at all


@dataclass(frozen=True)
class Labels:
    """The labels of one mailbox at one moment.

    Attributes:
        names: Identifier to name; a label below another one is named ``A/B``.
        choice: Include and exclude globs of the source, over names.
    """

    names: Mapping[str, str]
    choice: FolderChoice

    @cached_property
    def excluded(self) -> frozenset[str]:
        """Labels no mail of which is read."""
        banned = FolderChoice(include=("*",), exclude=self.choice.exclude)
        return frozenset(label for label in self.names if label == _CHAT or not self._chosen(banned, label))

    @cached_property
    def included(self) -> frozenset[str] | None:
        """Labels of which a mail needs at least one; None when mail without any is read too."""
        asked = FolderChoice(include=self.choice.include, exclude=())
        if asked.wants(ALL_MAIL):
            return None
        return frozenset(label for label in self.names if self._chosen(asked, label))

    def wants(self, labels: Iterable[str]) -> bool:
        """Say whether a mail with these labels is read; exclusion wins."""
        has, included = set(labels), self.included
        return not has & self.excluded and (included is None or bool(has & included))

    def named(self, labels: Iterable[str]) -> tuple[str, ...]:
        """Return the names of a mail's labels, sorted."""
        return tuple(sorted(self.names.get(label, label) for label in labels))

    def _chosen(self, choice: FolderChoice, label: str) -> bool:
        name, use = _USUAL.get(label, (self.names[label], ()))
        return choice.wants(name, special_use=use)


def labels_of(answer: Mapping[str, Any], choice: FolderChoice) -> Labels:
    """Read the answer of ``labels.list``; labels of the system are named by their identifiers."""
    names = {str(label["id"]): str(label.get("name") or label["id"]) for label in answer.get("labels", [])}
    return Labels(names=names, choice=choice)
