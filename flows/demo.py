"""The whole product on the bundled sample."""

import os
import shutil
import sys
from datetime import UTC, datetime
from pathlib import Path

from flows.progress import Progress
from flows.run import run_digest, run_ingest
from flows.sample.unpack import unpack


def run_demo(directory: Path, now: datetime | None, progress: Progress | None = None) -> str:
    """Unpack the sample, ingest it, and write the morning report.

    Args:
        directory: Where the sample and its store go.
        now: The story's today is the latest Thursday morning before this; the clock when None.
        progress: Told how far it is.

    Returns:
        The report and what to try next.
    """
    sample = unpack(directory, now=now or datetime.now(UTC))
    ran = run_ingest(str(sample.config), None, sample.today, progress)
    taken = sum(source["listed"] for source in ran["sources"])
    report = run_digest(str(sample.config), False, sample.today)  # noqa: FBT003
    program = _program()
    moment = sample.today.isoformat(timespec="minutes")
    return f"""{report}
Read {taken} items from {len(ran["sources"])} sources. The sample, its configuration and its store are in {directory}.
Its today is {sample.today:%A %d %B %Y}; go on there with:

  export ACCOUNTLINE_CONFIG={sample.config} ACCOUNTLINE_NOW={moment}
  {program} overdue
  {program} timeline Tidewater
  {program} meetings --unrecorded
  {program} explain ID
"""


def _program() -> str:
    """What to type from here to start this very program."""
    if shutil.which("accountline"):
        return "accountline"
    started = Path(sys.argv[0])
    return f"{Path(sys.executable).name} -m cli.main" if started.suffix == ".py" else os.path.relpath(started)
