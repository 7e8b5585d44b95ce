"""How signals are read on public labelled sets, none of which was trained on.

    python benchmarks/signals.py DATA_FOLDER [--errors SET] [--model default|accurate]

DATA_FOLDER holds the sets as folders: ``intent-parakweet``, ``intent-enron-verified``, ``acts-bc3``,
``events-mailex-partial``, ``complaints-preotiuc2019``; those missing are left out. Labels of others are not ours:
"asks" below counts a request, a question, a meeting proposed or agreed on. ``best`` is F1 at the best threshold.
"""

import argparse
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from domain.signals import SignalKind
from extraction.evaluate import read_labelled_mails
from extraction.labelled import LabelledMail, LabelledSentence
from extraction.pipeline import load_pipeline

ASKS = frozenset({SignalKind.REQUEST, SignalKind.QUESTION, SignalKind.MEETING_PROPOSAL})
PLANS = ASKS | {SignalKind.MEETING_CONFIRMATION}
MEETINGS = frozenset({SignalKind.MEETING_PROPOSAL, SignalKind.MEETING_CONFIRMATION, SignalKind.MEETING_PAST})
PROMISES = frozenset({SignalKind.COMMITMENT})
COMPLAINTS = frozenset({SignalKind.COMPLAINT})
Rows = Iterator[tuple[str, set[str]]]
"""A text and its labels."""


def _lines(path: Path) -> Iterator[Any]:
    return (json.loads(line) for line in path.read_text(encoding="utf-8").splitlines())


def parakweet(folder: Path) -> Rows:
    """Crowd-labelled sentences: an intent or none."""
    for row in _lines(folder / "intent-parakweet" / "train.jsonl"):
        yield row["text"], {"intent"} if row["label"] else set()


def verified(folder: Path) -> Rows:
    """The same, labelled again by one person with stricter rules."""
    for row in _lines(folder / "intent-enron-verified" / "data.jsonl"):
        yield row["text"], {"intent"} if row["label"] else set()


def bc3(folder: Path) -> Rows:
    """List mail with three annotators; a label needs two of them, sentences with one vote are left out."""
    for row in _lines(folder / "acts-bc3" / "sentences.jsonl"):
        yield (
            row["text"],
            set(row["labels_majority"]) | {f"not {v}" for v in set(row["labels_any"]) - set(row["labels_majority"])},
        )


def mailex(folder: Path) -> Rows:
    """Business mail with marked triggers."""
    for row in _lines(folder / "events-mailex-partial" / "triggers.jsonl"):
        words, labels = [], set()
        for token, tag in zip(row["tokens"], row["bio"], strict=True):
            if tag == -100:
                continue
            words.append(token)
            if str(tag)[:2] in {"B_", "S_"}:
                labels.add("request" if "Request" in tag else "deliver")
                if "Meeting" in tag:
                    labels.add("meeting")
            if token in {".", "?", "!"}:
                yield re.sub(r" (n't|'|[.,?!;:])", r"\1", " ".join(words)), labels
                words, labels = [], set()
        if words:
            yield " ".join(words), labels


def tweets(folder: Path) -> Rows:
    """Tweets to companies and random ones; handles and links are masked, they give the answer away."""
    for row in _lines(folder / "complaints-preotiuc2019" / "data.jsonl"):
        text = re.sub(r"https?://\S+", "", re.sub(r"@\w+", "", row["text"])).strip() or "."
        yield (
            text,
            ({"complaint"} if row["label"] else set()) | ({"random"} if row["domain"].startswith("random") else set()),
        )


SETS: dict[str, tuple[Callable[[Path], Rows], list[tuple[str, frozenset[SignalKind]]]]] = {
    "intent-parakweet": (parakweet, [("intent", PLANS)]),
    "intent-enron-verified": (verified, [("intent", PLANS)]),
    "acts-bc3": (bc3, [("req", ASKS), ("cmt", PROMISES), ("meet", MEETINGS)]),
    "events-mailex-partial": (mailex, [("request", ASKS), ("meeting", MEETINGS)]),
    "complaints-preotiuc2019": (tweets, [("complaint", COMPLAINTS)]),
}


def _f1(said: Any, truth: Any) -> float:
    return 2 * float((said & truth).sum()) / max(float(said.sum() + truth.sum()), 1.0)


def main() -> None:
    """Print a row per set and label."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--errors", metavar="SET", default="")
    parser.add_argument("--model", default="default")
    asked = parser.parse_args()
    nlp = load_pipeline(asked.model)
    print(f"{'set':24} {'label':10} {'n':>5} {'pos':>5} {'P':>6} {'R':>6} {'F1':>6} {'best':>6} {'macro':>6}")
    for name, (read, columns) in SETS.items():
        if not (asked.folder / name).is_dir() or asked.errors not in {"", name}:
            continue
        rows = [(text, labels) for text, labels in read(asked.folder) if text.strip()]
        mails = [
            LabelledMail("en", "", (), (), (LabelledSentence(text.replace("\n", " "), frozenset(), "", ""),))
            for text, _ in rows
        ]
        readings = list(read_labelled_mails(nlp, mails))
        for label, kinds in columns:
            kept = [
                (r, label in labels, text)
                for r, (text, labels) in zip(readings, rows, strict=True)
                if f"not {label}" not in labels
            ]
            truth = np.array([is_true for _, is_true, _ in kept])
            said = np.array([bool(r.said & kinds) for r, _, _ in kept])
            scores = np.array([max((r.scores.get(kind, 0.0) for kind in kinds), default=0.0) for r, _, _ in kept])
            right = int((said & truth).sum())
            best = max(_f1(scores >= low, truth) for low in np.arange(0.05, 0.95, 0.05))
            macro = (_f1(said, truth) + _f1(~said, ~truth)) / 2
            print(
                f"{name:24} {label:10} {len(kept):5} {int(truth.sum()):5} {right / max(int(said.sum()), 1):6.3f} "
                f"{right / max(int(truth.sum()), 1):6.3f} {_f1(said, truth):6.3f} {best:6.3f} {macro:6.3f}"
            )
            if asked.errors:
                for reading, is_true, text in kept:
                    if bool(reading.said & kinds) is not is_true:
                        given = {str(kind): round(score, 2) for kind, score in reading.scores.items() if score > 0.15}
                        print("  missed" if is_true else "  wrong ", label, text[:200], given)


if __name__ == "__main__":
    main()
