"""Who waits and what answers them (SEMANTICS 4, D4.1 to D4.8), through real files and a real run."""

from desk import ANA, BEN, DESK, JURGEN, KIRA, NINA, OLE, PETRA, DeskFolder

LAWYER = "office@lawyers.example"


def test_d4_1_an_answer_to_one_account_leaves_the_other_waiting(desk: DeskFolder) -> None:
    """D4.1: two clients ask in one conversation; each is owed an answer of its own."""
    acme = desk.mail(
        NINA,
        [ANA, KIRA],
        "Mon 10:00",
        "Hi both,\n\nAna, could you send us the media plan for the joint stand?\n\nNina\n",
    )
    calder = desk.mail(
        KIRA, [ANA, NINA], "Mon 10:30", "And please let us have the floor plan as well.\n\nKira\n", answers=acme
    )
    assert {(row["message_id"], row["account"]) for row in desk.overdue("Mon 11:00")} == {
        (acme, "Acme"),
        (calder, "Calder"),
    }
    desk.mail(
        ANA, NINA, "Mon 12:00", "Hi Nina,\n\nthe media plan is in the shared folder now.\n\nAna\n", answers=calder
    )
    assert [row["account"] for row in desk.overdue("Mon 12:30")] == ["Calder"]


def test_d4_1_an_answer_to_both_accounts_clears_both(desk: DeskFolder) -> None:
    """D4.1: the same answer with both clients in To clears both."""
    acme = desk.mail(NINA, [ANA, KIRA], "Mon 10:00", "Could you send us the media plan for the joint stand?\n\nNina\n")
    calder = desk.mail(KIRA, [ANA, NINA], "Mon 10:30", "Please send the floor plan as well.\n\nKira\n", answers=acme)
    desk.mail(ANA, [NINA, KIRA], "Mon 12:00", "Both plans are in the shared folder now.\n\nAna\n", answers=calder)
    assert desk.waiting("Mon 12:30") == []


def test_d4_2_talk_among_us_does_not_answer_the_client(desk: DeskFolder) -> None:
    """D4.2: an internal reply leaves the request open, and the row says since when it is being discussed."""
    asked = desk.mail(
        JURGEN, DESK, "Mon 9:30", "Guten Morgen,\n\nbitte senden Sie uns die Rechnung für Februar.\n\nJürgen\n"
    )
    desk.mail(DESK, BEN, "Mon 11:00", "Ben, hast du die Rechnung schon fertig?\n", answers=asked)
    (row,) = desk.overdue("Mon 15:00")
    assert row["message_id"] == asked
    assert [(entry["what"], entry["since"].hour) for entry in row["also"]] == [("discussed_internally", 10)]


def test_d4_2_talk_among_us_before_the_answer_does_not_hinder_it(desk: DeskFolder) -> None:
    """D4.2: once somebody writes to the client, internal talk is history."""
    asked = desk.mail(NINA, ANA, "Mon 9:30", "Can you confirm the print run of 5,000 brochures?\n\nNina\n")
    inner = desk.mail(ANA, BEN, "Mon 10:00", "Is the print run settled on our side?\n", answers=asked)
    yes = desk.mail(BEN, ANA, "Mon 10:20", "Yes, since Friday.\n", answers=inner)
    desk.mail(ANA, NINA, "Mon 10:30", "Hi Nina,\n\nconfirmed, 5,000 copies.\n\nAna\n", answers=asked)
    assert desk.waiting("Tue 15:00") == []
    titles = [entry["message_id"] for entry in desk.timeline("Acme", "Tue 15:00")]
    assert yes in titles


def test_d4_3_talk_among_clients_that_we_only_see_is_theirs(desk: DeskFolder) -> None:
    """D4.3: Nina asks Ole; we are on Cc and owe nothing."""
    desk.mail(NINA, OLE, "Mon 10:00", "Ole, could you get the budget signed this week?\n\nNina\n", cc=ANA)
    assert desk.waiting("Fri 12:00") == []


