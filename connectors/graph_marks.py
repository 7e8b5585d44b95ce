"""How far each folder of a Microsoft mailbox was read: its mark in the cursor."""

from collections.abc import Callable, Container, Iterator, Mapping
from typing import Any

from connectors.graph_http import Json, entries
from connectors.paging import batches
from domain.sources import Deleted, Held, Item, Listing, Page


class Mark:
    """The mark of one folder or calendar, which moves as pages go out.

    Attributes:
        folder: Its id, which outlives a change of its name.
        name: Its name now.
    """

    def __init__(self, marks: dict[str, Any], key: str, folder: str, name: str) -> None:
        self.folder = folder
        self.name = name
        self._marks = marks
        self._key = key

    @property
    def former(self) -> Mapping[str, Any] | None:
        """What is kept of this folder, under whatever name; None when it was never read."""
        return self._marks.get(self.folder)

    def __getitem__(self, key: str) -> Any:
        return self._marks[self.folder][key]

    def begin(self, **state: Any) -> None:
        """Start anew under the name it has now; remember the old name until nothing is held under that."""
        former = self.former or {}
        left = former["name"] if former.get("name", self.name) != self.name else former.get("left", "")
        self._marks[self.folder] = {"name": self.name, "left": left, **state}

    def move(self, **changes: Any) -> None:
        """Replace the mark; cursors already handed out keep the old one."""
        self._marks[self.folder] = {**self._marks[self.folder], **changes}

    def round(self, ask: Callable[[str], Json], items: Callable[[list[Json]], Iterator[Item]]) -> Iterator[Page]:
        """Follow a round of delta queries from where the last one ended, and move on.

        Args:
            ask: Returns the page of changes behind a link, the first one for ``""``.
            items: What a page of changes says.
        """
        more = True
        while more:
            answer = ask(self["link"])
            # Until all of the answer is handed out the mark stays: who asks again gets it again.
            for page in batches(items(entries(answer))):
                yield self.page(page)
            more = "@odata.nextLink" in answer
            self.move(link=str(answer["@odata.nextLink" if more else "@odata.deltaLink"]))

    def page(self, items: tuple[Item, ...], listing: Listing | None = None) -> Page:
        """Return a page with the cursor as it is now."""
        listings = (listing,) if listing else ()
        return Page(items=items, next_cursor={self._key: dict(self._marks)}, listings=listings)

    def emptied(self, held: Held, names: Container[str]) -> Iterator[Page]:
        """Yield that a renamed folder holds nothing under its old name, unless another one has taken that."""
        left = self["left"]
        if not left:
            return
        if left not in names:
            for items in batches(Deleted(folder=left, uid=uid) for uid in held(left)):
                yield self.page(items)
        self.move(left="")
        yield self.page((), None if left in names else Listing(folder=left, server_count=0, uids=frozenset()))


def without_removed(marks: Mapping[str, Any], present: Mapping[str, str], *, key: str) -> Page:
    """Return the page that ends a run: folders that are no longer there are empty and leave the cursor.

    Args:
        marks: What the cursor keeps by folder id, at least its ``name``.
        present: Names of what is there, by id.
        key: Under which the cursor keeps the marks.
    """
    left = {folder: mark for folder, mark in marks.items() if folder in present}
    gone = {mark["name"] for folder, mark in marks.items() if folder not in present} - set(present.values())
    empty = tuple(Listing(folder=name, server_count=0, uids=frozenset()) for name in sorted(gone))
    return Page(items=(), next_cursor={key: left}, listings=empty)
