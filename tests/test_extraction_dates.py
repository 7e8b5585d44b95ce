"""Deadlines and meeting times, resolved against the moment of sending."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.signals import Certainty
from extraction.dates import DateMention, find_dates

WORDS = [
    *("by", "on", "in", "of", "next", "Friday", "March", "may", "tomorrow", "weeks", "pm", "am", "KW"),
    *("12", "31", "02", "99", "25", "999", "/", ".", "-", ":"),
]
WEDNESDAY = datetime(2026, 3, 11, 9, 30, tzinfo=timezone(timedelta(hours=1)))


def only(text: str, language: str = "en", sent_at: datetime = WEDNESDAY) -> DateMention:
    """Return the one date a sentence names."""
    (mention,) = find_dates(text, sent_at, language=language)
    return mention


@pytest.mark.parametrize(
    ("text", "due"),
    [
        ("by Friday", date(2026, 3, 13)),
        ("by COB Friday", date(2026, 3, 13)),
        ("by Friday EOD", date(2026, 3, 13)),
        ("by EOD", date(2026, 3, 11)),
        ("by end of day tomorrow", date(2026, 3, 12)),
        ("by 5pm tomorrow", datetime(2026, 3, 12, 16, tzinfo=UTC)),
        ("by noon", datetime(2026, 3, 11, 11, tzinfo=UTC)),
        ("by tomorrow morning", datetime(2026, 3, 12, 11, tzinfo=UTC)),
        ("in two weeks", date(2026, 3, 25)),
        ("within 3 days", date(2026, 3, 14)),
        ("within 3 working days", date(2026, 3, 16)),
        ("within 48 hours", datetime(2026, 3, 13, 8, 30, tzinfo=UTC)),
        ("by the end of the week", date(2026, 3, 13)),
        ("by the end of next week", date(2026, 3, 20)),
        ("by the end of the month", date(2026, 3, 31)),
        ("by the end of next month", date(2026, 4, 30)),
        ("by the end of Q2", date(2026, 6, 30)),
        ("in KW 48", date(2026, 11, 27)),
        ("by the 15th", date(2026, 3, 15)),
        ("by the 2nd", date(2026, 4, 2)),
        ("on 12 March", date(2026, 3, 12)),
        ("on March 20th, 2027", date(2027, 3, 20)),
        ("by 1 January", date(2027, 1, 1)),
        ("12.03.2026", date(2026, 3, 12)),
        ("on 25/03/2026", date(2026, 3, 25)),
        ("by 2026-04-02", date(2026, 4, 2)),
        ("next Thursday", date(2026, 3, 19)),
        ("on Wednesday", date(2026, 3, 18)),
        ("Friday, 20 March", date(2026, 3, 20)),
        ("the day after tomorrow", date(2026, 3, 13)),
        ("Tuesday next week", date(2026, 3, 17)),
    ],
)
def test_an_english_date_is_resolved(text: str, due: object) -> None:
    """Sent on Wednesday, 11 March 2026, at 9:30 in a zone one hour east of Greenwich."""
    assert only(text).due == due


@pytest.mark.parametrize(
    ("text", "due"),
    [
        ("bis Freitag", date(2026, 3, 13)),
        ("bis morgen Mittag", datetime(2026, 3, 12, 11, tzinfo=UTC)),
        ("morgen um 14 Uhr", datetime(2026, 3, 12, 13, tzinfo=UTC)),
        ("nächste Woche Dienstag", date(2026, 3, 17)),
        ("am 12.03.", date(2026, 3, 12)),
        ("bis zum 15.", date(2026, 3, 15)),
        ("bis 12. April", date(2026, 4, 12)),
        ("bis Ende der Woche", date(2026, 3, 13)),
        ("bis Ende nächster Woche", date(2026, 3, 20)),
        ("bis Monatsende", date(2026, 3, 31)),
        ("in zwei Wochen", date(2026, 3, 25)),
        ("innerhalb von 3 Werktagen", date(2026, 3, 16)),
        ("in KW 12", date(2026, 3, 20)),
        ("bis Feierabend", date(2026, 3, 11)),
        ("übermorgen", date(2026, 3, 13)),
        ("am Donnerstag um halb drei", datetime(2026, 3, 12, 13, 30, tzinfo=UTC)),
    ],
)
def test_a_german_date_is_resolved(text: str, due: object) -> None:
    """German dates, with dots, calendar weeks and half hours."""
    assert only(text, "de").due == due


@pytest.mark.parametrize(
    ("text", "starts", "ends"),
    [
        ("Thursday at 10", (12, 9, 0), (12, 10, 0)),
        ("Thu 3-4pm CET", (12, 14, 0), (12, 15, 0)),
        ("between 10 and 12 on Friday", (13, 9, 0), (13, 11, 0)),
        ("tomorrow at 3", (12, 14, 0), (12, 15, 0)),
        ("10:30 tomorrow", (12, 9, 30), (12, 10, 30)),
        ("Friday at 9am PST", (13, 16, 0), (13, 17, 0)),
        ("tomorrow morning", (12, 8, 0), (12, 11, 0)),
        ("11-1pm Friday", (13, 10, 0), (13, 12, 0)),
    ],
)
def test_a_meeting_time_is_an_instant_in_utc(
    text: str, starts: tuple[int, int, int], ends: tuple[int, int, int]
) -> None:
    """An hour makes an instant; without an end it lasts one hour; a named zone beats the sender's."""
    mention = only(text)

    assert mention.starts_at == datetime(2026, 3, *starts, tzinfo=UTC)
    assert mention.ends_at == datetime(2026, 3, *ends, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "let's meet some time",
        "we may order more",
        "Ref 12/2231",
        "version 2.1.4",
        "24/7 support",
        "at 10% off",
        "call 555 1234",
        "asap",
        "the 4th quarter results",
        "march on",
        "the sun and the sat nav",
        "10 people",
        "page 3-4",
        "they wed in church",
    ],
)
def test_no_date_is_read_into_other_numbers_and_words(text: str) -> None:
    """D5.14: "some time" is none; neither are references, versions, prices, or the verbs may and march."""
    assert find_dates(text, WEDNESDAY) == ()