def test_d4_3_talk_about_us_is_theirs_too(desk: DeskFolder) -> None:
    """D4.3: Ole is asked about something Ana sent; Ana is not."""
    desk.mail(NINA, OLE, "Mon 10:00", "Ole, could you check the quote Ana sent on Friday?\n\nNina\n", cc=ANA)
    assert desk.waiting("Fri 12:00") == []


def test_d4_3_a_copy_that_asks_us_by_name_is_ours(desk: DeskFolder) -> None:
    """D4.3: still only on Cc, but now it is Ana who is asked."""
    asked = desk.mail(
        NINA, OLE, "Mon 10:00", "Ole, budget attached.\n\n@Ana: can you send Ole the final quote?\n\nNina\n", cc=ANA
    )
    assert desk.waiting("Fri 12:00") == [asked]


def test_d4_3_a_german_copy_that_asks_us_by_name_is_ours(desk: DeskFolder) -> None:
    """D4.3: in German too, and the evidence is the sentence that asks."""
    text = "Hallo Petra,\n\nanbei die Zahlen.\n\nBen, kannst du uns bitte die Entwürfe schicken?\n\nJürgen\n"
    desk.mail(JURGEN, PETRA, "Tue 14:00", text, cc=BEN)
    (row,) = desk.overdue("Wed 12:00")
    assert any("Entwürfe" in evidence["quote"] for evidence in row["evidence"])


TENANTS = [f"tenant{number}@house{number}.example" for number in range(12)]


def test_d4_3_a_mail_to_a_crowd_asks_nobody_in_particular(desk: DeskFolder) -> None:
    """D4.3: one of many in To is no more than a copy; whoever wants to come answers."""
    text = "To all parties,\n\nplease confirm whether you will attend the hearing on the 20th.\n\nNina\n"
    desk.mail(NINA, [*TENANTS, ANA], "Mon 10:00", text)
    assert desk.waiting("Fri 12:00") == []


def test_d4_3_a_mail_to_a_crowd_that_asks_us_by_name_is_ours(desk: DeskFolder) -> None:
    """D4.3: the same list, and one sentence for Ana."""
    text = "To all parties,\n\nthe hearing is on the 20th.\n\nAna, could you send me the final plan?\n\nNina\n"
    asked = desk.mail(NINA, [*TENANTS, ANA], "Mon 10:00", text)
    assert desk.waiting("Fri 12:00") == [asked]


def test_d4_3_many_of_us_in_to_are_no_crowd(desk: DeskFolder) -> None:
    """D4.3: a client who writes to our whole team asks us."""
    team = [f"member{number}@northwind.example" for number in range(12)]
    asked = desk.mail(NINA, [*team, ANA], "Mon 10:00", "Could you send us the final plan?\n\nNina\n")
    assert desk.waiting("Fri 12:00") == [asked]


def test_question_marks_without_words_ask_nothing(desk: DeskFolder) -> None:
    """Where a mail program lost characters, it wrote question marks."""
    text = "The letter of Monday is attached.\n\n??????? ???????\n\nNina\n"
    desk.mail(NINA, ANA, "Mon 10:00", text, attached="letter.pdf")
    assert desk.waiting("Fri 12:00") == []


def test_a_bare_question_mark_asks_again(desk: DeskFolder) -> None:
    """D4.26: above what was asked before, "???" says: and?"""
    asked = desk.mail(NINA, ANA, "Mon 10:00", "Could you send us the final plan?\n\nNina\n")
    desk.mail(NINA, ANA, "Tue 10:00", "???\n\nNina\n", answers=asked)
    (row,) = desk.overdue("Fri 12:00")
    assert (row["message_id"], row["chasers"]) == (asked, 1)


