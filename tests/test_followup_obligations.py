"""Whose turn it is: a conversation beside the obligations it makes (SEMANTICS 2, 4 and 6)."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.accounts import Account, Direction
from domain.events import When
from domain.followup import AskKind, Hours, Obligation, ObligationState, Policy, Side, Tier, Turn
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
DANA, ANA, BEN = "dana@acme.example", "ana@northwind.example", "ben@northwind.example"
DAYS = {name: day for day, name in enumerate(("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"), start=2)}


def when(text: str) -> datetime:
    """Read "Tue 10:00" as a time in the week of Monday, 2 March 2026."""
    day, clock = text.split()
    hour, minute = map(int, clock.split(":"))
    return datetime(2026, 3, DAYS[day], hour, minute, tzinfo=UTC)


def says(kind: SignalKind, quote: str = "Some words.", *, score: float = 0.9, due: When | None = None) -> Signal:
    """Make a signal."""
    return Signal(kind=kind, start=0, end=len(quote), quote=quote, score=score, rule="test", due=due)


REQUEST = says(SignalKind.REQUEST, "Could you send the contract?")
QUESTION = says(SignalKind.QUESTION, "Any news?")
COMPLAINT = says(SignalKind.COMPLAINT, "The delivery is late again.")
PROPOSAL = says(SignalKind.MEETING_PROPOSAL, "Shall we meet on Friday?")
CLOSER = says(SignalKind.CLOSER, "Thanks, got it.", score=0.95)
WITHDRAWAL = says(SignalKind.WITHDRAWAL, "Please ignore my last mail.")


def client(at: str, *signals: Signal, **more: Any) -> Turn:
    """Make a mail from Dana at Acme to us."""
    return _turn(at, Direction.INBOUND, signals, {"to_us": True, "from_account": True, "sender": DANA} | more)


def ours(at: str, *, signals: Sequence[Signal] = (), **more: Any) -> Turn:
    """Make a mail from Ana to Dana."""
    facts: dict[str, Any] = {"to_account": True, "sender": ANA, "owner": ANA, "recipients": (DANA,)}
    return _turn(at, Direction.OUTBOUND, signals, facts | more)


def internal(at: str, **more: Any) -> Turn:
    """Make a mail among us."""
    return _turn(at, Direction.INTERNAL, (), {"sender": ANA, "to_us": True} | more)


def bounce(at: str, *failed: str) -> Turn:
    """Make a delivery failure."""
    facts = {"sender": "postmaster@acme.example", "automatic": Automatic.BOUNCE, "failed_recipients": failed}
    return _turn(at, Direction.INBOUND, (), facts)


def _turn(at: str, direction: Direction, signals: Sequence[Signal], facts: dict[str, Any]) -> Turn:
    key = f"{direction} {at}"
    message_id = f"{key}@x".replace(" ", ".")
    return Turn(key=key, message_id=message_id, at=when(at), direction=direction, signals=tuple(signals), **facts)


def owed(*turns: Turn, account: Account = ACME) -> list[Obligation]:
    """Apply the rules."""
    return obligations(turns, account=account, conversation="c1", policy=POLICY, business=BUSINESS)


def open_ones(*turns: Turn, account: Account = ACME) -> list[str]:
    """List the mails nothing has answered, by their times."""
    return [one.message_key.partition(" ")[2] for one in owed(*turns, account=account) if one.cleared_at is None]


ASK = client("Mon 10:00", REQUEST)


class TestWhatRequiresAResponse:
    def test_a_request_opens_an_obligation_with_its_proof(self) -> None:
        """SEMANTICS 2: due after eight business hours, at risk after six, with the sentence that proves it."""
        (one,) = owed(ASK)
        assert (one.side, one.kinds, one.contact) == (Side.OURS, (AskKind.REQUEST,), DANA)
        assert (one.clock_start, one.at_risk_at, one.due) == (when("Mon 10:00"), when("Mon 16:00"), when("Tue 10:00"))
        assert [sentence.quote for sentence in one.evidence] == ["Could you send the contract?"]
        assert one.confidence == 0.9
        assert DANA in one.clears_when

    @pytest.mark.parametrize(
        ("signal", "kind"),
        [
            (REQUEST, AskKind.REQUEST),
            (QUESTION, AskKind.QUESTION),
            (COMPLAINT, AskKind.COMPLAINT),
            (PROPOSAL, AskKind.MEETING),
            (says(SignalKind.DEADLINE, "asap"), AskKind.DEADLINE),
        ],
    )
    def test_every_kind_of_ask_counts(self, signal: Signal, kind: AskKind) -> None:
        """SEMANTICS 2: complaint, request, question, meeting proposal, deadline."""
        assert owed(client("Mon 10:00", signal))[0].kinds == (kind,)

    @pytest.mark.parametrize(
        ("why", "turn"),
        [
            ("D4.1 another account's mail", client("Mon 10:00", REQUEST, from_account=False)),
            ("D4.3 only on Cc", client("Mon 10:00", REQUEST, to_us=False, cc_us=True)),
            ("D4.3 on Cc, named, nothing asked", client("Mon 10:00", to_us=False, cc_us=True, names_us=True)),
            ("D4.3 not addressed at all", client("Mon 10:00", REQUEST, to_us=False)),
            ("D4.4 closer", client("Mon 10:00", CLOSER)),
            ("D4.5 out of office", client("Mon 10:00", REQUEST, automatic=Automatic.AUTO_REPLY)),
            ("D4.13 withdrawal", client("Mon 10:00", WITHDRAWAL)),
            ("D4.17 newsletter", client("Mon 10:00", REQUEST, automatic=Automatic.BULK)),
            ("D4.17 notification", client("Mon 10:00", REQUEST, automatic=Automatic.SYSTEM)),
            ("D4.29 nothing new is asked", client("Mon 10:00")),
            ("no words at all", client("Mon 10:00", empty=True)),
            ("an ask hardly recognised", client("Mon 10:00", says(SignalKind.REQUEST, score=0.3))),
            ("praise", client("Mon 10:00", says(SignalKind.PRAISE))),
            ("our own request", ours("Mon 10:00")),
        ],
        ids=lambda value: value if isinstance(value, str) else "",
    )
    def test_what_requires_no_response(self, why: str, turn: Turn) -> None:
        """SEMANTICS 2: nothing is owed for these."""
        assert owed(turn) == [], why

    def test_d4_3_a_copy_that_names_us_requires_a_response(self) -> None:
        """D4.3: "Ana, could you …" on Cc."""
        assert open_ones(client("Mon 10:00", REQUEST, to_us=False, cc_us=True, names_us=True)) == ["Mon 10:00"]

    def test_d4_4_thanks_but_is_an_ask(self) -> None:
        """D4.4: a closer mixed with an ask is an ask."""
        assert owed(client("Mon 10:00", CLOSER, REQUEST))

    def test_a_language_we_cannot_read_is_low_confidence(self) -> None:
        """SEMANTICS 2: it requires a response all the same."""
        (one,) = owed(client("Mon 10:00", language_known=False))
        assert (one.kinds, one.evidence) == ((AskKind.OTHER,), ())
        assert one.confidence < 0.5
        assert one.due == when("Wed 10:00")

    @pytest.mark.parametrize(
        ("automatic", "allowed", "opens"),
        [
            (Automatic.SYSTEM, DANA, True),
            (Automatic.BULK, DANA, True),
            (Automatic.BULK, "other@acme.example", False),
            (Automatic.AUTO_REPLY, DANA, True),
            (Automatic.BOUNCE, DANA, False),
            (Automatic.CALENDAR, DANA, False),
        ],
    )
    def test_d4_18_an_allowed_automatic_sender(self, automatic: Automatic, allowed: str, opens: bool) -> None:
        """D4.18: the list lifts the veto on mail of robots; nobody answers a bounce or calendar mail."""
        turn = client("Mon 10:00", REQUEST, automatic=automatic)
        assert bool(owed(turn, account=replace(ACME, allow=(allowed,)))) is opens

    def test_a_tier_promised_everything(self) -> None:
        """SEMANTICS 2: every mail to us counts, except closers and mail without words."""
        account = replace(ACME, tier="all")
        (one,) = owed(client("Mon 10:00"), account=account)
        assert (one.kinds, one.due) == ((AskKind.OTHER,), when("Wed 10:00"))
        assert owed(client("Mon 10:00", CLOSER), account=account) == []
        assert owed(client("Mon 10:00", empty=True), account=account) == []
        assert owed(client("Mon 10:00", to_us=False, cc_us=True), account=account) == []

    def test_d4_4_a_closer_hardly_recognised_is_none(self) -> None:
        """D4.4: below 0.9 the mail counts as any other."""
        unsure = client("Mon 10:00", replace(CLOSER, score=0.89))
        assert owed(unsure, account=replace(ACME, tier="all"))


class TestDue:
    @pytest.mark.parametrize(
        ("signals", "due"),
        [
            ((COMPLAINT,), "Mon 14:00"),
            ((REQUEST,), "Tue 10:00"),
            ((QUESTION,), "Tue 10:00"),
            ((PROPOSAL,), "Tue 10:00"),
            ((REQUEST, COMPLAINT), "Mon 14:00"),
        ],
    )
    def test_the_shortest_target_wins(self, signals: tuple[Signal, ...], due: str) -> None:
        """SEMANTICS 6: targets by kind."""
        assert owed(client("Mon 10:00", *signals))[0].due == when(due)

    def test_kinds_come_gravest_first(self) -> None:
        """However the sentences stand."""
        assert owed(client("Mon 10:00", REQUEST, COMPLAINT))[0].kinds == (AskKind.COMPLAINT, AskKind.REQUEST)

    def test_a_tier_scales_targets(self) -> None:
        """SEMANTICS 2: tier ``key`` halves them; an unknown tier is the standard."""
        assert owed(ASK, account=replace(ACME, tier="key"))[0].due == when("Mon 14:00")
        assert owed(ASK, account=replace(ACME, tier="gold"))[0].due == when("Tue 10:00")

    @pytest.mark.parametrize(
        ("deadline", "due"),
        [
            (date(2026, 3, 2), "Mon 17:00"),
            (when("Mon 12:00"), "Mon 12:00"),
            (when("Thu 12:00"), "Tue 10:00"),
            (when("Mon 09:00"), "Tue 10:00"),
            (None, "Tue 10:00"),
        ],
        ids=["a day is its closing time", "earlier", "later", "already past", "asap is no instant"],
    )
    def test_the_earlier_of_target_and_deadline(self, deadline: When | None, due: str) -> None:
        """SEMANTICS 2 and 6."""
        mail = client("Mon 10:00", REQUEST, says(SignalKind.DEADLINE, "by then", due=deadline))
        (one,) = owed(mail)
        assert (one.kinds, one.due) == ((AskKind.REQUEST, AskKind.DEADLINE), when(due))

    def test_a_deadline_makes_it_at_risk_in_proportion(self) -> None:
        """SEMANTICS 2: three quarters of what there is."""
        mail = client("Mon 10:00", REQUEST, says(SignalKind.DEADLINE, due=when("Mon 14:00")))
        assert owed(mail)[0].at_risk_at == when("Mon 13:00")

    def test_d4_23_the_clock_starts_at_receipt_and_counts_from_opening(self) -> None:
        """SEMANTICS 6: received on Saturday, due at Monday's closing time."""
        (one,) = owed(client("Sat 20:00", REQUEST))
        assert (one.clock_start, one.due) == (when("Sat 20:00"), when("Mon 17:00") + timedelta(days=7))

    @pytest.mark.parametrize(
        ("now", "covered", "state"),
        [
            ("Mon 15:59", True, ObligationState.OPEN),
            ("Mon 16:00", True, ObligationState.AT_RISK),
            ("Tue 10:00", True, ObligationState.AT_RISK),
            ("Tue 10:01", True, ObligationState.OVERDUE),
            ("Tue 10:01", False, ObligationState.UNKNOWN),
        ],
    )
    def test_how_it_stands_is_decided_at_the_moment_asked_for(
        self, now: str, covered: bool, state: ObligationState
    ) -> None:
        """SEMANTICS 2: overdue when now is after due; unknown without proven coverage."""
        assert owed(ASK)[0].state_at(when(now), covered=covered) is state


