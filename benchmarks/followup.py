"""Whose turn it is, for everything and for what changed: `python benchmarks/followup.py [--conversations 100000]`.

Fills a store with made-up conversations of two to four mails (asks, replies, promises, complaints, talk of meetings)
and with meetings in calendars, works all of it out, then lets one new mail arrive in each of 100 conversations, and
prints the processor time of the stages settle and meet for everything, for nothing and for those, and the ratio. Whose
turn it is costs by changed conversations, meetings and answers elsewhere by all conversations of the accounts those
belong to (`--per-account`). `--keep FOLDER` keeps the store for the next time.
"""

import argparse
import cProfile
import pstats
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from many_conversations import arrive, filled_desk
from sqlalchemy import func, select, update

sys.path.insert(0, str(Path(__file__).parent.parent))

from flows import stages
from flows.composition import Desk
from store import tables


def main() -> None:
    """Fill a store, work it out twice, and print the times."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--conversations", type=int, default=100_000)
    parser.add_argument("--changed", type=int, default=100)
    parser.add_argument("--per-account", type=int, default=20, help="conversations of one account")
    parser.add_argument("--keep", type=Path, help="folder for the store, which is used again when it is there")
    parser.add_argument("--profile", action="store_true", help="say where the second run spends its time")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home = asked.keep or Path(folder)
        desk = filled_desk(home, asked.conversations, asked.per_account)
        _measure(desk, asked.conversations, asked.changed, profile=asked.profile)
        desk.close()


def _measure(desk: Desk, conversations: int, changed: int, *, profile: bool) -> None:
    with desk.store.reading() as connection:
        mails = connection.execute(select(func.count()).select_from(tables.message)).scalar_one()
    print(f"{conversations:,} conversations, {mails:,} mails, {len(desk.book.accounts):,} accounts")
    _forget(desk)
    full = _timed("everything", desk)
    _timed("nothing changed", desk)
    spent = _seconds(lambda: arrive(desk, conversations, changed))
    print(f"   {changed} new mails stored, parsed, read and attached in {spent:.2f} s")
    few = _timed(f"{changed} changed", desk, profile=profile)
    print(f"{few / full:.4f} of the whole, or 1 of {full / few:,.0f}")


def _forget(desk: Desk) -> None:
    """Let a store that was kept look as if nothing had been worked out."""
    with desk.store.writing() as connection:
        connection.execute(update(tables.message).values(settled_with=None))
        connection.execute(update(tables.account).values(met_with=None))


def _timed(what: str, desk: Desk, *, profile: bool = False) -> float:
    profiler = cProfile.Profile()
    if profile:
        profiler.enable()
    spent = [_seconds(lambda: stages.settle(desk)), _seconds(lambda: stages.meet(desk))]
    profiler.disable()
    print(f"{what:>18}: {sum(spent):8.2f} s (whose turn {spent[0]:.2f} s, meetings {spent[1]:.2f} s)", flush=True)
    if profile:
        pstats.Stats(profiler).sort_stats("cumulative").print_stats(45)
    return sum(spent)


def _seconds(act: Callable[[], object]) -> float:
    begun = time.process_time()
    act()
    return time.process_time() - begun


if __name__ == "__main__":
    main()
