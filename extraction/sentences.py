"""Where sentences begin in a mail: layout first, punctuation second.

Mail is not prose: bullets, hard wraps, greetings and lines without a full stop carry the structure. A line break is a
boundary unless the line was wrapped; a full stop is one unless an abbreviation, an ordinal or an initial wears it.
"""

import re
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any, Final

import numpy as np
from spacy.language import Language
from spacy.tokens import Doc
from spacy.util import registry
from spacy.vocab import Vocab

from extraction.words import fold

_WRAP_COLUMN: Final = 60
"""Mail programs wrap at 65 to 80 columns; if no line is this long, every break was typed by the writer."""

_BULLET = re.compile(r"[ \t>]*(?:[-*•‣▪◦·\u2013\u2014+]|\(?(?:\d{1,2}|[a-z])[.)])[ \t]+(?=\S)")
_GREETING = re.compile(
    r"[ \t]*(?:hi|hello|hey|dear|good (?:morning|afternoon|evening|day)|greetings|hallo|liebe[rs]?|sehr geehrte[rs]?|"
    r"guten (?:tag|morgen|abend)|moin|servus|grüezi|bonjour|hola|ciao)\b[^.?!\n]{0,60}[,!:]?[ \t]*$",
    re.IGNORECASE,
)
_SIGN_OFF = re.compile(
    r"[ \t]*(?:(?:(?:many|kind|best|warm(?:est)?|with (?:kind|best))[ \t]+)?(?:thanks|thank you|regards|wishes)|"
    r"best|cheers|sincerely|yours(?: \w+)?|(?:viele|beste|herzliche|liebe|schöne|freundliche)n? grü(?:ß|ss)e?n?|"
    r"mit (?:freundlichen|besten) grü(?:ß|ss)en|gru(?:ß|ss)|mfg|vg|lg|danke|vielen dank)\b[^.?!\n]{0,25}[,.!]?[ \t]*$",
    re.IGNORECASE,
)
_DRAWN = re.compile(r"[-=_*~#.+|/\s]{4,}$")
_VISIBLE = re.compile(r"\S")
_SHORT_LINE: Final = 60
_SHORT_GREETING: Final = 90
"""Characters that a sign-off and a greeting do not exceed."""

_STOPS: Final = r".!?…\u3002\uff01\uff1f"
_CLOSING: Final = r"\"'\u201d\u2019»)\]"
_END = re.compile(rf"(?:[.!?…]+|[\u3002\uff01\uff1f])[{_CLOSING}]*(?=\s)")
_RUN = re.compile(rf"(\s+|(?:[^\n{_STOPS}{_CLOSING}]+|[{_STOPS}{_CLOSING}](?!\s))+[{_STOPS}{_CLOSING}]?|\S)( ?)")
_WORD_BEFORE = re.compile(r"([^\s(\[\"'“„]+)$")
_ABBREVIATIONS: Final = frozenset(
    [
        "mr",
        "mrs",
        "ms",
        "dr",
        "prof",
        "st",
        "sr",
        "jr",
        "inc",
        "ltd",
        "co",
        "corp",
        "dept",
        "no",
        "nos",
        "fig",
        "vol",
        "pp",
        "approx",
        "est",
        "ext",
        "tel",
        "incl",
        "excl",
        "etc",
        "e.g",
        "i.e",
        "eg",
        "ie",
        "vs",
        "cf",
        "al",
        "a.m",
        "p.m",
        "jan",
        "feb",
        "mar",
        "apr",
        "jun",
        "jul",
        "aug",
        "sep",
        "sept",
        "oct",
        "nov",
        "dec",
        "mon",
        "tue",
        "tues",
        "wed",
        "thu",
        "thur",
        "thurs",
        "fri",
        "sat",
        "sun",
        "hr",
        "fr",
        "nr",
        "z.b",
        "d.h",
        "u.a",
        "u.u",
        "z.t",
        "i.d.r",
        "o.ä",
        "u.ä",
        "s.o",
        "s.u",
        "bzw",
        "ca",
        "evtl",
        "ggf",
        "usw",
        "inkl",
        "exkl",
        "zzgl",
        "abzgl",
        "str",
        "tel",
        "abs",
        "art",
        "mio",
        "mrd",
        "max",
        "min",
        "std",
        "vgl",
        "sog",
        "geb",
        "gem",
        "lt",
        "bspw",
        "allg",
        "m.e",
        "i.a",
        "i.v",
        "p.s",
        "ing",
        "dipl",
        "rev",
        "ref",
        "attn",
        "av",
        "pls",
        "plz",
    ]
)
_MONTH_AFTER = re.compile(
    r"\s+(?:jan|feb|mär|mar|apr|mai|jun|jul|aug|sep|okt|nov|dez|quartal|etage|stock|kw\b)", re.IGNORECASE
)
_OPEN_ENDED = re.compile(
    r"(?:,|\b(?:the|a|an|of|to|for|and|or|with|in|on|at|by|your|our|my|this|that|der|die|das|den|dem|des|und|oder|für|"
    r"mit|von|zu|zum|zur|in|im|am|auf|bei|ihre?n?|unsere?n?))[ \t]*$",
    re.IGNORECASE,
)

_LONGEST_OPEN: Final = 12
"""Characters at the end of a line that hold every word above and one before it."""


def make_mail_runs() -> Callable[[Language], "MailRuns"]:
    """Create the tokenizer; it has no settings."""
    return lambda nlp: MailRuns(nlp.vocab)


registry.tokenizers("accountline.MailRuns.v1", func=make_mail_runs)