class TestChasers:
    def test_d4_26_a_chaser_keeps_the_clock(self) -> None:
        """D4.26: one obligation, one chaser, the original start, both sentences."""
        (one,) = owed(ASK, client("Tue 11:00", QUESTION))
        assert (one.clock_start, one.due, one.chasers) == (when("Mon 10:00"), when("Tue 10:00"), (when("Tue 11:00"),))
        assert [sentence.quote for sentence in one.evidence] == ["Could you send the contract?", "Any news?"]

    def test_a_chaser_with_a_deadline_makes_it_due_earlier(self) -> None:
        """SEMANTICS 2: the earlier of both."""
        noon = says(SignalKind.DEADLINE, "by noon", due=when("Mon 12:00"))
        assert owed(ASK, client("Mon 11:00", noon))[0].due == when("Mon 12:00")

    def test_a_chaser_that_complains_can_only_make_it_earlier(self) -> None:
        """SEMANTICS 6: the shortest target of all kinds, from the start; before, the clock read as it did."""
        (one,) = owed(ASK, client("Mon 11:00", COMPLAINT))
        assert one.due == when("Mon 14:00")
        assert [(reading.at, reading.due) for reading in one.readings] == [
            (when("Mon 10:00"), when("Tue 10:00")),
            (when("Mon 11:00"), when("Mon 14:00")),
        ]

    def test_thanks_in_between_is_no_chaser(self) -> None:
        """D4.4: it neither asks nor answers."""
        assert owed(ASK, client("Mon 11:00", CLOSER))[0].chasers == ()

    def test_a_colleagues_chaser_counts_for_the_same_obligation(self) -> None:
        """The contact who waits is the one who asked first."""
        (one,) = owed(ASK, client("Tue 11:00", QUESTION, sender="eve@acme.example"))
        assert (one.contact, len(one.chasers)) == (DANA, 1)


