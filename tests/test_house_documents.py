"""The repository's files: nothing of one machine, one registry or one workplace in them."""

import itertools
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
REGISTRIES = ["py" + "pi.org", "python" + "hosted.org", "npm" + "js.org", "index" + "-url", "find" + "-links"]
MACHINE = re.compile(r"(?<![\w./:-])/(?:root|work|opt|home/\w+|Users/\w+)/\w")


def texts() -> Iterator[tuple[str, str]]:
    """Yield the path and text of every text file that is or will be tracked."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    for name in listed.stdout.splitlines():
        if name == Path(__file__).relative_to(ROOT).as_posix() or not (ROOT / name).is_file():
            continue
        content = (ROOT / name).read_bytes()
        if b"\0" not in content[:8192]:
            yield name, content.decode("utf-8", "replace")


@pytest.mark.parametrize("word", REGISTRIES)
def test_no_file_names_a_package_registry(word: str) -> None:
    """Where packages come from is the machine's business: the lock files work with any mirror."""
    # The option that keeps addresses out of the lock files is the one place that may say it.
    assert [name for name, text in texts() if word in text.replace("--no-emit-" + word, "")] == []


def test_no_file_names_a_path_of_one_machine() -> None:
    """A path that exists on one machine only is a mistake on all others."""
    assert [(name, found.group()) for name, text in texts() for found in [MACHINE.search(text)] if found] == []


def test_readme_names_the_commands_ci_runs() -> None:
    """CI calls what the README says."""
    readme = (ROOT / "README.md").read_text()
    assert "make demo" in readme
    assert "make test" in readme
    assert "make test" in (ROOT / ".ci" / "run").read_text()


def test_every_make_target_is_explained() -> None:
    """``make help`` prints the comment above each target."""
    lines = (ROOT / "Makefile").read_text().splitlines()
    before = {line.partition(":")[0]: above for above, line in itertools.pairwise(lines) if line[:1].isalpha()}
    phony = next(line for line in lines if line.startswith(".PHONY:")).split()[1:]
    assert [target for target in phony if not before[target].startswith("# ")] == []


def test_contributing_names_only_targets_that_exist() -> None:
    """A command in the guide that is not in the Makefile is worse than none."""
    makefile = (ROOT / "Makefile").read_text()
    named = re.findall(r"`make (\w+)`", (ROOT / "CONTRIBUTING.md").read_text())
    assert named
    assert [target for target in named if not re.search(rf"^{target}:", makefile, re.MULTILINE)] == []
