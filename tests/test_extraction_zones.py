"""New words, quoted words and signatures told apart (D4.29, D5.13)."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.mail import Address
from extraction.html_text import html_to_text
from extraction.zones import LineZone, label_lines, split_zones

REPLY = "Hello Petra,\n\nTuesday at ten is fine.\nPlease bring the drawings."


@pytest.mark.parametrize(
    "quoted",
    [
        "On Tue, 4 Mar 2025 at 10:13, Petra Blum <petra@acme.example> wrote:\n> Can we meet?\n> Petra",
        "On Tue, 4 Mar 2025 at 10:13, Petra Blum <\npetra@acme.example> wrote:\n\n> Can we meet?",
        "On Tue, Mar 4, 2025 at 10:13 AM Petra Blum <petra@acme.example>\nwrote:\n> Can we meet?",
        "On 4 Mar 2025, at 10:13, Petra Blum <petra@acme.example> wrote:\n\nCan we meet?",
        "Am 04.03.2025 um 10:13 schrieb Petra Blum <petra@acme.example>:\n> Passt Dienstag?",
        "Am 04.03.2025 um 10:13 schrieb Petra Blum:\n> Passt Dienstag?",
        "Le mar. 4 mars 2025 à 10:13, Petra Blum <petra@acme.example> a écrit :\n> Peut-on se voir ?",
        "El mar, 4 mar 2025 a las 10:13, Petra Blum (<petra@acme.example>) escribió:\n> ¿Nos vemos?",
        "Op di 4 mrt. 2025 om 10:13 schreef Petra Blum <petra@acme.example>:\n> Kunnen we afspreken?",
        "Op 4 maart 2025 om 10:13 heeft Petra Blum <petra@acme.example> het volgende geschreven:\n\nKunnen we?",
        "Il giorno mar 4 mar 2025 alle ore 10:13 Petra Blum <petra@acme.example> ha scritto:\n> Ci vediamo?",
        "Em ter., 4 de mar. de 2025 às 10:13, Petra Blum <petra@acme.example> escreveu:\n> Podemos reunir?",
        "tir. 4. mar. 2025 kl. 10:13 skrev Petra Blum <petra@acme.example\n>:\n\n> Kan vi mødes?",
        "04.03.2025, 10:13, „Petra Blum“ <petra@acme.example>:\n> Passt Dienstag?",
        "2025-03-04 10:13 GMT+01:00 Petra Blum <petra@acme.example>:\n\n> Can we meet?",
        "Petra Blum wrote:\n> Can we meet?",
        "Petra Blum wrote\n> Can we meet?",
        "Petra Blum wrote [4 Mar 2025]:\n> Can we meet?",
        ": Petra Blum <petra@acme.example> wrote on 4 March 2025:\n:\n: Can we meet?",
        "________________________________\nFrom: petra@acme.example Date: Tue, 4 Mar 2025 10:13:00 +0100\nCan we meet?",
        "From:  Petra Blum   \n     03/04/2025 10:13 AM\t\n\t\n\nTo: Jan Roth/OURS@OURS\ncc:\nSubject: Meeting\n\nOk?",
        "-----Original Message-----\nFrom: Petra Blum\n\nCan we meet?",
        ">>> Petra Blum 03/04/25 10:13AM >>>\nCan we meet?",
        "Petra Blum schrieb am Dienstag, 4. März 2025 um 10:13 Uhr:\n> Passt Dienstag?",
        "* Petra Blum <petra@acme.example> [2025-03-04 10:13]:\n> Can we meet?",
        "Quoting Petra Blum <petra@acme.example>:\n\n> Can we meet?",
        "---- On Tue, 04 Mar 2025 10:13:02 +0100 petra@acme.example wrote ----\n\nCan we meet?",
        (
            "-----Original Message-----\nFrom: Petra Blum\nSent: Tuesday, March 4, 2025 10:13 AM\nTo: Jan\n"
            "Subject: Meeting\n\nCan we meet?"
        ),
        (
            "From: Petra Blum <petra@acme.example>\nSent: Tuesday, March 4, 2025 10:13 AM\nTo: Jan <jan@ours.example>\n"
            "Subject: Meeting\n\nCan we meet?"
        ),
        (
            "*From:* Petra Blum <petra@acme.example>\n*Date:* Tuesday, 4 March 2025 at 10:13\n*To:* Jan\n"
            "*Subject:* Meeting\n\nCan we meet?"
        ),
        (
            "________________________________\nVon: Petra Blum <petra@acme.example>\nGesendet: Dienstag, "
            "4. März 2025 10:13\n"
            "An: Jan <jan@ours.example>\nBetreff: Termin\n\nPasst Dienstag?"
        ),
        "De : Petra Blum <petra@acme.example>\nEnvoyé : mardi 4 mars 2025 10:13\nÀ : Jan\nObjet : Date\n\nOui ?",
        "De: Petra Blum\nEnviado el: martes, 4 de marzo de 2025 10:13\nPara: Jan\nAsunto: Cita\n\n¿Sí?",
        "Van: Petra Blum\nVerzonden: dinsdag 4 maart 2025 10:13\nAan: Jan\nOnderwerp: Afspraak\n\nKan dat?",
        "Da: Petra Blum\nInviato: martedì 4 marzo 2025 10:13\nA: Jan\nOggetto: Riunione\n\nVa bene?",
        "De: Petra Blum\nEnviada em: terça-feira, 4 de março de 2025 10:13\nPara: Jan\nAssunto: Reunião\n\nPode ser?",
        "Petra Blum\n03/04/2025 10:13 AM\nTo: Jan Roth/OURS\ncc:\nSubject: Meeting\n\nCan we meet?",
        "\tPetra Blum@ACME\n\t03/04/2025 10:13 AM\n\t\t \n\t\t To: Jan Roth/OURS\n\t\t cc: \n\t\t Subject: Pump\n\nOk?",
        '"Petra Blum" <petra@acme.example> on 03/04/2025 \n10:13:55 AM\nTo: Jan Roth\ncc:\nSubject: Meeting\n\nOk?',
        (
            "---------------------- Forwarded by Jan Roth/OURS on 03/04/2025 \n10:20 AM ----------------------\n\n\n"
            "Petra Blum on 03/04/2025 10:13:55 AM\nTo: Jan Roth/OURS@OURS\ncc:  \nSubject: Meeting\n\nOk?"
        ),
        "> Begin forwarded message:\n>\n> From: Petra Blum <petra@acme.example>\n> Subject: Meeting\n>\n> Can we meet?",
        "##- Please type your reply above this line -##\n\nYour request (4711) has been updated.",
        "Reply above this line to add a comment.\n\nYour request (4711) has been updated.",
        "-- Bitte antworten Sie oberhalb dieser Zeile --\n\nIhre Anfrage 4711 wurde aktualisiert.",
        "From:=09Petra Blum\nSent:=09Tuesday, March 4, 2025 10:13 AM\nTo:=09Jan Roth\nSubject:=09Meeting\n=20\nOk?=20",
    ],
)
def test_words_above_a_quote_are_the_reply(quoted: str) -> None:
    """Each client marks the mail being answered in its own way; none of it is new."""
    zones = split_zones(f"{REPLY}\n\n{quoted}\n")

    assert zones.reply_text == REPLY
    assert zones.quoted_text.split() == quoted.split()


def test_a_forward_is_quoted_to_its_end() -> None:
    """Marks inside a forward are its own; nobody answers below."""
    zones = split_zones(
        "FYI\n\n---------- Forwarded message ---------\nFrom: Petra Blum <petra@acme.example>\nSubject: Pump\n\n"
        "> Does it leak?\n\nYes, it does."
    )

    assert zones.reply_text == "FYI"


def test_notes_of_files_below_a_quote_are_no_reply() -> None:
    """Some clients list what was attached at the very end."""
    zones = split_zones("Here it is.\n\nPetra Blum wrote:\n> The plan?\n\n - plan.pdf\n - list.xls")

    assert zones.reply_text == "Here it is."


def test_an_answer_below_the_quote_is_the_reply() -> None:
    """Bottom posting: what follows the marked lines is new."""
    zones = split_zones("On 4 March 2025 10:13, Petra <petra@acme.example> wrote:\n> Can we meet?\n\nYes, at ten.\n")

    assert zones.reply_text == "Yes, at ten."


def test_answers_between_quoted_lines_are_the_reply() -> None:
    """Inline posting: unmarked lines are new, in their order."""
    zones = split_zones("> When?\n\nAt ten.\n\n> Where?\n\nYour office.\n")

    assert zones.reply_text.split() == ["At", "ten.", "Your", "office."]
    assert zones.quoted_text == "> When?\n> Where?"


def test_a_greeting_above_an_attribution_is_the_reply() -> None:
    """The line above belongs to the attribution only if it begins as one."""
    zones = split_zones("Hi,\nOn Tue, 2025-03-04 at 10:13 +0100, Petra wrote:\n> When?\n\nAt ten.")

    assert zones.reply_text.split() == ["Hi,", "At", "ten."]


@pytest.mark.parametrize(
    "quoted",
    [
        "> The second delivery is expected to reach your warehouse in the week after\nEaster, as agreed\n> with Petra.",
        """> The second delivery is expected to reach your warehouse in the week that comes after
