"""The key that tokens are encrypted with: where it is kept, and made on first use.

It is looked for in the environment variable ``ACCOUNTLINE_TOKEN_KEY``, then in the system's keyring, then in a file of
the user that lies apart from the configuration, so that a copy of the configuration's folder opens no mailbox.
"""

import os
from base64 import urlsafe_b64decode
from pathlib import Path

from cryptography.fernet import Fernet
from filelock import FileLock

from connectors.private_files import private_folder, write_private
from domain.errors import ConfigError

VARIABLE = "ACCOUNTLINE_TOKEN_KEY"
_SERVICE, _USER = "accountline", "token-key"
_KEY_BYTES = 32
_LOCK_SECONDS = 30


def token_key(*, make: bool) -> Fernet | None:
    """Return the key.

    Args:
        make: Make one where there is none. Reading must not: what a new key cannot open would look damaged.

    Returns:
        None where there is no key and none was to be made.

    Raises:
        ConfigError: What is there is no key, or others may read it.
    """
    written = os.environ.get(VARIABLE)
    if written:
        return _checked(written, f"the environment variable {VARIABLE}")
    kept = _from_keyring() or _from_file(_key_file())
    if kept is None and make:
        kept = _made()
    return kept


def _checked(text: str, where: str) -> Fernet:
    try:
        if len(urlsafe_b64decode(text.strip())) == _KEY_BYTES:
            return Fernet(text.strip())
    except ValueError:
        pass
    raise ConfigError(
        f"{where} holds no key; it must be {_KEY_BYTES} random bytes in URL-safe base64, such as "
        f"`openssl rand -base64 {_KEY_BYTES} | tr +/ -_` prints."
    )


def _from_keyring() -> Fernet | None:
    """Return the keyring's key, None where it has none or cannot be opened, as in a service without a desktop."""
    import keyring  # noqa: PLC0415 - slow, and most configurations never need it
    from keyring.errors import KeyringError  # noqa: PLC0415

    try:
        text = keyring.get_password(_SERVICE, _USER)
    except KeyringError:
        return None
    return _checked(text, f"the keyring's entry {_SERVICE}/{_USER}") if text else None


def _to_keyring(text: str) -> bool:
    """Keep a key in the keyring; return whether it is really there, for some keyrings swallow what they are given."""
    import keyring  # noqa: PLC0415 - as above
    from keyring.errors import KeyringError  # noqa: PLC0415

    try:
        keyring.set_password(_SERVICE, _USER, text)
        return keyring.get_password(_SERVICE, _USER) == text
    except KeyringError:
        return False


def _key_file() -> Path:
    """Return the key file's place (XDG Base Directory Specification: relative values are ignored)."""
    named = Path(os.environ.get("XDG_CONFIG_HOME", ""))
    try:
        folder = named if named.is_absolute() else Path.home() / ".config"
    except RuntimeError:
        raise ConfigError(
            f"there is no home folder to keep the key of the tokens in; set the environment variable {VARIABLE}."
        ) from None
    return folder / "accountline" / "token.key"


def _from_file(file: Path) -> Fernet | None:
    try:
        text = file.read_text("ascii")
        open_to_others = file.stat().st_mode & 0o077
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError):
        raise ConfigError(f"the key of the tokens in {file} cannot be read; check who owns the file.") from None
    if open_to_others:
        raise ConfigError(f"others may read the key of the tokens; run `chmod 600 {file}`.")
    return _checked(text, str(file))


def _made() -> Fernet:
    """Make a key and keep it; two processes that do so at once get the same one."""
    file = _key_file()
    try:
        with FileLock(private_folder(file.parent) / "token.key.lock", mode=0o600, timeout=_LOCK_SECONDS):
            kept = _from_keyring() or _from_file(file)
            if kept:
                return kept
            text = Fernet.generate_key().decode()
            if not _to_keyring(text):
                write_private(file, text.encode())
            return Fernet(text)
    except OSError:  # a lock that is not given back in time is a TimeoutError, an OSError too
        raise ConfigError(
            f"the key of the tokens cannot be kept in {file}; make that folder writable or set {VARIABLE}."
        ) from None
