"""The documents: what they link to exists, and so do the commands they tell users to type."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main

from cli.main import app
from flows.settings import load_settings

ROOT = Path(__file__).parents[1]
DOCUMENTS = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").glob("*.md"))]
NAMES = [path.relative_to(ROOT).as_posix() for path in DOCUMENTS]


def links(text: str) -> Iterator[str]:
    """Yield the targets of links and pictures that lead to a place in the repository."""
    prose = re.sub(r"```.*?```|`[^`\n]*`", "", text, flags=re.DOTALL)
    for target in re.findall(r"\]\(([^)\s]+)\)", prose):
        if not re.match(r"[a-z]+:", target):
            yield target


def anchors(text: str) -> set[str]:
    """Return the names under which a page's headings can be linked to, as code hosts make them."""
    headings = re.findall(r"^#+ +(.+)$", re.sub(r"```.*?```", "", text, flags=re.DOTALL), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def commands(text: str) -> Iterator[list[str]]:
    """Yield the words after ``accountline`` where a command is shown: in a block, or between backticks."""
    blocks = re.findall(r"```(?:sh|text)\n(.*?)```", text, re.DOTALL)
    lines = [line for block in blocks for line in block.splitlines()]
    spans = [
        span.replace("\n", " ") for span in re.findall(r"`([^`]+)`", re.sub(r"```.*?```", "", text, flags=re.DOTALL))
    ]
    for line in [*lines, *spans]:
        if shown := re.match(r"[ $]*accountline +([a-z].*)", line):
            yield shown[1].split("#")[0].split()


def options(words: list[str]) -> set[str] | None:
    """Return the options of the command that some words call, None when there is no such command."""
    found: Any = typer.main.get_command(app)
    for word in words:
        below = getattr(found, "commands", None)
        if below is None or word.startswith("--"):  # an option of the group itself
            break
        if word not in below:
            return None
        found = below[word]
    return {"--help", *(option for one in found.params for option in (*one.opts, *one.secondary_opts))}


@pytest.mark.parametrize("name", NAMES)
def test_every_link_leads_somewhere(name: str) -> None:
    """A file of the repository, and a heading in it where one is named."""
    page = ROOT / name
    broken = []
    for link in links(page.read_text(encoding="utf-8")):
        path, _, anchor = link.partition("#")
        target = page.parent / path if path else page
        if not target.exists() or (anchor and anchor not in anchors(target.read_text(encoding="utf-8"))):
            broken.append(link)

    assert broken == []


@pytest.mark.parametrize("name", NAMES)
def test_every_command_shown_exists(name: str) -> None:
    """Whoever types it gets an answer, and every option beside it is known."""
    unknown = []
    for words in commands((ROOT / name).read_text(encoding="utf-8")):
        known = options(words)
        if known is None or not {word for word in words if word.startswith("--")} <= known:
            unknown.append(" ".join(words))

    assert unknown == []


def test_every_toml_block_of_the_guide_is_valid_configuration(tmp_path: Path) -> None:
    """All blocks together are one file that the program accepts; parts that show one table twice come once."""
    text = (ROOT / "docs" / "guide.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```toml\n(.*?)```", text, re.DOTALL)
    file = tmp_path / "accountline.toml"
    (tmp_path / "company-days.ics").write_text("BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//t//EN\nEND:VCALENDAR\n")

    file.write_text("\n".join(blocks), encoding="utf-8")

    assert tomllib.loads(file.read_text(encoding="utf-8"))
    assert [source.name for source in load_settings(file).sources] == [
        "desk",
        "ana",
        "ana-gmail",
        "ana-google",
        "ana-mail",
        "ana-meetings",
        "archive",
        "old",
        "dropped",
        "ana-calendar",
        "ben-calendar",
        "team-calendars",
    ]
