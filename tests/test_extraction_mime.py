"""Bytes of every kind read as mail."""

import base64
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.mail import Address, Attachment, Message
from domain.signals import Problem
from domain.sources import RawMessage
from extraction.headers import parse_addresses
from extraction.mime import body_fingerprint, parse_message

FETCHED = datetime(2025, 3, 10, 12, 0, tzinfo=UTC)


def parse(text: str | bytes, received_at: datetime | None = None) -> Message | Problem:
    """Parse a whole mail as handed out by a source."""
    data = text if isinstance(text, bytes) else text.replace("\n", "\r\n").encode()
    raw = RawMessage(folder="INBOX", uid="1", data=data, received_at=received_at, size=len(data))
    return parse_message(raw, fetched_at=FETCHED)


def read(text: str | bytes, received_at: datetime | None = None) -> Message:
    """Parse a mail that must be readable."""
    message = parse(text, received_at)
    assert isinstance(message, Message), message
    return message


PLAIN = """\
Message-ID: <a1@acme.example>
Date: Tue, 4 Mar 2025 10:13:00 +0100
From: Petra Blum <Petra@ACME.example>
To: "Roth, Jan" <jan@ours.example>, desk@ours.example
Cc: team: a@acme.example, b@acme.example;
In-Reply-To: <q0@ours.example>
References: <p9@ours.example>
 <q0@ours.example>
Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe_?= =?utf-8?q?aus_K=C3=B6ln?=

Hello Jan,

the pump leaks.
"""


def test_a_plain_mail_is_read_whole() -> None:
    """Headers decoded, addresses lower-cased, groups flattened, the sender's own offset kept."""
    message = read(PLAIN)

    assert message.key == message.message_id == "a1@acme.example"
    assert message.subject == "Grüße aus Köln"
    assert message.sender == Address("Petra Blum", "petra@acme.example")
    assert message.to == (Address("Roth, Jan", "jan@ours.example"), Address("", "desk@ours.example"))
    assert [address.address for address in message.cc] == ["a@acme.example", "b@acme.example"]
    assert message.in_reply_to == ("q0@ours.example",)
    assert message.references == ("p9@ours.example", "q0@ours.example")
    assert message.sent_at is not None
    assert message.sent_at.utcoffset() == timedelta(hours=1)
    assert message.received_at == datetime(2025, 3, 4, 9, 13, tzinfo=UTC)
    assert message.body_text == "Hello Jan,\n\nthe pump leaks."
    assert message.language == "en"
    assert message.automatic is None


@pytest.mark.parametrize(
    "data", [b"", b"\r\n\r\n", b"\x89PNG\r\n\x1a\n\x00\x00", b"just words\nand more\n", b"<html></html>"]
)
def test_what_is_no_mail_is_a_problem(data: bytes) -> None:
    """Without a header in front there is nothing to read; the item waits in quarantine."""
    assert isinstance(parse(data), Problem)


@pytest.mark.parametrize(
    ("given_at", "received", "date", "expected"),
    [
        (
            "2025-03-05T08:00:00+00:00",
            "Tue, 4 Mar 2025 10:00:00 +0000",
            "Mon, 3 Mar 2025 10:00:00 +0000",
            "2025-03-05T08:00",
        ),
        (None, "Tue, 4 Mar 2025 10:00:00 +0000", "Mon, 3 Mar 2025 10:00:00 +0000", "2025-03-04T10:00"),
        (None, "", "Mon, 3 Mar 2025 10:00:00 +0000", "2025-03-03T10:00"),
        ("1970-01-01T00:00:00+00:00", "", "Mon, 3 Mar 2025 10:00:00 +0000", "2025-03-03T10:00"),
        (None, "", "Mon, 3 Mar 2031 10:00:00 +0000", "2025-03-10T12:00"),
        (None, "", "", "2025-03-10T12:00"),
        ("2025-03-05T08:00:00+00:00", "", "Mon, 3 Mar 2031 10:00:00 +0000", "2025-03-05T08:00"),
    ],
)
def test_server_time_rules_over_the_date_header_d4_23(
    given_at: str | None, received: str, date: str, expected: str
) -> None:
    """D4.23: backdated or future Date headers move nothing; the first plausible time counts, clamped to now."""
    head = f"Received: from a by b; {received}\n" * bool(received) + f"Date: {date}\n" * bool(date)
    message = read(f"From: a@acme.example\n{head}\nHi\n", datetime.fromisoformat(given_at) if given_at else None)

    assert message.received_at == datetime.fromisoformat(f"{expected}:00+00:00")


@pytest.mark.parametrize("identifier", ["", "Message-ID:\n", "Message-ID: <>\n"])
def test_without_message_id_the_content_is_the_identity(identifier: str) -> None:
    """Copies of one mail agree, other mails differ."""
    mail = f"{identifier}From: a@acme.example\nDate: Tue, 4 Mar 2025 10:13:00 +0100\nSubject: Pump\n\nIt leaks.\n"

    assert read(mail).key.startswith("sha256:")
    assert read(mail).key == read(f"Received: x; y\n{mail}").key
    assert read(mail).key != read(mail.replace("leaks", "works")).key


