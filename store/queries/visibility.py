"""How much of mail and meetings is shown that only lie in a source which is not open to everybody.

Answers are made as if everything were open and veiled last, by the ids in them: so clocks, flags and counts are those
of all mail, and no surface can forget to look away.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

from sqlalchemy import Connection, or_, select

from domain.search import Term
from domain.visibility import HIDDEN, Visibility
from store import tables
from store.database import Store, chunks

P = ParamSpec("P")
T = TypeVar("T")

_IDS = ("message_id", "event_id", "id")
_WORDS = frozenset({"quote", "snippet", "reply_text", "highlights", "persons"})
_TITLES = frozenset({"title", "subject", "last_subject"})
_MANY = 5000


def veiled(question: Callable[Concatenate[Store, P], T]) -> Callable[Concatenate[Store, P], T]:
    """Make a question to the store answer without what is not open."""

    @wraps(question)
    def ask(store: Store, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return veil(store, question(store, *args, **kwargs))

    return ask


def veil(store: Store, answer: T) -> T:
    """Take out of an answer, made of dicts and lists, the words and subjects that are not open."""
    with store.reading() as connection:
        if not restricted(connection):
            return answer
        levels = visibilities(connection, set(_named(answer)))
    veiled_answer: T = _hide(answer, levels, Visibility.EVERYTHING)
    return veiled_answer


def restricted(connection: Connection) -> bool:
    """Whether any source is not open."""
    source = tables.source.c
    query = select(source.name).where(source.visibility != Visibility.EVERYTHING.word).limit(1)
    return connection.execute(query).first() is not None


def visibilities(connection: Connection, names: Collection[str]) -> dict[str, Visibility]:
    """How open things are, by key, Message-ID or conversation; a conversation is as open as its most closed mail."""
    message, event = tables.message.c, tables.event.c
    levels: dict[str, Visibility] = {}
    for some in chunks(sorted(names), _MANY):
        named = or_(message.key.in_(some), message.message_id.in_(some), message.conversation.in_(some))
        rows = connection.execute(select(message.key, message.message_id, message.conversation).where(named)).all()
        known = _of_messages(connection, [row.key for row in rows])
        for row in rows:
            for name in {row.key, row.message_id, row.conversation} - {""}:
                level = known[row.key]
                levels[name] = level if name == row.key else min(level, levels.get(name, level))
        # The first mail of a conversation has its name: what is said of the mail alone is what its evidence says.
        meets = connection.execute(select(event.key, event.mails).where(event.key.in_(some))).all()
        levels |= _of_events(connection, {row.key: row.mails for row in meets})
    return levels


def _of_messages(connection: Connection, keys: Sequence[str]) -> dict[str, Visibility]:
    item = tables.item.c
    return _most_open(connection, item.message, keys, select(item.message, tables.source.c.visibility))


def _of_events(connection: Connection, mails: Mapping[str, Sequence[str]]) -> dict[str, Visibility]:
    copies = tables.event_copy.c
    query = select(copies.event, tables.source.c.visibility).join(tables.item, tables.item.c.id == copies.item)
    shown = _most_open(connection, copies.event, sorted(mails), query, default=None)
    told = _of_messages(connection, sorted({key for keys in mails.values() for key in keys}))
    return {
        key: max([*([shown[key]] if key in shown else []), *(told[mail] for mail in keys)], default=_OPEN)
        for key, keys in mails.items()
    }


_OPEN = Visibility.EVERYTHING


def _most_open(
    connection: Connection, column: Any, keys: Sequence[str], query: Any, default: Visibility | None = _OPEN
) -> dict[str, Visibility]:
    joined = query.join(tables.source, tables.source.c.name == tables.item.c.source)
    found: dict[str, Visibility] = {}
    for some in chunks(keys, _MANY):
        for key, word in connection.execute(joined.where(column.in_(some))):
            found[key] = max(Visibility[word.upper()], found.get(key, Visibility.METADATA))
    return found if default is None else {key: found.get(key, default) for key in keys}


def openly_found(connection: Connection, documents: Iterable[Any], terms: Collection[Term]) -> list[Any]:
    """Those search documents that are found by what is shown of them: a hit tells, too."""
    rows = list(documents)
    if not restricted(connection):
        return rows
    levels = visibilities(connection, {row.key for row in rows})
    return [row for row in rows if _is_open(row, levels.get(row.key, _OPEN), terms)]


def _is_open(row: Any, level: Visibility, terms: Collection[Term]) -> bool:
    shown = f"{row.sender}  {row.recipients}"
    titled = row.title if level >= Visibility.SUBJECT else ""
    return level is _OPEN or all(term.found_in(shown) or term.found_in(titled) for term in terms)


def _named(answer: Any) -> Iterable[str]:
    if isinstance(answer, Mapping):
        for key, value in answer.items():
            if key in (*_IDS, "conversation") and isinstance(value, str) and value:
                yield value
            else:
                yield from _named(value)
    elif isinstance(answer, list):
        for entry in answer:
            yield from _named(entry)


def _hide(value: Any, levels: Mapping[str, Visibility], around: Visibility) -> Any:
    if isinstance(value, list):
        return [_hide(entry, levels, around) for entry in value]
    if not isinstance(value, Mapping):
        return value
    own = [levels[value[name]] for name in _IDS if value.get(name) in levels]
    level = min(own, default=around)
    talk = min(_talk(value, levels, level), _talk(value.get("facts"), levels, level))
    found = {name: _field(name, inner, levels, level, talk) for name, inner in value.items()}
    if "quotes" in found:
        found["quotes"] = [evidence["quote"] for evidence in found.get("evidence") or ()]
    return found


def _talk(value: Any, levels: Mapping[str, Visibility], level: Visibility) -> Visibility:
    """How open everything is that was said around something."""
    if not isinstance(value, Mapping):
        return level
    return min(levels.get(value.get(name) or "", level) for name in ("conversation", *_IDS))


def _field(name: str, value: Any, levels: Mapping[str, Visibility], level: Visibility, talk: Visibility) -> Any:
    if name in _WORDS and level < _OPEN:
        return "" if isinstance(value, str) else []
    if name in _TITLES and level < Visibility.SUBJECT:
        return HIDDEN
    if name == "measures" and talk < _OPEN:
        return []
    if name == "clock" and talk < _OPEN:
        # What was said stands behind a colon; what happened stays.
        return [step | {"what": step["what"].partition(": ")[0]} for step in value]
    return _hide(value, levels, level)
