"""Which mails of a reference thread are one conversation (SEMANTICS 1, D4.2, D4.21): the guarded graph."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.accounts import Direction
from domain.conversations import Party, PartySide, ThreadMessage
from domain.free_mail import FREE_MAIL_DOMAINS
from domain.mail import Automatic
from followup.conversations import conversations

ANA, BEN = "ana@northwind.example", "ben@northwind.example"
NINA, OLE = "nina@acme.example", "ole@acme.example"
KIM = "kim@bright.example"
MALLORY = "mallory@stranger.example"
START = datetime(2026, 3, 2, 9, tzinfo=UTC)


def mail(
    key: str, hour: int, sender: str, to: str | Sequence[str], *, answers: str | Sequence[str] = (), cc: str = ""
) -> ThreadMessage:
    """Make a mail whose Message-ID is its key; ``answers`` names the nearest first."""
    recipients = [to] if isinstance(to, str) else list(to)
    parties = [_party("from", sender), *(_party("to", address) for address in recipients)]
    parties += [_party("cc", cc)] if cc else []
    return ThreadMessage(
        key=key,
        message_id=key,
        references=(answers,) if isinstance(answers, str) else tuple(answers),
        at=START + timedelta(hours=hour),
        direction=_direction(parties),
        subject="Campaign",
        parties=tuple(parties),
    )


def _party(role: str, address: str) -> Party:
    domain = address.partition("@")[2]
    side = {"northwind.example": PartySide.OWN, "acme.example": PartySide.CLIENT, "bright.example": PartySide.CLIENT}
    account = {"acme.example": "acme", "bright.example": "bright"}
    return Party(
        role=role,
        name="",
        address=address,
        side=side.get(domain, PartySide.OTHER),
        account=account.get(domain, ""),
        domain=address if domain in FREE_MAIL_DOMAINS else domain,
    )


def _direction(parties: Sequence[Party]) -> Direction:
    if parties[0].side is not PartySide.OWN:
        return Direction.INBOUND
    inside = all(party.side is PartySide.OWN for party in parties)
    return Direction.INTERNAL if inside else Direction.OUTBOUND


def groups(*thread: ThreadMessage) -> list[str]:
    """List conversations, each as the keys of its mails: "a b"."""
    found: dict[str, list[str]] = {}
    for key, home in conversations(thread).items():
        found.setdefault(home, []).append(key)
    assert all(home in keys for home, keys in found.items())
    return sorted(" ".join(sorted(keys)) for keys in found.values())


ASK = mail("a", 0, NINA, ANA)


def test_an_answer_joins_what_it_answers() -> None:
    """SEMANTICS 1: References, restricted to the same client people."""
    assert groups(ASK, mail("b", 1, ANA, NINA, answers="a"), mail("c", 2, NINA, ANA, answers=["b", "a"])) == ["a b c"]


def test_a_colleague_of_the_client_joins() -> None:
    """SEMANTICS 1: the same client domain."""
    assert groups(ASK, mail("b", 1, OLE, BEN, answers="a")) == ["a b"]


def test_mails_whose_common_ancestor_is_missing_are_one_conversation() -> None:
    """RFC 5256: both name a mail we never saw."""
    assert groups(mail("b", 1, NINA, ANA, answers="x"), mail("c", 2, OLE, ANA, answers="x")) == ["b c"]


def test_a_conversation_is_called_after_its_oldest_mail() -> None:
    """The id says nothing about the order of arrival."""
    assert conversations([mail("b", 1, ANA, NINA, answers="a"), ASK]) == {"a": "a", "b": "a"}


def test_a_mail_dated_before_the_one_it_answers_is_its_answer() -> None:
    """Clocks differ: Ana's program runs an hour behind."""
    assert groups(mail("a", 2, NINA, ANA), mail("b", 1, ANA, NINA, answers="a")) == ["a b"]
    kim = mail("c", 1, KIM, [ANA, NINA], answers=["b", "a"])
    assert groups(mail("a", 3, NINA, ANA), mail("b", 2, OLE, ANA, answers="a"), kim) == ["a b c"]


