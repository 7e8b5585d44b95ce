"""The tree of a mail is the one the standard library would have made, whatever the bytes."""

from email.message import Message as MimePart
from email.parser import BytesParser
from email.policy import compat32
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extraction.mime_tree import parse_tree

NESTED = b"""\
Received: from a.example
\tby b.example; Mon, 2 Mar 2026 09:00:00 +0100
Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=
Content-Type: multipart/mixed; boundary="outer"

This is a message with multiple parts in MIME format.
--outer
Content-Type: multipart/alternative; boundary=outer2

--outer2
Content-Type: text/plain; charset=utf-8

Hello
--outer is no boundary here

--outer2
Content-Type: text/html

<p>Hello</p>
--outer2--
--outer
Content-Type: application/pdf; name="a.pdf"
Content-Transfer-Encoding: base64

JVBERi0=

--outer--
And an epilogue.
"""
PLAIN = b"From: kim@tidewater.example\nSubject: Pump\n\nIt leaks.\n--outer\n"
REPORT = NESTED.replace(b"application/pdf", b"message/rfc822")
DIGEST = NESTED.replace(b"multipart/mixed", b"multipart/digest")
ODD = {
    "no header": b"\nJust words.\n",
    "header alone": b"From: kim@tidewater.example\nSubject: Pump",
    "a line that is no field": b"From: kim@tidewater.example\nnot a field\n\nWords\n",
    "space before the colon": b"From : kim@tidewater.example\nSubject : Pump\n\nWords\n",
    "begins with a continuation": b" folded\nSubject: Pump\n\nWords\n",
    "envelope lines": b"From kim Mon Mar  2\nSubject: Pump\nFrom kim\n\nWords\n",
    "lone carriage returns": b"Subject: Pump\rX: y\n\nWords\r--outer\r",
    "no boundary": NESTED.replace(b' boundary="outer"', b""),
    "never closed": NESTED.replace(b"--outer--", b""),
    "closed before it opens": NESTED.replace(b"This is a", b"--outer--\nThis is a"),
    "boundary twice": NESTED.replace(b"--outer\nContent-Type: app", b"--outer\n--outer\nContent-Type: app"),
    "blanks after boundaries": NESTED.replace(b"--outer\n", b"--outer \t\n"),
    "parts without header": NESTED.replace(b"Content-Type: text/plain; charset=utf-8\n", b""),
    "eight-bit header": b"Subject: Gr\xfc\xdfe\n\nW\xf6rter\n",
}


def tree(part: MimePart) -> Any:
    """What is read of a part: its fields, its kind and its content."""
    content: Any = part.get_payload()
    inside = [tree(child) for child in content] if isinstance(content, list) else content
    return [(name, str(value)) for name, value in part.raw_items()], part.get_content_type(), inside


def of_the_library(data: bytes) -> Any:
    """The tree the standard library makes."""
    return tree(BytesParser(policy=compat32).parsebytes(data))


@pytest.mark.parametrize("data", [NESTED, PLAIN, REPORT, DIGEST], ids=["nested", "plain", "report", "digest"])
@pytest.mark.parametrize("end", [b"\n", b"\r\n"], ids=["lf", "crlf"])
def test_mail_as_clients_write_it(data: bytes, end: bytes) -> None:
    """Parts, nested parts and attached mails are found, whichever way lines end."""
    data = data.replace(b"\n", end)

    assert tree(parse_tree(data)) == of_the_library(data)


@pytest.mark.parametrize("data", ODD.values(), ids=ODD.keys())
def test_odd_mail(data: bytes) -> None:
    """What is broken is read as the library reads it."""
    assert tree(parse_tree(data)) == of_the_library(data)


@given(
    st.sampled_from([NESTED, PLAIN, REPORT, NESTED.replace(b"\n", b"\r\n")]),
    st.lists(
        st.tuples(
            st.integers(0, 700),
            st.integers(0, 20),
            st.sampled_from(
                [b"", b"\n", b"\r", b"\r\n", b"--", b"--outer\n", b"--outer2--\n", b" ", b":", b"\x85", b"x"]
            ),
        ),
        max_size=5,
    ),
)
def test_damaged_mail(data: bytes, damage: list[tuple[int, int, bytes]]) -> None:
    """Wherever something is cut out or put in, the tree is the library's."""
    for at, length, instead in damage:
        data = data[:at] + instead + data[at + length :]

    assert tree(parse_tree(data)) == of_the_library(data)
