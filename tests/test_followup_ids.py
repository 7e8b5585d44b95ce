"""Ids that scripts keep: short, and the same at every ingest (INTERFACE)."""

import re

from hypothesis import given
from hypothesis import strategies as st

from followup.ids import short_id


def test_same_parts_give_the_same_id() -> None:
    """Fixed for ever: users have written it down."""
    assert short_id("gap", "ad_hoc", "m1") == "gap-bj6h3xrqyn"


def test_parts_do_not_run_into_each_other() -> None:
    """Where one part ends belongs to the id."""
    assert short_id("gap", "ab", "c") != short_id("gap", "a", "bc")


@given(st.lists(st.text()))
def test_any_parts_give_a_prefix_and_ten_characters(parts: list[str]) -> None:
    """Easy to type, whatever a Message-ID contains."""
    assert re.fullmatch(r"ob-[a-z2-7]{10}", short_id("ob", *parts))
