"""The pattern files: what phrases say, and the component that finds them.

Terminology: a PATTERN is a phrase that speaks for a kind, with an id and a score. A VETO is a phrase that only looks
like one ("let me know if you have any questions"): it silences the patterns it overlaps. A CAUSE names what a
complaint is about. They live in ``patterns/<language>.toml``; nothing about words stands in code.

Patterns are regular expressions over the lower-cased mail with line breaks as blanks, one sentence at a time.
``{name}`` inserts a fragment of the file's ``[words]`` table. ``needs`` lists words of which one must occur; it only
saves time, so most sentences try a handful of patterns.
"""

import re
import tomllib
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any, Final

from spacy.language import Language
from spacy.tokens import Doc

from domain.signals import SignalKind
from extraction.blanks import squeezed
from extraction.classifier import KINDS

_WORD = re.compile(r"[^\W_]+")
_FRAGMENT = re.compile(r"\{([a-z_]+)\}")
_ALWAYS: Final = ""
_READ: Final = ("en", "de", "fr")


@dataclass(frozen=True, slots=True, eq=False)
class Pattern:
    """A phrase that speaks for ``kind``, as sure as ``score`` says; it equals only itself."""

    id: str
    kind: SignalKind
    score: float
    match: re.Pattern[str]


@dataclass(frozen=True, slots=True)
class Veto:
    """A phrase that silences ``kinds`` where it overlaps them."""

    id: str
    kinds: frozenset[SignalKind]
    match: re.Pattern[str]


@dataclass(frozen=True, slots=True)
class Hit:
    """A pattern found: character offsets into the mail, the sentence's index."""

    kind: SignalKind
    rule: str
    score: float
    sentence: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class RuleBook:
    """Everything one language's file says, patterns by the words that must occur."""

    patterns: Mapping[str, tuple[Pattern, ...]]
    vetoes: tuple[Veto, ...]
    causes: tuple[tuple[str, re.Pattern[str]], ...]
    examples: tuple[tuple[str, str, bool], ...] = field(repr=False)
    """(pattern id, sentence, whether it fires): the file's own specification."""

    def cause(self, sentence: str) -> str:
        """Return what a complaint is about (SEMANTICS 2), the first cause named wins."""
        sentence, _ = squeezed(sentence)
        return next((name for name, match in self.causes if match.search(sentence)), "other")


@cache
def rule_book(language: str) -> RuleBook:
    """Return the rules for a language; one without its own file gets the few that every language shares.

    A mail too short to tell its language (``und``) is read with the rules of all of them.
    """
    folder = files("extraction") / "patterns"
    if language == "und":
        return _merged([rule_book(name) for name in _READ])
    name = f"{language[:2].lower()}.toml"
    source = folder / name
    if not source.is_file():
        source = folder / "other.toml"
    return parse_rules(tomllib.loads(source.read_text(encoding="utf-8")))


def _merged(books: Iterable[RuleBook]) -> RuleBook:
    index: dict[str, tuple[Pattern, ...]] = {}
    vetoes: tuple[Veto, ...] = ()
    causes: tuple[tuple[str, re.Pattern[str]], ...] = ()
    for book in books:
        for word, patterns in book.patterns.items():
            index[word] = (*index.get(word, ()), *patterns)
        vetoes, causes = (*vetoes, *book.vetoes), (*causes, *book.causes)
    return RuleBook(index, vetoes, causes, ())


def parse_rules(content: Mapping[str, Any]) -> RuleBook:
    """Compile the content of a pattern file.

    Raises:
        KeyError: a pattern lacks a key, or names a fragment that does not exist.
        re.error: a pattern is no regular expression.
    """
    words: Mapping[str, str] = content.get("words", {})
    index: dict[str, tuple[Pattern, ...]] = {}
    examples = []
    for entry in content.get("pattern", ()):
        pattern = Pattern(entry["id"], SignalKind(entry["kind"]), entry["score"], _compile(entry["match"], words))
        for word in entry.get("needs", _ALWAYS).split() or (_ALWAYS,):
            index[word] = (*index.get(word, ()), pattern)
        examples += [(pattern.id, sentence, True) for sentence in entry.get("yes", ())]
        examples += [(pattern.id, sentence, False) for sentence in entry.get("no", ())]
    vetoes = tuple(
        Veto(entry["id"], frozenset(map(SignalKind, entry["kinds"])), _compile(entry["match"], words))
        for entry in content.get("veto", ())
    )
    causes = tuple((name, _compile(match, words)) for name, match in content.get("causes", {}).items())
    return RuleBook(index, vetoes, causes, tuple(examples))


