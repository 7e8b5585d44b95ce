"""Phone numbers as written, and as the whole world dials them."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extraction.phones import international


@pytest.mark.parametrize(
    ("written", "domain", "language", "hours", "expected"),
    [
        ("+49 30 901820", "acme.com", "en", 0, "+4930901820"),
        ("(030) 90 18 20", "acme.de", "en", 0, "+4930901820"),
        ("030/901820", "acme.com", "de", 1, "+4930901820"),
        ("01 42 76 40 40", "acme.com", "fr", 1, "+33142764040"),
        ("(212) 736-5000", "acme.com", "en", -5, "+12127365000"),
        ("020 7946 0018", "acme.co.uk", "en", 0, "+442079460018"),
        ("020 7946 0018", "acme.com", "en", 1, "+442079460018"),
        ("1234567", "acme.com", "en", 9, None),
        ("no number", "acme.de", "de", 1, None),
    ],
)
def test_the_country_is_written_or_follows_from_the_writer(
    written: str, domain: str, language: str, hours: int, expected: str | None
) -> None:
    """First what the number says, then the domain, the language, and for English the clock."""
    assert international(written, domain=domain, language=language, offset=timedelta(hours=hours)) == expected


@given(st.text(), st.text(), st.sampled_from(["de", "en", "und"]))
def test_anything_is_a_number_or_none(written: str, domain: str, language: str) -> None:
    """Never an error."""
    found = international(written, domain=domain, language=language, offset=None)

    assert found is None or found.startswith("+")
