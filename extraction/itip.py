"""Calendar parts of a mail as what they say about events (RFC 5546): invitations, cancellations, answers."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta, tzinfo
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from icalendar import Component

from domain.events import Event
from domain.itip import ItipMessage, Method
from domain.mail import Address
from domain.signals import Problem
from extraction.calendar_objects import event_in, instant_of, recurrence_id_of
from extraction.calendar_people import parameter_address, read_attendees
from extraction.calendar_text import calendars_in, text_of
from extraction.series import is_range, moment_of, occurrences, sequence_of, series_in, start_of

_AHEAD = timedelta(days=366)
"""How far a series known from mail alone is followed from when its mail came; the calendar knows the rest."""
_MAX_OCCURRENCES = 400
_MAX_PARTS = 10
_MAX_MESSAGES = 200


def read_itip(
    calendars: Sequence[tuple[bytes, bool]], *, sender: Address | None, received_at: datetime, zone: str
) -> tuple[ItipMessage, ...]:
    """Read what the calendar parts of one mail say, each thing once; what cannot be read says nothing.

    Args:
        calendars: ``text/calendar`` parts, as ``Body`` holds them.
        sender: The mail's From.
        received_at: When the server took it in.
        zone: IANA name of the company's zone, for floating and all-day times.
    """
    reader = _Reader(sender.address if sender else "", received_at, ZoneInfo(zone))
    found: dict[tuple[Any, ...], ItipMessage] = {}
    for data, _ in calendars[:_MAX_PARTS]:
        for message in islice(reader.messages(data), _MAX_MESSAGES):
            # Many programs attach the same calendar twice, once as an alternative to the text.
            same = (message.method, message.ical_uid, message.recurrence_id, message.sequence, message.stamped_at)
            found.setdefault(same, message)
    return tuple(replace(message, position=n) for n, message in enumerate(list(found.values())[:_MAX_MESSAGES]))


class _Reader:
    """Reads parts of one mail."""

    def __init__(self, sender: str, received_at: datetime, home: tzinfo) -> None:
        self._sender = sender
        self._received_at = received_at
        self._home = home

    def messages(self, data: bytes) -> Iterator[ItipMessage]:
        problems: list[Problem] = []
        for calendar in calendars_in(data, problems):
            try:
                method = Method(text_of(calendar, "METHOD", 40).lower())
            except ValueError:
                continue
            for components in series_in(calendar, problems).values():
                yield from self._of_series(calendar, components, method)

    def _of_series(self, calendar: Component, components: list[Component], method: Method) -> Iterator[ItipMessage]:
        if method is Method.REQUEST and (masters := [c for c in components if not self._occurrence(c)]):
            yield self._message(masters[-1], method, self._expanded(calendar, components), "")
            return
        for component in components:
            events = self._expanded(calendar, [component]) if start_of(component) is not None else ()
            if method is Method.ADD:
                events = tuple(self._added(event) for event in events)
                about = events[0].recurrence_id if events else ""
            else:
                about = self._occurrence(component)
            yield self._message(component, method, events, about)

    def _expanded(self, calendar: Component, components: list[Component]) -> tuple[Event, ...]:
        try:
            found = occurrences(
                calendar, components, until=self._received_at + _AHEAD, limit=_MAX_OCCURRENCES, problems=[]
            )
            events = [event_in(component, self._home, "") for component in found]
        except Exception:  # noqa: BLE001 - any text may be in a calendar; the libraries raise whatever they like
            return ()
        return tuple({event.key: event for event in events}.values())

    def _occurrence(self, component: Component) -> str:
        try:
            return recurrence_id_of(component, self._home)
        except OverflowError:
            return ""

    @staticmethod
    def _added(event: Event) -> Event:
        """An occurrence an ADD gives a series is known by its start from then on (RFC 5546, 3.2.4)."""
        if event.recurrence_id:
            return event
        at = event.starts_at.isoformat()
        return replace(event, recurrence_id=at, key=f"{event.ical_uid}/{at}")

    def _message(
        self, component: Component, method: Method, events: tuple[Event, ...], recurrence_id: str
    ) -> ItipMessage:
        organizer, attendees = read_attendees(component)
        answering = method in {Method.REPLY, Method.COUNTER}
        if answering:
            attendees = tuple(a for a in attendees if a.address != organizer) or attendees
        stamp = moment_of(component, "DTSTAMP")
        return ItipMessage(
            mail="",
            position=0,
            method=method,
            ical_uid=text_of(component, "UID", 500),
            received_at=self._received_at,
            recurrence_id=recurrence_id,
            onwards=is_range(component),
            sequence=sequence_of(component),
            stamped_at=instant_of(stamp, UTC) if stamp else None,
            sender=self._sender,
            organizer=organizer,
            sent_by=parameter_address(component.get("ORGANIZER"), "SENT-BY"),
            attendees=attendees,
            status=text_of(component, "STATUS", 20).lower(),
            occurrences=events,
        )
