"""Mail no person wrote for us: auto-replies, bounces, bulk, calendar mail, notifications.

SEMANTICS 1, human message; cases D4.5, D4.6, D4.17.
"""

import re
from collections.abc import Mapping
from typing import Final

from domain.mail import Address, Automatic
from domain.subjects import is_reply
from extraction.body import Body
from extraction.mass_mail import is_mass_mail

_AUTO_SUBJECT = re.compile(
    r"^\W*"
    r"(?:out[ -]of[ -](?:the )?office(?:\W*$|\s*:|\W+(?:auto|reply|response|message|notif))|"
    r"ooo\s*[:-]|auto(?:matic|mated|"
    r"matische|matique|mática|matica)?[\s:-]{0,3}(?:reply|response|antwort|réponse|respuesta|"
    r"risposta|resposta|answer|respond)|autoreply|autoresponse|automatisch(?:e)? (?:antwort|antwoord|"
    r"afwezigheids)|automatische r(?:ü|ue)ckantwort|réponse automatique|respuesta automática|"
    r"risposta automatica|resposta automática|abwesenheit(?:snotiz|sbenachrichtigung|sassistent|"
    r"sagent)?\b|abwesend\b|nicht im (?:büro|haus)|absence(?: du bureau)?\s*[:-]|absent du bureau|"
    r"en congés?\b|"
    r"fuera de (?:la )?oficina|ausencia|ausente\b|fuori (?:sede|ufficio)|assente\b|assenza|"
    r"afwezig(?:heid)?\b|niet aanwezig|fora do escritório|ausência|vacation (?:reply|response|notice)|"
    r"away from (?:the )?(?:office|my (?:desk|mail))|on (?:vacation|annual leave|leave)\s*[:-])",
    re.IGNORECASE,
)
_BOUNCE_SUBJECT = re.compile(
    r"undeliver(?:able|ed)|delivery (?:status notification|failure|has failed|report|problem|"
    r"notification)|mail (?:delivery|system error)|returned mail|failure notice|"
    r"delivery (?:to .* )?failed|message not delivered|unzustellbar|nicht zugestellt|"
    r"zustellung fehlgeschlagen|non remis|échec de (?:la )?remise|no se puede entregar|non recapitat|"
    r"could not (?:be delivered|deliver)|undelivered mail|delivery delayed|warning: could not send|"
    r"mail could not be delivered|não entregue|onbestelbaar",
    re.IGNORECASE,
)
_BOUNCE_SENDER = re.compile(
    r"^(?:mailer-daemon|mail-daemon|postmaster|mailerdaemon|mdaemon|mail\.?delivery|mmdf|bounces?|"
    r"double-bounce)\b|^microsoftexchange",
    re.IGNORECASE,
)
_BULK_SENDER = re.compile(
    r"^(?:newsletters?|news|marketing|promo(?:tion)?s?|offers|(?:e-?)?specials|deals|campaigns?|digest|"
    r"announce(?:ments?)?|mailings?|listserv|majordomo)(?:[+.@_-]|$)|[a-z]newsletters?@|"
    r"@(?:newsletters?|mailings?|promo(?:tion)?s|specials|campaigns?)\.",
    re.IGNORECASE,
)
_SYSTEM_SENDER = re.compile(
    r"(?:^|[._+-])(?:no|do[-_.]?not|dont|kein|nicht|ne)[-_.]?(?:reply|respond|replies|antwort(?:en)?|"
    r"pas[-_.]?repondre)(?:[._+@-]|$)|^(?:(?:auto|order|ship(?:ment)?)[-_.]?(?:confirm(?:ation)?s?|reply|tracking|updates?)|"
    r"notifications?|notify|alerts?|automailer|system|cron|root|"
    r"daemon|robot|bot|donotreply)(?:[+.@_-]|$)",
    re.IGNORECASE,
)
_AUTO_REPLY_HEADERS: Final = (
    "x-autoreply",
    "x-autorespond",
    "x-autoresponder",
    "x-auto-reply-from",
    "x-mail-autoreply",
    "x-vacation",
)
_CALENDAR_SUBJECT = re.compile(
    r"^(?:accepted|declined|tentative(?:ly accepted)?|canceled|cancelled|invitation|updated invitation|"
    r"zugesagt|abgelehnt|abgesagt|mit vorbehalt|accepté|refusé|annulé|einladung|invitation mise à jour|"
    r"aceptado|rechazado|cancelado)\s*:",
    re.IGNORECASE,
)
_METHODS: Final = frozenset({"request", "cancel", "reply", "counter", "declinecounter", "refresh", "publish", "add"})
_MAX_NOTE = 60


