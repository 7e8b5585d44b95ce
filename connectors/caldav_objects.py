"""What lies in one calendar (RFC 4791): listing it, learning what changed in it, and fetching the objects."""

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from xml.sax.saxutils import escape

from connectors.bounded import TooLargeError
from connectors.caldav_calendars import RemoteCalendar
from connectors.dav_answers import CALDAV, DAV, Entry
from connectors.dav_session import DavSession, Refused
from connectors.ics_split import in_utf8
from connectors.paging import MAX_BYTES
from connectors.retries import Unavailable

_BATCH = 100  # objects asked for at once
_ROUNDS = 1000  # answers a server may cut one list of changes into
_FEW = 2  # attempts where there is another way to ask
_SILENT = 3  # objects in a row the server is too busy for: then it is the server that fails, not the objects

_GONE = frozenset({404, 410})
_CUT_SHORT = 507  # RFC 6578, 3.6
_OWN_FAULT = 500

_WANTED = "<prop><resourcetype/><getetag/><getcontentlength/></prop>"
_LIST = f'<?xml version="1.0" encoding="utf-8"?><propfind xmlns="DAV:">{_WANTED}</propfind>'
_QUERY = f"""<?xml version="1.0" encoding="utf-8"?>
<C:calendar-query xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav">{_WANTED}
<C:filter><C:comp-filter name="VCALENDAR"/></C:filter></C:calendar-query>"""
_SYNC = f"""<?xml version="1.0" encoding="utf-8"?>
<sync-collection xmlns="DAV:"><sync-token>%s</sync-token><sync-level>1</sync-level>{_WANTED}</sync-collection>"""
_MULTIGET = """<?xml version="1.0" encoding="utf-8"?>
<C:calendar-multiget xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"><prop><C:calendar-data/></prop>
%s</C:calendar-multiget>"""


@dataclass(frozen=True, slots=True)
class Listed:
    """An object as a listing names it: path, ETAG (``""`` where the server has none), bytes (-1: not told)."""

    path: str
    etag: str
    size: int = -1


@dataclass(frozen=True, slots=True)
class Survey:
    """What there is, or what changed.

    Attributes:
        listed: By path; everything if ``whole``, else what is new or changed.
        deleted: Paths said to be gone.
        whole: ``listed`` is all there is.
        token: Where the next list of changes begins; ``""`` where the server has none.
    """

    listed: Mapping[str, Listed]
    deleted: AbstractSet[str] = frozenset()
    whole: bool = False
    token: str = ""


@dataclass(frozen=True, slots=True)
class Fetched:
    """What became of one object that was asked for: its text, or why there is none; neither if it is gone.

    Attributes:
        limit: The size limit it exceeds; 0 if that is not the reason.
    """

    listed: Listed
    data: bytes = b""
    reason: str = ""
    limit: int = 0

    @property
    def gone(self) -> bool:
        """Whether it was removed since it was listed."""
        return not self.data and not self.reason


def survey(server: DavSession, calendar: RemoteCalendar, token: str) -> Survey:
    """Learn what changed since ``token``; where that is not to be had, list everything.

    Raises:
        Refused: The server does not list the calendar.
        SourceError: As the protocol of sources has it.
    """
    # A token may have expired (403, 409, 412 valid-sync-token; RFC 6578, 3.2), and the report may be offered and fail:
    # whatever the reason, a way that costs more is still open.
    for since in dict.fromkeys([token, ""]) if calendar.syncs else []:
        try:
            return _synced(server, calendar, since)
        except Unavailable as error:
            if error.status != _OWN_FAULT:
                raise
        except Refused:
            pass
    try:
        found = server.propfind(calendar.path, _LIST, depth=1)
    except Refused:
        found = server.report(calendar.path, _QUERY, depth=1)
    objects = (entry for entry in found.entries if _is_object(entry, calendar))
    return Survey({entry.path: _listed(entry) for entry in objects if entry.status not in _GONE}, whole=True)


def _synced(server: DavSession, calendar: RemoteCalendar, token: str) -> Survey:
    """Ask for the changes since ``token``, or with ``""`` for everything and a first token (RFC 6578, 3.2)."""
    listed: dict[str, Listed] = {}
    deleted: set[str] = set()
    since = token
    for _ in range(_ROUNDS):
        answer = server.report(calendar.path, _SYNC % escape(since), depth=0, attempts=_FEW)
        for entry in answer.entries:
            if entry.status in _GONE:
                deleted.add(entry.path)
                listed.pop(entry.path, None)
            elif _is_object(entry, calendar):
                deleted.discard(entry.path)
                listed[entry.path] = _listed(entry)
        cut_short = any(entry.status == _CUT_SHORT for entry in answer.entries)
        if not answer.token or (cut_short and answer.token == since):
            break
        since = answer.token
        if not cut_short:
            return Survey(listed, deleted, whole=not token, token=since)
    raise Refused(f"{server.place} does not finish telling what changed.")


