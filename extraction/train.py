"""Train the speech-act classifier from the labelled mails in ``corpus/``. Deterministic; minutes on one core."""

import hashlib
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from domain.signals import SignalKind
from extraction.classifier import (
    BUCKETS,
    KINDS,
    Blend,
    Features,
    Floats,
    SentenceInput,
    SpeechActModel,
    features,
    log_odds,
    sentence_inputs,
)
from extraction.context import context_of
from extraction.judge import BOUND, DOUBT, blended
from extraction.judge import log_odds as odds_of
from extraction.labelled import LabelledMail, LabelledSentence
from extraction.optimise import Doubles, minimise
from extraction.pool import LEVELS, pool
from extraction.rules import find_hits, rule_book, vetoed_kinds
from extraction.words import WordTable, fold, words_of

_L2: Final = 0.3
_LONELY: Final = 0.3
"""Weight of a sentence taken out of its mail: it must be read without it too, if less surely."""

_FULL: Final = np.ones(len(KINDS))

_TAUGHT: Final = 0.5
"""Weight of a sentence of the pool."""

_TRUST: Final = 8.0
"""How many sentences a pattern's own score is worth beside those of the corpus."""

_AS_GOOD: Final = 0.01
_PRIOR: Final = Blend()
_LOST, _MARGIN, _LOWEST, _HIGHEST = 0.02, 1.3, -6.5, -5.0
"""Where patterns begin to be tried: at this quantile of what they find rightly, less a margin, between bounds."""

_FLOOR, _CEILING = 0.15, 0.8
"""Thresholds lie in this range, those of kinds that open, end or date an obligation above the floors below."""

_FLOORS: Final = {
    SignalKind.REQUEST: 0.4,
    SignalKind.QUESTION: 0.4,
    SignalKind.MEETING_PROPOSAL: 0.3,
    SignalKind.COMPLAINT: 0.4,
    SignalKind.COMMITMENT: 0.3,
    SignalKind.WITHDRAWAL: 0.3,
    SignalKind.DEADLINE: 0.3,
    SignalKind.MEETING_CONFIRMATION: 0.3,
}
_RARER: Final = {
    SignalKind.REQUEST: 1.2,
    SignalKind.COMPLAINT: 1.5,
    SignalKind.COMMITMENT: 1.3,
    SignalKind.MEETING_PROPOSAL: 1.3,
    SignalKind.MEETING_CONFIRMATION: 2.0,
    SignalKind.DEADLINE: 2.0,
    SignalKind.PRAISE: 2.0,
}
"""How many times as often a kind is read falsely in a team's mail as in the corpus, which seeks the kinds out; a phrase
of the patterns says the same in both."""


@dataclass(frozen=True, slots=True)
class Example:
    """A sentence to learn from: what the model sees, what it should say, and how much that counts, a number a kind."""

    sentence: SentenceInput
    target: Doubles
    weight: Doubles


def examples_of(mails: Iterable[LabelledMail]) -> list[Example]:
    """Return the sentences of labelled mails, each in its mail and, lighter, alone."""
    found = []
    for mail in mails:
        inputs = inputs_of(mail)
        alone = any(sentence.context or sentence.place for sentence in inputs)
        for labelled, sentence in zip(mail.sentences, inputs, strict=True):
            target = target_of(labelled)
            found.append(Example(sentence, target, _FULL))
            if alone:
                found.append(Example(SentenceInput(sentence.words), target, _LONELY * _FULL))
    return found


def taught_examples(mails: Sequence[LabelledMail], teacher: bytes) -> list[Example]:
    """Return those of the pool's sentences that the teacher judged, light: nobody checked what it thinks.

    Sentences that came into the corpus after ``scripts/teach-model`` ran are left out.
    """
    with np.load(io.BytesIO(teacher), allow_pickle=False) as held:
        odds = dict(zip(held["keys"].tolist(), held["levels"].T.astype(np.float64) / LEVELS, strict=True))
    found = []
    for sentence in pool(mails):
        row = odds.get(sentence.key)
        if row is not None:
            words = words_of(fold(sentence.text)) or ["."]
            inputs = SentenceInput(words, context=context_of(sentence.answers))
            found.append(Example(inputs, 1 / (1 + np.exp(-row)), _TAUGHT * _FULL))
    return found


def inputs_of(mail: LabelledMail) -> list[SentenceInput]:
    """Return the sentences of a labelled mail as the model sees them."""
    words = [words_of(fold(sentence.text)) for sentence in mail.sentences]
    return sentence_inputs(words, context=context_of(" ".join(mail.answers)), writer=mail.writer)


def target_of(sentence: LabelledSentence) -> Doubles:
    """Return one number a kind: 1 for those the sentence has."""
    return np.array([kind in sentence.kinds for kind in KINDS], dtype=np.float64)