class TestWhatClears:
    def test_d4_8_a_colleague_clears_and_is_credited(self) -> None:
        """D4.8: any own identity answers for all."""
        (one,) = owed(ASK, ours("Mon 12:00", sender=BEN, owner=BEN))
        assert (one.cleared_at, one.cleared_who) == (when("Mon 12:00"), BEN)
        assert (one.cleared_by, one.cleared_reason) == ("outbound Mon 12:00", "answered")

    @pytest.mark.parametrize(
        ("why", "turn"),
        [
            ("D4.1 names another account", ours("Mon 12:00", to_account=False)),
            ("D4.2 internal", internal("Mon 12:00")),
            ("D4.6 our auto-reply", ours("Mon 12:00", automatic=Automatic.AUTO_REPLY)),
            ("our newsletter", ours("Mon 12:00", automatic=Automatic.BULK)),
            ("D4.7 bare accept", ours("Mon 12:00", automatic=Automatic.CALENDAR, invitation=True)),
            ("D4.19 forward to a third party", ours("Mon 12:00", to_account=False)),
            ("empty", ours("Mon 12:00", empty=True)),
            ("earlier", ours("Mon 09:00")),
            ("D4.5 their absence note", client("Mon 12:00", WITHDRAWAL, automatic=Automatic.AUTO_REPLY)),
            ("somebody else's withdrawal", client("Mon 12:00", WITHDRAWAL, from_account=False)),
        ],
        ids=lambda value: value if isinstance(value, str) else "",
    )
    def test_what_does_not_clear(self, why: str, turn: Turn) -> None:
        """SEMANTICS 2: the request stays open after these."""
        assert open_ones(ASK, turn) == ["Mon 10:00"], why

    def test_d4_7_a_calendar_answer_satisfies_a_mail_that_only_proposes_a_meeting(self) -> None:
        """D4.7: and only that."""
        accept = ours("Mon 12:00", automatic=Automatic.CALENDAR, invitation=True, empty=True)
        assert open_ones(client("Mon 10:00", PROPOSAL), accept) == []
        both = client("Mon 10:00", PROPOSAL, replace(REQUEST, start=40, end=60))
        assert open_ones(both, accept) == ["Mon 10:00"]
        assert open_ones(client("Mon 10:00", PROPOSAL), client("Mon 11:00", REQUEST), accept) == ["Mon 11:00"]

    def test_d4_7_an_invitation_with_words_is_an_answer(self) -> None:
        """D4.7: "bare" accepts do not answer; sentences do."""
        assert open_ones(ASK, ours("Mon 12:00", invitation=True)) == []
        assert open_ones(ASK, ours("Mon 12:00", invitation=True, empty=True)) == ["Mon 10:00"]

    def test_d4_13_the_client_withdraws(self) -> None:
        """D4.13: nobody of us is credited."""
        (one,) = owed(ASK, client("Mon 11:00", WITHDRAWAL))
        assert (one.cleared_at, one.cleared_who) == (when("Mon 11:00"), "")
        assert "withdrawn" in one.cleared_reason

    def test_d4_13_a_withdrawal_that_asks_for_something_else(self) -> None:
        """D4.13: the first is withdrawn, and something else is wanted from now on."""
        something_else = replace(REQUEST, start=40, end=60)
        assert open_ones(ASK, client("Mon 11:00", WITHDRAWAL, something_else)) == ["Mon 11:00"]

    def test_an_unsure_withdrawal_takes_no_request_back(self) -> None:
        """What is read with little certainty is shown, and hides nobody who waits."""
        (one,) = owed(client("Mon 10:00", REQUEST, replace(WITHDRAWAL, score=0.35)))
        assert one.cleared_at is None

    def test_d4_13_a_withdrawal_sounds_like_a_request(self) -> None:
        """D4.13: "please ignore" is no request."""
        assert open_ones(ASK, client("Mon 11:00", WITHDRAWAL, replace(REQUEST, end=WITHDRAWAL.end))) == []

    def test_an_acknowledgement_clears_and_says_so(self) -> None:
        """SEMANTICS 2: "we'll look into it" clears the response; the reason tells it from an answer."""
        (one,) = owed(ASK, ours("Mon 12:00", signals=(says(SignalKind.ACKNOWLEDGEMENT),)))
        assert (one.cleared_at, one.cleared_reason) == (when("Mon 12:00"), "acknowledged")

    def test_asking_again_after_the_answer_is_another_obligation(self) -> None:
        """Every episode is kept, oldest first, with an id of its own."""
        first, second = owed(ASK, ours("Mon 12:00"), client("Mon 15:00", REQUEST))
        assert (first.cleared_at, second.cleared_at) == (when("Mon 12:00"), None)
        assert first.id != second.id

    def test_d4_2_internal_talk_is_shown(self) -> None:
        """D4.2: since the first internal reply while it was open."""
        early, later = internal("Mon 09:00"), (internal("Mon 12:00"), internal("Mon 13:00"))
        assert owed(early, ASK, *later)[0].discussed_since == when("Mon 12:00")
        assert owed(early, ASK)[0].discussed_since is None


