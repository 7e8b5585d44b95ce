"""Meetings keep promises.

Forward only, on SQLite and PostgreSQL alike, with data in place. A migration is never edited after a release.
"""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """None has until the next run looks again."""
    op.add_column("commitment", sa.Column("met_at", sa.BigInteger))
    op.add_column("commitment", sa.Column("met_by", sa.Text, nullable=False, server_default=""))
    op.add_column("commitment", sa.Column("met_why", sa.Text, nullable=False, server_default=""))
