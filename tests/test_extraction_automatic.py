"""Mail no person wrote for us (SEMANTICS 1; D4.5, D4.6, D4.17)."""

from datetime import UTC, datetime

import pytest

from domain.mail import Automatic, Message
from domain.sources import RawMessage
from extraction.absence import read_return_date
from extraction.mime import parse_message

SENT = datetime(2025, 3, 5, 9, 0, tzinfo=UTC)  # a Wednesday


def read(head: str, body: str = "Please have a look at the drawings.") -> Message:
    """Parse a mail given by its header lines and its body."""
    data = f"{head}\nDate: Wed, 5 Mar 2025 09:00:00 +0000\n\n{body}\n".encode()
    raw = RawMessage(folder="INBOX", uid="1", data=data, received_at=None, size=len(data))
    message = parse_message(raw, fetched_at=datetime(2025, 3, 10, tzinfo=UTC))
    assert isinstance(message, Message)
    return message


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        ("From: petra@acme.example\nSubject: Pump", None),
        ("From: petra@acme.example\nSubject: Out of office next week?", None),
        ("From: petra@acme.example\nSubject: Re: Out of Office", None),
        ("From: petra@acme.example\nSubject: Who is out of office in May", None),
        ("From: petra@acme.example\nSubject: Out of Office", Automatic.AUTO_REPLY),
        ("From: petra@acme.example\nSubject: Automatic reply: Pump", Automatic.AUTO_REPLY),
        ("From: petra@acme.example\nSubject: Abwesenheitsnotiz: Pumpe", Automatic.AUTO_REPLY),
        ("From: petra@acme.example\nSubject: Automatische Antwort: Pumpe", Automatic.AUTO_REPLY),
        ("From: petra@acme.example\nSubject: Réponse automatique : pompe", Automatic.AUTO_REPLY),
        ("From: petra@acme.example\nSubject: Respuesta automática: bomba", Automatic.AUTO_REPLY),
        ("From: petra@acme.example\nSubject: Re: Pump\nAuto-Submitted: auto-replied", Automatic.AUTO_REPLY),
        ("From: petra@acme.example\nSubject: Re: Pump\nX-Autoreply: yes", Automatic.AUTO_REPLY),
        ("From: petra@acme.example\nSubject: Re: Pump\nAuto-Submitted: no", None),
        ("From: petra@acme.example\nSubject: Re: Pump\nX-Auto-Response-Suppress: All", None),
        ("From: petra@acme.example\nSubject: March\nList-Id: <news.acme.example>", Automatic.BULK),
        ("From: petra@acme.example\nSubject: March\nPrecedence: bulk", Automatic.BULK),
        ("From: newsletter@acme.example\nSubject: March", Automatic.BULK),
        ("From: no-reply@acme.example\nSubject: Your order", Automatic.SYSTEM),
        ("From: petra@acme.example\nSubject: Backup\nAuto-Submitted: auto-generated", Automatic.SYSTEM),
        ("From: MAILER-DAEMON@mx.example\nSubject: Undelivered Mail Returned to Sender", Automatic.BOUNCE),
        ("From: Postmaster <postmaster@acme.example>\nSubject: Unzustellbar: Pumpe", Automatic.BOUNCE),
    ],
)
def test_headers_and_subject_tell_who_wrote(head: str, expected: Automatic | None) -> None:
    """Bulk evidence vetoes whatever the domain (D4.17); auto-replies are inert on both sides (D4.5, D4.6)."""
    assert read(head).automatic is expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("To UNSUBSCRIBE write to us.", Automatic.BULK),
        ("To opt-out write to us.", Automatic.BULK),
        ("Opt out at any time.", Automatic.BULK),
        ("To be removed from the mailing list write to us.", Automatic.BULK),
        ("Remove yourself from it.", Automatic.BULK),
        ("You can have it removed your address from the list.", Automatic.BULK),
        ("You are receiving this e-mail because you signed up.", Automatic.BULK),
        ("You are getting this message because you signed up.", Automatic.BULK),
        ("You have received this email because you signed up.", Automatic.BULK),
        ("If you no longer wish to receive our offers, say so.", Automatic.BULK),
        ("If you no longer want to get these mailings, say so.", Automatic.BULK),
        ("If you don't want to receive our emails, say so.", Automatic.BULK),
        ("If you do not wish to get updates, say so.", Automatic.BULK),
        ("If you would prefer not to receive messages, say so.", Automatic.BULK),
        ("Newsletter abbestellen", Automatic.BULK),
        ("Mailing ABMELDEN", Automatic.BULK),
        ("Um sich vom Verteiler abzumelden, schreiben Sie uns.", Automatic.BULK),
        ("Falls Sie keine weiteren Newsletter erhalten möchten, schreiben Sie uns.", Automatic.BULK),
        ("Pour vous désabonner, écrivez-nous.", Automatic.BULK),
        ("SE DÉSABONNER", Automatic.BULK),
        ("Pour vous désinscrire, écrivez-nous.", Automatic.BULK),
        ("Vous ne souhaitez plus recevoir nos offres ?", Automatic.BULK),
        ("Para darse de baja, escriba.", Automatic.BULK),
        ("Para cancelar su suscripción, escriba.", Automatic.BULK),
        ("Per disiscriverti, scrivi.", Automatic.BULK),
        ("Om u af te melden, schrijf ons.", Automatic.BULK),
        ("We sent you this email because you asked for updates.", Automatic.BULK),
        ("This email was sent to those who signed up for it.", Automatic.BULK),
        ("If you'd rather not receive emails from us, say so.", Automatic.BULK),
        ("If you choose not to receive these messages, visit us.", Automatic.BULK),
        ("If you would like to be taken off the email list, reply.", Automatic.BULK),
        ("To change your e-mail preferences or\nyour address, sign in: manage your subscription.", Automatic.BULK),
        ("Sie erhalten diese E-Mail, weil Sie sich angemeldet haben.", Automatic.BULK),
        ("Vous recevez ce message car vous êtes inscrit.", Automatic.BULK),
        ("This is a post-only mailing. Please do not\nreply to this message.", Automatic.BULK),
        ("It was sent from a notification-only address.", Automatic.BULK),
        ("This is an automated message.", Automatic.BULK),
        ("Bitte antworten Sie nicht auf diese E-Mail.", Automatic.BULK),
        ("Merci de ne pas répondre à ce message.", Automatic.BULK),
        (f"{'https://acme.example/sale ' * 10}\n(c) Acme. All rights reserved.", Automatic.BULK),
        (f"Is one of these right? {'https://acme.example/part ' * 10}", None),
        ("See https://acme.example. All rights reserved.", None),
        ("If you are not the intended recipient, do not reply to this message.", None),
        ("If you received it in error, please do not respond to this e-mail.", None),
        ("Please do not reply to Ole, he is away.", None),
        ("I sent you this message because the pump leaks.", None),
        ("We have to change your delivery.", None),
        ("Please unsubscribe me.", None),
        ("We opt out of the second pump.", None),
        ("I received this yesterday.", None),
    ],
)
def test_what_stands_below_newsletters_tells_them(body: str, expected: Automatic | None) -> None:
    """Where their headers were lost (D4.17)."""
    assert read("From: petra@acme.example\nSubject: March", body).automatic is expected


