"""The words of greetings and goodbyes in the languages business mail is written in, as patterns."""

# Letters and dashes of other alphabets are meant.
# ruff: noqa: RUF001

import re
from typing import Final

GREETING = re.compile(
    r"^\W*(?:hi|hiya|hello|hey|hallo|dear|good (?:morning|afternoon|evening|day)|morning|greetings|"
    r"to whom it may concern|"
    r"guten (?:tag|morgen|abend)|liebe[rs]?|sehr geehrte[rs]?|werte[rs]?|moin(?: moin)?|servus|grüezi|grüß gott|"
    r"bonjour|bonsoir|salut|chère?s?|madame|monsieur|mesdames|"
    r"hola|buen(?:os|as) (?:d[ií]as|tardes|noches)|estimad[oa]s?|querid[oa]s?|"
    r"ciao|buongiorno|buonasera|salve|gentil[ei]|gentilissim[oaie]|egregi[oa]?|spett\.?(?:le|\.)?|car[oaie]|"
    r"geachte|beste|hoi|dag|goede(?:morgen|middag|navond|ndag)|"
    r"olá|oi|bom dia|boa (?:tarde|noite)|prezad[oa]s?|ex\.?m[oa]s?\.?)(?![\w'’-])",
    re.IGNORECASE,
)
_ADDRESSED_LIST: Final = """
    all everyone everybody team both there folks guys again sir sirs madam gentlemen ladies colleagues friends and
    or und et y e en i & / to mr mrs ms dr prof herr frau damen herren kollegen kolleginnen zusammen alle
    allerseits ihr tous toutes messieurs monsieur madame équipe todos todas equipo señor señora señores signor
    signora signori tutti dottore dottoressa heer mevrouw allemaal allen iedereen senhor senhora senhores equipa
    equipe à a de von van der den di da dos dear hi hello the group gang y'all
"""
ADDRESSED: Final = frozenset(_ADDRESSED_LIST.split())
_GROUPS_LIST: Final = """
    all everyone everybody team folks guys gentlemen ladies colleagues gang group
"""
GROUPS: Final = frozenset(_GROUPS_LIST.split())
_NO_NAMES_LIST: Final = """
    attached note notes summary question questions update updates fyi ps see agenda please thanks thank yes no ok
    okay sorry sure hope also subject re regards great done agreed today tomorrow monday tuesday wednesday
    thursday friday january february march april may june july august september october november december reminder
    important urgent correction attachment here below above following first second if when as for in on at so well
    actually however anhang hinweis frage fragen betreff bitte danke ja nein merci oui non gracias grazie obrigado
    name address location date time place where what who why how details contact background issue problem status
    next action actions items attendees participants minutes topics present absent
"""
NO_NAMES: Final = frozenset(_NO_NAMES_LIST.split())
CLOSING = re.compile(
    r"^[\W_]*(?:(?:with )?(?:(?:best|kind|kindest|warm|warmest|many|very best|my best|"
    r"best personal)\s+)?(?:regards|wishes|greetings)|rgds|br|kr|cheers|best|sincerely|yours(?: \w+)?|love|"
    r"(?:many |best )?thanks?(?: you)?(?: (?:again|very much|so much|a lot|in advance|for your (?:help|"
    r"time)))?(?: and (?:best |kind )?regards)?|thx|tia|cordially|respectfully|take care|"
    r"(?:sincerely|respectfully) yours|all the best|talk soon|hope this helps|hth|"
    r"mit (?:freundlichen|besten|herzlichen|lieben|sonnigen) gr(?:ü|ue)(?:ß|ss)en|(?:viele|beste|liebe|"
    r"freundliche|herzliche|schöne|sonnige)r? gr(?:ü|ue)(?:ß|ss)e?|gr(?:ü|ue)(?:ß|ss)e|gru(?:ß|ss)|mfg|vg|"
    r"lg|danke|vielen dank|besten dank|"
    r"(?:bien )?cordialement|bien à vous|(?:meilleures )?salutations|sincères salutations|bonne journée|merci|"
    r"(?:un )?(?:cordial(?:es)? |atento )?saludos?(?: cordiales)?|atentamente|gracias|"
    r"met (?:vriendelijke|hartelijke) groet(?:en)?|(?:vriendelijke )?groet(?:en|jes)?|mvg|bedankt|"
    r"(?:cordiali|distinti) saluti|(?:un )?saluti?|grazie|(?:com os melhores )?cumprimentos|"
    r"atenciosamente|abraços?|obrigad[oa])"
    r"(?:[\s,.!;:–-]|$)",
    re.IGNORECASE,
)
_CLOSING_STARTS_LIST: Final = """
    wit bes kin war man ver reg wis gre che sin you lov tha thx tia cor res tak all tal hop hth mit vie lie fre
    her sch son grü gru mfg dan bie mei sal bon mer ate gra met vri gro mvg bed dis com cum abr obr rgd
"""
CLOSING_STARTS: Final = frozenset(_CLOSING_STARTS_LIST.split())
SHORT_STARTS = frozenset({"br", "kr", "vg", "lg", "un", "my"})
"""The first letters of every goodbye: most lines have others."""
BEFORE_WORD = " \t\xa0-–—~*_/\\.,;:!?'\"()<>|=+#&"
THANKS = re.compile(
    r"thank|thx|tia\b|gracias|grazie|merci|obrigad|dank|bedankt|take care|talk soon|hope|hth", re.IGNORECASE
)
NAME = re.compile(
    r"^[-–—~*/\s\"(]*(?:(?:Dr|Prof|Mr|Mrs|Ms|Herr|Frau|Ing|"
    r"Dipl\.-\w+)\.?\s+)*[A-ZÀ-ÖØ-Þ][\w'’.-]*(?:\s+(?:[A-ZÀ-ÖØ-Þ][\w'’.-]*|&|and|von|van|de|der|den|di|"
    r"da)){0,3}[\s,.*)!]*$"
)
NICKNAME = re.compile(r"^[-–—~*/\s(]*[^\W\d_][^\d_:;?@]*$")
INITIALS = re.compile(r"^[-–—~*/\s]*[a-zA-Z]{2,8}$")
DASHED = re.compile(r"^[-–—]\s?[^\W\d_]{2,15}\.?$")
EXTENSION = re.compile(r"^\W*(?:x|ext\.?)?[\s.-]*\d[\d -]{2,8}\W*$", re.IGNORECASE)
POSTSCRIPT = re.compile(r"^\W*P\.?\s?S\.?\b", re.IGNORECASE)
DRAWN = " \t\xa0_-=*~"
AFTER_WORD: Final = " ,:;.!-–—"
