"""Which mail counts, and from when on (SEMANTICS 4, D4.13 to D4.29), through real files and a real run."""

from datetime import datetime, timedelta

import pytest
from desk import ANA, BEN, DESK, JURGEN, NINA, OLE, PETRA, DeskFolder, at

QUOTED = """

On Mon, 2 Mar 2026 at 10:00, Ana <ana@northwind.example> wrote:
> Could you please send us your logo by Friday?
>
> Ana
"""
NEWSLETTER = "Dear reader,\n\ncould you tell us how you like our new shop? Please answer by Friday.\n\nThe Acme team\n"


def test_d4_13_a_withdrawal_clears(desk: DeskFolder) -> None:
    """D4.13: "ignore my last mail" ends it, and the reason says so."""
    asked = desk.mail(NINA, ANA, "Mon 10:00", "Could you resend the invoice for January?\n\nNina\n")
    (row,) = desk.overdue("Mon 10:30")
    desk.mail(NINA, ANA, "Mon 11:00", "Please ignore my last mail, I found it.\n\nNina\n", answers=asked)
    assert desk.waiting("Tue 12:00") == []
    assert "withdrawn" in desk.explain(row["id"], "Tue 12:00")["facts"]["cleared_reason"]


def test_d4_13_a_withdrawal_that_asks_for_something_else_does_not_clear(desk: DeskFolder) -> None:
    """D4.13: the January invoice is settled, the February one is asked for."""
    asked = desk.mail(NINA, ANA, "Mon 10:00", "Could you resend the invoice for January?\n\nNina\n")
    text = "Please ignore my last mail, I found it. But could you send the one for February instead?\n\nNina\n"
    desk.mail(NINA, ANA, "Mon 11:00", text, answers=asked)
    assert len(desk.waiting("Tue 12:00")) == 1


def test_d4_15_a_plus_tag_of_ours_is_us(desk: DeskFolder) -> None:
    """D4.15: mail to and from ``ana+acme`` is mail to and from Ana."""
    asked = desk.mail(NINA, "ana+acme@northwind.example", "Mon 10:00", "Can we see the proofs of the flyer?\n\nNina\n")
    assert desk.waiting("Mon 12:00") == [asked]
    desk.mail("ana+acme@northwind.example", NINA, "Mon 13:00", "They are attached.\n", answers=asked, attached="p.pdf")
    assert desk.waiting("Mon 14:00") == []


def test_d4_15_an_alias_of_ours_answers(desk: DeskFolder) -> None:
    """D4.15: the old firm's address stands in ``identities``."""
    asked = desk.mail(JURGEN, DESK, "Mon 10:00", "Wann bekommen wir die Druckdaten?\n\nJürgen\n")
    desk.mail("team@old-northwind.example", JURGEN, "Mon 12:00", "Die Daten sind unterwegs.\n\nBen\n", answers=asked)
    assert desk.waiting("Tue 14:00") == []


def test_d4_15_an_assistant_who_writes_on_behalf_of_us_answers(desk: DeskFolder) -> None:
    """D4.15: From is an agency's address, Sender is ours: From and Sender are both checked."""
    asked = desk.mail(NINA, ANA, "Mon 10:00", "Can we see the proofs of the flyer?\n\nNina\n")
    desk.mail(
        "hello@freelancer.example",
        NINA,
        "Mon 12:00",
        "The proofs are in your folder.\n",
        answers=asked,
        headers=[("Sender", BEN)],
    )
    assert desk.waiting("Tue 14:00") == []


def test_d4_15_a_client_whose_assistant_sends_is_the_client(desk: DeskFolder) -> None:
    """D4.15: From Nina, Sender her assistant: Nina waits."""
    asked = desk.mail(
        NINA, ANA, "Mon 10:00", "Please send me the signed contract.\n\nNina\n", headers=[("Sender", OLE)]
    )
    (row,) = desk.overdue("Mon 12:00")
    assert (row["message_id"], row["contact"]) == (asked, NINA)


def test_d4_15_an_unknown_alias_does_not_answer(desk: DeskFolder) -> None:
    """D4.15: somebody who is not one of us answers nothing."""
    asked = desk.mail(NINA, ANA, "Mon 10:00", "Can we see the proofs of the flyer?\n\nNina\n")
    desk.mail("ana@northwind-agency.example", NINA, "Mon 12:00", "The proofs are in your folder.\n", answers=asked)
    assert desk.waiting("Tue 14:00") == [asked]