Easter, when the new hall is finished and the crane of the harbour is free again for our load,
which nobody can promise.

> Petra""",
        "> The drawings are on your server (see https://files.acme.example/drawings/2025/\npumps)\n> Petra",
    ],
)
def test_a_quoted_line_broken_in_two_stays_quoted(quoted: str) -> None:
    """Mail systems break long lines without repeating the mark."""
    assert split_zones(f"Agreed.\n\n{quoted}").reply_text == "Agreed."


def test_a_short_answer_right_below_a_quoted_question_is_the_reply() -> None:
    """A line that ends its sentence was not broken off."""
    zones = split_zones(
        "> Can the second delivery reach our warehouse in the week after Easter?\nYes.\n> Where to?\nHall 2."
    )

    assert zones.reply_text == "Yes.\nHall 2."


def test_an_answer_right_below_a_quoted_paragraph_on_one_line_is_the_reply() -> None:
    """Where quoted lines are as long as their paragraphs, none was broken off."""
    zones = split_zones(
        "> The second delivery is expected to reach your warehouse in the week after Easter, when the new hall is "
        "finished and the crane of the harbour is free again for our load.\n"
        "> Does the crane lift three tons, or do we have to bring one of our own along with us?\n"
        "It lifts five, so leave yours at home.\n"
    )

    assert zones.reply_text == "It lifts five, so leave yours at home."


def test_a_request_in_quoted_text_is_not_new_d4_29() -> None:
    """D4.29: only words new in this message count."""
    zones = split_zones(
        "Thanks, got it.\n\n-----Ursprüngliche Nachricht-----\nVon: Jan Roth\nGesendet: Montag, 3. März 2025 09:00\n"
        "An: Petra Blum\nBetreff: Angebot\n\nBitte senden Sie uns das Angebot bis Freitag."
    )

    assert zones.reply_text == "Thanks, got it."
    assert "Angebot bis Freitag" in zones.quoted_text


def test_a_help_desk_banner_on_top_stands_above_new_words() -> None:
    """The desk's own mail begins with the line its answers are to stand above."""
    zones = split_zones(
        "##- Please type your reply above this line -##\n\nYour request (4711) is solved. Please confirm."
    )

    assert zones.reply_text == "Your request (4711) is solved. Please confirm."


