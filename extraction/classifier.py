"""The speech-act classifier: a linear model over words, word classes and their pairs, as a spaCy component.

Small words carry the act ("could you", "we will"), so none is left out; names of days, months, numbers and addresses
become classes. Features are hashed, a sentence's score is one sum over a table (16 bit floats, some hundred kB).
"""

import io
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from spacy.language import Language
from spacy.strings import get_string_id
from spacy.tokens import Doc

from domain.signals import SignalKind
from extraction.date_words import WORDS

KINDS: Final = (
    SignalKind.REQUEST,
    SignalKind.QUESTION,
    SignalKind.COMPLAINT,
    SignalKind.COMMITMENT,
    SignalKind.MEETING_PROPOSAL,
    SignalKind.MEETING_CONFIRMATION,
    SignalKind.MEETING_PAST,
    SignalKind.ACKNOWLEDGEMENT,
    SignalKind.WITHDRAWAL,
    SignalKind.PRAISE,
)
"""The kinds the model knows; deadlines are the date grammar's and closers the whole mail's business."""

BUCKETS: Final = 1 << 17
_LONG: Final = (4, 8, 14, 22, 32)
"""Words at which a sentence changes its length class."""

_ATTRIBUTES: Final = ["LOWER", "SENT_START", "LIKE_NUM", "LIKE_URL", "LIKE_EMAIL", "IS_SPACE"]
_FIRST = np.uint64(0x9E3779B97F4A7C15)
_SECOND = np.uint64(0xC2B2AE3D27D4EB4F)
_SHIFT = np.uint64(47)

Floats = npt.NDArray[np.float32]
Integers = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Blend:
    """How a kind's pattern score and model probability become one calibrated score.

    Attributes:
        pattern, model, bias: Weights of the log odds where a pattern fired.
        alone: Added to the model's log odds where none did.
    """

    pattern: float = 1.0
    model: float = 0.25
    bias: float = 0.2
    alone: float = -1.8


@dataclass(frozen=True, slots=True, eq=False)
class SpeechActModel:
    """What training ships.

    Attributes:
        weights: One row per bucket, one column per kind of ``KINDS``.
        bias: Log odds of each kind in a sentence without features.
        blends: How the model and the patterns are weighed.
        thresholds: The lowest score worth reporting.
    """

    weights: Floats
    bias: Floats
    blends: dict[SignalKind, Blend]
    thresholds: dict[SignalKind, float]

    def to_bytes(self) -> bytes:
        """Return the npz file: only rows in use, in 16 bits."""
        rows = np.flatnonzero(np.any(self.weights.astype(np.float16) != 0, axis=1))
        target = io.BytesIO()
        np.savez_compressed(
            target,
            rows=rows.astype(np.uint32),
            weights=self.weights[rows].astype(np.float16),
            bias=self.bias,
            blends=np.array([[b.pattern, b.model, b.bias, b.alone] for b in map(self.blends.__getitem__, KINDS)]),
            thresholds=np.array([self.thresholds[kind] for kind in KINDS]),
        )
        return target.getvalue()

    @classmethod
    def from_bytes(cls, content: bytes) -> "SpeechActModel":
        """Read what :meth:`to_bytes` wrote."""
        with np.load(io.BytesIO(content), allow_pickle=False) as held:
            weights = np.zeros((BUCKETS, len(KINDS)), dtype=np.float32)
            weights[held["rows"]] = held["weights"]
            blends = {kind: Blend(*map(float, row)) for kind, row in zip(KINDS, held["blends"], strict=True)}
            thresholds = {kind: float(low) for kind, low in zip(KINDS, held["thresholds"], strict=True)}
            return cls(weights, held["bias"].astype(np.float32), blends, thresholds)


@cache
def shipped_model() -> SpeechActModel:
    """Return the model that comes with the package."""
    return SpeechActModel.from_bytes(files("extraction").joinpath("models", "speech_acts.npz").read_bytes())


def _word_classes() -> dict[int, int]:
    short = {word for words in WORDS.values() for word in words.short}
    weekdays = {word for words in WORDS.values() for word in words.weekdays} - short | {"mon", "wed"}
    months = {word for words in WORDS.values() for word in words.months} - {"may", "march", "mar", "mars"}
    relative = {"today", "tomorrow", "yesterday", "tonight", "heute", "morgen", "gestern", "übermorgen"}
    classes = (("<weekday>", weekdays), ("<month>", months), ("<relative>", relative))
    return {get_string_id(word): get_string_id(name) for name, words in classes for word in words}


