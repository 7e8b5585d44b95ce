"""The words of signatures: job titles, firms, departments, streets and phones, as patterns."""

# Letters and dashes of other alphabets are meant.
# ruff: noqa: RUF001

import re
from typing import Final

PHONE: Final = re.compile(
    r"(?<![\w@/.,-])(?:\+\d{1,3}|00\d{1,3}|\(\+?\d{1,5}\)|\d{2,6})(?:[ \t./-]{0,2}\(0\))?"
    r"(?:[ \t./-]{0,3}+\(?+\d{2,9}+\)?+){1,6}+(?![\w@])"
)
FAX: Final = re.compile(r"\b(?:fax|facsimile|telefax|télécopie|fx|f)\b", re.IGNORECASE)
CALL: Final = re.compile(
    r"\b(?:phone|tele?(?:phone|fon|efon|éfono)?|tel|tél|téléphone|ph|mobile|mobil|mob|cell|cellular|handy|direct|office|"
    r"work|home|wireless|pager|fon|durchwahl|portable|móvil|cellulare|telefoon|telemóvel|gsm|[tmpcodwh])\b",
    re.IGNORECASE,
)
NUMBERED: Final = re.compile(
    r"(?:\b(?:hrb|hra|ust|vat|iban|bic|tva|siret|siren|kvk|btw|reg|registration|company no|konto|account|case|ticket|"
    r"order|cif|nif|p\.?\s?iva|blz)\b[^\n]{0,30}|no\.?\s?)$",
    re.IGNORECASE,
)
POSTAL: Final = re.compile(r"^\d{5}-\d{4}$")
DATE: Final = re.compile(r"^\d{1,2}[/.-]\d{1,2}[/.-]\d{2,4}$|^\d{4}-\d{2}-\d{2}$")
TITLE_WORDS: Final = re.compile(
    r"(?<!\w)(?:manager|director|engineer|president|vp|svp|evp|avp|ceo|cto|cfo|coo|cio|chief|head|officer|assistant|"
    r"analyst|consultant|attorney|lawyer|partner|associate|counsel|paralegal|specialist|coordinator|administrator|"
    r"supervisor|representative|developer|architect|scientist|researcher|professor|lecturer|secretary|buyer|planner|"
    r"trader|broker|accountant|controller|auditor|adviser|advisor|designer|editor|technician|geologist|founder|owner|"
    r"agent|clerk|executive|leader|lead|principal|chair(?:man|woman)?|operator|trainee|intern|purchaser|"
    r"\w*leit(?:er|erin|ung)|\w*geschäftsführ\w+|\w*ingenieur(?:in)?|\w*berater(?:in)?|\w*assisten[tz](?:in)?|"
    r"\w*sachbearbeiter(?:in)?|\w*referent(?:in)?|\w*entwickler(?:in)?|prokurist(?:in)?|vorstand|inhaber(?:in)?|"
    r"einkäufer(?:in)?|vertriebs\w+|directeur|directrice|responsable|gérante?|chef|cheffe|ingénieure?|"
    r"conseill(?:er|ère)|acheteu(?:r|se)|avocate?|comptable|director[ae]?|gerente|jefe|jefa|ingenier[oa]|"
    r"abogad[oa]|asesor[a]?|coordinador[a]?|direttore|direttrice|ingegnere|consulente|responsabile|"
    r"impiegat[oa]|amministratore|avvocato|hoofd|adviseur|medewerker|inkoper|verkoper|projectleider|bestuurder|"
    r"diretor[a]?|engenheir[oa]|gestor[a]?|chefe|advogad[oa])(?!\w)",
    re.IGNORECASE,
)
COMPANY: Final = re.compile(
    r"(?<!\w)(?:inc|incorporated|corp|corporation|llc|l\.l\.c|llp|l\.l\.p|lp|l\.p|ltd|limited|plc|pc|p\.c|co|company|gmbh|"
    r"ag|kg|kgaa|ohg|mbh|se|e\.?k|e\.?v|sa|s\.a|sas|sarl|s\.à\.?r\.l|srl|s\.r\.l|spa|s\.p\.a|bv|b\.v|nv|n\.v|lda|ltda|"
    r"s\.l|sl|oy|ab|a/s|as|aps|pty|group|gruppe|groupe|grupo|gruppo|holding|holdings|technologies|technology|systems|"
    r"solutions|services|consulting|associates|partners|industries|international|bank|university|universität|"
    r"université|universidad|universiteit|università|universidade|institute|institut|instituto|college|school|"
    r"hospital|klinik|foundation|stiftung|ministry|agency|association|society|laborator(?:y|ies)|labs?|"
    r"networks?|software|energy|capital|insurance|versicherung|logistics|logistik|werke|verlag|press|commission|"
    r"council|committee|federation|cooperative|genossenschaft|airlines|motors|pharma|engineering|enterprises)(?![\w])",
    re.IGNORECASE,
)
DEPARTMENT: Final = re.compile(
    r"(?<!\w)(?:department|dept|division|desk|team|unit|abteilung|bereich|service|département|departamento|afdeling|"
    r"dipartimento|reparto|section|office of)(?!\w)",
    re.IGNORECASE,
)
ADDRESS: Final = re.compile(
    r"^\d+[a-z]?\s+\w|\d{4,6}|\bp\.?\s?o\.?\s?box\b|postfach|\b(?:street|st|road|rd|avenue|ave|suite|ste|floor|blvd|"
    r"boulevard|drive|dr|lane|ln|plaza|parkway|pkwy|building|bldg|room|rue|via|calle|rua|piazza|platz|allee|weg|"
    r"laan|straat)\b\.?\s*[\d,#]|(?:straße|strasse|str\.|weg|platz|allee|ring|gasse|damm|straat|laan)\s*\d|"
    r"\b(?:rue|via|calle|rua|piazza|avenida|plaza)\s+[A-Z]|,\s*[A-Z]{2}\s*$|\d+(?:st|nd|rd|th) floor",
    re.IGNORECASE,
)
REACHED: Final = re.compile(
    r"\S@\S|https?:|www\.|\b(?:e-?mail|web(?:site)?|internet|skype|twitter|linkedin|url)\b", re.IGNORECASE
)
CREDENTIALS: Final = re.compile(
    r"(?:,\s*|\s+)(?:Ph\.?\s?D\.?|M\.?D\.?|MBA|CFA|CPA|P\.?E\.?|Esq\.?|Jr\.?|Sr\.?|I{2,3}|PMP|M\.?Sc\.?|B\.?Sc\.?|"
    r"LL\.?M\.?)(?=$|[,\s])"
)
NAME: Final = re.compile(
    r"^(?:(?:Dr|Prof|Mr|Mrs|Ms|Herr|Frau|Ing|Dott|Sr|Sra|Mme|Dipl\.-\w+)\.?\s+){0,4}"
    r"[^\W\d_a-zß-ÿ][\w'’.-]*(?:\s+(?:[^\W\d_a-zß-ÿ][\w'’.-]*|[\"(][^\W\d_][\w'’.-]*[\")]|"
    r"von|van|de|der|den|di|da|del|la|le|dos|zu)){0,4}$"
)
SPLIT: Final = re.compile(r"\s*[|•·]\s*|\t+|\s{3,}")
DASHED: Final = re.compile(r"\s*[|•·]\s*|\s+[–—-]\s+|\t+|\s{3,}")
CALL_AT_END: Final = re.compile(rf"[\s,]+(?:{CALL.pattern}|{FAX.pattern})\W*$", re.IGNORECASE)
EDGES: Final = " \t\xa0*_>|,;~\"'"
WORD: Final = re.compile(r"[^\W\d_]{2}")
DRAWN: Final = "-=—–"