def test_what_follows_a_phones_sign_off_was_there_before() -> None:
    """Some phones quote without any mark, below the line they add."""
    zones = split_zones("Friday is fine.\n\nSent from my Galaxy S24\n\nCan you make it on Friday?\nPetra")

    assert zones.reply_text == "Friday is fine."
    assert zones.quoted_text == "Can you make it on Friday?\nPetra"


@pytest.mark.parametrize(
    "quoted",
    [
        "--- On Tue, Mar 4, 2025 at 3:59 PM, petra@acme.example wrote:\n> Friday?",
        "    On Tuesday, March 4, 2025, 03:59:12 PM GMT, Petra <petra@acme.example> wrote:  \n \n Friday?",
    ],
)
def test_an_attribution_on_the_last_line_is_cut_off(quoted: str) -> None:
    """Some phones and Yahoo end no line before "On Tue …"."""
    assert split_zones(f"Friday is fine{quoted}").reply_text == "Friday is fine"


def test_words_below_an_attribution_without_marks_are_the_reply_when_there_are_no_others() -> None:
    """Somebody who removed the quote left the line above it."""
    zones = split_zones("On Tue, 4 Mar 2025 at 10:13, Petra <petra@acme.example> wrote:\n\nNo, we cannot.")

    assert zones.reply_text == "No, we cannot."


