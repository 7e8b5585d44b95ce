"""The JSON with which a provider lets a program in, from a file or a secret."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from domain.errors import ConfigError

_MAX_BYTES = 1_000_000


def read_document(options: Mapping[str, Any], secret: str | None, *, source: str) -> Mapping[str, Any]:
    """Return the credentials of a source.

    Args:
        options: ``credentials``: path of the file.
        secret: Its content, where it does not lie in a file.
        source: Name of the source, for sentences.

    Raises:
        ConfigError: There is none, or it is no JSON object.
    """
    path = options.get("credentials")
    if secret is None and not path:
        raise ConfigError(f"Source {source} has no `credentials`; add them to its section in the configuration.")
    where = "its `credentials`" if secret is not None else f"the file {path} that `credentials` names"
    try:
        document = json.loads(secret if secret is not None else _read(Path(str(path))))
    except OSError as error:
        raise ConfigError(f"Source {source}: {where} cannot be read ({error.strerror}).") from None
    except (ValueError, RecursionError):  # also UnicodeDecodeError; the message would quote it
        document = None
    if not isinstance(document, dict):
        raise ConfigError(f"Source {source}: {where} must be JSON as docs/guide.md describes it.")
    return document


def _read(path: Path) -> str:
    with path.open("rb") as file:
        return file.read(_MAX_BYTES).decode("utf-8-sig")


def text_of(document: Mapping[str, Any], key: str, *, source: str, default: str = "") -> str:
    """Return a text of the credentials.

    Raises:
        ConfigError: It is missing, or is no text.
    """
    value = document.get(key) or default
    if not isinstance(value, str) or not value:
        raise ConfigError(f"Source {source}: its credentials have no `{key}`; docs/guide.md says what they must hold.")
    return value
