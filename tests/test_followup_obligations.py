"""Whose turn it is: a conversation beside the obligations it makes (SEMANTICS 2, 4 and 6)."""

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from domain.accounts import Account, Direction
from domain.events import When
from domain.followup import AskKind, Hours, Obligation, Policy, Side, Tier, Turn
from domain.mail import Automatic
from domain.signals import Signal, SignalKind
from followup.business_time import BusinessTime, parse_frames
from followup.obligations import obligations

POLICY = Policy(
    hours=Hours(timezone="UTC", frames=parse_frames(["Mon-Fri 09:00-17:00"])),
    tiers={"key": Tier(factor=0.5), "all": Tier(everything=True)},
)
BUSINESS = BusinessTime(POLICY.hours)
ACME = Account(id="acme", name="Acme", domains=("acme.example",))
DAYS = {name: day for day, name in enumerate(("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"), start=2)}


def when(text: str) -> datetime:
    """Read "Tue 10:00" as a time in the week of Monday, 2 March 2026."""
    day, clock = text.split()
    hour, minute = map(int, clock.split(":"))
    return datetime(2026, 3, DAYS[day], hour, minute, tzinfo=UTC)


def says(
    kind: SignalKind, quote: str = "Some words.", *, score: float = 0.9, start: int = 0, due: When | None = None
) -> Signal:
    """Make a signal."""
    return Signal(kind=kind, start=start, end=start + len(quote), quote=quote, score=score, rule="test", due=due)


def request(quote: str = "Could you send the contract?", **more: Any) -> Signal:
    """Make a request."""
    return says(SignalKind.REQUEST, quote, **more)


def client(at: str, *signals: Signal, **more: Any) -> Turn:
    """Make a mail from Dana at Acme to us."""
    facts: dict[str, Any] = {"to_us": True, "from_account": True, "sender": "dana@acme.example"}
    return _turn(at, Direction.INBOUND, signals, facts | more)


def ours(at: str, *signals: Signal, **more: Any) -> Turn:
    """Make a mail from Ana to Dana."""
    facts: dict[str, Any] = {"to_account": True, "sender": "ana@nw.example", "recipients": ("dana@acme.example",)}
    return _turn(at, Direction.OUTBOUND, signals, facts | more)


def internal(at: str, **more: Any) -> Turn:
    """Make a mail among us."""
    return _turn(at, Direction.INTERNAL, (), {"sender": "ana@nw.example", "to_us": True} | more)


def bounce(at: str, *failed: str) -> Turn:
    """Make a delivery failure."""
    facts = {"sender": "postmaster@acme.example", "automatic": Automatic.BOUNCE, "failed_recipients": failed}
    return _turn(at, Direction.INBOUND, (), facts)


def _turn(at: str, direction: Direction, signals: Sequence[Signal], facts: dict[str, Any]) -> Turn:
    key = f"{direction} {at}"
    return Turn(
        key=key,
        message_id=f"{key}@x".replace(" ", "."),
        at=when(at),
        direction=direction,
        signals=tuple(signals),
        **facts,
    )


def owed(*turns: Turn, account: Account = ACME) -> list[Obligation]:
    """Apply the rules."""
    return obligations(turns, account=account, conversation="c1", policy=POLICY, business=BUSINESS, company="Northwind")


def open_ones(*turns: Turn, account: Account = ACME) -> list[Obligation]:
    """List what nothing has cleared."""
    return [one for one in owed(*turns, account=account) if one.cleared_at is None]


ASK = client("Mon 10:00", request())