def test_a_block_cut_down_to_its_sender_begins_a_quote() -> None:
    """Somebody removed the other lines of Outlook's block."""
    zones = split_zones("Fine.\n\nFrom: Petra Blum <petra@acme.example>\n\nCan we meet?")

    assert zones.reply_text == "Fine."
    assert zones.headers[0].sender == Address("Petra Blum", "petra@acme.example")


def test_dashes_of_a_programs_output_begin_no_signature() -> None:
    """The delimiter stands once, above words."""
    body = "It prints:\n-- \n-- # pumps\n-- \n--   * north\n--   * south"

    assert split_zones(body).reply_text == body


@pytest.mark.parametrize(
    ("body", "reply", "signature"),
    [
        ("See you.\n-- \nJan Roth\nOurs GmbH", "See you.", "-- \nJan Roth\nOurs GmbH"),
        ("See you.\n--\n-- \nJan Roth\nOurs GmbH", "See you.", "--\n-- \nJan Roth\nOurs GmbH"),
        ("See you.\n\nSent from my iPhone", "See you.", "Sent from my iPhone"),
        ("Bis dann.\n\nVon meinem iPhone gesendet", "Bis dann.", "Von meinem iPhone gesendet"),
        ("À demain.\n\nEnvoyé à partir de Outlook pour iOS", "À demain.", "Envoyé à partir de Outlook pour iOS"),
        (
            "Please call.\n\nBest regards,\n\nJan Roth\nHead of Sales\nOurs GmbH\nTel. +49 30 1234567",
            "Please call.\n\nBest regards,",
            "Jan Roth\nHead of Sales\nOurs GmbH\nTel. +49 30 1234567",
        ),
        (
            "Here they are.\n\nJan Roth, Ph.D.\nHead of Sales\n030 / 123 45 67\n\n - plan.pdf\n - list.xls",
            "Here they are.",
            "Jan Roth, Ph.D.\nHead of Sales\n030 / 123 45 67\n\n - plan.pdf\n - list.xls",
        ),
        (
            "Anbei der Plan.\n\nMit freundlichen Grüßen\nJan Roth\nVertrieb\nAm Ring 5\n10115 Berlin\njan@ours.example",
            "Anbei der Plan.\n\nMit freundlichen Grüßen",
            "Jan Roth\nVertrieb\nAm Ring 5\n10115 Berlin\njan@ours.example",
        ),
        (
            (
                "Fine with us.\n\nThis e-mail is confidential and may be privileged. If you are not the recipient,\n"
                "delete it."
            ),
            "Fine with us.",
            "This e-mail is confidential and may be privileged. If you are not the recipient,\ndelete it.",
        ),
        (
            (
                "It works now.\n\n_______________________________________________\nUsers mailing list\n"
                "https://lists.example.org/mailman/listinfo/users"
            ),
            "It works now.",
            ("_" * 47 + "\nUsers mailing list\nhttps://lists.example.org/mailman/listinfo/users"),
        ),
    ],
)
def test_signature_disclaimer_and_footer_are_set_apart(body: str, reply: str, signature: str) -> None:
    """Who writes and what lawyers and list servers add is no part of the message."""
    zones = split_zones(body)

    assert (zones.reply_text, zones.signature) == (reply, signature)


def test_thanks_and_a_name_stay_with_the_message() -> None:
    """A closing with a bare name is what the writer wrote, and thanks may be all they say (D4.4)."""
    assert (
        split_zones("Please send it today.\n\nThanks,\nPetra").reply_text == "Please send it today.\n\nThanks,\nPetra"
    )
    assert split_zones("Thanks!\n\n-- \nPetra Blum").reply_text == "Thanks!"


def test_a_bare_goodbye_says_nothing() -> None:
    """Only a closing above a signature leaves an empty reply, so that it is no answer."""
    assert split_zones("Best regards\n-- \nJan Roth\nOurs GmbH").reply_text == ""


