"""A phone number as the whole world dials it; the number as written stays the evidence."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

import phonenumbers

_BY_LANGUAGE: Final = {"de": "DE", "fr": "FR", "es": "ES", "nl": "NL", "it": "IT", "pt": "PT"}
_ENGLISH: Final = {-8: "US", -7: "US", -6: "US", -5: "US", -4: "US", 0: "GB", 1: "GB"}
"""Hours from UTC; who writes English elsewhere usually names the country."""

_WITHOUT_COUNTRY: Final = "ZZ"


def international(written: str, *, domain: str, language: str, offset: timedelta | None) -> str | None:
    """Return a number in E.164 (``+49301234567``), None when it is none that a plan of numbers knows.

    Args:
        written: As it stands in the mail.
        domain: Of the writer's address; a country's domain says where its numbers are dialled.
        language: ISO 639-1, asked when the domain does not say.
        offset: Of the writer's clock from UTC, for English.
    """
    for region in _regions(domain, language, offset):
        try:
            number = phonenumbers.parse(written, region)
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_valid_number(number):
            return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return None


def _regions(domain: str, language: str, offset: timedelta | None) -> Iterator[str]:
    """Countries the number may be meant in, likeliest first; one that begins with + needs none."""
    yield _WITHOUT_COUNTRY
    country = domain.rpartition(".")[2].upper().replace("UK", "GB")
    if country in phonenumbers.SUPPORTED_REGIONS:
        yield country
    if language in _BY_LANGUAGE:
        yield _BY_LANGUAGE[language]
    if language == "en" and offset is not None:
        hours = int(offset.total_seconds() // 3600)
        if hours in _ENGLISH:
            yield _ENGLISH[hours]
