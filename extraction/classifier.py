"""The speech-act classifier: a linear model over words, word classes and their neighbours, as a spaCy component.

Small words carry the act ("could you", "we will"), so none is left out; names of days, months, numbers and addresses
become classes. Beside its words a sentence has its length, its place in the mail, who writes, and what kind of ask the
mail answers. Features are hashed; a sentence's log odds are one sum over a table (16 bit floats).
"""

import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from importlib.resources import files
from itertools import islice
from math import log
from pathlib import Path
from typing import Any, Final, NamedTuple
from zipfile import BadZipFile

import numpy as np
import numpy.typing as npt
from spacy.language import Language
from spacy.strings import get_string_id
from spacy.tokens import Doc

from domain.errors import ConfigError
from domain.signals import SignalKind
from extraction.context import context_of
from extraction.words import Hashes, WordTable, words_of

KINDS: Final = tuple(SignalKind)
"""The columns of the model, in the order of the vocabulary."""

BUCKETS: Final = 1 << 18
_LONG: Final = (2, 4, 8, 14, 22, 32)
"""Words at which a sentence changes its length class."""

_ANSWERING: Final = 14
"""Words; only so short a sentence leans on what it answers word by word."""

_FIRST: Final = np.uint64(0x9E3779B97F4A7C15)
_SECOND: Final = np.uint64(0xC2B2AE3D27D4EB4F)
_SHIFT: Final = np.uint64(46)
_CHUNK: Final = 12_000
"""Words looked up at once: as many as fit the processor's cache."""

TAUGHT: Final = frozenset({"en", "de", "fr", "und"})
"""Languages of the corpus; a mail too short to tell its language is read as if it were one of them."""

_UNKNOWN: Final = -1.0
"""Log odds in a language the model was not taught."""

_SHORT_MAIL: Final = 90
"""Words and marks; only a short mail can be nothing but thanks."""

_POWERS: Final = 1 << np.arange(len(KINDS), dtype=np.int64)
_EVERY: Final = (1 << len(KINDS)) - 1
_CLOSER: Final = 1 << KINDS.index(SignalKind.CLOSER)
_NOTHING: Final = (".",)
_EDGE: Final = 1e-3
_NEGLIGIBLE: Final = 0.01
"""Weights so small are left out of the file."""


Floats = npt.NDArray[np.float32]
Integers = npt.NDArray[np.int64]


class SentenceInput(NamedTuple):
    """A sentence as the model sees it.

    Attributes:
        words: From :func:`extraction.words.words_of`.
        place: ``first``, ``last``, ``middle``, or ``""`` for the only one of its mail.
        before: The sentence before: ``asks`` when it ends in a question mark, else ``""``.
        context: What the mail answers: ``meeting``, ``question``, ``request``, ``told``, ``""`` when nothing is known.
        writer: ``client``, ``us`` or ``""``.
    """

    words: Sequence[str]
    place: str = ""
    before: str = ""
    context: str = ""
    writer: str = ""


@dataclass(frozen=True, slots=True)
class Blend:
    """How a kind's pattern score and the model's log odds become one calibrated score.

    Attributes:
        pattern, model, bias: Weights of the log odds where a pattern fired.
        alone_model, alone_bias: The same where none did.
    """

    pattern: float = 0.8
    model: float = 0.6
    bias: float = 0.0
    alone_model: float = 0.9
    alone_bias: float = -0.4


