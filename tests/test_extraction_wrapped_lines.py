"""Phrases that go on behind a wrapped line, as mail of the kind ``format=flowed`` has them (RFC 3676)."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_extraction_signals import kinds, read

from extraction.blanks import on_one_line, squeezed
from extraction.dates import find_dates
from extraction.people import persons_named

SAID = [
    ("Please call if |you have any |questions.", set()),
    ("Could |you send us |the key by |next |week?", {"request", "deadline"}),
    ("I |will |send the |offer |tomorrow.", {"commitment"}),
    ("To |view the plans, |please go |to our page.", set()),
]


@pytest.mark.parametrize(("text", "expected"), SAID)
@pytest.mark.parametrize("gap", ["\n", " \n", "  ", " \r\n", "\u00a0 "], ids=["bare", "flowed", "wide", "crlf", "nbsp"])
def test_a_break_inside_a_phrase_changes_nothing(text: str, expected: set[str], gap: str) -> None:
    """Whatever white space a mail program leaves where it wraps; quotes are those of the mail."""
    written = text.replace(" |", gap)

    assert kinds(written) == expected
    assert all(written[signal.start : signal.end] == signal.quote for signal in read(written))


def test_a_date_is_read_across_a_break() -> None:
    """With its place in the sentence as it was written."""
    sentence = "Is the \n15th of \n March late enough?"
    (mention,) = find_dates(sentence, datetime(2026, 3, 4, tzinfo=UTC))

    assert sentence[mention.start : mention.end] == "the \n15th of \n March"
    assert (mention.first.month, mention.first.day) == (3, 15)


def test_a_name_is_read_across_a_break() -> None:
    """As it is written without one."""
    assert persons_named("Could Jana \nRoth send it?", "en") == ("Jana Roth",)


@given(text=st.text(alphabet="ab \n\t\u00a0"))
def test_squeezing_keeps_every_word_and_knows_its_place(text: str) -> None:
    """One blank for each run of several; each character is found where it stood."""
    short, places = squeezed(text)

    assert short.split() == text.split()
    assert len(places) == len(short) + 1
    assert all(text[places[n]] == char or (char == " " and text[places[n]].isspace()) for n, char in enumerate(short))


@given(text=st.text(alphabet="ab \n\t\u00a0\u3000"))
def test_a_text_on_one_line_has_its_words_between_single_blanks(text: str) -> None:
    """Whatever the white space was."""
    assert on_one_line(text) == " ".join(text.split())