class TestOpening:
    def test_a_request_opens_an_obligation_with_its_proof(self) -> None:
        """A request is due after eight business hours and carries the sentence that proves it."""
        (one,) = owed(ASK)
        assert (one.side, one.kinds, one.contact) == (Side.OURS, (AskKind.REQUEST,), "dana@acme.example")
        assert (one.clock_start, one.due, one.at_risk_at) == (when("Mon 10:00"), when("Tue 10:00"), when("Mon 16:00"))
        assert [sentence.quote for sentence in one.evidence] == ["Could you send the contract?"]
        assert one.confidence == 0.9
        assert one.clears_when.startswith("A reply from Northwind to dana@acme.example")

    def test_an_id_is_short_and_stable(self) -> None:
        """The same facts give the same id."""
        assert owed(ASK)[0].id == owed(ASK)[0].id
        assert len(owed(ASK)[0].id) == len("ob-") + 10

    @pytest.mark.parametrize(
        ("why", "turn"),
        [
            ("D4.3 only on Cc", client("Mon 10:00", request(), to_us=False, cc_us=True)),
            ("D4.4 closer", client("Mon 10:00", says(SignalKind.CLOSER, score=0.95))),
            ("D4.5 out of office", client("Mon 10:00", request(), automatic=Automatic.AUTO_REPLY)),
            ("D4.17 newsletter", client("Mon 10:00", request(), automatic=Automatic.BULK)),
            ("D4.29 nothing new is asked", client("Mon 10:00")),
            ("an ask hardly recognised", client("Mon 10:00", request(score=0.4))),
            ("D4.1 another account's mail", client("Mon 10:00", request(), from_account=False)),
        ],
        ids=lambda value: value if isinstance(value, str) else "",
    )
    def test_what_requires_no_response(self, why: str, turn: Turn) -> None:
        """Nothing is owed for these."""
        assert owed(turn) == [], why

    def test_d4_3_a_copy_that_names_us_requires_a_response(self) -> None:
        """The words "Ana, could you …" count though we are only on Cc."""
        assert owed(client("Mon 10:00", request(), to_us=False, cc_us=True, names_us=True))

    def test_d4_4_thanks_but_is_an_ask(self) -> None:
        """A closer mixed with an ask is an ask."""
        assert owed(client("Mon 10:00", says(SignalKind.CLOSER, "Thanks", score=0.95), request(start=10)))

    def test_d4_18_an_allowed_automatic_sender_counts(self) -> None:
        """The account book overrides the veto, also for ticket systems."""
        ticket = client("Mon 10:00", request(), automatic=Automatic.SYSTEM, sender="tickets@acme.example")
        assert owed(ticket, account=replace(ACME, allow=("tickets@acme.example",)))

    def test_a_language_we_cannot_read_is_low_confidence(self) -> None:
        """It requires a response all the same."""
        (one,) = owed(client("Mon 10:00", language_known=False))
        assert (one.kinds, one.confidence) == ((AskKind.OTHER,), 0.4)

    def test_a_tier_promised_everything(self) -> None:
        """Every mail counts except closers, empty ones and what is for information only."""
        tier = replace(ACME, tier="all")
        assert owed(client("Mon 10:00", subject="News"), account=tier)[0].kinds == (AskKind.OTHER,)
        assert owed(client("Mon 10:00", subject="FYI: news"), account=tier) == []
        assert owed(client("Mon 10:00", says(SignalKind.CLOSER, score=0.95)), account=tier) == []
        assert owed(client("Mon 10:00", empty=True), account=tier) == []


