"""The first layout.

Forward only, on SQLite and PostgreSQL alike, with data in place. A migration is never edited after a release.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

Json = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """The first layout."""
    op.create_table(
        "account",
        sa.Column("id", sa.String(length=80), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("domains", Json, nullable=False),
        sa.Column("contacts", Json, nullable=False),
        sa.Column("tier", sa.String(length=40), nullable=False),
        sa.Column("owner", sa.String(length=320), nullable=False),
        sa.Column("backup", sa.String(length=320), nullable=False),
        sa.Column("timezone", sa.String(length=64), nullable=False),
        sa.Column("allow", Json, nullable=False),
        sa.Column("met_with", sa.String(length=80), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_account"),
    )
    op.create_table(
        "blob",
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("hash", name="pk_blob"),
    )
    op.create_table(
        "event",
        sa.Column("key", sa.String(length=16), nullable=False),
        sa.Column("ical_uid", sa.Text(), nullable=False),
        sa.Column("recurrence_id", sa.Text(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("location", sa.Text(), nullable=False),
        sa.Column("starts_at", sa.BigInteger(), nullable=False),
        sa.Column("ends_at", sa.BigInteger(), nullable=False),
        sa.Column("all_day", sa.Boolean(), nullable=False),
        sa.Column("timezone", sa.Text(), nullable=False),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("private", sa.Boolean(), nullable=False),
        sa.Column("transparent", sa.Boolean(), nullable=False),
        sa.Column("organizer", sa.Text(), nullable=False),
        sa.Column("attendees", Json, nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=True),
        sa.Column("rank", sa.Text(), nullable=False),
        sa.Column("own", Json, nullable=False),
        sa.Column("clients", Json, nullable=False),
        sa.Column("strangers", Json, nullable=False),
        sa.Column("titled", sa.Boolean(), server_default="0", nullable=False),
        sa.Column("historic", sa.Boolean(), server_default="0", nullable=False),
        sa.Column("attached_with", sa.String(length=80), nullable=True),
        sa.PrimaryKeyConstraint("key", name="pk_event"),
    )
    with op.batch_alter_table("event", schema=None) as batch_op:
        batch_op.create_index("ix_event_attached_with", ["attached_with"], unique=False)
        batch_op.create_index("ix_event_starts_at", ["starts_at"], unique=False)

    op.create_table(
        "gap",
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("gap", sa.String(length=16), nullable=False),
        sa.Column("account", sa.String(length=80), nullable=False),
        sa.Column("accounts", Json, nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("starts_at", sa.BigInteger(), nullable=True),
        sa.Column("ends_at", sa.BigInteger(), nullable=True),
        sa.Column("participants", Json, nullable=False),
        sa.Column("flag_from", sa.BigInteger(), nullable=False),
        sa.Column("closed_at", sa.BigInteger(), nullable=True),
        sa.Column("closed_reason", sa.Text(), nullable=False),
        sa.Column("confidence", sa.Float(), nullable=False),
        sa.Column("event", sa.String(length=16), nullable=False),
        sa.Column("message", sa.String(length=16), nullable=False),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("evidence", Json, nullable=False),
        sa.Column("historic", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_gap"),
    )
    with op.batch_alter_table("gap", schema=None) as batch_op:
        batch_op.create_index("ix_gap_account", ["account"], unique=False)

    op.create_table(
        "message",
        sa.Column("key", sa.String(length=16), nullable=False),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("sender_name", sa.Text(), nullable=False),
        sa.Column("sender", sa.Text(), nullable=False),
        sa.Column("on_behalf", sa.Text(), nullable=False),
        sa.Column("sent_at", sa.BigInteger(), nullable=True),
        sa.Column("sent_offset", sa.Integer(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("body_text", sa.Text(), nullable=False),
        sa.Column("reply_text", sa.Text(), nullable=False),
        sa.Column("quoted_text", sa.Text(), nullable=False),
        sa.Column("signature", sa.Text(), nullable=False),
        sa.Column("forwarded", sa.Boolean(), nullable=False),
        sa.Column("quoted_headers", Json, nullable=False),
        sa.Column("attachments", Json, nullable=False),
        sa.Column("headers", Json, nullable=False),
        sa.Column("automatic", sa.String(length=20), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("return_date", sa.BigInteger(), nullable=True),
        sa.Column("failed_recipients", Json, nullable=False),
        sa.Column("invitation", sa.Boolean(), nullable=False),
        sa.Column("truncated", sa.Boolean(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("rank", sa.Text(), nullable=False),
        sa.Column("direction", sa.String(length=10), server_default="none", nullable=False),
        sa.Column("names_us", sa.Boolean(), server_default="0", nullable=False),
        sa.Column("historic", sa.Boolean(), server_default="0", nullable=False),
        sa.Column("thread", sa.String(length=16), nullable=False),
        sa.Column("conversation", sa.String(length=16), nullable=False),
        sa.Column("read_with", sa.String(length=80), nullable=True),
        sa.Column("attached_with", sa.String(length=80), nullable=True),
        sa.Column("settled_with", sa.String(length=80), nullable=True),
        sa.PrimaryKeyConstraint("key", name="pk_message"),
    )
    with op.batch_alter_table("message", schema=None) as batch_op:
        batch_op.create_index("ix_message_attached_with", ["attached_with"], unique=False)
        batch_op.create_index("ix_message_conversation", ["conversation"], unique=False)
        batch_op.create_index("ix_message_message_id", ["message_id"], unique=False)
        batch_op.create_index("ix_message_read_with", ["read_with"], unique=False)
        batch_op.create_index("ix_message_settled_with", ["settled_with"], unique=False)
        batch_op.create_index("ix_message_thread", ["thread"], unique=False)

    op.create_table(
        "obligation",
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("side", sa.String(length=8), nullable=False),
        sa.Column("account", sa.String(length=80), nullable=False),
        sa.Column("conversation", sa.String(length=16), nullable=False),
        sa.Column("message", sa.String(length=16), nullable=False),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("contact", sa.Text(), nullable=False),
        sa.Column("kinds", Json, nullable=False),
        sa.Column("clock_start", sa.BigInteger(), nullable=False),
        sa.Column("due", sa.BigInteger(), nullable=False),
        sa.Column("at_risk_at", sa.BigInteger(), nullable=False),
        sa.Column("chasers", Json, nullable=False),
        sa.Column("confidence", sa.Float(), nullable=False),
        sa.Column("evidence", Json, nullable=False),
        sa.Column("clears_when", sa.Text(), nullable=False),
        sa.Column("cleared_at", sa.BigInteger(), nullable=True),
        sa.Column("cleared_by", sa.String(length=20), nullable=False),
        sa.Column("cleared_reason", sa.Text(), nullable=False),
        sa.Column("cleared_who", sa.Text(), nullable=False),
        sa.Column("discussed_since", sa.BigInteger(), nullable=True),
        sa.Column("bounced_at", sa.BigInteger(), nullable=True),
        sa.Column("readings", Json, nullable=False),
        sa.Column("historic", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_obligation"),
    )
    with op.batch_alter_table("obligation", schema=None) as batch_op:
        batch_op.create_index("ix_obligation_account", ["account"], unique=False)
        batch_op.create_index("ix_obligation_conversation", ["conversation"], unique=False)
        batch_op.create_index("ix_obligation_side_cleared_at", ["side", "cleared_at"], unique=False)

    op.create_table(
        "source",
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("owner", sa.String(length=320), nullable=False),
        sa.Column("cursor", Json, nullable=False),
        sa.Column("connected_at", sa.BigInteger(), nullable=False),
        sa.Column("attempted_at", sa.BigInteger(), nullable=False),
        sa.Column("succeeded_at", sa.BigInteger(), nullable=True),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("error", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_source"),
    )
    op.create_table(
        "event_account",
        sa.Column("event", sa.String(length=16), nullable=False),
        sa.Column("account", sa.String(length=80), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("participants", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["event"], ["event.key"], name="fk_event_account_event", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("event", "account", name="pk_event_account"),
    )
    with op.batch_alter_table("event_account", schema=None) as batch_op:
        batch_op.create_index("ix_event_account_account_at", ["account", "at", "event"], unique=False)

    op.create_table(
        "folder",
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("server_count", sa.Integer(), nullable=False),
        sa.Column("proven_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["source"], ["source.name"], name="fk_folder_source", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("source", "name", name="pk_folder"),
    )
    op.create_table(
        "item",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.Column("folder", sa.Text(), nullable=False),
        sa.Column("uid", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("etag", sa.Text(), nullable=False),
        sa.Column("blob", sa.String(length=64), nullable=True),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("truncated", sa.Boolean(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=True),
        sa.Column("fetched_at", sa.BigInteger(), nullable=False),
        sa.Column("imap_flags", Json, nullable=False),
        sa.Column("removed_at", sa.BigInteger(), nullable=True),
        sa.Column("left_out", sa.String(length=40), server_default="", nullable=False),
        sa.Column("problem", sa.Text(), server_default="", nullable=False),
        sa.Column("problem_stage", sa.String(length=10), server_default="", nullable=False),
        sa.Column("message", sa.String(length=16), nullable=True),
        sa.Column("expanded_until", sa.BigInteger(), nullable=True),
        sa.Column("parsed_with", sa.String(length=80), nullable=True),
        sa.ForeignKeyConstraint(["blob"], ["blob.hash"], name="fk_item_blob"),
        sa.ForeignKeyConstraint(["source"], ["source.name"], name="fk_item_source", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_item"),
        sa.UniqueConstraint("source", "folder", "uid", name="uq_item_source_folder_uid"),
    )
    with op.batch_alter_table("item", schema=None) as batch_op:
        batch_op.create_index("ix_item_message", ["message"], unique=False)
        batch_op.create_index("ix_item_parsed_with", ["parsed_with"], unique=False)

    op.create_table(
        "message_account",
        sa.Column("message", sa.String(length=16), nullable=False),
        sa.Column("account", sa.String(length=80), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["message"], ["message.key"], name="fk_message_account_message", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("message", "account", name="pk_message_account"),
    )
    with op.batch_alter_table("message_account", schema=None) as batch_op:
        batch_op.create_index("ix_message_account_account_at", ["account", "at", "message"], unique=False)

    op.create_table(
        "message_address",
        sa.Column("message", sa.String(length=16), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("role", sa.String(length=8), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("side", sa.String(length=8), server_default="", nullable=False),
        sa.Column("account", sa.String(length=80), server_default="", nullable=False),
        sa.Column("domain", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(["message"], ["message.key"], name="fk_message_address_message", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("message", "position", name="pk_message_address"),
    )
    with op.batch_alter_table("message_address", schema=None) as batch_op:
        batch_op.create_index("ix_message_address_address", ["address"], unique=False)
        batch_op.create_index("ix_message_address_side_domain", ["side", "domain"], unique=False)

    op.create_table(
        "message_reference",
        sa.Column("message", sa.String(length=16), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["message"], ["message.key"], name="fk_message_reference_message", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("message", "reference", name="pk_message_reference"),
    )
    with op.batch_alter_table("message_reference", schema=None) as batch_op:
        batch_op.create_index("ix_message_reference_reference", ["reference"], unique=False)

    op.create_table(
        "signal",
        sa.Column("message", sa.String(length=16), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("start", sa.Integer(), nullable=False),
        sa.Column("end", sa.Integer(), nullable=False),
        sa.Column("quote", sa.Text(), nullable=False),
        sa.Column("score", sa.Float(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("due", sa.String(length=40), nullable=False),
        sa.Column("certainty", sa.String(length=12), nullable=False),
        sa.Column("starts_at", sa.BigInteger(), nullable=True),
        sa.Column("ends_at", sa.BigInteger(), nullable=True),
        sa.Column("cause", sa.String(length=20), nullable=False),
        sa.ForeignKeyConstraint(["message"], ["message.key"], name="fk_signal_message", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("message", "position", name="pk_signal"),
    )
    op.create_table(
        "event_copy",
        sa.Column("item", sa.Integer(), nullable=False),
        sa.Column("event", sa.String(length=16), nullable=False),
        sa.ForeignKeyConstraint(["item"], ["item.id"], name="fk_event_copy_item", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("item", "event", name="pk_event_copy"),
    )
    with op.batch_alter_table("event_copy", schema=None) as batch_op:
        batch_op.create_index("ix_event_copy_event", ["event"], unique=False)