_CLASSES: Final = _word_classes()
_NUMBER = np.uint64(get_string_id("<number>"))
_ADDRESS = np.uint64(get_string_id("<address>"))
_BEGIN = np.uint64(get_string_id("<begin>"))
_END = np.uint64(get_string_id("<end>"))
_LENGTHS: Final = np.array([get_string_id(f"<length {n}>") for n in range(len(_LONG) + 1)], dtype=np.uint64)


def features(doc: Doc) -> tuple[Integers, Integers, int]:
    """Return the features of a Doc whose sentence starts are set.

    Returns:
        Buckets, the sentence each belongs to, and how many sentences there are.
    """
    table = doc.to_array([*_ATTRIBUTES])
    sentence = np.cumsum(table[:, 1] == 1) - 1
    count = int(sentence[-1]) + 1 if len(sentence) else 0
    visible = table[:, 5] == 0
    words, sentence = table[visible, 0], sentence[visible]
    words = np.fromiter((_CLASSES.get(int(word), int(word)) for word in words), dtype=np.uint64, count=len(words))
    words[table[visible, 2] == 1] = _NUMBER
    words[(table[visible, 3] == 1) | (table[visible, 4] == 1)] = _ADDRESS
    first = np.empty(len(words), dtype=bool)
    first[:1] = True
    first[1:] = sentence[1:] != sentence[:-1]
    last = np.append(first[1:], True) if len(words) else first
    before = np.where(first, _BEGIN, np.roll(words, 1))
    lengths = np.bincount(sentence, minlength=count)
    hashed = [_hash(words, words), _hash(before, words), _hash(words[last], np.full(int(last.sum()), _END))]
    hashed.append(_hash(_LENGTHS[np.searchsorted(_LONG, lengths)], np.full(count, _BEGIN)))
    owner = np.concatenate([sentence, sentence, sentence[last], np.arange(count)])
    return np.concatenate(hashed), owner, count


def _hash(left: npt.NDArray[np.uint64], right: npt.NDArray[np.uint64]) -> Integers:
    with np.errstate(over="ignore"):
        mixed = left * _FIRST ^ (right + _FIRST) * _SECOND
        return ((mixed * _SECOND) >> _SHIFT).astype(np.int64)


def scale(owner: Integers, count: int) -> Floats:
    """Return the weight of each feature, so that long sentences do not shout: 4 / sqrt(features of the sentence)."""
    per_sentence = np.maximum(np.bincount(owner, minlength=count), 1)
    return (4 / np.sqrt(per_sentence))[owner].astype(np.float32)


def probabilities(model: SpeechActModel, doc: Doc) -> Floats:
    """Return the model's probability per sentence and kind, not yet calibrated."""
    buckets, owner, count = features(doc)
    rows = model.weights[buckets] * scale(owner, count)[:, None]
    logits = np.stack([np.bincount(owner, weights=column, minlength=count) for column in rows.T], axis=1)
    scores: Floats = (1 / (1 + np.exp(-np.clip(logits + model.bias, -30, 30)))).astype(np.float32)
    return scores


@Language.factory("speech_acts", assigns=["doc._.acts"])
def make_speech_acts(nlp: Language, name: str) -> "SpeechActs":
    """Create the component with the shipped model; it has no settings."""
    del nlp, name
    return SpeechActs(shipped_model())


class SpeechActs:
    """Fills ``doc._.acts``: for every sentence the model's probability of each kind."""

    def __init__(self, model: SpeechActModel) -> None:
        self.model = model
        if not Doc.has_extension("acts"):
            Doc.set_extension("acts", default=None)

    def __call__(self, doc: Doc) -> Doc:
        """Classify the sentences of ``doc`` and return it."""
        scores: list[list[float]] = probabilities(self.model, doc).tolist() if len(doc) else []
        acts: list[dict[SignalKind, Any]] = [dict(zip(KINDS, row, strict=True)) for row in scores]
        doc._.acts = acts
        return doc
