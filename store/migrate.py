"""Bringing a store to the layout this version expects."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from domain.errors import StoreError
from store.database import Store


def upgrade(store: Store) -> bool:
    """Run the migrations that are missing, each in its own transaction.

    Returns:
        True when something was changed.

    Raises:
        StoreError: The store was made by a newer version, or cannot be written.
    """
    config = _config()
    if schema_state(store) == "current":
        return False
    with store.writing() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
    return True


def schema_state(store: Store) -> str:
    """Say ``empty``, ``old`` or ``current``.

    Raises:
        StoreError: The store was made by a newer version.
    """
    scripts = ScriptDirectory.from_config(_config())
    with store.reading() as connection:
        revision = MigrationContext.configure(connection).get_current_revision()
    if revision is None:
        return "empty"
    if revision not in {script.revision for script in scripts.walk_revisions()}:
        raise StoreError(f"The store at {store.url} was made by a newer Accountline; install that version.")
    return "current" if revision == scripts.get_current_head() else "old"


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    return config
