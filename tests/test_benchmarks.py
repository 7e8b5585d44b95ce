"""Benchmarks are run by hand and seldom: that they start is looked at here."""

import subprocess
import sys
from pathlib import Path

import pytest
from program import ROOT, environment

PROGRAMS = sorted(path for path in (ROOT / "benchmarks").glob("*.py") if "argparse" in path.read_text("utf-8"))


@pytest.mark.no_cover
@pytest.mark.parametrize("program", PROGRAMS, ids=lambda path: path.stem)
def test_it_says_what_it_measures(program: Path, tmp_path: Path) -> None:
    """From any folder, with the modules of the checkout."""
    told = environment(PREFECT_HOME=str(tmp_path))
    del told["PYTHONPATH"]
    done = subprocess.run(
        [sys.executable, str(program), "--help"], cwd=tmp_path, env=told, capture_output=True, text=True, check=False
    )

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"usage: {program.name}")