@pytest.mark.parametrize(
    ("body", "greeting", "sign_off"),
    [
        ("Hi Tom,\n\nit leaks again.\n\nThanks,\nAnn", "Hi Tom,", "Thanks,\nAnn"),
        ("Tom -\n\nit leaks again.\n\nAnn", "Tom -", "Ann"),
        ("Sehr geehrte Frau Hale,\n\nsie leckt.\n\nMit freundlichen Grüßen\nJan Roth", "Sehr geehrte Frau Hale,",
         "Mit freundlichen Grüßen\nJan Roth"),
        ("Bonjour à tous,\n\nelle fuit.\n\nCordialement\nLuc", "Bonjour à tous,", "Cordialement\nLuc"),
        ("Hallo allemaal,\n\nhij lekt.\n\nMet vriendelijke groet\nSanne", "Hallo allemaal,",
         "Met vriendelijke groet\nSanne"),
        ("It leaks again.\n\nthanks\ntom", "", "thanks\ntom"),
        ("It leaks.\n\nRegards\nAnn\n\nPS: The valve, too.", "", "Regards\nAnn"),
        ("All,\n\nit leaks.\n\nThank you\n\nAnn\nx3-4477", "All,", "Thank you\n\nAnn\nx3-4477"),
        ("It leaks.\n\nRegards,\n\nAnn\n\nTell us what you find there.", "", "Regards,\n\nAnn"),
        ("It leaks.\n\n- ann", "", "- ann"),
        ("Attendees:\nAnn Berger\nTom Hale\n\nAgenda:\n- pump\n- valves", "", ""),
        ("Thanks for the plan, it helps. Can we move the date?", "", ""),
    ],
)  # fmt: skip
def test_greeting_and_sign_off_are_known(body: str, greeting: str, sign_off: str) -> None:
    """They stay in the reply, and are told apart in it."""
    zones = split_zones(body)

    assert (zones.reply_text, zones.greeting, zones.sign_off) == (body, greeting, sign_off)


def test_the_disclaimer_is_the_end_of_the_signature() -> None:
    """What lawyers add says nothing about the writer."""
    zones = split_zones(
        "Done.\n\n-- \nJan Roth\nOurs GmbH\n\nThis message is confidential and intended for its reader."
    )

    assert zones.signature.endswith(zones.disclaimer)
    assert zones.disclaimer == "This message is confidential and intended for its reader."


def test_quoted_headers_are_read_outermost_first() -> None:
    """Sender, time in the quoting client's zone, recipients and subject of each quoted mail."""
    zones = split_zones(
        "FYI\n\n---------- Forwarded message ---------\nFrom: Petra Blum <Petra@acme.example>\n"
        "Date: Tue, Mar 4, 2025 at 10:13 AM\nSubject: Broken pump\nTo: <jan@ours.example>\n\nIt leaks.\n\n"
        "Am 03.03.2025 um 08:00 schrieb Jan Roth <jan@ours.example>:\n> Alles gut?\n",
        zone=timezone(timedelta(hours=1)),
    )

    assert zones.forwarded
    assert [header.sender for header in zones.headers] == [
        Address("Petra Blum", "petra@acme.example"),
        Address("Jan Roth", "jan@ours.example"),
    ]
    assert zones.headers[0].subject == "Broken pump"
    assert zones.headers[0].to == (Address("", "jan@ours.example"),)
    assert [header.sent_at for header in zones.headers] == [
        datetime(2025, 3, 4, 9, 13, tzinfo=UTC),
        datetime(2025, 3, 3, 7, 0, tzinfo=UTC),
    ]


@pytest.mark.parametrize(
    ("header", "sender", "to"),
    [
        (
            "From: Blum, Petra [mailto:petra@acme.example]\nTo: Roth, Jan; Hale, Tom",
            Address("Blum, Petra", "petra@acme.example"),
            (Address("Roth, Jan", ""), Address("Hale, Tom", "")),
        ),
        (
            'From: "Blum, Petra" <petra@acme.example>\nTo: "Roth, Jan" <jan@ours.example>, tom@ours.example',
            Address("Blum, Petra", "petra@acme.example"),
            (Address("Roth, Jan", "jan@ours.example"), Address("", "tom@ours.example")),
        ),
        (
            "From: petra@acme.example\nTo: Roth, Jan <jan@ours.example>, Tom <tom@ours.example>, nobody@",
            Address("", "petra@acme.example"),
            (Address("Roth, Jan", "jan@ours.example"), Address("Tom", "tom@ours.example"), Address("nobody", "")),
        ),
        (
            "From: Petra Blum/ACME@ACME on 03/04/2025 10:13 AM\nTo: Jan Roth/OURS@OURS, Tom \nHale/OURS@OURS",
            Address("Petra Blum", ""),
            (Address("Jan Roth", ""), Address("Tom Hale", "")),
        ),
    ],
)
def test_people_of_a_quoted_header(header: str, sender: Address, to: tuple[Address, ...]) -> None:
    """Outlook turns names around and leaves addresses out, Notes adds paths."""
    (read,) = split_zones(f"Ok.\n\n-----Original Message-----\n{header}\nSubject: pump\n\nIt leaks.").headers

    assert (read.sender, read.to) == (sender, to)


