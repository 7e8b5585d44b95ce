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
        antwort an|répondre à|responder para|antwoord aan|responder a|rispondi a|priorité|belang|prioriteit|organization|newsgroups|
        x-mailer|sender|message-id|subject classification|sensitivity""",
    "subject": """subject|betreff|objet|sujet|asunto|onderwerp|oggetto|assunto|emne|ämne|temat|aihe|re|тема|
        主题|件名|主旨""",
}
LABELS: Final = {word.strip(): name for name, listed in _LABELS.items() for word in listed.split("|") if word.strip()}
LONGEST_LABEL: Final = max(map(len, LABELS))
MARKS: Final = " \t\xa0>|*"
_FORWARDS: Final = (
    r"forwarded|forward header|weitergeleitete|message transféré|transféré par|mensaje reenviado|reenviado por|"
    r"doorgestuurd|messaggio inoltrato|inoltrato da|mensagem encaminhada|encaminhado por|mensagem reencaminhada|"
    r"videresendt|vidarebefordrat|przekazana|välitetty|пересылаемое|转发"
)
_ORIGINALS: Final = (
    r"original|urspr|message d[’']?\s?origin|message original|mensaje original|oorspronkelijk|messaggio originale|"
    r"mensagem original|oprindelig|opprinnelig|reply message|reply separator|wiadomość oryginalna|"
    r"alkuperäinen|antwort|исходное сообщение|原始邮件|replied message|"
    r"message from [^\n]{0,120}\bon\b"
)
_ABOVE: Final = (
    r"[-#=*\s]*(?:please |bitte |merci de |por favor,? |per favore |gelieve )?(?:type your reply|reply|write your reply|"
    r"enter your reply|type your response|respond) above (?:this|the) line|"
    r"[-#=*\s]*(?:bitte )?(?:geben sie |schreiben sie )?(?:ihre )?antwort(?:en sie)? (?:bitte )?"
    r"(?:oberhalb|über) dieser (?:zeile|linie)|"
    r"[-#=*\s]*(?:veuillez |merci de )?(?:répond\w+|saisi\w+ (?:votre )?réponse) (?:au[- ]dessus|ci-dessus) de cette ligne|"
    r"[-#=*\s]*(?:por favor,? )?(?:respond\w+|escrib\w+ su respuesta|escrev\w+ (?:a )?sua resposta) "
    r"(?:por encima|encima|arriba|acima) (?:de esta|desta) l[ií]n[eh]a|"
    r"[-#=*\s]*(?:rispond\w+|inserisc\w+ (?:la )?risposta) (?:al di )?sopra (?:di )?questa (?:riga|linea)|"
    r"[-#=*\s]*(?:typ|type|schrijf|geef)\w* (?:uw|je) (?:antwoord|reactie) boven deze (?:regel|lijn)"
)
DIVIDER = re.compile(
    rf"^[\s>*]*(?:[-_=*~]{{2,}}+[ \t]*+(?:{_FORWARDS}|{_ORIGINALS}).*"
    rf"|forwarded message\s*:?|weitergeleitete nachricht\s*:?"
    rf"|(?:begin forwarded message|anfang der weitergeleiteten|début du message (?:transféré|réexpédié)|"
    rf"inicio del mensaje reenviado|inizio messaggio inoltrato|begin doorgestuurd bericht|"
    rf"início da mensagem (?:reencaminhada|encaminhada)).*"
    rf"|(?:{_ABOVE}).*)$",
    re.IGNORECASE,
)
_WROTE_DIVIDER = re.compile(
    r"^[\s>*]*[-_=*~]{2,}[^\n]{0,120}\b(?:wrote|schrieb|escribió|a écrit|schreef|ha scritto|escreveu)\s*[-=*]{2,}$"
)
FORWARD_WORDS: Final = (
    *("forward", "weitergeleitet", "transféré", "réexpédié", "reenviado", "doorgestuurd", "inoltrat", "encaminhad"),
    *("videresendt", "vidarebefordrat", "przekazana", "välitetty", "пересыл", "转发"),
)
NOTES_FORWARD = re.compile(
    r"(?:forwarded by|weitergeleitet von|transféré par|reenviado por|inoltrato da|encaminhado por|doorgestuurd door)\b",
    re.IGNORECASE,
)
DIVIDER_CLUES: Final = (
    *("forwarded message", "weitergeleitet", "message transf", "message réexp", "mensaje reenviado"),
    *("messaggio inoltrato", "doorgestuurd bericht", "mensagem", "above th", "dieser zeile", "dieser linie"),
    *("de cette ligne", "esta l", "questa riga", "questa linea", "deze regel", "deze lijn"),
)
"""A line that is a divider without a drawn line in front has one of these."""
DIVIDER_CLUE = re.compile("|".join(DIVIDER_CLUES))


def is_divider(line: str) -> bool:
    """A line says that a quoted mail follows."""
    if line.endswith(("--", "==", "**")) and _WROTE_DIVIDER.match(line):
        return True
    return bool(DIVIDER.match(line))


OPENER = re.compile(
    r"^[\s*\"]*(?:(?:on|am|le|el|op|il|em|den|w dniu|dnia|på|in data|at|vào|kl|a(?=\s+\d))\b|\d{1,4}(?:[./:年-]|(?=\.?\s))|"
    r"(?:mon|tue|wed|thu|fri|sat|sun|lun|mar|mer|mi[eé]|jue|jeu|vie|ven|s[aá]b|sam|dom|dim|seg|ter|qua|qui|"
    r"sex|mo|di|mi|do|fr|sa|so|ma|wo|vr|za|zo|gio|tir|ons|tors|fre|lør|søn|mån|tis|lör|sön|ti|ke|to|pe|la|su|"
    r"pn|wt|śr|czw|pt|sob|nd|пн|вт|ср|чт|пт|сб|вс)[a-zéáíçèêúãâäöåø]*\.?,?\s[^:]{0,30}\d|"
    r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.? \d)",
    re.IGNORECASE,
)
RUN_ON = re.compile(r"\S[\s-]+On (?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)")
"""Somebody's own words run on into the attribution; the line is theirs."""
VERBS: Final = (
    *("wrote", "writes", "schrieb", "schrieben", "a écrit", "écrivait", "escribió", "escribio", "schreef"),
    *("geschreven", "scritto", "scrisse", "escreveu", "skrev", "napisał", "napisała", "napisał(a)", "kirjoitti"),
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
    *("spake thusly", "a scris", "írta", "napsal", "napsal(a)", "yazdı", "viết"),
)
TAILS: Final = (":", "：", ">", "]")
ATTRIBUTION_ENDS: Final = (*TAILS, *VERBS)
ENDS: Final = frozenset(end[-1] for end in ATTRIBUTION_ENDS)
"""The last characters a line may have that ends an attribution."""
_VERB: Final = "|".join(re.escape(verb) for verb in sorted(VERBS, key=len, reverse=True))
VERB_END = re.compile(
    rf"(?:\b(?P<verb>{_VERB})(?!\w)|写道)(?P<rest>[^\n:：]{{0,120}})(?P<colon>[:：]?)\s*(?:\[.*\])?\s*$"
)
"""The verb near the end of an attribution, what follows it (in some languages the name) and the colon."""
REST_STARTS: Final = (
    *("the following", "as follows", "in message", "in news", "in article", "het volgende", "folgendes"),
    *("le message suivant", "lo siguiente", "quanto segue", "o seguinte", "følgende", "följande"),
)
REST_WORDS: Final = frozenset("von van de der den di da del via on behalf of from at - – e y und and zu".split())
DATED_ADDRESS = re.compile(r"^(?=.*\b(?:19|20)\d\d\b)(?=.*\d[:.]\d\d).{0,200}<\s*[^<>\s]+@[^<>\s]+\s?>\s*[:：]$")
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
RULE = re.compile(r"^[\s>*]*(?:[_=*~-]\s?){4,}[\s*]*$")
QUOTE_MARK = re.compile(r"^[ \t]*(?:[>|:](?![:/])[ \t]?)+")
DIGIT = re.compile(r"\d")
ADDR_SPEC = re.compile(r"@[\w-]+\.\w")