def classify_automatic(
    *,
    headers: Mapping[str, str],
    sender: Address | None,
    subject: str,
    body: Body,
    methods: tuple[str, ...],
    reply_text: str,
    footer: str = "",
) -> Automatic | None:
    """Why no person wrote this mail for us, or None for a human message.

    Args:
        headers: Lower-cased name to value, with a ``content-type`` as well.
        sender: The From address.
        subject: Decoded.
        body: The parts.
        methods: iTIP METHOD of each calendar part that has one.
        reply_text: The words new in the mail.
        footer: What stands below them, quotes aside.
    """
    if _is_bounce(headers, sender, subject, body):
        return Automatic.BOUNCE
    if _is_calendar(headers, subject, body, methods, reply_text):
        return Automatic.CALENDAR
    if _is_auto_reply(headers, subject):
        return Automatic.AUTO_REPLY
    if _is_bulk(headers, sender) or (not is_reply(subject) and is_mass_mail(f"{reply_text}\n{footer}")):
        return Automatic.BULK
    if _is_system(headers, sender):
        return Automatic.SYSTEM
    return None


def _is_bounce(headers: Mapping[str, str], sender: Address | None, subject: str, body: Body) -> bool:
    """A delivery or disposition report (RFC 3464, RFC 8098), or one in a mail system's own words."""
    content_type = headers.get("content-type", "").lower()
    if body.report_type or ("multipart/report" in content_type and "feedback" not in content_type):
        return True
    if "x-failed-recipients" in headers:
        return True
    local = sender.address.partition("@")[0] if sender else ""
    named = bool(local and _BOUNCE_SENDER.search(local))
    if not named and headers.get("return-path", "").strip() != "<>":
        return False
    return bool(_BOUNCE_SUBJECT.search(subject)) or (named and not _AUTO_SUBJECT.search(subject))


def _is_calendar(
    headers: Mapping[str, str], subject: str, body: Body, methods: tuple[str, ...], reply_text: str
) -> bool:
    """The mail is an iTIP message (RFC 6047): the calendar part is the mail, not something attached to words."""
    if not methods or not set(methods) & _METHODS:
        return False
    if headers.get("content-type", "").lower().startswith("text/calendar") or headers.get(
        "content-class", ""
    ).startswith("urn:content-classes:calendarmessage"):
        return True
    alternative = any(inside for _, inside in body.calendars)
    return alternative or bool(_CALENDAR_SUBJECT.match(subject)) or len(reply_text.strip()) < _MAX_NOTE


def _is_auto_reply(headers: Mapping[str, str], subject: str) -> bool:
    """RFC 3834, the older X- headers, or an out-of-office subject."""
    submitted = headers.get("auto-submitted", "").lower()
    if submitted.startswith("auto-replied") or any(name in headers for name in _AUTO_REPLY_HEADERS):
        return True
    return headers.get("precedence", "").strip().lower() == "auto_reply" or bool(_AUTO_SUBJECT.match(subject))


def _is_bulk(headers: Mapping[str, str], sender: Address | None) -> bool:
    """List-* headers (RFC 2369, RFC 2919), Precedence, or a sender that only sends to many (D4.17)."""
    if any(
        name in headers
        for name in ("list-id", "list-unsubscribe", "list-post", "feedback-id", "x-campaign-id", "x-mailgun-tag")
    ):
        return True
    if headers.get("precedence", "").strip().lower() in {"bulk", "list", "junk"}:
        return True
    return bool(sender and _BULK_SENDER.search(sender.address))


def sends_to_many(address: str) -> bool:
    """Whether an address belongs to a newsletter or a robot, by its name alone."""
    return bool(_BULK_SENDER.search(address) or _SYSTEM_SENDER.search(address.partition("@")[0]))


def _is_system(headers: Mapping[str, str], sender: Address | None) -> bool:
    submitted = headers.get("auto-submitted", "").strip().lower()
    if submitted and not submitted.startswith("no"):
        return True
    return bool(sender and _SYSTEM_SENDER.search(sender.address.partition("@")[0]))
