"""Whose leave a calendar entry is: while somebody is away, what waits for them goes to their backup (SEMANTICS 3)."""

import re
import tomllib
from collections.abc import Collection, Iterable
from itertools import chain
from pathlib import Path
from typing import Final

from domain.conversations import PartySide
from domain.events import Event, EventStatus
from domain.word_lists import whole_words
from extraction.attach import AccountBook

_WORDS: Final[dict[str, dict[str, list[str]]]] = tomllib.loads(
    Path(__file__).with_name("leave_words.toml").read_text(encoding="utf-8")
)
_LONGEST = 320
"""Characters of an address (RFC 5321, 4.5.3.1)."""


_LEAVE, _ABOUT = (whole_words(chain.from_iterable(_WORDS[part].values())) for part in ("leave", "about"))


def absent(event: Event, owners: Iterable[str], book: AccountBook) -> str:
    """Say who is away by a calendar entry.

    It counts when the calendar itself calls it out of office, or when it lasts whole days and its title says so. Who is
    meant is the organizer, else the one owner of the calendar, unless the title names a colleague. An invitation by
    mail alone sends nobody on leave, and neither does the title of a private entry (D5.5).

    Args:
        event: The occurrence.
        owners: Owners of the calendars that show it.
        book: The account book: who is one of us.

    Returns:
        An own address, ``""`` when nobody is away.
    """
    calendars = set(owners)
    if not calendars or event.status is EventStatus.CANCELLED or not (event.away or _says_so(event)):
        return ""
    if any(book.place(attendee.address).side is not PartySide.OWN for attendee in event.attendees):
        return ""
    person = event.organizer or (calendars.pop() if len(calendars) == 1 else "")
    if book.place(person).side is not PartySide.OWN or len(person) > _LONGEST:
        return ""
    return "" if _names_another(event.title, person, book) else person


def _says_so(event: Event) -> bool:
    title = event.title.lower()
    return event.all_day and not event.private and bool(_LEAVE.search(title)) and not _ABOUT.search(title)


def _names_another(title: str, person: str, book: AccountBook) -> bool:
    """Whether a title names one of us who answers for accounts, and not whose entry it is: "Urlaub Ben"."""
    team = {address for account in book.accounts.values() for address in (account.owner, account.backup) if address}
    said = set(re.findall(r"\w+", title.lower()))
    return not said & _names([person]) and bool(said & _names(team))


def _names(addresses: Collection[str]) -> set[str]:
    parts = (part for address in addresses for part in re.split(r"[\W_]+", address.lower().partition("@")[0]))
    return {part for part in parts if len(part) > 1}
