"""The spaCy pipeline that reads reply texts, and the stream of signals it gives."""

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from importlib.resources import files
from itertools import islice
from pathlib import Path
from typing import Any, Final

import spacy
from confection import Config
from spacy.language import Language
from spacy.tokens import Doc
from spacy.util import load_config_from_str, load_model_from_config

from domain.errors import ConfigError
from domain.signals import Signal

# Imported so that their factories are registered before the configuration names them.
from extraction import classifier, encoder, judge, people, rules, sentences, words

_COMPONENTS: Final = (words, sentences, rules, classifier, encoder, judge, people)
DEFAULT, ACCURATE = "default", "accurate"
"""Names of the shipped models."""

_SURROGATE = re.compile("[\ud800-\udfff]")
_LONGEST: Final = 20_000_000
"""Characters; spaCy's own limit is for parsers, which this pipeline has none of."""


_DATA: Final = (
    "models/speech_acts.npz",
    "patterns/closers.toml",
    "patterns/context.toml",
    "patterns/date_words.toml",
    "patterns/dates.toml",
    "patterns/de.toml",
    "patterns/en.toml",
    "patterns/fr.toml",
    "patterns/other.toml",
    "patterns/people.toml",
    "pipeline.cfg",
)


@dataclass(frozen=True, slots=True)
class SignalInput:
    """A mail as the pipeline reads it.

    Attributes:
        text: The reply text: quotes and signature removed (D4.29).
        sent_at: When it was sent, aware, with the sender's offset: "Friday" means the sender's Friday (D5.15).
        language: ISO 639-1; languages without patterns of their own get the few that all share.
        subject: Read as context only; signals quote the text.
        answers: What the mail answers: the mail before, or what is quoted of it.
        writer: ``client`` or ``us`` where it is known.
    """

    text: str
    sent_at: datetime
    language: str
    subject: str = ""
    answers: str = ""
    writer: str = ""


def signals_version(model: str = DEFAULT, weights: Path | None = None) -> str:
    """Return what changes whenever patterns, thresholds or model change, so that stored signals are known as stale.

    Args:
        model: As for :func:`load_pipeline`.
        weights: As there.
    """
    folder = files("extraction")
    digest = hashlib.sha256(model.encode())
    for name in _DATA:
        digest.update(folder.joinpath(name).read_bytes())
    if weights is not None:
        digest.update(weights.read_bytes())
    return f"signals-5-{digest.hexdigest()[:12]}"


def load_pipeline(model: str = DEFAULT, weights: Path | None = None) -> Language:
    """Assemble the pipeline from ``pipeline.cfg``; nothing is downloaded.

    Args:
        model: ``default``; ``accurate``, which has a second look at unsure sentences; or the name of an installed spaCy
            package, whose own components then run before ours.
        weights: A model that ``accountline train`` wrote, instead of the shipped one.

    Raises:
        ConfigError: The file is no such model, or ``model`` is not installed.
    """
    config = load_config_from_str(files("extraction").joinpath("pipeline.cfg").read_text(encoding="utf-8"))
    config["components"]["speech_acts"]["weights"] = str(weights) if weights else None
    if model in {DEFAULT, ACCURATE}:
        nlp = load_model_from_config(config, auto_fill=True)
        vocab: Any = nlp.vocab  # spaCy's annotations leave this attribute out
        vocab.lex_attr_getters.clear()  # computed for every new word, read by nobody
    else:
        nlp = _on_top_of(model, config)
    if model == ACCURATE:
        nlp.add_pipe("sentence_encoder", after="speech_acts")
    nlp.max_length = _LONGEST
    return nlp


def _on_top_of(package: str, config: Config) -> Language:
    """Load an installed package; sentences are marked before its parser runs, the rest is added behind it."""
    try:
        nlp = spacy.load(package)
    except (OSError, ImportError):
        raise ConfigError(f"model “{package}” in [extraction] is no installed spaCy package.") from None
    for name in config["nlp"]["pipeline"]:
        settings = {key: value for key, value in config["components"][name].items() if key != "factory"}
        nlp.add_pipe(name, first=True if name == "mail_sentences" else None, config=settings)
    return nlp


def read_signals(
    nlp: Language, inputs: Iterable[SignalInput], *, batch_size: int = 512
) -> Iterator[tuple[Signal, ...]]:
    """Yield the signals of every mail, in order, holding one batch in memory.

    Args:
        nlp: From :func:`load_pipeline`.
        inputs: Any number of mails; read lazily.
        batch_size: Mails per batch.
    """
    for docs in read_docs(nlp, inputs, batch_size=batch_size):
        yield from [doc._.signals for doc in docs]


def read_docs(nlp: Language, inputs: Iterable[SignalInput], *, batch_size: int = 512) -> Iterator[list[Doc]]:
    """Yield batches of Docs that went through the pipeline; they are void when the next batch is asked for."""
    source = iter(inputs)
    while batch := list(islice(source, batch_size)):
        # The zone frees the words of the batch; without it the vocabulary grows with every mail read.
        with nlp.memory_zone():
            yield list(nlp.pipe([_doc(nlp, mail) for mail in batch], batch_size=batch_size))


def _doc(nlp: Language, mail: SignalInput) -> Doc:
    # A lone surrogate cannot be encoded, which spaCy's string store must do; the quote keeps it.
    text = mail.text if mail.text.isascii() else _SURROGATE.sub("\ufffd", mail.text)
    doc = nlp.make_doc(text)
    held = doc._
    held.reply_text = text
    held.original = mail.text
    held.sent_at = mail.sent_at
    held.language = mail.language.lower()
    held.answers = mail.answers
    held.writer = mail.writer
    return doc