def _compile(match: str, words: Mapping[str, str]) -> re.Pattern[str]:
    while _FRAGMENT.search(match):
        match = _FRAGMENT.sub(lambda found: f"(?:{words[found.group(1)]})", match)
    return re.compile(match)


def find_hits(
    book: RuleBook,
    sentence: str,
    *,
    words: Collection[str] | None = None,
    kinds: Collection[SignalKind] = KINDS,
    index: int = 0,
    offset: int = 0,
) -> list[Hit]:
    """Return the patterns of a folded sentence that no veto silences.

    Args:
        book: Of the mail's language.
        sentence: Folded by :func:`extraction.words.fold`.
        words: The words of the sentence, if they are known already.
        kinds: Patterns for others are not tried.
        index: The sentence's number in its mail.
        offset: Added to the places found.
    """
    sentence, places = squeezed(sentence)
    spoken = _WORD.findall(sentence) if words is None else words
    found = [
        (pattern, match.span())
        for pattern in _candidates(book.patterns, spoken, kinds)
        for match in pattern.match.finditer(sentence)
    ]
    if not found:
        return []
    speaking = {pattern.kind for pattern, _ in found}
    fitting = [veto for veto in book.vetoes if not veto.kinds.isdisjoint(speaking)]
    vetoed = [(veto, match.span()) for veto in fitting for match in veto.match.finditer(sentence)]
    hits: dict[str, Hit] = {}
    for pattern, (start, end) in found:
        if not any(pattern.kind in veto.kinds and start < last and first < end for veto, (first, last) in vetoed):
            begins, ends = places[start] + offset, places[end] + offset
            hits.setdefault(pattern.id, Hit(pattern.kind, pattern.id, pattern.score, index, begins, ends))
    return list(hits.values())


def _candidates(
    index: Mapping[str, tuple[Pattern, ...]], words: Collection[str], kinds: Collection[SignalKind]
) -> Collection[Pattern]:
    """Return the patterns of some kinds of which a needed word occurs, each once; their order is always the same."""
    spoken = (_ALWAYS, *sorted(index.keys() & words))
    return dict.fromkeys(pattern for word in spoken for pattern in index.get(word, ()) if pattern.kind in kinds)


def vetoed_kinds(book: RuleBook, sentence: str, kinds: Collection[SignalKind] = KINDS) -> frozenset[SignalKind]:
    """Return those of ``kinds`` that some veto of a folded sentence speaks against."""
    sentence, _ = squeezed(sentence)
    fitting = (veto for veto in book.vetoes if not veto.kinds.isdisjoint(kinds))
    return frozenset(kind for veto in fitting if veto.match.search(sentence) for kind in veto.kinds)


@Language.factory("signal_patterns", requires=["doc._.acts"], assigns=["doc._.hits"])
def make_signal_patterns(nlp: Language, name: str) -> "SignalPatterns":
    """Create the component that finds patterns; it has no settings."""
    del nlp, name
    return SignalPatterns()


class SignalPatterns:
    """Fills ``doc._.hits``, a list of :class:`Hit`; expects ``doc._.sentences`` and ``doc._.acts``.

    Most sentences of a mail do nothing, and the classifier is sure of that: their patterns are not tried.
    """

    def __init__(self) -> None:
        for name, default in (("language", "en"), ("hits", ())):
            if not Doc.has_extension(name):
                Doc.set_extension(name, default=default)

    def __call__(self, doc: Doc) -> Doc:
        """Find the patterns of every sentence of ``doc`` and return it."""
        doc._.hits = list(_hits(doc))
        return doc


def _hits(doc: Doc) -> Iterator[Hit]:
    held = doc._
    book = rule_book(held.language)
    text: str = held.folded
    possible = held.possible
    words = held.words
    for index, (start, end) in enumerate(held.sentences):
        if kinds := possible[index]:
            sentence = text[start:end].rstrip()
            spoken = set(words[index])
            if "'" in sentence:
                spoken = {part for word in spoken for part in word.split("'")}
            yield from find_hits(book, sentence, words=spoken, kinds=kinds, index=index, offset=start)
