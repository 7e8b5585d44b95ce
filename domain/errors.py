"""Errors users may see. One sentence each, saying what to do; the command line turns them into exit codes.

AccountlineError            exit 1
├── ConfigError             exit 2, the configuration or a command's options
├── SourceError             exit 3, one source failed, the others go on
│   ├── SourceUnreachable   no server, no file, connection lost: worth retrying
│   ├── AuthError           refused credentials: retrying is pointless, state ``auth_dead``
│   ├── CursorExpired       the resume point is void (UIDVALIDITY, 404, 410): re-list and reconcile
│   └── VanishedError       a listing would remove everything held: stop and ask
├── StoreError              exit 1, disk full, read-only, locked, or made by a newer version
└── NotFoundError           exit 4, no such account, flag or message
"""

import shlex


def connect_command(source: str) -> str:
    """Return the command that signs in for a source and tries it, as a sentence quotes it."""
    return f"`accountline connect {shlex.quote(source)}`"


def sign_in_again(source: str) -> str:
    """Return the part of a sentence that says what to do about a source whose grant is gone."""
    return f"run {connect_command(source)} to sign in again"


class AccountlineError(Exception):
    """Base of every expected trouble; ``str(error)`` is a sentence for users, never with a secret in it."""

    exit_code = 1


class ConfigError(AccountlineError):
    """The configuration file or the options of a command are wrong."""

    exit_code = 2


class SourceError(AccountlineError):
    """One source could not be read; the others are not affected."""

    exit_code = 3


class SourceUnreachable(SourceError):  # noqa: N818 - reads as what it is
    """The server or file could not be reached or the connection broke; a later try may work."""


class AuthError(SourceError):
    """The server refused the credentials; only a person can mend that."""


class CursorExpired(SourceError):  # noqa: N818 - RFC 9051 and Google both say "expired"
    """The resume point is void; the cure is a full listing reconciled with what is held."""


class VanishedError(SourceError):
    """A listing would remove everything we hold of a folder; nothing was removed, a person must confirm."""


class StoreError(AccountlineError):
    """The store cannot be read or written."""


class NotFoundError(AccountlineError):
    """What the user named does not exist."""

    exit_code = 4
