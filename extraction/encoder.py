"""The `accurate` profile: a small encoder has a second look at the sentences the linear model is unsure of.

It is MiniLM, fine-tuned on the corpus by ``scripts/teach-model``, with weights of eight bits. It needs the extra
``accurate`` (ONNX Runtime and a tokenizer, no network, no torch).
"""

from collections.abc import Iterable, Iterator
from importlib.resources import files
from typing import Any, Final

import numpy as np
from spacy.language import Language
from spacy.tokens import Doc

from domain.errors import ConfigError
from domain.signals import SignalKind
from extraction.classifier import KINDS, TAUGHT, Floats, batches

LENGTH: Final = 56
"""Word pieces; what is beyond is not read."""

_CONTEXT: Final = 80
_BATCH: Final = 16
_UNSURE: Final = 1.4
"""Log odds around even, a probability of 0.2 to 0.8; surer sentences are left as they are."""

_MATTERING: Final = [column for column, kind in enumerate(KINDS) if kind is not SignalKind.DEADLINE]


def pair_of(text: str, answers: str, before: str) -> tuple[str, str]:
    """Return what the encoder reads: the sentence, and what it leans on.

    Args:
        text: The sentence.
        answers: What the mail answers.
        before: The sentence before, read where the mail answers nothing.
    """
    return text, (answers[:_CONTEXT] if answers else before[:_CONTEXT])


@Language.factory("sentence_encoder", requires=["doc._.acts"])
def make_sentence_encoder(nlp: Language, name: str) -> "SentenceEncoder":
    """Create the component; it has no settings.

    Raises:
        ConfigError: The extra ``accurate`` or its model is not installed.
    """
    del nlp, name
    return SentenceEncoder()


class SentenceEncoder:
    """Replaces the log odds of unsure sentences by the mean of the linear model's and the encoder's."""

    def __init__(self) -> None:
        folder = files("extraction") / "models"
        try:
            from onnxruntime import InferenceSession, SessionOptions  # noqa: PLC0415 - an extra
            from tokenizers import Tokenizer  # noqa: PLC0415 - an extra
        except ImportError:
            raise ConfigError("the model “accurate” needs the extra: pip install 'accountline[accurate]'.") from None
        if not (folder / "encoder.onnx").is_file():
            raise ConfigError("the model “accurate” is not in this installation; scripts/teach-model makes it.")
        options = SessionOptions()
        options.intra_op_num_threads = 1  # several processes scale better than several threads
        self._session: Any = InferenceSession((folder / "encoder.onnx").read_bytes(), options)
        self._tokenizer: Any = Tokenizer.from_str((folder / "encoder.json").read_text(encoding="utf-8"))
        self._tokenizer.enable_truncation(LENGTH)

    def __call__(self, doc: Doc) -> Doc:
        """Look at the unsure sentences of ``doc`` and return it."""
        return next(self.pipe([doc]))

    def pipe(self, stream: Iterable[Doc], *, batch_size: int = 128) -> Iterator[Doc]:
        """Look at the unsure sentences of a batch, those of like length together."""
        for docs in batches(stream, batch_size):
            places, pairs = [], []
            for doc in docs:
                for row in _unsure(doc):
                    places.append((doc, row))
                    pairs.append(_pair(doc, row))
            for (doc, row), odds in zip(places, self.odds(pairs), strict=True):
                doc._.acts[row] = (doc._.acts[row] + odds) / 2
                doc._.likely[row] = True
            yield from docs

    def odds(self, pairs: list[tuple[str, str]]) -> Floats:
        """Return the encoder's log odds, a row a pair. One pair's do not depend on the others."""
        encoded = self._tokenizer.encode_batch([pair if pair[1] else pair[0] for pair in pairs]) if pairs else []
        result = np.zeros((len(pairs), len(KINDS)), dtype=np.float32)
        by_length: dict[int, list[int]] = {}
        for number, encoding in enumerate(encoded):
            by_length.setdefault(len(encoding.ids), []).append(number)
        # Padding changes the last digits of eight-bit sums, so only sentences of the same length go together.
        for numbers in by_length.values():
            for begin in range(0, len(numbers), _BATCH):
                chosen = numbers[begin : begin + _BATCH]
                result[chosen] = self._run([encoded[number] for number in chosen])
        return result

    def _run(self, encoded: list[Any]) -> Floats:
        ids = np.array([encoding.ids for encoding in encoded], dtype=np.int64)
        parts = np.array([encoding.type_ids for encoding in encoded], dtype=np.int64)
        (odds,) = self._session.run(None, {"ids": ids, "parts": parts, "mask": np.ones_like(ids)})
        found: Floats = odds
        return found


def _unsure(doc: Doc) -> list[int]:
    if doc._.language not in TAUGHT or not len(doc._.acts):
        return []
    unsure: list[int] = np.flatnonzero((np.abs(doc._.acts[:, _MATTERING]) < _UNSURE).any(axis=1)).tolist()
    return unsure


def _pair(doc: Doc, row: int) -> tuple[str, str]:
    text: str = doc._.reply_text if doc._.reply_text is not None else doc.text
    start, end = doc._.sentences[row]
    before = ""
    if row:
        begin, last = doc._.sentences[row - 1]
        before = " ".join(text[begin:last].split())
    return pair_of(" ".join(text[start:end].split()), doc._.answers, before)
