"""Calendars say who is away.

Forward only, on SQLite and PostgreSQL alike, with data in place. A migration is never edited after a release.
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Calendar entries say whether their owner is out of office, and which of us is away by them."""
    op.add_column("event", sa.Column("away", sa.Boolean(), server_default="0", nullable=False))
    op.add_column("event", sa.Column("absent", sa.String(length=320), server_default="", nullable=False))
    op.create_index("ix_event_absent_ends_at", "event", ["absent", "ends_at"])
