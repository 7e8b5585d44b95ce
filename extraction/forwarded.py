"""The words of a mail that another forwards (D4.20)."""

import re

from extraction.zones import LineZone, label_lines

_WORDS = frozenset({LineZone.GREETING, LineZone.TEXT, LineZone.SIGN_OFF})
_FOR_INFORMATION = re.compile(
    r"\b(?:fyi|f\.y\.i\.|for your information|(?:nur )?zur (?:info(?:rmation)?|kenntnis)|pour info(?:rmation)?"
    r"|(?:i|we)(?:'ve| have)? (?:already )?(?:answered|replied|responded|taken care|dealt)"
    r"|(?:habe|haben)\b.{0,40}\b(?:geantwortet|beantwortet|erledigt)|already (?:answered|done)|no action)\b",
    re.IGNORECASE,
)


def forwarded_words(quoted_text: str) -> str:
    """Return what the writer of the outermost mail in a forward said: no header, no signature, nothing quoted there."""
    lines, labels = quoted_text.splitlines(), label_lines(quoted_text)
    begins = next((n for n, label in enumerate(labels) if label is LineZone.HEADER), len(labels))
    while begins < len(labels) and labels[begins] is LineZone.HEADER:
        begins += 1
    ends = next((n for n in range(begins, len(labels)) if labels[n] is LineZone.HEADER), len(labels))
    depth = _marks(lines[begins:ends])
    kept = [
        line[depth:] for line, label in zip(lines[begins:ends], labels[begins:ends], strict=True) if label in _WORDS
    ]
    return "\n".join(kept).strip()


def _marks(lines: list[str]) -> int:
    """Characters of quote marks that all written lines begin with."""
    written = [line for line in lines if line.strip()]
    marks = min((re.match(r"[> ]*", line).group() for line in written), key=len, default="")  # type: ignore[union-attr]
    return len(marks) if ">" in marks else 0


def is_for_information(text: str) -> bool:
    """Whether what is said above a forward leaves nothing to do about it."""
    return _FOR_INFORMATION.search(text) is not None
