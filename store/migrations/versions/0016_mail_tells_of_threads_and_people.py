"""Copies of mails keep what their mailbox calls the conversation.

Forward only, on SQLite and PostgreSQL alike, with data in place. A migration is never edited after a release.
"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Unknown of what was fetched before."""
    op.add_column("item", sa.Column("provider_thread", sa.Text(), server_default="", nullable=False))
