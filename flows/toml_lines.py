"""On which line each key of a TOML text stands; ``tomllib`` gives values without positions."""

import re
import tomllib
from bisect import bisect_right

KeyPath = tuple[str | int, ...]
"""Keys and list positions from the root: ``("sources", 0, "folders", "include")``."""

_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_BLANK_OR_COMMA = re.compile(r"(?:[ \t\r\n,]|#[^\n]*)*")
_KEY_PART = re.compile(r"""[ \t]*([A-Za-z0-9_-]+|"(?:[^"\\\n]|\\.)*"|'[^'\n]*')[ \t]*""")
_SCALAR = re.compile(
    r'"""(?:\\.|[^\\])*?"{3,5}'  # up to two quotes may stand before the closing three
    r"|'''.*?'{3,5}"
    r'|"(?:\\.|[^"\\\n])*"'
    r"|'[^'\n]*'"
    r"|\d{4}-\d\d-\d\d \d\d:[^,\]}\s#]*"  # the one bare value with a space in it
    r"|[^,\]}\s#]+",
    re.DOTALL,
)


def key_lines(text: str) -> dict[KeyPath, int]:
    """Map every key and list element to its line, counted from 1.

    Args:
        text: TOML that ``tomllib`` accepts.
    """
    scanner = _Scanner(text)
    scanner.scan()
    return scanner.lines


class _Scanner:
    """Walks a text known to be valid, so that it needs to find keys only, not to check anything."""

    def __init__(self, text: str) -> None:
        self.lines: dict[KeyPath, int] = {}
        self._text = text
        self._at = 0
        self._newlines = [match.start() for match in re.finditer("\n", text)]
        self._array_sizes: dict[KeyPath, int] = {}

    def scan(self) -> None:
        table: KeyPath = ()
        self._skip(_BLANK)
        while self._at < len(self._text):
            if self._text[self._at] == "[":
                table = self._header()
            else:
                self._pair(table)
            self._skip(_BLANK)

    def _skip(self, pattern: re.Pattern[str]) -> str:
        match = pattern.match(self._text, self._at)
        if not match:
            return ""
        self._at = match.end()
        return match[0]

    def _mark(self, path: KeyPath, at: int) -> None:
        self.lines.setdefault(path, bisect_right(self._newlines, at) + 1)

    def _header(self) -> KeyPath:
        start = self._at
        brackets = 2 if self._text.startswith("[[", start) else 1
        self._at += brackets
        path: KeyPath = ()
        for key in self._key():
            # A header below an array of tables means its last element.
            path = (*self._last_element(path), key)
            self._mark(path, start)
        self._at += brackets
        if brackets == 1:
            return self._last_element(path)
        self._array_sizes[path] = self._array_sizes.get(path, 0) + 1
        path = self._last_element(path)
        self._mark(path, start)
        return path

    def _last_element(self, path: KeyPath) -> KeyPath:
        size = self._array_sizes.get(path)
        return path if size is None else (*path, size - 1)

    def _key(self) -> list[str]:
        parts: list[str] = []
        while True:
            raw = self._skip(_KEY_PART).strip()
            parts.append(tomllib.loads(f"key = {raw}")["key"] if raw[:1] in {'"', "'"} else raw)
            if self._text[self._at] != ".":
                return parts
            self._at += 1

    def _pair(self, table: KeyPath) -> None:
        start = self._at
        path = table
        for key in self._key():
            path = (*path, key)
            self._mark(path, start)
        self._at += 1  # the equals sign
        self._skip(_BLANK)
        self._value(path)

    def _value(self, path: KeyPath) -> None:
        opening = self._text[self._at]
        if opening not in "[{":
            self._skip(_SCALAR)
            return
        self._at += 1
        self._skip(_BLANK_OR_COMMA)
        index = 0
        while self._text[self._at] not in "]}":
            if opening == "{":
                self._pair(path)
            else:
                self._mark((*path, index), self._at)
                self._value((*path, index))
            index += 1
            self._skip(_BLANK_OR_COMMA)
        self._at += 1
