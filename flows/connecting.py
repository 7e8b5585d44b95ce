"""Adding a source to the configuration, signing in for it, and trying it."""

import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from tempfile import mkstemp
from typing import Any

from connectors.oauth import access_of, grant_of, sign_in_of
from domain.errors import AuthError, ConfigError
from flows.composition import options_of, source_of
from flows.settings import SourceConfig, load_settings, resolve, settings_from
from flows.toml_nodes import parse_toml
from flows.toml_writing import source_text


def add_source(path: Path | None, values: Mapping[str, Any]) -> SourceConfig:
    """Add a source at the end of the configuration file, of which nothing else changes.

    Args:
        path: From ``--config``, or None.
        values: The keys of its table, ``name`` and ``kind`` among them.

    Raises:
        ConfigError: The configuration is not valid, before or with it; the name is taken; the file cannot be written.
            Then the file is as it was.
    """
    settings = load_settings(path)
    name = str(values["name"])
    if any(source.name == name for source in settings.sources):
        raise ConfigError(
            f"there is already a source “{name}” in {settings.path.name}; `accountline connect` with its name alone "
            "tries it"
        )
    file = settings.path.resolve()  # a link stays one
    before = file.read_bytes()
    after = before + _appended(before, source_text(values))
    settings = settings_from(settings.path, parse_toml(f"{settings.path.name} with the new source", after))
    _replace(file, after)
    return next(source for source in settings.sources if source.name == name)


def _appended(before: bytes, table: str) -> bytes:
    """Return the table as it goes after what is there, with the line ends of the file."""
    gap = "\n" if before.endswith(b"\n") else "\n\n"
    text = gap + table
    return (text.replace("\n", "\r\n") if b"\r\n" in before else text).encode()


def _replace(file: Path, data: bytes) -> None:
    """Put new content in a file's place in one step, with the permissions it had."""
    try:
        descriptor, name = mkstemp(dir=file.parent, prefix=f".{file.name}.")
        try:
            with os.fdopen(descriptor, "wb") as new:
                new.write(data)
                new.flush()
                os.fsync(new.fileno())
            Path(name).chmod(file.stat().st_mode & 0o7777)
            Path(name).replace(file)
        except BaseException:
            with suppress(OSError):
                Path(name).unlink()
            raise
    except OSError as error:
        raise ConfigError(f"cannot write {file}: {error.strerror}; nothing was changed") from None


def connect(
    config: SourceConfig, *, show: Callable[[str], None], browser: bool, timeout: float, again: bool = False
) -> str:
    """Try a source, after signing in for it where that is needed; return a sentence about what is there.

    Args:
        config: The source.
        show: Takes the address where somebody signs in.
        browser: Whether to open it in a browser too.
        timeout: Seconds to wait for somebody to sign in.
        again: Sign in even if the source can be read as it is.

    Raises:
        ConfigError: Its section or credentials are wrong.
        AuthError: It refuses, or nobody signed in.
        SourceError: It cannot be read for another reason.
    """
    if access_of(config.kind, config.options) is None:
        return source_of(config).check()
    if not again:
        with suppress(AuthError):
            return source_of(config).check()
    secret = resolve(config.secret) if config.secret else None
    sign_in = sign_in_of(config.kind, config.name, options_of(config), secret)
    if sign_in:
        sign_in.run(show, browser=browser, timeout=timeout)
    else:
        grant_of(config.kind, config.name, options_of(config), secret).forget()
    return source_of(config).check()
