"""``accountline init``: a first configuration and account book."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from cli.options import ConfigOption
from cli.output import show_text
from domain.errors import ConfigError

_BOOK = "accounts.csv"


def init(
    *,
    config: ConfigOption = None,
    company: Annotated[str | None, typer.Option("--company", metavar="NAME", help="Your company's name.")] = None,
    domain: Annotated[
        list[str] | None, typer.Option("--domain", metavar="DOMAIN", help="Everyone there is you; may be repeated.")
    ] = None,
    timezone: Annotated[str | None, typer.Option("--timezone", metavar="ZONE", help="Such as Europe/Berlin.")] = None,
    mail: Annotated[
        str | None, typer.Option("--mail", metavar="PATH", help="A Maildir, an mbox file, or a folder of .eml files.")
    ] = None,
    calendar: Annotated[str | None, typer.Option("--calendar", metavar="PATH", help="An .ics file.")] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Ask nothing; take what is given and defaults.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace files that exist; they are kept as .bak.")] = False,
) -> None:
    """Write accountline.toml and an example account book.

    Asks for what is not given when it runs on a terminal.

    Example: accountline init --company Northwind --domain northwind.example
    """
    from flows.settings import config_path, load_settings

    path = config_path(config)
    book = path.with_name(_BOOK)
    _refuse_existing(path, book, force=force)
    ask = not yes and sys.stdin.isatty()
    company = company or _ask("Company name", "My company", ask=ask)
    domains = domain or _ask("Mail domains, with commas", "example.com", ask=ask).split(",")
    timezone = timezone or _ask("Time zone", _local_timezone(), ask=ask)
    mail = mail or _ask("Mail to read: a Maildir, an mbox file or a folder of .eml files (empty: later)", "", ask=ask)
    calendar = calendar or _ask("Calendar to read: an .ics file (empty: later)", "", ask=ask)
    text = _render(company, _checked(domains), _checked_timezone(timezone), _sources(mail, calendar))
    _write(path, text)
    _write(book, _book_text())
    load_settings(path)
    show_text(f"Wrote {path} and {book}.\nFill in the account book, then run `accountline doctor`.")


def _refuse_existing(path: Path, book: Path, *, force: bool) -> None:
    existing = [file for file in (path, book) if file.exists()]
    if existing and not force:
        names = " and ".join(str(file) for file in existing)
        raise ConfigError(f"nothing was written, because of {names}; replace what is there with --force (kept as .bak)")


def _ask(question: str, default: str, *, ask: bool) -> str:
    answer: str = typer.prompt(question, default=default, err=True) if ask else default
    return answer.strip()


def _checked(domains: list[str]) -> list[str]:
    from domain.free_mail import FREE_MAIL_DOMAINS
    from flows.plain_values import check_domain

    try:
        checked = [check_domain(domain) for domain in domains if domain.strip()]
    except ValueError as error:
        raise ConfigError(f"--domain: {error}") from None
    for domain in checked:
        if domain in FREE_MAIL_DOMAINS:
            raise ConfigError(f"--domain: anybody can have an address at {domain}; it does not tell who is one of you")
    return checked


def _checked_timezone(timezone: str) -> str:
    from flows.plain_values import check_timezone

    try:
        return check_timezone(timezone)
    except ValueError as error:
        raise ConfigError(f"--timezone: {error}") from None


def _local_timezone() -> str:
    """Return this machine's zone as far as it can be told, else UTC."""
    from flows.plain_values import check_timezone

    name = os.environ.get("TZ", "").removeprefix(":") or os.path.realpath("/etc/localtime").partition("zoneinfo/")[2]
    try:
        return check_timezone(name) if name else "UTC"
    except ValueError:
        return "UTC"


def _sources(mail: str, calendar: str) -> list[dict[str, str]]:
    sources = []
    if mail:
        sources.append({"name": "mail", "kind": _mail_kind(Path(mail).expanduser()), "path": _absolute(mail)})
    if calendar:
        sources.append({"name": "calendar", "kind": "ics", "path": _absolute(calendar)})
    return sources


def _absolute(path: str) -> str:
    return str(Path(path).expanduser().absolute())


def _mail_kind(path: Path) -> str:
    if not path.is_dir() or any(path.glob("*.mbox")):
        return "mbox"
    is_maildir = any((folder / "cur").is_dir() for folder in (path, *path.iterdir()))
    return "maildir" if is_maildir else "eml"


def _render(company: str, domains: list[str], timezone: str, sources: list[dict[str, str]]) -> str:
    from flows.toml_writing import source_text, toml_value

    return _TEMPLATE.format(
        company=toml_value(company),
        domains=toml_value(domains),
        timezone=toml_value(timezone),
        sources="\n".join(map(source_text, sources)) or _EXAMPLE_SOURCE,
    )


def _book_text() -> str:
    from flows.account_book import COLUMNS

    return (
        f"{','.join(COLUMNS)}\n"
        "Acme Ltd,acme.example,,standard,,,,\n"
        "Bright & Sons,bright.example;bright.test,sam.bright@gmail.com,key,,,,\n"
    )


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists():
            path.replace(path.with_name(f"{path.name}.bak"))
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"cannot write {path}: {error.strerror}") from None


_EXAMPLE_SOURCE = """\
# Where mail and calendars come from; there may be many. Take the # away and fill in.
# [[sources]]
# name = "desk"
# kind = "imap"
# host = "imap.example.com"
# username = "desk@example.com"
# password = { env = "DESK_PASSWORD" }   # or { command = ["pass", "desk"] } or { keyring = "desk" }
"""

_TEMPLATE = """\
# Configuration of Accountline. Check it with `accountline doctor`.

[company]
name = {company}
domains = {domains}          # everyone there is "us"
identities = []              # further addresses that are "us"
timezone = {timezone}

[store]
url = "sqlite:///accountline.db"

[accounts]
book = "accounts.csv"        # name,domains,contacts,tier,owner,backup,timezone,allow (lists separated by ;)
unknown_domains = "triage"   # triage | create | ignore

{sources}
[response]
hours = ["Mon-Fri 09:00-17:00"]
holidays = []                # codes such as "DE-BE", days such as "2026-12-24", or .ics files
targets = {{ complaint = "4h", request = "8h", other = "16h" }}   # business hours

[response.tiers.key]
factor = 0.5                 # accounts of the tier "key" are answered in half the time
"""
