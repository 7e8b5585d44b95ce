"""How fast a store of a million timeline entries answers, on SQLite and PostgreSQL, with notmuch as yardstick.

    python benchmarks/timeline.py [--entries 1000000] [--engine sqlite|postgresql] [--mails 100000] [--folder FOLDER]

Prints, by engine, the median and the 95th percentile in milliseconds of the first page of a timeline, a page in its
middle, pages narrowed by kind, contact, time and words, a search in one account and in all, and the list of what is
overdue; then what a message takes on disk and the process in memory. Each question is asked for accounts of all sizes,
the largest with a ninth of everything. PostgreSQL is started for it, in a folder of its own. `notmuch search` is a
program that is started for each search, so its figures hold 5 to 10 ms of starting; it is asked about `--mails` mails.
"""

import argparse
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from random import Random
from statistics import median, quantiles
from tempfile import TemporaryDirectory
from typing import Any

HERE = Path(__file__).resolve().parent
# The packages first: a benchmark may bear the name of one.
sys.path[:0] = [str(HERE.parent), str(HERE.parent / "tests"), str(HERE)]

from many_entries import ACCOUNTS, NOW, account_id, contact, fill  # noqa: E402
from many_mails import generate  # noqa: E402
from postgres import running  # noqa: E402

from store.database import Store, open_store  # noqa: E402
from store.migrate import schema_state, upgrade  # noqa: E402
from store.queries import overdue, search, timeline  # noqa: E402

_TIMES = 60
# In a fifth of all mails or a thousandth, in a row, as a beginning, by writer; what nobody wrote.
_WORDS = (
    "contract",
    "invoice pump",
    '"the contract"',
    "deliv*",
    "Vertrag",
    "contract from:northwind",
    "fischer125",
    "moreau29*",
    "nowhere",
)


def main() -> None:
    """Fill, ask and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--entries", type=int, default=1_000_000)
    parser.add_argument("--engine", action="append", choices=["sqlite", "postgresql"])
    parser.add_argument("--mails", type=int, default=100_000)
    parser.add_argument("--folder", type=Path, help="where the stores are made, and kept for the next time")
    options = parser.parse_args()
    with TemporaryDirectory(prefix="tl") as temporary:
        folder = options.folder or Path(temporary)
        for engine in options.engine or ["sqlite", "postgresql"]:
            _measure(engine, folder, options.entries)
        if options.mails:
            _yardstick(Path(temporary), options.mails)


def _measure(engine: str, folder: Path, count: int) -> None:
    with _place(engine, folder, count) as url:
        began = time.monotonic()
        with open_store(url, read_only=False) as store:
            kept = schema_state(store) != "empty"
            upgrade(store)
            if not kept:
                fill(store, count)
        print(f"\n{engine}: {count:,} entries, {ACCOUNTS:,} accounts (made in {time.monotonic() - began:.0f} s)")
        with open_store(url, read_only=True) as store:
            for name, ask in _questions(store):
                _print(name, [_timed(ask, n) for n in range(-3, _TIMES)][3:])
            print(f"  {'disk':24} {_size(store) / count:8.0f} bytes an entry")
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        print(f"  {'memory':24} {peak / 1024:8.0f} MB at most, filling included", flush=True)


@contextmanager
def _place(engine: str, folder: Path, count: int) -> Iterator[str]:
    if engine == "sqlite":
        yield f"sqlite:///{folder / f'{count}.db'}"
        return
    # A short path: a socket lies in it.
    with TemporaryDirectory(prefix="pg") as home:
        settings = {"shared_buffers": "1GB", "autovacuum": "on", "max_wal_size": "8GB"}
        with running(Path(home), **settings) as server:
            yield server.empty_database()


def _size(store: Store) -> int:
    if store.path:
        return store.path.stat().st_size
    with store.reading() as connection:
        size: int = connection.exec_driver_sql("SELECT pg_database_size(current_database())").scalar_one()
        return size


def _questions(store: Store) -> Iterator[tuple[str, Callable[[int], Any]]]:
    chance = Random(7)  # noqa: S311 - the same every time
    weights = [1 / (rank + 1) for rank in range(ACCOUNTS)]
    ranks = [0, *chance.choices(range(ACCOUNTS), weights, k=_TIMES)]

    def page(n: int, **more: Any) -> Any:
        return timeline(store, account_id(ranks[n]), now=NOW, **more)

    middle = {rank: page(n, until=NOW - timedelta(days=900))["next_cursor"] for n, rank in enumerate(ranks)}
    yield "first page", page
    yield "page in the middle", lambda n: page(n, cursor=middle[ranks[n]])
    yield "only meetings", lambda n: page(n, kinds=("meeting",))
    yield "only flags", lambda n: page(n, kinds=("flag",))
    yield "only signals", lambda n: page(n, kinds=("signal",))
    yield "one contact", lambda n: page(n, contact=contact(ranks[n], n))
    yield "a month two years ago", lambda n: page(n, since=NOW - timedelta(days=760), until=NOW - timedelta(days=730))
    yield "timeline with words", lambda n: page(n, search=_WORDS[n % len(_WORDS)])
    yield "search in one account", lambda n: search(store, _WORDS[n % len(_WORDS)], account=account_id(ranks[n]))
    yield "search in all", lambda n: search(store, _WORDS[n % len(_WORDS)])
    yield "overdue", lambda _: overdue(store, now=NOW, elapsed=lambda _, start, end: end - start, stale_after={})


def _timed(ask: Callable[[int], Any], n: int) -> float:
    began = time.perf_counter()
    ask(n)
    return (time.perf_counter() - began) * 1000


def _print(name: str, times: list[float]) -> None:
    print(f"  {name:24} p50 {median(times):8.1f} ms   p95 {quantiles(times, n=20)[-1]:8.1f} ms", flush=True)


def _yardstick(folder: Path, count: int) -> None:
    if shutil.which("notmuch") is None:
        print("\nnotmuch is not installed: no yardstick.")
        return
    mails = folder / "mails"
    for name in ("cur", "new", "tmp"):
        (mails / name).mkdir(parents=True)
    for number, data in enumerate(generate(count)):
        (mails / "cur" / f"{number}:2,").write_bytes(data)
    config = folder / "notmuch"
    config.write_text(f"[database]\npath={mails}\n[user]\nname=x\nprimary_email=x@northwind.example\n[new]\ntags=\n")
    run = ["notmuch", f"--config={config}"]
    began = time.monotonic()
    subprocess.run([*run, "new", "--quiet"], check=True, capture_output=True)
    print(f"\nnotmuch: {count:,} mails (read in {time.monotonic() - began:.0f} s)")
    asked = [word.replace("from:northwind", "from:northwind.example") for word in _WORDS]
    command = [*run, "search", "--limit=50", "--sort=newest-first"]

    def find(n: int) -> None:
        subprocess.run([*command, asked[n % len(asked)]], check=True, capture_output=True)

    _print("notmuch search", [_timed(find, n) for n in range(_TIMES)])
    index = sum(file.stat().st_size for file in (mails / ".notmuch").rglob("*") if file.is_file())
    print(f"  {'disk':24} {index / count:8.0f} bytes a mail, beside the mail itself")


if __name__ == "__main__":
    main()
