"""Which calendar counts for whom (SEMANTICS 3), and what the rules do with two of them."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.accounts import Account, Direction
from domain.events import Attendee, Event, PartStat
from domain.followup import Calendar, Hours, MeetingFact, Obligation, Policy, Side, Turn
from domain.signals import Signal, SignalKind
from followup.awaiting import awaiting
from followup.business_time import parse_frames
from followup.calendars import Calendars, business_time
from followup.commitments import commitments
from followup.meetings import meeting_gaps

JAN, ANA = "jan@northwind.example", "ana@northwind.example"
NINA = "nina@acme.example"
COMPANY = Hours(timezone="Europe/Berlin", frames=parse_frames(["Mon-Fri 09:00-18:00"]))
WARSAW = Hours(timezone="Europe/Warsaw", frames=parse_frames(["Mon-Fri 08:00-16:00"]))
NEW_YORK = Hours(timezone="America/New_York", frames=parse_frames(["Mon-Fri 09:00-17:00"]))
ACME = Account(id="acme", name="Acme", domains=("acme.example",), owner=JAN)
BOREALIS = Account(id="borealis", name="Borealis", owner=ANA)


def at(day: int, hour: int, minute: int = 0, *, zone: str = "Europe/Berlin") -> datetime:
    """Return an instant of March 2026; the 2nd is a Monday."""
    return datetime(2026, 3, day, hour, minute, tzinfo=ZoneInfo(zone)).astimezone(UTC)


def calendars(*beside: Calendar, accounts: Sequence[Account] = (ACME, BOREALIS)) -> Calendars:
    """Have these beside the company's."""
    return Calendars(Policy(hours=COMPANY, calendars=beside), accounts)


def warsaw(**whom: tuple[str, ...]) -> Calendar:
    """Return the calendar of Warsaw for somebody."""
    return Calendar(name="warsaw", hours=WARSAW, **whom)


def new_york(**whom: tuple[str, ...]) -> Calendar:
    """Return the calendar of New York for somebody."""
    return Calendar(name="new york", hours=NEW_YORK, **whom)


class TestOurSide:
    def test_nobody_in_any_calendar_works_by_the_companys(self) -> None:
        """Borealis is Ana's."""
        found = calendars(warsaw(owners=(JAN,)))

        assert found.ours("borealis") is found.company is business_time(COMPANY)

    def test_an_account_works_by_its_owners(self) -> None:
        """Acme is Jan's."""
        assert calendars(warsaw(owners=(JAN,))).ours("acme") is business_time(WARSAW)

    def test_its_own_wins_over_its_owners(self) -> None:
        """In whatever order they are written."""
        both = (warsaw(owners=(JAN,)), new_york(accounts=("Acme",)))

        assert calendars(*both).ours("acme") is calendars(*reversed(both)).ours("acme") is business_time(NEW_YORK)

    @pytest.mark.parametrize("word", ["Acme", "ACME", "acme"])
    def test_it_is_named_or_given_by_id(self, word: str) -> None:
        """Capitals do not matter."""
        assert calendars(warsaw(accounts=(word,))).ours("acme") is business_time(WARSAW)

    def test_a_name_goes_before_the_id_of_another(self) -> None:
        """The word is the name of the second and the id of the first."""
        two = (Account(id="a", name="A!"), Account(id="a-1", name="a"))
        found = calendars(warsaw(accounts=("a",)), accounts=two)

        assert (found.ours("a"), found.ours("a-1")) == (found.company, business_time(WARSAW))

    def test_an_account_that_left_the_book_has_the_companys(self) -> None:
        """What it waited for is still shown."""
        assert calendars(warsaw(accounts=("Acme",)), accounts=()).ours("acme") is business_time(COMPANY)


class TestTheirSide:
    def test_a_client_works_by_its_own(self) -> None:
        """Which says nothing of our side."""
        found = calendars(new_york(clients=("Acme",)))

        assert (found.theirs("acme"), found.ours("acme")) == (business_time(NEW_YORK), found.company)

    def test_one_that_has_none_is_taken_to_work_as_our_side_of_it_does(self) -> None:
        """We wait on the days on which we work for it."""
        assert calendars(warsaw(owners=(JAN,))).theirs("acme") is business_time(WARSAW)