def test_a_delivery_report_names_who_was_not_reached() -> None:
    """RFC 3464: Final-Recipient of every failed group, delivered ones left out (D4.22)."""
    message = read(
        "From: MAILER-DAEMON@mx.example\nSubject: Delivery report\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"',
        "--b\n\nSorry.\n--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example\n\n"
        "Final-Recipient: rfc822; Petra@acme.example\nAction: failed\nStatus: 5.1.1\n\n"
        "Final-Recipient: rfc822; karl@acme.example\nAction: delivered\nStatus: 2.0.0\n\n--b--",
    )

    assert message.automatic is Automatic.BOUNCE
    assert message.failed_recipients == ("petra@acme.example",)


def test_a_bounce_in_plain_words_names_the_address() -> None:
    """Without a report part the text says who."""
    message = read(
        "From: MAILER-DAEMON@mx.example\nSubject: failure notice",
        "Hi. This is the mail program at mx.example.\n\n<petra@acme.example>:\nuser unknown",
    )

    assert message.failed_recipients == ("petra@acme.example",)


@pytest.mark.parametrize(
    ("report", "words", "status"),
    [
        ("Action: failed\nStatus: 5.1.1\n", "", "5.1.1"),
        ("Status: 5.0.0\nDiagnostic-Code: smtp; 550 5.2.2 mailbox full\n", "", "5.2.2"),
        ("Action: failed\nDiagnostic-Code: smtp; 550 no such user here\n", "", "5.0.0"),
        ("Action: delayed\nStatus: 4.4.7\n", "", "4.4.7"),
        ("", "<petra@acme.example>: host mx.acme.example said: 550 5.7.1 relaying denied", "5.7.1"),
        ("", "Our address is 10.5.1.1 and the version 4.12.0.1", ""),
    ],
)
def test_a_bounce_says_why(report: str, words: str, status: str) -> None:
    """RFC 3463: what the receiving server said beats what a relay made of it; numbers of other kinds are none."""
    message = read(
        "From: MAILER-DAEMON@mx.example\nSubject: Undelivered Mail Returned to Sender\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"',
        f"--b\n\n{words}\n--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example\n\n"
        f"Final-Recipient: rfc822; petra@acme.example\n{report}\n--b--",
    )

    assert message.delivery_status == status


