"""Beginnings of words as the words there are, of which each engine finds documents sooner than of a beginning.

SQLite lists the words of its index; for a server they are kept in a table, as documents come and go.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from sqlalchemy import Connection, text

from domain.search import Term

TERMS: Final = (
    "CREATE VIRTUAL TABLE IF NOT EXISTS temp.search_terms USING fts5vocab('main', 'search_words', 'instance')"
)
"""Makes the table of all places of all words; it holds nothing itself, so each connection to SQLite makes its own."""

# All documents of a beginning are put together before the first is given; so many words are looked up sooner. A server
# takes many words, however rare, for something common.
_MOST: Final = {"sqlite": 64, "postgresql": 8}

# No word holds a character below a digit or the last of all. Of each word only its first place is looked at: reading
# one row of it and seeking the next word takes microseconds, counting its places as long as the search would.
_NEXT: Final = "(SELECT term FROM temp.search_terms WHERE term >= {} LIMIT 1)"
_OF_SQLITE: Final = text(
    f"WITH RECURSIVE found (term) AS (SELECT {_NEXT.format(':beginning')} "  # noqa: S608 - nothing but what stands here
    f"UNION ALL SELECT {_NEXT.format('found.term || char(1)')} FROM found WHERE found.term < :end) "
    "SELECT term FROM found WHERE term < :end LIMIT :most"
)
_ON_SERVER: Final = text(
    "SELECT word FROM search_term WHERE word >= :beginning AND word < :end ORDER BY word LIMIT :most"
)


def written_out(connection: Connection, term: Term) -> Sequence[Term]:
    """What a term stands for: one with whole words for each word that begins as its last does.

    Args:
        connection: To the engine whose words count.
        term: Its words as the engine lists them.

    Returns:
        The term alone where its last word is a whole one, where no word begins so, and where too many do.
    """
    if not term.prefix:
        return (term,)
    *first, beginning = term.words
    most = _MOST[connection.dialect.name]
    asked = {"beginning": beginning, "end": f"{beginning}\U0010ffff", "most": most + 1}
    query = _OF_SQLITE if connection.dialect.name == "sqlite" else _ON_SERVER
    found = list(connection.execute(query, asked).scalars())
    if not found or len(found) > most:
        return (term,)
    return [replace(term, words=(*first, word), prefix=False) for word in found]


def list_words(connection: Connection, found: Mapping[str, int]) -> None:
    """Take words into the list of a server, each with the id of a document that has it."""
    if found:
        connection.execute(_LIST, {"words": list(found), "documents": list(found.values())})


def forget_words(connection: Connection, documents: Sequence[int]) -> None:
    """Take words off the list of a server that stood in these documents, which are gone, and stand in no other."""
    if documents:
        connection.execute(_STAND_ELSEWHERE, {"documents": list(documents)})
        connection.execute(_STAND_NOWHERE, {"documents": list(documents)})


_LIST: Final = text(
    "INSERT INTO search_term (word, document) "
    "SELECT * FROM unnest(CAST(:words AS text[]), CAST(:documents AS bigint[])) AS found (word, document) "
    "WHERE NOT EXISTS (SELECT FROM search_term AS known WHERE known.word = found.word)"
)
# The first of what the index finds: one that is met on a walk over all documents would do as well, but most of these
# words are rare.
_STAND_ELSEWHERE: Final = text(
    "UPDATE search_term SET document = other.id FROM search_term AS known CROSS JOIN LATERAL "
    "(SELECT min(id + 0) AS id FROM search_document WHERE words @@ CAST(quote_literal(known.word) AS tsquery)) "
    "AS other WHERE search_term.word = known.word AND known.document = ANY(CAST(:documents AS bigint[])) "
    "AND other.id IS NOT NULL"
)
_STAND_NOWHERE: Final = text("DELETE FROM search_term WHERE document = ANY(CAST(:documents AS bigint[]))")
