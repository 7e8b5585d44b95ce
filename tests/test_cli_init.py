"""`accountline init`: a first configuration that works, and never at the cost of one that exists."""

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli.init_command import _render
from flows.account_book import read_account_book
from flows.settings import Settings, load_settings

CLEAN = {name: value for name, value in os.environ.items() if not name.startswith("ACCOUNTLINE_")}


def init(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run `init` in a folder, with nobody to answer questions."""
    return subprocess.run(
        [sys.executable, "-m", "cli.main", "init", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
        env={**CLEAN, "TZ": "Europe/Paris", "PYTHONPATH": str(Path(__file__).parent.parent)},
    )


def written(folder: Path) -> Settings:
    """Return the settings as written."""
    return load_settings(folder / "accountline.toml")


def test_what_is_given_is_written(tmp_path: Path) -> None:
    """The example account book is valid for this company."""
    done = init(
        tmp_path,
        *("--company", 'Ana "A" & Söhne \\', "--domain", "northwind.example", "--domain", "nw.example"),
        *("--timezone", "Europe/Berlin"),
    )

    assert done.returncode == 0, done.stderr
    company = written(tmp_path).company
    assert (company.name, company.timezone) == ('Ana "A" & Söhne \\', "Europe/Berlin")
    assert company.domains == ("northwind.example", "nw.example")
    assert [account.tier for account in read_account_book(tmp_path / "accounts.csv", company)] == ["standard", "key"]


def test_without_questions_there_are_defaults(tmp_path: Path) -> None:
    """The zone is this machine's."""
    assert init(tmp_path, "--yes").returncode == 0
    assert written(tmp_path).company.timezone == "Europe/Paris"
    assert written(tmp_path).sources == ()


def test_files_become_sources(tmp_path: Path) -> None:
    """What a path holds tells its kind."""
    (tmp_path / "mail" / "cur").mkdir(parents=True)
    (tmp_path / "work.ics").touch()

    assert init(tmp_path, "--mail", "mail", "--calendar", "work.ics").returncode == 0
    assert [(source.kind, source.options["path"]) for source in written(tmp_path).sources] == [
        ("maildir", str(tmp_path / "mail")),
        ("ics", str(tmp_path / "work.ics")),
    ]


@pytest.mark.parametrize("existing", ["accountline.toml", "accounts.csv"])
def test_what_exists_is_not_overwritten(tmp_path: Path, existing: str) -> None:
    """Not even half of it is written then."""
    (tmp_path / existing).write_text("mine")

    done = init(tmp_path, "--yes")

    assert done.returncode == 2
    assert "--force" in done.stderr
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [(existing, "mine")]


def test_force_keeps_the_old_beside_the_new(tmp_path: Path) -> None:
    """An account book is hours of work."""
    (tmp_path / "accounts.csv").write_text("mine")

    assert init(tmp_path, "--yes", "--force").returncode == 0
    assert (tmp_path / "accounts.csv.bak").read_text() == "mine"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--domain", "northwind"), "--domain: `northwind` is not a domain"),
        (("--domain", "gmail.com"), "anybody can have an address at gmail.com"),
        (("--timezone", "Europe/Berln"), "did you mean `Europe/Berlin`?"),
    ],
)
def test_bad_answers_are_refused_before_anything_is_written(
    tmp_path: Path, arguments: tuple[str, ...], sentence: str
) -> None:
    """A second try starts from the beginning."""
    done = init(tmp_path, *arguments)

    assert done.returncode == 2
    assert sentence in done.stderr
    assert not list(tmp_path.iterdir())


def test_on_a_terminal_it_asks(tmp_path: Path) -> None:
    """An empty answer takes the default."""
    terminal, inside = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "cli.main", "init"],
        cwd=tmp_path,
        stdin=inside,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**CLEAN, "TZ": "UTC", "PYTHONPATH": str(Path(__file__).parent.parent)},
    ) as process:
        os.write(terminal, b"Northwind\nnorthwind.example\n\n\n\n")
        assert process.wait(timeout=60) == 0
    os.close(terminal)
    os.close(inside)

    assert written(tmp_path).company.name == "Northwind"


@given(st.text(min_size=1).filter(str.strip))
def test_any_company_name_can_be_written(tmp_path_factory: pytest.TempPathFactory, name: str) -> None:
    """Whatever characters it has."""
    path = tmp_path_factory.mktemp("init") / "accountline.toml"
    path.write_text(_render(name, ["n.example"], "UTC", []), encoding="utf-8")

    assert load_settings(path).company.name == name.strip()