class TestBounces:
    def test_d4_22_a_bounce_takes_the_response_back(self) -> None:
        """D4.22: open again with its original start, and flagged."""
        (one,) = owed(ASK, ours("Mon 12:00"), bounce("Mon 12:05", DANA))
        assert (one.cleared_at, one.clock_start, one.bounced_at) == (None, when("Mon 10:00"), when("Mon 12:05"))

    def test_d4_22_one_of_two_recipients_got_it(self) -> None:
        """D4.22: the response counts unless it reached nobody at the account."""
        both = ours("Mon 12:00", recipients=(DANA, "eve@acme.example"))
        assert open_ones(ASK, both, bounce("Mon 12:05", "eve@acme.example")) == []
        assert open_ones(ASK, both, bounce("Mon 12:05", "eve@acme.example"), bounce("Mon 12:06", DANA))

    def test_d4_22_a_bounce_of_somebody_else_changes_nothing(self) -> None:
        """D4.22: the vendor on Cc had moved."""
        assert open_ones(ASK, ours("Mon 12:00"), bounce("Mon 12:05", "info@vendor.example")) == []

    def test_d4_22_a_second_answer_that_arrives_answers(self) -> None:
        """D4.22: sent again, it got there."""
        again = ours("Mon 13:00", recipients=(DANA,))
        (one,) = owed(ASK, ours("Mon 12:00"), bounce("Mon 12:05", DANA), again)
        assert one.cleared_at == when("Mon 13:00")


