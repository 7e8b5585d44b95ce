"""The meetings of a client are found by an index.

Forward only, on SQLite and PostgreSQL alike, with data in place. A migration is never edited after a release.
"""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Who takes part stands in a list beside each event already."""
    op.create_table(
        "event_client",
        sa.Column("event", sa.String(16), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["event"], ["event.key"], name=op.f("fk_event_client_event"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("event", "address", name=op.f("pk_event_client")),
    )
    each = "json_each" if op.get_bind().dialect.name == "sqlite" else "jsonb_array_elements_text"
    op.execute(
        "INSERT INTO event_client (event, address) SELECT DISTINCT event.key, client.value "  # noqa: S608 - ours
        f"FROM event, {each}(event.clients) AS client{'' if each == 'json_each' else '(value)'} "
        # An index takes no more; what is longer is nobody's address, and is written when the event is attached anew.
        "WHERE length(client.value) <= 250"
    )
    op.create_index("ix_event_client_address", "event_client", ["address", "event"])
