"""The wheel: what is built is what runs, and nobody else owns our folders' names."""

import importlib.metadata
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FOLDERS = ["cli", "connectors", "domain", "extraction", "flows", "followup", "store"]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this checkout, built with the installed backend, without network."""
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def unpacked(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel installed into a folder of its own."""
    target = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--target", str(target)]
    subprocess.run([*command, str(wheel)], check=True, capture_output=True)
    return target


def tracked(*folders: str) -> set[str]:
    """Return the repository's files in these folders."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", *folders]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return {name for name in listed.stdout.splitlines() if (ROOT / name).exists()}


def test_wheel_contains_every_file_of_every_folder(wheel: Path) -> None:
    """Code and data alike: a folder that is missing in the list still works in a checkout and not when installed."""
    names = set(zipfile.ZipFile(wheel).namelist())
    assert tracked(*FOLDERS) <= names


def test_wheel_contains_nothing_else(wheel: Path) -> None:
    """No tests, benchmarks or local files."""
    others = {name.split("/")[0] for name in zipfile.ZipFile(wheel).namelist()} - set(FOLDERS)
    assert [name for name in others if not name.endswith(".dist-info")] == []


@pytest.mark.parametrize("folder", FOLDERS)
def test_no_other_distribution_owns_the_name(folder: str) -> None:
    """Our folders have plain names; a library with the same one would be hidden or hide us."""
    owners = importlib.metadata.packages_distributions().get(folder, [])
    assert set(owners) <= {"accountline"}


def test_installed_command_runs_in_an_empty_folder(unpacked: Path, tmp_path: Path) -> None:
    """The wheel alone is enough: no file of the checkout is needed."""
    command = [sys.executable, "-P", "-m", "cli.main", "--help"]
    environment = {"PYTHONPATH": str(unpacked), "HOME": str(tmp_path), "LC_ALL": "C.UTF-8"}
    ran = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    assert "ingest" in ran.stdout
