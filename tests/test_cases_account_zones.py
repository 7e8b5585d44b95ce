"""An account's zone anchors the dates its people write (SEMANTICS 6, D5.15), through real files and a real run."""

from datetime import UTC, datetime

import pytest
from desk import ANA, BEN, BOOK, KIRA, NINA, PETRA, DeskFolder, at

NIGHT = datetime(2026, 3, 4, 3, tzinfo=UTC)
"""Wednesday in Berlin and by the mail's own offset; in New York it is still Tuesday, ten in the evening."""
TOMORROW = "Hi Ana,\n\nplease send us the signed contract by tomorrow noon.\n\nRegards\n"


def due(desk: DeskFolder, account: str, now: str = "Wed 12:00") -> datetime:
    """Return the deadline that was read in the only mail of an account."""
    desk.ingest(now)
    (row,) = desk.timeline(account, now)
    (named,) = {signal["due"] for signal in row["signals"] if signal.get("due")}
    return named if isinstance(named, datetime) else datetime.fromisoformat(named)


@pytest.mark.parametrize(
    ("client", "account", "expected"),
    [(KIRA, "Calder", "Wed 18:00"), (PETRA, "Borealis", "Thu 12:00"), (NINA, "Acme", "Thu 13:00")],
    ids=["New York's tomorrow", "Vienna's tomorrow", "the mail's own, which says UTC"],
)
def test_tomorrow_is_the_clients_tomorrow(desk: DeskFolder, client: str, account: str, expected: str) -> None:
    """D5.15: whatever offset a mail program writes; an account without a zone leaves it at that."""
    desk.mail(client, ANA, NIGHT, TOMORROW, subject="Contract")

    assert due(desk, account) == at(expected)


def test_what_a_colleague_forwards_is_dated_where_the_client_is(desk: DeskFolder) -> None:
    """D4.20: Kira's words keep Kira's zone."""
    words = "Ana, can you take this one?\n\n---------- Forwarded message ---------\nFrom: Kira <kira@calder.example>\n"
    header = f"Date: Wed, Mar 4, 2026 at 3:00 AM\nSubject: Contract\nTo: <{BEN}>\n\n"
    desk.mail(BEN, ANA, "Wed 9:00", words + header + TOMORROW, subject="Fwd: Contract")

    assert due(desk, "Calder") == at("Wed 18:00")


def test_an_account_that_moves_has_its_mail_read_anew(desk: DeskFolder) -> None:
    """D4.27: a zone changed in the book changes what "tomorrow" meant in mail that was read already."""
    desk.mail(KIRA, ANA, NIGHT, TOMORROW, subject="Contract")
    before = due(desk, "Calder")
    (desk.path / "accounts.csv").write_text(BOOK.replace("America/New_York", "Asia/Tokyo"), "utf-8")

    assert (before, due(desk, "Calder", "Wed 13:00")) == (at("Wed 18:00"), at("Thu 4:00"))
