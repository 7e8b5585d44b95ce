"""A few words of a text around what was looked for, and where in them it stands."""

from collections.abc import Sequence
from typing import Final

from domain.search import Term
from domain.words import spans

_AROUND: Final = 60
_LENGTH: Final = 200
_READ: Final = 20_000
"""Characters that are looked through."""


def snippet(text: str, terms: Sequence[Term]) -> tuple[str, list[tuple[int, int]]]:
    """Cut a piece out of a text.

    Returns:
        The piece in one line, and start and end of each found word in it.
    """
    flat = " ".join(text[:_READ].split())
    hits = _hits(flat, terms) if terms else []
    start = _beginning(flat, max(0, hits[0][0] - _AROUND)) if hits else 0
    end = min(len(flat), start + _LENGTH)
    before, after = ("… " if start else ""), ("…" if end < len(flat) else "")
    moved = [(a - start + len(before), b - start + len(before)) for a, b in hits if start <= a and b <= end]
    return f"{before}{flat[start:end].rstrip()}{after}", moved


def _beginning(text: str, at: int) -> int:
    """The beginning of the next word, so that none is cut."""
    return 0 if at == 0 else text.find(" ", at) + 1


def _hits(text: str, terms: Sequence[Term]) -> list[tuple[int, int]]:
    """Where terms stand, the words of a phrase one by one, as far as a piece around the first can reach."""
    ends, longest = tuple(term.words[-1] for term in terms), max(len(term.words) for term in terms)
    places: list[tuple[int, int]] = []
    folded: list[str] = []
    hits: set[tuple[int, int]] = set()
    reach, beyond = len(text), 0
    for start, end, found in spans(text):
        # A phrase may begin within reach and end beyond.
        beyond += start > reach
        if beyond > longest:
            break
        for word in found:
            places.append((start, end))
            folded.append(word)
            if not word.startswith(ends):
                continue
            for term in terms:
                size = len(term.words)
                if term.found_in(" ".join(folded[-size:])):
                    hits.update(places[-size:])
                    reach = min(hits)[0] + _LENGTH
    return sorted(hits)
