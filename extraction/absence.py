"""When somebody who is away will be back, from an out-of-office reply in English, German or French."""

# Typographic apostrophes and dashes are meant.
# ruff: noqa: RUF001

import re
from datetime import datetime, time, timedelta
from typing import Final

from extraction.quoted_dates import parse_quoted_date

_BACK = re.compile(
    r"(?P<on>\b(?:back|return(?:ing)?|available again|reachable again)\b[^.\n]{0,40}?\b(?:on|from|by|"
    r"in the office)?\b|"
    r"\b(?:ab|am)\b(?= (?:dem |den |montag|dienstag|mittwoch|donnerstag|freitag|\d))|\bvom? .{0,20} ab\b|"
    r"\bde retour\b[^.\n]{0,30}?|\bà partir du\b|\bje serai de retour\b|\bwieder (?:ab|am|erreichbar ab|"
    r"im (?:büro|haus) (?:ab|am))\b)"
    r"|(?P<until>\b(?:until|till|through|thru|bis(?: zum| einschließlich| einschl\.)?|jusqu['’]au|jusqu['’]à)\b)",
    re.IGNORECASE,
)
_RANGE = re.compile(r"\b(?:from|vom|du|between)\b[^\n]{1,40}?\b(?P<word>to|bis(?: zum)?|au|and|-|–)\b", re.IGNORECASE)
_DAY_MONTH = re.compile(r"\b(\d{1,2})\.\s?(\d{1,2})\.(?:\s|$|[,;)])|\b(\d{1,2})/(\d{1,2})\b(?!/)")
_NAMED = re.compile(
    r"\b(\d{1,2})(?:st|nd|rd|th|\.|er)?\s+(?:of\s+)?([^\W\d_]{3,10})\b(?!\s*\d{4})|"
    r"\b([^\W\d_]{3,10})\.?\s+(\d{1,2})(?:st|nd|rd|th)?\b(?!,?\s*\d{4}|:)",
    re.IGNORECASE,
)
_WEEKDAYS: Final = {
    word: number
    for number, words in enumerate(
        (
            "monday montag lundi",
            "tuesday dienstag mardi",
            "wednesday mittwoch mercredi",
            "thursday donnerstag jeudi",
            "friday freitag vendredi",
            "saturday samstag samedi",
            "sunday sonntag dimanche",
        )
    )
    for word in words.split()
}
_WEEKDAY = re.compile(r"\b(" + "|".join(_WEEKDAYS) + r")\b", re.IGNORECASE)
_WINDOW = 70


def read_return_date(text: str, sent_at: datetime) -> datetime | None:
    """The day the writer is back, at its beginning in the offset of ``sent_at``; None when the text names none.

    "Until Friday" means back the day after; "back on Friday" means Friday. A day without a year is the next one after
    the mail was sent.
    """
    for match in _BACK.finditer(text[:4_000]):
        if day := _read_day(text[match.end() : match.end() + _WINDOW].split("\n\n", maxsplit=1)[0], sent_at):
            moment = datetime.combine(day.date(), time(), tzinfo=sent_at.tzinfo)
            return moment + timedelta(days=1) if match["until"] else moment
    for match in _RANGE.finditer(text[:4_000]):
        if day := _read_day(text[match.end() : match.end() + _WINDOW].split("\n\n", maxsplit=1)[0], sent_at):
            return datetime.combine(day.date(), time(), tzinfo=sent_at.tzinfo) + timedelta(days=1)
    return None


def _read_day(text: str, sent_at: datetime) -> datetime | None:
    """The first date in ``text``, read near ``sent_at``; a date more than a year away is a misreading."""
    text = re.split(r"[.!?]\s+(?=[A-ZÄÖÜ])", text)[0]
    exact = parse_quoted_date(text, sent_at.tzinfo or sent_at.astimezone().tzinfo)  # type: ignore[arg-type]
    found = exact or _without_year(text, sent_at) or _weekday(text, sent_at)
    if found is None or not -1 <= (found - sent_at).days <= 366:  # noqa: PLR2004 - a year
        return None
    return found


def _without_year(text: str, sent_at: datetime) -> datetime | None:
    if match := _DAY_MONTH.search(text):
        day, month = match[1] or match[4], match[2] or match[3]
        phrase = f"{day}.{month}."
    elif match := _NAMED.search(text):
        phrase = f"{match[1] or match[4]} {match[2] or match[3]} "
    else:
        return None
    for year in (sent_at.year, sent_at.year + 1):
        moment = parse_quoted_date(f"{phrase}{year}", sent_at.tzinfo)  # type: ignore[arg-type]
        if moment and (moment - sent_at).days >= -1:
            return moment
    return None


def _weekday(text: str, sent_at: datetime) -> datetime | None:
    match = _WEEKDAY.search(text)
    if not match:
        return None
    ahead = (_WEEKDAYS[match[1].lower()] - sent_at.weekday() - 1) % 7 + 1
    return sent_at + timedelta(days=ahead)