class TestHistoric:
    def test_d4_25_old_mail_never_waits(self) -> None:
        """D4.25: kept, not alerted."""
        (one,) = owed(replace(ASK, historic=True))
        assert one.historic
        assert not one.waits_at(when("Fri 10:00"))

    def test_d4_25_a_chaser_of_old_mail_is_news(self) -> None:
        """D4.25, D4.26: asked again it waits, since the first mail; only chasers among old mail change nothing."""
        old = replace(ASK, historic=True)
        (one,) = owed(old, client("Tue 11:00", QUESTION))
        assert (one.historic, one.clock_start, one.chasers) == (False, when("Mon 10:00"), (when("Tue 11:00"),))
        assert owed(old, client("Tue 11:00", QUESTION, historic=True))[0].historic

    def test_it_waits_between_the_question_and_the_answer(self) -> None:
        """SEMANTICS 2: any past moment can be asked for."""
        (one,) = owed(ASK, ours("Mon 12:00"))
        moments = ("Mon 09:59", "Mon 10:00", "Mon 11:59", "Mon 12:00")
        assert [one.waits_at(when(moment)) for moment in moments] == [False, True, True, False]


def test_an_id_is_short_and_rests_on_account_and_mail() -> None:
    """INTERFACE: stable across ingests; chasers and answers do not change it."""
    (asked,), (answered,) = owed(ASK), owed(ASK, client("Mon 11:00", QUESTION), ours("Mon 12:00"))
    (other,) = owed(ASK, account=replace(ACME, id="bright"))
    assert asked.id == answered.id != other.id
    assert len(asked.id) <= len("ob-") + 10


