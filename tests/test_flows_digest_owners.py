"""Each owner's own morning report: by mail, once a day, whatever breaks in between."""

from datetime import timedelta

import pytest
from desk import ANA, BEN, NINA, PETRA, DeskFolder, at
from test_cases_leave import calendar
from test_flows_digest import ASKS, MORNING, Postbox, _text, desk, postbox, settings_of

from domain.acts import Act, ActKind
from domain.errors import SourceUnreachable
from flows.outbox import deliver
from flows.settings import load_settings
from store.acts import save_act
from store.database import open_store
from store.notices import report_of, told

__all__ = ["desk", "postbox"]  # fixtures

pytestmark = pytest.mark.servers
CLEO = "cleo@northwind.example"
PLAN = "Could you send us the print dates?"


@pytest.fixture
def owners(desk: DeskFolder) -> DeskFolder:
    """Ana reads the team's report, and owners get theirs; Acme and Calder are Ana's, Borealis is Ben's."""
    desk.configure("owners = true\n")
    desk.mail(NINA, ANA, "Mon 09:00", f"{ASKS}\n\nNina\n", subject="Prices")
    desk.mail(PETRA, BEN, "Mon 09:30", f"{PLAN}\n\nPetra\n", subject="Dates")
    return desk


def alone(desk: DeskFolder) -> None:
    """Let nobody read the team's report."""
    desk.config.write_text(desk.config.read_text("utf-8").replace(f'to = ["{ANA}"]', "to = []"), "utf-8")


def sent(desk: DeskFolder, postbox: Postbox, moment: str = "Tue 07:30") -> dict[str, str]:
    """Send the report of a day; return what each reader got, on one line."""
    before = len(postbox.taken)
    deliver(settings_of(desk, at(moment)), at(moment))
    mails = postbox.mails()[before:]
    found = {mail["To"]: " ".join(_text(mail).split()) for mail in mails}
    assert len(found) == len(mails)
    return found


def test_owners_get_what_concerns_their_accounts(owners: DeskFolder, postbox: Postbox) -> None:
    """Ben gets Borealis. Ana reads the whole report and gets no second one."""
    found = sent(owners, postbox)

    assert sorted(found) == [ANA, BEN]
    assert ASKS in found[ANA]
    assert PLAN in found[ANA]
    assert PLAN in found[BEN]
    assert ASKS not in found[BEN]
    assert found[BEN].startswith("Northwind Agency, Tuesday 3 March 2026 The accounts of ben@northwind.example")


def test_nobody_has_to_read_the_teams(owners: DeskFolder, postbox: Postbox) -> None:
    """Without `to` there is a mail for each owner, and that is all."""
    alone(owners)
    found = sent(owners, postbox)

    assert {reader: (ASKS in text, PLAN in text) for reader, text in found.items()} == {
        ANA: (True, False),
        BEN: (False, True),
    }


def test_who_was_given_one_flag_gets_that_one(owners: DeskFolder, postbox: Postbox) -> None:
    """Cleo owns no account, and Petra waits for her."""
    alone(owners)
    (flag,) = (row["id"] for row in owners.overdue("Mon 12:00") if row["contact"] == PETRA)
    given = Act(flag=flag, kind=ActKind.ASSIGN, at=at("Mon 12:00"), actor=BEN, assignee=CLEO)
    with open_store(load_settings(owners.config).store_url, read_only=False) as store:
        save_act(store, given)

    assert {reader: PLAN in text for reader, text in sent(owners, postbox).items()} == {ANA: False, CLEO: True}


def test_it_is_off_unless_it_is_asked_for(owners: DeskFolder, postbox: Postbox) -> None:
    """As before."""
    owners.config.write_text(owners.config.read_text("utf-8").replace("owners = true\n", ""), "utf-8")

    assert list(sent(owners, postbox)) == [ANA]


def test_an_owner_with_nothing_gets_nothing(desk: DeskFolder, postbox: Postbox) -> None:
    """Borealis is quiet."""
    desk.configure("owners = true\n")
    desk.mail(NINA, ANA, "Mon 09:00", f"{ASKS}\n\nNina\n")

    assert list(sent(desk, postbox)) == [ANA]


