"""Story time: "Wed-1 10:05" is ten past ten on the Wednesday before the week the story ends in.

The story ends on a Thursday at 09:00. Everything else is said as weekday, week offset and wall time in the
company's zone, so that moving the story by whole weeks keeps weekdays true and local times unmoved across DST.
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Europe/Berlin")
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
TODAY = "Thu 09:00"

_SPEC = re.compile(r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun)([+-]\d+)?(?: (\d\d:\d\d))?")
_PLACEHOLDER = re.compile(r"\{((?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)(?:[+-]\d+)?) (\w+)\}")


def words(text: str) -> tuple[str, ...]:
    """The words of a line."""
    return tuple(text.split())


MONTHS = {
    "en": words("January February March April May June July August September October November December"),
    "de": words("Januar Februar März April Mai Juni Juli August September Oktober November Dezember"),
    "fr": words("janvier février mars avril mai juin juillet août septembre octobre novembre décembre"),
}
DAYS = {
    "en": words("Monday Tuesday Wednesday Thursday Friday Saturday Sunday"),
    "de": words("Montag Dienstag Mittwoch Donnerstag Freitag Samstag Sonntag"),
    "fr": words("lundi mardi mercredi jeudi vendredi samedi dimanche"),
}


@dataclass(frozen=True, slots=True)
class StoryClock:
    """Turns story time into dates and instants.

    Attributes:
        monday: The Monday of the week the story ends in.
    """

    monday: date

    @classmethod
    def ending_before(cls, now: datetime) -> "StoryClock":
        """The clock whose last Thursday 09:00 (company time) is the latest one not after ``now`` (aware)."""
        local = now.astimezone(ZONE)
        thursday = local.date() - timedelta(days=(local.weekday() - 3) % 7)
        if datetime.combine(thursday, time(9), ZONE).astimezone(UTC) > now.astimezone(UTC):
            thursday -= timedelta(weeks=1)
        return cls(thursday - timedelta(days=3))

    def day(self, spec: str) -> date:
        """The date of ``"Wed-1"`` or ``"Wed-1 10:05"``."""
        weekday, weeks, _ = _parse(spec)
        return self.monday + timedelta(days=weekday, weeks=weeks)

    def local(self, spec: str) -> datetime:
        """Wall time in the company's zone; a spec without a time is midnight."""
        return datetime.combine(self.day(spec), _parse(spec)[2], ZONE)

    def instant(self, spec: str) -> datetime:
        """The same in UTC."""
        return self.local(spec).astimezone(UTC)

    def fill(self, text: str) -> str:
        """Replace ``{Tue+1 en}`` placeholders by dates in the named style (see ``spell``)."""
        return _PLACEHOLDER.sub(lambda found: spell(self.day(found[1]), found[2]), text)


def _parse(spec: str) -> tuple[int, int, time]:
    found = _SPEC.fullmatch(spec)
    if not found:
        raise ValueError(f"not a story time: {spec!r}")
    return WEEKDAYS.index(found[1]), int(found[2] or 0), time.fromisoformat(found[3] or "00:00")


def spell(day: date, style: str) -> str:
    """Write a date as people do.

    Args:
        day: Any date.
        style: ``en`` 5 November, ``de`` 5. November, ``fr`` 5 novembre, ``dot`` 05.11., ``iso`` 2026-11-05,
            ``month`` November, ``monat`` November (German), ``kw`` the ISO week number.
    """
    styles = {
        "en": f"{day.day} {MONTHS['en'][day.month - 1]}",
        "de": f"{day.day}. {MONTHS['de'][day.month - 1]}",
        "fr": f"{day.day} {MONTHS['fr'][day.month - 1]}",
        "dot": f"{day:%d.%m.}",
        "iso": day.isoformat(),
        "month": MONTHS["en"][day.month - 1],
        "monat": MONTHS["de"][day.month - 1],
        "kw": str(day.isocalendar().week),
    }
    return styles[style]
