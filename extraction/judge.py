"""From votes to signals: patterns, the classifier and the whole mail weighed, thresholds applied, dates attached."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from math import exp, log
from typing import Final

from spacy.language import Language
from spacy.tokens import Doc

from domain.signals import Certainty, Signal, SignalKind
from extraction.classifier import Blend, shipped_model
from extraction.closers import judge_closer
from extraction.dates import DateMention, find_dates
from extraction.rules import Hit, fold, rule_book, vetoed_kinds

MODEL_RULE: Final = "model.speech-acts"
_MEETINGS: Final = frozenset({SignalKind.MEETING_PROPOSAL, SignalKind.MEETING_CONFIRMATION, SignalKind.MEETING_PAST})
_ASKING: Final = frozenset({SignalKind.REQUEST, SignalKind.QUESTION, SignalKind.COMPLAINT})
_CLOSER_KINDS: Final = frozenset({SignalKind.CLOSER})
_EDGE: Final = 1e-3
_BOUND: Final = 2.0
_LONGEST: Final = 40
_WORTH: Final = 0.5
_SHORT: Final = 10
_INDIRECT: Final = "question.indire"
"""Rules of "could you tell me when …": a request by its form, a question by its meaning, so both."""

_NOT_WHEN: Final = (
    *("for", "from", "of", "since", "after", "the", "between", "and", "starting", "dated", "ending", "leaving"),
    *("für", "vom", "von", "seit", "nach", "ab"),
)


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of the mail, white space trimmed, with what speaks for each kind."""

    index: int
    start: int
    end: int
    text: str
    hits: tuple[Hit, ...]
    odds: dict[SignalKind, float]
    dates: tuple[DateMention, ...]
    language: str

    def vetoed(self) -> frozenset[SignalKind]:
        """Return the kinds that a veto speaks against."""
        return vetoed_kinds(rule_book(self.language), fold(self.text))

    @property
    def prose(self) -> bool:
        """Whether the model may speak alone: a table row, a signature or half a page is nothing it was taught."""
        words = self.text.split()
        wordy = sum(word.strip(".,;:!?()\"'").replace("'", "").replace("-", "").isalpha() for word in words)
        return len(words) <= _LONGEST and wordy >= max(2, 0.7 * len(words))


def blended(pattern: float | None, model: float, blend: Blend) -> float:
    """Return the calibrated score of a kind; ``pattern`` is ``None`` where no pattern fired.

    A few hundred sentences of dev cannot teach the model ordinary mail, so beside a pattern its vote is bounded.
    """
    odds = log_odds(model)
    if pattern is None:
        total = odds + blend.alone
    else:
        total = blend.pattern * log_odds(pattern) + blend.model * min(max(odds, -_BOUND), _BOUND) + blend.bias
    return 1 / (1 + exp(-total))


def log_odds(score: float) -> float:
    """Return the log odds of a probability, never infinite."""
    score = min(max(score, _EDGE), 1 - _EDGE)
    return log(score / (1 - score))


@Language.factory("signal_judge", default_config={"thresholds": {}}, requires=["doc._.hits"], assigns=["doc._.signals"])
def make_signal_judge(nlp: Language, name: str, thresholds: dict[str, float]) -> "SignalJudge":
    """Create the component that decides; ``thresholds`` adds to those of the model the lowest scores to report."""
    del nlp, name
    model = shipped_model()
    settings = {SignalKind(kind): score for kind, score in thresholds.items()}
    return SignalJudge(model.thresholds | settings, model.blends)


