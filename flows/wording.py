"""Small pieces of sentences that errors share."""

from collections.abc import Iterable


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return ``"; did you mean `x`?"`` for the nearest known name, or ``""`` when none is near."""
    from difflib import get_close_matches  # noqa: PLC0415 - needed on the way to an error only

    names = {name.casefold(): name for name in known}
    near = get_close_matches(word.casefold(), names, n=1, cutoff=0.6)
    return f"; did you mean `{names[near[0]]}`?" if near else ""


def one_of(names: Iterable[str]) -> str:
    """Return ``"a, b or c"``."""
    *most, last = names
    return f"{', '.join(most)} or {last}" if most else last
