"""Mail in Microsoft 365 and Outlook.com, read by delta queries of Microsoft Graph."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from connectors.graph_folders import GraphFolder, mail_folders
from connectors.graph_http import GraphClient
from connectors.graph_marks import without_removed
from connectors.graph_messages import MessageFetcher
from connectors.graph_rounds import FolderReader
from connectors.graph_source import GraphSource
from domain.sources import Cursor, Held, Page


@dataclass(slots=True, kw_only=True)
class GraphMailSource(GraphSource):
    """The mail folders of one mailbox.

    The UID is Graph's immutable id: a message keeps it when it is moved, so a move is one Deleted and the same UID in
    another folder. The ETAG is ``""``, as what was received does not change, and the change key for drafts. Folders
    come inbox first, then by name; of each the newest messages first.

    The cursor keeps, by the folder's id, its ``name``, the ``link`` where to go on (Graph's next or delta link),
    whether all its ids must be compared (``relist``), the UIDs Graph failed to return (``unread``), which are tried
    again, and the name it had before (``left``) until nothing is held under that any more.
    """

    kind: ClassVar[str] = "graph_mail"
    permission: ClassVar[str] = "Mail.Read"

    def changes(self, cursor: Cursor, held: Held) -> Iterator[Page]:
        """Yield what is new, changed or gone, folder by folder.

        Raises:
            SourceError: As the protocol says; what was yielded before stays valid.
        """
        marks: dict[str, Any] = dict(cursor.get("folders", {}))
        with self._conversation() as client:
            present = mail_folders(client)
            wanted = list(filter(self._wants, present))
            names = {folder.name for folder in present}
            with MessageFetcher(client, self.size_limit) as fetcher:
                expected = None if cursor else sum(folder.count for folder in wanted)
                for folder in wanted:
                    for page in FolderReader(client, fetcher, folder, marks).pages(held, names):
                        yield replace(page, expected=expected)
        yield without_removed(marks, {folder.id: folder.name for folder in present}, key="folders")

    def check(self) -> str:
        """Sign in and count folders and messages."""
        with self._conversation(attempts=2) as client:
            wanted = list(filter(self._wants, mail_folders(client)))
            self._try_reading(client, wanted)
        mails = sum(folder.count for folder in wanted)
        whose = self.access.username or "The mailbox"
        return f"{whose} at {self.access.host} holds {mails} mails in {len(wanted)} folders."

    def _try_reading(self, client: GraphClient, folders: list[GraphFolder]) -> None:
        """Read a message, so that a permission that shows folders only is found out now."""
        for folder in folders:
            if folder.count:
                for entry in client.get(f"mailFolders/{folder.id}/messages", {"$select": "id", "$top": 1})["value"]:
                    client.content(f"messages/{entry['id']}/$value", limit=0)
                return

    def _wants(self, folder: GraphFolder) -> bool:
        return self.folders.wants(folder.name, special_use=folder.uses)