def test_d4_4_thanks_alone_needs_no_answer(desk: DeskFolder) -> None:
    """D4.4: short, nothing asked."""
    sent = desk.mail(ANA, NINA, "Mon 10:00", "Hi Nina,\n\nthe posters are at the printer.\n\nAna\n")
    desk.mail(NINA, ANA, "Mon 10:30", "Thanks Ana, got it!\n\nNina\n", answers=sent)
    greeted = desk.mail(BEN, JURGEN, "Mon 11:00", "Anbei die Vorlage.\n\nBen\n", subject="Vorlage")
    desk.mail(JURGEN, BEN, "Mon 11:30", "Vielen Dank, passt so.\n\nViele Grüße\nJürgen\n", answers=greeted)
    assert desk.waiting("Fri 12:00") == []


def test_d4_4_thanks_alone_needs_no_answer_where_everything_is_answered(desk: DeskFolder) -> None:
    """D4.4: a tier with ``answer = "everything"`` leaves out closers, and only those."""
    sent = desk.mail(BEN, "ida@dorn.example", "Mon 10:00", "Hi Ida,\n\nthe posters are at the printer.\n\nBen\n")
    news = desk.mail(
        "ida@dorn.example", BEN, "Mon 10:30", "We moved to the second floor.\n\nIda\n", subject="New rooms"
    )
    desk.mail("ida@dorn.example", BEN, "Mon 10:40", "Great, thank you!\n\nIda\n", answers=sent)
    assert desk.waiting("Fri 12:00") == [news]


def test_d4_4_thanks_but_is_no_goodbye(desk: DeskFolder) -> None:
    """D4.4: "thanks, but…" asks."""
    sent = desk.mail(ANA, NINA, "Mon 10:00", "Hi Nina,\n\nthe posters are at the printer.\n\nAna\n")
    asked = desk.mail(
        NINA,
        ANA,
        "Mon 10:30",
        "Thanks, but could you check the logo once more before it prints?\n\nNina\n",
        answers=sent,
    )
    assert desk.waiting("Fri 12:00") == [asked]


def test_d4_4_thanks_with_a_question_in_german_is_no_goodbye(desk: DeskFolder) -> None:
    """D4.4: a question after the thanks."""
    sent = desk.mail(BEN, JURGEN, "Mon 11:00", "Anbei die Vorlage.\n\nBen\n", subject="Vorlage")
    asked = desk.mail(JURGEN, BEN, "Mon 11:30", "Danke dir! Wann kommt die zweite Seite?\n\nJürgen\n", answers=sent)
    assert desk.waiting("Fri 12:00") == [asked]


def test_d4_5_an_absence_note_is_no_request(desk: DeskFolder) -> None:
    """D4.5: "please contact my colleague" in an auto-reply asks nobody for anything."""
    sent = desk.mail(ANA, NINA, "Mon 10:00", "Hi Nina,\n\nhere is the draft.\n\nAna\n")
    desk.mail(
        NINA,
        ANA,
        "Mon 10:01",
        "I am out of the office until 12 March. Could you please contact Ole in urgent cases?\n",
        subject="Automatic reply: Spring campaign",
        answers=sent,
        headers=[("Auto-Submitted", "auto-replied")],
    )
    assert desk.waiting("Fri 12:00") == []


def test_d4_5_an_absence_note_does_not_touch_the_clock(desk: DeskFolder) -> None:
    """D4.5: what they asked before they left still waits, without a chaser."""
    asked = desk.mail(PETRA, BEN, "Mon 10:00", "Bitte schicken Sie mir das Angebot bis Mittwoch.\n\nPetra\n")
    desk.mail(
        PETRA,
        BEN,
        "Mon 10:01",
        "Ich bin bis zum 13. März nicht im Büro. Bitte wenden Sie sich an Herrn Winkler.\n",
        subject="Abwesenheitsnotiz: Angebot",
        answers=asked,
    )
    (row,) = desk.overdue("Thu 12:00")
    assert (row["message_id"], row["state"], row["chasers"]) == (asked, "overdue", 0)


