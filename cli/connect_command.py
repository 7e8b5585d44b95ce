"""``accountline connect``: add a source or sign in for one again, and try it."""

import shlex
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.options import ConfigOption, FormatOption, OutputFormat
from cli.output import show_csv, show_json, show_text
from domain.errors import ConfigError

if TYPE_CHECKING:
    from flows.settings import SourceConfig

_FIELDS = ("name", "kind", "state", "detail")
_FILES = ("path",)
_CLOUD = ("credentials", "username")
_NEEDED: Mapping[str, tuple[str, ...]] = {
    "imap": ("host", "username"),
    "caldav": ("url", "username"),
    "gmail": _CLOUD,
    "google_calendar": _CLOUD,
    "graph_mail": _CLOUD,
    "graph_calendar": _CLOUD,
    "ics": _FILES,
    "maildir": _FILES,
    "mbox": _FILES,
    "eml": _FILES,
}
"""What each kind cannot do without, in the order it is asked for."""
_QUESTIONS = {
    "name": "Name of the source",
    "host": "Server, such as imap.example.com",
    "username": "User name, mostly the address",
    "url": "Address, https://…",
    "path": "File or folder",
    "credentials": "JSON file with the credentials (the guide says where to get it)",
    "provider": "Provider (google, microsoft)",
}


def connect(
    *,
    source: Annotated[str | None, typer.Argument(metavar="NAME", help="A source that is configured already.")] = None,
    kind: Annotated[
        str | None,
        typer.Option("--kind", metavar="KIND", help="Adds a source: " + ", ".join(_NEEDED) + "."),
    ] = None,
    name: Annotated[str | None, typer.Option("--name", metavar="NAME", help="What to call the new source.")] = None,
    host: Annotated[str | None, typer.Option("--host", metavar="HOST", help="Mail server.")] = None,
    port: Annotated[
        int | None, typer.Option("--port", metavar="PORT", help="Its port, if it is an unusual one.")
    ] = None,
    security: Annotated[
        str | None, typer.Option("--security", metavar="HOW", help="tls (default), starttls, or none for this machine.")
    ] = None,
    username: Annotated[str | None, typer.Option("--username", metavar="USER", help="Who signs in.")] = None,
    password_env: Annotated[
        str | None, typer.Option("--password-env", metavar="VARIABLE", help="Environment variable with the password.")
    ] = None,
    password_keyring: Annotated[
        str | None, typer.Option("--password-keyring", metavar="SERVICE", help="Keyring entry with the password.")
    ] = None,
    password_command: Annotated[
        str | None, typer.Option("--password-command", metavar="COMMAND", help="Command that prints the password.")
    ] = None,
    auth: Annotated[
        str | None, typer.Option("--auth", metavar="HOW", help="imap: password (default) or xoauth2.")
    ] = None,
    provider: Annotated[
        str | None, typer.Option("--provider", metavar="WHO", help="With xoauth2: google or microsoft.")
    ] = None,
    credentials: Annotated[
        Path | None, typer.Option("--credentials", metavar="FILE", help="JSON file of Google or Microsoft.")
    ] = None,
    url: Annotated[str | None, typer.Option("--url", metavar="URL", help="Of a calendar or CalDAV server.")] = None,
    path: Annotated[Path | None, typer.Option("--path", metavar="PATH", help="Of mail or calendar files.")] = None,
    owner: Annotated[
        str | None, typer.Option("--owner", metavar="ADDRESS", help="Whose mail or calendar it is.")
    ] = None,
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open a browser to sign in.")] = True,
    timeout: Annotated[float, typer.Option("--timeout", min=1, metavar="SECONDS", help="Wait for a sign-in.")] = 300,
    again: Annotated[bool, typer.Option("--again", help="Sign in anew although it works, as another user.")] = False,
    config: ConfigOption = None,
    form: FormatOption = OutputFormat.TABLE,
) -> None:
    """Add a source to accountline.toml, sign in where it needs that, and try it.

    With NAME alone: sign in again for a source that is there, and try it. Asks for what is missing when it runs on a
    terminal. Passwords are never options; by default one is expected in the variable NAME_PASSWORD.

    Example: accountline connect desk

    Example: accountline connect --kind imap --name desk --host imap.example.com --username desk@example.com

    Example: accountline connect --kind gmail --name ana --username ana@example.com --credentials client.json

    Example: accountline connect --kind maildir --name archive --path ~/Maildir
    """
    values = {
        "name": name or source,
        "kind": kind,
        "host": host,
        "port": port,
        "username": username,
        "password": _reference(env=password_env, keyring=password_keyring, command=password_command),
        "security": security,
        "auth": auth,
        "provider": provider,
        "credentials": _absolute(credentials),
        "url": url,
        "path": _absolute(path),
        "owner": owner,
    }
    given = {key: value for key, value in values.items() if value is not None}
    from flows.connecting import connect as try_source

    chosen = _configured(config, source) if source and set(given) == {"name"} else _added(config, given)
    detail = try_source(chosen, show=_show_address, browser=browser, timeout=timeout, again=again)
    row = {"name": chosen.name, "kind": chosen.kind, "state": "ok", "detail": detail}
    if form is OutputFormat.JSON:
        show_json(row)
    elif form is OutputFormat.CSV:
        show_csv([row], _FIELDS)
    else:
        show_text(f"{detail}\nRead it with `accountline ingest --source {shlex.quote(chosen.name)}`.")