class SignalJudge:
    """Fills ``doc._.signals``, a tuple of :class:`~domain.signals.Signal` in the order of the text."""

    def __init__(self, thresholds: dict[SignalKind, float], blends: dict[SignalKind, Blend]) -> None:
        self.thresholds = thresholds
        self.blends = blends
        for name, default in (("signals", ()), ("sent_at", None), ("original", None)):
            if not Doc.has_extension(name):
                Doc.set_extension(name, default=default)

    def __call__(self, doc: Doc) -> Doc:
        """Decide what the mail says and return it."""
        sentences = list(_sentences(doc))
        found = [signal for sentence in sentences for signal in self._of_sentence(sentence, doc)]
        found = _with_deadlines(sentences, _with_following_dates(sentences, found))
        texts = [(s.start, s.end, s.text, s.hits) for s in sentences]
        closer = judge_closer(texts, found, doc._.language, dated=any(s.dates for s in sentences))
        if closer is not None:
            found.append(closer)
        kept = [s for s in found if s.score >= self.thresholds.get(s.kind, 0.5)]
        doc._.signals = tuple(sorted(kept, key=lambda signal: (signal.start, signal.end, signal.kind)))
        return doc

    def _of_sentence(self, sentence: Sentence, doc: Doc) -> Iterator[Signal]:
        scores: dict[SignalKind, tuple[float, str]] = {}
        alone = max(sentence.odds.values(), default=0.0) >= _WORTH and sentence.prose
        vetoed = sentence.vetoed() if alone else frozenset()
        for kind in SignalKind:
            if kind in _CLOSER_KINDS:
                continue
            best = max((hit for hit in sentence.hits if hit.kind is kind), key=_preference, default=None)
            odds = sentence.odds.get(kind, 0.0)
            if best is None and (not alone or odds < _WORTH or kind in vetoed):
                continue
            score = blended(best.score if best else None, odds, self.blends.get(kind, Blend()))
            scores[kind] = (score, best.rule if best else MODEL_RULE)
        for kind, (score, rule) in _settled(sentence, scores, self.thresholds).items():
            if score >= self.thresholds.get(kind, 0.5):
                yield _signal(sentence, kind, score, rule, doc._.language)


def _preference(hit: Hit) -> tuple[bool, float]:
    """Chasers name themselves even when another pattern is as sure (D4.26)."""
    return hit.rule.startswith("chaser"), hit.score


def _sentences(doc: Doc) -> Iterator[Sentence]:
    original: str = doc._.original if doc._.original is not None else doc.text
    acts = doc._.acts
    by_index: dict[int, list[Hit]] = {}
    for hit in doc._.hits:
        by_index.setdefault(hit.sentence, []).append(hit)
    for index, (begin, end) in enumerate(doc._.sentences):
        raw = original[begin:end]
        if not raw.strip():
            continue
        start = begin + len(raw) - len(raw.lstrip())
        text = raw.strip()
        odds = acts[index]
        dates = find_dates(text, doc._.sent_at, language=doc._.language) if doc._.sent_at is not None else ()
        hits = tuple(by_index.get(index, ()))
        yield Sentence(index, start, start + len(text), text, hits, odds, dates, doc._.language)


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
    if SignalKind.MEETING_CONFIRMATION in sure and SignalKind.MEETING_PROPOSAL in sure:
        weaker = min((SignalKind.MEETING_CONFIRMATION, SignalKind.MEETING_PROPOSAL), key=lambda kind: scores[kind][0])
        drop.add(weaker)
    if SignalKind.MEETING_PAST in sure:
        drop.add(SignalKind.MEETING_CONFIRMATION)
    if SignalKind.COMPLAINT in sure:
        drop |= {SignalKind.PRAISE}
    if SignalKind.WITHDRAWAL in sure:
        drop |= {SignalKind.REQUEST, SignalKind.COMPLAINT, SignalKind.QUESTION}
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
        return replace(signal, cause=rule_book(language).cause(fold(sentence.text)))
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
    ahead = [date for date in sentence.dates if not date.past]
    cued = [date for date in ahead if date.cued]
    if stated is not None:
        if stated.rule.startswith("deadline.urgent"):
            best = cued[0] if cued else None
        else:
            best = next(iter(cued or ahead), None)
            if best is None:
                return None
        return stated if best is None else replace(stated, due=best.due, certainty=best.certainty)
    fragment = not kinds and bool(before & _ASKING) and sentence.end - sentence.start < 40  # noqa: PLR2004 - "By Friday."
    if cued and (kinds & _ASKING or fragment) and SignalKind.DEADLINE not in sentence.vetoed():
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
