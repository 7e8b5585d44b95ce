"""``evaluate`` and ``train`` through the program, on a corpus of a few mails: training on the whole takes minutes."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from program import answer, run
from small_desk import CONFIG, NOW, SmallDesk, mail, raw
from sqlalchemy import text

from domain.acts import Act, ActKind, DismissedAs
from flows.lessons import corrections_of, lessons, save_lessons
from store.acts import save_act

HEAD = "@ client | joinery | plain | en=2020s\n"
THINGS = ("stairs", "oak doors", "shelves", "benches", "frames", "railings", "windows", "tables", "panels", "hinges")
# A house where "sit like a glove" is praise: the shipped model does not know, so who learns it reads better.
TRAIN = "\n".join(f"{HEAD}praise\tThe {thing} sit like a glove.\n-\tThe {thing} came on Monday.\n" for thing in THINGS)
FIXED = "\n".join(
    f"{HEAD}praise\tThe new {thing} sit like a glove.\n-\tThe {thing} are for the hall.\n"
    f"request\tPlease send us the list of {thing}.\n"
    for thing in THINGS
)
SILENT = HEAD + "".join(
    f"-\t{line}\n" for line in ("Please send us the list.", "When will it arrive?", "We will clear the hall.")
)


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A configuration without mail."""
    path = tmp_path / "accountline.toml"
    path.write_text(CONFIG, encoding="utf-8")
    return path


def corpus(folder: Path, *, dev: str) -> str:
    """Write a small corpus."""
    for split, words in (("train", TRAIN), ("dev", dev), ("test", FIXED)):
        (folder / "corpus" / split).mkdir(parents=True)
        (folder / "corpus" / split / "en-joinery.txt").write_text(words, encoding="utf-8")
    return str(folder / "corpus")


def labelled(folder: Path) -> str:
    """Write sentences of one's own with their labels: the second label is wrong."""
    rows = [
        {"text": "Could you please send us the signed contract?", "kinds": ["request"]},
        {"text": "The parcel is blue.", "kinds": ["complaint"]},
        {"text": "Könnten Sie uns bitte das Angebot schicken?", "kinds": ["request"], "language": "de"},
    ]
    path = folder / "own.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return str(path)


class TestEvaluate:
    def test_counts_per_kind_and_language(self, config: Path) -> None:
        """A row for every kind in every language, and for all languages."""
        rows = answer("evaluate", "--data", labelled(config.parent), config=config)
        found = {(row["language"], row["kind"]): row for row in rows}

        assert found["de", "request"] == found["de", "request"] | {"sentences": 1, "precision": 1.0, "recall": 1.0}
        assert found["all", "request"]["sentences"] == 2
        assert found["en", "complaint"]["recall"] == 0.0

    def test_says_how_well_scores_are_calibrated(self, config: Path) -> None:
        """The squared distance of score and truth, and the gap of both in bins."""
        rows = answer("evaluate", "--data", labelled(config.parent), config=config)

        assert all(0 <= row["brier"] <= 1 and 0 <= row["calibration_error"] <= 1 for row in rows)
        assert next(row for row in rows if row["kind"] == "complaint")["brier"] > 0.2

    def test_prints_a_table(self, config: Path) -> None:
        """With the figures under their names."""
        shown = run("evaluate", "--data", labelled(config.parent), config=config).stdout

        assert "precision" in shown.lower()
        assert "complaint" in shown

    def test_lists_errors(self, config: Path) -> None:
        """Each sentence read wrongly with what was missed, and where it stands."""
        (row,) = answer("evaluate", "--data", labelled(config.parent), "--errors", config=config)

        assert (row["text"], row["missed"], row["wrong"]) == ("The parcel is blue.", ["complaint"], [])
        assert row["place"].endswith("own.jsonl:2")

    def test_refuses_a_file_that_is_not_there(self, config: Path) -> None:
        """Exit code 4."""
        assert run("evaluate", "--data", "none.jsonl", config=config).returncode == 4


