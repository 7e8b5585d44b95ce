"""Greeting and sign-off: how somebody's own words open and close, in the languages business mail is written in."""

import re
from collections.abc import Sequence
from typing import Final

from extraction.attachment_notes import is_attachment

_GREETING = re.compile(
    r"^\W*(?:hi|hiya|hello|hey|hallo|dear|good (?:morning|afternoon|evening|day)|morning|greetings|to whom it may concern|"
    r"guten (?:tag|morgen|abend)|liebe[rs]?|sehr geehrte[rs]?|werte[rs]?|moin(?: moin)?|servus|grüezi|grüß gott|"
    r"bonjour|bonsoir|salut|chère?s?|madame|monsieur|mesdames|"
    r"hola|buen(?:os|as) (?:d[ií]as|tardes|noches)|estimad[oa]s?|querid[oa]s?|"
    r"ciao|buongiorno|buonasera|salve|gentil[ei]|gentilissim[oaie]|egregi[oa]?|spett\.?(?:le|\.)?|car[oaie]|"
    r"geachte|beste|hoi|dag|goede(?:morgen|middag|navond|ndag)|"
    r"olá|oi|bom dia|boa (?:tarde|noite)|prezad[oa]s?|ex\.?m[oa]s?\.?)(?![\w'’-])",
    re.IGNORECASE,
)
_ADDRESSED: Final = frozenset(
    [
        "all",
        "everyone",
        "everybody",
        "team",
        "both",
        "there",
        "folks",
        "guys",
        "again",
        "sir",
        "sirs",
        "madam",
        "gentlemen",
        "ladies",
        "colleagues",
        "friends",
        "and",
        "or",
        "und",
        "et",
        "y",
        "e",
        "en",
        "i",
        "&",
        "/",
        "to",
        "mr",
        "mrs",
        "ms",
        "dr",
        "prof",
        "herr",
        "frau",
        "damen",
        "herren",
        "kollegen",
        "kolleginnen",
        "zusammen",
        "alle",
        "allerseits",
        "ihr",
        "tous",
        "toutes",
        "messieurs",
        "monsieur",
        "madame",
        "équipe",
        "todos",
        "todas",
        "equipo",
        "señor",
        "señora",
        "señores",
        "signor",
        "signora",
        "signori",
        "tutti",
        "dottore",
        "dottoressa",
        "heer",
        "mevrouw",
        "allemaal",
        "allen",
        "iedereen",
        "senhor",
        "senhora",
        "senhores",
        "equipa",
        "equipe",
        "à",
        "a",
        "de",
        "von",
        "van",
        "der",
        "den",
        "di",
        "da",
        "dos",
        "dear",
        "hi",
        "hello",
        "the",
        "group",
        "gang",
        "y'all",
    ]
)
_GROUPS: Final = frozenset(
    ["all", "everyone", "everybody", "team", "folks", "guys", "gentlemen", "ladies", "colleagues", "gang", "group"]
)
_NO_NAMES: Final = frozenset(
    [
        "attached",
        "note",
        "notes",
        "summary",
        "question",
        "questions",
        "update",
        "updates",
        "fyi",
        "ps",
        "see",
        "agenda",
        "please",
        "thanks",
        "thank",
        "yes",
        "no",
        "ok",
        "okay",
        "sorry",
        "sure",
        "hope",
        "also",
        "subject",
        "re",
        "regards",
        "great",
        "done",
        "agreed",
        "today",
        "tomorrow",
        "monday",
        "tuesday",
        "wednesday",
        "thursday",
        "friday",
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
        "reminder",
        "important",
        "urgent",
        "correction",
        "attachment",
        "here",
        "below",
        "above",
        "following",
        "first",
        "second",
        "if",
        "when",
        "as",
        "for",
        "in",
        "on",
        "at",
        "so",
        "well",
        "actually",
        "however",
        "anhang",
        "hinweis",
        "frage",
        "fragen",
        "betreff",
        "bitte",
        "danke",
        "ja",
        "nein",
        "merci",
        "oui",
        "non",
        "gracias",
        "grazie",
        "obrigado",
        "name",
        "address",
        "location",
        "date",
        "time",
        "place",
        "where",
        "what",
        "who",
        "why",
        "how",
        "details",
        "contact",
        "background",
        "issue",
        "problem",
        "status",
        "next",
        "action",
        "actions",
        "items",
    ]
)
_CLOSING = re.compile(
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
_CLOSING_STARTS = frozenset(
    [
        "wit",
        "bes",
        "kin",
        "war",
        "man",
        "ver",
        "reg",
        "wis",
        "gre",
        "che",
        "sin",
        "you",
        "lov",
        "tha",
        "thx",
        "tia",
        "cor",
        "res",
        "tak",
        "all",
        "tal",
        "hop",
        "hth",
        "mit",
        "vie",
        "lie",
        "fre",
        "her",
        "sch",
        "son",
        "grü",
        "gru",
        "mfg",
        "dan",
        "bie",
        "mei",
        "sal",
        "bon",
        "mer",
        "ate",
        "gra",
        "met",
        "vri",
        "gro",
        "mvg",
        "bed",
        "dis",
        "com",
        "cum",
        "abr",
        "obr",
        "rgd",
    ]
)
_SHORT_STARTS = frozenset({"br", "kr", "vg", "lg", "un", "my"})
"""The first letters of every goodbye: most lines have others."""
_BEFORE_WORD = " \t\xa0-–—~*_/\\.,;:!?'\"()<>|=+#&"
_THANKS = re.compile(
    r"thank|thx|tia\b|gracias|grazie|merci|obrigad|dank|bedankt|take care|talk soon|hope|hth", re.IGNORECASE
)
_NAME = re.compile(
    r"^[-–—~*/\s\"(]*(?:(?:Dr|Prof|Mr|Mrs|Ms|Herr|Frau|Ing|"
    r"Dipl\.-\w+)\.?\s+)*[A-ZÀ-ÖØ-Þ][\w'’.-]*(?:\s+(?:[A-ZÀ-ÖØ-Þ][\w'’.-]*|&|and|von|van|de|der|den|di|"
    r"da)){0,3}[\s,.*)!]*$"
)
_NICKNAME = re.compile(r"^[-–—~*/\s(]*[^\W\d_][^\d_:;?@]*$")
_INITIALS = re.compile(r"^[-–—~*/\s]*[a-zA-Z]{2,8}$")
_DASHED = re.compile(r"^[-–—]\s?[^\W\d_]{2,15}\.?$")
_EXTENSION = re.compile(r"^\W*(?:x|ext\.?)?[\s.-]*\d[\d -]{2,8}\W*$", re.IGNORECASE)
_POSTSCRIPT = re.compile(r"^\W*P\.?\s?S\.?\b", re.IGNORECASE)
_DRAWN = " \t\xa0_-=*~"
_MAX_ADDED = 10
_MAX_GREETING = 60
_MAX_GREETING_WORDS = 7
_MAX_NAME = 32
_MAX_NAMES = 2
_MAX_CLOSING = 60
_MAX_BLANKS = 4
_SHORT = 40


def greeting_end(lines: Sequence[str]) -> int:
    """Number of lines up to the end of the greeting; 0 without one."""
    for index, line in enumerate(lines):
        if stripped := line.strip():
            return index + 1 if _is_greeting(stripped) else 0
        if index > _MAX_BLANKS:
            break
    return 0


def _is_greeting(line: str) -> bool:
    if len(line) > _MAX_GREETING:
        return False
    spoken = line.rstrip(" ,:;.!-–—")
    ended = spoken != line
    found = _GREETING.match(spoken)
    rest = (spoken[found.end() :] if found else spoken).replace(",", " ").replace("/", " ").split()
    if len(rest) > _MAX_GREETING_WORDS or any(not _is_addressed(word) for word in rest):
        return False
    if found:
        return True
    if not rest or rest[0].lower().strip(".") in _NO_NAMES or spoken.isupper() or line.endswith((".", "!")):
        return False
    if rest[0].lower() in _GROUPS:
        return ended
    return ended and rest[0][0].isupper() and len(rest) <= _MAX_NAMES + 2


def _is_addressed(word: str) -> bool:
    """A name, or one of the words greetings address people with."""
    bare = word.strip(".,()'\"*")
    return (
        not bare
        or bare.lower() in _ADDRESSED
        or (bare[0].isupper() and bare.replace("-", "").replace("'", "").isalpha())
    )


def is_closing(line: str) -> bool:
    """A line begins with goodbye or thanks; ``line`` is stripped."""
    start = line.lstrip(_BEFORE_WORD)[:3].lower()
    return (start in _CLOSING_STARTS or start[:2] in _SHORT_STARTS) and bool(_CLOSING.match(line))


def is_only_closing(lines: Sequence[str]) -> bool:
    """Nothing is said but goodbye; thanks say something (D4.4)."""
    spoken = [line.strip() for line in lines if not line.isspace() and line]
    return all(len(line) < _SHORT and is_closing(line) and not _THANKS.search(line) for line in spoken)


def is_only_signed(lines: Sequence[str]) -> bool:
    """Below the ``--`` stands no card, only goodbye and a name."""
    said = [line.strip() for line in lines if line.strip(_DRAWN)]
    return 0 < len(said) <= _MAX_NAMES + 1 and all(
        (is_closing(line) and len(line) < _SHORT) or (len(line) <= _MAX_NAME and bool(_NAME.match(line)))
        for line in said
    )


def sign_off_span(lines: Sequence[str], end: int) -> tuple[int, int]:
    """The lines of the sign-off above ``end``: goodbye, thanks, the bare name; an empty span when there is none.

    A postscript and the notes of attached files may follow.
    """
    last = _spoken_end(lines, end)
    first = _closing_start(lines, last)
    if first < last:
        return first, last
    return _signed_above(lines, last) or (end, end)


def _spoken_end(lines: Sequence[str], end: int) -> int:
    """Above the notes of attached files, drawn lines and a postscript."""
    while end and (not lines[end - 1].strip(_DRAWN) or is_attachment(lines[end - 1])):
        end -= 1
    start = end
    while start and lines[start - 1].strip():
        start -= 1
    return _spoken_end(lines, start) if start < end and start and _POSTSCRIPT.match(lines[start]) else end


def _closing_start(lines: Sequence[str], end: int) -> int:
    first, index, names = end, end - 1, 0
    while index >= 0:
        line = lines[index].strip()
        if line:
            if names < _MAX_NAMES and _is_signed(lines, index, line):
                names += 1
            elif len(line) > _MAX_CLOSING or not is_closing(line):
                break
            first = index
        index -= 1
    return first if _has_words_above(lines, first, end) else end


def _is_signed(lines: Sequence[str], index: int, line: str) -> bool:
    """A bare name or an extension, below a goodbye, a gap or a finished sentence."""
    if len(line) > _MAX_NAME:
        return False
    above = index - 1
    while above >= 0 and not lines[above].strip():
        above -= 1
    before = lines[above].strip() if above >= 0 else ""
    if is_closing(before) and len(before) < _SHORT:
        return bool(_NICKNAME.match(line))
    if _EXTENSION.match(line):
        return bool(_NAME.match(before))
    gap = above < index - 1
    if _DASHED.match(line):
        return True
    if _NAME.match(line) and not _is_word(line):
        return gap or before.endswith((".", "!", "?", ")"))
    return gap and bool(_INITIALS.match(line))


def _is_word(line: str) -> bool:
    """Looks like a name but is a heading, a day, or an answer."""
    return line.split(maxsplit=1)[0].lower().strip(".,!*-") in _NO_NAMES or (
        line.isupper() and len(line) > len("JAMES")
    )


def _has_words_above(lines: Sequence[str], first: int, end: int) -> bool:
    return first == end or any(line.strip() for line in lines[:first]) or is_closing(lines[first].strip())


def _signed_above(lines: Sequence[str], end: int) -> tuple[int, int] | None:
    """A goodbye with a name below it, a few lines above what was added after it."""
    for index in range(end - 1, max(-1, end - _MAX_ADDED), -1):
        line = lines[index].strip()
        if line and len(line) < _SHORT and is_closing(line) and line.endswith((",", "s", "!", "n", "g")):
            name = next((at for at in range(index + 1, end) if lines[at].strip()), end)
            if name < end and len(lines[name].strip()) <= _MAX_NAME and _NAME.match(lines[name].strip()):
                return index, name + 1
    return None
