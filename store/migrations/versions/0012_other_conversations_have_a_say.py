"""Obligations remember what happened outside their conversation.

Forward only, on SQLite and PostgreSQL alike, with data in place. A migration is never edited after a release.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    """What happened beside an obligation, what it waits for, who forwarded it, how its conversation alone ends it."""
    with op.batch_alter_table("obligation") as batch_op:
        batch_op.add_column(sa.Column("notes", _JSON, nullable=False, server_default="[]"))
        batch_op.add_column(sa.Column("phases", _JSON, nullable=False, server_default="[]"))
        batch_op.add_column(sa.Column("alone", _JSON, nullable=False, server_default="{}"))
        batch_op.add_column(sa.Column("via", sa.String(length=320), nullable=False, server_default=""))
