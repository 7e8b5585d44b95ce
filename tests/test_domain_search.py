"""Words as they are compared, and what a typed search means."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import ConfigError
from domain.search import SearchQuery, Term, parse_search
from domain.words import fold, spans, words

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Müller", "Mueller"),
        ("Müller", "MULLER"),
        ("Straße", "STRASSE"),
        ("été", "ete"),
        ("Cœur", "coeur"),
        ("garçon", "Garcon"),
        ("Jürgen", "Jürgen"),  # the umlaut in two characters
        ("Übergröße", "uebergroesse"),
        ("naïve", "NAIVE"),
    ],
)
def test_spellings_of_one_word(one: str, other: str) -> None:
    """German and French, capitals and accents."""
    assert fold(one) == fold(other)


@pytest.mark.parametrize(("one", "other"), [("Offer", "offers"), ("Maler", "Müller"), ("2026", "2025")])
def test_words_that_are_two(one: str, other: str) -> None:
    """Nothing is stemmed."""
    assert fold(one) != fold(other)


def test_words_end_at_everything_that_is_no_letter_and_no_digit() -> None:
    """Addresses and numbers fall into their parts."""
    assert words("l'offre n°4, mara@tide_water.example") == ["l", "offre", "n", "4", "mara", "tide", "water", "example"]


@given(st.text())
def test_a_text_and_its_stretches_have_the_same_words(text: str) -> None:
    """What is found is also what is highlighted, whatever the script."""
    assert all(text[start:end] for start, end, _ in spans(text))
    assert all(word.isalnum() for word in words(text))


@given(st.text(alphabet="aeouäöüßéçœ ÄÜÉ'-abcMN19"))
def test_stretches_fold_to_the_words_of_the_text(text: str) -> None:
    """In German, French and English."""
    assert [word for _, _, found in spans(text) for word in found] == words(text)


def term(*of: str, prefix: bool = False) -> Term:
    """Words in a row."""
    return Term(of, prefix)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("revised offer", {"terms": (term("revised"), term("offer"))}),
        ('"revised offer" pier', {"terms": (term("revised", "offer"), term("pier"))}),
        ('"revised offer', {"terms": (term("revised", "offer"),)}),
        ("off*", {"terms": (term("off", prefix=True),)}),
        ('"revised off"*', {"terms": (term("revised", "off", prefix=True),)}),
        ("mara@tidewater.example", {"terms": (term("mara", "tidewater", "example"),)}),
        ("from:Mara to:ana@x.example", {"senders": (term("mara"),), "recipients": (term("ana", "x", "example"),)}),
        ('FROM:"Mara Lind"', {"senders": (term("mara", "lind"),)}),
        ("has:attachment kind:message KIND:Note", {"attachment": True, "kinds": frozenset({"message", "note"})}),
        ("after:2026-03-01", {"after": datetime(2026, 3, 1, tzinfo=BERLIN)}),
        ("before:2026-03", {"before": datetime(2026, 3, 1, tzinfo=BERLIN)}),
        ("after:2025", {"after": datetime(2025, 1, 1, tzinfo=BERLIN)}),
        ("Re: offer", {"terms": (term("re"), term("offer"))}),
        ("note:this", {"terms": (term("note", "this"),)}),
        ("100%", {"terms": (term("100"),)}),
        ("NOT (a AND b) OR ^c", {"terms": tuple(map(term, ("not", "a", "and", "b", "or", "c")))}),
        ('-- "" * :: % "*"', {}),
    ],
)
def test_what_is_typed_means(typed: str, meant: dict[str, object]) -> None:
    """Words, phrases, beginnings and operators; all else is blank."""
    assert parse_search(typed, BERLIN) == SearchQuery(**meant)  # type: ignore[arg-type] # as in the table


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("kind:letter", "`kind:` takes message, meeting, note, not “letter”"),
        ("has:wings", "`has:` takes attachment, not “wings”"),
        ("after:yesterday", "`after:` takes a day, month or year like 2026-03-01"),
        ("before:2026-02-30", "`before:` takes a day, month or year"),
        ("before:0000", "`before:` takes a day, month or year"),
    ],
)
def test_an_operator_that_cannot_be_meant_is_told(typed: str, said: str) -> None:
    """It is not taken for a word: nothing would be found, and nobody would know why."""
    with pytest.raises(ConfigError, match=said):
        parse_search(typed, UTC)


@given(st.text())
def test_anything_can_be_typed(text: str) -> None:
    """It is understood or refused with a sentence."""
    try:
        query = parse_search(text, UTC)
    except ConfigError:
        return
    assert query.empty or query != SearchQuery()