class MailRuns:
    """A tokenizer that parts only where a sentence may begin: behind a line break, or a mark and white space.

    Nothing here reads tokens but to say which of them begin sentences, and to make one of each word takes longer than
    all that follows. Patterns and classifier have words of their own, see :func:`extraction.words.words_of`.
    """

    def __init__(self, vocab: Vocab) -> None:
        self._vocab = vocab

    def __call__(self, text: str) -> Doc:
        """Return the Doc of a text; its tokens are runs of words, and white space, and join to the text."""
        found = _RUN.findall(text)
        return Doc(self._vocab, words=[run for run, _ in found], spaces=[bool(space) for _, space in found])


def sentence_starts(text: str) -> list[int]:
    """Return the character offsets where sentences begin, ascending; the first is that of the first visible character.

    Args:
        text: The reply text of a mail, line breaks as received.
    """
    if not text.strip():
        return []
    starts = {len(text) - len(text.lstrip())}
    lines = [_Line(start, line) for start, line in _lines(text)]
    width = max(line.length for line in lines)
    for line, following in pairwise(lines):
        if _breaks(line, following, width):
            starts.add(_first_visible(text, following.start))
    for match in _END.finditer(text):
        if _ends_sentence(text, match):
            starts.add(_first_visible(text, match.end()))
    return sorted(start for start in starts if start < len(text))


class _Line:
    """A line, and what of it is needed to say whether a sentence ends with it."""

    __slots__ = ("bare", "length", "own", "start", "text")

    own: bool
    """Whether it stands alone: a sign-off, or a line drawn with characters."""

    def __init__(self, start: int, text: str) -> None:
        self.start = start
        self.text = text
        self.length = len(text)
        self.bare = bare = text.strip()
        short = len(bare) <= _SHORT_LINE
        self.own = (short and bool(_SIGN_OFF.match(bare))) or bool(_DRAWN.match(bare))


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """Yield the start and the text of every line, line ends excluded."""
    position = 0
    for line in text.split("\n"):
        yield position, line.rstrip("\r")
        position += len(line) + 1


def _first_visible(text: str, start: int) -> int:
    found = _VISIBLE.search(text, start)
    return found.start() if found else len(text)


def _breaks(line: _Line, following: _Line, width: int) -> bool:
    """Whether the end of ``line`` is the end of a sentence."""
    head, tail = following.bare, line.bare
    if not head or not tail or line.own or following.own or tail[-1] == ":":
        return True
    first = head[0]
    if (not first.isalpha() or head[1:2] in ".)") and _BULLET.match(following.text):
        return True
    if len(tail) <= _SHORT_GREETING and _GREETING.match(tail):
        return True
    if first.islower() or _OPEN_ENDED.search(tail[-_LONGEST_OPEN:]):
        return False
    if width < _WRAP_COLUMN:
        return True
    # The next word would have fitted: the writer, not the mail program, ended this line.
    return len(line.text.rstrip()) + 1 + len(head.split(maxsplit=1)[0]) <= width - 3


def _ends_sentence(text: str, match: re.Match[str]) -> bool:
    """Whether the punctuation found is the end of a sentence."""
    mark = match.group()
    following = text[match.end() : match.end() + 40]
    if "?" in mark or "!" in mark:
        return True
    if mark.startswith(("..", "…")):
        head = following.lstrip()
        return bool(head) and not head[0].islower()
    before = _WORD_BEFORE.search(text[max(0, match.start() - 40) : match.start()])
    word = before.group(1).lower() if before else ""
    if word in _ABBREVIATIONS or (len(word) == 1 and word.isalpha() and word != "i"):
        return False
    if word.isdigit() and len(word) <= len("31"):
        head = following.lstrip()
        line_head = text[text.rfind("\n", 0, match.start()) + 1 : match.start()].strip()
        return line_head != word and not _MONTH_AFTER.match(following) and not head[:1].islower()
    return True


@Language.factory("mail_sentences")
def make_mail_sentences(nlp: Language, name: str) -> "MailSentences":
    """Create the component that marks sentence starts; it has no settings."""
    del nlp, name
    return MailSentences()


class MailSentences:
    """Sets ``token.is_sent_start`` from :func:`sentence_starts`, one Doc per mail.

    ``doc._.sentences`` holds the (start, end) character offsets, so that nobody walks the tokens again, and
    ``doc._.folded`` the text as patterns and classifier read it.
    """

    def __init__(self) -> None:
        for name, default in (("sentences", ()), ("folded", ""), ("reply_text", None)):
            if not Doc.has_extension(name):
                Doc.set_extension(name, default=default)

    def __call__(self, doc: Doc) -> Doc:
        """Mark the sentence starts of ``doc`` and return it."""
        if not len(doc):
            return doc
        held = doc._
        text: str = held.reply_text if held.reply_text is not None else doc.text
        begins = sentence_starts(text) or [0]
        begins[0] = 0  # white space before the first word belongs to the first sentence
        held.folded = fold(text)
        held.sentences = list(zip(begins, [*begins[1:], len(text)], strict=True))
        _mark(doc, begins)
        return doc


def _mark(doc: Doc, begins: list[int]) -> None:
    """Set the sentence starts from an array: setting them one by one walks the mail for each."""
    offsets = doc.to_array("IDX").astype(np.int64)
    marks = np.full(len(doc), -1, dtype=np.int64)
    starts = np.searchsorted(offsets, begins)
    marks[starts[starts < len(doc)]] = 1
    table: Any = marks.astype(np.uint64).reshape(-1, 1)  # spaCy's annotations know its own arrays only
    doc.from_array(["SENT_START"], table)
