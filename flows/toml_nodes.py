"""Reading a TOML file with every complaint at its line."""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

from domain.errors import ConfigError
from flows.toml_lines import KeyPath, key_lines
from flows.wording import did_you_mean, one_of

_KINDS: tuple[tuple[type, str], ...] = (
    (bool, "true or false"),
    (str, "text"),
    (int, "a number"),
    (float, "a number"),
    (list, "a list"),
    (dict, "a table"),
    (datetime, "a date with time"),
    (date, "a date"),
    (time, "a time without quotes"),
)


@dataclass(frozen=True, slots=True)
class Node:
    """A value of the file and where it stands. Every reader raises ConfigError with the line.

    Attributes:
        file: Name of the file for messages.
        lines: Line of every key.
        path: Keys from the root.
        value: As ``tomllib`` has it.
        name: For elements of an array of tables: what tells this one from the others.
    """

    file: str
    lines: Mapping[KeyPath, int]
    path: KeyPath
    value: Any
    name: str = ""

    @property
    def line(self) -> int:
        """The line of this key, or of the nearest table around it."""
        path = self.path
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)

    @property
    def label(self) -> str:
        """How a sentence calls it: ``[company]``, ``[[sources]] "desk"``, ```name` in [company]``."""
        if not self.path:
            return "this file"
        *above, last = self.path
        if isinstance(last, int) and not isinstance(self.value, dict):
            return f"element {last + 1} of {Node(self.file, self.lines, tuple(above), [], self.name).label}"
        if isinstance(last, int):
            name = f'"{self.name}"' if self.name else f"number {last + 1}"
            return f"[[{_dotted(above)}]] {name}"
        if isinstance(self.value, dict) and not any(isinstance(key, int) for key in above):
            return f"[{_dotted(self.path)}]"
        table = Node(self.file, self.lines, tuple(above), {}, self.name)
        return f"`{last}` in {table.label}" if above else f"`{last}`"

    def error(self, sentence: str) -> ConfigError:
        """Return the error to raise, with file and line."""
        return ConfigError(f"{self.file}, line {self.line}: {sentence}")

    def _expect(self, wanted: str, *types: type) -> Any:
        if isinstance(self.value, types) and (bool in types or not isinstance(self.value, bool)):
            return self.value
        found = next((word for kind, word in _KINDS if isinstance(self.value, kind)), "this")
        raise self.error(f"{self.label} must be {wanted}, not {found}")

    def text(self) -> str:
        """Return text that is not blank."""
        value: str = self._expect("text in quotes", str)
        if not value.strip():
            raise self.error(f"{self.label} must not be empty")
        return value.strip()

    def plain(self) -> str | int | float | bool:
        """Return a value that is no list, table or time, as it is written."""
        value: str | int | float | bool = self._expect("text in quotes, a number, true or false", str, int, float, bool)
        return value

    def choice(self, choices: Iterable[str]) -> str:
        """Return one of a few words."""
        known = list(choices)
        word = self.text()
        if word not in known:
            raise self.error(f"{self.label} must be {one_of(known)}, not `{word}`{did_you_mean(word, known)}")
        return word

    def number(self, *, above: float) -> float:
        """Return a number larger than ``above``."""
        value = float(self._expect("a number", int, float))
        if not above < value < float("inf"):
            raise self.error(f"{self.label} must be a number above {above:g}")
        return value

    def count(self, *, most: int) -> int:
        """Return a whole number from 1 to ``most``."""
        value: int = self._expect("a whole number", int)
        if not 0 < value <= most:
            raise self.error(f"{self.label} must be a whole number from 1 to {most}")
        return value

    def flag(self) -> bool:
        """Return ``true`` or ``false``."""
        value: bool = self._expect("true or false", bool)
        return value

    def port(self) -> int:
        """Return a TCP port."""
        value: int = self._expect("a port number", int)
        if not 0 < value < 65536:  # noqa: PLR2004 - RFC 9293, ports are 16 bits
            raise self.error(f"{self.label} must be a port number between 1 and 65535")
        return value

    def items(self) -> list["Node"]:
        """Return the elements of a list, each with its own line."""
        value: list[Any] = self._expect("a list in [ ]", list)
        return [self._element(index, element) for index, element in enumerate(value)]

    def tables(self) -> list["Node"]:
        """Return the elements of an array of tables."""
        if isinstance(self.value, dict):
            key = _dotted(self.path)
            raise self.error(f"write [[{key}]] with two brackets; there may be several of them")
        return self.items()

    def texts(self) -> tuple[str, ...]:
        """Return a list of texts."""
        return tuple(item.text() for item in self.items())

    def table(self, *known: str) -> "Table":
        """Return the keys of a table, refusing those that are not ``known``; all are when none is given."""
        fields: dict[str, Any] = self._expect("a table", dict)
        for key in fields:
            if known and key not in known:
                where = f" in {self.label}" if self.path else ""
                unknown = self._field(key)
                raise unknown.error(f"unknown key `{key}`{where}{did_you_mean(key, known)}")
        return Table(self, {key: self._field(key) for key in fields})

    def _field(self, key: str) -> "Node":
        return Node(self.file, self.lines, (*self.path, key), self.value[key], self.name)

    def _element(self, index: int, element: Any) -> "Node":
        name = element.get("name", "") if isinstance(element, dict) else ""
        return Node(self.file, self.lines, (*self.path, index), element, name if isinstance(name, str) else "")


