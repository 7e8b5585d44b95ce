"""Where sentences begin in mail: layout and punctuation."""

import pytest
import spacy
from hypothesis import given
from hypothesis import strategies as st

from extraction.sentences import MailRuns, MailSentences, sentence_starts

VOCAB = spacy.blank("en").vocab


def split(text: str) -> list[str]:
    """Return the sentences of a text, white space trimmed."""
    starts = sentence_starts(text)
    return [text[a:b].strip() for a, b in zip(starts, [*starts[1:], len(text)], strict=True)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("It came. It went.", ["It came.", "It went."]),
        ("Really? yes! fine", ["Really?", "yes!", "fine"]),
        ("thanks for the draft. can you send it", ["thanks for the draft.", "can you send it"]),
        ("Please pls. call me.", ["Please pls. call me."]),
        ("Qty  Item  Price\n-----------\nsix pumps", ["Qty  Item  Price", "-----------", "six pumps"]),
        ("Ask Mr. Poole or Dr. Iyer.", ["Ask Mr. Poole or Dr. Iyer."]),
        ("Bring e.g. pens, paper etc. and a ruler.", ["Bring e.g. pens, paper etc. and a ruler."]),
        ("J. Smith signed.", ["J. Smith signed."]),
        ("Es ist z.B. am 12. März möglich. Gut.", ["Es ist z.B. am 12. März möglich.", "Gut."]),
        ("Am 3. Mai bzw. am 4. Mai passt es.", ["Am 3. Mai bzw. am 4. Mai passt es."]),
        ("Hi Ann,\nplease call.", ["Hi Ann,", "please call."]),
        ("Hallo Frau Kern,\nbitte anrufen.", ["Hallo Frau Kern,", "bitte anrufen."]),
        ("We need:\n- two pens\n- one ruler", ["We need:", "- two pens", "- one ruler"]),
        ("1. first\n2. second", ["1. first", "2. second"]),
        ("All good\n\nTom", ["All good", "Tom"]),
        ("See you soon\nBest regards\nTom", ["See you soon", "Best regards", "Tom"]),
        ("The order is late\nPlease check", ["The order is late", "Please check"]),
        ("Könnten Sie uns bitte die\nRechnung schicken?", ["Könnten Sie uns bitte die\nRechnung schicken?"]),
        ("Wait... what?", ["Wait... what?"]),
        ("  leading blanks", ["leading blanks"]),
        ("It costs 3.50 today.", ["It costs 3.50 today."]),
    ],
)
def test_a_mail_is_split(text: str, expected: list[str]) -> None:
    """Greetings, bullets, abbreviations, ordinals and missing full stops."""
    assert split(text) == expected


def test_a_hard_wrapped_line_goes_on() -> None:
    """A line broken by the mail program at its width is one sentence with the next."""
    text = (
        "Could you please send us the updated figures for the third quarter and\n"
        "the forecast that Martin prepared? We need them for the audit on Friday\n"
        "Thanks for your help with this"
    )

    first = "Could you please send us the updated figures for the third quarter and\nthe forecast that Martin"
    assert split(text)[0] == first + " prepared?"
    assert split(text)[-1] == "Thanks for your help with this"


def test_the_component_marks_tokens_of_one_doc() -> None:
    """One Doc per mail; its sentences are the lines and sentences of the mail."""
    doc = MailSentences()(spacy.blank("en")("Hi Ann,\ncan you call? Thanks"))

    assert [sent.text.strip() for sent in doc.sents] == ["Hi Ann,", "can you call?", "Thanks"]


@given(st.text(alphabet=st.sampled_from("aB.?! \n-1,:\r\t\u2019ß"), max_size=80))
def test_any_text_is_split_in_order(text: str) -> None:
    """Starts ascend, lie in the text and begin with a visible character."""
    starts = sentence_starts(text)

    assert starts == sorted(set(starts))
    assert all(not text[start].isspace() for start in starts)


@given(st.text(alphabet=st.sampled_from("aB.?!\u2026\u3002 \n-1,:)\"'\u00bb\r\t\x0b\xa0\u2019ß"), max_size=80))
def test_each_sentence_begins_a_token_and_the_tokens_are_the_text(text: str) -> None:
    """The pipeline's tokens part wherever a sentence begins, and nothing is lost between them."""
    doc = MailRuns(VOCAB)(text)

    assert doc.text == text
    assert set(sentence_starts(text)) <= {token.idx for token in doc}
