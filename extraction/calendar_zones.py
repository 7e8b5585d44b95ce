"""Zone names no file defines: display names of Windows, offsets and old paths, read for what they say (D5.16)."""

import re
from collections.abc import Iterable
from datetime import datetime, timedelta, timezone, tzinfo
from functools import cache
from typing import Any, Final
from zoneinfo import ZoneInfo, available_timezones

from icalendar import Component
from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

_TIMES: Final = ("DTSTART", "DTEND", "RECURRENCE-ID", "EXDATE", "RDATE")
_OFFSET = re.compile(r"(?:UTC|GMT|^)\s*(?P<sign>[+-])(?P<hours>\d{1,2})(?:[:.]?(?P<minutes>\d{2}))?", re.IGNORECASE)
_NO_OFFSET = re.compile(r"^\(?(?:UTC|GMT|Z)\)?(?:$|\s|\))|microsoft/utc$", re.IGNORECASE)
_REGIONS: Final = {
    "eastern time": "America/New_York",
    "central time": "America/Chicago",
    "mountain time": "America/Denver",
    "pacific time": "America/Los_Angeles",
    "atlantic time": "America/Halifax",
    "arizona": "America/Phoenix",
    "alaska": "America/Anchorage",
    "hawaii": "Pacific/Honolulu",
    "newfoundland": "America/St_Johns",
    "bern": "Europe/Zurich",
    "edinburgh": "Europe/London",
    "beijing": "Asia/Shanghai",
    "new delhi": "Asia/Kolkata",
    "mumbai": "Asia/Kolkata",
    "osaka": "Asia/Tokyo",
    "canberra": "Australia/Sydney",
    "st. petersburg": "Europe/Moscow",
    "abu dhabi": "Asia/Dubai",
}
_WINTER: Final = datetime(2025, 1, 1)  # noqa: DTZ001 - a wall clock, to ask zones for their offsets
_SUMMER: Final = datetime(2025, 7, 1)  # noqa: DTZ001 - likewise


def settle_zones(components: Iterable[Component]) -> list[str]:
    """Give times whose TZID was not understood the zone its name tells; return the names that tell none.

    Those times stay floating: they are read in the company's zone, never as UTC.
    """
    unknown: dict[str, None] = {}
    for component in components:
        for name in _TIMES:
            prop: Any = component.get(name)
            for one in prop if isinstance(prop, list) else [prop] if prop is not None else []:
                tzid = str(getattr(one, "params", {}).get("TZID", ""))
                if tzid and not _settle(one, tzid):
                    unknown[tzid] = None
    return list(unknown)


def _settle(prop: Any, tzid: str) -> bool:
    """Set the zone of a property's floating times; False when its name means nothing to us."""
    zone: tzinfo | None = None
    for one in getattr(prop, "dts", [prop]):
        value = getattr(one, "dt", None)
        floating = isinstance(value, datetime) and value.tzinfo is None
        if not floating and not isinstance(value, tuple):
            continue
        zone = zone or zone_named(tzid)
        if zone is None:
            return False
        one.dt = _placed(value, zone)
    return True


def _placed(value: Any, zone: tzinfo) -> Any:
    if isinstance(value, tuple):
        return tuple(_placed(part, zone) for part in value)
    return value.replace(tzinfo=zone) if isinstance(value, datetime) and value.tzinfo is None else value


@cache
def zone_named(tzid: str) -> tzinfo | None:
    """The zone a name means: an IANA name in any spelling or path, a Windows name, a display name, an offset."""
    name = tzid.strip(" \"'").replace("\\", "")
    parts = name.split("/")
    spelled = [name, "/".join(parts[-2:]), "/".join(parts[-3:]), name.replace("-", "/", 1)]
    for spelling in spelled:
        if key := _iana().get(spelling.casefold()):
            return ZoneInfo(key)
    if olson := _windows().get(name.casefold()):
        return ZoneInfo(olson)
    return _displayed(name)


def _displayed(name: str) -> tzinfo | None:
    """``(UTC+01:00) Amsterdam, Berlin``: a place of that offset, else the offset itself."""
    found = _OFFSET.search(name)
    if found is None:
        return ZoneInfo("UTC") if _NO_OFFSET.search(name) and "," not in name else _placed_by_name(name, None)
    size = timedelta(hours=int(found["hours"]), minutes=int(found["minutes"] or 0))
    offset = -size if found["sign"] == "-" else size
    if size >= timedelta(hours=24):
        return None
    return _placed_by_name(name, offset) or timezone(offset)


def _placed_by_name(name: str, offset: timedelta | None) -> tzinfo | None:
    lowered = name.casefold()
    places = [zone for words, zone in _REGIONS.items() if words in lowered]
    for city in re.split(r"[,()/]", lowered):
        places += _cities().get(city.strip().replace(" ", "_"), [])
    for place in places:
        zone = ZoneInfo(place)
        if offset is None or offset == min(_offset(zone, _WINTER), _offset(zone, _SUMMER)):
            return zone
    if offset is None or "daylight" not in lowered:
        return None
    # "GMT -0500 (Standard) / GMT -0400 (Daylight)" as Exchange once wrote it: America's rules fit what it sold.
    return next((ZoneInfo(z) for z in _REGIONS.values() if _offset(ZoneInfo(z), _WINTER) == offset), None)


def _offset(zone: ZoneInfo, at: datetime) -> timedelta:
    return zone.utcoffset(at) or timedelta()


@cache
def _iana() -> dict[str, str]:
    return {key.casefold(): key for key in sorted(available_timezones())}


@cache
def _windows() -> dict[str, str]:
    return {name.casefold(): olson for name, olson in WINDOWS_TO_OLSON.items()}


@cache
def _cities() -> dict[str, list[str]]:
    cities: dict[str, list[str]] = {}
    for key in sorted(available_timezones()):
        if "/" in key and not key.startswith(("posix", "right", "Etc")):
            cities.setdefault(key.rpartition("/")[2].casefold(), []).append(key)
    return cities
