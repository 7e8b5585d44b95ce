"""Several asks in one mail, of which an answer takes up some (D4.14).

Any answer clears all there is (SEMANTICS 6), unless it is plain that it leaves something open: where it says that the
rest follows, where it is written between the lines of the mail and leaves a question without a line, or where it brings
one thing and every one of its sentences is about that. In doubt all is answered: what is called overdue must be.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from domain.followup import Turn
from domain.signals import Signal
from followup.files import files
from followup.meeting_words import is_polite
from followup.promise_words import (
    asks_for_figure,
    names_figure,
    says_done,
    says_rest_follows,
    speaks_of_all,
    telling_words,
)

_SURE = 0.75
"""Score from which an ask is one of high confidence."""
_DISTINCT = 2
"""Words by which an ask must differ from the others to be plainly left out."""
_LONG = 1500
"""Characters of an answer beyond which it says more than its words can tell."""
_SENTENCE = re.compile(r"[^.!?\n]+[.!?]*")
_INTRODUCTION = re.compile(r"(?:wrote|writes|schrieb|a écrit)\W*$|:\s*$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Ask:
    """One thing a mail asks for: a sentence, with all signals found in it.

    Attributes:
        turn: Key of the mail.
        signals: Those that overlap.
    """

    turn: str
    signals: tuple[Signal, ...]

    @property
    def quote(self) -> str:
        """Its words."""
        return max((signal.quote for signal in self.signals), key=len)

    @property
    def sure(self) -> bool:
        """Whether it is one of high confidence."""
        return max(signal.score for signal in self.signals) >= _SURE


def asks_of(turn: Turn, signals: Sequence[Signal]) -> list[Ask]:
    """Group the asking signals of a mail by sentence, in the order of its words."""
    groups: list[list[Signal]] = []
    end = -1
    for signal in sorted(signals, key=lambda s: (s.start, s.end)):
        if groups and signal.start < end:
            groups[-1].append(signal)
        else:
            groups.append([signal])
        end = max(end, signal.end)
    return [Ask(turn.key, tuple(group)) for group in groups]


def left_open(asked: Iterable[Ask], answer: Turn, *, names: frozenset[str]) -> list[Ask]:
    """Return the asks an answer plainly leaves open; none where that is not plain.

    Args:
        asked: What waits. Asks of a mail none of whose asks is taken up stay open only with another of theirs.
        answer: Our response, with its words.
        names: Telling words that name people.
    """
    by_mail: dict[str, list[Ask]] = {}
    for ask in asked if len(answer.text) <= _LONG else ():
        by_mail.setdefault(ask.turn, []).append(ask)
    found: list[Ask] = []
    for asks in by_mail.values():
        sure = [ask for ask in asks if ask.sure]
        left = (_left_out(sure, answer, names) or _left_between_lines(sure, answer, names)) if len(sure) > 1 else []
        told = telling_words(answer.text) - names
        # What keeps nothing open by itself is open along with it.
        found += left + [ask for ask in asks if left and not ask.sure and not telling_words(ask.quote) & told]
    return found


def _left_out(asks: Sequence[Ask], answer: Turn, names: frozenset[str]) -> list[Ask]:
    """Asks nothing is said of, where all that is said is about others."""
    sentences = [sentence.strip() for sentence in _SENTENCE.findall(answer.text) if sentence.strip()]
    waits = [sentence for sentence in sentences if says_rest_follows(sentence)]
    said = [sentence for sentence in sentences if sentence not in waits and not _polite(sentence)]
    if not waits and any(speaks_of_all(sentence) for sentence in said):
        return []
    # "The plan is attached, the rest follows" says both in one sentence.
    told = telling_words(" ".join([*said, *waits, *map(_words_of_file, files(answer))])) - names
    words = {ask: telling_words(ask.quote) - names for ask in asks}
    own = {ask: words[ask] - _words_of_others(ask, words) for ask in asks}
    taken = [ask for ask in asks if own[ask] & told]
    needed = 1 if waits else _DISTINCT
    left = [ask for ask in asks if len(own[ask]) >= needed and not words[ask] & told - _words_of_others(ask, words)]
    if not taken or not left or len(taken) + len(left) < len(asks):
        return []
    # "It is not ready" may make the other questions idle; a thing that is brought does not.
    brings = any(files(answer)) or says_done(answer.text)
    spoken_of = frozenset(word for ask in taken for word in words[ask])
    about = [*said, *map(_words_of_file, files(answer))]
    plain = brings and all(_is_about(sentence, spoken_of, left, names) for sentence in about)
    return left if waits or plain else []


def _polite(sentence: str) -> bool:
    return is_polite(sentence) and not says_done(sentence)


def _words_of_others(ask: Ask, words: dict[Ask, frozenset[str]]) -> frozenset[str]:
    return frozenset(word for other, theirs in words.items() if other is not ask for word in theirs)


def _is_about(sentence: str, spoken_of: frozenset[str], left: Sequence[Ask], names: frozenset[str]) -> bool:
    """Whether a sentence is about what is taken up, and cannot be an answer to what is left."""
    if names_figure(sentence) and any(asks_for_figure(ask.quote) for ask in left):
        return False
    told = telling_words(sentence) - names
    return bool(told & spoken_of) or (not told and says_done(sentence))


def _words_of_file(name: str) -> str:
    return re.sub(r"[_\d.-]+", " ", name.rpartition(".")[0])


def _left_between_lines(asks: Sequence[Ask], answer: Turn, names: frozenset[str]) -> list[Ask]:
    """Asks that stand quoted at the end without a line of ours below, where others have one."""
    blocks = _blocks(answer.body)
    if not blocks:
        return []
    places = {ask: _place(ask, blocks) for ask in asks}
    answered = [ask for ask, place in places.items() if place is not None and place < len(blocks) - 1]
    left = [ask for ask, place in places.items() if place == len(blocks) - 1]
    if not answered or len(answered) + len(left) < len(asks) or _speaks(blocks[-1][1], answer):
        return []
    told = telling_words(answer.text) - names
    if speaks_of_all(blocks[0][1] if places[answered[0]] else ""):
        return []
    return [ask for ask in left if not (telling_words(ask.quote) - names) & told]


def _blocks(body: str) -> list[tuple[str, str]]:
    """Pairs of what is quoted and what stands below it, in the order of the lines; none where nothing is quoted.

    What is introduced below an answer is the whole mail once more.
    """
    blocks: list[tuple[list[str], list[str]]] = []
    for line in body.splitlines():
        if any(below for _, below in blocks) and _INTRODUCTION.search(line):
            break
        if line.lstrip().startswith(">"):
            if not blocks or blocks[-1][1]:
                blocks.append(([], []))
            blocks[-1][0].append(line.lstrip("> \t"))
        elif line.strip() and blocks and not _INTRODUCTION.search(line):
            blocks[-1][1].append(line.strip())
    return [(" ".join(quoted), " ".join(below)) for quoted, below in blocks]


def _place(ask: Ask, blocks: Sequence[tuple[str, str]]) -> int | None:
    wanted = _plain(ask.quote)
    return next((n for n, (quoted, _) in enumerate(blocks) if wanted in _plain(quoted)), None)


def _plain(text: str) -> str:
    return " ".join(text.split()).casefold()


def _speaks(below: str, answer: Turn) -> bool:
    """Whether what stands below the last quote is more than a farewell and a name."""
    name = f"{answer.sender_name} {answer.sender.partition('@')[0]}".casefold()
    words = [word for word in re.findall(r"\w+", below.casefold()) if word not in name]
    return bool(words) and not is_polite(" ".join(words))
