"""Several asks in one mail (SEMANTICS 4 and 6, D4.14), through real files and a real run."""

from desk import ANA, BEN, JURGEN, NINA, DeskFolder, at

TWO = "Hi Ana,\n\ncould you send us the signed contract? And when will the trailer be repaired?\n\nNina\n"
THREE = (
    "Hi Ana,\n\n1. Please send us the floor plan of the stand.\n2. Please confirm the parking permits.\n"
    "3. Who looks after the catering?\n\nNina\n"
)


def asks(desk: DeskFolder, now: str) -> list[list[str]]:
    """What each waiting mail still asks, sentence by sentence."""
    return [[said["quote"] for said in row["evidence"]] for row in desk.overdue(now)]


def test_an_answer_about_one_ask_leaves_the_other_open(desk: DeskFolder) -> None:
    """D4.14: under the same id, with its first clock, and only the open ask is listed."""
    asked = desk.mail(NINA, ANA, "Mon 10:00", TWO)
    desk.mail(ANA, NINA, "Mon 12:00", "Hi Nina,\n\nthe signed contract is attached.\n\nAna\n", answers=asked)

    (row,), (before,) = desk.overdue("Tue 12:00"), desk.overdue("Mon 11:00")
    assert (row["id"], row["state"], row["clock_start"]) == (before["id"], "overdue", at("Mon 10:00"))
    assert asks(desk, "Tue 12:00") == [["And when will the trailer be repaired?"]]
    assert len(asks(desk, "Mon 11:00")[0]) == 2


def test_the_second_answer_clears_the_rest(desk: DeskFolder) -> None:
    """D4.14: whatever it says, now that one ask is left."""
    asked = desk.mail(NINA, ANA, "Mon 10:00", TWO)
    desk.mail(ANA, NINA, "Mon 12:00", "Hi Nina,\n\nthe signed contract is attached.\n\nAna\n", answers=asked)
    desk.mail(BEN, NINA, "Mon 16:00", "Hi Nina,\n\nby Friday.\n\nBen\n", answers=asked)

    assert desk.waiting("Tue 12:00") == []


def test_an_answer_that_says_the_rest_follows_leaves_the_rest_open(desk: DeskFolder) -> None:
    """D4.14: of three points the first is done."""
    asked = desk.mail(NINA, ANA, "Mon 10:00", THREE)
    desk.mail(ANA, NINA, "Mon 12:00", "The floor plan is attached, the rest follows.\n\nAna\n", answers=asked)

    assert asks(desk, "Tue 12:00") == [["2. Please confirm the parking permits.", "3. Who looks after the catering?"]]


def test_a_question_without_a_line_between_the_lines_stays_open(desk: DeskFolder) -> None:
    """D4.14: answered line by line, the last question has none."""
    asked = desk.mail(
        NINA,
        ANA,
        "Mon 10:00",
        "Hi Ana,\n\nwhich colours are planned for the banner?\n\nCould you also book the photographer?\n\nNina\n",
    )
    inline = (
        "On Mon, 2 Mar 2026, Nina <nina@acme.example> wrote:\n> which colours are planned for the banner?\n\n"
        "Blue and white.\n\n> Could you also book the photographer?\n\nAna\n"
    )
    desk.mail(ANA, NINA, "Mon 12:00", inline, answers=asked)

    assert asks(desk, "Tue 12:00") == [["Could you also book the photographer?"]]


def test_a_line_below_each_question_answers_all(desk: DeskFolder) -> None:
    """D4.14: short answers are answers."""
    asked = desk.mail(
        NINA,
        ANA,
        "Mon 10:00",
        "Hi Ana,\n\nwhich colours are planned for the banner?\n\nCould you also book the photographer?\n\nNina\n",
    )
    inline = (
        "On Mon, 2 Mar 2026, Nina <nina@acme.example> wrote:\n> which colours are planned for the banner?\n\n"
        "Blue and white.\n\n> Could you also book the photographer?\n\nWill do.\n\nAna\n"
    )
    desk.mail(ANA, NINA, "Mon 12:00", inline, answers=asked)

    assert desk.waiting("Tue 12:00") == []


