"""Alembic's entry: run the migrations on the connection ``store.migrate`` hands over."""

from alembic import context

from store.migrate import compared
from store.tables import metadata

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=metadata,
    include_name=compared,
    render_as_batch=True,
    transaction_per_migration=True,
)
with context.begin_transaction():
    context.run_migrations()
