"""New words, quoted words and signatures told apart (D4.29, D5.13)."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.mail import Address
from extraction.zones import split_zones

REPLY = "Hello Petra,\n\nTuesday at ten is fine.\nPlease bring the drawings."


@pytest.mark.parametrize(
    "quoted",
    [
        "On Tue, 4 Mar 2025 at 10:13, Petra Blum <petra@acme.example> wrote:\n> Can we meet?\n> Petra",
        "On Tue, 4 Mar 2025 at 10:13, Petra Blum <\npetra@acme.example> wrote:\n\n> Can we meet?",
        "Am 04.03.2025 um 10:13 schrieb Petra Blum <petra@acme.example>:\n> Passt Dienstag?",
        "Le mar. 4 mars 2025 à 10:13, Petra Blum <petra@acme.example> a écrit :\n> Peut-on se voir ?",
        "El mar, 4 mar 2025 a las 10:13, Petra Blum (<petra@acme.example>) escribió:\n> ¿Nos vemos?",
        "Op di 4 mrt. 2025 om 10:13 schreef Petra Blum <petra@acme.example>:\n> Kunnen we afspreken?",
        "Il giorno mar 4 mar 2025 alle ore 10:13 Petra Blum <petra@acme.example> ha scritto:\n> Ci vediamo?",
        "Em ter., 4 de mar. de 2025 às 10:13, Petra Blum <petra@acme.example> escreveu:\n> Podemos reunir?",
        (
            "-----Original Message-----\nFrom: Petra Blum\nSent: Tuesday, March 4, 2025 10:13 AM\nTo: Jan\n"
            "Subject: Meeting\n\nCan we meet?"
        ),
        (
            "From: Petra Blum <petra@acme.example>\nSent: Tuesday, March 4, 2025 10:13 AM\nTo: Jan <jan@ours.example>\n"
            "Subject: Meeting\n\nCan we meet?"
        ),
        (
            "________________________________\nVon: Petra Blum <petra@acme.example>\nGesendet: Dienstag, "
            "4. März 2025 10:13\n"
            "An: Jan <jan@ours.example>\nBetreff: Termin\n\nPasst Dienstag?"
        ),
        "De : Petra Blum <petra@acme.example>\nEnvoyé : mardi 4 mars 2025 10:13\nÀ : Jan\nObjet : Date\n\nOui ?",
        "Petra Blum\n03/04/2025 10:13 AM\nTo: Jan Roth/OURS\ncc:\nSubject: Meeting\n\nCan we meet?",
        '"Petra Blum" <petra@acme.example> on 03/04/2025 \n10:13:55 AM\nTo: Jan Roth\ncc:\nSubject: Meeting\n\nOk?',
        "> Begin forwarded message:\n>\n> From: Petra Blum <petra@acme.example>\n> Subject: Meeting\n>\n> Can we meet?",
    ],
)
def test_words_above_a_quote_are_the_reply(quoted: str) -> None:
    """Each client marks the mail being answered in its own way; none of it is new."""
    zones = split_zones(f"{REPLY}\n\n{quoted}\n")

    assert zones.reply_text == REPLY
    assert zones.quoted_text.split() == quoted.split()


def test_an_answer_below_the_quote_is_the_reply() -> None:
    """Bottom posting: what follows the marked lines is new."""
    zones = split_zones("On 4 March 2025 10:13, Petra <petra@acme.example> wrote:\n> Can we meet?\n\nYes, at ten.\n")

    assert zones.reply_text == "Yes, at ten."


def test_answers_between_quoted_lines_are_the_reply() -> None:
    """Inline posting: unmarked lines are new, in their order."""
    zones = split_zones("> When?\n\nAt ten.\n\n> Where?\n\nYour office.\n")

    assert zones.reply_text.split() == ["At", "ten.", "Your", "office."]
    assert zones.quoted_text == "> When?\n> Where?"


def test_a_quoted_line_broken_in_two_stays_quoted() -> None:
    """Mail systems break long lines without repeating the mark."""
    body = (
        "Agreed.\n\n> The second delivery is expected to reach your warehouse in the week after\n"
        "Easter, as discussed\n> with Petra.\n"
    )

    assert split_zones(body).reply_text == "Agreed."


def test_a_request_in_quoted_text_is_not_new_d4_29() -> None:
    """D4.29: only words new in this message count."""
    zones = split_zones(
        "Thanks, got it.\n\n-----Ursprüngliche Nachricht-----\nVon: Jan Roth\nGesendet: Montag, 3. März 2025 09:00\n"
        "An: Petra Blum\nBetreff: Angebot\n\nBitte senden Sie uns das Angebot bis Freitag."
    )

    assert zones.reply_text == "Thanks, got it."
    assert "Angebot bis Freitag" in zones.quoted_text


@pytest.mark.parametrize(
    ("body", "reply", "signature"),
    [
        ("See you.\n-- \nJan Roth\nOurs GmbH", "See you.", "-- \nJan Roth\nOurs GmbH"),
        ("See you.\n\nSent from my iPhone", "See you.", "Sent from my iPhone"),
        ("Bis dann.\n\nVon meinem iPhone gesendet", "Bis dann.", "Von meinem iPhone gesendet"),
        (
            "Please call.\n\nBest regards,\n\nJan Roth\nHead of Sales\nOurs GmbH\nTel. +49 30 1234567",
            "Please call.\n\nBest regards,",
            "Jan Roth\nHead of Sales\nOurs GmbH\nTel. +49 30 1234567",
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


def test_an_answer_is_not_a_forward() -> None:
    """A quoted header block alone does not make a forward."""
    assert not split_zones("Ok.\n\n-----Original Message-----\nFrom: Petra\nSent: Monday\nTo: Jan\n\nOk?").forwarded


@pytest.mark.parametrize(
    "text",
    [
        "From: now on we ship weekly.",
        "On Monday he wrote: nothing.",
        "The date: 4 March\nThe place: Berlin",
        "We met on 03/04/2025 10:13 AM.\nTo: do list follows",
        "I wrote to Petra yesterday.",
    ],
)
def test_ordinary_sentences_are_not_quotes(text: str) -> None:
    """Words that look like a header line are left alone."""
    assert split_zones(text).reply_text == text


LINES = st.lists(
    st.sampled_from(
        [
            "",
            "> quoted",
            ">> deeper",
            "Best regards,",
            "-- ",
            "Jan Roth",
            "Tel. +49 30 1234567",
            "On Tue, 4 Mar 2025 at 10:13, Petra <petra@acme.example> wrote:",
            "-----Original Message-----",
            "From: Petra",
            "Sent: Monday",
            "To: Jan",
            "Subject: pump",
            "________________",
            "Petra Blum",
            "03/04/2025 10:13 AM",
            "Please call me.",
            "This e-mail is confidential.",
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