class TestDue:
    def test_the_shortest_target_wins(self) -> None:
        """A complaint beside a request is due after four hours."""
        (one,) = owed(client("Mon 10:00", request(), says(SignalKind.COMPLAINT, start=40)))
        assert (one.kinds, one.due) == ((AskKind.COMPLAINT, AskKind.REQUEST), when("Mon 14:00"))

    def test_a_tier_scales_targets(self) -> None:
        """Tier ``key`` halves them."""
        assert owed(ASK, account=replace(ACME, tier="key"))[0].due == when("Mon 14:00")

    def test_an_explicit_deadline_comes_first(self) -> None:
        """A day without an hour means its closing time in our calendar."""
        by_today = says(SignalKind.DEADLINE, "by today", due=date(2026, 3, 2), start=40)
        assert owed(client("Mon 10:00", request(), by_today))[0].due == when("Mon 17:00")

    def test_a_deadline_already_past_is_no_deadline(self) -> None:
        """The target holds."""
        past = says(SignalKind.DEADLINE, "by Monday", due=when("Mon 09:00"), start=40)
        assert owed(client("Tue 10:00", request(), past))[0].due == when("Wed 10:00")

    def test_asap_is_no_instant(self) -> None:
        """It adds a kind and leaves ``due`` alone."""
        (one,) = owed(client("Mon 10:00", request(), says(SignalKind.DEADLINE, "asap", start=40)))
        assert (one.kinds, one.due) == ((AskKind.REQUEST, AskKind.DEADLINE), when("Tue 10:00"))

    def test_d4_26_a_chaser_keeps_the_clock(self) -> None:
        """One obligation, one chaser, the original start."""
        (one,) = owed(ASK, client("Tue 11:00", says(SignalKind.QUESTION, "Any news?")))
        assert (one.clock_start, one.chasers, one.due) == (when("Mon 10:00"), (when("Tue 11:00"),), when("Tue 10:00"))
        assert [sentence.quote for sentence in one.evidence] == ["Could you send the contract?", "Any news?"]

    def test_a_chaser_with_a_deadline_makes_it_due_earlier(self) -> None:
        """And the earlier reading of the clock is kept."""
        noon = says(SignalKind.DEADLINE, "by noon", due=when("Mon 12:00"))
        (one,) = owed(ASK, client("Mon 11:00", noon))
        assert one.due == when("Mon 12:00")
        assert [reading.due for reading in one.readings] == [when("Tue 10:00"), when("Mon 12:00")]

    def test_d4_25_old_mail_is_historic_until_it_is_chased(self) -> None:
        """Only old mail is silent; asking again today is news."""
        old = replace(ASK, historic=True)
        assert owed(old)[0].historic
        assert not owed(old, client("Tue 11:00", request()))[0].historic

    def test_d4_23_the_server_time_rules(self) -> None:
        """The clock starts when the server received the mail, also outside hours, and counts from opening."""
        (one,) = owed(client("Sat 20:00", request()))
        assert (one.clock_start, one.due) == (when("Sat 20:00"), when("Mon 17:00") + timedelta(days=7))


