"""How well mail is understood, and learning from corrections: the ``evaluate`` and ``train`` commands."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.resources import files
from pathlib import Path
from typing import Any

from domain.errors import AccountlineError
from domain.signals import SignalKind
from extraction.classifier import SpeechActModel, shipped_model
from extraction.corrections import Correction, read_corrections, retrain
from extraction.evaluate import KindReport, Reading, errors, read_labelled_mails, report
from extraction.labelled import LabelledMail, read_labelled, read_split
from extraction.pipeline import DEFAULT, load_pipeline
from flows.composition import TRAINED, home
from flows.lessons import LEARNED, corrections_of, lessons, save_lessons
from flows.settings import Settings

CARD = "model-card.md"
_TOLERANCE = 0.002
"""How much F1 over all kinds a retrained model may lose on the fixed split: about three sentences."""


def corpus(split: str, folder: Path | None = None) -> list[LabelledMail]:
    """Read a split of a corpus: of the one that comes with the package, or of another folder with such parts."""
    return read_split((folder or Path(str(files("extraction"))) / "corpus") / split)


def evaluate(
    data: Path | None, split: str, *, model: str = DEFAULT, weights: Path | None = None, wrong_only: bool = False
) -> list[dict[str, Any]]:
    """Return a row per kind and language, or per sentence read wrongly.

    Args:
        data: Labelled mails or JSON lines, else a split of the shipped corpus.
        split: Its name.
        model: As for :func:`extraction.pipeline.load_pipeline`.
        weights: As there.
        wrong_only: Whether to list the errors.
    """
    mails = corpus(split) if data is None else read_labelled(data)
    readings = list(read_labelled_mails(load_pipeline(model, weights), mails))
    if wrong_only:
        return list(_errors(readings))
    return [_row(line) for line in report(readings) if line.right + line.wrong + line.missed]


def _row(line: KindReport) -> dict[str, Any]:
    return {
        "language": line.language,
        "kind": line.kind,
        "sentences": line.right + line.missed,
        "precision": round(line.precision, 3),
        "recall": round(line.recall, 3),
        "f1": round(line.f1, 3),
        "brier": line.brier,
        "calibration_error": line.calibration,
    }


def _errors(readings: Sequence[Reading]) -> Iterator[dict[str, Any]]:
    for reading, wrong, missed in errors(readings):
        yield {
            "place": reading.sentence.place,
            "wrong": sorted(wrong),
            "missed": sorted(missed),
            "scores": {kind: round(score, 2) for kind, score in sorted(reading.scores.items()) if score > 0.1},  # noqa: PLR2004
            "text": reading.sentence.text,
        }


@dataclass(frozen=True, slots=True)
class Retrained:
    """What training did.

    Attributes:
        path: Where the model stands.
        corrections: How many sentences were learned from, those of dismissed flags included.
        dismissed: How many of them stood behind dismissed flags.
        before, after: F1 over all kinds on the fixed split, of the model in use and of the new one.
    """

    path: Path
    corrections: int
    dismissed: int
    before: float
    after: float


def train(
    settings: Settings, corrections_file: Path | None, *, now: datetime, corpus_folder: Path | None = None
) -> Retrained:
    """Retrain the model from the corpus and the users' corrections, and use it from now on.

    Args:
        settings: Where the store with the dismissed flags is, and where the model goes.
        corrections_file: Further corrections, as :func:`extraction.corrections.read_corrections` reads them.
        now: Acts after it are not looked at.
        corpus_folder: With ``train``, ``dev`` and ``test``; else the shipped corpus.

    Raises:
        AccountlineError: The new model reads the fixed split worse than the shipped one; nothing was changed.
    """
    target = home(settings) / TRAINED
    told = lessons(settings, target.with_name(LEARNED), now=now)
    dismissed = corrections_of(told)
    corrections = [*(read_corrections(corrections_file) if corrections_file else []), *dismissed]
    model = retrain(shipped_model(), corrections, corpus("train", corpus_folder), corpus("dev", corpus_folder))
    target.parent.mkdir(parents=True, exist_ok=True)
    candidate = target.with_suffix(".new.npz")
    candidate.write_bytes(model.to_bytes())
    fixed = corpus("test", corpus_folder)
    before, after = (_lines(fixed, weights) for weights in (None, candidate))
    result = Retrained(target, len(corrections), len(dismissed), _overall(before), _overall(after))
    if result.after < result.before - _TOLERANCE:
        candidate.unlink()
        raise AccountlineError(
            f"the retrained model reads the fixed test sentences worse (F1 {result.after:.3f}, the shipped one "
            f"{result.before:.3f}) and was thrown away; the model in use stays. Look through the corrections."
        )
    candidate.replace(target)
    save_lessons(target.with_name(LEARNED), told)
    target.with_name(CARD).write_text(_card(model, corrections, result, before, after), encoding="utf-8")
    return result


def forget_training(settings: Settings) -> bool:
    """Go back to the shipped model; return whether another one was in use."""
    target = home(settings) / TRAINED
    known = target.is_file()
    for path in (target, target.with_name(LEARNED), target.with_name(CARD)):
        path.unlink(missing_ok=True)
    return known


def _lines(mails: Sequence[LabelledMail], weights: Path | None) -> list[KindReport]:
    readings = list(read_labelled_mails(load_pipeline(weights=weights), mails))
    every = report(readings)
    return [line for line in every if line.language == every[0].language]


def _overall(lines: Sequence[KindReport]) -> float:
    right = sum(line.right for line in lines)
    other = sum(line.wrong + line.missed for line in lines)
    return round(2 * right / max(2 * right + other, 1), 4)


def _card(
    model: SpeechActModel,
    corrections: Sequence[Correction],
    result: Retrained,
    before: Sequence[KindReport],
    after: Sequence[KindReport],
) -> str:
    rows = [
        f"| {new.kind} | {old.f1:.3f} | {new.f1:.3f} | {new.precision:.3f} | {new.recall:.3f} | {new.calibration:.3f} "
        f"| {model.thresholds[new.kind]:.2f} |"
        for old, new in zip(before, after, strict=True)
    ]
    said = {kind: sum(kind in c.kinds | c.not_kinds for c in corrections) for kind in SignalKind}
    about = ", ".join(f"{kind} {count}" for kind, count in said.items() if count) or "none"
    return "\n".join(
        [
            "# Model card: speech acts, trained here",
            "",
            "A linear model over words and their neighbours; it says what single sentences of business mail do.",
            "`accountline train` wrote it. `accountline train --undo` goes back to the shipped model.",
            "",
            f"- Learned from: the shipped corpus and {result.corrections} corrections ({about}).",
            f"- Of these corrections {result.dismissed} stood behind flags that users dismissed.",
            "- Languages: English, German, French. Others are read by a few patterns and not by this model.",
            "- Not for: judging people, or anything but finding what a client waits for; read the quoted sentence.",
            f"- Fixed test split, all kinds: F1 {result.before:.3f} shipped, {result.after:.3f} now.",
            "",
            "| kind | F1 shipped | F1 now | precision | recall | calibration error | threshold |",
            "|---|---|---|---|---|---|---|",
            *rows,
            "",
        ]
    )