@dataclass(frozen=True, eq=False)
class SpeechActModel:
    """What training ships.

    Attributes:
        weights: One row per bucket, one column per kind of ``KINDS``.
        bias: Log odds of each kind in a sentence without features.
        blends: How the model and the patterns are weighed.
        thresholds: The lowest score worth reporting.
        patterns: How often each pattern was right on the corpus.
        cuts: Log odds of each kind below which its patterns are not tried.
        corpus: Digest of the corpus it was trained on.
    """

    weights: Floats
    bias: Floats
    blends: dict[SignalKind, Blend]
    thresholds: dict[SignalKind, float]
    patterns: dict[str, float] = field(default_factory=dict)
    cuts: tuple[float, ...] = (-4.5,) * len(KINDS)
    corpus: str = ""

    @cached_property
    def alone(self) -> Floats:
        """Log odds of each kind below which it is not reported unless a pattern fires."""
        lows = [self.thresholds[kind] for kind in KINDS]
        blends = [self.blends[kind] for kind in KINDS]
        cuts = [
            (log(low / (1 - low)) - b.alone_bias) / max(b.alone_model, _EDGE)
            for low, b in zip(lows, blends, strict=True)
        ]
        return np.array(cuts, dtype=np.float32) - np.float32(_EDGE)

    @cached_property
    def compact(self) -> tuple[npt.NDArray[np.int32], Floats]:
        """The rows in use behind one of zeros, and where each bucket's row is: much less to search in than all."""
        used = np.flatnonzero(self.weights.any(axis=1))
        index = np.zeros(BUCKETS, dtype=np.int32)
        index[used] = np.arange(1, len(used) + 1)
        return index, np.concatenate([np.zeros((1, len(KINDS)), dtype=np.float32), self.weights[used]])

    def to_bytes(self) -> bytes:
        """Return the npz file: only rows in use, in 16 bits. The same model gives the same bytes."""
        half = np.where(np.abs(self.weights) < _NEGLIGIBLE, 0, self.weights).astype(np.float16)
        rows = np.flatnonzero(np.any(half != 0, axis=1))
        blends = [self.blends[kind] for kind in KINDS]
        names = sorted(self.patterns)
        target = io.BytesIO()
        np.savez_compressed(
            target,
            steps=np.diff(rows, prepend=0).astype(np.uint32),
            weights=half[rows].T.copy(),
            bias=self.bias,
            blends=np.array([[b.pattern, b.model, b.bias, b.alone_model, b.alone_bias] for b in blends]),
            thresholds=np.array([self.thresholds[kind] for kind in KINDS]),
            cuts=np.array(self.cuts),
            corpus=np.array(self.corpus),
            names=np.array(names or [""]),
            scores=np.array([self.patterns[name] for name in names] or [0.0]),
        )
        return target.getvalue()

    @classmethod
    def from_bytes(cls, content: bytes) -> "SpeechActModel":
        """Read what :meth:`to_bytes` wrote."""
        with np.load(io.BytesIO(content), allow_pickle=False) as held:
            weights = np.zeros((BUCKETS, len(KINDS)), dtype=np.float32)
            weights[np.cumsum(held["steps"])] = held["weights"].T
            blends = {kind: Blend(*map(float, row)) for kind, row in zip(KINDS, held["blends"], strict=True)}
            thresholds = {kind: float(low) for kind, low in zip(KINDS, held["thresholds"], strict=True)}
            patterns = dict(zip(map(str, held["names"]), map(float, held["scores"]), strict=True))
            cuts = tuple(map(float, held["cuts"]))
            return cls(
                weights, held["bias"].astype(np.float32), blends, thresholds, patterns, cuts, str(held["corpus"])
            )


@cache
def shipped_model() -> SpeechActModel:
    """Return the model that comes with the package."""
    return SpeechActModel.from_bytes(files("extraction").joinpath("models", "speech_acts.npz").read_bytes())


def load_model(path: Path) -> SpeechActModel:
    """Return a model from its file.

    Raises:
        ConfigError: The file is missing or no model of this version.
    """
    try:
        return SpeechActModel.from_bytes(path.read_bytes())
    except (OSError, ValueError, KeyError, IndexError, BadZipFile):
        raise ConfigError(f"{path} is no model of this version; run `accountline train` again, or delete it.") from None


_BEGIN: Final = np.uint64(get_string_id("<begin>"))
_END: Final = np.uint64(get_string_id("<end>"))
_SALTS: Final = [np.uint64(get_string_id(f"<column {n}>")) for n in range(8)]


@cache
def _name(name: str) -> np.uint64:
    return np.uint64(get_string_id(name))


@dataclass(frozen=True, slots=True)
class Features:
    """Buckets of some sentences; bucket 0 is none.

    Attributes:
        words: One row a word.
        starts: First row of each sentence.
        wholes: One row a sentence: what is said of it as a whole.
        scale: Weight of the features of each sentence, so that long ones do not shout.
    """

    words: Integers
    starts: Integers
    wholes: Integers
    scale: Floats


