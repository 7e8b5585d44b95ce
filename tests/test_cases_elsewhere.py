"""Answers given outside the conversation (SEMANTICS 4, D4.9), through real files and a real run."""

from desk import ANA, BEN, JURGEN, NINA, OLE, DeskFolder

SIZE = "Hi Ana,\n\nwhich size do the banner files need to be for the trade fair?\n\nNina\n"


def test_an_answer_in_a_new_mail_clears_the_question(desk: DeskFolder) -> None:
    """D4.9: the same contact, the next day, and all of what was asked."""
    desk.mail(NINA, ANA, "Mon 10:00", SIZE, subject="Banner files")
    answer = "Hi Nina,\n\nthe banner files for the trade fair need a size of 200 by 80 centimetres.\n\nBen\n"
    desk.mail(BEN, NINA, "Tue 9:30", answer, subject="Size of your banner")
    assert desk.overdue("Tue 12:00") == []

    (before,) = desk.overdue("Tue 9:00")
    card = desk.explain(before["id"], "Tue 12:00")["facts"]
    assert card["cleared_reason"] == "answered in another conversation: Size of your banner"
    assert card["cleared_who"] == BEN


def test_a_reply_from_scratch_that_quotes_the_question_clears_it(desk: DeskFolder) -> None:
    """D4.9: whatever its own words and subject, what it quotes is what it answers."""
    desk.mail(JURGEN, BEN, "Mon 10:00", "Bitte senden Sie uns die aktuelle Preisliste.\n", subject="Preise")
    desk.mail(
        BEN,
        JURGEN,
        "Wed 11:00",
        "Anbei wie gewünscht.\n\nBen\n\n> Bitte senden Sie uns die aktuelle Preisliste.\n",
        subject="Unterlagen",
        attached="liste.pdf",
    )

    assert desk.overdue("Wed 12:00") == []


def test_a_mail_about_something_else_to_the_same_contact_does_not_clear(desk: DeskFolder) -> None:
    """D4.9: another matter leaves no mark at all."""
    asked = desk.mail(NINA, ANA, "Mon 10:00", SIZE, subject="Banner files")
    other = "Hi Nina,\n\nattached is the invoice for the radio spots in February.\n\nAna\n"
    desk.mail(ANA, NINA, "Mon 15:00", other, subject="Invoice February", attached="invoice.pdf")

    (row,) = desk.overdue("Tue 12:00")
    assert (row["message_id"], row["also"]) == (asked, [])


def test_a_question_of_ours_about_the_same_is_no_answer(desk: DeskFolder) -> None:
    """D4.9: who asks back in a new mail has not answered yet."""
    asked = desk.mail(NINA, ANA, "Mon 10:00", SIZE, subject="Banner files")
    back = "Hi Nina,\n\ncould you tell us where the banner files for the trade fair are and which size they have?\n"
    desk.mail(ANA, NINA, "Mon 15:00", back, subject="A question")

    assert asked in desk.waiting("Tue 12:00")


def test_the_same_answer_to_somebody_else_does_not_clear(desk: DeskFolder) -> None:
    """D4.9: Ole was told, Nina still waits."""
    asked = desk.mail(NINA, ANA, "Mon 10:00", SIZE, subject="Banner files")
    answer = "Hi Ole,\n\nthe banner files for the trade fair need a size of 200 by 80 centimetres.\n\nAna\n"
    desk.mail(ANA, OLE, "Tue 9:30", answer, subject="Banner")

    assert desk.waiting("Tue 12:00") == [asked]


def test_a_week_later_it_is_no_answer_any_more(desk: DeskFolder) -> None:
    """D4.9: three business days at most."""
    asked = desk.mail(NINA, ANA, "Mon 10:00", SIZE, subject="Banner files")
    answer = "Hi Nina,\n\nthe banner files for the trade fair need a size of 200 by 80 centimetres.\n\nBen\n"
    desk.mail(BEN, NINA, "Fri 9:30", answer, subject="Banner")

    assert desk.waiting("Fri 12:00") == [asked]


