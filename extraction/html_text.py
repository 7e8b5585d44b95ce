"""HTML mail as plain text: paragraphs, lines, bullets and links kept, quotes marked as in plain-text mail.

Whatever a client marks as a quote (``blockquote``, Gmail's and Apple's classes, Outlook's border above the header
block) becomes lines the zone splitter understands.
"""

import re
from typing import Final

from selectolax.lexbor import LexborHTMLParser, LexborNode

MAX_HTML = 2 * 1024 * 1024
MAX_TEXT = 256 * 1024
_MAX_DEPTH = 2_000
_MAX_MARKS = 20

_DROPPED: Final = frozenset(
    {"head", "style", "script", "title", "meta", "noscript", "template", "object", "svg", "link"}
)
_BLOCK_NAMES: Final = """
address article aside body center dd div dl dt fieldset figure footer form h1 h2 h3 h4 h5 h6 header hr html main
nav ol p pre section table tbody tfoot thead tr ul li blockquote
"""
_BLOCKS: Final = frozenset(_BLOCK_NAMES.split())
_SPACED: Final = frozenset({"p", "h1", "h2", "h3", "h4", "h5", "h6", "table", "ul", "ol", "pre", "dl"})
_CELLS: Final = frozenset({"td", "th"})
_UNSEEN = r"\t\r\n\f\xa0\u200b\u200c\u200d\ufeff\u00ad\u034f"
# A run of these is shown as one blank; most runs are one already.
_SPACES = re.compile(rf"[{_UNSEEN}][ {_UNSEEN}]*| [ {_UNSEEN}]+")
_HIDDEN = re.compile(
    r"display\s*:\s*none|mso-hide\s*:\s*all|visibility\s*:\s*hidden|max-height\s*:\s*0(?:px)?\s*(?:;|$)"
)
_OUTLOOK_DIVIDER = re.compile(r"border(?:-top)?\s*:\s*(?:none\s*;\s*border-top\s*:\s*)?solid\s+#(?:e1e1e1|b5c4df)")
_REPLY_IDS: Final = frozenset({"appendonsend", "divRplyFwdMsg"})
_SIGNATURE_IDS: Final = frozenset({"signature", "applemailsignature", "x_signature"})
_SIGNATURE_CLASSES: Final = ("gmail_signature", "moz-signature", "protonmail_signature_block", "yahoo-signature")
_DELIMITER = "-- "
_SEPARATOR = "_" * 32
_BLANKS = re.compile(r"\n{3,}")


