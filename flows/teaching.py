"""How well mail is understood, and learning from corrections: the ``evaluate`` and ``train`` commands."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
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
from flows.settings import Settings

CARD = "model-card.md"
_TOLERANCE = 0.002
"""How much F1 over all kinds a retrained model may lose on the fixed split: about three sentences."""


def corpus(split: str) -> list[LabelledMail]:
    """Read a split of the corpus that comes with the package."""
    return read_split(Path(str(files("extraction"))) / "corpus" / split)


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
        corrections: How many were learned from.
        before, after: F1 over all kinds on the fixed split, of the model in use and of the new one.
    """

    path: Path
    corrections: int
    before: float
    after: float


def train(settings: Settings, corrections_file: Path | None) -> Retrained:
    """Retrain the model from the shipped corpus and the users' corrections, and use it from now on.

    Raises:
        AccountlineError: The new model reads the fixed split worse than the shipped one; nothing was changed.
    """
    corrections = read_corrections(corrections_file) if corrections_file else []
    target = home(settings) / TRAINED
    model = retrain(shipped_model(), corrections, corpus("train"), corpus("dev"))
    target.parent.mkdir(parents=True, exist_ok=True)
    candidate = target.with_suffix(".new.npz")
    candidate.write_bytes(model.to_bytes())
    fixed = corpus("test") or corpus("dev")
    before, after = (_lines(fixed, weights) for weights in (None, candidate))
    result = Retrained(target, len(corrections), _overall(before), _overall(after))
    if result.after < result.before - _TOLERANCE:
        candidate.unlink()
        raise AccountlineError(
            f"the retrained model reads the fixed test sentences worse (F1 {result.after:.3f}, the shipped one "
            f"{result.before:.3f}) and was thrown away; the model in use stays. Look through the corrections."
        )
    candidate.replace(target)
    target.with_name(CARD).write_text(_card(model, corrections, result, before, after), encoding="utf-8")
    return result


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
            "`accountline train` wrote it. Delete this folder to go back to the shipped model.",
            "",
            f"- Learned from: the shipped corpus and {result.corrections} corrections ({about}).",
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
