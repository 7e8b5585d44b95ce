"""The words mail clients of many languages put around a quoted mail, as patterns."""

# Letters of other alphabets are meant, however much they look like Latin ones.
# ruff: noqa: RUF001

import re
from typing import Final

_LABELS: Final = {
    "from": """from|von|de|van|da|fra|från|od|expéditeur|remitente|mittente|afzender|absender|lähettäjä|от|
        发件人|差出人|寄件者|desde|author""",
    "sent": """sent|date|gesendet|gesendet am|datum|envoyé|envoyé le|enviado|enviado el|fecha|verzonden|
        inviato|data|sendt|skickat|dato|data/ora|wysłano|lähetetty|päivämäärä|päiväys|дата|отправлено|发送时间|日期|
        送信日時|sent at|sent on|message du|enviada|enviada em|fecha de envío|date d'envoi|verzonden op|date sent|
        enviado em|data de envio|inviato il""",
    "to": """to|an|à|para|aan|a|til|till|do|pour|destinataire|destinatario|empfänger|vastaanottaja|кому|收件人|
        宛先|vastaanottajat|destinatários|recipients""",
    "cc": """cc|bcc|kopie|copie|kopia|kopi|copia|con copia|copie à|reply-to|importance|priority|wichtigkeit|
        attachments|attachment|anlagen|抄送|cci|co|cópia|kopio|priorität|importancia|importanza|réponse à|
        antwort an|répondre à|responder para|antwoord aan|responder a|rispondi a|priorité|belang|
        prioriteit|organization|newsgroups|        x-mailer|sender|message-id|subject classification|sensitivity""",
    "subject": """subject|betreff|objet|sujet|asunto|onderwerp|oggetto|assunto|emne|ämne|temat|aihe|re|тема|
        主题|件名|主旨""",
}
LABELS: Final = {word.strip(): name for name, listed in _LABELS.items() for word in listed.split("|") if word.strip()}
LONGEST_LABEL: Final = max(map(len, LABELS))
MARKS: Final = " \t\xa0>|*"
RULED: Final = "-_=*~"
FORWARD_WORDS: Final = (
    *("forward", "weitergeleitet", "transféré", "réexpédié", "reenviado", "doorgestuurd", "inoltrat", "encaminhad"),
    *("videresendt", "vidarebefordrat", "przekazana", "välitetty", "пересыл", "转发"),
)
_DIVIDERS: Final = (
    *("original", "urspr", "message d'origine", "message d’origine", "message d origine", "message original"),
    *("mensaje original", "oorspronkelijk", "messaggio originale", "mensagem original", "oprindelig", "opprinnelig"),
    *("ursprungligt", "reply message", "replied message", "reply separator", "wiadomość oryginalna", "alkuperäinen"),
    *("antwort", "исходное сообщение", "原始邮件", "message from "),
    *("forwarded", "forward header", "weitergeleitete", "message transféré", "transféré par", "mensaje reenviado"),
    *("reenviado por", "doorgestuurd", "messaggio inoltrato", "inoltrato da", "mensagem encaminhada"),
    *("encaminhado por", "mensagem reencaminhada", "videresendt", "vidarebefordrat", "przekazana", "välitetty"),
    *("пересылаемое", "转发"),
)
_PLAIN_DIVIDERS: Final = (
    *("begin forwarded message", "anfang der weitergeleiteten", "début du message transféré"),
    *("début du message réexpédié", "inicio del mensaje reenviado", "inizio messaggio inoltrato"),
    *("begin doorgestuurd bericht", "início da mensagem reencaminhada", "início da mensagem encaminhada"),
)
_WHOLE_DIVIDERS: Final = frozenset({"forwarded message", "weitergeleitete nachricht", "mensaje reenviado"})
_WROTE_DIVIDER = re.compile(r"\b(?:wrote|schrieb|escribió|a écrit|schreef|ha scritto|escreveu)\s*[-=*]{2,}$")
_LINES: Final = (
    "s line",
    "e line",
    " zeile",
    " linie",
    " ligne",
    " línea",
    " linea",
    " linha",
    " riga",
    " regel",
    " lijn",
)
_ABOVE = re.compile(
    r"(?:reply|response|respond|answer|comment)\b.{0,20} above (?:this|the) line|write above this line|"
    r"antwort.{0,30} (?:oberhalb|über) dieser (?:zeile|linie)|"
    r"répon.{0,30}(?:au[- ]dessus|ci-dessus) de cette ligne|"
    r"respuesta|responda.{0,30}(?:por encima|encima|arriba) de esta l[ií]nea|respo.{0,40}acima desta linha|"
    r"rispo.{0,40}sopra (?:di )?questa (?:riga|linea)|(?:antwoord|reactie).{0,20} boven deze (?:regel|lijn)"
)
"""A help desk's wish that the answer be written above this line."""
_MAX_DIVIDER = 160
_HEAD: Final = 40


def is_divider(line: str) -> bool:
    """A line says that a quoted mail follows: a drawn line with the words for it, or words only clients write."""
    head = line.lstrip(" \t\xa0>*#-_=~")
    lowered = head[:_HEAD].lower()
    if len(line) > len(head) + 1 and line[: len(line) - len(head)].rstrip()[-2:].strip(f"{RULED}#") == "":
        if lowered.startswith(_DIVIDERS):
            return True
        if line.endswith(("--", "==", "**")) and _WROTE_DIVIDER.search(line):
            return True
    return lowered.startswith(_PLAIN_DIVIDERS) or lowered.rstrip(" :") in _WHOLE_DIVIDERS


