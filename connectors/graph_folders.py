"""The folders of one Microsoft mailbox, by the names users see."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from connectors.graph_access import Missing
from connectors.graph_http import GraphClient, Json

# The names under which Graph finds these folders in every language, and what RFC 6154 calls them. What lies in the
# outbox is as unsent as a draft.
_WELL_KNOWN = {
    "inbox": "",
    "deleteditems": "\\Trash",
    "junkemail": "\\Junk",
    "drafts": "\\Drafts",
    "outbox": "\\Drafts",
    "sentitems": "\\Sent",
}
_SELECT = "displayName,childFolderCount,totalItemCount"


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphFolder:
    """One mail folder.

    Attributes:
        id: Stays the same when it is renamed or moved.
        name: Its path of display names, separated by slashes; unique.
        uses: What it and the folders above it are for (RFC 6154).
        count: Number of messages.
    """

    id: str
    name: str
    uses: tuple[str, ...]
    count: int


def mail_folders(client: GraphClient) -> list[GraphFolder]:
    """Return all folders that are not hidden, the inbox first, then by name."""
    roles = dict(_roles(client))
    found = list(_below(client, "mailFolders", "", (), roles))
    return sorted(_told_apart(found), key=lambda folder: (roles.get(folder.id) != "", folder.name))


def _roles(client: GraphClient) -> Iterator[tuple[str, str]]:
    """Yield the ids of the well-known folders; a mailbox need not have all of them."""
    for name, use in _WELL_KNOWN.items():
        try:
            yield str(client.get(f"mailFolders/{name}", {"$select": "id"})["id"]), use
        except Missing:
            # Without an inbox there is no mailbox.
            if name == "inbox":
                raise


def _below(
    client: GraphClient, where: str, above: str, inherited: tuple[str, ...], roles: dict[str, str]
) -> Iterator[GraphFolder]:
    for entry in client.every(where, {"$select": _SELECT, "$top": 100}):
        if entry.get("@odata.type") == "#microsoft.graph.mailSearchFolder":
            continue  # it shows what lies elsewhere
        folder = _folder(entry, above, inherited, roles)
        yield folder
        if entry.get("childFolderCount"):
            yield from _below(client, f"mailFolders/{folder.id}/childFolders", f"{folder.name}/", folder.uses, roles)


def _folder(entry: Json, above: str, inherited: tuple[str, ...], roles: dict[str, str]) -> GraphFolder:
    use = roles.get(str(entry["id"]), "")
    return GraphFolder(
        id=str(entry["id"]),
        name=f"{above}{entry.get('displayName') or entry['id']}",
        uses=(*inherited, use) if use else inherited,
        count=int(entry.get("totalItemCount") or 0),
    )


def _told_apart(folders: Iterable[GraphFolder]) -> Iterator[GraphFolder]:
    """Number the names that occur twice, as they can with a slash in a display name."""
    seen: set[str] = set()
    for folder in sorted(folders, key=lambda folder: folder.id):
        name = free_name(folder.name, seen)
        seen.add(name)
        yield GraphFolder(id=folder.id, name=name, uses=folder.uses, count=folder.count)


def free_name(name: str, taken: set[str]) -> str:
    """Return the name, with a number behind it where it is taken."""
    number, free = 1, name
    while free in taken:
        number += 1
        free = f"{name} ({number})"
    return free