def fit(
    examples: Sequence[Example], *, start: SpeechActModel | None = None, pull: float = _L2
) -> tuple[Floats, Floats]:
    """Minimise the logistic loss of all kinds at once, with weights pulled towards ``start``, else towards nothing.

    Returns:
        The table of weights and the bias.
    """
    found = features(WordTable(), [example.sentence for example in examples])
    matrix = _Matrix(found)
    targets = np.array([example.target for example in examples])
    weight = np.array([example.weight for example in examples])
    kinds = len(KINDS)
    size = len(matrix.used) * kinds
    origin = np.zeros(size + kinds)
    if start is not None:
        origin = np.concatenate([start.weights[matrix.used].ravel(), start.bias]).astype(np.float64)

    def loss(flat: Doubles) -> tuple[float, Doubles]:
        logits = matrix.forward(flat[:size].reshape(-1, kinds)) + flat[size:]
        away = flat - origin
        away[size:] = 0
        value = (weight * (np.logaddexp(0, logits) - targets * logits)).sum() + pull / 2 * float(away @ away)
        wrong = weight * (1 / (1 + np.exp(-logits)) - targets)
        return float(value), np.concatenate([matrix.backward(wrong).ravel(), wrong.sum(axis=0)]) + pull * away

    flat = minimise(loss, origin)
    weights = np.zeros((BUCKETS, kinds), dtype=np.float32) if start is None else start.weights.copy()
    weights[matrix.used] = flat[:size].reshape(-1, kinds)
    return weights, flat[size:].astype(np.float32)


class _Matrix:
    """Sentences by buckets, sparse, with the products that the loss and its gradient need."""

    def __init__(self, found: Features) -> None:
        lengths = np.diff(np.append(found.starts, len(found.words)))
        rows = np.concatenate(
            [
                np.repeat(np.repeat(np.arange(len(lengths)), lengths), found.words.shape[1]),
                np.repeat(np.arange(len(lengths)), found.wholes.shape[1]),
            ]
        )
        buckets = np.concatenate([found.words.ravel(), found.wholes.ravel()])
        rows, buckets = rows[buckets > 0], buckets[buckets > 0]
        self.used, columns = np.unique(buckets, return_inverse=True)
        order = np.argsort(rows, kind="stable")
        self._columns, self._rows = columns[order], rows[order]
        self._begins = np.searchsorted(self._rows, np.arange(len(lengths)))
        order = np.argsort(self._columns, kind="stable")
        self._by_column = self._rows[order]
        self._column_begins = np.searchsorted(self._columns[order], np.arange(len(self.used)))
        self._scale = found.scale.astype(np.float64)[:, None]

    def forward(self, weights: Doubles) -> Doubles:
        """Return the sums of every sentence: one column a kind."""
        sums = [np.add.reduceat(column[self._columns], self._begins) for column in np.ascontiguousarray(weights.T)]
        product: Doubles = np.stack(sums, axis=1) * self._scale
        return product

    def backward(self, wrong: Doubles) -> Doubles:
        """Return the slope of every bucket's weights: one column a kind."""
        scaled = np.ascontiguousarray((wrong * self._scale).T)
        return np.stack([np.add.reduceat(c[self._by_column], self._column_begins) for c in scaled], axis=1)


@dataclass(frozen=True, slots=True)
class Weighed:
    """What there is to weigh for one sentence of dev.

    Attributes:
        odds: The model's log odds.
        votes: The best pattern score per kind, where one fired.
        silenced: Kinds a veto speaks against.
        kinds: The truth.
    """

    odds: Floats
    votes: dict[SignalKind, float]
    silenced: frozenset[SignalKind]
    kinds: frozenset[SignalKind]


def finish(weights: Floats, bias: Floats, mails: Sequence[LabelledMail], dev: Sequence[LabelledMail]) -> SpeechActModel:
    """Count how right the patterns are on ``mails``, then weigh votes and set thresholds on ``dev``."""
    patterns = _pattern_scores(mails)
    blank = SpeechActModel(weights, bias, {}, {}, patterns)
    blends, thresholds, cuts = {}, {}, []
    weighed = [sentence for mail in dev for sentence in _weighed(blank, mail)]
    for column, kind in enumerate(KINDS):
        odds = np.array([sentence.odds[column] for sentence in weighed], dtype=np.float64)
        votes = [sentence.votes.get(kind) for sentence in weighed]
        truth = np.array([kind in sentence.kinds for sentence in weighed])
        rarer = _RARER.get(kind, 1.0)
        blends[kind] = blend = _blend(votes, odds, truth, rarer)
        scores = np.array(
            [
                0.0 if vote is None and kind in sentence.silenced else blended(vote, float(odd), blend)
                for vote, odd, sentence in zip(votes, odds, weighed, strict=True)
            ]
        )
        thresholds[kind] = _threshold(scores, truth, low=_FLOORS.get(kind, _FLOOR), rarer=rarer)
        cuts.append(_cut(odds[truth & np.array([vote is not None for vote in votes])]))
    return SpeechActModel(weights, bias, blends, thresholds, patterns, tuple(cuts))


