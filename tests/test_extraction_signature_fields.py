"""Name, title, organisation and phones of a signature, with their places."""

from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.mail import Message, Zones
from domain.sources import RawMessage
from extraction.contacts import contacts
from extraction.mime import parse_message
from extraction.signature_fields import FieldKind, read_fields

CARD = """Dr. Petra Blum
Head of Sales
Acme Pumps GmbH
Am Ring 5, 10115 Berlin
Tel. +49 30 1234567
Fax +49 30 1234568"""


def fields(text: str) -> list[tuple[str, str]]:
    """Kind and words of each field, in order."""
    return [(each.kind.value, text[each.start : each.end]) for each in read_fields(text)]


def test_a_card_is_read_line_by_line() -> None:
    """What stands where is known by its words; streets are no field."""
    assert fields(CARD) == [
        ("name", "Dr. Petra Blum"),
        ("title", "Head of Sales"),
        ("organisation", "Acme Pumps GmbH"),
        ("phone", "+49 30 1234567"),
        ("fax", "+49 30 1234568"),
    ]


@pytest.mark.parametrize(
    ("signature", "expected"),
    [
        ("Tom Hale | Key Account Manager | Ours Ltd", [("name", "Tom Hale"), ("title", "Key Account Manager"),
                                                      ("organisation", "Ours Ltd")]),
        ("Tom Hale\nSenior Counsel, OURS\n(030) 123 45 67 ph.\n(030) 123 45 68 fax",
         [("name", "Tom Hale"), ("title", "Senior Counsel"), ("organisation", "OURS"), ("phone", "(030) 123 45 67"),
          ("fax", "(030) 123 45 68")]),
        ("Luc Roy\nDirecteur des achats\nPompes Roy SARL\nTél. : 01 23 45 67 89",
         [("name", "Luc Roy"), ("title", "Directeur des achats"), ("organisation", "Pompes Roy SARL"),
          ("phone", "01 23 45 67 89")]),
        ("Jan Roth, Ph.D.\nVertriebsleiter\nOurs AG", [("name", "Jan Roth"), ("title", "Vertriebsleiter"),
                                                      ("organisation", "Ours AG")]),
        ("> Ann Berger\n> Buyer\n> Cell: 555-010-4477", [("name", "Ann Berger"), ("title", "Buyer"),
                                                        ("phone", "555-010-4477")]),
        ("Ours GmbH\nHRB 123456789 Berlin\nVAT ID DE 123 456 789\n04.03.2025\nSpringfield, IL 62704-1234",
         [("organisation", "Ours GmbH")]),
        ("Best regards\n-- \n", []),
    ],
)  # fmt: skip
def test_fields_in_the_layouts_people_use(signature: str, expected: list[tuple[str, str]]) -> None:
    """Bars, labels before or behind a number, titles in several languages; register numbers are no phones."""
    assert fields(signature) == expected


@given(
    st.lists(
        st.sampled_from([*CARD.split("\n"), "> ", "(a.bb)" * 12, "M. " * 29, "1234567890" * 8]) | st.text(max_size=90)
    )
)
def test_fields_slice_their_text(lines: list[str]) -> None:
    """Any text is taken; fields lie in order and do not overlap."""
    text = "\n".join(lines)
    found = read_fields(text)

    assert all(0 <= each.start < each.end <= len(text) for each in found)
    assert all(before.end <= after.start for before, after in pairwise(found))
    assert sum(each.kind is FieldKind.NAME for each in found) <= 1


def test_the_signature_describes_the_writer() -> None:
    """The header gives names and addresses, the signature the rest; a disclaimer below says nothing."""
    data = (
        "From: petra@acme.example\nTo: Jan Roth <jan@ours.example>\nDate: Tue, 4 Mar 2025 10:13:00 +0100\n"
        f"Subject: Pump\n\nIt leaks.\n\n-- \n{CARD}\n\n"
        "This e-mail is confidential. Legal Department, +49 30 999 999 99\n"
    ).encode()
    raw = RawMessage(folder="INBOX", uid="1", data=data, received_at=None, size=len(data))
    message = parse_message(raw, fetched_at=datetime(2025, 3, 4, 12, tzinfo=UTC))

    assert isinstance(message, Message)
    assert contacts(message) == [
        {
            "name": "Dr. Petra Blum",
            "address": "petra@acme.example",
            "phone": "+49 30 1234567",
            "phone_number": "+49301234567",
            "title": "Head of Sales",
            "organisation": "Acme Pumps GmbH",
        },
        {
            "name": "Jan Roth",
            "address": "jan@ours.example",
            "phone": None,
            "phone_number": None,
            "title": None,
            "organisation": None,
        },
    ]


def test_a_text_without_a_header_names_its_writer_by_the_signature() -> None:
    """A body alone still says who wrote it."""
    message = Message(
        key="",
        message_id="",
        subject="",
        sender=None,
        received_at=datetime(2025, 3, 4, tzinfo=UTC),
        body_text="",
        zones=Zones(reply_text="It leaks.", signature="-- \nPetra Blum\nBuyer\npetra@acme.example"),
    )

    assert contacts(message) == [
        {
            "name": "Petra Blum",
            "address": "petra@acme.example",
            "phone": None,
            "phone_number": None,
            "title": "Buyer",
            "organisation": None,
        }
    ]
    assert contacts(replace(message, zones=Zones(reply_text="It leaks."))) == []
