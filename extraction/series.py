"""From the components of one UID to its occurrences (RFC 5545, 3.8.5; D5.6), whatever order they come in."""

import hashlib
import warnings
from datetime import UTC, date, datetime
from itertools import islice
from typing import Any, Final

import recurring_ical_events
from icalendar import Component
from icalendar.prop import vDDDLists, vDDDTypes

from domain.signals import Problem
from extraction.calendar_text import MAX_COMPONENTS, RECURRENCE, drop_broken, problem_of, text_of, wrapped
from extraction.calendar_zones import settle_zones
from extraction.recurrence_limits import is_absurd
from extraction.recurrence_rules import straighten, why_invalid

_EARLIEST: Final = datetime(1970, 1, 1, tzinfo=UTC)
_OWN_SEQUENCE: Final = "X-OWN-SEQUENCE"


def series_in(calendar: Component, problems: list[Problem]) -> dict[str, list[Component]]:
    """VEVENTs by UID, in an order that does not depend on the file's; one without a UID is known by its content."""
    series: dict[str, list[Component]] = {}
    for component in islice(calendar.walk("VEVENT"), MAX_COMPONENTS):
        uid = text_of(component, "UID", 500)
        if not uid:
            stable = "\n".join(
                text_of(component, name, 500) for name in ("DTSTART", "DTEND", "SUMMARY", "RRULE", "ORGANIZER")
            )
            uid = f"sha256:{hashlib.sha256(stable.encode()).hexdigest()}"
            component["UID"] = uid
        series.setdefault(uid, []).append(component)
    for components in series.values():
        drop_broken(components, problems)
        for name in settle_zones(components):
            reason = f"nothing is known of its zone “{name[:60]}”; its times are read in the company's"
            problems.append(problem_of(components[0], ValueError(reason)))
        components.sort(key=_edit)
    return series


def _edit(component: Component) -> tuple[int, str, bytes]:
    """Orders components by edit (RFC 5546, 2.1.5), and then by anything that is not chance."""
    try:
        content = component.to_ical()
    except Exception:  # noqa: BLE001 - whatever the library cannot write out has no order worth keeping
        content = b""
    return sequence_of(component), text_of(component, "DTSTAMP", 40), content


def occurrences(
    calendar: Component, components: list[Component], *, until: datetime, limit: int, problems: list[Problem]
) -> list[Component]:
    """Expand one UID, in order of time.

    Args:
        calendar: Where its zones are defined.
        components: As ``series_in`` returns them.
        until: No occurrence after it.
        limit: At most this many, the latest.
        problems: What could not be followed is added.
    """
    # What is certain of a series nobody can follow: its first time, and the occurrences told by themselves.
    broken = [component for component in components if start_of(component) is None]
    problems.extend(problem_of(component, ValueError("it has no readable start")) for component in broken)
    usable = [component for component in components if component not in broken]
    single = list({_identity(component): component for component in usable}.values())
    if not any(component.get(name) is not None for component in usable for name in RECURRENCE):
        return single
    if any(is_absurd(component, until, limit) for component in usable):
        reason = "its rule repeats too often or never; only its first time is kept"
        problems.append(problem_of(usable[0], ValueError(reason)))
        return single
    if reason := next((why for component in usable if (why := why_invalid(component))), ""):
        problems.append(problem_of(usable[0], ValueError(f"{reason}; only its first time is kept")))
        return single
    try:
        found = _expanded(calendar, usable, until)
    except Exception as error:  # noqa: BLE001 - the libraries raise whatever they like
        problems.append(problem_of(usable[0], error))
        return single
    if len(found) > limit:
        problems.append(problem_of(usable[0], ValueError(f"it has more than {limit} occurrences; the latest are kept")))
    return found[-limit:]


def _identity(component: Component) -> str:
    return text_of(component, "RECURRENCE-ID", 60)


def _expanded(calendar: Component, components: list[Component], until: datetime) -> list[Component]:
    for component in components:
        component[_OWN_SEQUENCE] = str(sequence_of(component))
        _mend(component)
        straighten(component, until)
    alone = wrapped([*calendar.walk("VTIMEZONE"), *components])
    if zone_name := calendar.get("X-WR-TIMEZONE"):
        alone["X-WR-TIMEZONE"] = zone_name
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found: list[Component] = list(recurring_ical_events.of(alone).between(_EARLIEST, until))
    moved = {_identity(component): component for component in components if is_range(component)}
    for component in found:
        _own_again(component, moved)
    return sorted(found, key=lambda component: (_at(component), _identity(component)))


def _own_again(component: Component, moved: dict[str, Component]) -> None:
    """Give an occurrence its own SEQUENCE and RECURRENCE-ID, where the library writes those of the series or range."""
    if (own := text_of(component, _OWN_SEQUENCE, 12)) != "":
        component["SEQUENCE"] = int(own)
        del component[_OWN_SEQUENCE]
    change = moved.get(_identity(component)) if is_range(component) else None
    if change is not None:
        here, original = start_of(component), moment_of(change, "RECURRENCE-ID")
        moved_to = start_of(change)
        if here is not None and moved_to is not None and original is not None and _alike(moved_to, original):
            component["RECURRENCE-ID"] = vDDDTypes(here - (moved_to - original))


def is_range(component: Component) -> bool:
    """Whether the component changes its occurrence and all after it (RFC 5545, 3.2.13)."""
    prop: Any = component.get("RECURRENCE-ID")
    return str(getattr(prop, "params", {}).get("RANGE", "")).upper() == "THISANDFUTURE"


def _mend(component: Component) -> None:
    """Put right what the library would misread: an end before its start, exceptions of another kind than the start."""
    start = start_of(component)
    end = moment_of(component, "DTEND")
    if start is not None and end is not None and (not _alike(start, end) or end < start):
        del component["DTEND"]
    exceptions: Any = component.get("EXDATE")
    if exceptions is None or start is None:
        return
    lists = exceptions if isinstance(exceptions, list) else [exceptions]
    days = [_like_start(one.dt, start) for some in lists for one in some.dts]
    component["EXDATE"] = [vDDDLists([day]) for day in days]


def _like_start(exception: date, start: date) -> date:
    """An exception in terms of its series: a floating time in the series' zone, a day for an all-day series."""
    if not isinstance(start, datetime) and isinstance(exception, datetime):
        return exception.date()
    if isinstance(start, datetime) and isinstance(exception, datetime) and exception.tzinfo is None:
        return exception.replace(tzinfo=start.tzinfo)
    return exception


def _alike(one: date, other: date) -> bool:
    """Whether two times can be compared: both days, both floating, or both in zones."""
    if isinstance(one, datetime) and isinstance(other, datetime):
        return (one.tzinfo is None) == (other.tzinfo is None)
    return isinstance(one, datetime) == isinstance(other, datetime)


def _at(component: Component) -> str:
    start = start_of(component)
    return start.astimezone(UTC).isoformat() if isinstance(start, datetime) and start.tzinfo else str(start)


def start_of(component: Component) -> date | None:
    """When a component begins, None when that cannot be read."""
    return moment_of(component, "DTSTART")


def moment_of(component: Component, name: str) -> date | None:
    """The instant or day of a property, None when it is missing or something else."""
    prop: Any = component.get(name)
    value = getattr(prop, "dt", None)
    return value if isinstance(value, date) else None


def sequence_of(component: Component) -> int:
    """SEQUENCE, 0 when it is missing or no number."""
    try:
        return max(0, min(int(text_of(component, "SEQUENCE", 12) or 0), 2**31 - 1))
    except ValueError:
        return 0
