"""A second process that parses mail while this one still fetches, and helps to finish it.

Parsing takes longer than fetching, and while a server is waited for a processor is idle. Both processes work on the
same store: the helper is told which stretch of mail is its own, and saves it itself. What it leaves undone, because it
died or was stopped, is found again like all that is stale.
"""

import gc
import json
import os
import signal
import subprocess
import sys
from collections import Counter
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from threading import Condition, Thread

from domain.errors import StoreError
from flows.composition import Desk
from flows.mail_parsing import Outcome, Spans, parse_span
from flows.settings import load_settings
from store.parsing import Span

WORTH_IT = 2_000
"""Mails; for fewer, a process costs more than it brings."""

# What is loaded at the beginning stays: it need not be searched for garbage again and again.
_MAIN = "import gc, sys; gc.disable(); sys.path[:] = {path}; from flows.helper import main; main()"


class Helper:
    """The other process, and the thread that hands it one stretch of mail after the other."""

    def __init__(self, desk: Desk) -> None:
        self.spans = Spans(desk)
        self._outcome = Outcome()
        self._changed = Condition()
        self._last = False
        self.process = subprocess.Popen(  # noqa: S603 - this program itself
            command(desk.settings.path, desk.now),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self._thread = Thread(target=self._feed, name="helper", daemon=True)
        self._thread.start()

    def more(self) -> None:
        """Say that mail was saved."""
        with self._changed:
            self._changed.notify()

    def finish(self) -> Outcome:
        """Wait until nothing is left to take; return what the helper did."""
        with self._changed:
            self._last = True
            self._changed.notify()
        self._thread.join()
        return self._outcome

    def close(self) -> None:
        """End it, whatever it is doing."""
        with self._changed:
            self._last = True
            self._changed.notify()
        self.process.terminate()
        self._thread.join()
        self.process.communicate()

    def _feed(self) -> None:
        """Hand out stretches until there is none and no more will come, or the helper is gone."""
        # What is wrong with the store, this process meets itself.
        with suppress(StoreError):
            while span := self._next():
                answer = self._ask(span)
                if not answer.endswith("\n"):
                    break
                duplicates, quarantined, done = json.loads(answer)
                self._outcome.add(Outcome(Counter(duplicates), Counter(quarantined), done))

    def _next(self) -> Span | None:
        with self._changed:
            while self.process.poll() is None:
                if (span := self.spans.take()) or self._last:
                    return span
                self._changed.wait()
        return None

    def _ask(self, span: Span) -> str:
        assert self.process.stdin and self.process.stdout  # noqa: S101, PT018 - for the type checker
        try:
            self.process.stdin.write(f"{span.first} {span.last}\n")
            self.process.stdin.flush()
            return self.process.stdout.readline()
        except OSError:
            return ""


def command(config: Path, now: datetime) -> list[str]:
    """Return what starts a helper with the modules this process has."""
    return [sys.executable, "-c", _MAIN.format(path=sys.path), str(config), now.isoformat()]


def helper_for(desk: Desk, expected: int | None) -> Helper | None:
    """Start a helper where there is enough to do, a second processor, and a store whose writers wait for each other."""
    if (expected or 0) < WORTH_IT or desk.store.path is None or os.cpu_count() == 1:
        return None
    try:
        return Helper(desk)
    except OSError:
        return None


def main() -> None:
    """Parse the stretches named on standard input until it ends; answer each with what became of it."""
    # Ctrl-C reaches both: the other process decides, and its end closes standard input.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    config, now = sys.argv[1:]
    desk = Desk(load_settings(Path(config)), now=datetime.fromisoformat(now))
    gc.freeze()
    gc.enable()
    for line in sys.stdin:
        first, last = map(int, line.split())
        outcome = parse_span(desk, Span(first, last))
        sys.stdout.write(json.dumps([outcome.duplicates, outcome.quarantined, outcome.done]) + "\n")
        sys.stdout.flush()
    desk.close()
