"""Accounts that may be one: suggestions, never acted on by themselves."""

import difflib
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations
from typing import Any

from domain.accounts import Account

_LEGAL = re.compile(
    r"\b(gmbh|mbh|ag|kg|ohg|ug|se|co|ltd|limited|plc|llc|inc|corp|corporation|company|sa|sarl|sas|srl|spa|bv|nv|ab|as|oy|"
    r"group|holding|international)\b\.?",
    re.IGNORECASE,
)
_ALIKE = 0.85
_MANY = 50
"""So many accounts that share a word share a common word."""


def near_duplicates(accounts: Iterable[Account]) -> list[dict[str, Any]]:
    """List pairs with the reason, surest first: names equal but for the legal form, one brand, or names alike."""
    book = list(accounts)
    found: dict[tuple[str, str], tuple[float, str]] = {}
    for one, other in _candidates(book):
        score, why = _likeness(one, other)
        if score:
            found[one.id, other.id] = (score, why)
    ranked = sorted(found.items(), key=lambda pair: (-pair[1][0], pair[0]))
    return [{"account_id": a, "other_id": b, "score": round(s, 2), "why": why} for (a, b), (s, why) in ranked]


def _candidates(book: Sequence[Account]) -> Iterator[tuple[Account, Account]]:
    """Pairs that share a brand or the beginning of their names: comparing all pairs takes too long."""
    groups: dict[str, list[Account]] = defaultdict(list)
    for account in book:
        for key in {_plain(account.name)[:3], *_brands(account)} - {""}:
            groups[key].append(account)
    seen = set()
    for group in groups.values():
        for one, other in combinations(group[:_MANY], 2):
            pair = (one, other) if one.id < other.id else (other, one)
            if (pair[0].id, pair[1].id) not in seen:
                seen.add((pair[0].id, pair[1].id))
                yield pair


def _likeness(one: Account, other: Account) -> tuple[float, str]:
    if _plain(one.name) == _plain(other.name):
        return 1.0, f"“{one.name}” and “{other.name}” differ in their legal form only"
    if brands := _brands(one) & _brands(other):
        return 0.9, f"both have a domain called {min(brands)}"
    ratio = difflib.SequenceMatcher(None, _plain(one.name), _plain(other.name)).ratio()
    return (ratio, f"“{one.name}” and “{other.name}” are written alike") if ratio >= _ALIKE else (0.0, "")


def _plain(name: str) -> str:
    short = re.sub(r"\W+", "", _LEGAL.sub("", name.casefold().replace("&", " ")))
    return short or re.sub(r"\W+", "", name.casefold())


def _brands(account: Account) -> set[str]:
    """What stands before the public suffix of its domains."""
    from extraction.attach import registrable  # noqa: PLC0415 - brings the public suffix list

    return {registrable(domain).partition(".")[0] for domain in account.domains}
