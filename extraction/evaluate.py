"""How well labelled mails are read: precision, recall, F1 and calibration, a row per kind and language."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from typing import Final

import numpy as np
from spacy.language import Language
from spacy.tokens import Doc

from domain.signals import SignalKind
from extraction.labelled import LabelledMail, LabelledSentence
from extraction.pipeline import SignalInput, read_docs

_SENT_AT: Final = datetime(2026, 3, 11, 9, 30, tzinfo=UTC)
_BINS: Final = 10
_GAP: Final = "\n\n"


@dataclass(frozen=True, slots=True)
class Reading:
    """A labelled sentence beside what was read.

    Attributes:
        sentence: With its labels.
        language: Of its mail.
        said: Kinds reported.
        scores: Calibrated score of each kind weighed; the others are as good as 0.
    """

    sentence: LabelledSentence
    language: str
    said: frozenset[SignalKind]
    scores: dict[SignalKind, float]


@dataclass(frozen=True, slots=True)
class KindReport:
    """How well one kind is read.

    Attributes:
        kind, language: Of the sentences counted.
        right, wrong, missed: Counts.
        brier: Mean squared distance of score and truth.
        calibration: Expected calibration error in ten bins.
    """

    kind: SignalKind
    language: str
    right: int
    wrong: int
    missed: int
    brier: float
    calibration: float

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


def read_labelled_mails(nlp: Language, mails: Sequence[LabelledMail]) -> Iterator[Reading]:
    """Run the whole pipeline over labelled mails; each labelled sentence is a paragraph of its mail."""
    nlp.get_pipe("signal_judge").keep_scores = True  # type: ignore[attr-defined]
    inputs = (
        SignalInput(
            text=_GAP.join(sentence.text for sentence in mail.sentences),
            sent_at=_SENT_AT,
            language=mail.language,
            answers=" ".join(mail.answers),
            writer=mail.writer,
        )
        for mail in mails
    )
    docs = (doc for batch in read_docs(nlp, inputs) for doc in batch)
    for mail, doc in zip(mails, docs, strict=True):
        yield from _of_mail(mail, doc)


def _of_mail(mail: LabelledMail, doc: Doc) -> Iterator[Reading]:
    position = 0
    for sentence in mail.sentences:
        end = position + len(sentence.text)
        said = frozenset(signal.kind for signal in doc._.signals if position <= signal.start < end)
        scores: dict[SignalKind, float] = {}
        for start, found in doc._.scores:
            if position <= start < end:
                for kind, score in found.items():
                    scores[kind] = max(score, scores.get(kind, 0.0))
        for signal in doc._.signals:
            if position <= signal.start < end:
                scores[signal.kind] = max(signal.score, scores.get(signal.kind, 0.0))
        yield Reading(sentence, mail.language, said, scores)
        position = end + len(_GAP)


def report(readings: Iterable[Reading]) -> list[KindReport]:
    """Return a row for every kind in every language, and one for all languages (``all``) if there are several."""
    rows = sorted(readings, key=lambda reading: reading.language)
    groups = [(language, list(group)) for language, group in groupby(rows, key=lambda reading: reading.language)]
    if len(groups) > 1:
        groups.insert(0, ("all", rows))
    return [_of_kind(kind, language, group) for language, group in groups for kind in SignalKind]


def _of_kind(kind: SignalKind, language: str, readings: Sequence[Reading]) -> KindReport:
    truth = np.array([kind in reading.sentence.kinds for reading in readings])
    said = np.array([kind in reading.said for reading in readings])
    scores = np.array([reading.scores.get(kind, 0.0) for reading in readings])
    bins = np.minimum((scores * _BINS).astype(int), _BINS - 1)
    gaps = [abs(scores[bins == n].sum() - truth[bins == n].sum()) for n in range(_BINS)]
    return KindReport(
        kind, language, int((truth & said).sum()), int((said & ~truth).sum()), int((truth & ~said).sum()),
        round(float(((scores - truth) ** 2).mean()), 4), round(float(sum(gaps)) / len(readings), 4),
    )  # fmt: skip


def errors(readings: Iterable[Reading]) -> Iterator[tuple[Reading, frozenset[SignalKind], frozenset[SignalKind]]]:
    """Yield the sentences read wrongly, with the kinds wrongly reported and those missed."""
    for reading in readings:
        wrong, missed = reading.said - reading.sentence.kinds, reading.sentence.kinds - reading.said
        if wrong or missed:
            yield reading, wrong, missed