@dataclass(frozen=True, slots=True)
class Table:
    """A table whose keys are known to be valid."""

    node: Node
    fields: Mapping[str, Node]

    def get(self, key: str) -> Node | None:
        """Return a key's node, or None when it is not written."""
        return self.fields.get(key)

    def require(self, key: str) -> Node:
        """Return a key's node, or raise ConfigError at the table's line."""
        if key not in self.fields:
            raise self.node.error(f"{self.node.label} needs `{key}`")
        return self.fields[key]

    def text(self, key: str, default: str = "") -> str:
        """Return a key's text, or the default when it is not written."""
        return self.fields[key].text() if key in self.fields else default

    def texts(self, key: str) -> tuple[str, ...]:
        """Return a key's texts, none when it is not written."""
        return self.fields[key].texts() if key in self.fields else ()

    def choice(self, key: str, choices: Iterable[str], default: str) -> str:
        """Return a key's word, or the default when it is not written."""
        return self.fields[key].choice(choices) if key in self.fields else default


def read_toml(path: Path) -> Node:
    """Read a file into its root node.

    Raises:
        ConfigError: The file cannot be read, or is not TOML.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ConfigError(f"cannot read {path}: {error.strerror}") from None
    return parse_toml(path.name, data)


def parse_toml(name: str, data: bytes) -> Node:
    """Read a file's content into its root node; ``name`` is what messages call it.

    Raises:
        ConfigError: It is not TOML.
    """
    try:
        text = data.decode("utf-8-sig")
        value = tomllib.loads(text)
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise ConfigError(f"{name}, line {line}: this is not UTF-8 text; save the file as UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{name}, {_malformed(str(error), text)}") from None
    except RecursionError:
        raise ConfigError(f"{name}: lists and tables are nested too deeply") from None
    return Node(name, key_lines(text), (), value)


def _malformed(message: str, text: str) -> str:
    """Turn ``tomllib``'s "Expected '=' after a key (at line 3, column 5)" into "line 3: …"."""
    reason, _, place = message.removesuffix(")").rpartition(" (at ")
    number = place.removeprefix("line ").partition(",")[0]
    line = number if number.isdigit() else str(max(1, len(text.splitlines())))
    return f"line {line}: this is not valid TOML: {reason[:1].lower()}{reason[1:]}"


def _dotted(path: Iterable[str | int]) -> str:
    return ".".join(str(key) for key in path if isinstance(key, str))
