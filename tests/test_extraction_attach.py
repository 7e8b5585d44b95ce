"""Who is who in mails and events: sides, direction, accounts (SEMANTICS 1, D4.15)."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.accounts import Account, Company, Direction
from domain.conversations import PartySide
from domain.events import Attendee, Event
from extraction.attach import AccountBook, attach, attach_event, canonical, registrable

COMPANY = Company(
    name="Northwind Agency",
    domains=("northwind.example", "northwind.co.uk"),
    identities=("team@old-northwind.example", "northwind.agency@gmail.com"),
)
ACCOUNTS = (
    Account(id="acme", name="Acme", domains=("acme.example",), contacts=("nina.private@gmx.example", "nina@gmail.com")),
    Account(id="acme-uk", name="Acme UK", domains=("uk.acme.example",)),
    Account(id="bright", name="Bright", domains=("bright.co.uk",)),
    Account(id="ci", name="C.I. Group", domains=("cigroup.github.io",), contacts=("boss@northwind.co.uk",)),
    Account(id="careless", name="", domains=("gmx.de",)),
)
BOOK = AccountBook(COMPANY, ACCOUNTS)
ANA, BEN, NINA = "ana@northwind.example", "ben@northwind.example", "nina@acme.example"


@pytest.mark.parametrize(
    ("address", "side", "account"),
    [
        (ANA, PartySide.OWN, ""),
        ("ana@mail.northwind.co.uk", PartySide.OWN, ""),
        ("team@old-northwind.example", PartySide.OWN, ""),
        ("tom@old-northwind.example", PartySide.OTHER, ""),
        ("northwind.agency@gmail.com", PartySide.OWN, ""),
        ("somebody@gmail.com", PartySide.OTHER, ""),
        (NINA, PartySide.CLIENT, "acme"),
        ("ole@de.acme.example", PartySide.CLIENT, "acme"),
        ("ole@uk.acme.example", PartySide.CLIENT, "acme-uk"),
        ("ole@shop.uk.acme.example", PartySide.CLIENT, "acme-uk"),
        ("ole@notacme.example", PartySide.OTHER, ""),
        ("ole@acme.example.evil.example", PartySide.OTHER, ""),
        ("kim@www.bright.co.uk", PartySide.CLIENT, "bright"),
        ("kim@dim.co.uk", PartySide.OTHER, ""),
        ("bot@cigroup.github.io", PartySide.CLIENT, "ci"),
        ("bot@other.github.io", PartySide.OTHER, ""),
        ("nina@gmail.com", PartySide.CLIENT, "acme"),
        ("nina.private@gmx.example", PartySide.CLIENT, "acme"),
        ("someone@gmx.de", PartySide.OTHER, ""),
        ("boss@northwind.co.uk", PartySide.CLIENT, "ci"),
        ("root", PartySide.OTHER, ""),
        ("", PartySide.OTHER, ""),
    ],
)
def test_an_address_has_a_side(address: str, side: PartySide, account: str) -> None:
    """Exact contacts before domains, narrow domains before wide ones, free-mail by exact address only."""
    placed = BOOK.place(address)
    assert (placed.side, placed.account) == (side, account)


@pytest.mark.parametrize("address", ["Ana+acme@Northwind.example", "team+x@old-northwind.example", "NINA+1@gmail.com"])
def test_d4_15_a_plus_tag_and_capitals_change_nothing(address: str) -> None:
    """D4.15: RFC 5233's subaddress belongs to the same person."""
    assert BOOK.place(address) == BOOK.place(canonical(address))
    assert BOOK.place(address).side is not PartySide.OTHER


@given(st.text(alphabet="ab+@.-ü ", max_size=30))
def test_any_text_can_be_placed(text: str) -> None:
    """Headers hold anything; placing it never fails and never depends on the plus-tag."""
    assert BOOK.place(text) == BOOK.place(canonical(text))


@pytest.mark.parametrize(
    ("domain", "registered"),
    [
        ("acme.com", "acme.com"),
        ("mail.acme.co.uk", "acme.co.uk"),
        ("a.b.acme.example", "acme.example"),
        ("acme.github.io", "acme.github.io"),
        ("localhost", "localhost"),
        ("co.uk", "co.uk"),
        ("10.0.0.1", "10.0.0.1"),
        ("", ""),
    ],
)
def test_what_somebody_registered_follows_the_public_suffix_list(domain: str, registered: str) -> None:
    """The list's prevailing rule holds for top-level domains it does not have."""
    assert registrable(domain) == registered


