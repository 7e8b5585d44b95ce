"""Microsoft's grants: somebody's who signed in (PKCE, public client), or application permissions."""

import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from connectors.credentials_document import read_document, text_of
from connectors.grants import Grant, Terms
from connectors.sign_in import SignIn
from connectors.token_endpoint import TokenEndpoint, check_endpoint
from domain.errors import ConfigError, connect_command, sign_in_again

_AUTHORITY = "https://login.microsoftonline.com"
_GRAPH = "https://graph.microsoft.com"
_APPLICATION_HOSTS = {"outlook.office.com": "outlook.office365.com"}
"""What Exchange is called where an application asks for itself."""
_TENANT = re.compile(r"[\w.-]{1,253}")


class MicrosoftApplication:
    """What Microsoft knows the program as, read from a source's credentials; nothing is connected yet.

    Args:
        name: The source's.
        options: ``credentials``, path of a JSON file with ``client_id``, ``tenant``, and where there are
            ``client_secret`` (then application permissions are used) and ``authority``; ``username``, who signs in;
            ``vault``, the TokenVault where tokens are kept.
        secret: The content of such a file, where ``credentials`` is not given.
        scopes: What access is asked for, in full (``https://graph.microsoft.com/Mail.Read``) or, of Graph's, in short
            (``Mail.Read``). Application permissions are not chosen here: for them the resource's ``.default`` is
            asked for.

    Raises:
        ConfigError: The credentials are missing or not as described.
    """

    def __init__(self, name: str, options: Mapping[str, Any], secret: str | None, scopes: Sequence[str]) -> None:
        self.name = name
        self.username = str(options.get("username") or "")
        self.vault = options.get("vault")
        # Written in full, so that it does not matter which way they were written when somebody signed in.
        self.scopes = tuple(scope if "://" in scope else f"{_GRAPH}/{scope}" for scope in scopes)
        document = read_document(options, secret, source=name)
        self.client_id = text_of(document, "client_id", source=name)
        self.client_secret = str(document.get("client_secret") or "")
        tenant = text_of(document, "tenant", source=name)
        if not _TENANT.fullmatch(tenant):
            raise ConfigError(f"Source {name}: the `tenant` in its credentials is neither an id nor a domain.")
        authority = check_endpoint(document.get("authority", _AUTHORITY), source=name, what="authority")
        self.place = f"{authority.rstrip('/')}/{tenant}/oauth2/v2.0"

    def grant(self) -> Grant:
        """Return the grant these credentials give a right to."""
        own = bool(self.client_secret)
        terms = Terms(
            source=self.name,
            form=self._own_form if own else self._refresh_form,
            signed_in=not own,
            holder=f"{self.client_id} {'' if own else self.username} {self.place}",
            scopes=self.scopes,
        )
        remedy = (
            "see that the client secret has not expired and the administrator granted the application permissions, "
            f"then run {connect_command(self.name)}"
        )
        endpoint = TokenEndpoint(
            source=self.name, url=f"{self.place}/token", remedy=remedy if own else sign_in_again(self.name)
        )
        return Grant(terms, endpoint, self.vault)

    def sign_in(self) -> SignIn | None:
        """Return what sends somebody to Microsoft's consent page; None for application permissions."""
        if self.client_secret:
            return None
        hint = {"login_hint": self.username} if self.username else {}
        return SignIn(
            source=self.name,
            authorize_url=f"{self.place}/authorize",
            client={"client_id": self.client_id},
            parameters={"prompt": "select_account", **hint},
            redirect_host="localhost",  # registered without a port, which is then free to choose
            scopes=("offline_access", *self.scopes),
            grant=self.grant(),
        )

    def _refresh_form(self, refresh_token: str) -> Mapping[str, str]:
        return {
            "grant_type": "refresh_token",
            "refresh_token": refresh_token,
            "client_id": self.client_id,
            "scope": " ".join(("offline_access", *self.scopes)),
        }

    def _own_form(self, _refresh_token: str) -> Mapping[str, str]:
        place = urlsplit(self.scopes[0] if self.scopes else _GRAPH)
        resource = f"{place.scheme}://{_APPLICATION_HOSTS.get(place.netloc, place.netloc)}"
        return {
            "grant_type": "client_credentials",
            "client_id": self.client_id,
            "client_secret": self.client_secret,
            "scope": f"{resource}/.default",
        }
