"""Any history of a place and of the runs that read it ends in the store that one clean full sync makes.

A Hypothesis state machine on the real steps of a run and the real store. It puts, removes, moves,
flags, edits and duplicates items, lets cursors expire, and kills runs between pages and inside a page's transaction.
What only some places can do is told by the protocols of ``contract_sources.py``; places without it skip that rule.
"""

import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import timedelta
from os import environ, utime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

from contract_sources import Changes, Duplicates, Expires, Flags, Moves, Place
from engines import empty_store
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test
from small_desk import BOOK, CONFIG, NOW
from sqlalchemy import event
from store_dump import Dump, differences, live

from domain.sources import Page, Source
from flows import once, stages
from flows.composition import Desk
from flows.settings import load_settings
from store.database import Store
from store.pages import Saved, save_page

SMALL = {"MAX_ITEMS": 2, "_WINDOW": 3, "WORTH_IT": 4}
"""Limits of pages, wherever a connector has one of these names: histories are short, so pages must be, too."""

_SOURCE = '[[sources]]\nname = "desk"\nkind = "eml"\npath = "."\n'  # the machine opens another one in its place
_LONG_AGO = 1_500_000_000.0  # seconds since 1970
_NUMBERS = st.integers(0, 5)
_PAGES = st.integers(0, 4)
_COMMITS = st.integers(0, 8)


class Killed(BaseException):
    """The process ended here; nothing catches it."""


@contextmanager
def small_pages() -> Iterator[None]:
    """Let a page of any connector loaded so far hold two items."""
    with ExitStack() as stack:
        for name, module in sorted(sys.modules.items()):
            if name.startswith("connectors."):
                for limit, value in SMALL.items():
                    if hasattr(module, limit):
                        stack.enter_context(patch.object(module, limit, value))
        yield


