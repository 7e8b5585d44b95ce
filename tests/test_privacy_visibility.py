"""Per-source visibility (SEMANTICS 7, D4.8): what only a closed source holds counts, and its words appear nowhere."""

import json
from collections.abc import Sequence
from typing import Any

from desk import ANA, BEN, NINA, OLE, DeskFolder
from program import run
from typer.testing import CliRunner

from cli.main import app

NOW = "2026-03-06T12:00:00+01:00"
SUBJECT, WORDS, PROMISE = "Lighthouse", "the copper lantern", "brass fittings"
CLOSED = """
[[sources]]
name = "ben"
kind = "maildir"
path = "ben"
owner = "ben@northwind.example"
visibility = "{visibility}"
"""
NAMED = "Tamsin"


def closed(desk: DeskFolder, visibility: str) -> str:
    """A desk with a mailbox that is not open, in which a request, a complaint and a promise of ours lie."""
    desk.configure(CLOSED.format(visibility=visibility))
    for part in ("cur", "new", "tmp"):
        (desk.path / "ben" / part).mkdir(parents=True)
    asked = desk.mail(
        NINA, BEN, "Mon 10:00", f"Could {NAMED} send us {WORDS} by Friday?\n\nNina\n", subject=SUBJECT, file="../ben"
    )
    text = f"{WORDS.capitalize()} you delivered is broken again, we are very unhappy about this.\n"
    wrong = desk.mail(OLE, BEN, "Mon 11:00", text, subject=f"{SUBJECT} again", file="../ben")
    desk.mail(BEN, OLE, "Mon 12:00", f"I will send you the {PROMISE} by Wednesday.\n", answers=wrong, file="../ben")
    desk.mail("kim@stranger.example", BEN, "Mon 13:00", f"Do you sell {WORDS}?\n", subject=SUBJECT, file="../ben")
    desk.ingest("Tue 12:00")
    return asked


def ask(desk: DeskFolder, *words: str) -> str:
    """Run a command that must succeed, in this process: there are many."""
    done = CliRunner().invoke(app, [*words, "--config", str(desk.config)])
    assert done.exit_code == 0, done.output
    return done.stdout


def answer(desk: DeskFolder, *words: str) -> Any:
    """What a command says in JSON."""
    return json.loads(ask(desk, *words, "--format", "json"))


def everything(desk: DeskFolder) -> str:
    """The output of every command that shows mail, for people and for scripts, and of every id that stands in them."""
    said: list[str] = []
    for words in (
        ("timeline", "acme"),
        ("timeline", "acme", "--search", WORDS),
        ("timeline", "acme", "--kind", "signal"),
        ("overdue",),
        ("overdue", "--side", "theirs"),
        ("promises", "--all"),
        ("complaints", "--all"),
        ("meetings",),
        ("meetings", "--unrecorded"),
        ("digest",),
    ):
        for form in ("json", "table"):
            more = () if words == ("digest",) else ("--format", form)
            said.append(ask(desk, *words, *more, "--now", NOW))
    asking = (("search", WORDS), ("search", PROMISE), ("triage",))
    said += [ask(desk, *words, "--format", "json") for words in asking]
    said += [ask(desk, "explain", identity, "--now", NOW, "--format", "json") for identity in ids(desk)]
    return "\n".join(said).lower()


def ids(desk: DeskFolder) -> Sequence[str]:
    """Every id that the lists show."""
    rows: list[dict[str, Any]] = answer(desk, "timeline", "acme", "--now", NOW)["entries"]
    for command in (("overdue",), ("promises", "--all"), ("complaints", "--all")):
        rows += answer(desk, *command, "--now", NOW)
    return [row["id"] for row in rows]