def fetch(server: DavSession, calendar: RemoteCalendar, wanted: Sequence[Listed], limit: int) -> Iterator[Fetched]:
    """Fetch objects; each comes out once, also those that cannot be had.

    Args:
        server: Where from.
        calendar: What they lie in.
        wanted: Which.
        limit: Bytes above which an object is not read.

    Raises:
        SourceUnreachable: The server fails altogether.
    """
    single = _Single(server, limit)
    for batch in _batches(wanted, limit):
        found = {} if len(batch) == 1 else _multiget(server, calendar, batch)
        single.failed = 0 if found else single.failed
        for listed in batch:
            if listed.size > limit:
                yield _too_large(listed, limit)
            elif found.get(listed.path) is None:
                yield single.get(listed)
            elif len(found[listed.path]) > limit:
                yield _too_large(listed, limit)
            else:
                yield Fetched(listed, found[listed.path])


class _Single:
    """Fetches objects one by one, and notices when it is the server that fails.

    Attributes:
        failed: How many in a row it was too busy for.
    """

    def __init__(self, server: DavSession, limit: int) -> None:
        self._server = server
        self._limit = limit
        self.failed = 0

    def get(self, listed: Listed) -> Fetched:
        """Fetch one object."""
        try:
            data = _text(self._server.get(listed.path, limit=self._limit, attempts=_FEW))
        except TooLargeError:
            return _too_large(listed, self._limit)
        except Unavailable as error:
            self.failed += error.status > _OWN_FAULT
            if error.status < _OWN_FAULT or self.failed == _SILENT:
                raise
            return _failure(listed, error.status)
        except Refused as error:
            return Fetched(listed) if error.status in _GONE else _failure(listed, error.status)
        self.failed = 0
        return Fetched(listed, data) if data else _failure(listed, 0)


def _multiget(server: DavSession, calendar: RemoteCalendar, batch: Sequence[Listed]) -> dict[str, bytes]:
    """Fetch several objects at once (RFC 4791, 7.9); those the server does not return are absent."""
    hrefs = "".join(f"<href>{escape(listed.path)}</href>" for listed in batch)
    try:
        answer = server.report(calendar.path, _MULTIGET % hrefs, depth=None, attempts=_FEW)
    except Refused:
        return {}
    except Unavailable as error:
        if error.status < _OWN_FAULT:
            raise
        return {}
    texts = {entry.path: entry.text(f"{CALDAV}calendar-data") for entry in answer.entries if entry.ok}
    return {path: _text(text.encode()) for path, text in texts.items() if text}


def _batches(wanted: Sequence[Listed], limit: int) -> Iterator[list[Listed]]:
    """Cut a list into what is asked for at once."""
    batch: list[Listed] = []
    filled = 0
    for listed in wanted:
        weight = listed.size if 0 < listed.size <= limit else 0
        if batch and (len(batch) == _BATCH or filled + weight > MAX_BYTES):
            yield batch
            batch, filled = [], 0
        batch.append(listed)
        filled += weight
    if batch:
        yield batch


def _text(data: bytes) -> bytes:
    """Return iCalendar text in UTF-8 with CRLF, which XML reduces to LF on the way (XML 1.0, 2.11)."""
    lines = in_utf8(data).strip().replace(b"\r\n", b"\n").split(b"\n")
    return b"".join(line + b"\r\n" for line in lines) if lines != [b""] else b""


def _is_object(entry: Entry, calendar: RemoteCalendar) -> bool:
    """Whether an entry is an object, not the calendar itself or a folder in it."""
    is_folder = f"{DAV}collection" in entry.names(f"{DAV}resourcetype") or entry.path.endswith("/")
    return not is_folder and entry.path.rstrip("/") != calendar.path.rstrip("/")


def _listed(entry: Entry) -> Listed:
    size = entry.text(f"{DAV}getcontentlength")
    return Listed(entry.path, entry.text(f"{DAV}getetag"), int(size) if size.isdecimal() else -1)


def _too_large(listed: Listed, limit: int) -> Fetched:
    told = f"it has {listed.size:,} bytes, " if listed.size > 0 else "it has "
    return Fetched(listed, reason=f"The calendar entry was not read: {told}more than `size_limit`.", limit=limit)


def _failure(listed: Listed, status: int) -> Fetched:
    said = f" (it answers {status})" if status else ""
    return Fetched(listed, reason=f"The server lists this calendar entry but does not return it{said}.")