def test_d4_6_our_own_absence_note_answers_nobody(desk: DeskFolder) -> None:
    """D4.6: Ana's auto-reply goes to Nina, and Nina still waits."""
    asked = desk.mail(NINA, ANA, "Mon 10:00", "Could you send the access codes for the photo library?\n\nNina\n")
    desk.mail(
        ANA,
        NINA,
        "Mon 10:01",
        "Thank you for your mail. I am away and will answer on Thursday.\n",
        answers=asked,
        headers=[("Auto-Submitted", "auto-replied")],
    )
    assert desk.waiting("Tue 12:00") == [asked]


def test_d4_6_an_answer_that_mentions_the_absence_answers(desk: DeskFolder) -> None:
    """D4.6: written by hand, the same words are an answer."""
    asked = desk.mail(NINA, ANA, "Mon 10:00", "Could you send the access codes for the photo library?\n\nNina\n")
    desk.mail(ANA, NINA, "Mon 10:20", "I am away today; Ben has sent you the codes just now.\n\nAna\n", answers=asked)
    assert desk.waiting("Tue 12:00") == []


def test_d4_7_accepting_answers_a_mail_that_only_proposes_a_meeting(desk: DeskFolder) -> None:
    """D4.7: the calendar's accept is enough for "shall we meet"."""
    asked = desk.mail(NINA, ANA, "Mon 10:00", "Shall we meet next Tuesday at 10:00?\n\nNina\n", subject="Review")
    assert desk.waiting("Mon 10:30") == [asked]
    desk.answer_meeting(ANA, NINA, "Mon 11:00", answers=asked, accepted=True)
    assert desk.waiting("Fri 12:00") == []


def test_d4_7_accepting_leaves_the_other_ask_of_the_mail(desk: DeskFolder) -> None:
    """D4.7: a request beside the proposal stays open."""
    text = "Shall we meet next Tuesday at 10:00?\n\nPlease also send us the February report beforehand.\n\nNina\n"
    asked = desk.mail(NINA, ANA, "Mon 10:00", text, subject="Review")
    desk.answer_meeting(ANA, NINA, "Mon 11:00", answers=asked, accepted=True)
    (row,) = desk.overdue("Fri 12:00")
    assert (row["message_id"], row["state"]) == (asked, "overdue")
    assert "request" in row["kinds"]


def test_d4_7_declining_answers_a_proposal_too(desk: DeskFolder) -> None:
    """D4.7: "accept/decline by us"; a no is an answer."""
    asked = desk.mail(JURGEN, BEN, "Mon 10:00", "Hätten Sie am Dienstag, 10. März um 10 Uhr Zeit für ein Treffen?\n")
    desk.answer_meeting(BEN, JURGEN, "Mon 11:00", answers=asked, accepted=False)
    assert asked not in desk.waiting("Fri 12:00")


def test_d4_8_a_colleagues_answer_clears_and_is_credited(desk: DeskFolder) -> None:
    """D4.8: Nina asked Ana, Ben answered; the record says it was Ben."""
    asked = desk.mail(NINA, ANA, "Mon 10:00", "Which fonts may we use on the banners?\n\nNina\n")
    (row,) = desk.overdue("Mon 12:00")
    desk.mail(BEN, NINA, "Mon 13:00", "Ana is travelling; please use Lato throughout.\n\nBen\n", answers=asked)
    assert desk.waiting("Tue 12:00") == []
    facts = desk.explain(row["id"], "Tue 12:00")["facts"]
    assert (facts["state"], facts["cleared_who"]) == ("cleared", BEN)


def test_d4_8_a_colleague_who_writes_to_somebody_else_clears_nothing(desk: DeskFolder) -> None:
    """D4.8: Ben's mail to a lawyer in the same conversation is no answer to Nina."""
    asked = desk.mail(NINA, ANA, "Mon 10:00", "Which fonts may we use on the banners?\n\nNina\n")
    desk.mail(BEN, LAWYER, "Mon 13:00", "May our client use Lato on banners?\n\nBen\n", answers=asked)
    assert desk.waiting("Tue 12:00") == [asked]
