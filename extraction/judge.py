"""From votes to signals: patterns, the classifier and the whole mail weighed, thresholds applied, dates attached."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from math import exp, log, prod
from typing import Any, Final

from spacy.language import Language
from spacy.tokens import Doc

from domain.signals import Certainty, Signal, SignalKind
from extraction.classifier import KINDS, TAUGHT, Blend, Floats, SpeechActModel
from extraction.closers import judge_closer
from extraction.date_words import expressions
from extraction.dates import DateMention, find_dates
from extraction.rules import Hit, rule_book, vetoed_kinds

MODEL_RULE: Final = "model.speech-acts"
_MEETINGS: Final = frozenset({SignalKind.MEETING_PROPOSAL, SignalKind.MEETING_CONFIRMATION, SignalKind.MEETING_PAST})
_ASKING: Final = frozenset({SignalKind.REQUEST, SignalKind.QUESTION, SignalKind.COMPLAINT})
_CLOSER_KINDS: Final = frozenset({SignalKind.CLOSER})
_COLUMN: Final = {kind: column for column, kind in enumerate(KINDS)}
_MAYBE_DATE: Final = re.compile(expressions()["maybe"])
_EDGE: Final = 1e-3
BOUND: Final = 6.0
DOUBT: Final = 1.0
_LONGEST: Final = 60
_ASKS: Final = (SignalKind.REQUEST, SignalKind.QUESTION, SignalKind.MEETING_PROPOSAL)
_SOME_ASK: Final = 0.4
_MARKED: Final = frozenset({"question.mark"})
_HALF: Final = 0.5
"""Of sentences that end in a question mark and whose words the model does not know as an ask, every other one asks."""

_SHORT: Final = 10
_UNDATED: Final = 0.8
"""A deadline without a date ("before the board meets") must be this sure."""

_INDIRECT: Final = "question.indire"
"""Rules of "could you tell me when …": a request by its form, a question by its meaning, so both."""

_NOT_WHEN: Final = (
    *("for", "from", "of", "since", "after", "the", "between", "and", "starting", "dated", "ending", "leaving"),
    *("für", "vom", "von", "seit", "nach", "ab"),
)


@dataclass(slots=True)
class Sentence:
    """A sentence of the mail, white space trimmed, with what speaks for each kind.

    Attributes:
        index: Its number in the mail.
        start, end: Character offsets into the reply text.
        text, folded: Its words, as written and as patterns read them.
        hits: Patterns that fired.
        odds: The model's log odds of each of ``KINDS``.
        possible: Kinds worth weighing.
    """

    index: int
    start: int
    end: int
    text: str
    folded: str
    hits: list[Hit]
    odds: Floats
    possible: frozenset[SignalKind]
    language: str
    sent_at: datetime | None
    _dates: tuple[DateMention, ...] | None = None

    @property
    def dates(self) -> tuple[DateMention, ...]:
        """The dates it names; looked for when somebody asks, for most sentences nobody does."""
        if self._dates is None:
            known = self.sent_at is not None and _MAYBE_DATE.search(self.folded)
            self._dates = find_dates(self.text, self.sent_at, language=self.language) if known and self.sent_at else ()
        return self._dates

    def vetoed(self, kinds: Collection[SignalKind]) -> frozenset[SignalKind]:
        """Return those of ``kinds`` that a veto speaks against."""
        return vetoed_kinds(rule_book(self.language), self.folded, kinds)

    @property
    def prose(self) -> bool:
        """Whether the model may speak alone: a table row or half a page is nothing it was taught."""
        words = self.text.split()
        wordy = sum(word.strip(".,;:!?()\"'").replace("'", "").replace("-", "").isalpha() for word in words)
        return len(words) <= _LONGEST and wordy >= max(1, 0.6 * len(words))


def blended(pattern: float | None, odds: float, blend: Blend) -> float:
    """Return the calibrated score of a kind; ``pattern`` is ``None`` where no pattern fired."""
    if pattern is None:
        total = blend.alone_model * min(max(odds, -BOUND), BOUND) + blend.alone_bias
    else:
        # The corpus is small beside the language: what a phrase says plainly, the model may doubt but not silence.
        total = blend.pattern * log_odds(pattern) + blend.model * min(max(odds, -DOUBT), BOUND) + blend.bias
    return 1 / (1 + exp(-total))


def log_odds(score: float) -> float:
    """Return the log odds of a probability, never infinite."""
    score = min(max(score, _EDGE), 1 - _EDGE)
    return log(score / (1 - score))


def weigh(
    hits: Collection[Hit], odds: Floats, possible: frozenset[SignalKind], model: SpeechActModel, *, taught: bool = True
) -> dict[SignalKind, tuple[float, str]]:
    """Return the calibrated score of each possible kind, and the rule that named it.

    In a language the model was not taught only patterns speak, with the scores of their file.
    """
    scores = {}
    for kind in possible:
        best = max((hit for hit in hits if hit.kind is kind), key=_preference, default=None)
        if not taught:
            if best:
                scores[kind] = (best.score, best.rule)
            continue
        vote = model.patterns.get(best.rule, best.score) if best else None
        score = blended(vote, float(odds[_COLUMN[kind]]), model.blends[kind])
        scores[kind] = (score, best.rule if best else MODEL_RULE)
    return scores


@Language.factory("signal_judge", default_config={"thresholds": {}}, requires=["doc._.hits"], assigns=["doc._.signals"])
def make_signal_judge(nlp: Language, name: str, thresholds: dict[str, float]) -> "SignalJudge":
    """Create the component that decides; ``thresholds`` overrides the lowest scores the model wants reported."""
    del name
    acts: Any = nlp.get_pipe("speech_acts")
    model: SpeechActModel = acts.model
    settings = {SignalKind(kind): score for kind, score in thresholds.items()}
    return SignalJudge(replace(model, thresholds=model.thresholds | settings))


class SignalJudge:
    """Fills ``doc._.signals``, a tuple of :class:`~domain.signals.Signal` in the order of the text.

    With ``keep_scores`` set, ``doc._.scores`` holds every score weighed, also those below the thresholds:
    (start of the sentence, scores of its kinds).
    """

    def __init__(self, model: SpeechActModel) -> None:
        self.model = model
        self.thresholds = model.thresholds
        self.keep_scores = False
        for name, default in (("signals", ()), ("scores", ()), ("sent_at", None), ("original", None)):
            if not Doc.has_extension(name):
                Doc.set_extension(name, default=default)

    def __call__(self, doc: Doc) -> Doc:
        """Decide what the mail says and return it."""
        sentences = list(_sentences(doc))
        if self.keep_scores:
            doc._.scores = []
        likely = doc._.likely
        found = [
            signal
            for sentence in sentences
            if sentence.hits or likely[sentence.index] or self.keep_scores
            for signal in self._of_sentence(sentence, doc)
        ]
        found = _with_deadlines(sentences, _with_following_dates(sentences, found))
        closer = judge_closer(
            [(s.start, s.end, s.text, s.hits) for s in sentences],
            found, doc._.language, dated=lambda: any(s.dates for s in sentences),
        )  # fmt: skip
        if closer is not None:
            found.append(closer)
        kept = [s for s in found if s.score >= self.thresholds[s.kind]]
        doc._.signals = tuple(sorted(kept, key=lambda signal: (signal.start, signal.end, signal.kind)))
        return doc

    def _of_sentence(self, sentence: Sentence, doc: Doc) -> Iterator[Signal]:
        if sentence.text == "?":  # what damaged mail has in place of a bullet or a blank
            return
        taught = doc._.language in TAUGHT
        scores = weigh(sentence.hits, sentence.odds, sentence.possible - _CLOSER_KINDS, self.model, taught=taught)
        scores = _with_likeliest_ask(scores, self.thresholds)
        alone = {k for k, (score, rule) in scores.items() if rule == MODEL_RULE and score >= self.thresholds[k]}
        if alone:
            silenced = sentence.vetoed(alone) if sentence.prose else alone
            scores = {kind: scored for kind, scored in scores.items() if kind not in silenced}
        if self.keep_scores:
            doc._.scores.append((sentence.start, {kind: score for kind, (score, _) in scores.items()}))
        for kind, (score, rule) in _settled(sentence, scores, self.thresholds).items():
            if score >= self.thresholds[kind]:
                yield _signal(sentence, kind, score, rule, doc._.language)


def _with_likeliest_ask(
    scores: dict[SignalKind, tuple[float, str]], thresholds: Mapping[SignalKind, float]
) -> dict[SignalKind, tuple[float, str]]:
    """Report the likeliest ask where it is only open which of them a sentence is: "can we have two more?"."""
    asks = {kind: scores[kind] for kind in _ASKS if kind in scores}
    if any(score >= thresholds[kind] for kind, (score, _) in asks.items()):
        return scores
    some = 1 - prod(1 - score for score, _ in asks.values())
    if asks.get(SignalKind.QUESTION, (0.0, ""))[1] in _MARKED:
        some = max(some, _HALF)
    if some < _SOME_ASK:
        return scores
    best = max(asks, key=lambda kind: (asks[kind][1] != MODEL_RULE, asks[kind][0], kind))
    return scores | {best: (some, asks[best][1])}


def _preference(hit: Hit) -> tuple[bool, float]:
    """Chasers name themselves even when another pattern is as sure (D4.26)."""
    return hit.rule.startswith("chaser"), hit.score


def _sentences(doc: Doc) -> Iterator[Sentence]:
    held = doc._
    original: str = held.original if held.original is not None else doc.text
    folded: str = held.folded
    language, sent_at = held.language, held.sent_at
    acts, possible = held.acts, held.possible
    by_index: dict[int, list[Hit]] = {}
    for hit in held.hits:
        by_index.setdefault(hit.sentence, []).append(hit)
    for index, (begin, end) in enumerate(held.sentences):
        raw = original[begin:end]
        text = raw.strip()
        if not text:
            continue
        start = begin + len(raw) - len(raw.lstrip())
        last = start + len(text)
        hits = by_index.get(index, [])
        yield Sentence(
            index, start, last, text, folded[start:last], hits, acts[index], possible[index], language, sent_at
        )  # fmt: skip


def _settled(
    sentence: Sentence, scores: dict[SignalKind, tuple[float, str]], thresholds: dict[SignalKind, float]
) -> dict[SignalKind, tuple[float, str]]:
    """Remove what a surer reading of the same words explains."""
    sure = {kind for kind, (score, _) in scores.items() if score >= thresholds.get(kind, 0.5)}
    drop: set[SignalKind] = set()
    question = scores.get(SignalKind.QUESTION, (0.0, ""))[1]
    if sure & {SignalKind.REQUEST, SignalKind.MEETING_PROPOSAL} and not question.startswith(_INDIRECT):
        drop.add(SignalKind.QUESTION)
    if SignalKind.MEETING_PROPOSAL in sure and not _separate(sentence, SignalKind.REQUEST, SignalKind.MEETING_PROPOSAL):
        drop.add(SignalKind.REQUEST)
    for other in (SignalKind.MEETING_PROPOSAL, SignalKind.MEETING_PAST):
        if {SignalKind.MEETING_CONFIRMATION, other} <= sure:
            drop.add(min((SignalKind.MEETING_CONFIRMATION, other), key=lambda kind: scores[kind][0]))
    if SignalKind.COMPLAINT in sure:
        drop |= {SignalKind.PRAISE}
    for ask in (SignalKind.REQUEST, SignalKind.COMPLAINT, SignalKind.QUESTION):
        if {SignalKind.WITHDRAWAL, ask} <= sure:
            drop.add(min((ask, SignalKind.WITHDRAWAL), key=lambda kind: scores[kind][0]))
    chaser = scores.get(SignalKind.QUESTION, (0.0, ""))
    if chaser[1].startswith("chaser") and not scores.get(SignalKind.REQUEST, (0.0, ""))[1].startswith("chaser"):
        drop = (drop - {SignalKind.QUESTION}) | {SignalKind.REQUEST}
    return {kind: scored for kind, scored in scores.items() if kind not in drop}


def _separate(sentence: Sentence, one: SignalKind, other: SignalKind) -> bool:
    """Whether two kinds rest on different words of the sentence."""
    firsts = [hit for hit in sentence.hits if hit.kind is one]
    others = [hit for hit in sentence.hits if hit.kind is other]
    return any(all(a.end <= b.start or b.end <= a.start for b in others) for a in firsts)


def _signal(sentence: Sentence, kind: SignalKind, score: float, rule: str, language: str) -> Signal:
    signal = Signal(
        kind=kind, start=sentence.start, end=sentence.end, quote=sentence.text, score=round(score, 4), rule=rule
    )
    if kind in _MEETINGS:
        return _timed(signal, sentence.dates)
    if kind is SignalKind.COMPLAINT:
        return replace(signal, cause=rule_book(language).cause(sentence.folded))
    if kind in {SignalKind.COMMITMENT, SignalKind.ACKNOWLEDGEMENT}:
        return _promised(signal, sentence.dates)
    return signal


def _timed(signal: Signal, dates: Iterable[DateMention]) -> Signal:
    """Give a meeting its time; one known only by its day carries the day in ``due`` and no instant."""
    wants_past = signal.kind is SignalKind.MEETING_PAST
    fitting = [date for date in dates if wants_past == date.past or (wants_past and not date.cued)]
    if not fitting:
        return signal
    best = next((date for date in fitting if date.starts_at is not None), fitting[0])
    others = len({(date.first, date.starts_at) for date in fitting}) > 1
    certainty = Certainty.TENTATIVE if others else best.certainty
    if best.starts_at is None:
        single = best.first == best.last
        return replace(signal, due=best.first, certainty=certainty) if single else signal
    return replace(signal, starts_at=best.starts_at, ends_at=best.ends_at, certainty=certainty)


def _promised(signal: Signal, dates: Iterable[DateMention]) -> Signal:
    future = [date for date in dates if not date.past]
    best = next((date for date in future if date.cued), future[-1] if future else None)
    return signal if best is None else replace(signal, due=best.due, certainty=best.certainty)


def _with_following_dates(sentences: list[Sentence], signals: list[Signal]) -> list[Signal]:
    """Let "Can we meet?" take its time from "Tuesday at 10 would suit me." in the next sentence."""
    if not signals:
        return signals
    by_start = {sentence.start: position for position, sentence in enumerate(sentences)}
    speaking = {signal.start for signal in signals if signal.kind is not SignalKind.MEETING_CONFIRMATION}
    result = []
    for signal in signals:
        position = by_start[signal.start] + 1
        undated = signal.starts_at is None and signal.due is None
        if signal.kind is SignalKind.MEETING_PROPOSAL and undated and position < len(sentences):
            following = sentences[position]
            if following.start not in speaking:
                signal = _timed(signal, following.dates)  # noqa: PLW2901 - the same signal, dated
        result.append(signal)
    return result


def _with_deadlines(sentences: list[Sentence], signals: list[Signal]) -> list[Signal]:
    """Add the deadlines, and give those that the patterns found their date."""
    kinds: dict[int, set[SignalKind]] = {}
    for signal in signals:
        kinds.setdefault(signal.start, set()).add(signal.kind)
    result = [signal for signal in signals if signal.kind is not SignalKind.DEADLINE]
    stated = {signal.start: signal for signal in signals if signal.kind is SignalKind.DEADLINE}
    for position, sentence in enumerate(sentences):
        before = kinds.get(sentences[position - 1].start, set()) if position else set()
        found = _deadline(sentence, stated.get(sentence.start), kinds.get(sentence.start, set()), before)
        if found is not None:
            result.append(found)
    return result


def _deadline(
    sentence: Sentence, stated: Signal | None, kinds: set[SignalKind], before: set[SignalKind]
) -> Signal | None:
    """Decide whether a sentence sets a deadline, and for when."""
    fragment = not kinds and bool(before & _ASKING) and sentence.end - sentence.start < 40  # noqa: PLR2004 - "By Friday."
    if stated is None and not fragment and not kinds & _ASKING:
        return None
    ahead = [date for date in sentence.dates if not date.past]
    cued = [date for date in ahead if date.cued]
    if stated is not None:
        best = next(iter(cued or ([] if stated.rule.startswith("deadline.urgent") else ahead)), None)
        if best is None:
            return stated if stated.rule.startswith("deadline.urgent") or stated.score >= _UNDATED else None
        return replace(stated, due=best.due, certainty=best.certainty)
    if cued and (kinds & _ASKING or fragment) and SignalKind.DEADLINE not in sentence.vetoed([SignalKind.DEADLINE]):
        score, date = 0.85 if SignalKind.REQUEST in kinds else 0.7, cued[0]
    elif SignalKind.REQUEST in kinds and (date_said := _wanted_on(sentence, ahead)) is not None:
        score, date = 0.65, replace(date_said, certainty=Certainty.TENTATIVE)
    else:
        return None
    return Signal(
        kind=SignalKind.DEADLINE, start=sentence.start, end=sentence.end, quote=sentence.text, score=score,
        rule="deadline.dated-request", due=date.due, certainty=date.certainty,
    )  # fmt: skip


def _wanted_on(sentence: Sentence, ahead: list[DateMention]) -> DateMention | None:
    """In "could you send it tomorrow?" the last words say when; "the plan for Friday's call" does not."""
    if len(sentence.text.split()) > _SHORT:
        return None
    for date in ahead:
        tail = sentence.text[date.end :].strip(" .!?)\n").lower()
        head = sentence.text[: date.start].rstrip().lower()
        if tail in {"", "please", "pls", "if possible", "bitte"} and not head.endswith(_NOT_WHEN):
            return date
    return None