def _show_address(address: str) -> None:
    typer.echo(f"To sign in, open this address in a browser on this machine:\n{address}", err=True)


def _absolute(path: Path | None) -> str | None:
    return None if path is None else str(path.expanduser().absolute())


def _reference(*, env: str | None, keyring: str | None, command: str | None) -> dict[str, Any] | None:
    """Return where the password is kept, None where no option says it."""
    given = {
        **({"env": env} if env else {}),
        **({"keyring": keyring} if keyring else {}),
        **({"command": shlex.split(command)} if command else {}),
    }
    if len(given) > 1:
        raise ConfigError("say once where the password is: --password-env, --password-keyring or --password-command")
    return given or None


def _configured(config: Path | None, name: str) -> "SourceConfig":
    from flows.settings import load_settings
    from flows.wording import did_you_mean

    settings = load_settings(config)
    known = {source.name: source for source in settings.sources}
    if name not in known:
        raise ConfigError(
            f"there is no source “{name}” in {settings.path.name} (--kind adds one){did_you_mean(name, known)}"
        )
    return known[name]


def _added(config: Path | None, given: dict[str, Any]) -> "SourceConfig":
    """Write a new source into the configuration, asking for what is missing, and say so."""
    from flows.connecting import add_source
    from flows.settings import config_path, load_settings

    load_settings(config)  # so that nobody answers questions in vain
    added = add_source(config, _complete(given))
    typer.echo(f"Added source “{added.name}” to {config_path(config)}.", err=True)
    return added


def _complete(given: dict[str, Any]) -> dict[str, Any]:
    """Return the keys of the new source in the order they are written."""
    from flows.wording import did_you_mean, one_of

    kind = given.get("kind") or _ask("kind", f"Kind ({', '.join(_NEEDED)})")
    if kind not in _NEEDED:
        raise ConfigError(f"--kind must be {one_of(_NEEDED)}, not `{kind}`{did_you_mean(kind, _NEEDED)}")
    answers = {key: given.get(key) or _ask(key, _QUESTIONS[key]) for key in ("name", *_needed(kind, given))}
    complete = {**given, **answers, "kind": kind}
    if kind in {"imap", "caldav"} and "auth" not in given and "password" not in given:
        complete["password"] = {"env": _variable(answers["name"])}
    first = ("name", "kind")
    return {key: complete[key] for key in (*first, *(key for key in complete if key not in first))}


def _needed(kind: str, given: Mapping[str, Any]) -> tuple[str, ...]:
    if kind == "ics" and "url" in given:
        return ()
    if kind == "imap" and given.get("auth") == "xoauth2":
        return (*_NEEDED[kind], "provider", "credentials")
    return _NEEDED[kind]


def _variable(name: str) -> str:
    """Return the environment variable a password is expected in, and ask for another one on a terminal."""
    default = "".join(letter if letter.isalnum() and letter.isascii() else "_" for letter in name.upper()) + "_PASSWORD"
    default = default if default[0].isalpha() else f"_{default}"
    if not sys.stdin.isatty():
        return default
    answer: str = typer.prompt("Environment variable that holds the password", default=default, err=True)
    return answer.strip()


def _ask(key: str, question: str) -> str:
    """Ask on a terminal; elsewhere what is missing is an error."""
    if not sys.stdin.isatty():
        raise ConfigError(f"--{key} is needed to add a source; `accountline connect --help` shows examples")
    answer: str = typer.prompt(question, err=True)
    answer = answer.strip()
    return str(Path(answer).expanduser().absolute()) if key in {"path", "credentials"} else answer
