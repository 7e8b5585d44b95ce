"""Passwords and tokens by reference: where to find them, never what they are."""

import os
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import ip_address

from domain.errors import ConfigError
from flows.toml_nodes import Node

_COMMAND_SECONDS = 60
"""A password manager may ask its user to unlock it first."""


class SecretKind(StrEnum):
    """Where a secret is kept; ``literal`` is for servers on this machine only."""

    ENV = "env"
    COMMAND = "command"
    KEYRING = "keyring"
    LITERAL = "literal"


@dataclass(frozen=True, slots=True, repr=False)
class Secret:
    """A reference to a secret. Its repr tells the kind and nothing else.

    Attributes:
        kind: Where it is kept.
        reference: Name of the variable, words of the command, service of the keyring, or the literal itself.
        wanted_for: For messages: ``password of "desk"``.
        username: Under which the keyring keeps it.
        whole: Whether all a command prints is the secret, and not its first line.
    """

    kind: SecretKind
    reference: tuple[str, ...]
    wanted_for: str
    username: str = ""
    whole: bool = False

    def __repr__(self) -> str:
        return f"Secret({self.kind})"


def read_secret(node: Node, *, wanted_for: str, username: str = "", host: str = "", whole: bool = False) -> Secret:
    """Read ``{env}``, ``{command}``, ``{keyring}``, or a literal where ``host`` is this machine.

    Raises:
        ConfigError: None of these, more than one, or a literal for a server elsewhere.
    """
    if isinstance(node.value, str):
        if not is_loopback(host):
            raise node.error(
                f'{node.label} must not stand in this file; write {{ env = "NAME" }}, {{ command = ["…"] }} or '
                f'{{ keyring = "service" }}'
            )
        return Secret(SecretKind.LITERAL, (node.value,), wanted_for, username)
    table = node.table("env", "command", "keyring")
    if len(table.fields) != 1:
        raise node.error(f"{node.label} needs exactly one of `env`, `command` and `keyring`")
    ((key, field),) = table.fields.items()
    reference = field.texts() if key == "command" else (field.text(),)
    if not reference:
        raise field.error(f"{field.label} must name a program")
    return Secret(SecretKind(key), reference, wanted_for, username, whole)


def is_loopback(host: str) -> bool:
    """Whether a host is this machine; a name other than ``localhost`` is never looked up."""
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower().rstrip(".") == "localhost"


def resolve(secret: Secret) -> str:
    """Return the secret itself. Keep it in a local variable and out of messages.

    Raises:
        ConfigError: It is not there; the sentence says where it was looked for, never what was found.
    """
    match secret.kind:
        case SecretKind.ENV:
            return _from_environment(secret)
        case SecretKind.COMMAND:
            return _from_command(secret)
        case SecretKind.KEYRING:
            return _from_keyring(secret)
        case SecretKind.LITERAL:
            return secret.reference[0]


def _from_environment(secret: Secret) -> str:
    (name,) = secret.reference
    value = os.environ.get(name)
    if not value:
        raise ConfigError(f"the {secret.wanted_for} is expected in the environment variable {name}, which is not set")
    return value


def _from_command(secret: Secret) -> str:
    import subprocess  # noqa: PLC0415 - needed for commands only

    program = secret.reference[0]
    what = f"the command `{program}` for the {secret.wanted_for}"
    try:
        # Its errors go nowhere: what a password manager prints may be a password.
        done = subprocess.run(  # noqa: S603 - the user's own command, run without a shell
            secret.reference,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=_COMMAND_SECONDS,
            check=False,
        )
    except OSError as error:
        raise ConfigError(f"{what} could not be started: {error.strerror}") from None
    except subprocess.TimeoutExpired:
        raise ConfigError(f"{what} did not end within {_COMMAND_SECONDS} seconds") from None
    if done.returncode:
        raise ConfigError(f"{what} failed with exit code {done.returncode}; run it by hand to see why")
    printed = done.stdout.decode("utf-8", "replace")
    # `pass` and its kin keep the password on the first line and notes below.
    value = printed.strip() if secret.whole else "".join(printed.splitlines()[:1])
    if not value:
        raise ConfigError(f"{what} printed nothing")
    return value


def _from_keyring(secret: Secret) -> str:
    import keyring  # noqa: PLC0415 - slow, and most configurations never need it
    from keyring.errors import KeyringError  # noqa: PLC0415

    (service,) = secret.reference
    who = f" and user {secret.username}" if secret.username else ""
    try:
        value = keyring.get_password(service, secret.username)
    except KeyringError:
        raise ConfigError(
            f"the {secret.wanted_for} is expected in the keyring, but no keyring can be opened here; use `env` or "
            "`command` instead"
        ) from None
    if not value:
        raise ConfigError(
            f"the keyring holds nothing for service {service}{who}; "
            f"store the {secret.wanted_for} with `keyring set {service} {secret.username or 'USER'}`"
        )
    return value
