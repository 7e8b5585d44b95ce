"""Writing small pieces of TOML."""

import json
from collections.abc import Mapping
from typing import Any


def toml_value(value: Any) -> str:
    """Return a text, number, list of them, or table of them as TOML writes it in one line."""
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{key} = {toml_value(field)}" for key, field in value.items()) + " }"
    # JSON's escapes are TOML's too, and DEL is the one character it wants beside.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def source_text(values: Mapping[str, Any]) -> str:
    """Return a ``[[sources]]`` table with these keys."""
    return "[[sources]]\n" + "".join(f"{key} = {toml_value(value)}\n" for key, value in values.items())