def test_d4_16_our_mail_sent_back_by_a_list_is_one_mail_and_an_answer(desk: DeskFolder) -> None:
    """D4.16: the list adds a subject tag, a footer and List-Id; the mail stays ours, and Nina has her answer."""
    asked = desk.mail(NINA, ANA, "Mon 10:00", "Could you send us the invoice?\n\nNina\n")
    sent = desk.mail(ANA, [NINA, "all@acme.example"], "Mon 11:00", "Hi Nina,\n\nhere it is.\n", answers=asked)
    letter = (desk.path / "letters" / "002.eml").read_text("utf-8")
    footer = "_" * 47 + "\nall mailing list\nall@acme.example\n"
    echo = letter.replace("Subject: Re:", "List-Id: <all.acme.example>\nSubject: [all] Re:") + footer
    (desk.path / "letters" / "echo.eml").write_text(echo, "utf-8")
    assert desk.waiting("Tue 12:00") == []
    directions = {entry["message_id"]: entry["direction"] for entry in desk.timeline("Acme", "Tue 12:00")}
    assert directions == {asked: "inbound", sent: "outbound"}
    assert len(desk.timeline("Acme", "Tue 12:00")) == 2


def test_d4_16_a_list_mail_of_others_answers_nobody(desk: DeskFolder) -> None:
    """D4.16: what a stranger writes to the list is not ours."""
    asked = desk.mail(NINA, ANA, "Mon 10:00", "Could you send us the invoice?\n\nNina\n")
    headers = [("List-Id", "<all.acme.example>")]
    desk.mail(
        "tom@vendor.example", [NINA, "all@acme.example"], "Mon 11:00", "Here it is.\n", answers=asked, headers=headers
    )
    assert desk.waiting("Tue 12:00") == [asked]


@pytest.mark.parametrize(
    ("sender", "headers"),
    [
        ("news@acme.example", []),
        (NINA, [("List-Unsubscribe", "<mailto:off@acme.example>")]),
        (OLE, [("Precedence", "bulk")]),
        ("no-reply@acme.example", []),
        ("shop@mail.acme.example", [("List-Id", "Acme news <news.acme.example>")]),
    ],
    ids=["sender", "list-unsubscribe", "precedence", "no-reply", "subdomain"],
)
def test_d4_17_a_newsletter_from_the_clients_domain_asks_nothing(
    desk: DeskFolder, sender: str, headers: list[tuple[str, str]]
) -> None:
    """D4.17: evidence of bulk mail vetoes, though the domain is the client's; it stays on the timeline."""
    sent = desk.mail(sender, ANA, "Mon 10:00", NEWSLETTER, headers=headers)
    assert desk.waiting("Fri 12:00") == []
    assert [entry["message_id"] for entry in desk.timeline("Acme", "Fri 12:00")] == [sent]


@pytest.mark.parametrize(
    "footer",
    [
        "To unsubscribe, write to club@acme.example.",
        "You are receiving this e-mail because you visited our stand.",
        "Don't want our news? Unsubscribe at any time.",
        "If you no longer wish to receive our newsletter, click below.",
        "Möchten Sie keine weiteren E-Mails von uns erhalten? Antworten Sie mit Nein.",
        "Pour vous désabonner, cliquez ici.",
    ],
)
def test_d4_17_a_newsletter_is_known_by_its_footer(desk: DeskFolder, footer: str) -> None:
    """D4.17: archives and gateways lose the headers that say so."""
    desk.mail(NINA, ANA, "Mon 10:00", f"{NEWSLETTER}\n--\n{footer}\n")
    assert desk.waiting("Fri 12:00") == []


@pytest.mark.parametrize(
    "text",
    [
        "Could you please unsubscribe me from your price list? I have changed departments.\n\nNina\n",
        "Can you remove us from the list of bidders?\n\nNina\n",
        "Bitte nehmt mich aus dem Verteiler.\n\nNina\n",
    ],
)
def test_d4_17_who_asks_to_be_taken_off_a_list_is_a_person(desk: DeskFolder, text: str) -> None:
    """D4.17: that is a request."""
    asked = desk.mail(NINA, ANA, "Mon 10:00", text)
    assert desk.waiting("Fri 12:00") == [asked]


