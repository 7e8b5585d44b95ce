"""When somebody who is away will be back, from an out-of-office reply."""

# Typographic apostrophes and dashes are meant.
# ruff: noqa: RUF001

import re
from datetime import date, datetime, time, timedelta
from typing import Final

from extraction.date_words import LANGUAGES
from extraction.dates import find_dates
from extraction.quoted_dates import parse_quoted_date

_BACK = re.compile(
    r"\b(?:back|return(?:ing|s)?|available again|reachable again)\b[^.\n]{0,40}?\b(?:on|from|by|in the office)?\b|"
    r"\b(?:ab|am)\b(?= (?:dem |den |montag|dienstag|mittwoch|donnerstag|freitag|\d))|\bvom? .{0,20} ab\b|"
    r"\bde retour\b[^.\n]{0,30}?|\bà partir du\b|\bwieder (?:ab|am|erreichbar ab|im (?:büro|haus) (?:ab|am))\b|"
    r"\b(?:volver[ée]|regreso|regresar[ée]|torner[òo]|rientr\w+|terug|voltar?ei|regresso)\b[^.\n]{0,40}?\b(?:el|il|op|em|a)?\b",
    re.IGNORECASE,
)
_UNTIL = re.compile(
    r"\b(?:until|till|through|thru|bis(?: zum| einschließlich| einschl\.)?|jusqu['’]au|jusqu['’]à|hasta(?: el)?|"
    r"fino al?|sino al?|tot(?: en met)?|t/m|até)\b",
    re.IGNORECASE,
)
_RANGE = re.compile(
    r"\b(?:from|vom|du|between|del|dal|van|de)\b[^\n]{1,40}?(?:\b(?:to|bis(?: zum)?|au|and|al|tot)\b|\s?[-–]\s?)",
    re.IGNORECASE,
)
_AWAY = re.compile(
    r"\b(?:out of (?:the |my )?office|away|on (?:vacation|leave|holiday|annual leave)|ooo|not in the office|"
    r"abwesend|nicht im (?:büro|haus)|im urlaub|absente?|en congés?)\b",
    re.IGNORECASE,
)
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-ZÄÖÜÉÀ])|\n\s*\n")
_MAX_TEXT: Final = 4_000
_WINDOW: Final = 90
_FURTHEST: Final = 366  # days; a date more than a year away is a misreading


def read_return_date(text: str, sent_at: datetime) -> datetime | None:
    """The day the writer is back, at its beginning in the offset of ``sent_at``; None when the text names none.

    "Back on Friday" means Friday, "until Friday" and "from Monday to Friday" the day after; "out of the office on
    Friday" the day after the last day named. A day without a year is the next one after the mail was sent.
    """
    sentences = _SENTENCE.split(text[:_MAX_TEXT])
    for pattern, later in ((_BACK, 0), (_RANGE, 1), (_UNTIL, 1)):
        for sentence in sentences:
            for match in pattern.finditer(sentence):
                days = _days(sentence[match.end() : match.end() + _WINDOW], sent_at)
                if days:
                    return _beginning(days[0], later, sent_at)
    for sentence in sentences:
        if _AWAY.search(sentence) and (days := _days(sentence, sent_at)):
            return _beginning(max(days), 1, sent_at)
    return None


def _beginning(day: date, later: int, sent_at: datetime) -> datetime:
    return datetime.combine(day + timedelta(days=later), time(), tzinfo=sent_at.tzinfo)


def _days(text: str, sent_at: datetime) -> list[date]:
    """Days named, not before the mail's own; read in whichever language finds some."""
    today = sent_at.date()
    for language in LANGUAGES:
        days = [mention.last for mention in find_dates(text, sent_at, language=language)]
        if ahead := [day for day in days if 0 <= (day - today).days <= _FURTHEST]:
            return ahead
    exact = parse_quoted_date(text, sent_at.tzinfo or sent_at.astimezone().tzinfo)  # type: ignore[arg-type]
    return [exact.date()] if exact and 0 <= (exact.date() - today).days <= _FURTHEST else []