def mail(*named: tuple[str, str], bulk: bool = False, text: str = "") -> tuple[Direction, set[str]]:
    """Attach a mail; return its direction and accounts."""
    found = attach([(role, "", address) for role, address in named], BOOK, bulk=bulk, reply_text=text)
    return found.direction, set(found.accounts)


FREELANCER = "zoe@freelancer.example"


@pytest.mark.parametrize(
    ("named", "direction", "accounts"),
    [
        ([("from", NINA), ("to", ANA)], Direction.INBOUND, {"acme"}),
        ([("from", ANA), ("to", NINA)], Direction.OUTBOUND, {"acme"}),
        ([("from", ANA), ("to", BEN)], Direction.INTERNAL, set()),
        ([("from", ANA), ("to", BEN), ("bcc", NINA)], Direction.OUTBOUND, {"acme"}),
        ([("from", ANA)], Direction.OUTBOUND, set()),
        ([("from", NINA), ("to", "ole@acme.example"), ("cc", ANA)], Direction.INBOUND, {"acme"}),
        ([("from", NINA), ("to", ANA), ("cc", "kim@bright.co.uk")], Direction.INBOUND, {"acme", "bright"}),
        ([("from", FREELANCER), ("to", ANA)], Direction.INBOUND, set()),
        ([("from", FREELANCER), ("sender", BEN), ("to", NINA)], Direction.OUTBOUND, {"acme"}),
        ([("from", ANA), ("sender", FREELANCER), ("to", NINA)], Direction.OUTBOUND, {"acme"}),
        ([("from", NINA), ("sender", BEN), ("to", ANA)], Direction.INBOUND, {"acme"}),
        ([("sender", BEN), ("to", NINA)], Direction.OUTBOUND, {"acme"}),
        ([("from", FREELANCER), ("to", ANA), ("reply_to", NINA)], Direction.INBOUND, set()),
        ([("to", ANA)], Direction.NONE, set()),
        ([], Direction.NONE, set()),
    ],
)
def test_d4_15_direction_comes_from_who_wrote(
    named: list[tuple[str, str]], direction: Direction, accounts: set[str]
) -> None:
    """D4.15: From and Sender decide, never the folder; every participant's account gets the mail, Reply-To does not."""
    assert mail(*named) == (direction, accounts)


def test_d4_15_a_lists_sender_header_is_not_a_person() -> None:
    """D4.15: our own list server stands in Sender of what a stranger posted; that makes it no mail of ours."""
    named = [("from", FREELANCER), ("sender", "list-owner@northwind.example"), ("to", NINA)]
    assert mail(*named, bulk=True)[0] is Direction.INBOUND
    assert mail(*named, bulk=False)[0] is Direction.OUTBOUND


def test_an_account_link_has_its_reason() -> None:
    """``explain`` prints it."""
    found = attach([("from", "", "nina@gmail.com"), ("to", "", ANA), ("cc", "", "kim@bright.co.uk")], BOOK)
    assert found.accounts == {"acme": "contact nina@gmail.com", "bright": "domain bright.co.uk"}


def test_strangers_are_listed_by_domain_and_free_mail_people_by_address() -> None:
    """Triage groups by what somebody registered; nobody is the organisation of a free-mail service."""
    strangers = ["a@mail.vendor.co.uk", "kim@web.de", "tell@reply.yahoo.com"]
    found = attach([("from", "", ANA), *(("to", "", address) for address in strangers)], BOOK)
    assert [party.domain for party in found.parties[1:]] == ["vendor.co.uk", "kim@web.de", "tell@reply.yahoo.com"]


