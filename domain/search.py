"""What somebody looks for: words, "phrases", beginnings* and operators."""

import re
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Final

from domain.errors import ConfigError
from domain.words import words

KINDS: Final = ("message", "meeting", "note")
_PART: Final = re.compile(r'(?:(?P<operator>[A-Za-z]+):)?(?:"(?P<phrase>[^"]*)"?(?P<open>\*?)|(?P<run>[^\s"]+))')
_OPERATORS: Final = ("from", "to", "after", "before", "has", "kind")
_DATE: Final = re.compile(r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?")


@dataclass(frozen=True, slots=True)
class Term:
    """Words that follow each other; the last may be a beginning only."""

    words: tuple[str, ...]
    prefix: bool = False

    def found_in(self, folded: str) -> bool:
        """Whether folded words, a blank between each two, hold it."""
        return f" {' '.join(self.words)}{'' if self.prefix else ' '}" in f" {folded} "


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchQuery:
    """All of it must hold.

    Attributes:
        terms: In the title, the people or the text.
        senders: In name or address of who wrote or invited.
        recipients: In names or addresses of the others.
        after: From this instant on.
        before: Before this instant.
        attachment: Only what has one.
        kinds: Only these; any when empty.
    """

    terms: tuple[Term, ...] = ()
    senders: tuple[Term, ...] = ()
    recipients: tuple[Term, ...] = ()
    after: datetime | None = None
    before: datetime | None = None
    attachment: bool = False
    kinds: frozenset[str] = frozenset()

    @property
    def empty(self) -> bool:
        """Whether nothing is asked for."""
        return self == SearchQuery()


def parse_search(text: str, zone: tzinfo) -> SearchQuery:
    """Read what was typed.

    Args:
        text: As typed; what is no operator is a word.
        zone: Where the days of ``after:`` and ``before:`` begin.

    Raises:
        ConfigError: An operator has a value it does not take.
    """
    terms: dict[str, list[Term]] = {"": [], "from": [], "to": []}
    after, before, attachment, kinds = None, None, False, set()
    for operator, value, prefix in _parts(text):
        if operator in terms:
            found = tuple(words(value))
            terms[operator] += [Term(found, prefix)] if found else []
        elif operator == "after":
            after = _instant(operator, value, zone)
        elif operator == "before":
            before = _instant(operator, value, zone)
        elif operator == "has":
            _among(operator, value, ("attachment",))
            attachment = True
        else:
            kinds.add(_among(operator, value, KINDS))
    return SearchQuery(
        terms=tuple(terms[""]),
        senders=tuple(terms["from"]),
        recipients=tuple(terms["to"]),
        after=after,
        before=before,
        attachment=attachment,
        kinds=frozenset(kinds),
    )


def _parts(text: str) -> list[tuple[str, str, bool]]:
    """(operator or "", value, whether it is a beginning) of each part."""
    found = []
    for match in _PART.finditer(text):
        operator = (match["operator"] or "").lower()
        value = match["phrase"] if match["phrase"] is not None else match["run"]
        if operator and operator not in _OPERATORS:
            operator, value = "", f"{operator} {value}"
        found.append((operator, value.rstrip("*"), bool(match["open"]) or value.endswith("*")))
    return found


def _among(operator: str, value: str, allowed: tuple[str, ...]) -> str:
    if value.lower() not in allowed:
        raise ConfigError(f"`{operator}:` takes {', '.join(allowed)}, not “{value}”.")
    return value.lower()


def _instant(operator: str, value: str, zone: tzinfo) -> datetime:
    """When a day, month or year begins; ``after:`` means from there on, ``before:`` until there."""
    match = _DATE.fullmatch(value)
    try:
        year, month, day = (int(part or 1) for part in match.groups()) if match else (0, 0, 0)
        return datetime(year, month, day, tzinfo=zone)
    except (ValueError, OverflowError):
        raise ConfigError(f"`{operator}:` takes a day, month or year like 2026-03-01, not “{value}”.") from None