def test_d4_17_the_same_words_from_a_person_ask(desk: DeskFolder) -> None:
    """D4.17: without that evidence they are Nina's question."""
    sent = desk.mail(NINA, ANA, "Mon 10:00", NEWSLETTER)
    assert desk.waiting("Fri 12:00") == [sent]


def test_d4_18_an_allowed_ticket_system_asks(desk: DeskFolder) -> None:
    """D4.18: the account book's ``allow`` lifts the veto for this sender."""
    text = "Ticket 4711 was opened.\n\nPlease send us the delivery note for order 88.\n"
    asked = desk.mail("tickets@acme.example", ANA, "Mon 10:00", text, headers=[("Auto-Submitted", "auto-generated")])
    assert desk.waiting("Fri 12:00") == [asked]


def test_d4_18_another_ticket_system_does_not(desk: DeskFolder) -> None:
    """D4.18: the list is per sender and per account."""
    text = "Ticket 4711 was opened.\n\nPlease send us the delivery note for order 88.\n"
    headers = [("Auto-Submitted", "auto-generated")]
    desk.mail("tickets@borealis.example", BEN, "Mon 10:00", text, headers=headers)
    desk.mail("monitor@acme.example", BEN, "Mon 10:00", text, headers=headers)
    assert desk.waiting("Fri 12:00") == []


def test_d4_19_a_forward_to_a_third_party_answers_nobody(desk: DeskFolder) -> None:
    """D4.19: the printer has it now; Nina still waits."""
    asked = desk.mail(NINA, ANA, "Mon 10:00", "Can you change the paper to 170 grams?\n\nNina\n")
    desk.mail(
        ANA,
        "orders@printer.example",
        "Mon 11:00",
        "Is 170 grams possible?\n\n---------- Forwarded message ----------\nFrom: Nina <nina@acme.example>\n"
        "Subject: Spring campaign\n\nCan you change the paper to 170 grams?\n",
        answers=asked,
        subject="Fwd: Spring campaign",
    )
    assert desk.waiting("Tue 12:00") == [asked]


def test_d4_19_a_forward_with_the_client_in_copy_answers(desk: DeskFolder) -> None:
    """D4.19: with Nina on Cc she has our words."""
    asked = desk.mail(NINA, ANA, "Mon 10:00", "Can you change the paper to 170 grams?\n\nNina\n")
    desk.mail(ANA, "orders@printer.example", "Mon 11:00", "Please change it to 170 grams.\n", cc=NINA, answers=asked)
    assert desk.waiting("Tue 12:00") == []


def test_d4_21_a_private_address_inside_the_conversation_counts(desk: DeskFolder) -> None:
    """D4.21: Nina goes on from home; membership of the conversation suffices for the clock."""
    sent = desk.mail(ANA, [NINA, OLE], "Mon 10:00", "Hi both,\n\nthe draft is attached.\n\nAna\n", attached="draft.pdf")
    asked = desk.mail(
        "nina77@posteo.de",
        [ANA, OLE],
        "Mon 20:00",
        "Could you send it as a PDF/X file, please?\n\nNina\n",
        answers=sent,
    )
    (row,) = desk.overdue("Wed 12:00")
    assert (row["message_id"], row["account"]) == (asked, "Acme")


def test_d4_21_a_private_address_with_the_clients_name_counts(desk: DeskFolder) -> None:
    """D4.21: to Ana alone, in the conversation, and called Nina Weber like the client in it."""
    first = desk.mail(NINA, ANA, "Mon 09:00", "The briefing is attached.\n", attached="b.pdf", name="Nina Weber")
    sent = desk.mail(ANA, NINA, "Mon 10:00", "Hi Nina,\n\nthe draft is in your folder.\n\nAna\n", answers=first)
    text = "From home: could you send it as a PDF file?\n\nNina\n"
    asked = desk.mail("nw77@posteo.de", ANA, "Mon 20:00", text, answers=sent, name="Nina Weber")
    assert [(row["message_id"], row["account"]) for row in desk.overdue("Wed 12:00")] == [(asked, "Acme")]


