"""The spaCy pipeline that reads reply texts, and the stream of signals it gives."""

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from importlib.resources import files
from itertools import islice
from typing import Any, Final

from spacy.attrs import (
    IS_SPACE,
    LIKE_EMAIL,
    LIKE_NUM,
    LIKE_URL,
    LOWER,
    NORM,
)
from spacy.language import Language
from spacy.tokens import Doc
from spacy.util import load_config_from_str, load_model_from_config

from domain.signals import Signal

# Imported so that their factories are registered before the configuration names them.
from extraction import classifier, judge, rules, sentences

_COMPONENTS: Final = (sentences, rules, classifier, judge)
_SURROGATE = re.compile("[\ud800-\udfff]")
_LONGEST: Final = 20_000_000
"""Characters; spaCy's own limit is for parsers, which this pipeline has none of."""


_READ: Final = frozenset({IS_SPACE, LIKE_EMAIL, LIKE_NUM, LIKE_URL, LOWER, NORM})
"""What the components read of a word; the tokenizer wants the norm."""

_DATA: Final = (
    "models/speech_acts.npz",
    "patterns/closers.toml",
    "patterns/date_words.toml",
    "patterns/dates.toml",
    "patterns/de.toml",
    "patterns/en.toml",
    "patterns/fr.toml",
    "patterns/other.toml",
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
    """

    text: str
    sent_at: datetime
    language: str
    subject: str = ""


def _version() -> str:
    folder = files("extraction")
    digest = hashlib.sha256()
    for name in _DATA:
        digest.update(folder.joinpath(name).read_bytes())
    return f"signals-1-{digest.hexdigest()[:12]}"


SIGNALS_VERSION: Final = _version()
"""Changes whenever patterns, thresholds or model change, so that stored signals can be known as stale."""


def load_pipeline() -> Language:
    """Assemble the pipeline from ``pipeline.cfg``; nothing is downloaded."""
    config = load_config_from_str(files("extraction").joinpath("pipeline.cfg").read_text(encoding="utf-8"))
    nlp = load_model_from_config(config, auto_fill=True)
    nlp.max_length = _LONGEST
    vocab: Any = nlp.vocab  # spaCy's annotations leave this attribute out
    for attribute in set(vocab.lex_attr_getters) - _READ:  # computed for every new word, read by nobody
        del vocab.lex_attr_getters[attribute]
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
    source = iter(inputs)
    while batch := list(islice(source, batch_size)):
        # The zone frees the words of the batch; without it the vocabulary grows with every mail read.
        with nlp.memory_zone():
            docs = nlp.pipe([_doc(nlp, mail) for mail in batch], batch_size=batch_size)
            results = [doc._.signals for doc in docs]
        yield from results


def _doc(nlp: Language, mail: SignalInput) -> Doc:
    # A lone surrogate cannot be encoded, which spaCy's string store must do; the quote keeps it.
    doc = nlp.make_doc(_SURROGATE.sub("\ufffd", mail.text))
    doc._.original = mail.text
    doc._.sent_at = mail.sent_at
    doc._.language = mail.language.lower()
    return doc
