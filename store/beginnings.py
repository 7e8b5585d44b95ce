"""Beginnings of words as the words there are, which SQLite can walk from the newest document on."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from sqlalchemy import Connection, bindparam, text

from domain.search import Term

TERMS: Final = (
    "CREATE VIRTUAL TABLE IF NOT EXISTS temp.search_terms USING fts5vocab('main', 'search_words', 'instance')"
)
"""Makes the table of all places of all words; it holds nothing itself, so each connection to SQLite makes its own."""

# FTS5 puts all documents of a beginning together before it gives the first; so many words at once it walks sooner.
_MOST: Final = 64

# No word holds a character below a digit or the last of all. Of each word only its first place is looked at: reading
# one row of it and seeking the next word takes microseconds, counting its places as long as the search would.
_NEXT: Final = "(SELECT term FROM temp.search_terms WHERE term >= {} LIMIT 1)"
_WORDS: Final = text(
    f"WITH RECURSIVE found (term) AS (SELECT {_NEXT.format(':beginning')} "  # noqa: S608 - nothing but what stands here
    f"UNION ALL SELECT {_NEXT.format('found.term || char(1)')} FROM found WHERE found.term < :end) "
    "SELECT term FROM found WHERE term < :end LIMIT :most"
).bindparams(bindparam("most", _MOST + 1))


def written_out(connection: Connection, term: Term) -> Sequence[Term]:
    """What a term stands for on SQLite: one with whole words for each word that begins as its last does.

    Args:
        connection: To SQLite.
        term: Its words as the index has them.

    Returns:
        The term alone where its last word is a whole one, where no word begins so, and where too many do.
    """
    if not term.prefix:
        return (term,)
    *first, beginning = term.words
    asked = {"beginning": beginning, "end": f"{beginning}\U0010ffff"}
    found = list(connection.execute(_WORDS, asked).scalars())
    if not found or len(found) > _MOST:
        return (term,)
    return [replace(term, words=(*first, word), prefix=False) for word in found]
