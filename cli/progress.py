"""A progress bar on a terminal, silence elsewhere."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from cli.output import console

Progress = Callable[[str, int, int | None], None]
"""Called with the stage, how many are done, and how many there are as far as known."""


@contextmanager
def progress_bar() -> Iterator[Progress | None]:
    """Yield what to report progress to, or None when standard error is no terminal."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console(sys.stderr),
    )
    stages: dict[str, Any] = {}

    def report(stage: str, done: int, total: int | None) -> None:
        if stage not in stages:
            stages[stage] = bar.add_task(stage, total=total)
        bar.update(stages[stage], completed=done, total=total)

    with bar:
        yield report
