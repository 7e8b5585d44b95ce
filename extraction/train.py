"""Train the speech-act classifier from the sentences in ``corpus/``. Deterministic; seconds on one core."""

import csv
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import spacy
from spacy.language import Language

from domain.signals import SignalKind
from extraction.classifier import BUCKETS, KINDS, Blend, Floats, Integers, SpeechActModel, features, scale
from extraction.judge import blended, log_odds
from extraction.rules import find_hits, fold, rule_book, vetoed_kinds

_L2: Final = 0.3
_FLOOR, _CEILING, _PRECISION = 0.5, 0.7, 0.9
"""Thresholds lie in this range, as low as the dev sentences allow at this precision: a wrong alarm costs trust."""

_ASKS: Final = frozenset({SignalKind.REQUEST, SignalKind.QUESTION, SignalKind.MEETING_PROPOSAL})

Doubles = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Example:
    """A labelled sentence of the corpus; the dev part is never trained on."""

    text: str
    language: str
    kinds: frozenset[SignalKind]
    dev: bool


@dataclass(frozen=True, slots=True)
class KindReport:
    """How well one kind is read on the dev sentences, at the threshold chosen."""

    kind: SignalKind
    threshold: float
    right: int
    wrong: int
    missed: int

    @property
    def precision(self) -> float:
        """Share of what is reported that is right."""
        return self.right / max(self.right + self.wrong, 1)

    @property
    def recall(self) -> float:
        """Share of what there is that is reported."""
        return self.right / max(self.right + self.missed, 1)

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall."""
        return 2 * self.right / max(2 * self.right + self.wrong + self.missed, 1)


def read_corpus(folder: Path) -> list[Example]:
    """Read ``<language>.tsv`` files with the columns split, labels (separated by blanks) and text."""
    examples = []
    for path in sorted(folder.glob("*.tsv")):
        with path.open(encoding="utf-8", newline="") as lines:
            for row in csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE):
                kinds = frozenset(SignalKind(label) for label in row["labels"].split() if label != "-")
                examples.append(Example(row["text"], path.stem, kinds, row["split"] == "dev"))
    return examples


def train(corpus_dir: Path, out: Path) -> dict[SignalKind, KindReport]:
    """Train on the train sentences, weigh and set thresholds on the dev sentences, write the model.

    Args:
        corpus_dir: The folder of ``read_corpus``.
        out: The npz file to write.

    Returns:
        Precision, recall and F1 per kind on the dev sentences.
    """
    examples = read_corpus(corpus_dir)
    nlp = spacy.blank("en")
    taught = [example for example in examples if not example.dev]
    kept = [example for example in examples if example.dev]
    weights, bias = _fit(_matrix(nlp, taught), _targets(taught))
    odds = _logits(_matrix(nlp, kept), weights, bias)
    blends, thresholds, report = {}, {}, {}
    for column, kind in enumerate(KINDS):
        votes, silenced = _votes(kept, kind)
        truth = np.array([kind in example.kinds for example in kept])
        acceptable = np.array([_acceptable(kind, example) for example in kept])
        blend = _weigh(votes, odds[:, column], acceptable)
        model = 1 / (1 + np.exp(-odds[:, column]))
        scores = np.array(
            [
                0.0 if vote is None and mute else blended(vote, float(p), blend)
                for vote, mute, p in zip(votes, silenced, model, strict=True)
            ]
        )
        blends[kind] = blend
        thresholds[kind] = _threshold(scores, acceptable)
        said = scores >= thresholds[kind]
        counts = (int((said & truth).sum()), int((said & ~truth).sum()), int((~said & truth).sum()))
        report[kind] = KindReport(kind, thresholds[kind], *counts)
    out.write_bytes(SpeechActModel(weights, bias, blends, thresholds).to_bytes())
    return report


@dataclass(frozen=True, slots=True)
class _Matrix:
    """Sparse features: one entry per feature of a sentence, sorted by sentence."""

    rows: Integers
    columns: Integers
    values: Floats
    count: int


def _matrix(nlp: Language, examples: Iterable[Example]) -> _Matrix:
    rows, columns, values, count = [], [], [], 0
    for count, example in enumerate(examples, 1):
        doc = nlp.make_doc(example.text)
        for token in doc:
            token.is_sent_start = token.i == 0
        buckets, owner, sentences = features(doc)
        columns.append(buckets)
        rows.append(np.full(len(buckets), count - 1))
        values.append(scale(owner, sentences))
    return _Matrix(np.concatenate(rows), np.concatenate(columns), np.concatenate(values), count)


def _targets(examples: list[Example]) -> Doubles:
    return np.array([[kind in example.kinds for kind in KINDS] for example in examples], dtype=np.float64)


def _logits(matrix: _Matrix, weights: Floats, bias: Floats) -> Doubles:
    rows = weights[matrix.columns] * matrix.values[:, None]
    sums = [np.bincount(matrix.rows, column, matrix.count) for column in rows.T]
    logits: Doubles = (np.stack(sums, axis=1) + bias).astype(np.float64)
    return logits


def _fit(matrix: _Matrix, targets: Doubles) -> tuple[Floats, Floats]:
    """Minimise the logistic loss of all kinds at once, with an L2 penalty on the weights."""
    used, columns = np.unique(matrix.columns, return_inverse=True)
    kinds = targets.shape[1]

    def loss(flat: Doubles) -> tuple[float, Doubles]:
        weights, bias = flat[:-kinds].reshape(-1, kinds), flat[-kinds:]
        rows = weights[columns] * matrix.values[:, None]
        logits = np.stack([np.bincount(matrix.rows, column, matrix.count) for column in rows.T], axis=1) + bias
        value = np.logaddexp(0, logits).sum() - (targets * logits).sum() + _L2 / 2 * (weights**2).sum()
        wrong = 1 / (1 + np.exp(-logits)) - targets
        pulled = wrong[matrix.rows] * matrix.values[:, None]
        slope = np.stack([np.bincount(columns, column, len(used)) for column in pulled.T], axis=1) + _L2 * weights
        return float(value), np.concatenate([slope.ravel(), wrong.sum(axis=0)])

    flat = minimise(loss, np.zeros(len(used) * kinds + kinds))
    weights = np.zeros((BUCKETS, kinds), dtype=np.float32)
    weights[used] = flat[:-kinds].reshape(-1, kinds)
    return weights, flat[-kinds:].astype(np.float32)


def minimise(
    loss: Callable[[Doubles], tuple[float, Doubles]], start: Doubles, *, steps: int = 80, memory: int = 8
) -> Doubles:
    """Minimise a smooth convex function with limited-memory BFGS (Nocedal and Wright, algorithm 7.5).

    Args:
        loss: Gives the value and the gradient at a point.
        start: Where to begin.
        steps: At most so many.
        memory: Remembered steps.
    """
    point, pairs = start, list[tuple[Doubles, Doubles]]()
    value, slope = loss(point)
    for _ in range(steps):
        direction = -_two_loop(slope, pairs)
        length, fall = 1.0 if pairs else 1.0 / max(1.0, float(np.abs(slope).sum())), float(slope @ direction)
        while True:
            new_value, new_slope = loss(point + length * direction)
            if new_value <= value + 1e-4 * length * fall or length < 1e-10:  # noqa: PLR2004 - Armijo's rule
                break
            length /= 2
        step, change = length * direction, new_slope - slope
        if step @ change > 1e-10:  # noqa: PLR2004 - curvature must be positive
            pairs = [*pairs, (step, change)][-memory:]
        settled = abs(value - new_value) <= 1e-6 * max(1.0, abs(value))
        point, value, slope = point + step, new_value, new_slope
        if settled:
            break
    return point


def _two_loop(slope: Doubles, pairs: list[tuple[Doubles, Doubles]]) -> Doubles:
    """Return the inverse Hessian, as the remembered steps approximate it, times the gradient."""
    direction, factors = slope.copy(), []
    for step, change in reversed(pairs):
        factor = float(step @ direction) / float(step @ change)
        direction -= factor * change
        factors.append(factor)
    if pairs:
        step, change = pairs[-1]
        direction *= float(step @ change) / float(change @ change)
    for (step, change), factor in zip(pairs, reversed(factors), strict=True):
        direction += (factor - float(change @ direction) / float(step @ change)) * step
    return direction


def _votes(examples: list[Example], kind: SignalKind) -> tuple[list[float | None], list[bool]]:
    """Return the best pattern score for a kind, and whether a veto silences the kind, per sentence."""
    votes: list[float | None] = []
    silenced = []
    for example in examples:
        book, text = rule_book(example.language), fold(example.text)
        hits = find_hits(book, text)
        votes.append(max((hit.score for hit in hits if hit.kind is kind), default=None))
        silenced.append(kind in vetoed_kinds(book, text))
    return votes, silenced


def _weigh(votes: list[float | None], odds: Doubles, truth: npt.NDArray[np.bool_]) -> Blend:
    """Fit the blend of one kind, pulled towards a prior because the dev sentences are few."""
    fired = np.array([vote is not None for vote in votes])
    rules = np.array([log_odds(vote) if vote is not None else 0.0 for vote in votes])
    columns = np.stack([rules, np.clip(odds, -2, 2), np.ones(len(odds))], axis=1)[fired]
    prior = np.array([1.0, 0.25, 0.2])

    def loss(weights: Doubles) -> tuple[float, Doubles]:
        logits, pull = columns @ weights, weights - prior
        value = np.logaddexp(0, logits).sum() - logits[truth[fired]].sum() + 20 * (pull @ pull)
        return float(value), columns.T @ (1 / (1 + np.exp(-logits)) - truth[fired]) + 40 * pull

    pattern, model, bias = (round(float(weight), 4) for weight in minimise(loss, prior))
    return Blend(pattern, model, bias)


def _acceptable(kind: SignalKind, example: Example) -> bool:
    """Whether reporting a kind would not mislead: a question taken for a request still wants its answer."""
    return kind in example.kinds or (kind in _ASKS and not _ASKS.isdisjoint(example.kinds))


def _threshold(scores: Doubles, truth: npt.NDArray[np.bool_]) -> float:
    for low in np.arange(_FLOOR, _CEILING, 0.02):
        said = scores >= low
        if said.any() and (said & truth).sum() / said.sum() >= _PRECISION:
            return round(float(low), 2)
    return _CEILING