def test_the_whole_mail_quoted_once_more_below_the_answers_says_nothing(desk: DeskFolder) -> None:
    """D4.14: whoever answers between the lines and keeps the mail below it as well has left out nothing."""
    asked = desk.mail(NINA, ANA, "Mon 10:00", TWO)
    inline = (
        "> could you send us the signed contract?\n\nIt is in your inbox. As to the other one, ask Ole.\n\nAna\n\n"
        "On Mon, 2 Mar 2026, Nina <nina@acme.example> wrote:\n"
        "> could you send us the signed contract?\n> And when will the trailer be repaired?\n"
    )
    desk.mail(ANA, NINA, "Mon 12:00", inline, answers=asked)

    assert desk.waiting("Tue 12:00") == []


def test_an_answer_above_the_whole_quote_answers_all(desk: DeskFolder) -> None:
    """D4.14: that the question stands below, quoted, says nothing."""
    asked = desk.mail(NINA, ANA, "Mon 10:00", TWO)
    above = (
        "Hi Nina,\n\nthe contract is attached, Tuesday for the other.\n\nAna\n\n"
        "On Mon, 2 Mar 2026, Nina <nina@acme.example> wrote:\n"
        "> could you send us the signed contract? And when will the trailer be repaired?\n"
    )
    desk.mail(ANA, NINA, "Mon 12:00", above, answers=asked)

    assert desk.waiting("Tue 12:00") == []


def test_an_answer_about_both_in_other_words_answers_both(desk: DeskFolder) -> None:
    """D4.14: a sentence that is not about the first may be about the second."""
    asked = desk.mail(NINA, ANA, "Mon 10:00", TWO)
    told = "Hi Nina,\n\nthe signed contract is attached. The garage will be ready with it on Friday.\n\nAna\n"
    desk.mail(ANA, NINA, "Mon 12:00", told, answers=asked)

    assert desk.waiting("Tue 12:00") == []


def test_an_answer_without_words_of_any_ask_answers_all(desk: DeskFolder) -> None:
    """D4.14: asks cannot be told apart in "done"."""
    asked = desk.mail(JURGEN, BEN, "Mon 10:00", "Bitte senden Sie uns die Rechnung. Bitte bestätigen Sie den Termin.\n")
    desk.mail(BEN, JURGEN, "Mon 12:00", "Hallo Jürgen,\n\nist beides erledigt.\n\nBen\n", answers=asked)

    assert desk.waiting("Tue 12:00") == []


def test_an_answer_in_german_about_one_ask_leaves_the_other_open(desk: DeskFolder) -> None:
    """D4.14: the same in German; the file is what was asked for."""
    text = "Hallo Ben,\n\nbitte senden Sie uns die Rechnung für Januar. Bitte schicken Sie auch Fotos vom Messestand.\n"
    asked = desk.mail(JURGEN, BEN, "Mon 10:00", text)
    answer = "Hallo Jürgen,\n\nanbei die Rechnung. Der Rest folgt.\n\nBen\n"
    desk.mail(BEN, JURGEN, "Mon 12:00", answer, answers=asked, attached="Rechnung-Januar.pdf")

    assert asks(desk, "Tue 12:00") == [["Bitte schicken Sie auch Fotos vom Messestand."]]


def test_a_grave_ask_that_was_answered_hurries_no_more(desk: DeskFolder) -> None:
    """D4.14: after the complaint is answered the request has its own eight hours, from the same start."""
    text = "Hi Ana,\n\nthe delivered banners are torn and we are very unhappy. Could you also send us the media plan?\n"
    asked = desk.mail(NINA, ANA, "Mon 10:00", text)
    sorry = "Hi Nina,\n\nwe are sorry about the torn banners and have replaced the banners. The rest follows.\n\nAna\n"
    desk.mail(ANA, NINA, "Mon 12:00", sorry, answers=asked)

    (row,), (before,) = desk.overdue("Mon 13:00"), desk.overdue("Mon 11:00")
    assert (before["due"], "complaint" in before["kinds"]) == (at("Mon 14:00"), True)
    assert (row["due"], "complaint" in row["kinds"]) == (at("Mon 18:00"), False)


def test_an_answer_that_may_make_the_other_question_idle_answers_both(desk: DeskFolder) -> None:
    """D4.14: only a thing that is brought leaves the rest plainly open."""
    text = (
        "Hi Ana,\n\nis the new online shop ready for our staff? Are there any known restrictions on vouchers?\n\nNina\n"
    )
    asked = desk.mail(NINA, ANA, "Mon 10:00", text)
    desk.mail(ANA, NINA, "Mon 12:00", "Hi Nina,\n\nthe online shop is still in the making.\n\nAna\n", answers=asked)

    assert desk.waiting("Tue 12:00") == []
