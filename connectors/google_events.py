"""What Google Calendar's API can be asked for: calendars, their events, one object as a whole."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from googleapiclient.errors import HttpError

from connectors.folder_choice import FolderChoice
from connectors.google_http import GoogleClient
from domain.errors import CursorExpired

_MOST = 500  # events in one answer: a few megabytes
_OF_GOOGLE = "@group.v.calendar.google.com"  # holidays, birthdays, week numbers

Component = Mapping[str, Any]
"""One Event resource of the API: a single entry, a series, or an exception of one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """One calendar as the account sees it.

    Attributes:
        id: As the API names it.
        folder: As its owner calls it.
        timezone: IANA name of its zone.
    """

    id: str
    folder: str
    timezone: str


class Events:
    """The components of a calendar, page by page.

    Attributes:
        token: Where the next run goes on; right once all were read, ``""`` if the server gives none.
    """

    def __init__(self, client: GoogleClient, resource: Any, request: Any) -> None:
        self._client = client
        self._resource = resource
        self._request = request
        self.token = ""

    def __iter__(self) -> Iterator[Component]:
        """Yield components in no order to rely on.

        Raises:
            CursorExpired: Google no longer takes the sync token.
        """
        request = self._request
        while request is not None:
            try:
                answer = self._client.call(request, expected={410})
            except HttpError:
                raise CursorExpired("Google no longer takes the sync token of this calendar.") from None
            yield from answer.get("items", [])
            self.token = str(answer.get("nextSyncToken") or "")
            request = self._resource.list_next(request, answer)


class Calendars:
    """The calendars of one account, read only."""

    def __init__(self, client: GoogleClient) -> None:
        service = client.service("calendar", "v3")
        self._client = client
        self._list = service.calendarList()
        self._events = service.events()

    def chosen(self, folders: FolderChoice | None) -> list[Calendar]:
        """List the calendars to read, the primary one first; without a choice those the account owns or shows."""
        entries: list[Mapping[str, Any]] = []
        request = self._list.list(maxResults=250)
        while request is not None:
            answer = self._client.call(request)
            entries += [entry for entry in answer.get("items", []) if not entry.get("deleted")]
            request = self._list.list_next(request, answer)
        wanted = [entry for entry in entries if _wants(entry, folders)]
        wanted.sort(key=lambda entry: (not entry.get("primary"), _name(entry), str(entry["id"])))
        twice = Counter(map(_name, wanted))
        return [
            Calendar(
                id=str(entry["id"]),
                folder=_name(entry) if twice[_name(entry)] == 1 else f"{_name(entry)} ({entry['id']})",
                timezone=str(entry.get("timeZone") or ""),
            )
            for entry in wanted
        ]

    def events(self, calendar: Calendar, *, since: str = "") -> Events:
        """Ask for all components of a calendar, or for those that changed since a sync token was given."""
        request = self._events.list(
            calendarId=calendar.id,
            maxResults=_MOST,
            singleEvents=False,
            showDeleted=True,
            syncToken=since or None,
        )
        return Events(self._client, self._events, request)

    def components(self, calendar: Calendar, uid: str) -> list[Component]:
        """Ask for all components of one object."""
        request = self._events.list(
            calendarId=calendar.id, iCalUID=uid, maxResults=_MOST, singleEvents=False, showDeleted=True
        )
        # A server that does not know the search by iCalendar UID answers with other objects, too.
        return [each for each in Events(self._client, self._events, request) if each.get("iCalUID", each["id"]) == uid]

    def ical_uid(self, calendar: Calendar, component: Component) -> str:
        """Return the iCalendar UID of a component; a cancelled one may only say which series it belongs to.

        Raises:
            CursorExpired: Nobody knows; reading the whole calendar will tell.
        """
        if uid := component.get("iCalUID"):
            return str(uid)
        of = str(component.get("recurringEventId") or component["id"])
        try:
            found = self._client.call(self._events.get(calendarId=calendar.id, eventId=of), expected={404, 410})
        except HttpError:
            raise CursorExpired(f"Entry {of} is gone and does not say what it was.") from None
        return str(found.get("iCalUID") or of)


def _name(entry: Mapping[str, Any]) -> str:
    return str(entry.get("summaryOverride") or entry.get("summary") or entry["id"])


def _wants(entry: Mapping[str, Any], folders: FolderChoice | None) -> bool:
    """Say whether a calendar is read: by name or identifier, or without a choice by what it is to the account."""
    key, role = str(entry["id"]), entry.get("accessRole")
    if folders is None:
        return not key.endswith(_OF_GOOGLE) and (
            role == "owner" or bool(entry.get("selected") and role != "freeBusyReader")
        )
    banned = FolderChoice(include=("*",), exclude=folders.exclude)
    names = (_name(entry), key)
    return all(banned.wants(name, delimiter="") for name in names) and any(
        FolderChoice(include=folders.include, exclude=()).wants(name, delimiter="") for name in names
    )
