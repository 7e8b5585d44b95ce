"""What dismissed flags teach, kept beside the model: once it is learned there is no flag that could tell again."""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from domain.errors import StoreError
from domain.signals import SignalKind
from extraction.corrections import Correction
from flows.settings import Settings
from store import queries
from store.database import open_store

LEARNED: Final = "dismissals.jsonl"
_WEIGHT: Final = 5.0
"""Of a dismissal beside a sentence of the corpus: somebody looked at this very one, among twenty thousand others."""


def lessons(settings: Settings, learned: Path, *, now: datetime) -> list[dict[str, Any]]:
    """Return ``{flag, text, kind, at}`` of dismissals in the store, and of those learned before that still stand.

    Args:
        settings: Where the store is; without one nothing was dismissed.
        learned: The file of those learned before.
        now: Acts after it are not looked at.
    """
    before = [json.loads(line) for line in _lines(learned)]
    try:
        store = open_store(settings.store_url, read_only=True)
    except StoreError:
        return before
    with store:
        told = queries.corrections(store, now=now)
        standing = queries.teaching_flags(store, now=now)
    every = [
        *(row for row in before if row["flag"] in standing),
        *(row | {"at": row["at"].isoformat()} for row in told),
    ]
    once = {(row["text"], row["kind"]): row for row in reversed(every)}
    return sorted(once.values(), key=lambda row: (row["at"], row["text"], row["kind"]))


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines() if path.is_file() else []


def save_lessons(path: Path, told: Iterable[dict[str, Any]]) -> None:
    """Write them down, one a line."""
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in told), encoding="utf-8")


def corrections_of(told: Sequence[dict[str, Any]]) -> list[Correction]:
    """Return a correction for each sentence: what it is not."""
    wrong: dict[str, set[SignalKind]] = {}
    for row in told:
        wrong.setdefault(row["text"], set()).add(SignalKind(row["kind"]))
    return [Correction(text, frozenset(), frozenset(kinds), _WEIGHT) for text, kinds in wrong.items()]