def _weighed(model: SpeechActModel, mail: LabelledMail) -> Iterable[Weighed]:
    book = rule_book(mail.language)
    odds = log_odds(model, WordTable(), inputs_of(mail))
    for row, sentence in zip(odds, mail.sentences, strict=True):
        votes: dict[SignalKind, float] = {}
        folded = fold(sentence.text)
        for hit in find_hits(book, folded):
            votes[hit.kind] = max(votes.get(hit.kind, 0.0), model.patterns.get(hit.rule, hit.score))
        yield Weighed(row, votes, vetoed_kinds(book, folded), sentence.kinds)


def _pattern_scores(mails: Sequence[LabelledMail]) -> dict[str, float]:
    """Return how often each pattern was right, beginning from what its file says."""
    counts: dict[str, tuple[float, float]] = {}
    for mail in mails:
        book = rule_book(mail.language)
        for sentence in mail.sentences:
            for hit in find_hits(book, fold(sentence.text)):
                right, total = counts.get(hit.rule, (_TRUST * hit.score, _TRUST))
                counts[hit.rule] = (right + (hit.kind in sentence.kinds), total + 1)
    return {rule: round(right / total, 4) for rule, (right, total) in sorted(counts.items())}


def _blend(votes: Sequence[float | None], odds: Doubles, truth: npt.NDArray[np.bool_], rarer: float) -> Blend:
    """Fit the blend of one kind, pulled towards a prior because the dev sentences are few.

    Where no pattern fired, sentences without the label count ``rarer`` times.
    """
    fired = np.array([vote is not None for vote in votes])
    rules = np.array([odds_of(vote) if vote is not None else 0.0 for vote in votes])
    clipped, doubted = np.clip(odds, -BOUND, BOUND), np.clip(odds, -DOUBT, BOUND)
    ones = np.ones(len(odds))
    p, m, b = _logistic(
        np.stack([rules, doubted, ones], axis=1)[fired],
        *(truth[fired], ones[fired], [_PRIOR.pattern, _PRIOR.model, _PRIOR.bias]),
    )
    am, ab = _logistic(
        np.stack([clipped, ones], axis=1)[~fired],
        *(truth[~fired], np.where(truth, 1.0, rarer)[~fired], [_PRIOR.alone_model, _PRIOR.alone_bias]),
    )
    return Blend(max(p, 0.0), m, b, am, ab)


def _logistic(columns: Doubles, truth: npt.NDArray[np.bool_], counted: Doubles, prior: list[float]) -> list[float]:
    centre = np.array(prior)

    def loss(weights: Doubles) -> tuple[float, Doubles]:
        logits, pull = columns @ weights, weights - centre
        value = (counted * (np.logaddexp(0, logits) - logits * truth)).sum() + 3 * (pull @ pull)
        return float(value), columns.T @ (counted * (1 / (1 + np.exp(-logits)) - truth)) + 6 * pull

    return [round(float(weight), 4) for weight in minimise(loss, centre)]


def _threshold(scores: Doubles, truth: npt.NDArray[np.bool_], *, low: float, rarer: float) -> float:
    """Return the lowest threshold of an F1 as good as the best: what is missed costs more than what is asked twice."""
    grid = np.arange(low, _CEILING, 0.02)
    marks = np.array([_f1(scores >= threshold, truth, rarer) for threshold in grid])
    return round(float(grid[marks >= marks.max() - _AS_GOOD][0]), 2)


def _cut(odds: Doubles) -> float:
    """Return the log odds below which hardly a pattern would be right: that many per cent of what they find is lost."""
    low = float(np.quantile(odds, _LOST)) - _MARGIN if len(odds) else _LOWEST
    return round(min(max(low, _LOWEST), _HIGHEST), 2)


def _f1(said: npt.NDArray[np.bool_], truth: npt.NDArray[np.bool_], rarer: float) -> float:
    """Return F1 where sentences without the label count so many times as much."""
    right, wrong = float((said & truth).sum()), rarer * float((said & ~truth).sum())
    return 2 * right / max(right + wrong + float(truth.sum()), 1.0)


def corpus_digest(folder: Path) -> str:
    """Return what changes whenever a sentence to train on or to weigh by does."""
    digest = hashlib.sha256()
    for split in ("train", "dev"):
        for path in sorted((folder / split).glob("*.txt")):
            digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def train(
    mails: Sequence[LabelledMail], dev: Sequence[LabelledMail], *, teacher: bytes | None = None
) -> SpeechActModel:
    """Train on some mails, weigh and set thresholds on others.

    Args:
        mails: What is learned from.
        dev: What weights of votes and thresholds are set on.
        teacher: Content of ``models/teacher.npz``, what the encoder thinks of sentences nobody labelled.
    """
    weights, bias = fit([*examples_of(mails), *(taught_examples(mails, teacher) if teacher else ())])
    return finish(weights, bias, mails, dev)