class _Writer:
    """Collects words into lines, each line under as many quote marks as blockquotes are open."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.words: list[str] = []
        self.depth = 0
        self.size = 0
        self.wants_space = False

    def text(self, value: str) -> None:
        collapsed = _SPACES.sub(" ", value)
        if collapsed.startswith(" ") and self.words:
            self.wants_space = True
        stripped = collapsed.strip(" ")
        if not stripped:
            return
        if self.wants_space and self.words:
            self.words.append(" ")
        self.words.append(stripped)
        self.wants_space = collapsed.endswith(" ")
        self.size += len(stripped)

    def end_line(self, *, blank: bool = False) -> None:
        if self.words:
            self.lines.append(self._prefix() + "".join(self.words).rstrip())
            self.words = []
            self.wants_space = False
        if blank and self.lines and self.lines[-1].strip("> "):
            self.lines.append(self._prefix().rstrip())

    def line(self, value: str) -> None:
        self.end_line()
        self.lines.append(self._prefix() + value)

    def ends_with(self, value: str) -> bool:
        """The last line that says something is this one, in a quote or not."""
        said = next((line for line in reversed(self.lines[-3:]) if line.strip()), "")
        return said.strip("> ") == value.strip()

    def break_line(self) -> None:
        if self.words:
            self.end_line()
        elif self.lines:
            self.lines.append(self._prefix().rstrip())

    def _prefix(self) -> str:
        return ">" * min(self.depth, _MAX_MARKS) + " " if self.depth else ""


def html_to_text(html: str) -> str:
    """Readable text of an HTML mail, at most 256 Ki characters; never raises on any markup."""
    tree = LexborHTMLParser(html[:MAX_HTML].replace("\x00", ""))
    writer = _Writer()
    if tree.body is not None:
        _walk(tree.body, writer)
    writer.end_line()
    text = "\n".join([line.rstrip() for line in writer.lines])
    if "\n\n\n" in text:
        text = _BLANKS.sub("\n\n", text)
    return text.strip("\n")[:MAX_TEXT]


def _walk(root: LexborNode, writer: _Writer) -> None:
    """Depth-first without recursion: mail nests tables deeper than Python nests calls."""
    stack: list[tuple[LexborNode, bool, int]] = [(root, False, 0)]
    while stack:
        node, leaving, depth = stack.pop()
        if leaving:
            _leave(node, writer)
            continue
        if node.tag == "-text":
            _write_text(node, writer)
            continue
        if depth > _MAX_DEPTH or writer.size > MAX_TEXT or not _enter(node, writer):
            continue
        stack.append((node, True, depth))
        child = node.last_child
        while child is not None:
            stack.append((child, False, depth + 1))
            child = child.prev


def _write_text(node: LexborNode, writer: _Writer) -> None:
    value = node.text_content or ""
    parent = node.parent
    if parent is not None and parent.tag == "pre":
        for line in value.splitlines():
            writer.line(line)
    else:
        writer.text(value)


def _enter(node: LexborNode, writer: _Writer) -> bool:
    """Begin an element; False when nothing of it is to be read."""
    tag = node.tag or ""
    if tag in _DROPPED or tag.startswith(("-", "!")):
        return False
    attributes = node.attributes
    style = (attributes.get("style") or "").lower()
    if style and _HIDDEN.search(style):
        return False
    if tag == "br":
        writer.break_line()
    elif tag in _BLOCKS:
        writer.end_line(blank=tag in _SPACED)
    outlook = tag == "div" and "padding" in style and _OUTLOOK_DIVIDER.search(style)
    _write_opening(node, tag, writer, divides=bool(outlook) or tag == "hr" or attributes.get("id") in _REPLY_IDS)
    return True


def _write_opening(node: LexborNode, tag: str, writer: _Writer, *, divides: bool) -> None:
    """What an element shows before its content: a rule, a bullet, a gap between cells, one more quote mark."""
    if divides:
        if not writer.lines or writer.lines[-1] != _SEPARATOR:
            writer.line(_SEPARATOR)
    elif tag == "li":
        writer.text("- ")
    elif tag in _CELLS and writer.words:
        writer.wants_space = True
    elif tag == "blockquote" and _is_quote(node):
        writer.depth += 1
    elif tag in {"div", "pre"} and _is_signature(node) and not writer.ends_with(_DELIMITER):
        writer.line(_DELIMITER)


def _is_signature(node: LexborNode) -> bool:
    """Clients mark the signature they add; in plain text they write ``-- `` above it (RFC 3676, 4.3), some here too."""
    attributes = node.attributes
    marked = (attributes.get("id") or "").lower() in _SIGNATURE_IDS or (attributes.get("class") or "").startswith(
        _SIGNATURE_CLASSES
    )
    return marked and not (node.text() or "").lstrip().startswith("--")


def _is_quote(node: LexborNode) -> bool:
    """A blockquote is a quote, unless an editor used it to indent (Outlook and Gmail write a style with margins)."""
    attributes = node.attributes
    if attributes.get("type") == "cite" or attributes.get("cite") or "quote" in (attributes.get("class") or ""):
        return True
    style = (attributes.get("style") or "").lower()
    return not ("border:none" in style.replace(" ", "") or "margin:0 0 0 40px" in style)


def _leave(node: LexborNode, writer: _Writer) -> None:
    tag = node.tag or ""
    if tag in _BLOCKS:
        writer.end_line(blank=tag in _SPACED)
    if tag == "blockquote" and writer.depth and _is_quote(node):
        writer.depth -= 1
        writer.end_line()
    elif tag == "a":
        _write_target(node, writer)


def _write_target(node: LexborNode, writer: _Writer) -> None:
    """A link's text stays; an address it hides is added, a web target is not, since it says nothing new."""
    target = node.attributes.get("href") or ""
    if target.lower().startswith("mailto:"):
        address = target[7:].partition("?")[0].strip()
        if address and "@" not in "".join(writer.words[-3:]):
            writer.text(f" <{address}>")
