"""Words have a list on a server, by which the beginnings of words are looked for.

Forward only, on SQLite and PostgreSQL alike, with data in place. A migration is never edited after a release.
"""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """The words of the documents there are; SQLite's index lists its own."""
    op.create_table(
        "search_term",
        sa.Column("word", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=False),
        sa.Column("document", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("word", name=op.f("pk_search_term")),
    )
    if op.get_bind().dialect.name != "sqlite":
        op.execute(
            "INSERT INTO search_term SELECT word, min(id) FROM "
            "(SELECT id, unnest(tsvector_to_array(words)) AS word FROM search_document) AS place "
            "WHERE left(word, 1) <> '@' GROUP BY word"
        )
    op.create_index("ix_search_term_document", "search_term", ["document"])
