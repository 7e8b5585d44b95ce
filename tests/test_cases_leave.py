"""While its owner is away, what waits is the backup's; the client's clock runs on (SEMANTICS 3)."""

from typing import Any

import pytest
from desk import ANA, BEN, NINA, DeskFolder, at
from program import answer, run

BOOK = "name,domains,owner,backup\nAcme,acme.example,ana@northwind.example,ben@northwind.example\n"


@pytest.fixture
def asked(desk: DeskFolder) -> DeskFolder:
    """Nina asked Ana on Monday at ten; Ben stands in for Ana."""
    (desk.path / "accounts.csv").write_text(BOOK, "utf-8")
    desk.mail(NINA, ANA, "Mon 10:00", "Could you send us the final artwork?", subject="Artwork")
    return desk


def calendar(desk: DeskFolder, *entries: tuple[str, str, str], owner: str = ANA, more: str = "") -> None:
    """Give somebody a calendar of (title, first day, day after the last)."""
    name = owner.partition("@")[0]
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//test//EN"]
    for number, (title, first, after) in enumerate(entries):
        kind = "" if "T" in first else ";VALUE=DATE"
        lines += ["BEGIN:VEVENT", f"UID:{name}-{number}", "DTSTAMP:20260101T000000Z", f"DTSTART{kind}:{first}"]
        lines += [f"DTEND{kind}:{after}", f"SUMMARY:{title}", *more.splitlines(), "END:VEVENT"]
    (desk.path / f"{name}.ics").write_text("\r\n".join([*lines, "END:VCALENDAR", ""]), "utf-8")
    desk.configure(f'\n[[sources]]\nname = "{name}-calendar"\nkind = "ics"\npath = "{name}.ics"\nowner = "{owner}"\n')


def owner(desk: DeskFolder, now: str) -> tuple[str, str]:
    """Who answers for the one flag, and in whose place."""
    (row,) = desk.overdue(now)
    return row["owner"], row["for"]


@pytest.mark.parametrize(
    "title", ["Urlaub", "Annual leave", "Vacation 🏝", "Ana: out of office", "Congés", "Urlaub bis Freitag", "OOO"]
)
def test_a_whole_day_of_leave_sends_it_to_the_backup(asked: DeskFolder, title: str) -> None:
    """In English, German and French, on its days and not before."""
    calendar(asked, (title, "20260303", "20260307"))

    assert owner(asked, "Mon 18:00") == (ANA, "")
    assert owner(asked, "Tue 10:00") == (BEN, ANA)
    assert owner(asked, "next Mon 10:00") == (ANA, "")


@pytest.mark.parametrize(
    "title",
    ["Urlaub Ben", "Urlaubsplanung", "Vacation planning", "Back from vacation", "Urlaubsantrag einreichen", "Fair"],
)
def test_what_only_looks_like_leave_changes_nothing(asked: DeskFolder, title: str) -> None:
    """A colleague's leave noted down, work about leave, and a day at the fair."""
    calendar(asked, (title, "20260303", "20260307"))

    assert owner(asked, "Tue 10:00") == (ANA, "")


def test_the_clock_runs_on_while_the_owner_is_away(asked: DeskFolder) -> None:
    """Due as ever: the client does not know, and need not."""
    (before,) = asked.overdue("Tue 12:00")
    calendar(asked, ("Urlaub", "20260303", "20260307"))
    asked.ingest("Tue 12:00")
    (row,) = asked.overdue("Tue 12:00")

    assert (row["due"], row["state"], row["business_minutes_over"]) == (
        before["due"],
        before["state"],
        before["business_minutes_over"],
    )
    assert row["away_until"] == at("Sat 00:00")


def test_hours_out_of_office_count_when_the_calendar_calls_them_so(asked: DeskFolder) -> None:
    """Outlook's own kind of entry; a dentist's appointment is none."""
    calendar(asked, ("Appointment", "20260303T080000Z", "20260303T120000Z"), more="X-MICROSOFT-CDO-BUSYSTATUS:OOF")

    assert owner(asked, "Tue 10:00") == (BEN, ANA)
    assert owner(asked, "Tue 14:00") == (ANA, "")


def test_hours_that_are_only_called_leave_are_not_a_day_off(asked: DeskFolder) -> None:
    """Somebody wrote an hour of time off into the day."""
    calendar(asked, ("Time off", "20260303T080000Z", "20260303T120000Z"))

    assert owner(asked, "Tue 10:00") == (ANA, "")


@pytest.mark.parametrize("more", ["CLASS:PRIVATE", "STATUS:CANCELLED"])
def test_the_title_of_a_private_or_cancelled_entry_says_nothing(asked: DeskFolder, more: str) -> None:
    """D5.5: of a private entry, nothing but its time is used."""
    calendar(asked, ("Urlaub", "20260303", "20260307"), more=more)

    assert owner(asked, "Tue 10:00") == (ANA, "")


def test_when_the_backup_is_away_as_well_it_stays_with_the_owner(asked: DeskFolder) -> None:
    """It says that its owner is away."""
    calendar(asked, ("Urlaub", "20260303", "20260307"))
    calendar(asked, ("Vacation", "20260303", "20260307"), owner=BEN)

    (row,) = asked.overdue("Tue 10:00")
    assert (row["owner"], row["for"], row["away_until"]) == (ANA, "", at("Sat 00:00"))


def test_a_colleague_s_invitation_to_their_leave_is_their_own(asked: DeskFolder) -> None:
    """Ben told everybody by an entry that stands in Ana's calendar, too."""
    people = f"ORGANIZER:mailto:{BEN}\nATTENDEE:mailto:{BEN}\nATTENDEE:mailto:{ANA}"
    calendar(asked, ("Urlaub", "20260303", "20260307"), more=people)

    assert owner(asked, "Tue 10:00") == (ANA, "")


def test_without_a_calendar_of_ours_nobody_is_sent_on_leave(asked: DeskFolder) -> None:
    """Whoever writes an invitation called vacation cannot take somebody's mail away."""
    asked.calendar_mail(ANA, BEN, "Mon 12:00", "REQUEST", title="Vacation", starts="Tue 09:00", people=[ANA, BEN])

    assert owner(asked, "Tue 10:00") == (ANA, "")


def test_an_assignment_beats_the_backup(asked: DeskFolder) -> None:
    """Somebody has decided."""
    calendar(asked, ("Urlaub", "20260303", "20260307"))
    (row,) = asked.overdue("Tue 10:00")
    assert run("assign", row["id"], "--to", "desk@northwind.example", *_at("Tue 10:30"), config=asked.config).stdout

    assert owner(asked, "Tue 11:00") == ("desk@northwind.example", "")


def test_both_find_it_among_their_own_and_the_report_names_whose_it_is(asked: DeskFolder) -> None:
    """`overdue --owner` for either, the table, and the morning report."""
    calendar(asked, ("Urlaub", "20260303", "20260307"))
    asked.ingest("Wed 08:00")

    for person in (ANA, BEN):
        rows: list[dict[str, Any]] = answer("overdue", "--owner", person, *_at("Wed 08:00"), config=asked.config)
        assert [row["owner"] for row in rows] == [BEN]
    report = run("digest", *_at("Wed 08:00"), config=asked.config).stdout
    assert f"\n{BEN}\n" in report
    assert f"for {ANA}, who is away until Sat 7 Mar 00:00" in " ".join(report.split())


def _at(now: str) -> tuple[str, str]:
    return "--now", at(now).isoformat()
