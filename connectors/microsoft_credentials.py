"""Microsoft's grants: a person's, or application permissions."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from domain.errors import AuthError, ConfigError


@dataclass(slots=True, kw_only=True)
class MicrosoftGrant:
    """Access tokens of one source, refreshed when they are about to expire."""

    name: str
    form: dict[str, str] = field(repr=False)
    endpoint: str

    def token(self) -> str:
        """Return an access token that is valid for at least a minute.

        Raises:
            AuthError: The grant is missing, revoked or refused.
            SourceUnreachable: The token endpoint does not answer.
        """
        answer = httpx.post(self.endpoint, data=self.form, timeout=30)
        if answer.status_code != httpx.codes.OK:
            raise AuthError(f"Source {self.name}: run `accountline connect {self.name}` to sign in again.")
        return str(answer.json()["access_token"])

    def renewed(self, refused: str) -> str:
        """Return another access token than the one the server refused (HTTP 401); raises as ``token``."""
        del refused
        return self.token()


def microsoft_grant(
    name: str, options: Mapping[str, Any], secret: str | None, *, scopes: Sequence[str]
) -> MicrosoftGrant:
    """Return the grant of a source; nothing is connected yet.

    Args:
        name: The source's.
        options: ``credentials``, path of a JSON file with ``client_id``, ``tenant``, and where there are
            ``client_secret`` (then application permissions are used) and ``authority``; ``username``; ``vault``.
        secret: The content of such a file, where ``credentials`` is not given.
        scopes: What access is asked for; with application permissions the resource's ``.default`` is used instead.

    Raises:
        ConfigError: The file is missing or not as described.
        AuthError: There is no grant yet, or its file is damaged.
    """
    try:
        document = json.loads(secret or Path(str(options.get("credentials", ""))).read_text("utf-8"))
    except (OSError, ValueError):
        raise ConfigError(f"Source {name}: `credentials` is not a JSON file.") from None
    authority = document.get("authority", "https://login.microsoftonline.com")
    form = {
        "grant_type": "client_credentials",
        "client_id": document["client_id"],
        "client_secret": document.get("client_secret", ""),
        "scope": " ".join(scopes),
    }
    endpoint = f"{authority}/{document['tenant']}/oauth2/v2.0/token"
    return MicrosoftGrant(name=name, form=form, endpoint=endpoint)
