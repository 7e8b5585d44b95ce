"""What users said about single sentences, and the model that learns it without forgetting the rest."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from domain.errors import ConfigError
from domain.signals import SignalKind
from extraction.classifier import KINDS, SentenceInput, SpeechActModel
from extraction.labelled import LabelledMail
from extraction.train import Example, examples_of, finish, fit
from extraction.words import fold, words_of

_PULL: Final = 0.3
"""How strongly the weights are held where the shipped model has them."""


@dataclass(frozen=True, slots=True)
class Correction:
    """What somebody said about a sentence.

    Attributes:
        text: The sentence.
        kinds: What it does.
        not_kinds: What it does not do; of the other kinds nothing is known.
        weight: How much it counts beside a sentence of the corpus.
    """

    text: str
    kinds: frozenset[SignalKind]
    not_kinds: frozenset[SignalKind]
    weight: float = 1.0


def read_corrections(path: Path) -> list[Correction]:
    """Read JSON lines of ``{"text", "kinds", "not_kinds", "weight"}``; the last three may be missing.

    Raises:
        ConfigError: A line is not of this form; it is named.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise ConfigError(f"cannot read {path}: {error.strerror}.") from None
    return [_correction(path, number, line) for number, line in enumerate(lines, 1) if line.strip()]


def _correction(path: Path, number: int, line: str) -> Correction:
    try:
        row: dict[str, Any] = json.loads(line)
        kinds, not_kinds = (frozenset(map(SignalKind, row.get(name, ()))) for name in ("kinds", "not_kinds"))
        correction = Correction(str(row["text"]), kinds, not_kinds, float(row.get("weight", 1.0)))
    except (ValueError, KeyError, TypeError, AttributeError):
        raise ConfigError(f"{path}:{number}: not a JSON object with “text”, “kinds” and “not_kinds”.") from None
    if not correction.text.strip() or kinds & not_kinds or not 0 < correction.weight <= 100:  # noqa: PLR2004 - sane
        raise ConfigError(f"{path}:{number}: no text, a kind that is and is not, or a weight beyond 0 to 100.")
    return correction


def retrain(
    shipped: SpeechActModel,
    corrections: Sequence[Correction],
    mails: Sequence[LabelledMail],
    dev: Sequence[LabelledMail],
) -> SpeechActModel:
    """Return the shipped model moved by corrections, and by the corpus as far as it disagrees with it.

    It is the most probable model after the corrections if the shipped one was the best guess before: the loss on the
    sentences, and a pull towards the shipped weights. How votes are weighed and the thresholds come from ``dev`` anew.
    """
    examples = [*examples_of(mails), *map(_example, corrections)]
    weights, bias = fit(examples, start=shipped, pull=_PULL)
    return finish(weights, bias, mails, dev)


def _example(correction: Correction) -> Example:
    known = correction.kinds | correction.not_kinds
    words = words_of(fold(correction.text)) or ["."]
    return Example(
        SentenceInput(words),
        np.array([kind in correction.kinds for kind in KINDS], dtype=np.float64),
        np.array([correction.weight if kind in known else 0.0 for kind in KINDS]),
    )