def test_fingerprint_ignores_what_a_list_adds_d4_16() -> None:
    """D4.16: our own mail echoed by a list has another subject tag, wrapping and footer."""
    echo = PLAIN.replace("Subject: ", "Subject: [sales] ").replace("the pump leaks.", "the pump\nleaks.")
    echo += "\n_______________________________\nsales mailing list\nhttps://lists.acme.example/listinfo/sales\n"

    assert body_fingerprint(read(echo)) == body_fingerprint(read(PLAIN))
    assert body_fingerprint(read(PLAIN.replace("leaks", "works"))) != body_fingerprint(read(PLAIN))


def test_alternative_prefers_plain_text_unless_it_is_a_stub() -> None:
    """A plain part that only says that HTML cannot be shown gives way to the HTML part."""
    mail = (
        'From: a@acme.example\nContent-Type: multipart/alternative; boundary="b"\n\n'
        "--b\nContent-Type: text/plain\n\n{}\n--b\nContent-Type: text/html\n\n<p>Rich <b>words</b></p>\n--b--\n"
    )

    assert read(mail.format("Plain words")).body_text == "Plain words"
    assert read(mail.format("Your client does not support HTML.")).body_text == "Rich words"
    assert read(mail.format("")).body_text == "Rich words"


def test_html_keeps_structure_and_drops_what_is_hidden() -> None:
    """Paragraphs, lines, bullets stay; style, script and preheaders go; quotes are marked."""
    message = read(
        "From: a@acme.example\nContent-Type: text/html; charset=utf-8\n\n"
        "<html><head><style>p {color: red}</style></head><body><div style='display:none'>Preheader</div>"
        "<p>Dear Jan,</p><p>two things:<br>first</p><ul><li>pump</li><li>valve</li></ul>"
        "<div class='gmail_quote'>On Mon, 3 Mar 2025 at 09:00, Jan Roth &lt;<a href='mailto:jan@ours.example'>"
        "jan@ours.example</a>&gt; wrote:"
        "<blockquote class='gmail_quote'><p>All well?</p></blockquote></div></body></html>"
    )

    assert message.zones.reply_text == "Dear Jan,\n\ntwo things:\nfirst\n\n- pump\n- valve"
    assert "> All well?" in message.zones.quoted_text
    assert message.zones.headers[0].sender == Address("Jan Roth", "jan@ours.example")


@pytest.mark.parametrize("page", ["<HTML><body>", "\n<!DOCTYPE html>\n<html><body>"])
def test_a_page_that_calls_itself_plain_text_is_read_as_a_page(page: str) -> None:
    """As some mailing programs send it; words about HTML stay words."""
    header = "From: a@acme.example\nContent-Type: text/plain\n\n"
    message = read(f"{header}{page}<p>Could you <b>call</b> me?</p></body></html>")

    assert message.body_text == "Could you call me?"
    assert read(f"{header}Does <html> need <p>?").body_text == "Does <html> need <p>?"


def test_outlook_html_reply_is_cut_at_its_divider() -> None:
    """Outlook draws a border above the header block of the mail being answered."""
    message = read(
        "From: a@acme.example\nContent-Type: text/html\n\n<div><p class=MsoNormal>Agreed.</p>"
        "<div style='border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0cm 0cm 0cm'><p><b>Von:</b> Jan Roth "
        "&lt;jan@ours.example&gt;<br><b>Gesendet:</b> Montag, 3. M&auml;rz 2025 09:00<br><b>An:</b> Petra Blum<br>"
        "<b>Betreff:</b> Preis</p></div><p>Bitte best&auml;tigen.</p></div>"
    )

    assert message.zones.reply_text == "Agreed."
    assert message.zones.headers[0].subject == "Preis"


def test_attached_mail_is_an_attachment_and_quoted_text() -> None:
    """A forward as attachment: named by its subject, its words are not new (D4.20, D4.29)."""
    message = read(
        'From: jan@ours.example\nSubject: WG: Pump\nContent-Type: multipart/mixed; boundary="b"\n\n'
        "--b\nContent-Type: text/plain\n\nPlease handle.\n--b\nContent-Type: message/rfc822\n\n"
        "From: Petra Blum <petra@acme.example>\nDate: Tue, 4 Mar 2025 10:13:00 +0100\nTo: jan@ours.example\n"
        "Subject: Broken pump\n\nSend a spare part.\n\n--b--\n"
    )

    assert [attachment.filename for attachment in message.attachments] == ["Broken pump"]
    assert message.zones.reply_text == "Please handle."
    assert "Send a spare part." in message.zones.quoted_text
    assert message.zones.forwarded
    assert message.zones.headers[0].sender == Address("Petra Blum", "petra@acme.example")