def test_mails_that_answer_each_other_end() -> None:
    """Nothing keeps two mails from naming one another."""
    assert groups(mail("a", 0, NINA, ANA, answers="b"), mail("b", 1, ANA, NINA, answers="a")) == ["a b"]


def test_whoever_reads_a_list_may_answer_on_it() -> None:
    """A stranger joins by references when both mails came over the same list, and only then."""
    asked = replace(ASK, list_id="users.northwind.example")
    answer = mail("m", 1, MALLORY, ANA, answers="a")
    assert groups(asked, replace(answer, list_id="users.northwind.example")) == ["a m"]
    assert groups(asked, replace(answer, list_id="other.stranger.example")) == ["a", "m"]
    assert groups(asked, answer) == ["a", "m"]


def test_a_reply_without_references_joins_the_latest_talk_of_its_subject() -> None:
    """SEMANTICS 1: by subject and people, never by subject alone."""
    later = mail("b", 24, NINA, ANA)
    reply = replace(mail("r", 26, ANA, NINA), subject="Re: Campaign")
    assert groups(ASK, later, reply) == ["a", "b r"]
    assert groups(mail("k", 0, KIM, ANA), reply) == ["k", "r"]
    assert groups(ASK, replace(reply, subject="Campaign")) == ["a", "r"]


def test_forged_references_attach_no_stranger() -> None:
    """SEMANTICS 1: naming a client's Message-ID is not enough."""
    assert groups(ASK, mail("m", 1, MALLORY, ANA, answers="a")) == ["a", "m"]


def test_another_client_with_reused_references_stays_apart() -> None:
    """SEMANTICS 1: a template with old References, sent by another account."""
    assert groups(ASK, mail("k", 1, KIM, ANA, answers="a")) == ["a", "k"]


def test_free_mail_people_share_no_domain() -> None:
    """SEMANTICS 1: two people at gmail.com are two strangers."""
    first = mail("g", 0, "one@gmail.com", ANA)
    assert groups(first, mail("h", 1, "two@gmail.com", ANA, answers="g")) == ["g", "h"]
    assert groups(first, mail("h", 1, "one@gmail.com", ANA, answers="g")) == ["g h"]


def test_d4_21_a_new_sender_joins_when_a_recipient_is_in_it() -> None:
    """D4.21: Nina writes from home, with Ole, who is in the conversation, in To or Cc."""
    both = mail("a", 0, ANA, [NINA, OLE])
    home = "nina77@posteo.example"
    assert groups(both, mail("p", 1, home, [ANA, OLE], answers="a")) == ["a p"]
    assert groups(both, mail("p", 1, home, ANA, cc=OLE, answers="a")) == ["a p"]


@pytest.mark.parametrize(
    ("client", "stranger", "joins"),
    [
        (("Nina Weber", NINA), ("Nina Weber", "n77@posteo.example"), True),
        (("Weber, Nina", NINA), ("Nina Weber", "n77@posteo.example"), True),
        (("Nina Weber", NINA), ("", "nina.weber@posteo.example"), True),
        (("", "nina_weber@acme.example"), ("NINA WEBER", "n77@posteo.example"), True),
        (("Nina Weber", NINA), ("Tom Weber", "tom@posteo.example"), False),
        (("Nina", NINA), ("Nina", "nina@posteo.example"), False),
        (("", NINA), ("", "n77@posteo.example"), False),
    ],
)
def test_d4_21_a_clients_person_is_known_by_name(
    client: tuple[str, str], stranger: tuple[str, str], joins: bool
) -> None:
    """D4.21: from a private address to us alone; a full name tells who it is, a first name does not."""
    first = mail("a", 0, ANA, client[1])
    first = replace(first, parties=(first.parties[0], replace(first.parties[1], name=client[0])))
    private = mail("p", 1, stranger[1], ANA, answers="a")
    private = replace(private, parties=(replace(private.parties[0], name=stranger[0]), *private.parties[1:]))
    assert groups(first, private) == (["a p"] if joins else ["a", "p"])


