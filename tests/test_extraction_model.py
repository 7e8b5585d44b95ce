"""``[extraction] model`` names the shipped pipeline or any installed spaCy package, which then runs before ours."""

import json
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
import spacy
from program import environment
from small_desk import CONFIG

from domain.errors import ConfigError
from extraction.pipeline import SignalInput, load_pipeline, read_docs, read_signals

ASK = SignalInput(
    text="Could Jana Brook please send us the signed contract by Friday?",
    sent_at=datetime(2026, 3, 2, 9, tzinfo=UTC),
    language="en",
)


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A folder with an installed spaCy package ``en_people``, which knows one person."""
    nlp = spacy.blank("en")
    nlp.add_pipe("entity_ruler").add_patterns([{"label": "PERSON", "pattern": "Jana Brook"}])  # type: ignore[attr-defined]
    nlp.meta.update({"name": "people", "version": "1.0.0"})
    site = tmp_path / "site"
    home = site / "en_people"
    home.mkdir(parents=True)
    nlp.to_disk(home / "en_people-1.0.0")
    shutil.copy(home / "en_people-1.0.0" / "meta.json", home / "meta.json")
    (home / "__init__.py").write_text(
        "from spacy.util import load_model_from_init_py\n"
        "def load(**overrides):\n"
        "    return load_model_from_init_py(__file__, **overrides)\n",
        encoding="utf-8",
    )
    (site / "en_people-1.0.0.dist-info").mkdir()
    about = "Metadata-Version: 2.1\nName: en-people\nVersion: 1.0.0\n"
    (site / "en_people-1.0.0.dist-info" / "METADATA").write_text(about, encoding="utf-8")
    return site


@pytest.fixture
def installed(package: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Its name, findable."""
    monkeypatch.syspath_prepend(str(package))
    monkeypatch.delitem(sys.modules, "en_people", raising=False)
    return "en_people"


def test_a_package_finds_persons_beside_the_signals(installed: str) -> None:
    """Its components run before ours."""
    nlp = load_pipeline(installed)
    (docs,) = [[[entity.text for entity in doc.ents] for doc in batch] for batch in read_docs(nlp, [ASK])]

    assert nlp.pipe_names[0] == "mail_sentences"
    assert docs == [["Jana Brook"]]


def test_signals_are_the_same_with_any_package(installed: str) -> None:
    """What it finds only adds."""
    (shipped,) = read_signals(load_pipeline(), [ASK])
    (theirs,) = read_signals(load_pipeline(installed), [ASK])

    assert [(s.kind, s.quote) for s in theirs] == [(s.kind, s.quote) for s in shipped]


def test_a_package_that_is_not_installed_is_named() -> None:
    """In a sentence, as a mistake of the configuration."""
    with pytest.raises(ConfigError, match="no_such_model"):
        load_pipeline("no_such_model")


def test_the_configuration_chooses(package: Path, tmp_path: Path) -> None:
    """Through the program."""
    config = tmp_path / "accountline.toml"
    config.write_text(f'{CONFIG}\n[extraction]\nmodel = "en_people"\n', encoding="utf-8")
    mail = tmp_path / "ask.eml"
    mail.write_text(f"From: Mara <mara@tidewater.example>\n\n{ASK.text}\n", encoding="utf-8")
    words = [sys.executable, "-m", "cli.main", "extract", str(mail), "--format", "json", "--config", str(config)]
    path = environment()["PYTHONPATH"]
    done = subprocess.run(
        words, env=environment(PYTHONPATH=f"{path}:{package}"), capture_output=True, text=True, check=False, timeout=120
    )

    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)[0]["signals"][0]["kind"] in {"request", "deadline"}
