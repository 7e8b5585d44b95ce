"""Retention of raw mail by age: afterwards the raw files are searched."""

from desk import ANA, NINA, DeskFolder
from raw_bytes import files_holding, packed_frames

MARK = "X-Rocket: red"


def raw_left(folder: DeskFolder) -> list[str]:
    """Where a header can be found that only raw mail has."""
    store = folder.path / "accountline.db"
    return files_holding(MARK, store) + ["free page" for frame in packed_frames(store) if MARK.encode() in frame]


def test_raw_mail_goes_at_its_age_and_what_was_read_stays(desk: DeskFolder) -> None:
    """Three days after its receipt the bytes are gone; the request still waits."""
    desk.configure("\n[privacy]\nkeep_raw_days = 3\n")
    asked = desk.mail(NINA, ANA, "Mon 10:00", "Could you send the contract?\n", headers=[("X-Rocket", "red")])
    desk.ingest("Wed 12:00")
    assert raw_left(desk)
    desk.ingest("Fri 12:00")
    assert raw_left(desk) == []
    assert desk.waiting("Fri 12:00") == [asked]


def test_raw_mail_does_not_come_back(desk: DeskFolder) -> None:
    """Later runs list the mail without storing its bytes again."""
    desk.configure("\n[privacy]\nkeep_raw_days = 3\n")
    desk.mail(NINA, ANA, "Mon 10:00", "Could you send the contract?\n", headers=[("X-Rocket", "red")])
    for when in ("Fri 12:00", "next Mon 12:00", "next Tue 12:00"):
        desk.ingest(when)
    assert raw_left(desk) == []
    assert len(desk.timeline("acme", "next Tue 12:00")) > 0


def test_without_the_setting_raw_mail_is_kept(desk: DeskFolder) -> None:
    """It is what everything is read from again."""
    desk.mail(NINA, ANA, "Mon 10:00", "Could you send the contract?\n", headers=[("X-Rocket", "red")])
    desk.ingest("next Fri 12:00")
    assert raw_left(desk)