def test_d4_21_a_stranger_with_forged_references_does_not(desk: DeskFolder) -> None:
    """D4.21: naming a client's mail in References attaches nobody to the client."""
    sent = desk.mail(ANA, NINA, "Mon 10:00", "Hi Nina,\n\nthe draft is attached.\n\nAna\n", attached="draft.pdf")
    desk.mail("mallory@stranger.example", ANA, "Mon 20:00", "Could you send me the draft too?\n", answers=sent)
    assert desk.waiting("Wed 12:00") == []
    assert [entry["message_id"] for entry in desk.timeline("Acme", "Wed 12:00")] == [sent]


def test_d4_22_an_answer_that_bounced_is_none(desk: DeskFolder) -> None:
    """D4.22: the mail system gives our answer back; Nina waits again, with the original start."""
    asked = desk.mail(NINA, ANA, "Mon 10:00", "Could you resend the invoice?\n\nNina\n")
    sent = desk.mail(ANA, NINA, "Mon 11:00", "Hi Nina,\n\nhere it is.\n\nAna\n", answers=asked)
    assert desk.waiting("Mon 11:30") == []
    _bounce(desk, sent, NINA)
    (row,) = desk.overdue("Tue 12:00")
    assert (row["message_id"], row["clock_start"]) == (asked, at("Mon 10:00"))


def test_d4_22_a_bounce_of_somebody_else_changes_nothing(desk: DeskFolder) -> None:
    """D4.22: Nina got the answer; the printer on Cc had moved."""
    asked = desk.mail(NINA, ANA, "Mon 10:00", "Could you resend the invoice?\n\nNina\n")
    sent = desk.mail(ANA, NINA, "Mon 11:00", "Here it is.\n", answers=asked, cc="orders@printer.example")
    _bounce(desk, sent, "orders@printer.example")
    assert desk.waiting("Tue 12:00") == []


def _bounce(desk: DeskFolder, sent: str, failed: str) -> None:
    text = f"This is the mail system.\n\nYour message could not be delivered.\n\n<{failed}>: mailbox unavailable\n"
    headers = [("Auto-Submitted", "auto-replied"), ("X-Failed-Recipients", failed)]
    subject = "Undelivered Mail Returned to Sender"
    desk.mail("mailer-daemon@mx.example", ANA, "Mon 11:45", text, subject=subject, answers=sent, headers=headers)


def test_d4_23_a_backdated_mail_counts_from_its_receipt(desk: DeskFolder) -> None:
    """D4.23: the Date header says January, the server says today."""
    asked = desk.mail(
        NINA,
        ANA,
        "Mon 10:00",
        "Could you resend the invoice?\n\nNina\n",
        dated=datetime(2026, 1, 5, 8, tzinfo=at("Mon 10:00").tzinfo),
    )
    (row,) = desk.overdue("Mon 12:00")
    assert (row["message_id"], row["state"], row["clock_start"]) == (asked, "open", at("Mon 10:00"))


def test_d4_23_a_mail_dated_in_the_future_counts_from_its_receipt(desk: DeskFolder) -> None:
    """D4.23: a client's clock that runs a month ahead hides nothing."""
    asked = desk.mail(
        PETRA, BEN, "Mon 10:00", "Bitte schicken Sie mir das Angebot.\n\nPetra\n", dated=at("Mon 10:00") + timedelta(30)
    )
    (row,) = desk.overdue("Wed 12:00")
    assert (row["message_id"], row["state"], row["clock_start"]) == (asked, "overdue", at("Mon 10:00"))


def test_d4_23_a_maildir_knows_when_it_was_delivered(desk: DeskFolder) -> None:
    """D4.23: the delivery time in the file name is the server time, whatever Date and Received say."""
    desk.mail(NINA, ANA, "Mon 10:00", "Could you resend the invoice?\n\nNina\n", dated=at("Fri 10:00"), file="")
    (row,) = desk.overdue("Wed 12:00")
    assert row["clock_start"] == at("Mon 10:00")