class TestClearing:
    def test_d4_8_a_colleague_clears_and_is_credited(self) -> None:
        """Any own identity answers for all."""
        (one,) = owed(ASK, ours("Mon 12:00", sender="ben@nw.example"))
        assert (one.cleared_at, one.cleared_reason, one.cleared_who) == (
            when("Mon 12:00"),
            "answered",
            "ben@nw.example",
        )

    @pytest.mark.parametrize(
        ("why", "turn"),
        [
            ("D4.1 names another account", ours("Mon 12:00", to_account=False)),
            ("D4.2 internal", internal("Mon 12:00")),
            ("D4.6 our auto-reply", ours("Mon 12:00", automatic=Automatic.AUTO_REPLY)),
            ("D4.7 bare accept", ours("Mon 12:00", automatic=Automatic.CALENDAR, invitation=True)),
            ("D4.19 forward to a third party", ours("Mon 12:00", to_account=False)),
            ("empty", ours("Mon 12:00", empty=True)),
            ("earlier", ours("Mon 09:00")),
        ],
        ids=lambda value: value if isinstance(value, str) else "",
    )
    def test_what_does_not_clear(self, why: str, turn: Turn) -> None:
        """The request stays open after these."""
        assert len(open_ones(ASK, turn)) == 1, why

    def test_d4_2_internal_talk_is_shown(self) -> None:
        """Since the first internal reply."""
        assert owed(ASK, internal("Mon 12:00"), internal("Mon 13:00"))[0].discussed_since == when("Mon 12:00")

    def test_d4_15_a_mail_on_behalf_of_us_clears(self) -> None:
        """The side was resolved before; the identity that wrote it is credited."""
        assert (
            owed(ASK, ours("Mon 12:00", sender="sales@nw.example", owner="ana@nw.example"))[0].cleared_who
            == "ana@nw.example"
        )

    def test_d4_13_the_client_withdraws(self) -> None:
        """The words "Please ignore my last mail" are no new request."""
        words = "Please ignore my last mail"
        (one,) = owed(ASK, client("Mon 11:00", says(SignalKind.WITHDRAWAL, words), request(words)))
        assert (one.cleared_reason, one.cleared_who) == ("withdrawn", "")

    def test_an_acknowledgement_clears_the_response(self) -> None:
        """The reason tells it from an answer."""
        assert owed(ASK, ours("Mon 11:00", says(SignalKind.ACKNOWLEDGEMENT)))[0].cleared_reason == "acknowledged"

    def test_asking_again_after_the_answer_is_another_obligation(self) -> None:
        """Every episode is kept."""
        first, second = owed(ASK, ours("Mon 12:00"), client("Mon 15:00", request()))
        assert (first.cleared_at, second.cleared_at) == (when("Mon 12:00"), None)
        assert first.id != second.id

    def test_d4_7_accepting_satisfies_a_mail_that_only_proposes_a_meeting(self) -> None:
        """Proposal and question in one sentence are one ask."""
        words = "Could you meet on Tuesday?"
        proposal = client("Mon 10:00", says(SignalKind.MEETING_PROPOSAL, words), says(SignalKind.QUESTION, words))
        (one,) = owed(proposal, ours("Mon 11:00", automatic=Automatic.CALENDAR, empty=True, invitation=True))
        assert one.cleared_reason == "meeting answered"

    def test_d4_7_other_asks_stay(self) -> None:
        """The clock and the other ask stay as they were."""
        mail = client("Mon 10:00", says(SignalKind.MEETING_PROPOSAL, "Tuesday?"), request(start=40))
        (one,) = owed(mail, ours("Mon 11:00", automatic=Automatic.CALENDAR, empty=True, invitation=True))
        assert (one.kinds, one.cleared_at, one.clock_start) == ((AskKind.REQUEST,), None, when("Mon 10:00"))

    def test_d4_22_a_bounce_takes_the_response_back(self) -> None:
        """The obligation is open with its original start, and says so."""
        (one,) = owed(ASK, ours("Mon 12:00"), bounce("Mon 12:05", "dana@acme.example"))
        assert (one.cleared_at, one.clock_start, one.bounced_at) == (None, when("Mon 10:00"), when("Mon 12:05"))

    def test_d4_22_one_of_two_recipients_got_it(self) -> None:
        """The response counts unless it reached nobody at the account."""
        both = ours("Mon 12:00", recipients=("dana@acme.example", "eve@acme.example"))
        assert open_ones(ASK, both, bounce("Mon 12:05", "eve@acme.example")) == []
        assert open_ones(ASK, both, bounce("Mon 12:05", "eve@acme.example"), bounce("Mon 12:06", "dana@acme.example"))

    def test_d4_22_a_bounce_of_somebody_else_changes_nothing(self) -> None:
        """The vendor on Cc had moved."""
        assert open_ones(ASK, ours("Mon 12:00"), bounce("Mon 12:05", "info@vendor.example")) == []

    def test_d4_22_without_a_named_recipient_or_twice(self) -> None:
        """A bounce that names nobody takes the latest response back; a second one has nothing left to take."""
        assert open_ones(ASK, ours("Mon 12:00"), bounce("Mon 12:05"), bounce("Mon 12:06"))

    def test_d4_22_a_bounce_where_nothing_was_owed(self) -> None:
        """Nothing to reopen, and an accept without a question settles nothing."""
        accept = ours("Mon 13:00", automatic=Automatic.CALENDAR, empty=True)
        assert owed(bounce("Mon 09:00"), ours("Mon 12:00"), bounce("Mon 12:05", "dana@acme.example"), accept) == []


def test_any_order_of_arrival_gives_the_same_obligations() -> None:
    """The history is replayed by server time, and a message given twice counts once."""
    turns = [
        ASK,
        client("Mon 11:00", says(SignalKind.COMPLAINT)),
        ours("Mon 12:00"),
        bounce("Mon 12:05", "dana@acme.example"),
        internal("Mon 12:30"),
        ours("Mon 13:00"),
        client("Mon 14:00", request()),
        client("Mon 15:00", says(SignalKind.WITHDRAWAL)),
        client("Mon 16:00", says(SignalKind.MEETING_PROPOSAL)),
    ]
    expected = owed(*turns)
    dice = random.Random(7)  # noqa: S311 - shuffles, hides nothing
    for _ in range(100):
        mixed = [*turns, dice.choice(turns)]
        dice.shuffle(mixed)
        assert owed(*mixed) == expected
