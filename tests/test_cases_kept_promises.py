"""Promises kept by a meeting or a call instead of a mail (SEMANTICS 2), through real files and a real run."""

import pytest
from desk import ANA, BEN, JURGEN, NINA, OLE, DeskFolder
from test_cases_meeting_answers import record

ASKED = "Hi Ana,\n\ncould you explain the new prices to us?\n\nNina\n"
CALL = "Hi Nina,\n\nthanks for asking. I will call you tomorrow morning.\n\nAna\n"


def promised(desk: DeskFolder, text: str, *, by: str = ANA, to: str = NINA, when: str = "Mon 11:00") -> str:
    """Let one of us answer a mail of Monday morning with a promise."""
    asked = desk.mail(to, by, "Mon 10:00", ASKED, subject="New prices")
    return desk.mail(by, to, when, text, answers=asked)


def states(desk: DeskFolder, now: str) -> list[str]:
    """How the promises stand, kept ones too."""
    return [row["state"] for row in desk.promises(now, everything=True)]


@pytest.mark.parametrize(
    "text",
    [
        CALL,
        "Hi Nina,\n\nI'll give you a ring tomorrow at 10.\n\nAna\n",
        "Hi Nina,\n\nI'll walk you through the new prices in our meeting tomorrow.\n\nAna\n",
        "Hallo Nina,\n\nich rufe Sie morgen Vormittag an.\n\nAna\n",
        "Bonjour Nina,\n\nje vous appelle demain matin.\n\nAna\n",
    ],
)
def test_a_promise_to_talk_is_kept_by_the_meeting_with_them(desk: DeskFolder, text: str) -> None:
    """As soon as the meeting begins, without a note of it; until then it is open."""
    promised(desk, text)
    desk.meeting(ANA, "Prices", "Tue 10:00", [NINA], minutes=30)

    assert states(desk, "Tue 9:59") == ["open"]
    assert desk.promises("Tue 10:15") == []
    (row,) = desk.promises("Wed 12:00", everything=True)
    card = desk.explain(row["id"], "Wed 12:00")
    assert (row["state"], card["facts"]["ended_why"]) == ("kept", "a meeting with them was held")
    assert desk.explain(row["kept_by"], "Wed 12:00")["kind"] == "meeting"


def test_a_call_somebody_only_noted_in_their_calendar_keeps_it(desk: DeskFolder) -> None:
    """An entry without attendees that names the account, as one makes for a phone call."""
    promised(desk, CALL)
    desk.meeting(ANA, "Acme call about prices", "Tue 10:00", [])

    assert states(desk, "Tue 12:00") == ["kept"]


@pytest.mark.parametrize(
    ("whom", "when", "more"),
    [
        ([OLE], "Tue 10:00", ""),
        ([JURGEN], "Tue 10:00", ""),
        ([BEN], "Tue 10:00", ""),
        ([NINA], "Mon 9:00", ""),
        ([NINA], "Tue 10:00", "STATUS:CANCELLED\r\n"),
        ({NINA: "DECLINED"}, "Tue 10:00", ""),
    ],
    ids=["a colleague of hers", "another account", "one of us", "before it", "cancelled", "declined"],
)
def test_another_meeting_does_not_keep_it(
    desk: DeskFolder, whom: list[str] | dict[str, str], when: str, more: str
) -> None:
    """With somebody else, earlier, or not held: the promise is broken the next day."""
    promised(desk, CALL)
    desk.meeting(ANA, "Prices", when, whom, more=more)

    assert states(desk, "Wed 12:00") == ["broken"]


def test_a_meeting_that_nobody_came_to_does_not_keep_it(desk: DeskFolder) -> None:
    """Its record says so, and what it seemed to keep is broken after all."""
    promised(desk, CALL)
    desk.meeting(ANA, "Prices", "Tue 10:00", [NINA])
    assert states(desk, "Wed 12:30") == ["kept"]
    record(desk, "Prices", "Wed 12:30", "--outcome", "no-show", "--none")

    assert states(desk, "Wed 13:00") == ["broken"]


def test_a_meeting_called_off_later_keeps_nothing_any_more(desk: DeskFolder) -> None:
    """The calendar changed, and the ledger with it."""
    promised(desk, CALL)
    desk.meeting(ANA, "Prices", "Thu 10:00", [NINA])
    assert states(desk, "Thu 12:00") == ["kept"]
    desk.calendar_mail(ANA, NINA, "Thu 9:00", "CANCEL", title="Prices", starts="Thu 10:00", uid="Prices")

    assert states(desk, "Thu 13:00") == ["broken"]


