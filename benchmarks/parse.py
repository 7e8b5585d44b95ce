"""From stored bytes to attached messages, in mails a second: the stages ``parse`` and ``attach`` alone.

    python benchmarks/parse.py [--count 4000] [--seed 1]

Fills a store with generated mail, as a pull would, and times the two stages on it. The yardstick is measured in the
same run: Python's own ``BytesParser``, reading the same bytes without understanding them.
"""

import argparse
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import timedelta
from email.parser import BytesParser
from email.policy import compat32
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT)]

from many_mails import BEGIN, generate  # noqa: E402
from phrases import CLIENTS  # noqa: E402

from domain.sources import Page, RawMessage  # noqa: E402
from flows import stages  # noqa: E402
from flows.composition import Desk  # noqa: E402
from flows.settings import load_settings  # noqa: E402
from store.attaching import save_account_book  # noqa: E402
from store.database import chunks  # noqa: E402
from store.migrate import upgrade  # noqa: E402
from store.pages import begin_source, save_page  # noqa: E402

_NOW = BEGIN + timedelta(days=400)
_SOURCE = "desk"


def main() -> None:
    """Fill a store, time the stages, print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=4_000)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        desk = Desk(load_settings(configure(Path(folder))), now=_NOW)
        size = _fill(desk, asked.count, asked.seed)
        print(f"{asked.count} mails, {size / asked.count:,.0f} bytes each", flush=True)
        bare = _timed("bare parser", asked.count, lambda: _bare(asked.count, asked.seed))
        parse = _timed("parse", asked.count, lambda: stages.parse(desk))
        attach = _timed("attach", asked.count, lambda: stages.attach(desk))
        print(f"parse and attach: {asked.count / (parse + attach):,.0f} mails/s, {(parse + attach) / bare:.2f} x bare")
        desk.close()
    print(f"peak memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f} MiB")


def configure(folder: Path) -> Path:
    """Write a configuration whose account book knows the generated mail's clients; return its path."""
    book = "name,domains\n" + "".join(f"{name.title()},{name}.example\n" for name in CLIENTS)
    (folder / "accounts.csv").write_text(book, encoding="utf-8")
    config = folder / "accountline.toml"
    config.write_text('[company]\nname = "Northwind"\ndomains = ["northwind.example"]\n', encoding="utf-8")
    return config


def _fill(desk: Desk, count: int, seed: int) -> int:
    upgrade(desk.store)
    save_account_book(desk.store, desk.book.accounts.values())
    begin_source(desk.store, _SOURCE, "imap", "", now=_NOW)
    size = 0
    for some in chunks(enumerate(generate(count, seed)), 200):
        items = tuple(
            RawMessage(folder="INBOX", uid=str(number), data=data, received_at=None, size=len(data))
            for number, data in some
        )
        size += save_page(desk.store, _SOURCE, Page(items=items, next_cursor={}), now=_NOW, screen=lambda _: "").size
    return size


def _bare(count: int, seed: int) -> float:
    """Seconds the standard library takes to read the mails; making them does not count."""
    spent = 0.0
    for data in generate(count, seed):
        started = time.perf_counter()
        BytesParser(policy=compat32).parsebytes(data)
        spent += time.perf_counter() - started
    return spent


def _timed(name: str, count: int, work: Callable[[], Any]) -> float:
    started = time.perf_counter()
    result = work()
    seconds = result if isinstance(result, float) else time.perf_counter() - started
    print(f"{name + ':':<12} {seconds:8.2f} s {count / seconds:10,.0f} mails/s", flush=True)
    return seconds


if __name__ == "__main__":
    main()
