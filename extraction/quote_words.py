"""The words mail clients of many languages put around a quoted mail, as patterns."""

# Letters of other alphabets are meant, however much they look like Latin ones.
# ruff: noqa: RUF001

import re
from typing import Final

_LABELS: Final = {
    "from": """from|von|de|van|da|fra|från|od|expéditeur|remitente|mittente|afzender|absender|lähettäjä|от|
        发件人|差出人""",
    "sent": """sent|date|gesendet|datum|envoyé|enviado|enviado el|fecha|verzonden|inviato|data|sendt|skickat|dato|
        data/ora|wysłano|lähetetty|дата|отправлено|发送时间|日期|sent at|sent on|message du|enviada|enviada em|
        fecha de envío|date d'envoi""",
    "to": """to|an|à|para|aan|a|til|till|do|pour|destinataire|destinatario|empfänger|vastaanottaja|кому|收件人|宛先""",
    "cc": """cc|bcc|kopie|copie|kopia|kopi|copia|con copia|copie à|reply-to|importance|priority|wichtigkeit|
        attachments|anlagen|抄送""",
    "subject": """subject|betreff|objet|sujet|asunto|onderwerp|oggetto|assunto|emne|ämne|temat|aihe|re|тема|
        主题|件名""",
}
LABELS: Final = {word.strip(): name for name, listed in _LABELS.items() for word in listed.split("|") if word.strip()}
LONGEST_LABEL: Final = max(map(len, LABELS))
MARKS: Final = " \t\xa0>|*"
DIVIDER = re.compile(
    r"^[\s>*]*(?:[-_=*~]{2,}+[ \t]*+(?P<text>(?:original|urspr|ursprüngliche|original-?nachricht|message d|"
    r"message d'origine|"
    r"mensaje original|oorspronkelijk|messaggio originale|mensagem original|oprindelig|ursprungligt|reply message|"
    r"reply separator|forwarded|weitergeleitete|message transféré|mensaje reenviado|doorgestuurd|messaggio inoltrato|"
    r"mensagem encaminhada|videresendt|vidarebefordrat|przekazana|wiadomość oryginalna|forward header|"
    r"[^\n]{0,120}\b(?:wrote|schrieb|escribió|a écrit)\s*-{2}|antwort|исходное сообщение|пересылаемое|原始邮件|转发).*)"
    r"|begin forwarded message|anfang der weitergeleiteten|début du message (?:transféré|réexpédié)|"
    r"inicio del mensaje reenviado|"
    r"inizio messaggio inoltrato|begin doorgestuurd bericht|início da mensagem (?:reencaminhada|encaminhada)).*$",
    re.IGNORECASE,
)
FORWARD_WORDS = re.compile(
    r"forward|weitergeleitet|transféré|réexpédié|reenviado|doorgestuurd|inoltrato|encaminhada|videresendt|"
    r"vidarebefordrat|przekazana|пересыл|转发",
    re.IGNORECASE,
)
OPENER = re.compile(
    r"^[\s>*\"]*(?:on|am|le|el|op|il|em|den|w dniu|dnia|på|a|at|in|ons|tors|fre|mån|tis|lör|sön|\d{1,4}[./-])\b|"
    r"^[^:]{0,60}\b(?:19|20)\d\d\b",
    re.IGNORECASE,
)
WROTE: Final = (
    r"wrote|writes|schrieb(?:en)?|a écrit|écrivait|escribió|escribio|schreef|geschreven|ha scritto|"
    r"scrisse|escreveu|skrev|"
    r"napisał(?:\(a\)|a)?|kirjoitti|написал(?:\(а\)|а)?|пишет|写道|が書きました|said|typed|spake thusly|a scris|"
    r"írta|napsal(?:\(a\)|a)?|yazdı|viết|さんは書きました"
)
ATTRIBUTION_END = re.compile(rf"(?:\b(?:{WROTE})\b|写道|написал)[^\n]{{0,80}}?[:：]?\s*(?:\[.*\])?\s*$", re.IGNORECASE)
WROTE_COLON = re.compile(rf"(?:\b(?:{WROTE})\b|写道)[^\n:]{{0,80}}[:：]\s*$", re.IGNORECASE)
DATED_ADDRESS = re.compile(r"^(?=.*\b(?:19|20)\d\d\b)(?=.*\d[:.]\d\d).{0,150}<\s*[^<>\s]+@[^<>\s]+>\s*:\s*$")
NOTES_DATE = re.compile(
    r"\b\d{1,2}[/.-]\d{1,2}[/.-]\d{2,4}\s+(?:at\s+)?\d{1,2}:\d{2}(?::\d{2})?(?:\s*[AP]M)?(?:\s+[A-Z]{2,4})?",
    re.IGNORECASE,
)
DATE_AT_END = re.compile(r"\bon \d{1,2}/\d{1,2}/\d{2,4}\s*$")
DATE_SPLIT = re.compile(r"\b\d{1,2}[/.-]\d{1,2}[/.-]\d{2,4}")
TIME_AT_START = re.compile(r"^\s*\d{1,2}:\d{2}(?::\d{2})?\s*(?:[AP]M)?\s*$", re.IGNORECASE)
RULE = re.compile(r"^[\s>*]*(?:[_=*~-]\s?){4,}[\s*]*$")
QUOTE_MARK = re.compile(r"^[ \t]*(?:[>|][ \t]?)+")
ADDRESSED = re.compile(r"<?[\w.+%'-]+(?:@|\(at\)| at )[\w.-]+\w>?|\[mailto:", re.IGNORECASE)
DIGIT = re.compile(r"\d")
COLON = re.compile("[:：]")
COLONS: Final = (":", "：")
TAILS: Final = (*COLONS, ">", "]")
LONGEST_END: Final = 100
"""Characters from the beginning of the verb to the end of an attribution, with some to spare."""
ADDR_SPEC = re.compile(r"@[\w-]+\.\w")

# Cheap looks at a whole body for the lines worth a closer one; plain substrings are found fastest.
# A pattern that begins with a digit is searched for faster than one that begins with a word's edge, hence the
# backward look at what stands in front of the digit.
NOTES_CLUE = re.compile(r"\d(?<!\w\d)\d?[/.-]\d{1,2}[/.-]\d{2,4}(?:\s+at)?\s+\d{1,2}:\d{2}\b")
VERB_CLUES: Final = (
    *[
        "wrote",
        "writes",
        "schrieb",
        "écrit",
        "écrivait",
        "schree",
        "geschreven",
        "scri",
        "escreveu",
        "skrev",
        "napisał",
        "kirjoitti",
        "написал",
    ],
    *[
        "пишет",
        "写道",
        "書きました",
        "said",
        "typed",
        "sent",
        "spake",
        "írta",
        "napsal",
        "yazdı",
        "viết",
        ">:",
        ">\xa0:",
    ],
    "> :",
)
DIVIDER_STARTS: Final = (
    "begin ",
    "anfang ",
    "début ",
    "inicio ",
    "inizio ",
    "início ",
    "forwarded ",
    "weitergeleitete ",
)