def test_attachments_are_listed_by_name_type_and_size() -> None:
    """Metadata only; RFC 2231 and RFC 2047 names alike."""
    payload = base64.b64encode(b"x" * 30).decode()
    message = read(
        'From: a@acme.example\nContent-Type: multipart/mixed; boundary="b"\n\n--b\n\nSee plan.\n--b\n'
        "Content-Type: application/pdf\nContent-Disposition: attachment; filename*=utf-8''Pl%C3%A4ne.pdf\n"
        f"Content-Transfer-Encoding: base64\n\n{payload}\n--b--\n"
    )

    assert message.attachments == (Attachment("Pläne.pdf", "application/pdf", 30),)


@pytest.mark.parametrize(
    ("charset", "data", "text"),
    [
        ("no-such-charset", "Grüße".encode(), "Grüße"),
        ("us-ascii", "Grüße".encode("latin-1"), "Grüße"),
        ("iso-8859-1", "5 €".encode("cp1252"), "5 €"),
        ("gb2312", "谢谢".encode("gb18030"), "谢谢"),
        ("iso-8859-1", "Grüße".encode(), "Grüße"),
    ],
)
def test_charsets_that_lie_or_do_not_exist_are_read_all_the_same(charset: str, data: bytes, text: str) -> None:
    """The label is believed only as far as the bytes allow."""
    message = read(f"From: a@acme.example\r\nContent-Type: text/plain; charset={charset}\r\n\r\n".encode() + data)

    assert message.body_text == text


def test_nested_and_endless_mail_is_bounded() -> None:
    """Parts, nesting, headers and text have limits; the beginning is read."""
    nested = "".join(f'Content-Type: multipart/mixed; boundary="b{n}"\n\n--b{n}\n' for n in range(60))
    long = read("From: a@acme.example\nSubject: " + "x" * 100_000 + "\n\n" + "word " * 200_000)

    assert isinstance(parse(f"From: a@acme.example\n{nested}\nHi"), Message)
    assert len(long.subject) <= 1_000
    assert len(long.body_text) <= 256 * 1024


def test_invitations_in_mail_become_events_with_their_method() -> None:
    """RFC 6047: the calendar part of a mail (D5.12)."""
    message = read(
        "From: petra@acme.example\nSubject: Invitation: Review\n"
        "Content-Type: text/calendar; method=REQUEST; charset=utf-8\n\n"
        "BEGIN:VCALENDAR\nMETHOD:REQUEST\nBEGIN:VEVENT\nUID:r1\nDTSTART:20250312T090000Z\nDTEND:20250312T100000Z\n"
        "SUMMARY:Review\nORGANIZER:mailto:petra@acme.example\nEND:VEVENT\nEND:VCALENDAR\n"
    )

    assert [(event.key, event.method) for event in message.invitations] == [("r1", "request")]
    assert message.automatic == "calendar"


HEADER = st.sampled_from(
    [
        "From",
        "To",
        "Date",
        "Subject",
        "Message-ID",
        "References",
        "Content-Type",
        "Content-Transfer-Encoding",
        "Received",
        "X",
    ]
)
VALUE = st.sampled_from(
    [
        "multipart/mixed; boundary=b",
        "multipart/alternative; boundary=b",
        "message/rfc822",
        "message/delivery-status",
        "text/html; charset=x",
        "text/calendar",
        "base64",
        "quoted-printable",
        "x-uuencode",
        "=?utf-8?b?w?=",
        "=?x?q?=zz?=",
        "group: a@b, ;",
        "Tue, 99 Foo 2025 99:99:99 +9999",
        '<<a@b> @ "',
        "text/plain; name*0*=x''%ff; name*1=y",
    ]
) | st.text(max_size=40)
MAILS = st.builds(
    lambda pairs, body: (
        "".join(f"{name}: {value}\r\n" for name, value in pairs).encode("utf-8", "replace") + b"\r\n" + body
    ),
    st.lists(st.tuples(HEADER, VALUE), max_size=8),
    st.binary(max_size=80)
    | st.sampled_from([b"--b\r\nContent-Type: text/html\r\n\r\n<p>\r\n--b--", b"=", b"--b\r\n\r\n--b"]),
)


@given(st.binary(max_size=300) | MAILS)
def test_any_bytes_give_a_message_or_a_problem(data: bytes) -> None:
    """Nothing a server may hold raises; times are aware UTC and not after now."""
    result = parse(data)

    if isinstance(result, Message):
        assert result.key
        assert result.received_at.utcoffset() == timedelta(0)
        assert result.received_at <= FETCHED + timedelta(minutes=5)
        body_fingerprint(result)


def test_a_long_odd_list_of_addresses_is_refused_at_once() -> None:
    """Three hundred names without a comma between two of them must not be tried in every combination."""
    value = (
        ", ".join(f"Kay Example{n}/West/Example Corp <kay.{n}@example.com>" for n in range(300)) + " odd;: \x01 [tail"
    )
    found = parse_addresses([value])
    assert found[0].address == "kay.0@example.com"


def test_reading_a_mail_does_not_load_spacy() -> None:
    """Two processes read mail; what only understanding needs would take 50 MB in each of them."""
    program = "import sys, extraction.mime, extraction.dates; sys.exit('spacy' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