def test_meeting_alone_does_not_bring_what_was_to_be_sent(desk: DeskFolder) -> None:
    """Whoever promised a paper, and also to call, still owes the paper."""
    promised(desk, "Hi Nina,\n\nI will send you the revised offer by Wednesday.\n\nAna\n")
    desk.meeting(ANA, "Prices", "Tue 10:00", [NINA])

    assert states(desk, "Thu 12:00") == ["broken"]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("--note", "Handed over the revised offer, Nina reads it this week with her team."), "kept"),
        (("--outcome", "held", "--decision", "Revised offer accepted by Nina"), "kept"),
        (("--note", "Went through the revised offer line by line; the rest is for another day."), "kept"),
        (("--note", "Talked about the trade fair and the banners, she liked the colours."), "broken"),
        (("--note", "Nina still waits for the revised offer, she asked twice about it today."), "broken"),
        (("--outcome", "held", "--action", "Ana sends the revised offer she promised"), "broken"),
        (("--outcome", "no-show", "--decision", "Revised offer will be discussed another day"), "broken"),
    ],
)
def test_a_note_that_tells_of_it_keeps_any_promise(desk: DeskFolder, words: tuple[str, ...], expected: str) -> None:
    """A sentence that says it was brought or talked through; what is still to do, or another matter, keeps nothing."""
    promised(desk, "Hi Nina,\n\nI will send you the revised offer by Wednesday.\n\nAna\n")
    desk.meeting(ANA, "Weekly call", "Tue 10:00", [NINA])
    record(desk, "Weekly call", "Wed 12:30", *words)

    assert states(desk, "Thu 12:00") == [expected]


def test_an_invitation_keeps_a_promise_to_send_one(desk: DeskFolder) -> None:
    """The meeting stands in the calendar; it need not have taken place."""
    promised(desk, "Hi Nina,\n\nI will send you an invitation for next week by tomorrow.\n\nAna\n")
    desk.meeting(ANA, "Prices", "next Tue 10:00", [NINA], more="LAST-MODIFIED:20260302T143000Z\r\n")

    assert states(desk, "Mon 15:00") == ["open"]
    assert states(desk, "Mon 16:00") == ["kept"]


def test_their_promise_to_call_is_kept_by_a_meeting_too(desk: DeskFolder) -> None:
    """The ledger goes both ways."""
    desk.mail(OLE, BEN, "Mon 10:00", "Hi Ben,\n\nI will call you on Tuesday about the samples.\n\nOle\n")
    desk.meeting(BEN, "Samples", "Tue 15:00", [OLE])

    assert [(r["side"], r["state"]) for r in desk.promises("Wed 12:00", everything=True)] == [("theirs", "kept")]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Hi Ana,\n\nthanks for the call this morning, the prices are clear now.\n\nNina\n", "kept"),
        ("Hi Ana,\n\nthe weather in Hamburg is fine, we enjoy it.\n\nNina\n", "broken"),
    ],
)
def test_mail_that_speaks_of_the_call_keeps_it(desk: DeskFolder, text: str, expected: str) -> None:
    """No calendar shows it, but the client says that it took place."""
    said = promised(desk, CALL)
    desk.mail(NINA, ANA, "Tue 14:00", text, answers=said)

    assert states(desk, "Wed 12:00") == [expected]


def test_an_attachment_does_not_keep_a_promise_to_call(desk: DeskFolder) -> None:
    """It brings something else."""
    said = promised(desk, CALL)
    desk.mail(ANA, NINA, "Mon 15:00", "Hi Nina,\n\nattached.\n\nAna\n", answers=said, attached="catalogue.pdf")

    assert states(desk, "Wed 12:00") == ["broken"]


def test_a_meeting_read_before_the_promise_keeps_it_all_the_same(desk: DeskFolder) -> None:
    """The order in which mailbox and calendar are read decides nothing; reading again changes nothing."""
    desk.meeting(ANA, "Prices", "Tue 10:00", [NINA])
    desk.ingest("Tue 12:00")
    promised(desk, CALL)
    assert states(desk, "Tue 13:00") == ["kept"]

    assert desk.ingest("Tue 14:00")["flags"] == {"opened": 0, "closed": 0}
    assert states(desk, "Tue 14:00") == ["kept"]
