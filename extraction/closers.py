"""Is the whole mail only a goodbye? "Thanks, got it." needs no answer; "thanks, but…" does (D4.4)."""

import re
import tomllib
from collections.abc import Callable, Sequence
from importlib.resources import files
from typing import Final

from domain.signals import ASKS, Signal, SignalKind
from extraction.blanks import squeezed
from extraction.rules import Hit

_LIMIT: Final = 30
"""Words; a longer mail says more than goodbye."""

_CERTAIN: Final = 0.4
"""What is read with less says nothing against a goodbye; no ask is reported with less."""

_TRUSTED: Final = frozenset({"en", "de", "fr", "und"})
"""Languages with patterns of their own; a mail too short to tell is read with the patterns of all of them."""

_WORDS: Final = tomllib.loads(files("extraction").joinpath("patterns", "closers.toml").read_text(encoding="utf-8"))
_BUT, _HARMLESS_BUT, _COURTESY = (re.compile(_WORDS[name]) for name in ("but", "harmless_but", "courtesy"))


def judge_closer(
    sentences: Sequence[tuple[int, int, str, Sequence[Hit]]],
    signals: Sequence[Signal],
    language: str,
    *,
    dated: Callable[[], bool],
) -> Signal | None:
    """Return the closer signal of a mail that only thanks or agrees, else nothing.

    Args:
        sentences: (start, end, text, hits) of every sentence.
        signals: What else the mail says.
        language: Of the mail; one we have no patterns for is never judged sure.
        dated: Says whether the mail names a day or an hour.
    """
    certain = [signal for signal in signals if signal.score >= _CERTAIN]
    if any(signal.kind in ASKS or signal.kind is SignalKind.MEETING_PAST for signal in certain):
        return None
    thanking = [(s, max(h.score for h in s[3] if h.kind is SignalKind.CLOSER)) for s in sentences if _closes(s[3])]
    if not thanking:
        return None
    (start, end, quote, hits), best = thanking[0]
    words = sum(len(text.split()) for _, _, text, _ in sentences)
    whole, _ = squeezed(" ".join(text for _, _, text, _ in sentences).lower())
    only = (
        words <= _LIMIT
        and "?" not in whole
        and not _BUT.search(_HARMLESS_BUT.sub("", whole.replace("\u2019", "'")))
        and not _speaks(certain)
        and all(_closes(found) or _COURTESY.match(text.lower()) for _, _, text, found in sentences)
        and not re.search(r"\d", whole)
        and not dated()
    )
    if not only:
        return None
    score = (0.97 if words <= _LIMIT // 2 else 0.93) if language in _TRUSTED else min(best, 0.6)
    rule = next(h.rule for h in hits if h.kind is SignalKind.CLOSER)
    return Signal(kind=SignalKind.CLOSER, start=start, end=end, quote=quote, score=score, rule=rule)


def _closes(hits: Sequence[Hit]) -> bool:
    return any(hit.kind is SignalKind.CLOSER for hit in hits)


def _speaks(signals: Sequence[Signal]) -> bool:
    """Whether something is promised, agreed or withdrawn beside the thanks; praise and "got it" are not."""
    return any(signal.kind not in {SignalKind.PRAISE, SignalKind.ACKNOWLEDGEMENT} for signal in signals)