def test_an_answer_that_was_not_enough_is_only_a_possible_one(desk: DeskFolder) -> None:
    """D4.9: Nina asks again after it."""
    asked = desk.mail(NINA, ANA, "Mon 10:00", SIZE, subject="Banner files")
    answer = "Hi Nina,\n\nthe banner files for the trade fair need a size of 200 by 80 centimetres.\n\nBen\n"
    desk.mail(BEN, NINA, "Mon 14:30", answer, subject="Banner")
    desk.mail(NINA, ANA, "Mon 16:00", "Hi Ana,\n\nany news on the size?\n\nNina\n", answers=asked)

    (row,) = desk.overdue("Tue 12:00")
    assert [also["what"] for also in row["also"]] == ["answered_maybe"]


def test_half_of_the_words_may_be_the_answer(desk: DeskFolder) -> None:
    """D4.9: possibly answered: still listed, less surely, and one act confirms it."""
    asked = desk.mail(NINA, ANA, "Mon 10:00", SIZE, subject="Banner files")
    partly = "Hi Nina,\n\nour designer put the banner for the trade fair on the server.\n\nAna\n"
    mail = desk.mail(ANA, NINA, "Mon 15:00", partly, subject="On the server")

    (row,), (before,) = desk.overdue("Mon 16:00"), desk.overdue("Mon 14:00")
    assert row["message_id"] == asked
    assert [(also["what"], also["since"].hour, also["message_id"]) for also in row["also"]] == [
        ("answered_maybe", 14, mail)
    ]
    assert row["confidence"] < before["confidence"]


def test_an_answer_elsewhere_counts_in_any_order_of_arrival(desk: DeskFolder) -> None:
    """D4.9: the question may be read after its answer."""
    answer = "Hi Nina,\n\nthe banner files for the trade fair need a size of 200 by 80 centimetres.\n\nBen\n"
    desk.mail(BEN, NINA, "Tue 9:30", answer, subject="Banner")
    desk.ingest("Tue 12:00")
    desk.mail(NINA, ANA, "Mon 10:00", SIZE, subject="Banner files")

    assert desk.waiting("Tue 12:00") == []


def test_reading_again_changes_nothing(desk: DeskFolder) -> None:
    """D4.9: a run without news opens and closes nothing."""
    desk.mail(NINA, ANA, "Mon 10:00", SIZE, subject="Banner files")
    answer = "Hi Nina,\n\nthe banner files for the trade fair need a size of 200 by 80 centimetres.\n\nBen\n"
    desk.mail(BEN, NINA, "Tue 9:30", answer, subject="Banner")
    desk.ingest("Tue 12:00")

    assert desk.ingest("Tue 13:00")["flags"] == {"opened": 0, "closed": 0}
    assert desk.waiting("Tue 13:00") == []


def test_the_same_order_number_with_half_of_the_words_clears(desk: DeskFolder) -> None:
    """D4.9: what both mails are about has a name."""
    asked = "Hi Ana,\n\nwhen will the brochures of order NW-20417 reach our warehouse?\n\nNina\n"
    desk.mail(NINA, ANA, "Mon 10:00", asked, subject="Delivery")
    told = "Hi Nina,\n\nthe brochures (NW-20417) left today and are at your warehouse tomorrow.\n\nBen\n"
    desk.mail(BEN, NINA, "Tue 9:30", told, subject="On the way")

    assert desk.overdue("Tue 12:00") == []


def test_the_same_order_number_alone_may_be_the_answer(desk: DeskFolder) -> None:
    """D4.9: the invoice for an order does not say when it comes."""
    asked = "Hi Ana,\n\nwhen will the brochures of order NW-20417 reach our warehouse?\n\nNina\n"
    desk.mail(NINA, ANA, "Mon 10:00", asked, subject="Delivery")
    told = "Hi Nina,\n\nyou find the invoice for NW-20417 attached.\n\nBen\n"
    desk.mail(BEN, NINA, "Tue 9:30", told, subject="Invoice", attached="invoice.pdf")

    (row,) = desk.overdue("Tue 12:00")
    assert [also["what"] for also in row["also"]] == ["answered_maybe"]
