"""The corpus is read strictly, and what would spoil it is found before anybody trains on it."""

import subprocess
import sys
from pathlib import Path

import pytest

from domain.errors import ConfigError
from domain.signals import SignalKind
from extraction.labelled import LabelledSentence, read_labelled, read_mails

ROOT = Path(__file__).parent.parent
MAIL = """@ client | freight | curt | de=2020s
< Could the driver be there at seven instead of eight?
meeting_confirmation\tSeven is fine with us.
complaint:delivery deadline\tLast week two of them came apart, we need new ones by noon.
-\tThe gate code is the same as always.

@ us | freight
-\tOk.
"""


def written(folder: Path, text: str, name: str = "en-freight.txt") -> Path:
    """Write a corpus file."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_a_mail_has_its_writer_its_context_and_its_sentences(tmp_path: Path) -> None:
    """The format of the guide."""
    first, second = read_mails(written(tmp_path, MAIL))

    assert (first.language, first.writer, first.notes) == ("en", "client", ("freight", "curt", "de=2020s"))
    assert first.answers == ("Could the driver be there at seven instead of eight?",)
    assert first.sentences[1] == LabelledSentence(
        "Last week two of them came apart, we need new ones by noon.",
        frozenset({SignalKind.COMPLAINT, SignalKind.DEADLINE}),
        "delivery",
        "en-freight.txt:4",
    )
    assert (second.writer, len(second.sentences)) == ("us", 1)


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("requets\tSend it.", "no label"),
        ("request Send it.", "a tab"),
        ("request\t", "a tab"),
        ("request\tSend\tit.", "a tab"),
        ("complaint\tIt leaks.", "names one cause"),
        ("complaint:colour\tIt leaks.", "names one cause"),
        ("request:delivery\tSend it.", "names one cause"),
    ],
)
def test_a_line_that_is_wrong_is_named_with_its_file_and_number(tmp_path: Path, line: str, why: str) -> None:
    """Nothing is skipped silently."""
    path = written(tmp_path, f"@ client | x\n-\tHello.\n{line}\n")

    with pytest.raises(ConfigError, match=f"{path}:3: .*{why}"):
        read_mails(path)


@pytest.mark.parametrize("text", ["-\tNo head.\n", "@ nobody | x\n-\tHi.\n", "@ client | nothing else\n"])
def test_a_mail_without_writer_or_sentence_is_refused(tmp_path: Path, text: str) -> None:
    """A mail says who writes, and something."""
    with pytest.raises(ConfigError, match=r"en-freight\.txt:1: "):
        read_mails(written(tmp_path, text))


def test_json_lines_are_mails_of_one_sentence(tmp_path: Path) -> None:
    """Anybody's own labelled data, without learning a format."""
    path = tmp_path / "own.jsonl"
    path.write_text('{"text": "Send it.", "kinds": ["request"], "answers": "Which one?"}\n\n', encoding="utf-8")

    (mail,) = read_labelled(path)

    assert (mail.answers, mail.sentences[0].kinds) == (("Which one?",), frozenset({SignalKind.REQUEST}))


@pytest.mark.parametrize("line", ["{", "[]", '{"text": "x"}', '{"text": "x", "kinds": ["ask"]}'])
def test_a_json_line_that_is_wrong_is_named(tmp_path: Path, line: str) -> None:
    """With its file and number."""
    path = tmp_path / "own.jsonl"
    path.write_text(line, encoding="utf-8")

    with pytest.raises(ConfigError, match=r"own\.jsonl:1: "):
        read_labelled(path)


def lint(*arguments: Path) -> subprocess.CompletedProcess[str]:
    """Run the linter."""
    command = [sys.executable, str(ROOT / "scripts" / "lint-corpus"), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_corpus_in_the_repository_passes_its_linter() -> None:
    """No duplicate, no leak into dev or test, no template, enough of every label."""
    done = lint()

    assert (done.returncode, done.stderr) == (0, ""), done.stdout


def test_the_linter_finds_what_spoils_a_corpus(tmp_path: Path) -> None:
    """Duplicates, leaks, templates, shortages: a line each."""
    many = "".join(
        f"request\tCould you send us the {word}?\n" for word in ["plan", "key", "list", "bill", "map", "tape", "form"]
    )
    written(tmp_path / "train", f"@ client | x\n-\tThe lorry leaves the yard at six every day.\n{many}{many}")
    written(tmp_path / "dev", "@ client | x\n-\tThe lorry leaves the yard at six every morning.\n")
    written(tmp_path / "test", "@ us | x\n-\tNothing of it.\n")

    done = lint(tmp_path)

    assert done.returncode == 1
    for finding in ("the same as train/", "half of it stands in train/", "14 sentences begin", "0 of praise, fewer"):
        assert finding in done.stdout