def features(table: WordTable, sentences: Sequence[SentenceInput]) -> Features:
    """Return the features of sentences, each of at least one word."""
    lengths = np.array([len(sentence.words) for sentence in sentences], dtype=np.int64)
    hashes = table.hashes([word for sentence in sentences for word in sentence.words])
    starts = np.concatenate([[0], np.cumsum(lengths)[:-1]]).astype(np.int64)
    last = np.cumsum(lengths) - 1
    word = hashes[:, 0]
    before, further = np.roll(word, 1), np.roll(word, 2)
    before[starts] = _BEGIN
    further[starts] = _BEGIN
    longer = starts[lengths > 1] + 1
    further[longer] = _BEGIN
    leaning = [_name(f"<answers {s.context}>") if s.context and len(s.words) <= _ANSWERING else 0 for s in sentences]
    context = np.repeat(np.array(leaning, dtype=np.uint64), lengths)
    ends = np.zeros(len(word), dtype=np.int64)
    ends[last] = _hash(word[last], _END)
    columns = [
        _hash(word, _SALTS[0]),
        _hash(before, word),
        _hash(_mix(further, before), word),
        _hash(_mix(further, _SALTS[1]), word),
        np.where(hashes[:, 1] != 0, _hash(hashes[:, 1], _SALTS[2]), 0),
        np.where(hashes[:, 2] != 0, _hash(hashes[:, 2], _SALTS[3]), 0),
        ends,
        np.where(context != 0, _hash(context, word), 0),
    ]
    wholes = _wholes(sentences, lengths)
    scale = (4 / np.sqrt(6 * lengths + 4)).astype(np.float32)
    return Features(np.stack(columns, axis=1), starts, wholes, scale)


def _wholes(sentences: Sequence[SentenceInput], lengths: Integers) -> Integers:
    classes = np.searchsorted(_LONG, lengths)
    rows = [
        (
            *(_whole("length", str(size)), _whole("place", s.place), _whole("before", s.before)),
            *(_whole("context", s.context), _whole("writer", s.writer)),
            _whole("asks", "yes" if "?" in s.words[-1] else ""),
        )
        for s, size in zip(sentences, classes.tolist(), strict=True)
    ]
    return np.array(rows, dtype=np.int64).reshape(len(sentences), -1)


@cache
def _whole(name: str, value: str) -> int:
    return int(_hash(np.array([_name(f"<{name} {value}>")]), _SALTS[7])[0]) if value else 0


def _mix(left: Hashes, right: Hashes | np.uint64) -> Hashes:
    with np.errstate(over="ignore"):
        mixed: Hashes = (left * _FIRST) ^ ((right + _FIRST) * _SECOND)
    return mixed


def _hash(left: Hashes, right: Hashes | np.uint64) -> Integers:
    with np.errstate(over="ignore"):
        buckets: Integers = ((_mix(left, right) * _SECOND) >> _SHIFT).astype(np.int64)
    return np.maximum(buckets, 1)


def batches(stream: Iterable[Doc], size: int) -> Iterator[list[Doc]]:
    """Yield lists of at most ``size`` Docs."""
    source = iter(stream)
    while batch := list(islice(source, size)):
        yield batch


def log_odds(model: SpeechActModel, table: WordTable, sentences: Sequence[SentenceInput]) -> Floats:
    """Return the log odds per sentence and kind, not yet calibrated; one sentence's do not depend on the others."""
    if not sentences:
        return np.zeros((0, len(KINDS)), dtype=np.float32)
    return np.concatenate([_log_odds(model, features(table, chunk)) for chunk in _chunks(sentences)])


def _chunks(sentences: Sequence[SentenceInput]) -> Iterator[Sequence[SentenceInput]]:
    begin = size = 0
    for position, sentence in enumerate(sentences):
        if size > _CHUNK:
            yield sentences[begin:position]
            begin, size = position, 0
        size += len(sentence.words)
    yield sentences[begin:]


