"""How people write about meetings, in English, German and French: the words the meeting rules look for."""

import re
from enum import IntEnum


class RecapTone(IntEnum):
    """How plainly a mail says what happened in a meeting."""

    NONE = 0
    COURTESY = 1
    """Thanks for the time; names no content."""
    AGREED = 2
    """Says what was discussed or agreed."""
    RECAP = 3
    """Calls itself minutes, notes or a summary."""


_RECAP = r"""
    recap(?:ping|ped)? | to\ recap | wrap-?up | (?:quick|short|brief)?\s*summary\ (?:of|from)
  | (?:to\ )?summari[sz](?:e|ing)\ (?:our|the|today|what)
  | meeting\ (?:notes|minutes|summary) | (?:call|workshop|session)\ (?:notes|summary)
  | (?:the|my|our|some|attached)\ (?:notes|minutes)\b | (?:notes|minutes)\ (?:from|of)\ (?:our|the|today|yesterday|this|last|\w+day)
  | (?:gespr\u00e4chs|besprechungs|meeting|telefon|ergebnis)-?\s?(?:protokoll|notiz(?:en)?) | protokoll\ (?:von|vom|unser\w*|der|des|zu)
  | (?:das|anbei|im)\ protokoll | (?:kurze\ )?zusammenfassung | zusammen(?:ge|zu)?fass(?:t|en|end)
  | compte[\s-]rendu | r\u00e9sum\u00e9\ de\ (?:notre|la|l) | r\u00e9capitul\w+ | proc\u00e8s-verbal
"""
_AGREED = r"""
    as\ (?:we\ )?(?:discussed|agreed|talked|spoke|promised\ (?:in|on)) | (?:like|what)\ we\ (?:discussed|agreed|talked\ about|decided)
  | we\ (?:agreed|decided)\ (?:to|that|on) | per\ our\ (?:call|conversation|discussion|meeting|chat)
  | (?:follow(?:ing)?[\s-]?up|following)\ (?:on|to|from)\ (?:our|the|today|yesterday)\w*\s*(?:'s\s)?(?:call|meeting|conversation|discussion|chat|session)?
  | action\ (?:items|points) | (?:the\ |our\ |agreed\ )?next\ steps | to-?dos?\ (?:from|of) | key\ take-?aways
  | (?:in|during|on)\ (?:our|today's|yesterday's|this\ morning's)\ (?:call|meeting|conversation|discussion|workshop)
  | wie\ (?:vorhin\ |heute\ |gestern\ )?(?:besprochen|vereinbart|abgesprochen|telefonisch) | n\u00e4chste\ schritte
  | wir\ haben\ (?:besprochen|vereinbart|beschlossen) | in\ unserem\ (?:gespr\u00e4ch|telefonat|termin|meeting)
  | comme\ (?:convenu|discut\u00e9|vu\ ensemble) | suite\ \u00e0\ notre\ (?:appel|r\u00e9union|\u00e9change|entretien|rendez-vous)
  | prochaines\ \u00e9tapes | nous\ avons\ convenu
"""
_COURTESY = r"""
    (?:thanks|thank\ you)(?:\ (?:so|very)\ much|\ again)?(?:\ \w+)?,?\ for\ (?:your\ time|the\ (?:\w+\ )?(?:call|meeting|chat|conversation|discussion|session|visit)
      |(?:meeting|talking|speaking|taking\ the\ time|coming|having\ (?:us|me)|hosting|joining|today|yesterday))
  | (?:good|great|nice|lovely|pleasure)\ (?:to\ (?:meet|see|speak|talk)|meeting|seeing|speaking|talking|call|chatting|chat)
  | (?:danke|dank)\ f\u00fcr\ (?:das|den|die|deine|ihre|eure)\ (?:\w+\ )?(?:gespr\u00e4ch|telefonat|termin|meeting|zeit|treffen|besuch)
  | merci\ (?:\w+\ )?pour\ (?:notre|votre|l|la|le|cet)\W?\ ?(?:\w+\ )?(?:appel|r\u00e9union|\u00e9change|temps|entretien|rendez-vous)
"""
_TONES = tuple(
    (tone, re.compile(rf"(?<!\w)(?:{words})(?!\w)", re.IGNORECASE | re.VERBOSE))
    for tone, words in ((RecapTone.RECAP, _RECAP), (RecapTone.AGREED, _AGREED), (RecapTone.COURTESY, _COURTESY))
)
_AHEAD = re.compile(
    r"""(?<!\w)(?:will|i'll|we'll|shall|going\ to|to)\ (?:\w+\ ){0,3}?(?:send|share|circulate|write|prepare|follow)\ .{0,30}$
      | (?<!\w)(?:werden?|schicken?|senden?)\ (?:\w+\ ){0,6}$ | (?<!\w)(?:could|can|would)\ you\ .{0,40}$""",
    re.IGNORECASE | re.VERBOSE,
)
"""What stands before words of a recap that is only announced or asked for."""
_MINUTES_FILE = re.compile(
    r"(?<![^\W_])(?:minutes|meeting[\s_-]?notes|recap|protokoll|(?:compte|cr)[\s_-]rendu)(?![^\W_])", re.I
)
_ANSWER = re.compile(r"\s*(?:re|aw|antw|sv|r\u00e9f|fwd?|wg|tr)\s*(?:\[\d+\])?\s*:", re.IGNORECASE)
_CALLED_OFF = re.compile(
    r"""(?<!\w)(?:cancel(?:l?ed|l?ing)?|call(?:ed|ing)?\ off|postpone[ds]?|re-?schedul\w+|push\ (?:it|our|the|this)\ (?:\w+\ )?(?:back|to)
      | (?:can(?:'|\u2019)?t|cannot|can\ not|won(?:'|\u2019)t\ be\ able\ to|unable\ to)\ (?:make|attend|join|do)
      | move\ (?:it|our|the|this)\ (?:\w+\ )?(?:call|meeting|appointment)?\ ?to
      | absagen|abgesagt|verschieben|verschoben|verlegen|annuler|reporter|d\u00e9caler|emp\u00each\u00e9)(?!\w)""",
    re.IGNORECASE | re.VERBOSE,
)
_REFUSAL = re.compile(
    r"""(?<!\w)(?:unfortunately|sorry|afraid|instead|does(?:n(?:'|\u2019)t|\ not)\ work|not\ (?:possible|available)|leider|stattdessen
      | malheureusement|d\u00e9sol\u00e9e?)(?!\w)""",
    re.IGNORECASE | re.VERBOSE,
)
_HOLD = re.compile(
    r"""(?<!\w)(?:hold|on\ hold|blocker|block(?:ed)?|focus(?:\ time)?|birthday|travel|vacation|holiday|ooo|out\ of\ office|deadline|due
      | reminder|to-?do|prep(?:are|aration|ping)?|fokus(?:zeit)?|geburtstag|urlaub|erinnerung|vorbereit\w+|anniversaire|cong\u00e9s?
      | rappel|pr\u00e9par\w+)(?!\w)""",
    re.IGNORECASE | re.VERBOSE,
)
_WORD = re.compile(r"[^\W_]{2,}")
_COMMON = frozenset(
    """a about agency all alle and appel au auf aus aux avec bei bi biweekly call catch chat check client company conference customer
    daily das de der des die discussion du ein eine et fixe for from fortnightly fur für gespräch group im in inc intro invitation
    jour kickoff kick la le les ltd management meet meeting mit mit monthly my mon monday tuesday wednesday thursday friday
    notre of off on online our out person phone planning point pour quick regular rendez réunion session status
    sync sync-up teams telefonat termin the to treffen und unser up update video virtual visit vom von vous weekly with
    zoom zu zum zur gmbh ag sa re aw fwd""".split()
)


