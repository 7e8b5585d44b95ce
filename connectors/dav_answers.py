"""What a WebDAV server answers: multistatus (RFC 4918, section 13), read without trusting it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote_from_bytes, unquote_to_bytes, urlsplit

DAV = "{DAV:}"
CALDAV = "{urn:ietf:params:xml:ns:caldav}"
CALENDARSERVER = "{http://calendarserver.org/ns/}"

_OK = range(200, 300)
_UNQUOTED = "@:!$&'()*+,;=~"  # may stand in a path as they are (RFC 3986, 3.3)


@dataclass(frozen=True, slots=True)
class Entry:
    """What is said about one resource.

    Attributes:
        path: Its path in one spelling, see :func:`canonical`.
        status: HTTP status of the whole entry; 200 where each property has its own.
        props: Clark name to XML element, of the properties the server has.
    """

    path: str
    status: int
    props: Mapping[str, Any]

    def text(self, name: str) -> str:
        """Return a property's text, ``""`` where there is none."""
        element = self.props.get(name)
        return "" if element is None else "".join(element.itertext()).strip()

    def hrefs(self, name: str) -> list[str]:
        """Return the hrefs inside a property, as sent."""
        element = self.props.get(name)
        return [] if element is None else [_text(href) for href in element.iter(f"{DAV}href") if _text(href)]

    def names(self, name: str) -> set[str]:
        """Return the Clark names of all elements inside a property."""
        element = self.props.get(name)
        return set() if element is None else {inner.tag for inner in element.iter("*") if inner is not element}

    def components(self) -> set[str]:
        """Return which components a calendar takes (RFC 4791, 5.2.3); nothing where the server does not say."""
        element = self.props.get(f"{CALDAV}supported-calendar-component-set")
        found = [] if element is None else element.iter(f"{CALDAV}comp")
        return {str(component.get("name")).upper() for component in found}

    @property
    def ok(self) -> bool:
        """Whether the server answered for this resource."""
        return self.status in _OK


def entries(tree: Any) -> Iterator[Entry]:
    """Yield the entries of a multistatus.

    Args:
        tree: Root element, as the library's parser made it: without entities resolved, nesting and size limited.
    """
    for response in tree.iterfind(f"{DAV}response"):
        props: dict[str, Any] = {}
        for propstat in response.iterfind(f"{DAV}propstat"):
            if _status(propstat, 200) in _OK:
                props.update({prop.tag: prop for found in propstat.iterfind(f"{DAV}prop") for prop in found})
        for href in response.iterfind(f"{DAV}href"):
            if path := canonical(_text(href)):
                yield Entry(path, _status(response, 200), props)


def sync_token(tree: Any) -> str:
    """Return the token that stands beside the entries (RFC 6578, 6.2)."""
    return _text(tree.find(f"{DAV}sync-token"))


def canonical(href: str) -> str:
    """Return the path of an address in one spelling, since servers quote the same path now so, now so.

    What is no address has the path ``""``.
    """
    try:
        path = urlsplit(href).path
    except ValueError:
        return ""
    return "/".join(quote_from_bytes(unquote_to_bytes(part), safe=_UNQUOTED) for part in path.split("/"))


def _status(element: Any, default: int) -> int:
    """Return the number in ``HTTP/1.1 404 Not Found``."""
    words = _text(element.find(f"{DAV}status")).split()
    return int(words[1]) if len(words) > 1 and words[1].isdecimal() else default


def _text(element: Any) -> str:
    return "" if element is None else "".join(element.itertext()).strip()