def test_d4_23_without_a_server_time_the_future_ends_now(desk: DeskFolder) -> None:
    """D4.23 and SEMANTICS 6: nothing but a Date header of next month; the clock starts when we saw the mail."""
    desk.mail(NINA, ANA, "Mon 10:00", "Could you resend the invoice?\n\nNina\n", dated=at("Mon 10:00") + timedelta(30))
    (letter,) = (desk.path / "letters").iterdir()
    lines = letter.read_bytes().split(b"\r\n")
    letter.write_bytes(b"\r\n".join(lines[next(n for n, line in enumerate(lines) if line.startswith(b"Date")) :]))
    desk.ingest("Tue 09:00")
    (row,) = desk.overdue("Tue 12:00")
    assert row["clock_start"] == at("Tue 09:00")


def test_d4_23_an_answer_dated_before_the_question_answers_it(desk: DeskFolder) -> None:
    """D4.23: both times come from the server, so the order is that of receipt."""
    asked = desk.mail(NINA, ANA, "Mon 10:00", "Could you resend the invoice?\n\nNina\n")
    desk.mail(ANA, NINA, "Mon 11:00", "Attached.\n", answers=asked, attached="inv.pdf", dated=at("Mon 09:00"))
    assert desk.waiting("Wed 12:00") == []


def test_d4_24_an_obligation_survives_the_mails_deletion(desk: DeskFolder) -> None:
    """D4.24: gone from the server, not from what we owe."""
    asked = desk.mail(NINA, ANA, "Mon 10:00", "Could you resend the invoice?\n\nNina\n", file="")
    assert desk.waiting("Mon 12:00") == [asked]
    (file,) = (desk.path / "mail" / "cur").iterdir()
    file.unlink()
    desk.ingest("Mon 13:00")
    assert desk.waiting("Mon 14:00") == [asked]


def test_d4_24_a_move_between_folders_is_one_mail(desk: DeskFolder) -> None:
    """D4.24: moved to another folder it is neither gone nor asked twice."""
    asked = desk.mail(NINA, ANA, "Mon 10:00", "Could you resend the invoice?\n\nNina\n", file="")
    assert desk.waiting("Mon 12:00") == [asked]
    (file,) = (desk.path / "mail" / "cur").iterdir()
    target = desk.path / "mail" / ".Clients" / "cur"
    target.mkdir(parents=True)
    file.rename(target / file.name)
    desk.ingest("Mon 13:00")
    (row,) = desk.overdue("Mon 14:00")
    assert (row["message_id"], row["chasers"]) == (asked, 0)
    assert len(desk.timeline("Acme", "Mon 14:00")) == 1


def test_d4_25_what_is_old_when_we_connect_is_not_alerted(desk: DeskFolder) -> None:
    """D4.25: forty days old at the first run: on the timeline, nobody's turn."""
    old = desk.mail(NINA, ANA, at("Mon 10:00") - timedelta(40), "Could you resend the invoice?\n\nNina\n")
    assert desk.waiting("Mon 12:00") == []
    assert [entry["message_id"] for entry in desk.timeline("Acme", "Mon 12:00")] == [old]


def test_d4_25_what_is_recent_when_we_connect_is_alerted(desk: DeskFolder) -> None:
    """D4.25: twenty days are within our knowledge."""
    asked = desk.mail(NINA, ANA, at("Mon 10:00") - timedelta(20), "Could you resend the invoice?\n\nNina\n")
    assert desk.waiting("Mon 12:00") == [asked]


def test_d4_25_what_grows_old_after_we_connected_stays(desk: DeskFolder) -> None:
    """D4.25: the thirty days count from the connection, not from today."""
    asked = desk.mail(NINA, ANA, at("Mon 10:00") - timedelta(40), "Could you resend the invoice?\n\nNina\n")
    desk.ingest(at("Mon 10:00") - timedelta(39))
    assert desk.waiting("Mon 12:00") == [asked]


def test_d4_25_chasing_an_old_mail_makes_it_wait(desk: DeskFolder) -> None:
    """D4.25 and D4.26: asked again today it is ours again, with the clock of the first mail and one chaser."""
    long_ago = at("Mon 10:00") - timedelta(40)
    old = desk.mail(NINA, ANA, long_ago, "Could you resend the invoice?\n\nNina\n")
    desk.mail(NINA, ANA, "Mon 10:00", "Any news on this invoice?\n\nNina\n", answers=old)
    (row,) = desk.overdue("Mon 12:00")
    assert (row["message_id"], row["clock_start"], row["chasers"]) == (old, long_ago, 1)