@pytest.mark.parametrize(
    "text",
    [
        "Ana, could you send it?",
        "@ana: could you send it?",
        "See below. @Ana could you send it?",
        "Hi Ole, hi Ana,\n\ncould you two send it?",
        "Hallo Ole und Ana,\n\nkönnt ihr das schicken?",
        "Ole, thanks.\n\nAna - please send it.",
        "Could you send it, Ana?",
        "Could Ana send it to us?",
        "Perhaps Ana can send it.",
        "Ana bitte die Datei schicken.",
        "Kann Ana uns die Datei schicken?",
        "Northwind, could you send it?",
        "Can Northwind Agency send it?",
    ],
)
def test_d4_3_speaking_to_one_of_us(text: str) -> None:
    """D4.3: by first name or as the company, in English and German."""
    assert names_us(text)


@pytest.mark.parametrize(
    "text",
    [
        "Ole, could you check what Ana sent on Friday?",
        "Ole, the quote of Northwind is attached. Could you sign it?",
        "Ole, kannst du prüfen, was Ana geschickt hat?",
        "We go bananas.",
        "Ole, could you send it?",
        "",
    ],
)
def test_d4_3_telling_of_one_of_us(text: str) -> None:
    """D4.3: who is only mentioned is not asked."""
    assert not names_us(text)


@pytest.mark.parametrize(
    ("role", "name", "named"),
    [
        ("cc", "Ana Berg", True),
        ("cc", "Berg, Ana", True),
        ("cc", "", True),
        ("cc", "Zoe Tal", False),
        ("cc", "A. Berg", False),
        ("bcc", "Ana Berg", False),
    ],
)
def test_d4_3_whose_first_name_it_is(role: str, name: str, named: bool) -> None:
    """D4.3: that of somebody who is addressed, as display names write it; initials name nobody."""
    assert names_us("Ana, could you send it?", role=role, name=name) is named


def names_us(text: str, *, role: str = "cc", name: str = "Ana Berg") -> bool:
    """Attach a mail from Nina to Ole with Ana on Cc."""
    named = [("from", "Nina", NINA), ("to", "Ole", "ole@acme.example"), (role, name, ANA)]
    return attach(named, BOOK, reply_text=text).names_us


def event(title: str = "Review", *people: str, text: str = "") -> Event:
    """Return an hour on 3 March 2026."""
    starts = datetime(2026, 3, 3, 9, tzinfo=UTC)
    attendees = tuple(Attendee("", address) for address in people)
    return Event(
        key="e",
        ical_uid="e",
        title=title,
        starts_at=starts,
        ends_at=starts + timedelta(hours=1),
        description=text,
        attendees=attendees,
    )


def test_an_event_counts_participants_by_account() -> None:
    """D5.8: both accounts, with how many of each take part."""
    found = attach_event(event("Review", ANA, NINA, "ole@acme.example", "kim@bright.co.uk"), [ANA], BOOK)
    assert found.accounts == {"acme": (2, "domain acme.example"), "bright": (1, "domain bright.co.uk")}
    assert (found.own, found.clients, found.titled) == ((ANA,), (NINA, "ole@acme.example", "kim@bright.co.uk"), False)


def test_addresses_in_title_and_text_take_part() -> None:
    """SEMANTICS 5: "an address in its title or body"; each person counts once."""
    found = attach_event(
        event(f"Call {NINA}", text=f"Dial in, {NINA.upper()}, or write to kim@bright.co.uk."), [], BOOK
    )
    assert {account: count for account, (count, _) in found.accounts.items()} == {"acme": 1, "bright": 1}


def test_d5_11_an_account_named_in_the_title_is_a_candidate() -> None:
    """D5.11: only when nobody of an account takes part, and only as a whole name."""
    titled = attach_event(event("ACME - call"), [ANA], BOOK)
    assert (titled.accounts, titled.titled) == ({"acme": (0, "named in the title")}, True)
    assert attach_event(event("Acmeology"), [ANA], BOOK).accounts == {}
    assert not attach_event(event("ACME - call", "kim@bright.co.uk"), [ANA], BOOK).titled


def test_whose_calendar_it_is_takes_part() -> None:
    """An entry without attendees is its owner's."""
    assert attach_event(event(f"Lunch {NINA}"), [BEN], BOOK).own == (BEN,)


def test_d5_9_our_own_meeting_concerns_nobody() -> None:
    """D5.9: own people only."""
    found = attach_event(event("Planning", ANA, BEN), [ANA], BOOK)
    assert (found.accounts, found.titled) == ({}, False)