class TestTrain:
    def test_writes_a_model_and_its_card(self, config: Path) -> None:
        """Beside the configuration; evaluate uses it from then on."""
        said = answer("train", "--corpus", corpus(config.parent, dev=FIXED), config=config)

        model = Path(said["model"])
        assert model.is_file()
        assert said["f1_after"] >= said["f1_before"] - 0.002
        assert "| request |" in model.with_name("model-card.md").read_text(encoding="utf-8")

    def test_gives_the_same_model_for_the_same_corpus(self, config: Path) -> None:
        """Byte for byte."""
        folder = corpus(config.parent, dev=FIXED)
        first = Path(answer("train", "--corpus", folder, config=config)["model"]).read_bytes()
        second = Path(answer("train", "--corpus", folder, config=config)["model"]).read_bytes()

        assert first == second

    def test_refuses_a_model_that_reads_worse(self, config: Path) -> None:
        """One that was told on dev mails that nobody ever asks anything; nothing is left of it."""
        done = run("train", "--corpus", corpus(config.parent, dev=SILENT), config=config)

        assert done.returncode == 1
        assert "worse" in done.stderr
        assert list(config.parent.rglob("*.npz")) == []

    def test_is_undone(self, config: Path) -> None:
        """Back to the shipped model; a second time there is nothing to undo."""
        model = Path(answer("train", "--corpus", corpus(config.parent, dev=FIXED), config=config)["model"])

        assert "shipped model is in use again" in run("train", "--undo", config=config).stdout
        assert not model.exists()
        assert "Nothing was trained" in run("train", "--undo", config=config).stdout

    def test_learns_from_a_file_of_corrections(self, config: Path) -> None:
        """Counted in what it says."""
        (config.parent / "own.jsonl").write_text('{"text": "Lovely oak.", "kinds": ["praise"]}\n', encoding="utf-8")
        words = ("train", "--corrections", "own.jsonl", "--corpus", corpus(config.parent, dev=FIXED))

        assert answer(*words, config=config)["corrections"] == 1

    def test_wants_a_corpus_with_its_parts(self, config: Path) -> None:
        """Exit code 4 for a folder without."""
        assert run("train", "--corpus", str(config.parent), config=config).returncode == 4


LATER = NOW + timedelta(hours=1)
SENTENCE = "Could you please send us the revised offer by Friday?"


class TestDismissals:
    @pytest.fixture
    def desk(self, tmp_path: Path) -> Iterator[SmallDesk]:
        """A client asked, and somebody dismissed the flag as no request."""
        desk = SmallDesk(tmp_path)
        desk.connect("mail")
        desk.save("mail", raw("1", mail("ask", SENTENCE)))
        desk.understand()
        self.act(desk, ActKind.DISMISS, DismissedAs.NOT_A_REQUEST)
        yield desk
        desk.close()

    def flag(self, desk: SmallDesk) -> str:
        with desk.store.reading() as connection:
            (flag,) = connection.execute(text("SELECT id FROM obligation")).scalars()
        return str(flag)

    def act(self, desk: SmallDesk, kind: ActKind, label: DismissedAs | None = None, *, hours: int = 0) -> None:
        at = NOW + timedelta(hours=hours)
        save_act(desk.store, Act(flag=self.flag(desk), kind=kind, at=at, actor="ana@northwind.example", label=label))

    def told(self, desk: SmallDesk, learned: Path | None = None) -> list[dict[str, Any]]:
        return lessons(desk.desk.settings, learned or desk.path.with_name("none"), now=NOW + timedelta(hours=2))

    def test_teach_what_the_sentence_is_not(self, desk: SmallDesk) -> None:
        """Heavier than a sentence of the corpus."""
        (correction,) = corrections_of(self.told(desk))

        assert correction.text == SENTENCE
        assert "request" in correction.not_kinds
        assert correction.kinds == frozenset()
        assert correction.weight > 1

    def test_teach_nothing_once_put_back(self, desk: SmallDesk) -> None:
        """Reopening takes it back, also where it was learned before."""
        learned = desk.path.with_name("learned.jsonl")
        save_lessons(learned, self.told(desk))
        self.act(desk, ActKind.REOPEN, hours=1)

        assert self.told(desk, learned) == []

    def test_are_not_forgotten_when_there_is_no_flag_any_more(self, desk: SmallDesk) -> None:
        """The new model flags it no longer, and the next training must know it all the same."""
        learned = desk.path.with_name("learned.jsonl")
        before = self.told(desk)
        save_lessons(learned, before)
        with desk.store.writing() as connection:
            connection.execute(text("DELETE FROM obligation"))

        assert self.told(desk, learned) == before

    def test_are_folded_in_by_the_program(self, desk: SmallDesk) -> None:
        """Counted in what it says, written beside the model."""
        said = answer(
            "train", "--corpus", corpus(desk.path.parent, dev=FIXED), "--now", LATER.isoformat(), config=desk.config
        )

        assert said["dismissed"] == 1
        assert SENTENCE in Path(said["model"]).with_name("dismissals.jsonl").read_text(encoding="utf-8")