def test_d4_26_a_chaser_keeps_the_clock(desk: DeskFolder) -> None:
    """D4.26: "any news?" is the same obligation, one chaser more."""
    asked = desk.mail(NINA, ANA, "Mon 10:00", "Could you send the access codes?\n\nNina\n")
    desk.mail(NINA, ANA, "Tue 09:30", "Any news?\n\nNina\n", answers=asked)
    desk.mail(OLE, ANA, "Wed 09:30", "Ana, when will we get these codes?\n\nOle\n", answers=asked, cc=NINA)
    (row,) = desk.overdue("Wed 12:00")
    assert (row["message_id"], row["chasers"], row["clock_start"]) == (asked, 2, at("Mon 10:00"))


def test_d4_26_a_german_chaser_keeps_the_clock(desk: DeskFolder) -> None:
    """D4.26: "Gibt es schon etwas Neues?"."""
    asked = desk.mail(JURGEN, BEN, "Mon 10:00", "Bitte schicken Sie uns die Druckfreigabe.\n\nJürgen\n")
    desk.mail(JURGEN, BEN, "Tue 09:30", "Hallo Ben,\n\ngibt es schon etwas Neues?\n\nJürgen\n", answers=asked)
    (row,) = desk.overdue("Wed 12:00")
    assert (row["message_id"], row["chasers"]) == (asked, 1)


def test_d4_26_asking_after_an_answer_is_no_chaser(desk: DeskFolder) -> None:
    """D4.26: answered in between, the next question is another obligation with a clock of its own."""
    first = desk.mail(NINA, ANA, "Mon 10:00", "Could you send the access codes?\n\nNina\n")
    sent = desk.mail(ANA, NINA, "Mon 11:00", "Here they are: 1234 and 5678.\n\nAna\n", answers=first)
    second = desk.mail(
        NINA, ANA, "Tue 09:30", "The second one is refused. Could you send me a new one?\n\nNina\n", answers=sent
    )
    (row,) = desk.overdue("Wed 12:00")
    assert (row["message_id"], row["chasers"], row["clock_start"]) == (second, 0, at("Tue 09:30"))


def test_d4_27_shorter_targets_count_for_what_is_open(desk: DeskFolder) -> None:
    """D4.27: the next run computes everything anew."""
    desk.mail(NINA, ANA, "Mon 10:00", "Could you send us the invoice?\n\nNina\n")
    assert [row["due"] for row in desk.overdue("Mon 12:00")] == [at("Mon 18:00")]
    desk.config.write_text(desk.config.read_text("utf-8").replace('request = "8h"', 'request = "2h"'), "utf-8")
    desk.ingest("Mon 13:00")
    assert [row["due"] for row in desk.overdue("Mon 13:00")] == [at("Mon 12:00")]


def test_d4_27_a_new_identity_answers_what_it_answered_before(desk: DeskFolder) -> None:
    """D4.27: a freelancer becomes one of us; her answer of last week counts from then on."""
    asked = desk.mail(NINA, ANA, "Mon 10:00", "Could you send us the invoice?\n\nNina\n")
    desk.mail("zoe@freelancer.example", NINA, "Mon 11:00", "Hi Nina,\n\nhere it is.\n\nZoe\n", answers=asked)
    assert desk.waiting("Mon 12:00") == [asked]
    identities = 'identities = ["zoe@freelancer.example", '
    desk.config.write_text(desk.config.read_text("utf-8").replace("identities = [", identities), "utf-8")
    desk.ingest("Mon 13:00")
    assert desk.waiting("Mon 13:00") == []


def test_d4_28_open_obligations_follow_the_new_owner(desk: DeskFolder) -> None:
    """D4.28: Acme goes from Ana to Ben, and so does what Acme waits for."""
    desk.mail(NINA, ANA, "Mon 10:00", "Could you send us the invoice?\n\nNina\n")
    assert [row["owner"] for row in desk.overdue("Mon 12:00")] == [ANA]
    book = desk.path / "accounts.csv"
    book.write_text(book.read_text("utf-8").replace(f"standard,{ANA}", f"standard,{BEN}"), "utf-8")
    desk.ingest("Mon 13:00")
    assert [row["owner"] for row in desk.overdue("Mon 13:00", owner=BEN)] == [BEN]
    assert desk.overdue("Mon 13:00", owner=ANA) == []


