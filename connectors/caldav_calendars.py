"""Finding the calendars of a CalDAV server (RFC 4791, 6.2.1; RFC 5397; RFC 6764)."""

from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import unquote

from connectors.dav_answers import CALDAV, CALENDARSERVER, DAV, Entry, canonical
from connectors.dav_session import DavSession, Refused
from domain.errors import AuthError, SourceError

_WELL_KNOWN = "/.well-known/caldav"
_FORBIDDEN = 403
_PROPS = """<?xml version="1.0" encoding="utf-8"?>
<propfind xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav" xmlns:S="http://calendarserver.org/ns/"><prop>
<resourcetype/><displayname/><current-user-principal/><supported-report-set/><sync-token/>
<C:calendar-home-set/><C:supported-calendar-component-set/><S:getctag/>
</prop></propfind>"""


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteCalendar:
    """One calendar as the server describes it.

    Attributes:
        path: Where it lies.
        display_name: What its owner calls it; the last part of the path where it has no name.
        folder: The display name, with the path where several calendars have the same.
        token: Sync token of its present state (RFC 6578, 4); ``""`` where it has none.
        ctag: Changes with anything inside; ``""`` where it has none.
        syncs: It tells what changed since a token.
    """

    path: str
    display_name: str
    folder: str
    token: str
    ctag: str
    syncs: bool


@dataclass(frozen=True, slots=True)
class Discovery:
    """What was found.

    Attributes:
        calendars: Those that take events, by folder.
        unclear: Paths of which the server could not say what they are.
    """

    calendars: Sequence[RemoteCalendar]
    unclear: frozenset[str]


def discover(server: DavSession, url: str) -> Discovery:
    """Find the calendars behind an address: of a calendar, of what holds calendars, of a user, or of a whole server.

    Raises:
        SourceError: There is no CalDAV server, or it does not let us in.
    """
    here = _look(server, canonical(url) or "/")
    if _is_calendar(here):
        return _named([here])
    # What users name is meant: a principal among calendars of others leads to its own only if nothing lies here.
    if not here.hrefs(f"{CALDAV}calendar-home-set"):
        with suppress(Refused):
            below = _below(server, here.path)
            if any(map(_is_calendar, below)):
                return _named(below)
        for principal in here.hrefs(f"{DAV}current-user-principal")[:1]:
            here = _described(server, server.path_of(principal))
    homes = [server.path_of(href) for href in here.hrefs(f"{CALDAV}calendar-home-set")]
    if not homes:
        raise _nothing(server)
    return _named([entry for home in dict.fromkeys(homes) for entry in _below(server, home)])


def _look(server: DavSession, path: str) -> Entry:
    """Look at the configured address; where no CalDAV answers, at the address servers agreed on (RFC 6764, 5)."""
    try:
        found = _described(server, path)
        if found.names(f"{DAV}resourcetype") or found.hrefs(f"{DAV}current-user-principal"):
            return found
    except Refused as error:
        if error.status == _FORBIDDEN:
            raise AuthError(
                f"{server.place} does not let this user read `url` (403); check `url`, `username` and its rights."
            ) from None
    try:
        return _described(server, _WELL_KNOWN)
    except Refused:
        raise _nothing(server) from None


def _described(server: DavSession, path: str) -> Entry:
    """Return what the server says about one resource.

    Raises:
        Refused: Nothing.
    """
    for entry in server.propfind(path, _PROPS, depth=0).entries:
        if entry.ok:
            return entry
    raise Refused(f"{server.place} says nothing about `url`.")


def _below(server: DavSession, path: str) -> list[Entry]:
    return list(server.propfind(path, _PROPS, depth=1).entries)


def _nothing(server: DavSession) -> SourceError:
    return SourceError(f"{server.place} shows no calendars at this address; check `url`.")


def _is_calendar(entry: Entry) -> bool:
    """Whether it is a calendar for events; one that does not say for what is for everything (RFC 4791, 5.2.3)."""
    components = entry.components()
    return f"{CALDAV}calendar" in entry.names(f"{DAV}resourcetype") and (not components or "VEVENT" in components)


def _named(found: Sequence[Entry]) -> Discovery:
    """Give each calendar a folder name of its own."""
    calendars = {entry.path: entry for entry in found if _is_calendar(entry)}
    last_parts = {path: unquote(path.rstrip("/").rpartition("/")[2]) for path in calendars}
    names = {path: " ".join(entry.text(f"{DAV}displayname").split()) for path, entry in calendars.items()}
    names = {path: name or last_parts[path] or "calendar" for path, name in names.items()}
    folders = _told_apart(_told_apart(names, last_parts), {path: path for path in names})
    described = [
        RemoteCalendar(
            path=path,
            display_name=names[path],
            folder=folders[path],
            token=entry.text(f"{DAV}sync-token"),
            ctag=entry.text(f"{CALENDARSERVER}getctag"),
            syncs=f"{DAV}sync-collection" in entry.names(f"{DAV}supported-report-set"),
        )
        for path, entry in calendars.items()
    ]
    unclear = frozenset(entry.path for entry in found if f"{DAV}resourcetype" not in entry.props)
    return Discovery(sorted(described, key=lambda calendar: calendar.folder), unclear)


def _told_apart(names: dict[str, str], by: dict[str, str]) -> dict[str, str]:
    """Add something to every name that occurs more than once."""
    counted = Counter(names.values())
    return {path: f"{name} ({by[path]})" if counted[name] > 1 else name for path, name in names.items()}
