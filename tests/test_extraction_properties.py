"""What holds for any mail: it is never an error, offsets slice their quote, and neither order nor batch matters."""

from datetime import UTC, datetime, timedelta, timezone
from functools import cache
from typing import TYPE_CHECKING

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from domain.mail import Message
from domain.signals import Problem, Signal
from domain.sources import RawMessage
from extraction.mime import parse_message
from extraction.pipeline import SignalInput, load_pipeline, read_signals

if TYPE_CHECKING:
    from spacy.language import Language

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
PHRASES = (
    "Could you please send us the signed contract by Friday?",
    "I will call you tomorrow at 10.",
    "Die Lieferung kam schon wieder zu spät, das ist ärgerlich!",
    "Pouvez-vous nous envoyer le devis avant le 15 mars ?",
    "Shall we meet on Thu 3-4pm CET",
    "Thanks, that is all.",
    "> quoted",
    "-- ",
    "On Mon, 2 Mar 2026, Ana Berg <ana@northwind.example> wrote:",
    "From: Mara\nSent: Monday\nTo: Ana\nSubject: Offer",
    "1) first 2) second",
    "<b>bold</b>",
    "\u2019\u00a0\u200b\U0001f600",
    "\ud800",
)
WORDS = st.lists(st.one_of(st.sampled_from(PHRASES), st.text(max_size=40)), max_size=8)
BODIES = st.builds(
    lambda parts, gap: gap.join(parts), WORDS, st.sampled_from([" ", "\n", "\n\n", "\r\n", "\n> ", "\t", ""])
)
INPUTS = st.builds(
    SignalInput,
    text=BODIES,
    sent_at=st.datetimes(
        min_value=datetime(1970, 1, 2), max_value=datetime(2190, 1, 1),  # noqa: DTZ001 - made aware below
        timezones=st.integers(-14, 14).map(lambda hours: timezone(timedelta(hours=hours))),
    ),
    language=st.sampled_from(["en", "de", "fr", "ru", "und", ""]),
    subject=st.text(max_size=20),
    answers=BODIES,
    writer=st.sampled_from(["client", "us", ""]),
)  # fmt: skip
HEADERS = (
    b"From: Mara <mara@tidewater.example>\r\nDate: Mon, 2 Mar 2026 10:00:00 +0100\r\n\r\n",
    b"Content-Type: text/html; charset=utf-16\r\n\r\n<p>",
    b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nContent-Transfer-Encoding: base64\r\n\r\n",
    b"Content-Type: text/plain; charset=\xff\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n=",
    b"From: =?utf-8?q?=ZZ?=\r\nDate: 99 Foo 0000\r\nSubject: =?x?b?\r\n\r\n",
)
MAILS = st.builds(lambda header, rest: header + rest, st.sampled_from((b"", *HEADERS)), st.binary(max_size=300))
SLOW = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@cache
def pipeline() -> "Language":
    """Loaded once."""
    return load_pipeline()


def read(*mails: SignalInput, batch_size: int = 512) -> list[tuple[Signal, ...]]:
    """The signals of each mail."""
    return list(read_signals(pipeline(), mails, batch_size=batch_size))


@SLOW
@given(MAILS)
@example(b"")
@example(HEADERS[1] + "Could you send it?".encode("utf-16"))
def test_any_bytes_are_a_message_or_a_problem(data: bytes) -> None:
    """And what they say is read, whatever it is; quotes stand where they are said to stand."""
    raw = RawMessage(folder="", uid="1", data=data, received_at=None, size=len(data))
    message = parse_message(raw, fetched_at=AT)
    if isinstance(message, Problem):
        assert message.reason
        return
    assert isinstance(message, Message)
    text = message.zones.reply_text
    (signals,) = read(SignalInput(text=text, sent_at=message.sent_at or message.received_at, language=message.language))
    assert [text[signal.start : signal.end] for signal in signals] == [signal.quote for signal in signals]


@SLOW
@given(INPUTS)
def test_offsets_slice_their_quote(mail: SignalInput) -> None:
    """Of every signal, in any text; scores are probabilities."""
    (signals,) = read(mail)

    assert [mail.text[signal.start : signal.end] for signal in signals] == [signal.quote for signal in signals]
    assert all(signal.quote.strip() and 0 <= signal.score <= 1 for signal in signals)


@SLOW
@given(st.lists(INPUTS, min_size=1, max_size=5), st.integers(1, 5))
def test_a_mail_is_read_the_same_alone_and_among_others(mails: list[SignalInput], size: int) -> None:
    """In batches of any size, and a second time."""
    alone = [signals for mail in mails for signals in read(mail)]

    assert read(*mails) == alone
    assert read(*mails, batch_size=size) == alone
    assert read(*reversed(mails)) == alone[::-1]