def test_d4_28_who_answered_stays_who_answered(desk: DeskFolder) -> None:
    """D4.28: history keeps who acted."""
    asked = desk.mail(NINA, ANA, "Mon 10:00", "Could you send us the invoice?\n\nNina\n")
    (row,) = desk.overdue("Mon 11:00")
    desk.mail(ANA, NINA, "Mon 11:30", "Attached.\n", answers=asked, attached="invoice.pdf")
    book = desk.path / "accounts.csv"
    book.write_text(book.read_text("utf-8").replace(f"standard,{ANA}", f"standard,{BEN}"), "utf-8")
    desk.ingest("Mon 13:00")
    assert desk.explain(row["id"], "Mon 13:00")["facts"]["cleared_who"] == ANA


def test_d4_29_a_request_in_quoted_text_is_not_new(desk: DeskFolder) -> None:
    """D4.29: what Nina quotes below her thanks was asked before."""
    sent = desk.mail(ANA, NINA, "Mon 10:00", "Could you please send us your logo by Friday?\n\nAna\n")
    desk.mail(NINA, ANA, "Mon 11:00", f"Attached, best Nina{QUOTED}", answers=sent, attached="logo.pdf")
    assert desk.waiting("Fri 12:00") == []


def test_d4_29_a_request_below_an_outlook_header_is_not_new(desk: DeskFolder) -> None:
    """D4.29: the German Outlook block begins the quote."""
    sent = desk.mail(BEN, JURGEN, "Mon 10:00", "Können Sie uns bitte die Zahlen schicken?\n\nBen\n", subject="Zahlen")
    quoted = (
        "Vielen Dank, alles klar.\n\nJürgen\n\n-----Ursprüngliche Nachricht-----\nVon: Ben <ben@northwind.example>\n"
        "Gesendet: Montag, 2. März 2026 10:00\nAn: Jürgen <juergen@borealis.example>\nBetreff: Zahlen\n\n"
        "Können Sie uns bitte die Zahlen schicken?\n\nBen\n"
    )
    desk.mail(JURGEN, BEN, "Mon 11:00", quoted, answers=sent)
    assert desk.waiting("Fri 12:00") == []


def test_d4_29_a_new_request_above_the_quote_counts_with_its_own_words(desk: DeskFolder) -> None:
    """D4.29: only the words new in this mail are evidence."""
    sent = desk.mail(ANA, NINA, "Mon 10:00", "Could you please send us your logo by Friday?\n\nAna\n")
    desk.mail(NINA, ANA, "Mon 11:00", f"Could you tell me which size you need?{QUOTED}", answers=sent)
    (row,) = desk.overdue("Fri 12:00")
    assert {evidence["quote"] for evidence in row["evidence"]} == {"Could you tell me which size you need?"}


def test_d4_29_a_request_in_an_html_quote_is_not_new(desk: DeskFolder) -> None:
    """D4.29: HTML mail marks its quote with an element, not with signs."""
    sent = desk.mail(ANA, NINA, "Mon 10:00", "Could you please send us your logo by Friday?\n\nAna\n")
    html = (
        "<div>Attached, best Nina</div><div class='gmail_quote'><div class='gmail_attr'>On Mon, Mar 2, 2026 at 10:00 "
        "Ana &lt;ana@northwind.example&gt; wrote:</div><blockquote class='gmail_quote'>Could you please send us your "
        "logo by Friday?</blockquote></div>"
    )
    desk.mail(NINA, ANA, "Mon 11:00", "", html=html, answers=sent, attached="logo.pdf")
    assert desk.waiting("Fri 12:00") == []


def test_d4_29_a_request_above_an_html_quote_counts(desk: DeskFolder) -> None:
    """D4.29: the same mail with words of its own."""
    sent = desk.mail(ANA, NINA, "Mon 10:00", "The logo has arrived.\n\nAna\n")
    html = (
        "<p>Could you tell me which size you need?</p><blockquote type='cite'><div>The logo has arrived.</div>"
        "<div>Could you resend it?</div></blockquote>"
    )
    desk.mail(NINA, ANA, "Mon 11:00", "", html=html, answers=sent)
    (row,) = desk.overdue("Fri 12:00")
    assert {evidence["quote"] for evidence in row["evidence"]} == {"Could you tell me which size you need?"}