def test_of_metadata_neither_words_nor_subject_appear_anywhere(desk: DeskFolder) -> None:
    """Who wrote when is on the timeline, and the clock runs."""
    asked = closed(desk, "metadata")

    shown = everything(desk)
    assert [word for word in (SUBJECT, "lantern", "fittings", NAMED) if word.lower() in shown] == []
    assert asked in [row["message_id"] for row in answer(desk, "overdue", "--now", NOW)]
    entries = answer(desk, "timeline", "acme", "--now", NOW)["entries"]
    assert {(e["title"], e["snippet"]) for e in entries if e["kind"] == "message"} == {("(not shown)", "")}
    assert len(answer(desk, "promises", "--all", "--now", NOW)) > 0
    assert answer(desk, "search", SUBJECT) == []


def test_of_subject_the_subject_appears_and_no_word_more(desk: DeskFolder) -> None:
    """It can be searched, too."""
    closed(desk, "subject")

    shown = everything(desk)
    assert [word for word in (SUBJECT, "lantern", "fittings", NAMED) if word.lower() in shown] == [SUBJECT]
    assert {row["snippet"] for row in answer(desk, "search", SUBJECT)} == {""}


def test_a_copy_in_an_open_source_opens_the_message(desk: DeskFolder) -> None:
    """The most open one decides."""
    closed(desk, "metadata")
    for letter in (desk.path / "ben" / "cur").iterdir():
        (desk.path / "mail" / "cur" / letter.name).write_bytes(letter.read_bytes())
    desk.ingest("Tue 13:00")

    shown = everything(desk)
    assert [word for word in (SUBJECT, "lantern", "fittings", NAMED) if word.lower() not in shown] == []


def test_d4_8_a_reply_nobody_else_may_read_clears_and_is_credited(desk: DeskFolder) -> None:
    """The question lies in an open mailbox, the answer in a closed one."""
    asked = closed(desk, "metadata")
    question = desk.mail(NINA, [ANA, BEN], "Tue 13:00", "Could you send us the plan?\n", subject="Plan")
    desk.mail(BEN, NINA, "Tue 14:00", f"Here is {WORDS}.\n", answers=question, file="../ben")
    desk.ingest("Wed 12:00")

    waiting = [row["message_id"] for row in answer(desk, "overdue", "--now", NOW)]
    assert (question in waiting, asked in waiting) == (False, True)
    flags = answer(desk, "explain", question, "--now", NOW)["facts"]["flags"]
    told = [answer(desk, "explain", flag, "--now", NOW) for flag in flags]
    assert BEN in {record["facts"].get("cleared_who") for record in told}
    assert "lantern" not in str(told)


def test_a_changed_setting_holds_from_the_next_ingest(desk: DeskFolder) -> None:
    """Also when that source is not read then."""
    closed(desk, "everything")
    assert WORDS in everything(desk)
    text = desk.config.read_text("utf-8")
    desk.config.write_text(text.replace('visibility = "everything"', 'visibility = "metadata"'), "utf-8")

    assert run("ingest", "--source", "letters", "--now", NOW, config=desk.config).returncode == 0

    assert WORDS not in everything(desk)


def test_another_word_is_refused(desk: DeskFolder) -> None:
    """With its line."""
    desk.configure(CLOSED.format(visibility="secret"))

    done = run("status", config=desk.config)

    assert (done.returncode, "visibility" in done.stderr) == (2, True)


def test_a_meeting_of_a_closed_calendar_shows_its_time_only(desk: DeskFolder) -> None:
    """On the timeline, among the meetings, as a gap."""
    desk.meeting(BEN, SUBJECT, "Tue 10:00", [BEN, NINA])
    text = desk.config.read_text("utf-8")
    desk.config.write_text(
        text.replace('owner = "ben@northwind.example"', 'owner = "ben@northwind.example"\nvisibility = "metadata"'),
        "utf-8",
    )
    desk.ingest("Thu 12:00")

    (meeting,) = answer(desk, "meetings", "--now", NOW)
    (gap,) = answer(desk, "meetings", "--unrecorded", "--now", NOW)
    assert (meeting["title"], gap["title"]) == ("(not shown)", "(not shown)")
    assert SUBJECT not in ask(desk, "digest", "--now", NOW)