def test_each_of_several_forwards_is_read() -> None:
    """A mail forwarded twice names both senders, in the languages of their clients."""
    zones = split_zones(
        "See below.\n\nVon: Jan Roth <jan@ours.example>\nGesendet: Dienstag, 4. März 2025 10:13\n"
        "An: Tom Hale <tom@ours.example>\nBetreff: WG: Pumpe\n\nBitte kümmern.\n\n"
        "De : Luc Roy <luc@acme.example>\nEnvoyé : lundi 3 mars 2025 09:00\nÀ : Jan Roth\nObjet : Pompe\n\nElle fuit."
    )

    assert [header.sender.address for header in zones.headers if header.sender] == [
        "jan@ours.example",
        "luc@acme.example",
    ]
    assert [header.subject for header in zones.headers] == ["WG: Pumpe", "Pompe"]


def test_an_answer_is_not_a_forward() -> None:
    """A quoted header block alone does not make a forward."""
    assert not split_zones("Ok.\n\n-----Original Message-----\nFrom: Petra\nSent: Monday\nTo: Jan\n\nOk?").forwarded


@pytest.mark.parametrize(
    "text",
    [
        "From: now on we ship weekly.",
        "From: the desk of Marion Hale\nTo: whom it may concern\n\nWe are closed on Friday.",
        "On Monday he wrote: nothing.",
        "On Monday Peter wrote a long letter:\n\nDear all, nothing works.\n\nWhat do we say?",
        "On 4 March Peter wrote a long letter:\nhe wants the line rebuilt before summer.",
        "He said, and I quote what his lawyer said:\nwe pay.",
        "The date: 4 March\nThe place: Berlin",
        "Please book this:\n\nFrom: Berlin\nTo: Munich\nDate: 4 March 2025, 10:15\n\nAnd a room.",
        "TO: All staff\nFROM: Works council\nDATE: 4 March 2025\nRE: Canteen\n\nThe canteen opens at eleven.",
        "We met on 03/04/2025 10:13 AM.\nTo: do list follows",
        "I wrote to Petra yesterday.",
        "See my answers below in red.",
        "Legal will send a note on Friday. Please wait for it.",
        "Please write your name above this line.\n\nThe items above this line are final.",
        "Still missing:\n\nInvoice 4711\nDelivery note 12\nTel. list of the site\n\nWhen can we have them?",
        "Here is her card:\n\nPetra Blum\nHead of Sales\nAcme GmbH\n+49 30 1234567\n\nCall her today.",
        "Our order:\n\nGoods :\t\tAcme Pumps, LLC\nOrder No.:\t27723\nAmount: 1,200 pieces\nDriver: 030 1234567",
        "The shell says\n\n>>> 1 + 1\n3\n\nwhich is odd.",
        ">From what I hear, it leaks.",
        "| pump | 3 |\n| valve | 4 |",
        "<<<<<<< ours\npump = 1\n=======\npump = 2\n>>>>>>> theirs",
        "Look here:\n>>> the new plan <<<",
        "Topics\n------\npump\n\nPlaces\n------\nhall",
    ],
)
def test_ordinary_words_are_not_quotes(text: str) -> None:
    """Words that look like a client's are left alone."""
    zones = split_zones(text)

    assert (zones.reply_text, zones.quoted_text, zones.signature) == (text, "", "")