def _log_odds(model: SpeechActModel, found: Features) -> Floats:
    index, rows = model.compact
    places = index[found.words]
    known = np.flatnonzero(places.ravel())
    # Most neighbours were never seen; only those that were are looked up. A row of zeros begins each sentence, so that
    # none is without.
    begins = np.searchsorted(known, found.starts * found.words.shape[1]) + np.arange(len(found.starts))
    chosen = np.zeros(len(known) + len(begins), dtype=np.int32)
    filled = np.ones(len(chosen), dtype=bool)
    filled[begins] = False
    chosen[filled] = places.ravel()[known]
    sums = np.add.reduceat(np.take(rows, chosen, axis=0), begins, axis=0)
    for column in index[found.wholes].T:
        sums += np.take(rows, column, axis=0)
    odds: Floats = sums * found.scale[:, None] + model.bias
    return odds


@Language.factory("speech_acts", default_config={"weights": None}, requires=["doc._.sentences"], assigns=["doc._.acts"])
def make_speech_acts(nlp: Language, name: str, weights: str | None) -> "SpeechActs":
    """Create the component with the shipped model, or with the file ``weights``."""
    del nlp, name
    return SpeechActs(load_model(Path(weights)) if weights else shipped_model())


class SpeechActs:
    """Says how likely each sentence of a mail does each kind of thing.

    It fills ``doc._.acts`` (one row a sentence, the log odds of each of ``KINDS``), ``doc._.possible`` (the kinds whose
    patterns are worth trying, a sentence each), ``doc._.likely`` (whether some kind may be reported without a pattern)
    and ``doc._.words``.
    """

    def __init__(self, model: SpeechActModel) -> None:
        self.model = model
        self._table = WordTable()
        for name, default in (
            ("acts", None),
            ("possible", ()),
            ("likely", ()),
            ("words", ()),
            ("answers", ""),
            ("writer", ""),
        ):
            if not Doc.has_extension(name):
                Doc.set_extension(name, default=default)

    def __call__(self, doc: Doc) -> Doc:
        """Classify the sentences of ``doc`` and return it."""
        return next(self.pipe([doc]))

    def pipe(self, stream: Iterable[Doc], *, batch_size: int = 128) -> Iterator[Doc]:
        """Classify Docs, all sentences of a batch at once."""
        for docs in batches(stream, batch_size):
            mails = [_read(doc) for doc in docs]
            odds = log_odds(self.model, self._table, [sentence for mail in mails for sentence in mail])
            masks = ((odds > np.array(self.model.cuts, dtype=np.float32)) @ _POWERS).tolist()
            likely: Any = (odds > self.model.alone).any(axis=1).tolist()
            position = 0
            for doc, mail in zip(docs, mails, strict=True):
                last = position + len(mail)
                held = doc._  # made anew each time it is asked for
                if held.language in TAUGHT:
                    held.acts = odds[position:last]
                    short = sum(map(len, held.words)) <= _SHORT_MAIL
                    held.likely = likely[position:last]
                    held.possible = [_kinds(mask | _CLOSER if short else mask) for mask in masks[position:last]]
                else:
                    held.acts = np.full((len(mail), len(KINDS)), _UNKNOWN, dtype=np.float32)
                    held.likely = [False] * len(mail)
                    held.possible = [_kinds(_EVERY)] * len(mail)
                position = last
                yield doc


@cache
def _kinds(mask: int) -> frozenset[SignalKind]:
    return frozenset(kind for n, kind in enumerate(KINDS) if mask >> n & 1)


def _read(doc: Doc) -> list[SentenceInput]:
    held = doc._
    text: str = held.folded
    held.words = words = [words_of(text[start:end]) for start, end in held.sentences]
    return sentence_inputs(words, context=context_of(held.answers), writer=held.writer)


def sentence_inputs(mail: Sequence[Sequence[str]], *, context: str, writer: str) -> list[SentenceInput]:
    """Return the sentences of a mail, given as words, with what is around each."""
    inputs = []
    before = ""
    for number, words in enumerate(mail):
        place = "" if len(mail) == 1 else "first" if number == 0 else "last" if number == len(mail) - 1 else "middle"
        inputs.append(SentenceInput(words or _NOTHING, place, before, context, writer))
        before = "asks" if words and "?" in words[-1] else ""
    return inputs