@given(
    owners=st.lists(st.sampled_from(["", JAN, ANA]), min_size=1, max_size=5),
    side=st.sampled_from(Side),
    day=st.integers(2, 28),
)
def test_without_calendars_every_clock_is_the_companys(owners: list[str], side: Side, day: int) -> None:
    """As it was before there were any."""
    book = [Account(id=str(n), name=f"Account {n}", owner=owner) for n, owner in enumerate(owners)]
    found = calendars(accounts=book)

    for account in book:
        assert found.ours(account.id) is found.theirs(account.id) is found.of_meeting([account.id]) is found.company
        owed = obligation(account.id, side)
        used = business_time(COMPANY).elapsed(owed.clock_start, at(day, 12))
        assert (found.elapsed(owed, owed.clock_start, at(day, 12)), found.name(owed)) == (used, "")


def obligation(account: str, side: Side) -> Obligation:
    """Return one that began on Monday at ten."""
    return Obligation(
        id="ob-1",
        side=side,
        account_id=account,
        conversation="c1",
        message_key="m1",
        message_id="m1@acme.example",
        subject="Plan",
        contact=NINA,
        kinds=(),
        clock_start=at(2, 10),
        due=at(2, 18),
        at_risk_at=at(2, 16),
        confidence=1,
        evidence=(),
        clears_when="",
    )


def mail(sender: str, when: datetime, kind: SignalKind, quote: str, due: date | datetime | None = None) -> Turn:
    """Return a mail between Nina and Jan with one sentence in it."""
    ours = sender == JAN
    return Turn(
        key=f"{sender} {when}",
        message_id=f"{when:%d%H}@{sender}",
        at=when,
        direction=Direction.OUTBOUND if ours else Direction.INBOUND,
        sender=sender,
        recipients=(NINA if ours else JAN,),
        to_us=not ours,
        to_account=ours,
        from_account=not ours,
        signals=(Signal(kind=kind, start=0, end=len(quote), quote=quote, score=1, rule="test", due=due),),
        text=quote,
    )


FRIDAY = date(2026, 3, 6)


class TestWhatTwoCalendarsDo:
    @pytest.mark.parametrize(
        ("sender", "due"),
        [(JAN, at(6, 16, zone="Europe/Warsaw")), (NINA, at(6, 17, zone="America/New_York"))],
        ids=["ours", "theirs"],
    )
    def test_a_promised_day_ends_in_the_calendar_of_who_promised(self, sender: str, due: datetime) -> None:
        """Until Friday is until closing time in Warsaw, or in New York."""
        promise = mail(sender, at(3, 10), SignalKind.COMMITMENT, "I will send the plan by Friday.", FRIDAY)
        (found,) = commitments(
            [promise],
            account=ACME,
            conversation="c1",
            business=business_time(WARSAW),
            theirs=business_time(NEW_YORK),
        )
        assert [statement.due for statement in found.statements] == [due]

    def test_a_client_has_three_of_its_own_business_days(self) -> None:
        """Asked on Thursday at noon of New York."""
        asks = mail(JAN, at(5, 12, zone="America/New_York"), SignalKind.REQUEST, "Could you send us the plan?")
        (found,) = awaiting([asks], account=ACME, conversation="c1", business=business_time(NEW_YORK))

        assert found.due == at(10, 12, zone="America/New_York")

    def test_a_meeting_counts_by_the_account_it_is_listed_under(self) -> None:
        """A Friday at home: Acme, with most participants, is Jan's, who works on Sundays."""
        sundays = Hours(timezone="Asia/Jerusalem", frames=parse_frames(["Sun-Thu 09:00-17:00"]))
        beside = Calendar(name="tel aviv", hours=sundays, owners=(JAN,))
        both = MeetingFact(
            event=Event(
                key="review",
                ical_uid="review",
                title="Budget review",
                starts_at=at(5, 10),
                ends_at=at(5, 11),
                attendees=tuple(Attendee("", who, PartStat.ACCEPTED) for who in (JAN, NINA)),
            ),
            accounts=("acme", "borealis"),
            own=(JAN,),
            clients=(NINA,),
        )
        (gap,) = meeting_gaps([both], [], calendars=calendars(beside))

        assert gap.flag_from == at(8, 12, zone="Asia/Jerusalem")