CALENDAR = (
    "Content-Type: text/calendar; method={0}\n{1}\nBEGIN:VCALENDAR\nMETHOD:{0}\nBEGIN:VEVENT\nUID:u\n"
    "DTSTART:20250312T090000Z\nSUMMARY:Review\nEND:VEVENT\nEND:VCALENDAR\n"
)


def test_an_invitation_is_calendar_mail_but_words_with_an_attached_one_are_not() -> None:
    """ITIP is the alternative to its text; a person who attaches an entry still writes."""
    words = "Could you confirm the price of the second pump before we meet? We need it for the board on Thursday."
    itip = f"--b\nContent-Type: text/plain\n\n{words}\n--b\n{CALENDAR.format('REQUEST', '')}--b--"
    attached = f"--b\nContent-Type: text/plain\n\n{words}\n--b\n" + CALENDAR.format(
        "PUBLISH", "Content-Disposition: attachment; filename=a.ics\n"
    )
    head = 'From: petra@acme.example\nSubject: Review\nContent-Type: multipart/{}; boundary="b"'

    assert read(head.format("alternative"), itip).automatic is Automatic.CALENDAR
    assert read(head.format("mixed"), f"{attached}--b--").automatic is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("I will be back on 14 March.", "2025-03-14"),
        ("I will be back in the office on March 14th.", "2025-03-14"),
        ("I am away until Friday.", "2025-03-08"),
        ("Returning Monday, 17 March 2025.", "2025-03-17"),
        ("Ich bin ab dem 14.03. wieder im Büro.", "2025-03-14"),
        ("Ich bin bis 14.03.2025 nicht im Haus.", "2025-03-15"),
        ("Am Montag bin ich wieder erreichbar.", "2025-03-10"),
        ("Je serai de retour le 17 mars.", "2025-03-17"),
        ("Je suis absent jusqu'au 14 mars 2025.", "2025-03-15"),
        ("I am out from 3 March to 14 March.", "2025-03-15"),
        ("I am out of the office on Thursday and Friday. Call Jo on Monday.", "2025-03-08"),
        ("I am away Monday 10 through Wednesday 12 March, returning on Thursday the 13th.", "2025-03-13"),
        ("On leave 3/12, back Thursday, 3/13.", "2025-03-13"),
        ("Nel mio ufficio fino al 14 marzo 2025 nessuno risponde.", "2025-03-15"),
        ("I am out of the office with limited access to mail.", None),
    ],
)
def test_the_return_date_is_read_relative_to_the_mail_d4_5(text: str, expected: str | None) -> None:
    """D4.5: "until" means the day after, a day without a year is the next one."""
    found = read_return_date(text, SENT)

    assert (found.date().isoformat() if found else None) == expected
