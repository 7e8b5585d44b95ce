"""Reading FETCH and VANISHED responses: bytes beside what they say, and any bytes at all."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.imap_answers import Fetched, fetched, uid_set, vanished


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        pytest.param([b"3 (UID 7 RFC822.SIZE 120)"], Fetched(seq=3, uid=7, size=120), id="plain"),
        pytest.param([b"3 (FLAGS () UID 7)"], Fetched(seq=3, uid=7, flags=()), id="no flags are known to be none"),
        pytest.param(
            [b"3 (UID 7 FLAGS (\\Seen $Forwarded) MODSEQ (9))"],
            Fetched(seq=3, uid=7, flags=("\\Seen", "$Forwarded")),
            id="flags",
        ),
        pytest.param(
            [b'1 (UID 2 INTERNALDATE " 5-Mar-2026 23:30:00 -0130")'],
            Fetched(seq=1, uid=2, received_at=datetime(2026, 3, 6, 1, 0, tzinfo=UTC)),
            id="a date in its own zone",
        ),
        pytest.param([b'1 (UID 2 INTERNALDATE "soon")'], Fetched(seq=1, uid=2), id="a date without sense"),
        pytest.param([b'1 (UID 2 INTERNALDATE "31-Feb-2026 10:00:00 +0000")'], Fetched(seq=1, uid=2), id="no such day"),
        pytest.param(
            [(b"4 (UID 9 BODY[] {5}", b"hello"), b")"],
            Fetched(seq=4, uid=9, sections={"": b"hello"}),
            id="a literal",
        ),
        pytest.param(
            [(b"4 (BODY[1.MIME] {2}", b"a)"), (b" BODY[1]<0> {3}", b"UID"), b" UID 9)"],
            Fetched(seq=4, uid=9, sections={"1.MIME": b"a)", "1": b"UID"}),
            id="what stands in literals is not read",
        ),
        pytest.param(
            [b'4 (UID 9 BODY[] "a \\"b\\" \\\\")'],
            Fetched(seq=4, uid=9, sections={"": b'a "b" \\'}),
            id="a quoted body",
        ),
        pytest.param([b"4 (UID 9 BODY[] NIL)"], Fetched(seq=4, uid=9, sections={"": b""}), id="an empty body"),
    ],
)
def test_a_fetch_response_says(parts: list[Any], expected: Fetched) -> None:
    """Attributes come in any order (RFC 9051, 7.5.2)."""
    assert list(fetched(parts)) == [expected]


def test_several_responses_come_one_after_the_other() -> None:
    """Each line that ends a response ends a message."""
    parts = [b"1 (UID 5)", (b"2 (BODY[] {1}", b"x"), b" UID 6)", b"nonsense", b"3 (UID 7)"]

    assert [(one.seq, one.uid) for one in fetched(parts)] == [(1, 5), (2, 6), (3, 7)]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (b"(EARLIER) 41,43:45", [range(41, 42), range(43, 46)]),
        (b"9:7", [range(7, 10)]),
        (b"1:4294967295", [range(1, 4294967296)]),
        (b"(EARLIER)", []),
    ],
)
def test_a_vanished_response_names_ranges(line: bytes, expected: list[range]) -> None:
    """They are not written out: a server may name all UIDs that ever were (RFC 7162, 3.2.10)."""
    assert vanished([line]) == expected


@given(st.sets(st.integers(1, 400), max_size=60))
def test_a_sequence_set_names_just_these_uids(uids: set[int]) -> None:
    """Neighbours become ranges, and nothing else is meant."""
    named = {uid for span in vanished([uid_set(uids).encode()]) for uid in span}

    assert named == uids


@given(st.lists(st.one_of(st.binary(max_size=60), st.tuples(st.binary(max_size=60), st.binary(max_size=20)))))
def test_no_bytes_make_it_raise(parts: list[Any]) -> None:
    """A server may send anything; what cannot be read is as if it had not come."""
    list(fetched(parts))
    vanished(parts)