def test_d4_21_one_of_us_as_recipient_is_no_bridge() -> None:
    """D4.21: everybody can write to Ana; that proves nothing."""
    assert groups(mail("a", 0, ANA, NINA), mail("p", 1, "nina77@posteo.example", ANA, answers="a")) == ["a", "p"]


def test_d4_22_a_bounce_belongs_to_the_mail_that_came_back() -> None:
    """D4.22: the mail system is a stranger, the address it could not reach is not."""
    sent = mail("a", 0, ANA, NINA)
    returned = replace(mail("d", 1, "mailer-daemon@mx.example", ANA, answers="a"), automatic=Automatic.BOUNCE)
    assert groups(sent, replace(returned, failed_recipients=(NINA,))) == ["a d"]
    assert groups(sent, replace(returned, failed_recipients=(KIM,))) == ["a", "d"]
    assert groups(sent, returned) == ["a", "d"]


def test_d4_2_our_talk_about_it_belongs_to_it() -> None:
    """D4.2: internal replies name nobody outside."""
    assert groups(ASK, mail("i", 1, ANA, BEN, answers="a"), mail("j", 2, BEN, ANA, answers=["i", "a"])) == ["a i j"]


def test_we_may_answer_an_internal_mail_to_the_outside() -> None:
    """The conversation begins among us and goes to the client."""
    assert groups(mail("i", 0, ANA, BEN), mail("o", 1, BEN, NINA, answers="i")) == ["i o"]


def test_we_may_bring_somebody_in() -> None:
    """Kim is new; Nina, to whom it goes as well, is not."""
    assert groups(ASK, mail("b", 1, ANA, [NINA, KIM], answers="a"), mail("c", 2, KIM, ANA, answers="b")) == ["a b c"]


def test_d4_19_a_forward_to_a_third_party_is_talk_of_its_own() -> None:
    """D4.19: the printer's answer is none of Nina's conversation."""
    forward = mail("f", 1, ANA, "print@printer.example", answers="a")
    assert groups(ASK, forward, mail("g", 2, "print@printer.example", ANA, answers=["f", "a"])) == ["a", "f g"]


def test_an_answer_goes_to_the_conversation_it_answers_most_nearly() -> None:
    """Two conversations hang on one thread; the nearest reference decides."""
    split = mail("k", 1, KIM, ANA, answers="a")
    assert groups(ASK, split, mail("i", 2, ANA, BEN, answers=["k", "a"])) == ["a", "i k"]


_people = st.sampled_from([ANA, BEN, NINA, OLE, KIM, MALLORY, "one@gmail.com"])


@st.composite
def _threads(draw: st.DrawFn) -> list[ThreadMessage]:
    size = draw(st.integers(1, 8))
    return [
        mail(
            f"m{number}",
            draw(st.integers(0, 5)),
            draw(_people),
            draw(st.lists(_people, min_size=1, max_size=2)),
            answers=draw(st.lists(st.sampled_from([f"m{n}" for n in range(size)]), max_size=2)),
        )
        for number in range(size)
    ]


@given(_threads(), st.randoms(use_true_random=False))
def test_any_order_of_arrival_gives_the_same_conversations(thread: list[ThreadMessage], dice: Random) -> None:
    """SEMANTICS 7: one store, however the mails came in; every mail is in exactly one conversation."""
    shuffled = list(thread)
    dice.shuffle(shuffled)
    assert conversations(shuffled) == conversations(thread)
    assert conversations(thread).keys() == {message.key for message in thread}


@given(_threads())
def test_everybody_from_outside_shares_somebody_with_the_conversation(thread: list[ThreadMessage]) -> None:
    """SEMANTICS 1: an address or domain from outside links each mail from outside to the others, if they name any."""
    home = conversations(thread)
    for message in thread:
        others = [m for m in thread if home[m.key] == home[message.key] and m.key != message.key]
        marks = {mark for other in others for mark in _marks(other)}
        if marks and message.direction is Direction.INBOUND:
            assert marks & _marks(message)


def _marks(message: ThreadMessage) -> set[str]:
    outside = [party for party in message.parties if party.side is not PartySide.OWN]
    return {mark for party in outside for mark in (party.address, party.domain)}
