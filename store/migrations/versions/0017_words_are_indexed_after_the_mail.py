"""Words are indexed after the mail is in the store.

Forward only, on SQLite and PostgreSQL alike, with data in place. A migration is never edited after a release.
"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Messages whose documents wait to be made; none does at first."""
    op.create_table(
        "search_waiting",
        sa.Column("message", sa.String(length=16), nullable=False),
        sa.ForeignKeyConstraint(
            ["message"], ["message.key"], name=op.f("fk_search_waiting_message"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("message", name=op.f("pk_search_waiting")),
    )