class Sync:
    """A store that is brought up to date from a place; time passes with every run.

    It is emptied for every history rather than made anew: SQLAlchemy then compiles each statement once.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        (folder / "accountline.toml").write_text(CONFIG + _SOURCE, encoding="utf-8")
        (folder / "accounts.csv").write_text(BOOK, encoding="utf-8")
        self.path = folder / "accountline.db"
        self._desk = Desk(load_settings(folder / "accountline.toml"), now=NOW)
        self.empty()

    def empty(self) -> None:
        """Begin with an empty store."""
        self._desk.store.close()
        for file in self.path.parent.glob("accountline.db-*"):
            file.unlink()
        self.path.write_bytes(empty_store())

    def close(self) -> None:
        """Give the store back."""
        self._desk.close()

    def run(
        self, source: Source, save: Callable[..., Saved] = save_page, *, commits: int | None = None
    ) -> dict[str, Any]:
        """Read the source and parse what came, as ``ingest`` does; return its line of the report.

        Args:
            source: What to read.
            save: In place of the real ``save_page``.
            commits: The process ends at the commit after so many, with everything of that transaction written.
        """
        self._desk.now += timedelta(minutes=5)
        with (
            patch.object(stages, "source_of", lambda _: source),
            patch.object(stages, "save_page", save),
            self._killed_after(commits),
        ):
            report = once._pull(self._desk, self._desk.settings.sources[0], once.PLAIN)
            stages.parse(self._desk)
        return report

    @contextmanager
    def _killed_after(self, commits: int | None) -> Iterator[None]:
        if commits is None:
            yield
            return
        left = iter(range(commits))

        def commit(where: object) -> None:
            if next(left, None) is None:
                _end(where)

        engine = self._desk.store._engine
        event.listen(engine, "commit", commit)
        try:
            yield
        finally:
            event.remove(engine, "commit", commit)


def killed_unsaved(pages: int) -> Callable[..., Saved]:
    """End the process when so many pages are saved and the next one was handed out."""
    return _interrupted(pages, _end)


def meanwhile(pages: int, act: Callable[[], None]) -> Callable[..., Saved]:
    """Do something at the place when so many pages are saved."""
    return _interrupted(pages, lambda _store: act())


def _interrupted(pages: int, act: Callable[[Store], None]) -> Callable[..., Saved]:
    saved: Counter[str] = Counter()

    def save(store: Store, name: str, page: Page, **more: Any) -> Saved:
        if saved[name] == pages:
            act(store)
        saved[name] += 1
        return save_page(store, name, page, **more)

    return save


def _end(_where: object) -> None:
    raise Killed


class SyncMachine(RuleBasedStateMachine):
    """What may happen; ``make`` opens a fresh place in an empty folder, ``lived`` and ``clean`` are stores to use."""

    def __init__(self, make: Callable[[Path], Place], lived: Sync, clean: Sync) -> None:
        super().__init__()
        self._folder = TemporaryDirectory()
        self.place = make(Path(self._folder.name) / "place")
        self.there: dict[int, int] = {}  # copies of each item
        self.sync, self._clean = lived, clean
        for sync in (lived, clean):
            sync.empty()
        self._aged = 0
        self._ages = False

    @initialize(ages=st.booleans())
    def begin(self, ages: bool) -> None:
        """Say whether files look as if they were written long ago, or just now: connectors trust the former more."""
        self._ages = ages

    # What happens at the place.

    @rule(number=_NUMBERS)
    def come_or_go(self, number: int) -> None:
        """An item arrives, or goes with all its copies."""
        if self.there.pop(number, 0):
            self.place.remove(number)
        else:
            self.place.put(number)
            self.there[number] = 1
        self._age()

    @precondition(lambda self: isinstance(self.place, Moves) and 1 in self.there.values())
    @rule(number=_NUMBERS)
    def move(self, number: int) -> None:
        """An item goes to the other folder."""
        assert isinstance(self.place, Moves)
        self.place.move(self._single(number))
        self._age()

    @precondition(lambda self: isinstance(self.place, Duplicates) and 1 in self.there.values())
    @rule(number=_NUMBERS)
    def duplicate(self, number: int) -> None:
        """The same item is delivered once more."""
        assert isinstance(self.place, Duplicates)
        number = self._single(number)
        self.place.duplicate(number)
        self.there[number] = 2
        self._age()

    @precondition(lambda self: isinstance(self.place, Flags) and 1 in self.there.values())
    @rule(number=_NUMBERS)
    def flag(self, number: int) -> None:
        """Somebody reads or stars an item."""
        assert isinstance(self.place, Flags)
        self.place.flag(self._single(number))
        self._age()

    @precondition(lambda self: isinstance(self.place, Changes) and 1 in self.there.values())
    @rule(number=_NUMBERS)
    def change(self, number: int) -> None:
        """Somebody edits an item."""
        assert isinstance(self.place, Changes)
        self.place.change(self._single(number))
        self._age()

    @precondition(lambda self: isinstance(self.place, Expires))
    @rule()
    def expire(self) -> None:
        """The server forgets what cursors stand for."""
        assert isinstance(self.place, Expires)
        self.place.expire_cursor()

    # What happens to runs.

    @rule()
    def read(self) -> None:
        """A run comes to its end."""
        self._read()

    @rule(pages=_PAGES)
    def read_and_be_killed_between_pages(self, pages: int) -> None:
        """A run ends between two pages."""
        self._read(killed_unsaved(pages))

    @rule(commits=_COMMITS)
    def read_and_be_killed_inside_a_transaction(self, commits: int) -> None:
        """A run ends with all rows written and not committed: of a page, or of what is noted around it."""
        self._read(commits=commits)

    @rule(pages=_PAGES, commits=_COMMITS)
    def read_twice_by_halves(self, pages: int, commits: int) -> None:
        """Two runs end early, one after the other."""
        self._read(killed_unsaved(pages))
        self._read(commits=commits)

    @rule(pages=_PAGES, number=_NUMBERS)
    def read_while_an_item_comes_or_goes(self, pages: int, number: int) -> None:
        """The place changes under the hands of a run."""
        self._read(meanwhile(pages, lambda: self.come_or_go(number)))

    @rule()
    def fail(self) -> None:
        """A run does not reach the place: it says so, and takes nothing for gone."""
        before = self._live(self.sync)

        assert self.sync.run(self.place.missing())["state"] == "failed"
        assert self._live(self.sync)["items"] == before["items"]

    def teardown(self) -> None:
        """Compare with a clean full sync, unless a rule has failed already."""
        with self._folder:
            if sys.exc_info()[0] is None:
                self._compare()

    def _compare(self) -> None:
        self._read()
        lived, again = self._live(self.sync), self.sync.run(self.place.source())
        with small_pages():
            assert self._clean.run(self.place.source())["state"] == "ok"

        assert differences(lived, self._live(self._clean)) == {}
        assert len(lived["items"]) == sum(count for _, _, count in lived["counts"]) == sum(self.there.values())
        assert (again["state"], again["new"], again["updated"], again["removed"]) == ("ok", 0, 0, 0)

    def _live(self, sync: Sync) -> Dump:
        return live(sync.path, flags=isinstance(self.place, Flags) and self.place.tells_flags)

    def _read(self, save: Callable[..., Saved] = save_page, *, commits: int | None = None) -> None:
        source = self.place.source()
        with suppress(Killed), small_pages():
            assert self.sync.run(source, save, commits=commits)["state"] == "ok"

    def _single(self, number: int) -> int:
        """Choose one of the items that are there once."""
        single = sorted(number for number, copies in self.there.items() if copies == 1)
        return single[number % len(single)]

    def _age(self) -> None:
        """Give files a time long ago, each time a later one; a place without files has nothing to age."""
        folder = getattr(self.place, "path", None)
        if self._ages and isinstance(folder, Path):
            self._aged += 10
            at = _LONG_AGO + self._aged
            for file in folder.rglob("*"):
                if file.is_file() and file.stat().st_mtime > _LONG_AGO + 100_000:
                    utime(file, (at, at))


def check_any_history(make: Callable[[Path], Place], *, examples: int) -> None:
    """Let a place live through so many histories, the same ones every time on a build server.

    Args:
        make: Opens a fresh place; the folder given may be used for files and does not exist yet.
        examples: Histories to try.
    """
    with TemporaryDirectory() as folder:
        lived, clean = (Sync(Path(folder) / name) for name in ("lived", "clean"))
        run_state_machine_as_test(
            lambda: SyncMachine(make, lived, clean),  # type: ignore[arg-type] # any callable that makes one will do
            settings=settings(
                max_examples=examples,
                stateful_step_count=25,
                deadline=None,
                derandomize=environ.get("CI") == "true",
                suppress_health_check=list(HealthCheck),
            ),
        )
        for sync in (lived, clean):
            sync.close()
