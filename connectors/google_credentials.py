"""Google's credentials: an installed app's grant, or a service account that acts for a user."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from google.auth.credentials import Credentials
from google.oauth2 import credentials as user_grant
from google.oauth2 import service_account

from domain.errors import AuthError, ConfigError


def google_credentials(
    name: str, options: Mapping[str, Any], secret: str | None, *, scopes: Sequence[str]
) -> Credentials:
    """Return credentials that refresh themselves; nothing is connected yet.

    Their ``refresh`` raises our errors, so callers need no handling of google-auth's own: AuthError when the grant
    is missing, revoked or refused, SourceUnreachable when the token endpoint does not answer.

    Args:
        name: The source's.
        options: ``credentials``, path of a JSON file as Google's console hands it out (``installed`` client,
            ``service_account`` or ``authorized_user``); ``username``, whom a service account acts for; ``vault``, a
            TokenVault with the tokens of an installed client.
        secret: The content of such a file, where ``credentials`` is not given.
        scopes: What access is asked for.

    Raises:
        ConfigError: The file is missing or is none of these.
        AuthError: There is no grant yet, or its file is damaged.
    """
    try:
        document = json.loads(secret or Path(str(options.get("credentials", ""))).read_text("utf-8"))
    except (OSError, ValueError):
        raise ConfigError(f"Source {name}: `credentials` is not a JSON file as Google hands it out.") from None
    if document.get("type") == "service_account":
        found = service_account.Credentials.from_service_account_info(document, scopes=list(scopes))
        return found.with_subject(options["username"]) if options.get("username") else found
    if document.get("type") == "authorized_user":
        return user_grant.Credentials.from_authorized_user_info(document, scopes=list(scopes))
    raise AuthError(f"Source {name} is not signed in; run `accountline connect {name}` to sign in.")
