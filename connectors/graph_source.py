"""What the sources at Microsoft Graph have in common: their configuration and their conversation."""

import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from connectors.folder_choice import ALL_BUT_UNWANTED, FolderChoice
from connectors.graph_access import GraphAccess, endpoint_of
from connectors.graph_http import GraphClient, conversation
from connectors.oauth import grant_of
from connectors.options import DEFAULT_SIZE_LIMIT, size_limit_of
from connectors.retries import QUOTA_ATTEMPTS, Patience


@dataclass(slots=True, kw_only=True)
class GraphSource:
    """Which mailbox to read, and what of it.

    Attributes:
        kind: As the configuration calls it.
        permission: What reading needs.
    """

    kind: ClassVar[str]
    permission: ClassVar[str]
    name: str
    access: GraphAccess
    folders: FolderChoice = ALL_BUT_UNWANTED
    size_limit: int = DEFAULT_SIZE_LIMIT
    sleep: Callable[[float], None] = time.sleep

    @classmethod
    def from_options(cls, name: str, options: Mapping[str, Any], secret: str | None = None) -> Self:
        """Make the source from its configuration.

        Reads ``credentials`` (or takes them from ``secret``), ``username``, ``api_endpoint``, ``folders`` and
        ``size_limit``.

        Raises:
            ConfigError: Something is missing or not allowed.
        """
        access = GraphAccess(
            source=name,
            grant=grant_of(cls.kind, name, options, secret),
            permission=cls.permission,
            endpoint=endpoint_of(options, source=name),
            username=str(options.get("username") or ""),
        )
        return cls(
            name=name, access=access, folders=FolderChoice.from_options(options), size_limit=size_limit_of(options)
        )

    def _conversation(self, *, attempts: int = QUOTA_ATTEMPTS) -> AbstractContextManager[GraphClient]:
        """Begin a conversation; two attempts are enough where a person waits for the answer."""
        return conversation(self.access, Patience.with_quota(self.sleep, attempts=attempts))
