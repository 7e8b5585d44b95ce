"""docs/adding-a-source.md: the source it shows is complete, as long as it says, and works."""

import json
import re
import sys
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from contract_sources import Place, Shelf, SourceContract, big_mail, mail
from small_desk import BOOK, CONFIG, NOW
from sync_machine import check_any_history

from connectors.registry import KINDS, open_source
from domain.errors import ConfigError
from domain.sources import Source
from flows.once import ingest_once
from flows.settings import load_settings

PAGE = (Path(__file__).parents[1] / "docs" / "adding-a-source.md").read_text(encoding="utf-8")
MODULE, LINE = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
(SECTION,) = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)


@pytest.fixture(autouse=True)
def shown_source() -> Iterator[None]:
    """Put the module of the page where its registry line says it is."""
    ((kind, where),) = re.findall(r'"(\w+)": "([\w.]+)"', LINE)
    name = where.rpartition(".")[0]
    module = types.ModuleType(name)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, name, module)
        patch.setitem(KINDS, kind, where)
        exec(compile(MODULE, name, "exec", dont_inherit=True), module.__dict__)  # noqa: S102 - our own page
        yield


class JsonLinesPlace:
    def __init__(self, folder: Path) -> None:
        folder.mkdir(exist_ok=True)
        self.path = folder
        self.file = folder / "export.jsonl"
        self.mails: dict[str, bytes] = {}
        self._write()

    def put(self, *numbers: int) -> None:
        self.mails |= {str(number): mail(number) for number in numbers}
        self._write()

    def remove(self, number: int) -> None:
        self.mails = {uid: data for uid, data in self.mails.items() if uid.split()[0] != str(number)}
        self._write()

    def duplicate(self, number: int) -> None:
        self.mails[f"{number} again"] = self.mails[str(number)]
        self._write()

    def change(self, number: int) -> None:
        self.mails[str(number)] += b"And it still leaks.\r\n"
        self._write()

    def source(self, *, size_limit: int = 1_000_000) -> Source:
        return open_source("jsonl", "desk", {"path": str(self.file), "size_limit": size_limit})

    def missing(self) -> Source:
        return open_source("jsonl", "gone", {"path": str(self.path / "nowhere.jsonl")})

    def put_oversized(self, size: int) -> None:
        self.mails["big"] = big_mail(size)
        self._write()

    def fingerprint(self) -> object:
        return self.file.stat().st_mtime_ns

    def _write(self) -> None:
        lines = (json.dumps({"id": uid, "mail": data.decode()}) for uid, data in self.mails.items())
        self.file.write_text("".join(f"{line}\n" for line in lines))


class TestTheShownSourceKeepsTheContract(SourceContract):
    @pytest.fixture
    def place(self, tmp_path: Path) -> Place:
        return JsonLinesPlace(tmp_path)


def test_it_survives_any_history() -> None:
    """One line for the state machine, too."""
    check_any_history(JsonLinesPlace, examples=3)


def test_one_line_of_the_registry_is_all_that_ingest_needs(tmp_path: Path) -> None:
    """The section of the page is read by the settings and by a run."""
    (tmp_path / "accounts.csv").write_text(BOOK, encoding="utf-8")
    (tmp_path / "accountline.toml").write_text(CONFIG + SECTION, encoding="utf-8")
    place = JsonLinesPlace(tmp_path)
    place.put(1, 2)

    (told,) = ingest_once(load_settings(tmp_path / "accountline.toml"), None, NOW)["sources"]

    assert (told["name"], told["kind"], told["state"], told["new"]) == ("helpdesk", "jsonl", "ok", 2)


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("pth = 'export.jsonl'", "unknown key `pth` in [[sources]] “helpdesk”; did you mean `path`?"),
        ("", "needs `path`"),
        ("path = 7", "must be text in quotes, not a number"),
    ],
)
def test_its_section_is_checked_like_any_other(tmp_path: Path, line: str, complaint: str) -> None:
    """With the line and the nearest key."""
    text = f'{CONFIG}[[sources]]\nname = "helpdesk"\nkind = "jsonl"\n{line}\n'
    (tmp_path / "accountline.toml").write_text(text, encoding="utf-8")

    with pytest.raises(ConfigError) as refused:
        load_settings(tmp_path / "accountline.toml")
    assert complaint.replace("“", '"').replace("”", '"') in str(refused.value)


def test_further_keys_are_those_the_class_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They arrive as they are written."""
    module: Any = sys.modules["connectors.jsonl"]
    monkeypatch.setattr(module.JsonLinesSource, "OPTIONS", ("encoding", "strict"), raising=False)
    text = f'{CONFIG}{SECTION}encoding = "utf-8"\nstrict = true\n'
    (tmp_path / "accountline.toml").write_text(text, encoding="utf-8")

    (source,) = load_settings(tmp_path / "accountline.toml").sources

    assert source.options == {"path": str(tmp_path / "export.jsonl"), "encoding": "utf-8", "strict": True}
    assert source.is_file


def test_a_line_that_holds_no_mail_is_told_and_the_others_are_read(tmp_path: Path) -> None:
    """Rule 5 of the page."""
    place = JsonLinesPlace(tmp_path)
    place.put(1)
    place.file.write_text(place.file.read_text() + '{"id": 2}\nnonsense\n')
    shelf = Shelf()

    shelf.sync(place.source())

    assert shelf.contents() == [mail(1)]
    assert [trouble.uid for trouble in shelf.unreadable] == ["line 2", "line 3"]


def test_it_is_about_forty_lines() -> None:
    """As promised: of code, without its docstrings, imports and blank lines."""
    code = re.sub(r'"""(?:.|\n)*?"""', "", MODULE)
    lines = [line for line in code.splitlines() if line.strip() and not re.match(r"(from|import) ", line)]

    assert len(lines) <= 40
