"""Oversized messages: their headers and text, and of attachments what they are, without what is in them."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol

from connectors.files import HEAD

_MAX_PARTS = 100
_MAX_DEPTH = 20


class Server(Protocol):
    """What is asked of the connection."""

    def structure(self, uid: int) -> object:
        """Return BODYSTRUCTURE as the library reads it."""
        ...

    def sections(self, uid: int, names: list[str]) -> dict[str, bytes]:
        """Return parts of a message by section."""
        ...


@dataclass(slots=True)
class _Part:
    """A node of the MIME tree.

    Attributes:
        section: Its number (RFC 9051, 6.4.5), ``""`` for the whole message.
        boundary: Of a multipart, else empty.
        size: Bytes of a leaf, decoded.
        is_text: A leaf whose words count.
    """

    section: str
    boundary: bytes = b""
    size: int = 0
    is_text: bool = False
    parts: list["_Part"] = field(default_factory=list)

    def leaves(self) -> Iterator["_Part"]:
        """Yield the leaves in order."""
        if not self.boundary:
            yield self
        for part in self.parts:
            yield from part.leaves()

    def all(self) -> Iterator["_Part"]:
        """Yield this part and every one below."""
        yield self
        for part in self.parts:
            yield from part.all()


def reduced(server: Server, uid: int) -> bytes:
    """Return an oversized message as a smaller one with the same tree.

    The header and the headers of all parts are whole; text parts hold their beginning, together at most ``HEAD`` bytes;
    other parts are empty. A message whose structure the server cannot tell comes as its first ``HEAD`` bytes.
    """
    structure = server.structure(uid)
    tree = _tree(structure, "", 0) if structure else None
    if tree is None or sum(1 for _ in tree.all()) > _MAX_PARTS:
        return server.sections(uid, [f"<0.{HEAD}>"]).get("", b"")
    heads = [f"{part.section}.MIME" for part in tree.all() if part.section]
    wanted, room = [], HEAD
    for part in tree.leaves():
        if part.is_text and room > 0:
            wanted.append(f"{part.section or '1'}<0.{min(room, HEAD)}>")
            room -= part.size
    found = server.sections(uid, ["HEADER", *heads, *wanted])
    return found.get("HEADER", b"") + _body(tree, found) if found else b""


def _tree(structure: Any, section: str, depth: int) -> _Part | None:
    """Read a BODYSTRUCTURE (RFC 9051, 7.5.2); None when it is none, or a multipart that does not tell its boundary."""
    try:
        if not structure.is_multipart:
            kind = b"/".join(part for part in structure[:2] if isinstance(part, bytes)).lower()
            is_text = kind.startswith(b"text/") and not _attached(structure)
            size = int(structure[6] or 0)
            encoded = isinstance(structure[5], bytes) and structure[5].lower() == b"base64"
            return _Part(section, size=size * 3 // 4 if encoded else size, is_text=is_text)
        boundary = _parameter(structure[2], b"boundary")
        if not boundary or depth > _MAX_DEPTH:
            return None
        prefix = f"{section}." if section else ""
        parts = [_tree(part, f"{prefix}{number}", depth + 1) for number, part in enumerate(structure[0], 1)]
    except (AttributeError, IndexError, TypeError, ValueError):
        return None
    known = [part for part in parts if part is not None]
    return _Part(section, boundary=boundary, parts=known) if len(known) == len(parts) else None


def _attached(structure: Any) -> bool:
    """Say whether a part calls itself an attachment (RFC 2183)."""
    return any(isinstance(field, tuple) and field and field[0] == b"attachment" for field in structure[7:])


def _parameter(pairs: Any, name: bytes) -> bytes:
    if not isinstance(pairs, tuple):
        return b""
    found = dict(zip(map(bytes.lower, pairs[::2]), pairs[1::2], strict=False))
    value = found.get(name, b"")
    return value if isinstance(value, bytes) else b""


def _body(part: _Part, found: dict[str, bytes]) -> bytes:
    """Write the body of a part again."""
    if not part.boundary:
        return found.get(part.section or "1", b"") if part.is_text else b""
    pieces = [
        b"--%b\r\n%b%b%b\r\n"
        % (part.boundary, _size(child), found.get(f"{child.section}.MIME", b"\r\n"), _body(child, found))
        for child in part.parts
    ]
    return b"".join(pieces) + b"--%b--\r\n" % part.boundary


def _size(part: _Part) -> bytes:
    """Say in the header of an emptied part how large its content is (RFC 2045 has no field for it, HTTP has)."""
    return b"" if part.boundary or part.is_text else b"Content-Length: %d\r\n" % part.size