@pytest.mark.parametrize("text", ["as you asked on Monday", "we met last Friday", "yesterday", "two days ago"])
def test_the_past_is_marked(text: str) -> None:
    """Past tense, "last" and "ago" put a date behind the mail."""
    assert only(text).past


@pytest.mark.parametrize("text", ["will you come on Monday", "by Monday", "Monday is fine", "please call on Monday"])
def test_a_bare_weekday_is_ahead(text: str) -> None:
    """A weekday without past tense is the next one."""
    assert only(text).first == date(2026, 3, 16)


@pytest.mark.parametrize(
    "text", ["by 03/04/2026", "next Friday", "in a couple of weeks", "next week", "tomorrow afternoon"]
)
def test_what_may_mean_two_things_is_tentative(text: str) -> None:
    """Ambiguous notation and vague words are tentative."""
    assert only(text).certainty is Certainty.TENTATIVE


def test_west_of_greenwich_the_month_comes_first() -> None:
    """03/04 is 4 March for a writer in New York, 3 April for one in Berlin."""
    new_york = datetime(2026, 3, 1, 9, tzinfo=timezone(timedelta(hours=-5)))

    assert (only("by 03/04/2026", sent_at=new_york).due, only("by 03/04/2026").due) == (
        date(2026, 3, 4),
        date(2026, 4, 3),
    )


@pytest.mark.parametrize(
    "text", ["by Friday", "before Friday", "until Friday", "no later than Friday", "Friday at the latest"]
)
def test_a_deadline_is_cued(text: str) -> None:
    """Words like "by" and "until" make a date a deadline; "on" does not."""
    assert only(text).cued
    assert not only("on Friday").cued


def test_next_thursday_is_anchored_to_the_sent_date() -> None:
    """D5.15: next Thursday of a mail sent in the old year lies in the new one."""
    sent = datetime(2025, 12, 30, 23, 0, tzinfo=timezone(timedelta(hours=-8)))

    assert only("next Thursday", sent_at=sent).first == date(2026, 1, 8)


@settings(max_examples=300, deadline=None)
@given(
    text=st.one_of(
        st.text(max_size=60),
        st.lists(
            st.sampled_from(WORDS),
            max_size=12,
        ).map(" ".join),
    ),
    language=st.sampled_from(["en", "de"]),
    sent_at=st.integers(0, 2**32).map(lambda seconds: datetime.fromtimestamp(seconds, UTC)),
)
def test_any_text_is_read(text: str, language: str, sent_at: datetime) -> None:
    """Nothing raises; offsets lie in the text, in order, and a range never ends before it begins."""
    position = 0
    for mention in find_dates(text, sent_at, language=language):
        assert position <= mention.start < mention.end <= len(text)
        assert mention.first <= mention.last
        position = mention.start
