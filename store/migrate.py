"""Bringing a store to the layout this version expects."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from domain.errors import StoreError
from store.database import Store
from store.indexing import index_everything, indexed


def upgrade(store: Store) -> bool:
    """Run the migrations that are missing, each in its own transaction.

    Returns:
        True when something was changed.

    Raises:
        StoreError: The store was made by a newer version, or cannot be written.
    """
    if schema_state(store) == "current":
        return False
    with store.writing() as connection:
        migrate_to(connection, "head")
    index_everything(store)
    return True


def migrate_to(connection: Connection, revision: str) -> None:
    """Run the migrations up to a revision inside a transaction."""
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


def compared(name: str | None, _kind: str, _parents: object) -> bool:
    """Whether Alembic compares something with the tables: an index that only one engine has was written by hand."""
    return name is None or not name.startswith(("search_words", "ix_search_document_words"))


def revisions() -> list[str]:
    """All there are, oldest first."""
    return sorted(script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions())


def schema_state(store: Store) -> str:
    """Say ``empty``, ``old`` or ``current``.

    Raises:
        StoreError: The store was made by a newer version.
    """
    scripts = ScriptDirectory.from_config(_config())
    with store.reading() as connection:
        revision = MigrationContext.configure(connection).get_current_revision()
        complete = revision == scripts.get_current_head() and indexed(connection)
    if revision is None:
        return "empty"
    if revision not in {script.revision for script in scripts.walk_revisions()}:
        raise StoreError(f"The store at {store.url} was made by a newer Accountline; install that version.")
    return "current" if complete else "old"


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    return config