def is_groupwise(line: str) -> bool:
    """Novell GroupWise's attribution: ``>>> Ann Example 03/04/25 10:13AM >>>``."""
    return line.startswith(">>> ") and bool(_GROUPWISE.match(line))


def is_above(line: str) -> bool:
    """A help desk's line that an answer is to stand above."""
    if len(line) > _MAX_DIVIDER:
        return False
    lowered = line.lower()
    return any(word in lowered for word in _LINES) and bool(_ABOVE.search(lowered))


NOTES_FORWARD = re.compile(
    r"(?:forwarded by|weitergeleitet von|transféré par|reenviado por|inoltrato da|encaminhado por|doorgestuurd door)\b",
    re.IGNORECASE,
)
OPENER = re.compile(
    r"^[\s*\"]*(?:(?:on|am|le|el|op|il|em|den|w dniu|dnia|på|in data|at|vào|kl|a(?=\s+\d))\b|"
    r"\d{1,4}(?:[./:年-]|(?=\.?\s))|"
    r"(?:mon|tue|wed|thu|fri|sat|sun|lun|mar|mer|mi[eé]|jue|jeu|vie|ven|s[aá]b|sam|dom|dim|seg|ter|qua|qui|"
    r"sex|mo|di|mi|do|fr|sa|so|ma|wo|vr|za|zo|gio|tir|ons|tors|fre|lør|søn|mån|tis|lör|sön|ti|ke|to|pe|la|su|"
    r"pn|wt|śr|czw|pt|sob|nd|пн|вт|ср|чт|пт|сб|вс)[a-zéáíçèêúãâäöåø]*\.?,?\s[^:]{0,30}\d|"
    r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.? \d)",
    re.IGNORECASE,
)
RUN_ON_WROTE = re.compile(r"On (?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*, [^\n]{5,200} wrote:(?=[ \t]*\n(\s*>)?)")
RUN_ON = re.compile(r"\S[\s-]+On (?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)")
"""Somebody's own words run on into the attribution; the line is theirs."""
VERBS: Final = (
    *("wrote", "writes", "schrieben", "schrieb", "a écrit", "écrivait", "escribió", "escribio", "schreef"),
    *("geschreven", "scritto", "scrisse", "escreveu", "skrev", "napisał(a)", "napisała", "napisał", "kirjoitti"),
    *(
        "написал",
        "написал(а)",
        "написала",
        "пишет",
        "写道",
        "が書きました",
        "さんは書きました",
        "said",
        "typed",
        "sent",
    ),
    *("spake thusly", "a scris", "írta", "napsal(a)", "napsal", "yazdı", "viết"),
)
VERB_WORDS: Final = frozenset(verb.split()[-1] for verb in VERBS) | {"spake"}
COLONS: Final = ":："
TAILS: Final = frozenset(f"{COLONS}>]")
"""What an attribution ends with; one without it has an address and ends with its verb."""
LONGEST_REST: Final = 120
"""Characters behind the verb of an attribution."""
REST_STARTS: Final = (
    *("the following", "as follows", "in message", "in news", "in article", "het volgende", "folgendes"),
    *("le message suivant", "lo siguiente", "quanto segue", "o seguinte", "følgende", "följande"),
)
_REST_WORDS_LIST: Final = """
    von van de der den di da del via on behalf of from at - – e y und and zu
    am um uhr le à den kl klo el a las il alle dia às op om
"""
REST_WORDS: Final = frozenset(_REST_WORDS_LIST.split())
TIME = re.compile(r"\b\d{1,2}:\d{2}(?::\d{2})?\b")
_GROUPWISE = re.compile(r"^>>> [^\n]{2,200}\d[:.]\d\d(?::\d\d)?\s?(?:[AP]M|Uhr)? >>>$", re.IGNORECASE)
QUOTING = re.compile(r"^(?:quoting|zitat von|citando a?|citeren|citation de|quoted from)\b", re.IGNORECASE)
"""An attribution without a verb, as webmail writes it."""
DATED_ADDRESS = re.compile(r"^(?=.*\b(?:19|20)\d\d\b)(?=.*\d[:.]\d\d).{0,200}<\s*[^<>\s]+@[^<>\s]+\s?>\s*[:：]$")
LONE_SENDER = re.compile(r"^[^<>@\n]{2,60}<[^<>\s@]+@[^<>\s]+>(?: On Behalf Of .{1,80})?$", re.IGNORECASE)
INLINE_DATE = re.compile(
    r"\s(?:date|sent|gesendet|datum|envoyé|fecha|enviado|data|inviato|verzonden)\s?:\s(?=.*\d)", re.IGNORECASE
)
"""A date that shares its line with the sender."""
DATED = re.compile(r"\d[:.h]\d\d|\b(?:19|20)\d\d\b|\b\d{1,2}[/.-]\d{1,2}[/.-]\d{2}")
"""A time of day, a year or a date in figures: prose that tells who wrote what seldom has one."""
ADDRESSED = re.compile(r"[\w.+%'-]+(?:@|\(at\)| at )[\w.-]*\w|\[mailto:", re.IGNORECASE)
NOTES_DATE = re.compile(
    r"\b\d{1,2}[/.-]\d{1,2}[/.-]\d{2,4}\s+(?:at\s+)?\d{1,2}:\d{2}(?::\d{2})?(?:\s*[AP]M)?(?:\s+[A-Z]{2,4})?",
    re.IGNORECASE,
)
DATE_SPLIT = re.compile(r"\b\d{1,2}[/.-]\d{1,2}[/.-]\d{2,4}")
QUOTE_MARK = re.compile(r"^[ \t]*(?:[>|:](?![:/])[ \t]?)+")
DIGIT = re.compile(r"\d")