_signals = st.lists(st.sampled_from([REQUEST, QUESTION, COMPLAINT, PROPOSAL, CLOSER, WITHDRAWAL]), max_size=2)
_automatic = st.sampled_from([None, None, None, *Automatic])


@st.composite
def _turns(draw: st.DrawFn) -> Turn:
    hour, minute = draw(st.integers(8, 18)), draw(st.sampled_from([0, 30]))
    at = f"{draw(st.sampled_from(sorted(DAYS)))} {hour:02}:{minute:02}"
    automatic, empty = draw(_automatic), draw(st.booleans())
    writer = draw(st.sampled_from([DANA, ANA, BEN]))
    if writer == DANA:
        copied, historic = draw(st.booleans()), draw(st.booleans())
        facts = {"to_us": not copied, "cc_us": copied, "names_us": draw(st.booleans()), "historic": historic}
        return client(at, *draw(_signals), automatic=automatic, empty=empty, **facts)
    if draw(st.booleans()):
        return ours(at, sender=writer, owner=writer, automatic=automatic, empty=empty, invitation=draw(st.booleans()))
    return internal(at, sender=writer)


_conversations = st.lists(_turns(), max_size=8, unique_by=lambda turn: turn.key)


@given(_conversations, st.randoms(use_true_random=False))
def test_any_order_of_arrival_gives_the_same_obligations(turns: list[Turn], dice: Random) -> None:
    """SEMANTICS 7: one store, however the mails came in."""
    shuffled = list(turns)
    dice.shuffle(shuffled)
    assert owed(*shuffled) == owed(*turns)


@given(_conversations)
def test_obligations_follow_one_another(turns: list[Turn]) -> None:
    """One is answered before the next begins, except beside a meeting's (D4.7); each clock runs forward."""
    found = [one for one in owed(*turns) if not one.historic]
    assert sum(one.cleared_at is None for one in found) <= 1
    for one, following in pairwise(one for one in found if one.cleared_reason != "meeting answered"):
        assert one.cleared_at is not None
        assert one.cleared_at <= following.clock_start
    for one in found:
        assert one.clock_start <= one.at_risk_at <= one.due
        assert all(one.clock_start <= chaser for chaser in one.chasers)
        assert 0 < one.confidence <= 1


@given(_conversations)
def test_a_qualifying_answer_at_the_end_leaves_nothing_open(turns: list[Turn]) -> None:
    """SEMANTICS 2: after it, nobody waits; what is historic never did."""
    assert not any(one.waits_at(when("Sun 23:59")) for one in owed(*turns, ours("Sun 23:59")))
