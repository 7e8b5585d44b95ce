"""Whom an ask names, in three languages."""

from datetime import UTC, datetime

import pytest

from extraction.people import persons_named
from extraction.pipeline import SignalInput, load_pipeline, read_signals


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("Could Jana send us the revised plan?", "en", ["Jana"]),
        ("Please tell Mr Okoro that the pump is dry.", "en", ["Okoro"]),
        ("Please ask Priya Nair to call us back.", "en", ["Priya Nair"]),
        ("Could you please have Theo check the meter?", "en", ["Theo"]),
        ("Let Dr. Lund know, and forward it to Sam.", "en", ["Lund", "Sam"]),
        ("Could you send us the plan?", "en", []),
        ("Can We Help is the name of our shop.", "en", []),
        ("Will Thursday suit you?", "en", []),
        ("Könnte Frau Özdemir uns bitte zurückrufen?", "de", ["Özdemir"]),
        ("Kann Ware auch später kommen?", "de", []),
        ("Demandez à Claire de nous rappeler.", "fr", ["Claire"]),
        ("Mme Roux pourrait-elle nous envoyer le plan ?", "fr", ["Roux"]),
    ],
)
def test_persons_are_named(text: str, language: str, expected: list[str]) -> None:
    """By a form of address, or by what is asked of them; days and pronouns are nobody."""
    assert list(persons_named(text, language)) == expected


def test_an_ask_carries_the_persons_it_names() -> None:
    """As written, on the signal."""
    text = "Could Jana please send us the signed contract?"
    mail = SignalInput(text=text, sent_at=datetime(2026, 3, 2, 9, tzinfo=UTC), language="en")
    (signals,) = read_signals(load_pipeline(), [mail])

    assert {signal.persons for signal in signals if signal.kind == "request"} == {("Jana",)}