GMAIL = """<div>Fine.</div><span class="gmail_signature_prefix">-- </span><br>
<div class="gmail_signature">Jan Roth</div>
<div class="gmail_quote"><div class="gmail_attr">On Tue, Mar 4, 2025 at 10:13 AM Petra &lt;<a
href="mailto:petra@acme.example">petra@acme.example</a>&gt; wrote:<br></div>
<blockquote class="gmail_quote">Ok?</blockquote></div>"""
OUTLOOK = """<div>Fine.</div><div id="Signature">Jan Roth<br>Ours GmbH</div><hr><div id="divRplyFwdMsg">
<b>From:</b> Petra &lt;petra@acme.example&gt;<br><b>Sent:</b> Tuesday, March 4, 2025 10:13 AM<br><b>To:</b> Jan<br>
<b>Subject:</b> Pump</div><div>Ok?</div>"""
THUNDERBIRD = """<div>Fine.</div><pre class="moz-signature">-- \nJan Roth</pre>
<div class="moz-cite-prefix">Am 04.03.2025 um 10:13 schrieb Petra:<br></div><blockquote type="cite">Ok?</blockquote>"""


@pytest.mark.parametrize(
    ("markup", "signature"),
    [(GMAIL, "--\nJan Roth"), (OUTLOOK, "--\nJan Roth\nOurs GmbH"), (THUNDERBIRD, "--\nJan Roth")],
)
def test_html_is_taken_apart_by_what_clients_mark(markup: str, signature: str) -> None:
    """Gmail, Outlook and Thunderbird name the parts of a mail in their markup."""
    zones = split_zones(html_to_text(markup))

    assert (zones.reply_text, zones.signature) == ("Fine.", signature)
    assert zones.quoted_text.endswith("Ok?")


def test_every_line_of_a_thread_has_a_zone() -> None:
    """Quoted mails are taken apart like the new one."""
    body = {
        "Hi Tom,": LineZone.GREETING,
        "it leaks again.": LineZone.TEXT,
        "Thanks,": LineZone.SIGN_OFF,
        "Ann": LineZone.SIGN_OFF,
        "-- ": LineZone.SIGNATURE,
        "Ann Berger, Acme Ltd": LineZone.SIGNATURE,
        "Tel. +44 20 1234567": LineZone.SIGNATURE,
        "On Tue, 4 Mar 2025 at 10:13, Tom <tom@ours.example> wrote:": LineZone.HEADER,
        "> Hello Ann,": LineZone.GREETING,
        "> is the pump fine?": LineZone.TEXT,
        ">": LineZone.TEXT,
        "> Regards": LineZone.SIGN_OFF,
        "> Tom": LineZone.SIGN_OFF,
    }

    assert dict(zip(body, label_lines("\n".join(body)), strict=True)) == body


LINES = st.lists(
    st.sampled_from(
        [
            "",
            "> quoted",
            ">> deeper",
            ">From here",
            "> wrote:",
            "Best regards,",
            "-- ",
            "Jan Roth",
            "Tel. +49 30 1234567",
            "On Tue, 4 Mar 2025 at 10:13, Petra <petra@acme.example> wrote:",
            "On Tue, 4 Mar 2025 at 10:13, Petra",
            "-----Original Message-----",
            "---- Forwarded by Jan on 03/04/2025",
            "10:13 AM ----",
            "From: Petra",
            "Sent: Monday",
            "To: Jan",
            "cc:",
            "Subject: pump",
            "________________",
            "Petra Blum",
            "03/04/2025 10:13 AM",
            "Please call me.",
            "This e-mail is confidential.",
            "Sent from my iPhone",
            "##- Please type your reply above this line -##",
            " - plan.pdf",
            "PS: the valve",
        ]
    )
    | st.text(max_size=60),
    max_size=25,
)


@given(LINES)
def test_every_line_comes_from_the_body_once(lines: list[str]) -> None:
    """Zones lose no word, invent none and keep the order; any text is taken."""
    body = "\n".join(lines)
    zones = split_zones(body)

    words = sorted(body.split())
    assert sorted(f"{zones.reply_text}\n{zones.quoted_text}\n{zones.signature}".split()) == words
    known = {line.strip() for line in body.replace("\r\n", "\n").replace("\r", "\n").split("\n")}
    for zone in (zones.reply_text, zones.quoted_text, zones.signature):
        assert {line.strip() for line in zone.split("\n")} <= known | {""}
    assert zones.greeting in zones.reply_text
    assert zones.sign_off in zones.reply_text
    assert zones.disclaimer in zones.signature


@given(LINES)
def test_every_line_gets_one_label(lines: list[str]) -> None:
    """A label for each line, whatever stands in it."""
    body = "\n".join(lines)

    assert len(label_lines(body)) == body.replace("\r\n", "\n").replace("\r", "\n").count("\n") + 1
