"""A second process that parses along: the store is the same with it, without it, and when it dies."""

import gc
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from generated_mail import BOOK, letters
from small_desk import NOW, SmallDesk, raw
from store_dump import differences

from domain.errors import StoreError
from flows import helper as helpers
from flows import stages
from flows.composition import Desk
from flows.helper import Helper, helper_for
from flows.mail_parsing import parse_span
from store.parsing import Span

Make = Callable[[str], SmallDesk]


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Make]:
    """Makes a desk with some hundred mails in two sources, some of them in both, and one that is none."""
    desks: list[SmallDesk] = []

    def made(name: str) -> SmallDesk:
        desk = SmallDesk(tmp_path / name, book=BOOK)
        desks.append(desk)
        desk.connect("ana", "archive")
        written = [raw(letter.name, letter.data, received_at=letter.at) for letter in letters()]
        desk.save("ana", *written, raw("broken", b"\x00\x01 no mail at all\r\n", received_at=NOW))
        desk.save("archive", *written[::3])
        return desk

    yield made
    for desk in desks:
        desk.close()


def test_what_the_helper_parses_is_what_this_process_would_have_made(make: Make) -> None:
    """All mail is the helper's: the store is the same, and so is what is told of it."""
    alone, helped = make("alone"), make("helped")
    told = stages.parse(alone.desk)

    helped.desk.helper = Helper(helped.desk)
    outcome = helped.desk.helper.finish()

    assert differences(helped.dump(), alone.dump()) == {}
    assert (outcome.duplicates, outcome.quarantined) == told
    assert outcome.done == len(list(letters())) + 1 + len(list(letters())[::3])


def test_garbage_is_searched_again_when_a_stretch_is_done(make: Make, tmp_path: Path) -> None:
    """Also when its store fails."""
    desk = make("whole").desk
    parse_span(desk, Span(1, 5))
    after_success = gc.isenabled()

    layoutless = Desk(replace(desk.settings, store_url=f"sqlite:///{tmp_path / 'empty.db'}"), now=NOW)
    with pytest.raises(StoreError, match="old layout"):
        parse_span(layoutless, Span(1, 5))

    assert (after_success, gc.isenabled()) == (True, True)
    layoutless.close()


def test_two_processes_share_the_work(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each mail is taken by one of them, in whatever order; afterwards the helper is gone."""
    alone, helped = make("alone"), make("helped")
    alone.understand()
    monkeypatch.setattr(helpers, "WORTH_IT", 1)
    monkeypatch.setattr("flows.mail_parsing._MAILS", 16)

    helped.understand()

    assert differences(helped.dump(), alone.dump()) == {}
    assert helped.desk.helper is None


def test_what_a_dead_helper_left_undone_is_done(make: Make) -> None:
    """It is killed with a stretch of mail in its hands."""
    alone, helped = make("alone"), make("helped")
    told = stages.parse(alone.desk)
    helped.desk.helper = Helper(helped.desk)
    helped.desk.helper.process.kill()

    assert stages.parse(helped.desk) == told
    assert differences(helped.dump(), alone.dump()) == {}


def test_closing_the_desk_ends_the_helper(make: Make) -> None:
    """Whatever it is doing: a run that failed leaves nothing behind."""
    desk = make("desk").desk
    helper = desk.helper = Helper(desk)

    desk.close()

    assert helper.process.poll() is not None


def test_a_helper_ends_when_nobody_talks_to_it_any_more(make: Make) -> None:
    """As when the other process is killed."""
    config = make("desk").config

    ended = subprocess.run(helpers.command(config, NOW), input="", capture_output=True, text=True, check=True)

    assert (ended.stdout, ended.stderr) == ("", "")


@pytest.mark.parametrize("expected", [None, 0, helpers.WORTH_IT - 1])
def test_for_little_mail_no_process_is_started(make: Make, expected: int | None) -> None:
    """Starting one takes longer than parsing that."""
    assert helper_for(make("desk").desk, expected) is None
