"""After a run: internal talk that concerns no client goes, tables are weighed, quarantine gets another chance."""

from datetime import datetime

from sqlalchemy import Connection, and_, delete, select, update

from domain.accounts import Direction
from store import tables
from store.database import Store, chunks
from store.forgetting import drop_unused_blobs, left_behind
from store.indexing import unindex
from store.itip import fold_events, named_by
from store.reattaching import AMONG_STRANGERS

INTERNAL = "internal"
"""Why mail among own people is left out that concerns nobody else."""


def leave_out_internal(store: Store) -> int:
    """Remove mail among own people that belongs to no client's conversation (SEMANTICS 7); return how many.

    It was kept up to here because it answers or forwards something, and only now is it known what.
    """
    message, links, item = tables.message, tables.message_account, tables.item
    linked = select(links.c.message).where(links.c.message == message.c.key).exists()
    other = message.alias()
    outside = (other.c.thread == message.c.thread) & (other.c.direction != Direction.INTERNAL)
    query = select(message.c.key, select(other.c.key).where(outside).exists().label("outside")).where(
        message.c.direction == Direction.INTERNAL, ~linked, message.c.forwarded.is_(False)
    )
    with store.writing() as connection:
        rows = connection.execute(query).all()
        keys = [row.key for row in rows]
        reasons = {row.key: AMONG_STRANGERS if row.outside else INTERNAL for row in rows}
        for some in chunks(keys, 5000):
            copies = item.c.message.in_(some)
            hashes = list(connection.execute(select(item.c.blob).where(copies)).scalars())
            for reason in (INTERNAL, AMONG_STRANGERS):
                alike = [key for key in some if reasons[key] == reason]
                gone = update(item).where(item.c.message.in_(alike))
                connection.execute(gone.values(**left_behind(reason)))
            named = named_by(connection, some)
            unindex(connection, some)
            connection.execute(delete(tables.message).where(message.c.key.in_(some)))
            fold_events(connection, named)
            drop_unused_blobs(connection, [key for key in hashes if key])
    return len(keys)


def drop_old_raw(store: Store, before: datetime) -> int:
    """Remove the bytes of mail received before an instant that is read and understood; return how many mails.

    What was read from them stays, and is not read anew by later versions. Calendar entries and quarantine keep theirs:
    a series is read again as time goes on.
    """
    item, message = tables.item, tables.message
    old = (
        select(item.c.id, item.c.blob)
        .join(message, message.c.key == item.c.message)
        .where(item.c.kind == "message", item.c.blob.is_not(None), item.c.problem == "")
        .where(message.c.received_at < before, message.c.read_with.is_not(None))
    )
    with store.writing() as connection:
        rows = connection.execute(old).all()
        for some in chunks(rows, 5000):
            connection.execute(update(item).where(item.c.id.in_([row.id for row in some])).values(blob=None))
            drop_unused_blobs(connection, {row.blob for row in some})
    return len(rows)


def release_quarantine(store: Store) -> int:
    """Let everything in quarantine be parsed once more; return how many. The unfetched wait for their source."""
    item = tables.item
    waiting = and_(item.c.problem != "", item.c.removed_at.is_(None), item.c.blob.is_not(None))
    with store.writing() as connection:
        return connection.execute(update(item).where(waiting).values(parsed_with=None)).rowcount


def weigh_tables(store: Store) -> bool:
    """Let SQLite count what its indexes hold, by which it chooses between them; a server does so by itself.

    Without, it takes one of two sides for a few rows and walks over half of all there is, and samples mislead it as
    badly. Counting takes four seconds for a million mails, so it is done once the store has grown by a quarter; the
    search index, which has its own plan, is left out.

    Returns:
        Whether it was due.
    """
    if store.path is None:
        return False
    with store.writing() as connection:
        if not _has_grown(connection):
            return False
        for table in tables.metadata.sorted_tables:
            connection.exec_driver_sql(f"ANALYZE {table.name}")
    return True


def _has_grown(connection: Connection) -> bool:
    now = connection.exec_driver_sql("SELECT max(rowid) FROM message").scalar() or 0
    if not connection.exec_driver_sql("SELECT 1 FROM sqlite_master WHERE name = 'sqlite_stat1'").first():
        return True
    known = connection.exec_driver_sql("SELECT max(CAST(stat AS INTEGER)) FROM sqlite_stat1 WHERE tbl = 'message'")
    return bool(now > _GROWN * (known.scalar() or 0))


_GROWN = 1.25
