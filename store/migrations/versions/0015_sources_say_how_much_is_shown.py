"""Sources say how much of what only they hold is shown.

Forward only, on SQLite and PostgreSQL alike, with data in place. A migration is never edited after a release.
"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Everything, where nothing else is said."""
    op.add_column("source", sa.Column("visibility", sa.String(length=12), server_default="everything", nullable=False))
