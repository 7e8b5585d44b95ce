"""Sender and recipients in the header lines of a quoted mail, as clients print them for people to read."""

import re
from typing import Final

from domain.mail import Address
from extraction.quote_words import DATE_SPLIT

_DOMAIN: Final = re.compile(r"[\w-]{1,63}(?:\.[\w-]{1,63})+")
_LOCAL: Final = frozenset("._+%'&=/-")
_MAX_LOCAL = 100
_QUOTED_COMMA: Final = re.compile(r'"[^"]{0,200}"|[;,]')
_BRACKETS: Final = re.compile(r"\([^()]{0,80}\)")
_MAX_PEOPLE = 200
_MAX_NAME = 200


def read_sender(written: str) -> Address | None:
    """Who a ``From:`` line names; "Last, First <address>" is one person, and a date may stand behind the name."""
    if find_address(written) is None:
        written = DATE_SPLIT.split(written)[0].rstrip().removesuffix(" on")
    return _person(written)


def read_recipients(written: str) -> tuple[Address, ...]:
    """Whom a ``To:`` line names, the address empty where it gives only names; semicolons or commas part them."""
    mark = ";" if ";" in written else ","
    parts, begin = [], 0
    for found in _QUOTED_COMMA.finditer(written):
        if found[0] == mark:
            parts.append(written[begin : found.start()])
            begin = found.end()
        if len(parts) > _MAX_PEOPLE:
            break
    parts.append(written[begin:])
    people = (_person(part) for part in _whole_names(parts))
    return tuple(person for person in people if person)[:_MAX_PEOPLE]


def _whole_names(parts: list[str]) -> list[str]:
    """Put together again "Last" and "First <address>", parted by the comma between them."""
    joined: list[str] = []
    for part in parts:
        if joined and "<" in part and "@" not in joined[-1] and len(joined[-1].split()) == 1 and "/" not in joined[-1]:
            joined[-1] = f"{joined[-1]}, {part.strip()}"
        else:
            joined.append(part)
    return joined


def find_address(text: str) -> tuple[int, int] | None:
    """Where the first e-mail address with a whole domain stands in a text."""
    at = text.find("@")
    while at >= 0:
        if domain := _DOMAIN.match(text, at + 1):
            begin = at
            while begin and at - begin < _MAX_LOCAL and (text[begin - 1].isalnum() or text[begin - 1] in _LOCAL):
                begin -= 1
            if begin < at:
                return begin, domain.end()
        at = text.find("@", at + 1)
    return None


def _person(written: str) -> Address | None:
    found = find_address(written)
    if found is None:
        return _name_only(written)
    begin, end = found
    name = written[:begin].strip(" \"'<>[]():*\t,").removesuffix("mailto").strip(" \"'<[(")
    return Address(" ".join(name.split())[:_MAX_NAME], written[begin:end].lower())


def _name_only(written: str) -> Address | None:
    """Outlook often quotes a colleague's name without the address; Notes adds the organisation's path."""
    name = _BRACKETS.sub(" ", written) if "(" in written else written
    name = name.partition("@")[0].partition("/")[0]
    name = " ".join(name.split()).strip(" \"'*<>,")
    return Address(name[:_MAX_NAME], "") if name else None
