"""What is open is found at once.

Forward only, on SQLite and PostgreSQL alike, with data in place. A migration is never edited after a release.
"""

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Open obligations, and flags by what they are about, have indexes."""
    op.create_index("ix_obligation_message", "obligation", ["message"])
    op.create_index("ix_obligation_side_historic_cleared_at", "obligation", ["side", "historic", "cleared_at"])
    op.drop_index("ix_obligation_side_cleared_at", "obligation")
    op.create_index("ix_gap_event", "gap", ["event"])
