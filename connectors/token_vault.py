"""OAuth tokens at rest: encrypted, one file a source, safe under several processes."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import quote

from cryptography.fernet import InvalidToken
from filelock import FileLock, Timeout

from connectors.private_files import private_folder, write_private
from connectors.token_key import token_key
from domain.errors import AuthError, ConfigError, SourceUnreachable, sign_in_again

_LOCK_SECONDS = 120  # longer than all attempts at a token endpoint take
_LONGEST_NAME = 120  # bytes; file systems take 255


class TokenVault:
    """Tokens of all sources of one configuration.

    Each source's are a JSON object, encrypted (Fernet: AES-128-CBC and HMAC-SHA256) in ``<source>.token``. Nothing of
    them is in a representation. Deliberately neither a dataclass nor a mapping: Prefect looks into those.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def file(self, source: str) -> Path:
        """Return where a source's tokens lie: a new file after every renewal, and when somebody signs in again."""
        return self._file(source, "token")

    def read(self, source: str) -> dict[str, Any] | None:
        """Return a source's tokens, None where it has none.

        Raises:
            AuthError: The file is damaged, or was written with another key.
            ConfigError: The key cannot be read.
        """
        try:
            data = self._file(source, "token").read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise ConfigError(f"Source {source}: its tokens cannot be read ({error.strerror}).") from None
        key = token_key(make=False)
        if key is None:
            raise AuthError(
                f"Source {source}: the key of its tokens is not here; {sign_in_again(source)}, or provide the key as "
                "docs/guide.md says."
            )
        try:
            tokens = json.loads(key.decrypt(data))
        except (InvalidToken, ValueError):
            tokens = None
        if not isinstance(tokens, dict) or tokens.pop("source", None) != source:
            raise AuthError(
                f"Source {source}: its tokens are damaged or were written with another key; {sign_in_again(source)}."
            )
        return tokens

    def write(self, source: str, tokens: Mapping[str, Any]) -> None:
        """Keep a source's tokens in place of those it had.

        Raises:
            ConfigError: They cannot be written, or the key cannot be read or kept.
        """
        key = token_key(make=True)
        if key is None:  # pragma: no cover - one was made
            raise AssertionError
        data = key.encrypt(json.dumps({**tokens, "source": source}).encode())
        try:
            private_folder(self._folder)
            write_private(self._file(source, "token"), data)
        except OSError as error:
            raise ConfigError(f"Source {source}: its tokens cannot be written ({error.strerror}).") from None

    def forget(self, source: str) -> None:
        """Drop a source's tokens."""
        with suppress(OSError):
            self._file(source, "token").unlink()

    @contextmanager
    def lock(self, source: str) -> Iterator[None]:
        """Keep other processes and threads from refreshing this source's tokens meanwhile.

        A refresh may void the old refresh token (RFC 6749, section 6), so two at once could lose the grant.

        Raises:
            SourceUnreachable: Another one does not come to an end.
        """
        try:
            lock = FileLock(
                private_folder(self._folder) / self._file(source, "lock").name, mode=0o600, timeout=_LOCK_SECONDS
            )
            lock.acquire()
        except Timeout:
            raise SourceUnreachable(f"Source {source}: another process is still signing in; try again later.") from None
        except OSError as error:
            raise ConfigError(f"Source {source}: its tokens cannot be kept ({error.strerror}).") from None
        try:
            yield
        finally:
            lock.release()

    def _file(self, source: str, suffix: str) -> Path:
        """Return a file whose name is safe whatever the source's is: ``/`` is quoted."""
        name = quote(source, safe=" @+")
        if len(name) > _LONGEST_NAME:
            name = sha256(source.encode()).hexdigest()
        return self._folder / f"{name}.{suffix}"
