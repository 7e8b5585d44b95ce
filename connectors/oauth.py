"""Which kinds of sources sign in with OAuth, with which provider, and for what."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from connectors.google_credentials import GoogleApplication
    from connectors.grants import Grant
    from connectors.microsoft_credentials import MicrosoftApplication
    from connectors.sign_in import SignIn


class Access(NamedTuple):
    """Whom a source asks for access, and for how much of it."""

    provider: str
    scopes: tuple[str, ...]


ACCESS: Mapping[str, Access] = {
    "gmail": Access("google", ("https://www.googleapis.com/auth/gmail.readonly",)),
    "google_calendar": Access("google", ("https://www.googleapis.com/auth/calendar.readonly",)),
    "graph_mail": Access("microsoft", ("https://graph.microsoft.com/Mail.Read",)),
    "graph_calendar": Access("microsoft", ("https://graph.microsoft.com/Calendars.Read",)),
    # Google's IMAP knows one scope only, and it is for everything.
    "imap google": Access("google", ("https://mail.google.com/",)),
    "imap microsoft": Access("microsoft", ("https://outlook.office.com/IMAP.AccessAsUser.All",)),
}
"""Read access only, wherever the provider has such."""


def access_of(kind: str, options: Mapping[str, Any]) -> Access | None:
    """Return what a source asks for, None for one without OAuth."""
    if kind == "imap" and options.get("auth") == "xoauth2":
        return ACCESS.get(f"imap {options.get('provider')}")
    return ACCESS.get(kind)


def grant_of(kind: str, name: str, options: Mapping[str, Any], secret: str | None) -> "Grant":
    """Return the grant of a source that signs in with OAuth; nothing is connected yet.

    Raises:
        ConfigError: Its credentials are missing or not the provider's.
    """
    return _application(kind, name, options, secret).grant()


def sign_in_of(kind: str, name: str, options: Mapping[str, Any], secret: str | None) -> "SignIn | None":
    """Return how somebody signs in for a source; None where nobody does, as with application permissions.

    Raises:
        ConfigError: Its credentials are missing or not the provider's.
    """
    return _application(kind, name, options, secret).sign_in()


def _application(
    kind: str, name: str, options: Mapping[str, Any], secret: str | None
) -> "GoogleApplication | MicrosoftApplication":
    access = access_of(kind, options)
    if access is None:
        raise ValueError(f"sources of kind {kind} do not sign in with OAuth")
    if access.provider == "google":
        from connectors.google_credentials import GoogleApplication  # noqa: PLC0415 - brings google-auth

        return GoogleApplication(name, options, secret, access.scopes)
    from connectors.microsoft_credentials import MicrosoftApplication  # noqa: PLC0415 - brings httpx

    return MicrosoftApplication(name, options, secret, access.scopes)
