"""What the sources at Google have in common: their configuration and their client."""

import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self

from google.auth.credentials import Credentials

from connectors.folder_choice import FolderChoice
from connectors.google_credentials import google_credentials
from connectors.google_http import GoogleClient
from connectors.oauth import ACCESS
from connectors.options import DEFAULT_SIZE_LIMIT, size_limit_of
from connectors.retries import QUOTA_ATTEMPTS, Patience


@dataclass(slots=True, kw_only=True)
class GoogleSource:
    """Where and as whom to read.

    Attributes:
        kind: As the configuration calls it.
        folders: Those the configuration chooses; else the source has its own default.
    """

    kind: ClassVar[str]
    name: str
    credentials: Credentials = field(repr=False)
    api_endpoint: str = ""
    folders: FolderChoice | None = None
    size_limit: int = DEFAULT_SIZE_LIMIT
    sleep: Callable[[float], None] = time.sleep

    @classmethod
    def from_options(cls, name: str, options: Mapping[str, Any], secret: str | None = None) -> Self:
        """Make the source from its configuration.

        Reads ``credentials`` and ``username`` (see ``google_credentials``), ``api_endpoint``, ``folders`` and
        ``size_limit``.

        Raises:
            ConfigError: The credentials are missing or none.
        """
        chosen: dict[str, Any] = {"folders": FolderChoice.from_options(options)} if options.get("folders") else {}
        return cls(
            name=name,
            credentials=google_credentials(name, options, secret, scopes=ACCESS[cls.kind].scopes),
            api_endpoint=str(options.get("api_endpoint") or ""),
            size_limit=size_limit_of(options),
            **chosen,
        )

    def _client(self, *, attempts: int = QUOTA_ATTEMPTS) -> AbstractContextManager[GoogleClient]:
        """Begin a conversation; two attempts are enough where a person waits for the answer."""
        patience = Patience.with_quota(self.sleep, attempts=attempts)
        return closing(
            GoogleClient(
                source=self.name, credentials=self.credentials, patience=patience, api_endpoint=self.api_endpoint
            )
        )
