"""Reading mail in other processes: the same messages in the same order, whatever becomes of the processes."""

import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator, Sequence
from multiprocessing import active_children
from pathlib import Path

import pytest
from small_desk import NOW

from flows import parsers
from flows.parsers import WORTHWHILE, parsed_batches
from store.parsing import Parsed, RawRow

ROOT = Path(__file__).parent.parent


def rows(number: int, size: int = 3) -> list[RawRow]:
    """A batch of small mails."""
    return [row(number * size + n) for n in range(size)]


def row(number: int) -> RawRow:
    """An item with a mail that says its number."""
    data = f"From: kim@tidewater.example\r\nMessage-ID: <{number}@t>\r\nSubject: No. {number}\r\n\r\nHi!\r\n".encode()
    return RawRow(
        item=number,
        source="desk",
        data=data,
        folder="INBOX",
        uid=str(number),
        size=len(data),
        truncated=False,
        received_at=NOW,
        fetched_at=NOW,
        blob=f"{number:064}",
        gone=False,
    )


def parse(batches: Iterator[Sequence[RawRow]], waiting: int) -> list[Parsed]:
    """All of them in one list."""
    return [parsed for batch in parsed_batches(batches, zone="UTC", waiting=waiting) for parsed in batch]


def test_a_short_backlog_is_parsed_here() -> None:
    """Other processes are not started for a few mails."""
    batches = parsed_batches(map(rows, range(2)), zone="UTC", waiting=6)

    assert [p.raw.item for p in next(batches)] == [0, 1, 2]
    assert active_children() == []


def test_other_processes_find_the_same_in_the_same_order(monkeypatch: pytest.MonkeyPatch) -> None:
    """A long backlog ends in the messages a short one would have ended in."""
    monkeypatch.setattr(parsers, "_cores", lambda: 2)

    assert parse(map(rows, range(8)), WORTHWHILE) == parse(map(rows, range(8)), 24)


def test_processes_that_die_leave_nothing_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a killed process had in hand, and all after it, is parsed here."""
    monkeypatch.setattr(parsers, "_cores", lambda: 2)
    batches = parsed_batches(map(rows, range(20)), zone="UTC", waiting=WORTHWHILE)
    found = next(batches)
    for child in active_children():
        child.kill()
    for batch in batches:
        found += batch

    assert [p.raw.item for p in found] == list(range(60))
    assert [getattr(p.result, "subject", "") for p in found] == [f"No. {n}" for n in range(60)]


def test_a_stage_that_stops_early_leaves_no_process_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    """Saving a batch may fail; the processes go with the stage."""
    monkeypatch.setattr(parsers, "_cores", lambda: 2)
    batches = parsed_batches(map(rows, range(20)), zone="UTC", waiting=WORTHWHILE)
    next(batches)
    batches.close()

    assert active_children() == []


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="Windows has no such signal")
def test_a_killed_run_leaves_no_process_behind(tmp_path: Path) -> None:
    """The processes end with the one that started them, however it ends."""
    program = tmp_path / "run.py"
    program.write_text(
        textwrap.dedent(
            """
            import itertools, multiprocessing, time
            from flows import parsers
            from test_flows_parsers import rows

            if __name__ == "__main__":
                parsers._cores = lambda: 2
                batches = parsers.parsed_batches(map(rows, itertools.count()), zone="UTC", waiting=10_000)
                next(batches)
                print(*[child.pid for child in multiprocessing.active_children()], flush=True)
                time.sleep(60)
            """
        )
    )
    environment = os.environ | {"PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'tests'}"}
    with subprocess.Popen([sys.executable, str(program)], env=environment, stdout=subprocess.PIPE, text=True) as run:
        assert run.stdout is not None
        children = run.stdout.readline().split()
        run.kill()
        # The pipe's end is reached when the last process that holds it is gone.
        rest = run.communicate(timeout=60)[0]

    assert len(children) == 2
    assert rest == ""
