"""Lines of keys in TOML: the same structure that ``tomllib`` reads, with the line of every key."""

import tomllib
from collections.abc import Iterator
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from flows.toml_lines import KeyPath, key_lines


def test_tables_arrays_and_dotted_keys() -> None:
    """A header below an array of tables means its last element."""
    text = """\
a.b = 1
[[sources]]
name = "x"
[sources.folders]
include = [
  "one",   # a comment with ] in it

  "two",
]
[[sources]]
"quoted key" = { inner = 1, other = [2] }
"""
    assert key_lines(text) == {
        ("a",): 1,
        ("a", "b"): 1,
        ("sources",): 2,
        ("sources", 0): 2,
        ("sources", 0, "name"): 3,
        ("sources", 0, "folders"): 4,
        ("sources", 0, "folders", "include"): 5,
        ("sources", 0, "folders", "include", 0): 6,
        ("sources", 0, "folders", "include", 1): 8,
        ("sources", 1): 10,
        ("sources", 1, "quoted key"): 11,
        ("sources", 1, "quoted key", "inner"): 11,
        ("sources", 1, "quoted key", "other"): 11,
        ("sources", 1, "quoted key", "other", 0): 11,
    }


def test_strings_that_look_like_structure() -> None:
    """Brackets, hashes and equals signs inside strings mean nothing; strings may run over lines."""
    text = (
        'a = "[x] # no"\n'
        'b = """\n[y]\nc = 1 \\" ""\n"""""\n'
        "d = '''\n]'''\n"
        "e = 1979-05-27 07:32:00 # f = 1\n"
        "g = 1\n"
    )

    assert key_lines(text) == {("a",): 1, ("b",): 2, ("d",): 6, ("e",): 8, ("g",): 9}


KEYS = st.text(min_size=1, max_size=8)
LEAVES = st.one_of(
    st.integers(-9, 9), st.booleans(), st.text(max_size=12), st.datetimes(), st.dates(), st.floats(allow_nan=False)
)
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3), max_leaves=8
)
DOCUMENTS = st.dictionaries(KEYS, VALUES | st.lists(st.dictionaries(KEYS, VALUES, max_size=3), max_size=3), max_size=5)


def quoted(text: str) -> str:
    """Write a TOML basic string."""
    return '"' + "".join(c if c.isalnum() or c in " =[]{}#.,'" else f"\\U{ord(c):08x}" for c in text) + '"'


class Writer:
    """Writes a document line by line and notes where each key went."""

    def __init__(self) -> None:
        self.lines: list[str] = [""]
        self.expected: dict[KeyPath, int] = {}

    def write(self, text: str) -> None:
        self.lines[-1] += text

    def mark(self, path: KeyPath) -> None:
        self.expected.setdefault(path, len(self.lines))

    def pair(self, path: KeyPath, value: Any) -> None:
        self.mark(path)
        self.write(f"{quoted(str(path[-1]))} = ")
        self.value(path, value)

    def value(self, path: KeyPath, value: Any) -> None:
        if isinstance(value, dict):
            self.write("{ ")
            for number, (key, inner) in enumerate(value.items()):
                self.write(", " if number else "")
                self.pair((*path, key), inner)
            self.write(" }")
        elif isinstance(value, list):
            self.write("[ # ]")
            for number, inner in enumerate(value):
                self.lines.append("")
                self.mark((*path, number))
                self.value((*path, number), inner)
                self.write(", # {")
            self.lines.append("]")
        else:
            self.write(leaf(value))


def leaf(value: Any) -> str:
    """Write a value that holds no others."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return quoted(value)
    return value.isoformat(sep=" ") if hasattr(value, "hour") else str(value)


def paths(value: Any, path: KeyPath = ()) -> Iterator[KeyPath]:
    """Yield every key and list position below a value."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, below in inner:
        yield (*path, key)
        yield from paths(below, (*path, key))


@given(DOCUMENTS)
def test_every_key_has_its_line(document: dict[str, Any]) -> None:
    """Whatever stands in the document, in whatever nesting."""
    writer = Writer()
    for key, value in document.items():
        writer.pair((key,), value)
        writer.lines.append("")
    text = "\n".join(writer.lines)

    found = key_lines(text)

    assert found == writer.expected
    assert set(found) == set(paths(tomllib.loads(text)))