def test_a_gap_in_coverage_alone_is_told_to_the_team(desk: DeskFolder, postbox: Postbox) -> None:
    """Ben's accounts have nothing to do with it, as far as is known."""
    desk.configure("owners = true\n")
    settings = settings_of(desk, at("Mon 07:30"))
    (desk.path / "mail").rename(desk.path / "gone")
    desk.ingest(MORNING)
    deliver(settings, MORNING)

    assert [mail["To"] for mail in postbox.mails()] == [ANA]


def test_while_an_owner_is_on_leave_the_backup_gets_it(owners: DeskFolder, postbox: Postbox) -> None:
    """Ben is away all week, and Zoe stands in; of Ben's report nothing is sent."""
    book = "name,domains,owner,backup\nAcme,acme.example,{0},\nBorealis,borealis.example,{1},zoe@northwind.example\n"
    (owners.path / "accounts.csv").write_text(book.format(ANA, BEN), "utf-8")
    calendar(owners, ("Urlaub", "20260302", "20260307"), owner=BEN)
    found = sent(owners, postbox)

    assert sorted(found) == [ANA, "zoe@northwind.example"]
    assert PLAN in found["zoe@northwind.example"]


def test_an_owner_who_is_none_of_us_gets_no_mail(owners: DeskFolder, postbox: Postbox) -> None:
    """What clients write leaves the company to nobody but those it names as its own."""
    book = f"name,domains,owner\nAcme,acme.example,{ANA}\nBorealis,borealis.example,ben@elsewhere.example\n"
    (owners.path / "accounts.csv").write_text(book, "utf-8")

    assert list(sent(owners, postbox)) == [ANA]


def test_once_a_day_though_another_reader_is_tried_again(owners: DeskFolder, postbox: Postbox) -> None:
    """The server knows nobody of the team's address; owners have theirs, and are not sent it three times."""
    text = owners.config.read_text("utf-8")
    owners.config.write_text(text.replace(f'to = ["{ANA}"]', 'to = ["gone@northwind.example"]'), "utf-8")
    settings = settings_of(owners, MORNING)
    for minutes in (0, 15, 60):
        with pytest.raises(SourceUnreachable, match=r"gone@northwind\.example"):
            deliver(settings, MORNING + timedelta(minutes=minutes))

    assert sorted(mail["To"] for mail in postbox.mails()) == [ANA, BEN]


def test_what_was_not_taken_goes_out_later_as_it_was(owners: DeskFolder, postbox: Postbox) -> None:
    """From the store, though Petra was answered meanwhile."""
    settings = settings_of(owners, MORNING)
    postbox.closed = True
    with pytest.raises(SourceUnreachable):
        deliver(settings, MORNING)
    postbox.closed = False
    owners.mail(BEN, PETRA, "Tue 07:40", "Here they are.", answers="2.020930@borealis.example", attached="dates.pdf")

    assert PLAN in sent(owners, postbox, "Tue 08:30")[BEN]


def test_tomorrow_each_owner_is_told_what_became_of_theirs(owners: DeskFolder, postbox: Postbox) -> None:
    """Borealis was answered, Acme was not; what Ben reads of it is his part."""
    sent(owners, postbox)
    owners.mail(BEN, PETRA, "Tue 10:00", "Here they are.", answers="2.020930@borealis.example", attached="dates.pdf")
    owners.mail(PETRA, BEN, "Tue 11:00", "Could you call me about the fair?\n\nPetra\n", subject="Fair")
    found = sent(owners, postbox, "Wed 18:30")

    assert "1 new, 1 cleared since Tue 3 Mar 07:30." in found[BEN]
    assert "1 new, 1 still waiting, 1 cleared since Tue 3 Mar 07:30." in found[ANA]


def test_what_only_owners_read_is_remembered_too(owners: DeskFolder, postbox: Postbox) -> None:
    """Told twice, it is counted the third time."""
    alone(owners)
    texts = [sent(owners, postbox, moment)[BEN] for moment in ("Tue 18:30", "Wed 18:30", "Thu 18:30")]

    assert [PLAN in text for text in texts] == [True, True, False]
    assert "1 more waits, told before" in texts[2]


def test_their_words_do_not_stay(owners: DeskFolder, postbox: Postbox) -> None:
    """The outbox holds quotes of clients only until everybody has them."""
    sent(owners, postbox)
    with open_store(load_settings(owners.config).store_url, read_only=True) as store:
        kept = report_of(store, "2026-03-03")
        remembered, _ = told(store)

    assert kept is not None
    assert (kept.finished, kept.letters, len(remembered)) == (True, (), 2)
