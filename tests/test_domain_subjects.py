"""Base subjects (RFC 5256, section 2.1), and which mail a reply without references may answer (SEMANTICS 1)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.subjects import ANSWERED_WITHIN, SubjectTrace, base_subject, folded_name, is_reply, may_answer

SENT = datetime(2026, 3, 2, 9, tzinfo=UTC)
NINA, ANA, TOM = "nina@acme.example", "ana@northwind.example", "tom@elsewhere.example"
MAIL = SubjectTrace(
    base="delivery",
    at=SENT,
    sender=NINA,
    sender_name="Nina Weber",
    people=frozenset({NINA, ANA}),
    quoted=frozenset(),
    orphan=False,
)
REPLY = replace(
    MAIL, at=SENT + timedelta(hours=2), sender=ANA, sender_name="Ana", people=frozenset({ANA, NINA}), orphan=True
)


@pytest.mark.parametrize(
    ("subject", "base"),
    [
        ("Delivery", "delivery"),
        ("Re: Delivery", "delivery"),
        ("RE: AW: WG: Delivery", "delivery"),
        ("Re[2]: Delivery", "delivery"),
        ("[support] Re: [support]  Delivery  on   Monday", "delivery on monday"),
        ("Delivery (fwd)", "delivery"),
        ("TR : Livraison", "livraison"),
        ("Réf: Livraison", "réf: livraison"),
        ("Redelivery: Monday", "redelivery: monday"),
        ("Re:", ""),
        ("", ""),
    ],
)
def test_the_base_subject_is_what_the_writer_first_wrote(subject: str, base: str) -> None:
    """RFC 5256, 2.1."""
    assert base_subject(subject) == base


@pytest.mark.parametrize("subject", ["Re: x", "AW: x", "re [3]: x", "[list] Re: x", "SV: x", "Antw: x"])
def test_a_reply_is_told_by_its_prefix(subject: str) -> None:
    """In the languages mail programs speak."""
    assert is_reply(subject)


@pytest.mark.parametrize("subject", ["x", "Fwd: x", "WG: x", "Regarding: x", "[Re] x", "x Re: y"])
def test_other_subjects_are_no_replies(subject: str) -> None:
    """A forward begins something else."""
    assert not is_reply(subject)


@given(st.text(max_size=300))
def test_a_base_subject_is_its_own(subject: str) -> None:
    """Whatever was written: no error, and nothing more to remove."""
    base = base_subject(subject)
    assert base_subject(base) == base or base.endswith(")") or len(base) == 200


@pytest.mark.parametrize(
    ("reply", "joins"),
    [
        (REPLY, True),
        (replace(REPLY, people=frozenset({ANA, TOM})), True),
        (replace(REPLY, sender=TOM, people=frozenset({TOM, NINA})), True),
        (replace(REPLY, sender=TOM, people=frozenset({TOM, "list@acme.example"})), False),
        (replace(REPLY, sender=TOM, people=frozenset({TOM}), quoted=frozenset({folded_name("Weber, Nina")})), True),
        (replace(REPLY, sender=TOM, people=frozenset({TOM}), quoted=frozenset({NINA})), True),
        (replace(REPLY, base="invoice"), False),
        (replace(REPLY, orphan=False), False),
        (replace(REPLY, at=SENT - timedelta(minutes=1)), False),
        (replace(REPLY, at=SENT + ANSWERED_WITHIN + timedelta(minutes=1)), False),
    ],
    ids=[
        "between the same two",
        "from somebody the mail went to",
        "to the writer",
        "two strangers",
        "quoting the writer by name",
        "quoting the writer by address",
        "another subject",
        "it names the mail it answers",
        "before the mail",
        "too late",
    ],
)
def test_a_subject_needs_a_person_beside_it(reply: SubjectTrace, *, joins: bool) -> None:
    """SEMANTICS 1: a subject alone joins nothing."""
    assert may_answer(reply, MAIL) is joins


def test_empty_subjects_say_nothing() -> None:
    """Two mails called "Re:" have nothing in common."""
    assert not may_answer(replace(REPLY, base=""), replace(MAIL, base=""))
