"""Labelled mails: the corpus beside this file, and anybody's own in the same format or as JSON lines.

``corpus/GUIDE.md`` says what the format is and what the labels mean. Reading is strict: a corpus with a misspelt label
teaches nonsense silently.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from domain.errors import ConfigError
from domain.signals import SignalKind

SPLITS: Final = ("train", "dev", "test")
CAUSES: Final = frozenset({"delivery", "quality", "billing", "service", "communication", "access", "other"})
_WRITERS: Final = frozenset({"client", "us"})


@dataclass(frozen=True, slots=True)
class LabelledSentence:
    """A sentence as it stands in the mail.

    Attributes:
        text: Its words, typos included.
        kinds: What the writer does with it; most sentences do nothing.
        cause: What a complaint is about, else ``""``.
        place: Where it was read: ``file:line``.
    """

    text: str
    kinds: frozenset[SignalKind]
    cause: str
    place: str


@dataclass(frozen=True, slots=True)
class LabelledMail:
    """A mail with what it answers.

    Attributes:
        language: ISO 639-1.
        writer: ``client``, ``us``, or ``""`` when nobody said.
        notes: Trade, register and whatever else the writer noted.
        answers: Sentences of the mail before, by the other side.
        sentences: The new text, in order.
    """

    language: str
    writer: str
    notes: tuple[str, ...]
    answers: tuple[str, ...]
    sentences: tuple[LabelledSentence, ...]


def read_split(folder: Path) -> list[LabelledMail]:
    """Read every ``<language>-<theme>.txt`` of a folder, in the order of their names.

    Raises:
        ConfigError: A line is not of the format; its file and line are named.
    """
    return [mail for path in sorted(folder.glob("*.txt")) for mail in read_mails(path)]


def read_labelled(path: Path) -> list[LabelledMail]:
    """Read a folder or a file of the corpus format, or JSON lines of ``{"text", "kinds"}``, one sentence each.

    Raises:
        ConfigError: A line is not of the format; its file and line are named.
    """
    if path.is_dir():
        return read_split(path)
    return list(_json_mails(path)) if path.suffix in {".jsonl", ".json"} else read_mails(path)


def read_mails(path: Path) -> list[LabelledMail]:
    """Read one file of the corpus format; its name begins with its language.

    Raises:
        ConfigError: A line is not of the format; its file and line are named.
    """
    language = path.name.partition("-")[0].partition(".")[0]
    mails: list[LabelledMail] = []
    block: list[tuple[int, str]] = []
    for number, line in enumerate([*path.read_text(encoding="utf-8").split("\n"), ""], 1):
        if line.strip():
            block.append((number, line))
        elif block:
            mails.append(_mail(path, language, block))
            block = []
    return mails


def _mail(path: Path, language: str, block: list[tuple[int, str]]) -> LabelledMail:
    number, head = block[0]
    writer, *notes = (part.strip() for part in head.removeprefix("@").split("|"))
    if not head.startswith("@") or writer not in _WRITERS:
        raise ConfigError(f"{path}:{number}: a mail begins with “@ client” or “@ us”, not “{head[:40]}”.")
    answers: list[str] = []
    sentences: list[LabelledSentence] = []
    for at, line in block[1:]:
        if line.startswith("<") and not sentences:
            answers.append(line[1:].strip())
        else:
            sentences.append(_sentence(line, f"{path.name}:{at}", path))
    if not sentences:
        raise ConfigError(f"{path}:{number}: this mail has no sentence.")
    return LabelledMail(language, writer, tuple(notes), tuple(answers), tuple(sentences))


def _sentence(line: str, place: str, path: Path) -> LabelledSentence:
    labels, tab, text = line.partition("\t")
    if not tab or not text.strip() or "\t" in text:
        raise ConfigError(f"{path.parent / place}: not labels, a tab and one sentence: “{line[:60]}”.")
    kinds, cause = set(), ""
    for label in labels.split():
        if label != "-":
            name, _, about = label.partition(":")
            kinds.add(_kind(name, path.parent / place))
            cause = about or cause
    if (cause and cause not in CAUSES) or (bool(cause) != (SignalKind.COMPLAINT in kinds)):
        raise ConfigError(f"{path.parent / place}: a complaint, and nothing else, names one cause: “{labels}”.")
    return LabelledSentence(text.strip(), frozenset(kinds), cause, place)


def _kind(name: str, place: Path) -> SignalKind:
    try:
        return SignalKind(name)
    except ValueError:
        raise ConfigError(f"{place}: “{name}” is no label; the guide lists them.") from None


def _json_mails(path: Path) -> Iterator[LabelledMail]:
    """Yield a mail per line; ``language``, ``writer`` and ``answers`` (a text) may be given."""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip():
            continue
        place = f"{path.name}:{number}"
        try:
            row: Mapping[str, Any] = json.loads(line)
            text, labels = str(row["text"]), list(row["kinds"])
        except (ValueError, KeyError, TypeError):
            raise ConfigError(f"{path}:{number}: not a JSON object with “text” and “kinds”.") from None
        kinds = frozenset(_kind(str(label).partition(":")[0], path.parent / place) for label in labels)
        before = row.get("answers") or ()
        answers = (before,) if isinstance(before, str) else tuple(map(str, before))
        sentence = LabelledSentence(text, kinds, "", place)
        yield LabelledMail(str(row.get("language", "en")), str(row.get("writer", "")), (), answers, (sentence,))