def recap_tone(text: str) -> RecapTone:
    """How plainly words tell what happened in a meeting; a recap that is only announced or asked for does not count."""
    for tone, pattern in _TONES:
        for match in pattern.finditer(text):
            if not _AHEAD.search(text[max(0, match.start() - 60) : match.start()]):
                return tone
    return RecapTone.NONE


def is_minutes(filename: str) -> bool:
    """Whether an attachment is called minutes."""
    return _MINUTES_FILE.search(filename) is not None


def is_answer(subject: str) -> bool:
    """Whether a subject was inherited ("Re:", "AW:", "Fwd:") and so says nothing about this mail."""
    return _ANSWER.match(subject) is not None


def calls_off(text: str) -> bool:
    """Whether words cancel or move a meeting."""
    return _CALLED_OFF.search(text) is not None


def refuses(text: str) -> bool:
    """Whether an answer to a proposal is no acceptance, whatever else it says."""
    return _REFUSAL.search(text) is not None or calls_off(text)


def is_hold(title: str) -> bool:
    """Whether a title without attendees is a hold, a focus time, a birthday or a preparation, not a meeting."""
    return _HOLD.search(title) is not None


def significant_words(text: str, *, without: frozenset[str] = frozenset()) -> frozenset[str]:
    """Return the words that tell one meeting from another, folded; ``without`` are names of the people meeting."""
    return frozenset(word.casefold() for word in _WORD.findall(text)) - _COMMON - without
