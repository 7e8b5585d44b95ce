"""The classifier is trained from the corpus in the repository, and what is shipped is what training gives."""

from collections import Counter
from functools import cache
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest

from domain.signals import SignalKind
from extraction.classifier import KINDS, SpeechActModel, shipped_model
from extraction.train import Doubles, KindReport, minimise, read_corpus, train

CORPUS = Path(str(files("extraction"))) / "corpus"
FLOORS = {
    SignalKind.REQUEST: 0.82,
    SignalKind.QUESTION: 0.70,
    SignalKind.COMPLAINT: 0.85,
    SignalKind.COMMITMENT: 0.80,
    SignalKind.MEETING_PROPOSAL: 0.78,
    SignalKind.MEETING_CONFIRMATION: 0.78,
    SignalKind.MEETING_PAST: 0.78,
    SignalKind.ACKNOWLEDGEMENT: 0.68,
    SignalKind.WITHDRAWAL: 0.80,
    SignalKind.PRAISE: 0.65,
}
"""F1 on the dev sentences that a change must not fall below."""


@cache
def retrained() -> tuple[dict[SignalKind, KindReport], bytes]:
    """Return the report and the model of training once."""
    with TemporaryDirectory() as folder:
        out = Path(folder) / "model.npz"
        return train(CORPUS, out), out.read_bytes()


@pytest.mark.parametrize("kind", KINDS)
def test_training_reaches_the_recorded_quality(kind: SignalKind) -> None:
    """Retraining reaches the floor of every kind on the dev sentences."""
    assert retrained()[0][kind].f1 >= FLOORS[kind]


def test_the_shipped_model_is_what_training_gives() -> None:
    """Nobody edits the model by hand, and nobody changes the corpus without retraining."""
    fresh = SpeechActModel.from_bytes(retrained()[1])
    shipped = shipped_model()

    assert shipped.thresholds == fresh.thresholds
    assert np.allclose(shipped.weights, fresh.weights, atol=0.02)


def test_the_model_survives_its_file() -> None:
    """What is written is what is read."""
    model = shipped_model()
    again = SpeechActModel.from_bytes(model.to_bytes())

    assert np.array_equal(model.weights, again.weights)
    assert (model.blends, model.thresholds) == (again.blends, again.thresholds)


def test_the_model_is_small() -> None:
    """The model ships in the package: less than a megabyte."""
    assert len(shipped_model().to_bytes()) < 1_000_000


def test_the_corpus_is_large_and_has_no_sentence_twice() -> None:
    """At least 1,500 sentences in two languages, no dev sentence among the train sentences."""
    examples = read_corpus(CORPUS)
    seen = Counter(example.text.casefold() for example in examples)

    assert len(examples) >= 1500
    assert {example.language for example in examples} == {"en", "de"}
    assert max(seen.values()) == 1


def test_minimise_finds_the_minimum_of_a_bowl() -> None:
    """The optimiser finds the lowest point of a stretched parabola."""
    scales, lowest = np.array([1.0, 50.0, 0.1]), np.array([3.0, -2.0, 7.0])

    def bowl(point: Doubles) -> tuple[float, Doubles]:
        away = point - lowest
        return float(scales @ away**2), 2 * scales * away

    assert np.allclose(minimise(bowl, np.zeros(3)), lowest, atol=1e-2)
